/* What `axnas synth` prints on the terminal. */
#include <stdio.h>

#include "common/file.h"
#include "flows/synthesis_report.h"

static void print_component(const axn_synthesis *s, const axn_synthesis_component *component)
{
    printf("%-28s %8ld %10ld %12.0f %6.1f %% %10.3f %6.1f %% %10.3f %10.3f\n", component->name,
           component->cells, component->flip_flops, component->area_um2,
           100 * component->area_um2 / s->total.area_um2, component->power_mw,
           100 * component->power_mw / s->total.power_mw, component->clock_pin_mw,
           component->glitch_mw);
}

static void print_multipliers(const axn_synthesis *s)
{
    for (int i = 0; i < s->multiplier_count; i++) {
        const axn_synthesis_multiplier *at = &s->multipliers[i];
        printf("%-16s %s %.6g um2", i == 0 ? "a multiplier" : "", at->name, at->area_um2);
        if (at->library_area_um2 > 0) {
            printf(", in the library %.6g", at->library_area_um2);
        }
        if (s->multiplier_count > 1) {
            printf("; %.4f uJ an image", axn_synthesis_energy_uj(s, at->power_mw));
        }
        printf("\n");
    }
}

static void print_memories(const axn_synthesis *s)
{
    printf("%-28s %llu bits", "memories", (unsigned long long)s->memory_bits);
    if (s->memories_known) {
        printf(", %.0f um2, %.3f mW, of it standby %.3f (not in the total above)\n",
               s->memory_area_um2, s->memory_mw, s->memory_standby_mw);
        printf("  from: %s\n\n", s->memory_note);
    } else {
        printf("; area, energy: no data (%s)\n\n", s->memory_note);
    }
}

static void print_energy(const axn_synthesis *s, int part, double energy_uj)
{
    if (part == AXN_PART_MEMORIES && !s->memories_known) {
        printf(" %10s", "no data");
    } else {
        printf(" %10.2f", 1e3 * energy_uj);
    }
}

/* nJ an image, by layer and part. */
static void print_layers(const axn_synthesis *s, const axn_synthesis *ungated)
{
    static const char *const heads[AXN_PART_COUNT] = {
        "multiply", "accum.", "registers", "feeders", "post", "control", "clock", "memories"};
    double sums[AXN_PART_COUNT] = {0}, all = 0, all_ungated = 0;
    printf("%-20s %9s %10s", "nJ an image", "cycles", "all");
    for (int p = 0; p < AXN_PART_COUNT; p++) {
        printf(" %10s", heads[p]);
    }
    printf(ungated != NULL ? " %10s\n" : "\n", "ungated");
    for (int i = 0; i < s->layer_count; i++) {
        const axn_synthesis_layer *at = &s->layers[i];
        printf("%-20s %9lld %10.2f", at->name, (long long)at->cycles,
               1e3 * axn_synthesis_layer_uj(at));
        all += axn_synthesis_layer_uj(at);
        for (int p = 0; p < AXN_PART_COUNT; p++) {
            print_energy(s, p, at->energy_uj[p]);
            sums[p] += at->energy_uj[p];
        }
        if (ungated != NULL) {
            printf(" %10.2f", 1e3 * axn_synthesis_layer_uj(&ungated->layers[i]));
            all_ungated += axn_synthesis_layer_uj(&ungated->layers[i]);
        }
        printf("\n");
    }
    printf("%-20s %9s %10.2f", "all", "", 1e3 * all);
    for (int p = 0; p < AXN_PART_COUNT; p++) {
        print_energy(s, p, sums[p]);
    }
    printf(ungated != NULL ? " %10.2f\n\n" : "\n\n", 1e3 * all_ungated);
}

/* A line of the comparison; ratios to the accelerator itself. */
static void print_variant(const char *name, const axn_synthesis *s, const axn_synthesis *own)
{
    printf("%-16s %4d %12.0f %7.3f %8.1f %10.3f %12.4f %7.3f %12.4f", name, s->accumulator_bits,
           s->total.area_um2, s->total.area_um2 / own->total.area_um2, s->timing.fmax_mhz,
           s->total.power_mw, axn_synthesis_energy_uj(s, s->total.power_mw),
           s->total.power_mw / own->total.power_mw, axn_synthesis_energy_uj(s, s->multiplier_mw));
    if (s->memories_known) {
        printf(" %12.4f\n", axn_synthesis_energy_uj(s, axn_synthesis_power_mw(s)));
    } else {
        printf(" %12s\n", "no data");
    }
}

