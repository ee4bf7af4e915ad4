/* Variants of the model, images, evaluator. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/interrupt.h"
#include "common/json.h"
#include "common/memory.h"
#include "flows/assign.h"
#include "nas/assign_models.h"
#include "nas/experiment.h"

#define HELD_OUT .1 /* of the training images, if the model does not tell */

static void free_images(axn_assign_images *images)
{
    free(images->pixels);
    free(images->labels);
}

void axn_assign_run_free(axn_assign_run *run)
{
    axn_assign_evaluator_free(run->evaluator);
    for (int v = 0; v < run->variant_count; v++) {
        axn_model_free(&run->variants[v]);
    }
    free(run->variants);
    free(run->offered);
    free(run->tables);
    free(run->choices);
    free(run->own_tables);
    free(run->reference);
    free(run->layer_of);
    free(run->gene_of);
    free(run->energy_pj);
    free(run->points);
    free(run->uniform);
    free_images(&run->search);
    free_images(&run->confirm);
    free_images(&run->test);
    axn_assign_result_free(&run->result);
    axn_pool_destroy(run->pool);
    axn_dataset_free(&run->data);
    axn_library_free(&run->library);
    axn_model_free(&run->model);
}

/* ---- images ---- */

/* indices NULL = the first ones. */
static axn_status take(const axn_dataset *data, const axn_images *from, const uint32_t *indices,
                       int count, axn_assign_images *out, axn_error *error)
{
    size_t size = (size_t)axn_shape_size(data->shape);
    axn_status status =
        axn_allocate(&out->pixels, (size_t)count, sizeof(uint8_t *), "images", error);
    if (status == AXN_OK) {
        status = axn_allocate(&out->labels, (size_t)count, 1, "images", error);
    }
    for (int i = 0; i < count && status == AXN_OK; i++) {
        size_t index = indices != NULL ? indices[i] : (size_t)i;
        out->pixels[i] = from->pixels + index * size;
        out->labels[i] = from->labels[index];
        out->count++;
    }
    return status;
}

/* The part of the training images that the model's training held out. */
static double held_out(const axn_assign_run *run)
{
    const cJSON *provenance = run->model.provenance;
    const cJSON *count = cJSON_GetObjectItemCaseSensitive(provenance, "validation_images");
    if (cJSON_IsNumber(count) && count->valuedouble >= 1 &&
        count->valuedouble < run->data.train.count) {
        return count->valuedouble / run->data.train.count;
    }
    axn_message("the model's training held no images out (or does not tell): those that the "
                "assignment is chosen by may have been trained on");
    return HELD_OUT;
}

static int at_most(int64_t wanted, int available)
{
    return wanted > 0 && wanted < available ? (int)wanted : available;
}

static axn_status choose_images(const axn_assign_settings *settings, axn_assign_run *run,
                                const uint8_t ***calibration, int *calibration_count,
                                axn_error *error)
{
    uint32_t *train = NULL, *validation = NULL;
    int train_count = 0, validation_count = 0;
    axn_status status = axn_dataset_split(&run->data, held_out(run), 0, AXN_SPLIT_SEED, &train,
                                          &train_count, &validation, &validation_count, error);
    if (status != AXN_OK) {
        return status;
    }
    bool trained = strcmp(settings->images_from, "training") == 0;
    int available = trained ? train_count : validation_count;
    const uint32_t *indices = trained ? train : validation;
    status = take(&run->data, &run->data.train, indices, at_most(settings->images, available),
                  &run->search, error);
    if (status == AXN_OK) {
        int confirm = at_most(settings->confirm_images, available);
        status =
            take(&run->data, &run->data.train, indices,
                 confirm > run->search.count ? confirm : run->search.count, &run->confirm, error);
    }
    if (status == AXN_OK && run->search.count == 0) {
        status = axn_fail(error, AXN_ERROR_USAGE, "data set \"%s\" leaves no images to choose by",
                          run->data.name);
    }
    if (status == AXN_OK) {
        status = take(&run->data, &run->data.test, NULL,
                      at_most(settings->test_images, run->data.test.count), &run->test, error);
    }
    int most = axn_calibration_most(&run->model);
    if (status == AXN_OK) {
        status = axn_calibration_images(&run->data, train, train_count,
                                        settings->correction.calibration_images < most
                                            ? (int)settings->correction.calibration_images
                                            : most,
                                        calibration, calibration_count, error);
    }
    free(train);
    free(validation);
    return status;
}

/* ---- variants ---- */

static bool go_on(void *context, int done, int total)
{
    (void)context, (void)done, (void)total;
    return !axn_interrupted();
}

