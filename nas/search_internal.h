/* Parts of the search's loop that live in files of their own. */
#ifndef AXN_NAS_SEARCH_INTERNAL_H
#define AXN_NAS_SEARCH_INTERNAL_H

#include "nas/search.h"

/* One generation on its way through the evaluator. */
typedef struct axn_batch {
    axn_search *search;
    const axn_search_hooks *hooks;
    int first, count;          /* candidates */
    axn_phenotype *phenotypes; /* [count] */
    int **maps;                /* [count] inheritance; NULL = afresh */
    bool *recalled;            /* [count] */
    axn_job *jobs;             /* [count] */
    int *job_candidates;       /* [count] candidate of each job */
    int job_count;
    double *bars; /* [count][epochs] early termination; NULL = off */
} axn_batch;

uint64_t axn_hash_u64(uint64_t hash, uint64_t value);

/* The candidate whose trained state a descendant of `parent` starts from. */
int64_t axn_search_state_owner(const axn_search *search, int64_t parent);

/* The value of an objective that does not depend on training. */
double axn_search_cost_of(const axn_candidate *candidate, axn_objective objective);

/* axn_search_point with the accuracy at the end of a rung. */
axn_point axn_search_point_at(const axn_search *search, const axn_candidate *candidate, int rung);

/* Evaluates the candidates of a batch, rung by rung. */
axn_status axn_search_evaluate(axn_batch *batch, const axn_evaluator *evaluator, axn_error *error);

/* Replaces the population by the survivors of itself and the newest generation. Candidates
 * that were stopped come after all whose training is complete, those of a higher rung first. */
axn_status axn_search_select(axn_search *search, axn_error *error);

/* Appends the history line of a generation. */
axn_status axn_search_record(axn_search *search, int generation, axn_error *error);

#endif
