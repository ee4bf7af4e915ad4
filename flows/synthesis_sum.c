/* From energies of gates to components. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "flows/synthesis.h"
#include "rtl_gen/manifest.h"

#define MULTIPLIERS "multipliers"
#define MULTIPLIER "axn_mul8u"

enum { LOGIC, REGISTERS, CLOCK_GATES }; /* kinds of a component's gates */

/* What lies in one of these modules and in none further down the list of its parents
 * belongs to the component. */
static const struct {
    const char *module, *component;
    axn_synthesis_part part;
} components[] = {
    {MULTIPLIER, MULTIPLIERS, AXN_PART_MULTIPLIERS},
    {"axn_cell", "cells", AXN_PART_ACCUMULATORS},
    {"axn_array", "array buses", AXN_PART_POST},
    {"axn_dense_row", "dense row", AXN_PART_POST},
    {"axn_dense_block", "dense row", AXN_PART_POST},
    {"axn_skew", "skew", AXN_PART_FEEDERS},
    {"axn_delay", "skew", AXN_PART_FEEDERS},
    {"axn_gather", "gather", AXN_PART_FEEDERS},
    {"axn_arena", "arena addresses", AXN_PART_FEEDERS},
    {"axn_walker", "walker", AXN_PART_FEEDERS},
    {"axn_taps", "taps", AXN_PART_FEEDERS},
    {"axn_weights", "weights", AXN_PART_FEEDERS},
    {"axn_weight_memory", "weights", AXN_PART_FEEDERS},
    {"axn_parameters", "parameters", AXN_PART_POST},
    {"axn_pool_lane", "pool lanes", AXN_PART_POST},
    {"axn_post_lane", "post lanes", AXN_PART_POST},
    {"axn_writer", "writer", AXN_PART_POST},
    {"axn_right_columns", "right columns", AXN_PART_POST},
    {"axn_argmax", "argmax", AXN_PART_POST},
    {"axn_control", "control", AXN_PART_CONTROL},
    {"axn_registers", "registers", AXN_PART_CONTROL},
    {"axn_accelerator", "accelerator", AXN_PART_CONTROL},
    {"axn_top", "accelerator", AXN_PART_CONTROL},
};

/* The component of the index-th multiplier: one of several stands for itself. */
static void name_multiplier(const axn_synthesis *synthesis, int index, char out[AXN_HIERARCHY_NAME])
{
    if (synthesis->multiplier_count > 1) {
        snprintf(out, AXN_HIERARCHY_NAME, "multiplier %s", synthesis->multipliers[index].name);
    } else {
        snprintf(out, AXN_HIERARCHY_NAME, "%s", MULTIPLIERS);
    }
}

static bool is_clock_gate(const axn_elaboration *elaboration, int scope)
{
    return strcmp(elaboration->scopes[scope].module, AXN_CLOCK_GATE) == 0;
}

static const char *component_of(const axn_elaboration *elaboration, int scope)
{
    if (scope > 0 && is_clock_gate(elaboration, scope)) {
        scope = elaboration->scopes[scope].parent;
    }
    for (int s = scope; s >= 0; s = elaboration->scopes[s].parent) {
        const char *module = elaboration->scopes[s].module;
        for (size_t i = 0; i < sizeof components / sizeof components[0]; i++) {
            /* A new module right below the accelerator stands for itself. */
            bool inside = s == scope || strcmp(components[i].component, "accelerator") != 0;
            if (inside && strcmp(components[i].module, module) == 0) {
                return components[i].component;
            }
        }
    }
    return elaboration->scopes[scope].module;
}

static void name_component(const axn_elaboration *elaboration, int scope,
                           const axn_synthesis *synthesis, char out[AXN_HIERARCHY_NAME])
{
    snprintf(out, AXN_HIERARCHY_NAME, "%s", component_of(elaboration, scope));
    for (int i = 0; i < synthesis->multiplier_count; i++) {
        axn_multiplier_place place = axn_multiplier_find_place(i, synthesis->multiplier_count);
        if (strcmp(place.module, elaboration->scopes[scope].module) == 0) {
            name_multiplier(synthesis, i, out);
        }
    }
}

static axn_status find_component(axn_synthesis *synthesis, const char *name, int *index,
                                 axn_error *error)
{
    size_t capacity = (size_t)synthesis->count;
    for (*index = 0; *index < synthesis->count; ++*index) {
        if (strcmp(synthesis->components[*index].name, name) == 0) {
            return AXN_OK;
        }
    }
    axn_status status = axn_grow(&synthesis->components, &capacity, capacity + 1,
                                 sizeof *synthesis->components, "components", error);
    if (status == AXN_OK) {
        axn_synthesis_component *component = &synthesis->components[synthesis->count++];
        *component = (axn_synthesis_component){0};
        snprintf(component->name, sizeof component->name, "%s", name);
    }
    return status;
}

