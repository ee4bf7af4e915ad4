#include "nas/search.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/hash.h"
#include "common/memory.h"
#include "nas/search_internal.h"

#define DISTINCT_ATTEMPTS 100 /* draws for an initial candidate unlike the earlier ones */

uint64_t axn_hash_u64(uint64_t hash, uint64_t value)
{
    uint8_t bytes[8];
    for (int i = 0; i < 8; i++) {
        bytes[i] = (uint8_t)(value >> (8 * i));
    }
    return axn_hash(hash, bytes, sizeof bytes);
}

static bool reusable(const axn_candidate *candidate)
{
    return candidate->evaluated && candidate->outcome != AXN_OUTCOME_LOST;
}

int64_t axn_search_state_owner(const axn_search *search, int64_t parent)
{
    const axn_candidate *candidate = &search->candidates[parent];
    return candidate->same_as >= 0 ? candidate->same_as : parent;
}

/* Decides what a candidate inherits; the hash of its starting weights goes to *start. */
static axn_status plan_inheritance(axn_batch *b, int i, uint64_t *start, axn_error *error)
{
    axn_search *search = b->search;
    axn_candidate *candidate = &search->candidates[b->first + i];
    *start = 0;
    candidate->inherited_age = 0;
    if (!search->rules.inheritance || candidate->parent < 0 ||
        search->candidates[candidate->parent].outcome != AXN_OUTCOME_OK) {
        return AXN_OK;
    }
    const axn_candidate *parent = &search->candidates[candidate->parent];
    const axn_network *network = &b->phenotypes[i].network;
    axn_phenotype from = {0};
    axn_status status = axn_genome_decode(&search->space, &parent->genome, &from, error);
    if (status == AXN_OK) {
        status = axn_allocate(&b->maps[i], (size_t)network->count, sizeof **b->maps, "inheritance",
                              error);
    }
    if (status == AXN_OK) {
        axn_phenotype_inherit(&from, &b->phenotypes[i], b->maps[i]);
        *start = axn_hash_u64(AXN_HASH_SEED, parent->key);
        bool any = false;
        for (int k = 0; k < network->count; k++) {
            *start = axn_hash_u64(*start, (uint64_t)(int64_t)b->maps[i][k]);
            any = any || b->maps[i][k] >= 0;
        }
        if (any) {
            candidate->inherited_age = parent->training_age;
        } else {
            *start = 0;
            free(b->maps[i]);
            b->maps[i] = NULL;
        }
    }
    axn_phenotype_free(&from);
    return status;
}

/* What the accelerator needs for the network; one that it cannot hold fails untrained. */
static axn_status price(const axn_search *search, const axn_phenotype *phenotype,
                        axn_candidate *candidate, axn_error *error)
{
    axn_accelerator_cost cost = {0};
    axn_error refusal = {0};
    candidate->cycles = 0;
    if (search->cost == NULL) {
        return AXN_OK;
    }
    axn_status status = search->cost(search->cost_context, phenotype, search->multipliers,
                                     search->exact_energy_pj, &cost, &refusal);
    if (status == AXN_ERROR_LIMIT) {
        candidate->cycles = -1;
        snprintf(candidate->reason, sizeof candidate->reason, "%.150s", refusal.message);
        return AXN_OK;
    }
    candidate->cycles = cost.cycles;
    candidate->energy_accelerator_uj = cost.energy_uj;
    candidate->energy_memory_uj = cost.energy_memory_uj;
    return status == AXN_OK ? AXN_OK : axn_fail(error, status, "%s", refusal.message);
}

/* Costs, key and inheritance of a candidate whose genome is drawn. */
static axn_status prepare(axn_batch *b, int i, axn_error *error)
{
    axn_search *search = b->search;
    axn_candidate *candidate = &search->candidates[b->first + i];
    uint64_t start = 0;
    axn_phenotype_free(&b->phenotypes[i]);
    axn_status status =
        axn_genome_decode(&search->space, &candidate->genome, &b->phenotypes[i], error);
    if (status != AXN_OK) {
        return status;
    }
    const axn_phenotype *phenotype = &b->phenotypes[i];
    axn_candidate_measure(phenotype, search->multipliers, search->exact_energy_pj,
                          search->rules.count, candidate);
    status = price(search, phenotype, candidate, error);
    if (status == AXN_OK) {
        status = plan_inheritance(b, i, &start, error);
    }
    uint64_t key = axn_hash_u64(search->rules.protocol, phenotype->hash);
    for (int k = 0; k < phenotype->network.count; k++) {
        const axn_layer *layer = &phenotype->network.layers[k];
        if (layer->kind == AXN_LAYER_CONV) {
            key = axn_hash_u64(key,
                               search->multipliers[phenotype->multipliers[layer->multiplier]].hash);
        }
    }
    candidate->key = axn_hash_u64(axn_hash_u64(key, (uint64_t)search->rules.epochs), start);
    return status;
}

static bool key_taken(const axn_search *search, int before, uint64_t key)
{
    for (int i = 0; i < before; i++) {
        if (search->candidates[i].key == key) {
            return true;
        }
    }
    return false;
}

/* A random candidate, unlike all earlier ones if such a one is found. */
static axn_status create_random(axn_batch *b, int i, axn_error *error)
{
    axn_search *search = b->search;
    int index = b->first + i;
    axn_candidate *candidate = &search->candidates[index];
    axn_random random =
        axn_random_stream(search->rules.seed, AXN_RANDOM_GENOME, (uint32_t)index, 0);
    axn_status status = AXN_OK;
    for (int attempt = 0; attempt < DISTINCT_ATTEMPTS && status == AXN_OK; attempt++) {
        axn_genome_free(&candidate->genome);
        status = axn_genome_random(&search->space, &random, &candidate->genome, error);
        if (status == AXN_OK) {
            status = prepare(b, i, error);
        }
        if (status == AXN_OK && !key_taken(search, index, candidate->key)) {
            break;
        }
    }
    return status;
}

