/* Shapes: total on any content, so every number is checked before it is used. */
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "model/model.h"
#include "model/network.h"
#include "model/network_internal.h"

static axn_status refuse(axn_error *error, axn_status status, const axn_layer *layer, int index,
                         const char *format, ...) __attribute__((format(printf, 5, 6)));

/* The name may be anything, so only its printable beginning is shown. */
static axn_status refuse(axn_error *error, axn_status status, const axn_layer *layer, int index,
                         const char *format, ...)
{
    char why[256], name[AXN_LAYER_NAME];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, sizeof why, format, arguments);
    va_end(arguments);
    size_t length = 0;
    while (length + 1 < sizeof name && layer->name[length] >= ' ' && layer->name[length] <= '~') {
        name[length] = layer->name[length];
        length++;
    }
    name[length] = '\0';
    return axn_fail(error, status, "layer %d \"%s\": %s", index, name, why);
}

int64_t axn_shape_size(axn_shape shape)
{
    return (int64_t)shape.height * shape.width * shape.channels;
}

static axn_status check_name(const axn_network *network, int index, axn_error *error)
{
    const axn_layer *layer = &network->layers[index];
    size_t length = strnlen(layer->name, sizeof layer->name);
    if (length == 0 || length == sizeof layer->name ||
        strspn(layer->name, "abcdefghijklmnopqrstuvwxyz0123456789_") != length)
        return refuse(error, AXN_ERROR_FORMAT, layer, index,
                      "its name must be 1 .. %d characters of a-z, 0-9 and _", AXN_LAYER_NAME - 1);
    for (int i = 0; i < index; i++)
        if (strcmp(network->layers[i].name, layer->name) == 0)
            return refuse(error, AXN_ERROR_FORMAT, layer, index, "layer %d has the same name", i);
    return AXN_OK;
}

static axn_status check_inputs(const axn_layer *layer, int index, axn_error *error)
{
    int low = 1, high = 1;
    if (layer->kind == AXN_LAYER_INPUT)
        low = high = 0;
    else if (layer->kind == AXN_LAYER_SUM)
        low = high = 2;
    else if (layer->kind == AXN_LAYER_CONCAT) {
        low = 2;
        high = AXN_MAX_INPUTS;
    }
    if (layer->input_count < low || layer->input_count > high)
        return refuse(error, AXN_ERROR_FORMAT, layer, index, "%d operands, a %s has %d .. %d",
                      layer->input_count, axn_layer_kind_name(layer->kind), low, high);
    for (int i = 0; i < layer->input_count; i++)
        if (layer->inputs[i] < 0 || layer->inputs[i] >= index)
            return refuse(error, AXN_ERROR_FORMAT, layer, index,
                          "operand %d is not an earlier layer", i);
    return AXN_OK;
}

static bool is_pool(axn_layer_kind kind)
{
    return kind == AXN_LAYER_MAX_POOL || kind == AXN_LAYER_AVERAGE_POOL;
}

/* Fields without meaning for a kind get one value, so that equal networks are equal. */
static void reset_unused(axn_layer *layer)
{
    bool conv = layer->kind == AXN_LAYER_CONV, dense = layer->kind == AXN_LAYER_DENSE;
    for (int i = layer->input_count; i < AXN_MAX_INPUTS; i++)
        layer->inputs[i] = 0;
    if (!conv && !is_pool(layer->kind))
        layer->kernel_h = layer->kernel_w = layer->stride = 0;
    if (!conv && !is_pool(layer->kind))
        layer->pad_h = layer->pad_w = 0;
    if (!conv && !dense) {
        layer->units = 0;
        layer->multiplier = -1;
    }
    if (!conv)
        layer->batch_norm = layer->swap_operands = false;
    if (!conv && !dense && layer->kind != AXN_LAYER_SUM)
        layer->relu = false;
}

