/* From accumulators to codes and back: batch norm (or a bias), ReLU and quantisation are one
 * affine step with a clamp, so each direction is one pass. */
#include <math.h>

#include "nas/layers.h"
#include "nas/vectorise.h"

AXN_VECTORISE void axn_affine_forward(uint8_t *restrict codes, const int32_t *restrict accumulators,
                                      int count, float slope, float offset, int low)
{
    float least = (float)low;
    for (int i = 0; i < count; i++) {
        float v = slope * (float)accumulators[i] + offset;
        v = v > least ? v : least;
        v = v < 255.0F ? v : 255.0F;
        codes[i] = (uint8_t)(int)(v + 0.5F);
    }
}

#define CHUNK 512

/* gradient[i] behind the clamp, and its product with the normalised value. */
AXN_VECTORISE static void mask_gradient(float *restrict masked, float *restrict product,
                                        const float *restrict gradient,
                                        const int32_t *restrict accumulators, int count,
                                        float slope, float offset, float floor, float inverse,
                                        float centre)
{
    for (int i = 0; i < count; i++) {
        float x = (float)accumulators[i];
        float v = slope * x + offset;
        float g = gradient[i];
        g = v > floor ? g : 0.0F;
        g = v <= 255.5F ? g : 0.0F;
        masked[i] = g;
        product[i] = g * (x * inverse + centre);
    }
}

/* Float sums in 16 lanes of a fixed order, so that they are the same on every machine. */
#define LANES 16
AXN_VECTORISE static double sum_lanes(const float *values, int count)
{
    float lanes[LANES] = {0};
    int i = 0;
    for (; i + LANES <= count; i += LANES) {
        for (int lane = 0; lane < LANES; lane++) {
            lanes[lane] += values[i + lane];
        }
    }
    for (; i < count; i++) {
        lanes[i % LANES] += values[i];
    }
    double sum = 0;
    for (int lane = 0; lane < LANES; lane++) {
        sum += (double)lanes[lane];
    }
    return sum;
}

void axn_affine_backward_sums(double sums[2], const float *gradient, const int32_t *accumulators,
                              int count, float slope, float offset, float floor, float inverse,
                              float centre)
{
    float masked[CHUNK], product[CHUNK];
    for (int at = 0; at < count; at += CHUNK) {
        int part = count - at < CHUNK ? count - at : CHUNK;
        mask_gradient(masked, product, gradient + at, accumulators + at, part, slope, offset, floor,
                      inverse, centre);
        sums[0] += sum_lanes(masked, part);
        sums[1] += sum_lanes(product, part);
    }
}

void axn_batch_norm_affine(axn_batch_norm *norm, double *slope, double *offset)
{
    double variance = norm->variance * norm->step * norm->step;
    norm->inverse = 1 / sqrt(variance + AXN_BATCH_NORM_EPSILON);
    *slope = norm->gain * norm->step * norm->inverse;
    *offset = norm->shift - *slope * norm->mean;
}

void axn_batch_norm_backward(const axn_batch_norm *norm, const double sums[2], double count,
                             float *a, float *b, float *c, float *gain_gradient,
                             float *shift_gradient)
{
    /* With g the gradient of the output and n = (acc - mean) * step * inverse:
     * gain * inverse * (g - mean(g) - n * mean(g * n)). */
    double factor = norm->gain * norm->inverse;
    double scale = norm->step * norm->inverse;
    double mean = sums[0] / count, mean_x = sums[1] / count;
    *a = (float)factor;
    *b = (float)(-factor * mean_x * scale);
    *c = (float)(-factor * mean + factor * mean_x * scale * norm->mean);
    *gain_gradient = (float)sums[1];
    *shift_gradient = (float)sums[0];
}
