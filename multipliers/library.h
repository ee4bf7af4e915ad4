/* A library: a folder with library.json and one NAME.v a circuit (module NAME, ports
 * A[7:0], B[7:0], O[15:0], combinational).
 *
 * library.json: {"format": "axnas-library", "version": 2, "liberty", "clock_mhz",
 * "yosys", "histogram" (hash of the operand histogram, "" without one), "multipliers":
 * [{"name", "family", "command", "hash" (16 hex digits), "area_um2", "power_mw",
 * "energy_pj", "energy_pdp_pj", "energy_histogram_pj" (null without a histogram),
 * "glitch_pj", "glitch_standard_error_pj", "delay_ns", "area_ratio", "power_ratio", "mae",
 * "wce", "ep", "mre", "wcre", "mse", "mean_error", "lite", "extract_fa"}]}. No key may be
 * missing and no other is allowed. */
#ifndef AXN_MULTIPLIERS_LIBRARY_H
#define AXN_MULTIPLIERS_LIBRARY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/file.h"
#include "common/hash.h"
#include "common/json.h"
#include "multipliers/metrics.h"
#include "multipliers/table.h"

#define AXN_MULTIPLIER_NAME 64
#define AXN_MULTIPLIER_COMMAND 1024
#define AXN_MULTIPLIER_MAX_RATIO 1e6 /* of a cost to that of the exact circuit */

typedef struct axn_multiplier {
    char name[AXN_MULTIPLIER_NAME]; /* = module = file name without .v; [A-Za-z_][A-Za-z0-9_]* */
    char family[32];                /* "exact", "truncated", ... */
    char command[AXN_MULTIPLIER_COMMAND]; /* that regenerates it */
    uint64_t hash;                        /* of the truth table */
    axn_metrics metrics;
    double area_um2;
    double power_mw;      /* at clock_mhz, uniform independent operands */
    double energy_pj;     /* power / clock */
    double energy_pdp_pj; /* power x own delay (the paper's convention) */
    /* Like energy_pj, with the operand pairs of the library's histogram; below 0: none. */
    double energy_histogram_pj;
    /* Estimate of what glitches add to energy_pj (in no other figure), its error. */
    double glitch_pj, glitch_standard_error_pj;
    double delay_ns;
    double area_ratio, power_ratio; /* to the library's cheapest exact circuit */
    bool lite;                      /* in the search's default set */
    bool extract_fa;                /* mapped with adder extraction (else it failed its check) */
} axn_multiplier;

typedef struct axn_library {
    char folder[AXN_PATH_MAX];
    char liberty[128];             /* name of the Liberty the figures are for */
    char yosys[128];               /* version that mapped them */
    char histogram[AXN_HASH_TEXT]; /* of energy_histogram_pj, "" = none */
    double clock_mhz;              /* 1000 */
    axn_multiplier *multipliers;   /* sorted by name */
    int count;
    int exact; /* index of the cheapest exact circuit */
} axn_library;

/* folder NULL = the library shipped with the program. */
axn_status axn_library_load(const char *folder, axn_library *out, axn_error *error);
axn_status axn_library_save(const axn_library *library, axn_error *error); /* library.json only */
void axn_library_free(axn_library *library);
/* Sorts by name, finds the cheapest exact circuit and sets the ratios to it. Refuses
 * a library without an exact circuit or with a name twice. */
axn_status axn_library_complete(axn_library *library, axn_error *error);
/* One circuit as the JSON object above, for output (see axn_json_double); NULL when out of
 * memory. */
cJSON *axn_multiplier_json(const axn_multiplier *multiplier);

/* Sets the command to "axnas multipliers ACTION FILE -o DIR", the file's name as a shell
 * takes it; one that is too long stands as FILE. */
void axn_multiplier_record(axn_multiplier *multiplier, const char *action, const char *file);

/* Index of a name, -1 if unknown. */
int axn_library_find(const axn_library *library, const char *name);
/* The same, with an AXN_ERROR_NOT_FOUND that lists near names. */
axn_status axn_library_require(const axn_library *library, const char *name, int *index,
                               axn_error *error);
/* Path of a circuit's netlist, out[AXN_PATH_MAX]. */
axn_status axn_library_netlist(const axn_library *library, int index, char *out, axn_error *error);

/* Tables of chosen circuits from their netlists, each checked against its hash
 * (AXN_ERROR_MISMATCH names the file). tables[count] provided by the caller. */
axn_status axn_library_tables(const axn_library *library, const int *indices, int count,
                              axn_table *tables, axn_error *error);

#endif
