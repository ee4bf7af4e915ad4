#include "model/model.h"

#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "model/model_internal.h"

void axn_model_free(axn_model *model)
{
    for (int i = 0; model->layers != NULL && i < model->network.count; i++) {
        axn_model_layer *layer = &model->layers[i];
        free(layer->weights);
        free(layer->weight_zero);
        free(layer->weight_scale);
        free(layer->bias);
        free(layer->mantissa);
        free(layer->shift);
        free(layer->norm_mean);
        free(layer->norm_deviation);
    }
    free(model->layers);
    cJSON_Delete(model->provenance);
    axn_network_free(&model->network);
    *model = (axn_model){0};
}

int64_t axn_model_weight_count(const axn_model *model, int layer)
{
    return axn_layer_taps(&model->network, layer) * model->network.layers[layer].units;
}

int axn_model_requantisations(const axn_network *network, int index)
{
    const axn_layer *layer = &network->layers[index];
    switch (layer->kind) {
    case AXN_LAYER_CONV:
    case AXN_LAYER_DENSE:
        return index == network->count - 1 ? 0 : layer->units;
    case AXN_LAYER_AVERAGE_POOL:
        return 1;
    case AXN_LAYER_SUM:
    case AXN_LAYER_CONCAT:
        return layer->input_count;
    case AXN_LAYER_INPUT:
    case AXN_LAYER_MAX_POOL:
        break;
    }
    return 0;
}

static axn_status allocate_layer(axn_model *model, int index, axn_error *error)
{
    axn_model_layer *layer = &model->layers[index];
    size_t weights = (size_t)axn_model_weight_count(model, index);
    size_t units = (size_t)model->network.layers[index].units;
    axn_status status = AXN_OK;
    layer->output.scale = 1.0;
    layer->requantisations = axn_model_requantisations(&model->network, index);
    size_t steps = (size_t)layer->requantisations;
    if (weights > 0) {
        status = axn_allocate(&layer->weights, weights, 1, "weights", error);
        if (status == AXN_OK)
            status = axn_allocate(&layer->weight_zero, units, 1, "zero points", error);
        if (status == AXN_OK)
            status = axn_allocate(&layer->weight_scale, units, sizeof(double), "scales", error);
        if (status == AXN_OK)
            status = axn_allocate(&layer->bias, units, sizeof(int32_t), "biases", error);
        for (size_t i = 0; status == AXN_OK && i < units; i++)
            layer->weight_scale[i] = 1.0;
    }
    if (status == AXN_OK && steps > 0) {
        status = axn_allocate(&layer->mantissa, steps, sizeof(int16_t), "requantisation", error);
        if (status == AXN_OK)
            status = axn_allocate(&layer->shift, steps, 1, "requantisation", error);
        if (status == AXN_OK)
            memset(layer->shift, AXN_SHIFT_MIN, steps);
    }
    return status;
}

axn_status axn_model_allocate(axn_model *model, axn_error *error)
{
    axn_status status = axn_allocate(&model->layers, (size_t)model->network.count,
                                     sizeof *model->layers, "layers of a model", error);
    for (int i = 0; status == AXN_OK && i < model->network.count; i++)
        status = allocate_layer(model, i, error);
    return status;
}

axn_status axn_model_allocate_norm(axn_model *model, int index, axn_error *error)
{
    axn_model_layer *layer = &model->layers[index];
    size_t units = (size_t)model->network.layers[index].units;
    axn_status status = AXN_OK;
    if (layer->norm_mean == NULL)
        status = axn_allocate(&layer->norm_mean, units, sizeof(double), "batch norms", error);
    if (status == AXN_OK && layer->norm_deviation == NULL) {
        status = axn_allocate(&layer->norm_deviation, units, sizeof(double), "batch norms", error);
        for (size_t i = 0; status == AXN_OK && i < units; i++)
            layer->norm_deviation[i] = 1.0;
    }
    return status;
}

/* largest[w] = the largest product with weight code w. */
static void find_largest(const uint16_t *table, bool swap, uint16_t largest[256])
{
    memset(largest, 0, 256 * sizeof *largest);
    for (int x = 0; x < 256; x++) {
        for (int w = 0; w < 256; w++) {
            uint16_t product = swap ? table[w * 256 + x] : table[x * 256 + w];
            if (product > largest[w])
                largest[w] = product;
        }
    }
}

static int bits_of(uint64_t value)
{
    int bits = 1;
    while (value > 1) {
        value >>= 1;
        bits++;
    }
    return bits;
}

void axn_model_prove(axn_model *model, const uint16_t *const *tables)
{
    for (int i = 0; i < model->network.count; i++) {
        const axn_layer *layer = &model->network.layers[i];
        axn_model_layer *quantised = &model->layers[i];
        int64_t taps = axn_layer_taps(&model->network, i);
        uint16_t largest[256];
        uint64_t highest = 0;
        quantised->accumulator_bits = 0;
        if (taps == 0 || layer->multiplier < 0)
            continue;
        find_largest(tables[layer->multiplier], layer->swap_operands, largest);
        for (int unit = 0; unit < layer->units; unit++) {
            const uint8_t *weights = quantised->weights + unit * taps;
            uint64_t sum = 0;
            for (int64_t k = 0; k < taps; k++)
                sum += largest[weights[k]];
            if (sum > highest)
                highest = sum;
        }
        quantised->accumulator_bits = bits_of(highest);
    }
}
