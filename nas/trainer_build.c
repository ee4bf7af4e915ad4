/* Lays out the trainer: shapes, the arena that holds all tensors, scratch, oneDNN. */
#include <stdlib.h>

#include "common/memory.h"
#include "nas/trainer_internal.h"

/* Hands out pieces of the arena; with base NULL it only counts. */
typedef struct cursor {
    char *base;
    int64_t at;
} cursor;

static void *take(cursor *c, int64_t count, size_t size)
{
    void *here = c->base != NULL ? c->base + c->at : NULL;
    c->at += (count * (int64_t)size + 63) / 64 * 64;
    return here;
}

static bool is_float(const axn_trainer *t)
{
    return t->config.arithmetic == AXN_ARITHMETIC_FLOAT;
}

static bool is_weighted(const axn_train_layer *l)
{
    return l->units > 0;
}

static void describe_layer(axn_trainer *t, int index)
{
    axn_train_layer *l = &t->layers[index];
    const axn_layer *layer = &t->network->layers[index];
    l->layer = layer;
    l->channels = layer->output.channels;
    l->pixels = layer->output.height * layer->output.width;
    l->size = axn_shape_size(layer->output);
    l->source = index;
    if (layer->input_count > 0) {
        l->in = t->network->layers[layer->inputs[0]].output;
    }
    if (layer->kind == AXN_LAYER_MAX_POOL) {
        l->source = t->layers[layer->inputs[0]].source;
    }
    if (layer->kind == AXN_LAYER_CONV || layer->kind == AXN_LAYER_DENSE) {
        l->units = layer->units;
        l->taps = (int)axn_layer_taps(t->network, index);
        l->classifier = index == t->network->count - 1;
    }
    l->conv =
        (axn_conv_shape){l->in.height,    l->in.width,          l->in.channels,     layer->units,
                         layer->kernel_h, layer->kernel_w,      layer->stride,      layer->pad_h,
                         layer->pad_w,    layer->output.height, layer->output.width};
    for (int i = 0; i < layer->input_count; i++) {
        l->wants_gradient |= is_weighted(l) || t->layers[layer->inputs[i]].wants_gradient;
    }
}

/* Who writes and who adds to the gradients, the last layer going first. A layer without
 * consumer gets none. */
static void order_gradients(axn_trainer *t)
{
    bool begun[AXN_MAX_LAYERS] = {false};
    begun[t->network->count - 1] = true;
    for (int index = t->network->count - 1; index > 0; index--) {
        axn_train_layer *l = &t->layers[index];
        l->wants_gradient &= begun[index];
        for (int i = 0; i < l->layer->input_count && l->wants_gradient; i++) {
            int input = l->layer->inputs[i];
            l->accumulate[i] = begun[input];
            begun[input] = true;
        }
    }
}

static void place_parameters(axn_trainer *t)
{
    int64_t at = 0;
    for (int i = 0; i < t->network->count; i++) {
        axn_train_layer *l = &t->layers[i];
        l->weights = at;
        at += (int64_t)l->units * l->taps;
    }
    t->weight_count = at;
    for (int i = 0; i < t->network->count; i++) {
        axn_train_layer *l = &t->layers[i];
        l->gain = at;
        at += l->layer->batch_norm ? l->units : 0;
        l->shift = at;
        at += l->units;
    }
    t->parameter_count = at;
}

static void take_weighted(cursor *c, axn_train_layer *l, int batch)
{
    const int64_t units = l->units, weights = units * l->taps;
    bool dense = l->layer->kind == AXN_LAYER_DENSE;
    l->weight_codes = take(c, weights, 1);
    l->weight_zero = take(c, units, 1);
    l->weight_scale = take(c, units, sizeof(float));
    l->weight_sums = take(c, units, sizeof(int32_t));
    l->weights_real = take(c, weights, sizeof(float));
    l->weights_centred = take(c, dense ? weights : 0, sizeof(int16_t));
    l->running_mean = take(c, units, sizeof(float));
    l->running_variance = take(c, units, sizeof(float));
    l->norm = take(c, units, sizeof *l->norm);
    l->slope = take(c, units, sizeof(float));
    l->offset = take(c, units, sizeof(float));
    l->inverse = take(c, units, sizeof(float));
    l->centre = take(c, units, sizeof(float));
    l->coefficients = take(c, units, sizeof *l->coefficients);
    l->gradient_sums = take(c, units * AXN_SHARDS, sizeof *l->gradient_sums);
    l->dense_input = take(c, dense ? (int64_t)batch * l->taps : 0, sizeof(int16_t));
}

