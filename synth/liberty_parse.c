/* Tokens and tree of a Liberty file. Nothing here recurses: the open group is a
 * parent index, so depth costs no stack. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "synth/liberty_internal.h"

#define MAX_DEPTH 16

typedef struct parser {
    axn_liberty_tree *tree;
    const char *at, *end;
    int line;
    axn_error *error;
} parser;

static axn_status fail(const parser *p, int line, const char *what)
{
    return axn_fail(p->error, AXN_ERROR_FORMAT, "%s:%d: %s", p->tree->file, line, what);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v';
}

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '[' || c == ']' || c == '-';
}

static bool is_word(char c)
{
    return (unsigned char)c > ' ' && c != 127 && strchr("(){}:;,\"", c) == NULL;
}

static void step(parser *p)
{
    if (*p->at == '\n')
        p->line++;
    p->at++;
}

/* Skips blanks, comments and escaped newlines. */
static axn_status skip_blanks(parser *p)
{
    while (p->at < p->end) {
        if (is_blank(*p->at)) {
            step(p);
        } else if (*p->at == '\\' && p->at + 1 < p->end && is_blank(p->at[1])) {
            p->at++;
        } else if (*p->at == '/' && p->at + 1 < p->end && p->at[1] == '/') {
            while (p->at < p->end && *p->at != '\n')
                p->at++;
        } else if (*p->at == '/' && p->at + 1 < p->end && p->at[1] == '*') {
            int opened = p->line;
            p->at += 2;
            while (p->at < p->end && !(*p->at == '*' && p->at + 1 < p->end && p->at[1] == '/'))
                step(p);
            if (p->at >= p->end)
                return fail(p, opened, "comment without an end");
            p->at += 2;
        } else {
            break;
        }
    }
    return AXN_OK;
}

/* At a quotation mark: the text up to the next one. */
static axn_status read_string(parser *p, axn_slice *out)
{
    int opened = p->line;
    const char *begin = ++p->at;
    while (p->at < p->end && *p->at != '"') {
        if (*p->at == '\\' && p->at + 1 < p->end)
            step(p); /* an escaped quotation mark does not end the string */
        if (*p->at == '\0')
            return fail(p, p->line, "NUL byte");
        step(p);
    }
    if (p->at >= p->end)
        return fail(p, opened, "string without an end");
    *out = (axn_slice){begin, (size_t)(p->at - begin)};
    p->at++;
    return AXN_OK;
}

static axn_status add_value(parser *p, axn_slice value)
{
    axn_liberty_tree *tree = p->tree;
    axn_status status = axn_grow(&tree->values, &tree->value_capacity, tree->value_count + 1,
                                 sizeof *tree->values, "Liberty values", p->error);
    if (status == AXN_OK)
        tree->values[tree->value_count++] = value;
    return status;
}

static axn_status add_node(parser *p, int parent, axn_slice name, int line, int *out)
{
    axn_liberty_tree *tree = p->tree;
    if (tree->node_count >= (size_t)INT32_MAX)
        return axn_fail(p->error, AXN_ERROR_LIMIT, "%s: too many groups", tree->file);
    axn_status status = axn_grow(&tree->nodes, &tree->node_capacity, tree->node_count + 1,
                                 sizeof *tree->nodes, "Liberty groups", p->error);
    if (status != AXN_OK)
        return status;
    int index = (int)tree->node_count++;
    axn_liberty_node *node = &tree->nodes[index];
    *node = (axn_liberty_node){
        .line = line, .name = name, .parent = parent, .child = -1, .last_child = -1, .next = -1};
    node->first_value = tree->value_count;
    if (parent >= 0) {
        axn_liberty_node *above = &tree->nodes[parent];
        if (above->last_child >= 0)
            tree->nodes[above->last_child].next = index;
        else
            above->child = index;
        above->last_child = index;
    }
    *out = index;
    return AXN_OK;
}

