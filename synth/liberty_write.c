/* Liberty files for the tools, made of what was read. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

#include "synth/liberty_internal.h"
#include "synth/power.h"
#include "synth/yosys.h"

bool axn_liberty_mappable(const axn_liberty_cell *cell)
{
    if (!cell->combinational || cell->dont_use || cell->input_count == 0 ||
        cell->pin_count != cell->input_count + 1 || !axn_plain_name(cell->name))
        return false;
    for (int p = 0; p < cell->pin_count; p++)
        if (!axn_plain_name(cell->pins[p].name))
            return false;
    return true;
}

static bool truth_bit(const axn_liberty_pin *pin, int vector)
{
    return (pin->truth[vector / 64] >> (vector % 64)) & 1;
}

/* The function as a sum of minterms, of the rarer of its two values. */
static void print_function(const axn_liberty_cell *cell, const axn_liberty_pin *pin,
                           axn_buffer *out)
{
    int vectors = 1 << cell->input_count, ones = 0, printed = 0;
    for (int v = 0; v < vectors; v++)
        ones += truth_bit(pin, v);
    bool inverted = ones > vectors / 2;
    axn_buffer_text(out, inverted ? "!(" : "(");
    for (int v = 0; v < vectors; v++) {
        if (truth_bit(pin, v) == inverted)
            continue;
        axn_buffer_text(out, printed++ > 0 ? "|(" : "(");
        for (int i = 0; i < cell->input_count; i++)
            axn_buffer_format(out, "%s%s%s", i > 0 ? "&" : "", (v >> i) & 1 ? "" : "!",
                              cell->pins[cell->inputs[i]].name);
        axn_buffer_text(out, ")");
    }
    axn_buffer_text(out, ")");
}

static bool is_constant(const axn_liberty_cell *cell, const axn_liberty_pin *pin)
{
    for (int v = 1; v < 1 << cell->input_count; v++)
        if (truth_bit(pin, v) != truth_bit(pin, 0))
            return false;
    return true;
}

static const axn_liberty_pin *output_of(const axn_liberty_cell *cell)
{
    int p = 0;
    while (!cell->pins[p].output)
        p++;
    return &cell->pins[p];
}

static void print_cell(const axn_liberty_cell *cell, axn_buffer *out)
{
    axn_buffer_format(out, "cell (%s) {\n  area : %.10g;\n", cell->name, cell->area_um2);
    for (int i = 0; i < cell->input_count; i++)
        axn_buffer_format(out, "  pin (%s) { direction : input; capacitance : %.10g; }\n",
                          cell->pins[cell->inputs[i]].name,
                          cell->pins[cell->inputs[i]].capacitance_pf);
    axn_buffer_format(out, "  pin (%s) { direction : output; function : \"", output_of(cell)->name);
    print_function(cell, output_of(cell), out);
    axn_buffer_text(out, "\"; }\n}\n");
}

/* A toggle of every pin, in pJ: to choose among cells of one function and area. */
static double energy_of(const axn_liberty *liberty, const axn_liberty_cell *cell)
{
    double load = 0;
    for (int i = 0; i < cell->input_count; i++)
        load += cell->pins[cell->inputs[i]].capacitance_pf;
    return 0.5 * load * liberty->voltage * liberty->voltage +
           axn_power_internal(output_of(cell), liberty->slew_ns, 4 * liberty->inverter_pf);
}

/* Whether `other` has the same function as `cell` and is to be taken instead: smaller, or
 * as small and of less energy, or the same and earlier. */
static bool outdone(const axn_liberty *liberty, const axn_liberty_cell *cell,
                    const axn_liberty_cell *other)
{
    if (other->input_count != cell->input_count ||
        memcmp(output_of(other)->truth, output_of(cell)->truth, sizeof output_of(cell)->truth) != 0)
        return false;
    if (other->area_um2 < cell->area_um2 || other->area_um2 > cell->area_um2)
        return other->area_um2 < cell->area_um2;
    double energy = energy_of(liberty, cell), rival = energy_of(liberty, other);
    return rival < energy || (!(energy < rival) && other < cell);
}

/* chosen[i]: cell i is the best of its function. Where any cell has an area, those without
 * are left out: a mapper would take them for free. */
