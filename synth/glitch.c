#include "synth/glitch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "common/random.h"
#include "synth/power.h"

#define QUANTA 4        /* of the delay of the inverter that drives four */
#define MOST_QUANTA 255 /* a slower gate is taken to be this slow */

/* An output of a gate. */
typedef struct output {
    const axn_liberty_cell *cell;
    const axn_gate *gate;
    const uint64_t *truth;
    int net, delay;    /* steps */
    uint64_t target;   /* the function of the inputs as they are */
    uint64_t *waiting; /* [delay], lanes that have differed from target for 1, 2, ... steps */
    bool active;       /* some lane waits */
    double energy_pj;
} output;

typedef struct simulation {
    const axn_netlist *netlist;
    const axn_port *operand[2];
    output *outputs;
    int output_count;
    uint64_t *waiting; /* of all outputs */
    uint64_t *values, *settled;
    uint64_t *flips;   /* [output_count], of this step */
    uint32_t *changed; /* [net_count], time of the last change */
    uint32_t time;
} simulation;

double axn_gate_delay(const axn_netlist *netlist, int gate, int pin)
{
    const axn_gate *g = &netlist->gates[gate];
    return axn_liberty_pin_delay(netlist->liberty, &netlist->liberty->cells[g->cell].pins[pin],
                                 netlist->load_pf[g->nets[pin]]);
}

static int delay_in_steps(const axn_netlist *netlist, int gate, int pin, bool unit_delay)
{
    double step = netlist->liberty->inverter_ns / QUANTA;
    if (unit_delay || !(step > 0))
        return 1;
    double steps = nearbyint(axn_gate_delay(netlist, gate, pin) / step);
    return steps < 1 ? 1 : steps > MOST_QUANTA ? MOST_QUANTA : (int)steps;
}

static axn_status list_outputs(simulation *s, bool unit_delay, axn_error *error)
{
    const axn_netlist *netlist = s->netlist;
    size_t count = 0, words = 0;
    for (int g = 0; g < netlist->gate_count; g++)
        count += (size_t)netlist->liberty->cells[netlist->gates[g].cell].pin_count;
    axn_status status =
        axn_allocate(&s->outputs, count, sizeof *s->outputs, "the glitch simulation", error);
    if (status != AXN_OK)
        return status;
    for (int g = 0; g < netlist->gate_count; g++) {
        const axn_gate *gate = &netlist->gates[g];
        const axn_liberty_cell *cell = &netlist->liberty->cells[gate->cell];
        for (int p = 0; p < cell->pin_count; p++) {
            if (!cell->pins[p].output || gate->nets[p] < 0)
                continue;
            output *o = &s->outputs[s->output_count++];
            *o = (output){.cell = cell,
                          .gate = gate,
                          .truth = cell->pins[p].truth,
                          .net = gate->nets[p],
                          .delay = delay_in_steps(netlist, g, p, unit_delay),
                          .energy_pj = axn_power_toggle(netlist, g, p)};
            words += (size_t)o->delay;
        }
    }
    status = axn_allocate(&s->waiting, words, sizeof *s->waiting, "the glitch simulation", error);
    uint64_t *next = s->waiting;
    for (int i = 0; i < s->output_count && status == AXN_OK; i++) {
        s->outputs[i].waiting = next;
        next += s->outputs[i].delay;
    }
    return status;
}

/* The lanes in which an output flips one step later. */
static uint64_t step_output(simulation *s, output *o)
{
    bool moved = false;
    uint64_t inputs[AXN_CELL_MAX_INPUTS];
    for (int i = 0; i < o->cell->input_count; i++) {
        int net = o->gate->nets[o->cell->inputs[i]];
        moved |= s->changed[net] == s->time;
        inputs[i] = s->values[net];
    }
    if (!moved && !o->active)
        return 0;
    if (moved)
        o->target = axn_liberty_truth(o->truth, inputs, o->cell->input_count);
    uint64_t differs = o->target ^ s->values[o->net], any = differs, age = differs;
    for (int k = 0; k < o->delay; k++) {
        uint64_t older = o->waiting[k] & differs;
        o->waiting[k] = age;
        any |= age;
        age = older;
    }
    uint64_t flip = o->waiting[o->delay - 1];
    for (int k = 0; k < o->delay && flip != 0; k++)
        o->waiting[k] &= ~flip;
    o->active = (any & ~flip) != 0;
    return flip;
}

/* Simulates until nothing waits; adds the energy of all transitions to *energy_pj. */
static uint64_t run_until_quiet(simulation *s, double *energy_pj)
{
    uint64_t transitions = 0;
    bool busy = true;
    while (busy) {
        busy = false;
        for (int i = 0; i < s->output_count; i++) {
            s->flips[i] = step_output(s, &s->outputs[i]);
            busy |= s->outputs[i].active;
        }
        s->time++;
        for (int i = 0; i < s->output_count; i++) {
            if (s->flips[i] == 0)
                continue;
            int count = __builtin_popcountll(s->flips[i]), net = s->outputs[i].net;
            s->values[net] ^= s->flips[i];
            s->changed[net] = s->time;
            transitions += (uint64_t)count;
            *energy_pj += count * s->outputs[i].energy_pj;
            busy = true;
        }
    }
    return transitions;
}

