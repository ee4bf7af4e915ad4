#include "flows/synth_fpga.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "common/process.h"
#include "common/progress.h"
#include "multipliers/library.h"
#include "rtl_gen/emit_internal.h"

#define REPORT "report/fpga"
#define EXACT "axn_exact.v"

typedef struct fpga_run {
    const axn_fpga_settings *settings;
    axn_accelerator accelerator;
    axn_program program; /* as the FPGA runs it */
    axn_library library;
    char work[AXN_PATH_MAX];
    axn_fpga_report *out;
    axn_error *error;
} fpga_run;

/* On iCE40 one result bus a row, one tap of a fully connected layer a cycle, an arena of few
 * banks. */
static axn_status compile(const fpga_run *run, const axn_model *model, axn_program *out)
{
    axn_array_shape array = run->accelerator.manifest.array;
    axn_array_options options = run->accelerator.manifest.options;
    if (run->settings->device->family == AXN_FPGA_ICE40) {
        options = (axn_array_options){.banks = array.rows <= 16 ? 4 : 8,
                                      .row_buses = 1,
                                      .dense_taps = 1,
                                      .tiles = AXN_TILES_TOGETHER};
    }
    return axn_program_compile_for(model, array, options, out, run->error);
}

static axn_status check_tools(const fpga_run *run)
{
    static const char *const tools[][2] = {{"yosys", "yosys"},
                                           {"nextpnr-ice40", "nextpnr-ice40"},
                                           {"icepack", "fpga-icestorm"},
                                           {"icetime", "fpga-icestorm"},
                                           {"verilator", "verilator"}};
    size_t count =
        run->settings->device->family == AXN_FPGA_ICE40 ? sizeof tools / sizeof tools[0] : 1;
    for (size_t i = 0; i < count; i++) {
        if (!axn_program_available(tools[i][0])) {
            return axn_fail(run->error, AXN_ERROR_TOOL, "%s is not installed (Debian's package %s)",
                            tools[i][0], tools[i][1]);
        }
    }
    return AXN_OK;
}

static axn_status write_work(const fpga_run *run, const char *name, const axn_buffer *text)
{
    char path[AXN_PATH_MAX];
    axn_status status = text->failed
                            ? axn_fail(run->error, AXN_ERROR_MEMORY, "%s: out of memory", name)
                            : axn_path_join(path, run->work, name, run->error);
    return status == AXN_OK ? axn_file_write(path, text->data, text->length, run->error) : status;
}

/* The modules of rtl_lib/fpga. */
static axn_status copy_library(const fpga_run *run, bool logic_only)
{
    char folder[AXN_PATH_MAX], path[AXN_PATH_MAX];
    char **names = NULL;
    size_t count = 0;
    axn_buffer text = {0};
    axn_status status = axn_program_path(folder, "rtl_lib/fpga", run->error);
    if (status == AXN_OK) {
        status = axn_folder_list(folder, "v", &names, &count, run->error);
    }
    for (size_t i = 0; i < count && status == AXN_OK; i++) {
        status = axn_path_join(path, folder, names[i], run->error);
        axn_buffer content = {0};
        axn_buffer_clear(&text);
        if (logic_only && strcmp(names[i], "axn_memory.v") == 0) {
            axn_buffer_text(&text, "`define AXN_FPGA_LOGIC_ONLY\n");
        }
        if (status == AXN_OK) {
            status = axn_file_read(path, (size_t)1 << 20, &content, run->error);
        }
        if (status == AXN_OK) {
            axn_buffer_append(&text, content.data, content.length);
            status = write_work(run, names[i], &text);
        }
        axn_buffer_free(&content);
    }
    axn_names_free(names, count);
    axn_buffer_free(&text);
    return status;
}

/* The library's cheapest exact netlist as axn_mul8u. */
static axn_status write_exact(const fpga_run *run)
{
    char path[AXN_PATH_MAX];
    axn_buffer text = {0}, netlist = {0};
    int exact = run->library.exact;
    axn_status status = axn_library_netlist(&run->library, exact, path, run->error);
    if (status == AXN_OK) {
        status = axn_file_read(path, (size_t)1 << 26, &netlist, run->error);
    }
    if (status == AXN_OK) {
        axn_emit_multiplier("axn_mul8u", run->library.multipliers[exact].name, &netlist, &text);
        status = write_work(run, EXACT, &text);
    }
    axn_buffer_free(&text);
    axn_buffer_free(&netlist);
    return status;
}

static void judge_size(const axn_fpga_device *device, axn_fpga_result *r)
{
    const axn_fpga_resources *used = &r->resources;
    const struct {
        const char *name;
        long used, most;
    } limits[] = {{"LUTs", used->luts, device->luts},
                  {"flip-flops", used->ffs, device->ffs},
                  {"block RAMs", r->logic_only ? r->memory_blocks : used->brams, device->brams},
                  {"multiplier blocks", used->dsps, device->dsps}};
    r->fits = true;
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        if (limits[i].used > limits[i].most) {
            size_t length = strlen(r->note);
            snprintf(r->note + length, sizeof r->note - length, "%s%ld %s of %ld",
                     length > 0 ? ", " : "", limits[i].used, limits[i].name, limits[i].most);
            r->fits = false;
        }
    }
}

