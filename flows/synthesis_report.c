#include "flows/synthesis_report.h"

#include <stdio.h>
#include <string.h>

#include "common/file.h"
#include "common/process.h"
#include "common/progress.h"
#include "flows/gnuplot.h"
#include "synth/yosys.h"

#define REPORT_FOLDER "report"

static bool add_module(cJSON *modules, const axn_synthesis_component *component)
{
    cJSON *module = cJSON_CreateObject();
    return module != NULL && cJSON_AddItemToArray(modules, module) &&
           cJSON_AddStringToObject(module, "name", component->name) != NULL &&
           cJSON_AddNumberToObject(module, "area_um2", component->area_um2) != NULL &&
           cJSON_AddNumberToObject(module, "power_mw", component->power_mw) != NULL &&
           cJSON_AddNumberToObject(module, "clock_pin_mw", component->clock_pin_mw) != NULL &&
           cJSON_AddNumberToObject(module, "glitch_mw", component->glitch_mw) != NULL &&
           cJSON_AddNumberToObject(module, "leakage_mw", component->leakage_mw) != NULL &&
           cJSON_AddNumberToObject(module, "cells", (double)component->cells) != NULL &&
           cJSON_AddNumberToObject(module, "flip_flops", (double)component->flip_flops) != NULL;
}

static bool add_multipliers(cJSON *root, const axn_synthesis *s)
{
    cJSON *list = cJSON_AddArrayToObject(root, "multipliers");
    bool built = list != NULL;
    for (int i = 0; i < s->multiplier_count && built; i++) {
        const axn_synthesis_multiplier *at = &s->multipliers[i];
        cJSON *item = cJSON_CreateObject();
        built = item != NULL && cJSON_AddItemToArray(list, item) &&
                cJSON_AddStringToObject(item, "name", at->name) != NULL &&
                cJSON_AddNumberToObject(item, "area_um2", at->area_um2) != NULL &&
                (at->library_area_um2 > 0
                     ? cJSON_AddNumberToObject(item, "library_area_um2", at->library_area_um2)
                     : cJSON_AddNullToObject(item, "library_area_um2")) != NULL &&
                cJSON_AddNumberToObject(item, "power_mw", at->power_mw) != NULL &&
                cJSON_AddNumberToObject(item, "leakage_mw", at->leakage_mw) != NULL &&
                cJSON_AddNumberToObject(item, "energy_uj_per_image",
                                        axn_synthesis_energy_uj(s, at->power_mw)) != NULL;
    }
    return built;
}

static bool add_texts(cJSON *root, const axn_synthesis *s)
{
    bool known = s->multiplier_library_area_um2 > 0;
    return (known ? cJSON_AddNumberToObject(root, "multiplier_library_area_um2",
                                            s->multiplier_library_area_um2)
                  : cJSON_AddNullToObject(root, "multiplier_library_area_um2")) != NULL &&
           cJSON_AddStringToObject(root, "critical_path_start", s->timing.start) != NULL &&
           cJSON_AddStringToObject(root, "critical_path_end", s->timing.end) != NULL &&
           cJSON_AddStringToObject(root, "critical_path_start_module", s->timing.start_module) !=
               NULL &&
           cJSON_AddStringToObject(root, "critical_path_end_module", s->timing.end_module) !=
               NULL &&
           cJSON_AddStringToObject(root, "liberty", axn_path_base(s->liberty)) != NULL &&
           cJSON_AddStringToObject(root, "memory_note", s->memory_note) != NULL;
}

/* The mapped array in Verilator and Icarus; null where it was left out. */
static bool add_netlist(cJSON *root, const axn_synthesis *s)
{
    const axn_synthesis_netlist *n = &s->netlist;
    if (n->cycles == 0) {
        return cJSON_AddNullToObject(root, "netlist_simulation") != NULL;
    }
    cJSON *item = cJSON_AddObjectToObject(root, "netlist_simulation");
    return item != NULL && cJSON_AddNumberToObject(item, "rows", n->rows) != NULL &&
           cJSON_AddNumberToObject(item, "cols", n->cols) != NULL &&
           cJSON_AddBoolToObject(item, "whole_array", n->whole) != NULL &&
           cJSON_AddNumberToObject(item, "layers", n->layers) != NULL &&
           cJSON_AddNumberToObject(item, "verilator_cycles", (double)n->cycles) != NULL &&
           cJSON_AddNumberToObject(item, "verilator_values", (double)n->values) != NULL &&
           cJSON_AddNumberToObject(item, "icarus_cycles", (double)n->icarus_cycles) != NULL &&
           cJSON_AddNumberToObject(item, "icarus_values", (double)n->icarus_values) != NULL &&
           cJSON_AddBoolToObject(item, "icarus_vendor_models", n->vendor) != NULL;
}

