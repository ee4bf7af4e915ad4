/* Fronts, and the selection of a population. */
#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "nas/assign_internal.h"
#include "nas/nsga2.h"

static int by_energy(const void *one, const void *other, void *context)
{
    const axn_assignment *records = context;
    int a = *(const int *)one, b = *(const int *)other;
    if (records[a].energy_pj != records[b].energy_pj) {
        return records[a].energy_pj < records[b].energy_pj ? -1 : 1;
    }
    return records[a].correct != records[b].correct ? records[b].correct - records[a].correct
                                                    : a - b;
}

int axn_assign_peel(const axn_assign_result *result, int wanted, int *records)
{
    int kept = 0, left = result->count;
    for (int i = 0; i < result->count; i++) {
        records[i] = i;
    }
    qsort_r(records, (size_t)result->count, sizeof *records, by_energy, result->records);
    while (left > 0 && (kept == 0 || kept < wanted)) {
        /* Members of the present front move to the end of those kept, the others up. */
        int most = -1, first = kept;
        for (int i = first; i < first + left; i++) {
            int record = records[i];
            if (result->records[record].correct > most) {
                most = result->records[record].correct;
                memmove(records + kept + 1, records + kept, (size_t)(i - kept) * sizeof *records);
                records[kept++] = record;
            }
        }
        left -= kept - first;
    }
    return kept;
}

static axn_point point_of(const axn_assign_state *state, int record)
{
    const axn_assignment *r = &state->result->records[record];
    axn_point point = {.id = record,
                       .key = (uint64_t)record,
                       .value = {state->problem->images - r->correct, r->energy_pj}};
    int missing = state->rules->least_correct - r->correct;
    if (missing > 0) { /* behind every point that misses none (Deb's constrained domination) */
        point.value[0] = state->problem->images + missing;
        point.value[1] = DBL_MAX / 1e9 + missing * (DBL_MAX / 1e18);
    }
    return point;
}

axn_status axn_assign_measure_front(const axn_assign_state *state, axn_error *error)
{
    axn_assign_result *result = state->result;
    axn_point *points = NULL;
    double reference[2] = {state->problem->images, 0};
    axn_status status =
        axn_allocate(&points, (size_t)result->count, sizeof *points, "hypervolume", error);
    if (status != AXN_OK) {
        return status;
    }
    result->front_count = axn_assign_peel(result, 0, result->front);
    for (int c = 0; c < result->choices; c++) {
        double energy = result->records[c].energy_pj;
        reference[1] = energy > reference[1] ? energy : reference[1];
    }
    for (int i = 0; i < result->front_count; i++) {
        const axn_assignment *r = &result->records[result->front[i]];
        points[i] = (axn_point){
            .id = i, .key = (uint64_t)i, .value = {reference[0] - r->correct, r->energy_pj}};
    }
    status =
        axn_hypervolume(points, result->front_count, 2, reference, &result->hypervolume, error);
    double box = reference[0] * reference[1];
    result->hypervolume = box > 0 ? result->hypervolume / box : 0;
    free(points);
    return status;
}

/* Ranks and crowding distances of the population, for the tournaments. */
static axn_status rank_population(axn_assign_state *state, const axn_point *points,
                                  axn_error *error)
{
    int *members = NULL, fronts = 0, count = state->population_count;
    double *distance = NULL;
    axn_status status = axn_allocate(&members, (size_t)count, sizeof *members, "selection", error);
    if (status == AXN_OK) {
        status = axn_allocate(&distance, (size_t)count, sizeof *distance, "selection", error);
    }
    if (status == AXN_OK) {
        status = axn_nsga2_fronts(points, count, 2, state->rank, &fronts, error);
    }
    for (int front = 0; front < fronts && status == AXN_OK; front++) {
        int size = 0;
        for (int i = 0; i < count; i++) {
            if (state->rank[i] == front) {
                members[size++] = i;
            }
        }
        status = axn_nsga2_crowding(points, members, size, 2, distance, error);
        for (int i = 0; i < size && status == AXN_OK; i++) {
            state->distance[members[i]] = distance[i];
        }
    }
    free(members);
    free(distance);
    return status;
}

/* The population out of itself and the records from `first` on. */
axn_status axn_assign_select(axn_assign_state *state, int first, axn_error *error)
{
    axn_point *points = NULL;
    int *chosen = NULL, count = 0, keep = state->rules->population;
    size_t room = (size_t)(state->population_count + state->result->count - first);
    axn_status status = axn_allocate(&points, room, sizeof *points, "selection", error);
    if (status == AXN_OK) {
        status = axn_allocate(&chosen, (size_t)keep, sizeof *chosen, "selection", error);
    }
    if (status == AXN_OK) {
        for (int i = 0; i < state->population_count; i++) {
            points[count++] = point_of(state, state->population[i]);
        }
        for (int i = first; i < state->result->count; i++) {
            points[count++] = point_of(state, i);
        }
        status = axn_nsga2_select(points, count, 2, keep, AXN_CROWDING_WORST_FIRST, chosen,
                                  &state->population_count, error);
    }
    for (int i = 0; status == AXN_OK && i < state->population_count; i++) {
        points[i] = points[chosen[i]]; /* indices ascend, so none is overwritten before its use */
        state->population[i] = (int)points[i].id;
    }
    if (status == AXN_OK) {
        status = rank_population(state, points, error);
    }
    free(points);
    free(chosen);
    return status;
}
