/* Error metrics over all 65,536 operand pairs. */
#ifndef AXN_MULTIPLIERS_METRICS_H
#define AXN_MULTIPLIERS_METRICS_H

#include "multipliers/table.h"

typedef struct axn_metrics {
    double mae;        /* mean |error| */
    double wce;        /* largest |error| */
    double ep;         /* fraction of pairs with an error, 0..1 */
    double mre;        /* mean |error|/exact over the 65,025 pairs with exact != 0, fraction */
    double wcre;       /* largest of the same */
    double mse;        /* mean error^2 */
    double mean_error; /* mean (O - exact), signed */
} axn_metrics;

axn_metrics axn_metrics_of(const axn_table *table);

#endif
