#include "rtl_gen/emit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rtl_gen/descriptor.h"
#include "rtl_gen/emit_internal.h"
#include "rtl_gen/manifest.h"

#define MAX_SOURCE_BYTES ((size_t)64 << 20)

static const char *const folders[] = {"rtl", "tb", "mem", "golden", "syn", "report", "include"};

static axn_status write_text(const char *folder, const char *name, axn_buffer *text,
                             axn_error *error)
{
    char path[AXN_PATH_MAX];
    axn_status status = text->failed ? axn_fail(error, AXN_ERROR_MEMORY, "%s: out of memory", name)
                                     : axn_path_join(path, folder, name, error);
    if (status == AXN_OK) {
        status = axn_file_write(path, text->data, text->length, error);
    }
    axn_buffer_clear(text);
    return status;
}

static axn_status copy_file(const char *from, const char *folder, const char *name,
                            axn_error *error)
{
    axn_buffer content = {0};
    axn_status status = axn_file_read(from, MAX_SOURCE_BYTES, &content, error);
    if (status == AXN_OK) {
        status = write_text(folder, name, &content, error);
    }
    axn_buffer_free(&content);
    return status;
}

static bool ends_with(const char *text, const char *suffix)
{
    size_t length = strlen(text), tail = strlen(suffix);
    return length >= tail && strcmp(text + length - tail, suffix) == 0;
}

/* Where a file of the program belongs in the emitted folder; NULL: nowhere. */
typedef const char *(*sorter)(const char *name);

static const char *sort_module(const char *name)
{
    bool is_body = strncmp(name, "axn_mul8u_", strlen("axn_mul8u_")) == 0;
    if (ends_with(name, ".vlt")) {
        return "syn";
    }
    return ends_with(name, ".v") || ends_with(name, ".vh") || ends_with(name, ".sv")
               ? (is_body ? "tb" : "rtl")
               : NULL;
}

static const char *sort_bench(const char *name)
{
    return ends_with(name, ".v") || ends_with(name, ".sv") || ends_with(name, ".vh") ||
                   ends_with(name, ".svh") || ends_with(name, ".c") || ends_with(name, ".cpp") ||
                   ends_with(name, ".h")
               ? "tb"
               : NULL;
}

static const char *sort_template(const char *name)
{
    if (strcmp(name, "Makefile") == 0) {
        return "";
    }
    return strcmp(name, "axn_netlist_tb.v") == 0 ? "tb" : "syn";
}

/* Copies the files of a folder of the program to where `where` says. */
static axn_status copy_sources(const char *source, sorter where, const char *folder,
                               axn_error *error)
{
    char program_folder[AXN_PATH_MAX], from[AXN_PATH_MAX], to[AXN_PATH_MAX];
    char **names = NULL;
    size_t count = 0;
    axn_status status = axn_program_path(program_folder, source, error);
    if (status == AXN_OK) {
        status = axn_folder_list(program_folder, "", &names, &count, error);
    }
    for (size_t i = 0; i < count && status == AXN_OK; i++) {
        const char *part = where(names[i]);
        if (part == NULL) {
            continue;
        }
        status = axn_path_join(from, program_folder, names[i], error);
        if (status == AXN_OK) {
            status = axn_path_join(to, folder, part, error);
        }
        if (status == AXN_OK && !axn_path_is_folder(from)) {
            status = copy_file(from, to, names[i], error);
        }
    }
    axn_names_free(names, count);
    return status;
}

static axn_status write_memories(const axn_emission *emission, const char *folder, axn_error *error)
{
    axn_buffer text = {0};
    axn_emit_program(emission->program, &text);
    axn_status status = write_text(folder, "mem/program.hex", &text, error);
    if (status == AXN_OK) {
        axn_emit_parameters(emission->program, &text);
        status = write_text(folder, "mem/parameters.hex", &text, error);
    }
    if (status == AXN_OK) {
        axn_emit_weights(emission->program, &text);
        status = write_text(folder, "mem/weights.hex", &text, error);
    }
    if (status == AXN_OK) {
        axn_emit_layout(emission->model, emission->program, &text);
        status = write_text(folder, "mem/layout.hex", &text, error);
    }
    for (int i = 0; i < emission->multiplier_count && status == AXN_OK; i++) {
        axn_emit_table(emission->tables[i], &text);
        status = write_text(folder, axn_multiplier_find_place(i, emission->multiplier_count).table,
                            &text, error);
    }
    axn_buffer_free(&text);
    return status;
}

