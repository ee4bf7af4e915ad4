/* From energies of gates to components. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "flows/synthesis.h"
#include "rtl_gen/manifest.h"

#define MULTIPLIERS "multipliers"
#define MULTIPLIER "axn_mul8u"

/* What lies in one of these modules and in none further down the list of its parents
 * belongs to the component. */
static const struct {
    const char *module, *component;
} components[] = {
    {MULTIPLIER, MULTIPLIERS},
    {"axn_cell", "cells"},
    {"axn_array", "array buses"},
    {"axn_dense_row", "dense row"},
    {"axn_skew", "skew"},
    {"axn_delay", "skew"},
    {"axn_gather", "gather"},
    {"axn_arena", "arena addresses"},
    {"axn_walker", "walker"},
    {"axn_taps", "taps"},
    {"axn_weights", "weights"},
    {"axn_parameters", "parameters"},
    {"axn_pool_lane", "pool lanes"},
    {"axn_post_lane", "post lanes"},
    {"axn_writer", "writer"},
    {"axn_argmax", "argmax"},
    {"axn_control", "control"},
    {"axn_registers", "registers"},
    {"axn_accelerator", "accelerator"},
    {"axn_top", "accelerator"},
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

static const char *component_of(const axn_elaboration *elaboration, int scope)
{
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

axn_status axn_synthesis_add_up(const axn_elaboration *elaboration, const axn_replay *replay,
                                axn_synthesis *out, axn_error *error)
{
    char name[AXN_HIERARCHY_NAME];
    int *component = NULL;
    /* pJ over all cycles to mW: MHz pJ = uW. */
    double scale = out->clock_mhz / (double)replay->cycles * 1e-3;
    axn_status status = axn_allocate(&component, (size_t)elaboration->scope_count,
                                     sizeof *component, "components", error);
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
                                           .power_mw = scope->leakage_mw,
                                           .leakage_mw = scope->leakage_mw});
        }
    }
    for (int g = 0; g < elaboration->netlist.gate_count && status == AXN_OK; g++) {
        const axn_gate_energy *energy = &replay->gates[g];
        int scope = elaboration->scope[elaboration->netlist.gates[g].id];
        axn_synthesis_component *at = &out->components[component[scope]];
        at->power_mw += scale * (energy->output + energy->clock + energy->data);
        at->clock_pin_mw += scale * energy->clock;
    }
    snprintf(out->total.name, sizeof out->total.name, "total");
    for (int i = 0; i < out->count && status == AXN_OK; i++) {
        add(&out->total, &out->components[i]);
    }
    for (int i = 0; i < out->multiplier_count && status == AXN_OK; i++) {
        add_multiplier(out, i);
    }
    if (status == AXN_OK && out->count > 0) {
        qsort(out->components, (size_t)out->count, sizeof *out->components, compare_areas);
    }
    free(component);
    return status;
}

double axn_synthesis_energy_uj(const axn_synthesis *synthesis, double power_mw)
{
    return power_mw * (double)synthesis->cycles_per_image / synthesis->clock_mhz * 1e-3;
}

void axn_synthesis_free(axn_synthesis *synthesis)
{
    free(synthesis->components);
    *synthesis = (axn_synthesis){0};
}