static void choose_cells(const axn_liberty *liberty, bool *chosen)
{
    bool sized = false;
    for (int i = 0; i < liberty->cell_count; i++) {
        const axn_liberty_cell *cell = &liberty->cells[i];
        chosen[i] = axn_liberty_mappable(cell) && !is_constant(cell, output_of(cell));
        sized |= chosen[i] && cell->area_um2 > 0;
    }
    for (int i = 0; i < liberty->cell_count; i++)
        chosen[i] = chosen[i] && (liberty->cells[i].area_um2 > 0 || !sized);
    for (int i = 0; i < liberty->cell_count; i++)
        for (int k = 0; k < liberty->cell_count && chosen[i]; k++)
            if (chosen[k] && k != i && outdone(liberty, &liberty->cells[i], &liberty->cells[k]))
                chosen[i] = false;
}

/* A mapper cannot do without an inverter and some two-input AND or OR. */
static const char *missing_gate(const axn_liberty *liberty, const bool *chosen)
{
    bool inverter = false, gate = false;
    for (int i = 0; i < liberty->cell_count; i++) {
        if (!chosen[i])
            continue;
        unsigned truth = (unsigned)output_of(&liberty->cells[i])->truth[0] & 15;
        inverter |= liberty->cells[i].input_count == 1 && (truth & 3) == 1;
        gate |= liberty->cells[i].input_count == 2 && __builtin_popcount(truth) % 2 == 1;
    }
    return inverter ? gate ? NULL : "AND or OR gate of two inputs" : "inverter";
}

axn_status axn_liberty_write_functions(const axn_liberty *liberty, const char *path,
                                       axn_error *error)
{
    axn_buffer text = {0};
    bool *chosen = NULL;
    axn_status status =
        axn_allocate(&chosen, (size_t)liberty->cell_count, sizeof *chosen, "Liberty cells", error);
    if (status != AXN_OK)
        return status;
    choose_cells(liberty, chosen);
    const char *missing = missing_gate(liberty, chosen);
    if (missing != NULL) {
        free(chosen);
        return axn_fail(error, AXN_ERROR_FORMAT, "%s: no usable %s among its cells", liberty->path,
                        missing);
    }
    axn_buffer_text(&text, "library (cells) {\ntime_unit : \"1ns\";\n"
                           "capacitive_load_unit (1, pf);\n");
    for (int i = 0; i < liberty->cell_count; i++)
        if (chosen[i])
            print_cell(&liberty->cells[i], &text);
    axn_buffer_text(&text, "}\n");
    free(chosen);
    status = text.failed
                 ? axn_fail(error, AXN_ERROR_MEMORY, "no memory for the cells of %s", liberty->path)
                 : axn_file_write(path, text.data, text.length, error);
    axn_buffer_free(&text);
    return status;
}

static void print_numbers(axn_buffer *out, const double *values, int count)
{
    for (int i = 0; i < count; i++)
        axn_buffer_format(out, "%s%.17g", i > 0 ? ", " : "", values[i]);
}

/* A table whose template was printed by print_templates. */
static void print_table(const char *name, const axn_liberty_table *table, axn_buffer *out)
{
    bool slew = table->slews > 1, load = table->loads > 1;
    if (table->slews == 0)
        return;
    axn_buffer_format(out, "      %s (", name);
    if (!slew && !load)
        axn_buffer_text(out, "scalar) {\n");
    else
        axn_buffer_format(out, "by%s%s) {\n", slew ? "_slew" : "", load ? "_load" : "");
    if (slew || load) {
        axn_buffer_text(out, "        index_1 (\"");
        print_numbers(out, slew ? table->slew : table->load, slew ? table->slews : table->loads);
        axn_buffer_text(out, "\");\n");
    }
    if (slew && load) {
        axn_buffer_text(out, "        index_2 (\"");
        print_numbers(out, table->load, table->loads);
        axn_buffer_text(out, "\");\n");
    }
    axn_buffer_text(out, "        values (");
    for (int s = 0; s < table->slews; s++) {
        bool row = load || s == 0; /* a column stands in one line */
        axn_buffer_text(out, row ? (s > 0 ? ", \"" : "\"") : ", ");
        print_numbers(out, table->value + (size_t)s * (size_t)table->loads, table->loads);
        if (load || s == table->slews - 1)
            axn_buffer_text(out, "\"");
    }
    axn_buffer_text(out, ");\n      }\n");
}

