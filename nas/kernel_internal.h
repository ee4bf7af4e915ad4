/* What the tiers of the table GEMM share. */
#ifndef AXN_NAS_KERNEL_INTERNAL_H
#define AXN_NAS_KERNEL_INTERNAL_H

#include "nas/kernel.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define AXN_KERNEL_X86 1
#else
#define AXN_KERNEL_X86 0
#endif

/* Sums of 16-bit products kept in 16-bit lanes are exact for so many taps. */
#define AXN_KERNEL_BLOCK 256

/* The vector-row kernels add four taps at a time. The rounded mean of four products is
 * (their sum + e) / 4 with e in 0..4; the sum of 64 such means, each shifted right by 6,
 * times 256 misses the total of 256 products by -256..16128, and the total modulo 2^16,
 * kept beside it, tells by how much. */
#define AXN_VECTOR_TAPS 4
#define AXN_ESTIMATE_SHIFT 6
#define AXN_ESTIMATE_BIAS 512

struct axn_kernel_table {
    uint16_t row[256][256];     /* [w][x] */
    uint8_t plane[256][2][256]; /* [w][low byte, high byte][x] */
};

axn_kernel_gemm axn_kernel_portable;
#if AXN_KERNEL_X86
axn_kernel_gemm axn_kernel_avx2;
axn_kernel_gemm axn_kernel_avx512; /* vector rows, needs no VBMI */
axn_kernel_gemm axn_kernel_planes; /* two byte planes a weight code */
axn_kernel_gemm axn_kernel_vbmi;   /* the better of the two */
#endif

#endif
