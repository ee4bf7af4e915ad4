/* From accumulators to codes and back: batch norm (or a bias), ReLU and quantisation are one
 * affine step with a clamp, so each direction is one pass. */
#include <math.h>
#include <string.h>

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

/* Float sums in 16 lanes of a fixed order, so that they are the same on every machine. */
#define LANES 16
typedef float lanes __attribute__((vector_size(LANES * sizeof(float))));
typedef int32_t integers __attribute__((vector_size(LANES * sizeof(int32_t))));

#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) &&                             \
    !defined(__SANITIZE_ADDRESS__)
#define AXN_LANES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define AXN_LANES
#endif

AXN_LANES void axn_affine_backward_sums(float *restrict gradient, double sums[2],
                                        const int32_t *restrict accumulators, int count,
                                        float slope, float offset, float floor, float inverse,
                                        float centre)
{
    lanes total = {0}, total_x = {0};
    for (int i = 0; i < count; i += LANES) {
        size_t bytes = sizeof(float) * (size_t)(count - i < LANES ? count - i : LANES);
        integers a = {0};
        lanes g = {0};
        if (bytes == sizeof g) { /* sizes known to the compiler become single moves */
            memcpy(&a, accumulators + i, sizeof a);
            memcpy(&g, gradient + i, sizeof g);
        } else {
            memcpy(&a, accumulators + i, bytes);
            memcpy(&g, gradient + i, bytes);
        }
        lanes x = __builtin_convertvector(a, lanes);
        lanes v = x * slope + offset;
        integers inside = (v > floor) & (v <= 255.5F);
        g = (lanes)((integers)g & inside);
        total += g;
        total_x += g * (x * inverse + centre);
        if (bytes == sizeof g) {
            memcpy(gradient + i, &g, sizeof g);
        } else {
            memcpy(gradient + i, &g, bytes);
        }
    }
    double s = 0, sx = 0;
    for (int l = 0; l < LANES; l++) {
        s += (double)total[l];
        sx += (double)total_x[l];
    }
    sums[0] += s;
    sums[1] += sx;
}

AXN_VECTORISE void axn_affine_backward(float *restrict gradient,
                                       const int32_t *restrict accumulators, int count, float a,
                                       float b, float c)
{
    for (int i = 0; i < count; i++) {
        gradient[i] = a * gradient[i] + b * (float)accumulators[i] + c;
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
