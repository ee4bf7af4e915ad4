/* One candidate of the search: genome, costs and fitness; one line of archive.jsonl. */
#ifndef AXN_NAS_CANDIDATE_H
#define AXN_NAS_CANDIDATE_H

#include <cjson/cJSON.h>

#include "nas/evaluator.h"
#include "nas/genome.h"

/* A multiplier the search may use. */
typedef struct axn_search_multiplier {
    char name[64];
    uint64_t hash;      /* of its truth table */
    double energy_pj;   /* per multiplication */
    double power_ratio; /* to the exact one */
    double fidelity;    /* see nas/fidelity.h; 0 = not computed */
} axn_search_multiplier;

typedef struct axn_candidate {
    int64_t id; /* 0, 1, ... in order of creation */
    int generation;
    int64_t parent;  /* -1: random */
    int64_t same_as; /* -1, or the earlier candidate whose evaluation it shares */
    axn_genome genome;
    uint64_t phenotype; /* hash of the network */
    uint64_t key;       /* of network, multipliers, budget, protocol, starting weights */
    int convolutions;
    int64_t parameters;
    int64_t multiplications;    /* of the convolutions */
    int64_t multiplications_fc; /* of the fully connected layers, exact ones */
    double energy_uj;           /* of the convolutions */
    double energy_total_uj;     /* fully connected layers too */
    char multiplier[160];       /* name; names joined by '+' when there are several */
    double power_ratio;         /* energy to that of the exact multiplier on every convolution */
    double signal_share;        /* see nas/fidelity.h; 0 = not computed */
    int64_t cycles;             /* of the accelerator, an image; 0 = not computed, -1 = it cannot
                                   hold the network */
    double energy_accelerator_uj, energy_memory_uj; /* the latter is part of the former */
    int inherited_age;                              /* epochs that inherited weights had seen */
    int training_age; /* epochs its weights have seen, those inherited included */
    int epochs;       /* its own so far */
    int rung;         /* rungs of successive halving that it completed */
    double *curve;    /* [curve_count] accuracy after each own epoch, if followed */
    int curve_count;
    bool evaluated;
    axn_outcome_kind outcome;
    double accuracy;             /* when AXN_OUTCOME_OK; STOPPED: after `epochs`, 0 if none */
    char reason[AXN_REASON_MAX]; /* unless AXN_OUTCOME_OK */
} axn_candidate;

void axn_candidate_free(axn_candidate *candidate); /* back to {0} */

/* Fills the costs from the phenotype. Energies in pJ; exact_energy_pj also prices the
 * fully connected layers. */
void axn_candidate_measure(const axn_phenotype *phenotype, const axn_search_multiplier *multipliers,
                           double exact_energy_pj, axn_count_mode mode, axn_candidate *candidate);

/* Takes over from another record what an evaluation found out. */
axn_status axn_candidate_copy_outcome(const axn_candidate *from, axn_candidate *to,
                                      axn_error *error);
/* Appends accuracies to the curve, to nine decimals (see axn_accuracy_rounded). */
axn_status axn_candidate_follow(axn_candidate *candidate, const double *curve, int count,
                                axn_error *error);
/* Nine decimals survive any way through JSON; all digits of a double would not, and a
 * resumed search would differ in the last bit. */
double axn_accuracy_rounded(double accuracy);

/* One object of archive.jsonl (caller deletes), NULL when out of memory. */
cJSON *axn_candidate_to_json(const axn_search_space *space, const axn_candidate *candidate);
/* `file` is for messages. Free with axn_candidate_free. */
axn_status axn_candidate_from_json(const axn_search_space *space, const cJSON *json,
                                   const char *file, axn_candidate *out, axn_error *error);

#endif