/* After ':' up to ';', '}' or the end of the line. */
static axn_status read_simple(parser *p, int node)
{
    while (p->at < p->end && (*p->at == ' ' || *p->at == '\t'))
        p->at++;
    axn_status status = AXN_OK;
    axn_slice value = {p->at, 0};
    if (p->at < p->end && *p->at == '"') {
        status = read_string(p, &value);
    } else {
        while (p->at < p->end && strchr(";}\n", *p->at) == NULL &&
               !(p->at[0] == '/' && (p->at[1] == '*' || p->at[1] == '/')))
            p->at++;
        if (p->at < p->end && *p->at == '\0')
            return fail(p, p->line, "NUL byte");
        while (p->at > value.text && is_blank(p->at[-1]))
            p->at--;
        value.length = (size_t)(p->at - value.text);
    }
    if (status != AXN_OK)
        return status;
    p->tree->nodes[node].begin = (size_t)(value.text - p->tree->text);
    p->tree->nodes[node].end = p->tree->nodes[node].begin + value.length;
    p->tree->nodes[node].value_count = 1;
    return add_value(p, value);
}

/* After '(': words and strings up to ')'. */
static axn_status read_arguments(parser *p, int node)
{
    int opened = p->line;
    for (;;) {
        axn_status status = skip_blanks(p);
        if (status != AXN_OK)
            return status;
        if (p->at >= p->end)
            return fail(p, opened, "'(' without ')'");
        axn_slice value = {p->at, 0};
        if (*p->at == ')') {
            p->at++;
            return AXN_OK;
        } else if (*p->at == ',') {
            p->at++;
            continue;
        } else if (*p->at == '"') {
            status = read_string(p, &value);
        } else if (is_word(*p->at)) {
            while (p->at < p->end && is_word(*p->at))
                p->at++;
            value.length = (size_t)(p->at - value.text);
        } else {
            return fail(p, p->line, "')' expected");
        }
        if (status == AXN_OK)
            status = add_value(p, value);
        if (status != AXN_OK)
            return status;
        p->tree->nodes[node].value_count++;
    }
}

/* Groups whose content is used; others are only checked for balance. */
static bool wanted_group(axn_slice name)
{
    static const char *const wanted[] = {"library",
                                         "lu_table_template",
                                         "power_lut_template",
                                         "operating_conditions",
                                         "cell",
                                         "pin",
                                         "bus",
                                         "bundle",
                                         "ff",
                                         "ff_bank",
                                         "latch",
                                         "latch_bank",
                                         "statetable",
                                         "internal_power",
                                         "rise_power",
                                         "fall_power",
                                         "power",
                                         "leakage_power",
                                         "timing",
                                         "cell_rise",
                                         "cell_fall",
                                         "rise_transition",
                                         "fall_transition"};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if (axn_slice_is(name, wanted[i]))
            return true;
    return false;
}

/* After '{' of an unwanted group: to behind its '}'. */
static axn_status skip_group(parser *p, int opened)
{
    size_t depth = 1;
    while (depth > 0) {
        axn_status status = skip_blanks(p);
        if (status != AXN_OK)
            return status;
        if (p->at >= p->end)
            return fail(p, opened, "group without '}'");
        axn_slice ignored;
        if (*p->at == '"') {
            if ((status = read_string(p, &ignored)) != AXN_OK)
                return status;
            continue;
        }
        if (*p->at == '{')
            depth++;
        else if (*p->at == '}')
            depth--;
        p->at++;
    }
    return AXN_OK;
}

static axn_status open_group(parser *p, int node, int *current, int *depth)
{
    axn_liberty_node *group = &p->tree->nodes[node];
    group->group = true;
    p->at++;
    if (!wanted_group(group->name))
        return skip_group(p, group->line);
    if (++*depth > MAX_DEPTH)
        return fail(p, group->line, "groups are nested too deeply");
    *current = node;
    return AXN_OK;
}

