#include "synth/replay.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/interrupt.h"
#include "common/memory.h"
#include "common/parallel.h"
#include "synth/activity_stream.h"
#include "synth/replay_internal.h"

#define SETTLE_ROUNDS 8 /* asynchronous resets that depend on other flip-flops */
#define PLANES 4        /* of the toggle counters, which are emptied before they overflow */
#define PLANE_LIMIT ((1 << PLANES) - 1)
#define PROGRESS_CYCLES 512

typedef uint64_t block __attribute__((vector_size(16)));

/* Up to 8 streams through the program. */
typedef struct group {
    const axn_replay_program *program;
    const axn_replay_options *options;
    axn_stream streams[AXN_REPLAY_LANES];
    int lanes;
    uint8_t active, check, count; /* lanes of this cycle */
    uint8_t counted;              /* lanes whose transition into the cycle before was counted */
    size_t bytes;                 /* of the arrays below, a multiple of 16 */
    uint8_t *values, *previous;   /* [slots] */
    uint8_t *next;                /* [flip-flops] */
    uint8_t *planes[PLANES];      /* [slots] bit-sliced counters of toggles */
    int filled;                   /* additions to the planes */
    uint64_t *toggles;            /* [slots] */
    int64_t *drift;               /* [slots] rises - falls */
    uint64_t *edges;              /* [domains] of the clock, counted */
    axn_gate_energy *watched;     /* [gate_count] energies of watched pins */
    uint64_t transitions, checked, compared;
    int phase;
    int64_t phase_done;                   /* transitions of the stream in this phase */
    uint64_t phase_transitions;           /* of all lanes in this phase */
    int64_t stepped;                      /* counted transitions of the stream */
    axn_gate_energy *phase_gates, *gates; /* [gate_count] */
    axn_gate_energy *parts;               /* [phases][groups] */
    uint64_t *phase_cycles;               /* [phases] */
    axn_replay_glitch glitch;
    axn_status status;
    axn_error error;
} group;

typedef struct job {
    const axn_replay_program *program;
    const axn_replay_options *options;
    const char *const *streams;
    int count;
    group *groups;
} job;

static int phase_count(const axn_replay_options *o)
{
    return o->phases > 1 ? o->phases : 1;
}

static axn_status prepare_phases(group *g)
{
    size_t gates = (size_t)g->program->netlist->gate_count;
    size_t phases = (size_t)phase_count(g->options), groups = (size_t)g->options->groups;
    axn_status status =
        axn_allocate(&g->phase_gates, gates, sizeof *g->phase_gates, "energies", &g->error);
    if (status == AXN_OK)
        status = axn_allocate(&g->gates, gates, sizeof *g->gates, "energies", &g->error);
    if (status == AXN_OK)
        status = axn_allocate(&g->parts, phases * groups, sizeof *g->parts, "energies", &g->error);
    if (status == AXN_OK)
        status =
            axn_allocate(&g->phase_cycles, phases, sizeof *g->phase_cycles, "cycles", &g->error);
    if (status == AXN_OK && g->options->glitch_cycles > 0)
        status = axn_replay_glitch_create(g->program, g->bytes, &g->glitch, &g->error);
    return status;
}

