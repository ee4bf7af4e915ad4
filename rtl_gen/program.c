#include "rtl_gen/program.h"

#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "rtl_gen/descriptor.h"
#include "rtl_gen/program_internal.h"

#define MAX_OPERATIONS_A_LAYER AXN_MAX_INPUTS /* CONCAT: one an operand; SUM: up to three */
#define LEAST_ACCUMULATOR_BITS 16             /* one product */

static axn_shape shape_of(const axn_compiler *compiler, int layer)
{
    return compiler->model->network.layers[layer].output;
}

static uint32_t plane_of(axn_shape shape)
{
    return (uint32_t)shape.height * (uint32_t)shape.width;
}

/* A descriptor with what every operation has. */
static axn_descriptor start(const axn_compiler *compiler, int layer, axn_operation_kind kind,
                            axn_shape in, axn_shape out)
{
    const axn_model_layer *quantised = &compiler->model->layers[layer];
    return (axn_descriptor){.op = kind,
                            .layer = (uint32_t)layer & 0xff,
                            .low = quantised->low,
                            .zero_point = quantised->output.zero_point,
                            .in_height = (uint32_t)in.height,
                            .in_width = (uint32_t)in.width,
                            .in_channels = (uint32_t)in.channels,
                            .in_plane = plane_of(in),
                            .out_height = (uint32_t)out.height,
                            .out_width = (uint32_t)out.width,
                            .out_channels = (uint32_t)out.channels,
                            .out_plane = plane_of(out),
                            .kernel_height = 1,
                            .kernel_width = 1,
                            .stride = 1,
                            .taps = 1,
                            .parameter_base = (uint32_t)compiler->program->parameter_count,
                            .weight_base = (uint32_t)compiler->program->weight_words};
}

/* Appends an operation of `layer` that reads region `in` and writes region `out`. */
static void append(axn_compiler *compiler, int layer, const axn_descriptor *descriptor, int in,
                   int out)
{
    axn_program *program = compiler->program;
    int at = program->operation_count++;
    program->operations[at] = *descriptor;
    program->operation_layer[at] = layer;
    compiler->uses[at] = (axn_operation_regions){.in = in, .second = AXN_NO_REGION, .out = out};
}

int axn_program_multiplier(const axn_program *program, const axn_model *model, int multiplier)
{
    const axn_model_multiplier *wanted = &model->multipliers[multiplier];
    for (int i = 0; i < program->multiplier_count; i++) {
        const axn_model_multiplier *used = &model->multipliers[program->multipliers[i]];
        if (used->hash == wanted->hash && strcmp(used->name, wanted->name) == 0) {
            return i;
        }
    }
    return -1;
}

/* The same, added to the program's if it was not among them. */
static uint32_t use_multiplier(axn_compiler *compiler, int multiplier)
{
    axn_program *program = compiler->program;
    int index = axn_program_multiplier(program, compiler->model, multiplier);
    if (index < 0) {
        index = program->multiplier_count++;
        program->multipliers[index] = multiplier;
    }
    return (uint32_t)index;
}

/* Whether a convolution whose tiles are shorter than the row of columns gains by an operation
 * of its own for each tile of channels: then tiles that follow each other work on neighbouring
 * pixels of the same channels, which lie in other banks, and with two result buses a row both
 * halves of the columns can be written at once. It costs the start of an operation. */
static bool gains_apart(const axn_compiler *compiler, const axn_descriptor *op)
{
    axn_array_shape array = compiler->program->array;
    int64_t tiles = ((int64_t)op->out_channels + array.cols - 1) / array.cols;
    int64_t pixel_tiles = ((int64_t)op->out_plane + array.rows - 1) / array.rows;
    int64_t half = AXN_LEFT_COLUMNS(array.cols);
    int64_t saved = array.cols - ((int64_t)op->taps > half ? (int64_t)op->taps : half);
    return compiler->program->apart && op->taps < (uint32_t)array.cols && tiles > 1 &&
           saved * pixel_tiles * tiles > (array.rows + array.cols + 10) * (tiles - 1);
}