/* A figure, or null where the table of memories has none. */
static bool add_memory_figure(cJSON *object, const axn_synthesis *s, const char *key, double value)
{
    return (s->memories_known ? cJSON_AddNumberToObject(object, key, value)
                              : cJSON_AddNullToObject(object, key)) != NULL;
}

static bool add_memories(cJSON *root, const axn_synthesis *s)
{
    bool built = add_memory_figure(root, s, "memory_area_um2", s->memory_area_um2) &&
                 add_memory_figure(root, s, "memory_power_mw", s->memory_mw) &&
                 add_memory_figure(root, s, "memory_standby_mw", s->memory_standby_mw) &&
                 add_memory_figure(root, s, "memory_energy_uj_per_image",
                                   axn_synthesis_energy_uj(s, s->memory_mw));
    cJSON *list = built ? cJSON_AddArrayToObject(root, "memories") : NULL;
    built = list != NULL;
    for (int i = 0; i < s->memory_count && built; i++) {
        const axn_synthesis_memory *at = &s->memories[i];
        cJSON *item = cJSON_CreateObject();
        built = item != NULL && cJSON_AddItemToArray(list, item) &&
                cJSON_AddStringToObject(item, "path", at->path) != NULL &&
                cJSON_AddNumberToObject(item, "bytes", (double)at->bytes) != NULL &&
                cJSON_AddNumberToObject(item, "words", (double)at->depth) != NULL &&
                cJSON_AddNumberToObject(item, "reads_per_image", at->reads) != NULL &&
                cJSON_AddNumberToObject(item, "writes_per_image", at->writes) != NULL &&
                add_memory_figure(item, s, "area_um2", at->area_um2) &&
                add_memory_figure(item, s, "power_mw", at->power_mw) &&
                add_memory_figure(item, s, "energy_uj_per_image", at->energy_uj);
    }
    return built;
}

static bool add_layers(cJSON *root, const axn_synthesis *s)
{
    cJSON *list = cJSON_AddArrayToObject(root, "layers");
    bool built = list != NULL;
    for (int i = 0; i < s->layer_count && built; i++) {
        const axn_synthesis_layer *at = &s->layers[i];
        cJSON *item = cJSON_CreateObject(), *parts = NULL;
        built = item != NULL && cJSON_AddItemToArray(list, item) &&
                cJSON_AddStringToObject(item, "name", at->name) != NULL &&
                cJSON_AddNumberToObject(item, "cycles", (double)at->cycles) != NULL &&
                cJSON_AddNumberToObject(item, "energy_uj", axn_synthesis_layer_uj(at)) != NULL &&
                (parts = cJSON_AddObjectToObject(item, "parts_uj")) != NULL;
        for (int p = 0; p < AXN_PART_COUNT && built; p++) {
            const char *name = axn_synthesis_part_name((axn_synthesis_part)p);
            built = p == AXN_PART_MEMORIES
                        ? add_memory_figure(parts, s, name, at->energy_uj[p])
                        : cJSON_AddNumberToObject(parts, name, at->energy_uj[p]) != NULL;
        }
    }
    return built;
}

/* Null without clock gates. */
static bool add_clock_gates(cJSON *root, const axn_synthesis *s)
{
    cJSON *gates = s->gated ? cJSON_AddObjectToObject(root, "clock_gates")
                            : cJSON_AddNullToObject(root, "clock_gates");
    return gates != NULL &&
           (!s->gated ||
            (cJSON_AddNumberToObject(gates, "gates", (double)s->clock_gates) != NULL &&
             cJSON_AddNumberToObject(gates, "flip_flops", (double)s->gated_flip_flops) != NULL &&
             cJSON_AddNumberToObject(gates, "area_um2", s->clock_gate_area_um2) != NULL &&
             cJSON_AddNumberToObject(gates, "power_mw", s->clock_gate_mw) != NULL));
}

