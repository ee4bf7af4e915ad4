#include <string.h>

#include "multipliers/families.h"

#define END                                                                                        \
    {                                                                                              \
        "end", 0, 16                                                                               \
    }
#define DROPPED                                                                                    \
    {                                                                                              \
        "dropped", 0, 16                                                                           \
    }

/* What the parameters mean is told in families.h. */
static const axn_family_generator generators[] = {
    {"exact_array", "exact", axn_build_exact_array, 0, {{0}}},
    {"exact_dadda", "exact", axn_build_exact_dadda, 0, {{0}}},
    {"exact_wallace", "exact", axn_build_exact_wallace, 0, {{0}}},
    {"booth", "booth", axn_build_booth, 2, {{"end", 0, 15}, {"how", 0, 2}}},
    {"trunc", "truncated", axn_build_truncated, 1, {DROPPED}},
    {"trunc_const", "truncated", axn_build_truncated_constant, 1, {{"dropped", 0, 15}}},
    {"trunc_var", "truncated", axn_build_truncated_variable, 1, {{"dropped", 1, 15}}},
    {"trunc_gated",
     "truncated",
     axn_build_truncated_gated,
     5,
     {{"omitted_a", 0, 8}, {"omitted_b", 0, 8}, DROPPED, {"percent", 0, 400}, {"gate", 0, 8}}},
    {"trunc_merged",
     "truncated",
     axn_build_truncated_merged,
     3,
     {{"dropped", 0, 15}, {"merged", 0, 8}, {"wider", 0, 1}}},
    {"broken_array",
     "broken-array",
     axn_build_broken_array,
     2,
     {{"horizontal", 0, 8}, {"vertical", 0, 16}}},
    {"column_or", "column-or", axn_build_column_or, 2, {DROPPED, END}},
    {"column_groups",
     "saturating-column",
     axn_build_column_groups,
     4,
     {DROPPED, {"or_end", 0, 16}, END, {"group", -8, 4}}},
    {"loa", "lower-part-or", axn_build_lower_part_or, 2, {DROPPED, {"length", 1, 16}}},
    {"adder", "approximate-adder", axn_build_approximate_adder, 3, {DROPPED, END, {"kind", 0, 4}}},
    {"momeni", "compressor", axn_build_compressor_momeni, 1, {END}},
    {"yang", "compressor", axn_build_compressor_yang, 1, {END}},
    {"altered", "compressor", axn_build_compressor_altered, 1, {END}},
    {"kulkarni", "kulkarni", axn_build_kulkarni, 1, {END}},
    {"blocks", "blocks", axn_build_blocks, 3, {{"low", 0, 3}, {"middle", 0, 3}, {"high", 0, 3}}},
    {"etm", "etm", axn_build_etm, 1, {{"lower", 1, 7}}},
    {"mitchell", "mitchell", axn_build_mitchell, 2, {{"cut", 0, 7}, {"set_one", 0, 1}}},
    {"iterative_log", "iterative-log", axn_build_iterative_log, 1, {{"corrections", 0, 3}}},
    {"drum", "drum", axn_build_drum, 1, {{"width", 1, 8}}},
    {"segment", "static-segment", axn_build_static_segment, 2, {{"width", 1, 8}, {"places", 2, 3}}},
    {"roba", "roba", axn_build_roba, 0, {{0}}},
};

const axn_family_generator *axn_family_generators(int *count)
{
    *count = (int)(sizeof generators / sizeof generators[0]);
    return generators;
}

const axn_family_generator *axn_family_generator_find(const char *name)
{
    for (size_t i = 0; i < sizeof generators / sizeof generators[0]; i++)
        if (strcmp(generators[i].name, name) == 0)
            return &generators[i];
    return NULL;
}
