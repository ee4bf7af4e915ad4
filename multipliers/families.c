#include "multipliers/families.h"

#include <string.h>

/* Names end in the builder's parameters. Kept are circuits on or near the front of
 * power against MAE or MRE, and a few of each classical family to compare with. The
 * lite set spans the power range with circuits that keep products with 0 exact. */
static const axn_family_member members[] = {
    {"exact_array", "exact", axn_build_exact_array, {0}, true},
    {"exact_dadda", "exact", axn_build_exact_dadda, {0}, false},
    {"exact_wallace", "exact", axn_build_exact_wallace, {0}, false},
    {"trunc_4", "truncated", axn_build_truncated, {4}, false},
    {"trunc_6", "truncated", axn_build_truncated, {6}, false},
    {"trunc_8", "truncated", axn_build_truncated, {8}, false},
    {"trunc_const_5", "truncated", axn_build_truncated_constant, {5}, false},
    {"trunc_const_6", "truncated", axn_build_truncated_constant, {6}, false},
    {"trunc_const_7", "truncated", axn_build_truncated_constant, {7}, false},
    {"trunc_const_8", "truncated", axn_build_truncated_constant, {8}, false},
    {"trunc_const_10", "truncated", axn_build_truncated_constant, {10}, false},
    {"trunc_var_7", "truncated", axn_build_truncated_variable, {7}, false},
    {"trunc_var_8", "truncated", axn_build_truncated_variable, {8}, false},
    {"trunc_var_9", "truncated", axn_build_truncated_variable, {9}, false},
    {"trunc_var_10", "truncated", axn_build_truncated_variable, {10}, true},
    {"trunc_var_11", "truncated", axn_build_truncated_variable, {11}, false},
    {"trunc_var_12", "truncated", axn_build_truncated_variable, {12}, true},
    {"broken_array_1_6", "broken-array", axn_build_broken_array, {1, 6}, false},
    {"broken_array_1_7", "broken-array", axn_build_broken_array, {1, 7}, false},
    {"broken_array_2_6", "broken-array", axn_build_broken_array, {2, 6}, false},
    {"broken_array_2_8", "broken-array", axn_build_broken_array, {2, 8}, false},
    {"column_or_0_4", "column-or", axn_build_column_or, {0, 4}, true},
    {"column_or_0_5", "column-or", axn_build_column_or, {0, 5}, true},
    {"column_or_3_5", "column-or", axn_build_column_or, {3, 5}, false},
    {"column_or_0_6", "column-or", axn_build_column_or, {0, 6}, true},
    {"column_or_3_6", "column-or", axn_build_column_or, {3, 6}, false},
    {"column_or_3_7", "column-or", axn_build_column_or, {3, 7}, true},
    {"column_or_3_8", "column-or", axn_build_column_or, {3, 8}, false},
    {"column_or_6_10", "column-or", axn_build_column_or, {6, 10}, false},
    {"column_or_8_12", "column-or", axn_build_column_or, {8, 12}, false},
    {"loa_3_5", "lower-part-or", axn_build_lower_part_or, {3, 5}, false},
    {"loa_5_7", "lower-part-or", axn_build_lower_part_or, {5, 7}, false},
    {"loa_6_8", "lower-part-or", axn_build_lower_part_or, {6, 8}, true},
    {"loa_3_9", "lower-part-or", axn_build_lower_part_or, {3, 9}, false},
    {"loa_5_9", "lower-part-or", axn_build_lower_part_or, {5, 9}, true},
    {"loa_7_9", "lower-part-or", axn_build_lower_part_or, {7, 9}, true},
    {"loa_4_10", "lower-part-or", axn_build_lower_part_or, {4, 10}, true},
    {"loa_6_10", "lower-part-or", axn_build_lower_part_or, {6, 10}, true},
    {"loa_5_11", "lower-part-or", axn_build_lower_part_or, {5, 11}, false},
    {"loa_7_11", "lower-part-or", axn_build_lower_part_or, {7, 11}, true},
    {"loa_7_12", "lower-part-or", axn_build_lower_part_or, {7, 12}, false},
    {"loa_8_12", "lower-part-or", axn_build_lower_part_or, {8, 12}, true},
    {"loa_9_12", "lower-part-or", axn_build_lower_part_or, {9, 12}, false},
    {"loa_8_14", "lower-part-or", axn_build_lower_part_or, {8, 14}, true},
    {"loa_10_14", "lower-part-or", axn_build_lower_part_or, {10, 14}, false},
    {"momeni_8", "compressor", axn_build_compressor_momeni, {8}, false},
    {"yang_8", "compressor", axn_build_compressor_yang, {8}, false},
    {"altered_5", "compressor", axn_build_compressor_altered, {5}, false},
    {"altered_8", "compressor", axn_build_compressor_altered, {8}, false},
    {"kulkarni_4", "kulkarni", axn_build_kulkarni, {4}, false},
    {"kulkarni_8", "kulkarni", axn_build_kulkarni, {8}, false},
    {"kulkarni_14", "kulkarni", axn_build_kulkarni, {14}, false},
    {"mitchell", "mitchell", axn_build_mitchell, {0}, false},
    {"roba", "roba", axn_build_roba, {0}, false},
    {"etm_4", "etm", axn_build_etm, {4}, false},
    {"drum_3", "drum", axn_build_drum, {3}, false},
    {"drum_4", "drum", axn_build_drum, {4}, false},
    {"drum_5", "drum", axn_build_drum, {5}, false},
};

const axn_family_member *axn_family_members(int *count)
{
    *count = (int)(sizeof members / sizeof members[0]);
    return members;
}

const axn_family_member *axn_family_find(const char *name)
{
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        if (strcmp(members[i].name, name) == 0)
            return &members[i];
    return NULL;
}

axn_status axn_family_build(const axn_family_member *member, axn_circuit *circuit, axn_error *error)
{
    axn_circuit_start(circuit);
    member->build(circuit, member->parameters);
    axn_status status = axn_circuit_check(circuit, error);
    if (status != AXN_OK)
        return axn_error_prefix(error, "%s", member->name);
    return AXN_OK;
}
