/* The same accelerator with exact multipliers, to compare with. */
#ifndef AXN_FLOWS_SYNTHESIS_TWIN_H
#define AXN_FLOWS_SYNTHESIS_TWIN_H

#include "flows/synthesis.h"

/* In the twin's folder, beside filelist_syn.f: the same design with `a * b` for the multiplier. */
#define AXN_TWIN_STAR_LIST "filelist_star.f"

/* An accelerator, its exact twin, and the twin with Yosys' own `*` for the multiplier. */
typedef struct axn_synthesis_set {
    axn_synthesis own, ungated, exact, star;
    bool has_ungated; /* ungated: own without clock gates, where own has them */
    bool has_exact;   /* exact and star are filled in, with clock gates where own has them */
    char gating_note[AXN_LIBERTY_NAME]; /* what the Liberty lacks for clock gates; "" = nothing */
} axn_synthesis_set;

/* Writes the twin of an emitted accelerator into the existing empty `folder`: the same network,
 * weights, array and memories, every convolution on the library's cheapest exact multiplier,
 * operands not swapped, accumulators as wide as that multiplier's proof asks for. library_folder
 * NULL = the shipped one. */
axn_status axn_synthesis_twin_emit(const char *accelerator_folder, const char *library_folder,
                                   const char *folder, axn_error *error);

/* axn_synthesis_run of the accelerator and, unless settings->no_exact, of its twins, side by side;
 * with AXN_CLOCK_GATING_BOTH of the accelerator without clock gates too. AXN_CLOCK_GATING_ON is
 * refused where the Liberty has no cells for a gate. */
axn_status axn_synthesis_run_set(const axn_synthesis_settings *settings, axn_synthesis_set *out,
                                 axn_error *error);
void axn_synthesis_set_free(axn_synthesis_set *set);

#endif
