#include "flows/model_tables.h"

#include <stdlib.h>

#include "common/memory.h"

static axn_status find_multiplier(const axn_model *model, const char *path, int which,
                                  const axn_library *library, int *index, axn_error *error)
{
    const axn_model_multiplier *multiplier = &model->multipliers[which];
    char wanted[AXN_HASH_TEXT], found[AXN_HASH_TEXT];
    if (axn_library_require(library, multiplier->name, index, error) != AXN_OK) {
        return axn_error_prefix(error, "model \"%s\"", path);
    }
    axn_hash_text(wanted, multiplier->hash);
    axn_hash_text(found, library->multipliers[*index].hash);
    if (library->multipliers[*index].hash != multiplier->hash) {
        return axn_fail(error, AXN_ERROR_MISMATCH,
                        "model \"%s\" was made with multiplier \"%s\" of hash %s, but that of "
                        "library \"%s\" has hash %s",
                        path, multiplier->name, wanted, library->folder, found);
    }
    return AXN_OK;
}

axn_status axn_model_tables(const axn_model *model, const char *path, const axn_library *library,
                            bool exact, int indices[AXN_MODEL_MAX_MULTIPLIERS], axn_table **tables,
                            axn_error *error)
{
    axn_status status = AXN_OK;
    for (int i = 0; i < model->multiplier_count && status == AXN_OK; i++) {
        indices[i] = library->exact;
        if (!exact) {
            status = find_multiplier(model, path, i, library, &indices[i], error);
        }
    }
    if (status != AXN_OK) {
        return status;
    }
    axn_table *made = NULL;
    status = axn_allocate(&made, (size_t)model->multiplier_count, sizeof *made, "tables", error);
    if (status == AXN_OK) {
        status = axn_library_tables(library, indices, model->multiplier_count, made, error);
    }
    if (status != AXN_OK) {
        free(made);
        return status;
    }
    *tables = made;
    return AXN_OK;
}

double axn_model_energy_pj(const axn_model *model, const axn_library *library,
                           const int indices[AXN_MODEL_MAX_MULTIPLIERS])
{
    double energy = 0;
    for (int i = 0; i < model->network.count; i++) {
        const axn_layer *layer = &model->network.layers[i];
        if (layer->kind == AXN_LAYER_CONV) {
            int64_t count = axn_layer_multiplications(&model->network, i, AXN_COUNT_EXACT);
            energy += (double)count * library->multipliers[indices[layer->multiplier]].energy_pj;
        }
    }
    return energy;
}
