/* Units, templates and look-up tables of a Liberty file. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "synth/liberty_internal.h"

#define MAX_AXIS 256
#define MAX_AXES 3
#define MAX_VALUES (1 << 18)

static axn_status fail_at(const axn_liberty_tree *tree, int node, axn_error *error,
                          const char *what)
{
    return axn_fail(error, AXN_ERROR_FORMAT, "%s:%d: %s", tree->file, tree->nodes[node].line, what);
}

/* "10ps" -> 10 x 1e-12. The letter before the unit is its prefix. */
static bool read_quantity(axn_slice slice, const char *unit, double *out)
{
    char text[32];
    if (!axn_slice_copy(slice, text, sizeof text))
        return false;
    char *end;
    double value = strtod(text, &end);
    if (end == text) {
        value = 1;
        end = text;
    }
    while (*end == ' ')
        end++;
    static const struct {
        char prefix;
        double factor;
    } prefixes[] = {{'m', 1e-3}, {'u', 1e-6}, {'n', 1e-9}, {'p', 1e-12}, {'f', 1e-15}};
    double factor = 1;
    if (strcasecmp(end, unit) != 0) {
        size_t i = 0;
        char prefix = (char)(*end >= 'A' && *end <= 'Z' ? *end - 'A' + 'a' : *end);
        while (i < sizeof prefixes / sizeof *prefixes && prefixes[i].prefix != prefix)
            i++;
        if (i == sizeof prefixes / sizeof *prefixes || strcasecmp(end + 1, unit) != 0)
            return false;
        factor = prefixes[i].factor;
    }
    *out = value * factor;
    return isfinite(*out) && *out > 0;
}

static axn_status unit_attribute(const axn_liberty_tree *tree, int library, const char *name,
                                 const char *unit, double *out, axn_error *error)
{
    int node = axn_liberty_child(tree, library, name);
    if (node < 0 || read_quantity(axn_liberty_value(tree, node), unit, out))
        return AXN_OK;
    return axn_fail(error, AXN_ERROR_FORMAT, "%s:%d: %s is not a unit", tree->file,
                    tree->nodes[node].line, name);
}

axn_status axn_liberty_read_units(const axn_liberty_tree *tree, int library, axn_liberty_units *out,
                                  axn_error *error)
{
    double time = 1e-9, voltage = 1, leakage = 1e-9, capacitance = 1e-12, factor = 1;
    axn_status status = unit_attribute(tree, library, "time_unit", "s", &time, error);
    if (status == AXN_OK)
        status = unit_attribute(tree, library, "voltage_unit", "V", &voltage, error);
    if (status == AXN_OK)
        status = unit_attribute(tree, library, "leakage_power_unit", "W", &leakage, error);
    if (status != AXN_OK)
        return status;
    int node = axn_liberty_child(tree, library, "capacitive_load_unit");
    if (node >= 0) {
        const axn_liberty_node *unit = &tree->nodes[node];
        if (unit->value_count != 2 || !axn_slice_number(tree->values[unit->first_value], &factor) ||
            factor <= 0 || !read_quantity(tree->values[unit->first_value + 1], "f", &capacitance))
            return fail_at(tree, node, error, "capacitive_load_unit is not a unit");
        capacitance *= factor;
    }
    out->time = time * 1e9;
    out->voltage = voltage;
    out->leakage = leakage * 1e3;
    out->capacitance = capacitance * 1e12;
    /* Liberty derives the unit of internal energy: capacitance x voltage squared. */
    out->energy = out->capacitance * voltage * voltage;
    return AXN_OK;
}

/* All numbers of the strings of an attribute, at most `limit`; -1 if malformed. */
static int read_numbers(const axn_liberty_tree *tree, int node, double *out, int limit)
{
    const axn_liberty_node *n = &tree->nodes[node];
    int count = 0;
    for (size_t v = 0; v < n->value_count; v++) {
        axn_slice slice = tree->values[n->first_value + v];
        const char *at = slice.text, *end = slice.text + slice.length;
        while (at < end) {
            if (strchr(" \t\r\n\\,", *at) != NULL) {
                at++;
                continue;
            }
            const char *begin = at;
            while (at < end && strchr(" \t\r\n\\,", *at) == NULL)
                at++;
            if (count == limit ||
                !axn_slice_number((axn_slice){begin, (size_t)(at - begin)}, &out[count]))
                return -1;
            count++;
        }
    }
    return count;
}