/* The operations of a convolution: one, or one for each tile of channels. */
static void append_tiles(axn_compiler *compiler, int layer, const axn_descriptor *whole)
{
    const axn_layer *at = &compiler->model->network.layers[layer];
    uint32_t most = whole->out_channels;
    if (gains_apart(compiler, whole)) {
        most = (uint32_t)compiler->program->array.cols;
    }
    for (uint32_t from = 0; from < whole->out_channels; from += most) {
        uint32_t left = whole->out_channels - from;
        axn_descriptor descriptor = *whole;
        descriptor.out_channels = left < most ? left : most;
        descriptor.parameter_base += from;
        descriptor.weight_base += from / most * whole->taps;
        append(compiler, layer, &descriptor, at->inputs[0], layer);
        compiler->uses[compiler->program->operation_count - 1].out_offset = from * whole->out_plane;
    }
}

static axn_status compile_convolution(axn_compiler *compiler, int layer, axn_error *error)
{
    axn_program *program = compiler->program;
    const axn_layer *at = &compiler->model->network.layers[layer];
    axn_shape in = shape_of(compiler, at->inputs[0]);
    axn_descriptor descriptor = start(compiler, layer, AXN_OP_CONVOLUTION, in, at->output);
    descriptor.in_zero = compiler->model->layers[at->inputs[0]].output.zero_point;
    descriptor.kernel_height = (uint32_t)at->kernel_h;
    descriptor.kernel_width = (uint32_t)at->kernel_w;
    descriptor.stride = (uint32_t)at->stride;
    descriptor.pad_height = (uint32_t)at->pad_h;
    descriptor.pad_width = (uint32_t)at->pad_w;
    descriptor.taps = (uint32_t)axn_layer_taps(&compiler->model->network, layer);
    descriptor.swap = at->swap_operands;
    descriptor.multiplier = use_multiplier(compiler, at->multiplier);
    descriptor.parameter_step = 1;
    program->allow_swap = program->allow_swap || at->swap_operands;
    append_tiles(compiler, layer, &descriptor);

    int bits = compiler->model->layers[layer].accumulator_bits;
    if (bits < 1 || bits > 32) {
        return axn_fail(error, AXN_ERROR_FORMAT,
                        "layer %s: accumulator width %d is not a proven one", at->name, bits);
    }
    bits = bits < LEAST_ACCUMULATOR_BITS ? LEAST_ACCUMULATOR_BITS : (bits + 3) / 4 * 4;
    if (bits > program->accumulator_bits) {
        program->accumulator_bits = bits;
    }
    axn_status status = axn_append_weights(compiler, layer, error);
    if (status == AXN_OK) {
        status = axn_append_channel_parameters(compiler, layer, error);
    }
    return status;
}

/* The operand's bytes are brought as a convolution's pixels are: a map of dense_taps pixels, one
 * for each of as many rows, and as many channels as it takes. One pixel is written. */
static axn_status compile_dense(axn_compiler *compiler, int layer, axn_error *error)
{
    const axn_network *network = &compiler->model->network;
    const axn_layer *at = &network->layers[layer];
    axn_status status = axn_align_weights(compiler, layer, error);
    if (status != AXN_OK) {
        return status;
    }
    int bytes = (int)axn_shape_size(shape_of(compiler, at->inputs[0]));
    int width = compiler->program->dense_taps;
    int taps = (bytes + width - 1) / width;
    axn_descriptor descriptor =
        start(compiler, layer, AXN_OP_DENSE, (axn_shape){1, width, taps}, at->output);
    descriptor.in_zero = compiler->model->layers[at->inputs[0]].output.zero_point;
    descriptor.taps = (uint32_t)taps;
    descriptor.last_bytes = (uint32_t)(bytes - (taps - 1) * width);
    descriptor.out_width = (uint32_t)width;
    descriptor.parameter_step = 1;
    descriptor.logits = layer == network->count - 1;
    append(compiler, layer, &descriptor, at->inputs[0], descriptor.logits ? AXN_NO_REGION : layer);
    status = axn_append_weights(compiler, layer, error);
    if (status == AXN_OK) {
        status = axn_append_channel_parameters(compiler, layer, error);
    }
    return status;
}

