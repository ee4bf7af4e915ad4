/* From cells and bits to a circuit: drivers, loops, topological order. */
#include <stdlib.h>

#include "common/memory.h"
#include "multipliers/verilog_internal.h"

static void find_largest(axn_verilog_netlist *n)
{
    int largest = AXN_NET_ONE;
    for (int i = 0; i < 16; i++) {
        int bits[3] = {n->a[i & 7], n->b[i & 7], n->o[i]};
        for (int k = 0; k < 3; k++)
            largest = bits[k] > largest ? bits[k] : largest;
    }
    for (int c = 0; c < n->cell_count; c++) {
        const axn_verilog_cell *cell = &n->cells[c];
        for (int i = 0; i < cell->input_count; i++)
            largest = cell->input[i] > largest ? cell->input[i] : largest;
        for (int i = 0; i < cell->output_count; i++)
            largest = cell->output[i] > largest ? cell->output[i] : largest;
    }
    n->bit_count = largest + 1;
}

static axn_status allocate(axn_verilog_netlist *n)
{
    static const char what[] = "a netlist";
    size_t bits = (size_t)n->bit_count;
    axn_status status = axn_allocate(&n->driver, bits, sizeof *n->driver, what, n->error);
    if (status == AXN_OK)
        status = axn_allocate(&n->readers, bits, sizeof *n->readers, what, n->error);
    if (status == AXN_OK)
        status = axn_allocate(&n->net, bits, sizeof *n->net, what, n->error);
    if (status == AXN_OK)
        status = axn_allocate(&n->ready, (size_t)n->cell_count, sizeof *n->ready, what, n->error);
    return status;
}

/* Fills driver, readers and net for the bits in use. */
static axn_status connect(axn_verilog_netlist *n)
{
    for (int i = 0; i < n->bit_count; i++)
        n->driver[i] = n->readers[i] = n->net[i] = AXN_VERILOG_NONE;
    n->net[AXN_NET_ZERO] = AXN_NET_ZERO;
    n->net[AXN_NET_ONE] = AXN_NET_ONE;
    for (int i = 0; i < 16; i++) {
        int bit = i < 8 ? n->a[i] : n->b[i - 8];
        if (n->net[bit] != AXN_VERILOG_NONE) /* a constant, or another input */
            return axn_verilog_refuse(n, "a net has several drivers");
        n->net[bit] = i < 8 ? AXN_NET_A(i) : AXN_NET_B(i - 8);
    }
    for (int c = 0; c < n->cell_count; c++) {
        axn_verilog_cell *cell = &n->cells[c];
        for (int i = 0; i < cell->output_count; i++) {
            int bit = cell->output[i];
            if (bit == AXN_VERILOG_NONE)
                continue;
            if (n->net[bit] != AXN_VERILOG_NONE || n->driver[bit] != AXN_VERILOG_NONE)
                return axn_verilog_refuse(n, "a net has several drivers");
            n->driver[bit] = c;
        }
        for (int i = 0; i < cell->input_count; i++) {
            cell->next[i] = n->readers[cell->input[i]];
            n->readers[cell->input[i]] = c * AXN_CELL_MAX_INPUTS + i;
        }
        cell->waiting = cell->input_count;
    }
    return AXN_OK;
}

/* Marks a bit as built; appends cells that have all inputs to the queue. */
static int release(axn_verilog_netlist *n, int bit, int queued)
{
    int at = n->readers[bit];
    while (at != AXN_VERILOG_NONE) {
        axn_verilog_cell *cell = &n->cells[at / AXN_CELL_MAX_INPUTS];
        if (--cell->waiting == 0)
            n->ready[queued++] = at / AXN_CELL_MAX_INPUTS;
        at = cell->next[at % AXN_CELL_MAX_INPUTS];
    }
    return queued;
}

static axn_status build_next(axn_verilog_netlist *n, const axn_verilog_cell *cell, int *queued,
                             axn_circuit *circuit)
{
    int x[AXN_CELL_MAX_INPUTS] = {0}, y[AXN_VERILOG_OUTPUTS] = {0};
    for (int i = 0; i < cell->input_count; i++)
        x[i] = n->net[cell->input[i]];
    axn_status status = axn_verilog_build_cell(n, cell, x, y, circuit);
    for (int i = 0; i < cell->output_count && status == AXN_OK; i++)
        if (cell->output[i] != AXN_VERILOG_NONE) {
            n->net[cell->output[i]] = y[i];
            *queued = release(n, cell->output[i], *queued);
        }
    return status;
}

/* Kahn's algorithm; what is left over is in a loop or behind a bit that nothing drives. */
axn_status axn_verilog_build(axn_verilog_netlist *n, axn_circuit *circuit)
{
    int queued = 0, built = 0;
    find_largest(n);
    axn_status status = allocate(n);
    if (status == AXN_OK)
        status = connect(n);
    for (int c = 0; c < n->cell_count && status == AXN_OK; c++)
        if (n->cells[c].input_count == 0) /* a tie cell */
            n->ready[queued++] = c;
    for (int bit = 0; bit < n->bit_count && status == AXN_OK; bit++)
        if (n->net[bit] != AXN_VERILOG_NONE)
            queued = release(n, bit, queued);
        else if (n->driver[bit] == AXN_VERILOG_NONE && n->readers[bit] != AXN_VERILOG_NONE)
            status = axn_verilog_refuse(n, "a bit is not driven (Z)");
    for (; built < queued && status == AXN_OK; built++)
        status = build_next(n, &n->cells[n->ready[built]], &queued, circuit);
    if (status == AXN_OK && built < n->cell_count)
        status = axn_verilog_refuse(n, "a combinational loop");
    for (int i = 0; i < 16 && status == AXN_OK; i++) {
        circuit->output[i] = n->net[n->o[i]];
        if (circuit->output[i] == AXN_VERILOG_NONE)
            status = axn_verilog_refuse(n, "an output bit is not driven (Z)");
    }
    return status == AXN_OK ? axn_circuit_check(circuit, n->error) : status;
}
