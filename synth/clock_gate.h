/* Clock gates: registers with an enable keep their value because their clock stands still, not
 * because a multiplexer feeds it back.
 *
 * A gate is a latch, transparent while the clock is low, and AND gates of the clock and what the
 * latch holds, each for so many flip-flops as it can bear: the module axn_clock_gate, made of the
 * Liberty's cells, once for each number of AND gates. */
#ifndef AXN_SYNTH_CLOCK_GATE_H
#define AXN_SYNTH_CLOCK_GATE_H

#include "common/json.h"
#include "synth/liberty.h"

/* Name of the modules (their `source` in axn_hierarchy_module). Ports clk_i, enable_i and
 * clk_o. */
#define AXN_CLOCK_GATE "axn_clock_gate"

/* What the Liberty has for it, and what it costs. */
typedef struct axn_clock_gate_cells {
    int latch, inverter, gate; /* cells; inverter -1: the latch is transparent at 0 by itself */
    int clock_input;           /* of the AND gate's cell, index of the pin; the lighter one */
    int enable_input, gate_output;
    int flip_flops; /* as many as one AND gate bears: a quarter of its max_capacitance */
    /* Registers with fewer bits of the same enable are not gated: with this many a gate just saves
     * energy when it is open three cycles in four. */
    int least_bits;
} axn_clock_gate_cells;

/* False if the Liberty lacks a usable latch, AND gate or inverter; *missing says which. */
bool axn_clock_gate_find(const axn_liberty *liberty, axn_clock_gate_cells *out,
                         const char **missing);

typedef struct axn_clock_gate_count {
    long gates;      /* in the distinct modules */
    long flip_flops; /* behind them */
    long left;       /* with an enable but too few of it */
} axn_clock_gate_count;

/* `modules` is the object of that name in a Yosys JSON file with word-level flip-flops ($dffe,
 * $adffe, rising edge): those of a module with the same clock and enable become $dff, $adff behind
 * a gate. Adds to *count. */
axn_status axn_clock_gate_insert(const axn_liberty *liberty, const axn_clock_gate_cells *cells,
                                 cJSON *modules, axn_clock_gate_count *count, axn_error *error);

#endif
