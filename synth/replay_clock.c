/* Which flip-flops see which edges of the clock. */
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "synth/replay_internal.h"

/* Values of a net over (clock, held), bit clock + 2 * held. */
enum { CLOCK_VALUES = 0xa, INVERTED_VALUES = 0x5, GATED_VALUES = 0x8, HELD_VALUES = 0xc };
enum { BUFFER_TRUTH = 2 }; /* of one input */

typedef struct tracer {
    const axn_netlist *netlist;
    axn_replay_program *out;
    uint8_t *values; /* [net_count], of nets with a domain */
    int *held; /* [net_count]: the output of a latch that is open while the clock is low, which
                * this net is or follows through buffers; -1 = none */
    size_t capacity;
    axn_error *error;
} tracer;

static axn_status fail(const tracer *t, const char *what, const char *name)
{
    return axn_fail(t->error, AXN_ERROR_FORMAT, "module %s: %s%s", t->netlist->module, what, name);
}

static const axn_flip_flop_cell *flip_flop_cell(const tracer *t, int gate)
{
    return &t->out->cells[t->netlist->gates[gate].cell];
}

/* The clock port: the one that is named, or the one that a flip-flop hangs on. */
static axn_status find_port(tracer *t, const char *name)
{
    const axn_netlist *n = t->netlist;
    int first = n->gate_count - n->flip_flops;
    for (int i = 0; i < n->port_count; i++) {
        const axn_port *port = &n->ports[i];
        bool wanted = name != NULL && strcmp(port->name, name) == 0;
        for (int g = first; g < n->gate_count && name == NULL && port->width == 1 && !wanted; g++)
            wanted = n->gates[g].nets[flip_flop_cell(t, g)->clock_pin] == port->nets[0];
        if (port->output || port->width != 1 || !wanted)
            continue;
        if (t->out->clock != NULL)
            return fail(t, "more than one clock net, among them ", port->name);
        t->out->clock = port;
    }
    if (name != NULL && t->out->clock == NULL)
        return fail(t, "no one-bit input port ", name);
    if (n->flip_flops > 0 && t->out->clock == NULL)
        return fail(t, "the clock of its flip-flops is not an input port", "");
    return AXN_OK;
}

static axn_status find_domain(tracer *t, int held, int *domain)
{
    axn_replay_program *out = t->out;
    for (*domain = 1; *domain < out->domain_count; ++*domain)
        if (out->domain_nets[*domain] == held)
            return AXN_OK;
    axn_status status = axn_grow(&out->domain_nets, &t->capacity, (size_t)out->domain_count + 1,
                                 sizeof *out->domain_nets, "clock gates", t->error);
    if (status == AXN_OK)
        out->domain_nets[out->domain_count++] = held;
    return status;
}

/* A latch whose enable is the clock has to be open while that is low: then what it holds while the
 * clock is high is what was on its input at the end of the cycle before. */
static axn_status trace_latch(tracer *t, int gate, const axn_liberty_cell *cell)
{
    const int *nets = t->netlist->gates[gate].nets;
    int enable = nets[cell->latch_enable], data = nets[cell->latch_data];
    int open_low = cell->latch_high ? INVERTED_VALUES : CLOCK_VALUES;
    if (t->out->net_domain[enable] != 0 || t->values[enable] != open_low ||
        t->out->net_domain[data] >= 0)
        return fail(t, "not a latch of a clock gate, open while the clock is low: ",
                    t->netlist->gates[gate].name);
    if (nets[cell->latch_output] >= 0)
        t->held[nets[cell->latch_output]] = nets[cell->latch_output];
    return AXN_OK;
}

/* The net that a gate of the clock is gated by, -1 = none; false: the clock enters logic here. */
static bool find_held(const tracer *t, const axn_gate *gate, const axn_liberty_cell *cell,
                      int *held)
{
    *held = -1;
    for (int i = 0; i < cell->input_count; i++) {
        int net = gate->nets[cell->inputs[i]], by;
        if (net < 2 || t->out->net_domain[net] == 0)
            continue;
        by = t->out->net_domain[net] > 0 ? t->out->domain_nets[t->out->net_domain[net]]
                                         : t->held[net];
        if (by < 0)
            return false;
        if (*held >= 0 && *held != by)
            return false;
        *held = by;
    }
    return true;
}

