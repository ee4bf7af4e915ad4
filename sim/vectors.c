#include "sim/vectors.h"

#include <stdlib.h>

#include "common/memory.h"
#include "sim/golden.h"

axn_status axn_golden_buffers_create(const axn_network *network, axn_golden_buffers *out,
                                     axn_error *error)
{
    size_t bytes = 0;
    int last = network->count - 1;
    *out = (axn_golden_buffers){0};
    for (int i = 0; i < last; i++) {
        bytes += (size_t)axn_shape_size(network->layers[i].output);
    }
    axn_status status = axn_allocate(&out->memory, bytes, 1, "layer outputs", error);
    if (status == AXN_OK) {
        status = axn_allocate(&out->outputs, (size_t)network->count, sizeof *out->outputs,
                              "layer outputs", error);
    }
    if (status == AXN_OK) {
        status = axn_allocate(&out->logits, (size_t)network->layers[last].units,
                              sizeof *out->logits, "logits", error);
    }
    if (status != AXN_OK) {
        axn_golden_buffers_free(out);
        return status;
    }
    uint8_t *at = out->memory;
    for (int i = 0; i < last; i++) {
        out->outputs[i] = at;
        at += axn_shape_size(network->layers[i].output);
    }
    return AXN_OK;
}

void axn_golden_buffers_free(axn_golden_buffers *buffers)
{
    free(buffers->outputs);
    free(buffers->logits);
    free(buffers->memory);
    *buffers = (axn_golden_buffers){0};
}

size_t axn_vector_checked_bytes(const axn_network *network)
{
    size_t bytes = 0;
    for (int i = 1; i + 1 < network->count; i++) {
        bytes += (size_t)axn_shape_size(network->layers[i].output);
    }
    return bytes + 4 * (size_t)network->layers[network->count - 1].units;
}

size_t axn_vector_bytes(const axn_network *network)
{
    return (size_t)axn_shape_size(network->layers[0].output) + axn_vector_checked_bytes(network) +
           4;
}

/* Plane by plane, as the arena holds it. */
static void append_planes(axn_buffer *out, const uint8_t *bytes, axn_shape shape)
{
    int pixels = shape.height * shape.width;
    uint8_t block[256];
    for (int c = 0; c < shape.channels; c++) {
        for (int first = 0; first < pixels; first += (int)sizeof block) {
            int count = pixels - first < (int)sizeof block ? pixels - first : (int)sizeof block;
            for (int i = 0; i < count; i++) {
                block[i] = bytes[(size_t)(first + i) * (size_t)shape.channels + (size_t)c];
            }
            axn_buffer_append(out, block, (size_t)count);
        }
    }
}

static void append_word(axn_buffer *out, uint32_t value)
{
    const uint8_t bytes[4] = {(uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
                              (uint8_t)(value >> 24)};
    axn_buffer_append(out, bytes, sizeof bytes);
}

int axn_vector_append(const axn_model *model, const uint16_t *const *tables, const uint8_t *image,
                      axn_golden_buffers *buffers, axn_buffer *out)
{
    const axn_network *network = &model->network;
    int last = network->count - 1;
    int class = axn_golden_run(model, tables, image, buffers->outputs, buffers->logits);
    for (int i = 0; i < last; i++) {
        append_planes(out, buffers->outputs[i], network->layers[i].output);
    }
    for (int k = 0; k < network->layers[last].units; k++) {
        append_word(out, (uint32_t)buffers->logits[k]);
    }
    append_word(out, (uint32_t) class);
    return class;
}
