/* What the steps of `synth` share. */
#ifndef AXN_FLOWS_SYNTHESIS_INTERNAL_H
#define AXN_FLOWS_SYNTHESIS_INTERNAL_H

#include "flows/synthesis.h"
#include "flows/test_images.h"
#include "sim/accelerator.h"

typedef struct axn_synthesis_job {
    const axn_synthesis_settings *settings;
    axn_accelerator accelerator;
    axn_test_images images;
    axn_liberty liberty;
    axn_hierarchy hierarchy;
    axn_elaboration elaboration;
    axn_replay replay;
    int *group;              /* of the gates, see axn_synthesis_group */
    int64_t *phase_cycles;   /* [layer_count] */
    char work[AXN_PATH_MAX]; /* temporary folder */
    axn_synthesis *out;
    axn_error *error;
} axn_synthesis_job;

/* synthesis_multipliers.c */
/* All multipliers, mapped by the library's recipe and compared with their tables, into one file
 * `path`; their areas into run->out. */
axn_status axn_synthesis_map_multipliers(const axn_synthesis_job *run, char path[AXN_PATH_MAX]);
/* The same multipliers in the library, if that is at hand and made for this Liberty. */
void axn_synthesis_library_areas(const axn_synthesis_job *run);
/* Yosys' own multiplier has neither table nor library. */
void axn_synthesis_name_star(axn_synthesis *out);

#endif
