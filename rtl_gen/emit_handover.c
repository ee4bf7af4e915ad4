/* What other flows want of the folder: OpenROAD-flow-scripts (orfs/config.mk), FuseSoC
 * (axn_top.core), Verilator (verilator.f). All are made from filelist_syn.f; the constraints
 * are a template (syn/axn_top.sdc). */
#include <string.h>

#include "common/file.h"
#include "rtl_gen/emit_internal.h"

#define MAX_LIST_BYTES ((size_t)1 << 20)

typedef struct handover {
    const char *folder;
    axn_buffer files; /* lines of filelist_syn.f */
    char **headers;   /* in rtl/ */
    char **waivers;   /* in syn/ */
    size_t header_count, waiver_count;
} handover;

static axn_status read_names(const handover *h, const char *part, const char *suffix, char ***names,
                             size_t *count, axn_error *error)
{
    char path[AXN_PATH_MAX];
    axn_status status = axn_path_join(path, h->folder, part, error);
    return status == AXN_OK ? axn_folder_list(path, suffix, names, count, error) : status;
}

static axn_status write_file(const handover *h, const char *name, axn_buffer *text,
                             axn_error *error)
{
    char path[AXN_PATH_MAX];
    axn_status status = text->failed ? axn_fail(error, AXN_ERROR_MEMORY, "%s: out of memory", name)
                                     : axn_path_join(path, h->folder, name, error);
    if (status == AXN_OK) {
        status = axn_file_write(path, text->data, text->length, error);
    }
    axn_buffer_clear(text);
    return status;
}

/* Each source file of the list between `before` and `after`. */
static void add_sources(const handover *h, const char *before, const char *after, axn_buffer *out)
{
    for (const char *at = h->files.data; at != NULL && *at != '\0';) {
        size_t length = strcspn(at, "\n");
        if (length > 0 && *at != '+') {
            axn_buffer_format(out, "%s%.*s%s", before, (int)length, at, after);
        }
        at += length + (at[length] == '\n');
    }
}

static void make_orfs(const handover *h, axn_buffer *out)
{
    axn_buffer_text(
        out, "# OpenROAD-flow-scripts: make DESIGN_CONFIG=.../orfs/config.mk\n"
             "# Each axn_memory should become a macro of the platform: name a file with modules of "
             "the same\n# ports in AXN_MEMORY, and its views in ADDITIONAL_LEFS, ADDITIONAL_LIBS "
             "and ADDITIONAL_GDS.\n# Without one the memories become flip-flops, which fits small "
             "networks only.\n"
             "AXN_HOME := $(abspath $(dir $(lastword $(MAKEFILE_LIST)))/..)\n\n"
             "export DESIGN_NAME     = " AXN_TOP_MODULE "\n"
             "export DESIGN_NICKNAME = " AXN_TOP_MODULE "\n"
             "export PLATFORM       ?= nangate45\n\n"
             "AXN_MEMORY ?= $(AXN_HOME)/rtl/axn_memory.v\n"
             "export VERILOG_INCLUDE_DIRS = $(AXN_HOME)/rtl\n"
             "AXN_FILES :=");
    add_sources(h, " \\\n    $(AXN_HOME)/", "", out);
    axn_buffer_text(out, "\nexport VERILOG_FILES = "
                         "$(patsubst $(AXN_HOME)/rtl/axn_memory.v,$(AXN_MEMORY),$(AXN_FILES))\n"
                         "export SDC_FILE = $(AXN_HOME)/syn/" AXN_TOP_MODULE ".sdc\n\n"
                         "export SYNTH_HIERARCHICAL   ?= 1\n"
                         "export SYNTH_MEMORY_MAX_BITS ?= 1048576\n"
                         "export CORE_UTILIZATION     ?= 40\n"
                         "export PLACE_DENSITY_LB_ADDON ?= 0.10\n");
}

static void make_core(const handover *h, axn_buffer *out)
{
    axn_buffer_text(out, "CAPI=2:\nname: axnas:accelerator:" AXN_TOP_MODULE ":1.0.0\n"
                         "description: Accelerator of one quantised network, made by axnas\n\n"
                         "filesets:\n  rtl:\n    files:\n");
    for (size_t i = 0; i < h->header_count; i++) {
        axn_buffer_format(out, "      - rtl/%s: {is_include_file: true}\n", h->headers[i]);
    }
    add_sources(h, "      - ", "\n", out);
    axn_buffer_text(out, "    file_type: systemVerilogSource\n  lint:\n    files:\n");
    for (size_t i = 0; i < h->waiver_count; i++) {
        axn_buffer_format(out, "      - syn/%s\n", h->waivers[i]);
    }
    axn_buffer_text(out,
                    "    file_type: vlt\n  constraints:\n    files:\n"
                    "      - syn/" AXN_TOP_MODULE ".sdc\n    file_type: SDC\n\n"
                    "targets:\n  default: &default\n    filesets:\n      - rtl\n"
                    "    toplevel: " AXN_TOP_MODULE "\n\n"
                    "  lint:\n    <<: *default\n    filesets:\n      - lint\n      - rtl\n"
                    "    default_tool: verilator\n    tools:\n      verilator:\n"
                    "        mode: lint-only\n        verilator_options:\n          - -Wall\n\n"
                    "  synth:\n    <<: *default\n    filesets:\n      - rtl\n"
                    "      - constraints\n    default_tool: yosys\n    tools:\n      yosys:\n"
                    "        arch: ice40\n");
}

static void make_verilator(const handover *h, axn_buffer *out)
{
    axn_buffer_text(out, "// verilator --lint-only -f verilator.f, in this folder\n"
                         "-Wall\n--top-module " AXN_TOP_MODULE "\n+incdir+rtl\n");
    for (size_t i = 0; i < h->waiver_count; i++) {
        axn_buffer_format(out, "syn/%s\n", h->waivers[i]);
    }
    add_sources(h, "", "\n", out);
}

axn_status axn_emit_handover(const char *folder, axn_error *error)
{
    char path[AXN_PATH_MAX];
    handover h = {.folder = folder};
    axn_buffer text = {0};
    axn_status status = axn_path_join(path, folder, "filelist_syn.f", error);
    if (status == AXN_OK) {
        status = axn_file_read(path, MAX_LIST_BYTES, &h.files, error);
    }
    if (status == AXN_OK) {
        status = read_names(&h, "rtl", ".vh", &h.headers, &h.header_count, error);
    }
    if (status == AXN_OK) {
        status = read_names(&h, "syn", ".vlt", &h.waivers, &h.waiver_count, error);
    }
    if (status == AXN_OK) {
        status = axn_path_join(path, folder, "orfs", error);
    }
    if (status == AXN_OK) {
        status = axn_folder_create(path, error);
    }
    if (status == AXN_OK) {
        make_orfs(&h, &text);
        status = write_file(&h, "orfs/config.mk", &text, error);
    }
    if (status == AXN_OK) {
        make_core(&h, &text);
        status = write_file(&h, AXN_TOP_MODULE ".core", &text, error);
    }
    if (status == AXN_OK) {
        make_verilator(&h, &text);
        status = write_file(&h, "verilator.f", &text, error);
    }
    axn_names_free(h.headers, h.header_count);
    axn_names_free(h.waivers, h.waiver_count);
    axn_buffer_free(&h.files);
    axn_buffer_free(&text);
    return status;
}
