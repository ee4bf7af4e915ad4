/* Inside axn_activity_simulate: one recorded stream (format in synth/activity.h). */
#ifndef AXN_SYNTH_ACTIVITY_STREAM_H
#define AXN_SYNTH_ACTIVITY_STREAM_H

#include <stdio.h>

#include "synth/netlist.h"

typedef struct axn_stream_column {
    const axn_port *port; /* NULL for @check and @count */
    bool count;           /* this is @count */
    int width;
    uint8_t *bits; /* [width], of the current line */
    bool unknown;  /* the current value is x */
} axn_stream_column;

typedef struct axn_stream {
    const char *path;
    FILE *file;
    long line; /* of the file, from 1 */
    axn_stream_column *columns;
    int column_count;
    bool check, count; /* @check, @count on the current line; true without that column */
    char *text;        /* of the current line */
    size_t capacity;
} axn_stream;

/* Opens a stream of the netlist's ports. Every input port but `clock` (may be NULL)
 * must be a column. */
axn_status axn_stream_open(const char *path, const axn_netlist *netlist, const axn_port *clock,
                           axn_stream *out, axn_error *error);
/* Reads the next cycle; *ended at the end of the file. */
axn_status axn_stream_next(axn_stream *stream, bool *ended, axn_error *error);
void axn_stream_close(axn_stream *stream);

#endif
