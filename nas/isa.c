#include "nas/isa.h"

#include <dnnl.h>
#include <string.h>

static const char *const names[] = {"best", "portable", "avx2", "avx512"};

static axn_isa best(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
        return AXN_ISA_AVX512;
    }
    if (__builtin_cpu_supports("avx2")) {
        return AXN_ISA_AVX2;
    }
#endif
    return AXN_ISA_PORTABLE;
}

axn_isa axn_isa_of(const char *name)
{
    for (int i = AXN_ISA_PORTABLE; i <= AXN_ISA_AVX512; i++) {
        if (strcmp(names[i], name) == 0) {
            return (axn_isa)i;
        }
    }
    return AXN_ISA_BEST;
}

const char *axn_isa_name(axn_isa isa)
{
    return names[isa == AXN_ISA_BEST ? best() : isa];
}

axn_status axn_isa_check(axn_isa isa, axn_error *error)
{
    const axn_isa most = best();
    if (isa > most) {
        return axn_fail(error, AXN_ERROR_USAGE,
                        "this machine lacks the instructions of class %s; its best is %s",
                        axn_isa_name(isa), axn_isa_name(most));
    }
    return AXN_OK;
}

axn_status axn_isa_use(axn_isa isa, axn_error *error)
{
    axn_status status = axn_isa_check(isa, error);
    if (status != AXN_OK) {
        return status;
    }
#if defined(__x86_64__)
    const axn_isa wanted = isa == AXN_ISA_BEST ? best() : isa;
    const dnnl_cpu_isa_t most = wanted == AXN_ISA_AVX512 ? dnnl_cpu_isa_avx512_core
                                : wanted == AXN_ISA_AVX2 ? dnnl_cpu_isa_avx2
                                                         : dnnl_cpu_isa_sse41;
    /* Taken before oneDNN's first use and refused later, when it has been set already. */
    (void)dnnl_set_max_cpu_isa(most);
    if (dnnl_get_effective_cpu_isa() != most) {
        return axn_fail(error, AXN_ERROR_USAGE,
                        "training in class %s is not possible in a process that has trained in "
                        "another class, or with a oneDNN that does not let itself be held to one",
                        names[wanted]);
    }
#endif
    return AXN_OK;
}
