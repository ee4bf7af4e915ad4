/* What to evolve towards: limits from the command line or from a file. */
#ifndef AXN_MULTIPLIERS_EVOLVE_TARGETS_H
#define AXN_MULTIPLIERS_EVOLVE_TARGETS_H

#include "multipliers/cgp_evaluator.h"

/* `metrics` and `limits` are lists with commas, as "mae,mre" and "25,1.25%": one target
 * with all the limits. Metrics: mae, wce, ep, mre, mean_error. Shares (ep, mre) may be
 * written as a fraction or in per cent; wce and mae in per cent are of 2^16. */
axn_status axn_evolve_target_parse(const char *metrics, const char *limits, axn_cgp_limits *out,
                                   axn_error *error);

/* A front instead of a point: for each metric `points` targets with that metric limited
 * alone, in equal ratios from the limit down to `span` times less. *targets[*count] is
 * freed by the caller. */
axn_status axn_evolve_target_front(const char *metrics, const char *limits, int points, double span,
                                   axn_cgp_limits **targets, int *count, axn_error *error);

/* {"format": "axnas-targets", "version": 1, "targets": [{"mae": 25, "mre": 0.0125,
 * "zero_exact": true}, ...]}, with any of mae, wce, ep, mre, mean_error, zero_exact. */
axn_status axn_evolve_target_read(const char *path, axn_cgp_limits **targets, int *count,
                                  axn_error *error);

#endif
