/* Switching energy of a large flat netlist, gate by gate, over recorded streams.
 *
 * Formulas and streams are those of axn_activity_simulate (synth/activity.h), made for
 * designs of many equal parts: equal gates of equal instances are evaluated side by side,
 * 8 streams a byte. A stream may have a column `@count`: the transitions into the cycles
 * in which it is 1 are counted, without it those into all cycles but the first. */
#ifndef AXN_SYNTH_REPLAY_H
#define AXN_SYNTH_REPLAY_H

#include "common/progress.h"
#include "synth/netlist.h"

typedef struct axn_replay_options {
    const char *clock; /* input port, NULL = the only one-bit input that clocks flip-flops */
    const int *origin; /* [gate_count] by gate.id, as in axn_elaboration; NULL = unknown */
    long limit;        /* cycles after which to stop, 0 = the ends of the streams */
    int threads;       /* at most; 0 = all processors */
    const int *group;  /* [gate_count] by gate.id, 0 .. groups - 1: energies by phase and group */
    int groups;        /* 0: none */
    /* Lengths in counted transitions, one after the other from the first counted transition of a
     * stream; what comes later belongs to the last. NULL = one phase. */
    const int64_t *phase_cycles;
    int phases;
    long glitch_cycles; /* transitions simulated with unit delays too, of a stream's first
                         * glitch_span ones at equal distances; 0 = none */
    int64_t glitch_span;
    axn_progress *progress; /* advanced with the cycles of a stream, NULL = none */
} axn_replay_options;

/* Energy in pJ of one gate over all counted cycles of all streams together. */
typedef struct axn_gate_energy {
    double output; /* toggles of its outputs: tables and 1/2 C V^2 */
    double clock;  /* flip-flops and clock gates: for each edge of the clock that arrives, rise and
                    * fall of the pins on its nets, tables and C V^2 */
    double data;   /* flip-flops and latches: tables of the other inputs */
} axn_gate_energy;

typedef struct axn_replay {
    uint64_t cycles;        /* counted, all streams together */
    uint64_t checked;       /* cycles in which outputs were compared */
    uint64_t values;        /* output values compared */
    axn_gate_energy *gates; /* [gate_count] */
    axn_gate_energy *parts; /* [phases][groups], sums of the gates' energies; NULL without groups */
    uint64_t *phase_cycles; /* [phases] counted, all streams together */
    /* Glitches: pJ of the transitions of combinational gates beyond the settled ones, every gate
     * one step of delay, by the formula of a toggle. Means a cycle. */
    double *glitch_pj;                                /* [groups] */
    double glitch_total_pj, glitch_standard_error_pj; /* error from the spread over transitions */
    uint64_t glitch_transitions;                      /* simulated, all streams together */
} axn_replay;

/* Runs `count` streams. Errors as for axn_activity_simulate. Flip-flops may stand behind clock
 * gates (synth/clock_gate.h): a latch open while the clock is low and any gates that make of it and
 * the clock their AND. Such a gate passes the edge after a cycle at whose end the latch's input was
 * 1; others are no edges, for the state and for the energy. */
axn_status axn_replay_run(const axn_netlist *netlist, const axn_replay_options *options,
                          const char *const *streams, int count, axn_replay *out, axn_error *error);
void axn_replay_free(axn_replay *replay);

#endif
