#include "multipliers/front.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

const char *axn_front_metric_name(axn_front_metric metric)
{
    static const char *const names[] = {"mae", "mre", "wce", "joint"};
    return names[metric];
}

axn_status axn_front_points_of(const axn_library *library, axn_front_points *out, axn_error *error)
{
    *out = (axn_front_points){0};
    axn_status status = axn_allocate(&out->point, (size_t)library->count, sizeof *out->point,
                                     "a library's points", error);
    for (int i = 0; i < library->count && status == AXN_OK; i++) {
        const axn_multiplier *m = &library->multipliers[i];
        axn_front_point *point = &out->point[out->count++];
        memcpy(point->name, m->name, sizeof point->name);
        point->power_ratio = m->power_ratio;
        point->error[AXN_FRONT_MAE] = m->metrics.mae;
        point->error[AXN_FRONT_MRE] = m->metrics.mre;
        point->error[AXN_FRONT_WCE] = m->metrics.wce;
    }
    return status;
}

void axn_front_points_free(axn_front_points *points)
{
    free(points->point);
    *points = (axn_front_points){0};
}

static bool dominates(const axn_front_point *a, const axn_front_point *b, axn_front_metric metric)
{
    return a->power_ratio <= b->power_ratio && a->error[metric] <= b->error[metric] &&
           (a->power_ratio < b->power_ratio || a->error[metric] < b->error[metric]);
}

static bool same(const axn_front_point *a, const axn_front_point *b, axn_front_metric metric)
{
    return a->power_ratio == b->power_ratio && a->error[metric] == b->error[metric];
}

int axn_front_of(const axn_front_points *points, axn_front_metric metric, int *indices)
{
    int count = 0;
    for (int i = 0; i < points->count; i++) {
        const axn_front_point *point = &points->point[i];
        bool beaten = false;
        for (int k = 0; k < points->count && !beaten; k++)
            beaten = dominates(&points->point[k], point, metric) ||
                     (k < i && same(&points->point[k], point, metric));
        if (beaten)
            continue;
        int at = count++;
        for (; at > 0 && points->point[indices[at - 1]].power_ratio > point->power_ratio; at--)
            indices[at] = indices[at - 1];
        indices[at] = i;
    }
    return count;
}

static bool within(const axn_front_point *point, axn_front_metric metric,
                   const axn_front_point *limit)
{
    if (metric != AXN_FRONT_JOINT)
        return point->error[metric] <= limit->error[metric];
    for (int m = 0; m < AXN_FRONT_METRICS; m++)
        if (point->error[m] > limit->error[m])
            return false;
    return true;
}

int axn_front_cheapest(const axn_front_points *points, axn_front_metric metric,
                       const axn_front_point *limit)
{
    int best = -1;
    for (int i = 0; i < points->count; i++)
        if (within(&points->point[i], metric, limit) &&
            (best < 0 || points->point[i].power_ratio < points->point[best].power_ratio))
            best = i;
    return best;
}

axn_status axn_contest_hold(const axn_front_points *ours, const axn_front_points *reference,
                            axn_front_metric metric, double least_power, double most_power,
                            axn_contest *out, axn_error *error)
{
    int *indices = NULL, count = reference->count, compared = 0;
    *out = (axn_contest){0};
    axn_status status =
        axn_allocate(&indices, (size_t)reference->count, sizeof *indices, "a front", error);
    if (status == AXN_OK)
        status =
            axn_allocate(&out->row, (size_t)reference->count, sizeof *out->row, "a contest", error);
    if (status == AXN_OK && metric != AXN_FRONT_JOINT)
        count = axn_front_of(reference, metric, indices);
    for (int i = 0; i < count && status == AXN_OK; i++) {
        int k = metric == AXN_FRONT_JOINT ? i : indices[i];
        const axn_front_point *limit = &reference->point[k];
        if (limit->power_ratio < least_power || limit->power_ratio > most_power)
            continue;
        int best = axn_front_cheapest(ours, metric, limit);
        out->row[out->count++] = (axn_contest_row){.reference = k, .ours = best};
        if (best < 0)
            continue;
        out->won += ours->point[best].power_ratio <= limit->power_ratio;
        out->mean_ratio += ours->point[best].power_ratio / limit->power_ratio;
        compared++;
    }
    out->mean_ratio = compared == 0 ? 0 : out->mean_ratio / compared;
    free(indices);
    return status;
}

void axn_contest_free(axn_contest *contest)
{
    free(contest->row);
    *contest = (axn_contest){0};
}