static axn_status compile_pool(axn_compiler *compiler, int layer, axn_error *error)
{
    const axn_layer *at = &compiler->model->network.layers[layer];
    const axn_model_layer *quantised = &compiler->model->layers[layer];
    bool is_maximum = at->kind == AXN_LAYER_MAX_POOL;
    axn_shape in = shape_of(compiler, at->inputs[0]);
    axn_descriptor descriptor =
        start(compiler, layer, is_maximum ? AXN_OP_MAXIMUM_POOL : AXN_OP_SUM_POOL, in, at->output);
    int64_t taps = (int64_t)at->kernel_h * at->kernel_w;
    int64_t zx = compiler->model->layers[at->inputs[0]].output.zero_point;
    descriptor.kernel_height = (uint32_t)at->kernel_h;
    descriptor.kernel_width = (uint32_t)at->kernel_w;
    descriptor.stride = (uint32_t)at->stride;
    descriptor.pad_height = (uint32_t)at->pad_h;
    descriptor.pad_width = (uint32_t)at->pad_w;
    descriptor.taps = (uint32_t)taps;
    if (is_maximum) { /* codes pass through */
        descriptor.zero_point = 0;
        descriptor.low = 0;
    }
    append(compiler, layer, &descriptor, at->inputs[0], layer);
    if (is_maximum) {
        return axn_append_parameter(compiler, 0, 2, 1, 0, at->name, error);
    }
    return axn_append_parameter(compiler, -taps * zx, quantised->mantissa[0], quantised->shift[0],
                                0, at->name, error);
}

/* Taps of the largest window [floor(i*from/to), ceil((i+1)*from/to)). */
static uint32_t largest_window(int from, int to)
{
    int64_t most = 0;
    for (int64_t i = 0; i < to; i++) {
        int64_t taps = ((i + 1) * from + to - 1) / to - i * from / to;
        most = taps > most ? taps : most;
    }
    return (uint32_t)most;
}

/* An adaptive maximum pool of the SUM's operand into a temporary region, whose number is
 * returned in *region; nothing but its own number where the maps are equal. */
static axn_status compile_adaptive_pool(axn_compiler *compiler, int layer, int operand, int *region,
                                        axn_error *error)
{
    const axn_layer *at = &compiler->model->network.layers[layer];
    axn_shape in = shape_of(compiler, at->inputs[operand]);
    axn_shape out = {at->output.height, at->output.width, in.channels};
    *region = at->inputs[operand];
    if (in.height == out.height && in.width == out.width) {
        return AXN_OK;
    }
    axn_descriptor descriptor = start(compiler, layer, AXN_OP_MAXIMUM_POOL, in, out);
    descriptor.adaptive = 1;
    descriptor.zero_point = 0;
    descriptor.low = 0;
    descriptor.kernel_height = largest_window(in.height, out.height);
    descriptor.kernel_width = largest_window(in.width, out.width);
    descriptor.taps = descriptor.kernel_height * descriptor.kernel_width;
    descriptor.step_x = (uint32_t)(in.width / out.width);
    descriptor.rest_x = (uint32_t)(in.width % out.width);
    descriptor.step_y = (uint32_t)(in.height / out.height);
    descriptor.rest_y = (uint32_t)(in.height % out.height);
    *region = compiler->region_count++;
    compiler->regions[*region].size = (uint32_t)axn_shape_size(out);
    append(compiler, layer, &descriptor, at->inputs[operand], *region);
    return axn_append_parameter(compiler, 0, 2, 1, 0, at->name, error);
}

static axn_status compile_sum(axn_compiler *compiler, int layer, axn_error *error)
{
    const axn_model *model = compiler->model;
    const axn_layer *at = &model->network.layers[layer];
    const axn_model_layer *quantised = &model->layers[layer];
    int operands[2];
    axn_status status = AXN_OK;
    for (int i = 0; i < 2 && status == AXN_OK; i++) {
        status = compile_adaptive_pool(compiler, layer, i, &operands[i], error);
    }
    if (status != AXN_OK) {
        return status;
    }
    axn_shape in = at->output;
    in.channels = shape_of(compiler, at->inputs[0]).channels;
    axn_descriptor descriptor = start(compiler, layer, AXN_OP_SUM, in, at->output);
    descriptor.taps = 2;
    descriptor.second_channels = (uint32_t)shape_of(compiler, at->inputs[1]).channels;
    append(compiler, layer, &descriptor, operands[0], layer);
    compiler->uses[compiler->program->operation_count - 1].second = operands[1];
    for (int i = 0; i < 2 && status == AXN_OK; i++) {
        int zero = model->layers[at->inputs[i]].output.zero_point;
        status = axn_append_parameter(compiler, -zero, quantised->mantissa[i], quantised->shift[i],
                                      0, at->name, error);
    }
    return status;
}