static axn_status write_multiplier(const axn_emission *emission, int index, const char *folder,
                                   axn_error *error)
{
    char path[AXN_PATH_MAX];
    axn_buffer text = {0}, netlist = {0};
    axn_multiplier_place place = axn_multiplier_find_place(index, emission->multiplier_count);
    int found = emission->multipliers[index];
    axn_status status = axn_library_netlist(emission->library, found, path, error);
    if (status == AXN_OK) {
        status = axn_file_read(path, MAX_SOURCE_BYTES, &netlist, error);
    }
    if (status == AXN_OK) {
        axn_emit_multiplier(place.module, emission->library->multipliers[found].name, &netlist,
                            &text);
        status = write_text(folder, place.netlist, &text, error);
    }
    axn_buffer_free(&text);
    axn_buffer_free(&netlist);
    return status;
}

static axn_status write_multipliers(const axn_emission *emission, const char *folder,
                                    axn_error *error)
{
    axn_buffer text = {0};
    axn_status status = AXN_OK;
    for (int i = 0; i < emission->multiplier_count && status == AXN_OK; i++) {
        status = write_multiplier(emission, i, folder, error);
    }
    if (status == AXN_OK && emission->multiplier_count > 1) {
        axn_emit_choice(emission->multiplier_count, &text);
        status = write_text(folder, "rtl/axn_mul8u.v", &text, error);
    }
    axn_buffer_free(&text);
    return status;
}

static axn_status write_generated(const axn_emission *emission, const char *folder,
                                  axn_error *error)
{
    axn_buffer text = {0};
    axn_emit_top(emission->program, &text);
    axn_status status = write_text(folder, "rtl/" AXN_TOP_MODULE ".v", &text, error);
    if (status == AXN_OK) {
        axn_emit_config(emission->program, &text);
        status = write_text(folder, "tb/axn_config.vh", &text, error);
    }
    if (status == AXN_OK) {
        status = write_multipliers(emission, folder, error);
    }
    if (status == AXN_OK) {
        axn_descriptor_header(&text);
        status = write_text(folder, "include/axn_accelerator.h", &text, error);
    }
    axn_buffer_free(&text);
    return status;
}

/* Modules of rtl_lib in rtl/: those of the AXI shell, or all others. */
static void add_modules(axn_buffer *list, char **names, size_t count, bool is_shell)
{
    for (size_t i = 0; i < count; i++) {
        const char *part = sort_module(names[i]);
        bool in_shell = strncmp(names[i], "axn_axi_", strlen("axn_axi_")) == 0;
        if (part != NULL && strcmp(part, "rtl") == 0 && ends_with(names[i], ".v") &&
            in_shell == is_shell) {
            axn_buffer_format(list, "rtl/%s\n", names[i]);
        }
    }
}

/* The modules of rtl_lib in rtl/, then the generated ones: netlists of `multipliers`. */
static void add_files(axn_buffer *list, char **names, size_t count, int multipliers)
{
    add_modules(list, names, count, false);
    for (int i = 0; i < multipliers; i++) {
        axn_buffer_format(list, "%s\n", axn_multiplier_find_place(i, multipliers).netlist);
    }
    if (multipliers > 1) {
        axn_buffer_text(list, "rtl/axn_mul8u.v\n");
    }
    axn_buffer_text(list, "rtl/" AXN_TOP_MODULE ".v\n");
}

/* filelist_syn.f, filelist_axi.f (adds the AXI shell), filelist_sim.f (Verilator),
 * filelist_icarus.f. */
static axn_status write_file_lists(const char *folder, int multipliers, axn_error *error)
{
    char path[AXN_PATH_MAX];
    axn_buffer list = {0};
    char **names = NULL;
    size_t count = 0;
    axn_status status = axn_program_path(path, "rtl_lib", error);
    if (status == AXN_OK) {
        status = axn_folder_list(path, "", &names, &count, error);
    }
    if (status == AXN_OK) {
        axn_buffer_text(&list, "+incdir+rtl\n");
        add_files(&list, names, count, multipliers);
        status = write_text(folder, "filelist_syn.f", &list, error);
    }
    if (status == AXN_OK) {
        add_modules(&list, names, count, true);
        status = write_text(folder, "filelist_axi.f", &list, error);
    }
    if (status == AXN_OK) {
        axn_buffer_text(&list, "+incdir+rtl\n+incdir+tb\n");
        add_files(&list, names, count, 0);
        axn_buffer_text(&list, "tb/axn_mul8u_dpi.v\ntb/axn_tb.sv\n");
        status = write_text(folder, "filelist_sim.f", &list, error);
    }
    if (status == AXN_OK) {
        axn_buffer_text(&list, "+incdir+rtl\n+incdir+tb\n");
        add_files(&list, names, count, 0);
        axn_buffer_text(&list, "tb/axn_mul8u_table.v\ntb/axn_tb.sv\n");
        status = write_text(folder, "filelist_icarus.f", &list, error);
    }
    axn_names_free(names, count);
    axn_buffer_free(&list);
    return status;
}