static int compare_areas(const void *a, const void *b)
{
    const axn_synthesis_component *x = a, *y = b;
    if (x->area_um2 != y->area_um2) {
        return x->area_um2 > y->area_um2 ? -1 : 1;
    }
    return strcmp(x->name, y->name);
}

static void add(axn_synthesis_component *to, const axn_synthesis_component *from)
{
    to->cells += from->cells;
    to->flip_flops += from->flip_flops;
    to->area_um2 += from->area_um2;
    to->power_mw += from->power_mw;
    to->leakage_mw += from->leakage_mw;
    to->clock_pin_mw += from->clock_pin_mw;
    to->glitch_mw += from->glitch_mw;
}

/* The powers of a multiplier from its component. */
static void add_multiplier(axn_synthesis *synthesis, int index)
{
    char name[AXN_HIERARCHY_NAME];
    name_multiplier(synthesis, index, name);
    for (int i = 0; i < synthesis->count; i++) {
        if (strcmp(synthesis->components[i].name, name) == 0) {
            synthesis->multipliers[index].power_mw = synthesis->components[i].power_mw;
            synthesis->multipliers[index].leakage_mw = synthesis->components[i].leakage_mw;
            synthesis->multiplier_mw += synthesis->components[i].power_mw;
        }
    }
}

/* Flip-flops behind a gate are those whose clock is none of the ports. */
static void count_clock_gates(const axn_elaboration *elaboration, axn_synthesis *out)
{
    const axn_netlist *netlist = &elaboration->netlist;
    for (int s = 0; s < elaboration->scope_count; s++) {
        if (is_clock_gate(elaboration, s)) {
            out->clock_gates += elaboration->scopes[s].instances;
            out->clock_gate_area_um2 += elaboration->scopes[s].area_um2;
        }
    }
    for (int g = netlist->gate_count - netlist->flip_flops; g < netlist->gate_count; g++) {
        const axn_liberty_cell *cell = &netlist->liberty->cells[netlist->gates[g].cell];
        bool gated = out->clock_gates > 0;
        for (int p = 0; p < cell->pin_count && gated; p++) {
            for (int i = 0; i < netlist->port_count && cell->pins[p].clock; i++) {
                const axn_port *port = &netlist->ports[i];
                gated = gated && (port->output || port->width != 1 ||
                                  port->nets[0] != netlist->gates[g].nets[p]);
            }
        }
        out->gated_flip_flops += gated;
    }
}

axn_status axn_synthesis_group(const axn_elaboration *elaboration, axn_synthesis *out, int **group,
                               axn_error *error)
{
    char name[AXN_HIERARCHY_NAME];
    const axn_netlist *netlist = &elaboration->netlist;
    int *component = NULL;
    axn_status status = axn_allocate(&component, (size_t)elaboration->scope_count,
                                     sizeof *component, "components", error);
    if (status == AXN_OK) {
        status =
            axn_allocate(group, (size_t)netlist->gate_count, sizeof **group, "components", error);
    }
    for (int s = 0; s < elaboration->scope_count && status == AXN_OK; s++) {
        const axn_scope *scope = &elaboration->scopes[s];
        if (scope->cells == 0) {
            continue;
        }
        name_component(elaboration, s, out, name);
        status = find_component(out, name, &component[s], error);
        if (status == AXN_OK) {
            add(&out->components[component[s]],
                &(axn_synthesis_component){.cells = scope->cells,
                                           .flip_flops = scope->flip_flops,
                                           .area_um2 = scope->area_um2,
                                           .leakage_mw = scope->leakage_mw});
        }
    }
    for (int g = 0; g < netlist->gate_count && status == AXN_OK; g++) {
        int id = netlist->gates[g].id;
        int scope = elaboration->scope[id];
        bool flip_flop = g >= netlist->gate_count - netlist->flip_flops;
        (*group)[id] = AXN_SYNTHESIS_KINDS * component[scope] + (flip_flop ? REGISTERS
                                                                 : is_clock_gate(elaboration, scope)
                                                                     ? CLOCK_GATES
                                                                     : LOGIC);
    }
    if (status == AXN_OK) {
        count_clock_gates(elaboration, out);
    }
    free(component);
    return status;
}

static axn_synthesis_part part_of(const char *component)
{
    if (strncmp(component, "multiplier", strlen("multiplier")) == 0) {
        return AXN_PART_MULTIPLIERS;
    }
    for (size_t i = 0; i < sizeof components / sizeof components[0]; i++) {
        if (strcmp(components[i].component, component) == 0) {
            return components[i].part;
        }
    }
    return AXN_PART_CONTROL;
}

