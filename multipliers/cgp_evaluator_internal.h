/* State of an evaluator, shared by its quick screen and its full evaluation. */
#ifndef AXN_MULTIPLIERS_CGP_EVALUATOR_INTERNAL_H
#define AXN_MULTIPLIERS_CGP_EVALUATOR_INTERNAL_H

#include "multipliers/cgp_evaluator.h"

struct axn_cgp_evaluator {
    const axn_cgp_kernel *kernel;
    const axn_cgp_pairs *pairs;
    const axn_cgp_cost *cost;
    uint64_t *slots; /* [AXN_CGP_BLOCKS][slot_count][AXN_CGP_WORDS] */
    size_t slot_count;
    axn_cgp_phenotype phenotype[2];
    int parent;                            /* which of the two */
    uint8_t version[AXN_CGP_MAX_NODES];    /* which of a node's two slots is the parent's */
    bool dirty[AXN_CGP_MAX_SIGNALS / 2];   /* of the mutant's live nodes, by signal / 2 */
    uint32_t ones[2][AXN_CGP_MAX_SIGNALS]; /* of the parent, and of the mutant */
    axn_cgp_step steps[AXN_CGP_MAX_NODES];
    int step_count;
    int32_t output[16]; /* slots of the mutant's outputs */
};

static inline uint64_t *axn_cgp_block_slots(const axn_cgp_evaluator *evaluator, int block)
{
    return evaluator->slots + (size_t)block * evaluator->slot_count * AXN_CGP_WORDS;
}

/* The slot of a signal that holds the parent's values, or the other one. */
static inline int32_t axn_cgp_slot(const axn_cgp_evaluator *evaluator, int signal, int other)
{
    if (signal < AXN_NET_FIRST)
        return signal;
    int version = evaluator->version[AXN_CGP_NODE(signal)] ^ other;
    return AXN_NET_FIRST + (signal - AXN_NET_FIRST) * 2 + version;
}

/* Runs the steps and sums up the errors of the outputs, block by block, until a limit is
 * seen to be missed: false. */
bool axn_cgp_run_blocks(axn_cgp_evaluator *evaluator, const axn_cgp_limits *limits,
                        axn_cgp_sums *sums);

typedef enum axn_cgp_screening {
    AXN_CGP_SCREEN_SAME,     /* no gene that matters has changed */
    AXN_CGP_SCREEN_REJECTED, /* misses a limit */
    AXN_CGP_SCREEN_OPEN
} axn_cgp_screening;

/* A mutant's errors, without folding it: rejects what the full evaluation would reject
 * for its errors. */
axn_cgp_screening axn_cgp_screen(axn_cgp_evaluator *evaluator, const axn_cgp_genome *genome,
                                 const axn_cgp_changes *changes, const axn_cgp_limits *limits);

#endif