static axn_status write_reports(const axn_emission *emission, const char *folder, axn_error *error)
{
    char path[AXN_PATH_MAX];
    axn_buffer text = {0};
    axn_emit_readme(emission, &text);
    axn_status status = write_text(folder, "README.md", &text, error);
    if (status == AXN_OK) {
        axn_emit_layers(emission, &text);
        status = write_text(folder, "report/layers.csv", &text, error);
    }
    if (status == AXN_OK) {
        status = axn_path_join(path, folder, "report/summary.json", error);
    }
    if (status == AXN_OK) {
        status = axn_emit_summary(emission, path, error);
    }
    axn_buffer_free(&text);
    return status;
}

static axn_status write_files(const axn_emission *emission, const char *folder, axn_error *error)
{
    char path[AXN_PATH_MAX];
    axn_status status = AXN_OK;
    for (size_t i = 0; i < sizeof folders / sizeof folders[0] && status == AXN_OK; i++) {
        status = axn_path_join(path, folder, folders[i], error);
        if (status == AXN_OK) {
            status = axn_folder_create(path, error);
        }
    }
    if (status == AXN_OK) {
        status = copy_sources("rtl_lib", sort_module, folder, error);
    }
    if (status == AXN_OK) {
        status = copy_sources("sim/tb", sort_bench, folder, error);
    }
    if (status == AXN_OK) {
        status = copy_sources("rtl_gen/templates", sort_template, folder, error);
    }
    if (status == AXN_OK) {
        status = write_memories(emission, folder, error);
    }
    if (status == AXN_OK) {
        status = write_generated(emission, folder, error);
    }
    if (status == AXN_OK) {
        status = write_file_lists(folder, emission->multiplier_count, error);
    }
    if (status == AXN_OK) {
        status = axn_emit_handover(folder, error);
    }
    if (status == AXN_OK) {
        status = axn_path_join(path, folder, "golden/model", error);
    }
    if (status == AXN_OK) {
        status = axn_model_save(emission->model, path, true, error);
    }
    if (status == AXN_OK) {
        status = write_reports(emission, folder, error);
    }
    return status;
}

static axn_status write_manifest(const axn_emission *emission, const char *folder, axn_error *error)
{
    const axn_program *program = emission->program;
    axn_manifest manifest = {.array = program->array,
                             .options = axn_program_options(program),
                             .accumulator_bits = program->accumulator_bits,
                             .allow_swap = program->allow_swap,
                             .multiplier_count = emission->multiplier_count};
    for (int i = 0; i < emission->multiplier_count; i++) {
        const axn_multiplier *from = &emission->library->multipliers[emission->multipliers[i]];
        axn_manifest_multiplier *to = &manifest.multipliers[i];
        *to =
            (axn_manifest_multiplier){.energy_pj = from->energy_pj, .extract_fa = from->extract_fa};
        snprintf(to->name, sizeof to->name, "%s", from->name);
        axn_hash_text(to->hash, from->hash);
    }
    return axn_manifest_write(folder, &manifest, error);
}

axn_status axn_emit_folder(const axn_emission *emission, const axn_buffer *vectors,
                           const char *folder, axn_error *error)
{
    char path[AXN_PATH_MAX];
    axn_status status = write_files(emission, folder, error);
    if (status == AXN_OK) {
        status = vectors->failed ? axn_fail(error, AXN_ERROR_MEMORY, "out of memory for vectors")
                                 : axn_path_join(path, folder, "golden/vectors.bin", error);
    }
    if (status == AXN_OK) {
        status = axn_file_write(path, vectors->data, vectors->length, error);
    }
    return status == AXN_OK ? write_manifest(emission, folder, error) : status;
}
