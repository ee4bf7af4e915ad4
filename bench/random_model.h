/* Networks with random quantised parameters, for benchmarks that need no training. */
#ifndef AXN_BENCH_RANDOM_MODEL_H
#define AXN_BENCH_RANDOM_MODEL_H

#include "model/model.h"
#include "multipliers/table.h"

#define AXN_BENCH_MULTIPLIER "loa_5_9" /* of the shipped library */

/* "small" (8 x 8 x 1, 3 convolutions, a sum, both pools, 4 classes) or a built-in network on
 * 32 x 32 x 3 images. The weights are random, the scales such that codes spread over their
 * range. `table` is that of `multiplier`, which all convolutions use. */
axn_status axn_bench_model(const char *network, const char *multiplier, const axn_table *table,
                           axn_model *out, axn_error *error);

#endif
