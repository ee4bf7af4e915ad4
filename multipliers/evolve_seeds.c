#include "multipliers/evolve_seeds.h"

#include <math.h>
#include <stdlib.h>

#include "common/memory.h"
#include "multipliers/families.h"

typedef struct range {
    int first, last, step;
} range;

/* A step of 0 stands for the first value alone. */
typedef struct grid {
    axn_family_builder build;
    range parameters[AXN_FAMILY_PARAMETERS];
} grid;

static const grid grids[] = {
    {axn_build_exact_array, {{0, 0, 0}}},
    {axn_build_exact_dadda, {{0, 0, 0}}},
    {axn_build_exact_wallace, {{0, 0, 0}}},
    {axn_build_truncated, {{1, 14, 1}}},
    {axn_build_truncated_constant, {{2, 14, 1}}},
    {axn_build_truncated_variable, {{2, 14, 1}}},
    {axn_build_truncated_gated, {{0, 3, 1}, {0, 3, 1}, {2, 12, 1}, {100, 200, 100}, {0, 0, 0}}},
    {axn_build_truncated_gated, {{0, 2, 2}, {0, 2, 2}, {4, 12, 2}, {100, 100, 0}, {4, 4, 0}}},
    {axn_build_truncated_merged, {{3, 13, 1}, {1, 5, 1}, {0, 1, 1}}},
    {axn_build_broken_array, {{0, 5, 1}, {1, 13, 1}}},
    {axn_build_column_or, {{0, 10, 1}, {2, 15, 1}}},
    {axn_build_column_groups, {{0, 6, 2}, {0, 8, 2}, {4, 14, 2}, {3, 4, 1}}},
    {axn_build_column_groups, {{0, 6, 3}, {0, 8, 4}, {4, 14, 2}, {-4, -2, 2}}},
    {axn_build_lower_part_or, {{0, 10, 1}, {2, 15, 1}}},
    {axn_build_compressor_momeni, {{4, 15, 1}}},
    {axn_build_compressor_yang, {{4, 15, 1}}},
    {axn_build_compressor_altered, {{4, 15, 1}}},
    {axn_build_approximate_adder, {{0, 8, 4}, {4, 14, 2}, {0, 4, 1}}},
    {axn_build_kulkarni, {{2, 15, 1}}},
    {axn_build_blocks, {{0, 3, 1}, {0, 3, 1}, {0, 3, 1}}},
    {axn_build_mitchell, {{0, 4, 1}, {0, 1, 1}}},
    {axn_build_drum, {{3, 7, 1}}},
    {axn_build_static_segment, {{3, 7, 1}, {2, 3, 1}}},
    {axn_build_etm, {{1, 7, 1}}},
    {axn_build_roba, {{0, 0, 0}}},
};

enum { GRIDS = sizeof grids / sizeof grids[0] };

static axn_status add_seed(axn_evolve_seeds *out, const axn_circuit *circuit, int architecture,
                           int nodes, uint64_t seed, axn_cgp_evaluator *evaluator, axn_error *error)
{
    axn_status status = axn_circuit_check(circuit, error);
    if (status == AXN_OK)
        status = axn_grow(&out->seeds, &out->capacity, out->count + 1, sizeof *out->seeds,
                          "circuits to start from", error);
    if (status != AXN_OK)
        return status;
    axn_evolve_seed *entry = &out->seeds[out->count];
    axn_random random =
        axn_random_stream(seed, AXN_RANDOM_EVOLVER, (uint32_t)out->count, UINT32_MAX);
    if (!axn_cgp_from_circuit(circuit, nodes, &random, &entry->genome))
        return AXN_OK;
    axn_table *table = NULL;
    status = axn_allocate(&table, 1, sizeof *table, "a truth table", error);
    if (status == AXN_OK)
        status = axn_circuit_tabulate(circuit, table, error);
    if (status == AXN_OK)
        entry->errors = axn_cgp_errors_of(table);
    free(table);
    if (status != AXN_OK)
        return status;
    entry->order = (int)out->count;
    entry->architecture = architecture;
    axn_cgp_set_parent(evaluator, &entry->genome, &entry->cost);
    out->count++;
    return AXN_OK;
}

/* The number of a generator: its first grid, or behind the grids. */
static int architecture_of(axn_family_builder build)
{
    int g = 0;
    while (g < GRIDS && grids[g].build != build)
        g++;
    return g;
}

