/* Pools in fp32: each tap of a window is a loop over the channels of a pixel. */
#include <string.h>

#include "nas/float_layers.h"
#include "nas/vectorise.h"

AXN_VECTORISE static void larger_of(float *restrict out, const float *restrict in, int count)
{
    for (int i = 0; i < count; i++) {
        out[i] = in[i] > out[i] ? in[i] : out[i];
    }
}

/* Pixel (row, column) of one image. */
static inline int64_t at_pixel(const axn_windows *w, int row, int column, int channels)
{
    return ((int64_t)row * w->width + column) * channels;
}

void axn_float_max_pool(float *out, const float *in, const axn_windows *windows, int images,
                        int channels)
{
    const axn_windows *w = windows;
    for (int image = 0; image < images; image++) {
        for (int i = 0; i < w->out_height * w->out_width; i++) {
            const int row = i / w->out_width, column = i % w->out_width;
            const int top = w->row_begin[row], left = w->column_begin[column];
            memcpy(out, in + at_pixel(w, top, left, channels), (size_t)channels * sizeof *out);
            for (int y = top; y < w->row_end[row]; y++) {
                for (int x = y == top ? left + 1 : left; x < w->column_end[column]; x++) {
                    larger_of(out, in + at_pixel(w, y, x, channels), channels);
                }
            }
            out += channels;
        }
        in += (int64_t)w->height * w->width * channels;
    }
}

/* What is left of the gradient of one output goes to a tap that holds the output's value. */
AXN_VECTORISE static void give(float *restrict in_gradient, float *restrict left,
                               const float *restrict out, const float *restrict in, int count)
{
    for (int i = 0; i < count; i++) {
        const float g = in[i] == out[i] ? left[i] : 0.0F;
        in_gradient[i] += g;
        left[i] = in[i] == out[i] ? 0.0F : left[i];
    }
}

void axn_float_max_pool_backward(float *in_gradient, const float *gradient, const float *out,
                                 const float *in, const axn_windows *windows, int images,
                                 int channels, bool accumulate, float *room)
{
    const axn_windows *w = windows;
    const int64_t size = (int64_t)w->height * w->width * channels;
    if (!accumulate) {
        memset(in_gradient, 0, (size_t)(size * images) * sizeof *in_gradient);
    }
    for (int image = 0; image < images; image++) {
        for (int i = 0; i < w->out_height * w->out_width; i++) {
            const int row = i / w->out_width, column = i % w->out_width;
            memcpy(room, gradient, (size_t)channels * sizeof *room);
            for (int y = w->row_begin[row]; y < w->row_end[row]; y++) {
                for (int x = w->column_begin[column]; x < w->column_end[column]; x++) {
                    const int64_t at = at_pixel(w, y, x, channels);
                    give(in_gradient + at, room, out, in + at, channels);
                }
            }
            gradient += channels;
            out += channels;
        }
        in += size;
        in_gradient += size;
    }
}

AXN_VECTORISE static void add_scaled(float *restrict out, const float *restrict in, float factor,
                                     int count)
{
    for (int i = 0; i < count; i++) {
        out[i] += factor * in[i];
    }
}

void axn_float_average_pool(float *out, const float *in, const axn_windows *windows, int images,
                            int channels, float factor)
{
    const axn_windows *w = windows;
    for (int image = 0; image < images; image++) {
        for (int i = 0; i < w->out_height * w->out_width; i++) {
            const int row = i / w->out_width, column = i % w->out_width;
            memset(out, 0, (size_t)channels * sizeof *out);
            for (int y = w->row_begin[row]; y < w->row_end[row]; y++) {
                for (int x = w->column_begin[column]; x < w->column_end[column]; x++) {
                    add_scaled(out, in + at_pixel(w, y, x, channels), factor, channels);
                }
            }
            out += channels;
        }
        in += (int64_t)w->height * w->width * channels;
    }
}

void axn_float_average_pool_backward(float *in_gradient, const float *gradient,
                                     const axn_windows *windows, int images, int channels,
                                     float factor, bool accumulate)
{
    const axn_windows *w = windows;
    const int64_t size = (int64_t)w->height * w->width * channels;
    if (!accumulate) {
        memset(in_gradient, 0, (size_t)(size * images) * sizeof *in_gradient);
    }
    for (int image = 0; image < images; image++) {
        for (int i = 0; i < w->out_height * w->out_width; i++) {
            const int row = i / w->out_width, column = i % w->out_width;
            for (int y = w->row_begin[row]; y < w->row_end[row]; y++) {
                for (int x = w->column_begin[column]; x < w->column_end[column]; x++) {
                    add_scaled(in_gradient + at_pixel(w, y, x, channels), gradient, factor,
                               channels);
                }
            }
            gradient += channels;
        }
        in_gradient += size;
    }
}
