#include "flows/golden_check.h"

#include <stdlib.h>

#include "common/interrupt.h"
#include "common/memory.h"
#include "common/progress.h"
#include "sim/golden.h"

enum { SLICE = 64 }; /* images between two drawings of the progress bar */

typedef struct golden_run {
    const axn_model *model;
    const uint16_t *products[AXN_MODEL_MAX_MULTIPLIERS];
    uint8_t **maps;     /* [thread]: of all layers, one behind the other */
    uint8_t ***outputs; /* [thread][layer]: into maps */
    const uint8_t *images[SLICE];
    int count, classes;
    int32_t *fast, *golden; /* [SLICE][classes] */
} golden_run;

static axn_status make_outputs(golden_run *run, int threads, axn_error *error)
{
    const axn_network *network = &run->model->network;
    size_t total = 0;
    for (int i = 0; i < network->count; i++) {
        total += (size_t)axn_shape_size(network->layers[i].output);
    }
    axn_status status =
        axn_allocate(&run->maps, (size_t)threads, sizeof *run->maps, "golden maps", error);
    if (status == AXN_OK) {
        status = axn_allocate(&run->outputs, (size_t)threads, sizeof *run->outputs, "golden maps",
                              error);
    }
    for (int t = 0; t < threads && status == AXN_OK; t++) {
        status = axn_allocate(&run->maps[t], total, 1, "golden maps", error);
        if (status == AXN_OK) {
            status = axn_allocate(&run->outputs[t], (size_t)network->count, sizeof(uint8_t *),
                                  "golden maps", error);
        }
        uint8_t *map = run->maps[t];
        for (int i = 0; i < network->count && status == AXN_OK; i++) {
            run->outputs[t][i] = map;
            map += axn_shape_size(network->layers[i].output);
        }
    }
    return status;
}

static void free_run(golden_run *run, int threads)
{
    for (int t = 0; t < threads; t++) {
        if (run->maps != NULL) {
            free(run->maps[t]);
        }
        if (run->outputs != NULL) {
            free((void *)run->outputs[t]);
        }
    }
    free((void *)run->maps);
    free((void *)run->outputs);
    free(run->fast);
    free(run->golden);
}

static void run_image(void *context, int part, int thread)
{
    const golden_run *run = context;
    axn_golden_run(run->model, run->products, run->images[part], run->outputs[thread],
                   run->golden + (int64_t)part * run->classes);
}

static axn_status compare(const golden_run *run, int first, axn_error *error)
{
    for (int i = 0; i < run->count * run->classes; i++) {
        if (run->fast[i] != run->golden[i]) {
            return axn_fail(error, AXN_ERROR_MISMATCH,
                            "image %d, class %d: the logit is %d, the golden model has %d",
                            first + i / run->classes, i % run->classes, run->fast[i],
                            run->golden[i]);
        }
    }
    return AXN_OK;
}

static axn_status check_slice(golden_run *run, axn_inference *inference, const axn_images *images,
                              int first, axn_pool *pool, axn_error *error)
{
    int64_t size = axn_shape_size(run->model->network.layers[0].output);
    for (int i = 0; i < run->count; i++) {
        run->images[i] = images->pixels + (first + i) * size;
    }
    axn_status status = axn_inference_run(inference, run->images, run->count, run->fast, error);
    if (status == AXN_OK) {
        axn_pool_run(pool, run->count, run_image, run);
        status = compare(run, first, error);
    }
    return status == AXN_OK ? axn_interrupt_check(error) : status;
}

axn_status axn_golden_check(const axn_model *model, const axn_table *tables,
                            axn_inference *inference, const axn_images *images, int count,
                            axn_pool *pool, int64_t *compared, axn_error *error)
{
    const int threads = axn_pool_threads(pool);
    axn_progress progress;
    golden_run run = {.model = model,
                      .classes = model->network.layers[model->network.count - 1].units};
    for (int i = 0; i < model->multiplier_count; i++) {
        run.products[i] = tables[i].product;
    }
    axn_status status = make_outputs(&run, threads, error);
    size_t logits = (size_t)SLICE * (size_t)run.classes;
    if (status == AXN_OK) {
        status = axn_allocate(&run.fast, logits, sizeof *run.fast, "logits", error);
    }
    if (status == AXN_OK) {
        status = axn_allocate(&run.golden, logits, sizeof *run.golden, "logits", error);
    }
    *compared = 0;
    axn_progress_start(&progress, "golden model", count);
    for (int first = 0; first < count && status == AXN_OK; first += SLICE) {
        run.count = count - first < SLICE ? count - first : SLICE;
        status = check_slice(&run, inference, images, first, pool, error);
        if (status == AXN_OK) {
            *compared += (int64_t)run.count * run.classes;
            axn_progress_update(&progress, first + run.count, NULL);
        }
    }
    axn_progress_end(&progress, NULL);
    free_run(&run, threads);
    return status;
}
