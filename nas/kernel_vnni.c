/* The tier "vbmi_affine": T[x][w] = slope[w] * x + intercept[w] + residual[w][x]. Products of
 * bytes and their sums by VNNI, residuals by vector rows of bytes (kernel_bytes.c). */
#include "nas/kernel_internal.h"

#if AXN_KERNEL_X86

#include <immintrin.h>

#define VNNI_TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi,avx512vnni")))
#define VNNI VNNI_TARGET __attribute__((noinline))

enum { BLOCK = 256, ROWS = 64, HEIGHT = 4, VECTORS = 4, WIDTH = 16 * VECTORS, PANELS = 4 };

/* A panel of columns that stays in the first-level cache while all rows pass: four taps of a
 * column side by side, each x - 128. */
typedef int8_t panel[BLOCK / 4][WIDTH][4];

VNNI static void pack(const uint8_t *x, int64_t ldx, int taps, int columns, panel *out)
{
    static const uint8_t order[64] = {
        0,  16, 32, 48, 1,  17, 33, 49, 2,  18, 34, 50, 3,  19, 35, 51, 4,  20, 36, 52, 5,  21,
        37, 53, 6,  22, 38, 54, 7,  23, 39, 55, 8,  24, 40, 56, 9,  25, 41, 57, 10, 26, 42, 58,
        11, 27, 43, 59, 12, 28, 44, 60, 13, 29, 45, 61, 14, 30, 46, 62, 15, 31, 47, 63};
    const __m512i across = _mm512_loadu_si512(order), sign = _mm512_set1_epi8(-128);
    for (int k = 0; k < taps; k += 4) {
        const uint8_t *row[4];
        for (int t = 0; t < 4; t++) {
            row[t] = x + (k + t < taps ? k + t : taps - 1) * ldx;
        }
        for (int n = 0; n < columns; n += 16) {
            __mmask16 inside = (__mmask16)(columns - n < 16 ? (1 << (columns - n)) - 1 : 0xffff);
            __m512i four = _mm512_castsi128_si512(_mm_maskz_loadu_epi8(inside, row[0] + n));
            four = _mm512_inserti32x4(four, _mm_maskz_loadu_epi8(inside, row[1] + n), 1);
            four = _mm512_inserti32x4(four, _mm_maskz_loadu_epi8(inside, row[2] + n), 2);
            four = _mm512_inserti32x4(four, _mm_maskz_loadu_epi8(inside, row[3] + n), 3);
            four = _mm512_permutexvar_epi8(across, _mm512_xor_si512(four, sign));
            _mm512_store_si512(out[n / WIDTH][k / 4][n % WIDTH], four);
        }
    }
}

/* The slopes of rows of weights, 0 where a quad of taps is not full; and what each row's sum
 * lacks: 128 for every slope, and the intercepts. */
typedef struct slopes {
    uint8_t slope[ROWS][BLOCK];
    int32_t constant[ROWS];
} slopes;

static void take_slopes(const axn_kernel_table *table, int rows, int K, int taps, const uint8_t *w,
                        slopes *out)
{
    for (int m = 0; m < rows; m++, w += K) {
        int32_t total = 0;
        for (int k = 0; k < taps; k++) {
            out->slope[m][k] = table->slope[w[k]];
            total += 128 * table->slope[w[k]] + table->intercept[w[k]];
        }
        for (int k = taps; k % 4 != 0; k++) {
            out->slope[m][k] = 0;
        }
        out->constant[m] = total;
    }
}

#define DECLARE(m)                                                                                 \
    __m512i s##m##0 = _mm512_set1_epi32(constant[m]), s##m##1 = s##m##0, s##m##2 = s##m##0,        \
            s##m##3 = s##m##0
#define ADD(m)                                                                                     \
    do {                                                                                           \
        __m512i slope_ = _mm512_set1_epi32(*(const int32_t *)(const void *)(slope[m] + k));        \
        s##m##0 = _mm512_dpbusd_epi32(s##m##0, slope_, x0);                                        \
        s##m##1 = _mm512_dpbusd_epi32(s##m##1, slope_, x1);                                        \
        s##m##2 = _mm512_dpbusd_epi32(s##m##2, slope_, x2);                                        \
        s##m##3 = _mm512_dpbusd_epi32(s##m##3, slope_, x3);                                        \
    } while (0)
#define KEEP_VECTOR(m, i)                                                                          \
    do {                                                                                           \
        int32_t *out_ = sum + (m)*lds + 16 * (i);                                                  \
        __m512i total_ = s##m##i;                                                                  \
        if (!first) {                                                                              \
            total_ = _mm512_add_epi32(total_, _mm512_maskz_loadu_epi32(inside[i], out_));          \
        }                                                                                          \
        _mm512_mask_storeu_epi32(out_, inside[i], total_);                                         \
    } while (0)
