/* Shared by the parts of nas/assign.h. */
#ifndef AXN_NAS_ASSIGN_INTERNAL_H
#define AXN_NAS_ASSIGN_INTERNAL_H

#include "common/random.h"
#include "nas/assign.h"

/* A search under way. Records from `pending` on are not evaluated yet. */
typedef struct axn_assign_state {
    const axn_assign_problem *problem;
    const axn_assign_rules *rules;
    axn_assign_result *result;
    uint64_t *keys; /* [count] hash of each record's genes */
    size_t capacity;
    int pending;
    uint16_t *draft; /* [genes] an assignment in the making */
    int *uses;       /* [choices] */
    int *population; /* indices of records */
    int population_count;
    int *rank;        /* [population] front, 0 the best */
    double *distance; /* [population] crowding */
} axn_assign_state;

const uint16_t *axn_assign_genes(const axn_assign_result *result, int record);

/* Adds the draft unless it is recorded; *added tells. */
axn_status axn_assign_add(axn_assign_state *state, bool *added, axn_error *error);

/* ---- drafts ---- */
void axn_assign_draw(axn_assign_state *state, axn_random *random);
void axn_assign_cross(axn_assign_state *state, const uint16_t *first, const uint16_t *second,
                      axn_random *random);
/* Redraws each gene with probability 1 / genes, and one in any case if `force`; half of the
 * time a neighbour in energy is taken. */
void axn_assign_mutate(axn_assign_state *state, bool force, axn_random *random);
/* While the draft mixes more choices than allowed, the rarest gives way to the others. */
void axn_assign_repair(axn_assign_state *state, axn_random *random);
int axn_assign_distinct(const axn_assign_state *state);

/* ---- first assignments ---- */
/* All there are, if the budget covers them; *exhaustive tells. */
axn_status axn_assign_enumerate(axn_assign_state *state, bool *exhaustive, axn_error *error);
axn_status axn_assign_add_uniform(axn_assign_state *state, axn_error *error);
/* Changes of one gene of the uniform assignment with the fewest errors. */
axn_status axn_assign_add_single(axn_assign_state *state, int base, axn_error *error);
/* What is best for some price of an error if the losses of single changes simply add up. */
axn_status axn_assign_add_predicted(axn_assign_state *state, int base, axn_error *error);
/* ---- selection ---- */
/* The population out of itself and the records from `first` on, ranked. */
axn_status axn_assign_select(axn_assign_state *state, int first, axn_error *error);
/* The result's front and hypervolume. */
axn_status axn_assign_measure_front(const axn_assign_state *state, axn_error *error);

/* Evaluates what is pending. */
axn_status axn_assign_evaluate_pending(axn_assign_state *state, int generation, axn_error *error);

#endif
