/* An emitted folder, opened: checked against its manifest, with the golden model, the
 * multipliers' tables and the compiled program it was made from. */
#ifndef AXN_SIM_ACCELERATOR_H
#define AXN_SIM_ACCELERATOR_H

#include "common/file.h"
#include "multipliers/table.h"
#include "rtl_gen/manifest.h"

typedef struct axn_accelerator {
    char folder[AXN_PATH_MAX];
    axn_manifest manifest;
    axn_model model;
    axn_program program;
    axn_cycles cycles;       /* of the cycle model */
    axn_table *array_tables; /* [manifest.multiplier_count] mem/multiplier*.hex */
    const uint16_t *tables[AXN_MODEL_MAX_MULTIPLIERS]; /* for the golden model, borrowed */
} axn_accelerator;

/* AXN_ERROR_MISMATCH when the folder was edited, or a table is not that of the model's
 * multiplier, which is named. */
axn_status axn_accelerator_open(const char *folder, axn_accelerator *out, axn_error *error);
void axn_accelerator_close(axn_accelerator *accelerator);

/* Tabulates rtl/axn_mul8u*.v, the bodies that are synthesised, over all operand pairs and
 * compares them with the tables that are simulated: AXN_ERROR_MISMATCH names the multiplier
 * and the first pair. */
axn_status axn_accelerator_check_multipliers(const axn_accelerator *accelerator, axn_error *error);

#endif
