/* Fronts of power against an error metric, and the contest with a reference: published
 * circuits or another library. */
#ifndef AXN_MULTIPLIERS_FRONT_H
#define AXN_MULTIPLIERS_FRONT_H

#include "multipliers/library.h"

typedef enum axn_front_metric {
    AXN_FRONT_MAE,
    AXN_FRONT_MRE,
    AXN_FRONT_WCE,
    AXN_FRONT_METRICS,
    AXN_FRONT_JOINT = AXN_FRONT_METRICS /* all three at once; for contests only */
} axn_front_metric;

/* A circuit as a point: cost and errors alone. */
typedef struct axn_front_point {
    char name[AXN_MULTIPLIER_NAME];
    double power_ratio;              /* to the exact circuit of its own library */
    double error[AXN_FRONT_METRICS]; /* mae, mre (fraction), wce */
} axn_front_point;

typedef struct axn_front_points {
    axn_front_point *point; /* owned; free with axn_front_points_free */
    int count;
} axn_front_points;

/* "mae", "mre", "wce", "joint". */
const char *axn_front_metric_name(axn_front_metric metric);

/* A library's circuits in its order. */
axn_status axn_front_points_of(const axn_library *library, axn_front_points *out, axn_error *error);
/* A CSV file with the header "name,power_ratio,mae,mre_percent,wce"; lines that start with
 * '#' are comments. AXN_ERROR_FORMAT names file and line. */
axn_status axn_front_points_read(const char *path, axn_front_points *out, axn_error *error);
void axn_front_points_free(axn_front_points *points);

/* Indices of the non-dominated points (no other has no more of both, and less of one; of
 * equal ones the first) by ascending power; indices[points->count] provided by the
 * caller. Returns their number. */
int axn_front_of(const axn_front_points *points, axn_front_metric metric, int *indices);

/* Index of the cheapest point with no more error than `limit`, -1 if there is none;
 * metric may be AXN_FRONT_JOINT. */
int axn_front_cheapest(const axn_front_points *points, axn_front_metric metric,
                       const axn_front_point *limit);

/* For every reference point between two power ratios (of a single metric: on the
 * reference's front): the cheapest of ours with no more error. */
typedef struct axn_contest_row {
    int reference, ours; /* indices; ours -1: no circuit of ours is as precise */
} axn_contest_row;

typedef struct axn_contest {
    axn_contest_row *row; /* owned; free with axn_contest_free */
    int count;
    int won;           /* rows with no more power */
    double mean_ratio; /* of our power / the reference's, over the rows with ours; 0 if none */
} axn_contest;

axn_status axn_contest_hold(const axn_front_points *ours, const axn_front_points *reference,
                            axn_front_metric metric, double least_power, double most_power,
                            axn_contest *out, axn_error *error);
void axn_contest_free(axn_contest *contest);

#endif
