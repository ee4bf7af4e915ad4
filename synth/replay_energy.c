#include "synth/power.h"
#include "synth/replay_internal.h"

bool axn_replay_conditional(const axn_flip_flop_cell *cell, int pin)
{
    for (int i = 0; i < cell->power_count; i++)
        if (cell->powers[i].pin == pin && cell->powers[i].conditional)
            return true;
    return false;
}

/* What a cycle costs on the clock pin; its table does not depend on other pins. */
static double clock_cycle(const axn_flip_flop_cell *cell, double slew, double volts)
{
    const uint64_t pins[64] = {0};
    double internal = axn_replay_conditional(cell, cell->clock_pin)
                          ? 0
                          : axn_flip_flop_energy(cell, cell->clock_pin, -1, pins, 1, 1, slew, 0);
    return internal + cell->cell->pins[cell->clock_pin].capacitance_pf * volts * volts;
}

static void add_flip_flop(const axn_replay_program *program, int gate, const uint64_t *toggles,
                          const int64_t *drift, const uint64_t *edges, axn_gate_energy *out)
{
    const axn_netlist *n = program->netlist;
    const axn_gate *g = &n->gates[gate];
    const axn_flip_flop_cell *cell = &program->cells[g->cell];
    double slew = n->liberty->slew_ns, volts = n->liberty->voltage;
    const uint64_t pins[64] = {0};
    int domain = program->net_domain[g->nets[cell->clock_pin]];
    out->clock += clock_cycle(cell, slew, volts) * (double)edges[domain];
    for (int p = 0; p < cell->cell->pin_count; p++) {
        int net = g->nets[p];
        if (p == cell->clock_pin || net < 2)
            continue;
        double count = (double)toggles[program->slot[net]];
        double excess = (double)drift[program->slot[net]];
        double rises = (count + excess) / 2, falls = (count - excess) / 2;
        bool output = cell->cell->pins[p].output;
        double load = output ? n->load_pf[net] : 0;
        double energy = output ? 0.5 * load * volts * volts * count : 0;
        if (!axn_replay_conditional(cell, p)) {
            int related = output ? cell->clock_pin : -1;
            energy += rises * axn_flip_flop_energy(cell, p, related, pins, 1, 0, slew, load) +
                      falls * axn_flip_flop_energy(cell, p, related, pins, 0, 1, slew, load);
        }
        *(output ? &out->output : &out->data) += energy;
    }
}

/* Cells of a clock gate: each edge moves the pins on nets of the clock (their capacitance; that of
 * an output is on the pins it drives) and the outputs there; the latch's data pin moves with the
 * enable. What the latch's output costs is counted like any toggle. */
static void add_gate_of_clock(const axn_replay_program *program, int gate, const uint64_t *toggles,
                              const uint64_t *edges, axn_gate_energy *out)
{
    const axn_netlist *n = program->netlist;
    const axn_gate *g = &n->gates[gate];
    const axn_liberty_cell *cell = &n->liberty->cells[g->cell];
    double slew = n->liberty->slew_ns, volts = n->liberty->voltage;
    for (int p = 0; p < cell->pin_count; p++) {
        const axn_liberty_pin *pin = &cell->pins[p];
        int net = g->nets[p], domain = net >= 0 ? program->net_domain[net] : -1;
        if (domain >= 0 && pin->output)
            out->clock +=
                2 * axn_power_internal(pin, slew, n->load_pf[net]) * (double)edges[domain];
        else if (domain >= 0)
            out->clock += (pin->capacitance_pf * volts * volts +
                           (cell->combinational ? 0 : 2 * axn_power_internal(pin, slew, 0))) *
                          (double)edges[domain];
        else if (net >= 2 && !pin->output && !cell->combinational)
            out->data += axn_power_internal(pin, slew, 0) * (double)toggles[program->slot[net]];
    }
}

void axn_replay_energies(const axn_replay_program *program, const uint64_t *toggles,
                         const int64_t *drift, const uint64_t *edges, axn_gate_energy *gates)
{
    const axn_netlist *n = program->netlist;
    for (int g = 0; g < n->gate_count - n->flip_flops; g++) {
        const axn_gate *gate = &n->gates[g];
        const axn_liberty_cell *cell = &n->liberty->cells[gate->cell];
        for (int p = 0; p < cell->pin_count; p++)
            if (cell->pins[p].output && gate->nets[p] >= 0)
                gates[g].output +=
                    (double)toggles[program->slot[gate->nets[p]]] * axn_power_toggle(n, g, p);
        add_gate_of_clock(program, g, toggles, edges, &gates[g]);
    }
    for (int g = n->gate_count - n->flip_flops; g < n->gate_count; g++)
        add_flip_flop(program, g, toggles, drift, edges, &gates[g]);
}
