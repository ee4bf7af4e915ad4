#include "flows/synthesis_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "common/process.h"
#include "common/progress.h"
#include "flows/synthesis_netlist.h"
#include "flows/synthesis_twin.h"
#include "sim/record.h"
#include "synth/buffering.h"
#include "synth/equivalence.h"
#include "synth/memory_table.h"

#define TOP "axn_top"
#define MULTIPLIER "axn_mul8u"
#define CELL "axn_cell"
#define CLOCK "clk_i"
#define CONSTRAINTS "rtl_gen/templates/axn_top.sdc" /* what the emitted folder has in syn/ */
#define GLITCH_CYCLES 256                           /* simulated with unit delays */
#define AXN_LABEL 48                                /* bytes of the name of a progress bar */

/* Before anything takes long. */
static axn_status check_tools(const axn_synthesis_job *run)
{
    static const char *const tools[] = {"yosys", "sta", "verilator"};
    static const char *const packages[] = {"yosys", "opensta", "verilator"};
    bool flip_flops = false;
    for (size_t i = 0; i < sizeof tools / sizeof tools[0]; i++) {
        if (!axn_program_available(tools[i])) {
            return axn_fail(run->error, AXN_ERROR_TOOL, "%s is not installed (Debian's package %s)",
                            tools[i], packages[i]);
        }
    }
    for (int i = 0; i < run->liberty.cell_count; i++) {
        flip_flops |= run->liberty.cells[i].flip_flop && !run->liberty.cells[i].dont_use;
    }
    return flip_flops ? AXN_OK
                      : axn_fail(run->error, AXN_ERROR_FORMAT, "%s: no usable flip-flop",
                                 run->liberty.path);
}

/* That the table can be read; it is used at the end. */
static axn_status check_memories(const axn_synthesis_job *run)
{
    axn_memory_table *table = NULL;
    axn_status status = axn_allocate(&table, 1, sizeof *table, "memory table", run->error);
    if (status == AXN_OK) {
        status =
            axn_memory_table_load(run->settings->memories, run->liberty.name, table, run->error);
    }
    free(table);
    return status;
}

static axn_status record(const axn_synthesis_job *run)
{
    axn_simulator simulator;
    axn_status status =
        axn_simulator_build(run->settings->folder, AXN_SIMULATOR_VERILATOR, &simulator, run->error);
    if (status == AXN_OK) {
        axn_message("%s: simulator %s in %.1f s", run->settings->label,
                    simulator.cached ? "found in the cache" : "built", simulator.build_s);
        status = axn_record(&run->accelerator, &simulator, run->images.images, run->images.count, 0,
                            run->work, &run->out->cycles_per_image, run->error);
    }
    return status;
}

static int64_t parameter(const axn_hierarchy_module *module, const char *name)
{
    for (int i = 0; i < module->parameter_count; i++) {
        if (strcmp(module->parameters[i].name, name) == 0) {
            return module->parameters[i].value;
        }
    }
    return 0;
}

/* Every distinct cell of the array against its RTL. */
static axn_status prove_cells(const axn_synthesis_job *run, const axn_hierarchy_options *options)
{
    char label[AXN_LABEL];
    axn_progress progress;
    axn_status status = AXN_OK;
    snprintf(label, sizeof label, "%s: proof of the cell", run->settings->label);
    axn_progress_start(&progress, label, 1);
    for (int i = 0; i < run->hierarchy.count && status == AXN_OK; i++) {
        if (strcmp(run->hierarchy.modules[i].source, CELL) == 0) {
            status = axn_equivalence_prove(options, &run->hierarchy, i, run->work, run->error);
            run->out->cells_proved++;
        }
    }
    axn_progress_end(&progress, NULL);
    return status;
}

/* The mapped array in other simulators, on the first image. */
static axn_status simulate_netlist(const axn_synthesis_job *run,
                                   const axn_hierarchy_options *options)
{
    char record[AXN_PATH_MAX], stream[AXN_PATH_MAX + 8];
    axn_synthesis_netlist_inputs inputs = {.accelerator = &run->accelerator,
                                           .liberty = &run->liberty,
                                           .hierarchy = &run->hierarchy,
                                           .options = options,
                                           .work = run->work,
                                           .stream = stream,
                                           .label = run->settings->label};
    axn_status status = axn_record_path(run->work, 0, record, run->error);
    snprintf(stream, sizeof stream, "%s.array", record);
    return status == AXN_OK ? axn_synthesis_check_netlist(&inputs, run->out, run->error) : status;
}

