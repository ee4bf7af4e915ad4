/* Pooling on planes of codes. */
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "nas/layers.h"

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
    windows->halving = layer->kernel_h == 2 && layer->kernel_w == 2 && layer->stride == 2 &&
                       layer->pad_h == 0 && layer->pad_w == 0;
    windows->across = layer->kernel_w;
    windows->stride = layer->stride;
    windows->pad = layer->pad_w;
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
    windows->halving = in.height == 2 * out.height && in.width == 2 * out.width;
    if (in.width % out.width == 0) {
        windows->across = in.width / out.width;
        windows->stride = windows->across;
    }
    return AXN_OK;
}

void axn_windows_free(axn_windows *windows)
{
    free(windows->row_begin);
    free(windows->column_begin);
    *windows = (axn_windows){0};
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
