#include "nas/template.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/file.h"
#include "common/memory.h"

#define MAX_FILE_BYTES ((size_t)1 << 20)
#define MAX_WORDS 12
#define MAX_LINE 256

typedef enum parameter {
    PARAMETER_CHANNELS,
    PARAMETER_UNITS,
    PARAMETER_KERNEL,
    PARAMETER_KERNEL2,
    PARAMETER_STRIDE,
    PARAMETER_REDUCE,
    PARAMETERS
} parameter;

typedef struct parameter_rule {
    const char *name;
    int low, high;
    size_t offset;
} parameter_rule;

static const parameter_rule parameter_rules[PARAMETERS] = {
    [PARAMETER_CHANNELS] = {"channels", 1, 1024, offsetof(axn_cell, channels)},
    [PARAMETER_UNITS] = {"units", 1, 4096, offsetof(axn_cell, channels)},
    [PARAMETER_KERNEL] = {"kernel", 1, 11, offsetof(axn_cell, kernel)},
    [PARAMETER_KERNEL2] = {"kernel2", 1, 11, offsetof(axn_cell, kernel2)},
    [PARAMETER_STRIDE] = {"stride", 1, 4, offsetof(axn_cell, stride)},
    [PARAMETER_REDUCE] = {"reduce", 1, 1024, offsetof(axn_cell, reduce)},
};

#define TAKES(p) (1u << (p))

typedef struct kind_rule {
    const char *name;
    int arity;
    unsigned takes; /* set of parameters, all of them required */
    bool odd_kernel;
} kind_rule;

static const kind_rule kind_rules[AXN_CELL_KINDS] = {
    [AXN_CELL_CONV] = {"CONV", 1,
                       TAKES(PARAMETER_CHANNELS) | TAKES(PARAMETER_KERNEL) |
                           TAKES(PARAMETER_STRIDE),
                       true},
    [AXN_CELL_FC] = {"FC", 1, TAKES(PARAMETER_UNITS), false},
    [AXN_CELL_SUM] = {"SUM", 2, 0, false},
    [AXN_CELL_MAX] = {"MAX", 1, TAKES(PARAMETER_KERNEL) | TAKES(PARAMETER_STRIDE), false},
    [AXN_CELL_AVG] = {"AVG", 1, TAKES(PARAMETER_KERNEL) | TAKES(PARAMETER_STRIDE), false},
    [AXN_CELL_INC] = {"INC", 1, TAKES(PARAMETER_CHANNELS) | TAKES(PARAMETER_REDUCE), false},
    [AXN_CELL_RES] = {"RES", 1,
                      TAKES(PARAMETER_CHANNELS) | TAKES(PARAMETER_KERNEL) |
                          TAKES(PARAMETER_KERNEL2) | TAKES(PARAMETER_STRIDE),
                      true},
    [AXN_CELL_RES_B] = {"RES-B", 1,
                        TAKES(PARAMETER_CHANNELS) | TAKES(PARAMETER_KERNEL) |
                            TAKES(PARAMETER_REDUCE) | TAKES(PARAMETER_STRIDE),
                        true},
};

int axn_cell_arity(axn_cell_kind kind)
{
    return kind_rules[kind].arity;
}

/* State of one parse. */
typedef struct parser {
    const char *file;
    int line;
    axn_template *grid;
    bool versioned;
    bool started; /* the size is known, cells follow */
    bool seen[AXN_TEMPLATE_MAX_COLUMNS * AXN_TEMPLATE_MAX_ROWS]; /* [columns][rows] */
} parser;

static bool parse_integer(const char *word, int *out)
{
    char *end = NULL;
    long value = strtol(word, &end, 10);
    if (end == word || *end != '\0' || value < -1000000 || value > 1000000) {
        return false;
    }
    *out = (int)value;
    return true;
}

static axn_status parse_size(parser *p, char **words, int count, int low, int high, int *out,
                             axn_error *error)
{
    int value = 0;
    if (*out != 0) {
        return axn_fail(error, AXN_ERROR_FORMAT, "%s:%d: \"%s\" is given twice", p->file, p->line,
                        words[0]);
    }
    if (count != 2 || !parse_integer(words[1], &value) || value < low || value > high) {
        return axn_fail(error, AXN_ERROR_FORMAT, "%s:%d: \"%s\" needs one whole number, %d to %d",
                        p->file, p->line, words[0], low, high);
    }
    *out = value;
    return AXN_OK;
}

