/* Circuits that evolution starts from: the families over ranges of their parameters,
 * and their members in the library. */
#ifndef AXN_MULTIPLIERS_EVOLVE_SEEDS_H
#define AXN_MULTIPLIERS_EVOLVE_SEEDS_H

#include "multipliers/cgp_evaluator.h"

typedef struct axn_evolve_seed {
    axn_cgp_genome genome;
    int architecture; /* equal for circuits of one generator */
    int order;        /* in which they were made */
    double cost;
    axn_cgp_errors errors;
} axn_evolve_seed;

typedef struct axn_evolve_seeds {
    axn_evolve_seed *seeds; /* cheapest first */
    size_t count, capacity;
} axn_evolve_seeds;

/* All families' circuits that fit `nodes`, and extra[extra_count]; the unused nodes are
 * drawn by `seed`. */
axn_status axn_evolve_seeds_make(int nodes, uint64_t seed, axn_cgp_evaluator *evaluator,
                                 const axn_circuit *extra, int extra_count, axn_evolve_seeds *out,
                                 axn_error *error);
/* Cost of the cheapest exact circuit among the families. */
axn_status axn_evolve_exact_cost(int nodes, axn_cgp_evaluator *evaluator, double *out,
                                 axn_error *error);

void axn_evolve_seeds_free(axn_evolve_seeds *seeds);

/* Indices of up to `count` seeds within the limits: the cheapest of each architecture,
 * cheapest first, then the next of each. Returns how many there are. */
int axn_evolve_seeds_choose(const axn_evolve_seeds *seeds, const axn_cgp_limits *limits, int count,
                            int *indices);

#endif
