#include "flows/pareto_table.h"

#include <stdio.h>

#include "common/json.h"

axn_status axn_pareto_read(const cJSON *item, const char *file, axn_pareto_point *out,
                           axn_error *error)
{
    const int64_t most = INT64_C(1) << 53;
    const struct {
        const char *key;
        int64_t *value;
    } integers[] = {{"id", &out->id},
                    {"parameters", &out->parameters},
                    {"multiplications", &out->multiplications},
                    {"multiplications_fc", &out->multiplications_fc},
                    {"generation", &out->generation},
                    {"convolutions", &out->convolutions}};
    const struct {
        const char *key;
        double high;
        double *value;
    } numbers[] = {{"accuracy", 1, &out->accuracy},
                   {"energy_uj", 1e15, &out->energy_uj},
                   {"energy_total_uj", 1e15, &out->energy_total_uj},
                   {"power_ratio", 1e6, &out->power_ratio}};
    axn_status status = axn_json_string(item, "multiplier", &out->multiplier, file, error);
    for (size_t i = 0; i < sizeof integers / sizeof integers[0] && status == AXN_OK; i++) {
        status = axn_json_integer(item, integers[i].key, 0, most, integers[i].value, file, error);
    }
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0] && status == AXN_OK; i++) {
        status = axn_json_number(item, numbers[i].key, 0, numbers[i].high, numbers[i].value, file,
                                 error);
    }
    out->cycles = 0;
    if (status == AXN_OK && cJSON_HasObjectItem(item, "cycles")) {
        status = axn_json_integer(item, "cycles", 1, most, &out->cycles, file, error);
        if (status == AXN_OK) {
            status = axn_json_number(item, "energy_accelerator_uj", 0, 1e15,
                                     &out->energy_accelerator_uj, file, error);
        }
    }
    return status;
}

axn_status axn_pareto_print(const cJSON *pareto, const char *file, axn_error *error)
{
    const cJSON *points = NULL;
    const cJSON *item = NULL;
    axn_status status = axn_json_array(pareto, "points", &points, file, error);
    bool accelerator = cJSON_HasObjectItem(cJSON_GetArrayItem(points, 0), "cycles");
    if (status == AXN_OK) {
        printf("%6s %9s %11s %15s %12s %6s %5s  %s%s\n", "id", "accuracy", "parameters",
               "multiplications", "energy_uj", "power", "conv",
               accelerator ? "   cycles  accel_uj  " : "", "multiplier");
    }
    cJSON_ArrayForEach(item, points)
    {
        axn_pareto_point point;
        status = axn_pareto_read(item, file, &point, error);
        if (status != AXN_OK) {
            break;
        }
        printf("%6lld %7.2f %% %11lld %15lld %12.5g %6.3f %5lld  ", (long long)point.id,
               100 * point.accuracy, (long long)point.parameters, (long long)point.multiplications,
               point.energy_uj, point.power_ratio, (long long)point.convolutions);
        if (point.cycles > 0) {
            printf("%9lld %9.4g  ", (long long)point.cycles, point.energy_accelerator_uj);
        }
        printf("%s\n", point.multiplier);
    }
    return status;
}
