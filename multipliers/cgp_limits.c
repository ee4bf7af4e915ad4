#include "multipliers/cgp_limits.h"

#include <math.h>

const axn_cgp_limits axn_cgp_no_limits = {INFINITY, INFINITY, INFINITY, INFINITY, INFINITY, false};

axn_cgp_errors axn_cgp_errors_of(const axn_table *table)
{
    axn_cgp_errors errors = {.metrics = axn_metrics_of(table), .zero_exact = true};
    for (int i = 0; i < 256; i++)
        if (table->product[i] != 0 || table->product[i * 256] != 0)
            errors.zero_exact = false;
    return errors;
}

bool axn_cgp_meets(const axn_cgp_limits *limits, const axn_cgp_errors *errors)
{
    const double tolerance = 1 + 1e-9; /* of sums in another order */
    const axn_metrics *metrics = &errors->metrics;
    return (errors->zero_exact || !limits->zero_exact) && metrics->mae <= limits->mae * tolerance &&
           metrics->wce <= limits->wce && metrics->ep <= limits->ep * tolerance &&
           metrics->mre <= limits->mre * tolerance &&
           fabs(metrics->mean_error) <= limits->mean_error * tolerance;
}
