#include "nas/assign.h"

#include <stdlib.h>
#include <string.h>

#include "common/hash.h"
#include "common/memory.h"
#include "nas/assign_internal.h"

enum { TRIES = 50 }; /* to make a child that is new */

const uint16_t *axn_assign_genes(const axn_assign_result *result, int record)
{
    return result->gene + (size_t)record * (size_t)result->genes;
}

void axn_assign_result_free(axn_assign_result *result)
{
    free(result->gene);
    free(result->records);
    free(result->front);
    *result = (axn_assign_result){0};
}

static axn_status make_room(axn_assign_state *state, axn_error *error)
{
    axn_assign_result *result = state->result;
    size_t needed = (size_t)result->count + 1, genes = (size_t)result->genes;
    if (needed <= state->capacity) {
        return AXN_OK;
    }
    needed = needed < 256 ? 256 : needed * 2;
    struct {
        void *out;
        size_t each, size;
    } arrays[] = {{&result->gene, genes, sizeof *result->gene},
                  {&result->records, 1, sizeof *result->records},
                  {&result->front, 1, sizeof *result->front},
                  {&state->keys, 1, sizeof *state->keys}};
    axn_status status = AXN_OK;
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0] && status == AXN_OK; i++) {
        size_t capacity = state->capacity * arrays[i].each;
        status = axn_grow(arrays[i].out, &capacity, needed * arrays[i].each, arrays[i].size,
                          "records", error);
    }
    if (status == AXN_OK) {
        state->capacity = needed;
    }
    return status;
}

axn_status axn_assign_add(axn_assign_state *state, bool *added, axn_error *error)
{
    axn_assign_result *result = state->result;
    size_t bytes = (size_t)result->genes * sizeof *state->draft;
    uint64_t key = axn_hash(AXN_HASH_SEED, state->draft, bytes);
    *added = false;
    for (int i = 0; i < result->count; i++) {
        if (state->keys[i] == key &&
            memcmp(axn_assign_genes(result, i), state->draft, bytes) == 0) {
            return AXN_OK;
        }
    }
    axn_status status = make_room(state, error);
    if (status != AXN_OK) {
        return status;
    }
    double energy = 0;
    for (int i = 0; i < result->genes; i++) {
        energy += state->problem->energy_pj[i * result->choices + state->draft[i]];
    }
    memcpy(result->gene + (size_t)result->count * (size_t)result->genes, state->draft, bytes);
    result->records[result->count] = (axn_assignment){.energy_pj = energy};
    state->keys[result->count++] = key;
    *added = true;
    return AXN_OK;
}

axn_status axn_assign_evaluate_pending(axn_assign_state *state, int generation, axn_error *error)
{
    axn_assign_result *result = state->result;
    int *correct = NULL, count = result->count - state->pending;
    axn_status status = axn_allocate(&correct, (size_t)count, sizeof *correct, "records", error);
    if (status == AXN_OK && count > 0) {
        status = state->problem->evaluate(state->problem->context,
                                          axn_assign_genes(result, state->pending), count, correct,
                                          error);
    }
    for (int i = 0; i < count && status == AXN_OK; i++) {
        result->records[state->pending + i].correct = correct[i];
        result->records[state->pending + i].generation = generation;
    }
    if (status == AXN_OK) {
        state->pending = result->count;
    }
    free(correct);
    return status;
}

static int tournament(const axn_assign_state *state, axn_random *random)
{
    int a = (int)axn_random_below(random, (uint32_t)state->population_count);
    int b = (int)axn_random_below(random, (uint32_t)state->population_count);
    if (state->rank[a] != state->rank[b]) {
        return state->population[state->rank[a] < state->rank[b] ? a : b];
    }
    if (state->distance[a] != state->distance[b]) {
        return state->population[state->distance[a] > state->distance[b] ? a : b];
    }
    return state->population[a < b ? a : b];
}

static axn_status add_children(axn_assign_state *state, int generation, axn_error *error)
{
    axn_status status = AXN_OK;
    for (int i = 0; i < state->rules->population && status == AXN_OK; i++) {
        axn_random random = axn_random_stream(state->rules->seed, AXN_RANDOM_MUTATION,
                                              (uint32_t)generation, (uint32_t)i);
        bool added = false;
        int first = tournament(state, &random), second = tournament(state, &random);
        axn_assign_cross(state, axn_assign_genes(state->result, first),
                         axn_assign_genes(state->result, second), &random);
        for (int try = 0; try < TRIES && !added && status == AXN_OK; try++) {
            axn_assign_mutate(state, try > 0, &random);
            axn_assign_repair(state, &random);
            status = axn_assign_add(state, &added, error);
        }
    }
    return status;
}

static axn_status add_random(axn_assign_state *state, axn_error *error)
{
    axn_status status = AXN_OK;
    axn_random random = axn_random_stream(state->rules->seed, AXN_RANDOM_GENOME, 0, 0);
    for (int try = 0; try < TRIES * state->rules->population && status == AXN_OK &&
                      state->result->count < state->rules->population;
         try++) {
        bool added = false;
        axn_assign_draw(state, &random);
        axn_assign_repair(state, &random);
        status = axn_assign_add(state, &added, error);
    }
    return status;
}

