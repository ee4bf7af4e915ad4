/* Quantisation-aware training: creation, epochs, validation. */
#include "nas/trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "common/random.h"
#include "nas/trainer_config.h"
#include "nas/trainer_internal.h"

/* Does the network fit the images and the tables? */
static axn_status check_network(const axn_network *network, int table_count,
                                const axn_dataset *dataset, axn_error *error)
{
    const axn_shape shape = network->layers[0].output, images = dataset->shape;
    const axn_layer *last = &network->layers[network->count - 1];
    if (shape.height != images.height || shape.width != images.width ||
        shape.channels != images.channels) {
        return axn_fail(error, AXN_ERROR_USAGE,
                        "the network takes images of %dx%dx%d, dataset %s has %dx%dx%d",
                        shape.height, shape.width, shape.channels, dataset->name, images.height,
                        images.width, images.channels);
    }
    if (last->kind != AXN_LAYER_DENSE || last->units != dataset->classes) {
        return axn_fail(error, AXN_ERROR_USAGE,
                        "the network tells %d classes apart, dataset %s has %d", last->units,
                        dataset->name, dataset->classes);
    }
    for (int i = 0; i < network->count; i++) {
        const axn_layer *layer = &network->layers[i];
        if (layer->kind == AXN_LAYER_CONV &&
            (layer->multiplier < 0 || layer->multiplier >= table_count)) {
            return axn_fail(error, AXN_ERROR_USAGE, "layer %s uses multiplier %d of %d",
                            layer->name, layer->multiplier, table_count);
        }
    }
    return AXN_OK;
}

/* The tier of the class, though each gives the same sums; AXNAS_KERNEL goes before. */
static axn_status select_kernel(axn_trainer *t, axn_error *error)
{
    const char *forced = getenv("AXNAS_KERNEL");
    const char *name = forced != NULL && forced[0] != '\0' ? NULL
                       : t->config.isa == AXN_ISA_AVX2     ? "avx2"
                       : t->config.isa == AXN_ISA_PORTABLE ? "portable"
                                                           : NULL;
    return axn_kernel_select(name, &t->gemm, NULL, error);
}

static axn_status make_kernel_tables(axn_trainer *t, axn_error *error)
{
    axn_status status = select_kernel(t, error);
    if (status == AXN_OK) {
        status = axn_allocate(&t->kernel_tables, 2 * (size_t)t->table_count,
                              sizeof(axn_kernel_table *), "multiplier tables", error);
    }
    for (int i = 0; i < t->network->count && status == AXN_OK; i++) {
        const axn_layer *layer = &t->network->layers[i];
        if (layer->kind != AXN_LAYER_CONV) {
            continue;
        }
        axn_kernel_table **table = &t->kernel_tables[2 * layer->multiplier + layer->swap_operands];
        if (*table == NULL) {
            status = axn_kernel_table_create(t->tables[layer->multiplier].product,
                                             layer->swap_operands, table, error);
        }
    }
    return status;
}

/* He et al. 2015: normal with variance 2 / K; gains 1, shifts 0. */
static void initialise(axn_trainer *t)
{
    for (int i = 0; i < t->network->count; i++) {
        const axn_train_layer *l = &t->layers[i];
        axn_random random =
            axn_random_stream(t->config.seed, AXN_RANDOM_WEIGHTS, t->config.stream, (uint32_t)i);
        double deviation = l->taps > 0 ? sqrt((l->classifier ? 1.0 : 2.0) / l->taps) : 0;
        for (int64_t w = 0; w < (int64_t)l->units * l->taps; w++) {
            t->parameters[l->weights + w] = (float)(deviation * axn_random_normal(&random));
        }
        for (int unit = 0; unit < l->units; unit++) {
            if (l->layer->batch_norm) {
                t->parameters[l->gain + unit] = 1.0F;
            }
            l->running_variance[unit] = 1.0F;
        }
    }
}

/* Codes of the input are the bytes of the image, real = byte / deviation. Zero point 0: black
 * borders cost nothing, and the first batch norm takes the mean away (measured against a zero
 * point at the mean: as accurate or better). */
static void set_input(axn_trainer *t)
{
    const double deviation = t->dataset->deviation;
    t->layers[0].output = (axn_quantisation){1 / (deviation > 1 ? deviation : 1), 0};
}

axn_status axn_trainer_create(const axn_network *network, const axn_table *tables, int table_count,
                              const axn_dataset *dataset, const axn_trainer_config *config,
                              axn_pool *pool, axn_trainer **out, axn_error *error)
{
    axn_status status = axn_trainer_config_check(config, error);
    if (status == AXN_OK) {
        status = check_network(network, table_count, dataset, error);
    }
    if (status == AXN_OK) {
        status = axn_isa_use(config->isa, error);
    }
    if (status != AXN_OK) {
        return status;
    }
    axn_trainer *t = NULL;
    status = axn_allocate(&t, 1, sizeof *t, "the trainer", error);
    if (status != AXN_OK) {
        return status;
    }
    t->network = network;
    t->tables = tables;
    t->table_count = table_count;
    t->dataset = dataset;
    t->config = *config;
    t->pool = pool;
    t->batch = config->batch_size;
    t->shard_images = (t->batch + AXN_SHARDS - 1) / AXN_SHARDS;
    status = axn_trainer_build(t, error);
    if (status == AXN_OK) {
        status = make_kernel_tables(t, error);
    }
    if (status == AXN_OK) {
        status = axn_trainer_plan(t, error);
    }
    if (status != AXN_OK) {
        axn_trainer_free(t);
        return status;
    }
    initialise(t);
    set_input(t);
    *out = t;
    return AXN_OK;
}

