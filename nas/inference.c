#include "nas/inference.h"

#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "nas/inference_internal.h"

enum {
    BATCH = 32,
    TILE = 2048,
    TILE_BYTES = 1 << 20,          /* of columns, to stay in the second-level cache */
    SCRATCH_BYTES = 64 * (1 << 20) /* of maps a thread; a batch is cut to fit */
};

uint8_t *axn_inference_map(const axn_inference *inference, const axn_inference_scratch *scratch,
                           int layer)
{
    return scratch->slots[inference->slot[layer]];
}

static bool is_product(const axn_layer *layer)
{
    return layer->kind == AXN_LAYER_CONV || layer->kind == AXN_LAYER_DENSE;
}

/* Gives every map a slot that no map alive at the same time has. */
static axn_status assign_slots(axn_inference *inference, axn_error *error)
{
    const axn_network *network = &inference->model->network;
    int *last_use = NULL, *busy_until = NULL;
    size_t count = (size_t)network->count;
    axn_status status = axn_allocate(&last_use, count, sizeof *last_use, "a plan", error);
    if (status == AXN_OK) {
        status = axn_allocate(&busy_until, count, sizeof *busy_until, "a plan", error);
    }
    for (int i = 0; i < network->count && status == AXN_OK; i++) {
        for (int j = 0; j < network->layers[i].input_count; j++) {
            last_use[network->layers[i].inputs[j]] = i;
        }
        busy_until[i] = -1;
    }
    for (int i = 0; i < network->count && status == AXN_OK; i++) {
        int64_t size = axn_shape_size(network->layers[i].output);
        int chosen = 0;
        while (chosen < inference->slot_count && busy_until[chosen] >= i) {
            chosen++;
        }
        if (chosen == inference->slot_count) {
            inference->slot_count++;
        }
        inference->slot[i] = chosen;
        busy_until[chosen] = last_use[i] > i ? last_use[i] : i;
        if (inference->slot_size[chosen] < size) {
            inference->slot_size[chosen] = size;
        }
    }
    free(last_use);
    free(busy_until);
    return status;
}

static axn_status use_table(axn_inference *inference, const axn_table *tables,
                            const axn_layer *layer, const axn_kernel_table **out, axn_error *error)
{
    if (layer->kind == AXN_LAYER_DENSE) {
        *out = inference->exact;
        return AXN_OK;
    }
    if (layer->multiplier < 0 || layer->multiplier >= inference->model->multiplier_count) {
        return axn_fail(error, AXN_ERROR_FORMAT, "layer \"%s\" uses multiplier %d of %d",
                        layer->name, layer->multiplier, inference->model->multiplier_count);
    }
    axn_kernel_table **table =
        &inference->table[layer->multiplier * 2 + (layer->swap_operands ? 1 : 0)];
    if (*table == NULL) {
        axn_status status = axn_kernel_table_create(tables[layer->multiplier].product,
                                                    layer->swap_operands, table, error);
        if (status != AXN_OK) {
            return status;
        }
    }
    *out = *table;
    return AXN_OK;
}

/* What is constant of each channel's accumulator and requantisation. */
static void plan_channels(const axn_inference *inference, int layer, int zero_point)
{
    axn_inference_product *product = &inference->products[layer];
    const axn_model_layer *quantised = &inference->model->layers[layer];
    int64_t largest = INT64_C(2) * 65535 * product->taps;
    product->requantise = axn_requantise_narrow();
    for (int m = 0; m < product->units; m++) {
        axn_requantisation *r = &product->channel[m];
        int64_t weight_sum = 0;
        for (int k = 0; k < product->taps; k++) {
            weight_sum += quantised->weights[(int64_t)m * product->taps + k];
        }
        r->weight_zero = quantised->weight_zero[m];
        r->constant = (int64_t)product->taps * zero_point * r->weight_zero -
                      zero_point * weight_sum + quantised->bias[m];
        if (quantised->requantisations > 0) {
            r->mantissa = quantised->mantissa[m];
            r->shift = quantised->shift[m];
            r->zero_point = quantised->output.zero_point;
            r->low = quantised->low;
        }
        if (llabs((long long)quantised->bias[m]) + largest > INT32_MAX) {
            product->requantise = axn_requantise_plain;
        }
    }
}

