#include "synth/equivalence.h"

#include <string.h>

#include "synth/file_list.h"
#include "synth/yosys.h"

#define TOOL_SECONDS 3600
#define READ_CELLS                                                                                 \
    "read_liberty -ignore_miss_func -ignore_miss_dir -ignore_miss_data_latch cells.lib\n"

static void print_clocks(const axn_hierarchy *hierarchy, axn_buffer *script)
{
    if (hierarchy->gates.gates > 0)
        axn_buffer_text(script, "techmap -map clocked.v\ndffunmap -ce-only\nopt_expr\nopt_clean\n");
}

/* The RTL with the module's parameters on top, flat, as the module `gold`. */
static axn_status print_gold(const axn_hierarchy_options *options, const axn_hierarchy *hierarchy,
                             const axn_hierarchy_module *module, axn_buffer *script,
                             axn_error *error)
{
    axn_buffer_text(script, READ_CELLS);
    for (size_t i = 0; options->defines != NULL && options->defines[i] != NULL; i++)
        axn_buffer_format(script, "verilog_defines -D%s\n", options->defines[i]);
    axn_status status =
        axn_file_list_script(options->folder, options->file_list, "source", script, error);
    if (options->multipliers != NULL)
        axn_buffer_text(script, "read_verilog -overwrite multiplier.v\n");
    axn_buffer_format(script, "hierarchy -check -top %s", module->source);
    for (int i = 0; i < module->parameter_count; i++)
        axn_buffer_format(script, " -chparam %s %lld", module->parameters[i].name,
                          (long long)module->parameters[i].value);
    axn_buffer_text(script,
                    "\nproc\nflatten\nasync2sync\nopt_expr\nopt_clean\nmemory\ntechmap\nopt_expr\n"
                    "splitnets\nopt_clean\n");
    print_clocks(hierarchy, script);
    axn_buffer_text(script, "rename -top gold\ndesign -stash gold\n");
    return status;
}

/* Yosys' proof knows no clocks. A flip-flop whose clock pin is 1 takes its input over, else it
 * keeps its state; the clock is an input like others, in both modules. That a clock gate passes the
 * clock while its enable is 1 is what axn_replay_run checks of the latch and the gates in it. */
static const char clocked_flip_flops[] =
    "(* techmap_celltype = \"$_DFF_P_\" *)\n"
    "module axn_clocked_map (D, C, Q);\ninput D, C;\noutput Q;\n"
    "\\$_DFFE_PP_ flip_flop (.D(D), .Q(Q), .C(C), .E(C));\nendmodule\n";

static axn_status write_text(const char *folder, const char *name, const axn_buffer *text,
                             axn_error *error)
{
    char path[AXN_PATH_MAX];
    axn_status status = text->failed ? axn_fail(error, AXN_ERROR_MEMORY, "no memory for %s", name)
                                     : axn_path_join(path, folder, name, error);
    return status == AXN_OK ? axn_file_write(path, text->data, text->length, error) : status;
}

/* Files clocked.v and clock_gates.v: the gates as what they do. */
static axn_status write_gates(const axn_hierarchy *hierarchy, const char *folder, axn_error *error)
{
    axn_buffer gates = {0}, map = {0};
    axn_buffer_text(&gates, "");
    axn_buffer_text(&map, clocked_flip_flops);
    for (int i = 0; i < hierarchy->count; i++) {
        const axn_hierarchy_module *module = &hierarchy->modules[i];
        int outputs = module->output_bits;
        if (strcmp(module->source, AXN_CLOCK_GATE) == 0 && outputs > 0)
            axn_buffer_format(&gates,
                              "module %s (input clk_i, enable_i, output [%d:0] clk_o);\n"
                              "assign clk_o = {%d{clk_i & enable_i}};\nendmodule\n",
                              module->name, outputs - 1, outputs);
    }
    axn_status status = write_text(folder, "clock_gates.v", &gates, error);
    if (status == AXN_OK)
        status = write_text(folder, "clocked.v", &map, error);
    axn_buffer_free(&gates);
    axn_buffer_free(&map);
    return status;
}

axn_status axn_equivalence_prove(const axn_hierarchy_options *options,
                                 const axn_hierarchy *hierarchy, int index, const char *work_folder,
                                 axn_error *error)
{
    const axn_hierarchy_module *module = &hierarchy->modules[index];
    axn_buffer script = {0}, output = {0};
    axn_status status = AXN_OK;
    for (int i = 0; i < module->parameter_count && status == AXN_OK; i++)
        if (!axn_plain_name(module->parameters[i].name))
            status = axn_fail(error, AXN_ERROR_USAGE, "module %s: odd parameter name %s",
                              module->source, module->parameters[i].name);
    if (status == AXN_OK)
        status = print_gold(options, hierarchy, module, &script, error);
    if (status == AXN_OK)
        status = write_gates(hierarchy, work_folder, error);
    axn_buffer_format(&script,
                      READ_CELLS
                      "read_verilog " AXN_HIERARCHY_VERILOG "\n"
                      "read_verilog -overwrite clock_gates.v\n"
                      "hierarchy -check -top %s\nproc\nflatten\nasync2sync\nopt_expr\ntechmap\n"
                      "splitnets\nopt_clean\n",
                      module->name);
    print_clocks(hierarchy, &script);
    axn_buffer_text(&script, "rename -top gate\ndesign -stash gate\n"
                             "design -copy-from gold -as gold gold\n"
                             "design -copy-from gate -as gate gate\n"
                             "equiv_make gold gate equiv\nhierarchy -top equiv\nopt_clean\n"
                             "equiv_simple\nequiv_induct\nequiv_status -assert\n");
    if (status == AXN_OK) {
        status =
            axn_yosys_run(&script, work_folder, "equivalence.ys", TOOL_SECONDS, &output, error);
        if (status == AXN_ERROR_TOOL && error != NULL && strstr(error->message, "unproven") != NULL)
            status = axn_fail(error, AXN_ERROR_MISMATCH,
                              "module %s: the mapped netlist could not be proved equal to the RTL "
                              "(Yosys leaves points of equivalence unproven)",
                              module->name);
    }
    axn_buffer_free(&script);
    axn_buffer_free(&output);
    return status;
}
