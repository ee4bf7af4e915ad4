/* Inside the importer: one file's netlists as Yosys wrote them. */
#ifndef AXN_MULTIPLIERS_IMPORT_INTERNAL_H
#define AXN_MULTIPLIERS_IMPORT_INTERNAL_H

#include "multipliers/import.h"

typedef struct axn_import_cells {
    const axn_liberty *const *liberties;
    int count;
} axn_import_cells;

/* Appends the circuits of `file` (or what is wrong with it) to `out`: before_path is the
 * JSON of its modules as written, after_path of the same modules flat and in simple gates. */
axn_status axn_import_modules(const char *file, const char *before_path, const char *after_path,
                              const axn_import_cells *cells, axn_import *out, axn_error *error);

/* Reads files[count] with one Yosys process, more where it fails; appends to `out`. */
axn_status axn_import_batch(const char *const *files, int count, const axn_import_cells *cells,
                            axn_import *out, axn_error *error);

#endif
