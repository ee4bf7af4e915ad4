/* Cells and pins of a Liberty file. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "synth/expression.h"
#include "synth/liberty_internal.h"

#define MAX_PINS 4096

typedef struct reader {
    const axn_liberty_tree *tree;
    int library;
    const axn_liberty_units *units;
    axn_liberty_cell *cell;
    bool opaque; /* buses, banks or state tables: only name and area count */
    axn_error *error;
} reader;

static axn_status fail_at(const reader *r, int node, const char *what)
{
    return axn_fail(r->error, AXN_ERROR_FORMAT, "%s:%d: cell %s: %s", r->tree->file,
                    r->tree->nodes[node].line, r->cell->name, what);
}

static bool is_true(axn_slice value)
{
    return axn_slice_is(value, "true") || axn_slice_is(value, "TRUE") ||
           axn_slice_is(value, "True") || axn_slice_is(value, "1");
}

/* Copies an optional text attribute. */
static axn_status read_text(const reader *r, int parent, const char *name, char *out, size_t size)
{
    int node = axn_liberty_child(r->tree, parent, name);
    out[0] = '\0';
    if (node < 0 || axn_slice_copy(axn_liberty_value(r->tree, node), out, size))
        return AXN_OK;
    return fail_at(r, node, "attribute is too long");
}

/* Reads an optional number; *given says whether it was there. */
static axn_status read_number(const reader *r, int parent, const char *name, double scale,
                              double *out, bool *given)
{
    int node = axn_liberty_child(r->tree, parent, name);
    double value = 0;
    *given = node >= 0;
    if (node >= 0 && !axn_slice_number(axn_liberty_value(r->tree, node), &value))
        return fail_at(r, node, "a number is expected");
    if (*given && !(fabs(value * scale) <= AXN_LIBERTY_MAX_FIGURE))
        return fail_at(r, node, "a number is out of range");
    if (*given)
        *out = value * scale;
    return AXN_OK;
}

static axn_status read_power_tables(const reader *r, int group, axn_liberty_power *power)
{
    const struct {
        const char *name;
        axn_liberty_table *table;
    } tables[] = {{"power", &power->rise},
                  {"power", &power->fall},
                  {"rise_power", &power->rise},
                  {"fall_power", &power->fall}};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        int node = axn_liberty_child(r->tree, group, tables[i].name);
        if (node < 0 || !r->tree->nodes[node].group)
            continue;
        axn_liberty_table_free(tables[i].table);
        axn_status status = axn_liberty_read_table(r->tree, r->library, node, r->units,
                                                   r->units->energy, tables[i].table, r->error);
        if (status != AXN_OK)
            return status;
    }
    return AXN_OK;
}

static axn_status read_powers(const reader *r, int group, axn_liberty_pin *pin)
{
    static const char name[] = "internal_power";
    size_t capacity = 0;
    for (int node = axn_liberty_child(r->tree, group, name); node >= 0;
         node = axn_liberty_next(r->tree, r->tree->nodes[node].next, name)) {
        axn_status status = axn_grow(&pin->powers, &capacity, (size_t)pin->power_count + 1,
                                     sizeof *pin->powers, "Liberty energy tables", r->error);
        if (status != AXN_OK)
            return status;
        axn_liberty_power *power = &pin->powers[pin->power_count++];
        status = read_text(r, node, "related_pin", power->related_pin, sizeof power->related_pin);
        if (status == AXN_OK)
            status = read_text(r, node, "when", power->when, sizeof power->when);
        if (status == AXN_OK)
            status = read_text(r, node, "related_pg_pin", power->supply, sizeof power->supply);
        if (status == AXN_OK)
            status = read_power_tables(r, node, power);
        if (status != AXN_OK)
            return status;
    }
    return AXN_OK;
}

