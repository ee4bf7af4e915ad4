/* Vector rows of 16 products, in registers of 256 bits. */
#include "nas/kernel_internal.h"

#if AXN_KERNEL_X86

#define LANES 16
#define SHARED 2
#define GROUPS 1
#define KERNEL axn_kernel_avx512_half
#define VECTOR __m256i
#define LOAD(p) _mm256_load_si256((const __m256i *)(const void *)(p))
#define STORE(p, v) _mm256_store_si256((__m256i *)(void *)(p), v)
#define ADD _mm256_add_epi16
#define MEAN _mm256_avg_epu16
#define SHIFT_RIGHT _mm256_srli_epi16
#define SAME _mm256_set1_epi16
#include "nas/kernel_avx512_template.h"

#else
typedef int axn_no_avx512_half;
#endif
