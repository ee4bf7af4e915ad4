#include "multipliers/evolve.h"

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/interrupt.h"
#include "common/memory.h"
#include "common/parallel.h"
#include "common/progress.h"
#include "multipliers/evolve_internal.h"
#include "multipliers/evolve_seeds.h"

#define EPOCH 16384      /* mutants of an island between two looks at the others */
#define EXCHANGE 16      /* epochs between exchanges of circuits between targets */
#define SNAPSHOTS 8      /* survivors an island leaves in a round */
#define SAVE_SECONDS 3.0 /* between checkpoints */

typedef struct evolution {
    const axn_evolve_options *options;
    axn_evolve_state state;
    double exact_cost; /* to show costs as a share of */
    axn_cgp_cost cost;
    axn_cgp_pairs *pairs;
    axn_pool *pool;
    axn_cgp_evaluator **evaluators; /* one a thread */
    int *parts;                     /* islands of this round */
    int part_count;
    long steps;         /* of this epoch */
    axn_table *tables;  /* one a thread */
    atomic_bool failed; /* memory ran out in a thread */
    axn_progress progress;
    double started, saved;
    uint64_t evaluations_before; /* by the run that was resumed */
} evolution;

static int islands_in(int round)
{
    static const int islands[AXN_EVOLVE_ROUNDS] = {AXN_EVOLVE_ISLANDS, 4, 2, 2};
    return islands[round];
}

/* Mutants of an island in a round. */
static long budget(const evolution *e, int round)
{
    long share = e->options->generations / AXN_EVOLVE_ROUNDS / islands_in(round);
    return share > 0 ? share : 1;
}

static long epochs(const evolution *e, int round)
{
    return (budget(e, round) + EPOCH - 1) / EPOCH;
}

static const axn_cgp_limits *limits_of(const evolution *e, int island)
{
    return &e->options->targets[island / AXN_EVOLVE_ISLANDS];
}

static axn_status tabulate(const axn_cgp_genome *genome, axn_table *table, axn_error *error)
{
    axn_circuit circuit;
    axn_circuit_start(&circuit);
    axn_cgp_to_circuit(genome, &circuit);
    axn_status status = axn_circuit_tabulate(&circuit, table, error);
    axn_circuit_free(&circuit);
    return status;
}

static void evolve_island(void *context, int part, int thread)
{
    evolution *e = context;
    int index = e->parts[part];
    axn_evolve_island *island = &e->state.islands[index];
    const axn_cgp_limits *limits = limits_of(e, index);
    axn_cgp_evaluator *evaluator = e->evaluators[thread];
    axn_random random =
        axn_random_stream(e->options->seed, AXN_RANDOM_EVOLVER, (uint32_t)index,
                          (uint32_t)e->state.epoch * AXN_EVOLVE_ROUNDS + (uint32_t)e->state.round);
    bool changed = false;
    double cost;
    axn_cgp_set_parent(evaluator, &island->genome, &island->cost);
    for (long step = 0; step < e->steps; step++) {
        const axn_cgp_phenotype *parent = axn_cgp_parent(evaluator);
        axn_cgp_changes undo;
        axn_cgp_mutate(&island->genome, parent->live, parent->count, &random, &undo);
        axn_cgp_outcome outcome =
            axn_cgp_try(evaluator, &island->genome, &undo, limits, island->cost, &cost);
        if (outcome == AXN_CGP_REJECTED) {
            axn_cgp_undo(&island->genome, &undo);
        } else if (outcome == AXN_CGP_FEASIBLE) {
            axn_cgp_accept(evaluator);
            island->cost = cost;
            changed = true;
        }
    }
    if (!changed)
        return;
    if (tabulate(&island->genome, &e->tables[thread], NULL) != AXN_OK)
        atomic_store(&e->failed, true);
    island->errors = axn_cgp_errors_of(&e->tables[thread]);
}