static axn_status check_units(const axn_layer *layer, int index, int64_t taps, axn_error *error)
{
    int lowest = layer->kind == AXN_LAYER_CONV ? 0 : -1;
    if (layer->units < 1 || layer->units > AXN_MAX_TENSOR)
        return refuse(error, AXN_ERROR_LIMIT, layer, index, "%d units, must be 1 .. %d",
                      layer->units, AXN_MAX_TENSOR);
    if (layer->multiplier < lowest || layer->multiplier >= AXN_MODEL_MAX_MULTIPLIERS)
        return refuse(error, AXN_ERROR_FORMAT, layer, index, "multiplier %d, must be %d .. %d",
                      layer->multiplier, lowest, AXN_MODEL_MAX_MULTIPLIERS - 1);
    if (taps > AXN_MAX_TAPS)
        return refuse(error, AXN_ERROR_LIMIT, layer, index, "%lld products a sum, the limit is %d",
                      (long long)taps, AXN_MAX_TAPS);
    int64_t weights = taps * layer->units;
    if (weights > AXN_MAX_WEIGHTS)
        return refuse(error, AXN_ERROR_LIMIT, layer, index, "%lld weights, the limit is %d",
                      (long long)weights, AXN_MAX_WEIGHTS);
    return AXN_OK;
}

static axn_status infer_conv(axn_layer *layer, int index, axn_shape in, axn_error *error)
{
    if (layer->kernel_h < 1 || layer->kernel_h > AXN_MAX_KERNEL || layer->kernel_w < 1 ||
        layer->kernel_w > AXN_MAX_KERNEL)
        return refuse(error, AXN_ERROR_LIMIT, layer, index, "kernel %d x %d, must be 1 .. %d",
                      layer->kernel_h, layer->kernel_w, AXN_MAX_KERNEL);
    if (layer->stride < 1 || layer->stride > AXN_MAX_SIDE)
        return refuse(error, AXN_ERROR_LIMIT, layer, index, "stride %d, must be 1 .. %d",
                      layer->stride, AXN_MAX_SIDE);
    int64_t taps = (int64_t)in.channels * layer->kernel_h * layer->kernel_w;
    axn_status status = check_units(layer, index, taps, error);
    if (status != AXN_OK)
        return status;
    layer->pad_h = (layer->kernel_h - 1) / 2;
    layer->pad_w = (layer->kernel_w - 1) / 2;
    layer->output = (axn_shape){(in.height + layer->stride - 1) / layer->stride,
                                (in.width + layer->stride - 1) / layer->stride, layer->units};
    return AXN_OK;
}

static axn_status infer_dense(axn_layer *layer, int index, axn_shape in, axn_error *error)
{
    axn_status status = check_units(layer, index, axn_shape_size(in), error);
    if (status == AXN_OK)
        layer->output = (axn_shape){1, 1, layer->units};
    return status;
}

/* 0 if a window does not fit or would hold no tap of the map. */
static int pooled_side(int side, int kernel, int stride, int pad)
{
    if (kernel < 1 || kernel > AXN_MAX_SIDE || stride < 1 || stride > AXN_MAX_SIDE || pad < 0 ||
        pad >= kernel || side + 2 * pad < kernel)
        return 0;
    return (side + 2 * pad - kernel) / stride + 1;
}