static axn_status compile_concatenation(axn_compiler *compiler, int layer, axn_error *error)
{
    const axn_model *model = compiler->model;
    const axn_layer *at = &model->network.layers[layer];
    const axn_model_layer *quantised = &model->layers[layer];
    uint32_t offset = 0;
    axn_status status = AXN_OK;
    for (int i = 0; i < at->input_count && status == AXN_OK; i++) {
        axn_shape shape = shape_of(compiler, at->inputs[i]);
        axn_descriptor descriptor = start(compiler, layer, AXN_OP_SUM_POOL, shape, shape);
        append(compiler, layer, &descriptor, at->inputs[i], layer);
        compiler->uses[compiler->program->operation_count - 1].out_offset = offset;
        int zero = model->layers[at->inputs[i]].output.zero_point;
        status = axn_append_parameter(compiler, -zero, quantised->mantissa[i], quantised->shift[i],
                                      0, at->name, error);
        offset += (uint32_t)axn_shape_size(shape);
    }
    return status;
}

static axn_status compile_layer(axn_compiler *compiler, int layer, axn_error *error)
{
    const axn_layer *at = &compiler->model->network.layers[layer];
    compiler->regions[layer].size = (uint32_t)axn_shape_size(at->output);
    switch (at->kind) {
    case AXN_LAYER_CONV:
        return compile_convolution(compiler, layer, error);
    case AXN_LAYER_DENSE:
        return compile_dense(compiler, layer, error);
    case AXN_LAYER_MAX_POOL:
    case AXN_LAYER_AVERAGE_POOL:
        return compile_pool(compiler, layer, error);
    case AXN_LAYER_SUM:
        return compile_sum(compiler, layer, error);
    case AXN_LAYER_CONCAT:
        return compile_concatenation(compiler, layer, error);
    case AXN_LAYER_INPUT:
        break;
    }
    return axn_fail(error, AXN_ERROR_FORMAT, "layer %s: an input after the first layer", at->name);
}

/* first and last of every region from the operations' uses. */
static void find_lifetimes(axn_compiler *compiler)
{
    for (int i = 0; i < compiler->region_count; i++) {
        compiler->regions[i].first = -1;
        compiler->regions[i].last = -1;
    }
    for (int i = 0; i < compiler->program->operation_count; i++) {
        const axn_operation_regions *use = &compiler->uses[i];
        const int touched[] = {use->in, use->second, use->out};
        for (int k = 0; k < 3; k++) {
            if (touched[k] != AXN_NO_REGION) {
                compiler->regions[touched[k]].last = i;
            }
        }
        if (use->out > 0 && compiler->regions[use->out].first < 0) {
            compiler->regions[use->out].first = i;
        }
    }
}

/* Rounds sizes up for the allocation and puts the exact ones back. */
static axn_status place_regions(axn_compiler *compiler, axn_error *error)
{
    axn_program *program = compiler->program;
    int layers = compiler->model->network.count;
    uint32_t *exact = NULL;
    axn_status status =
        axn_allocate(&exact, (size_t)compiler->region_count, sizeof *exact, "regions", error);
    if (status != AXN_OK) {
        return status;
    }
    find_lifetimes(compiler);
    for (int i = 0; i < compiler->region_count; i++) {
        exact[i] = compiler->regions[i].size;
        compiler->regions[i].size =
            (exact[i] + AXN_REGION_ALIGNMENT - 1) / AXN_REGION_ALIGNMENT * AXN_REGION_ALIGNMENT;
    }
    status = axn_allocate_regions(compiler->regions, compiler->region_count, &program->arena_bytes,
                                  error);
    for (int i = 0; i < compiler->region_count; i++) {
        compiler->regions[i].size = exact[i];
    }
    if (status == AXN_OK && program->arena_bytes > 1U << 24) {
        status = axn_fail(error, AXN_ERROR_LIMIT,
                          "the live tensors need %lu bytes at once, the arena's addresses reach "
                          "%lu",
                          (unsigned long)program->arena_bytes, 1UL << 24);
    }
    if (status == AXN_OK) {
        memcpy(program->regions, compiler->regions, (size_t)layers * sizeof *program->regions);
        program->temporary_count = compiler->region_count - layers;
        memcpy(program->temporaries, compiler->regions + layers,
               (size_t)program->temporary_count * sizeof *program->temporaries);
    }
    free(exact);
    return status;
}