static int compare_islands(const axn_evolve_state *state, int a, int b)
{
    if (state->islands[a].cost != state->islands[b].cost)
        return state->islands[a].cost < state->islands[b].cost ? -1 : 1;
    return a - b;
}

/* The dearest island of each target takes the cheapest circuit of another target that
 * is within its limits, if that is cheaper than its own. */
static void exchange(evolution *e)
{
    axn_evolve_state *state = &e->state;
    for (int t = 0; t < e->options->target_count; t++) {
        int dearest = -1, best = -1;
        for (int p = 0; p < e->part_count; p++) {
            int i = e->parts[p];
            if (i / AXN_EVOLVE_ISLANDS == t) {
                if (dearest < 0 || compare_islands(state, i, dearest) > 0)
                    dearest = i;
            } else if (axn_cgp_meets(&e->options->targets[t], &state->islands[i].errors) &&
                       (best < 0 || compare_islands(state, i, best) < 0)) {
                best = i;
            }
        }
        if (best >= 0 && dearest >= 0 &&
            state->islands[best].cost < 0.998 * state->islands[dearest].cost)
            state->islands[dearest] = state->islands[best];
    }
}

/* The best islands of each target at the front of its places; the others rest. */
static void select_islands(evolution *e, int round)
{
    axn_evolve_state *state = &e->state;
    for (int t = 0; t < e->options->target_count; t++) {
        int first = t * AXN_EVOLVE_ISLANDS;
        for (int kept = 0; kept < AXN_EVOLVE_ISLANDS; kept++) {
            int best = -1;
            for (int i = first + kept; i < first + AXN_EVOLVE_ISLANDS; i++)
                if (state->islands[i].used && (best < 0 || compare_islands(state, i, best) < 0))
                    best = i;
            if (best < 0 || kept >= islands_in(round)) {
                state->islands[first + kept].used = false;
                continue;
            }
            axn_evolve_island swap = state->islands[first + kept];
            state->islands[first + kept] = state->islands[best];
            state->islands[best] = swap;
        }
    }
}

/* Remembers the islands' circuits, unless it has them already. */
static axn_status keep_survivors(evolution *e, axn_error *error)
{
    axn_evolve_state *state = &e->state;
    axn_status status = AXN_OK;
    for (int p = 0; p < e->part_count && status == AXN_OK; p++) {
        const axn_evolve_island *island = &state->islands[e->parts[p]];
        status = tabulate(&island->genome, e->tables, error);
        uint64_t hash = axn_table_hash(e->tables);
        bool known = false;
        for (size_t i = 0; i < state->survivor_count && !known; i++)
            known = state->survivors[i].hash == hash && state->survivors[i].cost == island->cost;
        if (status != AXN_OK || known)
            continue;
        status = axn_grow(&state->survivors, &state->survivor_capacity, state->survivor_count + 1,
                          sizeof *state->survivors, "evolved circuits", error);
        if (status == AXN_OK)
            state->survivors[state->survivor_count++] =
                (axn_evolve_survivor){island->genome, hash, island->cost};
    }
    return status;
}

/* A target's islands; a seed that targets have in common starts with other random
 * numbers on each. */
static axn_status place_target(evolution *e, const axn_evolve_seeds *seeds, int target,
                               axn_error *error)
{
    int indices[AXN_EVOLVE_ISLANDS];
    int count =
        axn_evolve_seeds_choose(seeds, &e->options->targets[target], AXN_EVOLVE_ISLANDS, indices);
    for (int i = 0; i < count; i++) {
        const axn_evolve_seed *seed = &seeds->seeds[indices[i]];
        axn_evolve_island *island = &e->state.islands[target * AXN_EVOLVE_ISLANDS + i];
        *island = (axn_evolve_island){seed->cost, seed->errors, seed->genome, true};
    }
    if (count == 0)
        return axn_fail(error, AXN_ERROR_NOT_FOUND,
                        "no circuit to start from is within the limits of target %d", target + 1);
    return AXN_OK;
}