static axn_status prepare(group *g, const char *const *streams, int lanes)
{
    size_t slots = (size_t)g->program->slots, states = (size_t)g->program->netlist->flip_flops;
    g->bytes = (slots + AXN_REPLAY_PADDING) / 16 * 16;
    axn_status status = axn_allocate_aligned(&g->values, g->bytes, 1, "net values", &g->error);
    if (status == AXN_OK)
        status = axn_allocate_aligned(&g->previous, g->bytes, 1, "net values", &g->error);
    if (status == AXN_OK)
        status =
            axn_allocate_aligned(&g->next, states + AXN_REPLAY_PADDING, 1, "states", &g->error);
    for (int i = 0; i < PLANES && status == AXN_OK; i++)
        status = axn_allocate_aligned(&g->planes[i], g->bytes, 1, "toggles", &g->error);
    if (status == AXN_OK)
        status = axn_allocate(&g->toggles, slots, sizeof *g->toggles, "toggles", &g->error);
    if (status == AXN_OK)
        status = axn_allocate(&g->drift, slots, sizeof *g->drift, "toggles", &g->error);
    if (status == AXN_OK)
        status = axn_allocate(&g->edges, (size_t)g->program->domain_count, sizeof *g->edges,
                              "clock gates", &g->error);
    if (status == AXN_OK)
        status = axn_allocate(&g->watched, (size_t)g->program->netlist->gate_count,
                              sizeof *g->watched, "energies", &g->error);
    if (status == AXN_OK)
        status = prepare_phases(g);
    for (; status == AXN_OK && g->lanes < lanes; g->lanes++)
        status = axn_stream_open(streams[g->lanes], g->program->netlist, g->program->clock,
                                 &g->streams[g->lanes], &g->error);
    g->active = (uint8_t)((1 << lanes) - 1);
    g->values[1] = UINT8_MAX;
    return status;
}

static void release(group *g)
{
    for (int i = 0; i < g->lanes; i++)
        axn_stream_close(&g->streams[i]);
    for (int i = 0; i < PLANES; i++)
        free(g->planes[i]);
    free(g->values);
    free(g->previous);
    free(g->next);
    free(g->toggles);
    free(g->drift);
    free(g->edges);
    free(g->watched);
    free(g->phase_gates);
    free(g->gates);
    free(g->parts);
    free(g->phase_cycles);
    axn_replay_glitch_free(&g->glitch);
}

/* Reads a line of every active lane into the input slots. */
static axn_status read_inputs(group *g)
{
    g->check = g->count = 0;
    for (int lane = 0; lane < g->lanes; lane++) {
        uint8_t mask = (uint8_t)(1 << lane);
        axn_stream *stream = &g->streams[lane];
        bool ended;
        if ((g->active & mask) == 0)
            continue;
        axn_status status = axn_stream_next(stream, &ended, &g->error);
        if (status != AXN_OK)
            return status;
        if (ended) {
            g->active &= (uint8_t)~mask;
            continue;
        }
        g->check |= stream->check ? mask : 0;
        g->count |= stream->count ? mask : 0;
        for (int c = 0; c < stream->column_count; c++) {
            const axn_stream_column *column = &stream->columns[c];
            if (column->port == NULL || column->port->output)
                continue;
            for (int b = 0; b < column->width; b++) {
                uint8_t *value = &g->values[g->program->slot[column->port->nets[b]]];
                *value = (uint8_t)((*value & ~mask) | (column->bits[b] ? mask : 0));
            }
        }
    }
    return AXN_OK;
}

/* Combinational values at the end of a cycle, asynchronous resets applied. */
static void settle(group *g)
{
    uint8_t *states = g->values + g->program->states;
    size_t count = (size_t)g->program->asynchronous;
    for (int round = 0; round < SETTLE_ROUNDS; round++) {
        axn_replay_evaluate(&g->program->logic, g->values, g->values);
        axn_replay_evaluate(&g->program->settle, g->values, g->next);
        if (memcmp(states, g->next, count) == 0)
            return;
        memcpy(states, g->next, count);
    }
    axn_replay_evaluate(&g->program->logic, g->values, g->values);
}

static void clock_edge(group *g)
{
    axn_replay_evaluate(&g->program->next, g->values, g->next);
    memcpy(g->values + g->program->states, g->next, (size_t)g->program->netlist->flip_flops);
}

static uint8_t bit_of(const group *g, const axn_port *port, int b, int lane)
{
    return g->values[g->program->slot[port->nets[b]]] >> lane & 1;
}

