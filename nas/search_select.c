/* Objectives of candidates, survivors, the front, and the history line. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "nas/search_internal.h"

const char *axn_objective_name(axn_objective objective)
{
    static const char *const names[AXN_OBJECTIVES] = {
        [AXN_OBJECTIVE_ACCURACY] = "accuracy",
        [AXN_OBJECTIVE_PARAMETERS] = "parameters",
        [AXN_OBJECTIVE_ENERGY] = "energy",
        [AXN_OBJECTIVE_ENERGY_TOTAL] = "energy_total",
        [AXN_OBJECTIVE_MULTIPLICATIONS] = "multiplications",
        [AXN_OBJECTIVE_CYCLES] = "cycles",
        [AXN_OBJECTIVE_ENERGY_ACCELERATOR] = "energy_accelerator",
    };
    return names[objective];
}

double axn_search_cost_of(const axn_candidate *candidate, axn_objective objective)
{
    switch (objective) {
    case AXN_OBJECTIVE_PARAMETERS:
        return (double)candidate->parameters;
    case AXN_OBJECTIVE_ENERGY:
        return candidate->energy_uj;
    case AXN_OBJECTIVE_ENERGY_TOTAL:
        return candidate->energy_total_uj;
    case AXN_OBJECTIVE_MULTIPLICATIONS:
        return (double)candidate->multiplications;
    case AXN_OBJECTIVE_CYCLES:
        return (double)candidate->cycles;
    case AXN_OBJECTIVE_ENERGY_ACCELERATOR:
        return candidate->energy_accelerator_uj;
    default:
        return INFINITY;
    }
}

static double value_of(const axn_candidate *candidate, axn_objective objective)
{
    bool ok = candidate->outcome == AXN_OUTCOME_OK;
    if (objective == AXN_OBJECTIVE_ACCURACY) {
        return ok ? 1 - candidate->accuracy : INFINITY;
    }
    return ok || candidate->outcome == AXN_OUTCOME_STOPPED
               ? axn_search_cost_of(candidate, objective)
               : INFINITY;
}

axn_point axn_search_point(const axn_search_rules *rules, const axn_candidate *candidate)
{
    axn_point point = {.id = candidate->id, .key = candidate->key};
    for (int k = 0; k < rules->objective_count; k++) {
        point.value[k] = value_of(candidate, rules->objectives[k]);
    }
    return point;
}

axn_point axn_search_point_at(const axn_search *search, const axn_candidate *candidate, int rung)
{
    axn_point point = axn_search_point(&search->rules, candidate);
    int epochs = axn_search_rung_epochs(&search->rules, rung);
    bool known = rung >= 0 && epochs <= candidate->curve_count;
    for (int k = 0; k < search->rules.objective_count; k++) {
        axn_objective objective = search->rules.objectives[k];
        point.value[k] = objective != AXN_OBJECTIVE_ACCURACY
                             ? axn_search_cost_of(candidate, objective)
                         : known ? 1 - candidate->curve[epochs - 1]
                                 : INFINITY;
    }
    return point;
}

/* Candidates of a higher level survive before those of a lower one: whole trainings, then those
 * stopped at the last rung but one, and so on; within a level all have been trained for
 * the same number of epochs. */
static int level_of(const axn_search *search, const axn_candidate *candidate)
{
    return candidate->outcome == AXN_OUTCOME_OK        ? search->rules.rungs + 1
           : candidate->outcome == AXN_OUTCOME_STOPPED ? candidate->rung
                                                       : -1;
}

static axn_point point_in_level(const axn_search *search, const axn_candidate *candidate)
{
    return candidate->outcome == AXN_OUTCOME_STOPPED
               ? axn_search_point_at(search, candidate, candidate->rung - 1)
               : axn_search_point(&search->rules, candidate);
}

/* Points of one level among the population and the newest generation. */
static int collect_level(const axn_search *search, int level, axn_point *points)
{
    int count = 0;
    for (int i = 0; i < search->population_count; i++) {
        const axn_candidate *candidate = &search->candidates[search->population[i]];
        if (level_of(search, candidate) == level) {
            points[count++] = point_in_level(search, candidate);
        }
    }
    for (int i = search->count - search->rules.population; i < search->count; i++) {
        const axn_candidate *candidate = &search->candidates[i];
        if (level_of(search, candidate) == level) {
            points[count++] = point_in_level(search, candidate);
        }
    }
    return count;
}

static int by_value(const void *one, const void *other)
{
    int a = *(const int *)one;
    int b = *(const int *)other;
    return (a > b) - (a < b);
}

axn_status axn_search_select(axn_search *search, axn_error *error)
{
    axn_point *points = NULL;
    int *chosen = NULL;
    int *survivors = NULL;
    int count = 0;
    int keep = search->rules.population;
    size_t room = (size_t)keep * 2;
    axn_status status = axn_allocate(&points, room, sizeof *points, "selection", error);
    if (status == AXN_OK) {
        status = axn_allocate(&chosen, (size_t)keep, sizeof *chosen, "selection", error);
    }
    if (status == AXN_OK) {
        status = axn_allocate(&survivors, (size_t)keep, sizeof *survivors, "selection", error);
    }
    for (int level = search->rules.rungs + 1; level >= -1 && count < keep && status == AXN_OK;
         level--) {
        int chosen_count = 0;
        int found = collect_level(search, level, points);
        status = axn_nsga2_select(points, found, search->rules.objective_count, keep - count,
                                  search->rules.crowding, chosen, &chosen_count, error);
        for (int i = 0; status == AXN_OK && i < chosen_count; i++) {
            survivors[count++] = (int)points[chosen[i]].id;
        }
    }
    if (status == AXN_OK) {
        qsort(survivors, (size_t)count, sizeof *survivors, by_value);
        memcpy(search->population, survivors, (size_t)count * sizeof *survivors);
        search->population_count = count;
    }
    free(points);
    free(chosen);
    free(survivors);
    return status;
}