/* Fills the first round's islands. */
static axn_status place_seeds(evolution *e, axn_error *error)
{
    const axn_evolve_options *o = e->options;
    axn_evolve_seeds seeds;
    axn_status status = axn_evolve_seeds_make(o->nodes, o->seed, e->evaluators[0], o->seeds,
                                              o->seed_count, &seeds, error);
    if (status != AXN_OK)
        return status;
    for (int t = 0; t < o->target_count && status == AXN_OK; t++)
        status = place_target(e, &seeds, t, error);
    axn_evolve_seeds_free(&seeds);
    return status;
}

/* Steps of all islands up to an epoch, for the progress bar. */
static long work_done(const evolution *e, int round, long epoch)
{
    long done = 0;
    for (int r = 0; r < round; r++)
        done += epochs(e, r) * islands_in(r);
    return done + epoch * islands_in(round);
}

static void show_progress(evolution *e)
{
    char note[128];
    const axn_evolve_state *state = &e->state;
    double ratio = 0;
    double seconds = axn_seconds() - e->started;
    for (int t = 0; t < e->options->target_count; t++)
        ratio += state->islands[t * AXN_EVOLVE_ISLANDS].cost;
    ratio /= e->options->target_count * e->exact_cost;
    const axn_evolve_island *first = &state->islands[0];
    snprintf(note, sizeof note, "%s %.4f of exact, mae %.4g, mre %.3g %%, %.0f evaluations/s",
             e->options->objective == AXN_CGP_AREA ? "area" : "power", ratio,
             first->errors.metrics.mae, 100 * first->errors.metrics.mre,
             (double)(state->evaluations - e->evaluations_before) / seconds);
    axn_progress_update(&e->progress, work_done(e, state->round, state->epoch), note);
}

static axn_status save_if_due(evolution *e, bool now, axn_error *error)
{
    const char *path = e->options->checkpoint;
    if (path == NULL || (!now && axn_seconds() - e->saved < SAVE_SECONDS))
        return AXN_OK;
    e->saved = axn_seconds();
    return axn_evolve_save(&e->state, axn_evolve_identity(e->options), path, error);
}

static axn_status run_epoch(evolution *e, axn_error *error)
{
    axn_evolve_state *state = &e->state;
    long total = budget(e, state->round);
    long count = epochs(e, state->round);
    long left = total - state->epoch * EPOCH;
    axn_status status = AXN_OK;
    e->steps = left < EPOCH ? left : EPOCH;
    axn_pool_run(e->pool, e->part_count, evolve_island, e);
    state->epoch++;
    state->evaluations += (uint64_t)e->steps * (uint64_t)e->part_count;
    if (atomic_load(&e->failed))
        return axn_fail(error, AXN_ERROR_MEMORY, "out of memory for a truth table");
    if (state->epoch % EXCHANGE == 0)
        exchange(e);
    if (status == AXN_OK && (state->epoch == count || state->epoch * SNAPSHOTS / count !=
                                                          (state->epoch - 1) * SNAPSHOTS / count))
        status = keep_survivors(e, error);
    return status;
}

static axn_status run_rounds(evolution *e, axn_error *error)
{
    axn_evolve_state *state = &e->state;
    axn_status status = AXN_OK;
    for (; state->round < AXN_EVOLVE_ROUNDS && status == AXN_OK; state->round++, state->epoch = 0) {
        if (state->epoch == 0)
            select_islands(e, state->round);
        e->part_count = 0;
        for (int i = 0; i < state->island_count; i++)
            if (state->islands[i].used)
                e->parts[e->part_count++] = i;
        while (state->epoch < epochs(e, state->round) && status == AXN_OK) {
            status = run_epoch(e, error);
            show_progress(e);
            bool interrupted = axn_interrupted();
            if (status == AXN_OK)
                status = save_if_due(e, interrupted, error);
            if (status == AXN_OK && interrupted)
                status = axn_interrupt_check(error);
        }
    }
    return status;
}

