/* Rows of whole pixels make the loops long whatever the number of channels: what belongs to a
 * channel is laid out as often as a row has pixels. */
#include "nas/float_layers.h"

#include <string.h>

#include "nas/vectorise.h"

#define ROW 512      /* values of a row, where a pixel has no more channels */
#define CHANNELS 512 /* at once; more are taken in parts */

/* Some channels of all pixels, as rows. */
typedef struct slice {
    int first, channels; /* of a pixel */
    int pixels;          /* of a row: 1 unless the slice is whole pixels */
    int width;           /* values of a row */
} slice;

static slice slice_at(int first, int channels)
{
    slice s = {.first = first, .channels = channels - first, .pixels = 1};
    if (s.channels > CHANNELS) {
        s.channels = CHANNELS;
    }
    if (channels <= ROW / 2) {
        s.pixels = ROW / channels;
    }
    s.width = s.channels * s.pixels;
    return s;
}

/* values[channel] for every value of a row. */
static void repeat(float *row, const float *values, int pitch, const slice *s)
{
    for (int i = 0; i < s->width; i++) {
        row[i] = values[(s->first + i % s->channels) * pitch];
    }
}

/* Values of the row that begins at `pixel`: the last one may be shorter. */
static int row_values(const slice *s, int64_t pixel, int64_t pixels)
{
    return pixels - pixel < s->pixels ? (int)(pixels - pixel) * s->channels : s->width;
}

typedef struct row_sums {
    float sum[ROW], squares[ROW], low[ROW], high[ROW];
} row_sums;

AXN_VECTORISE static void observe_row(row_sums *restrict r, const float *restrict values, int count)
{
    for (int i = 0; i < count; i++) {
        const float v = values[i];
        r->sum[i] += v;
        r->squares[i] += v * v;
        r->low[i] = v < r->low[i] ? v : r->low[i];
        r->high[i] = v > r->high[i] ? v : r->high[i];
    }
}

#define ROWS_AT_ONCE 16 /* then floats go into doubles */

/* Adds the float sums of some rows to those of their channels. */
static void fold_rows(axn_float_sums *sums, row_sums *r, const slice *s)
{
    for (int i = 0; i < s->width; i++) {
        axn_float_sums *to = &sums[s->first + i % s->channels];
        to->sum += (double)r->sum[i];
        to->squares += (double)r->squares[i];
        to->low = r->low[i] < to->low ? r->low[i] : to->low;
        to->high = r->high[i] > to->high ? r->high[i] : to->high;
        r->sum[i] = r->squares[i] = 0;
    }
}

void axn_float_observe(axn_float_sums *sums, const float *values, int channels, int64_t pixels)
{
    for (int c = 0; c < channels; c++) {
        sums[c] = (axn_float_sums){0, 0, values[c], values[c]};
    }
    for (int first = 0; first < channels; first += CHANNELS) {
        const slice s = slice_at(first, channels);
        row_sums r;
        memset(&r, 0, sizeof r);
        for (int i = 0; i < s.width; i++) {
            r.low[i] = r.high[i] = values[first + i % s.channels];
        }
        int rows = 0;
        for (int64_t pixel = 0; pixel < pixels; pixel += s.pixels) {
            observe_row(&r, values + pixel * channels + first, row_values(&s, pixel, pixels));
            if (++rows == ROWS_AT_ONCE || pixel + s.pixels >= pixels) {
                fold_rows(sums, &r, &s);
                rows = 0;
            }
        }
    }
}

AXN_VECTORISE static void affine_row(float *restrict out, const float *restrict in,
                                     const float *restrict slope, const float *restrict offset,
                                     int count, bool relu)
{
    if (relu) {
        for (int i = 0; i < count; i++) {
            const float v = slope[i] * in[i] + offset[i];
            out[i] = v > 0.0F ? v : 0.0F;
        }
    } else {
        for (int i = 0; i < count; i++) {
            out[i] = slope[i] * in[i] + offset[i];
        }
    }
}

