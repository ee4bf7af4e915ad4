#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/memory.h"
#include "flows/multipliers.h"

typedef struct rank {
    const axn_multiplier *multiplier;
} rank;

/* Most power first. */
static int compare_power(const void *left, const void *right)
{
    const axn_multiplier *a = ((const rank *)left)->multiplier;
    const axn_multiplier *b = ((const rank *)right)->multiplier;
    if (a->power_mw != b->power_mw)
        return a->power_mw < b->power_mw ? 1 : -1;
    return strcmp(a->name, b->name);
}

axn_status axn_multipliers_print_table(const axn_library *library, axn_error *error)
{
    rank *sorted = NULL;
    bool weighted = library->histogram[0] != '\0';
    axn_status status =
        axn_allocate(&sorted, (size_t)library->count, sizeof *sorted, "a table", error);
    if (status != AXN_OK)
        return status;
    for (int i = 0; i < library->count; i++)
        sorted[i].multiplier = &library->multipliers[i];
    if (library->count > 0)
        qsort(sorted, (size_t)library->count, sizeof *sorted, compare_power);
    printf("%-24s %9s %9s %6s %8s%s %9s %8s %8s %6s %7s %8s %s\n", "name", "area/um2", "power/mW",
           "ratio", "E/pJ", weighted ? "  Ehist/pJ" : "", "glitch/pJ", "delay/ns", "MAE", "WCE",
           "EP/%", "MRE/%", "lite");
    for (int i = 0; i < library->count; i++) {
        const axn_multiplier *m = sorted[i].multiplier;
        printf("%-24s %9.0f %9.4f %6.3f %8.4f", m->name, m->area_um2, m->power_mw, m->power_ratio,
               m->energy_pj);
        if (weighted && m->energy_histogram_pj >= 0)
            printf(" %9.4f", m->energy_histogram_pj);
        else if (weighted)
            printf(" %9s", "-");
        printf(" %9.4f %8.3f %8.2f %6.0f %7.2f %8.3f %s%s\n", m->glitch_pj, m->delay_ns,
               m->metrics.mae, m->metrics.wce, 100 * m->metrics.ep, 100 * m->metrics.mre,
               m->lite ? "*" : "", m->extract_fa ? "" : " (mapped without adder cells)");
    }
    printf("%d multipliers; Liberty %s, %.0f MHz, ratio of power to %s\n", library->count,
           library->liberty, library->clock_mhz, library->multipliers[library->exact].name);
    free(sorted);
    return AXN_OK;
}

/* The library as one JSON object with `rejected` files, and nothing else. */
axn_status axn_multipliers_print_json(const axn_library *library, const axn_characterise_job *jobs,
                                      int count, axn_error *error)
{
    cJSON *json = cJSON_CreateObject();
    cJSON *list = cJSON_AddArrayToObject(json, "multipliers");
    bool ok = list != NULL && cJSON_AddStringToObject(json, "liberty", library->liberty) != NULL &&
              cJSON_AddNumberToObject(json, "clock_mhz", library->clock_mhz) != NULL;
    for (int i = 0; i < library->count && ok; i++) {
        cJSON *item = axn_multiplier_json(&library->multipliers[i]);
        ok = item != NULL &&
             cJSON_AddNumberToObject(item, "clock_mhz", library->clock_mhz) != NULL &&
             cJSON_AddItemToArray(list, item);
        if (!ok)
            cJSON_Delete(item);
    }
    cJSON *rejected = jobs == NULL || !ok ? NULL : cJSON_AddArrayToObject(json, "rejected");
    for (int i = 0; i < count && rejected != NULL && ok; i++) {
        if (jobs[i].status == AXN_OK)
            continue;
        cJSON *item = cJSON_CreateObject();
        ok = cJSON_AddStringToObject(item, "file", jobs[i].file) != NULL &&
             cJSON_AddStringToObject(item, "reason", jobs[i].error.message) != NULL &&
             cJSON_AddItemToArray(rejected, item);
        if (!ok)
            cJSON_Delete(item);
    }
    axn_status status = ok ? axn_json_print(json, error)
                           : axn_fail(error, AXN_ERROR_MEMORY, "out of memory for the list");
    cJSON_Delete(json);
    return status;
}
