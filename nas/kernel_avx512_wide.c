/* Vector rows of 16 products of 32 bits: for at most 16 weight rows, eight taps at a time. */
#include "nas/kernel_internal.h"

#if AXN_KERNEL_X86

#include "nas/kernel_avx512.h"

enum { LANES = 16, TAPS = 8, STRIP = 4096 };

typedef int32_t wide_rows[256][LANES]; /* [x][m], of one tap */
typedef int32_t column_sums[LANES];

#define ROWS(j)                                                                                    \
    AXN_LOAD_LANES(rows[j] + x, rows[(j) + 4] + x, rows[(j) + 8] + x, rows[(j) + 12] + x)

/* Pairs of words of 16 rows: the lower words are for an even code, the upper for the next. */
#define KEEP(i, pairs)                                                                             \
    do {                                                                                           \
        _mm512_store_si512(out[x + 2 * (i)], _mm512_and_si512(pairs, lower));                      \
        _mm512_store_si512(out[x + 2 * (i) + 1], _mm512_srli_epi32(pairs, 16));                    \
    } while (0)

/* out[x][m] = rows[m][x]. */
AVX512 static void expand(const uint16_t *const *rows, wide_rows out)
{
    const __m512i lower = _mm512_set1_epi32(0xffff);
    for (int x = 0; x < 256; x += 8) {
        __m512i a0 = ROWS(0), a1 = ROWS(1), a2 = ROWS(2), a3 = ROWS(3);
        AXN_TRANSPOSE_WORDS(pairs, a, 0, 1, 2, 3);
        KEEP(0, pairs_0);
        KEEP(1, pairs_1);
        KEEP(2, pairs_2);
        KEEP(3, pairs_3);
    }
}

#define ADD _mm512_add_epi32
#define LOOK_UP(t) _mm512_load_si512(rows[t][x##t[n]])

AVX512_INLINE static void add_taps(const wide_rows *rows, int columns, const uint8_t *const *x,
                                   column_sums *sums, int first)
{
    const uint8_t *x0 = x[0], *x1 = x[1], *x2 = x[2], *x3 = x[3];
    const uint8_t *x4 = x[4], *x5 = x[5], *x6 = x[6], *x7 = x[7];
    for (int64_t n = 0; n < columns; n++, sums++) {
        AXN_ONE_INDEX(n);
        __m512i sum = ADD(ADD(LOOK_UP(0), LOOK_UP(1)), ADD(LOOK_UP(2), LOOK_UP(3)));
        sum = ADD(sum, ADD(ADD(LOOK_UP(4), LOOK_UP(5)), ADD(LOOK_UP(6), LOOK_UP(7))));
        _mm512_store_si512(*sums, first ? sum : ADD(sum, _mm512_load_si512(*sums)));
    }
}

AVX512 static void first_taps(const wide_rows *rows, int columns, const uint8_t *const *x,
                              column_sums *sums)
{
    add_taps(rows, columns, x, sums, 1);
}

AVX512 static void more_taps(const wide_rows *rows, int columns, const uint8_t *const *x,
                             column_sums *sums)
{
    add_taps(rows, columns, x, sums, 0);
}

#define COLUMN(n) __m512i column##n = _mm512_load_si512(sums[n])
#define AS_IT_IS(vector) (vector)

/* totals[m][column] of 16 columns. */
AVX512 static void transpose(const column_sums *sums, __m512i *totals)
{
    AXN_SIXTEEN(COLUMN);
    AXN_TRANSPOSE(column, totals, 4, AS_IT_IS);
}

AVX512 static void flush(const column_sums *sums, int rows, int columns, int32_t *sum, int64_t lds)
{
    __m512i totals[LANES];
    for (int n = 0; n < columns; n += 16) {
        int left = columns - n;
        __mmask16 inside = (__mmask16)(left < 16 ? (1 << left) - 1 : 0xffff);
        transpose(sums + n, totals);
        for (int m = 0; m < rows; m++) {
            _mm512_mask_storeu_epi32(sum + m * lds + n, inside, totals[m]);
        }
    }
}

void axn_kernel_avx512_wide(const axn_kernel_table *table, int M, int K, int N, const uint8_t *w,
                            const uint8_t *x, int64_t ldx, int32_t *sum, int64_t lds)
{
    _Alignas(64) wide_rows rows[TAPS];
    _Alignas(64) column_sums sums[STRIP]; /* flush() may read, and drop, what none has set */
    for (int first = 0; first < N; first += STRIP) {
        int columns = N - first < STRIP ? N - first : STRIP;
        for (int k = 0; k < K; k += TAPS) {
            const uint16_t *source[LANES];
            const uint8_t *codes[TAPS];
            for (int t = 0; t < TAPS; t++) {
                int tap = k + t < K ? k + t : K - 1;
                axn_kernel_tap_rows(table, k + t < K ? M : 0, LANES, w + tap, K, source);
                codes[t] = x + tap * ldx + first;
                expand(source, rows[t]);
            }
            (k == 0 ? first_taps : more_taps)((const wide_rows *)rows, columns, codes, sums);
        }
        flush(sums, M, columns, sum + first, lds);
    }
}

#else
typedef int axn_no_avx512_wide;
#endif