void axn_float_affine(float *out, const float *in, const float *slope, const float *offset,
                      int channels, int64_t pixels, bool relu)
{
    for (int first = 0; first < channels; first += CHANNELS) {
        const slice s = slice_at(first, channels);
        float slopes[ROW], offsets[ROW];
        repeat(slopes, slope, 1, &s);
        repeat(offsets, offset, 1, &s);
        for (int64_t pixel = 0; pixel < pixels; pixel += s.pixels) {
            const int64_t at = pixel * channels + first;
            affine_row(out + at, in + at, slopes, offsets, row_values(&s, pixel, pixels), relu);
        }
    }
}

typedef struct gradient_row {
    float inverse[ROW], centre[ROW], sum[ROW], product[ROW];
} gradient_row;

AXN_VECTORISE static void mask_row(float *restrict gradient, const float *restrict out, int count)
{
    for (int i = 0; i < count; i++) {
        gradient[i] = out[i] > 0.0F ? gradient[i] : 0.0F;
    }
}

AXN_VECTORISE static void sum_row(gradient_row *restrict r, const float *restrict gradient,
                                  const float *restrict in, int count)
{
    for (int i = 0; i < count; i++) {
        const float g = gradient[i];
        r->sum[i] += g;
        r->product[i] += g * (in[i] * r->inverse[i] + r->centre[i]);
    }
}

static void fold_gradient(double (*sums)[2], gradient_row *r, const slice *s)
{
    for (int i = 0; i < s->width; i++) {
        double *to = sums[s->first + i % s->channels];
        to[0] += (double)r->sum[i];
        to[1] += (double)r->product[i];
        r->sum[i] = r->product[i] = 0;
    }
}

void axn_float_affine_sums(float *gradient, double (*sums)[2], const float *out, const float *in,
                           const float *inverse, const float *centre, int channels, int64_t pixels,
                           bool relu)
{
    for (int first = 0; first < channels; first += CHANNELS) {
        const slice s = slice_at(first, channels);
        gradient_row r;
        memset(&r, 0, sizeof r);
        repeat(r.inverse, inverse, 1, &s);
        repeat(r.centre, centre, 1, &s);
        int rows = 0;
        for (int64_t pixel = 0; pixel < pixels; pixel += s.pixels) {
            const int64_t at = pixel * channels + first;
            const int count = row_values(&s, pixel, pixels);
            if (relu) {
                mask_row(gradient + at, out + at, count);
            }
            sum_row(&r, gradient + at, in + at, count);
            if (++rows == ROWS_AT_ONCE || pixel + s.pixels >= pixels) {
                fold_gradient(sums, &r, &s);
                rows = 0;
            }
        }
    }
}

AXN_VECTORISE static void backward_row(float *restrict gradient, const float *restrict in,
                                       const float *restrict a, const float *restrict b,
                                       const float *restrict c, int count)
{
    for (int i = 0; i < count; i++) {
        gradient[i] = a[i] * gradient[i] + b[i] * in[i] + c[i];
    }
}

void axn_float_affine_backward(float *gradient, const float *in, const float (*coefficients)[3],
                               int channels, int64_t pixels)
{
    for (int first = 0; first < channels; first += CHANNELS) {
        const slice s = slice_at(first, channels);
        float rows[3][ROW] = {{0}};
        for (int k = 0; k < 3; k++) {
            repeat(rows[k], &coefficients[0][k], 3, &s);
        }
        for (int64_t pixel = 0; pixel < pixels; pixel += s.pixels) {
            const int64_t at = pixel * channels + first;
            backward_row(gradient + at, in + at, rows[0], rows[1], rows[2],
                         row_values(&s, pixel, pixels));
        }
    }
}

AXN_VECTORISE static void sum_pixels(float *restrict out, const float *restrict first,
                                     const float *restrict second, int count)
{
    for (int i = 0; i < count; i++) {
        out[i] = first[i] + second[i];
    }
}

