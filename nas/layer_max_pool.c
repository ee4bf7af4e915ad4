/* Maximum pooling on planes of codes. */
#include <string.h>

#include "nas/layers.h"
#include "nas/vectorise.h"

#define HALVED 256     /* outputs of 2 x 2 windows handled at once */
#define SEPARATED 2048 /* codes of a plane whose rows are reduced first, each map row once */

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

/* For each window of a row of codes its first largest one and which tap that is. */
AXN_VECTORISE static void reduce_row(int16_t *restrict largest, int16_t *restrict tap,
                                     const int16_t *restrict row, int count, int stride, int taps)
{
    for (int i = 0; i < count; i++) {
        largest[i] = row[i * stride];
        tap[i] = 0;
    }
    for (int k = 1; k < taps; k++) {
        const int16_t *shifted = row + k;
        if (stride == 1) {
            for (int i = 0; i < count; i++) {
                tap[i] = shifted[i] > largest[i] ? (int16_t)k : tap[i];
                largest[i] = shifted[i] > largest[i] ? shifted[i] : largest[i];
            }
        } else {
            for (int i = 0; i < count; i++) {
                int16_t code = shifted[i * stride];
                tap[i] = code > largest[i] ? (int16_t)k : tap[i];
                largest[i] = code > largest[i] ? code : largest[i];
            }
        }
    }
}

/* The larger of two reduced rows, the upper one where they are equal. */
AXN_VECTORISE static void join_rows(int16_t *restrict largest, int16_t *restrict tap,
                                    int16_t *restrict chosen, const int16_t *restrict lower,
                                    const int16_t *restrict lower_tap, int y, int count)
{
    for (int i = 0; i < count; i++) {
        bool more = lower[i] > largest[i];
        largest[i] = more ? lower[i] : largest[i];
        tap[i] = more ? lower_tap[i] : tap[i];
        chosen[i] = more ? (int16_t)y : chosen[i];
    }
}

static bool separable(const axn_windows *w)
{
    return w->across > 0 && w->out_width <= HALVED && w->height * w->out_width <= SEPARATED &&
           w->out_height * w->out_width <= SEPARATED && w->width + w->across + w->pad <= SEPARATED;
}

/* Where separable: the first largest codes of all windows of a plane. */
static void find_all_largest(int32_t *positions, const uint8_t *plane, const axn_windows *w)
{
    int16_t padded[2 * SEPARATED], largest[SEPARATED], tap[SEPARATED];
    const int count = w->out_width;
    memset(padded, 0xFF, sizeof padded); /* -1: below all codes */
    for (int y = 0; y < w->height; y++) {
        for (int x = 0; x < w->width; x++) {
            padded[w->pad + x] = plane[y * w->width + x];
        }
        reduce_row(largest + y * count, tap + y * count, padded, count, w->stride, w->across);
    }
    for (int row = 0; row < w->out_height; row++) {
        int16_t best[HALVED], at[HALVED], chosen[HALVED];
        const int first = w->row_begin[row];
        memcpy(best, largest + first * count, (size_t)count * sizeof *best);
        memcpy(at, tap + first * count, (size_t)count * sizeof *at);
        for (int i = 0; i < count; i++) {
            chosen[i] = (int16_t)first;
        }
        for (int y = first + 1; y < w->row_end[row]; y++) {
            join_rows(best, at, chosen, largest + y * count, tap + y * count, y, count);
        }
        for (int i = 0; i < count; i++) {
            positions[row * count + i] = chosen[i] * w->width + i * w->stride - w->pad + at[i];
        }
    }
}

void axn_max_pool_forward(uint8_t *out, const uint8_t *in, const axn_windows *windows, int planes)
{
    const axn_windows *w = windows;
    const int count = w->out_height * w->out_width;
    const bool halving = w->halving && w->out_width <= HALVED, products = separable(w);
    int32_t positions[SEPARATED] = {0};
    for (int plane = 0; plane < planes; plane++) {
        if (halving) {
            halve_plane(out, in, w);
        } else if (products) {
            find_all_largest(positions, in, w);
            for (int i = 0; i < count; i++) {
                out[i] = in[positions[i]];
            }
        } else {
            for (int i = 0; i < count; i++) {
                out[i] = in[find_largest(in, w, i / w->out_width, i % w->out_width)];
            }
        }
        out += count;
        in += (ptrdiff_t)w->height * w->width;
    }
}

void axn_max_pool_backward(float *in_gradient, const float *out_gradient, const uint8_t *in,
                           const axn_windows *windows, int planes, bool accumulate)
{
    const axn_windows *w = windows;
    const int count = w->out_height * w->out_width;
    const size_t size = (size_t)w->height * (size_t)w->width;
    const bool halving = w->halving && w->out_width <= HALVED, products = separable(w);
    const bool covered = halving && w->height % 2 == 0 && w->width % 2 == 0;
    int32_t positions[SEPARATED] = {0};
    for (int plane = 0; plane < planes; plane++) {
        if (!accumulate && !covered) {
            memset(in_gradient, 0, size * sizeof *in_gradient);
        }
        if (halving) {
            double_plane(in_gradient, out_gradient, in, w, accumulate);
        } else if (products) {
            find_all_largest(positions, in, w);
            for (int i = 0; i < count; i++) {
                in_gradient[positions[i]] += out_gradient[i];
            }
        } else {
            for (int i = 0; i < count; i++) {
                in_gradient[find_largest(in, w, i / w->out_width, i % w->out_width)] +=
                    out_gradient[i];
            }
        }
        out_gradient += count;
        in += size;
        in_gradient += size;
    }
}
