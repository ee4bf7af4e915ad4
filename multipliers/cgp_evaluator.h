/* Evaluates mutants of one parent: only what a mutation reaches is computed, block by
 * block, until the mutant is seen to miss a limit. */
#ifndef AXN_MULTIPLIERS_CGP_EVALUATOR_H
#define AXN_MULTIPLIERS_CGP_EVALUATOR_H

#include "multipliers/cgp_cost.h"
#include "multipliers/cgp_kernel.h"
#include "multipliers/metrics.h"

/* Largest allowed errors; INFINITY = any. */
typedef struct axn_cgp_limits {
    double mae;
    double wce;
    double ep;         /* fraction */
    double mre;        /* fraction */
    double mean_error; /* of its magnitude */
    bool zero_exact;   /* products with 0 are exact */
} axn_cgp_limits;

extern const axn_cgp_limits axn_cgp_no_limits;

/* The errors of a circuit, all of them. */
typedef struct axn_cgp_errors {
    axn_metrics metrics;
    bool zero_exact;
} axn_cgp_errors;
axn_cgp_errors axn_cgp_errors_of(const axn_table *table);
bool axn_cgp_meets(const axn_cgp_limits *limits, const axn_cgp_errors *errors);

/* The operand pairs, shared by evaluators. */
typedef struct axn_cgp_pairs {
    axn_cgp_block block[AXN_CGP_BLOCKS];
} axn_cgp_pairs;
axn_status axn_cgp_pairs_create(axn_cgp_pairs **out, axn_error *error); /* free() */

typedef struct axn_cgp_evaluator axn_cgp_evaluator;
/* For genomes of at most `nodes` nodes; borrows the rest. */
axn_status axn_cgp_evaluator_create(int nodes, const axn_cgp_kernel *kernel,
                                    const axn_cgp_pairs *pairs, const axn_cgp_cost *cost,
                                    axn_cgp_evaluator **out, axn_error *error);
void axn_cgp_evaluator_destroy(axn_cgp_evaluator *evaluator);

/* Makes `genome` the parent, whatever its errors; its cost goes to *cost. */
void axn_cgp_set_parent(axn_cgp_evaluator *evaluator, const axn_cgp_genome *genome, double *cost);
/* The parent's phenotype. */
const axn_cgp_phenotype *axn_cgp_parent(const axn_cgp_evaluator *evaluator);

typedef enum axn_cgp_outcome {
    AXN_CGP_SAME,     /* same phenotype as the parent */
    AXN_CGP_REJECTED, /* misses a limit, or costs more than `most` */
    AXN_CGP_FEASIBLE
} axn_cgp_outcome;

/* A mutant of the parent. Early rejection by a sample of the operand pairs may, rarely,
 * reject one that is within its limits; a feasible one always is within them. */
axn_cgp_outcome axn_cgp_try(axn_cgp_evaluator *evaluator, const axn_cgp_genome *genome,
                            const axn_cgp_limits *limits, double most, double *cost);
/* The mutant tried last, which was feasible, becomes the parent. */
void axn_cgp_accept(axn_cgp_evaluator *evaluator);

#endif
