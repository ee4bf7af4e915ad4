/* Zero-delay switching energy of mapped netlists with the Liberty's capacitances
 * and internal-energy tables (../docs: power model).
 *
 * A toggle of a net costs 1/2 C V^2, C the capacitance of all pins on it (no wires),
 * and the internal energy of its driver: mean of rise and fall, and over the output's
 * internal_power groups, at the Liberty's fixed slew (axn_liberty.slew_ns) and at C.
 * Nets driven by input ports belong to whatever drives them and cost nothing here. */
#ifndef AXN_SYNTH_POWER_H
#define AXN_SYNTH_POWER_H

#include "synth/netlist.h"

double axn_netlist_area(const axn_netlist *netlist);    /* um2 */
double axn_netlist_leakage(const axn_netlist *netlist); /* mW */

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

/* Mean internal energy in pJ of one transition of a pin: over rise and fall and the
 * pin's internal_power groups; those of several supplies are added. */
double axn_power_internal(const axn_liberty_pin *pin, double slew_ns, double load_pf);
/* Energy in pJ of one toggle of the net on an output pin of a gate. */
double axn_power_toggle(const axn_netlist *netlist, int gate, int pin);

/* The two 8-bit input ports, most significant operand first; refuses others, and
 * circuits with flip-flops. */
axn_status axn_power_operands(const axn_netlist *netlist, const char *a_port, const char *b_port,
                              const axn_port *operand[2], axn_error *error);

/* Evaluates all 65,536 operand pairs: product[a * 256 + b] = O. Ports must be 8, 8
 * and 16 bits wide. */
axn_status axn_netlist_tabulate(const axn_netlist *netlist, const char *a_port, const char *b_port,
                                const char *o_port, uint16_t *product, axn_error *error);

#endif
