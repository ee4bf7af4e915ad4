/* The classical multipliers that our generators build, each after its paper. */
#ifndef AXN_MULTIPLIERS_FAMILIES_H
#define AXN_MULTIPLIERS_FAMILIES_H

#include "multipliers/circuit.h"

#define AXN_FAMILY_PARAMETERS 5

/* Builds one circuit into a started `circuit`; the meaning of the parameters is
 * told beside each builder in family_*.c. */
typedef void (*axn_family_builder)(axn_circuit *circuit, const int *parameters);

typedef struct axn_family_parameter {
    const char *name;
    int low, high; /* all values between are allowed */
} axn_family_parameter;

/* A builder with a name of its own, for those who want more than the members below. */
typedef struct axn_family_generator {
    const char *name;   /* "broken_array": beginning of the circuit's name */
    const char *family; /* as in library.json */
    axn_family_builder build;
    int parameter_count;
    axn_family_parameter parameters[AXN_FAMILY_PARAMETERS];
} axn_family_generator;

const axn_family_generator *axn_family_generators(int *count);
/* NULL if unknown. */
const axn_family_generator *axn_family_generator_find(const char *name);

typedef struct axn_family_member {
    const char *name;   /* of the circuit: module and file name */
    const char *family; /* as in library.json */
    axn_family_builder build;
    int parameters[AXN_FAMILY_PARAMETERS];
} axn_family_member;

/* The circuits of the shipped library that come from families, in a fixed order. */
const axn_family_member *axn_family_members(int *count);
/* NULL if unknown. */
const axn_family_member *axn_family_find(const char *name);
/* Starts and builds `circuit`; free it in any case. */
axn_status axn_family_build(const axn_family_member *member, axn_circuit *circuit,
                            axn_error *error);

/* Builders, for tests and for the evolver's seeds. Each reads as many parameters as
 * it names; those marked "zero-exact" give 0 whenever an operand is 0. */
void axn_build_exact_array(axn_circuit *circuit, const int *parameters);
void axn_build_exact_dadda(axn_circuit *circuit, const int *parameters);
void axn_build_exact_wallace(axn_circuit *circuit, const int *parameters);
/* {columns dropped} */
void axn_build_truncated(axn_circuit *circuit, const int *parameters);
/* {columns dropped}: their mean is added as a constant. */
void axn_build_truncated_constant(axn_circuit *circuit, const int *parameters);
/* {columns dropped}: the partial products of the last dropped column move up. */
void axn_build_truncated_variable(axn_circuit *circuit, const int *parameters);
/* {columns of A omitted, rows of B omitted, vertical break level, percentage of the mean of
 * what is omitted added as a constant, gate: 0 = always, g = only if one of the g highest
 * bits of A and one of B are 1, zero-exact} */
void axn_build_truncated_gated(axn_circuit *circuit, const int *parameters);
/* {columns dropped, how many of them, from the highest down, are merged into the lowest
 * kept column by ORs, 0 or 1 = ORs twice as wide}; zero-exact */
void axn_build_truncated_merged(axn_circuit *circuit, const int *parameters);
/* {end of the approximate columns, 0 = dropped, 1 = their mean added, 2 = one OR each};
 * {0, 0} is exact */
void axn_build_booth(axn_circuit *circuit, const int *parameters);
/* {horizontal break level, vertical break level} */
void axn_build_broken_array(axn_circuit *circuit, const int *parameters);
/* {columns dropped, end of the columns whose partial products are ORed} */
void axn_build_column_or(axn_circuit *circuit, const int *parameters);
/* {columns dropped, end of the columns ORed whole, end of the columns with groups, group:
 * 3 or 4 bits to two that saturate at 2, -2 to -8 an OR of so many}; zero-exact */
void axn_build_column_groups(axn_circuit *circuit, const int *parameters);
/* {columns dropped, end of the approximate columns, full adder: 0 sum = NOT carry, 1 wires
 * only, 2 sum = OR, 3 (x | y) + z, 4 (x | y) + z without exclusive OR}; 1 to 4 zero-exact */
void axn_build_approximate_adder(axn_circuit *circuit, const int *parameters);
/* {columns dropped, lower-part length} */
void axn_build_lower_part_or(axn_circuit *circuit, const int *parameters);
/* {end of the approximate columns} */
void axn_build_compressor_momeni(axn_circuit *circuit, const int *parameters);
void axn_build_compressor_yang(axn_circuit *circuit, const int *parameters);
void axn_build_compressor_altered(axn_circuit *circuit, const int *parameters);
/* {end of the columns in which 2x2 blocks are approximate} */
void axn_build_kulkarni(axn_circuit *circuit, const int *parameters);
/* {low, middle, high 4x4 blocks: 0 exact, 1 of 2x2 blocks with 3 x 3 = 7, 2 one OR a
 * column, 3 left out}; zero-exact */
void axn_build_blocks(axn_circuit *circuit, const int *parameters);
/* {bits of the lower part} */
void axn_build_etm(axn_circuit *circuit, const int *parameters);
/* {fraction bits cut off, 0 = to zero, 1 = set-one adder}; zero-exact; {0, 0} is Mitchell's */
void axn_build_mitchell(axn_circuit *circuit, const int *parameters);
/* {corrections: 0 = first approximation alone}; zero-exact */
void axn_build_iterative_log(axn_circuit *circuit, const int *parameters);
/* {segment width, places it may start at: 2 or 3}; zero-exact */
void axn_build_static_segment(axn_circuit *circuit, const int *parameters);
/* {segment width} */
void axn_build_drum(axn_circuit *circuit, const int *parameters);
void axn_build_roba(axn_circuit *circuit, const int *parameters);

#endif
