/* weights.bin, see model/model_internal.h. */
#include <string.h>

#include "model/model_internal.h"

size_t axn_model_packed_size(const axn_network *network)
{
    size_t size = 0;
    for (int i = 0; i < network->count; i++) {
        size_t units = (size_t)network->layers[i].units;
        size_t steps = (size_t)axn_model_requantisations(network, i);
        size += (size_t)axn_layer_taps(network, i) * units;
        size += units * (1 + sizeof(int32_t)) + steps * (1 + sizeof(int16_t));
    }
    return size;
}

/* Little endian whatever the machine is. */
static void put(axn_buffer *out, uint32_t value, int bytes)
{
    unsigned char text[4];
    for (int i = 0; i < bytes; i++)
        text[i] = (unsigned char)(value >> (8 * i));
    axn_buffer_append(out, text, (size_t)bytes);
}

static uint32_t get(const char **at, int bytes)
{
    uint32_t value = 0;
    for (int i = 0; i < bytes; i++)
        value |= (uint32_t)(unsigned char)(*at)[i] << (8 * i);
    *at += bytes;
    return value;
}

static void copy(void *out, const char **at, size_t length)
{
    if (length > 0)
        memcpy(out, *at, length);
    *at += length;
}

void axn_model_pack(const axn_model *model, axn_buffer *out)
{
    for (int i = 0; i < model->network.count; i++) {
        const axn_model_layer *layer = &model->layers[i];
        int units = model->network.layers[i].units;
        axn_buffer_append(out, layer->weights, (size_t)axn_model_weight_count(model, i));
        axn_buffer_append(out, layer->weight_zero, (size_t)units);
        for (int j = 0; j < units; j++)
            put(out, (uint32_t)layer->bias[j], 4);
        for (int j = 0; j < layer->requantisations; j++)
            put(out, (uint16_t)layer->mantissa[j], 2);
        axn_buffer_append(out, layer->shift, (size_t)layer->requantisations);
    }
}

void axn_model_unpack(axn_model *model, const char *bytes)
{
    const char *at = bytes;
    for (int i = 0; i < model->network.count; i++) {
        axn_model_layer *layer = &model->layers[i];
        int units = model->network.layers[i].units;
        copy(layer->weights, &at, (size_t)axn_model_weight_count(model, i));
        copy(layer->weight_zero, &at, (size_t)units);
        for (int j = 0; j < units; j++)
            layer->bias[j] = (int32_t)get(&at, 4);
        for (int j = 0; j < layer->requantisations; j++)
            layer->mantissa[j] = (int16_t)get(&at, 2);
        copy(layer->shift, &at, (size_t)layer->requantisations);
    }
}