static axn_status add_built(axn_evolve_seeds *out, axn_family_builder build, const int *parameters,
                            int nodes, uint64_t seed, axn_cgp_evaluator *evaluator,
                            axn_error *error)
{
    axn_circuit circuit;
    axn_circuit_start(&circuit);
    build(&circuit, parameters);
    axn_status status =
        add_seed(out, &circuit, architecture_of(build), nodes, seed, evaluator, error);
    axn_circuit_free(&circuit);
    return status;
}

/* The next point of a grid; false behind the last. */
static bool advance(const grid *g, int *parameters)
{
    for (int i = 0; i < AXN_FAMILY_PARAMETERS; i++) {
        const range *r = &g->parameters[i];
        if (r->step > 0 && parameters[i] + r->step <= r->last) {
            parameters[i] += r->step;
            return true;
        }
        parameters[i] = r->first;
    }
    return false;
}

static int compare_cost(const void *left, const void *right)
{
    const axn_evolve_seed *a = left, *b = right;
    if (a->cost != b->cost)
        return a->cost < b->cost ? -1 : 1;
    return a->order - b->order;
}

axn_status axn_evolve_seeds_make(int nodes, uint64_t seed, axn_cgp_evaluator *evaluator,
                                 const axn_circuit *extra, int extra_count, axn_evolve_seeds *out,
                                 axn_error *error)
{
    axn_status status = AXN_OK;
    *out = (axn_evolve_seeds){0};
    for (int g = 0; g < GRIDS && status == AXN_OK; g++) {
        int parameters[AXN_FAMILY_PARAMETERS];
        for (int i = 0; i < AXN_FAMILY_PARAMETERS; i++)
            parameters[i] = grids[g].parameters[i].first;
        do
            status = add_built(out, grids[g].build, parameters, nodes, seed, evaluator, error);
        while (status == AXN_OK && advance(&grids[g], parameters));
    }
    int members;
    const axn_family_member *all = axn_family_members(&members);
    for (int i = 0; i < members && status == AXN_OK; i++)
        status = add_built(out, all[i].build, all[i].parameters, nodes, seed, evaluator, error);
    for (int i = 0; i < extra_count && status == AXN_OK; i++)
        status = add_seed(out, &extra[i], GRIDS + 1 + i, nodes, seed, evaluator, error);
    if (status != AXN_OK) {
        axn_evolve_seeds_free(out);
        return status;
    }
    qsort(out->seeds, out->count, sizeof *out->seeds, compare_cost);
    return AXN_OK;
}

axn_status axn_evolve_exact_cost(int nodes, axn_cgp_evaluator *evaluator, double *out,
                                 axn_error *error)
{
    static const axn_family_builder builders[] = {axn_build_exact_array, axn_build_exact_dadda,
                                                  axn_build_exact_wallace};
    static const int none[AXN_FAMILY_PARAMETERS] = {0};
    axn_evolve_seeds exact = {0};
    axn_status status = AXN_OK;
    for (size_t i = 0; i < sizeof builders / sizeof builders[0] && status == AXN_OK; i++)
        status = add_built(&exact, builders[i], none, nodes, 0, evaluator, error);
    *out = INFINITY;
    for (size_t i = 0; i < exact.count; i++)
        *out = fmin(*out, exact.seeds[i].cost);
    axn_evolve_seeds_free(&exact);
    return status;
}

void axn_evolve_seeds_free(axn_evolve_seeds *seeds)
{
    free(seeds->seeds);
    *seeds = (axn_evolve_seeds){0};
}

static int times_chosen(const axn_evolve_seeds *seeds, const int *indices, int count,
                        int architecture)
{
    int times = 0;
    for (int i = 0; i < count; i++)
        times += seeds->seeds[indices[i]].architecture == architecture;
    return times;
}

static bool is_chosen(const int *indices, int count, int index)
{
    for (int i = 0; i < count; i++)
        if (indices[i] == index)
            return true;
    return false;
}

int axn_evolve_seeds_choose(const axn_evolve_seeds *seeds, const axn_cgp_limits *limits, int count,
                            int *indices)
{
    int chosen = 0;
    for (int round = 0; round < count; round++)
        for (int i = 0; i < (int)seeds->count && chosen < count; i++) {
            const axn_evolve_seed *seed = &seeds->seeds[i];
            if (times_chosen(seeds, indices, chosen, seed->architecture) <= round &&
                !is_chosen(indices, chosen, i) && axn_cgp_meets(limits, &seed->errors))
                indices[chosen++] = i;
        }
    return chosen;
}
