#include "flows/training_products.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/interrupt.h"
#include "common/memory.h"
#include "nas/correct.h"
#include "nas/inference.h"

static bool order_is(const axn_training *t, const char *word)
{
    return strcmp(t->corrections.operand_order, word) == 0;
}

static bool mapping_is(const axn_training *t, const char *word)
{
    return strcmp(t->corrections.map_weights, word) == 0;
}

bool axn_training_products_wanted(const axn_training *t)
{
    return t->config.arithmetic == AXN_ARITHMETIC_QUANTISED &&
           (!order_is(t, "as-is") || !mapping_is(t, "none"));
}

void axn_training_products_free(axn_training_products *products)
{
    axn_network_free(&products->network);
    free(products->tables);
    free((void *)products->names);
    free((void *)products->maps);
    *products = (axn_training_products){0};
}

static bool go_on(void *context, int epoch, long done, long total, double loss)
{
    (void)epoch;
    (void)loss;
    (void)total;
    axn_progress_update(context, done, NULL);
    return !axn_interrupted();
}

/* A network that has learned something, in fp32, as a model. */
static axn_status train_trial(const axn_training *t, const uint32_t *images, int count,
                              axn_pool *pool, axn_model *model, axn_error *error)
{
    axn_trainer *trainer = NULL;
    axn_progress progress;
    axn_epoch_result result = {.finite = true};
    axn_trainer_config config = t->config;
    config.arithmetic = AXN_ARITHMETIC_FLOAT;
    config.epochs = 1;
    count = count < AXN_TRAINING_TRIAL ? count : AXN_TRAINING_TRIAL;
    axn_status status = axn_trainer_create(t->network, t->tables, t->multiplier_count, t->dataset,
                                           &config, pool, &trainer, error);
    if (status == AXN_OK) {
        axn_progress_start(&progress, "trial", count);
        status = axn_trainer_epoch(trainer, images, count, go_on, &progress, &result, error);
        axn_progress_end(&progress, NULL);
    }
    if (status == AXN_OK && !result.finite) {
        status = axn_fail(error, AXN_ERROR_LIMIT,
                          "training diverged in its trial epoch (the loss is not finite); try a "
                          "smaller --learning-rate");
    }
    if (status == AXN_OK) {
        status = axn_trainer_quantise(trainer, t->multipliers, model, error);
    }
    axn_trainer_free(trainer);
    return status;
}

typedef struct trial {
    axn_model model;
    axn_correction_result orders;
    uint64_t *joint; /* [network.count][65536] */
    int images;      /* used for either */
} trial;

static axn_status find_orders(const axn_training *t, const uint32_t *images, int count,
                              axn_pool *pool, trial *out, axn_error *error)
{
    axn_correction_options order = t->corrections;
    order.map_weights = "none";
    order.correct_bias = false;
    order.reestimate_norm = false;
    axn_status status = axn_correction_run(&order, &out->model, t->tables, NULL, t->dataset, images,
                                           count, pool, &out->orders, error);
    out->images = out->orders.images;
    return status;
}

static axn_status find_histograms(const axn_training *t, const uint32_t *images, int count,
                                  axn_pool *pool, trial *out, axn_error *error)
{
    const uint8_t **chosen = NULL;
    int used = 0;
    axn_inference *inference = NULL;
    axn_status status = axn_allocate(&out->joint, (size_t)out->model.network.count * 65536,
                                     sizeof *out->joint, "operand histograms", error);
    if (status == AXN_OK) {
        status =
            axn_calibration_images(t->dataset, images, count,
                                   (int)t->corrections.calibration_images, &chosen, &used, error);
    }
    if (status == AXN_OK) {
        status = axn_inference_create(&out->model, t->tables, pool, &inference, error);
    }
    if (status == AXN_OK) {
        status = axn_inference_histogram(inference, chosen, used, out->joint, error);
    }
    out->images = used;
    axn_inference_free(inference);
    free((void *)chosen);
    return status;
}

static axn_status run_trial(const axn_training *t, const uint32_t *images, int count,
                            axn_pool *pool, trial *out, axn_error *error)
{
    const bool best = order_is(t, "best"), histogram = mapping_is(t, "histogram");
    axn_status status = AXN_OK;
    if (best || histogram) {
        status = train_trial(t, images, count, pool, &out->model, error);
    }
    if (status == AXN_OK && best) {
        status = find_orders(t, images, count, pool, out, error);
    }
    return status == AXN_OK && histogram ? find_histograms(t, images, count, pool, out, error)
                                         : status;
}

/* The map of one convolution and its table, as the trainer takes it. */
static void map_layer(const axn_training *t, const trial *seen, int layer, axn_training_products *p,
                      axn_table scratch[2])
{
    const axn_layer *conv = &p->network.layers[layer];
    const axn_table *own = &t->tables[t->network->layers[layer].multiplier];
    axn_table *seen_way = &scratch[0], *mapped = &scratch[1];
    uint64_t activations[256] = {0};
    for (int i = 0; seen->joint != NULL && i < 65536; i++) {
        activations[i / 256] += seen->joint[(size_t)layer * 65536 + (size_t)i];
    }
    if (conv->swap_operands) {
        axn_table_transpose(own, seen_way);
    } else {
        *seen_way = *own;
    }
    axn_weight_map(NULL, seen_way, seen->joint != NULL ? activations : NULL, p->maps[layer]);
    axn_table_map_weights(seen_way, p->maps[layer], mapped);
    if (conv->swap_operands) {
        axn_table_transpose(mapped, &p->tables[conv->multiplier]);
    } else {
        p->tables[conv->multiplier] = *mapped;
    }
}

