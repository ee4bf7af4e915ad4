/* Convolution on codes: im2col by tiles, the table GEMM, the exact zero-point terms and
 * the statistics that batch norm needs, while the accumulators are in the cache. */
#include <string.h>

#include "nas/layers.h"
#include "nas/vectorise.h"

#define TILE_COLUMNS 2048 /* of the GEMM: whole images, so that x stays in the L2 cache */
#define SLACK 64          /* rows are copied 16 bytes at a time and may run over */

/* An input image with its border, the columns sorted by (column mod stride), so that the
 * taps of one row of outputs are neighbours whatever the stride. */
typedef struct layout {
    int rows, pitch; /* of a padded plane */
    int phase;       /* columns of one residue */
    int plane;       /* rows * pitch */
    int pixels;      /* outputs of an image */
    int taps;
    int images; /* of a tile */
    int columns;
} layout;

static layout make_layout(const axn_conv_shape *shape, int images)
{
    layout l = {0};
    int extent = (shape->out_width - 1) * shape->stride + shape->kernel_w;
    l.rows = (shape->out_height - 1) * shape->stride + shape->kernel_h;
    l.phase = (extent + shape->stride - 1) / shape->stride;
    l.pitch = l.phase * shape->stride;
    l.plane = l.rows * l.pitch;
    l.pixels = shape->out_height * shape->out_width;
    l.taps = shape->channels * shape->kernel_h * shape->kernel_w;
    l.images = l.pixels < TILE_COLUMNS ? TILE_COLUMNS / l.pixels : 1;
    l.images = l.images > images ? images : l.images;
    l.columns = (l.images * l.pixels + SLACK - 1) / SLACK * SLACK + SLACK;
    return l;
}

/* Where the parts of the scratch begin, in bytes; the last is its size. */
typedef struct parts {
    size_t padded, plane_sums, tap_sums, x, products, end;
} parts;

static size_t place(size_t *at, size_t bytes)
{
    size_t here = *at;
    *at += (bytes + SLACK + 63) / 64 * 64;
    return here;
}

static parts make_parts(const layout *l, const axn_conv_shape *shape)
{
    parts p = {0};
    size_t at = 0;
    p.padded = place(&at, (size_t)l->plane * (size_t)shape->channels);
    p.plane_sums = place(&at, (size_t)l->plane * sizeof(int32_t));
    p.tap_sums = place(&at, (size_t)l->columns * sizeof(int32_t));
    p.x = place(&at, (size_t)l->columns * (size_t)l->taps);
    p.products = place(&at, (size_t)l->columns * (size_t)shape->units * sizeof(int32_t));
    p.end = at;
    return p;
}

size_t axn_conv_scratch(const axn_conv_shape *shape, int images)
{
    layout l = make_layout(shape, images);
    return make_parts(&l, shape).end;
}

/* padded[channels][rows][stride][phase] of one image. */
static void pad_image(uint8_t *padded, const uint8_t *x, const axn_conv_shape *shape,
                      const layout *l, uint8_t zero)
{
    memset(padded, zero, (size_t)l->plane * (size_t)shape->channels);
    int height = l->rows - shape->pad_h;
    int width = (l->phase - 1) * shape->stride + shape->stride - shape->pad_w;
    height = height > shape->height ? shape->height : height;
    width = width > shape->width ? shape->width : width;
    for (int c = 0; c < shape->channels; c++) {
        for (int row = 0; row < height; row++) {
            const uint8_t *from =
                x + ((size_t)c * (size_t)shape->height + (size_t)row) * (size_t)shape->width;
            uint8_t *to = padded + (size_t)c * (size_t)l->plane +
                          (size_t)(row + shape->pad_h) * (size_t)l->pitch;
            if (shape->stride == 1) {
                memcpy(to + shape->pad_w, from, (size_t)width);
                continue;
            }
            for (int residue = 0; residue < shape->stride; residue++) {
                /* Of the input, the columns that lie at this residue behind the border. */
                int first =
                    (residue + shape->stride - shape->pad_w % shape->stride) % shape->stride;
                uint8_t *row_to = to + residue * l->phase + (first + shape->pad_w) / shape->stride;
                for (int column = first; column < width; column += shape->stride) {
                    *row_to++ = from[column];
                }
            }
        }
    }
}

AXN_VECTORISE static void add_plane(int32_t *restrict sums, const uint8_t *restrict plane,
                                    int count)
{
    for (int i = 0; i < count; i++) {
        sums[i] += plane[i];
    }
}

AXN_VECTORISE static void add_row(int32_t *restrict sums, const int32_t *restrict row, int count)
{
    for (int i = 0; i < count; i++) {
        sums[i] += row[i];
    }
}

/* tap_sums[pixels]: first over the channels, then over the window. */
static void sum_taps(int32_t *tap_sums, int32_t *plane_sums, const uint8_t *padded,
                     const axn_conv_shape *shape, const layout *l)
{
    memset(plane_sums, 0, (size_t)l->plane * sizeof *plane_sums);
    memset(tap_sums, 0, (size_t)l->pixels * sizeof *tap_sums);
    for (int c = 0; c < shape->channels; c++) {
        add_plane(plane_sums, padded + (size_t)c * (size_t)l->plane, l->plane);
    }
    for (int ky = 0; ky < shape->kernel_h; ky++) {
        for (int kx = 0; kx < shape->kernel_w; kx++) {
            int column = kx % shape->stride * l->phase + kx / shape->stride;
            for (int row = 0; row < shape->out_height; row++) {
                add_row(tap_sums + row * shape->out_width,
                        plane_sums + (row * shape->stride + ky) * l->pitch + column,
                        shape->out_width);
            }
        }
    }
}

