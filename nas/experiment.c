#include "nas/experiment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/hash.h"
#include "common/json.h"
#include "common/memory.h"
#include "nas/fidelity.h"
#include "nas/isa.h"
#include "nas/trainer_config.h"

void axn_experiment_free(axn_experiment *experiment)
{
    axn_settings_free(&experiment->settings);
    axn_template_free(&experiment->grid);
    free(experiment->multipliers);
    *experiment = (axn_experiment){0};
}

static uint64_t hash_images(uint64_t hash, const axn_dataset *dataset, const axn_images *images)
{
    size_t pixels = (size_t)images->count * (size_t)axn_shape_size(dataset->shape);
    hash = axn_hash(hash, images->pixels, pixels);
    return axn_hash(hash, images->labels, (size_t)images->count);
}

uint64_t axn_experiment_hash_dataset(const axn_dataset *dataset)
{
    return hash_images(hash_images(AXN_HASH_SEED, dataset, &dataset->train), dataset,
                       &dataset->test);
}

static axn_status use_dataset(axn_experiment *e, const axn_dataset *dataset, axn_error *error)
{
    const axn_settings *s = &e->settings;
    bool paper = strcmp(s->protocol, "paper") == 0;
    double fraction = paper ? 0 : s->validation_fraction;
    int held_out = (int)(fraction * dataset->train.count + .5);
    int left = dataset->train.count - held_out;
    e->input = dataset->shape;
    e->classes = dataset->classes;
    e->flip = strcmp(s->flip, "auto") == 0 ? dataset->flip : strcmp(s->flip, "on") == 0;
    e->validation_images = paper ? dataset->test.count : held_out;
    if (s->validation_images > 0 && s->validation_images < e->validation_images) {
        e->validation_images = (int)s->validation_images;
    }
    if (s->train_images > left) {
        return axn_fail(error, AXN_ERROR_USAGE,
                        "\"train_images\" is %lld, but dataset %s leaves %d for training",
                        (long long)s->train_images, dataset->name, left);
    }
    e->train_images = s->train_images > 0 ? (int)s->train_images : left;
    if (e->train_images < 1 || e->validation_images < 1) {
        return axn_fail(error, AXN_ERROR_USAGE,
                        "\"validation_fraction\" %g leaves no images to train or to validate on",
                        s->validation_fraction);
    }
    e->dataset_hash = axn_experiment_hash_dataset(dataset);
    return AXN_OK;
}

static axn_status use_template(axn_experiment *e, axn_error *error)
{
    char relative[AXN_PATH_MAX];
    char path[AXN_PATH_MAX];
    axn_settings *s = &e->settings;
    if (s->template[0] == '\0') {
        int side = e->input.height < e->input.width ? e->input.height : e->input.width;
        snprintf(s->template, sizeof s->template, "%s",
                 side >= 32   ? "cifar10"
                 : side >= 20 ? "fashion-mnist"
                              : "tiny");
    }
    axn_status status = AXN_OK;
    if (strchr(s->template, '/') != NULL || strchr(s->template, '.') != NULL) {
        snprintf(path, sizeof path, "%s", s->template);
    } else {
        int length = snprintf(relative, sizeof relative, "flows/templates/%s.txt", s->template);
        status = length < (int)sizeof relative
                     ? axn_program_path(path, relative, error)
                     : axn_fail(error, AXN_ERROR_USAGE, "\"template\" is too long");
    }
    return status == AXN_OK ? axn_template_load(path, &e->grid, error) : status;
}

/* Is a multiplication's energy power x its own critical path, as in the paper? */
static bool by_path(const axn_experiment *e)
{
    return strcmp(e->settings.energy_convention, "path") == 0;
}

static axn_status add_multiplier(axn_experiment *e, const axn_multiplier *from, axn_error *error)
{
    if (e->multiplier_count > 0) {
        const axn_search_multiplier *last = e->multipliers;
        for (int i = 0; i < e->multiplier_count; i++) {
            if (strcmp(last[i].name, from->name) == 0) {
                return axn_fail(error, AXN_ERROR_USAGE, "\"multipliers\" names %s twice",
                                from->name);
            }
        }
    }
    bool path = by_path(e);
    axn_search_multiplier *to = &e->multipliers[e->multiplier_count++];
    *to = (axn_search_multiplier){.hash = from->hash,
                                  .energy_pj = path ? from->energy_pdp_pj : from->energy_pj,
                                  .power_ratio = from->power_ratio};
    snprintf(to->name, sizeof to->name, "%s", from->name);
    return AXN_OK;
}

static axn_status add_named(axn_experiment *e, const axn_library *library, const char *name,
                            axn_error *error)
{
    int index = -1;
    axn_status status = axn_library_require(library, name, &index, error);
    return status == AXN_OK ? add_multiplier(e, &library->multipliers[index], error) : status;
}

static bool within_ratios(const axn_experiment *e, const axn_multiplier *multiplier)
{
    return multiplier->power_ratio >= e->settings.min_power_ratio &&
           multiplier->power_ratio <= e->settings.max_power_ratio;
}

/* All of the library, or its lite set if it has marked one. */
static axn_status add_set(axn_experiment *e, const axn_library *library, bool all, axn_error *error)
{
    axn_status status = AXN_OK;
    bool marked = false;
    for (int i = 0; i < library->count; i++) {
        marked = marked || library->multipliers[i].lite;
    }
    for (int i = 0; i < library->count && status == AXN_OK; i++) {
        const axn_multiplier *multiplier = &library->multipliers[i];
        if ((all || !marked || multiplier->lite) && within_ratios(e, multiplier)) {
            status = add_multiplier(e, multiplier, error);
        }
    }
    return status;
}

