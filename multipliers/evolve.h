/* Evolution of approximate multipliers: least cost within limits of error.
 *
 * Each target is a set of limits. Its islands are (1+1) Cartesian genetic programs that
 * start from different architectures (evolve_seeds.h) and keep a mutant when it is
 * within the limits and costs no more. In four rounds of equal budget 8, 4, 2 and 2
 * islands a target run; the cheapest go on. Targets exchange circuits: several targets
 * at different limits are the decomposition of a multi-objective search (Q. Zhang and
 * H. Li, "MOEA/D", IEEE Trans. Evolutionary Computation 11(6), 2007).
 *
 * The result depends on the targets, seed, generations, Liberty and seeds alone, not
 * on the number of threads or the machine's instruction set. */
#ifndef AXN_MULTIPLIERS_EVOLVE_H
#define AXN_MULTIPLIERS_EVOLVE_H

#include "multipliers/cgp_cost.h"
#include "multipliers/cgp_evaluator.h"

#define AXN_EVOLVE_MAX_TARGETS 256

typedef struct axn_evolve_options {
    const axn_cgp_limits *targets; /* [target_count], borrowed */
    int target_count;
    uint64_t seed;
    long generations; /* mutants evaluated a target */
    int nodes;        /* of a genome, at most AXN_CGP_MAX_NODES */
    int threads;      /* 0 = all processors */
    axn_cgp_objective objective;
    const axn_liberty *liberty;
    const axn_circuit *seeds; /* beside the families' circuits; borrowed */
    int seed_count;
    const char *checkpoint; /* file to write after the first epoch, every few seconds and when
                               interrupted; NULL = none */
    bool resume;            /* go on from that file, which must be of the same options */
} axn_evolve_options;

/* A survivor: an island's best circuit at some time. */
typedef struct axn_evolve_survivor {
    axn_cgp_genome genome;
    uint64_t hash; /* of its truth table */
    double cost;   /* estimate: pJ an operation, or um2 */
} axn_evolve_survivor;

typedef struct axn_evolve_result {
    axn_evolve_survivor *survivors; /* every distinct function and cost once, cheapest first */
    int count;
    uint64_t evaluations;
    double seconds;
} axn_evolve_result;

/* Shows progress. AXN_ERROR_INTERRUPTED after Ctrl-C, with the checkpoint written;
 * AXN_ERROR_NOT_FOUND if no seed is within the limits of a target. */
axn_status axn_evolve(const axn_evolve_options *options, axn_evolve_result *out, axn_error *error);
void axn_evolve_result_free(axn_evolve_result *result);

#endif
