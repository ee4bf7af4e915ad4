/* Vector rows of bytes: what the tier "vbmi_affine" adds for the residuals. A vector row of 64
 * bytes holds those of one tap for 64 weight rows, or of two taps for 32. */
#include "nas/kernel_internal.h"

#if AXN_KERNEL_X86

#include <string.h>

#include "nas/kernel_avx512.h"

enum { TAPS = AXN_CODE_TAPS, STRIP = 4096, ROW_BYTES = 64, WIDTH = 16 };

typedef uint8_t byte_rows[256][ROW_BYTES]; /* [x][lane] */

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
#define HALF_ADD _mm256_add_epi16
#define HALF_LOOK_UP(t)                                                                            \
    _mm256_load_si256((const __m256i *)(const void *)((const char *)rows +                         \
                                                      (t) / 2 * (int)sizeof *rows + (t) % 2 * 32 + \
                                                      codes[(t) % 8]))

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

#define HALF_ADD_GROUP(tap)                                                                        \
    do {                                                                                           \
        __m256i v = HALF_LOOK_UP(tap);                                                             \
        if (group > 1) {                                                                           \
            v = HALF_ADD(v, HALF_LOOK_UP((tap) + 1));                                              \
        }                                                                                          \
        if (group > 2) {                                                                           \
            v = HALF_ADD(v, HALF_ADD(HALF_LOOK_UP((tap) + 2), HALF_LOOK_UP((tap) + 3)));           \
        }                                                                                          \
        lanes = HALF_ADD(lanes, v);                                                                \
        upper = HALF_ADD(upper, _mm256_srli_epi16(v, 8));                                          \
    } while (0)

#define EIGHT(GROUP, tap)                                                                          \
    do {                                                                                           \
        GROUP(tap);                                                                                \
        if (group < 4) {                                                                           \
            GROUP((tap) + 2);                                                                      \
        }                                                                                          \
        GROUP((tap) + 4);                                                                          \
        if (group < 4) {                                                                           \
            GROUP((tap) + 6);                                                                      \
        }                                                                                          \
        if (group < 2) {                                                                           \
            GROUP((tap) + 1);                                                                      \
            GROUP((tap) + 3);                                                                      \
            GROUP((tap) + 5);                                                                      \
            GROUP((tap) + 7);                                                                      \
        }                                                                                          \
    } while (0)

AVX512_INLINE static void add_taps(const byte_rows *rows, int columns, const axn_offsets *all,
                                   column_sums *sums, int group)
{
    for (int64_t n = 0; n < columns; n++, sums++) {
        __m512i lanes = _mm512_load_si512(sums->lanes), upper = _mm512_load_si512(sums->upper);
        const uint16_t *codes = all->lower[n];
        EIGHT(ADD_GROUP, 0);
        codes = all->upper[n];
        EIGHT(ADD_GROUP, 8);
        _mm512_store_si512(sums->lanes, lanes);
        _mm512_store_si512(sums->upper, upper);
    }
}

AVX512_INLINE static void add_half(const byte_rows *rows, int columns, const axn_offsets *all,
                                   column_sums *sums, int group)
{
    for (int64_t n = 0; n < columns; n++, sums++) {
        __m256i lanes = _mm256_load_si256((const __m256i *)(const void *)sums->lanes);
        __m256i upper = _mm256_load_si256((const __m256i *)(const void *)sums->upper);
        const uint16_t *codes = all->lower[n];
        EIGHT(HALF_ADD_GROUP, 0);
        codes = all->upper[n];
        EIGHT(HALF_ADD_GROUP, 8);
        _mm256_store_si256((__m256i *)(void *)sums->lanes, lanes);
        _mm256_store_si256((__m256i *)(void *)sums->upper, upper);
    }
}

typedef void add_function(const byte_rows *rows, int columns, const axn_offsets *all,
                          column_sums *sums);
