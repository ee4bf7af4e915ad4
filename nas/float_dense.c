/* Fully connected layers in fp32. Sums are formed in an order that depends on the shape alone, so
 * that they are the same on every machine. */
#include <string.h>

#include "nas/float_layers.h"
#include "nas/vectorise.h"

#define LANES 16 /* partial sums of a dot product */
#define UNITS 4  /* at once: a row of x is read a quarter as often */

AXN_VECTORISE static void dot_lanes(float *restrict lanes, const float *restrict x,
                                    const float *restrict w0, const float *restrict w1,
                                    const float *restrict w2, const float *restrict w3, int count)
{
    float a[LANES] = {0}, b[LANES] = {0}, c[LANES] = {0}, d[LANES] = {0};
    for (int i = 0; i < count; i += LANES) {
        for (int j = 0; j < LANES; j++) {
            a[j] += x[i + j] * w0[i + j];
            b[j] += x[i + j] * w1[i + j];
            c[j] += x[i + j] * w2[i + j];
            d[j] += x[i + j] * w3[i + j];
        }
    }
    memcpy(lanes, a, sizeof a);
    memcpy(lanes + LANES, b, sizeof b);
    memcpy(lanes + 2 * LANES, c, sizeof c);
    memcpy(lanes + 3 * LANES, d, sizeof d);
}

static float add_lanes(const float *lanes)
{
    float sum = 0;
    for (int j = 0; j < LANES; j++) {
        sum += lanes[j];
    }
    return sum;
}

void axn_float_dense(float *out, const float *x, const float *weights, int images, int units,
                     int taps)
{
    const int whole = taps / LANES * LANES;
    for (int unit = 0; unit < units; unit += UNITS) {
        const float *w[UNITS];
        for (int k = 0; k < UNITS; k++) { /* beyond the last unit: it once more */
            w[k] = weights + (ptrdiff_t)(unit + k < units ? unit + k : units - 1) * taps;
        }
        for (int image = 0; image < images; image++) {
            const float *from = x + (ptrdiff_t)image * taps;
            float lanes[UNITS * LANES];
            dot_lanes(lanes, from, w[0], w[1], w[2], w[3], whole);
            for (int k = 0; k < UNITS && unit + k < units; k++) {
                float sum = add_lanes(lanes + (ptrdiff_t)k * LANES);
                for (int i = whole; i < taps; i++) {
                    sum += from[i] * w[k][i];
                }
                out[(ptrdiff_t)image * units + unit + k] = sum;
            }
        }
    }
}

AXN_VECTORISE static void add_scaled(float *restrict out, const float *restrict in, float factor,
                                     int count)
{
    for (int i = 0; i < count; i++) {
        out[i] += factor * in[i];
    }
}

void axn_float_dense_weights(float *weight_gradient, const float *output_gradient, const float *x,
                             int images, int units, int taps)
{
    for (int unit = 0; unit < units; unit++) {
        float *to = weight_gradient + (ptrdiff_t)unit * taps;
        memset(to, 0, (size_t)taps * sizeof *to);
        for (int image = 0; image < images; image++) {
            add_scaled(to, x + (ptrdiff_t)image * taps,
                       output_gradient[(ptrdiff_t)image * units + unit], taps);
        }
    }
}

void axn_float_dense_input(float *input_gradient, const float *output_gradient,
                           const float *weights, int images, int units, int taps, bool accumulate)
{
    for (int image = 0; image < images; image++) {
        float *to = input_gradient + (ptrdiff_t)image * taps;
        if (!accumulate) {
            memset(to, 0, (size_t)taps * sizeof *to);
        }
        for (int unit = 0; unit < units; unit++) {
            add_scaled(to, weights + (ptrdiff_t)unit * taps,
                       output_gradient[(ptrdiff_t)image * units + unit], taps);
        }
    }
}
