/* Vector types, and the kernels of the tiers. */
#ifndef AXN_MULTIPLIERS_CGP_KERNEL_INTERNAL_H
#define AXN_MULTIPLIERS_CGP_KERNEL_INTERNAL_H

#include <stdint.h>

#include "multipliers/cgp_kernel.h"

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#define AXN_CGP_X86 1
#else
#define AXN_CGP_X86 0
#endif

/* Vectors are passed to inlined functions only: there is no ABI to change. */
#pragma GCC diagnostic ignored "-Wpsabi"

/* `vector` and `real_vector` of so many 64-bit lanes, which are then CGP_LANES too. */
#define CGP_VECTOR_TYPES(lanes)                                                                    \
    typedef uint64_t vector __attribute__((vector_size(8 * (lanes)), may_alias));                  \
    typedef double real_vector __attribute__((vector_size(8 * (lanes)), may_alias));

extern const axn_cgp_kernel axn_cgp_kernel_portable;
#if AXN_CGP_X86
extern const axn_cgp_kernel axn_cgp_kernel_avx2;
extern const axn_cgp_kernel axn_cgp_kernel_avx512;
#endif

#endif