/* Operand i of a SUM is larger than the sum. */
static bool is_pooled(const axn_trainer *t, const axn_train_layer *l, int i)
{
    const axn_shape x = t->network->layers[l->layer->inputs[i]].output, y = l->layer->output;
    return l->layer->kind == AXN_LAYER_SUM && (x.height != y.height || x.width != y.width);
}

static void take_float_layer(cursor *c, axn_trainer *t, int index)
{
    axn_train_layer *l = &t->layers[index];
    const int64_t whole = l->size * t->batch;
    l->codes = take(c, index == 0 ? whole : 0, 1);
    l->values = take(c, whole, sizeof(float));
    l->gradient = take(c, index > 0 ? whole : 0, sizeof(float));
    l->float_sums = take(c, is_weighted(l) ? (int64_t)l->units * AXN_SHARDS : AXN_SHARDS,
                         sizeof *l->float_sums);
    if (is_weighted(l)) {
        l->products = take(c, whole, sizeof(float));
        take_weighted(c, l, 0);
    }
    for (int i = 0; i < 2; i++) {
        if (is_pooled(t, l, i)) {
            const int64_t channels = t->layers[l->layer->inputs[i]].channels;
            l->pooled_values[i] = take(c, t->batch * channels * l->pixels, sizeof(float));
        }
    }
}

static void take_layer(cursor *c, axn_trainer *t, int index)
{
    axn_train_layer *l = &t->layers[index];
    const axn_layer_kind kind = l->layer->kind;
    const int64_t whole = l->size * t->batch;
    const bool average = kind == AXN_LAYER_AVERAGE_POOL, sum = kind == AXN_LAYER_SUM;
    l->codes = take(c, whole, 1);
    l->gradient = take(c, index > 0 ? whole : 0, sizeof(float));
    l->accumulators = take(c, is_weighted(l) || average ? whole : 0, sizeof(int32_t));
    l->inside = take(c, average || sum ? whole : 0, 1);
    l->sums =
        take(c, is_weighted(l) ? (int64_t)l->units * AXN_SHARDS : AXN_SHARDS, sizeof *l->sums);
    if (is_weighted(l)) {
        take_weighted(c, l, t->batch);
    }
    for (int i = 0; i < 2; i++) {
        if (is_pooled(t, l, i)) {
            const int64_t channels = t->layers[l->layer->inputs[i]].channels;
            l->pooled[i] = take(c, t->batch * channels * l->pixels, 1);
        }
    }
}

