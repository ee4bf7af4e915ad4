/* Assignment of one choice (a multiplier) to each gene (a convolution or a group of them) of
 * a network that is already trained, by NSGA-II over energy and errors (Mrazek, Vasicek,
 * Sekanina, Hanif, Shafique: "ALWANN: automatic layer-wise approximation of deep neural
 * network accelerators without retraining", ICCAD 2019). The first population holds every
 * uniform assignment, so that the front is never worse than one multiplier everywhere. */
#ifndef AXN_NAS_ASSIGN_H
#define AXN_NAS_ASSIGN_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"

#define AXN_ASSIGN_MAX_EVALUATIONS 100000

typedef struct axn_assign_problem {
    int genes, choices;
    const double *energy_pj; /* [genes][choices], of one image; choices by ascending energy find
                                their neighbours sooner */
    int images;              /* on which `evaluate` measures */
    /* correct[count] receives how many of the images the assignments genes[count][genes]
     * recognise. */
    axn_status (*evaluate)(void *context, const uint16_t *genes, int count, int *correct,
                           axn_error *error);
    void *context;
} axn_assign_problem;

typedef struct axn_assign_rules {
    uint64_t seed;
    int population, generations; /* at most so many assignments are tried: population * (generations
                                    + 1), or one of each choice if that is more */
    double p_crossover;          /* of a child from two parents, else from one */
    int least_correct;           /* assignments that recognise fewer images count as worse than all
                                    others, the fewer the worse: effort goes to the useful part of
                                    the front; 0 = all of it */
    int max_distinct;            /* choices that an assignment may mix, 0 = any number */
    bool sensitivity;            /* before evolution each gene is changed alone, and assignments
                                    predicted from that join the first population */
} axn_assign_rules;

typedef struct axn_assignment {
    int correct;
    double energy_pj;
    int generation;
} axn_assignment;

/* All that was evaluated, each assignment once, in order of evaluation. The first `choices`
 * are the uniform ones. */
typedef struct axn_assign_result {
    int genes, choices;
    uint16_t *gene; /* [count][genes] */
    axn_assignment *records;
    int count;
    int *front; /* indices of the non-dominated, by ascending energy; of equal ones the first */
    int front_count;
    double hypervolume; /* of the front, a share of the box from nothing to the dearest uniform
                           assignment and to every image wrong */
    bool exhaustive;    /* every assignment there is was tried */
} axn_assign_result;

/* After each generation; false ends the search with AXN_ERROR_INTERRUPTED. */
typedef bool axn_assign_report(void *context, int generation, const axn_assign_result *result);

/* If the budget covers all assignments there are, they are simply all tried. Depends on the
 * problem and the rules only. AXN_ERROR_USAGE names a rule that is out of range. Free with
 * axn_assign_result_free. */
axn_status axn_assign_search(const axn_assign_problem *problem, const axn_assign_rules *rules,
                             axn_assign_report *report, void *context, axn_assign_result *out,
                             axn_error *error);
void axn_assign_result_free(axn_assign_result *result); /* back to {0} */

/* Records of the best fronts, whole ones until there are `wanted`, by ascending energy within
 * each; records[result->count] by the caller. Returns their number. */
int axn_assign_peel(const axn_assign_result *result, int wanted, int *records);

#endif
