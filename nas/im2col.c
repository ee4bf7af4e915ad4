#include <string.h>

#include "nas/kernel.h"

void axn_im2col_bytes(const axn_im2col *shape, const uint8_t *image, uint8_t zero_point, uint8_t *x,
                      int64_t ldx, int32_t *tap_sum)
{
    int pixels = shape->out_height * shape->out_width;
    if (tap_sum != NULL) {
        memset(tap_sum, 0, (size_t)pixels * sizeof *tap_sum);
    }
    uint8_t *row = x;
    for (int tap = 0; tap < shape->kernel_h * shape->kernel_w; tap++) {
        int ky = tap / shape->kernel_w, kx = tap % shape->kernel_w;
        for (int c = 0; c < shape->channels; c++, row += ldx) {
            for (int p = 0; p < pixels; p++) {
                int y = p / shape->out_width * shape->stride + ky - shape->pad_h;
                int column = p % shape->out_width * shape->stride + kx - shape->pad_w;
                int inside = y >= 0 && y < shape->height && column >= 0 && column < shape->width;
                row[p] = inside ? image[((int64_t)y * shape->width + column) * shape->channels + c]
                                : zero_point;
                if (tap_sum != NULL) {
                    tap_sum[p] += row[p];
                }
            }
        }
    }
}

/* The border below and right may be cut: taps need not reach the map's end. */
int axn_planes_height(const axn_im2col *shape)
{
    return (shape->out_height - 1) * shape->stride + shape->kernel_h;
}

int axn_planes_width(const axn_im2col *shape)
{
    return (shape->out_width - 1) * shape->stride + shape->kernel_w;
}

int64_t axn_planes_size(const axn_im2col *shape)
{
    return (int64_t)shape->channels * axn_planes_height(shape) * axn_planes_width(shape);
}

void axn_planes_fill(const axn_im2col *shape, const uint8_t *map, uint8_t zero_point,
                     uint8_t *planes, int32_t *pixel_sum)
{
    int height = axn_planes_height(shape), width = axn_planes_width(shape);
    int rows = shape->height < height - shape->pad_h ? shape->height : height - shape->pad_h;
    int columns = shape->width < width - shape->pad_w ? shape->width : width - shape->pad_w;
    memset(planes, zero_point, (size_t)axn_planes_size(shape));
    for (int c = 0; c < shape->channels; c++) {
        const uint8_t *from = map + (int64_t)c * shape->height * shape->width;
        uint8_t *to = planes + ((int64_t)c * height + shape->pad_h) * width + shape->pad_w;
        for (int y = 0; y < rows; y++) {
            memcpy(to + (int64_t)y * width, from + (int64_t)y * shape->width, (size_t)columns);
        }
    }
    memset(pixel_sum, 0, (size_t)height * (size_t)width * sizeof *pixel_sum);
    for (int c = 0; c < shape->channels; c++) {
        const uint8_t *plane = planes + (int64_t)c * height * width;
        for (int i = 0; i < height * width; i++) {
            pixel_sum[i] += plane[i];
        }
    }
}

void axn_planes_tap_sums(const axn_im2col *shape, const int32_t *pixel_sum, int first, int count,
                         int32_t *tap_sum)
{
    int width = axn_planes_width(shape);
    for (int i = 0; i < count; i++) {
        int y = (first + i) / shape->out_width * shape->stride;
        int x = (first + i) % shape->out_width * shape->stride;
        int32_t total = 0;
        for (int ky = 0; ky < shape->kernel_h; ky++) {
            for (int kx = 0; kx < shape->kernel_w; kx++) {
                total += pixel_sum[(int64_t)(y + ky) * width + x + kx];
            }
        }
        tap_sum[i] = total;
    }
}

/* Columns of one tap and channel, whose plane starts at `plane`. */
static void copy_row(const axn_im2col *shape, const uint8_t *plane, int width, int first, int count,
                     uint8_t *out)
{
    int y = first / shape->out_width, x = first % shape->out_width;
    for (int done = 0; done < count; y++, x = 0) {
        int run = shape->out_width - x < count - done ? shape->out_width - x : count - done;
        const uint8_t *from =
            plane + (int64_t)y * shape->stride * width + (int64_t)x * shape->stride;
        if (shape->stride == 1) {
            memcpy(out + done, from, (size_t)run);
        } else {
            for (int i = 0; i < run; i++) {
                out[done + i] = from[(int64_t)i * shape->stride];
            }
        }
        done += run;
    }
}

void axn_im2col_tile(const axn_im2col *shape, const uint8_t *planes, int first, int count,
                     uint8_t *x, int64_t ldx)
{
    int height = axn_planes_height(shape), width = axn_planes_width(shape);
    uint8_t *row = x;
    for (int ky = 0; ky < shape->kernel_h; ky++) {
        for (int kx = 0; kx < shape->kernel_w; kx++) {
            for (int c = 0; c < shape->channels; c++, row += ldx) {
                const uint8_t *plane = planes + ((int64_t)c * height + ky) * width + kx;
                copy_row(shape, plane, width, first, count, row);
            }
        }
    }
}