/* One accelerator; NULL when out of memory. */
static cJSON *make_object(const axn_synthesis *s)
{
    const struct {
        const char *key;
        double value;
    } numbers[] = {{"area_um2", s->total.area_um2},
                   {"fmax_mhz", s->timing.fmax_mhz},
                   {"fmax_registers_mhz",
                    s->timing.register_period_ns > 0 ? 1000 / s->timing.register_period_ns : 0},
                   {"nets_above_max_capacitance", (double)s->overloaded_nets},
                   {"clock_mhz", s->clock_mhz},
                   {"power_mw", axn_synthesis_power_mw(s)},
                   {"logic_power_mw", s->total.power_mw},
                   {"leakage_mw", s->total.leakage_mw},
                   {"clock_pin_mw", s->total.clock_pin_mw},
                   {"energy_uj_per_image", axn_synthesis_energy_uj(s, axn_synthesis_power_mw(s))},
                   {"logic_energy_uj_per_image", axn_synthesis_energy_uj(s, s->total.power_mw)},
                   {"glitch_mw", s->total.glitch_mw},
                   {"glitch_standard_error_mw", s->glitch_error_mw},
                   {"glitch_cycles", (double)s->glitch_cycles},
                   {"multiplier_energy_uj_per_image", axn_synthesis_energy_uj(s, s->multiplier_mw)},
                   {"multiplier_area_um2", s->multiplier_area_um2},
                   {"accumulator_bits", s->accumulator_bits},
                   {"cells", (double)s->total.cells},
                   {"flip_flops", (double)s->total.flip_flops},
                   {"cycles_per_image", (double)s->cycles_per_image},
                   {"images", s->images},
                   {"cycles_counted", (double)s->cycles_counted},
                   {"cycles_checked", (double)s->cycles_checked},
                   {"values_checked", (double)s->values_checked},
                   {"cells_proved", s->cells_proved},
                   {"memory_bits", (double)s->memory_bits}};
    cJSON *root = cJSON_CreateObject();
    bool built = root != NULL;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0] && built; i++) {
        built = cJSON_AddNumberToObject(root, numbers[i].key, numbers[i].value) != NULL;
    }
    built = built && add_clock_gates(root, s) && add_multipliers(root, s) && add_texts(root, s) &&
            add_memories(root, s) && add_layers(root, s) && add_netlist(root, s);
    cJSON *modules = built ? cJSON_AddArrayToObject(root, "modules") : NULL;
    built = modules != NULL;
    for (int i = 0; i < s->count && built; i++) {
        built = add_module(modules, &s->components[i]);
    }
    if (built && s->memories_known) {
        /* Their area has a key of its own. */
        axn_synthesis_component memories = {.name = "memories", .power_mw = s->memory_mw};
        built = add_module(modules, &memories);
    }
    if (!built) {
        cJSON_Delete(root);
        root = NULL;
    }
    return root;
}

/* Adds a twin, or null; deletes what cannot be added. */
static bool add_twin(cJSON *root, const char *key, bool there, const axn_synthesis *twin)
{
    cJSON *object = there ? make_object(twin) : cJSON_CreateNull();
    if (object != NULL && cJSON_AddItemToObject(root, key, object)) {
        return true;
    }
    cJSON_Delete(object);
    return false;
}

axn_status axn_synthesis_json(const axn_synthesis_set *set, cJSON **out, axn_error *error)
{
    char yosys[AXN_VERSION_TEXT], sta[AXN_VERSION_TEXT];
    axn_status status = axn_synth_versions(yosys, sta, error);
    if (status != AXN_OK) {
        return status;
    }
    cJSON *root = make_object(&set->own);
    if (root == NULL || cJSON_AddStringToObject(root, "yosys", yosys) == NULL ||
        cJSON_AddStringToObject(root, "opensta", sta) == NULL ||
        !add_twin(root, "without_clock_gating", set->has_ungated, &set->ungated) ||
        !add_twin(root, "exact", set->has_exact, &set->exact) ||
        !add_twin(root, "exact_star", set->has_exact, &set->star)) {
        cJSON_Delete(root);
        return axn_fail(error, AXN_ERROR_MEMORY, "out of memory");
    }
    *out = root;
    return AXN_OK;
}

static void make_table(const axn_synthesis *s, axn_buffer *out)
{
    axn_buffer_text(
        out, "module,cells,flip_flops,area_um2,power_mw,clock_pin_mw,leakage_mw,glitch_mw\n");
    for (int i = 0; i < s->count; i++) {
        const axn_synthesis_component *at = &s->components[i];
        axn_buffer_format(out, "%s,%ld,%ld,%.6g,%.6g,%.6g,%.6g,%.6g\n", at->name, at->cells,
                          at->flip_flops, at->area_um2, at->power_mw, at->clock_pin_mw,
                          at->leakage_mw, at->glitch_mw);
    }
}

/* report/energy.csv: nJ an image. */
static void make_energy_table(const axn_synthesis *s, const axn_synthesis *ungated, axn_buffer *out)
{
    axn_buffer_text(out, "layer,cycles,energy_nj");
    for (int p = 0; p < AXN_PART_COUNT; p++) {
        axn_buffer_format(out, ",%s_nj", axn_synthesis_part_name((axn_synthesis_part)p));
    }
    axn_buffer_text(out, ",without_clock_gating_nj");
    for (int i = 0; i < s->layer_count; i++) {
        const axn_synthesis_layer *at = &s->layers[i];
        axn_buffer_format(out, "\n%s,%lld,%.6g", at->name, (long long)at->cycles,
                          1e3 * axn_synthesis_layer_uj(at));
        for (int p = 0; p < AXN_PART_COUNT; p++) {
            bool known = p != AXN_PART_MEMORIES || s->memories_known;
            axn_buffer_format(out, known ? ",%.6g" : ",", 1e3 * at->energy_uj[p]);
        }
        axn_buffer_format(out, ungated != NULL ? ",%.6g" : ",",
                          ungated != NULL ? 1e3 * axn_synthesis_layer_uj(&ungated->layers[i])
                                          : 0.0);
    }
    axn_buffer_text(out, "\n");
}

