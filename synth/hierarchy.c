#include "synth/hierarchy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/memory.h"
#include "common/progress.h"
#include "synth/file_list.h"
#include "synth/hierarchy_internal.h"
#include "synth/yosys.h"

#define MAX_NETLIST_BYTES ((size_t)256 << 20)
#define TOOL_SECONDS 3600

typedef struct synthesis {
    const axn_liberty *liberty;
    const axn_hierarchy_options *options;
    const char *folder;
    axn_hierarchy *out;
    axn_error *error;
} synthesis;

static axn_status path_of(const synthesis *s, const char *name, char *out)
{
    return axn_path_join(out, s->folder, name, s->error);
}

static axn_status check_names(const synthesis *s)
{
    const axn_hierarchy_options *o = s->options;
    const char *odd = axn_plain_name(o->top) ? NULL : o->top;
    for (size_t i = 0; o->black_boxes != NULL && o->black_boxes[i] != NULL; i++)
        if (!axn_plain_name(o->black_boxes[i]))
            odd = o->black_boxes[i];
    for (size_t i = 0; o->flatten != NULL && o->flatten[i] != NULL; i++)
        if (!axn_plain_name(o->flatten[i]))
            odd = o->flatten[i];
    if (o->multiplier != NULL &&
        (o->multiplier_module == NULL || !axn_plain_name(o->multiplier_module)))
        odd = o->multiplier_module == NULL ? "" : o->multiplier_module;
    if (odd != NULL)
        return axn_fail(s->error, AXN_ERROR_USAGE, "module name '%s' is not a plain identifier",
                        odd);
    return AXN_OK;
}

/* Liberty, design and multiplier under harmless names in the work folder. */
static axn_status place_inputs(const synthesis *s)
{
    char path[AXN_PATH_MAX];
    axn_buffer text = {0};
    axn_status status = path_of(s, "cells.lib", path);
    if (status == AXN_OK)
        status = axn_liberty_place(s->liberty, path, s->error);
    if (status == AXN_OK)
        status = path_of(s, "source", path);
    if (status == AXN_OK) {
        char *real = realpath(s->options->folder, NULL);
        (void)unlink(path);
        if (real == NULL || symlink(real, path) != 0)
            status = axn_fail_errno(s->error, AXN_ERROR_IO, "%s", s->options->folder);
        free(real);
    }
    if (status == AXN_OK && s->options->multiplier != NULL) {
        status = axn_file_read(s->options->multiplier, MAX_NETLIST_BYTES, &text, s->error);
        if (status == AXN_OK)
            status = path_of(s, "multiplier.v", path);
        if (status == AXN_OK)
            status = axn_file_write(path, text.data, text.length, s->error);
    }
    axn_buffer_free(&text);
    return status;
}

/* $alu as a ripple of $fa, which the adder map turns into adder cells. */
static const char alu_map[] =
    "(* techmap_celltype = \"$alu\" *)\n"
    "module axn_alu_map (A, B, CI, BI, X, Y, CO);\n"
    "parameter A_SIGNED = 0;\nparameter B_SIGNED = 0;\n"
    "parameter A_WIDTH = 1;\nparameter B_WIDTH = 1;\nparameter Y_WIDTH = 1;\n"
    "input [A_WIDTH-1:0] A;\ninput [B_WIDTH-1:0] B;\ninput CI, BI;\n"
    "output [Y_WIDTH-1:0] X, Y, CO;\n"
    "wire _TECHMAP_FAIL_ = Y_WIDTH > %d || A_WIDTH == 0 || B_WIDTH == 0;\n"
    "wire [Y_WIDTH-1:0] a, b, c;\n"
    "\\$pos #(.A_SIGNED(A_SIGNED), .A_WIDTH(A_WIDTH), .Y_WIDTH(Y_WIDTH)) pos_a (.A(A), .Y(a));\n"
    "\\$pos #(.A_SIGNED(B_SIGNED), .A_WIDTH(B_WIDTH), .Y_WIDTH(Y_WIDTH)) pos_b (.A(B), .Y(b));\n"
    "assign c = BI ? ~b : b;\nassign X = a ^ c;\n"
    "wire [Y_WIDTH:0] carry = {CO, CI};\ngenvar i;\n"
    "generate for (i = 0; i < Y_WIDTH; i = i + 1) begin : bits\n"
    "\\$fa #(.WIDTH(1)) adder (.A(a[i]), .B(c[i]), .C(carry[i]), .X(CO[i]), .Y(Y[i]));\n"
    "end endgenerate\nendmodule\n";

