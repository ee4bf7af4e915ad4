#include "synth/activity.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/interrupt.h"
#include "common/memory.h"
#include "synth/activity_stream.h"
#include "synth/flip_flop.h"
#include "synth/power.h"

#define SETTLE_ROUNDS 8 /* asynchronous resets that depend on other flip-flops */
#define MAX_PINS 64

typedef struct simulation {
    const axn_netlist *netlist;
    const axn_port *clock;
    axn_flip_flop_cell *compiled; /* [cell_count of the Liberty], cell NULL = not used */
    axn_stream streams[AXN_ACTIVITY_LANES];
    int lanes;
    uint64_t active, check;              /* lanes of this cycle */
    uint64_t *values, *previous;         /* [net_count] */
    uint64_t *state, *next;              /* [flip_flops] */
    uint64_t *toggles;                   /* [net_count], since the last block */
    double clock_pj, data_pj, output_pj; /* since the last block */
    uint64_t transitions;                /* the same, lane cycles */
    axn_error *error;
} simulation;

static const axn_gate *flip_flop(const simulation *s, int f)
{
    const axn_netlist *n = s->netlist;
    return &n->gates[n->gate_count - n->flip_flops + f];
}

static const axn_flip_flop_cell *compiled_cell(const simulation *s, int f)
{
    return &s->compiled[flip_flop(s, f)->cell];
}

static axn_status compile_cells(simulation *s)
{
    const axn_liberty *liberty = s->netlist->liberty;
    axn_status status = axn_allocate(&s->compiled, (size_t)liberty->cell_count, sizeof *s->compiled,
                                     "flip-flop cells", s->error);
    for (int f = 0; f < s->netlist->flip_flops && status == AXN_OK; f++) {
        int cell = flip_flop(s, f)->cell;
        if (s->compiled[cell].cell == NULL)
            status =
                axn_flip_flop_compile(liberty, &liberty->cells[cell], &s->compiled[cell], s->error);
    }
    return status;
}

static axn_status fail(const simulation *s, const char *what, const char *name)
{
    return axn_fail(s->error, AXN_ERROR_FORMAT, "module %s: %s%s", s->netlist->module, what, name);
}

/* All flip-flops must hang on one input port, with the same edge. */
static axn_status find_clock(simulation *s, const char *name)
{
    const axn_netlist *n = s->netlist;
    int net = -1;
    for (int f = 0; f < n->flip_flops; f++) {
        const axn_flip_flop_cell *cell = compiled_cell(s, f);
        if (cell->rising != compiled_cell(s, 0)->rising)
            return fail(s, "flip-flops of both clock edges, among them ", flip_flop(s, f)->name);
        int found = flip_flop(s, f)->nets[cell->clock_pin];
        if (net >= 0 && found != net)
            return fail(s, "more than one clock net, at flip-flop ", flip_flop(s, f)->name);
        net = found;
    }
    for (int i = 0; i < n->port_count; i++) {
        const axn_port *port = &n->ports[i];
        bool wanted = name != NULL ? strcmp(port->name, name) == 0
                                   : net >= 0 && port->width == 1 && port->nets[0] == net;
        if (!port->output && port->width == 1 && wanted)
            s->clock = port;
    }
    if (name != NULL && s->clock == NULL)
        return fail(s, "no one-bit input port ", name);
    if (net >= 0 && (s->clock == NULL || s->clock->nets[0] != net))
        return fail(s, "the clock of its flip-flops is not an input port", "");
    return AXN_OK;
}

static axn_status prepare(simulation *s, const axn_activity_options *options,
                          const char *const *streams, int lanes, axn_activity *out)
{
    size_t nets = (size_t)s->netlist->net_count, states = (size_t)s->netlist->flip_flops;
    if (lanes < 1 || lanes > AXN_ACTIVITY_LANES)
        return fail(s, "1 to 64 streams are needed", "");
    axn_status status = compile_cells(s);
    if (status == AXN_OK)
        status = find_clock(s, options->clock);
    if (status == AXN_OK)
        status = axn_allocate(&s->values, nets, sizeof *s->values, "net values", s->error);
    if (status == AXN_OK)
        status = axn_allocate(&s->previous, nets, sizeof *s->previous, "net values", s->error);
    if (status == AXN_OK)
        status = axn_allocate(&s->toggles, nets, sizeof *s->toggles, "toggles", s->error);
    if (status == AXN_OK)
        status = axn_allocate(&out->toggles, nets, sizeof *out->toggles, "toggles", s->error);
    if (status == AXN_OK)
        status = axn_allocate(&s->state, states, sizeof *s->state, "flip-flops", s->error);
    if (status == AXN_OK)
        status = axn_allocate(&s->next, states, sizeof *s->next, "flip-flops", s->error);
    for (; status == AXN_OK && s->lanes < lanes; s->lanes++)
        status = axn_stream_open(streams[s->lanes], s->netlist, s->clock, &s->streams[s->lanes],
                                 s->error);
    if (status == AXN_OK)
        s->active = lanes == 64 ? ~UINT64_C(0) : (UINT64_C(1) << lanes) - 1;
    return status;
}