static axn_status prepare(evolution *e, axn_error *error)
{
    const axn_evolve_options *o = e->options;
    const axn_cgp_kernel *kernel;
    axn_status status = axn_cgp_kernel_choose(&kernel, error);
    if (status == AXN_OK)
        status = axn_cgp_cost_load(o->liberty, o->objective, &e->cost, error);
    if (status == AXN_OK)
        status = axn_cgp_pairs_create(&e->pairs, error);
    if (status == AXN_OK)
        status = axn_pool_create(o->threads, &e->pool, error);
    if (status == AXN_OK)
        status = axn_allocate(&e->evaluators, (size_t)axn_pool_threads(e->pool),
                              sizeof(axn_cgp_evaluator *), "evaluators", error);
    for (int i = 0; status == AXN_OK && i < axn_pool_threads(e->pool); i++)
        status = axn_cgp_evaluator_create(o->nodes, kernel, e->pairs, &e->cost, &e->evaluators[i],
                                          error);
    e->state.island_count = o->target_count * AXN_EVOLVE_ISLANDS;
    if (status == AXN_OK)
        status = axn_allocate(&e->state.islands, (size_t)e->state.island_count,
                              sizeof *e->state.islands, "islands", error);
    if (status == AXN_OK)
        status = axn_allocate(&e->parts, (size_t)e->state.island_count, sizeof *e->parts, "islands",
                              error);
    if (status == AXN_OK)
        status = axn_allocate(&e->tables, (size_t)axn_pool_threads(e->pool), sizeof *e->tables,
                              "truth tables", error);
    if (status == AXN_OK)
        status = axn_evolve_exact_cost(o->nodes, e->evaluators[0], &e->exact_cost, error);
    if (status == AXN_OK)
        status = o->resume
                     ? axn_evolve_restore(&e->state, axn_evolve_identity(o), o->checkpoint, error)
                     : place_seeds(e, error);
    return status;
}

static void release(evolution *e)
{
    int threads = e->pool == NULL ? 0 : axn_pool_threads(e->pool);
    for (int i = 0; i < threads && e->evaluators != NULL; i++)
        axn_cgp_evaluator_destroy(e->evaluators[i]);
    free(e->evaluators);
    if (e->pool != NULL)
        axn_pool_destroy(e->pool);
    free(e->pairs);
    free(e->state.islands);
    free(e->state.survivors);
    free(e->parts);
    free(e->tables);
}

static int compare_survivors(const void *left, const void *right)
{
    const axn_evolve_survivor *a = left, *b = right;
    if (a->cost != b->cost)
        return a->cost < b->cost ? -1 : 1;
    return a->hash < b->hash ? -1 : a->hash > b->hash;
}

axn_status axn_evolve(const axn_evolve_options *options, axn_evolve_result *out, axn_error *error)
{
    evolution e = {.options = options};
    *out = (axn_evolve_result){0};
    axn_status status = prepare(&e, error);
    if (status == AXN_OK) {
        e.started = axn_seconds();
        e.saved = e.started - SAVE_SECONDS; /* the first epoch is saved at once */
        e.evaluations_before = e.state.evaluations;
        axn_progress_start(&e.progress, "evolving",
                           work_done(&e, AXN_EVOLVE_ROUNDS - 1, epochs(&e, AXN_EVOLVE_ROUNDS - 1)));
        status = run_rounds(&e, error);
        axn_progress_end(&e.progress, NULL);
    }
    if (status == AXN_OK)
        status = save_if_due(&e, true, error);
    if (status == AXN_OK) {
        qsort(e.state.survivors, e.state.survivor_count, sizeof *e.state.survivors,
              compare_survivors);
        *out = (axn_evolve_result){.survivors = e.state.survivors,
                                   .count = (int)e.state.survivor_count,
                                   .evaluations = e.state.evaluations,
                                   .seconds = axn_seconds() - e.started};
        e.state.survivors = NULL;
    }
    release(&e);
    return status;
}

void axn_evolve_result_free(axn_evolve_result *result)
{
    free(result->survivors);
    *result = (axn_evolve_result){0};
}
