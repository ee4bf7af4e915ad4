#include "nas/nsga2.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

static double value_of(const axn_point *point, int objective)
{
    double value = point->value[objective];
    return isnan(value) ? INFINITY : value;
}

static bool dominates(const axn_point *one, const axn_point *other, int objectives)
{
    bool better = false;
    for (int k = 0; k < objectives; k++) {
        if (value_of(one, k) > value_of(other, k)) {
            return false;
        }
        better = better || value_of(one, k) < value_of(other, k);
    }
    return better;
}

/* Peels fronts off the points with front[i] == -1; others (front[i] == -2) are left out. */
static int peel(const axn_point *points, int count, int objectives, int *front)
{
    int number = 0;
    for (bool left = true; left; number++) {
        left = false;
        for (int i = 0; i < count; i++) {
            bool dominated = front[i] != -1;
            for (int j = 0; j < count && !dominated; j++) {
                bool rival = front[j] == -1 || front[j] == number;
                dominated = rival && dominates(&points[j], &points[i], objectives);
            }
            if (!dominated) {
                front[i] = number;
                left = true;
            }
        }
    }
    return number - 1;
}

axn_status axn_nsga2_fronts(const axn_point *points, int count, int objectives, int *front,
                            int *fronts, axn_error *error)
{
    if (objectives < 1 || objectives > AXN_MAX_OBJECTIVES) {
        return axn_fail(error, AXN_ERROR_LIMIT, "%d objectives, 1 to %d are possible", objectives,
                        AXN_MAX_OBJECTIVES);
    }
    for (int i = 0; i < count; i++) {
        front[i] = -1;
    }
    *fronts = peel(points, count, objectives, front);
    return AXN_OK;
}

/* What qsort_r needs to order indices by one objective; -1 orders by id alone. */
typedef struct order {
    const axn_point *points;
    int objective;
} order;

static int compare(const void *one, const void *other, void *context)
{
    const order *by = context;
    const axn_point *a = &by->points[*(const int *)one];
    const axn_point *b = &by->points[*(const int *)other];
    if (by->objective >= 0) {
        double x = value_of(a, by->objective);
        double y = value_of(b, by->objective);
        if (x != y) {
            return x < y ? -1 : 1;
        }
    }
    return a->id < b->id ? -1 : a->id > b->id;
}

/* Adds one objective's share; sorted[count] holds positions into members, which the
 * caller has in scratch. */
static void add_gaps(const axn_point *points, const int *members, int count, int objective,
                     int *sorted, int *position, double *distance)
{
    order by = {points, objective};
    memcpy(sorted, members, (size_t)count * sizeof *sorted);
    qsort_r(sorted, (size_t)count, sizeof *sorted, compare, &by);
    double low = value_of(&points[sorted[0]], objective);
    double high = value_of(&points[sorted[count - 1]], objective);
    double range = high - low;
    if (!(range > 0) || !isfinite(range)) {
        return;
    }
    /* Among equal highest points the one of lowest id is the extreme: move it last. */
    int extreme = count - 1;
    while (value_of(&points[sorted[extreme - 1]], objective) == high) {
        extreme--;
    }
    int moved = sorted[extreme];
    memmove(&sorted[extreme], &sorted[extreme + 1], (size_t)(count - 1 - extreme) * sizeof *sorted);
    sorted[count - 1] = moved;
    for (int i = 0; i < count; i++) {
        double gap = INFINITY;
        if (i > 0 && i < count - 1) {
            gap = (value_of(&points[sorted[i + 1]], objective) -
                   value_of(&points[sorted[i - 1]], objective)) /
                  range;
        }
        distance[position[sorted[i]]] += gap;
    }
}

static int index_limit(const int *members, int count)
{
    int limit = 0;
    for (int i = 0; i < count; i++) {
        limit = members[i] >= limit ? members[i] + 1 : limit;
    }
    return limit;
}