#define ADD_FUNCTION(name, add, group)                                                             \
    AVX512 static void name(const byte_rows *rows, int columns, const axn_offsets *all,            \
                            column_sums *sums)                                                     \
    {                                                                                              \
        add(rows, columns, all, sums, group);                                                      \
    }
ADD_FUNCTION(add_singly, add_taps, 1)
ADD_FUNCTION(add_pairs, add_taps, 2)
ADD_FUNCTION(add_fours, add_taps, 4)
ADD_FUNCTION(add_half_singly, add_half, 1)
ADD_FUNCTION(add_half_pairs, add_half, 2)
ADD_FUNCTION(add_half_fours, add_half, 4)

/* Adds sixteen columns of eight lanes, given by a pointer for each column, to sum[8][16]. */
AVX512 static void add_totals(const uint16_t *const *column, int rows, int columns, int32_t *sum,
                              int64_t lds)
{
    const __m512i zero = _mm512_setzero_si512();
    __mmask16 inside = (__mmask16)(columns < 16 ? (1 << columns) - 1 : 0xffff);
    __m512i v0 = AXN_LOAD_LANES(column[0], column[4], column[8], column[12]);
    __m512i v1 = AXN_LOAD_LANES(column[1], column[5], column[9], column[13]);
    __m512i v2 = AXN_LOAD_LANES(column[2], column[6], column[10], column[14]);
    __m512i v3 = AXN_LOAD_LANES(column[3], column[7], column[11], column[15]);
    __m512i low0 = _mm512_unpacklo_epi16(v0, zero), high0 = _mm512_unpackhi_epi16(v0, zero);
    __m512i low1 = _mm512_unpacklo_epi16(v1, zero), high1 = _mm512_unpackhi_epi16(v1, zero);
    __m512i low2 = _mm512_unpacklo_epi16(v2, zero), high2 = _mm512_unpackhi_epi16(v2, zero);
    __m512i low3 = _mm512_unpacklo_epi16(v3, zero), high3 = _mm512_unpackhi_epi16(v3, zero);
    AXN_TRANSPOSE_WORDS(lower, low);
    AXN_TRANSPOSE_WORDS(upper, high);
    __m512i totals[8] = {lower_0, lower_1, lower_2, lower_3, upper_0, upper_1, upper_2, upper_3};
    for (int m = 0; m < rows; m++) {
        int32_t *out = sum + m * lds;
        __m512i total = _mm512_add_epi32(totals[m], _mm512_maskz_loadu_epi32(inside, out));
        _mm512_mask_storeu_epi32(out, inside, total);
    }
}

/* The lower bytes belong to the first half of the weight rows, the upper to the second. */
AVX512 static void flush(column_sums *sums, int lanes, int rows, int columns, int32_t *sum,
                         int64_t lds)
{
    int half = lanes / 2;
    for (int n = 0; n < columns; n += WIDTH) {
        const uint16_t *column[WIDTH];
        for (int i = n; i < n + WIDTH; i++) {
            __m512i upper = _mm512_load_si512(sums[i].upper);
            __m512i lower =
                _mm512_sub_epi16(_mm512_load_si512(sums[i].lanes), _mm512_slli_epi16(upper, 8));
            _mm512_store_si512(sums[i].lanes, lower);
        }
        for (int m = 0; m < rows; m += 8) {
            for (int i = 0; i < WIDTH; i++) {
                column[i] = m < half ? sums[n + i].lanes + m : sums[n + i].upper + (m - half);
            }
            add_totals(column, rows - m < 8 ? rows - m : 8, columns - n, sum + m * lds + n, lds);
        }
    }
}

/* The residuals of one tap for the weights w[m * stride], in the order of flush(). */
static void tap_rows(const axn_kernel_table *table, int lanes, int rows, const uint8_t *w,
                     int64_t stride, const uint8_t **source)
{
    static const uint8_t zeros[256] __attribute__((aligned(64)));
    for (int lane = 0; lane < lanes; lane++) {
        int m = lane % 2 * (lanes / 2) + lane / 2;
        source[lane] = m < rows ? table->residual[w[m * stride]] : zeros;
    }
}

