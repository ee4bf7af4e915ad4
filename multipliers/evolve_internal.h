/* State of an evolution, shared by its loop and its checkpoint file. */
#ifndef AXN_MULTIPLIERS_EVOLVE_INTERNAL_H
#define AXN_MULTIPLIERS_EVOLVE_INTERNAL_H

#include "multipliers/evolve.h"

#define AXN_EVOLVE_ISLANDS 8 /* a target, in the first round */
#define AXN_EVOLVE_ROUNDS 4

/* Its place in the array tells the target. */
typedef struct axn_evolve_island {
    double cost;
    axn_cgp_errors errors;
    axn_cgp_genome genome;
    bool used; /* takes part in this round */
} axn_evolve_island;

typedef struct axn_evolve_state {
    axn_evolve_island *islands; /* [target_count][AXN_EVOLVE_ISLANDS] */
    int island_count;           /* of the array */
    axn_evolve_survivor *survivors;
    size_t survivor_count, survivor_capacity;
    int round;
    long epoch; /* of the round: how many are done */
    uint64_t evaluations;
} axn_evolve_state;

/* Identity of what is evolved; a checkpoint of other options is refused. */
uint64_t axn_evolve_identity(const axn_evolve_options *options);
axn_status axn_evolve_save(const axn_evolve_state *state, uint64_t identity, const char *path,
                           axn_error *error);
/* Fills a state whose islands are allocated. */
axn_status axn_evolve_restore(axn_evolve_state *state, uint64_t identity, const char *path,
                              axn_error *error);

#endif