static axn_status read_capacitance(const reader *r, int group, axn_liberty_pin *pin)
{
    bool given, rise_given, fall_given, limited;
    double rise = 0, fall = 0, scale = r->units->capacitance;
    axn_status status = read_number(r, group, "capacitance", scale, &pin->capacitance_pf, &given);
    if (status == AXN_OK)
        status = read_number(r, group, "rise_capacitance", scale, &rise, &rise_given);
    if (status == AXN_OK)
        status = read_number(r, group, "fall_capacitance", scale, &fall, &fall_given);
    if (status == AXN_OK)
        status =
            read_number(r, group, "max_capacitance", scale, &pin->max_capacitance_pf, &limited);
    if (status != AXN_OK)
        return status;
    pin->rise_capacitance_pf = rise_given ? rise : -1;
    pin->fall_capacitance_pf = fall_given ? fall : -1;
    if (!given && (rise_given || fall_given))
        pin->capacitance_pf =
            rise_given && fall_given ? (rise + fall) / 2 : (rise_given ? rise : fall);
    double unused = 0;
    bool default_given = false;
    if (!given && !rise_given && !fall_given && pin->input) {
        status =
            read_number(r, r->library, "default_input_pin_cap", scale, &unused, &default_given);
        if (status == AXN_OK && default_given)
            pin->capacitance_pf = unused;
    }
    if (status == AXN_OK && pin->capacitance_pf < 0)
        return fail_at(r, group, "capacitance is negative");
    return status;
}

/* A function too long to keep makes the cell opaque rather than the file wrong. */
static axn_status read_pin(reader *r, int group, axn_slice name, axn_liberty_pin *pin)
{
    if (name.length == 0 || !axn_slice_copy(name, pin->name, sizeof pin->name))
        return fail_at(r, group, "pin name is missing or too long");
    axn_slice direction = axn_liberty_attribute(r->tree, group, "direction");
    pin->input = axn_slice_is(direction, "input");
    pin->output = axn_slice_is(direction, "output");
    if (!pin->input && !pin->output)
        r->opaque = true; /* inout, internal */
    pin->clock = is_true(axn_liberty_attribute(r->tree, group, "clock"));
    pin->three_state = axn_liberty_child(r->tree, group, "three_state") >= 0;
    axn_slice function = axn_liberty_attribute(r->tree, group, "function");
    if (!axn_slice_copy(function, pin->function, sizeof pin->function))
        r->opaque = true;
    axn_status status = read_capacitance(r, group, pin);
    return status == AXN_OK ? read_powers(r, group, pin) : status;
}

static axn_status read_pins(reader *r, int group)
{
    axn_liberty_cell *cell = r->cell;
    size_t capacity = 0;
    for (int node = axn_liberty_child(r->tree, group, "pin"); node >= 0;
         node = axn_liberty_next(r->tree, r->tree->nodes[node].next, "pin")) {
        const axn_liberty_node *n = &r->tree->nodes[node];
        if (!n->group)
            return fail_at(r, node, "pin is not a group");
        for (size_t v = 0; v < n->value_count; v++) {
            if (cell->pin_count == MAX_PINS)
                return fail_at(r, node, "too many pins");
            axn_status status = axn_grow(&cell->pins, &capacity, (size_t)cell->pin_count + 1,
                                         sizeof *cell->pins, "Liberty pins", r->error);
            if (status != AXN_OK)
                return status;
            axn_liberty_pin *pin = &cell->pins[cell->pin_count++];
            status = read_pin(r, node, r->tree->values[n->first_value + v], pin);
            if (status != AXN_OK)
                return status;
            for (int p = 0; p < cell->pin_count - 1; p++)
                if (strcmp(cell->pins[p].name, pin->name) == 0)
                    return fail_at(r, node, "two pins of the same name");
        }
    }
    for (int p = 0; p < cell->pin_count; p++)
        if (cell->pins[p].input) {
            if (cell->input_count < AXN_CELL_MAX_INPUTS)
                cell->inputs[cell->input_count++] = p;
            else
                r->opaque = true;
        }
    return AXN_OK;
}

static axn_status read_leakage(const reader *r, int group)
{
    bool given, listed;
    double sum = 0, value = 0;
    int count = 0;
    axn_status status = read_number(r, group, "cell_leakage_power", r->units->leakage,
                                    &r->cell->leakage_mw, &given);
    for (int node = axn_liberty_child(r->tree, group, "leakage_power");
         status == AXN_OK && node >= 0;
         node = axn_liberty_next(r->tree, r->tree->nodes[node].next, "leakage_power")) {
        status = read_number(r, node, "value", r->units->leakage, &value, &listed);
        if (listed) {
            sum += value;
            count++;
        }
    }
    if (status == AXN_OK && !given && count > 0)
        r->cell->leakage_mw = sum / count;
    if (status == AXN_OK && !given && count == 0)
        status = read_number(r, r->library, "default_cell_leakage_power", r->units->leakage,
                             &r->cell->leakage_mw, &given);
    return status;
}

