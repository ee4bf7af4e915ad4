/* The lite set: the few multipliers that a search takes if it is told nothing else. */
#ifndef AXN_MULTIPLIERS_LITE_H
#define AXN_MULTIPLIERS_LITE_H

#include "multipliers/front.h"

#define AXN_LITE_COUNT 14 /* beside the exact one */
#define AXN_LITE_LEAST .06
#define AXN_LITE_MOST .94

/* How far a circuit lies behind the front of its candidates: for each metric, its error
 * divided by the least error among candidates of no more power; 1 = on the front. */
typedef struct axn_lite_excess {
    double of[AXN_FRONT_METRICS];
} axn_lite_excess;

/* zero_exact[i]: does circuit i of the library give 0 whenever an operand is 0, as a
 * network full of zero activations wants it? Read from the netlists. */
axn_status axn_lite_zero_exact(const axn_library *library, bool *zero_exact, axn_error *error);

/* Of circuit `index` among those with candidate[i]. */
axn_lite_excess axn_lite_excess_of(const axn_library *library, const bool *candidate, int index);

/* Sets `lite` of every circuit anew: the cheapest exact one, and AXN_LITE_COUNT (fewer if
 * there are not enough) of the candidates that are zero-exact, not exact, and cheaper
 * than it. Power ratios from AXN_LITE_LEAST to AXN_LITE_MOST are divided into equal
 * steps; each step in turn takes, of the candidates not yet taken within half a step, the
 * one with the least MAE excess x MRE excess x square root of WCE excess (ties: nearest, then by
 * name), or the nearest one if there is none so close. The same library gives the same set. */
axn_status axn_lite_choose(axn_library *library, axn_error *error);

#endif