/* Value of a port as hex, for messages; bits NULL = in the netlist. */
static void print_value(const group *g, const axn_port *port, const uint8_t *bits, int lane,
                        char *out, size_t size)
{
    size_t used = 0;
    for (int d = (port->width + 3) / 4 - 1; d >= 0 && used + 1 < size; d--) {
        unsigned digit = 0;
        for (int b = 4 * d; b < 4 * d + 4 && b < port->width; b++)
            digit |= (unsigned)(bits != NULL ? bits[b] : bit_of(g, port, b, lane)) << (b & 3);
        out[used++] = "0123456789abcdef"[digit];
    }
    out[used] = '\0';
}

static axn_status report_mismatch(group *g, int lane, const axn_stream_column *column, long cycle)
{
    char got[72], wanted[72];
    print_value(g, column->port, NULL, lane, got, sizeof got);
    print_value(g, column->port, column->bits, lane, wanted, sizeof wanted);
    return axn_fail(&g->error, AXN_ERROR_MISMATCH,
                    "module %s: %s:%ld: cycle %ld: port %s is %s in the netlist, %s in the stream",
                    g->program->netlist->module, g->streams[lane].path, g->streams[lane].line,
                    cycle, column->port->name, got, wanted);
}

static axn_status compare_outputs(group *g, long cycle)
{
    for (int lane = 0; lane < g->lanes; lane++) {
        const axn_stream *stream = &g->streams[lane];
        if (((g->active & g->check) >> lane & 1) == 0)
            continue;
        for (int c = 0; c < stream->column_count; c++) {
            const axn_stream_column *column = &stream->columns[c];
            if (column->port == NULL || !column->port->output || column->unknown)
                continue;
            for (int b = 0; b < column->width; b++)
                if (bit_of(g, column->port, b, lane) != column->bits[b])
                    return report_mismatch(g, lane, column, cycle);
            g->compared++;
        }
        g->checked++;
    }
    return AXN_OK;
}

/* Empties the planes into the totals. */
static void add_planes(group *g)
{
    for (int i = 0; i < g->program->slots; i++) {
        /* Ones of each byte, side by side. */
        uint32_t ones = g->planes[0][i] | (uint32_t)g->planes[1][i] << 8 |
                        (uint32_t)g->planes[2][i] << 16 | (uint32_t)g->planes[3][i] << 24;
        ones -= ones >> 1 & UINT32_C(0x55555555);
        ones = (ones & UINT32_C(0x33333333)) + (ones >> 2 & UINT32_C(0x33333333));
        ones = (ones + (ones >> 4)) & UINT32_C(0x0f0f0f0f);
        g->toggles[i] +=
            (ones & 15) + 2 * (ones >> 8 & 15) + 4 * (ones >> 16 & 15) + 8 * (ones >> 24);
    }
    for (int k = 0; k < PLANES; k++)
        memset(g->planes[k], 0, g->bytes);
    g->filled = 0;
}

static void load(block *out, const uint8_t *from)
{
    memcpy(out, from, sizeof *out);
}

/* Adds the toggles of the lanes in `mask` to the planes; previous becomes values. */
static void count_toggles(group *g, uint8_t mask)
{
    uint64_t word = mask * UINT64_C(0x0101010101010101);
    block lanes = {word, word};
    for (size_t i = 0; i < g->bytes; i += sizeof(block)) {
        block now, before, plane, carry;
        load(&now, g->values + i);
        load(&before, g->previous + i);
        memcpy(g->previous + i, &now, sizeof now);
        carry = (now ^ before) & lanes;
        for (int k = 0; k < PLANES; k++) {
            load(&plane, g->planes[k] + i);
            block sum = plane ^ carry;
            carry &= plane;
            memcpy(g->planes[k] + i, &sum, sizeof sum);
        }
    }
    if (++g->filled == PLANE_LIMIT)
        add_planes(g);
}

