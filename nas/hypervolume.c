/* Hypervolume by slicing objectives (Knowles 2002; While et al. 2006): the points are
 * swept along the last objective, and each slab between two of them is the volume, one
 * objective less, of the points met so far. */
#include <math.h>
#include <stdlib.h>

#include "common/memory.h"
#include "nas/nsga2.h"

typedef struct sweep {
    const double *reference;
    int count;                /* capacity of one level of `levels` */
    const axn_point **levels; /* [AXN_MAX_OBJECTIVES][count] */
} sweep;

static int by_objective(const void *one, const void *other, void *context)
{
    int objective = *(const int *)context;
    double a = (*(const axn_point *const *)one)->value[objective];
    double b = (*(const axn_point *const *)other)->value[objective];
    return a < b ? -1 : a > b;
}

/* Area of points sorted by ascending value[1]. */
static double area(const axn_point *const *points, int count, const double *reference)
{
    double sum = 0;
    double least = reference[0];
    for (int i = 0; i < count; i++) {
        double x = points[i]->value[0];
        if (x < least) {
            sum += (least - x) * (reference[1] - points[i]->value[1]);
            least = x;
        }
    }
    return sum;
}

/* Volume of level[objectives-1][0..count-1]; depth is at most AXN_MAX_OBJECTIVES. */
static double volume(const sweep *s, int objectives, int count)
{ // NOLINT(misc-no-recursion)
    const axn_point **points = &s->levels[(objectives - 1) * s->count];
    int last = objectives - 1;
    qsort_r(points, (size_t)count, sizeof(const axn_point *), by_objective, &last);
    if (objectives == 1) {
        return count > 0 ? s->reference[0] - points[0]->value[0] : 0;
    }
    if (objectives == 2) {
        return area(points, count, s->reference);
    }
    double sum = 0;
    for (int i = 0; i < count; i++) {
        double top = i + 1 < count ? points[i + 1]->value[last] : s->reference[last];
        double height = top - points[i]->value[last];
        if (height > 0) {
            for (int k = 0; k <= i; k++) {
                s->levels[(objectives - 2) * s->count + k] = points[k];
            }
            sum += height * volume(s, objectives - 1, i + 1);
        }
    }
    return sum;
}

axn_status axn_hypervolume(const axn_point *points, int count, int objectives,
                           const double *reference, double *out, axn_error *error)
{
    sweep s = {.reference = reference, .count = count};
    if (objectives < 1 || objectives > AXN_MAX_OBJECTIVES) {
        return axn_fail(error, AXN_ERROR_LIMIT, "%d objectives, 1 to %d are possible", objectives,
                        AXN_MAX_OBJECTIVES);
    }
    axn_status status = axn_allocate(&s.levels, (size_t)count * AXN_MAX_OBJECTIVES,
                                     sizeof(const axn_point *), "hypervolume", error);
    if (status != AXN_OK) {
        return status;
    }
    int inside = 0;
    for (int i = 0; i < count; i++) {
        int below = 0;
        for (int k = 0; k < objectives; k++) {
            below += points[i].value[k] < reference[k] && isfinite(points[i].value[k]) ? 1 : 0;
        }
        if (below == objectives) {
            s.levels[(objectives - 1) * count + inside++] = &points[i];
        }
    }
    *out = volume(&s, objectives, inside);
    free(s.levels);
    return AXN_OK;
}
