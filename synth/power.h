/* Zero-delay switching energy of mapped netlists with the Liberty's capacitances
 * and internal-energy tables (../docs: power model). */
#ifndef AXN_SYNTH_POWER_H
#define AXN_SYNTH_POWER_H

#include "synth/netlist.h"

double axn_netlist_area(const axn_netlist *netlist);     /* um2 */
double axn_netlist_leakage(const axn_netlist *netlist);  /* mW */

/* Energy in pJ of one operation of a combinational circuit with two 8-bit inputs
 * (the ports named a_port and b_port) and successive operand pairs independent:
 * toggle rate of a net 2p(1-p), p its exact probability of 1. weights[a * 256 + b]
 * is a joint operand histogram (need not be normalised), NULL = uniform. Leakage
 * is not included. */
axn_status axn_power_operation(const axn_netlist *netlist, const char *a_port, const char *b_port,
                               const double *weights, double *energy_pj, axn_error *error);

/* Energy in pJ of `toggles[net]` (number of value changes a net) over all
 * combinational gates, by the same formula; and per gate if per_gate != NULL
 * (added to it, [gate_count]). */
double axn_power_of_toggles(const axn_netlist *netlist, const uint64_t *toggles, double *per_gate);

/* Evaluates all 65,536 operand pairs: product[a * 256 + b] = O. Ports must be 8, 8
 * and 16 bits wide. */
axn_status axn_netlist_tabulate(const axn_netlist *netlist, const char *a_port,
                                const char *b_port, const char *o_port, uint16_t *product,
                                axn_error *error);

#endif
