/* Estimate of the energy that glitches of a mapped combinational netlist cost.
 *
 * Successive operand pairs, uniform and independent, are applied at once; every output of
 * a gate follows its function after a delay of its own, and a pulse shorter than that
 * delay is lost (inertial delay). The delay of an output is the mean of its cell_rise and
 * cell_fall tables over all inputs at the Liberty's fixed slew and the net's load, counted
 * in quarters of the delay of the inverter that drives four of its kind (at least one; one
 * where the Liberty has no timing). The glitches of an operation are the transitions beyond
 * those that settled values need, each charged axn_power_toggle.
 *
 * 64 independent sequences run in the bits of a word. The operands come from a fixed stream:
 * equal netlists give equal figures. */
#ifndef AXN_SYNTH_GLITCH_H
#define AXN_SYNTH_GLITCH_H

#include "synth/netlist.h"

#define AXN_GLITCH_LANES 64
#define AXN_GLITCH_STEPS 256 /* operand pairs a lane: 16,384 operations */

typedef struct axn_glitch_options {
    int steps;       /* operand pairs a lane after the first; 0 = AXN_GLITCH_STEPS */
    bool unit_delay; /* every gate takes one step */
    /* If not NULL, the operand pairs used instead of the stream's, a * 256 + b,
     * pairs[(steps + 1) * 64], lane fastest. */
    const uint16_t *pairs;
} axn_glitch_options;

typedef struct axn_glitch {
    double energy_pj;         /* of glitches, an operation */
    double standard_error_pj; /* of energy_pj, from the spread over the steps */
    double settled_pj;        /* of the toggles of settled values, an operation (for checks) */
    uint64_t transitions;     /* all, glitches included */
    uint64_t settled;         /* of settled values */
    uint64_t operations;
} axn_glitch;

/* Ports as for axn_power_operation; options NULL = all zero. */
axn_status axn_glitch_estimate(const axn_netlist *netlist, const char *a_port, const char *b_port,
                               const axn_glitch_options *options, axn_glitch *out,
                               axn_error *error);

/* Delay in ns of an output pin of a gate, as above; 0 without timing tables. */
double axn_gate_delay(const axn_netlist *netlist, int gate, int pin);

#endif
