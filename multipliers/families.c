#include "multipliers/families.h"

#include <string.h>

static const axn_family_member members[] = {
    {"exact_array", "exact", axn_build_exact_array, {0}, false},
    {"exact_dadda", "exact", axn_build_exact_dadda, {0}, true},
    {"exact_wallace", "exact", axn_build_exact_wallace, {0}, false},
    {"mitchell", "mitchell", axn_build_mitchell, {0}, false},
    {"roba", "roba", axn_build_roba, {0}, false},
    {"etm_4", "etm", axn_build_etm, {4}, false},
    {"drum_3", "drum", axn_build_drum, {3}, false},
    {"drum_4", "drum", axn_build_drum, {4}, false},
    {"drum_5", "drum", axn_build_drum, {5}, false},
    {"drum_6", "drum", axn_build_drum, {6}, false},
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
