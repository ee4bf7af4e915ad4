/* The vector-row kernel (see kernel_internal.h) of LANES = 32 or 16 weight rows: VECTOR has
 * LANES words; SHARED taps, 1 or 2, share the 64 bytes of a vector row. GROUPS groups of rows can
 * share what is found of the codes. The file that includes this defines these, KERNEL, LOAD, STORE,
 * ADD, MEAN, SHIFT_RIGHT and SAME. */
#include "nas/kernel_avx512.h"

enum { TAPS = AXN_CODE_TAPS, STRIP = 8192 };

typedef axn_vector_rows rows_of_taps[TAPS / SHARED];

/* Of one column: the sums modulo 2^16, and the estimates that complete them. */
typedef struct column_sums {
    uint16_t lanes[LANES], estimate[LANES];
} column_sums;

#define LOOK_UP(t)                                                                                 \
    LOAD((const char *)rows + (t) / SHARED * (int)sizeof *rows +                                   \
         (t) % SHARED * (int)sizeof(VECTOR) + offsets[(t) % 8])

/* Eight taps, first .. first + 7, of one column: their mean, and their sum added to `sum`. */
#define ADD_EIGHT(mean, first)                                                                     \
    do {                                                                                           \
        VECTOR v0 = LOOK_UP(first), v1 = LOOK_UP((first) + 1), v2 = LOOK_UP((first) + 2);          \
        VECTOR v3 = LOOK_UP((first) + 3), v4 = LOOK_UP((first) + 4), v5 = LOOK_UP((first) + 5);    \
        VECTOR v6 = LOOK_UP((first) + 6), v7 = LOOK_UP((first) + 7);                               \
        VECTOR four = ADD(ADD(v0, v1), ADD(v2, v3)), more = ADD(ADD(v4, v5), ADD(v6, v7));         \
        (mean) = MEAN(MEAN(MEAN(v0, v1), MEAN(v2, v3)), MEAN(MEAN(v4, v5), MEAN(v6, v7)));         \
        sum = ADD(sum, ADD(four, more));                                                           \
    } while (0)

/* Of 8 taps, or 16; the mean is that of 16 in both cases. */
AVX512_INLINE static void add_taps(const axn_vector_rows *rows, int columns, const axn_offsets *all,
                                   column_sums *sums, int taps, int first)
{
    for (int64_t n = 0; n < columns; n++, sums++) {
        VECTOR sum = SAME(AXN_ESTIMATE_BIAS_16 - 32768), estimate = SAME(-32768);
        VECTOR mean, mean_more = SAME(0);
        if (!first) {
            sum = LOAD(sums->lanes);
            estimate = LOAD(sums->estimate);
        }
        const uint16_t *offsets = all->lower[n];
        ADD_EIGHT(mean, 0);
        if (taps > 8) {
            offsets = all->upper[n];
            ADD_EIGHT(mean_more, 8);
        }
        mean = SHIFT_RIGHT(MEAN(mean, mean_more), AXN_ESTIMATE_SHIFT_16);
        STORE(sums->lanes, sum);
        STORE(sums->estimate, ADD(estimate, mean));
    }
}

typedef void add_function(const axn_vector_rows *rows, int columns, const axn_offsets *all,
                          column_sums *sums);
#define ADD_FUNCTION(name, taps, first)                                                            \
    AVX512 static void name(const axn_vector_rows *rows, int columns, const axn_offsets *all,      \
                            column_sums *sums)                                                     \
    {                                                                                              \
        add_taps(rows, columns, all, sums, taps, first);                                           \
    }
ADD_FUNCTION(first_eight, 8, 1)
ADD_FUNCTION(first_sixteen, 16, 1)
ADD_FUNCTION(more_eight, 8, 0)
ADD_FUNCTION(more_sixteen, 16, 0)

#define FOUR(part, n, lane)                                                                        \
    AXN_LOAD_LANES(sums[n].part + 8 * (lane), sums[(n) + 4].part + 8 * (lane),                     \
                   sums[(n) + 8].part + 8 * (lane), sums[(n) + 12].part + 8 * (lane))

/* Of eight lanes of the columns n, n + 4, n + 8 and n + 12: pairs of signed words (correction,
 * estimate), both less 2^15: low##n of the lanes 0 .. 3, high##n of 4 .. 7. */
