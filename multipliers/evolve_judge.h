/* The last word on evolved circuits: the fixed recipe maps and measures the survivors
 * that the estimate puts in front. */
#ifndef AXN_MULTIPLIERS_EVOLVE_JUDGE_H
#define AXN_MULTIPLIERS_EVOLVE_JUDGE_H

#include "multipliers/evolve.h"

#define AXN_EVOLVE_NONE (-1)

/* Maps, for each target, the `most` survivors of least estimated cost within its
 * limits. winners[target_count] receives the index of the one of least real cost;
 * several targets may share one. AXN_EVOLVE_NONE where no survivor could be mapped. */
axn_status axn_evolve_judge(const axn_evolve_options *options, const axn_evolve_result *result,
                            int most, int *winners, axn_error *error);

#endif
