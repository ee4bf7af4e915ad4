#include "nas/requantise.h"

#include "nas/kernel_internal.h"

#if AXN_KERNEL_X86
#include <immintrin.h>
#endif

int64_t axn_rescale(int64_t value, int mantissa, int shift)
{
    return (value * mantissa + (INT64_C(1) << (shift - 1))) >> shift;
}

uint8_t axn_clamp_code(int64_t value, int low)
{
    return (uint8_t)(value < low ? low : value > 255 ? 255 : value);
}

void axn_requantise_plain(const axn_requantisation *r, const int32_t *sum, const int32_t *tap_sum,
                          int count, uint8_t *out)
{
    for (int i = 0; i < count; i++) {
        int64_t acc = sum[i] - (int64_t)r->weight_zero * tap_sum[i] + r->constant;
        out[i] = axn_clamp_code(r->zero_point + axn_rescale(acc, r->mantissa, r->shift), r->low);
    }
}

#if AXN_KERNEL_X86

/* In double precision: acc * mantissa has at most 47 bits, so that this product, its
 * division by a power of two and the half added are all exact. */
__attribute__((target("avx2"))) static __m128i rescale_four(__m128i acc, __m256d factor,
                                                            __m256d zero_point, __m256d low)
{
    __m256d value = _mm256_mul_pd(_mm256_cvtepi32_pd(acc), factor);
    value = _mm256_floor_pd(_mm256_add_pd(value, _mm256_set1_pd(.5)));
    value = _mm256_max_pd(_mm256_add_pd(value, zero_point), low);
    return _mm256_cvttpd_epi32(_mm256_min_pd(value, _mm256_set1_pd(255)));
}

__attribute__((target("avx2"))) static void requantise_avx2(const axn_requantisation *r,
                                                            const int32_t *sum,
                                                            const int32_t *tap_sum, int count,
                                                            uint8_t *out)
{
    __m256d factor = _mm256_set1_pd((double)r->mantissa / (double)(INT64_C(1) << r->shift));
    __m256d zero_point = _mm256_set1_pd(r->zero_point), low = _mm256_set1_pd(r->low);
    __m256i weight_zero = _mm256_set1_epi32(r->weight_zero);
    __m256i constant = _mm256_set1_epi32((int32_t)r->constant);
    int i = 0;
    for (; i + 8 <= count; i += 8) {
        __m256i taps = _mm256_loadu_si256((const __m256i *)(tap_sum + i));
        __m256i acc = _mm256_loadu_si256((const __m256i *)(sum + i));
        acc = _mm256_sub_epi32(acc, _mm256_mullo_epi32(taps, weight_zero));
        acc = _mm256_add_epi32(acc, constant);
        __m128i lower = rescale_four(_mm256_castsi256_si128(acc), factor, zero_point, low);
        __m128i upper = rescale_four(_mm256_extracti128_si256(acc, 1), factor, zero_point, low);
        __m128i words = _mm_packs_epi32(lower, upper);
        _mm_storel_epi64((__m128i *)(out + i), _mm_packus_epi16(words, words));
    }
    axn_requantise_plain(r, sum + i, tap_sum + i, count - i, out + i);
}

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl")))

AVX512 static __m256i rescale_eight(__m256i acc, __m512d factor, __m512d zero_point, __m512d low)
{
    __m512d value = _mm512_mul_pd(_mm512_cvtepi32_pd(acc), factor);
    value = _mm512_floor_pd(_mm512_add_pd(value, _mm512_set1_pd(.5)));
    value = _mm512_max_pd(_mm512_add_pd(value, zero_point), low);
    return _mm512_cvttpd_epi32(_mm512_min_pd(value, _mm512_set1_pd(255)));
}

AVX512 static void requantise_avx512(const axn_requantisation *r, const int32_t *sum,
                                     const int32_t *tap_sum, int count, uint8_t *out)
{
    __m512d factor = _mm512_set1_pd((double)r->mantissa / (double)(INT64_C(1) << r->shift));
    __m512d zero_point = _mm512_set1_pd(r->zero_point), low = _mm512_set1_pd(r->low);
    __m512i weight_zero = _mm512_set1_epi32(r->weight_zero);
    __m512i constant = _mm512_set1_epi32((int32_t)r->constant);
    int i = 0;
    for (; i + 16 <= count; i += 16) {
        __m512i taps = _mm512_loadu_si512(tap_sum + i);
        __m512i acc = _mm512_loadu_si512(sum + i);
        acc = _mm512_sub_epi32(acc, _mm512_mullo_epi32(taps, weight_zero));
        acc = _mm512_add_epi32(acc, constant);
        __m256i lower = rescale_eight(_mm512_castsi512_si256(acc), factor, zero_point, low);
        __m256i upper = rescale_eight(_mm512_extracti64x4_epi64(acc, 1), factor, zero_point, low);
        __m512i codes = _mm512_inserti64x4(_mm512_castsi256_si512(lower), upper, 1);
        _mm_storeu_si128((__m128i *)(out + i), _mm512_cvtepi32_epi8(codes));
    }
    if (i < count) {
        requantise_avx2(r, sum + i, tap_sum + i, count - i, out + i);
    }
}

#endif

axn_requantise_row *axn_requantise_narrow(void)
{
#if AXN_KERNEL_X86
    if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) {
        return requantise_avx512;
    }
    if (__builtin_cpu_supports("avx2")) {
        return requantise_avx2;
    }
#endif
    return axn_requantise_plain;
}