axn_status axn_nsga2_crowding(const axn_point *points, const int *members, int count,
                              int objectives, double *distance, axn_error *error)
{
    int *sorted = NULL;
    int *position = NULL; /* of a point in members */
    axn_status status =
        axn_allocate(&sorted, (size_t)count, sizeof *sorted, "crowding distance", error);
    if (status == AXN_OK) {
        status = axn_allocate(&position, (size_t)index_limit(members, count), sizeof *position,
                              "crowding distance", error);
    }
    if (status == AXN_OK) {
        for (int i = 0; i < count; i++) {
            position[members[i]] = i;
            distance[i] = 0;
        }
        for (int k = 0; k < objectives && count > 0; k++) {
            add_gaps(points, members, count, k, sorted, position, distance);
        }
    }
    free(sorted);
    free(position);
    return status;
}

/* Position of the most crowded member; of ties the one of highest id. */
static int most_crowded(const axn_point *points, const int *members, int count,
                        const double *distance)
{
    int worst = 0;
    for (int i = 1; i < count; i++) {
        if (distance[i] < distance[worst] ||
            (distance[i] == distance[worst] && points[members[i]].id > points[members[worst]].id)) {
            worst = i;
        }
    }
    return worst;
}

/* Removes members (in place) until `keep` are left. */
static axn_status reduce(const axn_point *points, int *members, int count, int objectives, int keep,
                         axn_crowding crowding, axn_error *error)
{
    double *distance = NULL;
    axn_status status =
        axn_allocate(&distance, (size_t)count, sizeof *distance, "crowding distance", error);
    if (status == AXN_OK) {
        status = axn_nsga2_crowding(points, members, count, objectives, distance, error);
    }
    while (status == AXN_OK && count > keep) {
        int worst = most_crowded(points, members, count, distance);
        count--;
        memmove(&members[worst], &members[worst + 1], (size_t)(count - worst) * sizeof *members);
        memmove(&distance[worst], &distance[worst + 1], (size_t)(count - worst) * sizeof *distance);
        if (crowding == AXN_CROWDING_WORST_FIRST) {
            status = axn_nsga2_crowding(points, members, count, objectives, distance, error);
        }
    }
    free(distance);
    return status;
}

/* Takes all but the lowest id of each key out of the running (front = -2). */
static void drop_duplicates(const axn_point *points, int count, int *front)
{
    for (int i = 0; i < count; i++) {
        front[i] = -1;
        for (int j = 0; j < count && front[i] == -1; j++) {
            bool earlier = points[j].id < points[i].id || (j < i && points[j].id == points[i].id);
            front[i] = earlier && points[j].key == points[i].key ? -2 : -1;
        }
    }
}

static axn_status fill(const axn_point *points, int count, int objectives, int keep,
                       axn_crowding crowding, const int *front, int fronts, int *members,
                       int *chosen, int *chosen_count, axn_error *error)
{
    axn_status status = AXN_OK;
    int filled = 0;
    for (int number = 0; number < fronts && filled < keep && status == AXN_OK; number++) {
        int size = 0;
        for (int i = 0; i < count; i++) {
            if (front[i] == number) {
                members[size++] = i;
            }
        }
        if (size > keep - filled) {
            status = reduce(points, members, size, objectives, keep - filled, crowding, error);
            size = keep - filled;
        }
        memcpy(&chosen[filled], members, (size_t)size * sizeof *chosen);
        filled += size;
    }
    order by = {points, -1};
    qsort_r(chosen, (size_t)filled, sizeof *chosen, compare, &by);
    *chosen_count = filled;
    return status;
}

axn_status axn_nsga2_select(const axn_point *points, int count, int objectives, int keep,
                            axn_crowding crowding, int *chosen, int *chosen_count, axn_error *error)
{
    int *front = NULL;
    int *members = NULL;
    *chosen_count = 0;
    axn_status status = axn_allocate(&front, (size_t)count, sizeof *front, "selection", error);
    if (status == AXN_OK) {
        status = axn_allocate(&members, (size_t)count, sizeof *members, "selection", error);
    }
    if (status == AXN_OK) {
        drop_duplicates(points, count, front);
        int fronts = peel(points, count, objectives, front);
        status = fill(points, count, objectives, keep, crowding, front, fronts, members, chosen,
                      chosen_count, error);
    }
    free(front);
    free(members);
    return status;
}