static axn_status write_maps(const synthesis *s, bool *adders)
{
    char path[AXN_PATH_MAX];
    axn_buffer text = {0};
    *adders = axn_yosys_adder_map(s->liberty, &text) && s->liberty->full_adder >= 0;
    axn_status status = path_of(s, "adders.v", path);
    if (status == AXN_OK && *adders) {
        axn_buffer_format(&text, alu_map, AXN_ADDER_MAX_WIDTH);
        status = text.failed ? axn_fail(s->error, AXN_ERROR_MEMORY, "no memory for adder maps")
                             : axn_file_write(path, text.data, text.length, s->error);
    }
    axn_buffer_free(&text);
    return status;
}

static void print_mapping(const synthesis *s, bool adders, axn_buffer *script)
{
    const axn_hierarchy_options *o = s->options;
    axn_buffer_format(script, "hierarchy -check -top %s\n", o->top);
    if (o->multiplier != NULL)
        axn_buffer_format(script, "blackbox %s\n", o->multiplier_module);
    for (size_t i = 0; o->black_boxes != NULL && o->black_boxes[i] != NULL; i++)
        axn_buffer_format(script, "blackbox A:hdlname=\\\\%s %s\n", o->black_boxes[i],
                          o->black_boxes[i]);
    axn_buffer_text(script, "proc\nopt\nwreduce\npeepopt\nopt_clean\nalumacc\nopt\n"
                            "memory -nomap\nopt_clean\nmemory_map\nopt -full\nmaccmap\n"
                            "opt_clean\n");
    if (adders) /* constants of an increment reach the $fa before it becomes a cell */
        axn_buffer_text(script, "techmap -map adders.v t:$alu\nopt_expr\nopt_clean\n"
                                "techmap -map adders.v\n");
    axn_buffer_text(script,
                    "techmap\nopt\n"
                    "dfflibmap -liberty cells.lib\nopt\n"
                    "abc -liberty cells.lib -script \"+strash;,dch;,amap,-F,10,-A,10;,topo;,"
                    "buffer,-c,-N,12;,upsize;,dnsize\"\n"
                    "opt_clean -purge\n");
    if (o->multiplier != NULL)
        axn_buffer_text(script, "read_verilog multiplier.v\n");
    axn_buffer_text(script, "splitnets\nopt_clean -purge\n"
                            "write_rtlil derived.il\nwrite_json derived.json\n");
}

static axn_status map_design(const synthesis *s)
{
    axn_buffer script = {0};
    bool adders;
    axn_status status = write_maps(s, &adders);
    axn_buffer_text(&script, "read_liberty -lib -ignore_miss_func -ignore_miss_dir "
                             "-ignore_miss_data_latch cells.lib\n");
    if (s->options->multiplier != NULL)
        axn_buffer_text(&script, "read_verilog multiplier.v\n");
    if (status == AXN_OK)
        status = axn_file_list_script(s->options->folder, s->options->file_list, "source", &script,
                                      s->error);
    if (status == AXN_OK) {
        print_mapping(s, adders, &script);
        status = axn_yosys_run(&script, s->folder, "design.ys", TOOL_SECONDS, NULL, s->error);
    }
    axn_buffer_free(&script);
    return status;
}

/* The second word of a line, with what stands before and behind it. */
static bool renamed_word(const axn_module_names *names, const char *line, size_t length,
                         axn_buffer *out)
{
    size_t at = strspn(line, " ");
    bool module = strncmp(line + at, "module ", 7) == 0;
    if (!module && strncmp(line + at, "cell ", 5) != 0)
        return false;
    size_t begin = at + (module ? 7 : 5), end = begin;
    while (end < length && line[end] != ' ')
        end++;
    const char *plain = axn_module_plain_name(names, line + begin, end - begin);
    if (plain == NULL)
        return false;
    axn_buffer_append(out, line, begin);
    axn_buffer_format(out, "\\%s", plain);
    axn_buffer_append(out, line + end, length - end);
    return true;
}

/* Modules derived for parameter values get plain names: Yosys' own are not Verilog
 * that other tools like, and its `rename` leaves the instances behind. */
