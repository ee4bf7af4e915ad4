#include "multipliers/metrics.h"

/* Sums of integers stay below 2^48 and are exact; quotients are summed in the order
 * of the table. */
axn_metrics axn_metrics_of(const axn_table *table)
{
    axn_metrics metrics = {0};
    uint64_t absolute = 0, square = 0, wrong = 0, worst = 0;
    int64_t total = 0;
    double relative = 0;
    for (int a = 0; a < 256; a++) {
        for (int b = 0; b < 256; b++) {
            int exact = a * b;
            int difference = (int)table->product[a * 256 + b] - exact;
            uint64_t size = (uint64_t)(difference < 0 ? -difference : difference);
            absolute += size;
            square += size * size;
            wrong += size != 0;
            worst = size > worst ? size : worst;
            total += difference;
            if (exact != 0 && size != 0) {
                double ratio = (double)size / exact;
                relative += ratio;
                metrics.wcre = ratio > metrics.wcre ? ratio : metrics.wcre;
            }
        }
    }
    metrics.mae = (double)absolute / 65536;
    metrics.wce = (double)worst;
    metrics.ep = (double)wrong / 65536;
    metrics.mre = relative / 65025;
    metrics.mse = (double)square / 65536;
    metrics.mean_error = (double)total / 65536;
    return metrics;
}
