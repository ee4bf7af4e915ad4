/* The evolver's parts: genomes, folding, kernels, incremental evaluation. */
#include <math.h>

#include "common/memory.h"
#include "multipliers/cgp_evaluator.h"
#include "multipliers/families.h"
#include "tests/check.h"

#define NODES 320

static axn_liberty liberty;
static axn_cgp_cost cost;
static axn_cgp_pairs *pairs;
static axn_table table;
static axn_error error;

static void set_up(void)
{
    if (pairs != NULL)
        return;
    AXN_REQUIRE_OK(axn_liberty_load(NULL, &liberty, &error), error);
    AXN_REQUIRE_OK(axn_cgp_cost_load(&liberty, AXN_CGP_POWER, &cost, &error), error);
    AXN_REQUIRE_OK(axn_cgp_pairs_create(&pairs, &error), error);
}

static axn_cgp_evaluator *evaluator_of(const axn_cgp_kernel *kernel)
{
    axn_cgp_evaluator *evaluator = NULL;
    set_up();
    AXN_REQUIRE_OK(axn_cgp_evaluator_create(NODES, kernel, pairs, &cost, &evaluator, &error),
                   error);
    return evaluator;
}

static void build(const char *name, axn_circuit *circuit)
{
    const axn_family_member *member = axn_family_find(name);
    CU_ASSERT_PTR_NOT_NULL_FATAL(member);
    AXN_REQUIRE_OK(axn_family_build(member, circuit, &error), error);
}

static axn_cgp_genome genome_of(const char *name, uint64_t seed)
{
    axn_circuit circuit;
    axn_cgp_genome genome;
    axn_random random = axn_random_stream(seed, AXN_RANDOM_TEST, 0, 0);
    build(name, &circuit);
    CU_ASSERT_TRUE_FATAL(axn_cgp_from_circuit(&circuit, NODES, &random, &genome));
    axn_circuit_free(&circuit);
    return genome;
}

static axn_cgp_errors errors_of(const axn_cgp_genome *genome)
{
    axn_circuit circuit;
    axn_circuit_start(&circuit);
    axn_cgp_to_circuit(genome, &circuit);
    AXN_CHECK_OK(axn_circuit_tabulate(&circuit, &table, &error), error);
    axn_circuit_free(&circuit);
    return axn_cgp_errors_of(&table);
}

/* Mutates without selection, so that constants, dead nodes and odd gates abound. */
static void scramble(axn_cgp_genome *genome, int times, axn_random *random)
{
    for (int i = 0; i < times; i++) {
        axn_cgp_phenotype phenotype;
        axn_cgp_changes undo;
        axn_cgp_fold(genome, &phenotype);
        axn_cgp_mutate(genome, phenotype.live, phenotype.count, random, &undo);
    }
}

static void circuits_survive_the_way_through_genomes(void)
{
    int count;
    const axn_family_member *members = axn_family_members(&count);
    for (int i = 0; i < count; i++) {
        axn_circuit circuit;
        axn_cgp_genome genome;
        axn_random random = axn_random_stream(5, AXN_RANDOM_TEST, 0, 0);
        build(members[i].name, &circuit);
        bool fits = axn_cgp_from_circuit(&circuit, NODES, &random, &genome);
        AXN_CHECK_OK(axn_circuit_tabulate(&circuit, &table, &error), error);
        uint64_t hash = axn_table_hash(&table);
        axn_circuit_free(&circuit);
        if (!fits)
            continue;
        CU_ASSERT_TRUE(axn_cgp_valid(&genome));
        errors_of(&genome);
        CU_ASSERT_EQUAL(axn_table_hash(&table), hash);
    }
}

static void mutants_are_valid_and_can_be_taken_back(void)
{
    axn_cgp_genome genome = genome_of("exact_dadda", 1);
    axn_random random = axn_random_stream(2, AXN_RANDOM_TEST, 0, 0);
    for (int i = 0; i < 20000; i++) {
        axn_cgp_phenotype phenotype;
        axn_cgp_changes undo;
        axn_cgp_genome before = genome;
        axn_cgp_fold(&genome, &phenotype);
        axn_cgp_mutate(&genome, phenotype.live, phenotype.count, &random, &undo);
        CU_ASSERT_TRUE_FATAL(undo.count > 0 && undo.count <= AXN_CGP_MAX_CHANGES);
        CU_ASSERT_TRUE_FATAL(axn_cgp_valid(&genome));
        axn_cgp_genome mutant = genome;
        axn_cgp_undo(&genome, &undo);
        CU_ASSERT_EQUAL_FATAL(memcmp(&genome, &before, sizeof genome), 0);
        if (i % 16 == 0)
            genome = mutant;
    }
}

