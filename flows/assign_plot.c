/* The front beside the uniform assignments as a picture. */
#include "common/memory.h"
#include "flows/assign.h"
#include "flows/gnuplot.h"

static void add_series(const axn_assign_run *run, const axn_assign_point *points, int count,
                       const char *name, axn_buffer *script)
{
    axn_buffer_format(script, "$%s << EOD\n", name);
    for (int i = 0; i < count; i++) {
        axn_buffer_format(script, "%.9g %.6f\n", points[i].energy_uj / run->exact_uj,
                          100.0 * points[i].correct / run->confirm.count);
    }
    axn_buffer_text(script, "EOD\n");
}

axn_status axn_assign_plot(const axn_assign_run *run, const char *path, axn_error *error)
{
    axn_buffer script = {0};
    if (run->point_count == 0 || run->uniform_count == 0) {
        return axn_fail(error, AXN_ERROR_NOT_FOUND,
                        "%s: no assignment loses as little as --max-drop asks for", path);
    }
    axn_gnuplot_head(&script, 900, 520);
    axn_buffer_text(&script, "set xlabel 'Energy of the convolutions, exact multiplier = 1'\n"
                             "set ylabel 'Accuracy on the images chosen by (%)'\n"
                             "set key bottom right noenhanced\n"
                             "set offsets graph 0.02, graph 0.02, graph 0.05, graph 0.05\n");
    add_series(run, run->points, run->point_count, "front", &script);
    add_series(run, run->uniform, run->uniform_count, "uniform", &script);
    axn_buffer_format(&script, "given = %.6f\n", 100.0 * run->given_correct / run->confirm.count);
    axn_buffer_text(&script, "plot given with lines dt 2 lc rgb '#444444' title 'model as given', "
                             "$front using 1:2 with steps lw 2 lc rgb '#999999' notitle, "
                             "$front using 1:2 with points pt 7 ps 0.8 lc rgb '#0072b2' "
                             "title 'layer by layer', "
                             "$uniform using 1:2 with points pt 5 ps 1 lc rgb '#e69f00' "
                             "title 'one multiplier everywhere'\n");
    axn_status status = axn_gnuplot_write(&script, path, error);
    axn_buffer_free(&script);
    return status;
}