/* One key=value of a cell; `given` collects the set of parameters. */
static axn_status parse_parameter(parser *p, const kind_rule *kind, char *word, axn_cell *cell,
                                  unsigned *given, axn_error *error)
{
    char *equals = strchr(word, '=');
    if (equals == NULL) {
        return axn_fail(error, AXN_ERROR_FORMAT, "%s:%d: \"%s\" is not key=value", p->file, p->line,
                        word);
    }
    *equals = '\0';
    for (int i = 0; i < PARAMETERS; i++) {
        const parameter_rule *rule = &parameter_rules[i];
        if (strcmp(rule->name, word) != 0 || (kind->takes & TAKES(i)) == 0) {
            continue;
        }
        int value = 0;
        if (!parse_integer(equals + 1, &value) || value < rule->low || value > rule->high) {
            return axn_fail(error, AXN_ERROR_FORMAT, "%s:%d: %s must be %d to %d, not \"%s\"",
                            p->file, p->line, word, rule->low, rule->high, equals + 1);
        }
        if ((*given & TAKES(i)) != 0) {
            return axn_fail(error, AXN_ERROR_FORMAT, "%s:%d: %s is given twice", p->file, p->line,
                            word);
        }
        memcpy((char *)cell + rule->offset, &value, sizeof value);
        *given |= TAKES(i);
        return AXN_OK;
    }
    return axn_fail(error, AXN_ERROR_FORMAT, "%s:%d: a %s cell has no parameter \"%s\"", p->file,
                    p->line, kind->name, word);
}

static axn_status check_cell(const parser *p, const kind_rule *kind, const axn_cell *cell,
                             unsigned given, axn_error *error)
{
    for (int i = 0; i < PARAMETERS; i++) {
        if ((kind->takes & TAKES(i)) != 0 && (given & TAKES(i)) == 0) {
            return axn_fail(error, AXN_ERROR_FORMAT, "%s:%d: a %s cell needs %s", p->file, p->line,
                            kind->name, parameter_rules[i].name);
        }
    }
    if (kind->odd_kernel &&
        (cell->kernel % 2 == 0 ||
         ((kind->takes & TAKES(PARAMETER_KERNEL2)) != 0 && cell->kernel2 % 2 == 0))) {
        return axn_fail(error, AXN_ERROR_FORMAT, "%s:%d: the kernels of a %s cell must be odd",
                        p->file, p->line, kind->name);
    }
    if (cell->kind == AXN_CELL_INC && (cell->channels % 4 != 0)) {
        return axn_fail(error, AXN_ERROR_FORMAT,
                        "%s:%d: the channels of an INC cell must be a multiple of 4", p->file,
                        p->line);
    }
    return AXN_OK;
}

static axn_status start_cells(parser *p, axn_error *error)
{
    axn_template *grid = p->grid;
    if (grid->rows == 0 || grid->columns == 0 || grid->levels_back == 0) {
        return axn_fail(error, AXN_ERROR_FORMAT,
                        "%s:%d: rows, columns and levels_back must come before the first cell",
                        p->file, p->line);
    }
    p->started = true;
    return axn_allocate(&grid->cells, (size_t)grid->rows * (size_t)grid->columns,
                        sizeof *grid->cells, "template", error);
}

static axn_status parse_cell(parser *p, char **words, int count, axn_error *error)
{
    axn_template *grid = p->grid;
    axn_status status = p->started ? AXN_OK : start_cells(p, error);
    if (status != AXN_OK) {
        return status;
    }
    int column = 0;
    int row = 0;
    if (count < 4 || !parse_integer(words[1], &column) || !parse_integer(words[2], &row)) {
        return axn_fail(error, AXN_ERROR_FORMAT, "%s:%d: expected \"cell COLUMN ROW KIND ...\"",
                        p->file, p->line);
    }
    if (column < 0 || column >= grid->columns || row < 0 || row >= grid->rows) {
        return axn_fail(error, AXN_ERROR_FORMAT,
                        "%s:%d: cell %d %d lies outside the grid of %d columns and %d rows",
                        p->file, p->line, column, row, grid->columns, grid->rows);
    }
    int index = column * grid->rows + row;
    if (p->seen[index]) {
        return axn_fail(error, AXN_ERROR_FORMAT, "%s:%d: cell %d %d is given twice", p->file,
                        p->line, column, row);
    }
    int kind = 0;
    while (kind < AXN_CELL_KINDS && strcmp(kind_rules[kind].name, words[3]) != 0) {
        kind++;
    }
    if (kind == AXN_CELL_KINDS) {
        return axn_fail(error, AXN_ERROR_FORMAT,
                        "%s:%d: unknown kind \"%s\" (CONV, FC, SUM, MAX, AVG, INC, RES, RES-B)",
                        p->file, p->line, words[3]);
    }
    axn_cell *cell = &grid->cells[index];
    cell->kind = (axn_cell_kind)kind;
    unsigned given = 0;
    for (int i = 4; i < count && status == AXN_OK; i++) {
        status = parse_parameter(p, &kind_rules[kind], words[i], cell, &given, error);
    }
    if (status == AXN_OK) {
        status = check_cell(p, &kind_rules[kind], cell, given, error);
    }
    p->seen[index] = status == AXN_OK;
    return status;
}