/* An ff group, or a latch group. */
static axn_status read_state(reader *r, int group, int state, bool latch)
{
    axn_liberty_cell *cell = r->cell;
    const axn_liberty_node *n = &r->tree->nodes[state];
    for (size_t v = 0; v < 2 && v < n->value_count; v++)
        if (!axn_slice_copy(r->tree->values[n->first_value + v], cell->state[v],
                            sizeof cell->state[v]))
            return fail_at(r, group, "state name is too long");
    axn_status status = read_text(r, state, latch ? "data_in" : "next_state", cell->next_state,
                                  sizeof cell->next_state);
    if (status == AXN_OK)
        status = read_text(r, state, latch ? "enable" : "clocked_on", cell->clocked_on,
                           sizeof cell->clocked_on);
    if (status == AXN_OK)
        status = read_text(r, state, "clear", cell->clear, sizeof cell->clear);
    if (status == AXN_OK)
        status = read_text(r, state, "preset", cell->preset, sizeof cell->preset);
    static const char *const conflicts[] = {"clear_preset_var1", "clear_preset_var2"};
    for (int i = 0; i < 2; i++) {
        axn_slice value = axn_liberty_attribute(r->tree, state, conflicts[i]);
        cell->clear_preset[i] = value.length == 1 ? value.text[0] : 'X';
    }
    return status;
}

static int find_input(const void *context, const char *name, size_t length)
{
    const axn_liberty_cell *cell = context;
    for (int i = 0; i < cell->input_count; i++) {
        const char *pin = cell->pins[cell->inputs[i]].name;
        if (strlen(pin) == length && memcmp(pin, name, length) == 0)
            return i;
    }
    return -1;
}

/* Pins that decide clocked_on are clocks, whether the file says so or not. */
static void mark_clocks(axn_liberty_cell *cell)
{
    axn_expression expression;
    if (axn_expression_compile(cell->clocked_on, find_input, cell, &expression) !=
        AXN_EXPRESSION_OK)
        return;
    for (int i = 0; i < expression.length; i++)
        if (expression.code[i] < cell->input_count)
            cell->pins[cell->inputs[expression.code[i]]].clock = true;
}

/* Fills a truth table; *known is false if the function needs something else than
 * the cell's inputs. */
static axn_status read_truth(const reader *r, int group, axn_liberty_pin *pin, bool *known)
{
    static const uint64_t pattern[6] = {UINT64_C(0xaaaaaaaaaaaaaaaa), UINT64_C(0xcccccccccccccccc),
                                        UINT64_C(0xf0f0f0f0f0f0f0f0), UINT64_C(0xff00ff00ff00ff00),
                                        UINT64_C(0xffff0000ffff0000), UINT64_C(0xffffffff00000000)};
    axn_expression expression;
    switch (axn_expression_compile(pin->function, find_input, r->cell, &expression)) {
    case AXN_EXPRESSION_OK:
        break;
    case AXN_EXPRESSION_SYNTAX:
        return axn_fail(r->error, AXN_ERROR_FORMAT,
                        "%s:%d: cell %s: function of pin %s is malformed", r->tree->file,
                        r->tree->nodes[group].line, r->cell->name, pin->name);
    case AXN_EXPRESSION_UNKNOWN:
    case AXN_EXPRESSION_LIMIT:
        *known = false;
        return AXN_OK;
    }
    for (int word = 0; word < 4; word++) {
        uint64_t inputs[AXN_CELL_MAX_INPUTS];
        for (int i = 0; i < AXN_CELL_MAX_INPUTS; i++)
            inputs[i] = i < 6 ? pattern[i] : ((word >> (i - 6)) & 1 ? ~UINT64_C(0) : 0);
        pin->truth[word] = axn_expression_evaluate(&expression, inputs);
    }
    return AXN_OK;
}

/* The pin that an expression is, or is the inverse of; -1 for any other expression. */
static int find_pin_of(const reader *r, const char *text, bool *inverted)
{
    const axn_liberty_cell *cell = r->cell;
    axn_expression expression;
    if (axn_expression_compile(text, find_input, cell, &expression) != AXN_EXPRESSION_OK ||
        expression.length < 1 || expression.length > 2 || expression.code[0] >= cell->input_count ||
        (expression.length == 2 && expression.code[1] != AXN_EXPRESSION_NOT))
        return -1;
    *inverted = expression.length == 2;
    return cell->inputs[expression.code[0]];
}

