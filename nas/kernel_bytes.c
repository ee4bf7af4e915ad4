/* Vector rows of bytes: what the tier "vbmi_affine" adds for the residuals. A vector row holds
 * those of one tap for 64 weight rows. */
#include "nas/kernel_internal.h"

#if AXN_KERNEL_X86

#include <string.h>

#include "nas/kernel_avx512.h"

enum { TAPS = AXN_CODE_TAPS, STRIP = 4096, LANES = 64, HALF = LANES / 2, WIDTH = 16 };

typedef uint8_t byte_rows[256][LANES]; /* [x][lane] */

/* Of one column: the 16-bit lanes' sums modulo 2^16, of which each is a lower byte and 256
 * upper bytes, and the sums of the upper bytes. */
typedef struct column_sums {
    uint16_t lanes[32], upper[32];
} column_sums;

#define ROWS(j)                                                                                    \
    AXN_LOAD_LANES(rows[j] + x, rows[(j) + 16] + x, rows[(j) + 32] + x, rows[(j) + 48] + x)

/* One of four perfect shuffles that transpose 16 rows of 16 bytes in every lane. */
#define SHUFFLE_TWO(to, from, a, b, low, high)                                                     \
    __m512i to##low = _mm512_unpacklo_epi8(from##a, from##b);                                      \
    __m512i to##high = _mm512_unpackhi_epi8(from##a, from##b)
#define SHUFFLE(to, from)                                                                          \
    SHUFFLE_TWO(to, from, 0, 8, 0, 1);                                                             \
    SHUFFLE_TWO(to, from, 1, 9, 2, 3);                                                             \
    SHUFFLE_TWO(to, from, 2, 10, 4, 5);                                                            \
    SHUFFLE_TWO(to, from, 3, 11, 6, 7);                                                            \
    SHUFFLE_TWO(to, from, 4, 12, 8, 9);                                                            \
    SHUFFLE_TWO(to, from, 5, 13, 10, 11);                                                          \
    SHUFFLE_TWO(to, from, 6, 14, 12, 13);                                                          \
    SHUFFLE_TWO(to, from, 7, 15, 14, 15)

#define TAKE(i) __m512i a##i = ROWS(i)
#define SIXTEEN(STEP)                                                                              \
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
#define KEEP(i) _mm512_store_si512(out[x + (i)], e##i)

/* out[x][lane] = rows[lane][x] for the codes x = least .. largest (and some beside them). */
AVX512 static void expand(const uint8_t *const *rows, int least, int largest, byte_rows out)
{
    for (int x = least / 16 * 16; x <= largest; x += 16) {
        SIXTEEN(TAKE);
        SHUFFLE(b, a);
        SHUFFLE(c, b);
        SHUFFLE(d, c);
        SHUFFLE(e, d);
        SIXTEEN(KEEP);
    }
}

/* The sum of `group` taps from `tap` on: their residuals together fit a byte. */
#define ADD _mm512_add_epi16
#define LOOK_UP(t) _mm512_load_si512((const char *)rows + (t) * (int)sizeof *rows + codes[(t) % 8])

#define ADD_GROUP(tap)                                                                             \
    do {                                                                                           \
        __m512i v = LOOK_UP(tap);                                                                  \
        if (group > 1) {                                                                           \
            v = ADD(v, LOOK_UP((tap) + 1));                                                        \
        }                                                                                          \
        if (group > 2) {                                                                           \
            v = ADD(v, ADD(LOOK_UP((tap) + 2), LOOK_UP((tap) + 3)));                               \
        }                                                                                          \
        lanes = ADD(lanes, v);                                                                     \
        upper = ADD(upper, _mm512_srli_epi16(v, 8));                                               \
    } while (0)

#define ADD_EIGHT(tap)                                                                             \
    do {                                                                                           \
        ADD_GROUP(tap);                                                                            \
        if (group < 4) {                                                                           \
            ADD_GROUP((tap) + 2);                                                                  \
        }                                                                                          \
        ADD_GROUP((tap) + 4);                                                                      \
        if (group < 4) {                                                                           \
            ADD_GROUP((tap) + 6);                                                                  \
        }                                                                                          \
        if (group < 2) {                                                                           \
            ADD_GROUP((tap) + 1);                                                                  \
            ADD_GROUP((tap) + 3);                                                                  \
            ADD_GROUP((tap) + 5);                                                                  \
            ADD_GROUP((tap) + 7);                                                                  \
        }                                                                                          \
    } while (0)

