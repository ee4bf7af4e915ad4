/* axnas evaluate: accuracy of a quantised model on the test images. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/interrupt.h"
#include "common/json.h"
#include "common/memory.h"
#include "common/progress.h"
#include "flows/commands.h"
#include "flows/model_histogram.h"
#include "flows/model_tables.h"
#include "flows/options.h"
#include "nas/inference.h"
#include "nas/kernel.h"

typedef struct evaluate_settings {
    const char *path, *dataset, *data_dir, *library, *histogram;
    int64_t images, threads;
    bool exact, json;
} evaluate_settings;

/* Everything a run holds; freed together. */
typedef struct evaluate_run {
    axn_model model;
    axn_dataset data;
    axn_library library;
    int indices[AXN_MODEL_MAX_MULTIPLIERS];
    axn_table *tables;
    axn_pool *pool;
    axn_inference *inference;
    axn_evaluation result;
    const char *kernel;
} evaluate_run;

enum { SLICE = 1024 }; /* images between two drawings of the progress bar */

static axn_status load(const evaluate_settings *settings, evaluate_run *run, axn_error *error)
{
    axn_kernel_gemm *gemm = NULL;
    axn_status status = axn_kernel_select(NULL, &gemm, &run->kernel, error);
    if (status == AXN_OK) {
        status = axn_model_load(settings->path, &run->model, error);
    }
    if (status == AXN_OK) {
        status = axn_library_load(settings->library, &run->library, error);
    }
    if (status == AXN_OK) {
        status = axn_model_tables(&run->model, settings->path, &run->library, settings->exact,
                                  run->indices, &run->tables, error);
    }
    if (status == AXN_OK) {
        const char *name = settings->dataset != NULL ? settings->dataset : run->model.dataset;
        status = axn_dataset_load(name, settings->data_dir, &run->data, error);
    }
    if (status == AXN_OK) {
        status = axn_pool_create((int)settings->threads, &run->pool, error);
    }
    if (status == AXN_OK) {
        status = axn_inference_create(&run->model, run->tables, run->pool, &run->inference, error);
    }
    if (status == AXN_OK) {
        status = axn_inference_fits(run->inference, &run->data, error);
    }
    return status;
}

static axn_status add_slice(evaluate_run *run, int first, int count, axn_error *error)
{
    axn_evaluation part;
    axn_images images = {run->data.test.pixels + (int64_t)first * axn_shape_size(run->data.shape),
                         run->data.test.labels + first, count};
    axn_status status = axn_evaluate(run->inference, &run->data, &images, 0, &part, error);
    if (status != AXN_OK) {
        return status;
    }
    axn_evaluation *total = &run->result;
    total->images += part.images;
    total->correct += part.correct;
    for (int i = 0; i < part.classes * part.classes; i++) {
        total->confusion[i] += part.confusion[i];
    }
    free(part.confusion);
    return AXN_OK;
}

static axn_status evaluate(const evaluate_settings *settings, evaluate_run *run, axn_error *error)
{
    axn_progress progress;
    int available = run->data.test.count, classes = run->data.classes;
    int count =
        settings->images > 0 && settings->images < available ? (int)settings->images : available;
    axn_status status = axn_allocate(&run->result.confusion, (size_t)classes * (size_t)classes,
                                     sizeof *run->result.confusion, "a confusion matrix", error);
    if (status != AXN_OK) {
        return status;
    }
    run->result.classes = classes;
    axn_progress_start(&progress, "evaluate", count);
    for (int first = 0; first < count && status == AXN_OK; first += SLICE) {
        int slice = count - first < SLICE ? count - first : SLICE;
        status = add_slice(run, first, slice, error);
        if (status == AXN_OK) {
            axn_progress_update(&progress, first + slice, NULL);
            status = axn_interrupt_check(error);
        }
    }
    axn_progress_end(&progress, NULL);
    run->result.accuracy = (double)run->result.correct / run->result.images;
    return status;
}

/* Images of a class and how many of them were recognised. */
static void of_class(const axn_evaluation *result, int label, int *images, int *correct)
{
    *images = 0;
    for (int c = 0; c < result->classes; c++) {
        *images += result->confusion[label * result->classes + c];
    }
    *correct = result->confusion[label * result->classes + label];
}

