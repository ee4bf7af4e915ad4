/* Liberty files for the tools, made of what was read. */
#include <stdlib.h>

#include "common/hash.h"
#include "synth/liberty_internal.h"
#include "synth/yosys.h"

/* One output, a function that is not constant, plain names. */
static bool mappable(const axn_liberty_cell *cell)
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

static void print_cell(const axn_liberty_cell *cell, const axn_liberty_pin *output, axn_buffer *out)
{
    axn_buffer_format(out, "cell (%s) {\n  area : %.10g;\n", cell->name, cell->area_um2);
    for (int i = 0; i < cell->input_count; i++)
        axn_buffer_format(out, "  pin (%s) { direction : input; capacitance : %.10g; }\n",
                          cell->pins[cell->inputs[i]].name,
                          cell->pins[cell->inputs[i]].capacitance_pf);
    axn_buffer_format(out, "  pin (%s) { direction : output; function : \"", output->name);
    print_function(cell, output, out);
    axn_buffer_text(out, "\"; }\n}\n");
}

axn_status axn_liberty_write_functions(const axn_liberty *liberty, const char *path,
                                       axn_error *error)
{
    axn_buffer text = {0};
    bool inverter = false, gate = false;
    axn_buffer_text(&text, "library (cells) {\ntime_unit : \"1ns\";\n"
                           "capacitive_load_unit (1, pf);\n");
    for (int i = 0; i < liberty->cell_count; i++) {
        const axn_liberty_cell *cell = &liberty->cells[i];
        if (!mappable(cell))
            continue;
        for (int p = 0; p < cell->pin_count; p++) {
            const axn_liberty_pin *output = &cell->pins[p];
            if (!output->output || is_constant(cell, output))
                continue;
            print_cell(cell, output, &text);
            unsigned truth = (unsigned)output->truth[0] & 15;
            inverter |= cell->input_count == 1 && (truth & 3) == 1;
            /* one 0 or one 1 among the four: AND, OR, NAND, NOR and their like */
            gate |= cell->input_count == 2 && __builtin_popcount(truth) % 2 == 1;
        }
    }
    axn_buffer_text(&text, "}\n");
    axn_status status = inverter && gate
                            ? AXN_OK
                            : axn_fail(error, AXN_ERROR_FORMAT, "%s: no usable %s among its cells",
                                       liberty->path, inverter ? "AND or OR gate" : "inverter");
    if (status == AXN_OK && text.failed)
        status = axn_fail(error, AXN_ERROR_MEMORY, "no memory for the cells of %s", liberty->path);
    if (status == AXN_OK)
        status = axn_file_write(path, text.data, text.length, error);
    axn_buffer_free(&text);
    return status;
}

axn_status axn_liberty_place_cells(const axn_liberty *liberty, const bool *used, const char *path,
                                   axn_error *error)
{
    axn_buffer text = {0}, copy = {0};
    axn_status status = axn_file_read(liberty->path, AXN_LIBERTY_MAX_BYTES, &text, error);
    if (status == AXN_OK && axn_hash(AXN_HASH_SEED, text.data, text.length) != liberty->hash)
        status =
            axn_fail(error, AXN_ERROR_MISMATCH, "%s changed while it was in use", liberty->path);
    size_t done = 0;
    for (int i = 0; i < liberty->cell_count && status == AXN_OK; i++) {
        const axn_liberty_cell *cell = &liberty->cells[i];
        if (used != NULL && !used[i]) {
            axn_buffer_append(&copy, text.data + done, cell->begin - done);
            done = cell->end;
        } else if (cell->area_note != NULL) {
            axn_buffer_append(&copy, text.data + done, cell->area_begin - done);
            axn_buffer_format(&copy, "%.10g", cell->area_um2);
            done = cell->area_end;
        }
    }
    if (status == AXN_OK) {
        axn_buffer_append(&copy, text.data + done, text.length - done);
        status = copy.failed ? axn_fail(error, AXN_ERROR_MEMORY, "no memory for a copy of %s",
                                        liberty->path)
                             : axn_file_write(path, copy.data, copy.length, error);
    }
    axn_buffer_free(&text);
    axn_buffer_free(&copy);
    return status;
}
