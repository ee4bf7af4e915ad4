/* Correcting a model and writing what became of it. */
#include <string.h>

#include "common/json.h"
#include "common/progress.h"
#include "flows/evaluate.h"

axn_status axn_evaluate_correct(const axn_evaluate_settings *settings, axn_evaluate_run *run,
                                axn_error *error)
{
    const axn_table *reference = run->replaced ? run->own_tables : run->tables;
    if (strcmp(settings->reference, "exact") == 0 || axn_correction_expects_exact(&run->model)) {
        reference = NULL;
    } else if (!run->replaced) {
        axn_message("the model was made with this multiplier and has learned its errors: of the "
                    "corrections only --reestimate-norm can tell");
    }
    axn_status status = axn_evaluate_measure(run, "before corrections", &run->before, error);
    if (status == AXN_OK) {
        status = axn_correction_run(&settings->correction, &run->model, run->tables, reference,
                                    &run->data, NULL, run->data.train.count, run->pool,
                                    &run->corrections, error);
    }
    if (status == AXN_OK) {
        run->corrected = true;
        axn_evaluate_join(run);
    }
    return status;
}

static bool add_item(cJSON *object, const char *key, cJSON *item)
{
    if (item != NULL && cJSON_AddItemToObject(object, key, item)) {
        return true;
    }
    cJSON_Delete(item);
    return false;
}

static bool add_names(cJSON *object, const char *key, const axn_model_multiplier *multipliers,
                      int count)
{
    cJSON *list = cJSON_AddArrayToObject(object, key);
    bool ok = list != NULL;
    for (int i = 0; i < count && ok; i++) {
        ok = cJSON_AddItemToArray(list, cJSON_CreateString(multipliers[i].name));
    }
    return ok;
}

/* Accuracies that were the model's before move into `entry`: they are no longer true of it. */
static bool move_accuracies(cJSON *provenance, cJSON *entry)
{
    static const char *const keys[] = {"accuracy", "validation_accuracy",
                                       "validation_accuracy_quantised",
                                       "validation_accuracy_uncorrected"};
    cJSON *before = cJSON_AddObjectToObject(entry, "model_before");
    bool ok = before != NULL;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0] && ok; i++) {
        cJSON *item = cJSON_DetachItemFromObjectCaseSensitive(provenance, keys[i]);
        ok = item == NULL || add_item(before, keys[i], item);
    }
    return ok;
}

static bool describe(const axn_evaluate_settings *settings, const axn_evaluate_run *run,
                     cJSON *provenance, cJSON *entry)
{
    const axn_model *model = &run->model;
    bool ok = add_names(entry, "multipliers_before", run->own, run->own_count) &&
              add_names(entry, "multipliers", model->multipliers, model->multiplier_count) &&
              cJSON_AddStringToObject(entry, "dataset", run->data.name) != NULL &&
              move_accuracies(provenance, entry);
    if (ok && run->corrected) {
        ok =
            cJSON_AddStringToObject(entry, "reference", settings->reference) != NULL &&
            add_item(entry, "correction",
                     axn_correction_json(&settings->correction, model, &run->corrections, false)) &&
            cJSON_AddNumberToObject(entry, "accuracy_before", run->before.accuracy) != NULL;
    }
    ok = ok && cJSON_AddNumberToObject(entry, "images", run->result.images) != NULL &&
         cJSON_AddNumberToObject(entry, "accuracy", run->result.accuracy) != NULL;
    /* The model's own figure is of all test images. */
    return ok && (run->result.images < run->data.test.count ||
                  cJSON_AddNumberToObject(provenance, "accuracy", run->result.accuracy) != NULL);
}

static axn_status extend_provenance(const axn_evaluate_settings *settings, axn_evaluate_run *run,
                                    axn_error *error)
{
    axn_model *model = &run->model;
    if (model->provenance == NULL) {
        model->provenance = cJSON_CreateObject();
    }
    cJSON *list = cJSON_GetObjectItemCaseSensitive(model->provenance, "changes");
    if (!cJSON_IsArray(list)) {
        cJSON_DeleteItemFromObjectCaseSensitive(model->provenance, "changes");
        list = cJSON_AddArrayToObject(model->provenance, "changes");
    }
    cJSON *entry = cJSON_CreateObject();
    if (list == NULL || entry == NULL || !cJSON_AddItemToArray(list, entry) ||
        !describe(settings, run, model->provenance, entry)) {
        return axn_fail(error, AXN_ERROR_MEMORY, "out of memory");
    }
    return AXN_OK;
}

axn_status axn_evaluate_save(const axn_evaluate_settings *settings, axn_evaluate_run *run,
                             axn_error *error)
{
    axn_status status = AXN_OK;
    if (run->replaced || run->corrected) {
        status = extend_provenance(settings, run, error);
    }
    if (status == AXN_OK) {
        status = axn_model_save(&run->model, settings->out, settings->force, error);
    }
    if (status == AXN_OK) {
        axn_message("model %s", settings->out);
    }
    return status;
}
