/* Vector rows of 32 products (see kernel_internal.h), eight taps at a time. */
#include "nas/kernel_internal.h"

#if AXN_KERNEL_X86

#include "nas/kernel_avx512.h"

enum { LANES = 32, TAPS = 8, STRIP = 4096 };

typedef uint16_t vector_rows[256][LANES]; /* [x][m], of one tap */

/* Of one column: the sums modulo 2^16, and the estimates that complete them. */
typedef struct column_sums {
    uint16_t lanes[LANES], estimate[LANES];
} column_sums;

/* One of three perfect shuffles that transpose 8 rows of 8 words in every lane. */
#define SHUFFLE(to, from)                                                                          \
    __m512i to##0 = _mm512_unpacklo_epi16(from##0, from##4),                                       \
            to##1 = _mm512_unpackhi_epi16(from##0, from##4),                                       \
            to##2 = _mm512_unpacklo_epi16(from##1, from##5),                                       \
            to##3 = _mm512_unpackhi_epi16(from##1, from##5),                                       \
            to##4 = _mm512_unpacklo_epi16(from##2, from##6),                                       \
            to##5 = _mm512_unpackhi_epi16(from##2, from##6),                                       \
            to##6 = _mm512_unpacklo_epi16(from##3, from##7),                                       \
            to##7 = _mm512_unpackhi_epi16(from##3, from##7)

#define ROWS(j)                                                                                    \
    AXN_LOAD_LANES(rows[j] + x, rows[(j) + 8] + x, rows[(j) + 16] + x, rows[(j) + 24] + x)
#define KEEP(i) _mm512_store_si512(out[x + (i)], d##i)

