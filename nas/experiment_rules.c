/* From settings to the rules of the search and of each training. */
#include <stdio.h>
#include <string.h>

#include "common/hash.h"
#include "nas/experiment.h"
#include "nas/isa.h"
#include "nas/trainer_config.h"

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