/* The evaluator works on the folded phenotype: its limits must cut exactly where the
 * metrics of the unfolded circuit's table are. */
static void limits_cut_at_the_metrics_of_the_table(void)
{
    axn_cgp_evaluator *evaluator = evaluator_of(axn_cgp_kernel_tier(0));
    axn_random random = axn_random_stream(3, AXN_RANDOM_TEST, 0, 0);
    for (int i = 0; i < 60; i++) {
        axn_cgp_genome parent = genome_of(i % 2 == 0 ? "exact_dadda" : "trunc_const_6", 1);
        axn_cgp_genome genome = parent;
        double parent_cost, found;
        scramble(&genome, 1 + i, &random);
        axn_cgp_errors errors = errors_of(&genome);
        const axn_metrics *m = &errors.metrics;
        if (m->mae == 0)
            continue;
        axn_cgp_set_parent(evaluator, &parent, &parent_cost);
        CU_ASSERT_EQUAL(axn_cgp_try(evaluator, &genome, NULL, &axn_cgp_no_limits, INFINITY, &found),
                        AXN_CGP_FEASIBLE);
        for (int k = 0; k < 4; k++) {
            axn_cgp_limits tight = axn_cgp_no_limits;
            double *const values[] = {&tight.mae, &tight.wce, &tight.ep, &tight.mre};
            const double kept[] = {m->mae, m->wce, m->ep, m->mre};
            *values[k] = k == 1 ? kept[k] - 1 : kept[k] * (1 - 1e-9);
            CU_ASSERT_EQUAL(axn_cgp_try(evaluator, &genome, NULL, &tight, INFINITY, &found),
                            AXN_CGP_REJECTED);
            *values[k] = k == 1 ? kept[k] : kept[k] * 8; /* out of reach of the early look */
            CU_ASSERT_EQUAL(axn_cgp_try(evaluator, &genome, NULL, &tight, INFINITY, &found),
                            AXN_CGP_FEASIBLE);
        }
        axn_cgp_limits zero = axn_cgp_no_limits;
        zero.zero_exact = true;
        CU_ASSERT_EQUAL(axn_cgp_try(evaluator, &genome, NULL, &zero, INFINITY, &found),
                        errors.zero_exact ? AXN_CGP_FEASIBLE : AXN_CGP_REJECTED);
    }
    axn_cgp_evaluator_destroy(evaluator);
}

typedef struct trajectory {
    axn_cgp_genome genome;
    double cost;
    long outcomes[3];
} trajectory;

static trajectory evolve(const axn_cgp_kernel *kernel, bool screened, const axn_cgp_limits *limits,
                         long steps)
{
    axn_cgp_evaluator *evaluator = evaluator_of(kernel);
    axn_random random = axn_random_stream(4, AXN_RANDOM_TEST, 0, 0);
    trajectory t = {.genome = genome_of("exact_dadda", 1)};
    double found;
    axn_cgp_set_parent(evaluator, &t.genome, &t.cost);
    for (long i = 0; i < steps; i++) {
        const axn_cgp_phenotype *parent = axn_cgp_parent(evaluator);
        axn_cgp_changes undo;
        axn_cgp_mutate(&t.genome, parent->live, parent->count, &random, &undo);
        axn_cgp_outcome outcome =
            axn_cgp_try(evaluator, &t.genome, screened ? &undo : NULL, limits, t.cost, &found);
        t.outcomes[outcome]++;
        if (outcome == AXN_CGP_REJECTED)
            axn_cgp_undo(&t.genome, &undo);
        if (outcome == AXN_CGP_FEASIBLE) {
            axn_cgp_accept(evaluator);
            t.cost = found;
        }
    }
    axn_cgp_set_parent(evaluator, &t.genome, &found);
    CU_ASSERT_EQUAL(found, t.cost); /* pieced together, and at once */
    axn_cgp_evaluator_destroy(evaluator);
    return t;
}