static axn_status rename_modules(const synthesis *s, const axn_module_names *names)
{
    char path[AXN_PATH_MAX];
    axn_buffer text = {0}, out = {0};
    axn_status status = path_of(s, "derived.il", path);
    if (status == AXN_OK)
        status = axn_file_read(path, MAX_NETLIST_BYTES, &text, s->error);
    for (size_t at = 0; status == AXN_OK && at < text.length;) {
        const char *end = memchr(text.data + at, '\n', text.length - at);
        size_t length = end != NULL ? (size_t)(end - (text.data + at)) : text.length - at;
        if (!renamed_word(names, text.data + at, length, &out))
            axn_buffer_append(&out, text.data + at, length);
        axn_buffer_text(&out, "\n");
        at += length + 1;
    }
    if (status == AXN_OK && out.failed)
        status = axn_fail(s->error, AXN_ERROR_MEMORY, "no memory for %s", path);
    if (status == AXN_OK)
        status = path_of(s, "plain.il", path);
    if (status == AXN_OK)
        status = axn_file_write(path, out.data, out.length, s->error);
    axn_buffer_free(&text);
    axn_buffer_free(&out);
    return status;
}

static bool wanted_flat(const axn_hierarchy_options *options, const axn_hierarchy_module *module)
{
    for (size_t i = 0; options->flatten != NULL && options->flatten[i] != NULL; i++)
        if (!module->black_box && strcmp(options->flatten[i], module->source) == 0)
            return true;
    return false;
}

static axn_status write_netlists(const synthesis *s)
{
    axn_buffer script = {0};
    axn_buffer_format(&script,
                      "read_rtlil plain.il\nhierarchy -top %s\n"
                      "write_json " AXN_HIERARCHY_JSON "\n"
                      "write_verilog -noattr -noexpr -nohex -simple-lhs " AXN_HIERARCHY_VERILOG
                      "\n",
                      s->out->modules[s->out->top].name);
    for (int i = 0; i < s->out->count; i++) {
        axn_hierarchy_module *module = &s->out->modules[i];
        module->flattened = wanted_flat(s->options, module);
        if (module->flattened)
            axn_buffer_format(&script,
                              "design -save all\nhierarchy -top %s\nflatten\nopt_clean\n"
                              "splitnets\nopt_clean\nwrite_json " AXN_HIERARCHY_FLAT
                              "\ndesign -load all\n",
                              module->name, module->name);
    }
    axn_status status =
        axn_yosys_run(&script, s->folder, "netlists.ys", TOOL_SECONDS, NULL, s->error);
    axn_buffer_free(&script);
    return status;
}

axn_status axn_hierarchy_synthesise(const axn_liberty *liberty,
                                    const axn_hierarchy_options *options, const char *work_folder,
                                    axn_hierarchy *out, axn_error *error)
{
    synthesis s = {liberty, options, work_folder, out, error}; // cppcheck-suppress ctuuninitvar
    axn_module_names names = {0};
    axn_progress progress;
    char path[AXN_PATH_MAX];
    *out = (axn_hierarchy){.top = -1};
    axn_progress_start(&progress, "synthesis", 3);
    axn_status status = check_names(&s);
    if (status == AXN_OK)
        status = place_inputs(&s);
    axn_progress_update(&progress, 0, "mapping");
    if (status == AXN_OK)
        status = map_design(&s);
    axn_progress_update(&progress, 1, "areas");
    if (status == AXN_OK)
        status = path_of(&s, "derived.json", path);
    if (status == AXN_OK)
        status = axn_hierarchy_measure(liberty, path, options->top, &names, out, error);
    if (status == AXN_OK)
        status = rename_modules(&s, &names);
    axn_progress_update(&progress, 2, "netlists");
    if (status == AXN_OK)
        status = write_netlists(&s);
    axn_progress_end(&progress, status == AXN_OK ? "done" : "failed");
    axn_module_names_free(&names);
    if (status != AXN_OK)
        axn_hierarchy_free(out);
    return status;
}

void axn_hierarchy_free(axn_hierarchy *hierarchy)
{
    for (int i = 0; i < hierarchy->count; i++)
        free(hierarchy->modules[i].parameters);
    free(hierarchy->modules);
    *hierarchy = (axn_hierarchy){.top = -1};
}

int axn_hierarchy_find(const axn_hierarchy *hierarchy, const char *name)
{
    for (int i = 0; i < hierarchy->count; i++)
        if (strcmp(hierarchy->modules[i].name, name) == 0)
            return i;
    return -1;
}
