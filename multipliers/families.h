/* The classical multipliers that our generators build, each after its paper. */
#ifndef AXN_MULTIPLIERS_FAMILIES_H
#define AXN_MULTIPLIERS_FAMILIES_H

#include "multipliers/circuit.h"

/* Builds one circuit into a started `circuit`; the meaning of the parameters is
 * told beside each builder in family_*.c. */
typedef void (*axn_family_builder)(axn_circuit *circuit, const int *parameters);

typedef struct axn_family_member {
    const char *name;   /* of the circuit: module and file name */
    const char *family; /* as in library.json */
    axn_family_builder build;
    int parameters[3];
    bool lite; /* in the search's default set */
} axn_family_member;

/* The circuits of the shipped library that come from families, in a fixed order. */
const axn_family_member *axn_family_members(int *count);
/* NULL if unknown. */
const axn_family_member *axn_family_find(const char *name);
/* Starts and builds `circuit`; free it in any case. */
axn_status axn_family_build(const axn_family_member *member, axn_circuit *circuit,
                            axn_error *error);

/* Builders, for tests and for the evolver's seeds. */
void axn_build_exact_array(axn_circuit *circuit, const int *parameters);
void axn_build_exact_dadda(axn_circuit *circuit, const int *parameters);
void axn_build_exact_wallace(axn_circuit *circuit, const int *parameters);
/* {columns dropped} */
void axn_build_truncated(axn_circuit *circuit, const int *parameters);
/* {columns dropped}: their mean is added as a constant. */
void axn_build_truncated_constant(axn_circuit *circuit, const int *parameters);
/* {columns dropped}: the partial products of the last dropped column move up. */
void axn_build_truncated_variable(axn_circuit *circuit, const int *parameters);
/* {horizontal break level, vertical break level} */
void axn_build_broken_array(axn_circuit *circuit, const int *parameters);
/* {columns dropped, end of the columns whose partial products are ORed} */
void axn_build_column_or(axn_circuit *circuit, const int *parameters);
/* {columns dropped, lower-part length} */
void axn_build_lower_part_or(axn_circuit *circuit, const int *parameters);
/* {end of the approximate columns} */
void axn_build_compressor_momeni(axn_circuit *circuit, const int *parameters);
void axn_build_compressor_yang(axn_circuit *circuit, const int *parameters);
void axn_build_compressor_altered(axn_circuit *circuit, const int *parameters);
/* {end of the columns in which 2x2 blocks are approximate} */
void axn_build_kulkarni(axn_circuit *circuit, const int *parameters);
/* {bits of the lower part} */
void axn_build_etm(axn_circuit *circuit, const int *parameters);
void axn_build_mitchell(axn_circuit *circuit, const int *parameters);
/* {segment width} */
void axn_build_drum(axn_circuit *circuit, const int *parameters);
void axn_build_roba(axn_circuit *circuit, const int *parameters);

#endif