static void every_kernel_goes_the_same_way(void)
{
    axn_cgp_limits limits = {60, 400, 0.99, 0.02, 30, true};
    trajectory first = evolve(axn_cgp_kernel_tier(0), true, &limits, 8000);
    CU_ASSERT_TRUE(first.outcomes[AXN_CGP_FEASIBLE] > 20);
    for (int i = 1; axn_cgp_kernel_tier(i) != NULL; i++) {
        trajectory other = evolve(axn_cgp_kernel_tier(i), true, &limits, 8000);
        CU_ASSERT_EQUAL(memcmp(&first.genome, &other.genome, sizeof first.genome), 0);
        CU_ASSERT_EQUAL(first.cost, other.cost);
        CU_ASSERT_EQUAL(memcmp(first.outcomes, other.outcomes, sizeof first.outcomes), 0);
    }
}

/* The screen may only reject what the full evaluation rejects. */
static void the_screen_changes_nothing(void)
{
    static const axn_cgp_limits all_limits[] = {
        {60, INFINITY, INFINITY, INFINITY, INFINITY, true},
        {INFINITY, 900, 0.95, 0.05, INFINITY, false},
    };
    for (int i = 0; i < 2; i++) {
        trajectory screened = evolve(axn_cgp_kernel_tier(0), true, &all_limits[i], 30000);
        trajectory plain = evolve(axn_cgp_kernel_tier(0), false, &all_limits[i], 30000);
        CU_ASSERT_EQUAL(memcmp(&screened.genome, &plain.genome, sizeof plain.genome), 0);
        CU_ASSERT_EQUAL(screened.cost, plain.cost);
        CU_ASSERT_EQUAL(memcmp(screened.outcomes, plain.outcomes, sizeof plain.outcomes), 0);
    }
}

static void evolution_saves_power_within_its_limits(void)
{
    static const axn_cgp_limits all_limits[] = {
        {20, INFINITY, INFINITY, INFINITY, INFINITY, false},
        {INFINITY, 100, INFINITY, INFINITY, INFINITY, false},
        {INFINITY, INFINITY, 0.3, INFINITY, INFINITY, false},
        {INFINITY, INFINITY, INFINITY, 0.004, INFINITY, true},
        {40, INFINITY, INFINITY, INFINITY, 0.5, false},
    };
    axn_cgp_evaluator *evaluator = evaluator_of(axn_cgp_kernel_tier(0));
    axn_cgp_genome exact = genome_of("exact_dadda", 1);
    double exact_cost;
    axn_cgp_set_parent(evaluator, &exact, &exact_cost);
    for (size_t i = 0; i < sizeof all_limits / sizeof all_limits[0]; i++) {
        trajectory t = evolve(axn_cgp_kernel_tier(0), true, &all_limits[i], 10000);
        axn_cgp_errors errors = errors_of(&t.genome);
        CU_ASSERT_TRUE(axn_cgp_meets(&all_limits[i], &errors));
        CU_ASSERT_TRUE(t.cost < 0.99 * exact_cost);
    }
    axn_cgp_evaluator_destroy(evaluator);
}

static void an_unknown_kernel_is_refused(void)
{
    const axn_cgp_kernel *kernel;
    setenv("AXNAS_CGP_KERNEL", "sse9", 1);
    AXN_CHECK_FAILS(axn_cgp_kernel_choose(&kernel, &error), error, AXN_ERROR_USAGE, "sse9");
    setenv("AXNAS_CGP_KERNEL", "portable", 1);
    AXN_CHECK_OK(axn_cgp_kernel_choose(&kernel, &error), error);
    CU_ASSERT_STRING_EQUAL(kernel->name, "portable");
    unsetenv("AXNAS_CGP_KERNEL");
    free(pairs); /* the last test */
    axn_liberty_free(&liberty);
}

AXN_TEST_MAIN("evolver",
              {"circuits survive the way through genomes",
               circuits_survive_the_way_through_genomes},
              {"mutants are valid and can be taken back", mutants_are_valid_and_can_be_taken_back},
              {"limits cut at the metrics of the table", limits_cut_at_the_metrics_of_the_table},
              {"every kernel goes the same way", every_kernel_goes_the_same_way},
              {"the screen changes nothing", the_screen_changes_nothing},
              {"evolution saves power within its limits", evolution_saves_power_within_its_limits},
              {"an unknown kernel is refused", an_unknown_kernel_is_refused})