AXN_VECTORISE static void rectify(float *values, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        values[i] = values[i] > 0.0F ? values[i] : 0.0F;
    }
}

void axn_float_sum(float *out, const float *first, const float *second, const int channels[2],
                   int64_t pixels, bool relu)
{
    const int wide = channels[0] > channels[1] ? channels[0] : channels[1];
    if (channels[0] == channels[1]) {
        for (int64_t at = 0; at < pixels * wide; at += ROW) {
            const int64_t left = pixels * wide - at;
            sum_pixels(out + at, first + at, second + at, left < ROW ? (int)left : ROW);
        }
    } else {
        const float *large = channels[0] == wide ? first : second;
        const float *small = channels[0] == wide ? second : first;
        const int few = channels[0] == wide ? channels[1] : channels[0];
        for (int64_t pixel = 0; pixel < pixels; pixel++) {
            float *to = out + pixel * wide;
            sum_pixels(to, large + pixel * wide, small + pixel * few, few);
            memcpy(to + few, large + pixel * wide + few, (size_t)(wide - few) * sizeof *to);
        }
    }
    if (relu) {
        rectify(out, pixels * wide);
    }
}

AXN_VECTORISE static void take_row(float *restrict out, const float *restrict in,
                                   const float *restrict values, int count, bool accumulate)
{
    if (values != NULL && accumulate) {
        for (int i = 0; i < count; i++) {
            out[i] += values[i] > 0.0F ? in[i] : 0.0F;
        }
    } else if (values != NULL) {
        for (int i = 0; i < count; i++) {
            out[i] = values[i] > 0.0F ? in[i] : 0.0F;
        }
    } else if (accumulate) {
        for (int i = 0; i < count; i++) {
            out[i] += in[i];
        }
    } else {
        memcpy(out, in, (size_t)count * sizeof *out);
    }
}

void axn_float_take(float *out, const float *in, const float *values, int channels, int first,
                    int taken, int64_t pixels, bool accumulate)
{
    int row = taken;
    if (taken == channels) { /* whole pixels: long rows */
        for (int64_t at = 0; at < pixels * channels; at += row) {
            const int64_t left = pixels * channels - at;
            row = left < ROW ? (int)left : ROW;
            take_row(out + at, in + at, values != NULL ? values + at : NULL, row, accumulate);
        }
        return;
    }
    for (int64_t pixel = 0; pixel < pixels; pixel++) {
        const int64_t at = pixel * channels + first;
        take_row(out + pixel * taken, in + at, values != NULL ? values + at : NULL, taken,
                 accumulate);
    }
}

void axn_float_put(float *out, const float *in, int channels, int first, int put, int64_t pixels)
{
    for (int64_t pixel = 0; pixel < pixels; pixel++) {
        memcpy(out + pixel * channels + first, in + pixel * put, (size_t)put * sizeof *out);
    }
}

AXN_VECTORISE static void extremes_row(float *restrict low, float *restrict high,
                                       const float *restrict values, int count)
{
    for (int i = 0; i < count; i++) {
        low[i] = values[i] < low[i] ? values[i] : low[i];
        high[i] = values[i] > high[i] ? values[i] : high[i];
    }
}

void axn_float_extremes(float range[2], const float *values, int64_t count)
{
    enum { LANES = 64 };
    float low[LANES], high[LANES];
    for (int i = 0; i < LANES; i++) {
        low[i] = range[0];
        high[i] = range[1];
    }
    for (int64_t at = 0; at < count; at += LANES) {
        extremes_row(low, high, values + at, count - at < LANES ? (int)(count - at) : LANES);
    }
    for (int i = 0; i < LANES; i++) {
        range[0] = low[i] < range[0] ? low[i] : range[0];
        range[1] = high[i] > range[1] ? high[i] : range[1];
    }
}