/* What qsort_r hands to the comparison. */
typedef struct energy_order {
    const axn_search *search;
} energy_order;

static int by_energy(const void *one, const void *other, void *context)
{
    const axn_search *search = ((const energy_order *)context)->search;
    const axn_candidate *a = &search->candidates[*(const int *)one];
    const axn_candidate *b = &search->candidates[*(const int *)other];
    if (a->energy_uj != b->energy_uj) {
        return a->energy_uj < b->energy_uj ? -1 : 1;
    }
    return a->id < b->id ? -1 : a->id > b->id;
}

axn_status axn_search_front(const axn_search *search, int *members, int *count, axn_error *error)
{
    axn_point *points = NULL;
    int *front = NULL;
    int *kept = NULL;
    int kept_count = 0;
    int fronts = 0;
    size_t room = (size_t)search->finished;
    *count = 0;
    axn_status status = axn_allocate(&points, room, sizeof *points, "front", error);
    if (status == AXN_OK) {
        status = axn_allocate(&front, room, sizeof *front, "front", error);
    }
    if (status == AXN_OK) {
        status = axn_allocate(&kept, room, sizeof *kept, "front", error);
    }
    for (int i = 0; status == AXN_OK && i < search->finished; i++) {
        const axn_candidate *candidate = &search->candidates[i];
        if (candidate->outcome == AXN_OUTCOME_OK && candidate->same_as < 0) {
            points[kept_count] = axn_search_point(&search->rules, candidate);
            kept[kept_count++] = i;
        }
    }
    if (status == AXN_OK) {
        status = axn_nsga2_fronts(points, kept_count, search->rules.objective_count, front, &fronts,
                                  error);
    }
    for (int i = 0; status == AXN_OK && i < kept_count; i++) {
        if (front[i] == 0) {
            members[(*count)++] = kept[i];
        }
    }
    energy_order order = {search};
    qsort_r(members, (size_t)*count, sizeof *members, by_energy, &order);
    free(points);
    free(front);
    free(kept);
    return status;
}

/* Reference of the hypervolume in the order of the rules' objectives. */
static void reference_point(const axn_search *search, double *reference)
{
    for (int k = 0; k < search->rules.objective_count; k++) {
        axn_objective objective = search->rules.objectives[k];
        reference[k] = search->rules.reference[objective];
        if (objective == AXN_OBJECTIVE_ACCURACY) {
            reference[k] = 1;
        }
        for (int i = 0; search->rules.reference[objective] <= 0 &&
                        objective != AXN_OBJECTIVE_ACCURACY && i < search->rules.population;
             i++) {
            double value = value_of(&search->candidates[i], objective);
            if (isfinite(value) && value * 1.1 > reference[k]) {
                reference[k] = value * 1.1;
            }
        }
    }
}

static axn_status front_volume(const axn_search *search, double *out, axn_error *error)
{
    double reference[AXN_MAX_OBJECTIVES] = {0};
    axn_point *points = NULL;
    int *members = NULL;
    int count = 0;
    size_t room = (size_t)search->finished;
    axn_status status = axn_allocate(&points, room, sizeof *points, "hypervolume", error);
    if (status == AXN_OK) {
        status = axn_allocate(&members, room, sizeof *members, "hypervolume", error);
    }
    if (status == AXN_OK) {
        status = axn_search_front(search, members, &count, error);
    }
    if (status == AXN_OK) {
        for (int i = 0; i < count; i++) {
            points[i] = axn_search_point(&search->rules, &search->candidates[members[i]]);
        }
        reference_point(search, reference);
        status =
            axn_hypervolume(points, count, search->rules.objective_count, reference, out, error);
    }
    for (int k = 0; k < search->rules.objective_count; k++) {
        *out = reference[k] > 0 ? *out / reference[k] : 0;
    }
    free(points);
    free(members);
    return status;
}

axn_status axn_search_record(axn_search *search, int generation, axn_error *error)
{
    axn_generation line = {.generation = generation, .candidates = search->finished};
    axn_status status = front_volume(search, &line.hypervolume, error);
    for (int i = 0; i < search->finished; i++) {
        const axn_candidate *candidate = &search->candidates[i];
        bool first = true;
        for (int j = 0; j < i && first; j++) {
            first = search->candidates[j].phenotype != candidate->phenotype;
        }
        line.phenotypes += first ? 1 : 0;
        if (candidate->outcome != AXN_OUTCOME_OK) {
            line.stopped += candidate->outcome == AXN_OUTCOME_STOPPED ? 1 : 0;
            line.failed += candidate->outcome != AXN_OUTCOME_STOPPED ? 1 : 0;
            continue;
        }
        line.best_accuracy = fmax(line.best_accuracy, candidate->accuracy);
        if (line.lowest_energy_uj == 0 || candidate->energy_uj < line.lowest_energy_uj) {
            line.lowest_energy_uj = candidate->energy_uj;
        }
    }
    if (status == AXN_OK) {
        search->history[search->history_count++] = line;
    }
    return status;
}
