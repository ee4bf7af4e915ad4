#include "nas/search.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/hash.h"
#include "common/memory.h"
#include "nas/search_internal.h"

#define DISTINCT_ATTEMPTS 100 /* draws for an initial candidate unlike the earlier ones */

/* One generation on its way through the evaluator. */
typedef struct batch {
    axn_search *search;
    const axn_search_hooks *hooks;
    int first, count;          /* candidates */
    axn_phenotype *phenotypes; /* [count] */
    int **maps;                /* [count] inheritance; NULL = afresh */
    bool *recalled;            /* [count] */
    axn_job *jobs;             /* [count] */
    int *job_candidates;       /* [count] candidate of each job */
    int job_count;
} batch;

static uint64_t hash_u64(uint64_t hash, uint64_t value)
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

/* The candidate whose trained state a descendant of `parent` starts from. */
static int64_t state_owner(const axn_search *search, int64_t parent)
{
    const axn_candidate *candidate = &search->candidates[parent];
    return candidate->same_as >= 0 ? candidate->same_as : parent;
}

/* Decides what a candidate inherits; the hash of its starting weights goes to *start. */
static axn_status plan_inheritance(batch *b, int i, uint64_t *start, axn_error *error)
{
    axn_search *search = b->search;
    axn_candidate *candidate = &search->candidates[b->first + i];
    *start = 0;
    candidate->training_age = search->rules.epochs;
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
        *start = hash_u64(AXN_HASH_SEED, parent->key);
        bool any = false;
        for (int k = 0; k < network->count; k++) {
            *start = hash_u64(*start, (uint64_t)(int64_t)b->maps[i][k]);
            any = any || b->maps[i][k] >= 0;
        }
        if (any) {
            candidate->training_age += parent->training_age;
        } else {
            *start = 0;
            free(b->maps[i]);
            b->maps[i] = NULL;
        }
    }
    axn_phenotype_free(&from);
    return status;
}

/* Costs, key and inheritance of a candidate whose genome is drawn. */
static axn_status prepare(batch *b, int i, axn_error *error)
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
    status = plan_inheritance(b, i, &start, error);
    uint64_t key = hash_u64(search->rules.protocol, phenotype->hash);
    for (int k = 0; k < phenotype->network.count; k++) {
        const axn_layer *layer = &phenotype->network.layers[k];
        if (layer->kind == AXN_LAYER_CONV) {
            key =
                hash_u64(key, search->multipliers[phenotype->multipliers[layer->multiplier]].hash);
        }
    }
    candidate->key = hash_u64(hash_u64(key, (uint64_t)search->rules.epochs), start);
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
static axn_status create_random(batch *b, int i, axn_error *error)
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

static axn_status create_offspring(batch *b, int i, axn_error *error)
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

static axn_status create_batch(batch *b, int generation, axn_error *error)
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

/* A candidate over the work budget fails without being trained. */
static bool over_budget(const axn_search *search, axn_candidate *candidate)
{
    double work = (double)candidate->multiplications * (double)search->rules.train_images *
                  search->rules.epochs;
    if (search->rules.work_limit <= 0 || work <= search->rules.work_limit) {
        return false;
    }
    candidate->outcome = AXN_OUTCOME_FAILED;
    snprintf(candidate->reason, sizeof candidate->reason,
             "work of %.4g multiplications exceeds the limit of %.4g", work,
             search->rules.work_limit);
    candidate->evaluated = true;
    return true;
}

static void add_job(batch *b, int i)
{
    const axn_search *search = b->search;
    const axn_candidate *candidate = &search->candidates[b->first + i];
    const axn_phenotype *phenotype = &b->phenotypes[i];
    uint64_t stream =
        hash_u64(hash_u64(AXN_HASH_SEED, phenotype->hash), (uint64_t)candidate->training_age);
    b->job_candidates[b->job_count] = b->first + i;
    b->jobs[b->job_count++] = (axn_job){
        .id = candidate->id,
        .network = &phenotype->network,
        .multipliers = phenotype->multipliers,
        .multiplier_count = phenotype->multiplier_count,
        .stream = (uint32_t)(stream ^ (stream >> 32)),
        .epochs = search->rules.epochs,
        .inherit_from = b->maps[i] != NULL ? state_owner(search, candidate->parent) : -1,
        .inherit_map = b->maps[i],
        .keep_state = search->rules.inheritance,
        .work = (double)candidate->multiplications + (double)candidate->multiplications_fc,
    };
}

