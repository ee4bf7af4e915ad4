#include "model/network.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "model/network_internal.h"

void axn_network_free(axn_network *network)
{
    free(network->layers);
    *network = (axn_network){0};
}

axn_status axn_network_copy(const axn_network *from, axn_network *to, axn_error *error)
{
    *to = (axn_network){0};
    size_t count = from->count > 0 ? (size_t)from->count : 0;
    axn_status status =
        axn_allocate(&to->layers, count, sizeof *to->layers, "layers of a network", error);
    if (status != AXN_OK)
        return status;
    if (count > 0)
        memcpy(to->layers, from->layers, count * sizeof *to->layers);
    to->count = to->capacity = (int)count;
    return AXN_OK;
}

const char *axn_layer_kind_name(axn_layer_kind kind)
{
    switch (kind) {
    case AXN_LAYER_INPUT:
        return "input";
    case AXN_LAYER_CONV:
        return "conv";
    case AXN_LAYER_DENSE:
        return "dense";
    case AXN_LAYER_MAX_POOL:
        return "max_pool";
    case AXN_LAYER_AVERAGE_POOL:
        return "average_pool";
    case AXN_LAYER_SUM:
        return "sum";
    case AXN_LAYER_CONCAT:
        return "concat";
    }
    return "unknown";
}

int axn_network_append(axn_network *network, axn_layer_kind kind)
{
    if (network->count < 0 || network->count >= AXN_MAX_LAYERS)
        return -1;
    int index = network->count;
    size_t capacity = (size_t)network->capacity;
    if (axn_grow(&network->layers, &capacity, (size_t)index + 1, sizeof *network->layers,
                 "layers of a network", NULL) != AXN_OK)
        return -1;
    network->capacity = (int)capacity;
    network->count++;
    axn_layer *layer = &network->layers[index];
    *layer = (axn_layer){.kind = kind, .multiplier = kind == AXN_LAYER_CONV ? 0 : -1};
    snprintf(layer->name, sizeof layer->name, "%s_%d", axn_layer_kind_name(kind), index);
    return index;
}

int axn_network_add_input(axn_network *network, axn_shape shape)
{
    int index = axn_network_append(network, AXN_LAYER_INPUT);
    if (index >= 0)
        network->layers[index].output = shape;
    return index;
}

static int append_to(axn_network *network, axn_layer_kind kind, int input)
{
    int index = axn_network_append(network, kind);
    if (index < 0)
        return -1;
    network->layers[index].inputs[0] = input;
    network->layers[index].input_count = 1;
    return index;
}

int axn_network_add_conv(axn_network *network, int input, int units, int kernel, int stride,
                         bool batch_norm, bool relu)
{
    int index = append_to(network, AXN_LAYER_CONV, input);
    if (index < 0)
        return -1;
    axn_layer *layer = &network->layers[index];
    layer->units = units;
    layer->kernel_h = layer->kernel_w = kernel;
    layer->stride = stride;
    layer->batch_norm = batch_norm;
    layer->relu = relu;
    return index;
}

int axn_network_add_dense(axn_network *network, int input, int units, bool relu)
{
    int index = append_to(network, AXN_LAYER_DENSE, input);
    if (index < 0)
        return -1;
    network->layers[index].units = units;
    network->layers[index].relu = relu;
    return index;
}

int axn_network_add_pool(axn_network *network, axn_layer_kind kind, int input, int kernel,
                         int stride, int pad)
{
    int index = append_to(network, kind, input);
    if (index < 0)
        return -1;
    axn_layer *layer = &network->layers[index];
    layer->kernel_h = layer->kernel_w = kernel;
    layer->stride = stride;
    layer->pad_h = layer->pad_w = pad;
    return index;
}

int axn_network_add_global_average(axn_network *network, int input)
{
    axn_shape shape = {0, 0, 0};
    /* If a layer before is wrong the kernel stays 0; axn_network_infer then names it. */
    int inferred = 0;
    while (input >= 0 && input < network->count && inferred <= input &&
           axn_network_infer_layer(network, inferred, NULL) == AXN_OK)
        inferred++;
    if (inferred > input && input >= 0)
        shape = network->layers[input].output;
    int index = axn_network_add_pool(network, AXN_LAYER_AVERAGE_POOL, input, 0, 1, 0);
    if (index < 0)
        return -1;
    network->layers[index].kernel_h = shape.height;
    network->layers[index].kernel_w = shape.width;
    return index;
}

int axn_network_add_sum(axn_network *network, int first, int second, bool relu)
{
    int index = append_to(network, AXN_LAYER_SUM, first);
    if (index < 0)
        return -1;
    network->layers[index].inputs[1] = second;
    network->layers[index].input_count = 2;
    network->layers[index].relu = relu;
    return index;
}

int axn_network_add_concat(axn_network *network, const int *inputs, int count)
{
    int index = axn_network_append(network, AXN_LAYER_CONCAT);
    if (index < 0)
        return -1;
    axn_layer *layer = &network->layers[index];
    for (int i = 0; i < count && i < AXN_MAX_INPUTS; i++)
        layer->inputs[i] = inputs[i];
    layer->input_count = count;
    return index;
}
