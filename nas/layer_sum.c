/* SUM and CONCAT: codes requantised operand by operand, as the hardware does. */
#include <float.h>
#include <math.h>

#include "nas/layers.h"
#include "nas/vectorise.h"

#define MANTISSA_BITS 15
#define SUM_SHIFT 30 /* above it a product of 24 bits rounds to 0 in any case */

axn_fixed_ratio axn_fixed_ratio_of(double ratio)
{
    int exponent = 0;
    if (!isfinite(ratio)) { /* of weights that diverged */
        ratio = isnan(ratio) ? 0 : copysign(DBL_MAX, ratio);
    }
    double fraction = frexp(fabs(ratio), &exponent); /* ratio = fraction * 2^exponent */
    int shift = MANTISSA_BITS - exponent;
    if (shift > AXN_SHIFT_MAX) {
        fraction = ldexp(fraction, AXN_SHIFT_MAX - shift);
        shift = AXN_SHIFT_MAX;
    }
    double mantissa = nearbyint(ldexp(fraction, MANTISSA_BITS));
    if (mantissa > INT16_MAX) {
        mantissa = ldexp(1, MANTISSA_BITS - 1);
        shift--;
    }
    if (shift < AXN_SHIFT_MIN) { /* beyond what codes of 8 bits can use */
        mantissa = INT16_MAX;
        shift = AXN_SHIFT_MIN;
    }
    return (axn_fixed_ratio){(int16_t)(ratio < 0 ? -mantissa : mantissa), (uint8_t)shift};
}

int32_t axn_fixed_ratio_apply(int64_t value, axn_fixed_ratio ratio)
{
    int64_t half = (int64_t)1 << (ratio.shift - 1);
    int64_t result = (value * ratio.mantissa + half) >> ratio.shift;
    return result > INT32_MAX ? INT32_MAX : (result < INT32_MIN ? INT32_MIN : (int32_t)result);
}

/* rq of a difference of codes, in 32 bits. */
static inline int32_t requantise_code(int32_t difference, int32_t mantissa, int shift)
{
    return (difference * mantissa + (1 << (shift - 1))) >> shift;
}

static int short_shift(axn_fixed_ratio ratio)
{
    return ratio.shift < SUM_SHIFT ? ratio.shift : SUM_SHIFT;
}

AXN_VECTORISE static void sum_two(uint8_t *restrict codes, uint8_t *restrict inside,
                                  const axn_sum_operand *first, const axn_sum_operand *second,
                                  int count, int zero, int low, int least)
{
    const uint8_t *restrict x0 = first->codes;
    const uint8_t *restrict x1 = second->codes;
    int z0 = first->zero, m0 = first->ratio.mantissa, s0 = short_shift(first->ratio);
    int z1 = second->zero, m1 = second->ratio.mantissa, s1 = short_shift(second->ratio);
    for (int i = 0; i < count; i++) {
        int32_t v =
            zero + requantise_code(x0[i] - z0, m0, s0) + requantise_code(x1[i] - z1, m1, s1);
        inside[i] = (uint8_t)((v >= least) & (v <= 255));
        v = v < low ? low : v;
        codes[i] = (uint8_t)(v > 255 ? 255 : v);
    }
}

AXN_VECTORISE static void sum_one(uint8_t *restrict codes, uint8_t *restrict inside,
                                  const axn_sum_operand *operand, int count, int zero, int low,
                                  int least)
{
    const uint8_t *restrict x = operand->codes;
    int z = operand->zero, m = operand->ratio.mantissa, s = short_shift(operand->ratio);
    for (int i = 0; i < count; i++) {
        int32_t v = zero + requantise_code(x[i] - z, m, s);
        inside[i] = (uint8_t)((v >= least) & (v <= 255));
        v = v < low ? low : v;
        codes[i] = (uint8_t)(v > 255 ? 255 : v);
    }
}

void axn_sum_forward(uint8_t *codes, uint8_t *inside, const axn_sum_operand *first,
                     const axn_sum_operand *second, int count, int zero, int low, bool relu)
{
    int least = relu ? zero + 1 : 0;
    if (first->codes != NULL && second->codes != NULL) {
        sum_two(codes, inside, first, second, count, zero, low, least);
    } else {
        sum_one(codes, inside, first->codes != NULL ? first : second, count, zero, low, least);
    }
}

AXN_VECTORISE static void observe_two(int32_t range[2], const uint8_t *restrict x0, int z0, int a,
                                      const uint8_t *restrict x1, int z1, int b, int count)
{
    int32_t low = range[0], high = range[1];
    for (int i = 0; i < count; i++) {
        int32_t v = a * (x0[i] - z0) + b * (x1[i] - z1);
        low = v < low ? v : low;
        high = v > high ? v : high;
    }
    range[0] = low;
    range[1] = high;
}

void axn_sum_observe(int32_t range[2], const axn_sum_operand *first, int a,
                     const axn_sum_operand *second, int b, int count)
{
    if (first->codes != NULL && second->codes != NULL) {
        observe_two(range, first->codes, first->zero, a, second->codes, second->zero, b, count);
    } else if (first->codes != NULL) { /* the one that is there stands in with weight 0 */
        observe_two(range, first->codes, first->zero, a, first->codes, first->zero, 0, count);
    } else if (second->codes != NULL) {
        observe_two(range, second->codes, second->zero, b, second->codes, second->zero, 0, count);
    }
}

AXN_VECTORISE void axn_masked_gradient(float *restrict out, const float *restrict gradient,
                                       const uint8_t *restrict inside, int count, bool accumulate)
{
    if (accumulate) {
        for (int i = 0; i < count; i++) {
            out[i] += inside[i] ? gradient[i] : 0.0F;
        }
    } else {
        for (int i = 0; i < count; i++) {
            out[i] = inside[i] ? gradient[i] : 0.0F;
        }
    }
}

AXN_VECTORISE void axn_requantise_codes(uint8_t *restrict codes, const uint8_t *restrict in,
                                        int count, int zero_in, int zero_out, axn_fixed_ratio ratio)
{
    int m = ratio.mantissa, s = short_shift(ratio);
    for (int i = 0; i < count; i++) {
        int32_t v = zero_out + requantise_code(in[i] - zero_in, m, s);
        v = v < 0 ? 0 : v;
        codes[i] = (uint8_t)(v > 255 ? 255 : v);
    }
}

AXN_VECTORISE void axn_add_gradient(float *restrict out, const float *restrict gradient, int count,
                                    bool accumulate)
{
    if (accumulate) {
        for (int i = 0; i < count; i++) {
            out[i] += gradient[i];
        }
    } else {
        for (int i = 0; i < count; i++) {
            out[i] = gradient[i];
        }
    }
}