/* Rises less falls follow from the values where counting begins and ends. */
static void add_drift(group *g, uint8_t began, uint8_t ended)
{
    for (int i = 0; i < g->program->slots && (began | ended) != 0; i++)
        g->drift[i] +=
            __builtin_popcount(g->previous[i] & ended) - __builtin_popcount(g->previous[i] & began);
}

static void gather_pins(const group *g, const axn_gate *gate, int pins, const uint8_t *values,
                        uint64_t *out)
{
    for (int p = 0; p < pins; p++)
        out[p] = gate->nets[p] >= 0 ? values[g->program->slot[gate->nets[p]]] : 0;
}

/* Lanes in which an edge of the clock, on the values before it, gets through to a domain. */
static uint8_t open_lanes(const group *g, int domain)
{
    const axn_replay_program *p = g->program;
    return domain > 0 ? g->previous[p->slot[p->domain_nets[domain]]] : UINT8_MAX;
}

static void count_edges(group *g, uint8_t mask)
{
    for (int d = 0; d < g->program->domain_count; d++)
        g->edges[d] += (unsigned)__builtin_popcount(mask & open_lanes(g, d));
}

/* Pins whose energy depends on others. The clock rises on the old values and falls, in
 * mid-cycle, on the new ones; data moves right behind the active edge. */
static void count_watched(group *g, uint8_t mask)
{
    const axn_netlist *n = g->program->netlist;
    double slew = n->liberty->slew_ns;
    for (int i = 0; i < g->program->watch_count; i++) {
        axn_replay_watch watch = g->program->watches[i];
        int index = g->program->flip_flops[watch.flip_flop];
        const axn_gate *gate = &n->gates[index];
        const axn_flip_flop_cell *cell = &g->program->cells[gate->cell];
        int slot = g->program->slot[gate->nets[watch.pin]];
        bool is_clock = watch.pin == cell->clock_pin, output = cell->cell->pins[watch.pin].output;
        uint64_t after[64], before[64], high = cell->rising ? ~UINT64_C(0) : 0;
        uint8_t changed = (g->values[slot] ^ g->previous[slot]) & mask;
        if (!is_clock && changed == 0)
            continue;
        gather_pins(g, gate, cell->cell->pin_count, g->values, after);
        if (is_clock) {
            uint64_t lanes = mask & open_lanes(g, g->program->net_domain[gate->nets[watch.pin]]);
            uint64_t edge = lanes & high;
            gather_pins(g, gate, cell->cell->pin_count, g->previous, before);
            before[watch.pin] = high;
            after[watch.pin] = ~high;
            g->watched[index].clock +=
                axn_flip_flop_energy(cell, watch.pin, -1, before, edge, lanes & ~edge, slew, 0) +
                axn_flip_flop_energy(cell, watch.pin, -1, after, lanes & ~edge, edge, slew, 0);
            continue;
        }
        after[cell->clock_pin] = high;
        double energy = axn_flip_flop_energy(cell, watch.pin, output ? cell->clock_pin : -1, after,
                                             changed & g->values[slot], changed & g->previous[slot],
                                             slew, output ? n->load_pf[gate->nets[watch.pin]] : 0);
        *(output ? &g->watched[index].output : &g->watched[index].data) += energy;
    }
}

static void add_energy(axn_gate_energy *to, const axn_gate_energy *from)
{
    to->output += from->output;
    to->clock += from->clock;
    to->data += from->data;
}

