/* What `assign` prints. */
#include <stdio.h>
#include <stdlib.h>

#include "common/json.h"
#include "common/memory.h"
#include "flows/assign.h"

static const double drops[] = {0, .005, .01, .02, .05}; /* that the summary is for */

static const char *name_of(const axn_assign_run *run, int choice)
{
    return run->library.multipliers[run->choices[choice]].name;
}

static const uint16_t *genes_of(const axn_assign_run *run, int record)
{
    return run->result.gene + (size_t)record * (size_t)run->genes;
}

static double share(int correct, const axn_assign_images *images)
{
    return images->count > 0 ? (double)correct / images->count : 0;
}

int axn_assign_within(const axn_assign_run *run, const axn_assign_point *points, int count,
                      double drop)
{
    double least = run->given_correct - drop * run->confirm.count;
    for (int i = 0; i < count; i++) {
        if (points[i].correct >= least - 1e-9) {
            return i;
        }
    }
    return -1;
}

/* ---- JSON ---- */

static cJSON *assignment_json(const axn_assign_run *run, const uint16_t *genes)
{
    cJSON *json = cJSON_CreateObject();
    for (int i = 0; i < run->convolutions; i++) {
        const char *layer = run->model.network.layers[run->layer_of[i]].name;
        if (cJSON_AddStringToObject(json, layer, name_of(run, genes[run->gene_of[i]])) == NULL) {
            cJSON_Delete(json);
            return NULL;
        }
    }
    return json;
}

static cJSON *point_json(const axn_assign_run *run, const axn_assign_point *point)
{
    cJSON *json = cJSON_CreateObject();
    cJSON_AddNumberToObject(json, "id", point->record);
    cJSON_AddNumberToObject(json, "validation_accuracy", share(point->correct, &run->confirm));
    cJSON_AddNumberToObject(json, "accuracy", share(point->test_correct, &run->test));
    axn_json_add_double(json, "energy_uj", point->energy_uj);
    axn_json_add_double(json, "energy_ratio", point->energy_uj / run->exact_uj);
    if (point->uniform >= 0) {
        cJSON_AddStringToObject(json, "multiplier", name_of(run, point->uniform));
    }
    cJSON_AddItemToObject(json, "assignment", assignment_json(run, genes_of(run, point->record)));
    return json;
}

static void add_points(const axn_assign_run *run, cJSON *json, const char *key,
                       const axn_assign_point *points, int count)
{
    cJSON *array = cJSON_AddArrayToObject(json, key);
    for (int i = 0; i < count; i++) {
        cJSON_AddItemToArray(array, point_json(run, &points[i]));
    }
}

static void add_multipliers(const axn_assign_run *run, cJSON *json)
{
    cJSON *array = cJSON_AddArrayToObject(json, "multipliers");
    for (int c = 0; c < run->choice_count; c++) {
        const axn_multiplier *multiplier = &run->library.multipliers[run->choices[c]];
        cJSON *item = cJSON_CreateObject();
        cJSON_AddStringToObject(item, "name", multiplier->name);
        axn_json_add_double(item, "energy_pj", multiplier->energy_pj);
        cJSON_AddItemToArray(array, item);
    }
}

static void add_within(const axn_assign_run *run, cJSON *json)
{
    cJSON *array = cJSON_AddArrayToObject(json, "within");
    for (size_t i = 0; i < sizeof drops / sizeof drops[0]; i++) {
        int best = axn_assign_within(run, run->points, run->point_count, drops[i]);
        int uniform = axn_assign_within(run, run->uniform, run->uniform_count, drops[i]);
        cJSON *item = cJSON_CreateObject();
        cJSON_AddNumberToObject(item, "drop", drops[i]);
        cJSON_AddItemToObject(item, "id",
                              best >= 0 ? cJSON_CreateNumber(run->points[best].record)
                                        : cJSON_CreateNull());
        cJSON_AddItemToObject(item, "energy_ratio",
                              best >= 0
                                  ? axn_json_double(run->points[best].energy_uj / run->exact_uj)
                                  : cJSON_CreateNull());
        cJSON_AddItemToObject(item, "uniform_energy_ratio",
                              uniform >= 0
                                  ? axn_json_double(run->uniform[uniform].energy_uj / run->exact_uj)
                                  : cJSON_CreateNull());
        cJSON_AddItemToArray(array, item);
    }
}

static void add_settings(const axn_assign_settings *settings, const axn_assign_run *run,
                         cJSON *json)
{
    char seed[24];
    snprintf(seed, sizeof seed, "%lld", (long long)settings->seed);
    cJSON_AddStringToObject(json, "model", settings->path);
    cJSON_AddStringToObject(json, "dataset", run->data.name);
    cJSON_AddStringToObject(json, "seed", seed);
    cJSON_AddNumberToObject(json, "population", (double)settings->population);
    cJSON_AddNumberToObject(json, "generations", (double)settings->generations);
    cJSON_AddStringToObject(json, "map_weights", settings->correction.map_weights);
    cJSON_AddStringToObject(json, "operand_order", settings->correction.operand_order);
    cJSON_AddBoolToObject(json, "correct_bias", settings->correction.correct_bias);
    cJSON_AddBoolToObject(json, "reestimate_norm", settings->correction.reestimate_norm);
    cJSON_AddStringToObject(json, "images_from", settings->images_from);
    cJSON_AddNumberToObject(json, "images", run->search.count);
    cJSON_AddNumberToObject(json, "confirm_images", run->confirm.count);
    cJSON_AddNumberToObject(json, "test_images", run->test.count);
}