static axn_status synthesise(axn_synthesis_job *run)
{
    /* Operands of a cell arrive low bits first. */
    static const char *const memories[] = {"axn_memory", NULL}, *const ripple[] = {"axn_cell",
                                                                                   NULL};
    bool gated = run->settings->clock_gating != AXN_CLOCK_GATING_OFF;
    char mapped[AXN_PATH_MAX], path[AXN_PATH_MAX];
    axn_multiplier_place places[AXN_MODEL_MAX_MULTIPLIERS];
    const char *modules[AXN_MODEL_MAX_MULTIPLIERS + 1] = {NULL};
    char label[AXN_LABEL];
    int multipliers = run->accelerator.manifest.multiplier_count;
    for (int i = 0; i < multipliers; i++) {
        places[i] = axn_multiplier_find_place(i, multipliers);
        modules[i] = places[i].module;
    }
    axn_hierarchy_options options = {.folder = run->accelerator.folder,
                                     .file_list = "filelist_syn.f",
                                     .top = TOP,
                                     .black_boxes = memories,
                                     .multipliers = mapped,
                                     .multiplier_modules = modules,
                                     .ripple = ripple,
                                     .clock_gates = gated,
                                     .label = label};
    axn_status status = AXN_OK;
    snprintf(label, sizeof label, "%s: synthesis", run->settings->label);
    if (run->settings->star) {
        options.file_list = AXN_TWIN_STAR_LIST;
        options.multipliers = NULL;
        options.multiplier_modules = NULL;
        axn_synthesis_name_star(run->out);
    } else {
        status = axn_synthesis_map_multipliers(run, mapped);
    }
    if (status == AXN_OK) {
        if (!run->settings->star) {
            axn_synthesis_library_areas(run);
        }
        status = axn_hierarchy_synthesise(&run->liberty, &options, run->work, &run->hierarchy,
                                          run->error);
    }
    if (status == AXN_OK && !run->settings->star) {
        status = prove_cells(run, &options);
    }
    if (status == AXN_OK && !run->settings->no_netlist) {
        status = simulate_netlist(run, &options);
    }
    if (status == AXN_OK) {
        status = axn_program_path(path, CONSTRAINTS, run->error);
    }
    if (status == AXN_OK) {
        status = axn_hierarchy_timing(&run->liberty, &run->hierarchy, CLOCK, path, run->work,
                                      &run->out->timing, run->error);
    }
    for (int i = 0; i < run->hierarchy.count && status == AXN_OK; i++) {
        const axn_hierarchy_module *module = &run->hierarchy.modules[i];
        if (run->settings->star && strcmp(module->source, MULTIPLIER) == 0) {
            run->out->multipliers[0].area_um2 = run->out->multiplier_area_um2 = module->area_um2;
        }
        if (module->black_box) {
            run->out->memory_bits += (uint64_t)(8 * parameter(module, "Bytes") *
                                                parameter(module, "Depth") * module->instances);
        }
    }
    if (status == AXN_OK) {
        status = axn_path_join(path, run->work, AXN_HIERARCHY_JSON, run->error);
    }
    if (status == AXN_OK) {
        status = axn_elaborate(&run->liberty, path, TOP, &run->elaboration, run->error);
    }
    if (status == AXN_OK) {
        run->out->overloaded_nets = axn_buffer_overloaded(&run->elaboration.netlist);
    }
    return status;
}

/* Loading, the layers, the results: where the cycles of an image go. */
static axn_status list_layers(axn_synthesis_job *run)
{
    const axn_cycles *cycles = &run->accelerator.cycles;
    int count = cycles->layer_count + 2;
    axn_synthesis *out = run->out;
    axn_status status =
        axn_allocate(&out->layers, (size_t)count, sizeof *out->layers, "layers", run->error);
    if (status == AXN_OK) {
        status = axn_allocate(&run->phase_cycles, (size_t)count, sizeof *run->phase_cycles,
                              "layers", run->error);
    }
    for (int i = 0; i < count && status == AXN_OK; i++) {
        bool load = i == 0, result = i == count - 1;
        const axn_layer_cycles *at = load || result ? NULL : &cycles->layers[i - 1];
        const char *name = load     ? "(loading)"
                           : result ? "(results)"
                                    : run->accelerator.model.network.layers[at->layer].name;
        run->phase_cycles[i] = load     ? cycles->load_cycles
                               : result ? cycles->result_cycles
                                        : at->cycles;
        snprintf(out->layers[i].name, sizeof out->layers[i].name, "%s", name);
        out->layer_count++;
    }
    return status;
}

