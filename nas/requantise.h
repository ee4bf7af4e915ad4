/* From accumulators to codes: acc = sum - weight_zero * tap_sum + constant,
 * code = clamp(zero_point + ((acc * mantissa + 2^(shift-1)) >> shift), low, 255). */
#ifndef AXN_NAS_REQUANTISE_H
#define AXN_NAS_REQUANTISE_H

#include <stdint.h>

typedef struct axn_requantisation {
    int32_t weight_zero; /* 0..255 */
    int64_t constant;    /* K * zx * zw - zx * sum of w + bias */
    int32_t mantissa;
    int shift;           /* 1..46 */
    int zero_point, low; /* of the output */
} axn_requantisation;

typedef void axn_requantise_row(const axn_requantisation *r, const int32_t *sum,
                                const int32_t *tap_sum, int count, uint8_t *out);

axn_requantise_row axn_requantise_plain;
/* The fastest this machine has for accumulators that fit 32 bits; the same bytes. */
axn_requantise_row *axn_requantise_narrow(void);

/* clamp(v, low, 255) of v = zero_point + rq(value). */
int64_t axn_rescale(int64_t value, int mantissa, int shift);
uint8_t axn_clamp_code(int64_t value, int low);

#endif
