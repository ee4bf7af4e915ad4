/* Vector rows of 32 products (see kernel_avx2.c): 32 weight rows side by side, or 16
 * weight rows for two columns half a strip apart. */
#include "nas/kernel_internal.h"

#if AXN_KERNEL_X86

#include <immintrin.h>
#include <string.h>

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl"), noinline))

enum { LANES = 32, HALF = 16, TAPS = AXN_VECTOR_TAPS, STRIP = 4096 };

typedef uint16_t vector_rows[256][LANES]; /* [x][m], of one tap */
typedef uint16_t half_rows[256][HALF];

/* Of one step (a column, or two columns): the sums modulo 2^16, and the estimates that
 * complete them. */
typedef struct lane_sums {
    uint16_t lanes[LANES], estimate[LANES];
} lane_sums;

/* 8 activation codes of rows r0 .. r3, one row a 128-bit lane. */
#define GATHER(p0, p1, p2, p3)                                                                     \
    _mm512_mask_broadcast_i32x4(                                                                   \
        _mm512_mask_broadcast_i32x4(                                                               \
            _mm512_mask_broadcast_i32x4(                                                           \
                _mm512_castsi128_si512(_mm_load_si128((const __m128i *)(p0))), 0x00f0,             \
                _mm_load_si128((const __m128i *)(p1))),                                            \
            0x0f00, _mm_load_si128((const __m128i *)(p2))),                                        \
        0xf000, _mm_load_si128((const __m128i *)(p3)))

/* One of three perfect shuffles that transpose 8 rows of 8 words in every lane. Written
 * out, so that the registers are not an array in memory. */
#define SHUFFLE(to, from)                                                                          \
    __m512i to##0 = _mm512_unpacklo_epi16(from##0, from##4),                                       \
            to##1 = _mm512_unpackhi_epi16(from##0, from##4),                                       \
            to##2 = _mm512_unpacklo_epi16(from##1, from##5),                                       \
            to##3 = _mm512_unpackhi_epi16(from##1, from##5),                                       \
            to##4 = _mm512_unpacklo_epi16(from##2, from##6),                                       \
            to##5 = _mm512_unpackhi_epi16(from##2, from##6),                                       \
            to##6 = _mm512_unpacklo_epi16(from##3, from##7),                                       \
            to##7 = _mm512_unpackhi_epi16(from##3, from##7)

/* out[x][m] = rows[m][x]. */
AVX512 static void expand(const uint16_t *const *rows, vector_rows out)
{
#define ROWS(j) GATHER(rows[j] + x, rows[(j) + 8] + x, rows[(j) + 16] + x, rows[(j) + 24] + x)
    for (int x = 0; x < 256; x += 8) {
        __m512i a0 = ROWS(0), a1 = ROWS(1), a2 = ROWS(2), a3 = ROWS(3);
        __m512i a4 = ROWS(4), a5 = ROWS(5), a6 = ROWS(6), a7 = ROWS(7);
        SHUFFLE(b, a);
        SHUFFLE(c, b);
        SHUFFLE(d, c);
        _mm512_store_si512(out[x], d0);
        _mm512_store_si512(out[x + 1], d1);
        _mm512_store_si512(out[x + 2], d2);
        _mm512_store_si512(out[x + 3], d3);
        _mm512_store_si512(out[x + 4], d4);
        _mm512_store_si512(out[x + 5], d5);
        _mm512_store_si512(out[x + 6], d6);
        _mm512_store_si512(out[x + 7], d7);
    }
#undef ROWS
}

