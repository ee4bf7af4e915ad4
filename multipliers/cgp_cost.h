/* What a phenotype costs in standard cells, estimated without mapping it: the
 * evolver's objective. The recipe's mapping judges the result (characterise.h). */
#ifndef AXN_MULTIPLIERS_CGP_COST_H
#define AXN_MULTIPLIERS_CGP_COST_H

#include "multipliers/cgp_phenotype.h"
#include "synth/liberty.h"

typedef enum axn_cgp_objective { AXN_CGP_POWER, AXN_CGP_AREA } axn_cgp_objective;

typedef struct axn_cgp_cost {
    axn_cgp_objective objective;
    double area[AXN_CGP_GATES];        /* um2 */
    double input_pf[AXN_CGP_GATES];    /* mean capacitance of an input pin */
    double base_pj[AXN_CGP_GATES][2];  /* internal energy of a toggle of an output without load */
    double slope_pj[AXN_CGP_GATES][2]; /* and what it grows by a pF of load, 1/2 V^2 included */
} axn_cgp_cost;

/* Prices from the Liberty's smallest cells of each function. A function it has no
 * cell for is priced as made of NAND gates and inverters, an adder as made of gates;
 * AXN_ERROR_NOT_FOUND without a two-input NAND or an inverter. */
axn_status axn_cgp_cost_load(const axn_liberty *liberty, axn_cgp_objective objective,
                             axn_cgp_cost *out, axn_error *error);

/* Energy in pJ of an operation on uniform operands, or area in um2. ones[signal]:
 * for how many of the 65,536 operand pairs a live signal is 1. */
double axn_cgp_cost_of(const axn_cgp_cost *cost, const axn_cgp_phenotype *phenotype,
                       const uint32_t *ones);

#endif