typedef enum axis_kind { AXIS_NONE, AXIS_SLEW, AXIS_LOAD, AXIS_OTHER } axis_kind;

static axis_kind axis_of(axn_slice variable)
{
    char name[64];
    if (variable.length == 0)
        return AXIS_NONE;
    if (!axn_slice_copy(variable, name, sizeof name))
        return AXIS_OTHER;
    if (strcmp(name, "total_output_net_capacitance") == 0)
        return AXIS_LOAD;
    if (strcmp(name, "input_net_transition") == 0 || strcmp(name, "input_transition_time") == 0)
        return AXIS_SLEW;
    return AXIS_OTHER;
}

/* The template a table group names; -1 for "scalar" or none. */
static int find_template(const axn_liberty_tree *tree, int library, axn_slice name)
{
    static const char *const kinds[] = {"power_lut_template", "lu_table_template"};
    for (int k = 0; k < 2; k++)
        for (int node = axn_liberty_child(tree, library, kinds[k]); node >= 0;
             node = axn_liberty_next(tree, tree->nodes[node].next, kinds[k])) {
            axn_slice found = axn_liberty_value(tree, node);
            if (found.length == name.length && memcmp(found.text, name.text, name.length) == 0)
                return node;
        }
    return -1;
}

typedef struct axes {
    int count;
    axis_kind kind[MAX_AXES];
    int size[MAX_AXES];
    double point[MAX_AXES][MAX_AXIS];
} axes;

static axn_status read_axes(const axn_liberty_tree *tree, int library, int group, axes *out,
                            axn_error *error)
{
    static const char *const variables[MAX_AXES] = {"variable_1", "variable_2", "variable_3"};
    static const char *const indices[MAX_AXES] = {"index_1", "index_2", "index_3"};
    axn_slice name = axn_liberty_value(tree, group);
    int template = find_template(tree, library, name);
    out->count = 0;
    if (template <0) {
        if (name.length == 0 || axn_slice_is(name, "scalar"))
            return AXN_OK;
        return fail_at(tree, group, error, "table with an unknown template");
    }
    for (int a = 0; a < MAX_AXES; a++) {
        axis_kind kind = axis_of(axn_liberty_attribute(tree, template, variables[a]));
        if (kind == AXIS_NONE)
            break;
        int node = axn_liberty_child(tree, group, indices[a]);
        if (node < 0)
            node = axn_liberty_child(tree, template, indices[a]);
        int size = node < 0 ? 0 : read_numbers(tree, node, out->point[a], MAX_AXIS);
        if (size <= 0)
            return fail_at(tree, node < 0 ? group : node, error,
                           "axis of a table is missing, too long or not numbers");
        for (int i = 1; i < size; i++)
            if (out->point[a][i] <= out->point[a][i - 1])
                return fail_at(tree, node, error, "axis of a table does not ascend");
        for (int other = 0; other < a; other++)
            if (kind != AXIS_OTHER && out->kind[other] == kind)
                return fail_at(tree, template, error, "two axes of a table are the same variable");
        out->kind[a] = kind;
        out->size[a] = size;
        out->count = a + 1;
    }
    return AXN_OK;
}

static axn_status allocate_table(axn_liberty_table *table, int slews, int loads, axn_error *error)
{
    size_t total = (size_t)slews + (size_t)loads + (size_t)slews * (size_t)loads;
    table->slew = NULL;
    axn_status status =
        axn_allocate(&table->slew, total, sizeof *table->slew, "Liberty table", error);
    if (status != AXN_OK)
        return status;
    table->slews = slews;
    table->loads = loads;
    table->load = table->slew + slews;
    table->value = table->load + loads;
    return AXN_OK;
}

static bool ascends(const double *axis, int size)
{
    for (int i = 0; i < size; i++)
        if (!(fabs(axis[i]) <= AXN_LIBERTY_MAX_FIGURE) || (i > 0 && !(axis[i] > axis[i - 1])))
            return false;
    return true;
}

/* Copies axes and values; axes of other variables stay at their first point. False if they
 * are out of range in our units. */
