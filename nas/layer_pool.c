/* Pooling on planes of codes. */
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "nas/layers.h"
#include "nas/vectorise.h"

#define HALVED 256 /* outputs of 2 x 2 windows handled at once */

static axn_status allocate_windows(axn_windows *windows, int height, int width, int out_height,
                                   int out_width, axn_error *error)
{
    int *rows = NULL;
    int *columns = NULL;
    *windows = (axn_windows){
        .height = height, .width = width, .out_height = out_height, .out_width = out_width};
    axn_status status = axn_allocate(&rows, (size_t)out_height, 2 * sizeof *rows, "pool", error);
    if (status == AXN_OK) {
        status = axn_allocate(&columns, (size_t)out_width, 2 * sizeof *columns, "pool", error);
    }
    if (status != AXN_OK) {
        free(rows);
        return status;
    }
    windows->row_begin = rows;
    windows->row_end = rows + out_height;
    windows->column_begin = columns;
    windows->column_end = columns + out_width;
    return AXN_OK;
}

static void place_windows(int *begin, int *end, int count, int size, int kernel, int stride,
                          int pad)
{
    for (int i = 0; i < count; i++) {
        int from = i * stride - pad;
        begin[i] = from > 0 ? from : 0;
        end[i] = from + kernel < size ? from + kernel : size;
    }
}

axn_status axn_windows_pool(axn_windows *windows, axn_shape in, const axn_layer *layer,
                            axn_error *error)
{
    axn_status status = allocate_windows(windows, in.height, in.width, layer->output.height,
                                         layer->output.width, error);
    if (status != AXN_OK) {
        return status;
    }
    place_windows(windows->row_begin, windows->row_end, windows->out_height, in.height,
                  layer->kernel_h, layer->stride, layer->pad_h);
    place_windows(windows->column_begin, windows->column_end, windows->out_width, in.width,
                  layer->kernel_w, layer->stride, layer->pad_w);
    windows->halving = layer->output.width <= HALVED && layer->kernel_h == 2 &&
                       layer->kernel_w == 2 && layer->stride == 2 && layer->pad_h == 0 &&
                       layer->pad_w == 0;
    return AXN_OK;
}

axn_status axn_windows_adaptive(axn_windows *windows, axn_shape in, axn_shape out, axn_error *error)
{
    axn_status status =
        allocate_windows(windows, in.height, in.width, out.height, out.width, error);
    if (status != AXN_OK) {
        return status;
    }
    for (int i = 0; i < out.height; i++) {
        windows->row_begin[i] = i * in.height / out.height;
        windows->row_end[i] = ((i + 1) * in.height + out.height - 1) / out.height;
    }
    for (int i = 0; i < out.width; i++) {
        windows->column_begin[i] = i * in.width / out.width;
        windows->column_end[i] = ((i + 1) * in.width + out.width - 1) / out.width;
    }
    windows->halving =
        out.width <= HALVED && in.height == 2 * out.height && in.width == 2 * out.width;
    return AXN_OK;
}

void axn_windows_free(axn_windows *windows)
{
    free(windows->row_begin);
    free(windows->column_begin);
    *windows = (axn_windows){0};
}

/* 2 x 2 windows: pairs of rows are laid end to end, so that the loops are long even where
 * the maps are small. */

typedef struct row_pairs {
    uint8_t upper[2 * HALVED], lower[2 * HALVED];
} row_pairs;

/* Rows of outputs that fit. */
static int rows_at_once(const axn_windows *w, int row)
{
    int rows = HALVED / w->out_width;
    return w->out_height - row < rows ? w->out_height - row : rows;
}

static void gather_pairs(row_pairs *pairs, const uint8_t *in, const axn_windows *w, int rows)
{
    const size_t bytes = 2 * (size_t)w->out_width;
    for (int row = 0; row < rows; row++) {
        memcpy(pairs->upper + (size_t)row * bytes, in, bytes);
        memcpy(pairs->lower + (size_t)row * bytes, in + w->width, bytes);
        in += 2 * w->width;
    }
}

AXN_VECTORISE static void halve(uint8_t *restrict out, const uint8_t *restrict upper,
                                const uint8_t *restrict lower, int count)
{
    for (int i = 0; i < count; i++) {
        uint8_t a = upper[2 * i] > upper[2 * i + 1] ? upper[2 * i] : upper[2 * i + 1];
        uint8_t b = lower[2 * i] > lower[2 * i + 1] ? lower[2 * i] : lower[2 * i + 1];
        out[i] = a > b ? a : b;
    }
}

/* Number 0..3 of the first largest code of each window, in reading order. */
AXN_VECTORISE static void choose(uint8_t *restrict chosen, const uint8_t *restrict upper,
                                 const uint8_t *restrict lower, int count)
{
    for (int i = 0; i < count; i++) {
        uint8_t a = upper[2 * i], b = upper[2 * i + 1], c = lower[2 * i], d = lower[2 * i + 1];
        uint8_t ab = a >= b ? a : b, cd = c >= d ? c : d;
        uint8_t top = a >= b ? 0 : 1, bottom = c >= d ? 2 : 3;
        chosen[i] = ab >= cd ? top : bottom;
    }
}

/* One row of each pair: the gradient where it was chosen as number `left` or left + 1. */
AXN_VECTORISE static void spread(float *restrict row, const float *restrict gradient,
                                 const uint8_t *restrict chosen, int left, int count)
{
    for (int i = 0; i < count; i++) {
        float g = gradient[i];
        int at = chosen[i] - left;
        row[2 * i] = at == 0 ? g : 0.0F;
        row[2 * i + 1] = at == 1 ? g : 0.0F;
    }
}

