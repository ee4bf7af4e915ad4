#include <string.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "nas/kernel.h"
#include "nas/vectorise.h"

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

AXN_VECTORISE static void add_bytes(int32_t *restrict sums, const uint8_t *restrict row, int count)
{
    for (int i = 0; i < count; i++) {
        sums[i] += row[i];
    }
}

AXN_VECTORISE static void add_sums(int32_t *restrict sums, const int32_t *restrict row, int count,
                                   int stride)
{
    if (stride == 1) {
        for (int i = 0; i < count; i++) {
            sums[i] += row[i];
        }
    } else {
        for (int i = 0; i < count; i++) {
            sums[i] += row[(int64_t)i * stride];
        }
    }
}

#if defined(__SSE2__)
/* Sixteen of every second of 31 bytes: the upper half is read one byte early, so that none
 * behind the last is touched. */
static inline void take_sixteen(uint8_t *out, const uint8_t *from)
{
    __m128i lower =
        _mm_and_si128(_mm_loadu_si128((const __m128i *)(const void *)from), _mm_set1_epi16(255));
    __m128i upper = _mm_srli_epi16(_mm_loadu_si128((const __m128i *)(const void *)(from + 15)), 8);
    _mm_storeu_si128((__m128i *)(void *)out, _mm_packus_epi16(lower, upper));
}

/* The same of eight. */
static inline void take_eight(uint8_t *out, const uint8_t *from)
{
    __m128i lower =
        _mm_and_si128(_mm_loadl_epi64((const __m128i *)(const void *)from), _mm_set1_epi16(255));
    __m128i upper = _mm_srli_epi16(_mm_loadl_epi64((const __m128i *)(const void *)(from + 7)), 8);
    __m128i codes = _mm_packus_epi16(_mm_unpacklo_epi64(lower, upper), _mm_setzero_si128());
    _mm_storel_epi64((__m128i *)(void *)out, codes);
}
#endif

/* out[i] = from[2 * i]. */
static inline void take_every_second(uint8_t *out, const uint8_t *from, int count)
{
    int i = 0;
#if defined(__SSE2__)
    for (; i + 16 <= count; i += 16) {
        take_sixteen(out + i, from + 2 * (int64_t)i);
    }
    for (; i + 8 <= count; i += 8) {
        take_eight(out + i, from + 2 * (int64_t)i);
    }
#endif
    for (; i < count; i++) {
        out[i] = from[2 * (int64_t)i];
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

/* Whole pieces of constant length, of which the last overlaps the one before: a call of
 * memcpy takes longer than a short row. */
static inline void copy_bytes(uint8_t *restrict to, const uint8_t *restrict from, int count)
{
    if (count >= 16) {
        for (int i = 0; i + 16 < count; i += 16) {
            memcpy(to + i, from + i, 16);
        }
        memcpy(to + count - 16, from + count - 16, 16);
    } else if (count >= 8) {
        memcpy(to, from, 8);
        memcpy(to + count - 8, from + count - 8, 8);
    } else {
        for (int i = 0; i < count; i++) {
            to[i] = from[i];
        }
    }
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
            copy_bytes(to + (int64_t)y * width, from + (int64_t)y * shape->width, columns);
        }
    }
    memset(pixel_sum, 0, (size_t)height * (size_t)width * sizeof *pixel_sum);
    for (int c = 0; c < shape->channels; c++) {
        add_bytes(pixel_sum, planes + (int64_t)c * height * width, height * width);
    }
}

void axn_planes_tap_sums(const axn_im2col *shape, const int32_t *pixel_sum, int first, int count,
                         int32_t *tap_sum)
{
    int width = axn_planes_width(shape);
    int y = first / shape->out_width, x = first % shape->out_width;
    memset(tap_sum, 0, (size_t)count * sizeof *tap_sum);
    for (int done = 0, run; done < count; done += run, y++, x = 0) {
        run = shape->out_width - x < count - done ? shape->out_width - x : count - done;
        for (int ky = 0; ky < shape->kernel_h; ky++) {
            const int32_t *row =
                pixel_sum + ((int64_t)y * shape->stride + ky) * width + (int64_t)x * shape->stride;
            for (int kx = 0; kx < shape->kernel_w; kx++) {
                add_sums(tap_sum + done, row + kx, run, shape->stride);
            }
        }
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
            copy_bytes(out + done, from, run);
        } else if (shape->stride == 2) {
            take_every_second(out + done, from, run);
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
