#include "flows/front_plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "flows/gnuplot.h"

#define MAX_FAMILIES 24 /* with an entry of their own in the key */

static const int symbols[] = {7, 5, 9}; /* disc, square, triangle */

/* What is drawn, in the order of drawing. */
typedef struct drawing {
    const axn_library *library;
    const axn_front_points *points, *reference;
    axn_front_metric metric;
    int *front; /* indices of points */
    int front_count;
    int *reference_front;
    int reference_count;
    const char *families[MAX_FAMILIES];
    int family_count;
    bool shown[MAX_FAMILIES + 1]; /* has a point on the front */
} drawing;

static double shown_error(const axn_front_point *point, axn_front_metric metric)
{
    return metric == AXN_FRONT_MRE ? 100 * point->error[metric] : point->error[metric];
}

static void add_point(axn_buffer *script, const axn_front_point *point, axn_front_metric metric)
{
    if (point->error[metric] > 0 && point->power_ratio > 0)
        axn_buffer_format(script, "%.9g %.9g\n", point->power_ratio, shown_error(point, metric));
}

static void add_block(axn_buffer *script, const char *name, const axn_front_points *points,
                      const int *indices, int count, axn_front_metric metric)
{
    axn_buffer_format(script, "$%s << EOD\n", name);
    for (int i = 0; i < count; i++)
        add_point(script, &points->point[indices == NULL ? i : indices[i]], metric);
    axn_buffer_text(script, "EOD\n");
}

/* Family number of a point of the front; MAX_FAMILIES for those without an own entry. */
static int family_of(const drawing *d, int index)
{
    for (int k = 0; k < d->family_count; k++)
        if (strcmp(d->families[k], d->library->multipliers[index].family) == 0)
            return k;
    return MAX_FAMILIES;
}

/* All families of the library, so that each has one colour in every picture; the key
 * shows those on the front. */
static void list_families(drawing *d)
{
    for (int i = 0; i < d->library->count && d->family_count < MAX_FAMILIES; i++)
        if (family_of(d, i) == MAX_FAMILIES)
            d->families[d->family_count++] = d->library->multipliers[i].family;
    for (int i = 0; i < d->front_count; i++)
        if (d->points->point[d->front[i]].error[d->metric] > 0)
            d->shown[family_of(d, d->front[i])] = true;
}

static void add_families(const drawing *d, axn_buffer *script)
{
    for (int k = 0; k <= MAX_FAMILIES; k++) {
        axn_buffer_format(script, "$family%d << EOD\n", k);
        for (int i = 0; i < d->front_count; i++)
            if (family_of(d, d->front[i]) == k)
                add_point(script, &d->points->point[d->front[i]], d->metric);
        axn_buffer_text(script, "EOD\n");
    }
}

static void add_lite(const drawing *d, axn_buffer *script)
{
    axn_buffer_text(script, "$lite << EOD\n");
    for (int i = 0; i < d->library->count; i++)
        if (d->library->multipliers[i].lite)
            add_point(script, &d->points->point[i], d->metric);
    axn_buffer_text(script, "EOD\n");
}

static bool any_positive(const axn_front_points *points, const int *indices, int count,
                         axn_front_metric metric)
{
    for (int i = 0; i < count; i++)
        if (points->point[indices[i]].error[metric] > 0 &&
            points->point[indices[i]].power_ratio > 0)
            return true;
    return false;
}

