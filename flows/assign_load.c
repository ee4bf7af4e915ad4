/* What `assign` works on: model, data, multipliers, groups; refused here if unfit. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/memory.h"
#include "flows/assign.h"
#include "flows/model_tables.h"

#define LEAST_POWER_RATIO .01 /* of "all": circuits that multiply at all */

static axn_status find_convolutions(axn_assign_run *run, const char *path, axn_error *error)
{
    const axn_network *network = &run->model.network;
    axn_status status = axn_allocate(&run->layer_of, (size_t)network->count, sizeof *run->layer_of,
                                     "layers", error);
    for (int i = 0; i < network->count && status == AXN_OK; i++) {
        if (network->layers[i].kind == AXN_LAYER_CONV) {
            run->layer_of[run->convolutions++] = i;
        }
    }
    if (status == AXN_OK && run->convolutions == 0) {
        status = axn_fail(error, AXN_ERROR_USAGE,
                          "model \"%s\" has no convolution to assign a multiplier to", path);
    }
    return status;
}

/* Its weights are mapped and corrected for what it has; there is nothing to start from. */
static axn_status refuse_assigned(const axn_assign_run *run, const char *path, axn_error *error)
{
    const cJSON *command = cJSON_GetObjectItemCaseSensitive(run->model.provenance, "command");
    if (cJSON_IsString(command) && strcmp(command->valuestring, "assign") == 0) {
        return axn_fail(error, AXN_ERROR_USAGE,
                        "model \"%s\" was made by assign; give the model it was made from", path);
    }
    return AXN_OK;
}

static axn_status check_data(const axn_assign_run *run, const char *path, axn_error *error)
{
    const axn_network *network = &run->model.network;
    axn_shape wanted = network->layers[0].output, found = run->data.shape;
    int classes = network->layers[network->count - 1].units;
    if (wanted.height != found.height || wanted.width != found.width ||
        wanted.channels != found.channels || classes != run->data.classes) {
        return axn_fail(error, AXN_ERROR_USAGE,
                        "model \"%s\" is for images of %dx%dx%d and %d classes, but \"%s\" has "
                        "%dx%dx%d and %d",
                        path, wanted.height, wanted.width, wanted.channels, classes, run->data.name,
                        found.height, found.width, found.channels, run->data.classes);
    }
    return AXN_OK;
}

/* ---- multipliers ---- */

static void add_choice(axn_assign_run *run, int index)
{
    for (int i = 0; i < run->choice_count; i++) {
        if (run->choices[i] == index) {
            return;
        }
    }
    run->choices[run->choice_count++] = index;
}

static axn_status add_named(axn_assign_run *run, const char *names, axn_error *error)
{
    axn_status status = AXN_OK;
    for (const char *at = names; status == AXN_OK && *at != '\0';) {
        char name[AXN_MULTIPLIER_NAME];
        size_t length = strcspn(at, ",");
        int index = run->library.exact;
        if (length == 0 || length >= sizeof name) {
            return axn_fail(error, AXN_ERROR_USAGE,
                            "--multipliers: \"%s\" is not \"lite\", \"all\" or a list of names",
                            names);
        }
        snprintf(name, sizeof name, "%.*s", (int)length, at);
        if (strcmp(name, "exact") != 0) {
            status = axn_library_require(&run->library, name, &index, error);
        }
        if (status == AXN_OK) {
            add_choice(run, index);
        }
        at += length + (at[length] == ',' ? 1 : 0);
    }
    return status == AXN_OK ? status : axn_error_prefix(error, "--multipliers");
}

static void add_set(axn_assign_run *run, bool all)
{
    bool marked = false;
    for (int i = 0; i < run->library.count; i++) {
        marked = marked || run->library.multipliers[i].lite;
    }
    for (int i = 0; i < run->library.count; i++) {
        const axn_multiplier *m = &run->library.multipliers[i];
        if ((all || !marked || m->lite) && m->power_ratio >= LEAST_POWER_RATIO) {
            add_choice(run, i);
        }
    }
}

static int by_energy(const void *one, const void *other, void *context)
{
    const axn_multiplier *multipliers = context;
    int a = *(const int *)one, b = *(const int *)other;
    if (multipliers[a].energy_pj != multipliers[b].energy_pj) {
        return multipliers[a].energy_pj < multipliers[b].energy_pj ? -1 : 1;
    }
    return a - b;
}

/* The exact one and the model's own are always among them: the way back must be open. */
static axn_status choose_multipliers(const char *names, axn_assign_run *run, axn_error *error)
{
    axn_status status = axn_allocate(&run->choices, (size_t)run->library.count,
                                     sizeof *run->choices, "multipliers", error);
    if (status != AXN_OK) {
        return status;
    }
    if (strcmp(names, "lite") == 0 || strcmp(names, "all") == 0) {
        add_set(run, strcmp(names, "all") == 0);
    } else {
        status = add_named(run, names, error);
    }
    if (status != AXN_OK) {
        return status;
    }
    add_choice(run, run->library.exact);
    for (int i = 0; i < run->convolutions; i++) {
        add_choice(run, run->own[run->model.network.layers[run->layer_of[i]].multiplier]);
    }
    qsort_r(run->choices, (size_t)run->choice_count, sizeof *run->choices, by_energy,
            run->library.multipliers);
    status =
        axn_allocate(&run->tables, (size_t)run->choice_count, sizeof *run->tables, "tables", error);
    return status == AXN_OK ? axn_library_tables(&run->library, run->choices, run->choice_count,
                                                 run->tables, error)
                            : status;
}