static bool fill_table(const axes *a, const axn_liberty_units *units, double value_scale,
                       const double *values, axn_liberty_table *table)
{
    int stride[MAX_AXES] = {1, 1, 1}, slew_stride = 0, load_stride = 0;
    for (int k = a->count - 2; k >= 0; k--)
        stride[k] = stride[k + 1] * a->size[k + 1];
    for (int k = 0; k < a->count; k++)
        if (a->kind[k] == AXIS_SLEW) {
            slew_stride = stride[k];
            for (int i = 0; i < a->size[k]; i++)
                table->slew[i] = a->point[k][i] * units->time;
        } else if (a->kind[k] == AXIS_LOAD) {
            load_stride = stride[k];
            for (int i = 0; i < a->size[k]; i++)
                table->load[i] = a->point[k][i] * units->capacitance;
        }
    for (int s = 0; s < table->slews; s++)
        for (int l = 0; l < table->loads; l++)
            table->value[s * table->loads + l] =
                value_scale * values[s * slew_stride + l * load_stride];
    for (int i = 0; i < table->slews * table->loads; i++)
        if (!(fabs(table->value[i]) <= AXN_LIBERTY_MAX_FIGURE))
            return false;
    return ascends(table->slew, table->slews) && ascends(table->load, table->loads);
}

axn_status axn_liberty_read_table(const axn_liberty_tree *tree, int library, int group,
                                  const axn_liberty_units *units, double value_scale,
                                  axn_liberty_table *out, axn_error *error)
{
    axes *a = NULL;
    double *values = NULL;
    axn_liberty_table table = {0};
    int slews = 1, loads = 1, total = 1;
    axn_status status = axn_allocate(&a, 1, sizeof *a, "Liberty axes", error);
    if (status != AXN_OK || (status = read_axes(tree, library, group, a, error)) != AXN_OK)
        goto done;
    int node = axn_liberty_child(tree, group, "values");
    if (node < 0) {
        status = fail_at(tree, group, error, "table without values");
        goto done;
    }
    for (int k = 0; k < a->count; k++) {
        total *= a->size[k];
        slews = a->kind[k] == AXIS_SLEW ? a->size[k] : slews;
        loads = a->kind[k] == AXIS_LOAD ? a->size[k] : loads;
    }
    if (total > MAX_VALUES) {
        status = fail_at(tree, group, error, "table is too large");
        goto done;
    }
    status = axn_allocate(&values, (size_t)total, sizeof *values, "Liberty table", error);
    if (status != AXN_OK)
        goto done;
    if (read_numbers(tree, node, values, total) != total) {
        status = fail_at(tree, node, error, "number of values does not fit the table's axes");
        goto done;
    }
    status = allocate_table(&table, slews, loads, error);
    if (status == AXN_OK && !fill_table(a, units, value_scale, values, &table)) {
        status = fail_at(tree, group, error, "numbers of the table are out of range");
        axn_liberty_table_free(&table);
    }
    if (status == AXN_OK)
        *out = table;
done:
    free(a);
    free(values);
    return status;
}

void axn_liberty_table_free(axn_liberty_table *table)
{
    free(table->slew);
    *table = (axn_liberty_table){0};
}

/* Segment of a point and its position in it, outside 0..1 when extrapolating. */
static int locate(const double *axis, int size, double x, double *fraction)
{
    if (size < 2) {
        *fraction = 0;
        return 0;
    }
    int i = 0;
    while (i < size - 2 && x >= axis[i + 1])
        i++;
    *fraction = (x - axis[i]) / (axis[i + 1] - axis[i]);
    return i;
}

double axn_liberty_lookup(const axn_liberty_table *table, double slew_ns, double load_pf)
{
    if (table->slews == 0)
        return 0;
    double fs, fl;
    int s = locate(table->slew, table->slews, slew_ns, &fs);
    int l = locate(table->load, table->loads, load_pf, &fl);
    int next_s = table->slews > 1 ? s + 1 : s, next_l = table->loads > 1 ? l + 1 : l;
    const double *low = table->value + (size_t)s * (size_t)table->loads;
    const double *high = table->value + (size_t)next_s * (size_t)table->loads;
    double at_low = low[l] + fl * (low[next_l] - low[l]);
    double at_high = high[l] + fl * (high[next_l] - high[l]);
    return at_low + fs * (at_high - at_low);
}
