/* Candidates a second of the multiplier evolver, one thread: all error metrics that it
 * limits over all 65,536 operand pairs, and the toggle rates for the cost. Beside it what
 * a user would write: a gate at a time on one operand pair (`scalar`), and 64 pairs in a
 * machine word, then the metrics from the table (`words`), the usual way of Cartesian
 * genetic programming (Z. Vasicek and K. Slany, "Efficient phenotype evaluation in
 * Cartesian genetic programming", EuroGP 2012). */
#include <math.h>
#include <stdlib.h>

#include "bench/bench.h"
#include "common/memory.h"
#include "common/progress.h"
#include "multipliers/cgp_evaluator.h"
#include "multipliers/families.h"

enum { NODES = 320 };

static const char unit[] = "candidates/s";
static const double seconds = 0.5; /* a measurement */

typedef struct evolve_data {
    axn_liberty liberty;
    axn_cgp_cost cost;
    axn_cgp_pairs *pairs;
    axn_table *table;
    axn_cgp_genome parent;
} evolve_data;

static axn_status make_data(evolve_data *data, axn_error *error)
{
    axn_circuit circuit;
    axn_random random = axn_random_stream(1, AXN_RANDOM_TEST, 0, 0);
    axn_status status = axn_family_build(axn_family_find("exact_dadda"), &circuit, error);
    bool fits = status == AXN_OK && axn_cgp_from_circuit(&circuit, NODES, &random, &data->parent);
    axn_circuit_free(&circuit);
    if (status == AXN_OK && !fits)
        status = axn_fail(error, AXN_ERROR_LIMIT, "exact_dadda does not fit %d nodes", NODES);
    if (status == AXN_OK)
        status = axn_liberty_load(NULL, &data->liberty, error);
    if (status == AXN_OK)
        status = axn_cgp_cost_load(&data->liberty, AXN_CGP_POWER, &data->cost, error);
    if (status == AXN_OK)
        status = axn_cgp_pairs_create(&data->pairs, error);
    if (status == AXN_OK)
        status = axn_allocate(&data->table, 1, sizeof *data->table, "a truth table", error);
    return status;
}

/* Value of every live gate for one operand pair, then the product. */
static unsigned evaluate_pair(const axn_cgp_phenotype *p, unsigned a, unsigned b, uint8_t *value)
{
    unsigned product = 0;
    value[AXN_NET_ZERO] = 0;
    value[AXN_NET_ONE] = 1;
    for (int bit = 0; bit < 8; bit++) {
        value[AXN_NET_A(bit)] = a >> bit & 1;
        value[AXN_NET_B(bit)] = b >> bit & 1;
    }
    for (int i = 0; i < p->count; i++) {
        int n = p->live[i];
        unsigned x = value[p->input[n][0]], y = value[p->input[n][1]];
        unsigned sum = x + y;
        if (p->gate[n] == AXN_CGP_FULL_ADDER)
            sum += value[p->input[n][2]];
        else if (p->gate[n] == AXN_CGP_AND)
            sum = x & y;
        value[AXN_CGP_SIGNAL(n, 0)] = sum & 1;
        value[AXN_CGP_SIGNAL(n, 1)] = (uint8_t)(sum >> 1);
    }
    for (int bit = 0; bit < 16; bit++)
        product |= (unsigned)value[p->output[bit]] << bit;
    return product;
}

/* The parent has only AND gates and adders. */
static void time_scalar(const evolve_data *data, axn_bench *bench)
{
    axn_cgp_phenotype phenotype;
    uint8_t value[AXN_CGP_MAX_SIGNALS] = {0};
    long count = 0;
    double begun = axn_seconds();
    axn_cgp_fold(&data->parent, &phenotype);
    do {
        for (unsigned pair = 0; pair < 65536; pair++)
            data->table->product[pair] =
                (uint16_t)evaluate_pair(&phenotype, pair >> 8, pair & 255, value);
        axn_metrics_of(data->table);
        count++;
    } while (axn_seconds() - begun < seconds);
    axn_bench_add(bench, "whole", "scalar", (double)count / (axn_seconds() - begun), unit);
}