/* out[x][m] = rows[m][x]. */
AVX512 static void expand(const uint16_t *const *rows, vector_rows out)
{
    for (int x = 0; x < 256; x += 8) {
        __m512i a0 = ROWS(0), a1 = ROWS(1), a2 = ROWS(2), a3 = ROWS(3);
        __m512i a4 = ROWS(4), a5 = ROWS(5), a6 = ROWS(6), a7 = ROWS(7);
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

#define ADD _mm512_add_epi16
#define MEAN _mm512_avg_epu16
#define LOOK_UP(t) _mm512_load_si512(rows[t][x##t[n]])

AVX512_INLINE static void add_taps(const vector_rows *rows, int columns, const uint8_t *const *x,
                                   column_sums *sums, int first)
{
    const uint8_t *x0 = x[0], *x1 = x[1], *x2 = x[2], *x3 = x[3];
    const uint8_t *x4 = x[4], *x5 = x[5], *x6 = x[6], *x7 = x[7];
    for (int64_t n = 0; n < columns; n++, sums++) {
        AXN_ONE_INDEX(n);
        __m512i v0 = LOOK_UP(0), v1 = LOOK_UP(1), v2 = LOOK_UP(2), v3 = LOOK_UP(3);
        __m512i v4 = LOOK_UP(4), v5 = LOOK_UP(5), v6 = LOOK_UP(6), v7 = LOOK_UP(7);
        __m512i sum = ADD(ADD(ADD(v0, v1), ADD(v2, v3)), ADD(ADD(v4, v5), ADD(v6, v7)));
        __m512i mean = MEAN(MEAN(MEAN(v0, v1), MEAN(v2, v3)), MEAN(MEAN(v4, v5), MEAN(v6, v7)));
        __m512i estimate = _mm512_srli_epi16(mean, AXN_ESTIMATE_SHIFT_8);
        if (!first) {
            sum = ADD(sum, _mm512_load_si512(sums->lanes));
            estimate = ADD(estimate, _mm512_load_si512(sums->estimate));
        }
        _mm512_store_si512(sums->lanes, sum);
        _mm512_store_si512(sums->estimate, estimate);
    }
}

AVX512 static void first_taps(const vector_rows *rows, int columns, const uint8_t *const *x,
                              column_sums *sums)
{
    add_taps(rows, columns, x, sums, 1);
}

AVX512 static void more_taps(const vector_rows *rows, int columns, const uint8_t *const *x,
                             column_sums *sums)
{
    add_taps(rows, columns, x, sums, 0);
}

/* The sums of column n as pairs of signed words (correction, estimate), both less 2^15:
 * low##n of the words 0..3 of every lane, high##n of 4..7. */
#define PAIRS(n)                                                                                   \
    __m512i estimate##n = _mm512_load_si512(sums[n].estimate);                                     \
    __m512i lanes##n = _mm512_sub_epi16(_mm512_load_si512(sums[n].lanes),                          \
                                        _mm512_slli_epi16(estimate##n, AXN_ESTIMATE_SCALE));       \
    lanes##n = _mm512_add_epi16(lanes##n, _mm512_set1_epi16(AXN_ESTIMATE_BIAS - 32768));           \
    estimate##n = _mm512_xor_si512(estimate##n, _mm512_set1_epi16(-32768));                        \
    __m512i low##n = _mm512_unpacklo_epi16(lanes##n, estimate##n);                                 \
    __m512i high##n = _mm512_unpackhi_epi16(lanes##n, estimate##n)

/* correction + estimate * 2^AXN_ESTIMATE_SCALE, the 2^15 put back. */
#define TOTAL(pair)                                                                                \
    _mm512_add_epi32(_mm512_madd_epi16(pair, factors), _mm512_set1_epi32(AXN_ESTIMATE_OFFSET))

/* From the sums of 16 columns: totals[m][column]. */
AVX512 static void complete(const column_sums *sums, __m512i *totals)
{
    const __m512i factors = _mm512_set1_epi32((1 << (16 + AXN_ESTIMATE_SCALE)) + 1);
    AXN_SIXTEEN(PAIRS);
    AXN_TRANSPOSE(low, totals, 8, TOTAL);
    AXN_TRANSPOSE(high, totals + 4, 8, TOTAL);
}

/* Adds the sums to (first: stores them in) sum[rows][columns]. */
AVX512 static void flush(const column_sums *sums, int rows, int columns, int first, int32_t *sum,
                         int64_t lds)
{
    __m512i totals[LANES];
    for (int n = 0; n < columns; n += 16) {
        int left = columns - n;
        __mmask16 inside = (__mmask16)(left < 16 ? (1 << left) - 1 : 0xffff);
        complete(sums + n, totals);
        for (int m = 0; m < rows; m++) {
            int32_t *out = sum + m * lds + n;
            __m512i total = totals[m];
            if (!first) {
                total = _mm512_add_epi32(total, _mm512_maskz_loadu_epi32(inside, out));
            }
            _mm512_mask_storeu_epi32(out, inside, total);
        }
    }
}

void axn_kernel_avx512_rows(const axn_kernel_table *table, int M, int K, int N, const uint8_t *w,
                            const uint8_t *x, int64_t ldx, int32_t *sum, int64_t lds)
{
    _Alignas(64) vector_rows rows[TAPS];
    _Alignas(64) column_sums sums[STRIP]; /* complete() may read, and drop, what none has set */
    for (int first = 0; first < N; first += STRIP) {
        int columns = N - first < STRIP ? N - first : STRIP;
        for (int block = 0; block < K; block += AXN_ROWS_BLOCK) {
            int end = K - block < AXN_ROWS_BLOCK ? K : block + AXN_ROWS_BLOCK;
            for (int k = block; k < end; k += TAPS) {
                const uint16_t *source[LANES];
                const uint8_t *codes[TAPS];
                for (int t = 0; t < TAPS; t++) {
                    int tap = k + t < end ? k + t : end - 1;
                    axn_kernel_tap_rows(table, k + t < end ? M : 0, LANES, w + tap, K, source);
                    codes[t] = x + tap * ldx + first;
                    expand(source, rows[t]);
                }
                (k == block ? first_taps : more_taps)((const vector_rows *)rows, columns, codes,
                                                      sums);
            }
            flush(sums, M, columns, block == 0, sum + first, lds);
        }
    }
}

/* Groups of 32 weight rows, and what is left. */
void axn_kernel_avx512(const axn_kernel_table *table, int M, int K, int N, const uint8_t *w,
                       const uint8_t *x, int64_t ldx, int32_t *sum, int64_t lds)
{
    for (int m = 0, rows; m < M; m += rows) {
        rows = M - m < LANES ? M - m : LANES;
        axn_kernel_gemm *gemm = rows <= 16 ? axn_kernel_avx512_wide : axn_kernel_avx512_rows;
        gemm(table, rows, K, N, w + (int64_t)m * K, x, ldx, sum + m * lds, lds);
    }
}

#else
typedef int axn_no_avx512;
#endif