/* Whether a clock gate can be made of it. */
static void classify_latch(const reader *r)
{
    axn_liberty_cell *cell = r->cell;
    bool inverted = false, low = false;
    cell->latch_data = find_pin_of(r, cell->next_state, &inverted);
    cell->latch_enable = find_pin_of(r, cell->clocked_on, &low);
    cell->latch_high = !low;
    cell->latch_output = -1;
    for (int p = 0; p < cell->pin_count; p++)
        if (cell->pins[p].output && !cell->pins[p].three_state &&
            strcmp(cell->pins[p].function, cell->state[0]) == 0)
            cell->latch_output = p;
    cell->simple_latch = !cell->dont_use && cell->input_count == 2 && cell->latch_data >= 0 &&
                         cell->latch_enable >= 0 && cell->latch_data != cell->latch_enable &&
                         !inverted && cell->latch_output >= 0;
    if (cell->simple_latch)
        for (int word = 0; word < 4; word++)
            cell->pins[cell->latch_output].truth[word] = cell->latch_data == cell->inputs[0]
                                                             ? UINT64_C(0xaaaaaaaaaaaaaaaa)
                                                             : UINT64_C(0xcccccccccccccccc);
}

/* Decides what kind of cell it is and fills the truth tables. */
static axn_status classify(reader *r, int group)
{
    axn_liberty_cell *cell = r->cell;
    const axn_liberty_tree *tree = r->tree;
    static const char *const opaque[] = {"bus", "bundle", "ff_bank", "latch_bank", "statetable"};
    for (size_t i = 0; i < sizeof opaque / sizeof *opaque; i++)
        if (axn_liberty_child(tree, group, opaque[i]) >= 0)
            r->opaque = true;
    int ff = axn_liberty_child(tree, group, "ff"), latch = axn_liberty_child(tree, group, "latch");
    cell->flip_flop = ff >= 0 && latch < 0 && !r->opaque;
    cell->latch = latch >= 0;
    if (ff >= 0) {
        axn_status status = read_state(r, group, ff, false);
        if (status != AXN_OK)
            return status;
        if (cell->flip_flop && (cell->next_state[0] == '\0' || cell->clocked_on[0] == '\0'))
            return fail_at(r, ff, "ff group without next_state or clocked_on");
        if (cell->flip_flop)
            mark_clocks(cell);
    } else if (latch >= 0) {
        axn_status status = read_state(r, group, latch, true);
        if (status != AXN_OK)
            return status;
    }
    if (latch >= 0 && ff < 0 && !r->opaque)
        classify_latch(r);
    int outputs = 0;
    bool known = !r->opaque && ff < 0 && latch < 0;
    for (int p = 0; p < cell->pin_count && known; p++) {
        axn_liberty_pin *pin = &cell->pins[p];
        if (!pin->output)
            continue;
        outputs++;
        known = pin->function[0] != '\0' && !pin->three_state;
        axn_status status = known ? read_truth(r, group, pin, &known) : AXN_OK;
        if (status != AXN_OK)
            return status;
    }
    cell->combinational = known && outputs > 0;
    if (!cell->combinational && !cell->flip_flop)
        cell->dont_use = true;
    return AXN_OK;
}

/* Whether a timing group says how an output follows an input. */
static bool is_combinational_arc(axn_slice type)
{
    return type.length == 0 || axn_slice_is(type, "combinational") ||
           axn_slice_is(type, "combinational_rise") || axn_slice_is(type, "combinational_fall");
}

static axn_status read_delay(const reader *r, int group, axn_liberty_delay *delay)
{
    const struct {
        const char *name;
        axn_liberty_table *table;
    } tables[] = {{"cell_rise", &delay->rise},
                  {"cell_fall", &delay->fall},
                  {"rise_transition", &delay->rise_slew},
                  {"fall_transition", &delay->fall_slew}};
    axn_status status =
        read_text(r, group, "related_pin", delay->related_pin, sizeof delay->related_pin);
    if (status == AXN_OK)
        status = read_text(r, group, "timing_sense", delay->sense, sizeof delay->sense);
    for (size_t i = 0; i < sizeof tables / sizeof *tables && status == AXN_OK; i++) {
        int node = axn_liberty_child(r->tree, group, tables[i].name);
        if (node >= 0 && r->tree->nodes[node].group)
            status = axn_liberty_read_table(r->tree, r->library, node, r->units, r->units->time,
                                            tables[i].table, r->error);
    }
    return status;
}