static axn_status time_words(const evolve_data *data, axn_bench *bench, axn_error *error)
{
    long count = 0;
    double begun = axn_seconds();
    axn_status status = AXN_OK;
    do {
        axn_circuit circuit;
        axn_circuit_start(&circuit);
        axn_cgp_to_circuit(&data->parent, &circuit);
        status = axn_circuit_tabulate(&circuit, data->table, error);
        axn_circuit_free(&circuit);
        axn_metrics_of(data->table);
        count++;
    } while (status == AXN_OK && axn_seconds() - begun < seconds);
    axn_bench_add(bench, "whole", "words", (double)count / (axn_seconds() - begun), unit);
    return status;
}

/* One evolution, mutants accepted as they come. */
static void time_mutants(const evolve_data *data, axn_cgp_evaluator *evaluator, const char *kernel,
                         axn_bench *bench)
{
    const axn_cgp_limits limits = {25, INFINITY, INFINITY, 0.02, INFINITY, false};
    axn_cgp_genome genome = data->parent;
    axn_random random = axn_random_stream(2, AXN_RANDOM_TEST, 0, 0);
    double cost, found;
    long count = 0;
    axn_cgp_set_parent(evaluator, &genome, &cost);
    double begun = axn_seconds();
    do {
        for (int i = 0; i < 100; i++, count++) {
            const axn_cgp_phenotype *parent = axn_cgp_parent(evaluator);
            axn_cgp_changes undo;
            axn_cgp_mutate(&genome, parent->live, parent->count, &random, &undo);
            axn_cgp_outcome outcome = axn_cgp_try(evaluator, &genome, &undo, &limits, cost, &found);
            if (outcome == AXN_CGP_REJECTED)
                axn_cgp_undo(&genome, &undo);
            if (outcome == AXN_CGP_FEASIBLE) {
                axn_cgp_accept(evaluator);
                cost = found;
            }
        }
    } while (axn_seconds() - begun < seconds);
    axn_bench_add(bench, "mutants", kernel, (double)count / (axn_seconds() - begun), unit);
}

static axn_status time_kernel(const evolve_data *data, const axn_cgp_kernel *kernel,
                              axn_bench *bench, axn_error *error)
{
    axn_cgp_evaluator *evaluator = NULL;
    double cost;
    long count = 0;
    axn_status status =
        axn_cgp_evaluator_create(NODES, kernel, data->pairs, &data->cost, &evaluator, error);
    if (status != AXN_OK)
        return status;
    double begun = axn_seconds();
    do {
        axn_cgp_set_parent(evaluator, &data->parent, &cost);
        count++;
    } while (axn_seconds() - begun < seconds);
    axn_bench_add(bench, "whole", kernel->name, (double)count / (axn_seconds() - begun), unit);
    time_mutants(data, evaluator, kernel->name, bench);
    axn_cgp_evaluator_destroy(evaluator);
    return AXN_OK;
}

axn_status axn_bench_evolve(int argc, char **argv, axn_bench *bench, axn_error *error)
{
    evolve_data data = {0};
    if (argc > 1)
        return axn_fail(error, AXN_ERROR_USAGE, "unknown argument \"%s\"", argv[1]);
    axn_status status = make_data(&data, error);
    if (status == AXN_OK) {
        time_scalar(&data, bench);
        status = time_words(&data, bench, error);
        /* neither stops early nor reuses the parent: a mutant costs them the same */
        axn_bench_add(bench, "mutants", "scalar", axn_bench_rate(bench, "whole", "scalar"), unit);
        axn_bench_add(bench, "mutants", "words", axn_bench_rate(bench, "whole", "words"), unit);
    }
    for (int i = 0; status == AXN_OK && axn_cgp_kernel_tier(i) != NULL; i++)
        status = time_kernel(&data, axn_cgp_kernel_tier(i), bench, error);
    axn_liberty_free(&data.liberty);
    free(data.pairs);
    free(data.table);
    return status;
}
