#include "nas/fitness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/interrupt.h"
#include "common/json.h"
#include "common/memory.h"
#include "common/parallel.h"

struct axn_fitness {
    axn_experiment experiment;
    axn_dataset dataset; /* protocol "paper": the test images follow the training images */
    uint32_t *train;
    uint32_t *validation;
    int train_count;
    int validation_count;
    axn_table *tables;
    axn_pool *pool;
    char models[AXN_PATH_MAX];
};

axn_status axn_fitness_setup(const axn_experiment *experiment, const char *tables,
                             const char *models, int threads, cJSON **out, axn_error *error)
{
    cJSON *config = NULL;
    axn_status status = axn_experiment_to_json(experiment, &config, error);
    if (status != AXN_OK) {
        return status;
    }
    *out = cJSON_CreateObject();
    if (!cJSON_AddItemToObject(*out, "config", config)) {
        cJSON_Delete(config);
    }
    cJSON_AddStringToObject(*out, "tables", tables);
    cJSON_AddStringToObject(*out, "models", models);
    if (cJSON_AddNumberToObject(*out, "threads", threads) == NULL) {
        cJSON_Delete(*out);
        *out = NULL;
        status = axn_fail(error, AXN_ERROR_MEMORY, "out of memory for a worker");
    }
    return status;
}

/* Appends the test images to the training images, and refers to them for validation. */
static axn_status join_test_images(axn_fitness *f, axn_error *error)
{
    axn_dataset *dataset = &f->dataset;
    size_t size = (size_t)axn_shape_size(dataset->shape);
    size_t train = (size_t)dataset->train.count;
    size_t test = (size_t)dataset->test.count;
    uint8_t *pixels = NULL;
    uint8_t *labels = NULL;
    axn_status status = axn_allocate(&pixels, train + test, size, "test images", error);
    if (status == AXN_OK) {
        status = axn_allocate(&labels, train + test, 1, "test labels", error);
    }
    if (status == AXN_OK) {
        status = axn_allocate(&f->validation, test, sizeof *f->validation, "test images", error);
    }
    if (status != AXN_OK) {
        free(pixels);
        free(labels);
        return status;
    }
    memcpy(pixels, dataset->train.pixels, train * size);
    memcpy(pixels + train * size, dataset->test.pixels, test * size);
    memcpy(labels, dataset->train.labels, train);
    memcpy(labels + train, dataset->test.labels, test);
    free(dataset->train.pixels);
    free(dataset->train.labels);
    dataset->train = (axn_images){.pixels = pixels, .labels = labels, .count = (int)(train + test)};
    for (size_t i = 0; i < test; i++) {
        f->validation[i] = (uint32_t)(train + i);
    }
    f->validation_count = (int)test;
    return AXN_OK;
}

static axn_status load_images(axn_fitness *f, axn_error *error)
{
    const axn_settings *s = &f->experiment.settings;
    bool paper = strcmp(s->protocol, "paper") == 0;
    axn_status status = axn_dataset_load(s->dataset, s->data_dir[0] != '\0' ? s->data_dir : NULL,
                                         &f->dataset, error);
    /* A worker on another machine may find other files under the same name. */
    if (status == AXN_OK &&
        axn_experiment_hash_dataset(&f->dataset) != f->experiment.dataset_hash) {
        status = axn_fail(error, AXN_ERROR_MISMATCH,
                          "dataset %s: other images or labels here than those of the search",
                          s->dataset);
    }
    if (status == AXN_OK) {
        status = axn_dataset_split(&f->dataset, paper ? 0 : s->validation_fraction,
                                   (int)s->train_images, AXN_SPLIT_SEED, &f->train, &f->train_count,
                                   &f->validation, &f->validation_count, error);
    }
    if (status == AXN_OK && paper) {
        free(f->validation);
        f->validation = NULL;
        status = join_test_images(f, error);
    }
    if (s->validation_images > 0 && f->validation_count > s->validation_images) {
        f->validation_count = (int)s->validation_images;
    }
    return status;
}

axn_status axn_fitness_open(const cJSON *setup, axn_fitness **out, axn_error *error)
{
    const cJSON *config = NULL;
    const char *tables = NULL;
    const char *models = NULL;
    int64_t threads = 1;
    axn_fitness *f = NULL;
    axn_status status = axn_allocate(&f, 1, sizeof *f, "worker", error);
    if (status != AXN_OK) {
        return status;
    }
    status = axn_json_object(setup, "config", &config, "setup", error);
    if (status == AXN_OK) {
        status = axn_json_string(setup, "tables", &tables, "setup", error);
    }
    if (status == AXN_OK) {
        status = axn_json_string(setup, "models", &models, "setup", error);
    }
    if (status == AXN_OK) {
        status = axn_json_integer(setup, "threads", 1, 4096, &threads, "setup", error);
    }
    if (status == AXN_OK) {
        snprintf(f->models, sizeof f->models, "%s", models);
        status = axn_experiment_from_json(config, "setup", &f->experiment, error);
    }
    if (status == AXN_OK) {
        status = axn_allocate(&f->tables, (size_t)f->experiment.multiplier_count, sizeof *f->tables,
                              "multiplier tables", error);
    }
    if (status == AXN_OK) {
        status = axn_table_read(tables, f->tables, f->experiment.multiplier_count, error);
    }
    if (status == AXN_OK) {
        status = load_images(f, error);
    }
    if (status == AXN_OK) {
        status = axn_pool_create((int)threads, &f->pool, error);
    }
    if (status != AXN_OK) {
        axn_fitness_close(f);
        f = NULL;
    }
    *out = f;
    return status;
}