static axn_status plan_product(axn_inference *inference, const axn_table *tables, int layer,
                               axn_error *error)
{
    const axn_network *network = &inference->model->network;
    const axn_layer *at = &network->layers[layer];
    axn_shape in = network->layers[at->inputs[0]].output;
    axn_inference_product *product = &inference->products[layer];
    product->taps = (int)axn_layer_taps(network, layer);
    product->units = at->units;
    product->tile = TILE_BYTES / product->taps / 64 * 64;
    product->tile = product->tile < 64 ? 64 : product->tile > TILE ? TILE : product->tile;
    product->im2col =
        (axn_im2col){in.height,  in.width,  in.channels, at->kernel_h,      at->kernel_w,
                     at->stride, at->pad_h, at->pad_w,   at->output.height, at->output.width};
    axn_status status = axn_allocate(&product->channel, (size_t)at->units, sizeof *product->channel,
                                     "a plan", error);
    if (status == AXN_OK) {
        status = use_table(inference, tables, at, &product->table, error);
    }
    if (status == AXN_OK) {
        int input = at->inputs[0];
        plan_channels(inference, layer, inference->model->layers[input].output.zero_point);
    }
    return status;
}

/* Largest needs over the product layers. */
typedef struct scratch_size {
    int64_t planes, pixels, x, sum, tile;
} scratch_size;

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static scratch_size measure(const axn_inference *inference)
{
    scratch_size size = {0, 0, 0, 0, 0};
    for (int i = 0; i < inference->model->network.count; i++) {
        const axn_layer *layer = &inference->model->network.layers[i];
        const axn_inference_product *product = &inference->products[i];
        if (!is_product(layer)) {
            continue;
        }
        size.x = larger(size.x, (int64_t)product->taps * product->tile);
        size.sum = larger(size.sum, (int64_t)product->units * product->tile);
        size.tile = larger(size.tile, product->tile);
        if (layer->kind == AXN_LAYER_CONV) {
            int64_t planes = axn_planes_size(&product->im2col);
            size.planes = larger(size.planes, planes);
            size.pixels = larger(size.pixels, planes / product->im2col.channels);
        }
    }
    return size;
}

axn_status axn_inference_allocate(axn_inference *inference, axn_error *error)
{
    scratch_size size = measure(inference);
    int64_t image_bytes = size.planes + 4 * size.pixels;
    for (int i = 0; i < inference->slot_count; i++) {
        image_bytes += inference->slot_size[i];
    }
    int64_t batch = SCRATCH_BYTES / larger(image_bytes, 1);
    inference->batch = batch < 1 ? 1 : batch > BATCH ? BATCH : (int)batch;
    size_t images = (size_t)inference->batch;
    axn_status status = AXN_OK;
    for (int t = 0; t < inference->threads && status == AXN_OK; t++) {
        axn_inference_scratch *scratch = &inference->scratch[t];
        struct {
            void *out;
            size_t count, size;
        } arrays[] = {{&scratch->planes, images * (size_t)size.planes, 1},
                      {&scratch->pixel_sum, images * (size_t)size.pixels, sizeof(int32_t)},
                      {&scratch->x, (size_t)size.x, 1},
                      {&scratch->sum, (size_t)size.sum, sizeof(int32_t)},
                      {&scratch->tap_sum, (size_t)size.tile, sizeof(int32_t)}};
        for (size_t i = 0; i < sizeof arrays / sizeof arrays[0] && status == AXN_OK; i++) {
            status = axn_allocate_aligned(arrays[i].out, arrays[i].count, arrays[i].size,
                                          "inference buffers", error);
        }
        if (status == AXN_OK) {
            status = axn_allocate(&scratch->slots, (size_t)inference->slot_count,
                                  sizeof *scratch->slots, "inference buffers", error);
        }
        for (int i = 0; i < inference->slot_count && status == AXN_OK; i++) {
            status =
                axn_allocate_aligned(&scratch->slots[i], images * (size_t)inference->slot_size[i],
                                     1, "inference buffers", error);
        }
    }
    return status;
}

