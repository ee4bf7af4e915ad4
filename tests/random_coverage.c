#include "tests/random_coverage.h"

#include <stdio.h>

typedef struct corner_range {
    int first, count; /* count 1: the name alone; else it is followed by 1 .. count */
    const char *name;
} corner_range;

static const corner_range ranges[] = {
    {AXN_CORNER_CONV, 1, "cell CONV"},
    {AXN_CORNER_FC, 1, "cell FC"},
    {AXN_CORNER_SUM, 1, "cell SUM"},
    {AXN_CORNER_MAX, 1, "cell MAX"},
    {AXN_CORNER_AVG, 1, "cell AVG"},
    {AXN_CORNER_INC, 1, "cell INC"},
    {AXN_CORNER_RES, 1, "cell RES"},
    {AXN_CORNER_RES_B, 1, "cell RES-B"},
    {AXN_CORNER_KERNEL, 7, "kernel"},
    {AXN_CORNER_STRIDE, 3, "stride"},
    {AXN_CORNER_POOL_STRIDE, 3, "pool stride"},
    {AXN_CORNER_TAIL, 15, "channel tail"},
    {AXN_CORNER_INPUT_TAIL, 15, "input channel tail"},
    {AXN_CORNER_PADDING, 1, "padding"},
    {AXN_CORNER_POOL_PADDING, 1, "pool padding"},
    {AXN_CORNER_KERNEL_BEYOND_MAP, 1, "kernel larger than the map"},
    {AXN_CORNER_STRIDE_BEYOND_KERNEL, 1, "stride larger than the kernel"},
    {AXN_CORNER_ONE_PIXEL, 1, "map of one pixel"},
    {AXN_CORNER_ZERO_0, 1, "zero point 0"},
    {AXN_CORNER_ZERO_255, 1, "zero point 255"},
    {AXN_CORNER_WEIGHT_ZERO_0, 1, "weight zero point 0"},
    {AXN_CORNER_WEIGHT_ZERO_255, 1, "weight zero point 255"},
    {AXN_CORNER_LIVE_3, 1, "three live tensors"},
    {AXN_CORNER_BRANCHES_4, 1, "concatenation of four"},
    {AXN_CORNER_SUM_POOLED, 1, "SUM with a pooled operand"},
    {AXN_CORNER_SUM_EXTENDED, 1, "SUM with a channel-padded operand"},
    {AXN_CORNER_GLOBAL_POOL, 1, "global pool"},
    {AXN_CORNER_SWAP, 1, "swapped operands"},
    {AXN_CORNER_SEVERAL_MULTIPLIERS, 1, "several multipliers"},
};

void axn_corner_name(int corner, char *out, size_t size)
{
    snprintf(out, size, "corner %d", corner);
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        const corner_range *range = &ranges[i];
        if (corner < range->first || corner >= range->first + range->count) {
            continue;
        }
        if (range->count == 1) {
            snprintf(out, size, "%s", range->name);
        } else {
            snprintf(out, size, "%s %d", range->name, corner - range->first + 1);
        }
    }
}

/* Counts `value` of 1 .. count. */
static void count_value(axn_coverage *coverage, int first, int count, int value)
{
    if (value >= 1 && value <= count) {
        coverage->reached[first + value - 1]++;
    }
}

static const axn_layer *operand(const axn_network *network, const axn_layer *layer, int index)
{
    return &network->layers[layer->inputs[index]];
}

static bool is_conv(const axn_layer *layer, int kernel)
{
    return layer->kind == AXN_LAYER_CONV && (kernel == 0 || layer->kernel_h == kernel);
}

static void count_conv(axn_coverage *coverage, const axn_model *model, const axn_layer *layer,
                       const axn_model_layer *quantised)
{
    axn_shape in = operand(&model->network, layer, 0)->output;
    int *reached = coverage->reached;
    bool zero[2] = {false, false};
    reached[AXN_CORNER_CONV]++;
    count_value(coverage, AXN_CORNER_KERNEL, 7, layer->kernel_h);
    count_value(coverage, AXN_CORNER_STRIDE, 3, layer->stride);
    count_value(coverage, AXN_CORNER_TAIL, 15, layer->units % 16);
    count_value(coverage, AXN_CORNER_INPUT_TAIL, 15, in.channels % 16);
    reached[AXN_CORNER_PADDING] += layer->pad_h > 0 || layer->pad_w > 0;
    reached[AXN_CORNER_KERNEL_BEYOND_MAP] +=
        layer->kernel_h > in.height && layer->kernel_w > in.width;
    reached[AXN_CORNER_STRIDE_BEYOND_KERNEL] += layer->stride > layer->kernel_h;
    reached[AXN_CORNER_ONE_PIXEL] += in.height == 1 && in.width == 1;
    reached[AXN_CORNER_SWAP] += layer->swap_operands;
    for (int i = 0; i < layer->units; i++) {
        zero[0] = zero[0] || quantised->weight_zero[i] == 0;
        zero[1] = zero[1] || quantised->weight_zero[i] == 255;
    }
    reached[AXN_CORNER_WEIGHT_ZERO_0] += zero[0];
    reached[AXN_CORNER_WEIGHT_ZERO_255] += zero[1];
}

