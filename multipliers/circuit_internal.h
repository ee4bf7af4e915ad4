/* The values of a circuit's nets, block by block. */
#ifndef AXN_MULTIPLIERS_CIRCUIT_INTERNAL_H
#define AXN_MULTIPLIERS_CIRCUIT_INTERNAL_H

#include <stdint.h>

#include "multipliers/circuit.h"

/* Words evaluated together: 1,024 operand pairs, four values of A. */
#define AXN_CIRCUIT_BLOCK 16

/* Evaluates all nets for the words first_word, first_word + 1, ... of a block; word w
 * holds the 64 operand pairs a * 256 + b = 64 w .. 64 w + 63. values[net_count]. */
void axn_circuit_evaluate(const axn_circuit *circuit, int first_word,
                          uint64_t (*values)[AXN_CIRCUIT_BLOCK]);

#endif