static void release(simulation *s)
{
    for (int i = 0; i < s->lanes; i++)
        axn_stream_close(&s->streams[i]);
    for (int c = 0; s->compiled != NULL && c < s->netlist->liberty->cell_count; c++)
        axn_flip_flop_free(&s->compiled[c]);
    free(s->compiled);
    free(s->values);
    free(s->previous);
    free(s->toggles);
    free(s->state);
    free(s->next);
}

/* Reads a line of every active lane into the input nets. */
static axn_status read_inputs(simulation *s)
{
    s->check = 0;
    for (int lane = 0; lane < s->lanes; lane++) {
        uint64_t mask = UINT64_C(1) << lane;
        axn_stream *stream = &s->streams[lane];
        if ((s->active & mask) == 0)
            continue;
        bool ended;
        axn_status status = axn_stream_next(stream, &ended, s->error);
        if (status != AXN_OK)
            return status;
        if (ended) {
            s->active &= ~mask;
            continue;
        }
        s->check |= stream->check ? mask : 0;
        for (int c = 0; c < stream->column_count; c++) {
            const axn_stream_column *column = &stream->columns[c];
            if (column->port == NULL || column->port->output)
                continue;
            for (int b = 0; b < column->width; b++) {
                uint64_t *value = &s->values[column->port->nets[b]];
                *value = column->bits[b] ? *value | mask : *value & ~mask;
            }
        }
    }
    return AXN_OK;
}

static void gather_pins(const simulation *s, int f, const uint64_t *values, uint64_t *pins)
{
    const axn_gate *gate = flip_flop(s, f);
    int count = s->netlist->liberty->cells[gate->cell].pin_count;
    for (int p = 0; p < count; p++)
        pins[p] = gate->nets[p] >= 0 ? values[gate->nets[p]] : 0;
}

/* Combinational values at the end of a cycle, asynchronous resets applied. */
static void settle(simulation *s)
{
    bool changed = true;
    for (int round = 0; round < SETTLE_ROUNDS && changed; round++) {
        changed = false;
        for (int f = 0; f < s->netlist->flip_flops; f++) {
            const axn_flip_flop_cell *cell = compiled_cell(s, f);
            const axn_gate *gate = flip_flop(s, f);
            uint64_t pins[MAX_PINS];
            gather_pins(s, f, s->values, pins);
            for (int p = 0; p < cell->cell->pin_count; p++)
                if (cell->cell->pins[p].output && gate->nets[p] >= 0)
                    s->values[gate->nets[p]] = axn_flip_flop_output(cell, p, pins, s->state[f]);
        }
        axn_netlist_evaluate(s->netlist, s->values);
        for (int f = 0; f < s->netlist->flip_flops; f++) {
            const axn_flip_flop_cell *cell = compiled_cell(s, f);
            if (!cell->has_clear && !cell->has_preset)
                continue;
            uint64_t pins[MAX_PINS];
            gather_pins(s, f, s->values, pins);
            uint64_t settled = axn_flip_flop_settle(cell, pins, s->state[f]);
            changed |= settled != s->state[f];
            s->state[f] = settled;
        }
    }
}

/* Value of a port in one lane as hex, for messages. */
static void print_value(char *out, size_t size, const uint64_t *values, const axn_port *port,
                        const uint8_t *bits, int lane)
{
    int digits = (port->width + 3) / 4;
    size_t used = 0;
    for (int d = digits - 1; d >= 0 && used + 1 < size; d--) {
        unsigned digit = 0;
        for (int k = 0; k < 4; k++) {
            int b = 4 * d + k;
            if (b < port->width)
                digit |= (bits != NULL ? bits[b] : (unsigned)((values[port->nets[b]] >> lane) & 1))
                         << k;
        }
        out[used++] = "0123456789abcdef"[digit];
    }
    out[used] = '\0';
}

