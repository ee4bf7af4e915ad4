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

bool axn_experiment_wants_accelerator(const axn_experiment *experiment)
{
    const axn_settings *s = &experiment->settings;
    const cJSON *name = NULL;
    cJSON_ArrayForEach(name, s->objectives)
    {
        if (strcmp(name->valuestring, axn_objective_name(AXN_OBJECTIVE_CYCLES)) == 0 ||
            strcmp(name->valuestring, axn_objective_name(AXN_OBJECTIVE_ENERGY_ACCELERATOR)) == 0) {
            return true;
        }
    }
    return s->rows > 0 || s->columns > 0;
}

static bool find_objective(const char *name, axn_objective *out)
{
    for (int i = 0; i < AXN_OBJECTIVES; i++) {
        if (strcmp(axn_objective_name((axn_objective)i), name) == 0) {
            *out = (axn_objective)i;
            return true;
        }
    }
    return false;
}

static axn_status fill_objectives(const axn_settings *s, axn_search_rules *rules, axn_error *error)
{
    const cJSON *name = NULL;
    cJSON_ArrayForEach(name, s->objectives)
    {
        axn_objective objective = AXN_OBJECTIVE_ACCURACY;
        if (!find_objective(name->valuestring, &objective)) {
            return axn_fail(error, AXN_ERROR_USAGE,
                            "\"objectives\": unknown \"%.64s\" (accuracy, parameters, energy, "
                            "energy_total, multiplications, cycles, energy_accelerator)",
                            name->valuestring);
        }
        for (int i = 0; i < rules->objective_count; i++) {
            if (rules->objectives[i] == objective) {
                return axn_fail(error, AXN_ERROR_USAGE, "\"objectives\" names \"%s\" twice",
                                name->valuestring);
            }
        }
        rules->objectives[rules->objective_count++] = objective;
    }
    return AXN_OK;
}

/* What has come since the first version, where it is not as it was then: the hash of an older
 * run stays what it was. */
static uint64_t hash_later_settings(const axn_settings *s, uint64_t hash)
{
    char text[256];
    int length = 0;
    if (strcmp(s->optimiser, "adam") != 0) {
        length = snprintf(text, sizeof text, " %s %.17g", s->optimiser, s->momentum);
        hash = axn_hash(hash, text, (size_t)length);
    }
    if (strcmp(s->decoupled_l2, "on") == 0) {
        hash = axn_hash(hash, " decoupled", 10);
    }
    if (strcmp(s->schedule, "step") == 0) {
        length =
            snprintf(text, sizeof text, " %lld %.17g", (long long)s->step_epochs, s->step_factor);
        hash = axn_hash(hash, text, (size_t)length);
    }
    if (strcmp(s->gradient, "table") == 0) {
        length = snprintf(text, sizeof text, " table %lld", (long long)s->gradient_window);
        hash = axn_hash(hash, text, (size_t)length);
    }
    if (strcmp(s->weight_ranges, "layer") == 0) {
        hash = axn_hash(hash, " layer", 6);
    }
    return hash;
}

/* Do the ways to cheaper searches fit together? */
static axn_status check_savings(const axn_settings *s, const axn_search_rules *rules,
                                axn_error *error)
{
    bool accuracy = false;
    bool follows = rules->rungs > 1 || rules->early_termination;
    for (int i = 0; i < rules->objective_count; i++) {
        accuracy = accuracy || rules->objectives[i] == AXN_OBJECTIVE_ACCURACY;
    }
    if (rules->rungs > 1 && rules->inheritance) {
        return axn_fail(error, AXN_ERROR_USAGE,
                        "\"rungs\" %d needs \"inheritance\": \"off\": weights of different age "
                        "cannot be compared fairly",
                        rules->rungs);
    }
    if (follows && !accuracy) {
        return axn_fail(error, AXN_ERROR_USAGE, "\"%s\" needs the objective \"accuracy\"",
                        rules->rungs > 1 ? "rungs" : "early_termination");
    }
    if (follows && s->epochs > AXN_CURVE_MAX) {
        return axn_fail(error, AXN_ERROR_USAGE, "\"%s\" follows at most %d \"epochs\"",
                        rules->rungs > 1 ? "rungs" : "early_termination", AXN_CURVE_MAX);
    }
    for (int rung = 1; rung < rules->rungs; rung++) {
        if (axn_search_rung_epochs(rules, rung) <= axn_search_rung_epochs(rules, rung - 1)) {
            return axn_fail(
                error, AXN_ERROR_USAGE,
                "\"rungs\" %d with \"halving_factor\" %d are too many for \"epochs\" %d",
                rules->rungs, rules->halving_factor, rules->epochs);
        }
    }
    return AXN_OK;
}

/* All that decides the outcome of a training beside network, multipliers, epochs and
 * starting weights. */
