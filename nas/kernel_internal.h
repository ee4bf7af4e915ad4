/* What the tiers of the table GEMM share. */
#ifndef AXN_NAS_KERNEL_INTERNAL_H
#define AXN_NAS_KERNEL_INTERNAL_H

#include "nas/kernel.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define AXN_KERNEL_X86 1
#else
#define AXN_KERNEL_X86 0
#endif

/* Taps that 16-bit lanes of bytes can sum: 256 * 255 < 2^16. */
#define AXN_KERNEL_BLOCK 256

/* Vector rows. For one tap, the results of some weight rows stand side by side for every
 * activation code (a "vector row" a code), so that one load looks up many products. Sums of
 * 16-bit products are kept in 16-bit lanes, modulo 2^16, and beside them an estimate that
 * tells the rest: with t taps at a time, the rounded mean of t products is
 * a = (their sum + e) / t with e in 0 .. t log2(t) / 2. Shifted right so that it counts 2^scale
 * of the sum, the sum of such means over a block of taps fits 16 bits and, times 2^scale,
 * misses the sum of the products by a range below 2^16, within which the sum modulo 2^16
 * decides. For t = 4: 126 * 511 fits, and it misses by -504 .. 126 * 508; for t = 16:
 * 63 * 1023, and -2016 .. 63 * 1008. */
#define AXN_ROWS_BLOCK_4 504
#define AXN_ESTIMATE_SCALE_4 9
#define AXN_ESTIMATE_SHIFT_4 7
#define AXN_ESTIMATE_BIAS_4 768
#define AXN_ROWS_BLOCK_16 1008
#define AXN_ESTIMATE_SCALE_16 10
#define AXN_ESTIMATE_SHIFT_16 6
#define AXN_ESTIMATE_BIAS_16 2024
/* What 2^15 taken from both words takes from their total, and the bias. */
#define AXN_ESTIMATE_OFFSET_16 (32768 + (32768 << AXN_ESTIMATE_SCALE_16) - AXN_ESTIMATE_BIAS_16)

struct axn_kernel_table {
    uint16_t row[256][256];     /* [w][x] */
    uint8_t plane[256][2][256]; /* [w][low byte, high byte][x] */
    /* If every row[w][x] = slope[w] * x + intercept[w] + residual[w][x]: */
    int is_affine, largest_residual;
    int32_t intercept[256];
    uint8_t slope[256];
    uint8_t residual[256][256]; /* [w][x] */
};

/* Sets what is behind is_affine, from row. */
void axn_kernel_fit_affine(axn_kernel_table *table);

/* The table rows of one tap, for weights w[m * stride]: source[m] for m < M, and rows of
 * zeros up to `lanes`. */
void axn_kernel_tap_rows(const axn_kernel_table *table, int M, int lanes, const uint8_t *w,
                         int64_t stride, const uint16_t **source);

axn_kernel_gemm axn_kernel_portable;
#if AXN_KERNEL_X86
axn_kernel_gemm axn_kernel_avx2;
axn_kernel_gemm axn_kernel_avx512;      /* vector rows, needs no VBMI */
axn_kernel_gemm axn_kernel_avx512_rows; /* M <= 64 */
axn_kernel_gemm axn_kernel_avx512_half; /* M <= 16 */
axn_kernel_gemm axn_kernel_planes;      /* two byte planes a weight code */
axn_kernel_gemm axn_kernel_vbmi;        /* the better of the two */
axn_kernel_gemm axn_kernel_vbmi_affine; /* for tables that are affine but for 8 bits */
/* Adds the residuals of an affine table to sum. */
axn_kernel_gemm axn_kernel_add_residuals;
#endif

#endif
