#include "synth/hierarchy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/memory.h"
#include "common/progress.h"
#include "synth/buffering.h"
#include "synth/file_list.h"
#include "synth/hierarchy_internal.h"
#include "synth/yosys.h"
#include "synth/yosys_json.h"

#define MAX_NETLIST_BYTES ((size_t)256 << 20)
#define UNGATED_JSON "registers.json"
#define GATED_JSON "gated.json"
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

static axn_status write_json(const synthesis *s, const char *name, const cJSON *json)
{
    char path[AXN_PATH_MAX];
    char *text = cJSON_PrintUnformatted(json);
    axn_status status = path_of(s, name, path);
    if (status == AXN_OK && text == NULL)
        status = axn_fail(s->error, AXN_ERROR_MEMORY, "no memory for %s", path);
    if (status == AXN_OK && text != NULL)
        status = axn_file_write(path, text, strlen(text), s->error);
    cJSON_free(text);
    return status;
}

static axn_status check_names(const synthesis *s)
{
    const axn_hierarchy_options *o = s->options;
    const char *const *lists[] = {o->black_boxes, o->flatten, o->ripple, o->multiplier_modules,
                                  o->defines};
    const char *odd = axn_plain_name(o->top) ? NULL : o->top;
    for (size_t k = 0; k < sizeof lists / sizeof *lists; k++)
        for (size_t i = 0; lists[k] != NULL && lists[k][i] != NULL; i++)
            if (!axn_plain_name(lists[k][i]))
                odd = lists[k][i];
    for (int i = 0; i < o->parameter_count; i++)
        if (!axn_plain_name(o->parameters[i].name))
            odd = o->parameters[i].name;
    if (o->multipliers != NULL && o->multiplier_modules == NULL)
        odd = "";
    if (odd != NULL)
        return axn_fail(s->error, AXN_ERROR_USAGE,
                        "module or parameter name '%s' is not a plain identifier", odd);
    return AXN_OK;
}

