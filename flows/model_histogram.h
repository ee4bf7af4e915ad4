/* Operand pairs that the convolutions of a model multiply, counted over images. */
#ifndef AXN_FLOWS_MODEL_HISTOGRAM_H
#define AXN_FLOWS_MODEL_HISTOGRAM_H

#include "nas/inference.h"

/* Counts the pairs of all convolutions over the first `count` test images and writes them
 * to `file` (multipliers/operand_histogram.h); `name` is the model's name in it. A layer
 * with swapped operands counts with its weights on port A. With a progress bar. */
axn_status axn_model_histogram(axn_inference *inference, const axn_model *model,
                               const axn_dataset *dataset, int count, const char *name,
                               const char *file, axn_error *error);

#endif
