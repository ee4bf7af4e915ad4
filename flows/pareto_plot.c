#include "flows/pareto_plot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/memory.h"
#include "flows/gnuplot.h"
#include "flows/pareto_table.h"

#define MAX_CLASSES 24 /* multipliers with an entry of their own in the key */

static const int symbols[] = {7, 5, 9}; /* disc, square, triangle */

/* Distinct multipliers in order of their first use. */
static int classify(const axn_archive *archive, const char **names, int *class_of)
{
    int count = 0;
    for (int i = 0; i < archive->count; i++) {
        const axn_candidate *candidate = &archive->records[i];
        class_of[i] = -1;
        if (candidate->outcome != AXN_OUTCOME_OK || candidate->same_as >= 0) {
            continue;
        }
        int k = 0;
        while (k < count && strcmp(names[k], candidate->multiplier) != 0) {
            k++;
        }
        if (k == count && count < MAX_CLASSES) {
            names[count++] = candidate->multiplier;
        }
        class_of[i] = k < MAX_CLASSES ? k : MAX_CLASSES;
    }
    return count;
}

static void add_class(axn_buffer *script, const axn_archive *archive, const int *class_of,
                      int number)
{
    axn_buffer_format(script, "$class%d << EOD\n", number);
    for (int i = 0; i < archive->count; i++) {
        if (class_of[i] == number) {
            axn_buffer_format(script, "%.9g %.6f\n", archive->records[i].energy_uj,
                              100 * archive->records[i].accuracy);
        }
    }
    axn_buffer_text(script, "EOD\n");
}

/* A logarithmic axis just wide enough (gnuplot would go to whole decades). */
static void add_range(axn_buffer *script, const axn_archive *archive, const int *class_of)
{
    double low = 0;
    double high = 0;
    for (int i = 0; i < archive->count; i++) {
        double energy = archive->records[i].energy_uj;
        if (class_of[i] >= 0 && energy > 0) {
            low = low == 0 || energy < low ? energy : low;
            high = energy > high ? energy : high;
        }
    }
    if (low > 0) {
        axn_buffer_format(script, "set logscale x\nset xrange [%.9g:%.9g]\n", low / 1.3,
                          high * 1.3);
    }
}

/* The staircase of the best accuracy up to each energy; points come by ascending energy. */
static axn_status add_front(axn_buffer *script, const axn_run_view *view, int *steps,
                            axn_error *error)
{
    const cJSON *item = NULL;
    double best = -1;
    axn_status status = AXN_OK;
    axn_buffer circles = {0};
    *steps = 0;
    axn_buffer_text(script, "$front << EOD\n");
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(view->pareto, "points"))
    {
        axn_pareto_point point;
        status = axn_pareto_read(item, "pareto.json", &point, error);
        if (status != AXN_OK) {
            break;
        }
        if (point.accuracy > best) {
            best = point.accuracy;
            axn_buffer_format(script, "%.9g %.6f\n", point.energy_uj, 100 * point.accuracy);
            (*steps)++;
        }
        axn_buffer_format(&circles, "%.9g %.6f\n", point.energy_uj, 100 * point.accuracy);
    }
    axn_buffer_format(script, "EOD\n$points << EOD\n%sEOD\n",
                      circles.data != NULL ? circles.data : "");
    axn_buffer_free(&circles);
    return status;
}

static axn_status write_script(const axn_run_view *view, const char *const *names, int classes,
                               const int *class_of, axn_buffer *script, axn_error *error)
{
    int steps = 0;
    axn_gnuplot_head(script, 900, 560);
    axn_buffer_text(script, "set xlabel 'Energy of the multiplications of one image (µJ)'\n"
                            "set ylabel 'Validation accuracy (%)'\n"
                            "set key outside right top noenhanced samplen 1\n"
                            "set offsets graph 0.02, graph 0.02, graph 0.03, graph 0.03\n");
    add_range(script, &view->archive, class_of);
    axn_status status = add_front(script, view, &steps, error);
    for (int k = 0; k <= classes && k <= MAX_CLASSES; k++) {
        add_class(script, &view->archive, class_of, k);
    }
    bool others = false;
    for (int i = 0; i < view->archive.count; i++) {
        others = others || class_of[i] == MAX_CLASSES;
    }
    const char *separator = "plot ";
    if (steps > 0) {
        axn_buffer_text(
            script, "plot $front using 1:2 with steps lw 2 lc rgb '#999999' "
                    "title 'front of the two', $points using 1:2 with points pt 6 ps 1.6 lw 1.5 "
                    "lc rgb '#222222' title 'Pareto set, all objectives'");
        separator = ", ";
    }
    for (int k = 0; k < classes; k++) {
        axn_buffer_format(
            script, "%s$class%d using 1:2 with points pt %d ps 0.9 lc rgb '%s' title ", separator,
            k, symbols[k / AXN_GNUPLOT_COLOURS % 3], axn_gnuplot_colours[k % AXN_GNUPLOT_COLOURS]);
        axn_gnuplot_quote(script, names[k]);
        separator = ", ";
    }
    if (others) {
        axn_buffer_format(script,
                          "%s$class%d using 1:2 with points pt 2 lc rgb '#888888' "
                          "title 'others'",
                          separator, MAX_CLASSES);
    }
    axn_buffer_text(script, "\n");
    if (status == AXN_OK && script->failed) {
        status = axn_fail(error, AXN_ERROR_MEMORY, "out of memory for the plot");
    }
    return status;
}

axn_status axn_pareto_plot(const axn_run_view *view, axn_buffer *svg, axn_error *error)
{
    const char *names[MAX_CLASSES];
    int *class_of = NULL;
    axn_buffer script = {0};
    axn_status status =
        axn_allocate(&class_of, (size_t)view->archive.count, sizeof *class_of, "plot", error);
    if (status != AXN_OK) {
        return status;
    }
    int classes = classify(&view->archive, names, class_of);
    if (classes == 0) {
        status = axn_fail(error, AXN_ERROR_NOT_FOUND,
                          "%s: no candidate is evaluated yet, so there is nothing to draw",
                          view->folder);
    }
    if (status == AXN_OK) {
        status = write_script(view, names, classes, class_of, &script, error);
    }
    if (status == AXN_OK) {
        status = axn_gnuplot_draw(&script, svg, error);
    }
    axn_buffer_free(&script);
    free(class_of);
    return status;
}

axn_status axn_pareto_plot_write(const axn_run_view *view, const char *path, axn_error *error)
{
    axn_buffer svg = {0};
    axn_status status = axn_pareto_plot(view, &svg, error);
    if (status == AXN_OK) {
        status = axn_gnuplot_save(&svg, path, error);
    }
    axn_buffer_free(&svg);
    return status;
}