static axn_status make_variant(const axn_assign_settings *settings, axn_assign_run *run, int choice,
                               const axn_calibration *calibration, axn_error *error)
{
    const axn_multiplier *from = &run->library.multipliers[run->choices[choice]];
    const axn_correction correction = axn_correction_of(&settings->correction);
    axn_model_multiplier multiplier = {.hash = from->hash};
    snprintf(multiplier.name, sizeof multiplier.name, "%s", from->name);
    axn_status status =
        axn_assign_variant(&run->model, run->reference, &multiplier, &run->tables[choice],
                           &correction, calibration, &run->variants[choice], error);
    if (status == AXN_OK) {
        run->offered[choice] = &run->tables[choice];
        run->variant_count++;
    }
    return status == AXN_OK ? axn_interrupt_check(error) : status;
}

/* The statistics of batch norms that the model does not hold, with its own multiplier. */
static axn_status complete_norms(axn_assign_run *run, const axn_calibration *calibration,
                                 axn_error *error)
{
    int norms = 0, known = 0;
    axn_model_has_norm(&run->model, &norms, &known);
    return known < norms ? axn_model_measure_norm(&run->model, run->reference, calibration, error)
                         : AXN_OK;
}

static axn_status make_variants(const axn_assign_settings *settings, axn_assign_run *run,
                                const axn_calibration *calibration, axn_error *error)
{
    size_t count = (size_t)run->choice_count + 1;
    axn_status status =
        axn_allocate(&run->variants, count, sizeof *run->variants, "variants", error);
    if (status == AXN_OK) {
        status = axn_allocate(&run->offered, count, sizeof(axn_table *), "variants", error);
    }
    if (status == AXN_OK && settings->correction.reestimate_norm) {
        status = complete_norms(run, calibration, error);
    }
    axn_progress_start(&run->progress, "variants", run->choice_count);
    for (int c = 0; c < run->choice_count && status == AXN_OK; c++) {
        status = make_variant(settings, run, c, calibration, error);
        axn_progress_update(&run->progress, c + 1, NULL);
    }
    axn_progress_end(&run->progress, NULL);
    if (status == AXN_OK) {
        run->offered[run->choice_count] = run->own_tables;
        status = axn_model_copy(&run->model, &run->variants[run->choice_count], error);
        run->variant_count += status == AXN_OK;
    }
    return status;
}

/* ---- measuring ---- */

void axn_assign_expand(const axn_assign_run *run, const uint16_t *genes, uint16_t *choices)
{
    for (int i = 0; i < run->convolutions; i++) {
        choices[i] = genes[run->gene_of[i]];
    }
}

axn_status axn_assign_measure(const axn_assign_run *run, const uint16_t *genes, int count,
                              const axn_assign_images *images, int *correct, axn_error *error)
{
    uint16_t *choices = NULL;
    axn_status status = axn_allocate(&choices, (size_t)count * (size_t)run->convolutions,
                                     sizeof *choices, "assignments", error);
    for (int i = 0; i < count && status == AXN_OK; i++) {
        axn_assign_expand(run, genes + (size_t)i * (size_t)run->genes,
                          choices + (size_t)i * (size_t)run->convolutions);
    }
    if (status == AXN_OK) {
        status = axn_assign_evaluator_run(run->evaluator, choices, count, images->pixels,
                                          images->labels, images->count, correct, error);
    }
    free(choices);
    return status;
}

axn_status axn_assign_measure_given(const axn_assign_run *run, const axn_assign_images *images,
                                    int *correct, axn_error *error)
{
    uint16_t *choices = NULL;
    axn_status status =
        axn_allocate(&choices, (size_t)run->convolutions, sizeof *choices, "assignments", error);
    for (int i = 0; i < run->convolutions && status == AXN_OK; i++) {
        choices[i] = (uint16_t)run->choice_count;
    }
    if (status == AXN_OK) {
        status = axn_assign_evaluator_run(run->evaluator, choices, 1, images->pixels,
                                          images->labels, images->count, correct, error);
    }
    free(choices);
    return status;
}

axn_status axn_assign_prepare(const axn_assign_settings *settings, axn_assign_run *run,
                              axn_error *error)
{
    axn_calibration calibration = {.report = go_on};
    const uint8_t **images = NULL;
    axn_status status = axn_pool_create((int)settings->threads, &run->pool, error);
    if (status == AXN_OK) {
        status = choose_images(settings, run, &images, &calibration.count, error);
    }
    calibration.images = images;
    calibration.pool = run->pool;
    if (status == AXN_OK) {
        status = make_variants(settings, run, &calibration, error);
    }
    free(images);
    if (status == AXN_OK) {
        status = axn_assign_evaluator_create(run->variants, run->offered, run->choice_count + 1,
                                             run->pool, &run->evaluator, error);
    }
    if (status == AXN_OK) {
        status = axn_assign_measure_given(run, &run->search, &run->given_search_correct, error);
    }
    return status;
}
