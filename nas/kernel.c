#include "nas/kernel.h"

#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "nas/kernel_internal.h"

axn_status axn_kernel_table_create(const uint16_t *product, int swap, axn_kernel_table **out,
                                   axn_error *error)
{
    axn_kernel_table *table = NULL;
    axn_status status = axn_allocate_aligned(&table, 1, sizeof *table, "a kernel table", error);
    if (status != AXN_OK) {
        return status;
    }
    for (int w = 0; w < 256; w++) {
        for (int x = 0; x < 256; x++) {
            uint16_t value = swap ? product[w * 256 + x] : product[x * 256 + w];
            table->row[w][x] = value;
            table->plane[w][0][x] = (uint8_t)(value & 255);
            table->plane[w][1][x] = (uint8_t)(value >> 8);
        }
    }
    axn_kernel_fit_affine(table);
    *out = table;
    return AXN_OK;
}

void axn_kernel_table_free(axn_kernel_table *table)
{
    free(table);
}

int axn_kernel_table_is_affine(const axn_kernel_table *table)
{
    return table->is_affine;
}

void axn_kernel_reference(const axn_kernel_table *table, int M, int K, int N, const uint8_t *w,
                          const uint8_t *x, int64_t ldx, int32_t *sum, int64_t lds)
{
    for (int m = 0; m < M; m++) {
        for (int n = 0; n < N; n++) {
            int32_t total = 0;
            for (int k = 0; k < K; k++) {
                total += table->row[w[(int64_t)m * K + k]][x[k * ldx + n]];
            }
            sum[m * lds + n] = total;
        }
    }
}

void axn_kernel_tap_rows(const axn_kernel_table *table, int M, int lanes, const uint8_t *w,
                         int64_t stride, const uint16_t **source)
{
    static const uint16_t zeros[256] __attribute__((aligned(64)));
    for (int m = 0; m < lanes; m++) {
        source[m] = m < M ? table->row[w[m * stride]] : zeros;
    }
}

typedef struct kernel_tier {
    const char *name;
    axn_kernel_gemm *gemm;
} kernel_tier;

/* Best first. */
static const kernel_tier tiers[] = {
#if AXN_KERNEL_X86
    {"vbmi_affine", axn_kernel_vbmi_affine},
    {"vbmi", axn_kernel_vbmi},
    {"planes", axn_kernel_planes},
    {"avx512", axn_kernel_avx512},
    {"avx2", axn_kernel_avx2},
#endif
    {"portable", axn_kernel_portable},
    {"reference", axn_kernel_reference},
};
enum { TIER_COUNT = sizeof tiers / sizeof tiers[0] };

static int is_supported(const char *name)
{
#if AXN_KERNEL_X86
    if (strcmp(name, "vbmi_affine") == 0) {
        return is_supported("vbmi") && __builtin_cpu_supports("avx512vnni");
    }
    if (strcmp(name, "vbmi") == 0 || strcmp(name, "planes") == 0) {
        return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
               __builtin_cpu_supports("avx512vbmi");
    }
    if (strcmp(name, "avx512") == 0) {
        return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
    }
    if (strcmp(name, "avx2") == 0) {
        return __builtin_cpu_supports("avx2");
    }
#endif
    return strcmp(name, "portable") == 0 || strcmp(name, "reference") == 0;
}

axn_status axn_kernel_select(const char *name, axn_kernel_gemm **gemm, const char **chosen,
                             axn_error *error)
{
    const char *origin = name != NULL ? "kernel" : "AXNAS_KERNEL";
    if (name == NULL) {
        name = getenv("AXNAS_KERNEL");
    }
    for (size_t i = 0; i < TIER_COUNT; i++) {
        if (name != NULL && name[0] != '\0' && strcmp(name, tiers[i].name) != 0) {
            continue;
        }
        if (is_supported(tiers[i].name)) {
            *gemm = tiers[i].gemm;
            if (chosen != NULL) {
                *chosen = tiers[i].name;
            }
            return AXN_OK;
        }
        if (name != NULL && name[0] != '\0') {
            return axn_fail(error, AXN_ERROR_USAGE, "%s: this processor cannot run kernel \"%s\"",
                            origin, name);
        }
    }
    return axn_fail(
        error, AXN_ERROR_USAGE,
        "%s: unknown kernel \"%s\" (vbmi_affine, vbmi, planes, avx512, avx2, portable, reference)",
        origin, name);
}