/* A table for each convolution. */
static axn_status map_layers(const axn_training *t, const trial *seen, axn_training_products *p,
                             axn_error *error)
{
    axn_table *scratch = NULL;
    axn_status status = axn_allocate(&p->maps, (size_t)p->network.count, sizeof *p->maps,
                                     "maps of weight codes", error);
    if (status == AXN_OK) {
        status = axn_allocate(&scratch, 2, sizeof *scratch, "a multiplier table", error);
    }
    p->count = 0;
    for (int i = 0; i < p->network.count && status == AXN_OK; i++) {
        if (p->network.layers[i].kind == AXN_LAYER_CONV) {
            p->names[p->count] = t->multipliers[p->network.layers[i].multiplier];
            p->network.layers[i].multiplier = p->count++;
            map_layer(t, seen, i, p, scratch);
        }
    }
    free(scratch);
    return status;
}

static void set_orders(const axn_training *t, const trial *seen, axn_training_products *p)
{
    for (int i = 0; i < p->network.count; i++) {
        axn_layer *layer = &p->network.layers[i];
        if (layer->kind == AXN_LAYER_CONV) {
            bool other = seen->orders.layers != NULL ? seen->orders.layers[i].swapped
                                                     : order_is(t, "swapped");
            layer->swap_operands = layer->swap_operands != other;
        }
    }
}

/* Room for a table of each multiplier, or of each convolution where codes are mapped. */
static axn_status make_tables(const axn_training *t, axn_training_products *p, axn_error *error)
{
    int convolutions = 0;
    for (int i = 0; i < p->network.count; i++) {
        convolutions += p->network.layers[i].kind == AXN_LAYER_CONV;
    }
    if (convolutions > AXN_MODEL_MAX_MULTIPLIERS && !mapping_is(t, "none")) {
        return axn_fail(error, AXN_ERROR_LIMIT,
                        "--map-weights trains networks of at most %d convolutions, not %d",
                        AXN_MODEL_MAX_MULTIPLIERS, convolutions);
    }
    const int room = convolutions > t->multiplier_count ? convolutions : t->multiplier_count;
    axn_status status =
        axn_allocate(&p->tables, (size_t)room, sizeof *p->tables, "multiplier tables", error);
    if (status == AXN_OK) {
        status = axn_allocate(&p->names, (size_t)room, sizeof *p->names, "their names", error);
    }
    for (int i = 0; i < t->multiplier_count && status == AXN_OK; i++) {
        p->tables[i] = t->tables[i];
        p->names[i] = t->multipliers[i];
    }
    p->count = t->multiplier_count;
    return status;
}

axn_status axn_training_products_choose(const axn_training *training, const uint32_t *images,
                                        int count, axn_pool *pool, axn_training_products *out,
                                        axn_error *error)
{
    trial seen = {0};
    axn_status status = axn_network_copy(training->network, &out->network, error);
    if (status == AXN_OK) {
        status = make_tables(training, out, error);
    }
    if (status == AXN_OK) {
        status = run_trial(training, images, count, pool, &seen, error);
    }
    if (status == AXN_OK) {
        set_orders(training, &seen, out);
    }
    if (status == AXN_OK && !mapping_is(training, "none")) {
        status = map_layers(training, &seen, out, error);
    }
    out->images = seen.images;
    axn_correction_result_free(&seen.orders);
    axn_model_free(&seen.model);
    free(seen.joint);
    return status;
}

static int64_t count_mapped(const axn_model *model, int layer, const uint8_t map[256])
{
    int64_t mapped = 0;
    for (int64_t i = 0; i < axn_model_weight_count(model, layer); i++) {
        const uint8_t code = model->layers[layer].weights[i];
        mapped += map[code] != code;
    }
    return mapped;
}

/* The multipliers of the training in place of the tables made from them. */
static axn_status own_multipliers(const axn_training *t, axn_model *model, axn_error *error)
{
    const uint16_t **products = NULL;
    axn_status status = axn_allocate(&products, (size_t)t->multiplier_count, sizeof *products,
                                     "multiplier tables", error);
    if (status != AXN_OK) {
        return status;
    }
    model->multiplier_count = t->multiplier_count;
    memset(model->multipliers, 0, sizeof model->multipliers);
    for (int i = 0; i < t->multiplier_count; i++) {
        products[i] = t->tables[i].product;
        snprintf(model->multipliers[i].name, AXN_NAME_MAX, "%s", t->multipliers[i]);
        model->multipliers[i].hash = axn_table_hash(&t->tables[i]);
    }
    axn_model_prove(model, products);
    free((void *)products);
    return axn_model_check(model, error);
}

axn_status axn_training_products_finish(const axn_training *training,
                                        const axn_training_products *products, axn_model *model,
                                        axn_correction_result *result, axn_error *error)
{
    const int count = model->network.count;
    axn_status status =
        axn_allocate(&result->layers, (size_t)count, sizeof *result->layers, "layers", error);
    result->layer_count = status == AXN_OK ? count : 0;
    result->images = products->images;
    for (int i = 0; i < count && status == AXN_OK; i++) {
        axn_layer *layer = &model->network.layers[i];
        axn_corrected_layer *done = &result->layers[i];
        if (layer->kind != AXN_LAYER_CONV) {
            continue;
        }
        done->convolution = true;
        done->swapped = layer->swap_operands != training->network->layers[i].swap_operands;
        layer->multiplier = training->network->layers[i].multiplier;
        if (products->maps != NULL) {
            done->mapped = count_mapped(model, i, products->maps[i]);
            status = axn_model_map_weights(model, i, products->maps[i], error);
        }
    }
    return status == AXN_OK ? own_multipliers(training, model, error) : status;
}
