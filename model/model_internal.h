/* Shared by the parts of model/model.h. */
#ifndef AXN_MODEL_MODEL_INTERNAL_H
#define AXN_MODEL_MODEL_INTERNAL_H

#include "common/buffer.h"
#include "model/model.h"

#define AXN_MODEL_FORMAT "axnas-model"
#define AXN_MODEL_VERSION 2 /* 1 knew no statistics of batch norms; it is still read */
#define AXN_MODEL_JSON "model.json"
#define AXN_MODEL_WEIGHTS "weights.bin"

/* Requantisations of a layer, see axn_model_layer. */
int axn_model_requantisations(const axn_network *network, int layer);

/* The two halves of axn_model_check: what stands in model.json and in weights.bin. */
axn_status axn_model_check_description(const axn_model *model, axn_error *error);
axn_status axn_model_check_arrays(const axn_model *model, axn_error *error);

/* weights.bin: for each layer in order weights, weight_zero, bias (int32), mantissa
 * (int16), shift; little endian, without gaps. */
size_t axn_model_packed_size(const axn_network *network);
void axn_model_pack(const axn_model *model, axn_buffer *out);
/* bytes holds axn_model_packed_size bytes. */
void axn_model_unpack(axn_model *model, const char *bytes);

#endif
