#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "synth/replay_internal.h"

/* One output of a gate, before it has a slot. */
typedef struct operation {
    int level; /* of combinational logic; 0: functions of states */
    int origin, id, pin;
    int output; /* net; for flip-flops: number of the state */
    int inputs;
    int input[AXN_CELL_MAX_INPUTS]; /* nets, or STATE_NET + number of the state */
    uint64_t truth[4];
} operation;

enum { STATE_NET = 1 << 30, SHORTEST_STRIP = 12 };

/* A flip-flop in the order of the states. */
typedef struct state_order {
    int gate, origin, id, cell;
    bool asynchronous;
} state_order;

typedef struct compiler {
    const axn_netlist *netlist;
    const int *origin; /* by gate.id, or NULL */
    axn_replay_program *out;
    operation *logic; /* [logic_count] */
    int logic_count;
    int *level; /* [net_count] */
    int *state; /* [net_count] state that a net shows as it is, -1 = none */
    axn_error *error;
} compiler;

static axn_status fail(const compiler *c, const char *what, const char *name)
{
    return axn_fail(c->error, AXN_ERROR_FORMAT, "module %s: %s%s", c->netlist->module, what, name);
}

static const axn_flip_flop_cell *compiled_cell(const axn_replay_program *program, int gate)
{
    return &program->cells[program->netlist->gates[gate].cell];
}

static int origin_of(const compiler *c, int gate)
{
    int id = c->netlist->gates[gate].id;
    return c->origin != NULL ? c->origin[id] : id;
}

static axn_status compile_cells(compiler *c)
{
    const axn_netlist *n = c->netlist;
    axn_status status = axn_allocate(&c->out->cells, (size_t)n->liberty->cell_count,
                                     sizeof *c->out->cells, "flip-flop cells", c->error);
    for (int g = n->gate_count - n->flip_flops; g < n->gate_count && status == AXN_OK; g++) {
        int cell = n->gates[g].cell;
        if (c->out->cells[cell].cell == NULL)
            status = axn_flip_flop_compile(n->liberty, &n->liberty->cells[cell],
                                           &c->out->cells[cell], c->error);
    }
    return status;
}

int axn_replay_enable(const axn_replay_program *program, int gate)
{
    const axn_flip_flop_cell *cell = compiled_cell(program, gate);
    int domain = program->net_domain[program->netlist->gates[gate].nets[cell->clock_pin]];
    return domain > 0 ? program->domain_nets[domain] : -1;
}

