/* Telling what `axnas evaluate` found. */
#include <stdio.h>

#include "common/json.h"
#include "flows/evaluate.h"
#include "flows/model_tables.h"

/* Images of a class and how many of them were recognised. */
static void of_class(const axn_evaluation *result, int label, int *images, int *correct)
{
    *images = 0;
    for (int c = 0; c < result->classes; c++) {
        *images += result->confusion[label * result->classes + c];
    }
    *correct = result->confusion[label * result->classes + label];
}

const char *axn_evaluate_multiplier(const axn_evaluate_run *run)
{
    const axn_library *library = &run->library;
    for (int i = 1; i < run->model.multiplier_count; i++) {
        if (run->indices[i] != run->indices[0]) {
            return "mixed";
        }
    }
    return run->model.multiplier_count > 0 ? library->multipliers[run->indices[0]].name : "none";
}

static double energy_uj(const axn_evaluate_run *run)
{
    return axn_model_energy_pj(&run->model, &run->library, run->indices) / 1e6;
}

/* Of the same network with the exact multiplier. */
static double energy_exact_uj(const axn_evaluate_run *run)
{
    int indices[AXN_MODEL_MAX_MULTIPLIERS];
    for (int i = 0; i < AXN_MODEL_MAX_MULTIPLIERS; i++) {
        indices[i] = run->library.exact;
    }
    return axn_model_energy_pj(&run->model, &run->library, indices) / 1e6;
}

static void add_classes(cJSON *json, const axn_evaluation *result)
{
    cJSON *accuracies = cJSON_AddArrayToObject(json, "accuracy_by_class");
    cJSON *confusion = cJSON_AddArrayToObject(json, "confusion");
    for (int c = 0; c < result->classes; c++) {
        int images = 0, correct = 0;
        of_class(result, c, &images, &correct);
        cJSON_AddItemToArray(accuracies, images > 0 ? cJSON_CreateNumber((double)correct / images)
                                                    : cJSON_CreateNull());
        cJSON_AddItemToArray(
            confusion,
            cJSON_CreateIntArray(result->confusion + c * result->classes, result->classes));
    }
}

/* What was done to the model before its accuracy was measured. */
static bool add_corrections(cJSON *json, const axn_evaluate_settings *settings,
                            const axn_evaluate_run *run)
{
    if (run->compared > 0) {
        cJSON_AddNumberToObject(json, "golden_logits_compared", (double)run->compared);
    }
    if (!run->corrected) {
        return true;
    }
    cJSON_AddNumberToObject(json, "accuracy_before", run->before.accuracy);
    cJSON *corrections =
        axn_correction_json(&settings->correction, &run->model, &run->corrections, true);
    if (corrections == NULL || !cJSON_AddItemToObject(json, "corrections", corrections)) {
        cJSON_Delete(corrections);
        return false;
    }
    return true;
}

axn_status axn_evaluate_print_json(const axn_evaluate_settings *settings,
                                   const axn_evaluate_run *run, axn_error *error)
{
    const axn_network *network = &run->model.network;
    double exact = energy_exact_uj(run);
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "model", settings->path);
    cJSON_AddStringToObject(json, "dataset", run->data.name);
    cJSON_AddNumberToObject(json, "accuracy", run->result.accuracy);
    cJSON_AddNumberToObject(json, "images", run->result.images);
    cJSON_AddNumberToObject(json, "correct", run->result.correct);
    cJSON_AddStringToObject(json, "multiplier", axn_evaluate_multiplier(run));
    cJSON *names = cJSON_AddArrayToObject(json, "multipliers");
    for (int i = 0; i < run->model.multiplier_count; i++) {
        const char *name = run->library.multipliers[run->indices[i]].name;
        cJSON_AddItemToArray(names, cJSON_CreateString(name));
    }
    cJSON_AddBoolToObject(json, "exact", settings->exact);
    cJSON_AddNumberToObject(json, "multiplications",
                            (double)axn_network_multiplications(network, AXN_COUNT_EXACT));
    cJSON_AddNumberToObject(json, "parameters", (double)axn_network_parameters(network));
    cJSON_AddNumberToObject(json, "energy_uj", energy_uj(run));
    cJSON_AddNumberToObject(json, "energy_ratio", exact > 0 ? energy_uj(run) / exact : 1);
    cJSON_AddNumberToObject(json, "clock_mhz", run->library.clock_mhz);
    cJSON_AddStringToObject(json, "kernel", run->kernel);
    add_classes(json, &run->result);
    axn_status status = add_corrections(json, settings, run)
                            ? axn_json_print(json, error)
                            : axn_fail(error, AXN_ERROR_MEMORY, "out of memory");
    cJSON_Delete(json);
    return status;
}

static void print_confusion(const axn_evaluation *result)
{
    printf("\nlabel (row) recognised as (column)\n      ");
    for (int c = 0; c < result->classes; c++) {
        printf("%6d", c);
    }
    printf("  accuracy\n");
    for (int label = 0; label < result->classes; label++) {
        int images = 0, correct = 0;
        of_class(result, label, &images, &correct);
        printf("%6d", label);
        for (int c = 0; c < result->classes; c++) {
            printf("%6d", result->confusion[label * result->classes + c]);
        }
        if (images > 0) {
            printf("%8.2f %%", 100.0 * correct / images);
        }
        printf("\n");
    }
}

static void print_changes(const axn_evaluate_settings *settings, const axn_evaluate_run *run)
{
    if (run->corrected) {
        printf("before           %.2f %% (%d of %d), without corrections\n",
               100 * run->before.accuracy, run->before.correct, run->before.images);
    }
    printf("multiplier       %s", axn_evaluate_multiplier(run));
    if (run->replaced && run->own_count > 0) {
        printf(" instead of %s", run->own_count == 1 ? run->own[0].name : "the model's own");
    }
    printf("\n");
    if (run->corrected) {
        axn_correction_print(&settings->correction, &run->corrections);
    }
    if (run->compared > 0) {
        printf("golden model     the same on each of %lld logits\n", (long long)run->compared);
    }
}

void axn_evaluate_print(const axn_evaluate_settings *settings, const axn_evaluate_run *run)
{
    const axn_evaluation *result = &run->result;
    const axn_network *network = &run->model.network;
    double exact = energy_exact_uj(run);
    printf("accuracy         %.2f %% (%d of %d test images of %s)\n", 100 * result->accuracy,
           result->correct, result->images, run->data.name);
    print_changes(settings, run);
    printf("multiplications  %lld an image, %.4f uJ",
           (long long)axn_network_multiplications(network, AXN_COUNT_EXACT), energy_uj(run));
    if (exact > 0) {
        printf(" (%.1f %% of the exact multiplier's)", 100 * energy_uj(run) / exact);
    }
    printf("\nkernel           %s\n", run->kernel);
    if (result->classes <= 20) {
        print_confusion(result);
    }
}
