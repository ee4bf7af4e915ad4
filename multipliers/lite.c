#include "multipliers/lite.h"

#include <math.h>
#include <stdlib.h>

#include "common/memory.h"

#define CHUNK 64 /* tables in memory at a time */

static double error_of(const axn_multiplier *m, axn_front_metric metric)
{
    return metric == AXN_FRONT_MAE   ? m->metrics.mae
           : metric == AXN_FRONT_MRE ? m->metrics.mre
                                     : m->metrics.wce;
}

axn_status axn_lite_zero_exact(const axn_library *library, bool *zero_exact, axn_error *error)
{
    axn_table *tables = NULL;
    int indices[CHUNK];
    axn_status status = axn_allocate(&tables, CHUNK, sizeof *tables, "truth tables", error);
    for (int first = 0; first < library->count && status == AXN_OK; first += CHUNK) {
        int count = library->count - first < CHUNK ? library->count - first : CHUNK;
        for (int i = 0; i < count; i++)
            indices[i] = first + i;
        status = axn_library_tables(library, indices, count, tables, error);
        for (int i = 0; i < count && status == AXN_OK; i++) {
            const uint16_t *product = tables[i].product;
            zero_exact[first + i] = true;
            for (int x = 0; x < 256; x++)
                if (product[x] != 0 || product[x * 256] != 0)
                    zero_exact[first + i] = false;
        }
    }
    free(tables);
    return status;
}

axn_lite_excess axn_lite_excess_of(const axn_library *library, const bool *candidate, int index)
{
    axn_lite_excess excess;
    const axn_multiplier *m = &library->multipliers[index];
    for (axn_front_metric metric = 0; metric < AXN_FRONT_METRICS; metric++) {
        double least = error_of(m, metric);
        for (int i = 0; i < library->count; i++) {
            const axn_multiplier *other = &library->multipliers[i];
            if (candidate[i] && other->power_ratio <= m->power_ratio &&
                error_of(other, metric) < least)
                least = error_of(other, metric);
        }
        excess.of[metric] = least > 0 ? error_of(m, metric) / least : 1;
    }
    return excess;
}

static double score(const axn_library *library, const bool *candidate, int index)
{
    axn_lite_excess excess = axn_lite_excess_of(library, candidate, index);
    /* the worst case matters less to a network than the two means */
    return excess.of[AXN_FRONT_MAE] * excess.of[AXN_FRONT_MRE] * sqrt(excess.of[AXN_FRONT_WCE]);
}

/* The candidate that a step takes, -1 if all are taken. */
static int choose_one(const axn_library *library, const bool *candidate, const double *scores,
                      double target, double half_step)
{
    int best = -1;
    bool best_close = false;
    for (int i = 0; i < library->count; i++) {
        if (!candidate[i] || library->multipliers[i].lite)
            continue;
        double distance = fabs(library->multipliers[i].power_ratio - target);
        bool close = distance <= half_step;
        bool better = best < 0 || close > best_close;
        if (!better && close == best_close) {
            double other = fabs(library->multipliers[best].power_ratio - target);
            better =
                close && scores[i] != scores[best] ? scores[i] < scores[best] : distance < other;
        }
        if (better) {
            best = i;
            best_close = close;
        }
    }
    return best;
}

axn_status axn_lite_choose(axn_library *library, axn_error *error)
{
    bool *candidate = NULL;
    double *scores = NULL, step = (AXN_LITE_MOST - AXN_LITE_LEAST) / (AXN_LITE_COUNT - 1);
    size_t count = (size_t)library->count;
    axn_status status = axn_allocate(&candidate, count, sizeof *candidate, "candidates", error);
    if (status == AXN_OK)
        status = axn_allocate(&scores, count, sizeof *scores, "candidates", error);
    if (status == AXN_OK)
        status = axn_lite_zero_exact(library, candidate, error);
    for (int i = 0; i < library->count && status == AXN_OK; i++) {
        axn_multiplier *m = &library->multipliers[i];
        m->lite = false;
        candidate[i] = candidate[i] && m->metrics.wce > 0 && m->power_ratio < 1;
    }
    for (int i = 0; i < library->count && status == AXN_OK; i++)
        scores[i] = candidate[i] ? score(library, candidate, i) : 0;
    for (int k = 0; k < AXN_LITE_COUNT && status == AXN_OK; k++) {
        int best = choose_one(library, candidate, scores, AXN_LITE_LEAST + k * step, step / 2);
        if (best >= 0)
            library->multipliers[best].lite = true;
    }
    if (status == AXN_OK && library->exact >= 0)
        library->multipliers[library->exact].lite = true;
    free(candidate);
    free(scores);
    return status;
}