static void count_pool(axn_coverage *coverage, const axn_network *network, const axn_layer *layer)
{
    axn_shape in = operand(network, layer, 0)->output;
    bool is_maximum = layer->kind == AXN_LAYER_MAX_POOL;
    coverage->reached[is_maximum ? AXN_CORNER_MAX : AXN_CORNER_AVG]++;
    count_value(coverage, AXN_CORNER_POOL_STRIDE, 3, layer->stride);
    coverage->reached[AXN_CORNER_POOL_PADDING] += layer->pad_h > 0;
    coverage->reached[AXN_CORNER_GLOBAL_POOL] +=
        !is_maximum && layer->kernel_h == in.height && layer->kernel_w == in.width;
}

/* RES: two convolutions beside a 1x1 of the same operand; RES-B: 1x1, any, 1x1 beside one. */
static void count_sum(axn_coverage *coverage, const axn_network *network, const axn_layer *layer)
{
    const axn_layer *arm = operand(network, layer, 0), *shortcut = operand(network, layer, 1);
    axn_shape a = arm->output, b = shortcut->output;
    coverage->reached[AXN_CORNER_SUM]++;
    coverage->reached[AXN_CORNER_SUM_POOLED] += a.height != b.height || a.width != b.width;
    coverage->reached[AXN_CORNER_SUM_EXTENDED] += a.channels != b.channels;
    if (!is_conv(arm, 0) || !is_conv(shortcut, 1) || !is_conv(operand(network, arm, 0), 0)) {
        return;
    }
    const axn_layer *middle = operand(network, arm, 0);
    if (middle->inputs[0] == shortcut->inputs[0]) {
        coverage->reached[AXN_CORNER_RES]++;
        return;
    }
    const axn_layer *first = operand(network, middle, 0);
    coverage->reached[AXN_CORNER_RES_B] +=
        is_conv(arm, 1) && is_conv(first, 1) && first->inputs[0] == shortcut->inputs[0];
}

/* INC: 5x5 and 3x3 behind a 1x1 each, a 1x1, a 1x1 behind a padded pool. */
static void count_concat(axn_coverage *coverage, const axn_network *network, const axn_layer *layer)
{
    if (layer->input_count != 4) {
        return;
    }
    const axn_layer *five = operand(network, layer, 0), *three = operand(network, layer, 1);
    const axn_layer *one = operand(network, layer, 2), *pooled = operand(network, layer, 3);
    coverage->reached[AXN_CORNER_BRANCHES_4]++;
    if (!is_conv(five, 5) || !is_conv(three, 3) || !is_conv(one, 1) || !is_conv(pooled, 1)) {
        return;
    }
    const axn_layer *pool = operand(network, pooled, 0);
    coverage->reached[AXN_CORNER_INC] +=
        pool->kind == AXN_LAYER_MAX_POOL && pool->pad_h == 1 && pool->inputs[0] == one->inputs[0] &&
        is_conv(operand(network, five, 0), 1) && is_conv(operand(network, three, 0), 1);
}

/* Does a tensor made before layer `index`, and no operand of it, live on behind it? */
static bool third_is_live(const axn_network *network, int index)
{
    const axn_layer *layer = &network->layers[index];
    for (int tensor = 0; tensor < index; tensor++) {
        bool used_here = false, used_later = false;
        for (int i = index; i < network->count; i++) {
            for (int k = 0; k < network->layers[i].input_count; k++) {
                bool uses = network->layers[i].inputs[k] == tensor;
                used_here = used_here || (uses && i == index);
                used_later = used_later || (uses && i > index);
            }
        }
        if (used_later && !used_here && layer->input_count > 0) {
            return true;
        }
    }
    return false;
}

static void count_layer(axn_coverage *coverage, const axn_model *model, int index)
{
    const axn_network *network = &model->network;
    const axn_layer *layer = &network->layers[index];
    int zero = model->layers[index].output.zero_point;
    switch (layer->kind) {
    case AXN_LAYER_CONV:
        count_conv(coverage, model, layer, &model->layers[index]);
        break;
    case AXN_LAYER_DENSE: /* the classifier is in every network */
        coverage->reached[AXN_CORNER_FC] += index + 1 < network->count;
        break;
    case AXN_LAYER_MAX_POOL:
    case AXN_LAYER_AVERAGE_POOL:
        count_pool(coverage, network, layer);
        break;
    case AXN_LAYER_SUM:
        count_sum(coverage, network, layer);
        break;
    case AXN_LAYER_CONCAT:
        count_concat(coverage, network, layer);
        break;
    case AXN_LAYER_INPUT:
        break;
    }
    coverage->reached[AXN_CORNER_LIVE_3] += third_is_live(network, index);
    if (index + 1 < network->count) {
        coverage->reached[AXN_CORNER_ZERO_0] += zero == 0;
        coverage->reached[AXN_CORNER_ZERO_255] += zero == 255;
    }
}

void axn_coverage_add(axn_coverage *coverage, const axn_model *model)
{
    int first = -1;
    bool several = false;
    for (int i = 0; i < model->network.count; i++) {
        const axn_layer *layer = &model->network.layers[i];
        count_layer(coverage, model, i);
        if (layer->kind == AXN_LAYER_CONV) {
            first = first < 0 ? layer->multiplier : first;
            several = several || layer->multiplier != first;
        }
    }
    coverage->reached[AXN_CORNER_SEVERAL_MULTIPLIERS] += several;
    coverage->models++;
}
