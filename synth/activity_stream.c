#include "synth/activity_stream.h"

#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

#define MAX_WIDTH 65536
#define MAX_COLUMNS 4096

static axn_status fail(const axn_stream *stream, axn_error *error, const char *what,
                       const char *name)
{
    return axn_fail(error, AXN_ERROR_FORMAT, "%s:%ld: %s%s", stream->path, stream->line, what,
                    name);
}

static axn_status add_column(axn_stream *stream, const axn_netlist *netlist, char *word,
                             size_t *capacity, axn_error *error)
{
    char *colon = strchr(word, ':'), *end;
    if (colon == NULL)
        return fail(stream, error, "a column is NAME:WIDTH, not ", word);
    *colon = '\0';
    long width = strtol(colon + 1, &end, 10);
    if (end == colon + 1 || *end != '\0' || width < 1 || width > MAX_WIDTH)
        return fail(stream, error, "bad width of column ", word);
    const axn_port *port = axn_netlist_port(netlist, word);
    bool count = strcmp(word, "@count") == 0;
    if (port == NULL && !count && strcmp(word, "@check") != 0)
        return fail(stream, error, "the module has no port ", word);
    if (width != (port != NULL ? port->width : 1))
        return fail(stream, error, "the module's port has another width: ", word);
    for (int i = 0; i < stream->column_count; i++)
        if (stream->columns[i].port == port && stream->columns[i].count == count)
            return fail(stream, error, "column given twice: ", word);
    if (stream->column_count == MAX_COLUMNS)
        return fail(stream, error, "too many columns", "");
    axn_status status = axn_grow(&stream->columns, capacity, (size_t)stream->column_count + 1,
                                 sizeof *stream->columns, "stream columns", error);
    if (status != AXN_OK)
        return status;
    axn_stream_column *column = &stream->columns[stream->column_count++];
    *column = (axn_stream_column){.port = port, .count = count, .width = (int)width};
    return axn_allocate(&column->bits, (size_t)width, 1, "stream values", error);
}

static axn_status read_line(axn_stream *stream, bool *ended, axn_error *error)
{
    ssize_t length = getline(&stream->text, &stream->capacity, stream->file);
    *ended = length < 0;
    if (length < 0)
        return ferror(stream->file) ? axn_fail_errno(error, AXN_ERROR_IO, "%s", stream->path)
                                    : AXN_OK;
    stream->line++;
    return AXN_OK;
}

static axn_status check_inputs(const axn_stream *stream, const axn_netlist *netlist,
                               const axn_port *clock, axn_error *error)
{
    for (int i = 0; i < netlist->port_count; i++) {
        const axn_port *port = &netlist->ports[i];
        bool found = port->output || port == clock;
        for (int c = 0; c < stream->column_count && !found; c++)
            found = stream->columns[c].port == port;
        if (!found)
            return fail(stream, error, "no column for input port ", port->name);
    }
    for (int c = 0; c < stream->column_count; c++)
        if (clock != NULL && stream->columns[c].port == clock)
            return fail(stream, error, "the clock is not a column: ", clock->name);
    return AXN_OK;
}

axn_status axn_stream_open(const char *path, const axn_netlist *netlist, const axn_port *clock,
                           axn_stream *out, axn_error *error)
{
    size_t capacity = 0;
    bool ended = true;
    *out = (axn_stream){.path = path, .check = true, .count = true, .file = fopen(path, "re")};
    if (out->file == NULL)
        return axn_fail_errno(error, AXN_ERROR_IO, "%s", path);
    axn_status status = read_line(out, &ended, error);
    if (status == AXN_OK && ended)
        status = fail(out, error, "empty stream", "");
    char *save = NULL;
    for (char *word = ended ? NULL : strtok_r(out->text, " \t\r\n", &save);
         status == AXN_OK && word != NULL; word = strtok_r(NULL, " \t\r\n", &save))
        status = add_column(out, netlist, word, &capacity, error);
    if (status == AXN_OK)
        status = check_inputs(out, netlist, clock, error);
    if (status != AXN_OK)
        axn_stream_close(out);
    return status;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Sets the column's bits from hex digits; false if they are none or do not fit. */
static bool read_value(axn_stream_column *column, const char *text, size_t length)
{
    column->unknown = false;
    for (size_t i = 0; i < length; i++)
        if (text[i] == 'x' || text[i] == 'X' || text[i] == 'z' || text[i] == 'Z')
            column->unknown = true;
    if (column->unknown)
        return column->port != NULL && column->port->output;
    int bit = 0;
    for (size_t i = length; i-- > 0;) {
        int digit = hex_digit(text[i]);
        if (digit < 0)
            return false;
        for (int k = 0; k < 4; k++, bit++) {
            if (bit < column->width)
                column->bits[bit] = (uint8_t)((digit >> k) & 1);
            else if ((digit >> k) & 1)
                return false;
        }
    }
    for (; bit < column->width; bit++)
        column->bits[bit] = 0;
    return length > 0;
}

axn_status axn_stream_next(axn_stream *stream, bool *ended, axn_error *error)
{
    axn_status status = read_line(stream, ended, error);
    if (status != AXN_OK || *ended)
        return status;
    const char *at = stream->text;
    for (int c = 0; c < stream->column_count; c++) {
        axn_stream_column *column = &stream->columns[c];
        at += strspn(at, " \t");
        size_t length = strcspn(at, " \t\r\n");
        if (!read_value(column, at, length))
            return fail(stream, error, "missing or bad value of ",
                        column->port != NULL ? column->port->name
                                             : (column->count ? "@count" : "@check"));
        if (column->port == NULL && column->count)
            stream->count = column->bits[0] != 0;
        else if (column->port == NULL)
            stream->check = column->bits[0] != 0;
        at += length;
    }
    if (at[strspn(at, " \t\r\n")] != '\0')
        return fail(stream, error, "more values than columns", "");
    return AXN_OK;
}

void axn_stream_close(axn_stream *stream)
{
    if (stream->file != NULL)
        (void)fclose(stream->file);
    for (int c = 0; c < stream->column_count; c++)
        free(stream->columns[c].bits);
    free(stream->columns);
    free(stream->text);
    *stream = (axn_stream){0};
}