static axn_status use_library(axn_experiment *e, const axn_library *library, axn_error *error)
{
    const axn_settings *s = &e->settings;
    const axn_multiplier *exact = &library->multipliers[library->exact];
    const cJSON *list = s->multipliers;
    size_t room = (size_t)library->count + 1;
    if (cJSON_IsArray(list) && (size_t)cJSON_GetArraySize(list) > room) {
        room = (size_t)cJSON_GetArraySize(list);
    }
    axn_status status =
        axn_allocate(&e->multipliers, room, sizeof *e->multipliers, "multipliers", error);
    if (status != AXN_OK) {
        return status;
    }
    snprintf(e->exact_name, sizeof e->exact_name, "%s", exact->name);
    e->exact_energy_pj = by_path(e) ? exact->energy_pdp_pj : exact->energy_pj;
    if (strcmp(s->scenario, "s4") == 0) {
        status = add_multiplier(e, exact, error);
    } else if (strcmp(s->scenario, "s3") == 0) {
        status = s->multiplier[0] != '\0'
                     ? add_named(e, library, s->multiplier, error)
                     : axn_fail(error, AXN_ERROR_USAGE,
                                "scenario s3 needs \"multiplier\", the one to use");
    } else if (cJSON_IsArray(list)) {
        const cJSON *name = NULL;
        cJSON_ArrayForEach(name, list)
        {
            status = status == AXN_OK ? add_named(e, library, name->valuestring, error) : status;
        }
    } else {
        bool all = cJSON_IsString(list) && strcmp(list->valuestring, "all") == 0;
        status = add_set(e, library, all, error);
    }
    if (status == AXN_OK && e->multiplier_count == 0) {
        status = axn_fail(error, AXN_ERROR_USAGE,
                          "no circuit of library %s lies between \"min_power_ratio\" %g and "
                          "\"max_power_ratio\" %g",
                          library->folder, s->min_power_ratio, s->max_power_ratio);
    }
    return status;
}

/* Writes out the lists that the scenario or the library decided. */
static axn_status resolve_lists(axn_experiment *e, axn_error *error)
{
    static const char *const by_energy[] = {"accuracy", "energy"};
    static const char *const all[] = {"accuracy", "parameters", "energy"};
    axn_settings *s = &e->settings;
    if (s->objectives == NULL) {
        bool three = strcmp(s->scenario, "s2") == 0;
        s->objectives = cJSON_CreateStringArray(three ? all : by_energy, three ? 3 : 2);
    }
    cJSON *names = cJSON_CreateArray();
    for (int i = 0; i < e->multiplier_count; i++) {
        cJSON_AddItemToArray(names, cJSON_CreateString(e->multipliers[i].name));
    }
    cJSON_Delete(s->multipliers);
    s->multipliers = names;
    if (s->objectives == NULL || cJSON_GetArraySize(names) != e->multiplier_count) {
        return axn_fail(error, AXN_ERROR_MEMORY, "out of memory for the settings");
    }
    return AXN_OK;
}

axn_status axn_experiment_create(axn_settings *settings, const axn_dataset *dataset,
                                 const axn_library *library, axn_experiment *out, axn_error *error)
{
    *out = (axn_experiment){.settings = *settings};
    settings->multipliers = NULL;
    settings->objectives = NULL;
    snprintf(out->isa, sizeof out->isa, "%s", axn_isa_name(AXN_ISA_BEST));
    axn_status status = use_dataset(out, dataset, error);
    if (status == AXN_OK) {
        status = use_template(out, error);
    }
    if (status == AXN_OK) {
        status = use_library(out, library, error);
    }
    if (status == AXN_OK) {
        status = resolve_lists(out, error);
    }
    if (status == AXN_OK) {
        axn_search probe = {0};
        status = axn_experiment_search(out, &probe, error);
    }
    if (status == AXN_OK) {
        axn_trainer_config config;
        axn_experiment_trainer(out, &config);
        status = axn_trainer_config_check(&config, error);
    }
    return status;
}

axn_status axn_experiment_tables(const axn_experiment *experiment, const axn_library *library,
                                 axn_table *tables, axn_error *error)
{
    int *indices = NULL;
    int count = experiment->multiplier_count;
    axn_status status =
        axn_allocate(&indices, (size_t)count, sizeof *indices, "multipliers", error);
    for (int i = 0; i < count && status == AXN_OK; i++) {
        const axn_search_multiplier *multiplier = &experiment->multipliers[i];
        status = axn_library_require(library, multiplier->name, &indices[i], error);
        if (status == AXN_OK && library->multipliers[indices[i]].hash != multiplier->hash) {
            status = axn_fail(error, AXN_ERROR_MISMATCH,
                              "library %s: %s is another circuit than the one of the search",
                              library->folder, multiplier->name);
        }
    }
    if (status == AXN_OK) {
        status = axn_library_tables(library, indices, count, tables, error);
    }
    for (int i = 0; i < count && status == AXN_OK; i++) {
        bool constant = true;
        for (int k = 1; k < 65536 && constant; k++) {
            constant = tables[i].product[k] == tables[i].product[0];
        }
        if (constant) {
            status = axn_fail(error, AXN_ERROR_USAGE,
                              "multiplier %s has a constant output; leave it out of "
                              "\"multipliers\"",
                              experiment->multipliers[i].name);
        }
    }
    free(indices);
    return status;
}

void axn_experiment_judge(axn_experiment *experiment, const axn_table *tables)
{
    for (int i = 0; i < experiment->multiplier_count; i++) {
        experiment->multipliers[i].fidelity = axn_fidelity(&tables[i]);
    }
}
