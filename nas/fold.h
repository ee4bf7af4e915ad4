/* Folding an affine step on accumulators into the integers of model/model.h. */
#ifndef AXN_NAS_FOLD_H
#define AXN_NAS_FOLD_H

#include "model/model.h"

/* Largest bias that cannot make a 32-bit accumulator of so many taps overflow. */
double axn_most_bias(int64_t taps);

/* Sets mantissa, shift and bias of a channel so that output code = zero point + slope * acc +
 * offset, acc being the accumulator without bias. A channel whose slope has all but vanished
 * is its offset: the ratio grows until the bias fits. */
void axn_fold_channel(axn_model_layer *layer, int unit, double slope, double offset, int64_t taps);

#endif