static axn_status finish_generation(axn_assign_state *state, int generation, int first,
                                    axn_assign_report *report, void *context, axn_error *error)
{
    axn_status status = axn_assign_evaluate_pending(state, generation, error);
    if (status == AXN_OK) {
        status = axn_assign_select(state, first, error);
    }
    if (status == AXN_OK) {
        status = axn_assign_measure_front(state, error);
    }
    if (status == AXN_OK && report != NULL && !report(context, generation, state->result)) {
        status = axn_fail(error, AXN_ERROR_INTERRUPTED, "interrupted");
    }
    return status;
}

static axn_status start(axn_assign_state *state, axn_error *error)
{
    axn_status status = axn_assign_add_uniform(state, error);
    if (status == AXN_OK) {
        status = axn_assign_enumerate(state, &state->result->exhaustive, error);
    }
    if (status != AXN_OK || state->result->exhaustive) {
        return status;
    }
    if (state->rules->sensitivity && state->rules->max_distinct != 1) {
        status = axn_assign_evaluate_pending(state, 0, error);
        int base = 0;
        for (int c = 1; c < state->problem->choices && status == AXN_OK; c++) {
            if (state->result->records[c].correct >= state->result->records[base].correct) {
                base = c;
            }
        }
        if (status == AXN_OK) {
            status = axn_assign_add_single(state, base, error);
        }
        if (status == AXN_OK) {
            status = axn_assign_evaluate_pending(state, 0, error);
        }
        if (status == AXN_OK) {
            status = axn_assign_add_predicted(state, base, error);
        }
    }
    return status == AXN_OK ? add_random(state, error) : status;
}

static axn_status search(axn_assign_state *state, axn_assign_report *report, void *context,
                         axn_error *error)
{
    axn_status status = start(state, error);
    if (status == AXN_OK) {
        status = finish_generation(state, 0, 0, report, context, error);
    }
    int generations = state->result->exhaustive ? 0 : state->rules->generations;
    for (int g = 1; g <= generations && status == AXN_OK; g++) {
        int first = state->result->count;
        status = add_children(state, g, error);
        if (status == AXN_OK && state->result->count == first) {
            break; /* nothing new is within reach */
        }
        if (status == AXN_OK) {
            status = finish_generation(state, g, first, report, context, error);
        }
    }
    return status;
}

static axn_status check(const axn_assign_problem *problem, const axn_assign_rules *rules,
                        axn_error *error)
{
    if (problem->genes < 1 || problem->choices < 1 || problem->choices > UINT16_MAX ||
        problem->images < 1) {
        return axn_fail(error, AXN_ERROR_USAGE,
                        "there must be layers, multipliers and images to assign with");
    }
    if (rules->population < 2 || rules->generations < 0 ||
        (int64_t)rules->population * (rules->generations + 1) > AXN_ASSIGN_MAX_EVALUATIONS) {
        return axn_fail(error, AXN_ERROR_USAGE,
                        "a population of at least 2, and at most %d evaluations in all are "
                        "possible, not %d x %d",
                        AXN_ASSIGN_MAX_EVALUATIONS, rules->population, rules->generations + 1);
    }
    if (!(rules->p_crossover >= 0 && rules->p_crossover <= 1) || rules->max_distinct < 0) {
        return axn_fail(error, AXN_ERROR_USAGE,
                        "the probability of crossover must be 0 to 1, a number of multipliers not "
                        "negative");
    }
    return AXN_OK;
}

axn_status axn_assign_search(const axn_assign_problem *problem, const axn_assign_rules *rules,
                             axn_assign_report *report, void *context, axn_assign_result *out,
                             axn_error *error)
{
    axn_assign_state state = {.problem = problem, .rules = rules, .result = out};
    *out = (axn_assign_result){.genes = problem->genes, .choices = problem->choices};
    axn_status status = check(problem, rules, error);
    if (status != AXN_OK) {
        return status;
    }
    struct {
        void *out;
        size_t count, size;
    } arrays[] = {{&state.draft, (size_t)problem->genes, sizeof *state.draft},
                  {&state.uses, (size_t)problem->choices, sizeof *state.uses},
                  {&state.population, (size_t)rules->population, sizeof *state.population},
                  {&state.rank, (size_t)rules->population, sizeof *state.rank},
                  {&state.distance, (size_t)rules->population, sizeof *state.distance}};
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0] && status == AXN_OK; i++) {
        status = axn_allocate(arrays[i].out, arrays[i].count, arrays[i].size, "assignments", error);
    }
    if (status == AXN_OK) {
        status = search(&state, report, context, error);
    }
    free(state.draft);
    free(state.uses);
    free(state.population);
    free(state.rank);
    free(state.distance);
    free(state.keys);
    if (status != AXN_OK) {
        axn_assign_result_free(out);
    }
    return status;
}
