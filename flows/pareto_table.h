/* The non-dominated set of a run as a table. */
#ifndef AXN_FLOWS_PARETO_TABLE_H
#define AXN_FLOWS_PARETO_TABLE_H

#include <cjson/cJSON.h>
#include <stdint.h>

#include "common/error.h"

/* Prints "points" of pareto.json on standard output, one line a point. */
axn_status axn_pareto_print(const cJSON *pareto, const char *file, axn_error *error);

/* One point's figures; multiplier belongs to the JSON. */
typedef struct axn_pareto_point {
    int64_t id, parameters, multiplications, multiplications_fc, generation, convolutions;
    int64_t cycles; /* 0: the search did not compute it, nor the energy of the accelerator */
    double energy_accelerator_uj;
    double accuracy, energy_uj, energy_total_uj, power_ratio;
    const char *multiplier;
} axn_pareto_point;
axn_status axn_pareto_read(const cJSON *item, const char *file, axn_pareto_point *out,
                           axn_error *error);

#endif