static axn_status place(const fpga_run *run, axn_fpga_result *r)
{
    const axn_fpga_device *device = run->settings->device;
    if (device->family != AXN_FPGA_ICE40 || r->resources.luts > device->luts ||
        r->resources.ffs > device->ffs || r->resources.brams > device->brams) {
        return AXN_OK;
    }
    axn_message("placing and routing %ld LUTs", r->resources.luts);
    axn_status status = axn_fpga_place(run->work, run->settings->seed, &r->placement, run->error);
    r->placed = status == AXN_OK && r->placement.fits;
    if (status == AXN_OK && !r->placed) {
        size_t length = strlen(r->note);
        snprintf(r->note + length, sizeof r->note - length, "%s%ld logic cells of %ld",
                 length > 0 ? ", " : "", r->placement.cells, device->luts);
        r->fits = false;
    }
    return status;
}

/* Synthesises the accelerator of `program` with its own multipliers, or the exact one. */
static axn_status measure(const fpga_run *run, const axn_program *program, bool exact,
                          axn_fpga_result *r)
{
    const axn_fpga_device *device = run->settings->device;
    bool small = device->family == AXN_FPGA_ICE40;
    axn_fpga_memories memories = axn_fpga_memories_of(program, small);
    const char *replacements[8] = {
        "axn_memory.v",        "axn_uart_receiver.v", "axn_uart_transmitter.v",
        "axn_serial_bridge.v", "axn_fpga.v",          exact ? EXACT : NULL};
    axn_buffer top = {0}, constants = {0};
    axn_fpga_design design = {.folder = run->accelerator.folder,
                              .file_list = "filelist_syn.f",
                              .replacements = replacements,
                              .multiply_map = small ? "axn_multiply_ice40.v" : NULL,
                              .constants = small ? &constants : NULL};
    int multipliers = exact ? 1 : run->accelerator.manifest.multiplier_count;
    r->accumulator_bits = program->accumulator_bits;
    r->memory_blocks = memories.blocks;
    r->logic_only = small && memories.blocks > device->brams;
    axn_message("synthesis with %s", r->multiplier);
    axn_fpga_constants(program, &constants);
    axn_status status = copy_library(run, r->logic_only);
    if (status == AXN_OK) {
        status = axn_fpga_top(run->accelerator.folder, &memories, program->accumulator_bits,
                              multipliers, &top, run->error);
    }
    if (status == AXN_OK) {
        status = write_work(run, "axn_fpga.v", &top);
    }
    if (status == AXN_OK && exact) {
        status = write_exact(run);
    }
    if (status == AXN_OK) {
        status = axn_fpga_synthesise(device, &design, run->work, &r->resources, run->error);
    }
    if (status == AXN_OK) {
        judge_size(device, r);
        status = place(run, r);
    }
    axn_buffer_free(&top);
    axn_buffer_free(&constants);
    return status;
}

static axn_status keep(const fpga_run *run, const char *name)
{
    char from[AXN_PATH_MAX], to[AXN_PATH_MAX];
    axn_buffer bytes = {0};
    axn_status status = axn_path_join(from, run->work, name, run->error);
    if (status == AXN_OK) {
        status = axn_file_read(from, (size_t)1 << 28, &bytes, run->error);
    }
    if (status == AXN_OK) {
        status = axn_path_join(to, run->accelerator.folder, REPORT, run->error);
    }
    if (status == AXN_OK) {
        status = axn_path_join(to, to, name, run->error);
    }
    if (status == AXN_OK) {
        status = axn_file_write(to, bytes.data, bytes.length, run->error);
    }
    axn_buffer_free(&bytes);
    return status;
}

/* What a board and its host need: bitstream, pins, netlist, first image with its answer. */
static axn_status keep_files(const fpga_run *run)
{
    static const char *const files[] = {AXN_FPGA_BITSTREAM, AXN_FPGA_PINS, AXN_FPGA_NETLIST,
                                        "axn_fpga.v",       "setup.bin",   "image_0.bin",
                                        "answer_0.bin"};
    char path[AXN_PATH_MAX];
    axn_status status = axn_path_join(path, run->accelerator.folder, REPORT, run->error);
    if (status == AXN_OK) {
        status = axn_folder_create(path, run->error);
    }
    for (size_t i = 0; i < sizeof files / sizeof files[0] && status == AXN_OK; i++) {
        status = keep(run, files[i]);
    }
    return status;
}