AVX512_INLINE static void add_taps(const byte_rows *rows, int columns, const axn_offsets *all,
                                   column_sums *sums, int group)
{
    for (int64_t n = 0; n < columns; n++, sums++) {
        __m512i lanes = _mm512_load_si512(sums->lanes), upper = _mm512_load_si512(sums->upper);
        const uint16_t *codes = all->lower[n];
        ADD_EIGHT(0);
        codes = all->upper[n];
        ADD_EIGHT(8);
        _mm512_store_si512(sums->lanes, lanes);
        _mm512_store_si512(sums->upper, upper);
    }
}

typedef void add_function(const byte_rows *rows, int columns, const axn_offsets *all,
                          column_sums *sums);
#define ADD_FUNCTION(name, group)                                                                  \
    AVX512 static void name(const byte_rows *rows, int columns, const axn_offsets *all,            \
                            column_sums *sums)                                                     \
    {                                                                                              \
        add_taps(rows, columns, all, sums, group);                                                 \
    }
ADD_FUNCTION(add_singly, 1)
ADD_FUNCTION(add_pairs, 2)
ADD_FUNCTION(add_fours, 4)

#define FOUR(part, n, lane)                                                                        \
    AXN_LOAD_LANES(sums[n].part + 8 * (lane), sums[(n) + 4].part + 8 * (lane),                     \
                   sums[(n) + 8].part + 8 * (lane), sums[(n) + 12].part + 8 * (lane))

/* Of eight lanes of the columns n, n + 4, n + 8 and n + 12. */
#define BYTES(n)                                                                                   \
    __m512i upper##n = FOUR(upper, n, lane);                                                       \
    __m512i lower##n = _mm512_sub_epi16(FOUR(lanes, n, lane), _mm512_slli_epi16(upper##n, 8))
#define LOW_WORDS(to, from, n) __m512i to##n = _mm512_unpacklo_epi16(from##n, zero)
#define HIGH_WORDS(to, from, n) __m512i to##n = _mm512_unpackhi_epi16(from##n, zero)

/* Adds a row of totals to sum, as far as it is one of `rows`. */
#define ADD_ROW(m, total)                                                                          \
    do {                                                                                           \
        if ((m) < rows) {                                                                          \
            int32_t *out_ = sum + (m)*lds;                                                         \
            __m512i old_ = _mm512_maskz_loadu_epi32(inside, out_);                                 \
            _mm512_mask_storeu_epi32(out_, inside, _mm512_add_epi32(old_, total));                 \
        }                                                                                          \
    } while (0)

/* Four rows from m on, whose words are those of `from`, lower or upper half of a lane. */
#define ADD_FOUR_ROWS(m, from, WORDS)                                                              \
    do {                                                                                           \
        WORDS(word, from, 0);                                                                      \
        WORDS(word, from, 1);                                                                      \
        WORDS(word, from, 2);                                                                      \
        WORDS(word, from, 3);                                                                      \
        AXN_TRANSPOSE_WORDS(total, word);                                                          \
        ADD_ROW(m, total_0);                                                                       \
        ADD_ROW((m) + 1, total_1);                                                                 \
        ADD_ROW((m) + 2, total_2);                                                                 \
        ADD_ROW((m) + 3, total_3);                                                                 \
    } while (0)

/* Adds eight lanes of sixteen columns to sum: the lower bytes to the rows from 8 * lane on, the
 * upper bytes to those HALF behind. */
AVX512_INLINE static void flush_lane(const column_sums *sums, int lane, int rows, __mmask16 inside,
                                     int32_t *sum, int64_t lds)
{
    const __m512i zero = _mm512_setzero_si512();
    BYTES(0);
    BYTES(1);
    BYTES(2);
    BYTES(3);
    int m = 8 * lane;
    ADD_FOUR_ROWS(m, lower, LOW_WORDS);
    ADD_FOUR_ROWS(m + 4, lower, HIGH_WORDS);
    ADD_FOUR_ROWS(m + HALF, upper, LOW_WORDS);
    ADD_FOUR_ROWS(m + HALF + 4, upper, HIGH_WORDS);
}

