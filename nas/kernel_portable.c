#include "nas/kernel_internal.h"

/* Columns worked on together: their sums and the activations of some taps stay in the
 * first-level cache. */
enum { STRIP = 1024 };

static void add_taps(const axn_kernel_table *table, int K, int columns, const uint8_t *w,
                     const uint8_t *x, int64_t ldx, int32_t *sum)
{
    int k = 0;
    for (; k + 4 <= K; k += 4) {
        const uint16_t *row0 = table->row[w[k]], *row1 = table->row[w[k + 1]];
        const uint16_t *row2 = table->row[w[k + 2]], *row3 = table->row[w[k + 3]];
        const uint8_t *x0 = x + k * ldx, *x1 = x0 + ldx, *x2 = x1 + ldx, *x3 = x2 + ldx;
        for (int n = 0; n < columns; n++) {
            sum[n] += row0[x0[n]] + row1[x1[n]] + row2[x2[n]] + row3[x3[n]];
        }
    }
    for (; k < K; k++) {
        const uint16_t *row = table->row[w[k]];
        const uint8_t *x0 = x + k * ldx;
        for (int n = 0; n < columns; n++) {
            sum[n] += row[x0[n]];
        }
    }
}

void axn_kernel_portable(const axn_kernel_table *table, int M, int K, int N, const uint8_t *w,
                         const uint8_t *x, int64_t ldx, int32_t *sum, int64_t lds)
{
    for (int first = 0; first < N; first += STRIP) {
        int columns = N - first < STRIP ? N - first : STRIP;
        for (int m = 0; m < M; m++) {
            int32_t *total = sum + m * lds + first;
            for (int n = 0; n < columns; n++) {
                total[n] = 0;
            }
            add_taps(table, K, columns, w + (int64_t)m * K, x + first, ldx, total);
        }
    }
}