static axn_status infer_pool(axn_layer *layer, int index, axn_shape in, axn_error *error)
{
    bool average = layer->kind == AXN_LAYER_AVERAGE_POOL;
    if (average && (layer->pad_h != 0 || layer->pad_w != 0))
        return refuse(error, AXN_ERROR_FORMAT, layer, index, "an average pool has no padding");
    int height = pooled_side(in.height, layer->kernel_h, layer->stride, layer->pad_h);
    int width = pooled_side(in.width, layer->kernel_w, layer->stride, layer->pad_w);
    if (height < 1 || width < 1)
        return refuse(error, AXN_ERROR_FORMAT, layer, index,
                      "kernel %d x %d, stride %d, padding %d x %d do not fit a %d x %d map",
                      layer->kernel_h, layer->kernel_w, layer->stride, layer->pad_h, layer->pad_w,
                      in.height, in.width);
    if (average && (int64_t)layer->kernel_h * layer->kernel_w > AXN_MAX_TAPS)
        return refuse(error, AXN_ERROR_LIMIT, layer, index, "kernel %d x %d, the limit is %d taps",
                      layer->kernel_h, layer->kernel_w, AXN_MAX_TAPS);
    layer->output = (axn_shape){height, width, in.channels};
    return AXN_OK;
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

static int larger(int a, int b)
{
    return a > b ? a : b;
}

static axn_status infer_concat(const axn_network *network, axn_layer *layer, int index,
                               axn_error *error)
{
    axn_shape shape = network->layers[layer->inputs[0]].output;
    for (int i = 1; i < layer->input_count; i++) {
        axn_shape other = network->layers[layer->inputs[i]].output;
        if (other.height != shape.height || other.width != shape.width)
            return refuse(error, AXN_ERROR_FORMAT, layer, index,
                          "operand %d is %d x %d, the first one %d x %d", i, other.height,
                          other.width, shape.height, shape.width);
        shape.channels += other.channels;
    }
    layer->output = shape;
    return AXN_OK;
}

static axn_status check_output(const axn_layer *layer, int index, axn_error *error)
{
    axn_shape shape = layer->output;
    if (shape.height < 1 || shape.height > AXN_MAX_SIDE || shape.width < 1 ||
        shape.width > AXN_MAX_SIDE || shape.channels < 1 || shape.channels > AXN_MAX_TENSOR ||
        axn_shape_size(shape) > AXN_MAX_TENSOR)
        return refuse(error, AXN_ERROR_LIMIT, layer, index,
                      "shape %d x %d x %d, the limits are 1 .. %d a side and %d elements",
                      shape.height, shape.width, shape.channels, AXN_MAX_SIDE, AXN_MAX_TENSOR);
    return AXN_OK;
}

axn_status axn_network_infer_layer(axn_network *network, int index, axn_error *error)
{
    axn_layer *layer = &network->layers[index];
    if ((int)layer->kind < AXN_LAYER_INPUT || (int)layer->kind > AXN_LAYER_CONCAT)
        return refuse(error, AXN_ERROR_FORMAT, layer, index, "unknown kind %d", (int)layer->kind);
    if ((layer->kind == AXN_LAYER_INPUT) != (index == 0))
        return refuse(error, AXN_ERROR_FORMAT, layer, index,
                      "layer 0, and no other, must be the input");
    axn_status status = check_name(network, index, error);
    if (status == AXN_OK)
        status = check_inputs(layer, index, error);
    if (status != AXN_OK)
        return status;
    reset_unused(layer);
    axn_shape first = layer->output, second;
    if (layer->input_count > 0)
        first = network->layers[layer->inputs[0]].output;
    switch (layer->kind) {
    case AXN_LAYER_INPUT:
        break;
    case AXN_LAYER_CONV:
        status = infer_conv(layer, index, first, error);
        break;
    case AXN_LAYER_DENSE:
        status = infer_dense(layer, index, first, error);
        break;
    case AXN_LAYER_MAX_POOL:
    case AXN_LAYER_AVERAGE_POOL:
        status = infer_pool(layer, index, first, error);
        break;
    case AXN_LAYER_SUM:
        second = network->layers[layer->inputs[1]].output;
        layer->output =
            (axn_shape){smaller(first.height, second.height), smaller(first.width, second.width),
                        larger(first.channels, second.channels)};
        break;
    case AXN_LAYER_CONCAT:
        status = infer_concat(network, layer, index, error);
        break;
    }
    return status == AXN_OK ? check_output(layer, index, error) : status;
}

static axn_status check_whole(const axn_network *network, axn_error *error)
{
    int last = network->count - 1;
    const axn_layer *layer = &network->layers[last];
    if (layer->kind != AXN_LAYER_DENSE || layer->relu)
        return refuse(error, AXN_ERROR_FORMAT, layer, last,
                      "the last layer must be a dense layer without ReLU, the classifier");
    if (layer->units > AXN_MAX_CLASSES)
        return refuse(error, AXN_ERROR_LIMIT, layer, last, "%d classes, the limit is %d",
                      layer->units, AXN_MAX_CLASSES);
    int64_t weights = 0;
    for (int i = 0; i < network->count; i++)
        weights += axn_layer_taps(network, i) * network->layers[i].units;
    if (weights > AXN_MAX_WEIGHTS)
        return axn_fail(error, AXN_ERROR_LIMIT, "the network has %lld weights, the limit is %d",
                        (long long)weights, AXN_MAX_WEIGHTS);
    return AXN_OK;
}

axn_status axn_network_infer(axn_network *network, axn_error *error)
{
    if (network->count < 2 || network->count > AXN_MAX_LAYERS)
        return axn_fail(error, AXN_ERROR_LIMIT, "a network of %d layers, must be 2 .. %d",
                        network->count, AXN_MAX_LAYERS);
    axn_status status = AXN_OK;
    for (int i = 0; i < network->count && status == AXN_OK; i++)
        status = axn_network_infer_layer(network, i, error);
    return status == AXN_OK ? check_whole(network, error) : status;
}