/* Energies of what was counted since the last call, into the gates and the phase's groups. */
static void end_phase(group *g)
{
    const axn_replay_options *o = g->options;
    const axn_netlist *n = g->program->netlist;
    size_t gates = (size_t)n->gate_count, slots = (size_t)g->program->slots;
    add_drift(g, 0, g->counted);
    add_planes(g);
    memcpy(g->phase_gates, g->watched, gates * sizeof *g->phase_gates);
    axn_replay_energies(g->program, g->toggles, g->drift, g->edges, g->phase_gates);
    for (size_t i = 0; i < gates; i++) {
        add_energy(&g->gates[i], &g->phase_gates[i]);
        if (o->groups > 0)
            add_energy(&g->parts[g->phase * o->groups + o->group[n->gates[i].id]],
                       &g->phase_gates[i]);
    }
    g->phase_cycles[g->phase] += g->phase_transitions;
    g->phase_transitions = 0;
    g->phase_done = 0;
    memset(g->watched, 0, gates * sizeof *g->watched);
    memset(g->toggles, 0, slots * sizeof *g->toggles);
    memset(g->drift, 0, slots * sizeof *g->drift);
    memset(g->edges, 0, (size_t)g->program->domain_count * sizeof *g->edges);
    add_drift(g, g->counted, 0);
}

static void step_phase(group *g)
{
    const axn_replay_options *o = g->options;
    while (o->phase_cycles != NULL && g->phase + 1 < phase_count(o) &&
           g->phase_done >= o->phase_cycles[g->phase]) {
        end_phase(g);
        g->phase++;
    }
    g->phase_done++;
}

/* Equal distances; whether transition `number` is one of them. */
static bool is_sample(const axn_replay_options *o, int64_t number)
{
    int64_t span = o->glitch_span, count = o->glitch_cycles;
    if (count <= 0 || number >= span)
        return false;
    return count >= span || number * count / span != (number + 1) * count / span;
}

static void count_transition(group *g, uint8_t mask)
{
    uint8_t changed = mask ^ g->counted;
    add_drift(g, mask & changed, g->counted & changed);
    g->counted = mask;
    if (mask == 0) {
        memcpy(g->previous, g->values, g->bytes);
        return;
    }
    step_phase(g);
    if (is_sample(g->options, g->stepped++))
        axn_replay_glitch_add(&g->glitch, g->program, g->previous, g->values, mask);
    count_edges(g, mask);
    count_watched(g, mask);
    count_toggles(g, mask);
    g->phase_transitions += (unsigned)__builtin_popcount(mask);
    g->transitions += (unsigned)__builtin_popcount(mask);
}

static axn_status run_group(group *g, bool first)
{
    const axn_replay_options *o = g->options;
    uint8_t before = 0;
    for (long cycle = 0; o->limit == 0 || cycle < o->limit; cycle++) {
        axn_status status = AXN_OK;
        if (cycle % PROGRESS_CYCLES == 0) {
            status = axn_interrupt_check(&g->error);
            if (first && o->progress != NULL)
                axn_progress_update(o->progress, cycle, NULL);
        }
        if (status == AXN_OK)
            status = read_inputs(g);
        if (status != AXN_OK || g->active == 0)
            return status;
        settle(g);
        status = compare_outputs(g, cycle);
        if (status != AXN_OK)
            return status;
        count_transition(g, g->active & g->count & before);
        before = g->active;
        clock_edge(g);
    }
    return AXN_OK;
}

static void work(void *context, int part, int thread)
{
    const job *j = context;
    group *g = &j->groups[part];
    int first = part * AXN_REPLAY_LANES, lanes = j->count - first;
    (void)thread;
    g->program = j->program;
    g->options = j->options;
    g->status = prepare(g, j->streams + first, lanes < AXN_REPLAY_LANES ? lanes : AXN_REPLAY_LANES);
    if (g->status == AXN_OK)
        g->status = run_group(g, part == 0);
    if (g->status == AXN_OK) {
        end_phase(g);
        if (g->options->glitch_cycles > 0)
            axn_replay_glitch_end(&g->glitch, g->program);
    }
}

