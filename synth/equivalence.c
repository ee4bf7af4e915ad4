#include "synth/equivalence.h"

#include <string.h>

#include "synth/file_list.h"
#include "synth/yosys.h"

#define TOOL_SECONDS 3600
#define READ_CELLS                                                                                 \
    "read_liberty -ignore_miss_func -ignore_miss_dir -ignore_miss_data_latch cells.lib\n"

/* The RTL with the module's parameters on top, flat, as the module `gold`. */
static axn_status print_gold(const axn_hierarchy_options *options,
                             const axn_hierarchy_module *module, axn_buffer *script,
                             axn_error *error)
{
    axn_buffer_text(script, READ_CELLS);
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
                    "splitnets\nopt_clean\nrename -top gold\ndesign -stash gold\n");
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
        status = print_gold(options, module, &script, error);
    axn_buffer_format(&script,
                      READ_CELLS
                      "read_verilog " AXN_HIERARCHY_VERILOG "\n"
                      "hierarchy -check -top %s\nproc\nflatten\nasync2sync\nopt_expr\ntechmap\n"
                      "splitnets\nopt_clean\nrename -top gate\ndesign -stash gate\n"
                      "design -copy-from gold -as gold gold\n"
                      "design -copy-from gate -as gate gate\n"
                      "equiv_make gold gate equiv\nhierarchy -top equiv\nopt_clean\n"
                      "equiv_simple\nequiv_induct\nequiv_status -assert\n",
                      module->name);
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
