/* From genome to network: one builder function a cell kind. */
#include <stdlib.h>
#include <string.h>

#include "common/hash.h"
#include "common/memory.h"
#include "nas/genome.h"

#define PARTS 16 /* layers of the largest cell, for `origin` */

typedef struct builder {
    const axn_search_space *space;
    const axn_genome *genome;
    axn_network network;
    axn_shape *shapes; /* [AXN_MAX_LAYERS] output of each layer */
    int *origin;       /* [AXN_MAX_LAYERS] */
    int *layer_of;     /* [cells]: layer that holds the cell's output, -1 = not yet built */
    int cell;          /* being built */
    int part;
} builder;

static int ceil_div(int a, int b)
{
    return (a + b - 1) / b;
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

static int larger(int a, int b)
{
    return a > b ? a : b;
}

/* Notes shape and origin of a layer just appended; passes its index on. */
static int note(builder *b, int layer, axn_shape shape)
{
    if (layer >= 0) {
        b->shapes[layer] = shape;
        b->origin[layer] = b->cell >= 0 ? b->cell * PARTS + b->part++ : b->cell;
    }
    return layer;
}

static int add_conv(builder *b, int input, int units, int kernel, int stride, bool norm, bool relu)
{
    if (input < 0) {
        return -1;
    }
    axn_shape in = b->shapes[input];
    int layer = axn_network_add_conv(&b->network, input, units, kernel, stride, norm, relu);
    return note(b, layer,
                (axn_shape){ceil_div(in.height, stride), ceil_div(in.width, stride), units});
}

static int add_pool(builder *b, axn_layer_kind kind, int input, int kernel, int stride, int pad)
{
    if (input < 0) {
        return -1;
    }
    axn_shape in = b->shapes[input];
    if (in.height + 2 * pad < kernel || in.width + 2 * pad < kernel) {
        return input;
    }
    int layer = axn_network_add_pool(&b->network, kind, input, kernel, stride, pad);
    return note(b, layer,
                (axn_shape){(in.height + 2 * pad - kernel) / stride + 1,
                            (in.width + 2 * pad - kernel) / stride + 1, in.channels});
}

static int add_sum(builder *b, int first, int second, bool relu)
{
    if (first < 0 || second < 0) {
        return -1;
    }
    axn_shape x = b->shapes[first];
    axn_shape y = b->shapes[second];
    int layer = axn_network_add_sum(&b->network, first, second, relu);
    return note(b, layer,
                (axn_shape){smaller(x.height, y.height), smaller(x.width, y.width),
                            larger(x.channels, y.channels)});
}

static int add_dense(builder *b, int input, int units, bool relu)
{
    if (input < 0) {
        return -1;
    }
    return note(b, axn_network_add_dense(&b->network, input, units, relu),
                (axn_shape){1, 1, units});
}

static int build_conv(builder *b, const axn_cell *cell, const int *inputs)
{
    return add_conv(b, inputs[0], cell->channels, cell->kernel, cell->stride, true, true);
}

static int build_fc(builder *b, const axn_cell *cell, const int *inputs)
{
    return add_dense(b, inputs[0], cell->channels, true);
}

static int build_sum(builder *b, const axn_cell *cell, const int *inputs)
{
    (void)cell;
    return add_sum(b, inputs[0], inputs[1], false);
}

static int build_max(builder *b, const axn_cell *cell, const int *inputs)
{
    return add_pool(b, AXN_LAYER_MAX_POOL, inputs[0], cell->kernel, cell->stride, 0);
}

static int build_avg(builder *b, const axn_cell *cell, const int *inputs)
{
    return add_pool(b, AXN_LAYER_AVERAGE_POOL, inputs[0], cell->kernel, cell->stride, 0);
}

/* Parallel 5x5, 3x3, 1x1 and max-pool branches with 1x1 reductions, concatenated. */
static int build_inc(builder *b, const axn_cell *cell, const int *inputs)
{
    int units = cell->channels / 4;
    int five = add_conv(b, inputs[0], cell->reduce, 1, 1, true, true);
    int three = add_conv(b, inputs[0], cell->reduce, 1, 1, true, true);
    int pool = add_pool(b, AXN_LAYER_MAX_POOL, inputs[0], 3, 1, 1);
    int branches[4] = {add_conv(b, five, units, 5, 1, true, true),
                       add_conv(b, three, units, 3, 1, true, true),
                       add_conv(b, inputs[0], units, 1, 1, true, true),
                       add_conv(b, pool, units, 1, 1, true, true)};
    for (int i = 0; i < 4; i++) {
        if (branches[i] < 0) {
            return -1;
        }
    }
    axn_shape shape = b->shapes[branches[0]];
    shape.channels = cell->channels;
    return note(b, axn_network_add_concat(&b->network, branches, 4), shape);
}

/* N x N, ReLU, M x M; a 1x1 beside it; the sum through ReLU. */
static int build_res(builder *b, const axn_cell *cell, const int *inputs)
{
    int arm = add_conv(b, inputs[0], cell->channels, cell->kernel, cell->stride, true, true);
    arm = add_conv(b, arm, cell->channels, cell->kernel2, 1, true, false);
    int shortcut = add_conv(b, inputs[0], cell->channels, 1, cell->stride, true, false);
    return add_sum(b, arm, shortcut, true);
}

/* Bottleneck: 1x1, N x N, 1x1; a 1x1 beside it; the first of both arms at the stride. */
static int build_res_b(builder *b, const axn_cell *cell, const int *inputs)
{
    int arm = add_conv(b, inputs[0], cell->reduce, 1, cell->stride, true, true);
    arm = add_conv(b, arm, cell->reduce, cell->kernel, 1, true, true);
    arm = add_conv(b, arm, cell->channels, 1, 1, true, false);
    int shortcut = add_conv(b, inputs[0], cell->channels, 1, cell->stride, true, false);
    return add_sum(b, arm, shortcut, true);
}

typedef int build_cell(builder *b, const axn_cell *cell, const int *inputs);

static build_cell *const builders[AXN_CELL_KINDS] = {
    [AXN_CELL_CONV] = build_conv, [AXN_CELL_FC] = build_fc,       [AXN_CELL_SUM] = build_sum,
    [AXN_CELL_MAX] = build_max,   [AXN_CELL_AVG] = build_avg,     [AXN_CELL_INC] = build_inc,
    [AXN_CELL_RES] = build_res,   [AXN_CELL_RES_B] = build_res_b,
};

static int layer_of_link(const builder *b, int link)
{
    return link == AXN_GENOME_INPUT ? 0 : b->layer_of[link];
}

static axn_status build_one(builder *b, int cell, axn_error *error)
{
    const axn_cell *form = &b->space->grid->cells[cell];
    int inputs[2] = {0, 0};
    for (int i = 0; i < axn_cell_arity(form->kind); i++) {
        inputs[i] = layer_of_link(b, b->genome->links[cell * 2 + i]);
    }
    b->cell = cell;
    b->part = 0;
    b->layer_of[cell] = builders[form->kind](b, form, inputs);
    if (b->layer_of[cell] < 0) {
        return axn_fail(error, AXN_ERROR_LIMIT, "the network has more than %d layers",
                        AXN_MAX_LAYERS);
    }
    return AXN_OK;
}

/* Builds the cells reached from the output in depth-first order. `stack` holds at most
 * one cell a column. */
static axn_status build_cells(builder *b, int *stack, axn_error *error)
{
    axn_status status = AXN_OK;
    int depth = 0;
    stack[depth++] = b->genome->output;
    while (depth > 0 && status == AXN_OK) {
        int cell = stack[depth - 1];
        int waiting = -1;
        int arity = axn_cell_arity(b->space->grid->cells[cell].kind);
        for (int i = 0; i < arity && waiting < 0; i++) {
            int link = b->genome->links[cell * 2 + i];
            if (layer_of_link(b, link) < 0) {
                waiting = link;
            }
        }
        if (waiting >= 0) {
            stack[depth++] = waiting;
        } else {
            status = build_one(b, cell, error);
            depth--;
        }
    }
    return status;
}

static axn_status build_network(builder *b, axn_error *error)
{
    int stack[AXN_TEMPLATE_MAX_COLUMNS];
    b->cell = -1;
    if (note(b, axn_network_add_input(&b->network, b->space->input), b->space->input) < 0) {
        return axn_fail(error, AXN_ERROR_MEMORY, "out of memory for a network");
    }
    axn_status status = build_cells(b, stack, error);
    if (status != AXN_OK) {
        return status;
    }
    b->cell = -2;
    int last = b->layer_of[b->genome->output];
    if (add_dense(b, last, b->space->classes, false) < 0) {
        return axn_fail(error, AXN_ERROR_LIMIT, "the network has more than %d layers",
                        AXN_MAX_LAYERS);
    }
    return axn_network_infer(&b->network, error);
}

/* Sets each convolution's multiplier from the gene of its cell's column group. */
static void assign_multipliers(const builder *b, axn_phenotype *out)
{
    const axn_template *grid = b->space->grid;
    for (int i = 0; i < out->network.count; i++) {
        axn_layer *layer = &out->network.layers[i];
        if (layer->kind != AXN_LAYER_CONV) {
            continue;
        }
        int column = out->origin[i] / PARTS / grid->rows;
        int gene = b->genome->multipliers[column * b->space->multiplier_groups / grid->columns];
        int at = 0;
        while (at < out->multiplier_count && out->multipliers[at] != gene) {
            at++;
        }
        if (at == out->multiplier_count) {
            out->multipliers[out->multiplier_count++] = gene;
        }
        layer->multiplier = at;
        out->convolutions++;
    }
}

static uint64_t hash_integer(uint64_t hash, int value)
{
    uint8_t bytes[4] = {(uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
                        (uint8_t)(value >> 24)};
    return axn_hash(hash, bytes, sizeof bytes);
}

static uint64_t hash_network(const axn_network *network)
{
    uint64_t hash = AXN_HASH_SEED;
    for (int i = 0; i < network->count; i++) {
        const axn_layer *layer = &network->layers[i];
        hash = hash_integer(hash, (int)layer->kind);
        hash = hash_integer(hash, layer->input_count);
        for (int k = 0; k < layer->input_count; k++) {
            hash = hash_integer(hash, layer->inputs[k]);
        }
        hash = hash_integer(hash, layer->kernel_h);
        hash = hash_integer(hash, layer->stride);
        hash = hash_integer(hash, layer->units);
        hash = hash_integer(hash, layer->batch_norm);
        hash = hash_integer(hash, layer->relu);
        hash = hash_integer(hash, layer->output.height);
        hash = hash_integer(hash, layer->output.width);
        hash = hash_integer(hash, layer->output.channels);
    }
    return hash;
}

static axn_status check_limits(const axn_search_space *space, const axn_phenotype *phenotype,
                               axn_error *error)
{
    if (phenotype->convolutions < space->min_convolutions) {
        return axn_fail(error, AXN_ERROR_LIMIT,
                        "the network has %d convolutions, at least %d asked",
                        phenotype->convolutions, space->min_convolutions);
    }
    int64_t work = axn_network_multiplications(&phenotype->network, AXN_COUNT_EXACT);
    if (space->max_multiplications > 0 && work > space->max_multiplications) {
        return axn_fail(error, AXN_ERROR_LIMIT,
                        "the network has %lld multiplications, at most %lld allowed",
                        (long long)work, (long long)space->max_multiplications);
    }
    int64_t parameters = axn_network_parameters(&phenotype->network);
    if (space->max_parameters > 0 && parameters > space->max_parameters) {
        return axn_fail(error, AXN_ERROR_LIMIT,
                        "the network has %lld parameters, at most %lld allowed",
                        (long long)parameters, (long long)space->max_parameters);
    }
    return AXN_OK;
}

axn_status axn_genome_decode(const axn_search_space *space, const axn_genome *genome,
                             axn_phenotype *out, axn_error *error)
{
    builder b = {.space = space, .genome = genome};
    *out = (axn_phenotype){0};
    axn_status status = axn_allocate(&b.shapes, AXN_MAX_LAYERS, sizeof *b.shapes, "genome", error);
    if (status == AXN_OK) {
        status = axn_allocate(&b.origin, AXN_MAX_LAYERS, sizeof *b.origin, "genome", error);
    }
    if (status == AXN_OK) {
        status = axn_allocate(&b.layer_of, (size_t)genome->cell_count, sizeof *b.layer_of, "genome",
                              error);
    }
    if (status == AXN_OK) {
        for (int i = 0; i < genome->cell_count; i++) {
            b.layer_of[i] = -1;
        }
        status = build_network(&b, error);
    }
    free(b.shapes);
    free(b.layer_of);
    out->network = b.network;
    out->origin = b.origin;
    if (status == AXN_OK) {
        assign_multipliers(&b, out);
        out->hash = hash_network(&out->network);
        status = check_limits(space, out, error);
    }
    if (status != AXN_OK) {
        axn_phenotype_free(out);
    }
    return status;
}

void axn_phenotype_free(axn_phenotype *phenotype)
{
    axn_network_free(&phenotype->network);
    free(phenotype->origin);
    *phenotype = (axn_phenotype){0};
}

static bool same_weights(const axn_network *one, int i, const axn_network *other, int j)
{
    const axn_layer *a = &one->layers[i];
    const axn_layer *b = &other->layers[j];
    return a->kind == b->kind && a->units > 0 && a->units == b->units &&
           a->kernel_h == b->kernel_h && a->kernel_w == b->kernel_w &&
           axn_layer_taps(one, i) == axn_layer_taps(other, j);
}

void axn_phenotype_inherit(const axn_phenotype *parent, const axn_phenotype *child, int *map)
{
    for (int i = 0; i < child->network.count; i++) {
        map[i] = -1;
        for (int j = 0; j < parent->network.count && map[i] < 0; j++) {
            if (parent->origin[j] == child->origin[i] &&
                same_weights(&parent->network, j, &child->network, i)) {
                map[i] = j;
            }
        }
    }
}
