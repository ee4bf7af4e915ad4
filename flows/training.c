#include "flows/training.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/interrupt.h"
#include "common/memory.h"
#include "common/progress.h"
#include "flows/checkpoint.h"
#include "flows/training_products.h"
#include "flows/training_record.h"
#include "nas/inference.h"

typedef struct run {
    const axn_training *training;
    axn_trainer *trainer;
    axn_training_result *result;
    cJSON *settings; /* all that decides the weights */
    cJSON *history;  /* array of epochs */
    uint32_t *train, *validation;
    axn_training_products products; /* where they are not the training's own */
    int resumed;                    /* epochs done before */
    double seconds;                 /* spent in epochs */
    axn_progress progress;
} run;

static bool show_progress(void *context, int epoch, long done, long total, double loss)
{
    run *r = context;
    char note[64];
    snprintf(note, sizeof note, "loss %.4f", loss);
    axn_progress_update(&r->progress, epoch * total + done, note);
    return !axn_interrupted();
}

static bool note_epoch(run *r, const axn_epoch_result *epoch)
{
    cJSON *item = cJSON_CreateObject();
    bool ok = item != NULL && cJSON_AddNumberToObject(item, "epoch", epoch->epoch + 1) != NULL &&
              cJSON_AddNumberToObject(item, "loss", epoch->loss) != NULL &&
              cJSON_AddNumberToObject(item, "accuracy", epoch->accuracy) != NULL &&
              (r->validation == NULL || cJSON_AddNumberToObject(item, "validation_accuracy",
                                                                r->result->validation) != NULL) &&
              cJSON_AddItemToArray(r->history, item);
    if (!ok) {
        cJSON_Delete(item);
    }
    return ok;
}

/* What the user can do after a failure: the epochs that are kept. */
static axn_status tell_kept(const run *r, axn_status status, axn_error *error)
{
    char text[sizeof error->message];
    const int kept = cJSON_GetArraySize(r->history);
    if (r->training->folder == NULL ||
        (status != AXN_ERROR_INTERRUPTED && status != AXN_ERROR_LIMIT && status != AXN_ERROR_IO)) {
        return status;
    }
    snprintf(text, sizeof text, "%s", error->message);
    if (kept == 0) {
        return axn_fail(error, status, "%s (within the first epoch: nothing is kept)", text);
    }
    return axn_fail(error, status, "%s (%d of %d epochs are kept in %s/%s%s)", text, kept,
                    r->training->config.epochs, r->training->folder, AXN_CHECKPOINT_NAME,
                    status == AXN_ERROR_LIMIT ? "" : "; --resume goes on from there");
}

/* One epoch, its validation, its line in the history, its checkpoint. */
static axn_status train_epoch(run *r, axn_error *error)
{
    const axn_training *t = r->training;
    axn_epoch_result epoch = {0};
    const double started = axn_seconds();
    axn_status status = axn_trainer_epoch(r->trainer, r->train, r->result->train_images,
                                          show_progress, r, &epoch, error);
    r->seconds += axn_seconds() - started;
    r->result->loss = epoch.loss;
    if (status == AXN_OK && !epoch.finite) {
        r->result->finite = false;
        status = axn_fail(error, AXN_ERROR_LIMIT,
                          "training diverged in epoch %d (the loss is not finite); try a "
                          "smaller --learning-rate",
                          epoch.epoch + 1);
    }
    if (status == AXN_OK && r->validation != NULL) {
        status = axn_trainer_validate(r->trainer, r->validation, r->result->validation_images,
                                      &r->result->validation, error);
    }
    if (status != AXN_OK) {
        return tell_kept(r, status, error);
    }
    if (!note_epoch(r, &epoch)) {
        return axn_fail(error, AXN_ERROR_MEMORY, "out of memory");
    }
    r->result->epochs++;
    if (t->folder != NULL) {
        status = axn_checkpoint_write(t->folder, r->trainer, r->settings, r->history, error);
    }
    if (status != AXN_OK) {
        cJSON_DeleteItemFromArray(r->history, r->result->epochs - 1);
        return tell_kept(r, status, error);
    }
    return AXN_OK;
}