static uint64_t protocol_hash(const axn_experiment *e)
{
    const axn_settings *s = &e->settings;
    char text[512];
    int length = snprintf(
        text, sizeof text, "%016llx %s %d %d %.17g %lld %.17g %.17g %s %.17g %lld %d %llu %s",
        (unsigned long long)e->dataset_hash, s->protocol, e->train_images, e->validation_images,
        s->validation_fraction, (long long)s->batch_size, s->learning_rate, s->l2, s->schedule,
        s->label_smoothing, (long long)s->crop_padding, (int)e->flip, (unsigned long long)s->seed,
        e->isa);
    return hash_later_settings(s, axn_hash(AXN_HASH_SEED, text, (size_t)length));
}

axn_status axn_experiment_search(const axn_experiment *e, axn_search *out, axn_error *error)
{
    const axn_settings *s = &e->settings;
    *out = (axn_search){.multipliers = e->multipliers, .exact_energy_pj = e->exact_energy_pj};
    out->space = (axn_search_space){
        .grid = &e->grid,
        .levels_back = s->levels_back > 0 ? (int)s->levels_back : e->grid.levels_back,
        .input = e->input,
        .classes = e->classes,
        .multiplier_count = e->multiplier_count,
        .multiplier_groups = (int)s->multiplier_groups,
        .min_convolutions = (int)s->min_convolutions,
        .max_multiplications = s->max_multiplications,
        .max_parameters = s->max_parameters,
    };
    out->rules = (axn_search_rules){
        .seed = s->seed,
        .population = (int)s->population,
        .generations = (int)s->generations,
        .algorithm =
            strcmp(s->algorithm, "random") == 0 ? AXN_ALGORITHM_RANDOM : AXN_ALGORITHM_NSGA2,
        .crowding =
            strcmp(s->crowding, "one-shot") == 0 ? AXN_CROWDING_ONE_SHOT : AXN_CROWDING_WORST_FIRST,
        .mutation = {s->p_architecture, s->p_multiplier},
        .reference = {[AXN_OBJECTIVE_PARAMETERS] = s->hypervolume_parameters,
                      [AXN_OBJECTIVE_ENERGY] = s->hypervolume_energy_uj},
        .inheritance = strcmp(s->inheritance, "on") == 0,
        .epochs = (int)s->epochs,
        .train_images = e->train_images,
        .rungs = (int)s->rungs,
        .halving_factor = (int)s->halving_factor,
        .early_termination = strcmp(s->early_termination, "on") == 0,
        .early_margin = s->early_margin,
        .early_epochs = (int)s->early_epochs,
        .screen = s->screen,
        .work_limit = s->work_limit,
        .count = strcmp(s->multiplication_count, "paper") == 0 ? AXN_COUNT_PAPER : AXN_COUNT_EXACT,
        .protocol = protocol_hash(e),
    };
    if ((double)s->population * ((double)s->generations + 1) > 1e6) {
        return axn_fail(error, AXN_ERROR_USAGE,
                        "\"population\" x \"generations\" asks for more than a million candidates");
    }
    axn_status status = fill_objectives(s, &out->rules, error);
    if (status == AXN_OK && (s->rows == 1 || s->columns == 1)) {
        status = axn_fail(error, AXN_ERROR_USAGE, "\"%s\" must be 2 to 32, or 0 for 16",
                          s->rows == 1 ? "rows" : "columns");
    }
    return status == AXN_OK ? check_savings(s, &out->rules, error) : status;
}

void axn_experiment_trainer(const axn_experiment *e, axn_trainer_config *out)
{
    const axn_settings *s = &e->settings;
    axn_trainer_defaults(out);
    out->epochs = (int)s->epochs;
    out->batch_size = (int)s->batch_size;
    out->learning_rate = s->learning_rate;
    out->l2 = s->l2;
    out->momentum = s->momentum;
    out->step_epochs = (int)s->step_epochs;
    out->step_factor = s->step_factor;
    out->gradient_window = (int)s->gradient_window;
    out->decoupled_l2 = strcmp(s->decoupled_l2, "on") == 0;
    out->layer_ranges = strcmp(s->weight_ranges, "layer") == 0;
    out->optimiser = (unsigned)axn_word_index(AXN_OPTIMISER_WORDS, s->optimiser);
    out->schedule = (unsigned)axn_word_index(AXN_SCHEDULE_WORDS, s->schedule);
    out->gradient = (unsigned)axn_word_index(AXN_GRADIENT_WORDS, s->gradient);
    out->isa = axn_isa_of(e->isa);
    out->label_smoothing = s->label_smoothing;
    out->crop_padding = (int)s->crop_padding;
    out->flip = e->flip;
    out->seed = s->seed;
    out->stream = 0;
}
