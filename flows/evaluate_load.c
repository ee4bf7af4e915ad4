/* What `axnas evaluate` starts from, and measuring. */
#include <stdlib.h>
#include <string.h>

#include "common/interrupt.h"
#include "common/memory.h"
#include "common/progress.h"
#include "flows/evaluate.h"
#include "flows/model_tables.h"
#include "nas/kernel.h"

enum { SLICE = 1024 }; /* images between two drawings of the progress bar */

/* The tables the model is evaluated with, if they are not its own: one for each of its
 * multipliers, as corrections want them beside its own. */
static axn_status replace_multipliers(const axn_evaluate_settings *settings, axn_evaluate_run *run,
                                      axn_error *error)
{
    int index = run->library.exact;
    size_t count = (size_t)run->model.multiplier_count;
    axn_status status = AXN_OK;
    run->replaced = true;
    if (settings->multiplier != NULL && strcmp(settings->multiplier, "exact") != 0) {
        status = axn_library_require(&run->library, settings->multiplier, &index, error);
    }
    if (status == AXN_OK) {
        status = axn_allocate(&run->tables, count, sizeof *run->tables, "tables", error);
    }
    if (status == AXN_OK && count > 0) {
        status = axn_library_tables(&run->library, &index, 1, run->tables, error);
    }
    for (size_t i = 0; i < count && status == AXN_OK; i++) {
        run->indices[i] = index;
        run->tables[i] = run->tables[0];
    }
    return status;
}

static axn_status load_tables(const axn_evaluate_settings *settings, axn_evaluate_run *run,
                              axn_error *error)
{
    if (settings->exact || settings->multiplier != NULL) {
        axn_status status = AXN_OK;
        if (axn_correction_wanted(&settings->correction)) {
            status = axn_model_tables(&run->model, settings->path, &run->library, false,
                                      run->indices, &run->own_tables, error);
        }
        return status == AXN_OK ? replace_multipliers(settings, run, error) : status;
    }
    return axn_model_tables(&run->model, settings->path, &run->library, false, run->indices,
                            &run->tables, error);
}

void axn_evaluate_join(axn_evaluate_run *run)
{
    axn_model *model = &run->model;
    if (!run->replaced || model->multiplier_count == 0) {
        return;
    }
    const axn_multiplier *multiplier = &run->library.multipliers[run->indices[0]];
    const uint16_t *products[1] = {run->tables[0].product};
    model->multiplier_count = 1;
    model->multipliers[0] = (axn_model_multiplier){.hash = multiplier->hash};
    memcpy(model->multipliers[0].name, multiplier->name, sizeof model->multipliers[0].name);
    for (int i = 0; i < model->network.count; i++) {
        if (model->network.layers[i].kind == AXN_LAYER_CONV) {
            model->network.layers[i].multiplier = 0;
        }
    }
    axn_model_prove(model, products);
}

_Static_assert(AXN_NAME_MAX == AXN_MULTIPLIER_NAME, "names of multipliers");

static axn_status renew_inference(axn_evaluate_run *run, axn_error *error)
{
    axn_inference_free(run->inference);
    run->inference = NULL;
    return axn_inference_create(&run->model, run->tables, run->pool, &run->inference, error);
}

static axn_status load_data(const axn_evaluate_settings *settings, axn_evaluate_run *run,
                            axn_error *error)
{
    const char *name = settings->dataset != NULL ? settings->dataset : run->model.dataset;
    axn_status status = axn_dataset_load(name, settings->data_dir, &run->data, error);
    if (status == AXN_OK) {
        int available = run->data.test.count;
        run->images = settings->images > 0 && settings->images < available ? (int)settings->images
                                                                           : available;
        status = axn_pool_create((int)settings->threads, &run->pool, error);
    }
    if (status == AXN_OK) {
        status = renew_inference(run, error);
    }
    return status == AXN_OK ? axn_inference_fits(run->inference, &run->data, error) : status;
}

axn_status axn_evaluate_load(const axn_evaluate_settings *settings, axn_evaluate_run *run,
                             axn_error *error)
{
    axn_kernel_gemm *gemm = NULL;
    axn_status status = axn_kernel_select(NULL, &gemm, &run->kernel, error);
    if (status == AXN_OK) {
        status = axn_model_load(settings->path, &run->model, error);
    }
    if (status == AXN_OK) {
        run->own_count = run->model.multiplier_count;
        memcpy(run->own, run->model.multipliers, sizeof run->own);
        status = axn_library_load(settings->library, &run->library, error);
    }
    if (status == AXN_OK) {
        status = load_tables(settings, run, error);
    }
    if (status == AXN_OK && !axn_correction_wanted(&settings->correction)) {
        axn_evaluate_join(run);
    }
    return status == AXN_OK ? load_data(settings, run, error) : status;
}

static axn_status add_slice(const axn_evaluate_run *run, int first, int count,
                            axn_evaluation *total, axn_error *error)
{
    axn_evaluation part;
    axn_images images = {run->data.test.pixels + (int64_t)first * axn_shape_size(run->data.shape),
                         run->data.test.labels + first, count};
    axn_status status = axn_evaluate(run->inference, &run->data, &images, 0, &part, error);
    if (status != AXN_OK) {
        return status;
    }
    total->images += part.images;
    total->correct += part.correct;
    for (int i = 0; i < part.classes * part.classes; i++) {
        total->confusion[i] += part.confusion[i];
    }
    free(part.confusion);
    return AXN_OK;
}

axn_status axn_evaluate_measure(axn_evaluate_run *run, const char *label, axn_evaluation *out,
                                axn_error *error)
{
    const size_t classes = (size_t)run->data.classes;
    axn_progress progress;
    axn_status status = renew_inference(run, error);
    *out = (axn_evaluation){.classes = run->data.classes};
    if (status == AXN_OK) {
        status = axn_allocate(&out->confusion, classes * classes, sizeof *out->confusion,
                              "a confusion matrix", error);
    }
    if (status != AXN_OK) {
        return status;
    }
    axn_progress_start(&progress, label, run->images);
    for (int first = 0; first < run->images && status == AXN_OK; first += SLICE) {
        int slice = run->images - first < SLICE ? run->images - first : SLICE;
        status = add_slice(run, first, slice, out, error);
        if (status == AXN_OK) {
            axn_progress_update(&progress, first + slice, NULL);
            status = axn_interrupt_check(error);
        }
    }
    axn_progress_end(&progress, NULL);
    out->accuracy = (double)out->correct / out->images;
    return status;
}

void axn_evaluate_free(axn_evaluate_run *run)
{
    free(run->before.confusion);
    free(run->result.confusion);
    axn_correction_result_free(&run->corrections);
    axn_inference_free(run->inference);
    axn_pool_destroy(run->pool);
    free(run->own_tables);
    free(run->tables);
    axn_dataset_free(&run->data);
    axn_library_free(&run->library);
    axn_model_free(&run->model);
}
