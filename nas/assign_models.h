/* The models behind an assignment: variants of a trained model with another multiplier
 * everywhere, and mixtures of their convolutions. */
#ifndef AXN_NAS_ASSIGN_MODELS_H
#define AXN_NAS_ASSIGN_MODELS_H

#include "nas/correct.h"

/* The model with `multiplier`, whose table is `table`, in every convolution. own[i] is the
 * table of model->multipliers[i]: what the parameters were trained with, so that mapping
 * and corrections change nothing where `table` is that very one. Mapping alone
 * (AXN_MAP_UNIFORM) takes no images; everything else is measured on `calibration`. Layers
 * whose bias would not fit stay unmapped. */
axn_status axn_assign_variant(const axn_model *model, const axn_table *own,
                              const axn_model_multiplier *multiplier, const axn_table *table,
                              const axn_correction *correction, const axn_calibration *calibration,
                              axn_model *out, axn_error *error);

/* The model whose i-th convolution is that of variants[choices[i]]; tables[v] belongs to
 * variants[v], made with axn_assign_variant. Accumulators are proven and the model checked.
 * AXN_ERROR_LIMIT beyond AXN_MODEL_MAX_MULTIPLIERS. */
axn_status axn_assign_mixture(const axn_model *model, const axn_model *variants,
                              const axn_table *tables, const uint16_t *choices, axn_model *out,
                              axn_error *error);

#endif
