#include "flows/synthesis_netlist.h"

#include <stdio.h>
#include <string.h>

#include "common/process.h"
#include "common/progress.h"
#include "synth/netlist_simulation.h"

#define ARRAY "axn_array"
#define CLOCK "clk_i"
#define CORNER 4           /* rows and columns at most */
#define ICARUS_CYCLES 1000 /* it does some hundred a second */
/* Cycles at the beginning of the record in which nothing is compared, at most. */
#define FLUSHED 64
#define AXN_LABEL 64

/* The corner of a larger array, mapped in a folder of its own. */
static axn_status map_corner(const axn_synthesis_netlist_inputs *in, int rows, int cols,
                             char folder[AXN_PATH_MAX], axn_hierarchy *out, axn_error *error)
{
    const axn_manifest *manifest = &in->accelerator->manifest;
    axn_hierarchy_parameter parameters[] = {{"Rows", rows},
                                            {"Cols", cols},
                                            {"AccW", manifest->accumulator_bits},
                                            {"AllowSwap", 0},
                                            {"Multipliers", manifest->multiplier_count}};
    axn_hierarchy_options options = *in->options;
    char label[AXN_LABEL];
    snprintf(label, sizeof label, "%s: corner of the array", in->label);
    for (int i = 0; i < in->hierarchy->count; i++) {
        const axn_hierarchy_module *module = &in->hierarchy->modules[i];
        for (int k = 0; k < module->parameter_count && strcmp(module->source, ARRAY) == 0; k++) {
            if (strcmp(module->parameters[k].name, "AllowSwap") == 0) {
                parameters[3].value = module->parameters[k].value;
            }
        }
    }
    options.top = ARRAY;
    options.label = label;
    options.parameters = parameters;
    options.parameter_count = sizeof parameters / sizeof parameters[0];
    axn_status status = axn_path_join(folder, in->work, "corner", error);
    if (status == AXN_OK) {
        status = axn_folder_create(folder, error);
    }
    return status == AXN_OK ? axn_hierarchy_synthesise(in->liberty, &options, folder, out, error)
                            : status;
}

static const char *find_array(const axn_hierarchy *hierarchy)
{
    for (int i = 0; i < hierarchy->count; i++) {
        if (strcmp(hierarchy->modules[i].source, ARRAY) == 0) {
            return hierarchy->modules[i].name;
        }
    }
    return NULL;
}

/* Whole convolution layers in the first so many cycles from the first tile on. */
static int whole_layers(const axn_accelerator *accelerator, uint64_t cycles)
{
    const axn_cycles *account = &accelerator->cycles;
    int64_t sum = 0;
    int layers = 0;
    bool begun = false;
    for (int i = 0; i < account->layer_count; i++) {
        int layer = account->layers[i].layer;
        bool conv = accelerator->model.network.layers[layer].kind == AXN_LAYER_CONV;
        begun = begun || conv;
        sum += begun ? account->layers[i].cycles : 0;
        layers += conv && sum <= (int64_t)cycles + FLUSHED;
    }
    return layers;
}

static axn_status run_simulators(const axn_synthesis_netlist_inputs *in, const char *module,
                                 const char *folder, axn_synthesis *out, axn_error *error)
{
    char models[AXN_PATH_MAX], label[AXN_LABEL];
    axn_synthesis_netlist *netlist = &out->netlist;
    axn_progress progress;
    axn_netlist_simulation result;
    axn_netlist_simulation_options options = {
        .module = module, .clock = CLOCK, .stream = in->stream, .simulator = AXN_NETLIST_VERILATOR};
    snprintf(label, sizeof label, "%s: netlist", in->label);
    axn_progress_start(&progress, label, 2);
    axn_progress_update(&progress, 0, "in Verilator");
    axn_status status = axn_netlist_simulate(in->liberty, folder, &options, &result, error);
    if (status == AXN_OK) {
        netlist->cycles = result.cycles;
        netlist->values = result.values;
        netlist->layers = whole_layers(in->accelerator, result.cycles);
        axn_progress_update(&progress, 1, "in Icarus");
        options.simulator = AXN_NETLIST_ICARUS;
        options.cycles = ICARUS_CYCLES;
    }
    if (status == AXN_OK && axn_program_available("iverilog")) {
        netlist->vendor = axn_netlist_vendor_models(in->liberty, models);
        options.models = netlist->vendor ? models : NULL;
        status = axn_netlist_simulate(in->liberty, folder, &options, &result, error);
        netlist->icarus_cycles = result.cycles;
        netlist->icarus_values = result.values;
    }
    axn_progress_end(&progress, NULL);
    return status;
}

axn_status axn_synthesis_check_netlist(const axn_synthesis_netlist_inputs *inputs,
                                       axn_synthesis *out, axn_error *error)
{
    const axn_array_shape *array = &inputs->accelerator->manifest.array;
    int rows = array->rows < CORNER ? array->rows : CORNER;
    int cols = array->cols < CORNER ? array->cols : CORNER;
    bool whole = rows == array->rows && cols == array->cols;
    char folder[AXN_PATH_MAX];
    axn_hierarchy corner = {.top = -1};
    axn_status status = AXN_OK;
    snprintf(folder, sizeof folder, "%s", inputs->work);
    if (!axn_path_exists(inputs->stream)) {
        axn_message("%s: the folder's test bench records no ports of the array: its netlist is not "
                    "simulated; write it anew with `axnas rtl`",
                    inputs->label);
        return AXN_OK;
    }
    if (!whole) {
        status = map_corner(inputs, rows, cols, folder, &corner, error);
    }
    const char *module = status == AXN_OK ? find_array(whole ? inputs->hierarchy : &corner) : NULL;
    if (status == AXN_OK && module == NULL) {
        status = axn_fail(error, AXN_ERROR_FORMAT, "no module " ARRAY " in the mapped design");
    }
    if (status == AXN_OK) {
        status = run_simulators(inputs, module, folder, out, error);
    }
    out->netlist.rows = rows;
    out->netlist.cols = cols;
    out->netlist.whole = whole;
    axn_hierarchy_free(&corner);
    return status;
}