/* May write up to 15 bytes behind `to` + count: rows are copied in ascending order. */
static inline void copy_row(uint8_t *to, const uint8_t *from, int count)
{
    for (int i = 0; i < count; i += 16) {
        memcpy(to + i, from + i, 16);
    }
}

/* Columns of one image: x[taps][pixels] with row stride l->columns, taps in the order
 * (ky, kx, channel). */
static void gather(uint8_t *x, const uint8_t *padded, const axn_conv_shape *shape, const layout *l)
{
    for (int ky = 0; ky < shape->kernel_h; ky++) {
        for (int kx = 0; kx < shape->kernel_w; kx++) {
            int column = kx % shape->stride * l->phase + kx / shape->stride;
            for (int c = 0; c < shape->channels; c++) {
                const uint8_t *from = padded + (size_t)c * (size_t)l->plane +
                                      (size_t)ky * (size_t)l->pitch + (size_t)column;
                for (int row = 0; row < shape->out_height; row++) {
                    copy_row(x + row * shape->out_width, from, shape->out_width);
                    from += shape->stride * l->pitch;
                }
                x += l->columns;
            }
        }
    }
}

/* Sums of one run of accumulators, exact as long as squares fit (see correct). */
typedef struct run_sums {
    int64_t sum, squares;
    int32_t low, high;
} run_sums;

AXN_VECTORISE static void correct_run(int32_t *restrict out, const int32_t *restrict products,
                                      const int32_t *restrict tap_sums, int count, uint32_t zero_w,
                                      uint32_t constant, run_sums *sums)
{
    int64_t sum = 0, squares = 0;
    int32_t low = INT32_MAX, high = INT32_MIN;
    for (int i = 0; i < count; i++) {
        /* Unsigned: the parts may wrap, the result does not. */
        int32_t v = (int32_t)((uint32_t)products[i] - zero_w * (uint32_t)tap_sums[i] + constant);
        out[i] = v;
        sum += v;
        squares += (int64_t)v * v;
        low = v < low ? v : low;
        high = v > high ? v : high;
    }
    *sums = (run_sums){sum, squares, low, high};
}

/* How many squares of accumulators of so many taps always fit 63 bits. */
static int safe_run(int taps)
{
    int64_t most = (int64_t)taps * 65535;
    int64_t count = INT64_MAX / (most * most);
    return count > 4096 ? 4096 : (count < 1 ? 1 : (int)count);
}

static void add_run(axn_channel_sums *sums, const run_sums *run)
{
    sums->sum += (double)run->sum;
    sums->squares += (double)run->squares;
    sums->low = run->low < sums->low ? run->low : sums->low;
    sums->high = run->high > sums->high ? run->high : sums->high;
}

/* out[tile images][units][pixels] from products[units][tile columns]. */
static void correct(int32_t *out, axn_channel_sums *sums, const int32_t *products,
                    const int32_t *tap_sums, const axn_conv_shape *shape, const layout *l,
                    int images, uint8_t zero_x, const axn_conv_weights *weights)
{
    int longest = safe_run(l->taps);
    for (int unit = 0; unit < shape->units; unit++) {
        uint32_t zero_w = weights->zero[unit];
        uint32_t constant =
            (uint32_t)l->taps * zero_x * zero_w - (uint32_t)zero_x * (uint32_t)weights->sums[unit];
        for (int image = 0; image < images; image++) {
            const int32_t *from =
                products + (size_t)unit * (size_t)l->columns + (size_t)image * (size_t)l->pixels;
            const int32_t *taps = tap_sums + (size_t)image * (size_t)l->pixels;
            int32_t *to =
                out + ((size_t)image * (size_t)shape->units + (size_t)unit) * (size_t)l->pixels;
            for (int at = 0; at < l->pixels; at += longest) {
                int count = l->pixels - at < longest ? l->pixels - at : longest;
                run_sums run;
                correct_run(to + at, from + at, taps + at, count, zero_w, constant, &run);
                add_run(&sums[unit], &run);
            }
        }
    }
}

void axn_conv_forward(int32_t *accumulators, axn_channel_sums *sums, const uint8_t *x,
                      const axn_conv_shape *shape, int images, uint8_t zero_x,
                      const axn_conv_weights *weights, void *scratch)
{
    layout l = make_layout(shape, images);
    parts p = make_parts(&l, shape);
    uint8_t *padded = (uint8_t *)scratch + p.padded;
    uint8_t *tile = (uint8_t *)scratch + p.x;
    int32_t *plane_sums = (int32_t *)(void *)((uint8_t *)scratch + p.plane_sums);
    int32_t *tap_sums = (int32_t *)(void *)((uint8_t *)scratch + p.tap_sums);
    int32_t *products = (int32_t *)(void *)((uint8_t *)scratch + p.products);
    size_t image_size = (size_t)shape->channels * (size_t)shape->height * (size_t)shape->width;
    for (int unit = 0; unit < shape->units; unit++) {
        sums[unit] = (axn_channel_sums){0, 0, INT32_MAX, INT32_MIN};
    }
    for (int first = 0; first < images; first += l.images) {
        int count = images - first < l.images ? images - first : l.images;
        for (int image = 0; image < count; image++) {
            int at = image * l.pixels;
            pad_image(padded, x + (size_t)(first + image) * image_size, shape, &l, zero_x);
            sum_taps(tap_sums + at, plane_sums, padded, shape, &l);
            gather(tile + at, padded, shape, &l);
        }
        weights->gemm(weights->table, shape->units, l.taps, count * l.pixels, weights->codes, tile,
                      l.columns, products, l.columns);
        correct(accumulators + (size_t)first * (size_t)shape->units * (size_t)l.pixels, sums,
                products, tap_sums, shape, &l, count, zero_x, weights);
    }
}
