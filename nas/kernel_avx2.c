/* Vector rows: for one tap, the results of 16 weight rows stand side by side for every
 * activation code, so that one load looks up 16 products. The rows of four taps fill the
 * first-level cache while a strip of columns passes over them. */
#include "nas/kernel_internal.h"

#if AXN_KERNEL_X86

#include <immintrin.h>
#include <string.h>

#define AVX2 __attribute__((target("avx2"), noinline))

enum { LANES = 16, TAPS = 4, STRIP = 4096 };

typedef uint16_t vector_rows[256][LANES]; /* [x][m], of one tap */

/* Of one column: the sums modulo 2^16, and the estimates that complete them. */
typedef struct column_sums {
    uint16_t lanes[LANES], estimate[LANES];
} column_sums;

/* Eight codes of one row in the lower half, the same of another in the upper half. */
#define GATHER(p0, p1)                                                                             \
    _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_load_si128((const __m128i *)(p0))),         \
                            _mm_load_si128((const __m128i *)(p1)), 1)

/* One of three perfect shuffles that transpose 8 rows of 8 words in both halves. Written
 * out, so that the registers are not an array in memory. */
#define SHUFFLE(to, from)                                                                          \
    __m256i to##0 = _mm256_unpacklo_epi16(from##0, from##4),                                       \
            to##1 = _mm256_unpackhi_epi16(from##0, from##4),                                       \
            to##2 = _mm256_unpacklo_epi16(from##1, from##5),                                       \
            to##3 = _mm256_unpackhi_epi16(from##1, from##5),                                       \
            to##4 = _mm256_unpacklo_epi16(from##2, from##6),                                       \
            to##5 = _mm256_unpackhi_epi16(from##2, from##6),                                       \
            to##6 = _mm256_unpacklo_epi16(from##3, from##7),                                       \
            to##7 = _mm256_unpackhi_epi16(from##3, from##7)

#define ROWS(j) GATHER(rows[j] + x, rows[(j) + 8] + x)
#define KEEP(i) _mm256_store_si256((__m256i *)out[x + (i)], d##i)

/* out[x][m] = rows[m][x]. */
AVX2 static void expand(const uint16_t *const *rows, vector_rows out)
{
    for (int x = 0; x < 256; x += 8) {
        __m256i a0 = ROWS(0), a1 = ROWS(1), a2 = ROWS(2), a3 = ROWS(3);
        __m256i a4 = ROWS(4), a5 = ROWS(5), a6 = ROWS(6), a7 = ROWS(7);
        SHUFFLE(b, a);
        SHUFFLE(c, b);
        SHUFFLE(d, c);
        KEEP(0);
        KEEP(1);
        KEEP(2);
        KEEP(3);
        KEEP(4);
        KEEP(5);
        KEEP(6);
        KEEP(7);
    }
}

AVX2 static void add_taps(const vector_rows *rows, int columns, const uint8_t *const *x,
                          column_sums *sums)
{
    const uint8_t *x0 = x[0], *x1 = x[1], *x2 = x[2], *x3 = x[3];
    for (int n = 0; n < columns; n++) {
        __m256i v0 = _mm256_load_si256((const __m256i *)rows[0][x0[n]]);
        __m256i v1 = _mm256_load_si256((const __m256i *)rows[1][x1[n]]);
        __m256i v2 = _mm256_load_si256((const __m256i *)rows[2][x2[n]]);
        __m256i v3 = _mm256_load_si256((const __m256i *)rows[3][x3[n]]);
        __m256i mean = _mm256_avg_epu16(_mm256_avg_epu16(v0, v1), _mm256_avg_epu16(v2, v3));
        __m256i sum = _mm256_add_epi16(_mm256_add_epi16(v0, v1), _mm256_add_epi16(v2, v3));
        __m256i *lanes = (__m256i *)sums[n].lanes, *estimate = (__m256i *)sums[n].estimate;
        *lanes = _mm256_add_epi16(*lanes, sum);
        *estimate = _mm256_add_epi16(*estimate, _mm256_srli_epi16(mean, AXN_ESTIMATE_SHIFT_4));
    }
}