static void take_all(cursor *c, axn_trainer *t)
{
    for (int i = 0; i < t->network->count; i++) {
        if (is_float(t)) {
            take_float_layer(c, t, i);
        } else {
            take_layer(c, t, i);
        }
    }
    t->parameters = take(c, t->parameter_count, sizeof(float));
    t->first = take(c, t->parameter_count, sizeof(float));
    t->second = take(c, t->parameter_count, sizeof(float));
    for (int shard = 0; shard < AXN_SHARDS; shard++) {
        t->gradients[shard] = take(c, t->parameter_count, sizeof(float));
    }
    t->labels = take(c, t->batch, 1);
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* Bytes of scratch one thread needs going forward, for its share of SUM and DENSE, and for a step
 * of Muon. */
static size_t forward_scratch(const axn_trainer *t)
{
    size_t most = 0;
    for (int i = 1; i < t->network->count; i++) {
        const axn_train_layer *l = &t->layers[i];
        if (l->layer->kind == AXN_LAYER_CONV && t->config.optimiser == AXN_OPTIMISER_MUON) {
            most = larger(most, axn_muon_scratch(l->units, l->taps));
        }
        if (is_float(t)) {
            most = larger(most, axn_float_scratch(t, l, t->shard_images));
        } else if (l->layer->kind == AXN_LAYER_CONV) {
            most = larger(most, axn_conv_scratch(&l->conv, t->shard_images));
        } else if (l->layer->kind == AXN_LAYER_DENSE) {
            size_t wide = larger((size_t)l->taps, (size_t)l->units);
            most = larger(most, wide * (size_t)t->shard_images * sizeof(float));
        } else if (l->layer->kind == AXN_LAYER_SUM) {
            most = larger(most, (size_t)l->size * sizeof(float));
        }
    }
    return most;
}

/* What a backward convolution will need, before oneDNN is asked: its operands twice. */
static size_t backward_estimate(const axn_trainer *t)
{
    size_t most = 0;
    for (int i = 1; i < t->network->count; i++) {
        const axn_train_layer *l = &t->layers[i];
        if (l->layer->kind == AXN_LAYER_CONV) {
            size_t in = (size_t)axn_shape_size(l->in), out = (size_t)l->size;
            most = larger(most, (in + out) * (size_t)t->shard_images * sizeof(float) +
                                    4 * (size_t)l->units * (size_t)l->taps * sizeof(float));
        }
    }
    return most;
}

static axn_status grow_scratch(axn_trainer *t, size_t bytes, axn_error *error)
{
    if (bytes <= t->scratch_bytes) {
        return AXN_OK;
    }
    int threads = axn_pool_threads(t->pool);
    for (int i = 0; i < threads; i++) {
        free(t->scratch[i]);
        t->scratch[i] = NULL;
    }
    t->scratch_bytes = 0;
    for (int i = 0; i < threads; i++) {
        axn_status status =
            axn_allocate_aligned(&t->scratch[i], bytes, 1, "the trainer's scratch", error);
        if (status != AXN_OK) {
            return status;
        }
    }
    t->scratch_bytes = bytes;
    return AXN_OK;
}

static axn_status check_memory(const axn_trainer *t, int64_t arena, axn_error *error)
{
    int64_t scratch = (int64_t)larger(forward_scratch(t), backward_estimate(t));
    int64_t total = arena + scratch * axn_pool_threads(t->pool);
    if (total > AXN_TRAINER_MEMORY) {
        return axn_fail(error, AXN_ERROR_LIMIT,
                        "training this network with batches of %d needs %lld MiB of memory, more "
                        "than the limit of %lld MiB; choose a smaller --batch-size",
                        t->batch, (long long)(total >> 20),
                        (long long)((int64_t)AXN_TRAINER_MEMORY >> 20));
    }
    return AXN_OK;
}

static axn_status make_windows(axn_trainer *t, axn_error *error)
{
    axn_status status = AXN_OK;
    for (int i = 1; i < t->network->count && status == AXN_OK; i++) {
        axn_train_layer *l = &t->layers[i];
        if (l->layer->kind == AXN_LAYER_MAX_POOL || l->layer->kind == AXN_LAYER_AVERAGE_POOL) {
            status = axn_windows_pool(&l->windows[0], l->in, l->layer, error);
        }
        for (int o = 0; o < 2 && status == AXN_OK; o++) {
            if (is_pooled(t, l, o)) {
                const axn_shape in = t->network->layers[l->layer->inputs[o]].output;
                status = axn_windows_adaptive(&l->windows[o], in, l->layer->output, error);
            }
        }
    }
    return status;
}

axn_status axn_trainer_build(axn_trainer *trainer, axn_error *error)
{
    axn_trainer *t = trainer;
    axn_status status = axn_allocate(&t->layers, (size_t)t->network->count, sizeof *t->layers,
                                     "the trainer's layers", error);
    if (status != AXN_OK) {
        return status;
    }
    for (int i = 0; i < t->network->count; i++) {
        describe_layer(t, i);
    }
    order_gradients(t);
    place_parameters(t);
    cursor count = {0};
    take_all(&count, t);
    status = check_memory(t, count.at, error);
    if (status == AXN_OK) {
        status = axn_allocate_aligned(&t->arena, (size_t)count.at, 1, "the trainer", error);
    }
    if (status != AXN_OK) {
        return status;
    }
    t->arena_bytes = count.at;
    cursor c = {.base = t->arena};
    take_all(&c, t);
    int threads = axn_pool_threads(t->pool);
    status = axn_allocate(&t->scratch, (size_t)threads, sizeof *t->scratch, "scratch", error);
    if (status == AXN_OK) {
        status = grow_scratch(t, forward_scratch(t), error);
    }
    if (status == AXN_OK) {
        status = axn_onednn_create(threads, &t->onednn, error);
    }
    if (status == AXN_OK) {
        status = make_windows(t, error);
    }
    return status == AXN_OK ? axn_conv_gradient_create(t, error) : status;
}

static void free_convolutions(axn_trainer *t)
{
    for (int i = 0; i < t->network->count; i++) {
        for (int k = 0; k < 2; k++) {
            axn_float_conv_free(t->layers[i].convolution[k]);
            t->layers[i].convolution[k] = NULL;
        }
    }
    t->prepared_images = 0;
}

axn_status axn_trainer_prepare(axn_trainer *trainer, int images, axn_error *error)
{
    axn_trainer *t = trainer;
    const int most = (images + AXN_SHARDS - 1) / AXN_SHARDS;
    const bool fewer = images % AXN_SHARDS != 0;
    if (most == t->prepared_images && (t->prepared_fewer || !fewer)) {
        return AXN_OK;
    }
    free_convolutions(t);
    size_t scratch = t->scratch_bytes;
    for (int i = 1; i < t->network->count; i++) {
        axn_train_layer *l = &t->layers[i];
        if (l->layer->kind != AXN_LAYER_CONV || !(l->wants_gradient || is_float(t))) {
            continue;
        }
        for (int k = 0; k < 2; k++) {
            int n = most - 1 + k;
            if (n == 0 || (k == 0 && !fewer)) {
                continue;
            }
            const bool back = t->layers[l->layer->inputs[0]].wants_gradient;
            const int sets = l->slopes != NULL ? l->slopes->activation.terms : 1;
            const axn_float_conv_use use = {
                .images = n, .forward = is_float(t), .input_gradients = back ? sets : 0};
            axn_status status =
                axn_float_conv_create(t->onednn, &l->conv, use, &l->convolution[k], error);
            if (status != AXN_OK) {
                return axn_error_prefix(error, "layer %s", l->layer->name);
            }
            const size_t own = is_float(t) ? axn_float_scratch(t, l, n)
                                           : axn_conv_gradient_floats(l, n) * sizeof(float);
            scratch = larger(scratch, own + axn_float_conv_scratch(l->convolution[k]));
        }
    }
    axn_status status = grow_scratch(t, scratch, error);
    t->prepared_images = status == AXN_OK ? most : 0;
    t->prepared_fewer = fewer;
    return status;
}

int64_t axn_trainer_bytes(const axn_trainer *trainer)
{
    const axn_trainer *t = trainer;
    int64_t bytes = t->arena_bytes + (int64_t)t->scratch_bytes * axn_pool_threads(t->pool);
    for (int i = 0; i < t->network->count; i++) {
        for (int k = 0; k < 2; k++) {
            bytes += (int64_t)axn_float_conv_bytes(t->layers[i].convolution[k]);
        }
    }
    return bytes;
}

void axn_trainer_release(axn_trainer *trainer)
{
    axn_trainer *t = trainer;
    if (t->layers != NULL) {
        free_convolutions(t);
        for (int i = 0; i < t->network->count; i++) {
            axn_windows_free(&t->layers[i].windows[0]);
            axn_windows_free(&t->layers[i].windows[1]);
        }
    }
    axn_conv_gradient_free(t);
    axn_onednn_free(t->onednn);
    for (int i = 0; t->scratch != NULL && i < axn_pool_threads(t->pool); i++) {
        free(t->scratch[i]);
    }
    free(t->scratch);
    free(t->arena);
    free(t->layers);
}