/* Nothing here is without registers. */
static axn_status check_flip_flops(const synthesis *s)
{
    for (int i = 0; i < s->liberty->cell_count; i++)
        if (s->liberty->cells[i].flip_flop && !s->liberty->cells[i].dont_use)
            return AXN_OK;
    return axn_fail(s->error, AXN_ERROR_FORMAT, "%s: no usable flip-flop among its cells",
                    s->liberty->path);
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
    if (status == AXN_OK && s->options->multipliers != NULL) {
        status = axn_file_read(s->options->multipliers, MAX_NETLIST_BYTES, &text, s->error);
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

static axn_status write_map(const synthesis *s, const char *name, const axn_buffer *text)
{
    char path[AXN_PATH_MAX];
    axn_status status = path_of(s, name, path);
    if (status == AXN_OK && text->failed)
        status = axn_fail(s->error, AXN_ERROR_MEMORY, "no memory for adder maps");
    return status == AXN_OK ? axn_file_write(path, text->data, text->length, s->error) : status;
}

static axn_status write_maps(const synthesis *s, bool *adders)
{
    axn_buffer fa = {0}, alu = {0};
    *adders = axn_yosys_adder_map(s->liberty, &fa) && s->liberty->full_adder >= 0;
    axn_buffer_format(&alu, alu_map, AXN_ADDER_MAX_WIDTH);
    axn_status status = *adders ? write_map(s, "adders.v", &fa) : AXN_OK;
    if (status == AXN_OK)
        status = write_map(s, "ripple.v", &alu);
    axn_buffer_free(&fa);
    axn_buffer_free(&alu);
    return status;
}

/* Yosys' selection of a module by its name in the RTL, whatever its parameters. */
static void print_selection(const char *module, const char *objects, axn_buffer *script)
{
    axn_buffer_format(script, " A:hdlname=\\\\%s%s %s%s", module, objects, module, objects);
}

static void print_adders(const synthesis *s, axn_buffer *script)
{
    const char *const *modules = s->options->ripple;
    axn_buffer_text(script, "techmap -map ripple.v");
    for (size_t i = 0; modules != NULL && modules[i] != NULL; i++)
        print_selection(modules[i], "/t:$alu", script);
    /* Constants of an increment must reach the $fa before it becomes a cell. */
    axn_buffer_format(script, "%s\nopt_expr\ntechmap -map adders.v\n",
                      modules == NULL ? " t:$alu" : " none/t:$alu");
}

static void print_registers(const synthesis *s, axn_buffer *script)
{
    const axn_hierarchy_options *o = s->options;
    axn_buffer_format(script, "hierarchy -check -top %s", o->top);
    for (int i = 0; i < o->parameter_count; i++)
        axn_buffer_format(script, " -chparam %s %lld", o->parameters[i].name,
                          (long long)o->parameters[i].value);
    axn_buffer_text(script, "\n");
    for (size_t i = 0; o->multipliers != NULL && o->multiplier_modules[i] != NULL; i++)
        axn_buffer_format(script, "blackbox %s\n", o->multiplier_modules[i]);
    for (size_t i = 0; o->black_boxes != NULL && o->black_boxes[i] != NULL; i++) {
        axn_buffer_text(script, "blackbox");
        print_selection(o->black_boxes[i], "", script);
        axn_buffer_text(script, "\n");
    }
    axn_buffer_text(script, "proc\nopt_expr\nopt_clean\nopt_muxtree\nopt_reduce\nopt_merge\n");
    /* Equal enables must become one net; a synchronous reset would hide them. */
    if (o->clock_gates)
        axn_buffer_text(script, "memory -nomap\nmemory_map\nopt_expr\nopt_clean\nopt_dff -nosdff\n"
                                "opt_expr\nopt_merge\nopt_clean\nwrite_json " UNGATED_JSON "\n");
    else
        axn_buffer_text(script, "opt_dff\nopt_expr\nopt_clean\n");
}

static void print_rest(const synthesis *s, bool adders, const char *abc_liberty, axn_buffer *script)
{
    const axn_hierarchy_options *o = s->options;
    if (o->clock_gates)
        axn_buffer_text(script, "read_json " GATED_JSON "\n");
    axn_buffer_text(script, "wreduce\npeepopt\nalumacc\n"
                            "opt_clean\nmemory -nomap\nmemory_map\nmaccmap\nopt_expr\n"
                            "opt_clean\n");
    if (adders)
        print_adders(s, script);
    axn_buffer_format(script,
                      "techmap\nopt_expr\nopt_merge\nopt_clean\n"
                      "dfflibmap -liberty cells.lib\n"
                      "abc -liberty %s -script \"+strash;,dch;,amap,-F,10,-A,10;,topo;,"
                      "buffer,-c,-N,12;,upsize;,dnsize\"\n"
                      "opt_clean -purge\n",
                      abc_liberty);
    if (o->multipliers != NULL)
        axn_buffer_text(script, "read_verilog multiplier.v\n");
    axn_buffer_text(script, "splitnets\nopt_clean -purge\n"
                            "write_json derived.json\n");
}

/* Between Yosys' two runs. */
static axn_status insert_gates(const synthesis *s)
{
    char path[AXN_PATH_MAX];
    axn_clock_gate_cells cells;
    const char *missing;
    cJSON *json = NULL;
    if (!axn_clock_gate_find(s->liberty, &cells, &missing))
        return axn_fail(s->error, AXN_ERROR_FORMAT, "%s: no clock gates without a usable %s",
                        s->liberty->path, missing);
    axn_status status = path_of(s, UNGATED_JSON, path);
    if (status == AXN_OK)
        status = axn_yosys_json_read(path, &json, s->error);
    s->out->gates = (axn_clock_gate_count){0};
    if (status == AXN_OK)
        status = axn_clock_gate_insert(s->liberty, &cells,
                                       cJSON_GetObjectItemCaseSensitive(json, "modules"),
                                       &s->out->gates, s->error);
    if (status == AXN_OK)
        status = write_json(s, GATED_JSON, json);
    cJSON_Delete(json);
    return status;
}

static axn_status run_yosys(const synthesis *s, const axn_buffer *script, const char *name)
{
    return axn_yosys_run(script, s->folder, name, TOOL_SECONDS, NULL, s->error);
}

static axn_status map_design_with(const synthesis *s, const char *abc_liberty)
{
    axn_buffer script = {0}, rest = {0};
    bool adders;
    axn_status status = write_maps(s, &adders);
    for (size_t i = 0; s->options->defines != NULL && s->options->defines[i] != NULL; i++)
        axn_buffer_format(&script, "verilog_defines -D%s\n", s->options->defines[i]);
    axn_buffer_text(&script, "read_liberty -lib -ignore_miss_func -ignore_miss_dir "
                             "-ignore_miss_data_latch cells.lib\n");
    if (s->options->multipliers != NULL)
        axn_buffer_text(&script, "read_verilog multiplier.v\n");
    if (status == AXN_OK)
        status = axn_file_list_script(s->options->folder, s->options->file_list, "source", &script,
                                      s->error);
    if (status == AXN_OK) {
        print_registers(s, &script);
        print_rest(s, adders, abc_liberty, s->options->clock_gates ? &rest : &script);
        status = run_yosys(s, &script, "design.ys");
    }
    if (status == AXN_OK && s->options->clock_gates)
        status = insert_gates(s);
    if (status == AXN_OK && s->options->clock_gates)
        status = run_yosys(s, &rest, "mapping.ys");
    axn_buffer_free(&script);
    axn_buffer_free(&rest);
    return status;
}

/* ABC's sizing of gates fails on the Liberty files of some vendors: then it gets one of our
 * own writing, of the same cells. */
static axn_status map_design(const synthesis *s)
{
    char path[AXN_PATH_MAX];
    bool *used = NULL;
    axn_status status = map_design_with(s, "cells.lib");
    if (status != AXN_ERROR_TOOL || s->error == NULL || strstr(s->error->message, "ABC") == NULL)
        return status;
    status = axn_allocate(&used, (size_t)s->liberty->cell_count, sizeof *used, "Liberty cells",
                          s->error);
    for (int i = 0; i < s->liberty->cell_count && status == AXN_OK; i++)
        used[i] = axn_liberty_mappable(&s->liberty->cells[i]);
    if (status == AXN_OK)
        status = path_of(s, "gates.lib", path);
    if (status == AXN_OK)
        status = axn_liberty_write_timing(s->liberty, used, path, s->error);
    free(used);
    return status == AXN_OK ? map_design_with(s, "gates.lib") : status;
}

/* Yosys writes the parameters of modules but does not read them: those of the first run, for the
 * modules of the second. */
static axn_status restore_parameters(const synthesis *s, cJSON *modules)
{
    static const char key[] = "parameter_default_values";
    char path[AXN_PATH_MAX];
    cJSON *before = NULL, *module;
    axn_status status = path_of(s, UNGATED_JSON, path);
    if (status == AXN_OK)
        status = axn_yosys_json_read(path, &before, s->error);
    const cJSON *known = cJSON_GetObjectItemCaseSensitive(before, "modules");
    cJSON_ArrayForEach(module, modules)
    {
        const cJSON *found = cJSON_GetObjectItemCaseSensitive(
            cJSON_GetObjectItemCaseSensitive(known, module->string), key);
        if (status == AXN_OK && found != NULL && !cJSON_HasObjectItem(module, key) &&
            !cJSON_AddItemToObject(module, key, cJSON_Duplicate(found, true)))
            status = axn_fail(s->error, AXN_ERROR_MEMORY, "no memory for parameters");
    }
    cJSON_Delete(before);
    return status;
}

/* Buffers, figures and plain names, on Yosys' JSON. */
static axn_status finish_design(const synthesis *s)
{
    char path[AXN_PATH_MAX];
    cJSON *json = NULL;
    axn_module_list list = {0};
    axn_status status = path_of(s, "derived.json", path);
    if (status == AXN_OK)
        status = axn_yosys_json_read(path, &json, s->error);
    cJSON *modules = cJSON_GetObjectItemCaseSensitive(json, "modules");
    if (status == AXN_OK && s->options->clock_gates)
        status = restore_parameters(s, modules);
    if (status == AXN_OK)
        status = axn_buffer_design(s->liberty, modules, s->options->multiplier_modules,
                                   &s->out->buffers, s->error);
    if (status == AXN_OK)
        status = axn_module_list_read(s->liberty, path, modules, &list, s->error);
    if (status == AXN_OK)
        status = axn_hierarchy_measure(&list, s->options->top, s->out, s->error);
    if (status == AXN_OK)
        status = axn_module_list_rename(&list, s->error);
    if (status == AXN_OK)
        status = write_json(s, "plain.json", json);
    axn_module_list_free(&list);
    cJSON_Delete(json);
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
                      "read_json plain.json\nhierarchy -top %s\n"
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
    axn_progress progress;
    *out = (axn_hierarchy){.top = -1};
    axn_progress_start(&progress, options->label != NULL ? options->label : "synthesis", 3);
    axn_status status = check_names(&s);
    if (status == AXN_OK)
        status = check_flip_flops(&s);
    if (status == AXN_OK)
        status = place_inputs(&s);
    axn_progress_update(&progress, 0, "mapping");
    if (status == AXN_OK)
        status = map_design(&s);
    axn_progress_update(&progress, 1, "buffers and areas");
    if (status == AXN_OK)
        status = finish_design(&s);
    axn_progress_update(&progress, 2, "netlists");
    if (status == AXN_OK)
        status = write_netlists(&s);
    axn_progress_end(&progress, status == AXN_OK ? "done" : "failed");
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
