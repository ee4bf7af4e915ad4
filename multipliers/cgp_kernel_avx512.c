/* AVX-512: any function of three bits, and counting of bits, are one instruction. */
#include "multipliers/cgp_kernel_internal.h"

#if AXN_CGP_X86

#include <immintrin.h>

#define CGP_LANES 8
#define CGP_TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vpopcntdq")))
#define CGP_NAME "avx512"
#define CGP_SYMBOL axn_cgp_kernel_avx512
#define TERNARY(x, y, z, truth)                                                                    \
    ((vector)_mm512_ternarylogic_epi64((__m512i)(x), (__m512i)(y), (__m512i)(z), (truth)))
#define CGP_XOR3(x, y, z) TERNARY(x, y, z, 0x96)
#define CGP_MAJORITY(x, y, z) TERNARY(x, y, z, 0xe8)
#define CGP_BORROW(x, y, z) TERNARY(x, y, z, 0x8e)
#define CGP_POPCOUNT(x) ((vector)_mm512_popcnt_epi64((__m512i)(x)))

CGP_VECTOR_TYPES(CGP_LANES)

#include "multipliers/cgp_kernel_template.h"

#endif