static void join(const job *j, int groups, axn_replay *out)
{
    int parts = phase_count(j->options) * j->options->groups;
    double square = 0;
    for (int i = 0; i < groups; i++) {
        const group *g = &j->groups[i];
        for (int k = 0; k < j->program->netlist->gate_count; k++)
            add_energy(&out->gates[k], &g->gates[k]);
        for (int k = 0; k < parts; k++)
            add_energy(&out->parts[k], &g->parts[k]);
        for (int k = 0; k < phase_count(j->options); k++)
            out->phase_cycles[k] += g->phase_cycles[k];
        for (int k = 0; k < j->program->netlist->gate_count && j->options->glitch_cycles > 0; k++)
            if (j->options->groups > 0)
                out->glitch_pj[j->options->group[j->program->netlist->gates[k].id]] +=
                    g->glitch.gates[k];
        out->glitch_total_pj += g->glitch.energy;
        square += g->glitch.square;
        out->glitch_transitions += g->glitch.transitions;
        out->cycles += g->transitions;
        out->checked += g->checked;
        out->values += g->compared;
    }
    double count = (double)out->glitch_transitions;
    if (count > 1) {
        for (int k = 0; k < j->options->groups; k++)
            out->glitch_pj[k] /= count;
        out->glitch_total_pj /= count;
        double variance = (square / count - out->glitch_total_pj * out->glitch_total_pj) / count;
        out->glitch_standard_error_pj = variance > 0 ? sqrt(variance) : 0;
    }
}

static axn_status allocate_result(const job *j, axn_replay *out, axn_error *error)
{
    size_t phases = (size_t)phase_count(j->options), groups = (size_t)j->options->groups;
    axn_status status = axn_allocate(&out->gates, (size_t)j->program->netlist->gate_count,
                                     sizeof *out->gates, "energies", error);
    if (status == AXN_OK)
        status = axn_allocate(&out->parts, phases * groups, sizeof *out->parts, "energies", error);
    if (status == AXN_OK)
        status =
            axn_allocate(&out->phase_cycles, phases, sizeof *out->phase_cycles, "cycles", error);
    if (status == AXN_OK)
        status = axn_allocate(&out->glitch_pj, groups, sizeof *out->glitch_pj, "energies", error);
    return status;
}

static axn_status run(job *j, axn_replay *out, axn_error *error)
{
    int groups = (j->count + AXN_REPLAY_LANES - 1) / AXN_REPLAY_LANES;
    axn_pool *pool = NULL;
    axn_status status =
        axn_allocate(&j->groups, (size_t)groups, sizeof *j->groups, "streams", error);
    if (status == AXN_OK)
        status = allocate_result(j, out, error);
    if (status == AXN_OK)
        status = axn_pool_create(j->options->threads, &pool, error);
    if (status == AXN_OK)
        axn_pool_run(pool, groups, work, j);
    for (int i = 0; i < groups && status == AXN_OK; i++)
        if (j->groups[i].status != AXN_OK)
            status = axn_fail(error, j->groups[i].status, "%s", j->groups[i].error.message);
    if (status == AXN_OK)
        join(j, groups, out);
    for (int i = 0; i < groups && j->groups != NULL; i++)
        release(&j->groups[i]);
    axn_pool_destroy(pool);
    free(j->groups);
    return status;
}

axn_status axn_replay_run(const axn_netlist *netlist, const axn_replay_options *options,
                          const char *const *streams, int count, axn_replay *out, axn_error *error)
{
    static const axn_replay_options defaults = {0};
    axn_replay_program program;
    *out = (axn_replay){0};
    if (options == NULL)
        options = &defaults;
    if (count < 1)
        return axn_fail(error, AXN_ERROR_USAGE, "module %s: no streams", netlist->module);
    axn_status status = axn_replay_compile(netlist, options, &program, error);
    if (status != AXN_OK)
        return status;
    job j = {.program = &program, .options = options, .streams = streams, .count = count};
    status = run(&j, out, error);
    axn_replay_program_free(&program);
    if (status != AXN_OK)
        axn_replay_free(out);
    return status;
}

void axn_replay_free(axn_replay *replay)
{
    free(replay->gates);
    free(replay->parts);
    free(replay->phase_cycles);
    free(replay->glitch_pj);
    *replay = (axn_replay){0};
}
