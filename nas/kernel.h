/* Table GEMM: exact emulation of an approximate multiplier.
 *   sum[m][n] = sum over k of T[x[k][n]][w[m][k]]     (int32, exact)
 * Tiers, best first, each equal to the reference bit for bit:
 *   "vbmi_affine"  AVX-512 with VBMI and VNNI. Tables that are for every weight code w
 *                  slope * x + intercept + residual, slope and residual in 0 .. 255: byte
 *                  products, and rows of residual bytes where there are 48 weight rows
 *                  and 512 columns. Exact tables need the products only. Anything else
 *                  goes as in "vbmi".
 *   "vbmi"         any table: vector rows ("avx512"), or two byte planes in registers
 *                  ("planes") for few columns, or where a millisecond's trial of both, once a
 *                  process, finds them faster (so on AMD's Zen 4 and 5).
 *   "avx2"         vector rows; "portable": plain C.
 * They are at their best with N of 2,048 and more a call. */
#ifndef AXN_NAS_KERNEL_H
#define AXN_NAS_KERNEL_H

#include <stdint.h>

#include "common/error.h"

/* A table prepared for the kernels: for each weight code w its 256 results by x. */
typedef struct axn_kernel_table axn_kernel_table;

/* product[x * 256 + w] (axn_table order); swap = use product[w * 256 + x]. */
axn_status axn_kernel_table_create(const uint16_t *product, int swap, axn_kernel_table **out,
                                   axn_error *error);
void axn_kernel_table_free(axn_kernel_table *table);
/* Whether "vbmi_affine" has a way of its own for the table. */
int axn_kernel_table_is_affine(const axn_kernel_table *table);

/* w: [M][K] row-major (leading dimension K), x: [K][N] with row stride ldx bytes,
 * sum: [M][N] with row stride lds elements, overwritten. K <= AXN_MAX_TAPS.
 * Single-threaded, re-entrant. */
typedef void axn_kernel_gemm(const axn_kernel_table *table, int M, int K, int N, const uint8_t *w,
                             const uint8_t *x, int64_t ldx, int32_t *sum, int64_t lds);

axn_kernel_gemm axn_kernel_reference; /* the plain m,n,k loop that defines truth */

/* The tier used: the best the machine has, or the one named by AXNAS_KERNEL
 * (unknown or unsupported: AXN_ERROR_USAGE). `name` may be NULL for the default. */
axn_status axn_kernel_select(const char *name, axn_kernel_gemm **gemm, const char **chosen,
                             axn_error *error);

/* Byte im2col of one image [H][W][C] -> x[K][P] with K ordered (ky, kx, c) as the
 * model's weights, P = output pixels row-major, taps outside the map = zero_point;
 * row stride ldx. Also sums the codes of the K taps of each pixel into tap_sum[P]
 * if not NULL. */
typedef struct axn_im2col {
    int height, width, channels;
    int kernel_h, kernel_w, stride, pad_h, pad_w;
    int out_height, out_width;
} axn_im2col;
void axn_im2col_bytes(const axn_im2col *shape, const uint8_t *image, uint8_t zero_point, uint8_t *x,
                      int64_t ldx, int32_t *tap_sum);

/* The fast way, by tiles, for maps kept channel by channel. The planes are the map
 * [C][H][W] with the border that the taps reach, filled with the zero point:
 * [C][axn_planes_height][axn_planes_width]. */
int axn_planes_height(const axn_im2col *shape);
int axn_planes_width(const axn_im2col *shape);
int64_t axn_planes_size(const axn_im2col *shape);
/* pixel_sum[height * width of the planes] receives the sums over the channels. */
void axn_planes_fill(const axn_im2col *shape, const uint8_t *map, uint8_t zero_point,
                     uint8_t *planes, int32_t *pixel_sum);
/* Sums of the K taps of the output pixels first .. first+count-1. */
void axn_planes_tap_sums(const axn_im2col *shape, const int32_t *pixel_sum, int first, int count,
                         int32_t *tap_sum);
/* The columns of the output pixels first .. first+count-1: x[K][count], row stride ldx. */
void axn_im2col_tile(const axn_im2col *shape, const uint8_t *planes, int first, int count,
                     uint8_t *x, int64_t ldx);

#endif
