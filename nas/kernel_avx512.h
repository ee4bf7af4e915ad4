/* Pieces of the AVX-512 vector-row kernels. */
#ifndef AXN_NAS_KERNEL_AVX512_H
#define AXN_NAS_KERNEL_AVX512_H

#include <immintrin.h>
#include <stdint.h>

#define AVX512_TARGET __attribute__((target("avx512f,avx512bw,avx512vl,prfchw")))
/* In a function of its own, the registers of a loop are not shared with other code. */
#define AVX512 AVX512_TARGET __attribute__((noinline))
#define AVX512_INLINE AVX512_TARGET __attribute__((always_inline)) inline

/* Four rows of 128 bits as the lanes of one register. */
#define AXN_LOAD_LANES(p0, p1, p2, p3)                                                             \
    _mm512_mask_broadcast_i32x4(                                                                   \
        _mm512_mask_broadcast_i32x4(                                                               \
            _mm512_mask_broadcast_i32x4(                                                           \
                _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)(p0))), 0x00f0,            \
                _mm_loadu_si128((const __m128i *)(p1))),                                           \
            0x0f00, _mm_loadu_si128((const __m128i *)(p2))),                                       \
        0xf000, _mm_loadu_si128((const __m128i *)(p3)))

/* Transposing 4 words of 32 bits of 4 vectors in every lane: four_i holds word i of each of the
 * vectors. Written out, so that nothing is an array in memory. */
#define AXN_TRANSPOSE_WORDS(four, part)                                                            \
    __m512i four##_a = _mm512_unpacklo_epi32(part##0, part##1);                                    \
    __m512i four##_b = _mm512_unpackhi_epi32(part##0, part##1);                                    \
    __m512i four##_c = _mm512_unpacklo_epi32(part##2, part##3);                                    \
    __m512i four##_d = _mm512_unpackhi_epi32(part##2, part##3);                                    \
    __m512i four##_0 = _mm512_unpacklo_epi64(four##_a, four##_c);                                  \
    __m512i four##_1 = _mm512_unpackhi_epi64(four##_a, four##_c);                                  \
    __m512i four##_2 = _mm512_unpacklo_epi64(four##_b, four##_d);                                  \
    __m512i four##_3 = _mm512_unpackhi_epi64(four##_b, four##_d)

/* The vector rows of one tap for 32 weights, or of two taps for 16: out[x][m] = rows[m][x] for
 * the codes x = least .. largest (and some beside them). */
enum { AXN_ROW_LANES = 32 };
typedef uint16_t axn_vector_rows[256][AXN_ROW_LANES];
void axn_kernel_expand(const uint16_t *const *rows, int least, int largest, axn_vector_rows out);

/* Activations of up to 16 taps, x[taps][columns] with row stride ldx. */
enum { AXN_CODE_TAPS = 16, AXN_CHUNK = 256 };
typedef struct axn_ranges {
    uint8_t least[AXN_CODE_TAPS], largest[AXN_CODE_TAPS];
} axn_ranges;
void axn_kernel_find_ranges(const uint8_t *x, int64_t ldx, int taps, int columns, axn_ranges *out);

/* At most AXN_CHUNK columns as byte offsets of vector rows, so that a row is found without a
 * shift: those of a column side by side, taps 0 .. 7 in lower[n], 8 .. 15 in upper[n]. Behind
 * the last tap stand repetitions of it. */
typedef struct axn_offsets {
    _Alignas(64) uint16_t lower[AXN_CHUNK][8], upper[AXN_CHUNK][8];
} axn_offsets;
void axn_kernel_find_offsets(const uint8_t *x, int64_t ldx, int taps, int columns,
                             axn_offsets *out);

#endif
