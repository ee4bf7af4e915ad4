/* Pieces of the two AVX-512 vector-row kernels. */
#ifndef AXN_NAS_KERNEL_AVX512_H
#define AXN_NAS_KERNEL_AVX512_H

#include <immintrin.h>

#define AVX512_TARGET __attribute__((target("avx512f,avx512bw,avx512vl")))
/* In a function of its own, the registers of a loop are not shared with other code. */
#define AVX512 AVX512_TARGET __attribute__((noinline))
#define AVX512_INLINE AVX512_TARGET __attribute__((always_inline)) inline

/* Hides how n changes, so that the compiler keeps one index for all arrays instead of a
 * pointer for each. */
#define AXN_ONE_INDEX(n) __asm__("" : "+r"(n))

/* Four rows of 128 bits as the lanes of one register. */
#define AXN_LOAD_LANES(p0, p1, p2, p3)                                                             \
    _mm512_mask_broadcast_i32x4(                                                                   \
        _mm512_mask_broadcast_i32x4(                                                               \
            _mm512_mask_broadcast_i32x4(                                                           \
                _mm512_castsi128_si512(_mm_load_si128((const __m128i *)(p0))), 0x00f0,             \
                _mm_load_si128((const __m128i *)(p1))),                                            \
            0x0f00, _mm_load_si128((const __m128i *)(p2))),                                        \
        0xf000, _mm_load_si128((const __m128i *)(p3)))

/* Transposing 16 columns part0 .. part15 of 4 lanes of 4 words of 32 bits, written out so that
 * nothing is an array in memory. First 4x4 words in every lane: four_i of the columns n0 .. n3
 * holds word i of each lane. */
#define AXN_TRANSPOSE_WORDS(four, part, n0, n1, n2, n3)                                            \
    __m512i four##_a = _mm512_unpacklo_epi32(part##n0, part##n1);                                  \
    __m512i four##_b = _mm512_unpackhi_epi32(part##n0, part##n1);                                  \
    __m512i four##_c = _mm512_unpacklo_epi32(part##n2, part##n3);                                  \
    __m512i four##_d = _mm512_unpackhi_epi32(part##n2, part##n3);                                  \
    __m512i four##_0 = _mm512_unpacklo_epi64(four##_a, four##_c);                                  \
    __m512i four##_1 = _mm512_unpackhi_epi64(four##_a, four##_c);                                  \
    __m512i four##_2 = _mm512_unpacklo_epi64(four##_b, four##_d);                                  \
    __m512i four##_3 = _mm512_unpackhi_epi64(four##_b, four##_d)

/* Then the lanes: out[l * step] = FINISH(word i of lane l of the 16 columns). */
#define AXN_TRANSPOSE_LANES(part, i, out, step, FINISH)                                            \
    do {                                                                                           \
        __m512i a_ = _mm512_shuffle_i32x4(part##0_##i, part##1_##i, 0x88);                         \
        __m512i b_ = _mm512_shuffle_i32x4(part##0_##i, part##1_##i, 0xdd);                         \
        __m512i c_ = _mm512_shuffle_i32x4(part##2_##i, part##3_##i, 0x88);                         \
        __m512i d_ = _mm512_shuffle_i32x4(part##2_##i, part##3_##i, 0xdd);                         \
        (out)[0] = FINISH(_mm512_shuffle_i32x4(a_, c_, 0x88));                                     \
        (out)[(step)] = FINISH(_mm512_shuffle_i32x4(b_, d_, 0x88));                                \
        (out)[2 * (step)] = FINISH(_mm512_shuffle_i32x4(a_, c_, 0xdd));                            \
        (out)[3 * (step)] = FINISH(_mm512_shuffle_i32x4(b_, d_, 0xdd));                            \
    } while (0)

/* out[i + l * step] for the words i = 0 .. 3 of the lanes l = 0 .. 3. */
#define AXN_TRANSPOSE(part, out, step, FINISH)                                                     \
    do {                                                                                           \
        AXN_TRANSPOSE_WORDS(part##0, part, 0, 1, 2, 3);                                            \
        AXN_TRANSPOSE_WORDS(part##1, part, 4, 5, 6, 7);                                            \
        AXN_TRANSPOSE_WORDS(part##2, part, 8, 9, 10, 11);                                          \
        AXN_TRANSPOSE_WORDS(part##3, part, 12, 13, 14, 15);                                        \
        AXN_TRANSPOSE_LANES(part, 0, (out), step, FINISH);                                         \
        AXN_TRANSPOSE_LANES(part, 1, (out) + 1, step, FINISH);                                     \
        AXN_TRANSPOSE_LANES(part, 2, (out) + 2, step, FINISH);                                     \
        AXN_TRANSPOSE_LANES(part, 3, (out) + 3, step, FINISH);                                     \
    } while (0)

#define AXN_SIXTEEN(STEP)                                                                          \
    STEP(0);                                                                                       \
    STEP(1);                                                                                       \
    STEP(2);                                                                                       \
    STEP(3);                                                                                       \
    STEP(4);                                                                                       \
    STEP(5);                                                                                       \
    STEP(6);                                                                                       \
    STEP(7);                                                                                       \
    STEP(8);                                                                                       \
    STEP(9);                                                                                       \
    STEP(10);                                                                                      \
    STEP(11);                                                                                      \
    STEP(12);                                                                                      \
    STEP(13);                                                                                      \
    STEP(14);                                                                                      \
    STEP(15)

#endif
