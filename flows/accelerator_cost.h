/* Cycles and energy of the accelerator for a network that has not been trained: what the
 * search's objectives "cycles" and "energy_accelerator" are. Cycles are those of the RTL;
 * energy is a model with the parts named below, fitted to `axnas synth` of five array
 * shapes. See docs/search.md for its sources and how near it comes. */
#ifndef AXN_FLOWS_ACCELERATOR_COST_H
#define AXN_FLOWS_ACCELERATOR_COST_H

#include "nas/search.h"
#include "rtl_gen/program.h"

#define AXN_ARRAY_DEFAULT 16 /* rows and columns */

typedef struct axn_accelerator_energy { /* uJ an image */
    double multiplications; /* of the convolutions: their number x the library's energy */
    double accumulators;    /* the cells' adders and what they switch */
    double registers;       /* clock pins of all flip-flops, every cycle */
    double logic;           /* all other logic: gather, lanes, fully connected row, ... */
    double memories;        /* accesses x energy of an access of that size */
    double total;
} axn_accelerator_energy;

/* multiplications_pj: the energy of all multiplications of the convolutions. */
void axn_accelerator_energy_of(const axn_program *program, const axn_cycles *cycles,
                               double multiplications_pj, int64_t multiplications,
                               double exact_energy_pj, axn_accelerator_energy *out);

/* 64-bit accesses of each memory an image; the arena's reads are a lower bound (a tap whose
 * rows lie far apart takes more than one). */
typedef struct axn_memory_accesses {
    int64_t arena, weights, parameters, program;
} axn_memory_accesses;
void axn_count_accesses(const axn_program *program, int64_t image_bytes, axn_memory_accesses *out);

/* Flip-flops of an accelerator of this shape and these buses: of the cells, and of all else. */
void axn_count_flip_flops(const axn_program *program, double *cells, double *rest);

/* The search's hook; context: an axn_array_shape. */
axn_status axn_accelerator_cost_hook(void *context, const axn_phenotype *phenotype,
                                     const axn_search_multiplier *multipliers,
                                     double exact_energy_pj, axn_accelerator_cost *out,
                                     axn_error *error);

#endif
