/* Evaluates mutants of one parent: only what a mutation reaches is computed, block by
 * block, until the mutant is seen to miss a limit. */
#ifndef AXN_MULTIPLIERS_CGP_EVALUATOR_H
#define AXN_MULTIPLIERS_CGP_EVALUATOR_H

#include "multipliers/cgp_cost.h"
#include "multipliers/cgp_kernel.h"
#include "multipliers/cgp_limits.h"
#include "multipliers/cgp_pairs.h"

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

/* A mutant of the parent: `changes` leads back to the parent's genome (NULL if that is not
 * known). After AXN_CGP_SAME the mutant's genome stands for the parent. Early rejection by a sample
 * of the operand pairs may, rarely, reject one that is within its limits; a feasible one always is
 * within them. */
axn_cgp_outcome axn_cgp_try(axn_cgp_evaluator *evaluator, const axn_cgp_genome *genome,
                            const axn_cgp_changes *changes, const axn_cgp_limits *limits,
                            double most, double *cost);
/* The mutant tried last, which was feasible, becomes the parent. */
void axn_cgp_accept(axn_cgp_evaluator *evaluator);

#endif
