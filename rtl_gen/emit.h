/* The accelerator as a folder that works alone. */
#ifndef AXN_RTL_GEN_EMIT_H
#define AXN_RTL_GEN_EMIT_H

#include "common/buffer.h"
#include "multipliers/library.h"
#include "rtl_gen/program.h"

/* All borrowed. */
typedef struct axn_emission {
    const axn_model *model;
    const axn_program *program;
    const axn_cycles *cycles;
    const axn_library *library;
    /* Of every cell, in the program's order; one that nothing uses where the model has no
     * convolution. */
    int multiplier_count;
    int multipliers[AXN_MODEL_MAX_MULTIPLIERS]; /* indices into the library */
    const axn_table *tables[AXN_MODEL_MAX_MULTIPLIERS];
} axn_emission;

/* Depths of the memories in words, rounded up to one of eight steps an octave, and at least
 * those of a small network, so that accelerators of similar networks share one simulator. */
typedef struct axn_memory_depths {
    int arena;      /* words of banks x 16 bytes */
    int weights;    /* words of cols bytes, a multiple of dense_taps */
    int parameters; /* words of 8 bytes */
    int program;    /* words of 4 bytes */
} axn_memory_depths;
axn_memory_depths axn_program_depths(const axn_program *program);

/* Energy of an image's multiplications in uJ, the library's energy an operation each. */
double axn_emission_energy_uj(const axn_emission *emission);
/* Of one layer's; 0 but for convolutions. */
double axn_emission_layer_energy_uj(const axn_emission *emission, int layer);
/* The multiplier of a convolution. */
const axn_multiplier *axn_emission_layer_multiplier(const axn_emission *emission, int layer);

/* The figures of report/summary.json; the caller deletes *out. */
axn_status axn_emit_summary_json(const axn_emission *emission, cJSON **out, axn_error *error);

/* Writes all files into the existing folder; `vectors` become golden/vectors.bin, and the
 * manifest is made last, over all the others. */
axn_status axn_emit_folder(const axn_emission *emission, const axn_buffer *vectors,
                           const char *folder, axn_error *error);

#endif