static axn_status report_mismatch(const simulation *s, int lane, const axn_stream_column *column,
                                  long cycle)
{
    char got[40], wanted[40];
    print_value(got, sizeof got, s->values, column->port, NULL, lane);
    print_value(wanted, sizeof wanted, NULL, column->port, column->bits, lane);
    return axn_fail(s->error, AXN_ERROR_MISMATCH,
                    "module %s: %s:%ld: cycle %ld: port %s is %s in the netlist, %s in the stream",
                    s->netlist->module, s->streams[lane].path, s->streams[lane].line, cycle,
                    column->port->name, got, wanted);
}

static axn_status compare_outputs(const simulation *s, long cycle, uint64_t *checked)
{
    for (int lane = 0; lane < s->lanes; lane++) {
        const axn_stream *stream = &s->streams[lane];
        if (((s->active & s->check) >> lane & 1) == 0)
            continue;
        for (int c = 0; c < stream->column_count; c++) {
            const axn_stream_column *column = &stream->columns[c];
            if (column->port == NULL || !column->port->output || column->unknown)
                continue;
            for (int b = 0; b < column->width; b++)
                if ((s->values[column->port->nets[b]] >> lane & 1) != column->bits[b])
                    return report_mismatch(s, lane, column, cycle);
            ++*checked;
        }
    }
    return AXN_OK;
}

/* Energies of one flip-flop over the clock edge between previous and values. The
 * clock rises on the old values and falls, in mid-cycle, on the new ones. */
static void count_flip_flop(simulation *s, int f)
{
    const axn_netlist *n = s->netlist;
    const axn_flip_flop_cell *cell = compiled_cell(s, f);
    const axn_gate *gate = flip_flop(s, f);
    double slew = n->liberty->slew_ns, volts = n->liberty->voltage;
    uint64_t before[MAX_PINS], after[MAX_PINS], active = s->active;
    int clock = cell->clock_pin;
    gather_pins(s, f, s->previous, before);
    gather_pins(s, f, s->values, after);
    before[clock] = cell->rising ? ~UINT64_C(0) : 0;
    after[clock] = ~before[clock];
    uint64_t edge = cell->rising ? active : 0;
    s->clock_pj +=
        axn_flip_flop_energy(cell, clock, -1, before, edge, active & ~edge, slew, 0) +
        axn_flip_flop_energy(cell, clock, -1, after, active & ~edge, edge, slew, 0) +
        cell->cell->pins[clock].capacitance_pf * volts * volts * __builtin_popcountll(active);
    after[clock] = before[clock]; /* data moves right behind the active edge */
    for (int p = 0; p < cell->cell->pin_count; p++) {
        int net = gate->nets[p];
        if (p == clock || net < 2)
            continue;
        uint64_t rises = ~before[p] & after[p] & active, falls = before[p] & ~after[p] & active;
        if (!cell->cell->pins[p].output) {
            s->data_pj += axn_flip_flop_energy(cell, p, -1, after, rises, falls, slew, 0);
            continue;
        }
        double load = n->load_pf[net];
        s->output_pj += axn_flip_flop_energy(cell, p, clock, after, rises, falls, slew, load) +
                        0.5 * load * volts * volts * __builtin_popcountll(rises | falls);
    }
}

static void count_transition(simulation *s)
{
    for (int i = 0; i < s->netlist->net_count; i++)
        s->toggles[i] +=
            (uint64_t)__builtin_popcountll((s->values[i] ^ s->previous[i]) & s->active);
    for (int f = 0; f < s->netlist->flip_flops; f++)
        count_flip_flop(s, f);
    s->transitions += (uint64_t)__builtin_popcountll(s->active);
}

static void clock_edge(simulation *s)
{
    for (int f = 0; f < s->netlist->flip_flops; f++) {
        uint64_t pins[MAX_PINS];
        gather_pins(s, f, s->values, pins);
        s->next[f] = axn_flip_flop_next(compiled_cell(s, f), pins, s->state[f]);
    }
    for (int f = 0; f < s->netlist->flip_flops; f++)
        s->state[f] = s->next[f];
}

/* Means over blocks of equal time; blocks are joined in pairs when they run out, so
 * that the length of the streams need not be known. */
