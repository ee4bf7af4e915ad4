/* Vector rows of 32 products. */
#include "nas/kernel_internal.h"

#if AXN_KERNEL_X86

#define LANES 32
#define SHARED 1
#define GROUPS 2
#define KERNEL axn_kernel_avx512_rows
#define VECTOR __m512i
#define LOAD(p) _mm512_load_si512(p)
#define STORE(p, v) _mm512_store_si512(p, v)
#define ADD _mm512_add_epi16
#define MEAN _mm512_avg_epu16
#define SHIFT_RIGHT _mm512_srli_epi16
#define SAME _mm512_set1_epi16
#include "nas/kernel_avx512_template.h"

/* Weight rows by 64, or by 32 if the columns are enough for the sums of one group, and what is
 * left. */
void axn_kernel_avx512(const axn_kernel_table *table, int M, int K, int N, const uint8_t *w,
                       const uint8_t *x, int64_t ldx, int32_t *sum, int64_t lds)
{
    for (int m = 0, rows; m < M; m += rows) {
        int most = N <= STRIP / GROUPS && M - m > LANES + LANES / 2 ? GROUPS * LANES : LANES;
        rows = M - m < most ? M - m : most;
        axn_kernel_gemm *gemm = rows <= 16 ? axn_kernel_avx512_half : axn_kernel_avx512_rows;
        gemm(table, rows, K, N, w + (int64_t)m * K, x, ldx, sum + m * lds, lds);
    }
}

#else
typedef int axn_no_avx512;
#endif