#define PAIRS(n, lane)                                                                             \
    __m512i estimate##n = FOUR(estimate, n, lane);                                                 \
    __m512i lanes##n = _mm512_sub_epi16(FOUR(lanes, n, lane),                                      \
                                        _mm512_slli_epi16(estimate##n, AXN_ESTIMATE_SCALE_16));    \
    __m512i low##n = _mm512_unpacklo_epi16(lanes##n, estimate##n);                                 \
    __m512i high##n = _mm512_unpackhi_epi16(lanes##n, estimate##n)

/* correction + estimate * 2^AXN_ESTIMATE_SCALE_16, the 2^15 put back. */
#define TOTAL(pair)                                                                                \
    _mm512_add_epi32(_mm512_madd_epi16(pair, factors), _mm512_set1_epi32(AXN_ESTIMATE_OFFSET_16))

/* Columns completed together, so that what is written of a row is some lines long; and eight
 * rows at a time, since rows at a stride of a power of two share sets of the cache. */
enum { PARTS = 4, WIDTH = 16 * PARTS, HEIGHT = 8 };

/* From eight lanes of the sums of 16 columns: totals[m][0][column]. */
AVX512_INLINE static void complete(const column_sums *sums, int lane, __m512i (*totals)[PARTS])
{
    const __m512i factors = _mm512_set1_epi32((1 << (16 + AXN_ESTIMATE_SCALE_16)) + 1);
    PAIRS(0, lane);
    PAIRS(1, lane);
    PAIRS(2, lane);
    PAIRS(3, lane);
    AXN_TRANSPOSE_WORDS(lower, low);
    AXN_TRANSPOSE_WORDS(upper, high);
    totals[0][0] = TOTAL(lower_0);
    totals[1][0] = TOTAL(lower_1);
    totals[2][0] = TOTAL(lower_2);
    totals[3][0] = TOTAL(lower_3);
    totals[4][0] = TOTAL(upper_0);
    totals[5][0] = TOTAL(upper_1);
    totals[6][0] = TOTAL(upper_2);
    totals[7][0] = TOTAL(upper_3);
}

AVX512_INLINE static void write_totals(const __m512i *totals, int columns, int first, int32_t *out)
{
    for (int n = 0; n < columns; n += 16, totals++, out += 16) {
        __mmask16 inside = (__mmask16)(columns - n < 16 ? (1 << (columns - n)) - 1 : 0xffff);
        __m512i total = _mm512_load_si512(totals);
        if (!first) {
            total = _mm512_add_epi32(total, _mm512_maskz_loadu_epi32(inside, out));
        }
        _mm512_mask_storeu_epi32(out, inside, total);
    }
}

/* Adds eight lanes of the sums of a full width to (first: stores them in) sum[rows][WIDTH]. */
AVX512_INLINE static void flush_whole(const column_sums *sums, int lane, int rows, int first,
                                      int32_t *sum, int64_t lds)
{
    __m512i totals[HEIGHT][PARTS];
    for (int m = 0; m < rows; m++) {
        for (int n = 0; n < WIDTH; n += 16) {
            __builtin_prefetch(sum + m * lds + n + WIDTH, 1);
        }
    }
    for (int part = 0; part < PARTS; part++) {
        complete(sums + 16 * part, lane, (__m512i(*)[PARTS])(totals[0] + part));
    }
    for (int m = 0; m < rows; m++) {
        for (int part = 0; part < PARTS; part++) {
            int32_t *out = sum + m * lds + 16 * part;
            __m512i total = _mm512_load_si512(&totals[m][part]);
            if (!first) {
                total = _mm512_add_epi32(total, _mm512_loadu_si512(out));
            }
            _mm512_storeu_si512(out, total);
        }
    }
}

AVX512 static void flush_first(const column_sums *sums, int lane, int rows, int32_t *sum,
                               int64_t lds)
{
    flush_whole(sums, lane, rows, 1, sum, lds);
}

AVX512 static void flush_more(const column_sums *sums, int lane, int rows, int32_t *sum,
                              int64_t lds)
{
    flush_whole(sums, lane, rows, 0, sum, lds);
}

/* The same of less than a full width. */
AVX512 static void flush_rest(const column_sums *sums, int lane, int rows, int columns, int first,
                              int32_t *sum, int64_t lds)
{
    __m512i totals[HEIGHT][PARTS];
    for (int part = 0; part * 16 < columns; part++) {
        complete(sums + 16 * part, lane, (__m512i(*)[PARTS])(totals[0] + part));
    }
    for (int m = 0; m < rows; m++) {
        write_totals(totals[m], columns, first, sum + m * lds);
    }
}

/* Adds the sums to (first: stores them in) sum[rows][columns]. */
static void flush(const column_sums *sums, int rows, int columns, int first, int32_t *sum,
                  int64_t lds)
{
    for (int n = 0; n < columns; n += WIDTH) {
        for (int m = 0; m < rows; m += HEIGHT) {
            int height = rows - m < HEIGHT ? rows - m : HEIGHT;
            int32_t *out = sum + m * lds + n;
            if (columns - n < WIDTH) {
                flush_rest(sums + n, m / HEIGHT, height, columns - n, first, out, lds);
            } else {
                (first ? flush_first : flush_more)(sums + n, m / HEIGHT, height, out, lds);
            }
        }
    }
}

/* Lays out the vector rows of the taps w[rows][0 .. taps-1], at most sixteen, and with zeros
 * those of the rest of eight or sixteen. */
static void lay_out(const axn_kernel_table *table, int rows, int K, int taps, const uint8_t *w,
                    const axn_ranges *ranges, axn_vector_rows *out)
{
    for (int t = 0; t < taps || t % 8 != 0; t += SHARED) {
        const uint16_t *source[AXN_ROW_LANES];
        int least = 255, largest = 0;
        for (int i = t; i < t + SHARED; i++) {
            axn_kernel_tap_rows(table, i < taps ? rows : 0, LANES, w + (i < taps ? i : 0), K,
                                source + (i - t) * LANES);
            least = ranges->least[i] < least ? ranges->least[i] : least;
            largest = ranges->largest[i] > largest ? ranges->largest[i] : largest;
        }
        axn_kernel_expand(source, least, largest, out[t / SHARED]);
    }
}

/* Adds those taps of x[taps][columns] to the sums of each group of rows. */
static void add_strip(const rows_of_taps *rows, int groups, int taps, int columns, const uint8_t *x,
                      int64_t ldx, int first, column_sums *sums)
{
    axn_offsets offsets;
    add_function *add =
        taps > 8 ? (first ? first_sixteen : more_sixteen) : (first ? first_eight : more_eight);
    for (int n = 0; n < columns; n += AXN_CHUNK) {
        int count = columns - n < AXN_CHUNK ? columns - n : AXN_CHUNK;
        axn_kernel_find_offsets(x + n, ldx, taps, count, &offsets);
        for (int g = 0; g < groups; g++) {
            add((const axn_vector_rows *)rows[g], count, &offsets, sums + g * STRIP / groups + n);
        }
    }
}

/* M <= GROUPS * LANES: groups of rows share the codes, each with its part of the sums. */
void KERNEL(const axn_kernel_table *table, int M, int K, int N, const uint8_t *w, const uint8_t *x,
            int64_t ldx, int32_t *sum, int64_t lds)
{
    _Alignas(64) rows_of_taps rows[GROUPS];
    _Alignas(64) column_sums sums[STRIP]; /* flush() may read, and drop, what none has set */
    axn_ranges ranges;
    int groups = (M + LANES - 1) / LANES, strip = STRIP / groups;
    for (int first = 0; first < N; first += strip) {
        int columns = N - first < strip ? N - first : strip;
        for (int block = 0; block < K; block += AXN_ROWS_BLOCK_16) {
            int end = K - block < AXN_ROWS_BLOCK_16 ? K : block + AXN_ROWS_BLOCK_16;
            for (int k = block; k < end; k += TAPS) {
                int taps = end - k < TAPS ? end - k : TAPS;
                const uint8_t *codes = x + k * ldx + first;
                axn_kernel_find_ranges(codes, ldx, taps, columns, &ranges);
                for (int m = 0; m < M; m += LANES) {
                    lay_out(table, M - m < LANES ? M - m : LANES, K, taps, w + (int64_t)m * K + k,
                            &ranges, rows[m / LANES]);
                }
                add_strip((const rows_of_taps *)rows, groups, taps, columns, codes, ldx, k == block,
                          sums);
            }
            for (int m = 0; m < M; m += LANES) {
                flush(sums + m / LANES * strip, M - m < LANES ? M - m : LANES, columns, block == 0,
                      sum + m * lds + first, lds);
            }
        }
    }
}