/* Addresses, the flags of the last operations, and the check of every field. */
static axn_status finish_operations(axn_compiler *compiler, axn_error *error)
{
    axn_program *program = compiler->program;
    axn_status status = AXN_OK;
    for (int i = 0; i < program->operation_count && status == AXN_OK; i++) {
        axn_descriptor *operation = &program->operations[i];
        const axn_operation_regions *use = &compiler->uses[i];
        int layer = program->operation_layer[i];
        bool is_last = i + 1 == program->operation_count;
        operation->in_base = compiler->regions[use->in].base;
        operation->second_base =
            use->second != AXN_NO_REGION ? compiler->regions[use->second].base : 0;
        operation->out_base =
            use->out != AXN_NO_REGION ? compiler->regions[use->out].base + use->out_offset : 0;
        operation->layer_end = is_last || program->operation_layer[i + 1] != layer;
        operation->program_end = is_last;
        status =
            axn_descriptor_check(operation, compiler->model->network.layers[layer].name, error);
    }
    return status;
}

static axn_status allocate_compiler(axn_compiler *compiler, axn_error *error)
{
    axn_program *program = compiler->program;
    size_t layers = (size_t)compiler->model->network.count;
    size_t operations = layers * MAX_OPERATIONS_A_LAYER;
    for (size_t i = 0; i < layers && compiler->program->apart; i++) {
        operations += (size_t)(compiler->model->network.layers[i].units / program->array.cols);
    }
    struct {
        void *out;
        size_t count, size;
    } wanted[] = {{&program->operations, operations, sizeof *program->operations},
                  {&program->operation_layer, operations, sizeof *program->operation_layer},
                  {&program->regions, layers, sizeof *program->regions},
                  {&program->temporaries, 2 * layers, sizeof *program->temporaries},
                  {&compiler->uses, operations, sizeof *compiler->uses},
                  {&compiler->regions, 3 * layers, sizeof *compiler->regions}};
    axn_status status = AXN_OK;
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0] && status == AXN_OK; i++) {
        status = axn_allocate(wanted[i].out, wanted[i].count, wanted[i].size, "program", error);
    }
    return status;
}

axn_status axn_compile_operations(const axn_model *model, axn_array_shape array, int dense_taps,
                                  bool apart, axn_program *out, axn_error *error)
{
    const axn_network *network = &model->network;
    *out = (axn_program){.array = array,
                         .dense_taps = dense_taps,
                         .apart = apart,
                         .accumulator_bits = LEAST_ACCUMULATOR_BITS};
    axn_compiler compiler = {.model = model, .program = out, .region_count = network->count};
    axn_status status = allocate_compiler(&compiler, error);
    if (status != AXN_OK) {
        goto done;
    }
    compiler.regions[0].size = (uint32_t)axn_shape_size(network->layers[0].output);
    for (int layer = 1; layer < network->count && status == AXN_OK; layer++) {
        status = compile_layer(&compiler, layer, error);
    }
    compiler.regions[network->count - 1].size = 0; /* the logits leave by the result stream */
    if (status == AXN_OK) {
        status = place_regions(&compiler, error);
    }
    if (status == AXN_OK) {
        status = finish_operations(&compiler, error);
    }
done:
    free(compiler.uses);
    free(compiler.regions);
    if (status != AXN_OK) {
        axn_program_free(out);
    }
    return status;
}

void axn_program_free(axn_program *program)
{
    free(program->operations);
    free(program->operation_layer);
    free(program->regions);
    free(program->temporaries);
    free(program->parameters);
    free(program->weights);
    *program = (axn_program){0};
}
