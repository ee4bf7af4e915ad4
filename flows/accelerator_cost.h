/* Cycles and energy of the accelerator for a network that has not been trained: what the
 * search's objectives "cycles" and "energy_accelerator" are. Cycles are those of the RTL;
 * energy is a model with the parts named below, fitted to `axnas synth` of five
 * accelerators. See docs/search.md for its sources and how near it comes. */
#ifndef AXN_FLOWS_ACCELERATOR_COST_H
#define AXN_FLOWS_ACCELERATOR_COST_H

#include "nas/search.h"
#include "rtl_gen/program.h"

#define AXN_ARRAY_DEFAULT 16 /* rows and columns */

/* uJ an image. */
typedef struct axn_accelerator_energy {
    double multiplications; /* of the convolutions, with operands of real layers */
    double cells;           /* besides: adders, registers, clocks */
    double logic;           /* all other logic: gather, lanes, fully connected row, ... */
    double memories;        /* accesses x energy of an access of that size */
    double total;
} axn_accelerator_energy;

/* multiplications_pj: of the convolutions, their number x the library's energy. */
void axn_accelerator_energy_of(const axn_program *program, const axn_cycles *cycles,
                               double multiplications_pj, int64_t multiplications,
                               double exact_energy_pj, axn_accelerator_energy *out);

/* The search's hook; context: an axn_array_shape. */
axn_status axn_accelerator_cost_hook(void *context, const axn_phenotype *phenotype,
                                     const axn_search_multiplier *multipliers,
                                     double exact_energy_pj, axn_accelerator_cost *out,
                                     axn_error *error);

#endif