axn_status axn_assign_print_json(const axn_assign_settings *settings, const axn_assign_run *run,
                                 axn_error *error)
{
    cJSON *json = cJSON_CreateObject();
    add_settings(settings, run, json);
    cJSON_AddNumberToObject(
        json, "multiplications",
        (double)axn_network_multiplications(&run->model.network, AXN_COUNT_EXACT));
    add_multipliers(run, json);
    cJSON *given = cJSON_AddObjectToObject(json, "given");
    cJSON_AddNumberToObject(given, "validation_accuracy", share(run->given_correct, &run->confirm));
    cJSON_AddNumberToObject(given, "accuracy", share(run->given_test_correct, &run->test));
    axn_json_add_double(given, "energy_uj", run->given_uj);
    axn_json_add_double(given, "energy_ratio", run->given_uj / run->exact_uj);
    axn_json_add_double(json, "energy_exact_uj", run->exact_uj);
    cJSON_AddNumberToObject(json, "evaluated", run->result.count);
    cJSON_AddBoolToObject(json, "exhaustive", run->result.exhaustive);
    axn_json_add_double(json, "hypervolume", run->result.hypervolume);
    add_points(run, json, "points", run->points, run->point_count);
    add_points(run, json, "uniform", run->uniform, run->uniform_count);
    add_within(run, json);
    axn_status status = axn_json_print(json, error);
    cJSON_Delete(json);
    return status;
}

/* ---- text ---- */

static void print_point(const axn_assign_run *run, const axn_assign_point *point)
{
    const uint16_t *genes = genes_of(run, point->record);
    printf("%7d %9.2f %% ", point->record, 100 * share(point->correct, &run->confirm));
    if (run->test.count > 0) {
        printf("%7.2f %% ", 100 * share(point->test_correct, &run->test));
    }
    printf("%11.5g %7.4f ", point->energy_uj, point->energy_uj / run->exact_uj);
    for (int i = 0; i < run->convolutions; i++) {
        printf(" %2d", genes[run->gene_of[i]] + 1);
    }
    printf("\n");
}

static axn_status print_legend(const axn_assign_run *run, axn_error *error)
{
    bool *used = NULL;
    axn_status status =
        axn_allocate(&used, (size_t)run->choice_count, sizeof *used, "a table", error);
    for (int i = 0; i < run->point_count && status == AXN_OK; i++) {
        for (int g = 0; g < run->genes; g++) {
            used[genes_of(run, run->points[i].record)[g]] = true;
        }
    }
    for (int c = 0; c < run->choice_count && status == AXN_OK; c++) {
        const axn_multiplier *multiplier = &run->library.multipliers[run->choices[c]];
        if (used[c]) {
            printf("%5d = %s (%.3f of the exact energy)\n", c + 1, multiplier->name,
                   multiplier->energy_pj / run->library.multipliers[run->library.exact].energy_pj);
        }
    }
    free(used);
    return status;
}

static void print_side(const axn_assign_run *run, const axn_assign_point *points, int count,
                       double drop)
{
    int found = axn_assign_within(run, points, count, drop);
    if (found < 0) {
        printf("  %-27s", "none");
        return;
    }
    const axn_assign_point *point = &points[found];
    char text[64];
    int length = snprintf(text, sizeof text, "%.4f", point->energy_uj / run->exact_uj);
    if (run->test.count > 0 && length > 0) {
        snprintf(text + length, sizeof text - (size_t)length, " (test %.2f %%)",
                 100 * share(point->test_correct, &run->test));
    }
    printf("  %-27s", text);
}

static void print_within(const axn_assign_run *run)
{
    printf(
        "\nenergy ratio within a loss of  layer by layer              one multiplier everywhere\n");
    for (size_t i = 0; i < sizeof drops / sizeof drops[0]; i++) {
        printf("%22.1f points", 100 * drops[i]);
        print_side(run, run->points, run->point_count, drops[i]);
        print_side(run, run->uniform, run->uniform_count, drops[i]);
        int uniform = axn_assign_within(run, run->uniform, run->uniform_count, drops[i]);
        printf("%s\n", uniform >= 0 ? name_of(run, run->uniform[uniform].uniform) : "");
    }
}

axn_status axn_assign_print_text(const axn_assign_settings *settings, const axn_assign_run *run,
                                 axn_error *error)
{
    printf("as given     %.2f %% of %d %s images", 100 * share(run->given_correct, &run->confirm),
           run->confirm.count, settings->images_from);
    if (run->test.count > 0) {
        printf(", %.2f %% of %d test images", 100 * share(run->given_test_correct, &run->test),
               run->test.count);
    }
    printf("; %.5g uJ (%.4f of the exact multiplier's)\n", run->given_uj,
           run->given_uj / run->exact_uj);
    printf("tried        %s%d assignments of %d multipliers to %d %s; hypervolume %.4f\n\n",
           run->result.exhaustive ? "all " : "", run->result.count, run->choice_count, run->genes,
           run->genes == run->convolutions ? "convolutions" : "groups", run->result.hypervolume);
    if (run->point_count == 0) {
        printf("no assignment loses as little as --max-drop asks for\n");
        return AXN_OK;
    }
    printf("%7s %11s %s%11s %7s  multiplier of each convolution\n", "id", settings->images_from,
           run->test.count > 0 ? "     test " : "", "energy_uj", "ratio");
    for (int i = 0; i < run->point_count; i++) {
        print_point(run, &run->points[i]);
    }
    axn_status status = print_legend(run, error);
    if (status == AXN_OK) {
        print_within(run);
    }
    return status;
}