static axn_status parse_statement(parser *p, char **words, int count, axn_error *error)
{
    axn_template *grid = p->grid;
    if (!p->versioned) {
        if (count != 2 || strcmp(words[0], "axnas-template") != 0 || strcmp(words[1], "1") != 0) {
            return axn_fail(error, AXN_ERROR_FORMAT,
                            "%s:%d: not a template (the first line must be \"axnas-template 1\")",
                            p->file, p->line);
        }
        p->versioned = true;
        return AXN_OK;
    }
    if (strcmp(words[0], "cell") == 0) {
        return parse_cell(p, words, count, error);
    }
    if (!p->started) {
        if (strcmp(words[0], "rows") == 0) {
            return parse_size(p, words, count, 1, AXN_TEMPLATE_MAX_ROWS, &grid->rows, error);
        }
        if (strcmp(words[0], "columns") == 0) {
            return parse_size(p, words, count, 1, AXN_TEMPLATE_MAX_COLUMNS, &grid->columns, error);
        }
        if (strcmp(words[0], "levels_back") == 0) {
            return parse_size(p, words, count, 1, AXN_TEMPLATE_MAX_COLUMNS, &grid->levels_back,
                              error);
        }
    }
    return axn_fail(error, AXN_ERROR_FORMAT, "%s:%d: unexpected \"%s\"", p->file, p->line,
                    words[0]);
}

static axn_status parse_line(parser *p, const char *text, size_t length, axn_error *error)
{
    char line[MAX_LINE];
    if (length >= sizeof line || memchr(text, '\0', length) != NULL) {
        return axn_fail(error, AXN_ERROR_FORMAT, "%s:%d: the line is too long or not text", p->file,
                        p->line);
    }
    memcpy(line, text, length);
    line[length] = '\0';
    line[strcspn(line, "#")] = '\0';
    char *words[MAX_WORDS];
    int count = 0;
    char *state = NULL;
    for (char *word = strtok_r(line, " \t\r", &state); word != NULL;
         word = strtok_r(NULL, " \t\r", &state)) {
        if (count == MAX_WORDS) {
            return axn_fail(error, AXN_ERROR_FORMAT, "%s:%d: too many words", p->file, p->line);
        }
        words[count++] = word;
    }
    return count == 0 ? AXN_OK : parse_statement(p, words, count, error);
}

static axn_status check_complete(const parser *p, axn_error *error)
{
    const axn_template *grid = p->grid;
    if (!p->versioned || !p->started) {
        return axn_fail(error, AXN_ERROR_FORMAT, "%s: the template has no cells", p->file);
    }
    for (int i = 0; i < grid->rows * grid->columns; i++) {
        if (!p->seen[i]) {
            return axn_fail(error, AXN_ERROR_FORMAT, "%s: cell %d %d is missing", p->file,
                            i / grid->rows, i % grid->rows);
        }
    }
    for (int row = 0; row < grid->rows; row++) {
        if (grid->cells[(grid->columns - 1) * grid->rows + row].kind == AXN_CELL_FC) {
            return AXN_OK;
        }
    }
    return axn_fail(error, AXN_ERROR_FORMAT,
                    "%s: the last column (%d) has no FC cell for the output", p->file,
                    grid->columns - 1);
}

static void set_name(axn_template *grid, const char *file)
{
    snprintf(grid->name, sizeof grid->name, "%s", axn_path_base(file));
    char *dot = strrchr(grid->name, '.');
    if (dot != NULL && dot != grid->name) {
        *dot = '\0';
    }
}

axn_status axn_template_parse(const char *file, const char *text, size_t length, axn_template *out,
                              axn_error *error)
{
    parser p = {.file = file, .grid = out};
    axn_status status = AXN_OK;
    *out = (axn_template){0};
    set_name(out, file);
    for (size_t at = 0; at < length && status == AXN_OK;) {
        const char *end = memchr(text + at, '\n', length - at);
        size_t width = end != NULL ? (size_t)(end - (text + at)) : length - at;
        p.line++;
        status = parse_line(&p, text + at, width, error);
        at += width + 1;
    }
    if (status == AXN_OK) {
        status = check_complete(&p, error);
    }
    if (status != AXN_OK) {
        axn_template_free(out);
    }
    return status;
}

axn_status axn_template_load(const char *path, axn_template *out, axn_error *error)
{
    axn_buffer text = {0};
    *out = (axn_template){0};
    axn_status status = axn_file_read(path, MAX_FILE_BYTES, &text, error);
    if (status == AXN_OK) {
        status =
            axn_template_parse(path, text.data != NULL ? text.data : "", text.length, out, error);
    }
    axn_buffer_free(&text);
    return status;
}

void axn_template_free(axn_template *grid)
{
    free(grid->cells);
    *grid = (axn_template){0};
}

void axn_template_print(const axn_template *grid, axn_buffer *out)
{
    axn_buffer_format(out, "axnas-template 1\nrows %d\ncolumns %d\nlevels_back %d\n", grid->rows,
                      grid->columns, grid->levels_back);
    for (int i = 0; i < grid->rows * grid->columns; i++) {
        const axn_cell *cell = &grid->cells[i];
        const kind_rule *kind = &kind_rules[cell->kind];
        axn_buffer_format(out, "cell %d %d %s", i / grid->rows, i % grid->rows, kind->name);
        for (int k = 0; k < PARAMETERS; k++) {
            if ((kind->takes & TAKES(k)) != 0) {
                int value = 0;
                memcpy(&value, (const char *)cell + parameter_rules[k].offset, sizeof value);
                axn_buffer_format(out, " %s=%d", parameter_rules[k].name, value);
            }
        }
        axn_buffer_text(out, "\n");
    }
}
