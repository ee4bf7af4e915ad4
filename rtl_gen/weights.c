/* Weights in the order of use and parameters with every constant term folded in. */
#include <string.h>

#include "common/memory.h"
#include "rtl_gen/program_internal.h"

/* Index within a unit's weights of the model of tap (channel, ky, kx) in hardware order. */
static int64_t model_tap(const axn_compiler *compiler, int layer, int tap)
{
    const axn_network *network = &compiler->model->network;
    const axn_layer *at = &network->layers[layer];
    axn_shape in = network->layers[at->inputs[0]].output;
    /* A fully connected layer is a convolution whose window is the whole map. */
    bool is_dense = at->kind == AXN_LAYER_DENSE;
    int height = is_dense ? in.height : at->kernel_h;
    int width = is_dense ? in.width : at->kernel_w;
    int channel = tap / (height * width), y = tap / width % height, x = tap % width;
    return ((int64_t)y * width + x) * in.channels + channel;
}

static int64_t round_up(int64_t value, int64_t multiple)
{
    return (value + multiple - 1) / multiple * multiple;
}

/* Room for so many more words; the old ones stay where they are in the order. */
static axn_status reserve(axn_compiler *compiler, int layer, int64_t words, axn_error *error)
{
    axn_program *program = compiler->program;
    int cols = program->array.cols;
    if (words + program->weight_words > 1 << 24) {
        return axn_fail(error, AXN_ERROR_LIMIT,
                        "layer %s: the weights need more than %d words of %d bytes",
                        compiler->model->network.layers[layer].name, 1 << 24, cols);
    }
    return axn_grow(&program->weights, &compiler->weight_capacity,
                    (size_t)(words + program->weight_words) * (size_t)cols, 1, "weights", error);
}

axn_status axn_align_weights(axn_compiler *compiler, int layer, axn_error *error)
{
    axn_program *program = compiler->program;
    size_t cols = (size_t)program->array.cols;
    int words = (int)round_up(program->weight_words, program->dense_taps) - program->weight_words;
    axn_status status = reserve(compiler, layer, words, error);
    if (status == AXN_OK && words > 0) {
        memset(program->weights + (size_t)program->weight_words * cols, 0, (size_t)words * cols);
        program->weight_words += words;
    }
    return status;
}

axn_status axn_append_weights(axn_compiler *compiler, int layer, axn_error *error)
{
    axn_program *program = compiler->program;
    const axn_layer *at = &compiler->model->network.layers[layer];
    const uint8_t *weights = compiler->model->layers[layer].weights;
    int64_t taps = axn_layer_taps(&compiler->model->network, layer);
    int64_t tile_words = at->kind == AXN_LAYER_DENSE ? round_up(taps, program->dense_taps) : taps;
    int cols = program->array.cols;
    int tiles = (at->units + cols - 1) / cols;
    axn_status status = reserve(compiler, layer, tiles * tile_words, error);
    if (status != AXN_OK) {
        return status;
    }
    uint8_t *out = program->weights + (size_t)program->weight_words * (size_t)cols;
    for (int tile = 0; tile < tiles; tile++) {
        for (int tap = 0; tap < tile_words; tap++) {
            int64_t index = tap < taps ? model_tap(compiler, layer, tap) : 0;
            for (int col = 0; col < cols; col++) {
                int unit = tile * cols + col;
                *out++ = unit < at->units && tap < taps ? weights[unit * taps + index] : 0;
            }
        }
    }
    program->weight_words += (int)(tiles * tile_words);
    return AXN_OK;
}

axn_status axn_append_parameter(axn_compiler *compiler, int64_t bias, int mantissa, int shift,
                                int weight_zero, const char *layer, axn_error *error)
{
    axn_program *program = compiler->program;
    if (bias < INT32_MIN || bias > INT32_MAX) {
        return axn_fail(error, AXN_ERROR_LIMIT,
                        "layer %s: a bias with the zero points folded in is %lld and leaves 32 "
                        "bits",
                        layer, (long long)bias);
    }
    if (mantissa < INT16_MIN || mantissa > INT16_MAX || shift < 0 || shift > AXN_SHIFT_MAX) {
        return axn_fail(error, AXN_ERROR_LIMIT,
                        "layer %s: requantisation by %d / 2^%d is not supported", layer, mantissa,
                        shift);
    }
    axn_status status = axn_grow(&program->parameters, &compiler->parameter_capacity,
                                 (size_t)program->parameter_count + 1, sizeof *program->parameters,
                                 "parameters", error);
    if (status == AXN_OK) {
        program->parameters[program->parameter_count++] =
            (uint64_t)(uint32_t)(int32_t)bias | (uint64_t)(uint16_t)(int16_t)mantissa << 32 |
            (uint64_t)(uint8_t)shift << 48 | (uint64_t)(uint8_t)weight_zero << 56;
    }
    return status;
}

axn_status axn_append_channel_parameters(axn_compiler *compiler, int layer, axn_error *error)
{
    const axn_model *model = compiler->model;
    const axn_layer *at = &model->network.layers[layer];
    const axn_model_layer *quantised = &model->layers[layer];
    int64_t taps = axn_layer_taps(&model->network, layer);
    int64_t zx = model->layers[at->inputs[0]].output.zero_point;
    bool has_requantisation = quantised->requantisations > 0;
    axn_status status = AXN_OK;
    for (int unit = 0; unit < at->units && status == AXN_OK; unit++) {
        int64_t zw = quantised->weight_zero[unit], sum = 0;
        for (int64_t i = 0; i < taps; i++) {
            sum += quantised->weights[unit * taps + i];
        }
        int64_t bias = quantised->bias[unit] - zx * sum + taps * zx * zw;
        status = axn_append_parameter(
            compiler, bias, has_requantisation ? quantised->mantissa[unit] : 0,
            has_requantisation ? quantised->shift[unit] : 1, (int)zw, at->name, error);
    }
    return status;
}