static axn_status run_own(const fpga_run *run)
{
    axn_fpga_result *own = &run->out->own;
    const axn_manifest *manifest = &run->accelerator.manifest;
    for (int i = 0; i < manifest->multiplier_count; i++) {
        size_t length = strlen(own->multiplier);
        snprintf(own->multiplier + length, sizeof own->multiplier - length, "%s%s",
                 i > 0 ? "+" : "", manifest->multipliers[i].name);
    }
    axn_status status = measure(run, &run->program, false, own);
    if (status != AXN_OK || !own->placed || own->logic_only) {
        return status;
    }
    axn_message("simulating the netlist");
    status = axn_fpga_simulate(&run->accelerator, &run->program, run->work, run->settings->images,
                               &run->out->images, &run->out->answer_bytes, run->error);
    return status == AXN_OK ? keep_files(run) : status;
}

static bool is_exact(const fpga_run *run)
{
    const axn_manifest *manifest = &run->accelerator.manifest;
    const axn_multiplier *exact = &run->library.multipliers[run->library.exact];
    char hash[AXN_HASH_TEXT];
    axn_hash_text(hash, exact->hash);
    return manifest->multiplier_count == 1 &&
           strcmp(manifest->multipliers[0].name, exact->name) == 0 &&
           strcmp(manifest->multipliers[0].hash, hash) == 0;
}

/* The accelerator has the exact circuit itself. */
static axn_status copy_own(const fpga_run *run)
{
    const axn_fpga_resources *own = &run->out->own.resources;
    axn_fpga_module *modules = NULL;
    axn_status status =
        axn_allocate(&modules, (size_t)own->count + 1, sizeof *modules, "modules", run->error);
    if (status == AXN_OK) {
        memcpy(modules, own->modules, (size_t)own->count * sizeof *modules);
        run->out->exact = run->out->own;
        run->out->exact.resources.modules = modules;
    }
    return status;
}

/* The same network on the exact circuit: one multiplier, its own accumulator width. */
static axn_status run_exact(const fpga_run *run)
{
    axn_fpga_result *exact = &run->out->exact;
    const uint16_t *tables[AXN_MODEL_MAX_MULTIPLIERS];
    axn_table *table = NULL;
    axn_model model = {0};
    axn_program program = {0};
    int index = run->library.exact;
    snprintf(exact->multiplier, sizeof exact->multiplier, "%s",
             run->library.multipliers[index].name);
    axn_status status = axn_allocate(&table, 1, sizeof *table, "table", run->error);
    if (status == AXN_OK) {
        status = axn_library_tables(&run->library, &index, 1, table, run->error);
    }
    if (status == AXN_OK) {
        status = axn_model_copy(&run->accelerator.model, &model, run->error);
    }
    if (status == AXN_OK) {
        for (int i = 0; i < AXN_MODEL_MAX_MULTIPLIERS; i++) {
            tables[i] = table->product;
        }
        for (int i = 0; i < model.network.count; i++) {
            model.network.layers[i].multiplier = 0;
        }
        axn_model_prove(&model, tables);
        status = compile(run, &model, &program);
    }
    if (status == AXN_OK) {
        status = measure(run, &program, true, exact);
    }
    axn_program_free(&program);
    axn_model_free(&model);
    free(table);
    return status;
}

static axn_status run_all(fpga_run *run)
{
    axn_status status = axn_accelerator_open(run->settings->folder, &run->accelerator, run->error);
    if (status == AXN_OK) {
        status = check_tools(run);
    }
    if (status == AXN_OK) {
        status = axn_accelerator_check_multipliers(&run->accelerator, run->error);
    }
    if (status == AXN_OK) {
        status = axn_library_load(run->settings->library, &run->library, run->error);
    }
    if (status == AXN_OK) {
        status = compile(run, &run->accelerator.model, &run->program);
    }
    if (status == AXN_OK) {
        status = axn_folder_temporary(run->work, run->error);
    }
    bool same = status == AXN_OK && is_exact(run);
    if (status == AXN_OK && !same) {
        status = run_exact(run);
    }
    if (status == AXN_OK) {
        status = run_own(run);
    }
    return status == AXN_OK && same ? copy_own(run) : status;
}

axn_status axn_fpga_run(const axn_fpga_settings *settings, axn_fpga_report *out, axn_error *error)
{
    fpga_run run = {.settings = settings, .out = out, .error = error};
    *out = (axn_fpga_report){0};
    axn_status status = run_all(&run);
    if (run.work[0] != '\0') {
        (void)axn_folder_remove(run.work, NULL);
    }
    axn_program_free(&run.program);
    axn_library_free(&run.library);
    axn_accelerator_close(&run.accelerator);
    if (status != AXN_OK) {
        axn_fpga_report_free(out);
    }
    return status;
}

void axn_fpga_report_free(axn_fpga_report *report)
{
    axn_fpga_resources_free(&report->own.resources);
    axn_fpga_resources_free(&report->exact.resources);
}
