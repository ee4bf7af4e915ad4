/* Switching energy of a mapped sequential module over recorded streams of its ports.
 *
 * A stream is a text file of one instance of the module:
 *
 *     en_i:1 a_i:8 b_i:8 acc_o:24 @check:1
 *     1 3f 80 000000 0
 *     1 40 7e 001f80 1
 *
 * The first line names columns and widths: every input port but the clock, any of the
 * output ports, and, if wanted, `@check` and `@count`. Then follows one line a clock cycle, in hex:
 * the settled values at the end of that cycle, just before the clock edge. An output
 * may be `x` (unknown, not compared). With `@check`, outputs are compared in the cycles
 * in which it is 1. `@count` marks the cycles whose clock edge (the one at their start)
 * axn_replay counts; axn_activity_simulate counts all.
 *
 * Up to 64 instances are simulated at once, one bit lane each. Flip-flops start at 0.
 * Cycles before `warm_up` are simulated, but neither compared nor counted. All nets
 * take their settled values (zero delay; no glitches). */
#ifndef AXN_SYNTH_ACTIVITY_H
#define AXN_SYNTH_ACTIVITY_H

#include "synth/netlist.h"

#define AXN_ACTIVITY_LANES 64
#define AXN_ACTIVITY_BLOCKS 32 /* of time, for the sampling error */

typedef struct axn_activity_options {
    const char *clock; /* input port, NULL = the only one-bit input that clocks flip-flops */
    long warm_up;      /* cycles */
    long limit;        /* cycles after which to stop, 0 = the ends of the streams */
} axn_activity_options;

/* Energies are means in pJ a clock cycle of one instance. */
typedef struct axn_activity {
    uint64_t cycles;            /* counted, all lanes together */
    uint64_t checked;           /* output values compared */
    uint64_t *toggles;          /* [net_count], all lanes together */
    double combinational_pj;    /* outputs of combinational gates */
    double clock_pin_pj;        /* clock pins: internal energy of rise and fall, and C V^2 */
    double flip_flop_data_pj;   /* input pins of flip-flops: passive tables */
    double flip_flop_output_pj; /* Q: clock-related tables and 1/2 C V^2 */
    double total_pj;
    double standard_error_pj; /* of total_pj, from the spread over blocks of time; 0 if unknown */
} axn_activity;

/* Runs the streams, one a lane (1 <= lanes <= 64), through the netlist. A cycle whose
 * outputs differ from the stream's is AXN_ERROR_MISMATCH, naming module, file, cycle
 * and port. Refused: flip-flops of both clock edges, clocks that pass through logic,
 * streams without a needed port. */
axn_status axn_activity_simulate(const axn_netlist *netlist, const axn_activity_options *options,
                                 const char *const *streams, int lanes, axn_activity *out,
                                 axn_error *error);
void axn_activity_free(axn_activity *activity);

#endif