void axn_fitness_close(axn_fitness *fitness)
{
    if (fitness == NULL) {
        return;
    }
    if (fitness->pool != NULL) {
        axn_pool_destroy(fitness->pool);
    }
    axn_dataset_free(&fitness->dataset);
    axn_experiment_free(&fitness->experiment);
    free(fitness->train);
    free(fitness->validation);
    free(fitness->tables);
    free(fitness);
}

static bool go_on(void *context, int epoch, long images_done, long images_total, double loss)
{
    (void)context;
    (void)epoch;
    (void)images_done;
    (void)images_total;
    (void)loss;
    return !axn_interrupted();
}

static axn_status state_path(const axn_fitness *f, int64_t candidate, char *out, axn_error *error)
{
    char name[40];
    snprintf(name, sizeof name, "%06lld.state", (long long)candidate);
    return axn_path_join(out, f->models, name, error);
}

static axn_status inherit(const axn_fitness *f, const axn_job *job, axn_trainer *trainer,
                          axn_error *error)
{
    char path[AXN_PATH_MAX];
    if (job->inherit_from < 0) {
        return AXN_OK;
    }
    axn_status status = state_path(f, job->inherit_from, path, error);
    return status == AXN_OK ? axn_trainer_load(trainer, path, job->inherit_map, error) : status;
}

/* The weights a training starts from: the candidate's own after earlier epochs, or its
 * parent's. */
static axn_status start(const axn_fitness *f, const axn_job *job, axn_trainer *trainer,
                        axn_error *error)
{
    char path[AXN_PATH_MAX];
    if (job->first_epoch == 0) {
        return inherit(f, job, trainer, error);
    }
    axn_status status = state_path(f, job->id, path, error);
    return status == AXN_OK ? axn_trainer_load(trainer, path, NULL, error) : status;
}

/* Accuracy after an epoch; is it below the bar? */
static axn_status follow(axn_fitness *f, const axn_job *job, axn_trainer *trainer, int epoch,
                         axn_outcome *outcome, axn_error *error)
{
    double accuracy = 0;
    axn_status status =
        axn_trainer_validate(trainer, f->validation, f->validation_count, &accuracy, error);
    outcome->curve[outcome->curve_count++] = accuracy;
    outcome->accuracy = accuracy;
    if (status == AXN_OK && job->bar != NULL && accuracy < job->bar[epoch] &&
        epoch + 1 < job->epochs) {
        outcome->kind = AXN_OUTCOME_STOPPED;
        snprintf(outcome->reason, sizeof outcome->reason,
                 "stopped after epoch %d: accuracy %.4f, below the bar of %.4f", epoch + 1,
                 accuracy, job->bar[epoch]);
    }
    return status;
}

static axn_status train(axn_fitness *f, const axn_job *job, axn_trainer *trainer,
                        axn_outcome *outcome, axn_error *error)
{
    axn_status status = start(f, job, trainer, error);
    axn_epoch_result result = {.finite = true};
    for (int epoch = job->first_epoch; epoch < job->end_epoch && status == AXN_OK &&
                                       result.finite && outcome->kind == AXN_OUTCOME_OK;
         epoch++) {
        status = axn_trainer_epoch(trainer, f->train, f->train_count, go_on, NULL, &result, error);
        if (status == AXN_OK && result.finite && job->follow) {
            status = follow(f, job, trainer, epoch, outcome, error);
        }
    }
    if (status == AXN_OK && !result.finite) {
        outcome->kind = AXN_OUTCOME_FAILED;
        snprintf(outcome->reason, sizeof outcome->reason, "training diverged in epoch %d",
                 result.epoch + 1);
        return AXN_OK;
    }
    if (status == AXN_OK && !job->follow) {
        status = axn_trainer_validate(trainer, f->validation, f->validation_count,
                                      &outcome->accuracy, error);
    }
    if (status == AXN_OK && outcome->kind == AXN_OUTCOME_OK &&
        (job->keep_state || job->end_epoch < job->epochs)) {
        char path[AXN_PATH_MAX];
        status = state_path(f, job->id, path, error);
        if (status == AXN_OK) {
            status = axn_trainer_save(trainer, NULL, path, error);
        }
    }
    return status;
}

axn_status axn_fitness_evaluate(axn_fitness *f, const axn_job *job, axn_outcome *outcome,
                                axn_error *error)
{
    axn_trainer_config config;
    axn_trainer *trainer = NULL;
    axn_table *tables = NULL;
    *outcome = (axn_outcome){.kind = AXN_OUTCOME_OK};
    axn_experiment_trainer(&f->experiment, &config);
    config.epochs = job->epochs;
    config.stream = job->stream;
    axn_status status = axn_allocate(&tables, (size_t)job->multiplier_count, sizeof *tables,
                                     "multiplier tables", error);
    for (int i = 0; i < job->multiplier_count && status == AXN_OK; i++) {
        int index = job->multipliers[i];
        if (index < 0 || index >= f->experiment.multiplier_count) {
            status = axn_fail(error, AXN_ERROR_FORMAT, "job %lld: multiplier %d is out of range",
                              (long long)job->id, index);
        } else {
            tables[i] = f->tables[index];
        }
    }
    if (status == AXN_OK) {
        status = axn_trainer_create(job->network, tables, job->multiplier_count, &f->dataset,
                                    &config, f->pool, &trainer, error);
    }
    if (status == AXN_OK) {
        status = train(f, job, trainer, outcome, error);
    }
    axn_trainer_free(trainer);
    free(tables);
    return status;
}
