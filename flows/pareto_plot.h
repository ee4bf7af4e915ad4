/* Pareto plot of a search as SVG: energy against accuracy, multipliers coloured, the
 * front drawn. Made by gnuplot, as a child process. */
#ifndef AXN_FLOWS_PARETO_PLOT_H
#define AXN_FLOWS_PARETO_PLOT_H

#include "common/buffer.h"
#include "flows/run_view.h"

/* Appends one <svg> element (with its XML declaration removed). Equal runs give equal
 * bytes. AXN_ERROR_TOOL when gnuplot is missing. */
axn_status axn_pareto_plot(const axn_run_view *view, axn_buffer *svg, axn_error *error);

/* The same into a file of its own. */
axn_status axn_pareto_plot_write(const axn_run_view *view, const char *path, axn_error *error);

#endif
