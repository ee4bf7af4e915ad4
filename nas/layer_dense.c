/* Fully connected layers: exact products, through OpenBLAS on one thread. */
#include <cblas.h>
#include <math.h>

#include "nas/layers.h"

void axn_dense_forward(int32_t *accumulators, axn_channel_sums *sums, const float *x_centred,
                       const float *weights_centred, int images, int units, int taps,
                       float *scratch)
{
    for (int unit = 0; unit < units; unit++) {
        sums[unit] = (axn_channel_sums){0, 0, INT32_MAX, INT32_MIN};
    }
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, images, units, taps, 1.0F, x_centred, taps,
                weights_centred, taps, 0.0F, scratch, units);
    for (int image = 0; image < images; image++) {
        for (int unit = 0; unit < units; unit++) {
            int at = image * units + unit;
            int32_t v = (int32_t)lrintf(scratch[at]);
            accumulators[at] = v;
            sums[unit].sum += v;
            sums[unit].squares += (double)v * v;
            sums[unit].low = v < sums[unit].low ? v : sums[unit].low;
            sums[unit].high = v > sums[unit].high ? v : sums[unit].high;
        }
    }
}

void axn_dense_backward(float *weight_gradient, float *input_gradient, const float *output_gradient,
                        const float *x_centred, float x_scale, const float *weights_real,
                        int images, int units, int taps)
{
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, units, taps, images, x_scale,
                output_gradient, units, x_centred, taps, 0.0F, weight_gradient, taps);
    if (input_gradient != NULL) {
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, images, taps, units, 1.0F,
                    output_gradient, units, weights_real, taps, 0.0F, input_gradient, taps);
    }
}

void axn_dense_gather(float *out, const uint8_t *x, int channels, int pixels, int zero)
{
    for (int c = 0; c < channels; c++) {
        for (int p = 0; p < pixels; p++) {
            out[(size_t)p * (size_t)channels + (size_t)c] =
                (float)(x[(size_t)c * (size_t)pixels + (size_t)p] - zero);
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