static void halve_plane(uint8_t *out, const uint8_t *in, const axn_windows *w)
{
    row_pairs pairs = {{0}, {0}};
    for (int row = 0; row < w->out_height;) {
        int rows = rows_at_once(w, row);
        gather_pairs(&pairs, in + (ptrdiff_t)2 * row * w->width, w, rows);
        halve(out + (ptrdiff_t)row * w->out_width, pairs.upper, pairs.lower, rows * w->out_width);
        row += rows;
    }
}

static void double_plane(float *in_gradient, const float *gradient, const uint8_t *in,
                         const axn_windows *w, bool accumulate)
{
    row_pairs pairs = {{0}, {0}};
    uint8_t chosen[HALVED];
    float row_of[2][2 * HALVED];
    const int wide = 2 * w->out_width;
    for (int row = 0; row < w->out_height;) {
        int rows = rows_at_once(w, row), count = rows * w->out_width;
        gather_pairs(&pairs, in + (ptrdiff_t)2 * row * w->width, w, rows);
        choose(chosen, pairs.upper, pairs.lower, count);
        spread(row_of[0], gradient + (ptrdiff_t)row * w->out_width, chosen, 0, count);
        spread(row_of[1], gradient + (ptrdiff_t)row * w->out_width, chosen, 2, count);
        for (int i = 0; i < 2 * rows; i++) {
            axn_add_gradient(in_gradient + (ptrdiff_t)(2 * row + i) * w->width,
                             row_of[i % 2] + (ptrdiff_t)(i / 2) * wide, wide, accumulate);
        }
        row += rows;
    }
}

/* First largest code of the window of output (row, column). */
static int find_largest(const uint8_t *plane, const axn_windows *w, int row, int column)
{
    int best = w->row_begin[row] * w->width + w->column_begin[column];
    for (int y = w->row_begin[row]; y < w->row_end[row]; y++) {
        for (int x = w->column_begin[column]; x < w->column_end[column]; x++) {
            int at = y * w->width + x;
            best = plane[at] > plane[best] ? at : best;
        }
    }
    return best;
}

void axn_max_pool_forward(uint8_t *out, const uint8_t *in, const axn_windows *windows, int planes)
{
    const axn_windows *w = windows;
    for (int plane = 0; plane < planes; plane++) {
        if (w->halving) {
            halve_plane(out, in, w);
        } else {
            for (int i = 0; i < w->out_height * w->out_width; i++) {
                out[i] = in[find_largest(in, w, i / w->out_width, i % w->out_width)];
            }
        }
        out += (ptrdiff_t)w->out_height * w->out_width;
        in += (ptrdiff_t)w->height * w->width;
    }
}

void axn_max_pool_backward(float *in_gradient, const float *out_gradient, const uint8_t *in,
                           const axn_windows *windows, int planes, bool accumulate)
{
    const axn_windows *w = windows;
    const size_t size = (size_t)w->height * (size_t)w->width;
    const bool covered = w->halving && w->height % 2 == 0 && w->width % 2 == 0;
    for (int plane = 0; plane < planes; plane++) {
        if (!accumulate && !covered) {
            memset(in_gradient, 0, size * sizeof *in_gradient);
        }
        if (w->halving) {
            double_plane(in_gradient, out_gradient, in, w, accumulate);
        } else {
            for (int i = 0; i < w->out_height * w->out_width; i++) {
                in_gradient[find_largest(in, w, i / w->out_width, i % w->out_width)] +=
                    out_gradient[i];
            }
        }
        out_gradient += (ptrdiff_t)w->out_height * w->out_width;
        in += size;
        in_gradient += size;
    }
}

void axn_average_pool_forward(int32_t *accumulators, axn_channel_sums *sums, const uint8_t *in,
                              const axn_windows *windows, int planes, int zero)
{
    const axn_windows *w = windows;
    *sums = (axn_channel_sums){0, 0, INT32_MAX, INT32_MIN};
    for (int plane = 0; plane < planes; plane++) {
        for (int row = 0; row < w->out_height; row++) {
            for (int column = 0; column < w->out_width; column++) {
                int32_t sum = 0;
                for (int y = w->row_begin[row]; y < w->row_end[row]; y++) {
                    for (int x = w->column_begin[column]; x < w->column_end[column]; x++) {
                        sum += in[y * w->width + x] - zero;
                    }
                }
                *accumulators++ = sum;
                sums->low = sum < sums->low ? sum : sums->low;
                sums->high = sum > sums->high ? sum : sums->high;
            }
        }
        in += (size_t)w->height * (size_t)w->width;
    }
}

void axn_average_pool_backward(float *in_gradient, const float *out_gradient,
                               const axn_windows *windows, int planes, float factor,
                               bool accumulate)
{
    const axn_windows *w = windows;
    size_t size = (size_t)w->height * (size_t)w->width;
    for (int plane = 0; plane < planes; plane++) {
        if (!accumulate) {
            memset(in_gradient, 0, size * sizeof *in_gradient);
        }
        for (int row = 0; row < w->out_height; row++) {
            for (int column = 0; column < w->out_width; column++) {
                float share = *out_gradient++ * factor;
                for (int y = w->row_begin[row]; y < w->row_end[row]; y++) {
                    for (int x = w->column_begin[column]; x < w->column_end[column]; x++) {
                        in_gradient[y * w->width + x] += share;
                    }
                }
            }
        }
        in_gradient += size;
    }
}
