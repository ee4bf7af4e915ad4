/* Selection of NSGA-II (Deb et al. 2002): fronts, crowding distance, and the
 * hypervolume of a front. All objectives are minimised. */
#ifndef AXN_NAS_NSGA2_H
#define AXN_NAS_NSGA2_H

#include <stdint.h>

#include "common/error.h"

#define AXN_MAX_OBJECTIVES 6

typedef struct axn_point {
    int64_t id;                       /* breaks ties: the lower one is preferred */
    uint64_t key;                     /* points of one key are duplicates of each other */
    double value[AXN_MAX_OBJECTIVES]; /* minimised; NaN counts as infinity */
} axn_point;

typedef enum axn_crowding {
    AXN_CROWDING_WORST_FIRST, /* drop the most crowded point, compute anew, and so on */
    AXN_CROWDING_ONE_SHOT     /* the original: distances computed once */
} axn_crowding;

/* front[i] = number of the front of points[i], 0 the best; *fronts = how many. */
axn_status axn_nsga2_fronts(const axn_point *points, int count, int objectives, int *front,
                            int *fronts, axn_error *error);

/* distance[i] of points[members[i]]: per objective the gap between its two neighbours over
 * the front's range; infinite for the lowest-id extreme of each objective. An objective
 * of zero (or infinite) range adds nothing. */
axn_status axn_nsga2_crowding(const axn_point *points, const int *members, int count,
                              int objectives, double *distance, axn_error *error);

/* Chooses at most `keep` points: of duplicates only the lowest id stays, then whole
 * fronts enter, the last one cut by crowding. chosen[keep] receives indices by
 * ascending id, *chosen_count their number (less than keep only if there are fewer
 * distinct points). */
axn_status axn_nsga2_select(const axn_point *points, int count, int objectives, int keep,
                            axn_crowding crowding, int *chosen, int *chosen_count,
                            axn_error *error);

/* Volume dominated by the points within the box below reference[objectives]; points
 * outside of the box add nothing. Exact, by slicing objectives. */
axn_status axn_hypervolume(const axn_point *points, int count, int objectives,
                           const double *reference, double *out, axn_error *error);

#endif
