/* Genotype of the multiplier evolver: Cartesian genetic programming over gates and
 * adder cells (J. F. Miller and P. Thomson, "Cartesian genetic programming", EuroGP
 * 2000), one row, any earlier node as input. */
#ifndef AXN_MULTIPLIERS_CGP_GENOME_H
#define AXN_MULTIPLIERS_CGP_GENOME_H

#include <stdbool.h>
#include <stdint.h>

#include "common/random.h"
#include "multipliers/circuit.h"

#define AXN_CGP_MAX_NODES 512
/* Signals: the nets 0 .. AXN_NET_FIRST - 1 of a circuit, then two a node. The second
 * output of a node that is no adder repeats the first. */
#define AXN_CGP_MAX_SIGNALS (AXN_NET_FIRST + 2 * AXN_CGP_MAX_NODES)
#define AXN_CGP_SIGNAL(node, output) (AXN_NET_FIRST + 2 * (node) + (output))
#define AXN_CGP_NODE(signal) (((signal)-AXN_NET_FIRST) >> 1)

typedef enum axn_cgp_function {
    AXN_CGP_AND,
    AXN_CGP_OR,
    AXN_CGP_XOR,
    AXN_CGP_NAND,
    AXN_CGP_NOR,
    AXN_CGP_XNOR,
    AXN_CGP_AND_NOT, /* x AND NOT y */
    AXN_CGP_OR_NOT,  /* x OR NOT y */
    AXN_CGP_HALF_ADDER,
    AXN_CGP_FULL_ADDER,
    AXN_CGP_FUNCTIONS
} axn_cgp_function;

typedef struct axn_cgp_genome {
    int16_t nodes;
    uint8_t function[AXN_CGP_MAX_NODES];
    int16_t input[AXN_CGP_MAX_NODES][3]; /* signals, older than the node */
    int16_t output[16];
} axn_cgp_genome;

/* Spreads the circuit's live nodes over `nodes` of the genome; between them lie
 * random unused ones, drawn from `random`. False if they do not fit. */
bool axn_cgp_from_circuit(const axn_circuit *circuit, int nodes, axn_random *random,
                          axn_cgp_genome *out);
/* Appends the genome's live part to a started circuit. */
void axn_cgp_to_circuit(const axn_cgp_genome *genome, axn_circuit *circuit);
/* All genes in range and every input older than its node. */
bool axn_cgp_valid(const axn_cgp_genome *genome);

/* The third input of a full adder; the constant 0 in the place of an unused one. Without
 * a branch: the order of functions along a genome is not to be predicted. */
static inline int16_t axn_cgp_third_input(const axn_cgp_genome *genome, int node)
{
    int16_t used = (int16_t) - (genome->function[node] == AXN_CGP_FULL_ADDER);
    return genome->input[node][2] & used;
}

/* One gene's old value. Genes of node n: function at n * 4, inputs after it; the
 * outputs follow the nodes. */
typedef struct axn_cgp_change {
    int16_t gene;
    int16_t value;
} axn_cgp_change;

#define AXN_CGP_MAX_CHANGES 32

typedef struct axn_cgp_changes {
    axn_cgp_change change[AXN_CGP_MAX_CHANGES];
    int count;
} axn_cgp_changes;

/* Changes 1 + geometric(1/2) genes of live nodes (live[count], node numbers) or
 * outputs, and as many of any nodes. A connection goes to any older signal, a
 * constant, or past the node it comes from. The old values go to *undo. */
void axn_cgp_mutate(axn_cgp_genome *genome, const int16_t *live, int count, axn_random *random,
                    axn_cgp_changes *undo);
void axn_cgp_undo(axn_cgp_genome *genome, const axn_cgp_changes *undo);

#endif
