/* Laying out vector rows, and where in them the activations of a column lie. */
#include "nas/kernel_internal.h"

#if AXN_KERNEL_X86

#include <string.h>

#include "nas/kernel_avx512.h"

/* One of three perfect shuffles that transpose 8 rows of 8 words in every lane. */
#define SHUFFLE(to, from)                                                                          \
    __m512i to##0 = _mm512_unpacklo_epi16(from##0, from##4),                                       \
            to##1 = _mm512_unpackhi_epi16(from##0, from##4),                                       \
            to##2 = _mm512_unpacklo_epi16(from##1, from##5),                                       \
            to##3 = _mm512_unpackhi_epi16(from##1, from##5),                                       \
            to##4 = _mm512_unpacklo_epi16(from##2, from##6),                                       \
            to##5 = _mm512_unpackhi_epi16(from##2, from##6),                                       \
            to##6 = _mm512_unpacklo_epi16(from##3, from##7),                                       \
            to##7 = _mm512_unpackhi_epi16(from##3, from##7)

#define TABLE_ROWS(j)                                                                              \
    AXN_LOAD_LANES(rows[j] + x, rows[(j) + 8] + x, rows[(j) + 16] + x, rows[(j) + 24] + x)
#define KEEP_ROW(i) _mm512_store_si512(out[x + (i)], d##i)

/* out[x][m] = rows[m][x]. */
AVX512 void axn_kernel_expand(const uint16_t *const *rows, axn_vector_rows out)
{
    for (int x = 0; x < 256; x += 8) {
        __m512i a0 = TABLE_ROWS(0), a1 = TABLE_ROWS(1), a2 = TABLE_ROWS(2), a3 = TABLE_ROWS(3);
        __m512i a4 = TABLE_ROWS(4), a5 = TABLE_ROWS(5), a6 = TABLE_ROWS(6), a7 = TABLE_ROWS(7);
        SHUFFLE(b, a);
        SHUFFLE(c, b);
        SHUFFLE(d, c);
        KEEP_ROW(0);
        KEEP_ROW(1);
        KEEP_ROW(2);
        KEEP_ROW(3);
        KEEP_ROW(4);
        KEEP_ROW(5);
        KEEP_ROW(6);
        KEEP_ROW(7);
    }
}

enum { TAPS = AXN_OFFSET_TAPS, COLUMNS = 64 };

#define ROWS(j) AXN_LOAD_LANES(codes[j], codes[(j) + 4], codes[(j) + 8], codes[(j) + 12])

/* The lanes of `four` are 4 columns of 16 codes, which count rows of 64 bytes. */
#define KEEP(i, four)                                                                              \
    do {                                                                                           \
        __m512i codes_ = _mm512_permutexvar_epi32(across, four);                                   \
        __m512i lower_ = _mm512_unpacklo_epi8(_mm512_setzero_si512(), codes_);                     \
        __m512i upper_ = _mm512_unpackhi_epi8(_mm512_setzero_si512(), codes_);                     \
        _mm512_storeu_si512(lower[4 * (i)], _mm512_srli_epi16(lower_, 2));                         \
        _mm512_storeu_si512(upper[4 * (i)], _mm512_srli_epi16(upper_, 2));                         \
    } while (0)

/* Sixteen columns of sixteen taps. */
AVX512_INLINE static void interleave(const uint8_t (*codes)[COLUMNS], axn_offsets *lower,
                                     axn_offsets *upper)
{
    const __m512i across = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    __m512i a = ROWS(0), b = ROWS(1), c = ROWS(2), d = ROWS(3);
    __m512i ab = _mm512_unpacklo_epi8(a, b), cd = _mm512_unpacklo_epi8(c, d);
    KEEP(0, _mm512_unpacklo_epi16(ab, cd));
    KEEP(1, _mm512_unpackhi_epi16(ab, cd));
    ab = _mm512_unpackhi_epi8(a, b);
    cd = _mm512_unpackhi_epi8(c, d);
    KEEP(2, _mm512_unpacklo_epi16(ab, cd));
    KEEP(3, _mm512_unpackhi_epi16(ab, cd));
}

/* Rows at a stride of a power of two share a set of the first-level cache: so whole lines
 * are taken at a time. */
AVX512 void axn_kernel_offsets(const uint8_t *x, int64_t ldx, int taps, int columns,
                               axn_offsets *lower, axn_offsets *upper)
{
    _Alignas(64) uint8_t codes[TAPS][COLUMNS];
    for (int n = 0; n < columns; n += COLUMNS) {
        int count = columns - n < COLUMNS ? columns - n : COLUMNS;
        __mmask64 inside = ~UINT64_C(0) >> (COLUMNS - count);
        for (int t = 0; t < TAPS; t++) {
            const uint8_t *row = x + (t < taps ? t : taps - 1) * ldx + n;
            _mm512_store_si512(codes[t], _mm512_maskz_loadu_epi8(inside, row));
        }
        for (int i = 0; i < count; i += 16) {
            interleave((const uint8_t(*)[COLUMNS])(&codes[0][i]), lower + n + i, upper + n + i);
        }
    }
}

#else
typedef int axn_no_avx512_layout;
#endif
