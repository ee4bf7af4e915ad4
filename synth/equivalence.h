/* Proof that a mapped module computes what its RTL says. */
#ifndef AXN_SYNTH_EQUIVALENCE_H
#define AXN_SYNTH_EQUIVALENCE_H

#include "synth/hierarchy.h"

/* Proves module `index` of a hierarchy synthesised with these options into work_folder, with all
 * below it, equal to its RTL with the same parameters, for every input sequence from any state:
 * Yosys' equiv_make, equiv_simple and equiv_induct. The kept multiplier netlists stand on both
 * sides; that they compute their tables is tabulated elsewhere. Clock gates stand in the proof as
 * the AND of clock and enable, and a flip-flop keeps its state while its clock is 0. Yosys' proof
 * does not see which edge of the clock a flip-flop takes, nor the latch in a clock gate;
 * axn_replay_run refuses both edges in one design and checks the gates. Not proved (different, or
 * beyond the induction): AXN_ERROR_MISMATCH naming the module. */
axn_status axn_equivalence_prove(const axn_hierarchy_options *options,
                                 const axn_hierarchy *hierarchy, int index, const char *work_folder,
                                 axn_error *error);

#endif