static double sum_of(const axn_gate_energy *energy)
{
    return energy->output + energy->clock + energy->data;
}

/* Energies of a layer from those of its groups; idle power runs on all the while. */
static void add_layer(const axn_replay *replay, int index, axn_synthesis *out)
{
    axn_synthesis_layer *layer = &out->layers[index];
    const axn_gate_energy *groups =
        replay->parts + (size_t)index * AXN_SYNTHESIS_KINDS * (size_t)out->count;
    double images = (double)out->images;
    layer->cycles = (int64_t)(replay->phase_cycles[index] / (uint64_t)out->images);
    for (int c = 0; c < out->count; c++) {
        const axn_gate_energy *kinds = &groups[AXN_SYNTHESIS_KINDS * c];
        const axn_gate_energy *logic = &kinds[LOGIC], *registers = &kinds[REGISTERS];
        axn_synthesis_part part = part_of(out->components[c].name);
        axn_synthesis_part state = part == AXN_PART_ACCUMULATORS ? AXN_PART_CELL_REGISTERS : part;
        layer->energy_uj[part] += (logic->output + logic->data) / images * 1e-6;
        layer->energy_uj[part] +=
            out->components[c].leakage_mw * (double)layer->cycles / out->clock_mhz * 1e-3;
        layer->energy_uj[state] += (registers->output + registers->data) / images * 1e-6;
        layer->energy_uj[AXN_PART_CLOCK_PINS] +=
            (registers->clock + sum_of(&kinds[CLOCK_GATES])) / images * 1e-6;
    }
}

void axn_synthesis_add_up(const axn_replay *replay, axn_synthesis *out)
{
    /* pJ over all cycles to mW: MHz pJ = uW. */
    double per_cycle = out->clock_mhz * 1e-3, scale = per_cycle / (double)replay->cycles;
    for (int c = 0; c < out->count; c++) {
        axn_synthesis_component *at = &out->components[c];
        at->power_mw = at->leakage_mw;
        for (int k = 0; k < AXN_SYNTHESIS_KINDS; k++) {
            at->glitch_mw += per_cycle * replay->glitch_pj[AXN_SYNTHESIS_KINDS * c + k];
        }
        for (int p = 0; p < out->layer_count; p++) {
            const axn_gate_energy *group =
                replay->parts + AXN_SYNTHESIS_KINDS * ((size_t)p * (size_t)out->count + (size_t)c);
            for (int k = 0; k < AXN_SYNTHESIS_KINDS; k++) {
                at->power_mw += scale * sum_of(&group[k]);
            }
            at->clock_pin_mw += scale * (group[REGISTERS].clock + sum_of(&group[CLOCK_GATES]));
            out->clock_gate_mw += scale * sum_of(&group[CLOCK_GATES]);
        }
    }
    snprintf(out->total.name, sizeof out->total.name, "total");
    for (int i = 0; i < out->count; i++) {
        add(&out->total, &out->components[i]);
    }
    for (int i = 0; i < out->multiplier_count; i++) {
        add_multiplier(out, i);
    }
    for (int i = 0; i < out->layer_count; i++) {
        add_layer(replay, i, out);
    }
    out->glitch_error_mw = per_cycle * replay->glitch_standard_error_pj;
    out->glitch_cycles = replay->glitch_transitions;
}

void axn_synthesis_sort(axn_synthesis *out)
{
    if (out->count > 0) {
        qsort(out->components, (size_t)out->count, sizeof *out->components, compare_areas);
    }
}

const char *axn_synthesis_part_name(axn_synthesis_part part)
{
    static const char *const names[AXN_PART_COUNT] = {
        "multipliers", "accumulators", "cell_registers", "feeders",
        "post",        "control",      "clock_pins",     "memories"};
    return names[part];
}

double axn_synthesis_power_mw(const axn_synthesis *synthesis)
{
    return synthesis->total.power_mw + (synthesis->memories_known ? synthesis->memory_mw : 0);
}

double axn_synthesis_energy_uj(const axn_synthesis *synthesis, double power_mw)
{
    return power_mw * (double)synthesis->cycles_per_image / synthesis->clock_mhz * 1e-3;
}

void axn_synthesis_free(axn_synthesis *synthesis)
{
    free(synthesis->components);
    free(synthesis->memories);
    free(synthesis->layers);
    *synthesis = (axn_synthesis){0};
}

double axn_synthesis_layer_uj(const axn_synthesis_layer *layer)
{
    double sum = 0;
    for (int p = 0; p < AXN_PART_COUNT; p++) {
        sum += layer->energy_uj[p];
    }
    return sum;
}
