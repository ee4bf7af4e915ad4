/* Vector rows of 16 products of 32 bits: for at most 16 weight rows. */
#include "nas/kernel_internal.h"

#if AXN_KERNEL_X86

#include <immintrin.h>
#include <string.h>

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl"), noinline))

enum { LANES = 16, TAPS = 8, STRIP = 4096 };

typedef int32_t wide_rows[256][LANES]; /* [x][m], of one tap */
typedef int32_t column_sums[LANES];

/* 8 activation codes of rows j, j + 4, j + 8, j + 12, one row a 128-bit lane. */
#define LOAD(row) _mm_load_si128((const __m128i *)(rows[row] + x))
#define GATHER(j)                                                                                  \
    _mm512_mask_broadcast_i32x4(                                                                   \
        _mm512_mask_broadcast_i32x4(                                                               \
            _mm512_mask_broadcast_i32x4(_mm512_castsi128_si512(LOAD(j)), 0x00f0, LOAD((j) + 4)),   \
            0x0f00, LOAD((j) + 8)),                                                                \
        0xf000, LOAD((j) + 12))

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
        __m512i a0 = GATHER(0), a1 = GATHER(1), a2 = GATHER(2), a3 = GATHER(3);
        __m512i b0 = _mm512_unpacklo_epi32(a0, a1), b1 = _mm512_unpackhi_epi32(a0, a1);
        __m512i b2 = _mm512_unpacklo_epi32(a2, a3), b3 = _mm512_unpackhi_epi32(a2, a3);
        KEEP(0, _mm512_unpacklo_epi64(b0, b2));
        KEEP(1, _mm512_unpackhi_epi64(b0, b2));
        KEEP(2, _mm512_unpacklo_epi64(b1, b3));
        KEEP(3, _mm512_unpackhi_epi64(b1, b3));
    }
}

AVX512 static void add_taps(const wide_rows *rows, int columns, const uint8_t *const *x,
                            column_sums *sums)
{
#define ADD _mm512_add_epi32
#define LOOK_UP(t) _mm512_load_si512(rows[t][x##t[n]])
    const uint8_t *x0 = x[0], *x1 = x[1], *x2 = x[2], *x3 = x[3];
    const uint8_t *x4 = x[4], *x5 = x[5], *x6 = x[6], *x7 = x[7];
    for (int n = 0; n < columns; n++) {
        __m512i sum = ADD(_mm512_load_si512(sums[n]), LOOK_UP(0));
        __m512i other = ADD(LOOK_UP(1), LOOK_UP(2));
        sum = ADD(ADD(sum, LOOK_UP(3)), LOOK_UP(4));
        other = ADD(ADD(other, LOOK_UP(5)), LOOK_UP(6));
        _mm512_store_si512(sums[n], ADD(ADD(sum, LOOK_UP(7)), other));
    }
#undef ADD
#undef LOOK_UP
}

/* One step of transposing 16 columns of 16 sums: pairs of vectors are interleaved. */
AVX512 static void transpose(__m512i *t)
{
    __m512i u[16];
    for (int i = 0; i < 16; i += 2) {
        u[i] = _mm512_unpacklo_epi32(t[i], t[i + 1]);
        u[i + 1] = _mm512_unpackhi_epi32(t[i], t[i + 1]);
    }
    for (int i = 0; i < 16; i += 4) {
        t[i] = _mm512_unpacklo_epi64(u[i], u[i + 2]);
        t[i + 1] = _mm512_unpackhi_epi64(u[i], u[i + 2]);
        t[i + 2] = _mm512_unpacklo_epi64(u[i + 1], u[i + 3]);
        t[i + 3] = _mm512_unpackhi_epi64(u[i + 1], u[i + 3]);
    }
    /* t[4 g + i] now holds, in lane l, row 4 l + i of columns 4 g .. 4 g + 3. */
    for (int i = 0; i < 4; i++) {
        u[i] = _mm512_shuffle_i32x4(t[i], t[i + 4], 0x88);
        u[i + 4] = _mm512_shuffle_i32x4(t[i], t[i + 4], 0xdd);
        u[i + 8] = _mm512_shuffle_i32x4(t[i + 8], t[i + 12], 0x88);
        u[i + 12] = _mm512_shuffle_i32x4(t[i + 8], t[i + 12], 0xdd);
    }
    for (int i = 0; i < 4; i++) {
        t[i] = _mm512_shuffle_i32x4(u[i], u[i + 8], 0x88);
        t[i + 4] = _mm512_shuffle_i32x4(u[i + 4], u[i + 12], 0x88);
        t[i + 8] = _mm512_shuffle_i32x4(u[i], u[i + 8], 0xdd);
        t[i + 12] = _mm512_shuffle_i32x4(u[i + 4], u[i + 12], 0xdd);
    }
}

AVX512 static void flush(const column_sums *sums, int rows, int columns, int32_t *sum, int64_t lds)
{
    for (int n = 0; n < columns; n += 16) {
        int left = columns - n;
        __mmask16 inside = (__mmask16)(left < 16 ? (1 << left) - 1 : 0xffff);
        __m512i t[16];
        for (int i = 0; i < 16; i++) {
            t[i] = _mm512_load_si512(sums[n + i]);
        }
        transpose(t);
        for (int m = 0; m < rows; m++) {
            _mm512_mask_storeu_epi32(sum + m * lds + n, inside, t[m]);
        }
    }
}

void axn_kernel_avx512_wide(const axn_kernel_table *table, int M, int K, int N, const uint8_t *w,
                            const uint8_t *x, int64_t ldx, int32_t *sum, int64_t lds)
{
    _Alignas(64) wide_rows rows[TAPS];
    _Alignas(64) column_sums sums[STRIP];
    for (int first = 0; first < N; first += STRIP) {
        int columns = N - first < STRIP ? N - first : STRIP;
        memset(sums, 0, ((size_t)columns + 15) / 16 * 16 * sizeof *sums);
        for (int k = 0; k < K; k += TAPS) {
            const uint16_t *source[LANES];
            const uint8_t *codes[TAPS];
            for (int t = 0; t < TAPS; t++) {
                int tap = k + t < K ? k + t : K - 1;
                axn_kernel_tap_rows(table, k + t < K ? M : 0, LANES, w + tap, K, source);
                codes[t] = x + tap * ldx + first;
                expand(source, rows[t]);
            }
            add_taps((const wide_rows *)rows, columns, codes, sums);
        }
        flush(sums, M, columns, sum + first, lds);
    }
}

#else
typedef int axn_no_avx512_wide;
#endif