static void print_header(const axn_liberty *liberty, axn_buffer *out)
{
    axn_buffer_format(out,
                      "library (cells) {\n  delay_model : table_lookup;\n"
                      "  time_unit : \"1ns\";\n  voltage_unit : \"1V\";\n"
                      "  current_unit : \"1mA\";\n  pulling_resistance_unit : \"1kohm\";\n"
                      "  leakage_power_unit : \"1nW\";\n  capacitive_load_unit (1, pf);\n"
                      "  nom_voltage : %.9g;\n  nom_process : 1;\n  nom_temperature : 25;\n",
                      liberty->voltage);
    for (int i = 0; i < AXN_LIBERTY_THRESHOLDS; i++)
        if (isfinite(liberty->thresholds[i]))
            axn_buffer_format(out, "  %s : %.9g;\n", axn_liberty_threshold_names[i],
                              liberty->thresholds[i]);
    axn_buffer_text(
        out, "  lu_table_template (by_slew) {\n    variable_1 : input_net_transition;\n"
             "    index_1 (\"1, 2\");\n  }\n"
             "  lu_table_template (by_load) {\n    variable_1 : total_output_net_capacitance;\n"
             "    index_1 (\"1, 2\");\n  }\n"
             "  lu_table_template (by_slew_load) {\n    variable_1 : input_net_transition;\n"
             "    variable_2 : total_output_net_capacitance;\n"
             "    index_1 (\"1, 2\");\n    index_2 (\"1, 2\");\n  }\n");
}

/* Names of pins and nothing else, so that it may stand in a tool's input. */
static bool plain_list(const char *text)
{
    for (; *text != '\0'; text++)
        if (!((*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') ||
              (*text >= '0' && *text <= '9') || *text == '_' || *text == ' ' || *text == '$'))
            return false;
    return true;
}

static void print_timed_pin(const axn_liberty_cell *cell, const axn_liberty_pin *pin,
                            axn_buffer *out)
{
    axn_buffer_format(out, "    pin (%s) {\n      direction : %s;\n      capacitance : %.12g;\n",
                      pin->name, pin->output ? "output" : "input", pin->capacitance_pf);
    if (pin->input && pin->rise_capacitance_pf >= 0)
        axn_buffer_format(out, "      rise_capacitance : %.12g;\n", pin->rise_capacitance_pf);
    if (pin->input && pin->fall_capacitance_pf >= 0)
        axn_buffer_format(out, "      fall_capacitance : %.12g;\n", pin->fall_capacitance_pf);
    if (pin->output) {
        axn_buffer_text(out, "      function : \"");
        print_function(cell, pin, out);
        axn_buffer_text(out, "\";\n");
    }
    for (int i = 0; i < pin->delay_count; i++) {
        const axn_liberty_delay *delay = &pin->delays[i];
        if (!plain_list(delay->related_pin) || !plain_list(delay->sense))
            continue;
        axn_buffer_format(out, "      timing () {\n      related_pin : \"%s\";\n",
                          delay->related_pin);
        if (delay->sense[0] != '\0')
            axn_buffer_format(out, "      timing_sense : %s;\n", delay->sense);
        print_table("cell_rise", &delay->rise, out);
        print_table("cell_fall", &delay->fall, out);
        print_table("rise_transition", &delay->rise_slew, out);
        print_table("fall_transition", &delay->fall_slew, out);
        axn_buffer_text(out, "      }\n");
    }
    axn_buffer_text(out, "    }\n");
}

axn_status axn_liberty_write_timing(const axn_liberty *liberty, const bool *used, const char *path,
                                    axn_error *error)
{
    axn_buffer text = {0};
    axn_status status = AXN_OK;
    print_header(liberty, &text);
    for (int i = 0; i < liberty->cell_count && status == AXN_OK; i++) {
        const axn_liberty_cell *cell = &liberty->cells[i];
        if (!used[i])
            continue;
        axn_buffer_format(&text, "  cell (%s) {\n    area : %.10g;\n", cell->name, cell->area_um2);
        for (int p = 0; p < cell->pin_count; p++) {
            print_timed_pin(cell, &cell->pins[p], &text);
            if (cell->pins[p].output && cell->pins[p].delay_count == 0)
                status = axn_fail(error, AXN_ERROR_FORMAT,
                                  "%s: cell %s has no table of its delay, so that no delay of a "
                                  "circuit can be told",
                                  liberty->path, cell->name);
        }
        axn_buffer_text(&text, "  }\n");
    }
    axn_buffer_text(&text, "}\n");
    if (status == AXN_OK && text.failed)
        status = axn_fail(error, AXN_ERROR_MEMORY, "no memory for the cells of %s", liberty->path);
    if (status == AXN_OK)
        status = axn_file_write(path, text.data, text.length, error);
    axn_buffer_free(&text);
    return status;
}
