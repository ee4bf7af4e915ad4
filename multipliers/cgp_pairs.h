/* All operand pairs in the evolver's order (cgp_kernel.h). */
#ifndef AXN_MULTIPLIERS_CGP_PAIRS_H
#define AXN_MULTIPLIERS_CGP_PAIRS_H

#include "multipliers/cgp_kernel.h"

/* Shared by evaluators. */
typedef struct axn_cgp_pairs {
    axn_cgp_block block[AXN_CGP_BLOCKS];
} axn_cgp_pairs;
axn_status axn_cgp_pairs_create(axn_cgp_pairs **out, axn_error *error); /* free() */

#endif
