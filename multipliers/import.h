/* Circuits from other people's Verilog: finding files, reading them through Yosys in
 * batches, telling which modules are multipliers, which functions are new, and what they
 * are called in a library. A bad file or module becomes a rejected circuit with a reason
 * and stops nobody. */
#ifndef AXN_MULTIPLIERS_IMPORT_H
#define AXN_MULTIPLIERS_IMPORT_H

#define AXN_IMPORT_MAX_GATES 50000 /* of a circuit; exact multipliers have some 400 */

#include "multipliers/library.h"
#include "multipliers/verilog_reader.h"

/* A module that may enter a library, or a file or module that may not. */
typedef struct axn_import_circuit {
    char *file;                    /* as found; owned */
    char module[AXN_VERILOG_NAME]; /* "" = the file as a whole */
    axn_verilog_circuit source;
    uint64_t hash;                  /* of its table */
    char name[AXN_MULTIPLIER_NAME]; /* in the library */
    bool renamed;                   /* the module's own name was taken, or none for a file */
    bool rejected;
    bool duplicate; /* rejected as of a function that is there already */
    char reason[512];
} axn_import_circuit;

typedef struct axn_import {
    axn_import_circuit *circuits; /* in path order, modules of a file by name */
    size_t count, capacity;
} axn_import;

/* Files below the given paths, in order: a file stands for itself, whatever its name; of a
 * folder come, sorted by name and without the hidden ones, the files that end in .v, .vg
 * or .sv and those of its folders in turn. A place that is reached twice (by links, or
 * because one path lies in another) counts once. What cannot be read is rejected. Free
 * names with axn_names_free. */
axn_status axn_import_find(const char *const *paths, int path_count, char ***files, size_t *count,
                           axn_import *rejected, axn_error *error);

/* Reads the files on `threads` threads (0 = all processors). A module with two 8-bit inputs
 * and one 16-bit output that no other module of its file uses as a part (testbenches,
 * which have no ports, do not count) is a circuit; a file without any is rejected. Cells
 * that are no modules of the file are looked up in the Liberty files, in this order. */
axn_status axn_import_read(const char *const *files, size_t count,
                           const axn_liberty *const *liberties, int liberty_count, int threads,
                           axn_import *out, axn_error *error);

/* Rejects the functions that `base` (may be NULL) or an earlier circuit has already, where
 * circuits without Liberty cells come before those with, and names the others: after the
 * module; if that name is taken by another function, after the file, or with a number. */
axn_status axn_import_choose(axn_import *import, const axn_library *base, axn_error *error);

/* Appends the circuit as a library keeps it: its file's own text if that is so already
 * (see axn_verilog_own_text), else written anew. */
axn_status axn_import_text(const axn_import_circuit *circuit, axn_buffer *out, axn_error *error);

void axn_import_free(axn_import *import);

/* Appends a rejected file or module; returns NULL when out of memory. */
axn_import_circuit *axn_import_reject(axn_import *import, const char *file, const char *module,
                                      const char *reason, axn_error *error);

#endif