static axn_status train_epochs(run *r, axn_error *error)
{
    const axn_training *t = r->training;
    const int batch = t->config.batch_size < r->result->train_images ? t->config.batch_size
                                                                     : r->result->train_images;
    const long images = (long)(r->result->train_images / batch) * batch;
    axn_status status = AXN_OK;
    axn_progress_start(&r->progress, "training", images * t->config.epochs);
    while (r->result->epochs < t->config.epochs && status == AXN_OK) {
        status = train_epoch(r, error);
    }
    char note[64] = "";
    if (status == AXN_OK && r->validation != NULL) {
        snprintf(note, sizeof note, "validation %.2f %%", 100 * r->result->validation);
    }
    axn_progress_end(&r->progress, note);
    const int done = r->result->epochs - r->resumed;
    r->result->images_per_s = r->seconds > 0 ? (double)images * done / r->seconds : 0;
    return status;
}

static axn_status split_images(run *r, axn_error *error)
{
    const axn_training *t = r->training;
    /* The split belongs to the data, not to the run: every seed holds out the same images. */
    axn_status status = axn_dataset_split(t->dataset, t->paper ? 0 : t->held_out, t->train_images,
                                          1, &r->train, &r->result->train_images, &r->validation,
                                          &r->result->validation_images, error);
    if (status == AXN_OK && r->result->validation_images == 0) {
        free(r->validation);
        r->validation = NULL;
    }
    return status;
}

/* Accuracy of the integer model on the held-out images, some at a time. */
static axn_status validate_model(const run *r, axn_inference *inference, double *accuracy,
                                 axn_error *error)
{
    enum { CHUNK = 512 };
    const axn_dataset *d = r->training->dataset;
    const size_t size = (size_t)axn_shape_size(d->shape);
    axn_images some = {0};
    long correct = 0;
    axn_status status = axn_allocate(&some.pixels, CHUNK, size, "validation images", error);
    if (status == AXN_OK) {
        status = axn_allocate(&some.labels, CHUNK, 1, "validation images", error);
    }
    for (int at = 0; at < r->result->validation_images && status == AXN_OK; at += some.count) {
        axn_evaluation evaluation = {0};
        const int left = r->result->validation_images - at;
        some.count = left < CHUNK ? left : CHUNK;
        for (int i = 0; i < some.count; i++) {
            const size_t image = r->validation[at + i];
            memcpy(some.pixels + (size_t)i * size, d->train.pixels + image * size, size);
            some.labels[i] = d->train.labels[image];
        }
        status = axn_evaluate(inference, d, &some, 0, &evaluation, error);
        correct += evaluation.correct;
        free(evaluation.confusion);
    }
    free(some.pixels);
    free(some.labels);
    *accuracy = (double)correct / r->result->validation_images;
    return status;
}

/* What is corrected in the model, the training having had its share. */
static axn_correction_options later_corrections(const axn_training *t)
{
    axn_correction_options later = t->corrections;
    if (t->config.arithmetic == AXN_ARITHMETIC_QUANTISED) {
        later.operand_order = "as-is";
        later.map_weights = "none";
    }
    return later;
}

static axn_status correct_model(run *r, axn_pool *pool, axn_error *error)
{
    const axn_training *t = r->training;
    axn_training_result *out = r->result;
    const axn_correction_options later = later_corrections(t);
    /* What was trained in fp32 knows exact products only. */
    const axn_table *reference =
        t->config.arithmetic == AXN_ARITHMETIC_QUANTISED ? t->tables : NULL;
    axn_correction_result trained = out->corrected;
    axn_inference *inference = NULL;
    axn_status status = AXN_OK;
    if (!axn_correction_wanted(&later)) {
        return AXN_OK;
    }
    out->corrected = (axn_correction_result){0};
    if (r->validation != NULL) {
        status = axn_inference_create(&out->model, t->tables, pool, &inference, error);
        if (status == AXN_OK) {
            status = validate_model(r, inference, &out->validation_uncorrected, error);
        }
        axn_inference_free(inference);
    }
    if (status == AXN_OK) {
        status = axn_correction_run(&later, &out->model, t->tables, reference, t->dataset, r->train,
                                    out->train_images, pool, &out->corrected, error);
    }
    for (int i = 0; i < trained.layer_count && status == AXN_OK; i++) {
        out->corrected.layers[i].swapped |= trained.layers[i].swapped;
        out->corrected.layers[i].mapped += trained.layers[i].mapped;
    }
    axn_correction_result_free(&trained);
    return status;
}