static void print_variants(const axn_synthesis_set *set)
{
    printf("%-16s %4s %12s %7s %8s %10s %12s %7s %12s %12s\n", "without memories", "bits",
           "area um2", "", "MHz", "power mW", "uJ an image", "", "multipliers", "with memories");
    print_variant("this", &set->own, &set->own);
    if (set->has_ungated) {
        print_variant("no clock gates", &set->ungated, &set->own);
    }
    if (!set->has_exact) {
        printf("\n");
        return;
    }
    print_variant("exact twin", &set->exact, &set->own);
    print_variant("twin with *", &set->star, &set->own);
    printf("The twin has the exact multiplier %s in every cell and accumulators as wide as that "
           "needs;\nthe last line has Yosys' own `*` instead.\n\n",
           set->exact.multipliers[0].name);
}

static void print_netlist(const axn_synthesis *s)
{
    const axn_synthesis_netlist *n = &s->netlist;
    if (n->cycles == 0) {
        return;
    }
    printf("simulated        the mapped %s of %d x %d cells, from random registers, equal to the "
           "RTL in Verilator\n                 over %llu cycles, %d whole layer%s of convolution",
           n->whole ? "array" : "corner", n->rows, n->cols, (unsigned long long)n->cycles,
           n->layers, n->layers == 1 ? "" : "s");
    if (n->icarus_cycles > 0) {
        printf("; in Icarus with %s models\n                 over %llu cycles\n",
               n->vendor ? "the vendor's" : "our own", (unsigned long long)n->icarus_cycles);
    } else {
        printf("; Icarus is not installed\n");
    }
}

static void print_clock_gates(const axn_synthesis_set *set)
{
    const axn_synthesis *s = &set->own;
    if (!s->gated) {
        printf("clock gates      none%s%s\n",
               set->gating_note[0] != '\0' ? ": the Liberty has no usable " : "", set->gating_note);
        return;
    }
    printf("clock gates      %ld before %ld of %ld flip-flops, %.0f um2, %.3f mW of their own\n",
           s->clock_gates, s->gated_flip_flops, s->total.flip_flops, s->clock_gate_area_um2,
           s->clock_gate_mw);
    if (set->has_ungated) {
        const axn_synthesis *u = &set->ungated;
        printf("                 without them %.3f mW, of it clock pins %.3f; %.0f um2\n",
               u->total.power_mw, u->total.clock_pin_mw, u->total.area_um2);
    }
}

void axn_synthesis_print(const axn_synthesis_set *set)
{
    const axn_synthesis *s = &set->own;
    printf("%-28s %8s %10s %12s %8s %10s %8s %10s %10s\n", "module", "cells", "flip-flops",
           "area um2", "", "power mW", "", "clock pins", "glitches");
    for (int i = 0; i < s->count; i++) {
        print_component(s, &s->components[i]);
    }
    print_component(s, &s->total);
    print_memories(s);
    print_layers(s, set->has_ungated ? &set->ungated : NULL);
    if (set->has_exact || set->has_ungated) {
        print_variants(set);
    }
    printf("technology       %s\n", axn_path_base(s->liberty));
    printf("clock            %g MHz of the power figures; %s %.1f MHz before layout\n",
           s->clock_mhz,
           s->clock_mhz > s->timing.fmax_mhz ? "ABOVE what the design reaches," : "at most",
           s->timing.fmax_mhz);
    if (s->overloaded_nets > 0) {
        printf("loads            %ld nets ABOVE the Liberty's max_capacitance\n",
               s->overloaded_nets);
    }
    printf("critical path    from %s (%s)\n                 to %s (%s)\n", s->timing.start_module,
           s->timing.start, s->timing.end_module, s->timing.end);
    printf("power            %.3f mW, of it clock pins %.3f, leakage %.3g\n", s->total.power_mw,
           s->total.clock_pin_mw, s->total.leakage_mw);
    print_clock_gates(set);
    print_multipliers(s);
    printf("energy an image  %.4f uJ, of it multipliers %.4f, memories ",
           axn_synthesis_energy_uj(s, axn_synthesis_power_mw(s)),
           axn_synthesis_energy_uj(s, s->multiplier_mw));
    printf(s->memories_known ? "%.4f\n" : "no data\n", axn_synthesis_energy_uj(s, s->memory_mw));
    printf("glitches         %.3f +- %.3f mW more, with unit delays, over %llu cycles\n",
           s->total.glitch_mw, s->glitch_error_mw, (unsigned long long)s->glitch_cycles);
    printf("checked          mapped netlist equal to the RTL in %llu values over %llu cycles of "
           "%d images\n",
           (unsigned long long)s->values_checked, (unsigned long long)s->cycles_checked, s->images);
    printf("proved           %d distinct cell%s of the array equal to the RTL by Yosys' equiv\n",
           s->cells_proved, s->cells_proved == 1 ? "" : "s");
    print_netlist(s);
    printf("left out         wires, clock tree%s\n", s->memories_known ? "" : ", memories");
}