/* Transposes 4 columns of pairs (correction, estimate) in each half and completes them. */
AVX2 static void finish_quarter(const __m256i *pairs, __m128i *out, int32_t stride)
{
    __m256i a = _mm256_unpacklo_epi32(pairs[0], pairs[1]);
    __m256i b = _mm256_unpackhi_epi32(pairs[0], pairs[1]);
    __m256i c = _mm256_unpacklo_epi32(pairs[2], pairs[3]);
    __m256i d = _mm256_unpackhi_epi32(pairs[2], pairs[3]);
    __m256i rows[4] = {_mm256_unpacklo_epi64(a, c), _mm256_unpackhi_epi64(a, c),
                       _mm256_unpacklo_epi64(b, d), _mm256_unpackhi_epi64(b, d)};
    for (int i = 0; i < 4; i++) {
        __m256i correction = _mm256_and_si256(rows[i], _mm256_set1_epi32(0xffff));
        __m256i total = _mm256_slli_epi32(_mm256_srli_epi32(rows[i], 16), AXN_ESTIMATE_SCALE_4);
        total = _mm256_sub_epi32(_mm256_add_epi32(total, correction),
                                 _mm256_set1_epi32(AXN_ESTIMATE_BIAS_4));
        _mm_store_si128(out + i * stride, _mm256_castsi256_si128(total));
        _mm_store_si128(out + (i + 8) * stride, _mm256_extracti128_si256(total, 1));
    }
}

/* Adds the sums of `columns` columns (rounded up to 4) to total[rows][columns]. */
AVX2 static void flush(const column_sums *sums, int rows, int columns, int first, int32_t *total,
                       int64_t lds)
{
    _Alignas(32) __m128i tile[LANES];
    for (int n = 0; n < columns; n += 4) {
        __m256i lower[4], upper[4];
        for (int i = 0; i < 4; i++) {
            __m256i lanes = _mm256_load_si256((const __m256i *)sums[n + i].lanes);
            __m256i estimate = _mm256_load_si256((const __m256i *)sums[n + i].estimate);
            lanes = _mm256_add_epi16(
                _mm256_sub_epi16(lanes, _mm256_slli_epi16(estimate, AXN_ESTIMATE_SCALE_4)),
                _mm256_set1_epi16(AXN_ESTIMATE_BIAS_4));
            lower[i] = _mm256_unpacklo_epi16(lanes, estimate);
            upper[i] = _mm256_unpackhi_epi16(lanes, estimate);
        }
        finish_quarter(lower, tile, 1);
        finish_quarter(upper, tile + 4, 1);
        for (int m = 0; m < rows; m++) {
            int32_t *out = total + m * lds + n;
            if (n + 4 <= columns) {
                __m128i *four = (__m128i *)out;
                __m128i old = first ? _mm_setzero_si128() : _mm_loadu_si128(four);
                _mm_storeu_si128(four, _mm_add_epi32(old, tile[m]));
                continue;
            }
            for (int i = 0; n + i < columns; i++) {
                out[i] = (first ? 0 : out[i]) + ((const int32_t *)&tile[m])[i];
            }
        }
    }
}

/* Up to 16 rows of weights against a strip of columns. */
static void add_strip(const axn_kernel_table *table, int rows, int K, int columns, const uint8_t *w,
                      const uint8_t *x, int64_t ldx, int32_t *sum, int64_t lds)
{
    _Alignas(64) vector_rows vectors[TAPS];
    _Alignas(64) column_sums sums[STRIP];
    for (int block = 0; block < K; block += AXN_ROWS_BLOCK_4) {
        int end = K - block < AXN_ROWS_BLOCK_4 ? K : block + AXN_ROWS_BLOCK_4;
        memset(sums, 0,
               (size_t)(columns + 3) * sizeof *sums > sizeof sums
                   ? sizeof sums
                   : (size_t)(columns + 3) * sizeof *sums);
        for (int k = block; k < end; k += TAPS) {
            const uint8_t *codes[TAPS];
            for (int t = 0; t < TAPS; t++) {
                const uint16_t *source[LANES];
                int tap = k + t < end ? k + t : end - 1;
                axn_kernel_tap_rows(table, k + t < end ? rows : 0, LANES, w + tap, K, source);
                codes[t] = x + tap * ldx;
                expand(source, vectors[t]);
            }
            add_taps((const vector_rows *)vectors, columns, codes, sums);
        }
        flush(sums, rows, columns, block == 0, sum, lds);
    }
}

/* Laying out the rows must pay: few columns, or few rows left over, go to plain code. */
enum { LEAST_COLUMNS = 96, LEAST_ROWS = 3 };

void axn_kernel_avx2(const axn_kernel_table *table, int M, int K, int N, const uint8_t *w,
                     const uint8_t *x, int64_t ldx, int32_t *sum, int64_t lds)
{
    int rest = N < LEAST_COLUMNS ? M : M % LANES < LEAST_ROWS ? M % LANES : 0;
    M -= rest;
    axn_kernel_portable(table, rest, K, N, w + (int64_t)M * K, x, ldx, sum + M * lds, lds);
    for (int first = 0; first < N; first += STRIP) {
        int columns = N - first < STRIP ? N - first : STRIP;
        for (int m = 0; m < M; m += LANES) {
            add_strip(table, M - m < LANES ? M - m : LANES, K, columns, w + (int64_t)m * K,
                      x + first, ldx, sum + m * lds + first, lds);
        }
    }
}

#else
typedef int axn_no_avx2;
#endif