/* Bars of the components' areas, those of the exact twin beside. */
static void make_picture(const axn_synthesis_set *set, axn_buffer *out)
{
    const axn_synthesis *s = &set->own;
    axn_gnuplot_head(out, 760, 120 + 24 * s->count);
    axn_buffer_text(out, "$areas << EOD\n");
    for (int i = 0; i < s->count; i++) {
        double twin = 0;
        for (int k = 0; k < set->exact.count; k++) {
            bool same = strcmp(set->exact.components[k].name, s->components[i].name) == 0;
            twin += same ? set->exact.components[k].area_um2 : 0;
        }
        axn_buffer_format(out, "%d %.6g %.6g\n", s->count - i, s->components[i].area_um2 * 1e-3,
                          twin * 1e-3);
    }
    axn_buffer_text(out, "EOD\nset xlabel 'thousand square micrometres, memories left out'\n"
                         "set key bottom right\nunset ytics\nset ytics (");
    for (int i = 0; i < s->count; i++) {
        axn_buffer_text(out, i > 0 ? ", " : "");
        axn_gnuplot_quote(out, s->components[i].name);
        axn_buffer_format(out, " %d", s->count - i);
    }
    axn_buffer_format(out, ")\nset yrange [0.3:%d.7]\nset xrange [0:*]\n", s->count);
    axn_buffer_format(out,
                      "plot $areas using ($2/2):1:($2/2):(.18) with boxxyerror fillstyle solid "
                      "linecolor rgb '%s' title 'this accelerator'",
                      axn_gnuplot_colours[0]);
    if (set->has_exact) {
        axn_buffer_format(out,
                          ", '' using ($3/2):($1-.36):($3/2):(.12) with boxxyerror fillstyle solid "
                          "linecolor rgb '%s' title 'exact twin'",
                          axn_gnuplot_colours[1]);
    }
    axn_buffer_text(out, "\n");
}

static axn_status write_file(const char *folder, const char *name, const axn_buffer *text,
                             axn_error *error)
{
    char path[AXN_PATH_MAX];
    axn_status status = text->failed ? axn_fail(error, AXN_ERROR_MEMORY, "out of memory")
                                     : axn_path_join(path, folder, name, error);
    return status == AXN_OK ? axn_file_write(path, text->data, text->length, error) : status;
}

static axn_status write_picture(const char *folder, const axn_synthesis_set *set, axn_error *error)
{
    char path[AXN_PATH_MAX];
    axn_buffer script = {0};
    axn_status status = axn_path_join(path, folder, REPORT_FOLDER "/area.svg", error);
    if (!axn_program_available("gnuplot")) {
        axn_message("no " REPORT_FOLDER "/area.svg: gnuplot is not installed");
        return status;
    }
    make_picture(set, &script);
    if (status == AXN_OK) {
        status = axn_gnuplot_write(&script, path, error);
    }
    axn_buffer_free(&script);
    return status;
}

/* The manifest leaves report/ out. */
axn_status axn_synthesis_write(const char *folder, const axn_synthesis_set *set, const cJSON *json,
                               axn_error *error)
{
    char path[AXN_PATH_MAX];
    axn_buffer areas = {0}, energies = {0};
    make_table(&set->own, &areas);
    make_energy_table(&set->own, set->has_ungated ? &set->ungated : NULL, &energies);
    axn_status status = axn_path_join(path, folder, REPORT_FOLDER, error);
    if (status == AXN_OK) {
        status = axn_folder_create(path, error);
    }
    if (status == AXN_OK) {
        status = write_picture(folder, set, error);
    }
    if (status == AXN_OK) {
        status = write_file(folder, REPORT_FOLDER "/area.csv", &areas, error);
    }
    if (status == AXN_OK) {
        status = write_file(folder, REPORT_FOLDER "/energy.csv", &energies, error);
    }
    if (status == AXN_OK) {
        status = axn_path_join(path, folder, REPORT_FOLDER "/synthesis.json", error);
    }
    if (status == AXN_OK) {
        status = axn_json_write(path, json, error);
    }
    axn_buffer_free(&areas);
    axn_buffer_free(&energies);
    return status;
}