/* Passes on, in order, the candidates that are complete. */
static axn_status flush(batch *b, axn_error *error)
{
    axn_search *search = b->search;
    axn_status status = AXN_OK;
    while (search->finished < b->first + b->count && status == AXN_OK) {
        axn_candidate *candidate = &search->candidates[search->finished];
        if (!candidate->evaluated && candidate->same_as >= 0) {
            const axn_candidate *same = &search->candidates[candidate->same_as];
            candidate->outcome = same->outcome;
            candidate->accuracy = same->accuracy;
            memcpy(candidate->reason, same->reason, sizeof candidate->reason);
            candidate->evaluated = true; /* `same` is earlier, thus finished */
        }
        if (!candidate->evaluated) {
            break;
        }
        search->finished++;
        if (b->hooks->finished != NULL) {
            status = b->hooks->finished(b->hooks->context, search, candidate,
                                        b->recalled[candidate->id - b->first], error);
        }
    }
    return status;
}

/* Nine decimals survive any way through JSON; all digits of a double would not, and a
 * resumed search would differ in the last bit. */
static double rounded(double accuracy)
{
    return round(accuracy * 1e9) / 1e9;
}

static axn_status job_done(void *context, int job, const axn_outcome *outcome, axn_error *error)
{
    batch *b = context;
    axn_candidate *candidate = &b->search->candidates[b->job_candidates[job]];
    candidate->outcome = outcome->kind;
    candidate->accuracy = outcome->kind == AXN_OUTCOME_OK ? rounded(outcome->accuracy) : 0;
    snprintf(candidate->reason, sizeof candidate->reason, "%s",
             outcome->kind == AXN_OUTCOME_OK ? "" : outcome->reason);
    candidate->evaluated = true;
    axn_status status = AXN_OK;
    if (b->hooks->arrived != NULL) {
        status = b->hooks->arrived(b->hooks->context, b->search, candidate, outcome, error);
    }
    return status == AXN_OK ? flush(b, error) : status;
}

static axn_status evaluate_batch(batch *b, const axn_evaluator *evaluator, axn_error *error)
{
    axn_search *search = b->search;
    axn_status status = AXN_OK;
    for (int i = 0; i < b->count && status == AXN_OK; i++) {
        axn_candidate *candidate = &search->candidates[b->first + i];
        bool known = false;
        if (b->hooks->recall != NULL) {
            status = b->hooks->recall(b->hooks->context, search, candidate, &known, error);
        }
        b->recalled[i] = known;
        candidate->evaluated = known;
        if (status == AXN_OK && !known && candidate->same_as < 0 &&
            !over_budget(search, candidate)) {
            add_job(b, i);
        }
    }
    if (status == AXN_OK) {
        status = flush(b, error);
    }
    if (status == AXN_OK && b->job_count > 0) {
        status = evaluator->evaluate(evaluator->context, b->jobs, b->job_count, job_done, b, error);
    }
    if (status == AXN_OK && search->finished < b->first + b->count) {
        status = axn_fail(error, AXN_ERROR_TOOL, "the evaluator left out candidate %d",
                          search->finished);
    }
    return status;
}

static void free_batch(batch *b)
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
}

static axn_status run_generation(axn_search *search, int generation, const axn_evaluator *evaluator,
                                 const axn_search_hooks *hooks, axn_error *error)
{
    int size = search->rules.population;
    batch b = {.search = search, .hooks = hooks, .first = generation * size, .count = size};
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
        status = evaluate_batch(&b, evaluator, error);
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
