/* What a genome computes after constants, equal operands and unused nodes are folded
 * away: the list of gates to evaluate and to pay for. */
#ifndef AXN_MULTIPLIERS_CGP_PHENOTYPE_H
#define AXN_MULTIPLIERS_CGP_PHENOTYPE_H

#include "multipliers/cgp_genome.h"

/* The functions of the genome, and what remains of them after folding. */
typedef enum axn_cgp_gate {
    AXN_CGP_GATE_NOT = AXN_CGP_FUNCTIONS,
    AXN_CGP_GATE_INCREMENT, /* adder with carry in 1: sum = XNOR, carry = OR */
    AXN_CGP_GATE_XOR3,      /* full adder of which only the sum is used ... */
    AXN_CGP_GATE_MAJORITY,  /* ... or only the carry, which is output 1 */
    AXN_CGP_GATE_CARRY,     /* half adder of which only the carry is used, output 1 */
    AXN_CGP_GATES
} axn_cgp_gate;

/* Words of a bitmap by signal / 2. */
#define AXN_CGP_BITMAP ((AXN_CGP_MAX_SIGNALS / 2 + 63) / 64)

typedef struct axn_cgp_phenotype {
    int count;
    int16_t live[AXN_CGP_MAX_NODES]; /* node numbers, ascending */
    /* by node number, set for live nodes only: */
    uint8_t gate[AXN_CGP_MAX_NODES]; /* axn_cgp_function or axn_cgp_gate */
    int16_t input[AXN_CGP_MAX_NODES][3];
    bool is_live[AXN_CGP_MAX_NODES];
    int16_t output[16];
    /* Before folding: the nodes that outputs depend on, one bit a signal / 2, and what
     * stands for the signals of these nodes. */
    uint64_t needed[AXN_CGP_BITMAP];
    int16_t alias[AXN_CGP_MAX_SIGNALS];
} axn_cgp_phenotype;

void axn_cgp_fold(const axn_cgp_genome *genome, axn_cgp_phenotype *out);
/* 1 to 3. */
static inline int axn_cgp_inputs(uint8_t gate)
{
    static const uint8_t inputs[AXN_CGP_GATES] = {2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 1, 2, 3, 3, 2};
    return inputs[gate];
}

/* Does the gate drive this output? */
static inline bool axn_cgp_drives(uint8_t gate, int output)
{
    static const uint8_t outputs[AXN_CGP_GATES] = {1, 1, 1, 1, 1, 1, 1, 1, 3, 3, 1, 3, 1, 2, 2};
    return (outputs[gate] >> output & 1) != 0;
}

#endif
