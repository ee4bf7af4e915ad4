/* Reference points from a CSV file. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/file.h"
#include "common/memory.h"
#include "multipliers/front.h"

#define HEADER "name,power_ratio,mae,mre_percent,wce"
#define FIELDS 5
#define MAX_BYTES ((size_t)4 << 20)

/* Splits at commas in place; returns the number of fields, at most FIELDS + 1. */
static int split(char *line, char **fields)
{
    int count = 0;
    for (char *at = line; at != NULL && count <= FIELDS; count++) {
        char *comma = strchr(at, ',');
        if (count < FIELDS)
            fields[count] = at;
        if (comma != NULL)
            *comma++ = '\0';
        at = comma;
    }
    return count;
}

static bool read_number(const char *text, double *out)
{
    char *end = NULL;
    *out = strtod(text, &end);
    return end != text && *end == '\0' && isfinite(*out) && *out >= 0;
}

/* Anything printable, without what has a meaning to a plotting program. */
static bool good_name(const char *text)
{
    size_t length = strlen(text);
    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)text[i]) && strchr(" _-.+", text[i]) == NULL)
            return false;
    return length > 0 && length < AXN_MULTIPLIER_NAME;
}

static bool read_point(char *line, axn_front_point *out)
{
    char *fields[FIELDS];
    double percent = 0;
    if (split(line, fields) != FIELDS || !good_name(fields[0]) ||
        !read_number(fields[1], &out->power_ratio) ||
        !read_number(fields[2], &out->error[AXN_FRONT_MAE]) || !read_number(fields[3], &percent) ||
        !read_number(fields[4], &out->error[AXN_FRONT_WCE]))
        return false;
    snprintf(out->name, sizeof out->name, "%s", fields[0]);
    out->error[AXN_FRONT_MRE] = percent / 100;
    return true;
}

static axn_status read_lines(const char *path, char *text, axn_front_points *out, axn_error *error)
{
    size_t capacity = 0;
    bool headed = false;
    int number = 0;
    for (char *line = text, *next; line != NULL; line = next) {
        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        line[strcspn(line, "\r")] = '\0';
        number++;
        if (line[0] == '#' || line[0] == '\0')
            continue;
        if (!headed) {
            if (strcmp(line, HEADER) != 0)
                return axn_fail(error, AXN_ERROR_FORMAT, "%s, line %d: the header must be %s", path,
                                number, HEADER);
            headed = true;
            continue;
        }
        axn_status status = axn_grow(&out->point, &capacity, (size_t)out->count + 1,
                                     sizeof *out->point, "reference points", error);
        if (status != AXN_OK)
            return status;
        if (!read_point(line, &out->point[out->count]))
            return axn_fail(error, AXN_ERROR_FORMAT,
                            "%s, line %d: not a name and four numbers of at least 0 as in %s", path,
                            number, HEADER);
        out->count++;
    }
    return out->count > 0 ? AXN_OK : axn_fail(error, AXN_ERROR_FORMAT, "%s: holds no points", path);
}

axn_status axn_front_points_read(const char *path, axn_front_points *out, axn_error *error)
{
    axn_buffer text = {0};
    *out = (axn_front_points){0};
    axn_status status = axn_file_read(path, MAX_BYTES, &text, error);
    if (status == AXN_OK && text.length == 0)
        status = axn_fail(error, AXN_ERROR_FORMAT, "%s: holds no points", path);
    if (status == AXN_OK && memchr(text.data, '\0', text.length) != NULL)
        status = axn_fail(error, AXN_ERROR_FORMAT, "%s: is not a text file", path);
    if (status == AXN_OK)
        status = read_lines(path, text.data, out, error);
    axn_buffer_free(&text);
    if (status != AXN_OK)
        axn_front_points_free(out);
    return status;
}