AVX512 static void expand_half(const uint16_t *const *rows, half_rows out)
{
#define ROWS(j) GATHER(rows[j] + x, rows[(j) + 8] + x, rows[j] + x + 8, rows[(j) + 8] + x + 8)
#define KEEP(i)                                                                                    \
    _mm256_store_si256((__m256i *)out[x + (i)], _mm512_castsi512_si256(d##i));                     \
    _mm256_store_si256((__m256i *)out[x + 8 + (i)], _mm512_extracti64x4_epi64(d##i, 1))
    for (int x = 0; x < 256; x += 16) {
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
#undef ROWS
#undef KEEP
}

/* Adds four looked-up vectors to the sums of one step. */
#define ADD(v0, v1, v2, v3, sums)                                                                  \
    do {                                                                                           \
        __m512i mean_ = _mm512_avg_epu16(_mm512_avg_epu16(v0, v1), _mm512_avg_epu16(v2, v3));      \
        __m512i sum_ = _mm512_add_epi16(_mm512_add_epi16(v0, v1), _mm512_add_epi16(v2, v3));       \
        __m512i lanes_ = _mm512_load_si512((sums)->lanes);                                         \
        __m512i estimate_ = _mm512_load_si512((sums)->estimate);                                   \
        _mm512_store_si512((sums)->lanes, _mm512_add_epi16(lanes_, sum_));                         \
        _mm512_store_si512(                                                                        \
            (sums)->estimate,                                                                      \
            _mm512_add_epi16(estimate_, _mm512_srli_epi16(mean_, AXN_ESTIMATE_SHIFT)));            \
    } while (0)

AVX512 static void add_taps(const vector_rows *rows, int steps, const uint8_t *const *x,
                            lane_sums *sums)
{
    const uint8_t *x0 = x[0], *x1 = x[1], *x2 = x[2], *x3 = x[3];
    for (int n = 0; n < steps; n++, sums++) {
        __m512i v0 = _mm512_load_si512(rows[0][x0[n]]);
        __m512i v1 = _mm512_load_si512(rows[1][x1[n]]);
        __m512i v2 = _mm512_load_si512(rows[2][x2[n]]);
        __m512i v3 = _mm512_load_si512(rows[3][x3[n]]);
        ADD(v0, v1, v2, v3, sums);
    }
}

/* Two columns a step: n and n + further. */
AVX512 static void add_taps_half(const half_rows *rows, int steps, int further,
                                 const uint8_t *const *x, lane_sums *sums)
{
#define LOAD(t, code) _mm256_load_si256((const __m256i *)rows[t][code])
#define BOTH(t) _mm512_inserti64x4(_mm512_castsi256_si512(LOAD(t, x##t[n])), LOAD(t, y##t[n]), 1)
    const uint8_t *x0 = x[0], *x1 = x[1], *x2 = x[2], *x3 = x[3];
    const uint8_t *y0 = x0 + further, *y1 = x1 + further;
    const uint8_t *y2 = x2 + further, *y3 = x3 + further;
    for (int n = 0; n < steps; n++, sums++) {
        __m512i v0 = BOTH(0), v1 = BOTH(1), v2 = BOTH(2), v3 = BOTH(3);
        ADD(v0, v1, v2, v3, sums);
    }
#undef LOAD
#undef BOTH
}

/* 16 steps of 4 lanes of 4 pairs (correction, estimate), completed: out[i][lane] holds the
 * sums of word i of that lane over the steps. */
AVX512 static void transpose(const __m512i *in, __m512i (*out)[4])
{
    __m512i rows[4][4];
    for (int g = 0; g < 4; g++) {
        __m512i a = _mm512_unpacklo_epi32(in[4 * g], in[4 * g + 1]);
        __m512i b = _mm512_unpackhi_epi32(in[4 * g], in[4 * g + 1]);
        __m512i c = _mm512_unpacklo_epi32(in[4 * g + 2], in[4 * g + 3]);
        __m512i d = _mm512_unpackhi_epi32(in[4 * g + 2], in[4 * g + 3]);
        rows[0][g] = _mm512_unpacklo_epi64(a, c);
        rows[1][g] = _mm512_unpackhi_epi64(a, c);
        rows[2][g] = _mm512_unpacklo_epi64(b, d);
        rows[3][g] = _mm512_unpackhi_epi64(b, d);
    }
    for (int i = 0; i < 4; i++) {
        __m512i a = _mm512_shuffle_i32x4(rows[i][0], rows[i][1], 0x88);
        __m512i b = _mm512_shuffle_i32x4(rows[i][0], rows[i][1], 0xdd);
        __m512i c = _mm512_shuffle_i32x4(rows[i][2], rows[i][3], 0x88);
        __m512i d = _mm512_shuffle_i32x4(rows[i][2], rows[i][3], 0xdd);
        out[i][0] = _mm512_shuffle_i32x4(a, c, 0x88);
        out[i][1] = _mm512_shuffle_i32x4(b, d, 0x88);
        out[i][2] = _mm512_shuffle_i32x4(a, c, 0xdd);
        out[i][3] = _mm512_shuffle_i32x4(b, d, 0xdd);
    }
}

/* From the sums of 16 steps: totals[m][step]. */
AVX512 static void complete(const lane_sums *sums, __m512i *totals)
{
    __m512i pairs[2][16], words[4][4];
    for (int n = 0; n < 16; n++) {
        __m512i estimate = _mm512_load_si512(sums[n].estimate);
        __m512i lanes = _mm512_load_si512(sums[n].lanes);
        lanes = _mm512_sub_epi16(lanes, _mm512_slli_epi16(estimate, 8));
        lanes = _mm512_add_epi16(lanes, _mm512_set1_epi16(AXN_ESTIMATE_BIAS));
        pairs[0][n] = _mm512_unpacklo_epi16(lanes, estimate);
        pairs[1][n] = _mm512_unpackhi_epi16(lanes, estimate);
    }
    for (int half = 0; half < 2; half++) {
        transpose(pairs[half], words);
        for (int i = 0; i < 16; i++) {
            __m512i pair = words[i % 4][i / 4];
            __m512i total = _mm512_slli_epi32(_mm512_srli_epi32(pair, 16), 8);
            total = _mm512_add_epi32(total, _mm512_and_si512(pair, _mm512_set1_epi32(0xffff)));
            totals[i / 4 * 8 + half * 4 + i % 4] =
                _mm512_sub_epi32(total, _mm512_set1_epi32(AXN_ESTIMATE_BIAS));
        }
    }
}

/* One weight row or, with two columns a step, half of one. */
typedef struct output_row {
    int32_t *sum; /* where step 0 goes */
    int skip;     /* steps at the beginning that another row has done already */
} output_row;

AVX512 static void flush(const lane_sums *sums, const output_row *rows, int row_count, int steps,
                         int first)
{
    __m512i totals[LANES];
    for (int n = 0; n < steps; n += 16) {
        int left = steps - n;
        __mmask16 inside = (__mmask16)(left < 16 ? (1 << left) - 1 : 0xffff);
        complete(sums + n, totals);
        for (int m = 0; m < row_count; m++) {
            if (rows[m].sum == NULL) {
                continue;
            }
            __mmask16 mask = n == 0 ? (__mmask16)(inside & (0xffff << rows[m].skip)) : inside;
            int32_t *out = rows[m].sum + n;
            __m512i total = totals[m];
            if (!first) {
                total = _mm512_add_epi32(total, _mm512_maskz_loadu_epi32(mask, out));
            }
            _mm512_mask_storeu_epi32(out, mask, total);
        }
    }
}

/* A group of weight rows against a strip of columns. */
typedef struct strip_job {
    const axn_kernel_table *table;
    int rows, K, columns;
    const uint8_t *w, *x;
    int64_t ldx;
    int32_t *sum;
    int64_t lds;
} strip_job;

/* The table rows of tap k of the group, or rows of zeros where there is none. */
static const uint8_t *find_rows(const strip_job *job, int k, int end, int lanes,
                                const uint16_t **source)
{
    static const uint16_t none[256] __attribute__((aligned(64)));
    int tap = k < end ? k : end - 1;
    for (int m = 0; m < lanes; m++) {
        source[m] =
            k < end && m < job->rows ? job->table->row[job->w[(int64_t)m * job->K + tap]] : none;
    }
    return job->x + tap * job->ldx;
}

static void run_strip(const strip_job *job)
{
    _Alignas(64) vector_rows rows[TAPS];
    _Alignas(64) lane_sums sums[STRIP];
    output_row output[LANES];
    for (int m = 0; m < job->rows; m++) {
        output[m] = (output_row){job->sum + m * job->lds, 0};
    }
    for (int block = 0; block < job->K; block += AXN_KERNEL_BLOCK) {
        int end = job->K - block < AXN_KERNEL_BLOCK ? job->K : block + AXN_KERNEL_BLOCK;
        memset(sums, 0, ((size_t)job->columns + 15) / 16 * 16 * sizeof *sums);
        for (int k = block; k < end; k += TAPS) {
            const uint16_t *source[LANES];
            const uint8_t *codes[TAPS];
            for (int t = 0; t < TAPS; t++) {
                codes[t] = find_rows(job, k + t, end, LANES, source);
                expand(source, rows[t]);
            }
            add_taps((const vector_rows *)rows, job->columns, codes, sums);
        }
        flush(sums, output, job->rows, job->columns, block == 0);
    }
}

/* For at most 16 weight rows. */
static void run_half_strip(const strip_job *job)
{
    _Alignas(64) half_rows rows[TAPS];
    _Alignas(64) lane_sums sums[STRIP];
    output_row output[LANES] = {{NULL, 0}};
    int steps = (job->columns + 1) / 2, further = job->columns - steps;
    for (int m = 0; m < job->rows; m++) {
        output[m] = (output_row){job->sum + m * job->lds, 0};
        output[HALF + m] = (output_row){job->sum + m * job->lds + further, steps - further};
    }
    for (int block = 0; block < job->K; block += AXN_KERNEL_BLOCK) {
        int end = job->K - block < AXN_KERNEL_BLOCK ? job->K : block + AXN_KERNEL_BLOCK;
        memset(sums, 0, ((size_t)steps + 15) / 16 * 16 * sizeof *sums);
        for (int k = block; k < end; k += TAPS) {
            const uint16_t *source[HALF];
            const uint8_t *codes[TAPS];
            for (int t = 0; t < TAPS; t++) {
                codes[t] = find_rows(job, k + t, end, HALF, source);
                expand_half(source, rows[t]);
            }
            add_taps_half((const half_rows *)rows, steps, further, codes, sums);
        }
        flush(sums, output, LANES, steps, block == 0);
    }
}

void axn_kernel_avx512(const axn_kernel_table *table, int M, int K, int N, const uint8_t *w,
                       const uint8_t *x, int64_t ldx, int32_t *sum, int64_t lds)
{
    for (int m = 0, rows; m < M; m += rows) {
        rows = M - m <= HALF ? M - m : M - m < LANES ? M - m : LANES;
        int strip = rows <= HALF ? 2 * STRIP : STRIP;
        for (int first = 0; first < N; first += strip) {
            strip_job job = {.table = table,
                             .rows = rows,
                             .K = K,
                             .columns = N - first < strip ? N - first : strip,
                             .w = w + (int64_t)m * K,
                             .x = x + first,
                             .ldx = ldx,
                             .sum = sum + m * lds + first,
                             .lds = lds};
            if (rows <= HALF) {
                run_half_strip(&job);
            } else {
                run_strip(&job);
            }
        }
    }
}

#else
typedef int axn_no_avx512;
#endif