/* The multiplier's name, or "mixed" if layers differ. */
static const char *multiplier_name(const evaluate_run *run)
{
    const axn_library *library = &run->library;
    for (int i = 1; i < run->model.multiplier_count; i++) {
        if (run->indices[i] != run->indices[0]) {
            return "mixed";
        }
    }
    return run->model.multiplier_count > 0 ? library->multipliers[run->indices[0]].name : "none";
}

static double energy_uj(const evaluate_run *run)
{
    return axn_model_energy_pj(&run->model, &run->library, run->indices) / 1e6;
}

/* Of the same network with the exact multiplier. */
static double energy_exact_uj(const evaluate_run *run)
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

static axn_status print_json(const evaluate_settings *settings, const evaluate_run *run,
                             axn_error *error)
{
    const axn_network *network = &run->model.network;
    double exact = energy_exact_uj(run);
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "model", settings->path);
    cJSON_AddStringToObject(json, "dataset", run->data.name);
    cJSON_AddNumberToObject(json, "accuracy", run->result.accuracy);
    cJSON_AddNumberToObject(json, "images", run->result.images);
    cJSON_AddNumberToObject(json, "correct", run->result.correct);
    cJSON_AddStringToObject(json, "multiplier", multiplier_name(run));
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
    axn_status status = axn_json_print(json, error);
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

static void print_text(const evaluate_run *run)
{
    const axn_evaluation *result = &run->result;
    const axn_network *network = &run->model.network;
    double exact = energy_exact_uj(run);
    printf("accuracy         %.2f %% (%d of %d test images of %s)\n", 100 * result->accuracy,
           result->correct, result->images, run->data.name);
    printf("multiplier       %s\n", multiplier_name(run));
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

static void free_run(evaluate_run *run)
{
    free(run->result.confusion);
    axn_inference_free(run->inference);
    axn_pool_destroy(run->pool);
    free(run->tables);
    axn_dataset_free(&run->data);
    axn_library_free(&run->library);
    axn_model_free(&run->model);
}

int axn_cmd_evaluate(int argc, char **argv)
{
    evaluate_settings settings = {0};
    const axn_option options[] = {
        {"dataset", AXN_OPTION_TEXT, &settings.dataset, "D",
         "fashion-mnist, cifar10, cifar100 or idx (the model's own)", 0, 0, NULL},
        {"data-dir", AXN_OPTION_TEXT, &settings.data_dir, "DIR", "folder of the data set", 0, 0,
         NULL},
        {"library", AXN_OPTION_TEXT, &settings.library, "DIR",
         "multiplier library (the one shipped)", 0, 0, NULL},
        {"images", AXN_OPTION_INTEGER, &settings.images, "N", "only the first N test images", 1,
         1e9, NULL},
        {"histogram", AXN_OPTION_TEXT, &settings.histogram, "FILE",
         "write how often each pair of operands is multiplied, for multipliers characterise", 0, 0,
         NULL},
        {"exact", AXN_OPTION_FLAG, &settings.exact, NULL,
         "the same weights with the exact multiplier", 0, 0, NULL},
        {"threads", AXN_OPTION_INTEGER, &settings.threads, "N", "threads (all processors)", 1, 256,
         NULL},
    };
    axn_command_line line = {
        .usage = "evaluate MODEL --dataset D [options]",
        .summary = "Accuracy of a quantised model on the test images, computed exactly as the "
                   "hardware does.",
        .options = options,
        .option_count = sizeof options / sizeof options[0],
        .least = 1,
        .most = 1,
        .arguments = &settings.path};
    axn_parse parsed = axn_options_parse(&line, argc, argv, &settings.json);
    if (parsed != AXN_PARSE_RUN) {
        return parsed == AXN_PARSE_DONE ? 0 : 2;
    }
    axn_error error = {0};
    evaluate_run run = {0};
    axn_status status = load(&settings, &run, &error);
    if (status == AXN_OK) {
        status = evaluate(&settings, &run, &error);
    }
    if (status == AXN_OK && settings.histogram != NULL) {
        status = axn_model_histogram(run.inference, &run.model, &run.data, run.result.images,
                                     axn_path_base(settings.path), settings.histogram, &error);
    }
    if (status == AXN_OK && settings.json) {
        status = print_json(&settings, &run, &error);
    } else if (status == AXN_OK) {
        print_text(&run);
    }
    free_run(&run);
    return status == AXN_OK ? 0 : axn_command_fail("evaluate", &error);
}
