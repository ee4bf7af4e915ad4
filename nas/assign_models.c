#include "nas/assign_models.h"

#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

/* All entries of the variant's list of multipliers are the same one for now, so that each
 * still has its table of training beside it. */
static axn_status correct_variant(axn_model *variant, const axn_table *own, const axn_table *table,
                                  const axn_correction *correction,
                                  const axn_calibration *calibration, axn_error *error)
{
    axn_table *tables = NULL;
    axn_correction_result result = {0};
    size_t count = (size_t)variant->multiplier_count;
    axn_status status = axn_allocate(&tables, count, sizeof *tables, "tables", error);
    for (size_t i = 0; i < count && status == AXN_OK; i++) {
        tables[i] = *table;
    }
    if (status == AXN_OK) {
        status = axn_model_correct(variant, tables, own, correction, calibration, &result, error);
    }
    axn_correction_result_free(&result);
    free(tables);
    return status;
}

static axn_status map_layer(axn_model *variant, int layer, const axn_table *own,
                            const axn_table *table, axn_error *error)
{
    const axn_layer *at = &variant->network.layers[layer];
    uint8_t map[256];
    axn_table *turned = NULL;
    axn_status status = axn_allocate(&turned, 2, sizeof *turned, "tables", error);
    if (status == AXN_OK && at->swap_operands) {
        axn_table_transpose(&own[at->multiplier], &turned[0]);
        axn_table_transpose(table, &turned[1]);
    } else if (status == AXN_OK) {
        turned[0] = own[at->multiplier];
        turned[1] = *table;
    }
    if (status == AXN_OK) {
        axn_weight_map(&turned[0], &turned[1], NULL, map);
        status = axn_model_map_weights(variant, layer, map, error);
        status = status == AXN_ERROR_LIMIT ? AXN_OK : status;
    }
    free(turned);
    return status;
}

axn_status axn_assign_variant(const axn_model *model, const axn_table *own,
                              const axn_model_multiplier *multiplier, const axn_table *table,
                              const axn_correction *correction, const axn_calibration *calibration,
                              axn_model *out, axn_error *error)
{
    bool measured = correction->operand_order != AXN_ORDER_AS_IS ||
                    correction->mapping == AXN_MAP_BY_HISTOGRAM || correction->correct_bias ||
                    correction->reestimate_norm;
    axn_status status = axn_model_copy(model, out, error);
    for (int i = 0; i < model->multiplier_count && status == AXN_OK; i++) {
        out->multipliers[i] = *multiplier;
    }
    if (status == AXN_OK && measured) {
        status = correct_variant(out, own, table, correction, calibration, error);
    }
    for (int i = 0; i < out->network.count && status == AXN_OK; i++) {
        axn_layer *layer = &out->network.layers[i];
        if (layer->kind == AXN_LAYER_CONV) {
            if (!measured && correction->mapping == AXN_MAP_UNIFORM) {
                status = map_layer(out, i, own, table, error);
            }
            layer->multiplier = 0;
        }
    }
    if (status == AXN_OK) {
        const uint16_t *products[1] = {table->product};
        out->multiplier_count = 1;
        axn_model_prove(out, products);
    } else {
        axn_model_free(out);
    }
    return status;
}

/* Index of the variant's multiplier in the list of the mixture, added if it is new. */
static axn_status list_multiplier(axn_model *mixture, const axn_model *variant,
                                  const axn_table *table, const uint16_t **products, int *index,
                                  axn_error *error)
{
    const axn_model_multiplier *multiplier = &variant->multipliers[0];
    for (*index = 0; *index < mixture->multiplier_count; (*index)++) {
        if (mixture->multipliers[*index].hash == multiplier->hash &&
            strcmp(mixture->multipliers[*index].name, multiplier->name) == 0) {
            return AXN_OK;
        }
    }
    if (mixture->multiplier_count == AXN_MODEL_MAX_MULTIPLIERS) {
        return axn_fail(error, AXN_ERROR_LIMIT, "a model can have at most %d multipliers",
                        AXN_MODEL_MAX_MULTIPLIERS);
    }
    mixture->multipliers[mixture->multiplier_count] = *multiplier;
    products[mixture->multiplier_count++] = table->product;
    return AXN_OK;
}

axn_status axn_assign_mixture(const axn_model *model, const axn_model *variants,
                              const axn_table *tables, const uint16_t *choices, axn_model *out,
                              axn_error *error)
{
    const uint16_t *products[AXN_MODEL_MAX_MULTIPLIERS] = {NULL};
    axn_status status = axn_model_copy(model, out, error);
    out->multiplier_count = 0;
    memset(out->multipliers, 0, sizeof out->multipliers);
    for (int i = 0; i < out->network.count && status == AXN_OK; i++) {
        axn_layer *layer = &out->network.layers[i];
        if (layer->kind != AXN_LAYER_CONV) {
            continue;
        }
        int choice = *choices++;
        layer->swap_operands = variants[choice].network.layers[i].swap_operands;
        status = list_multiplier(out, &variants[choice], &tables[choice], products,
                                 &layer->multiplier, error);
        if (status == AXN_OK) {
            status = axn_model_copy_layer(&variants[choice], i, out, error);
        }
    }
    if (status == AXN_OK) {
        axn_model_prove(out, products);
        status = axn_model_check(out, error);
    }
    if (status != AXN_OK) {
        axn_model_free(out);
    }
    return status;
}