static axn_status replay_streams(axn_synthesis_job *run, const char *const *streams, int count)
{
    axn_progress progress;
    char label[AXN_LABEL];
    axn_replay_options options = {.clock = CLOCK,
                                  .origin = run->elaboration.origin,
                                  .group = run->group,
                                  .groups = AXN_SYNTHESIS_KINDS * run->out->count,
                                  .phase_cycles = run->phase_cycles,
                                  .phases = run->out->layer_count,
                                  .glitch_cycles = GLITCH_CYCLES,
                                  .glitch_span = run->out->cycles_per_image,
                                  .limit = run->settings->cycles,
                                  .progress = &progress};
    snprintf(label, sizeof label, "%s: power", run->settings->label);
    axn_progress_start(&progress, label, (long)run->out->cycles_per_image);
    axn_status status = axn_replay_run(&run->elaboration.netlist, &options, streams, count,
                                       &run->replay, run->error);
    axn_progress_end(&progress, NULL);
    if (status != AXN_OK) {
        return status;
    }
    uint64_t whole = (uint64_t)run->out->cycles_per_image * (uint64_t)count;
    if (run->replay.cycles == 0) {
        return axn_fail(run->error, AXN_ERROR_USAGE,
                        "--cycles %ld ends before the first image word; leave it out for whole "
                        "images",
                        options.limit);
    }
    if (options.limit == 0 && run->replay.cycles != whole) {
        return axn_fail(run->error, AXN_ERROR_MISMATCH,
                        "%llu cycles were recorded, the simulation took %llu",
                        (unsigned long long)run->replay.cycles, (unsigned long long)whole);
    }
    return AXN_OK;
}

static axn_status replay(axn_synthesis_job *run)
{
    int count = run->images.count;
    char(*paths)[AXN_PATH_MAX] = NULL;
    const char **streams = NULL;
    axn_status status = axn_allocate(&paths, (size_t)count, sizeof *paths, "streams", run->error);
    if (status == AXN_OK) {
        status = axn_allocate(&streams, (size_t)count, sizeof(const char *), "streams", run->error);
    }
    for (int i = 0; i < count && status == AXN_OK; i++) {
        streams[i] = paths[i];
        status = axn_record_path(run->work, i, paths[i], run->error);
    }
    run->out->images = count;
    if (status == AXN_OK) {
        status = list_layers(run);
    }
    if (status == AXN_OK) {
        status = axn_synthesis_group(&run->elaboration, run->out, &run->group, run->error);
    }
    if (status == AXN_OK) {
        status = replay_streams(run, streams, count);
    }
    if (status == AXN_OK) {
        axn_synthesis_add_up(&run->replay, run->out);
        status =
            axn_synthesis_add_memories(run->settings, &run->liberty, &run->hierarchy,
                                       &run->elaboration, streams, count, run->out, run->error);
        axn_synthesis_sort(run->out);
    }
    free(streams);
    free(paths);
    return status;
}

static axn_status run_all(axn_synthesis_job *run)
{
    const axn_synthesis_settings *settings = run->settings;
    axn_status status = axn_accelerator_open(settings->folder, &run->accelerator, run->error);
    if (status == AXN_OK) {
        status = axn_liberty_load(settings->liberty, &run->liberty, run->error);
    }
    if (status == AXN_OK) {
        status = check_tools(run);
    }
    if (status == AXN_OK) {
        status = check_memories(run);
    }
    if (status == AXN_OK) {
        status =
            axn_test_images_load(&run->accelerator.model, settings->dataset, settings->data_dir,
                                 settings->images, &run->images, run->error);
    }
    if (status == AXN_OK) {
        status = axn_folder_temporary(run->work, run->error);
    }
    if (status == AXN_OK) {
        status = record(run);
    }
    if (status == AXN_OK) {
        status = synthesise(run);
    }
    if (status == AXN_OK) {
        status = replay(run);
    }
    return status;
}

axn_status axn_synthesis_run(const axn_synthesis_settings *settings, axn_synthesis *out,
                             axn_error *error)
{
    axn_synthesis_job run = {.settings = settings, .out = out, .error = error};
    *out = (axn_synthesis){.clock_mhz = settings->clock_mhz,
                           .gated = settings->clock_gating != AXN_CLOCK_GATING_OFF};
    axn_status status = run_all(&run);
    if (status == AXN_OK) {
        out->accumulator_bits = run.accelerator.manifest.accumulator_bits;
        out->cycles_counted = run.replay.cycles;
        out->cycles_checked = run.replay.checked;
        out->values_checked = run.replay.values;
        snprintf(out->liberty, sizeof out->liberty, "%s", run.liberty.path);
    }
    if (run.work[0] != '\0') {
        (void)axn_folder_remove(run.work, NULL);
    }
    free(run.group);
    free(run.phase_cycles);
    axn_replay_free(&run.replay);
    axn_elaboration_free(&run.elaboration);
    axn_hierarchy_free(&run.hierarchy);
    axn_liberty_free(&run.liberty);
    axn_test_images_free(&run.images);
    axn_accelerator_close(&run.accelerator);
    if (status != AXN_OK) {
        axn_synthesis_free(out);
    }
    return status;
}