static void set_operands(simulation *s, uint64_t *values, const uint16_t pairs[AXN_GLITCH_LANES],
                         bool mark)
{
    for (int side = 0; side < 2; side++)
        for (int bit = 0; bit < 8; bit++) {
            int net = s->operand[side]->nets[bit];
            uint64_t word = 0;
            for (int lane = 0; lane < AXN_GLITCH_LANES; lane++)
                word |= (uint64_t)((pairs[lane] >> (8 * (1 - side) + bit)) & 1) << lane;
            if (mark && word != values[net])
                s->changed[net] = s->time;
            values[net] = word;
        }
}

/* One operation in every lane. Returns false if the gates did not settle to what a
 * zero-delay evaluation gives, which is never. */
static bool operate(simulation *s, const uint16_t *pairs, double *all_pj, double *settled_pj,
                    axn_glitch *out)
{
    set_operands(s, s->settled, pairs, false);
    axn_netlist_evaluate(s->netlist, s->settled);
    for (int i = 0; i < s->output_count; i++) {
        const output *o = &s->outputs[i];
        int toggles = __builtin_popcountll(s->settled[o->net] ^ s->values[o->net]);
        out->settled += (uint64_t)toggles;
        *settled_pj += toggles * o->energy_pj;
    }
    s->time++;
    set_operands(s, s->values, pairs, true);
    out->transitions += run_until_quiet(s, all_pj);
    out->operations += AXN_GLITCH_LANES;
    size_t bytes = (size_t)s->netlist->net_count * sizeof *s->values;
    return memcmp(s->values, s->settled, bytes) == 0;
}

static void draw_pairs(axn_random *random, uint16_t pairs[AXN_GLITCH_LANES])
{
    for (int lane = 0; lane < AXN_GLITCH_LANES; lane += 2) {
        uint32_t bits = axn_random_u32(random);
        pairs[lane] = (uint16_t)bits;
        pairs[lane + 1] = (uint16_t)(bits >> 16);
    }
}

static axn_status simulate(simulation *s, const axn_glitch_options *options, axn_glitch *out,
                           axn_error *error)
{
    int steps = options->steps > 0 ? options->steps : AXN_GLITCH_STEPS;
    axn_random random = axn_random_stream(1, AXN_RANDOM_GLITCH, 0, 0);
    uint16_t drawn[AXN_GLITCH_LANES];
    double sum = 0, squares = 0, settled_sum = 0;
    for (int step = -1; step < steps; step++) {
        const uint16_t *pairs = drawn;
        if (options->pairs != NULL)
            pairs = options->pairs + (size_t)(step + 1) * AXN_GLITCH_LANES;
        else
            draw_pairs(&random, drawn);
        if (step < 0) {
            set_operands(s, s->values, pairs, false);
            axn_netlist_evaluate(s->netlist, s->values);
            for (int i = 0; i < s->output_count; i++)
                s->outputs[i].target = s->values[s->outputs[i].net];
            s->settled[1] = s->values[1];
            continue;
        }
        double all_pj = 0, settled_pj = 0;
        if (!operate(s, pairs, &all_pj, &settled_pj, out))
            return axn_fail(error, AXN_ERROR_MISMATCH,
                            "module %s: the glitch simulation does not settle", s->netlist->module);
        double glitch = (all_pj - settled_pj) / AXN_GLITCH_LANES;
        sum += glitch;
        squares += glitch * glitch;
        settled_sum += settled_pj / AXN_GLITCH_LANES;
    }
    /* without any glitch the two sums may still differ in their last bits */
    out->energy_pj = sum > 0 ? sum / steps : 0;
    out->settled_pj = settled_sum / steps;
    double variance = squares / steps - out->energy_pj * out->energy_pj;
    out->standard_error_pj = steps > 1 && variance > 0 ? sqrt(variance / (steps - 1)) : 0;
    return AXN_OK;
}

axn_status axn_glitch_estimate(const axn_netlist *netlist, const char *a_port, const char *b_port,
                               const axn_glitch_options *options, axn_glitch *out, axn_error *error)
{
    static const axn_glitch_options defaults = {0};
    simulation s = {.netlist = netlist};
    size_t nets = (size_t)netlist->net_count;
    *out = (axn_glitch){0};
    if (options == NULL)
        options = &defaults;
    axn_status status = axn_power_operands(netlist, a_port, b_port, s.operand, error);
    if (status == AXN_OK)
        status = list_outputs(&s, options->unit_delay, error);
    if (status == AXN_OK)
        status = axn_allocate(&s.values, nets, sizeof *s.values, "net values", error);
    if (status == AXN_OK)
        status = axn_allocate(&s.settled, nets, sizeof *s.settled, "net values", error);
    if (status == AXN_OK)
        status = axn_allocate(&s.changed, nets, sizeof *s.changed, "net values", error);
    if (status == AXN_OK)
        status =
            axn_allocate(&s.flips, (size_t)s.output_count, sizeof *s.flips, "net values", error);
    if (status == AXN_OK)
        status = simulate(&s, options, out, error);
    free(s.outputs);
    free(s.waiting);
    free(s.values);
    free(s.settled);
    free(s.changed);
    free(s.flips);
    return status;
}