static void add_plot(const drawing *d, const char *reference_name, axn_buffer *script)
{
    bool lite = false;
    for (int i = 0; i < d->library->count; i++)
        lite =
            lite || (d->library->multipliers[i].lite && d->points->point[i].error[d->metric] > 0);
    axn_buffer_text(script, "plot $all using 1:2 with points pt 7 ps 0.3 lc rgb '#aaaaaa' "
                            "title 'the library'");
    if (any_positive(d->reference, d->reference_front, d->reference_count, d->metric)) {
        axn_buffer_text(script, ", $reference using 1:2 with steps lw 1.5 dt 2 lc rgb '#d00000' "
                                "notitle, $reference using 1:2 with points pt 2 ps 0.9 lw 2 "
                                "lc rgb '#d00000' title ");
        axn_gnuplot_quote(script, reference_name);
    }
    axn_buffer_text(script, ", $front using 1:2 with steps lw 1.5 lc rgb '#777777' "
                            "title 'front of the library'");
    for (int k = 0; k < d->family_count; k++) {
        if (!d->shown[k])
            continue;
        axn_buffer_format(
            script, ", $family%d using 1:2 with points pt %d ps 0.8 lc rgb '%s' title ", k,
            symbols[k / AXN_GNUPLOT_COLOURS % 3], axn_gnuplot_colours[k % AXN_GNUPLOT_COLOURS]);
        axn_gnuplot_quote(script, d->families[k]);
    }
    if (d->shown[MAX_FAMILIES])
        axn_buffer_format(script,
                          ", $family%d using 1:2 with points pt 7 ps 0.8 lc rgb '#000000' "
                          "title 'other families'",
                          MAX_FAMILIES);
    if (lite)
        axn_buffer_text(script, ", $lite using 1:2 with points pt 6 ps 1.6 lw 1.2 "
                                "lc rgb '#222222' title 'lite set'");
    axn_buffer_text(script, "\n");
}

/* Axes just wide enough (gnuplot would go to whole decades). */
static void add_ranges(const drawing *d, axn_buffer *script)
{
    double power = 1, least = HUGE_VAL, most = 0;
    for (int i = 0; i < d->points->count + d->reference_count; i++) {
        const axn_front_point *point =
            i < d->points->count ? &d->points->point[i]
                                 : &d->reference->point[d->reference_front[i - d->points->count]];
        double error = shown_error(point, d->metric);
        if (point->power_ratio <= 0 || error <= 0)
            continue;
        power = fmin(power, point->power_ratio);
        least = fmin(least, error);
        most = fmax(most, error);
    }
    axn_buffer_format(script, "set xrange [%.6g:1.15]\nset yrange [%.6g:%.6g]\n", power / 1.15,
                      least / 1.5, most * 1.5);
}

static void write_script(const drawing *d, const char *reference_name, axn_buffer *script)
{
    static const char *const labels[] = {"Mean absolute error (MAE)",
                                         "Mean relative error (MRE, %)", "Worst-case error (WCE)"};
    axn_gnuplot_head(script, 900, 620);
    axn_buffer_format(script,
                      "set logscale xy\n"
                      "set xlabel 'Power / power of the exact multiplier'\n"
                      "set ylabel '%s'\n"
                      "set xtics (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, "
                      "0.7, 1)\n"
                      "set format y '%%g'\n"
                      "set key inside left bottom Left reverse noenhanced samplen 2 opaque\n",
                      labels[d->metric]);
    add_ranges(d, script);
    add_block(script, "all", d->points, NULL, d->points->count, d->metric);
    add_block(script, "front", d->points, d->front, d->front_count, d->metric);
    add_block(script, "reference", d->reference, d->reference_front, d->reference_count, d->metric);
    add_families(d, script);
    add_lite(d, script);
    add_plot(d, reference_name, script);
}

axn_status axn_front_plot_write(const axn_library *library, const axn_front_points *points,
                                const axn_front_points *reference, const char *reference_name,
                                axn_front_metric metric, const char *path, axn_error *error)
{
    static const axn_front_points none = {0};
    drawing d = {.library = library, .points = points, .metric = metric};
    axn_buffer script = {0};
    d.reference = reference == NULL ? &none : reference;
    axn_status status =
        axn_allocate(&d.front, (size_t)points->count, sizeof *d.front, "a front", error);
    if (status == AXN_OK)
        status = axn_allocate(&d.reference_front, (size_t)d.reference->count,
                              sizeof *d.reference_front, "a front", error);
    if (status == AXN_OK) {
        d.front_count = axn_front_of(points, metric, d.front);
        d.reference_count = axn_front_of(d.reference, metric, d.reference_front);
        list_families(&d);
        if (!any_positive(points, d.front, d.front_count, metric))
            status = axn_fail(error, AXN_ERROR_NOT_FOUND,
                              "the library holds no circuit with an error, so there is nothing to "
                              "draw");
    }
    if (status == AXN_OK) {
        write_script(&d, reference_name, &script);
        status = axn_gnuplot_write(&script, path, error);
    }
    axn_buffer_free(&script);
    free(d.front);
    free(d.reference_front);
    return status;
}
