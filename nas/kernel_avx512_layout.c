/* Laying out vector rows, and where in them the activations of a column lie. */
#include "nas/kernel_internal.h"

#if AXN_KERNEL_X86

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

AVX512 void axn_kernel_expand(const uint16_t *const *rows, int least, int largest,
                              axn_vector_rows out)
{
    for (int x = least / 8 * 8; x <= largest; x += 8) {
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

enum { TAPS = AXN_CODE_TAPS, COLUMNS = 64 };

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
AVX512_INLINE static void interleave(const uint8_t (*codes)[COLUMNS], uint16_t (*lower)[8],
                                     uint16_t (*upper)[8])
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

/* The least byte of a vector. */
AVX512_INLINE static uint8_t least_of(__m512i v)
{
    __m256i half = _mm256_min_epu8(_mm512_castsi512_si256(v), _mm512_extracti64x4_epi64(v, 1));
    __m128i quarter = _mm_min_epu8(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
    quarter = _mm_min_epu8(quarter, _mm_srli_epi16(quarter, 8));
    return (uint8_t)_mm_cvtsi128_si32(_mm_minpos_epu16(quarter));
}

AVX512_INLINE static void find_range(const uint8_t *row, int columns, uint8_t *least,
                                     uint8_t *largest)
{
    const __m512i ones = _mm512_set1_epi8(-1);
    __m512i low = ones, below = ones; /* below: 255 - code */
    for (int n = 0; n < columns; n += COLUMNS) {
        int count = columns - n < COLUMNS ? columns - n : COLUMNS;
        __mmask64 inside = ~UINT64_C(0) >> (COLUMNS - count);
        __m512i codes = _mm512_maskz_loadu_epi8(inside, row + n);
        low = _mm512_mask_min_epu8(low, inside, low, codes);
        below = _mm512_min_epu8(below, _mm512_xor_si512(codes, ones));
    }
    *least = least_of(low);
    *largest = (uint8_t)(255 - least_of(below));
}

AVX512 void axn_kernel_find_ranges(const uint8_t *x, int64_t ldx, int taps, int columns,
                                   axn_ranges *out)
{
    for (int t = 0; t < TAPS; t++) {
        if (t < taps) {
            find_range(x + t * ldx, columns, &out->least[t], &out->largest[t]);
        } else {
            out->least[t] = out->least[taps - 1];
            out->largest[t] = out->largest[taps - 1];
        }
    }
}

/* Rows at a stride of a power of two share a set of the first-level cache: so whole lines
 * are taken at a time. */
AVX512 void axn_kernel_find_offsets(const uint8_t *x, int64_t ldx, int taps, int columns,
                                    axn_offsets *out)
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
            interleave((const uint8_t(*)[COLUMNS])(&codes[0][i]), out->lower + n + i,
                       out->upper + n + i);
        }
    }
}

#else
typedef int axn_no_avx512_layout;
#endif
