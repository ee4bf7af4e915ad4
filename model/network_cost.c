/* Costs of an inferred network; the limits of network.h keep all sums in 64 bits. */
#include "model/network.h"

int64_t axn_layer_taps(const axn_network *network, int index)
{
    const axn_layer *layer = &network->layers[index];
    if (layer->kind != AXN_LAYER_CONV && layer->kind != AXN_LAYER_DENSE)
        return 0;
    axn_shape in = network->layers[layer->inputs[0]].output;
    if (layer->kind == AXN_LAYER_DENSE)
        return axn_shape_size(in);
    return (int64_t)in.channels * layer->kernel_h * layer->kernel_w;
}

int64_t axn_layer_multiplications(const axn_network *network, int index, axn_count_mode mode)
{
    const axn_layer *layer = &network->layers[index];
    int64_t taps = axn_layer_taps(network, index);
    if (taps == 0)
        return 0;
    int64_t positions = (int64_t)layer->output.height * layer->output.width;
    if (mode == AXN_COUNT_PAPER && layer->kind == AXN_LAYER_CONV && layer->stride > 1) {
        axn_shape in = network->layers[layer->inputs[0]].output;
        positions = (int64_t)(in.height + layer->kernel_h - 1) * (in.width + layer->kernel_w - 1);
    }
    return positions * taps * layer->units;
}

static int64_t sum_multiplications(const axn_network *network, axn_layer_kind kind,
                                   axn_count_mode mode)
{
    int64_t sum = 0;
    for (int i = 0; i < network->count; i++)
        if (network->layers[i].kind == kind)
            sum += axn_layer_multiplications(network, i, mode);
    return sum;
}

int64_t axn_network_multiplications(const axn_network *network, axn_count_mode mode)
{
    return sum_multiplications(network, AXN_LAYER_CONV, mode);
}

int64_t axn_network_multiplications_dense(const axn_network *network)
{
    return sum_multiplications(network, AXN_LAYER_DENSE, AXN_COUNT_EXACT);
}

int64_t axn_network_parameters(const axn_network *network)
{
    int64_t sum = 0;
    for (int i = 0; i < network->count; i++) {
        const axn_layer *layer = &network->layers[i];
        int64_t of_unit = axn_layer_taps(network, i) + (layer->batch_norm ? 2 : 1);
        sum += of_unit * layer->units;
    }
    return sum;
}