static axn_status create_offspring(axn_batch *b, int i, axn_error *error)
{
    axn_search *search = b->search;
    int index = b->first + i;
    axn_candidate *candidate = &search->candidates[index];
    axn_random choice =
        axn_random_stream(search->rules.seed, AXN_RANDOM_SELECTION, (uint32_t)index, 0);
    axn_random random =
        axn_random_stream(search->rules.seed, AXN_RANDOM_MUTATION, (uint32_t)index, 0);
    int parent = search->population[axn_random_below(&choice, (uint32_t)search->population_count)];
    candidate->parent = parent;
    axn_status status =
        axn_genome_copy(&search->candidates[parent].genome, &candidate->genome, error);
    if (status == AXN_OK) {
        status = axn_genome_mutate(&search->space, &search->rules.mutation, &random,
                                   &candidate->genome, NULL, error);
    }
    return status == AXN_OK ? prepare(b, i, error) : status;
}

static axn_status create_batch(axn_batch *b, int generation, axn_error *error)
{
    axn_search *search = b->search;
    axn_status status = AXN_OK;
    bool mutate = generation > 0 && search->rules.algorithm == AXN_ALGORITHM_NSGA2;
    for (int i = 0; i < b->count && status == AXN_OK; i++) {
        axn_candidate *candidate = &search->candidates[b->first + i];
        *candidate = (axn_candidate){
            .id = b->first + i, .generation = generation, .parent = -1, .same_as = -1};
        search->count = b->first + i + 1;
        status = mutate ? create_offspring(b, i, error) : create_random(b, i, error);
        for (int j = 0; status == AXN_OK && j < b->first + i && candidate->same_as < 0; j++) {
            const axn_candidate *earlier = &search->candidates[j];
            bool pending = j >= b->first;
            if (earlier->key == candidate->key && earlier->same_as < 0 &&
                (pending || reusable(earlier))) {
                candidate->same_as = j;
            }
        }
    }
    return status;
}

static void free_batch(axn_batch *b)
{
    for (int i = 0; i < b->count; i++) {
        if (b->phenotypes != NULL) {
            axn_phenotype_free(&b->phenotypes[i]);
        }
        if (b->maps != NULL) {
            free(b->maps[i]);
        }
    }
    free(b->phenotypes);
    free(b->maps);
    free(b->recalled);
    free(b->jobs);
    free(b->job_candidates);
    free(b->bars);
}

static axn_status run_generation(axn_search *search, int generation, const axn_evaluator *evaluator,
                                 const axn_search_hooks *hooks, axn_error *error)
{
    int size = search->rules.population;
    axn_batch b = {.search = search, .hooks = hooks, .first = generation * size, .count = size};
    size_t count = (size_t)size;
    axn_status status =
        axn_allocate(&b.phenotypes, count, sizeof *b.phenotypes, "generation", error);
    if (status == AXN_OK) {
        status = axn_allocate(&b.maps, count, sizeof *b.maps, "generation", error);
    }
    if (status == AXN_OK) {
        status = axn_allocate(&b.recalled, count, sizeof *b.recalled, "generation", error);
    }
    if (status == AXN_OK) {
        status = axn_allocate(&b.jobs, count, sizeof *b.jobs, "generation", error);
    }
    if (status == AXN_OK) {
        status =
            axn_allocate(&b.job_candidates, count, sizeof *b.job_candidates, "generation", error);
    }
    if (status == AXN_OK) {
        status = create_batch(&b, generation, error);
    }
    if (status == AXN_OK) {
        status = axn_search_evaluate(&b, evaluator, error);
    }
    if (status == AXN_OK) {
        status = axn_search_select(search, error);
    }
    if (status == AXN_OK) {
        status = axn_search_record(search, generation, error);
    }
    if (status == AXN_OK && hooks->generation != NULL) {
        status = hooks->generation(hooks->context, search, error);
    }
    free_batch(&b);
    return status;
}

axn_status axn_search_run(axn_search *search, const axn_evaluator *evaluator,
                          const axn_search_hooks *hooks, axn_error *error)
{
    static const axn_search_hooks none = {0};
    size_t population = (size_t)search->rules.population;
    size_t generations = (size_t)search->rules.generations + 1;
    axn_status status = axn_allocate(&search->candidates, population * generations,
                                     sizeof *search->candidates, "search", error);
    if (status == AXN_OK) {
        status = axn_allocate(&search->population, population, sizeof *search->population, "search",
                              error);
    }
    if (status == AXN_OK) {
        status =
            axn_allocate(&search->history, generations, sizeof *search->history, "search", error);
    }
    for (int g = 0; g <= search->rules.generations && status == AXN_OK; g++) {
        status = run_generation(search, g, evaluator, hooks != NULL ? hooks : &none, error);
    }
    return status;
}

void axn_search_free(axn_search *search)
{
    for (int i = 0; i < search->count; i++) {
        axn_candidate_free(&search->candidates[i]);
    }
    free(search->candidates);
    free(search->population);
    free(search->history);
    search->candidates = NULL;
    search->population = NULL;
    search->history = NULL;
    search->count = search->finished = search->population_count = search->history_count = 0;
}