/* Timing groups of an output that hold cell_rise or cell_fall. */
static axn_status read_pin_delays(const reader *r, int group, axn_liberty_pin *pin)
{
    static const char name[] = "timing";
    size_t capacity = 0;
    for (int node = axn_liberty_child(r->tree, group, name); node >= 0;
         node = axn_liberty_next(r->tree, r->tree->nodes[node].next, name)) {
        if (!is_combinational_arc(axn_liberty_attribute(r->tree, node, "timing_type")) ||
            (axn_liberty_child(r->tree, node, "cell_rise") < 0 &&
             axn_liberty_child(r->tree, node, "cell_fall") < 0))
            continue;
        axn_status status = axn_grow(&pin->delays, &capacity, (size_t)pin->delay_count + 1,
                                     sizeof *pin->delays, "Liberty timing", r->error);
        if (status == AXN_OK)
            status = read_delay(r, node, &pin->delays[pin->delay_count++]);
        if (status != AXN_OK)
            return status;
    }
    return AXN_OK;
}

static axn_status read_delays(const reader *r, int group)
{
    int p = 0;
    for (int node = axn_liberty_child(r->tree, group, "pin"); node >= 0;
         node = axn_liberty_next(r->tree, r->tree->nodes[node].next, "pin"))
        for (size_t v = 0; v < r->tree->nodes[node].value_count; v++) {
            axn_liberty_pin *pin = &r->cell->pins[p++];
            axn_status status = pin->output ? read_pin_delays(r, node, pin) : AXN_OK;
            if (status != AXN_OK)
                return status;
        }
    return AXN_OK;
}

static axn_status read_area(const reader *r, int group)
{
    axn_liberty_cell *cell = r->cell;
    bool given;
    axn_status status = read_number(r, group, "area", 1, &cell->area_um2, &given);
    if (status != AXN_OK)
        return status;
    int node = axn_liberty_child(r->tree, group, "area");
    if (cell->area_um2 < 0)
        return fail_at(r, node, "area is negative");
    if (given) {
        cell->area_begin = r->tree->nodes[node].begin;
        cell->area_end = r->tree->nodes[node].end;
    }
    return AXN_OK;
}

axn_status axn_liberty_read_cell(const axn_liberty_tree *tree, int library, int group,
                                 const axn_liberty_units *units, axn_liberty_cell *out,
                                 axn_error *error)
{
    static const char *const unusable[] = {"dont_use", "is_isolation_cell", "is_level_shifter",
                                           "is_macro_cell", "pad_cell"};
    reader r = {.tree = tree, .library = library, .units = units, .cell = out, .error = error};
    *out = (axn_liberty_cell){0};
    axn_slice name = axn_liberty_value(tree, group);
    if (name.length == 0 || !axn_slice_copy(name, out->name, sizeof out->name)) {
        out->name[0] = '?';
        out->name[1] = '\0';
        return fail_at(&r, group, "name is missing or too long");
    }
    for (size_t i = 0; i < sizeof unusable / sizeof *unusable; i++)
        if (is_true(axn_liberty_attribute(tree, group, unusable[i])))
            out->dont_use = true;
    axn_status status = read_area(&r, group);
    if (status == AXN_OK)
        status = read_leakage(&r, group);
    if (status == AXN_OK)
        status = read_pins(&r, group);
    if (status == AXN_OK)
        status = classify(&r, group);
    if (status == AXN_OK && out->combinational)
        status = read_delays(&r, group);
    return status;
}

void axn_liberty_cell_free(axn_liberty_cell *cell)
{
    for (int p = 0; p < cell->pin_count; p++) {
        axn_liberty_pin *pin = &cell->pins[p];
        for (int i = 0; i < pin->power_count; i++) {
            axn_liberty_table_free(&pin->powers[i].rise);
            axn_liberty_table_free(&pin->powers[i].fall);
        }
        free(pin->powers);
        for (int i = 0; i < pin->delay_count; i++) {
            axn_liberty_table_free(&pin->delays[i].rise);
            axn_liberty_table_free(&pin->delays[i].fall);
            axn_liberty_table_free(&pin->delays[i].rise_slew);
            axn_liberty_table_free(&pin->delays[i].fall_slew);
        }
        free(pin->delays);
    }
    free(cell->pins);
    *cell = (axn_liberty_cell){0};
}
