/* Full and half adders found in circuits of plain gates. */
#ifndef AXN_MULTIPLIERS_ADDERS_H
#define AXN_MULTIPLIERS_ADDERS_H

#include "multipliers/circuit.h"

/* Builds in started circuit *out what `in` computes, with adders in the place of gates
 * that compute a sum (x XOR y XOR z, or x XOR y, or their complements, from XOR and
 * XNOR gates) where some other net carries the matching majority or AND over all
 * operand pairs. Gates left without use are dropped. */
axn_status axn_circuit_find_adders(const axn_circuit *in, axn_circuit *out, axn_error *error);

#endif
