/* The tier "vbmi": vector rows (kernel_avx512.c), or for few columns or rows the two-plane
 * kernel: the 256 results of one weight code are a plane of low and a
 * plane of high bytes, four 512-bit registers each, which byte permutes look up for 64
 * activations at a time. */
#include "nas/kernel_internal.h"

#if AXN_KERNEL_X86

#include <immintrin.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "common/progress.h"

#define VBMI __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi"), noinline))

enum { VECTORS = 4, STRIP = 64 * VECTORS };

/* Sums of one weight row over a block of taps: of 16-bit lanes (low byte + 256 * high
 * byte, modulo 2^16) and of their high bytes, for each of the two planes. */
typedef struct lane_sums {
    __m512i lanes[2], odd[2];
} lane_sums;

/* Compilers keep a second copy of sums that outlive the loop, for which no register is left:
 * so the addition in place is theirs to see only as an instruction. */
#define ADD_TO(sum, vector) __asm__("vpaddw %1, %0, %0" : "+v"(sum) : "v"(vector))

/* One row of weights, w[taps], against x[taps][STRIP]: a function of its own so that the
 * eight registers of the row and the sixteen sums stay in registers. */
#define LOOK_UP(i)                                                                                 \
    do {                                                                                           \
        __m512i code = _mm512_load_si512(x + 64 * (i));                                            \
        __mmask64 upper = _mm512_movepi8_mask(code);                                               \
        __m512i low = _mm512_mask_blend_epi8(upper, _mm512_permutex2var_epi8(l0, code, l1),        \
                                             _mm512_permutex2var_epi8(l2, code, l3));              \
        __m512i high = _mm512_mask_blend_epi8(upper, _mm512_permutex2var_epi8(h0, code, h1),       \
                                              _mm512_permutex2var_epi8(h2, code, h3));             \
        ADD_TO(low_lanes##i, low);                                                                 \
        ADD_TO(low_odd##i, _mm512_srli_epi16(low, 8));                                             \
        ADD_TO(high_lanes##i, high);                                                               \
        ADD_TO(high_odd##i, _mm512_srli_epi16(high, 8));                                           \
    } while (0)

#define DECLARE(i)                                                                                 \
    __m512i low_lanes##i = _mm512_setzero_si512(), low_odd##i = low_lanes##i,                      \
            high_lanes##i = low_lanes##i, high_odd##i = low_lanes##i

#define KEEP(i)                                                                                    \
    do {                                                                                           \
        sums[i].lanes[0] = low_lanes##i;                                                           \
        sums[i].lanes[1] = high_lanes##i;                                                          \
        sums[i].odd[0] = low_odd##i;                                                               \
        sums[i].odd[1] = high_odd##i;                                                              \
    } while (0)

VBMI static void look_up_strip(const axn_kernel_table *table, int taps, const uint8_t *w,
                               const uint8_t *x, lane_sums *sums)
{
    DECLARE(0);
    DECLARE(1);
    DECLARE(2);
    DECLARE(3);
    for (int k = 0; k < taps; k++, x += STRIP) {
        const uint8_t *plane = table->plane[w[k]][0];
        __m512i l0 = _mm512_load_si512(plane), l1 = _mm512_load_si512(plane + 64);
        __m512i l2 = _mm512_load_si512(plane + 128), l3 = _mm512_load_si512(plane + 192);
        __m512i h0 = _mm512_load_si512(plane + 256), h1 = _mm512_load_si512(plane + 320);
        __m512i h2 = _mm512_load_si512(plane + 384), h3 = _mm512_load_si512(plane + 448);
        LOOK_UP(0);
        LOOK_UP(1);
        LOOK_UP(2);
        LOOK_UP(3);
    }
    KEEP(0);
    KEEP(1);
    KEEP(2);
    KEEP(3);
}

/* Adds the sums of 64 columns to total[columns]. */
VBMI static void flush(const lane_sums *sums, int columns, int first, int32_t *total)
{
    uint16_t lanes[2][32], odd[2][32];
    for (int plane = 0; plane < 2; plane++) {
        _mm512_storeu_si512(lanes[plane], sums->lanes[plane]);
        _mm512_storeu_si512(odd[plane], sums->odd[plane]);
    }
    int32_t sum[64];
    for (int i = 0; i < 32; i++) {
        uint16_t low = (uint16_t)(lanes[0][i] - (odd[0][i] << 8));
        uint16_t high = (uint16_t)(lanes[1][i] - (odd[1][i] << 8));
        sum[2 * i] = low + (high << 8);
        sum[2 * i + 1] = odd[0][i] + (odd[1][i] << 8);
    }
    for (int n = 0; n < columns; n++) {
        total[n] = first ? sum[n] : total[n] + sum[n];
    }
}

void axn_kernel_planes(const axn_kernel_table *table, int M, int K, int N, const uint8_t *w,
                       const uint8_t *x, int64_t ldx, int32_t *sum, int64_t lds)
{
    _Alignas(64) uint8_t packed[AXN_KERNEL_BLOCK][STRIP];
    for (int first = 0; first < N; first += STRIP) {
        int columns = N - first < STRIP ? N - first : STRIP;
        for (int block = 0; block < K; block += AXN_KERNEL_BLOCK) {
            int taps = K - block < AXN_KERNEL_BLOCK ? K - block : AXN_KERNEL_BLOCK;
            for (int k = 0; k < taps; k++) {
                memcpy(packed[k], x + (block + k) * ldx + first, (size_t)columns);
                memset(packed[k] + columns, 0, (size_t)(STRIP - columns));
            }
            for (int m = 0; m < M; m++) {
                lane_sums sums[VECTORS];
                look_up_strip(table, taps, w + (int64_t)m * K + block, packed[0], sums);
                for (int n = 0; n < columns; n += 64) {
                    flush(&sums[n / 64], columns - n < 64 ? columns - n : 64, block == 0,
                          sum + m * lds + first + n);
                }
            }
        }
    }
}

/* A problem of middle size on which vector rows and planes are timed. */
enum { TRIAL_M = 32, TRIAL_K = 64, TRIAL_N = 2048, TRIALS = 3 };

typedef struct trial {
    axn_kernel_table table;
    uint8_t w[TRIAL_M * TRIAL_K], x[TRIAL_K * TRIAL_N];
    int32_t sum[TRIAL_M * TRIAL_N];
} trial;

static double time_kernel(axn_kernel_gemm *gemm, trial *t)
{
    double begun = axn_seconds();
    gemm(&t->table, TRIAL_M, TRIAL_K, TRIAL_N, t->w, t->x, TRIAL_N, t->sum, TRIAL_N);
    return axn_seconds() - begun;
}

static int planes_are_faster(void)
{
    trial *t = NULL;
    double rows = 1, planes = 1;
    axn_error error = {0};
    if (axn_allocate_aligned(&t, 1, sizeof *t, "a trial", &error) != AXN_OK) {
        return 0;
    }
    uint32_t state = 1;
    for (size_t i = 0; i < sizeof *t; i++) { /* any bytes are a problem */
        state = state * 1664525 + 1013904223;
        ((uint8_t *)t)[i] = (uint8_t)(state >> 24);
    }
    for (int i = 0; i < TRIALS; i++) {
        double seconds = time_kernel(axn_kernel_avx512, t);
        rows = seconds < rows ? seconds : rows;
        seconds = time_kernel(axn_kernel_planes, t);
        planes = seconds < planes ? seconds : planes;
    }
    free(t);
    return planes < rows;
}

/* Found once a process; the results are the same either way. */
static pthread_once_t trial_once = PTHREAD_ONCE_INIT;
static int planes_preferred;

static void make_trial(void)
{
    planes_preferred = planes_are_faster();
}

/* Vector rows pay once the cost of laying them out is spread over enough columns and their
 * lanes are used. */
enum { ROWS_LEAST_COLUMNS = 512, ROWS_LEAST = 8, ROWS_LANES = 32 };

void axn_kernel_vbmi(const axn_kernel_table *table, int M, int K, int N, const uint8_t *w,
                     const uint8_t *x, int64_t ldx, int32_t *sum, int64_t lds)
{
    int rows = 0;
    if (N >= ROWS_LEAST_COLUMNS && M >= ROWS_LEAST) {
        pthread_once(&trial_once, make_trial);
        if (!planes_preferred) {
            rows = M % ROWS_LANES < ROWS_LEAST ? M - M % ROWS_LANES : M;
        }
    }
    if (rows > 0) {
        axn_kernel_avx512(table, rows, K, N, w, x, ldx, sum, lds);
    }
    if (rows < M) {
        axn_kernel_planes(table, M - rows, K, N, w + (int64_t)rows * K, x, ldx, sum + rows * lds,
                          lds);
    }
}

#else
typedef int axn_no_vbmi;
#endif
