#include "flows/training.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/interrupt.h"
#include "common/progress.h"
#include "nas/inference.h"
#include "nas/trainer_config.h"

typedef struct run {
    const axn_training *training;
    axn_trainer *trainer;
    axn_training_result *result;
    cJSON *history; /* array of epochs */
    uint32_t *train, *validation;
    double seconds; /* spent in epochs */
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

static axn_status train_epochs(run *r, axn_error *error)
{
    const axn_training *t = r->training;
    const int batch = t->config.batch_size < r->result->train_images ? t->config.batch_size
                                                                     : r->result->train_images;
    const long images = (long)(r->result->train_images / batch) * batch;
    axn_status status = AXN_OK;
    axn_progress_start(&r->progress, "training", images * t->config.epochs);
    for (int i = 0; i < t->config.epochs && status == AXN_OK; i++) {
        axn_epoch_result epoch = {0};
        double started = axn_seconds();
        status = axn_trainer_epoch(r->trainer, r->train, r->result->train_images, show_progress, r,
                                   &epoch, error);
        r->seconds += axn_seconds() - started;
        if (status == AXN_OK && !epoch.finite) {
            r->result->finite = false;
            status = axn_fail(error, AXN_ERROR_LIMIT,
                              "training diverged in epoch %d (the loss is not finite); try a "
                              "smaller --learning-rate",
                              i + 1);
        }
        if (status == AXN_OK && r->validation != NULL) {
            status = axn_trainer_validate(r->trainer, r->validation, r->result->validation_images,
                                          &r->result->validation, error);
        }
        if (status == AXN_OK && !note_epoch(r, &epoch)) {
            status = axn_fail(error, AXN_ERROR_MEMORY, "out of memory");
        }
        r->result->loss = epoch.loss;
        r->result->epochs += status == AXN_OK;
    }
    char note[64] = "";
    if (status == AXN_OK && r->validation != NULL) {
        snprintf(note, sizeof note, "validation %.2f %%", 100 * r->result->validation);
    }
    axn_progress_end(&r->progress, note);
    r->result->images_per_s = r->seconds > 0 ? (double)images * r->result->epochs / r->seconds : 0;
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

static axn_status test_model(run *r, axn_pool *pool, axn_error *error)
{
    axn_inference *inference = NULL;
    axn_evaluation evaluation = {0};
    axn_status status =
        axn_inference_create(&r->result->model, r->training->tables, pool, &inference, error);
    if (status == AXN_OK) {
        status = axn_evaluate(inference, r->training->dataset, &r->training->dataset->test, 0,
                              &evaluation, error);
    }
    r->result->accuracy = evaluation.accuracy;
    free(evaluation.confusion);
    axn_inference_free(inference);
    return status;
}

static bool add_config(cJSON *to, const axn_training *t)
{
    cJSON *json = axn_trainer_config_to_json(&t->config);
    if (json == NULL || !cJSON_AddItemToObject(to, "config", json)) {
        cJSON_Delete(json);
        return false;
    }
    return cJSON_AddNumberToObject(json, "train_images", t->train_images) != NULL &&
           (t->paper || cJSON_AddNumberToObject(json, "validation_fraction", t->held_out) != NULL);
}

/* Everything that decided the weights, and what came out; takes over the history. */
static axn_status add_provenance(run *r, axn_error *error)
{
    const axn_training *t = r->training;
    char seed[24];
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)t->config.seed);
    cJSON *json = cJSON_CreateObject();
    bool ok =
        json != NULL && cJSON_AddStringToObject(json, "command", t->command) != NULL &&
        cJSON_AddStringToObject(json, "protocol", t->paper ? "paper" : "held-out") != NULL &&
        cJSON_AddStringToObject(json, "seed", seed) != NULL &&
        cJSON_AddNumberToObject(json, "train_images", r->result->train_images) != NULL &&
        cJSON_AddNumberToObject(json, "validation_images", r->result->validation_images) != NULL &&
        add_config(json, t) && cJSON_AddItemToObject(json, "history", r->history);
    if (ok) {
        r->history = NULL;
    }
    if (ok && r->result->validation_images > 0) {
        ok = cJSON_AddNumberToObject(json, "validation_accuracy", r->result->validation) != NULL;
    }
    ok = ok && cJSON_AddNumberToObject(json, "accuracy", r->result->accuracy) != NULL;
    if (!ok) {
        cJSON_Delete(json);
        return axn_fail(error, AXN_ERROR_MEMORY, "out of memory");
    }
    r->result->model.provenance = json;
    return AXN_OK;
}

axn_status axn_training_run(const axn_training *training, axn_pool *pool, axn_training_result *out,
                            axn_error *error)
{
    *out = (axn_training_result){.finite = true, .validation = -1};
    run r = {.training = training, .result = out, .history = cJSON_CreateArray()};
    axn_status status = split_images(&r, error);
    if (status == AXN_OK) {
        status = axn_trainer_create(training->network, training->tables, training->multiplier_count,
                                    training->dataset, &training->config, pool, &r.trainer, error);
    }
    if (status == AXN_OK && training->start != NULL) {
        status = axn_trainer_load(r.trainer, training->start, NULL, error);
    }
    if (status == AXN_OK) {
        status = train_epochs(&r, error);
    }
    if (status == AXN_OK && training->state != NULL) {
        status = axn_trainer_save(r.trainer, training->state, error);
    }
    if (status == AXN_OK) {
        status = axn_trainer_quantise(r.trainer, training->multipliers, &out->model, error);
    }
    if (status == AXN_OK) {
        status = test_model(&r, pool, error);
    }
    if (status == AXN_OK) {
        status = add_provenance(&r, error);
    }
    if (status != AXN_OK) {
        axn_model_free(&out->model);
    }
    axn_trainer_free(r.trainer);
    cJSON_Delete(r.history);
    free(r.train);
    free(r.validation);
    return status;
}
