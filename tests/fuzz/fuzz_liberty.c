/* Liberty files: tree, units, tables, cells, functions; then what every user of a Liberty
 * does with it. */
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
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
        axn_liberty_free(&liberty);
    }
    axn_buffer_free(&map);
    free(text);
    return 0;
}
