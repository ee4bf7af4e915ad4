/* manifest.json of an emitted folder: what the accelerator is, and the hash of every file
 * that makes it, so that an edited folder is noticed. */
#ifndef AXN_RTL_GEN_MANIFEST_H
#define AXN_RTL_GEN_MANIFEST_H

#include "common/json.h"
#include "rtl_gen/program.h"

#define AXN_MANIFEST_FILE "manifest.json"

typedef struct axn_manifest {
    axn_array_shape array;
    int accumulator_bits;
    bool allow_swap;
    char multiplier[AXN_NAME_MAX]; /* library name of axn_mul8u's body */
    char multiplier_hash[AXN_HASH_TEXT];
    double multiplier_energy_pj; /* 0: not known */
    bool multiplier_extract_fa;  /* how the library maps it */
} axn_manifest;

/* Writes folder/manifest.json over all files now in the folder but README.md, report/,
 * build/ and the manifest itself. */
axn_status axn_manifest_write(const char *folder, const axn_manifest *manifest, axn_error *error);

/* Reads it and compares every file: AXN_ERROR_MISMATCH names the first one that is
 * missing or was changed. */
axn_status axn_manifest_check(const char *folder, axn_manifest *out, axn_error *error);

#endif