/* One attribute or the head of a group. */
static axn_status read_statement(parser *p, int *current, int *depth)
{
    axn_slice name = {p->at, 0};
    int line = p->line, node = 0;
    if (*p->at == '\0')
        return fail(p, line, "NUL byte");
    while (p->at < p->end && is_name(*p->at))
        p->at++;
    name.length = (size_t)(p->at - name.text);
    if (name.length == 0)
        return fail(p, line, "attribute or group name expected");
    if (axn_slice_is(name, "include_file"))
        return fail(p, line, "include_file is not supported; join the files first");
    axn_status status = skip_blanks(p);
    if (status == AXN_OK)
        status = add_node(p, *current, name, line, &node);
    if (status != AXN_OK)
        return status;
    if (p->at < p->end && *p->at == ':') {
        p->at++;
        return read_simple(p, node);
    }
    if (p->at >= p->end || *p->at != '(')
        return fail(p, line, "':' or '(' expected after a name");
    p->at++;
    if ((status = read_arguments(p, node)) != AXN_OK || (status = skip_blanks(p)) != AXN_OK)
        return status;
    if (p->at < p->end && *p->at == '{')
        return open_group(p, node, current, depth);
    return AXN_OK;
}

axn_status axn_liberty_parse(const char *file, const char *text, size_t length,
                             axn_liberty_tree *out, axn_error *error)
{
    *out = (axn_liberty_tree){.file = file, .text = text, .length = length};
    parser p = {.tree = out, .at = text, .end = text + length, .line = 1, .error = error};
    int current = 0, depth = 0;
    if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        p.at += 3; /* UTF-8 byte order mark */
    axn_status status = add_node(&p, -1, (axn_slice){"", 0}, 1, &current);
    while (status == AXN_OK && (status = skip_blanks(&p)) == AXN_OK && p.at < p.end) {
        if (*p.at == ';') {
            p.at++;
        } else if (*p.at == '}') {
            if (current == 0) {
                status = fail(&p, p.line, "'}' without a group");
            } else {
                current = out->nodes[current].parent;
                depth--;
                p.at++;
            }
        } else {
            status = read_statement(&p, &current, &depth);
        }
    }
    if (status == AXN_OK && current != 0)
        status = fail(&p, out->nodes[current].line, "group without '}'");
    if (status != AXN_OK)
        axn_liberty_tree_free(out);
    return status;
}

void axn_liberty_tree_free(axn_liberty_tree *tree)
{
    free(tree->nodes);
    free(tree->values);
    *tree = (axn_liberty_tree){0};
}

int axn_liberty_next(const axn_liberty_tree *tree, int node, const char *name)
{
    while (node >= 0 && !axn_slice_is(tree->nodes[node].name, name))
        node = tree->nodes[node].next;
    return node;
}

int axn_liberty_child(const axn_liberty_tree *tree, int parent, const char *name)
{
    return axn_liberty_next(tree, tree->nodes[parent].child, name);
}

axn_slice axn_liberty_value(const axn_liberty_tree *tree, int node)
{
    if (node < 0 || tree->nodes[node].value_count == 0)
        return (axn_slice){"", 0};
    return tree->values[tree->nodes[node].first_value];
}

axn_slice axn_liberty_attribute(const axn_liberty_tree *tree, int parent, const char *name)
{
    return axn_liberty_value(tree, axn_liberty_child(tree, parent, name));
}

bool axn_slice_is(axn_slice slice, const char *text)
{
    return strlen(text) == slice.length && memcmp(slice.text, text, slice.length) == 0;
}

bool axn_slice_copy(axn_slice slice, char *out, size_t size)
{
    out[0] = '\0';
    if (slice.length >= size)
        return false;
    memcpy(out, slice.text, slice.length);
    out[slice.length] = '\0';
    return true;
}

bool axn_slice_number(axn_slice slice, double *out)
{
    char text[64], *end;
    if (slice.length == 0 || !axn_slice_copy(slice, text, sizeof text))
        return false;
    double value = strtod(text, &end);
    if (end == text || !isfinite(value))
        return false;
    while (is_blank(*end))
        end++;
    *out = value;
    return *end == '\0';
}