/* ---- groups ---- */

static int find_convolution(const axn_assign_run *run, const char *name, size_t length)
{
    for (int i = 0; i < run->convolutions; i++) {
        const char *own = run->model.network.layers[run->layer_of[i]].name;
        if (strlen(own) == length && strncmp(own, name, length) == 0) {
            return i;
        }
    }
    return -1;
}

static axn_status group_named(const char *groups, axn_assign_run *run, axn_error *error)
{
    int group = run->convolutions; /* numbers that are not in use yet */
    for (const char *at = groups; *at != '\0'; at++) {
        size_t length = strcspn(at, "+,");
        int found = find_convolution(run, at, length);
        if (found < 0) {
            return axn_fail(error, AXN_ERROR_USAGE,
                            "--groups: the model has no convolution called \"%.*s\"", (int)length,
                            at);
        }
        if (run->gene_of[found] >= run->convolutions) {
            return axn_fail(error, AXN_ERROR_USAGE, "--groups: \"%.*s\" is named twice",
                            (int)length, at);
        }
        run->gene_of[found] = group;
        at += length;
        group += *at == ',';
        if (*at == '\0') {
            break;
        }
    }
    return AXN_OK;
}

/* Numbers the groups 0, 1, ... by their first convolutions. */
static axn_status number_groups(axn_assign_run *run, axn_error *error)
{
    int *number = NULL; /* [old number] new one + 1 */
    axn_status status =
        axn_allocate(&number, (size_t)run->convolutions * 2, sizeof *number, "groups", error);
    for (int i = 0; i < run->convolutions && status == AXN_OK; i++) {
        int *own = &number[run->gene_of[i]];
        *own = *own == 0 ? ++run->genes : *own;
        run->gene_of[i] = *own - 1;
    }
    free(number);
    return status;
}

axn_status axn_assign_group(const char *groups, axn_assign_run *run, axn_error *error)
{
    char *end = NULL;
    axn_status status = axn_allocate(&run->gene_of, (size_t)run->convolutions, sizeof *run->gene_of,
                                     "groups", error);
    if (status != AXN_OK) {
        return status;
    }
    long number = groups != NULL ? strtol(groups, &end, 10) : run->convolutions;
    bool named = groups != NULL && (*end != '\0' || end == groups);
    if (!named && (number < 1 || number > run->convolutions)) {
        return axn_fail(error, AXN_ERROR_USAGE,
                        "--groups: the model has %d convolutions, which do not make %ld groups",
                        run->convolutions, number);
    }
    for (int i = 0; i < run->convolutions; i++) {
        run->gene_of[i] = named ? i : (int)((int64_t)i * number / run->convolutions);
    }
    if (named) {
        status = group_named(groups, run, error);
    }
    return status == AXN_OK ? number_groups(run, error) : status;
}

/* ---- all ---- */

static axn_status find_reference(axn_assign_run *run, axn_error *error)
{
    size_t count = (size_t)run->model.multiplier_count;
    axn_status status =
        axn_allocate(&run->reference, count, sizeof *run->reference, "tables", error);
    if (status == AXN_OK) {
        memcpy(run->reference, run->own_tables, count * sizeof *run->reference);
    }
    for (size_t i = 0; i < count && status == AXN_OK; i++) {
        if (axn_correction_expects_exact(&run->model)) {
            axn_table_exact(&run->reference[i]);
        }
    }
    return status;
}

static axn_status sum_energies(axn_assign_run *run, axn_error *error)
{
    axn_status status =
        axn_allocate(&run->energy_pj, (size_t)run->genes * (size_t)run->choice_count,
                     sizeof *run->energy_pj, "energies", error);
    for (int i = 0; i < run->convolutions && status == AXN_OK; i++) {
        double count = (double)axn_layer_multiplications(&run->model.network, run->layer_of[i],
                                                         AXN_COUNT_EXACT);
        for (int c = 0; c < run->choice_count; c++) {
            double energy = count * run->library.multipliers[run->choices[c]].energy_pj;
            run->energy_pj[run->gene_of[i] * run->choice_count + c] += energy;
            run->exact_uj += run->choices[c] == run->library.exact ? energy / 1e6 : 0;
        }
    }
    run->given_uj = axn_model_energy_pj(&run->model, &run->library, run->own) / 1e6;
    return status;
}

axn_status axn_assign_load(const axn_assign_settings *settings, axn_assign_run *run,
                           axn_error *error)
{
    axn_status status = axn_model_load(settings->path, &run->model, error);
    if (status == AXN_OK) {
        status = find_convolutions(run, settings->path, error);
    }
    if (status == AXN_OK) {
        status = refuse_assigned(run, settings->path, error);
    }
    if (status == AXN_OK) {
        status = axn_library_load(settings->library, &run->library, error);
    }
    if (status == AXN_OK) {
        status = axn_model_tables(&run->model, settings->path, &run->library, false, run->own,
                                  &run->own_tables, error);
    }
    if (status == AXN_OK) {
        status = find_reference(run, error);
    }
    if (status == AXN_OK) {
        status = axn_assign_group(settings->groups, run, error);
    }
    if (status == AXN_OK) {
        status = choose_multipliers(settings->multipliers, run, error);
    }
    if (status == AXN_OK) {
        status = sum_energies(run, error);
    }
    if (status == AXN_OK) {
        const char *name = settings->dataset != NULL ? settings->dataset : run->model.dataset;
        status = axn_dataset_load(name, settings->data_dir, &run->data, error);
    }
    return status == AXN_OK ? check_data(run, settings->path, error) : status;
}