static axn_status allocate_plan(axn_inference *inference, axn_error *error)
{
    size_t count = (size_t)inference->model->network.count;
    size_t tables = (size_t)inference->model->multiplier_count * 2;
    size_t threads = (size_t)inference->threads;
    axn_status status =
        axn_allocate(&inference->products, count, sizeof *inference->products, "a plan", error);
    if (status == AXN_OK) {
        status = axn_allocate(&inference->slot, count, sizeof *inference->slot, "a plan", error);
    }
    if (status == AXN_OK) {
        status = axn_allocate(&inference->slot_size, count, sizeof *inference->slot_size, "a plan",
                              error);
    }
    if (status == AXN_OK) {
        status =
            axn_allocate(&inference->table, tables, sizeof(axn_kernel_table *), "a plan", error);
    }
    if (status == AXN_OK) {
        status =
            axn_allocate(&inference->scratch, threads, sizeof *inference->scratch, "a plan", error);
    }
    return status;
}

/* The table of exact products, for DENSE. */
static axn_status create_exact(axn_inference *inference, axn_error *error)
{
    axn_table *exact = NULL;
    axn_status status = axn_allocate(&exact, 1, sizeof *exact, "a table", error);
    if (status == AXN_OK) {
        axn_table_exact(exact);
        status = axn_kernel_table_create(exact->product, 0, &inference->exact, error);
    }
    free(exact);
    return status;
}

axn_status axn_inference_plan(const axn_model *model, const axn_table *tables, axn_pool *pool,
                              axn_inference **out, axn_error *error)
{
    axn_inference *inference = NULL;
    axn_status status = axn_allocate(&inference, 1, sizeof *inference, "inference", error);
    if (status != AXN_OK) {
        return status;
    }
    inference->model = model;
    inference->pool = pool;
    inference->threads = axn_pool_threads(pool);
    status = axn_kernel_select(NULL, &inference->gemm, NULL, error);
    if (status == AXN_OK) {
        status = allocate_plan(inference, error);
    }
    if (status == AXN_OK) {
        status = create_exact(inference, error);
    }
    for (int i = 0; i < model->network.count && status == AXN_OK; i++) {
        if (is_product(&model->network.layers[i])) {
            status = plan_product(inference, tables, i, error);
        }
    }
    if (status != AXN_OK) {
        axn_inference_free(inference);
        return status;
    }
    *out = inference;
    return AXN_OK;
}

axn_status axn_inference_create(const axn_model *model, const axn_table *tables, axn_pool *pool,
                                axn_inference **out, axn_error *error)
{
    axn_inference *inference = NULL;
    axn_status status = axn_inference_plan(model, tables, pool, &inference, error);
    if (status == AXN_OK) {
        status = assign_slots(inference, error);
    }
    if (status == AXN_OK) {
        status = axn_inference_allocate(inference, error);
    }
    if (status != AXN_OK) {
        axn_inference_free(inference);
        return status;
    }
    *out = inference;
    return AXN_OK;
}

axn_status axn_inference_keep_maps(axn_inference *inference, axn_error *error)
{
    const axn_network *network = &inference->model->network;
    for (int i = 0; i < network->count; i++) {
        inference->slot[i] = i;
        inference->slot_size[i] = axn_shape_size(network->layers[i].output);
    }
    inference->slot_count = network->count;
    return axn_inference_allocate(inference, error);
}

static void free_scratch(const axn_inference *inference, axn_inference_scratch *scratch)
{
    for (int i = 0; scratch->slots != NULL && i < inference->slot_count; i++) {
        free(scratch->slots[i]);
    }
    free(scratch->slots);
    free(scratch->planes);
    free(scratch->pixel_sum);
    free(scratch->x);
    free(scratch->sum);
    free(scratch->tap_sum);
}

void axn_inference_free(axn_inference *inference)
{
    if (inference == NULL) {
        return;
    }
    for (int t = 0; inference->scratch != NULL && t < inference->threads; t++) {
        free_scratch(inference, &inference->scratch[t]);
    }
    for (int i = 0; inference->products != NULL && i < inference->model->network.count; i++) {
        free(inference->products[i].channel);
    }
    for (int i = 0; inference->table != NULL && i < inference->model->multiplier_count * 2; i++) {
        axn_kernel_table_free(inference->table[i]);
    }
    axn_kernel_table_free(inference->exact);
    free(inference->scratch);
    free(inference->products);
    free(inference->table);
    free(inference->slot);
    free(inference->slot_size);
    free(inference);
}
