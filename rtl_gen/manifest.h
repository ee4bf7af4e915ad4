/* manifest.json of an emitted folder: what the accelerator is, and the hash of every file
 * that makes it, so that an edited folder is noticed. */
#ifndef AXN_RTL_GEN_MANIFEST_H
#define AXN_RTL_GEN_MANIFEST_H

#include "common/json.h"
#include "rtl_gen/program.h"

#define AXN_MANIFEST_FILE "manifest.json"

typedef struct axn_manifest_multiplier {
    char name[AXN_NAME_MAX];  /* in the library */
    char hash[AXN_HASH_TEXT]; /* of its table */
    double energy_pj;         /* 0: not known */
    bool extract_fa;          /* how the library maps it */
} axn_manifest_multiplier;

typedef struct axn_manifest {
    axn_array_shape array;
    axn_array_options options; /* as they were chosen: none is 0 */
    int accumulator_bits;
    bool allow_swap;
    axn_manifest_multiplier multipliers[AXN_MODEL_MAX_MULTIPLIERS]; /* of every cell */
    int multiplier_count;                                           /* at least 1 */
} axn_manifest;

/* Where the multiplier `index` of `count` stands. One alone is the module axn_mul8u itself; of
 * several each has a module of its own, which axn_mul8u instantiates by its parameter. */
typedef struct axn_multiplier_place {
    char module[32];  /* axn_mul8u, axn_mul8u_0 ... */
    char netlist[48]; /* rtl/MODULE.v */
    char table[48];   /* mem/multiplier.hex, mem/multiplier_1.hex ... */
} axn_multiplier_place;
axn_multiplier_place axn_multiplier_find_place(int index, int count);

/* Writes folder/manifest.json over all files now in the folder but README.md, report/,
 * build/ and the manifest itself. */
axn_status axn_manifest_write(const char *folder, const axn_manifest *manifest, axn_error *error);

/* Reads it and compares every file: AXN_ERROR_MISMATCH names the first one that is
 * missing or was changed, and the multiplier if the file is one's. */
axn_status axn_manifest_check(const char *folder, axn_manifest *out, axn_error *error);

#endif
