/* Copies of models and of their layers. */
#include <string.h>

#include "common/memory.h"
#include "model/model.h"

static void copy(void *to, const void *from, size_t count, size_t size)
{
    if (from != NULL) {
        memcpy(to, from, count * size);
    }
}

axn_status axn_model_copy_layer(const axn_model *from, int index, axn_model *to, axn_error *error)
{
    const axn_model_layer *source = &from->layers[index];
    axn_model_layer *target = &to->layers[index];
    size_t units = (size_t)from->network.layers[index].units;
    size_t steps = (size_t)source->requantisations;
    if (source->norm_mean != NULL) {
        axn_status status = axn_model_allocate_norm(to, index, error);
        if (status != AXN_OK) {
            return status;
        }
        copy(target->norm_mean, source->norm_mean, units, sizeof(double));
        copy(target->norm_deviation, source->norm_deviation, units, sizeof(double));
    }
    target->output = source->output;
    target->low = source->low;
    target->accumulator_bits = source->accumulator_bits;
    copy(target->weights, source->weights, (size_t)axn_model_weight_count(from, index), 1);
    copy(target->weight_zero, source->weight_zero, units, 1);
    copy(target->weight_scale, source->weight_scale, units, sizeof(double));
    copy(target->bias, source->bias, units, sizeof(int32_t));
    copy(target->mantissa, source->mantissa, steps, sizeof(int16_t));
    copy(target->shift, source->shift, steps, 1);
    return AXN_OK;
}

axn_status axn_model_copy(const axn_model *from, axn_model *to, axn_error *error)
{
    *to = (axn_model){0};
    axn_status status = axn_network_copy(&from->network, &to->network, error);
    if (status == AXN_OK) {
        status = axn_model_allocate(to, error);
    }
    for (int i = 0; i < from->network.count && status == AXN_OK; i++) {
        status = axn_model_copy_layer(from, i, to, error);
    }
    if (status == AXN_OK) {
        memcpy(to->multipliers, from->multipliers, sizeof to->multipliers);
        memcpy(to->dataset, from->dataset, sizeof to->dataset);
        to->multiplier_count = from->multiplier_count;
        to->provenance = cJSON_Duplicate(from->provenance, true);
        if (from->provenance != NULL && to->provenance == NULL) {
            status = axn_fail(error, AXN_ERROR_MEMORY, "out of memory for a copy of a model");
        }
    }
    if (status != AXN_OK) {
        axn_model_free(to);
    }
    return status;
}
