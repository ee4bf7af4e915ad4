#include "synth/buffering.h"

long axn_buffer_overloaded(const axn_netlist *netlist)
{
    long count = 0;
    for (int g = 0; g < netlist->gate_count; g++) {
        const axn_gate *gate = &netlist->gates[g];
        const axn_liberty_cell *cell = &netlist->liberty->cells[gate->cell];
        for (int p = 0; p < cell->pin_count; p++) {
            double most = cell->pins[p].max_capacitance_pf;
            int net = gate->nets[p];
            if (cell->pins[p].output && net >= 2 && most > 0 && netlist->load_pf[net] > most)
                count++;
        }
    }
    return count;
}