AVX512 static void flush(const column_sums *sums, int rows, int columns, int32_t *sum, int64_t lds)
{
    for (int n = 0; n < columns; n += WIDTH) {
        __mmask16 inside = (__mmask16)(columns - n < 16 ? (1 << (columns - n)) - 1 : 0xffff);
        for (int lane = 0; lane < HALF / 8; lane++) {
            flush_lane(sums + n, lane, rows, inside, sum + n, lds);
        }
    }
}

/* The residuals of one tap for the weights w[m * stride], in the order of flush(). */
static void tap_rows(const axn_kernel_table *table, int rows, const uint8_t *w, int64_t stride,
                     const uint8_t *source[LANES])
{
    static const uint8_t zeros[256] __attribute__((aligned(64)));
    for (int lane = 0; lane < LANES; lane++) {
        int m = lane % 2 * HALF + lane / 2;
        source[lane] = m < rows ? table->residual[w[m * stride]] : zeros;
    }
}

/* At most 64 rows of weights. */
typedef struct row_group {
    const axn_kernel_table *table;
    add_function *add;
    int rows, K;
} row_group;

/* Adds the taps of w[rows][0 .. taps-1], at most sixteen, and x[taps][columns] to the sums. */
static void add_strip(const row_group *group, int taps, const uint8_t *w, int columns,
                      const uint8_t *x, int64_t ldx, column_sums *sums)
{
    _Alignas(64) byte_rows rows[TAPS];
    axn_ranges ranges;
    axn_offsets offsets;
    axn_kernel_find_ranges(x, ldx, taps, columns, &ranges);
    for (int t = 0; t < TAPS; t++) {
        const uint8_t *source[LANES];
        tap_rows(group->table, t < taps ? group->rows : 0, w + (t < taps ? t : 0), group->K,
                 source);
        expand(source, ranges.least[t], ranges.largest[t], rows[t]);
    }
    for (int n = 0; n < columns; n += AXN_CHUNK) {
        int count = columns - n < AXN_CHUNK ? columns - n : AXN_CHUNK;
        axn_kernel_find_offsets(x + n, ldx, taps, count, &offsets);
        group->add((const byte_rows *)rows, count, &offsets, sums + n);
    }
}

static void add_rows(const row_group *group, int N, const uint8_t *w, const uint8_t *x, int64_t ldx,
                     int32_t *sum, int64_t lds)
{
    _Alignas(64) column_sums sums[STRIP];
    for (int first = 0; first < N; first += STRIP) {
        int columns = N - first < STRIP ? N - first : STRIP;
        for (int block = 0; block < group->K; block += AXN_KERNEL_BLOCK) {
            int end = group->K - block < AXN_KERNEL_BLOCK ? group->K : block + AXN_KERNEL_BLOCK;
            memset(sums, 0, (size_t)((columns + WIDTH - 1) / WIDTH * WIDTH) * sizeof *sums);
            for (int k = block; k < end; k += TAPS) {
                add_strip(group, end - k < TAPS ? end - k : TAPS, w + k, columns,
                          x + k * ldx + first, ldx, sums);
            }
            flush(sums, group->rows, columns, sum + first, lds);
        }
    }
}

void axn_kernel_add_residuals(const axn_kernel_table *table, int M, int K, int N, const uint8_t *w,
                              const uint8_t *x, int64_t ldx, int32_t *sum, int64_t lds)
{
    add_function *add = table->largest_residual <= 63    ? add_fours
                        : table->largest_residual <= 127 ? add_pairs
                                                         : add_singly;
    for (int m = 0; m < M; m += LANES) {
        row_group group = {table, add, M - m < LANES ? M - m : LANES, K};
        add_rows(&group, N, w + (int64_t)m * K, x, ldx, sum + m * lds, lds);
    }
}

#else
typedef int axn_no_bytes;
#endif
