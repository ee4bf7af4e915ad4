/* The C golden model: plain loops straight from the definitions in model/model.h,
 * the single truth that RTL and fast inference are compared with. */
#ifndef AXN_SIM_GOLDEN_H
#define AXN_SIM_GOLDEN_H

#include "model/model.h"

/* Computes every layer of one image. tables[i] = 65,536 products of
 * multipliers[i], [x * 256 + w]. outputs[layer] points to axn_shape_size bytes for
 * each layer but the last (layer 0 receives the image itself); logits[units].
 * Returns the class. */
int axn_golden_run(const axn_model *model, const uint16_t *const *tables, const uint8_t *image,
                   uint8_t *const *outputs, int32_t *logits);

/* rq(v; m, s) of the numerics, alone, for tests. */
int64_t axn_golden_requantise(int64_t value, int mantissa, int shift);

#endif
