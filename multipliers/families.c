#include "multipliers/families.h"

#include <string.h>

/* Names end in the builder's parameters. Kept are circuits on or near the front of
 * power against MAE, MRE or WCE among all that the builders make, thinned to steps of
 * about a hundredth in power and a sixth in error, and a few of each classical family to
 * compare with. */
static const axn_family_member members[] = {
    {"exact_array", "exact", axn_build_exact_array, {0}},
    {"exact_dadda", "exact", axn_build_exact_dadda, {0}},
    {"exact_wallace", "exact", axn_build_exact_wallace, {0}},
    {"trunc_4", "truncated", axn_build_truncated, {4}},
    {"trunc_6", "truncated", axn_build_truncated, {6}},
    {"trunc_8", "truncated", axn_build_truncated, {8}},
    {"trunc_const_5", "truncated", axn_build_truncated_constant, {5}},
    {"trunc_const_6", "truncated", axn_build_truncated_constant, {6}},
    {"trunc_const_7", "truncated", axn_build_truncated_constant, {7}},
    {"trunc_const_8", "truncated", axn_build_truncated_constant, {8}},
    {"trunc_const_10", "truncated", axn_build_truncated_constant, {10}},
    {"trunc_gated_0_0_4_200_0", "truncated", axn_build_truncated_gated, {0, 0, 4, 200, 0}},
    {"trunc_gated_0_1_6_200_0", "truncated", axn_build_truncated_gated, {0, 1, 6, 200, 0}},
    {"trunc_gated_1_1_7_200_0", "truncated", axn_build_truncated_gated, {1, 1, 7, 200, 0}},
    {"trunc_gated_1_1_7_200_5", "truncated", axn_build_truncated_gated, {1, 1, 7, 200, 5}},
    {"trunc_gated_2_2_8_200_0", "truncated", axn_build_truncated_gated, {2, 2, 8, 200, 0}},
    {"trunc_gated_2_2_8_200_5", "truncated", axn_build_truncated_gated, {2, 2, 8, 200, 5}},
    {"trunc_gated_3_3_9_200_0", "truncated", axn_build_truncated_gated, {3, 3, 9, 200, 0}},
    {"trunc_gated_3_3_9_200_4", "truncated", axn_build_truncated_gated, {3, 3, 9, 200, 4}},
    {"trunc_gated_4_4_10_180_0", "truncated", axn_build_truncated_gated, {4, 4, 10, 180, 0}},
    {"trunc_gated_4_4_10_180_4", "truncated", axn_build_truncated_gated, {4, 4, 10, 180, 4}},
    {"trunc_gated_4_5_11_120_0", "truncated", axn_build_truncated_gated, {4, 5, 11, 120, 0}},
    {"trunc_gated_5_5_11_100_4", "truncated", axn_build_truncated_gated, {5, 5, 11, 100, 4}},
    {"trunc_gated_5_5_11_200_0", "truncated", axn_build_truncated_gated, {5, 5, 11, 200, 0}},
    {"trunc_gated_5_5_11_200_3", "truncated", axn_build_truncated_gated, {5, 5, 11, 200, 3}},
    {"trunc_gated_5_5_12_200_0", "truncated", axn_build_truncated_gated, {5, 5, 12, 200, 0}},
    {"trunc_gated_5_5_13_100_3", "truncated", axn_build_truncated_gated, {5, 5, 13, 100, 3}},
    {"trunc_gated_6_6_12_180_0", "truncated", axn_build_truncated_gated, {6, 6, 12, 180, 0}},
    {"trunc_gated_6_6_13_200_0", "truncated", axn_build_truncated_gated, {6, 6, 13, 200, 0}},
    {"trunc_gated_6_6_13_200_4", "truncated", axn_build_truncated_gated, {6, 6, 13, 200, 4}},
    {"trunc_merged_6_1_1", "truncated", axn_build_truncated_merged, {6, 1, 1}},
    {"trunc_merged_8_1_1", "truncated", axn_build_truncated_merged, {8, 1, 1}},
    {"trunc_merged_9_1_1", "truncated", axn_build_truncated_merged, {9, 1, 1}},
    {"trunc_merged_10_1_1", "truncated", axn_build_truncated_merged, {10, 1, 1}},
    {"trunc_var_7", "truncated", axn_build_truncated_variable, {7}},
    {"trunc_var_8", "truncated", axn_build_truncated_variable, {8}},
    {"trunc_var_9", "truncated", axn_build_truncated_variable, {9}},
    {"trunc_var_10", "truncated", axn_build_truncated_variable, {10}},
    {"trunc_var_11", "truncated", axn_build_truncated_variable, {11}},
    {"trunc_var_12", "truncated", axn_build_truncated_variable, {12}},
    {"trunc_var_13", "truncated", axn_build_truncated_variable, {13}},
    {"trunc_var_14", "truncated", axn_build_truncated_variable, {14}},
    {"broken_array_1_6", "broken-array", axn_build_broken_array, {1, 6}},
    {"broken_array_1_7", "broken-array", axn_build_broken_array, {1, 7}},
    {"broken_array_2_8", "broken-array", axn_build_broken_array, {2, 8}},
    {"column_or2_1_6_8", "column-or", axn_build_column_groups, {1, 6, 8, -2}},
    {"column_or3_4_6_7", "column-or", axn_build_column_groups, {4, 6, 7, -3}},
    {"column_or2_7_12_13", "column-or", axn_build_column_groups, {7, 12, 13, -2}},
    {"column_or_0_3", "column-or", axn_build_column_or, {0, 3}},
    {"column_or_0_4", "column-or", axn_build_column_or, {0, 4}},
    {"column_or_0_5", "column-or", axn_build_column_or, {0, 5}},
    {"column_or_0_6", "column-or", axn_build_column_or, {0, 6}},
    {"column_or_3_7", "column-or", axn_build_column_or, {3, 7}},
    {"column_or_6_10", "column-or", axn_build_column_or, {6, 10}},
    {"column_or_8_13", "column-or", axn_build_column_or, {8, 13}},
    {"column_or_9_14", "column-or", axn_build_column_or, {9, 14}},
    {"column_or_10_14", "column-or", axn_build_column_or, {10, 14}},
    {"column_or_11_13", "column-or", axn_build_column_or, {11, 13}},
    {"column_sat3_0_2_5", "saturating-column", axn_build_column_groups, {0, 2, 5, 3}},
    {"column_sat3_0_3_4", "saturating-column", axn_build_column_groups, {0, 3, 4, 3}},
    {"column_sat4_0_3_5", "saturating-column", axn_build_column_groups, {0, 3, 5, 4}},
    {"column_sat4_0_3_6", "saturating-column", axn_build_column_groups, {0, 3, 6, 4}},
    {"column_sat4_0_3_7", "saturating-column", axn_build_column_groups, {0, 3, 7, 4}},
    {"column_sat4_0_4_6", "saturating-column", axn_build_column_groups, {0, 4, 6, 4}},
    {"column_sat4_0_4_7", "saturating-column", axn_build_column_groups, {0, 4, 7, 4}},
    {"column_sat3_0_5_6", "saturating-column", axn_build_column_groups, {0, 5, 6, 3}},
    {"column_sat4_0_5_7", "saturating-column", axn_build_column_groups, {0, 5, 7, 4}},
    {"column_sat3_0_6_7", "saturating-column", axn_build_column_groups, {0, 6, 7, 3}},
    {"column_sat3_0_6_10", "saturating-column", axn_build_column_groups, {0, 6, 10, 3}},
    {"column_sat4_1_3_4", "saturating-column", axn_build_column_groups, {1, 3, 4, 4}},
    {"column_sat4_1_5_9", "saturating-column", axn_build_column_groups, {1, 5, 9, 4}},
    {"column_sat3_1_7_10", "saturating-column", axn_build_column_groups, {1, 7, 10, 3}},
    {"column_sat4_2_5_7", "saturating-column", axn_build_column_groups, {2, 5, 7, 4}},
    {"column_sat4_2_6_9", "saturating-column", axn_build_column_groups, {2, 6, 9, 4}},
    {"column_sat3_3_7_12", "saturating-column", axn_build_column_groups, {3, 7, 12, 3}},
    {"column_sat4_4_8_10", "saturating-column", axn_build_column_groups, {4, 8, 10, 4}},
    {"loa_3_4", "lower-part-or", axn_build_lower_part_or, {3, 4}},
    {"loa_3_5", "lower-part-or", axn_build_lower_part_or, {3, 5}},
    {"loa_3_9", "lower-part-or", axn_build_lower_part_or, {3, 9}},
    {"loa_3_10", "lower-part-or", axn_build_lower_part_or, {3, 10}},
    {"loa_4_5", "lower-part-or", axn_build_lower_part_or, {4, 5}},
    {"loa_4_10", "lower-part-or", axn_build_lower_part_or, {4, 10}},
    {"loa_4_11", "lower-part-or", axn_build_lower_part_or, {4, 11}},
    {"loa_5_6", "lower-part-or", axn_build_lower_part_or, {5, 6}},
    {"loa_5_7", "lower-part-or", axn_build_lower_part_or, {5, 7}},
    {"loa_5_9", "lower-part-or", axn_build_lower_part_or, {5, 9}},
    {"loa_5_10", "lower-part-or", axn_build_lower_part_or, {5, 10}},
    {"loa_6_7", "lower-part-or", axn_build_lower_part_or, {6, 7}},
    {"loa_6_8", "lower-part-or", axn_build_lower_part_or, {6, 8}},
    {"loa_6_11", "lower-part-or", axn_build_lower_part_or, {6, 11}},
    {"loa_6_12", "lower-part-or", axn_build_lower_part_or, {6, 12}},
    {"loa_7_8", "lower-part-or", axn_build_lower_part_or, {7, 8}},
    {"loa_7_10", "lower-part-or", axn_build_lower_part_or, {7, 10}},
    {"loa_7_11", "lower-part-or", axn_build_lower_part_or, {7, 11}},
    {"loa_7_12", "lower-part-or", axn_build_lower_part_or, {7, 12}},
    {"loa_7_14", "lower-part-or", axn_build_lower_part_or, {7, 14}},
    {"loa_8_9", "lower-part-or", axn_build_lower_part_or, {8, 9}},
    {"loa_8_12", "lower-part-or", axn_build_lower_part_or, {8, 12}},
    {"loa_8_14", "lower-part-or", axn_build_lower_part_or, {8, 14}},
    {"loa_9_10", "lower-part-or", axn_build_lower_part_or, {9, 10}},
    {"loa_9_14", "lower-part-or", axn_build_lower_part_or, {9, 14}},
    {"loa_10_11", "lower-part-or", axn_build_lower_part_or, {10, 11}},
    {"loa_12_13", "lower-part-or", axn_build_lower_part_or, {12, 13}},
    {"adder_not_carry_3_6", "approximate-adder", axn_build_approximate_adder, {3, 6, 0}},
    {"adder_or_and_0_2", "approximate-adder", axn_build_approximate_adder, {0, 2, 4}},
    {"adder_or_and_3_5", "approximate-adder", axn_build_approximate_adder, {3, 5, 4}},
    {"adder_sum_or_2_3", "approximate-adder", axn_build_approximate_adder, {2, 3, 2}},
    {"adder_sum_or_3_4", "approximate-adder", axn_build_approximate_adder, {3, 4, 2}},
    {"adder_sum_or_6_7", "approximate-adder", axn_build_approximate_adder, {6, 7, 2}},
    {"altered_5", "compressor", axn_build_compressor_altered, {5}},
    {"altered_8", "compressor", axn_build_compressor_altered, {8}},
    {"momeni_8", "compressor", axn_build_compressor_momeni, {8}},
    {"yang_8", "compressor", axn_build_compressor_yang, {8}},
    {"kulkarni_4", "kulkarni", axn_build_kulkarni, {4}},
    {"kulkarni_8", "kulkarni", axn_build_kulkarni, {8}},
    {"kulkarni_14", "kulkarni", axn_build_kulkarni, {14}},
    {"mitchell", "mitchell", axn_build_mitchell, {0, 0}},
    {"mitchell_4_1", "mitchell", axn_build_mitchell, {4, 1}},
    {"mitchell_5_1", "mitchell", axn_build_mitchell, {5, 1}},
    {"iterative_log_0", "iterative-log", axn_build_iterative_log, {0}},
    {"roba", "roba", axn_build_roba, {0}},
    {"etm_4", "etm", axn_build_etm, {4}},
    {"drum_3", "drum", axn_build_drum, {3}},
    {"drum_4", "drum", axn_build_drum, {4}},
    {"drum_5", "drum", axn_build_drum, {5}},
    {"segment_4_2", "static-segment", axn_build_static_segment, {4, 2}},
    {"segment_5_2", "static-segment", axn_build_static_segment, {5, 2}},
    {"segment_6_2", "static-segment", axn_build_static_segment, {6, 2}},
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