static int compare_states(const void *a, const void *b)
{
    const state_order *x = a, *y = b;
    if (x->asynchronous != y->asynchronous)
        return x->asynchronous ? -1 : 1;
    if (x->cell != y->cell)
        return x->cell < y->cell ? -1 : 1;
    if (x->origin != y->origin)
        return x->origin < y->origin ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

static axn_status order_states(compiler *c)
{
    const axn_netlist *n = c->netlist;
    state_order *order = NULL;
    axn_status status =
        axn_allocate(&order, (size_t)n->flip_flops, sizeof *order, "flip-flops", c->error);
    if (status == AXN_OK)
        status = axn_allocate(&c->out->flip_flops, (size_t)n->flip_flops,
                              sizeof *c->out->flip_flops, "flip-flops", c->error);
    for (int i = 0; i < n->flip_flops && status == AXN_OK; i++) {
        int g = n->gate_count - n->flip_flops + i;
        const axn_flip_flop_cell *cell = compiled_cell(c->out, g);
        order[i] = (state_order){g, origin_of(c, g), n->gates[g].id, n->gates[g].cell,
                                 cell->has_clear || cell->has_preset};
        c->out->asynchronous += order[i].asynchronous;
    }
    if (status == AXN_OK && n->flip_flops > 0)
        qsort(order, (size_t)n->flip_flops, sizeof *order, compare_states);
    for (int i = 0; i < n->flip_flops && status == AXN_OK; i++)
        c->out->flip_flops[i] = order[i].gate;
    free(order);
    return status;
}

/* Drops inputs that the function does not depend on; at least one input is left. */
static void reduce(operation *op)
{
    for (int k = op->inputs - 1; k >= 0 && op->inputs > 1; k--) {
        uint64_t smaller[4] = {0};
        bool depends = false;
        for (int i = 0, to = 0; i < 1 << op->inputs; i++) {
            if (i >> k & 1)
                continue;
            int other = i | 1 << k;
            uint64_t low = op->truth[i >> 6] >> (i & 63) & 1;
            depends |= low != (op->truth[other >> 6] >> (other & 63) & 1);
            smaller[to >> 6] |= low << (to & 63);
            to++;
        }
        if (depends)
            continue;
        memcpy(op->truth, smaller, sizeof smaller);
        op->inputs--;
        memmove(&op->input[k], &op->input[k + 1], (size_t)(op->inputs - k) * sizeof op->input[0]);
    }
    if (op->inputs == 0) { /* a constant: of net 0 */
        op->inputs = 1;
        op->input[0] = 0;
        op->truth[0] = op->truth[0] & 1 ? 3 : 0;
    }
}

typedef enum function { NEXT_STATE, SETTLED, OUTPUT } function;

static uint64_t flip_flop_value(const axn_flip_flop_cell *cell, function what, int pin,
                                const uint64_t *pins, uint64_t state)
{
    if (what == NEXT_STATE)
        return axn_flip_flop_next(cell, pins, state);
    return what == SETTLED ? axn_flip_flop_settle(cell, pins, state)
                           : axn_flip_flop_output(cell, pin, pins, state);
}

/* A function of state `number` and of the flip-flop's inputs but the clock. */
static axn_status flip_flop_operation(const compiler *c, int number, function what, int pin,
                                      operation *op)
{
    const axn_gate *gate = &c->netlist->gates[c->out->flip_flops[number]];
    const axn_flip_flop_cell *cell = compiled_cell(c->out, c->out->flip_flops[number]);
    int pins[AXN_CELL_MAX_INPUTS] = {0};
    *op = (operation){.pin = pin, .output = number, .id = gate->id};
    op->origin = origin_of(c, c->out->flip_flops[number]);
    for (int i = 0; i < cell->cell->input_count; i++) {
        int input = cell->cell->inputs[i];
        if (input == cell->clock_pin)
            continue;
        if (op->inputs == AXN_CELL_MAX_INPUTS - 1)
            return fail(c, "too many inputs of flip-flop ", gate->name);
        pins[op->inputs] = input;
        op->input[op->inputs++] = gate->nets[input] >= 0 ? gate->nets[input] : 0;
    }
    int state = op->inputs;
    op->input[op->inputs++] = STATE_NET + number;
    int enable = what == NEXT_STATE ? axn_replay_enable(c->out, c->out->flip_flops[number]) : -1;
    if (enable >= 0 && op->inputs == AXN_CELL_MAX_INPUTS)
        return fail(c, "too many inputs of gated flip-flop ", gate->name);
    if (enable >= 0)
        op->input[op->inputs++] = enable;
    for (int i = 0; i < 1 << op->inputs; i++) {
        uint64_t values[64] = {0};
        for (int k = 0; k < state; k++)
            values[pins[k]] = i >> k & 1 ? ~UINT64_C(0) : 0;
        uint64_t held = i >> state & 1 ? ~UINT64_C(0) : 0;
        bool clocked = enable < 0 || (i >> (state + 1) & 1) != 0;
        if ((clocked ? flip_flop_value(cell, what, pin, values, held) : held) & 1)
            op->truth[i >> 6] |= UINT64_C(1) << (i & 63);
    }
    reduce(op);
    return AXN_OK;
}

/* Nets of flip-flop outputs: the state itself or a function of it. */
static axn_status add_flip_flop_outputs(compiler *c)
{
    const axn_netlist *n = c->netlist;
    axn_status status = AXN_OK;
    for (int i = 0; i < n->flip_flops; i++) {
        const axn_gate *gate = &n->gates[c->out->flip_flops[i]];
        const axn_liberty_cell *cell = &n->liberty->cells[gate->cell];
        for (int p = 0; p < cell->pin_count && status == AXN_OK; p++) {
            if (!cell->pins[p].output || gate->nets[p] < 0)
                continue;
            operation *op = &c->logic[c->logic_count];
            status = flip_flop_operation(c, i, OUTPUT, p, op);
            if (status == AXN_OK && (op->inputs != 1 || op->input[0] != STATE_NET + i))
                status =
                    fail(c, "an output that is no function of the state: flip-flop ", gate->name);
            op->output = gate->nets[p];
            if (op->truth[0] == 2 && c->state[op->output] < 0)
                c->state[op->output] = i;
            else
                c->logic_count++;
        }
    }
    return status;
}

static axn_status add_gates(compiler *c)
{
    const axn_netlist *n = c->netlist;
    for (int g = 0; g < n->gate_count - n->flip_flops; g++) {
        const axn_gate *gate = &n->gates[g];
        const axn_liberty_cell *cell = &n->liberty->cells[gate->cell];
        int level = 0;
        for (int i = 0; i < cell->input_count; i++)
            level = c->level[gate->nets[cell->inputs[i]]] > level
                        ? c->level[gate->nets[cell->inputs[i]]]
                        : level;
        for (int p = 0; p < cell->pin_count; p++) {
            if (!cell->pins[p].output || gate->nets[p] < 0)
                continue;
            operation *op = &c->logic[c->logic_count++];
            *op = (operation){.level = level + 1, .origin = origin_of(c, g), .id = gate->id};
            op->pin = p;
            op->output = gate->nets[p];
            op->inputs = cell->input_count;
            for (int i = 0; i < cell->input_count; i++)
                op->input[i] = gate->nets[cell->inputs[i]];
            memcpy(op->truth, cell->pins[p].truth, sizeof op->truth);
            reduce(op);
            c->level[op->output] = level + 1;
        }
    }
    return AXN_OK;
}

static int compare_operations(const void *a, const void *b)
{
    const operation *x = a, *y = b;
    if (x->level != y->level)
        return x->level < y->level ? -1 : 1;
    if (x->inputs != y->inputs)
        return x->inputs < y->inputs ? -1 : 1;
    int order = memcmp(x->truth, y->truth, sizeof x->truth);
    if (order != 0)
        return order;
    if (x->origin != y->origin)
        return x->origin < y->origin ? -1 : 1;
    if (x->pin != y->pin)
        return x->pin < y->pin ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

static int input_slot(const compiler *c, int net)
{
    return net >= STATE_NET ? c->out->states + (net - STATE_NET) : c->out->slot[net];
}

/* Constants, inputs, states, then the outputs of the operations in order. */
static axn_status assign_slots(compiler *c)
{
    const axn_netlist *n = c->netlist;
    axn_replay_program *out = c->out;
    axn_status status =
        axn_allocate(&out->slot, (size_t)n->net_count, sizeof *out->slot, "slots", c->error);
    if (status != AXN_OK)
        return status;
    for (int i = 0; i < n->net_count; i++)
        out->slot[i] = i == 1;
    out->slots = 2;
    for (int i = 0; i < n->port_count; i++)
        for (int b = 0; b < n->ports[i].width && !n->ports[i].output; b++)
            out->slot[n->ports[i].nets[b]] = out->slots++;
    out->states = out->slots;
    for (int i = 0; i < n->net_count; i++)
        if (c->state[i] >= 0)
            out->slot[i] = out->states + c->state[i];
    out->slots += n->flip_flops;
    for (int i = 0; i < c->logic_count; i++)
        out->slot[c->logic[i].output] = out->slots++;
    return AXN_OK;
}

static bool same_function(const operation *a, const operation *b)
{
    return a->level == b->level && a->inputs == b->inputs &&
           memcmp(a->truth, b->truth, sizeof a->truth) == 0;
}

/* Length of the strip that begins with the first operation: of one function, its inputs
 * lying one on, or all the same. */
static int strip_length(const compiler *c, const operation *operations, int count)
{
    int distance[AXN_CELL_MAX_INPUTS] = {0};
    for (int i = 1; i < count; i++) {
        if (!same_function(&operations[0], &operations[i]))
            return i;
        for (int k = 0; k < operations[0].inputs; k++) {
            int step =
                input_slot(c, operations[i].input[k]) - input_slot(c, operations[i - 1].input[k]);
            if (i == 1)
                distance[k] = step;
            if (step != distance[k] || (step != 0 && step != 1))
                return i;
        }
    }
    return count;
}

/* How many operations from the first one on are better gathered: up to the next strip of
 * some length. */
static int gather_length(const compiler *c, const operation *operations, int count)
{
    int length = 0;
    while (length < count && length < AXN_REPLAY_GATHER &&
           same_function(&operations[0], &operations[length])) {
        int strip = strip_length(c, operations + length, count - length);
        if (strip >= SHORTEST_STRIP && length > 0)
            break;
        length += strip;
    }
    return length < AXN_REPLAY_GATHER ? length : AXN_REPLAY_GATHER;
}

static void add_strip(const compiler *c, const operation *operations, int length, bool gathered,
                      int output, int *gather, axn_replay_strips *out)
{
    axn_replay_strip *strip = &out->items[out->count++];
    *strip = (axn_replay_strip){.output = output, .count = length, .inputs = operations[0].inputs};
    memcpy(strip->truth, operations[0].truth, sizeof strip->truth);
    for (int k = 0; k < strip->inputs; k++) {
        strip->input[k] = input_slot(c, operations[0].input[k]);
        strip->step[k] = length > 1 && input_slot(c, operations[1].input[k]) != strip->input[k];
    }
    if (!gathered)
        return;
    strip->gather = gather;
    for (int k = 0; k < strip->inputs; k++)
        for (int i = 0; i < length; i++)
            gather[k * length + i] = input_slot(c, operations[i].input[k]);
}

static axn_status make_strips(const compiler *c, const operation *operations, int count,
                              int first_output, axn_replay_strips *out)
{
    size_t inputs = 0, used = 0;
    for (int i = 0; i < count; i++)
        inputs += (size_t)operations[i].inputs;
    axn_status status =
        axn_allocate(&out->items, (size_t)count, sizeof *out->items, "operations", c->error);
    if (status == AXN_OK)
        status = axn_allocate(&out->gather, inputs, sizeof *out->gather, "operations", c->error);
    for (int i = 0; i < count && status == AXN_OK;) {
        int length = strip_length(c, operations + i, count - i);
        bool gathered = length < SHORTEST_STRIP;
        if (gathered)
            length = gather_length(c, operations + i, count - i);
        add_strip(c, operations + i, length, gathered, first_output + i, out->gather + used, out);
        used += gathered ? (size_t)(length * operations[i].inputs) : 0;
        i += length;
    }
    return status;
}

static axn_status compile_states(const compiler *c, function what, int count,
                                 axn_replay_strips *out)
{
    operation *operations = NULL;
    axn_status status =
        axn_allocate(&operations, (size_t)count, sizeof *operations, "flip-flops", c->error);
    for (int i = 0; i < count && status == AXN_OK; i++)
        status = flip_flop_operation(c, i, what, 0, &operations[i]);
    if (status == AXN_OK)
        status = make_strips(c, operations, count, 0, out);
    free(operations);
    return status;
}

static axn_status list_watches(const compiler *c)
{
    const axn_netlist *n = c->netlist;
    axn_replay_program *out = c->out;
    size_t capacity = 0;
    axn_status status = AXN_OK;
    for (int i = 0; i < n->flip_flops; i++) {
        const axn_gate *gate = &n->gates[out->flip_flops[i]];
        const axn_flip_flop_cell *cell = compiled_cell(out, out->flip_flops[i]);
        for (int p = 0; p < cell->cell->pin_count && status == AXN_OK; p++) {
            if (gate->nets[p] < 2 || !axn_replay_conditional(cell, p))
                continue;
            status = axn_grow(&out->watches, &capacity, (size_t)out->watch_count + 1,
                              sizeof *out->watches, "flip-flop energies", c->error);
            if (status == AXN_OK)
                out->watches[out->watch_count++] = (axn_replay_watch){i, p};
        }
    }
    return status;
}

static axn_status compile_logic(compiler *c)
{
    const axn_netlist *n = c->netlist;
    size_t outputs = 0;
    for (int g = 0; g < n->gate_count; g++) {
        const axn_liberty_cell *cell = &n->liberty->cells[n->gates[g].cell];
        for (int p = 0; p < cell->pin_count; p++)
            outputs += cell->pins[p].output;
    }
    axn_status status = axn_allocate(&c->logic, outputs, sizeof *c->logic, "operations", c->error);
    if (status == AXN_OK)
        status = axn_allocate(&c->level, (size_t)n->net_count, sizeof *c->level, "nets", c->error);
    if (status == AXN_OK)
        status = axn_allocate(&c->state, (size_t)n->net_count, sizeof *c->state, "nets", c->error);
    for (int i = 0; i < n->net_count && status == AXN_OK; i++)
        c->state[i] = -1;
    if (status == AXN_OK)
        status = add_flip_flop_outputs(c);
    if (status == AXN_OK)
        status = add_gates(c);
    if (status == AXN_OK && c->logic_count > 0)
        qsort(c->logic, (size_t)c->logic_count, sizeof *c->logic, compare_operations);
    if (status == AXN_OK)
        status = assign_slots(c);
    if (status == AXN_OK)
        status = make_strips(c, c->logic, c->logic_count, c->out->states + n->flip_flops,
                             &c->out->logic);
    return status;
}

axn_status axn_replay_compile(const axn_netlist *netlist, const axn_replay_options *options,
                              axn_replay_program *out, axn_error *error)
{
    compiler c = {.netlist = netlist, .origin = options->origin, .out = out, .error = error};
    *out = (axn_replay_program){.netlist = netlist};
    axn_status status = compile_cells(&c);
    if (status == AXN_OK)
        status = axn_replay_trace_clock(netlist, options->clock, out, error);
    if (status == AXN_OK)
        status = order_states(&c);
    if (status == AXN_OK)
        status = compile_logic(&c);
    if (status == AXN_OK)
        status = compile_states(&c, NEXT_STATE, netlist->flip_flops, &out->next);
    if (status == AXN_OK)
        status = compile_states(&c, SETTLED, out->asynchronous, &out->settle);
    if (status == AXN_OK)
        status = list_watches(&c);
    free(c.logic);
    free(c.level);
    free(c.state);
    if (status != AXN_OK)
        axn_replay_program_free(out);
    return status;
}

void axn_replay_program_free(axn_replay_program *program)
{
    for (int i = 0; program->cells != NULL && i < program->netlist->liberty->cell_count; i++)
        axn_flip_flop_free(&program->cells[i]);
    free(program->cells);
    free(program->net_domain);
    free(program->domain_nets);
    free(program->slot);
    free(program->flip_flops);
    axn_replay_strips *const strips[] = {&program->logic, &program->next, &program->settle};
    for (int i = 0; i < 3; i++) {
        free(strips[i]->items);
        free(strips[i]->gather);
    }
    free(program->watches);
    *program = (axn_replay_program){0};
}
