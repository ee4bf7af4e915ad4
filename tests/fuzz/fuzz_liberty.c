/* Liberty files: tree, units, tables, cells, functions; then what every user of a Liberty
 * does with it. What we write for the tools can be read and says the same. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/file.h"
#include "synth/flip_flop.h"
#include "synth/liberty_internal.h"
#include "synth/power.h"
#include "synth/yosys.h"
#include "tests/fuzz/fuzz.h"

static void use_cell(const axn_liberty *liberty, const axn_liberty_cell *cell)
{
    uint64_t inputs[AXN_CELL_MAX_INPUTS] = {1, 2, 3, 4, 5, 6, 7, 8};
    axn_flip_flop_cell flip_flop;
    for (int p = 0; p < cell->pin_count; p++) {
        const axn_liberty_pin *pin = &cell->pins[p];
        (void)axn_power_internal(pin, 0.1, 0.01);
        if (pin->output && cell->combinational)
            (void)axn_liberty_truth(pin->truth, inputs, cell->input_count);
    }
    if (cell->flip_flop && axn_flip_flop_compile(liberty, cell, &flip_flop, NULL) == AXN_OK)
        axn_flip_flop_free(&flip_flop);
}

/* The bits of a truth table that its inputs reach. */
static bool same_function(const axn_liberty_pin *a, const axn_liberty_pin *b, int inputs)
{
    for (int v = 0; v < 1 << inputs; v++)
        if (((a->truth[v / 64] ^ b->truth[v / 64]) >> (v % 64)) & 1)
            return false;
    return true;
}

/* Every cell of a file that we wrote is one of `liberty`, with its pins and functions. */
static void compare(const axn_liberty *liberty, const char *path)
{
    axn_liberty written;
    axn_error error;
    if (axn_liberty_load(path, &written, &error) != AXN_OK)
        fuzz_fail(error.message);
    for (int i = 0; i < written.cell_count; i++) {
        const axn_liberty_cell *copy = &written.cells[i];
        int found = axn_liberty_find(liberty, copy->name);
        if (found < 0 || liberty->cells[found].input_count != copy->input_count)
            fuzz_fail("a cell that was not there");
        const axn_liberty_cell *cell = &liberty->cells[found];
        for (int p = 0; p < copy->pin_count; p++)
            for (int q = 0; q < cell->pin_count && copy->pins[p].output; q++)
                if (strcmp(cell->pins[q].name, copy->pins[p].name) == 0 &&
                    !same_function(&cell->pins[q], &copy->pins[p], cell->input_count))
                    fuzz_fail("a cell with another function");
    }
    axn_liberty_free(&written);
}

static bool plain(const axn_liberty_cell *cell)
{
    bool good = axn_plain_name(cell->name);
    for (int p = 0; p < cell->pin_count; p++)
        good = good && axn_plain_name(cell->pins[p].name);
    return good;
}

static void write_files(const axn_liberty *liberty)
{
    char path[AXN_PATH_MAX];
    axn_error error;
    bool *used = calloc((size_t)liberty->cell_count, sizeof *used), any = false;
    if (used == NULL || axn_path_join(path, fuzz_folder(), "written.lib", &error) != AXN_OK)
        fuzz_fail("out of memory");
    /* Without a voltage, which mapping needs not: it is put in front for our reader. */
    if (axn_liberty_write_functions(liberty, path, &error) == AXN_OK) {
        axn_buffer text = {0}, whole = {0};
        static const char head[] = "library (cells) {\n";
        if (axn_file_read(path, AXN_LIBERTY_MAX_BYTES, &text, &error) != AXN_OK ||
            strncmp(text.data, head, sizeof head - 1) != 0)
            fuzz_fail("no library of functions");
        axn_buffer_format(&whole, "%snom_voltage : 1;\n%s", head, text.data + sizeof head - 1);
        if (axn_file_write(path, whole.data, whole.length, &error) != AXN_OK)
            fuzz_fail(error.message);
        axn_buffer_free(&text);
        axn_buffer_free(&whole);
        compare(liberty, path);
    }
    for (int i = 0; i < liberty->cell_count; i++) {
        used[i] = liberty->cells[i].combinational && plain(&liberty->cells[i]);
        any = any || used[i];
    }
    if (any && axn_liberty_write_timing(liberty, used, path, &error) == AXN_OK)
        compare(liberty, path);
    free(used);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    axn_liberty liberty;
    axn_error error;
    axn_buffer map = {0};
    char *text = malloc(size + 1);
    if (text == NULL)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    if (axn_liberty_from_text("input", text, size, &liberty, &error) == AXN_OK) {
        for (int i = 0; i < liberty.cell_count; i++) {
            use_cell(&liberty, &liberty.cells[i]);
            if (axn_liberty_find(&liberty, liberty.cells[i].name) != i)
                fuzz_fail("two cells of one name");
        }
        if (axn_yosys_adder_map(&liberty, &map) && (map.failed || map.length == 0))
            fuzz_fail("no adder map");
        if (!(liberty.voltage > 0))
            fuzz_fail("no voltage");
        write_files(&liberty);
        axn_liberty_free(&liberty);
    }
    axn_buffer_free(&map);
    free(text);
    return 0;
}
