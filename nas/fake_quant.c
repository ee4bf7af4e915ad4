/* Ranges and codes (Jacob et al. 2018), ranges always containing 0. */
#include <math.h>

#include "nas/layers.h"
#include "nas/vectorise.h"

#define RANGE_MOMENTUM 0.1F
#define LEAST_SPAN 1e-6F /* of a dead tensor */

void axn_range_update(axn_range *range, double low, double high)
{
    float l = low < 0 ? (float)low : 0.0F, h = high > 0 ? (float)high : 0.0F;
    if (range->batches == 0) {
        range->low = l;
        range->high = h;
    } else {
        range->low += RANGE_MOMENTUM * (l - range->low);
        range->high += RANGE_MOMENTUM * (h - range->high);
    }
    range->batches += range->batches < INT32_MAX;
}

axn_quantisation axn_weight_quantisation(float low, float high)
{
    float l = low < 0 ? low : 0.0F, h = high > 0 ? high : 0.0F;
    /* A scale of float precision: training and folding then use the very same one. */
    float span = h - l;
    float scale = (span > LEAST_SPAN ? span : LEAST_SPAN) / 255.0F;
    float zero = nearbyintf(-l / scale);
    zero = zero > 0.0F ? zero : 0.0F; /* also where the range is not a number */
    return (axn_quantisation){(double)scale, (uint8_t)(zero < 255.0F ? zero : 255.0F)};
}

axn_quantisation axn_range_quantisation(const axn_range *range)
{
    return axn_weight_quantisation(range->low, range->high);
}

void axn_float_range(const float *values, int64_t count, float *low, float *high)
{
    float l = 0, h = 0;
    for (int64_t i = 0; i < count; i++) {
        l = values[i] < l ? values[i] : l;
        h = values[i] > h ? values[i] : h;
    }
    *low = l;
    *high = h;
}

AXN_VECTORISE static int32_t quantise(uint8_t *restrict codes, const float *restrict weights,
                                      int count, float inverse, float zero)
{
    int32_t sum = 0;
    for (int i = 0; i < count; i++) {
        float v = weights[i] * inverse + zero;
        v = v > 0.0F ? v : 0.0F;
        v = v < 255.0F ? v : 255.0F;
        int32_t code = (int32_t)(v + 0.5F);
        codes[i] = (uint8_t)code;
        sum += code;
    }
    return sum;
}

AXN_VECTORISE void axn_dequantise(float *restrict out, const uint8_t *restrict codes, int64_t count,
                                  float scale, int zero)
{
    for (int64_t i = 0; i < count; i++) {
        out[i] = scale * (float)(codes[i] - zero);
    }
}

int32_t axn_quantise_weights(uint8_t *codes, int16_t *centred, float *real, const float *weights,
                             int count, axn_quantisation quantisation)
{
    float scale = (float)quantisation.scale;
    int32_t sum = quantise(codes, weights, count, 1.0F / scale, (float)quantisation.zero_point);
    if (centred != NULL) {
        for (int i = 0; i < count; i++) {
            centred[i] = (int16_t)(codes[i] - quantisation.zero_point);
        }
    }
    if (real != NULL) {
        axn_dequantise(real, codes, count, scale, quantisation.zero_point);
    }
    return sum;
}