static axn_status trace_gate(tracer *t, int index, const axn_liberty_cell *cell)
{
    const axn_gate *gate = &t->netlist->gates[index];
    int held, domain = 0;
    if (!find_held(t, gate, cell, &held))
        return fail(t, "the clock enters logic at cell ", gate->name);
    uint64_t inputs[AXN_CELL_MAX_INPUTS] = {0};
    for (int i = 0; i < cell->input_count; i++) {
        int net = gate->nets[cell->inputs[i]];
        inputs[i] = net < 2                        ? (net == 1 ? ~UINT64_C(0) : 0)
                    : t->out->net_domain[net] >= 0 ? t->values[net]
                                                   : HELD_VALUES;
    }
    for (int p = 0; p < cell->pin_count; p++) {
        int net = gate->nets[p];
        if (!cell->pins[p].output || net < 0)
            continue;
        unsigned values =
            (unsigned)axn_liberty_truth(cell->pins[p].truth, inputs, cell->input_count) & 15;
        bool depends = (values & 3) != values >> 2;
        axn_status status = depends ? find_domain(t, held, &domain) : AXN_OK;
        if (status != AXN_OK)
            return status;
        t->out->net_domain[net] = depends ? domain : 0;
        t->values[net] = (uint8_t)values;
    }
    return AXN_OK;
}

/* A latch that opens many gates may do so through buffers. */
static void trace_buffer(tracer *t, int index, const axn_liberty_cell *cell)
{
    const int *nets = t->netlist->gates[index].nets;
    int held = cell->input_count == 1 ? t->held[nets[cell->inputs[0]]] : -1;
    for (int p = 0; p < cell->pin_count && held >= 0; p++)
        if (cell->pins[p].output && nets[p] >= 0 && (cell->pins[p].truth[0] & 3) == BUFFER_TRUTH)
            t->held[nets[p]] = held;
}

/* Gates are in topological order. */
static axn_status trace_gates(tracer *t)
{
    const axn_netlist *n = t->netlist;
    axn_status status = AXN_OK;
    for (int g = 0; g < n->gate_count - n->flip_flops && status == AXN_OK; g++) {
        const axn_liberty_cell *cell = &n->liberty->cells[n->gates[g].cell];
        bool clocked = false;
        for (int i = 0; i < cell->input_count; i++)
            clocked |= t->out->net_domain[n->gates[g].nets[cell->inputs[i]]] >= 0;
        if (!cell->combinational)
            status = trace_latch(t, g, cell);
        else if (clocked)
            status = trace_gate(t, g, cell);
        else
            trace_buffer(t, g, cell);
    }
    return status;
}

/* All flip-flops take the same edge of the clock, and those behind a gate the rising one. */
static axn_status trace_flip_flops(tracer *t)
{
    const axn_netlist *n = t->netlist;
    int first = n->gate_count - n->flip_flops;
    for (int g = first; g < n->gate_count; g++) {
        const axn_flip_flop_cell *cell = flip_flop_cell(t, g);
        int net = n->gates[g].nets[cell->clock_pin],
            domain = net < 0 ? -1 : t->out->net_domain[net];
        if (cell->rising != flip_flop_cell(t, first)->rising)
            return fail(t, "flip-flops of both clock edges, among them ", n->gates[g].name);
        bool plain = domain == 0 && t->values[net] == CLOCK_VALUES;
        bool gated = domain > 0 && t->values[net] == GATED_VALUES && cell->rising;
        if (domain < 0)
            return fail(t, "more than one clock net, at flip-flop ", n->gates[g].name);
        if (!plain && !gated)
            return fail(t, "not a clock or a gated clock, at flip-flop ", n->gates[g].name);
    }
    return AXN_OK;
}

axn_status axn_replay_trace_clock(const axn_netlist *netlist, const char *clock,
                                  axn_replay_program *out, axn_error *error)
{
    tracer t = {.netlist = netlist, .out = out, .error = error};
    size_t nets = (size_t)netlist->net_count;
    axn_status status = axn_allocate(&out->net_domain, nets, sizeof(int), "clock nets", error);
    if (status == AXN_OK)
        status = axn_allocate(&t.values, nets, 1, "clock nets", error);
    if (status == AXN_OK)
        status = axn_allocate(&t.held, nets, sizeof(int), "clock nets", error);
    if (status == AXN_OK)
        status = axn_grow(&out->domain_nets, &t.capacity, 1, sizeof *out->domain_nets,
                          "clock gates", error);
    for (size_t i = 0; i < nets && status == AXN_OK; i++)
        out->net_domain[i] = t.held[i] = -1;
    out->domain_count = 1;
    if (status == AXN_OK)
        status = find_port(&t, clock);
    if (status == AXN_OK && out->clock != NULL) {
        out->net_domain[out->clock->nets[0]] = 0;
        t.values[out->clock->nets[0]] = CLOCK_VALUES;
    }
    if (status == AXN_OK)
        status = trace_gates(&t);
    if (status == AXN_OK)
        status = trace_flip_flops(&t);
    free(t.values);
    free(t.held);
    return status;
}
