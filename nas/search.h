/* The evolutionary loop (Pinos, Mrazek, Sekanina 2021, algorithm 1): an initial
 * population, offspring by mutation, evaluation, selection by NSGA-II. The loop is a
 * function of its rules, its space and the evaluator's answers: run again with the
 * answers of an archive it takes the same way, which is how a search is resumed. */
#ifndef AXN_NAS_SEARCH_H
#define AXN_NAS_SEARCH_H

#include "nas/candidate.h"
#include "nas/nsga2.h"

typedef enum axn_objective {
    AXN_OBJECTIVE_ACCURACY,
    AXN_OBJECTIVE_PARAMETERS,
    AXN_OBJECTIVE_ENERGY,          /* of the convolutions' multiplications */
    AXN_OBJECTIVE_ENERGY_TOTAL,    /* fully connected layers too */
    AXN_OBJECTIVE_MULTIPLICATIONS, /* of the convolutions */
    AXN_OBJECTIVE_CYCLES,          /* of the accelerator, an image */
    AXN_OBJECTIVE_ENERGY_ACCELERATOR,
    AXN_OBJECTIVES
} axn_objective;

typedef enum axn_algorithm { AXN_ALGORITHM_NSGA2, AXN_ALGORITHM_RANDOM } axn_algorithm;

typedef struct axn_search_rules {
    uint64_t seed;
    int population;
    int generations; /* after the initial one */
    axn_algorithm algorithm;
    axn_crowding crowding;
    axn_mutation mutation;
    axn_objective objectives[AXN_MAX_OBJECTIVES];
    int objective_count;
    double reference[AXN_OBJECTIVES]; /* of the hypervolume; 0 = 1.1 x the worst of the
                                         initial population (accuracy: an error of 1) */
    bool inheritance;
    int epochs;
    int64_t train_images; /* an epoch */
    /* Successive halving (Jamieson, Talwalkar 2016) within each generation: all its candidates
     * are trained to rung 0, the best 1/factor of them go on to the next rung, and so on; the
     * last rung is the whole training. 1: off. Not with inheritance, so that all that are
     * compared have been trained for the same number of epochs. */
    int rungs, halving_factor;
    /* Early termination: a training is given up after an epoch in which its accuracy is more than
     * the margin below what a member of the population that is no worse in any other
     * objective had after as many epochs, its weights having been no older. */
    bool early_termination;
    double early_margin;
    int early_epochs; /* not before so many */
    double screen;    /* candidates of less signal share (nas/fidelity.h) are not trained; 0: off */
    double work_limit;    /* multiplications x images a candidate, 0 = none */
    axn_count_mode count; /* of multiplications */
    uint64_t protocol;    /* hash of all else that decides a training's outcome */
} axn_search_rules;

/* One line of history a generation. Figures are over all candidates so far. */
typedef struct axn_generation {
    int generation;
    int candidates; /* evaluated, shared and failed */
    int failed;
    int stopped;    /* by halving, early termination or the screen */
    int phenotypes; /* distinct networks */
    double best_accuracy;
    double lowest_energy_uj;
    double hypervolume; /* of the non-dominated set, as a fraction of the reference box */
} axn_generation;

/* What an accelerator of the run's array needs for one image. */
typedef struct axn_accelerator_cost {
    int64_t cycles;
    double energy_uj;        /* memories included */
    double energy_memory_uj; /* those alone */
} axn_accelerator_cost;

/* AXN_ERROR_LIMIT: the array cannot hold the network. */
typedef axn_status axn_search_cost(void *context, const axn_phenotype *phenotype,
                                   const axn_search_multiplier *multipliers, double exact_energy_pj,
                                   axn_accelerator_cost *out, axn_error *error);

typedef struct axn_search {
    axn_search_rules rules;
    axn_search_space space;
    const axn_search_multiplier *multipliers; /* [space.multiplier_count] */
    double exact_energy_pj;
    axn_search_cost *cost; /* NULL: not computed */
    void *cost_context;
    /* Filled by axn_search_run: */
    axn_candidate *candidates;
    int count;       /* created so far */
    int finished;    /* the first so many are evaluated */
    int *population; /* indices into candidates, by id */
    int population_count;
    axn_generation *history;
    int history_count;
} axn_search;

/* What the search tells its surroundings; any may be NULL. */
typedef struct axn_search_hooks {
    void *context;
    /* Is the outcome of this candidate (id and genome filled) known from an earlier run?
     * Fills what axn_candidate_copy_outcome copies. A record of fewer epochs than the whole
     * training, not stopped, is one of a rung: the training goes on from there. A record that
     * contradicts it is an error. */
    axn_status (*recall)(void *context, const axn_search *search, axn_candidate *candidate,
                         bool *known, axn_error *error);
    /* An outcome arrived; earlier candidates may still be in work. */
    axn_status (*arrived)(void *context, const axn_search *search, const axn_candidate *candidate,
                          const axn_outcome *outcome, axn_error *error);
    /* Candidates are finished in order of their ids, each once. */
    axn_status (*finished)(void *context, const axn_search *search, const axn_candidate *candidate,
                           bool recalled, axn_error *error);
    /* After selection; history[history_count - 1] is this generation's. */
    axn_status (*generation)(void *context, const axn_search *search, axn_error *error);
} axn_search_hooks;

/* Runs the whole search. rules, space, multipliers and exact_energy_pj are set by the
 * caller; call axn_search_free in any case. */
axn_status axn_search_run(axn_search *search, const axn_evaluator *evaluator,
                          const axn_search_hooks *hooks, axn_error *error);
void axn_search_free(axn_search *search); /* results only */

/* Epochs of training at the end of a rung. */
int axn_search_rung_epochs(const axn_search_rules *rules, int rung);

/* Indices of the non-dominated finished candidates by ascending energy then id; of
 * duplicates the first. members[count finished] provided by the caller. */
axn_status axn_search_front(const axn_search *search, int *members, int *count, axn_error *error);

/* The point of a candidate in the space of the search's objectives, all minimised (accuracy
 * as error); failed candidates are at infinity. */
axn_point axn_search_point(const axn_search_rules *rules, const axn_candidate *candidate);

const char *axn_objective_name(axn_objective objective);

#endif