#define KEEP(m)                                                                                    \
    do {                                                                                           \
        if ((m) < rows) {                                                                          \
            KEEP_VECTOR(m, 0);                                                                     \
            KEEP_VECTOR(m, 1);                                                                     \
            KEEP_VECTOR(m, 2);                                                                     \
            KEEP_VECTOR(m, 3);                                                                     \
        }                                                                                          \
    } while (0)

/* Four rows of slopes, of which `rows` count, against the columns of a panel. */
VNNI static void multiply(const uint8_t (*slope)[BLOCK], const int32_t *constant, int taps,
                          const panel x, int rows, int columns, int first, int32_t *sum,
                          int64_t lds)
{
    __mmask16 inside[VECTORS];
    for (int i = 0; i < VECTORS; i++) {
        int left = columns - 16 * i;
        inside[i] = (__mmask16)(left >= 16 ? 0xffff : left > 0 ? (1 << left) - 1 : 0);
    }
    DECLARE(0);
    DECLARE(1);
    DECLARE(2);
    DECLARE(3);
    for (int k = 0; k < taps; k += 4) {
        const int8_t(*quads)[4] = x[k / 4];
        __m512i x0 = _mm512_load_si512(quads), x1 = _mm512_load_si512(quads + 16);
        __m512i x2 = _mm512_load_si512(quads + 32), x3 = _mm512_load_si512(quads + 48);
        ADD(0);
        ADD(1);
        ADD(2);
        ADD(3);
    }
    KEEP(0);
    KEEP(1);
    KEEP(2);
    KEEP(3);
}

/* sum[m][n] (first: =, else +=) sum over the taps of slope * x + intercept, for at most 64 rows
 * and 256 taps. */
static void add_block(const slopes *weights, int rows, int taps, int N, const uint8_t *x,
                      int64_t ldx, int first, int32_t *sum, int64_t lds)
{
    _Alignas(64) panel panels[PANELS]; /* what is unset of the last may be read, and dropped */
    for (int at = 0; at < N; at += PANELS * WIDTH) {
        int columns = N - at < PANELS * WIDTH ? N - at : PANELS * WIDTH;
        pack(x + at, ldx, taps, columns, panels);
        for (int n = 0; n < columns; n += WIDTH) {
            for (int m = 0; m < rows; m += HEIGHT) {
                multiply(weights->slope + m, weights->constant + m, taps,
                         (const int8_t(*)[WIDTH][4])panels[n / WIDTH], rows - m, columns - n, first,
                         sum + m * lds + at + n, lds);
            }
        }
    }
}

static void add_affine(const axn_kernel_table *table, int M, int K, int N, const uint8_t *w,
                       const uint8_t *x, int64_t ldx, int32_t *sum, int64_t lds)
{
    slopes weights;
    for (int m = 0; m < M; m += ROWS) {
        int rows = M - m < ROWS ? M - m : ROWS;
        for (int k = 0; k < K; k += BLOCK) {
            int taps = K - k < BLOCK ? K - k : BLOCK;
            take_slopes(table, rows, K, taps, w + (int64_t)m * K + k, &weights);
            add_block(&weights, rows, taps, N, x + k * ldx, ldx, k == 0, sum + m * lds, lds);
        }
    }
}

/* Rows of residuals hold 64 weight rows, and laying them out must pay: few columns, or few rows
 * that are left over, go the way of any table. */
enum { LEAST_COLUMNS = 512, LEAST_ROWS = 48, GROUP = 64 };

void axn_kernel_vbmi_affine(const axn_kernel_table *table, int M, int K, int N, const uint8_t *w,
                            const uint8_t *x, int64_t ldx, int32_t *sum, int64_t lds)
{
    int rows = 0;
    if (table->is_affine && table->largest_residual == 0) {
        rows = M;
    } else if (table->is_affine && N >= LEAST_COLUMNS) {
        rows = M % GROUP < LEAST_ROWS ? M - M % GROUP : M;
    }
    if (rows > 0) {
        add_affine(table, rows, K, N, w, x, ldx, sum, lds);
    }
    if (rows > 0 && table->largest_residual > 0) {
        axn_kernel_add_residuals(table, rows, K, N, w, x, ldx, sum, lds);
    }
    if (rows < M) {
        axn_kernel_vbmi(table, M - rows, K, N, w + (int64_t)rows * K, x, ldx, sum + rows * lds,
                        lds);
    }
}

#else
typedef int axn_no_vnni;
#endif
