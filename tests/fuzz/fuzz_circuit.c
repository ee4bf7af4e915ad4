/* The JSON of Yosys for a circuit to be imported, its table and its Verilog. */
#include <stdlib.h>

#include "multipliers/verilog_reader.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    axn_verilog_circuit read;
    axn_error error;
    axn_buffer text = {0};
    if (axn_verilog_read_json(fuzz_file(data, size), "input", &read, &error) != AXN_OK)
        return 0;
    axn_table *table = malloc(sizeof *table);
    if (table == NULL || axn_circuit_tabulate(&read.circuit, table, &error) != AXN_OK ||
        axn_circuit_print(&read.circuit, "fuzzed", NULL, &text, &error) != AXN_OK)
        fuzz_fail("a circuit cannot be used");
    free(table);
    axn_buffer_free(&text);
    axn_circuit_free(&read.circuit);
    return 0;
}