typedef struct blocks {
    double energy[AXN_ACTIVITY_BLOCKS];
    uint64_t cycles[AXN_ACTIVITY_BLOCKS];
    int count;
    long length; /* cycles a block */
    long filled; /* of the current block */
} blocks;

/* Moves what was counted since the last block into the totals. */
static void close_block(simulation *s, blocks *b, axn_activity *out)
{
    double combinational = axn_power_of_toggles(s->netlist, s->toggles, NULL);
    if (b->count == AXN_ACTIVITY_BLOCKS) {
        for (int i = 0; i < AXN_ACTIVITY_BLOCKS / 2; i++) {
            b->energy[i] = b->energy[2 * i] + b->energy[2 * i + 1];
            b->cycles[i] = b->cycles[2 * i] + b->cycles[2 * i + 1];
        }
        b->count = AXN_ACTIVITY_BLOCKS / 2;
        b->length *= 2;
    }
    b->energy[b->count] = combinational + s->clock_pj + s->data_pj + s->output_pj;
    b->cycles[b->count++] = s->transitions;
    b->filled = 0;
    out->combinational_pj += combinational;
    out->clock_pin_pj += s->clock_pj;
    out->flip_flop_data_pj += s->data_pj;
    out->flip_flop_output_pj += s->output_pj;
    out->cycles += s->transitions;
    for (int i = 0; i < s->netlist->net_count; i++)
        out->toggles[i] += s->toggles[i];
    memset(s->toggles, 0, (size_t)s->netlist->net_count * sizeof *s->toggles);
    s->clock_pj = s->data_pj = s->output_pj = 0;
    s->transitions = 0;
}

static axn_status run(simulation *s, const axn_activity_options *options, blocks *b,
                      axn_activity *out)
{
    uint64_t before = 0;
    for (long cycle = 0; options->limit == 0 || cycle < options->limit; cycle++) {
        axn_status status = cycle % 1024 == 0 ? axn_interrupt_check(s->error) : AXN_OK;
        if (status == AXN_OK)
            status = read_inputs(s);
        if (status != AXN_OK || s->active == 0)
            return status;
        settle(s);
        bool counted = cycle >= options->warm_up;
        if (counted && (status = compare_outputs(s, cycle, &out->checked)) != AXN_OK)
            return status;
        if (counted && before != 0) {
            count_transition(s);
            if (++b->filled == b->length)
                close_block(s, b, out);
        }
        before = s->active;
        memcpy(s->previous, s->values, (size_t)s->netlist->net_count * sizeof *s->values);
        clock_edge(s);
    }
    return AXN_OK;
}

static void finish(const blocks *b, axn_activity *out)
{
    if (out->cycles == 0)
        return;
    double cycles = (double)out->cycles, spread = 0;
    out->combinational_pj /= cycles;
    out->clock_pin_pj /= cycles;
    out->flip_flop_data_pj /= cycles;
    out->flip_flop_output_pj /= cycles;
    out->total_pj = out->combinational_pj + out->clock_pin_pj + out->flip_flop_data_pj +
                    out->flip_flop_output_pj;
    for (int i = 0; i < b->count; i++) {
        double share = (double)b->cycles[i] / cycles;
        double difference =
            b->cycles[i] > 0 ? b->energy[i] / (double)b->cycles[i] - out->total_pj : 0;
        spread += share * difference * difference;
    }
    if (b->count > 1)
        out->standard_error_pj = sqrt(spread / (b->count - 1));
}

axn_status axn_activity_simulate(const axn_netlist *netlist, const axn_activity_options *options,
                                 const char *const *streams, int lanes, axn_activity *out,
                                 axn_error *error)
{
    static const axn_activity_options defaults = {0};
    simulation s = {.netlist = netlist, .error = error};
    blocks b = {.length = 16};
    *out = (axn_activity){0};
    if (options == NULL)
        options = &defaults;
    axn_status status = prepare(&s, options, streams, lanes, out);
    if (status == AXN_OK)
        status = run(&s, options, &b, out);
    if (status == AXN_OK && b.filled > 0)
        close_block(&s, &b, out);
    if (status == AXN_OK)
        finish(&b, out);
    else
        axn_activity_free(out);
    release(&s);
    return status;
}

void axn_activity_free(axn_activity *activity)
{
    free(activity->toggles);
    *activity = (axn_activity){0};
}