/* The integer model of the trained network. */
static axn_status make_model(run *r, axn_pool *pool, axn_error *error)
{
    const axn_training *t = r->training;
    const bool own = r->products.tables == NULL;
    axn_status status = axn_trainer_quantise(r->trainer, own ? t->multipliers : r->products.names,
                                             &r->result->model, error);
    if (status == AXN_OK && !own) {
        status = axn_training_products_finish(t, &r->products, &r->result->model,
                                              &r->result->corrected, error);
    }
    return status == AXN_OK ? correct_model(r, pool, error) : status;
}

static axn_status test_model(run *r, axn_pool *pool, axn_error *error)
{
    axn_inference *inference = NULL;
    axn_evaluation evaluation = {0};
    axn_status status =
        axn_inference_create(&r->result->model, r->training->tables, pool, &inference, error);
    if (status == AXN_OK && r->validation != NULL) {
        status = validate_model(r, inference, &r->result->validation_quantised, error);
    }
    if (status == AXN_OK) {
        status = axn_evaluate(inference, r->training->dataset, &r->training->dataset->test, 0,
                              &evaluation, error);
    }
    r->result->accuracy = evaluation.accuracy;
    free(evaluation.confusion);
    axn_inference_free(inference);
    return status;
}

/* The state of the epochs before, if there is one. */
static axn_status resume(run *r, axn_error *error)
{
    axn_status status =
        axn_checkpoint_resume(r->training->folder, r->trainer, r->settings, &r->history, error);
    const int done = status == AXN_OK ? cJSON_GetArraySize(r->history) : 0;
    if (done > 0) {
        const cJSON *last = cJSON_GetArrayItem(r->history, done - 1);
        const cJSON *validation = cJSON_GetObjectItemCaseSensitive(last, "validation_accuracy");
        r->resumed = done;
        r->result->epochs = done;
        r->result->validation = cJSON_IsNumber(validation) ? validation->valuedouble : -1;
        axn_message("going on after %d of %d epochs", done, r->training->config.epochs);
    }
    return status;
}

static axn_status make_trainer(run *r, axn_pool *pool, axn_error *error)
{
    const axn_training *t = r->training;
    const axn_training_products *p = &r->products;
    if (!axn_training_products_wanted(t)) {
        return axn_trainer_create(t->network, t->tables, t->multiplier_count, t->dataset,
                                  &t->config, pool, &r->trainer, error);
    }
    axn_status status = axn_training_products_choose(t, r->train, r->result->train_images, pool,
                                                     &r->products, error);
    return status == AXN_OK ? axn_trainer_create(&p->network, p->tables, p->count, t->dataset,
                                                 &t->config, pool, &r->trainer, error)
                            : status;
}

static axn_status prepare(run *r, axn_pool *pool, axn_error *error)
{
    const axn_training *t = r->training;
    axn_status status = split_images(r, error);
    if (status == AXN_OK) {
        status = axn_training_settings(t, &r->settings, error);
    }
    if (status == AXN_OK) {
        status = make_trainer(r, pool, error);
    }
    return status == AXN_OK && t->resume ? resume(r, error) : status;
}

axn_status axn_training_run(const axn_training *training, axn_pool *pool, axn_training_result *out,
                            axn_error *error)
{
    *out = (axn_training_result){
        .finite = true, .validation = -1, .validation_quantised = -1, .validation_uncorrected = -1};
    run r = {.training = training, .result = out, .history = cJSON_CreateArray()};
    axn_status status = prepare(&r, pool, error);
    if (status == AXN_OK) {
        status = train_epochs(&r, error);
    }
    if (status == AXN_OK) {
        status = make_model(&r, pool, error);
    }
    if (status == AXN_OK) {
        status = test_model(&r, pool, error);
    }
    if (status == AXN_OK) {
        status = axn_training_provenance(training, out, &r.history, error);
    }
    if (status != AXN_OK) {
        axn_model_free(&out->model);
        axn_correction_result_free(&out->corrected);
    }
    axn_trainer_free(r.trainer);
    axn_training_products_free(&r.products);
    cJSON_Delete(r.settings);
    cJSON_Delete(r.history);
    free(r.train);
    free(r.validation);
    return status;
}
