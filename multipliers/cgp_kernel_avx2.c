/* AVX2: bits are counted by table look-up of half bytes. */
#include "multipliers/cgp_kernel_internal.h"

#if AXN_CGP_X86

#include <immintrin.h>

#define CGP_LANES 4
#define CGP_TARGET __attribute__((target("avx2")))
#define CGP_NAME "avx2"
#define CGP_SYMBOL axn_cgp_kernel_avx2
#define CGP_XOR3(x, y, z) ((x) ^ (y) ^ (z))
#define CGP_MAJORITY(x, y, z) (((x) & (y)) | ((z) & ((x) | (y))))
#define CGP_BORROW(x, y, z) ((~(x) & ((y) | (z))) | ((y) & (z)))
#define CGP_POPCOUNT(x) popcount(x)

CGP_VECTOR_TYPES(CGP_LANES)

CGP_TARGET static inline __attribute__((always_inline)) vector popcount(vector x)
{
    const __m256i table = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1,
                                           2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
    const __m256i mask = _mm256_set1_epi8(15);
    __m256i bytes = (__m256i)x;
    __m256i low = _mm256_shuffle_epi8(table, _mm256_and_si256(bytes, mask));
    __m256i high = _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(bytes, 4), mask));
    return (vector)_mm256_sad_epu8(_mm256_add_epi8(low, high), _mm256_setzero_si256());
}

#include "multipliers/cgp_kernel_template.h"

#endif