typedef struct strip {
    const axn_kernel_table *table;
    add_function *add;
    int lanes, rows, K;
} strip;

/* Lays out the rows of the taps w[rows][0 .. taps-1], and of zeros behind them. */
static void lay_out(const strip *s, int taps, const uint8_t *w, const axn_ranges *ranges,
                    byte_rows *out)
{
    int shared = ROW_BYTES / s->lanes;
    for (int t = 0; t < TAPS; t += shared) {
        const uint8_t *source[ROW_BYTES];
        int least = 255, largest = 0;
        for (int i = t; i < t + shared; i++) {
            tap_rows(s->table, s->lanes, i < taps ? s->rows : 0, w + (i < taps ? i : 0), s->K,
                     source + (i - t) * s->lanes);
            least = ranges->least[i] < least ? ranges->least[i] : least;
            largest = ranges->largest[i] > largest ? ranges->largest[i] : largest;
        }
        expand(source, least, largest, out[t / shared]);
    }
}

/* Adds sixteen taps, of w[rows][0 .. taps-1] and x[taps][columns], to the sums. */
static void add_strip(const strip *s, int taps, const uint8_t *w, int columns, const uint8_t *x,
                      int64_t ldx, column_sums *sums)
{
    _Alignas(64) byte_rows rows[TAPS];
    axn_ranges ranges;
    axn_offsets offsets;
    axn_kernel_find_ranges(x, ldx, taps, columns, &ranges);
    lay_out(s, taps, w, &ranges, rows);
    for (int n = 0; n < columns; n += AXN_CHUNK) {
        int count = columns - n < AXN_CHUNK ? columns - n : AXN_CHUNK;
        axn_kernel_find_offsets(x + n, ldx, taps, count, &offsets);
        s->add((const byte_rows *)rows, count, &offsets, sums + n);
    }
}

/* Adds the residuals of at most 64 weight rows. */
static void add_rows(const strip *s, int N, const uint8_t *w, const uint8_t *x, int64_t ldx,
                     int32_t *sum, int64_t lds)
{
    _Alignas(64) column_sums sums[STRIP];
    for (int first = 0; first < N; first += STRIP) {
        int columns = N - first < STRIP ? N - first : STRIP;
        for (int block = 0; block < s->K; block += AXN_KERNEL_BLOCK) {
            int end = s->K - block < AXN_KERNEL_BLOCK ? s->K : block + AXN_KERNEL_BLOCK;
            memset(sums, 0, (size_t)((columns + WIDTH - 1) / WIDTH * WIDTH) * sizeof *sums);
            for (int k = block; k < end; k += TAPS) {
                add_strip(s, end - k < TAPS ? end - k : TAPS, w + k, columns, x + k * ldx + first,
                          ldx, sums);
            }
            flush(sums, s->lanes, s->rows, columns, sum + first, lds);
        }
    }
}

void axn_kernel_add_residuals(const axn_kernel_table *table, int M, int K, int N, const uint8_t *w,
                              const uint8_t *x, int64_t ldx, int32_t *sum, int64_t lds)
{
    static add_function *const add[2][3] = {{add_singly, add_pairs, add_fours},
                                            {add_half_singly, add_half_pairs, add_half_fours}};
    int spare = table->largest_residual <= 63 ? 2 : table->largest_residual <= 127 ? 1 : 0;
    for (int m = 0, rows; m < M; m += rows) {
        rows = M - m < 64 ? M - m : 64;
        strip s = {table, add[rows <= 32][spare], rows <= 32 ? 32 : 64, rows, K};
        add_rows(&s, N, w + (int64_t)m * K, x, ldx, sum + m * lds, lds);
    }
}

#else
typedef int axn_no_bytes;
#endif
