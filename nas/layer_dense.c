/* Fully connected layers: exact products of codes. */
#include <string.h>

#include "nas/float_layers.h"
#include "nas/layers.h"
#include "nas/vectorise.h"

/* Integers: exact in any order, and within 32 bits for AXN_MAX_TAPS taps. */
AXN_VECTORISE static int32_t dot(const int16_t *restrict x, const int16_t *restrict w, int count)
{
    int32_t sum = 0;
    for (int i = 0; i < count; i++) {
        sum += (int32_t)x[i] * w[i];
    }
    return sum;
}

static void add_value(axn_channel_sums *sums, int32_t v)
{
    sums->sum += v;
    sums->squares += (double)v * v;
    sums->low = v < sums->low ? v : sums->low;
    sums->high = v > sums->high ? v : sums->high;
}

void axn_dense_forward(int32_t *accumulators, axn_channel_sums *sums, const int16_t *x_centred,
                       const int16_t *weights_centred, int images, int units, int taps)
{
    for (int unit = 0; unit < units; unit++) {
        const int16_t *w = weights_centred + (ptrdiff_t)unit * taps;
        sums[unit] = (axn_channel_sums){0, 0, INT32_MAX, INT32_MIN};
        for (int image = 0; image < images; image++) {
            const int32_t v = dot(x_centred + (ptrdiff_t)image * taps, w, taps);
            accumulators[(ptrdiff_t)image * units + unit] = v;
            add_value(&sums[unit], v);
        }
    }
}

AXN_VECTORISE static void add_scaled(float *restrict out, const int16_t *restrict in, float factor,
                                     int count)
{
    for (int i = 0; i < count; i++) {
        out[i] += factor * (float)in[i];
    }
}

void axn_dense_backward(float *weight_gradient, float *input_gradient, const float *output_gradient,
                        const int16_t *x_centred, float x_scale, const float *weights_real,
                        int images, int units, int taps)
{
    for (int unit = 0; unit < units; unit++) {
        float *to = weight_gradient + (ptrdiff_t)unit * taps;
        memset(to, 0, (size_t)taps * sizeof *to);
        for (int image = 0; image < images; image++) {
            add_scaled(to, x_centred + (ptrdiff_t)image * taps,
                       x_scale * output_gradient[(ptrdiff_t)image * units + unit], taps);
        }
    }
    if (input_gradient != NULL) {
        axn_float_dense_input(input_gradient, output_gradient, weights_real, images, units, taps,
                              false);
    }
}

void axn_dense_gather(int16_t *out, const uint8_t *x, int channels, int pixels, int zero)
{
    for (int c = 0; c < channels; c++) {
        for (int p = 0; p < pixels; p++) {
            out[(size_t)p * (size_t)channels + (size_t)c] =
                (int16_t)(x[(size_t)c * (size_t)pixels + (size_t)p] - zero);
        }
    }
}

void axn_dense_scatter(float *out, const float *in, int channels, int pixels, bool accumulate)
{
    for (int c = 0; c < channels; c++) {
        for (int p = 0; p < pixels; p++) {
            float *to = &out[(size_t)c * (size_t)pixels + (size_t)p];
            float v = in[(size_t)p * (size_t)channels + (size_t)c];
            *to = accumulate ? *to + v : v;
        }
    }
}
