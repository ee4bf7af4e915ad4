/* Pictures by gnuplot, as a child process. */
#ifndef AXN_FLOWS_GNUPLOT_H
#define AXN_FLOWS_GNUPLOT_H

#include "common/buffer.h"
#include "common/error.h"

/* Colours that stay apart for colour-blind readers (after Okabe and Ito 2008). */
#define AXN_GNUPLOT_COLOURS 8
extern const char *const axn_gnuplot_colours[AXN_GNUPLOT_COLOURS];

/* Appends the common head: an SVG of that size, grid, tics, and the output file that
 * axn_gnuplot_draw takes. */
void axn_gnuplot_head(axn_buffer *script, int width, int height);
/* Appends text as a single-quoted string; whatever is not a letter, a digit or one of
 * " _-.,()%<>=/+" becomes '?'. */
void axn_gnuplot_quote(axn_buffer *script, const char *text);

/* Runs the script and appends one <svg> element (its XML declaration removed).
 * AXN_ERROR_TOOL when gnuplot is missing or fails. Equal scripts give equal bytes. */
axn_status axn_gnuplot_draw(const axn_buffer *script, axn_buffer *svg, axn_error *error);
/* The same into a file. */
axn_status axn_gnuplot_write(const axn_buffer *script, const char *path, axn_error *error);

/* Writes a drawing to `path`. */
axn_status axn_gnuplot_save(const axn_buffer *svg, const char *path, axn_error *error);

#endif
