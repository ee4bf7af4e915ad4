/* The truth tables of a model's multipliers, found by name in a library. */
#ifndef AXN_FLOWS_MODEL_TABLES_H
#define AXN_FLOWS_MODEL_TABLES_H

#include <stdbool.h>

#include "model/model.h"
#include "multipliers/library.h"

/* indices[i] = index in the library of multipliers[i]; tables[i] its table (caller frees
 * with free). A name that is missing, or whose table is not the one that the model was
 * made with (AXN_ERROR_MISMATCH), is an error that names `path`, the model. `exact`: the
 * library's exact multiplier stands for all. */
axn_status axn_model_tables(const axn_model *model, const char *path, const axn_library *library,
                            bool exact, int indices[AXN_MODEL_MAX_MULTIPLIERS], axn_table **tables,
                            axn_error *error);

/* Energy of the approximate multiplications of one image in pJ, from the library's energy
 * per operation and the exact count. */
double axn_model_energy_pj(const axn_model *model, const axn_library *library,
                           const int indices[AXN_MODEL_MAX_MULTIPLIERS]);

#endif
