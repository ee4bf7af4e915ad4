#include <stdlib.h>
#include <string.h>

#include "multipliers/cgp_kernel_internal.h"

const axn_cgp_kernel *axn_cgp_kernel_tier(int index)
{
    const axn_cgp_kernel *tiers[3];
    int count = 0;
#if AXN_CGP_X86
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512vpopcntdq"))
        tiers[count++] = &axn_cgp_kernel_avx512;
    if (__builtin_cpu_supports("avx2"))
        tiers[count++] = &axn_cgp_kernel_avx2;
#endif
    tiers[count++] = &axn_cgp_kernel_portable;
    return index < count ? tiers[index] : NULL;
}

axn_status axn_cgp_kernel_choose(const axn_cgp_kernel **out, axn_error *error)
{
    const char *wanted = getenv("AXNAS_CGP_KERNEL");
    *out = axn_cgp_kernel_tier(0);
    if (wanted == NULL || wanted[0] == '\0')
        return AXN_OK;
    for (int i = 0; axn_cgp_kernel_tier(i) != NULL; i++) {
        *out = axn_cgp_kernel_tier(i);
        if (strcmp((*out)->name, wanted) == 0)
            return AXN_OK;
    }
    return axn_fail(error, AXN_ERROR_USAGE,
                    "AXNAS_CGP_KERNEL=%s: this machine has no such kernel (avx512, avx2, portable)",
                    wanted);
}
