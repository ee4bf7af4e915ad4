#include "tests/layer_cycles.h"

#include <stdlib.h>

#include "common/memory.h"
#include "tests/random_model.h"

static axn_status build(const axn_one_layer *layer, axn_model *model, axn_error *error)
{
    const char *name = "random";
    axn_table *table = NULL;
    axn_status status = axn_allocate(&table, 1, sizeof *table, "table", error);
    if (status != AXN_OK) {
        return status;
    }
    axn_random_table(1, table);
    int at = axn_network_add_input(&model->network,
                                   (axn_shape){layer->height, layer->width, layer->channels});
    at = axn_network_add_conv(&model->network, at, layer->units, layer->kernel, layer->stride,
                              false, true);
    at = axn_network_add_global_average(&model->network, at);
    at = axn_network_add_dense(&model->network, at, 2, false);
    status = at < 0 ? axn_fail(error, AXN_ERROR_MEMORY, "out of memory")
                    : axn_network_infer(&model->network, error);
    if (status == AXN_OK) {
        status = axn_random_parameters(1, model, table, &name, 1, error);
    }
    free(table);
    return status;
}

axn_status axn_one_layer_cycles(const axn_one_layer *layer, axn_array_shape array,
                                axn_array_options options, axn_layer_figures *out, axn_error *error)
{
    axn_model model = {0};
    axn_program program = {0};
    axn_cycles cycles = {0};
    axn_status status = build(layer, &model, error);
    if (status == AXN_OK) {
        status = axn_program_compile_for(&model, array, options, &program, error);
    }
    if (status == AXN_OK) {
        status = axn_program_cycles(&program, &model.network, &cycles, error);
    }
    if (status == AXN_OK) {
        axn_layer_cycles at = cycles.layers[0];
        double cells = (double)array.rows * array.cols;
        *out = (axn_layer_figures){
            .cycles = at.cycles,
            .bound = (int64_t)((double)at.multiplications / (cells * at.tiling_bound) + 0.5),
            .of_bound = at.utilisation / at.tiling_bound,
            .utilisation = at.utilisation,
            .banks = program.banks,
            .lanes = program.row_buses};
    }
    axn_cycles_free(&cycles);
    axn_program_free(&program);
    axn_model_free(&model);
    return status;
}
