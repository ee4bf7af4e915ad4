/* Inside axn_replay_run: the netlist as a program of vector operations.
 *
 * Every net has a slot, a byte with one bit a stream. Slots are ordered so that the
 * outputs of equal gates of equal instances lie side by side; a strip evaluates many of
 * them at once, 16 a vector. It may write up to 15 bytes beyond its last output, which
 * the strips behind it, in the order of their outputs, put right. */
#ifndef AXN_SYNTH_REPLAY_INTERNAL_H
#define AXN_SYNTH_REPLAY_INTERNAL_H

#include "synth/flip_flop.h"
#include "synth/replay.h"

#define AXN_REPLAY_LANES 8
#define AXN_REPLAY_PADDING 32 /* bytes behind every array of slots */
#define AXN_REPLAY_GATHER 256 /* longest gathered strip, a multiple of 16 */

/* output[i] = truth(input k, i), k = 0 .. inputs - 1: slot input[k] + i, or input[k] for
 * all i where step[k] is false; in a gathered strip slot gather[k * count + i]. */
typedef struct axn_replay_strip {
    int output, count;
    int inputs;
    int input[AXN_CELL_MAX_INPUTS];
    bool step[AXN_CELL_MAX_INPUTS];
    int *gather; /* NULL: not gathered */
    uint64_t truth[4];
} axn_replay_strip;

typedef struct axn_replay_strips {
    axn_replay_strip *items;
    int count;
    int *gather; /* of all strips */
} axn_replay_strips;

/* A pin of a flip-flop whose energy depends on the values of others. */
typedef struct axn_replay_watch {
    int flip_flop, pin;
} axn_replay_watch;

typedef struct axn_replay_program {
    const axn_netlist *netlist;
    const axn_port *clock;     /* NULL without flip-flops */
    axn_flip_flop_cell *cells; /* [cell_count of the Liberty], cell NULL = not used */
    int *net_domain;           /* [net_count] of what moves with the clock; -1 = nothing of it */
    int *domain_nets; /* [domain_count] the net that a latch holds while the clock is high; in
                       * domain 0 every edge arrives, in others those with that net at 1 */
    int domain_count;
    int *slot; /* [net_count] */
    int slots;
    int states;               /* first slot of the flip-flops' states, in order */
    int *flip_flops;          /* [flip_flops] gate of each state */
    int asynchronous;         /* the first so many have a clear or preset */
    axn_replay_strips logic;  /* combinational gates, in order */
    axn_replay_strips next;   /* next state; outputs count from 0 */
    axn_replay_strips settle; /* state after asynchronous clear and preset, likewise */
    axn_replay_watch *watches;
    int watch_count;
} axn_replay_program;

/* Finds the clock and its gates: fills clock, net_domain and domain_nets. Refuses flip-flops that
 * hang on anything else, latches elsewhere and a clock that enters logic. Needs cells. */
axn_status axn_replay_trace_clock(const axn_netlist *netlist, const char *clock,
                                  axn_replay_program *out, axn_error *error);
/* The net that lets edges of the clock through to a flip-flop; -1: all arrive. */
int axn_replay_enable(const axn_replay_program *program, int gate);

axn_status axn_replay_compile(const axn_netlist *netlist, const axn_replay_options *options,
                              axn_replay_program *out, axn_error *error);
void axn_replay_program_free(axn_replay_program *program);

/* Writes the outputs of all strips into `out` (which may be `slots`). */
void axn_replay_evaluate(const axn_replay_strips *strips, const uint8_t *slots, uint8_t *out);

/* Does the energy of this pin depend on the values of others? */
bool axn_replay_conditional(const axn_flip_flop_cell *cell, int pin);

/* Energies of all gates from counted toggles and (rises - falls) of the slots and the
 * number of counted edges of each domain; pins with a watch excepted. Added to
 * gates[gate_count]. */
void axn_replay_energies(const axn_replay_program *program, const uint64_t *toggles,
                         const int64_t *drift, const uint64_t *edges, axn_gate_energy *gates);

/* Unit-delay simulation of single transitions. Energies in pJ over all that were added. */
typedef struct axn_replay_glitch {
    uint8_t *now, *next;   /* [slots], padded */
    uint32_t *extra;       /* [slots] transitions beyond the settled ones, of one call */
    double *toggle_pj;     /* [slots] */
    double *slot_pj;       /* [slots] */
    double *gates;         /* [gate_count], filled by axn_replay_glitch_end */
    double energy, square; /* sums over the transitions of the lanes, and of their squares */
    uint64_t transitions;
} axn_replay_glitch;

axn_status axn_replay_glitch_create(const axn_replay_program *program, size_t bytes,
                                    axn_replay_glitch *out, axn_error *error);
void axn_replay_glitch_free(axn_replay_glitch *glitch);
/* Follows every gate from the settled values `before` to the settled values `after`, inputs and
 * states changing at once, in one lane of `mask` (each in turn). */
void axn_replay_glitch_add(axn_replay_glitch *glitch, const axn_replay_program *program,
                           const uint8_t *before, const uint8_t *after, uint8_t mask);
void axn_replay_glitch_end(axn_replay_glitch *glitch, const axn_replay_program *program);

#endif
