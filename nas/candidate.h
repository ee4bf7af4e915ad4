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
    int training_age;           /* epochs its weights have seen, those inherited included */
    bool evaluated;
    axn_outcome_kind outcome;
    double accuracy;             /* when AXN_OUTCOME_OK */
    char reason[AXN_REASON_MAX]; /* else */
} axn_candidate;

void axn_candidate_free(axn_candidate *candidate); /* back to {0} */

/* Fills the costs from the phenotype. Energies in pJ; exact_energy_pj also prices the
 * fully connected layers. */
void axn_candidate_measure(const axn_phenotype *phenotype, const axn_search_multiplier *multipliers,
                           double exact_energy_pj, axn_count_mode mode, axn_candidate *candidate);

/* One object of archive.jsonl (caller deletes), NULL when out of memory. */
cJSON *axn_candidate_to_json(const axn_search_space *space, const axn_candidate *candidate);
/* `file` is for messages. Free with axn_candidate_free. */
axn_status axn_candidate_from_json(const axn_search_space *space, const cJSON *json,
                                   const char *file, axn_candidate *out, axn_error *error);

#endif