void axn_trainer_free(axn_trainer *trainer)
{
    if (trainer == NULL) {
        return;
    }
    axn_trainer_release(trainer);
    for (int i = 0; trainer->kernel_tables != NULL && i < 2 * trainer->table_count; i++) {
        axn_kernel_table_free(trainer->kernel_tables[i]);
    }
    free(trainer->kernel_tables);
    free(trainer->forward.steps);
    free(trainer->backward.steps);
    free(trainer);
}

/* One batch forward; its hits and its mean loss. */
static axn_status forward(axn_trainer *t, const uint32_t *indices, int images, bool training,
                          double *loss, int *correct, axn_error *error)
{
    t->indices = indices;
    t->images = images;
    t->training = training;
    axn_status status = axn_trainer_prepare_weights(t, error);
    if (status == AXN_OK) {
        status = axn_trainer_run_plan(t, &t->forward, error);
    }
    *loss = 0;
    *correct = 0;
    for (int shard = 0; shard < AXN_SHARDS && status == AXN_OK; shard++) {
        *loss += t->loss[shard] / images;
        *correct += t->correct[shard];
    }
    return status;
}

/* Codes hide what is not a number, so the parameters themselves are looked at. */
static bool parameters_finite(const axn_trainer *t)
{
    float sum = 0;
    for (int64_t i = 0; i < t->parameter_count; i++) {
        sum += 0.0F * t->parameters[i];
    }
    return sum == 0.0F;
}

typedef struct epoch_state {
    const uint32_t *order;
    int batch, batches;
    long done;
    double loss;
    long correct;
} epoch_state;

static axn_status train_batches(axn_trainer *t, epoch_state *e, axn_trainer_report *report,
                                void *context, axn_epoch_result *result, axn_error *error)
{
    const long total = (long)e->batches * e->batch;
    const int64_t steps = (int64_t)e->batches * t->config.epochs;
    for (int b = 0; b < e->batches; b++) {
        double loss = 0;
        int correct = 0;
        axn_status status =
            forward(t, e->order + (ptrdiff_t)b * e->batch, e->batch, true, &loss, &correct, error);
        if (status != AXN_OK) {
            return status;
        }
        e->loss += loss;
        if (!isfinite(loss)) {
            result->finite = false;
            return AXN_OK;
        }
        status = axn_trainer_run_plan(t, &t->backward, error);
        if (status != AXN_OK) {
            return status;
        }
        axn_optimiser_step(t, axn_learning_rate(&t->config, t->step, steps));
        t->step++;
        e->correct += correct;
        e->done += e->batch;
        bool tell = (b + 1) % AXN_TRAINER_REPORT == 0 || b + 1 == e->batches;
        if (tell && !parameters_finite(t)) {
            result->finite = false;
            return AXN_OK;
        }
        if (tell && report != NULL &&
            !report(context, t->epoch, e->done, total, e->loss / (b + 1))) {
            return axn_fail(error, AXN_ERROR_INTERRUPTED, "training was stopped");
        }
    }
    return AXN_OK;
}

axn_status axn_trainer_epoch(axn_trainer *trainer, const uint32_t *indices, int count,
                             axn_trainer_report *report, void *context, axn_epoch_result *result,
                             axn_error *error)
{
    if (count < 2) {
        return axn_fail(error, AXN_ERROR_USAGE, "training needs at least 2 images, not %d", count);
    }
    epoch_state e = {.batch = count < trainer->batch ? count : trainer->batch};
    e.batches = count / e.batch;
    *result = (axn_epoch_result){.epoch = trainer->epoch, .finite = true};
    axn_status status = axn_trainer_prepare(trainer, e.batch, error);
    uint32_t *order = NULL;
    if (status == AXN_OK) {
        status = axn_allocate(&order, (size_t)count, sizeof *order, "the order of images", error);
    }
    if (status != AXN_OK) {
        return status;
    }
    memcpy(order, indices, (size_t)count * sizeof *order);
    axn_random random = axn_random_stream(trainer->config.seed, AXN_RANDOM_SHUFFLE,
                                          trainer->config.stream, (uint32_t)trainer->epoch);
    axn_random_shuffle(&random, order, (uint32_t)count);
    e.order = order;
    status = train_batches(trainer, &e, report, context, result, error);
    free(order);
    result->loss = e.loss / e.batches;
    result->accuracy = e.done > 0 ? (double)e.correct / (double)e.done : 0;
    if (status == AXN_OK && result->finite) {
        trainer->epoch++;
    }
    return status;
}

axn_status axn_trainer_validate(axn_trainer *trainer, const uint32_t *indices, int count,
                                double *accuracy, axn_error *error)
{
    long hits = 0;
    for (int at = 0; at < count; at += trainer->batch) {
        double loss = 0;
        int correct = 0;
        int images = count - at < trainer->batch ? count - at : trainer->batch;
        axn_status status = forward(trainer, indices + at, images, false, &loss, &correct, error);
        if (status != AXN_OK) {
            return status;
        }
        hits += correct;
    }
    *accuracy = count > 0 ? (double)hits / count : 0;
    return AXN_OK;
}
