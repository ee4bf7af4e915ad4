#include "flows/correction_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/interrupt.h"
#include "common/json.h"

#define CALIBRATION_IMAGES 1000

void axn_correction_options_list(axn_correction_options *given, axn_option *list, int *count)
{
    *given = (axn_correction_options){
        .operand_order = "as-is", .map_weights = "none", .calibration_images = CALIBRATION_IMAGES};
    const axn_option options[AXN_CORRECTION_OPTIONS] = {
        {"operand-order", AXN_OPTION_CHOICE, &given->operand_order, "as-is|swapped|best",
         "operands of the multiplier; best: in each convolution the order of less error (as-is)", 0,
         0, NULL},
        {"map-weights", AXN_OPTION_CHOICE, &given->map_weights, "none|uniform|histogram",
         "weight codes of least error, over all activation codes or those that are seen (none)", 0,
         0, NULL},
        {"correct-bias", AXN_OPTION_FLAG, &given->correct_bias, NULL,
         "take the mean error of each channel out of its bias", 0, 0, NULL},
        {"reestimate-norm", AXN_OPTION_FLAG, &given->reestimate_norm, NULL,
         "fold batch norms anew for the sums that the multiplier gives", 0, 0, NULL},
        {"calibration-images", AXN_OPTION_INTEGER, &given->calibration_images, "N",
         "training images that corrections are measured on (1000)", 1, 1e6, NULL},
    };
    memcpy(list + *count, options, sizeof options);
    *count += AXN_CORRECTION_OPTIONS;
}

axn_correction axn_correction_of(const axn_correction_options *given)
{
    axn_correction correction = {.correct_bias = given->correct_bias,
                                 .reestimate_norm = given->reestimate_norm};
    if (strcmp(given->operand_order, "best") == 0) {
        correction.operand_order = AXN_ORDER_BEST;
    } else if (strcmp(given->operand_order, "swapped") == 0) {
        correction.operand_order = AXN_ORDER_SWAPPED;
    }
    if (strcmp(given->map_weights, "uniform") == 0) {
        correction.mapping = AXN_MAP_UNIFORM;
    } else if (strcmp(given->map_weights, "histogram") == 0) {
        correction.mapping = AXN_MAP_BY_HISTOGRAM;
    }
    return correction;
}

bool axn_correction_wanted(const axn_correction_options *given)
{
    const axn_correction correction = axn_correction_of(given);
    return correction.operand_order != AXN_ORDER_AS_IS || correction.mapping != AXN_MAP_NONE ||
           correction.correct_bias || correction.reestimate_norm;
}

bool axn_correction_expects_exact(const axn_model *model)
{
    const cJSON *config = cJSON_GetObjectItemCaseSensitive(model->provenance, "config");
    const cJSON *arithmetic = cJSON_GetObjectItemCaseSensitive(config, "arithmetic");
    return cJSON_IsString(arithmetic) && strcmp(arithmetic->valuestring, "float") == 0 &&
           cJSON_GetObjectItemCaseSensitive(model->provenance, "corrections") == NULL &&
           cJSON_GetObjectItemCaseSensitive(model->provenance, "changes") == NULL;
}

/* ---- running ---- */

static bool show(void *context, int done, int total)
{
    (void)total;
    axn_progress_update(context, done, NULL);
    return !axn_interrupted();
}

static axn_status complete_norms(axn_model *model, const axn_table *tables,
                                 const axn_table *reference, axn_calibration *calibration,
                                 axn_progress *progress, axn_error *error)
{
    int norms = 0, known = 0;
    axn_model_has_norm(model, &norms, &known);
    if (norms == known) {
        if (norms == 0) {
            axn_message("the model has no batch norms to re-estimate");
        }
        return AXN_OK;
    }
    if (reference == tables) {
        axn_message("the model carries no statistics of its batch norms, which stay as they are; "
                    "training writes them into new models");
        return AXN_OK;
    }
    axn_message("the model carries no statistics of its batch norms; taken instead: those that "
                "the multiplier of its training gives on the calibration images");
    axn_progress_start(progress, "batch norms", model->network.count);
    axn_status status = axn_model_measure_norm(model, reference, calibration, error);
    axn_progress_end(progress, NULL);
    return status;
}

axn_status axn_correction_run(const axn_correction_options *given, axn_model *model,
                              const axn_table *tables, const axn_table *reference,
                              const axn_dataset *dataset, const uint32_t *indices, int available,
                              axn_pool *pool, axn_correction_result *out, axn_error *error)
{
    const axn_correction correction = axn_correction_of(given);
    const int most = axn_calibration_most(model);
    const int wanted = given->calibration_images < most ? (int)given->calibration_images : most;
    const uint8_t **images = NULL;
    axn_progress progress;
    axn_calibration calibration = {.pool = pool, .report = show, .context = &progress};
    *out = (axn_correction_result){0};
    axn_status status = axn_calibration_images(dataset, indices, available, wanted, &images,
                                               &calibration.count, error);
    calibration.images = images;
    if (status == AXN_OK && wanted < given->calibration_images) {
        axn_message("the maps of a network so large are kept for %d calibration images only", most);
    }
    if (status == AXN_OK && correction.reestimate_norm) {
        status = complete_norms(model, tables, reference, &calibration, &progress, error);
    }
    if (status == AXN_OK) {
        axn_progress_start(&progress, "corrections", model->network.count);
        status = axn_model_correct(model, tables, reference, &correction, &calibration, out, error);
        axn_progress_end(&progress, NULL);
    }
    free((void *)images);
    return status;
}

/* ---- telling ---- */

/* Sums over the convolutions. */
typedef struct totals {
    int convolutions, swapped, normalised, bias;
    long long mapped, kept, limited;
} totals;

static totals add_up(const axn_correction_result *result)
{
    totals sum = {0};
    for (int i = 0; i < result->layer_count; i++) {
        const axn_corrected_layer *layer = &result->layers[i];
        sum.convolutions += layer->convolution;
        sum.swapped += layer->swapped;
        sum.normalised += layer->normalised;
        sum.bias += layer->bias;
        sum.mapped += layer->mapped;
        sum.kept += layer->kept;
        sum.limited += layer->limited;
    }
    return sum;
}

static bool add_layers(cJSON *json, const axn_model *model, const axn_correction_result *result)
{
    cJSON *list = cJSON_AddArrayToObject(json, "layers");
    bool ok = list != NULL;
    for (int i = 0; i < result->layer_count && ok; i++) {
        const axn_corrected_layer *layer = &result->layers[i];
        if (!layer->convolution) {
            continue;
        }
        cJSON *item = cJSON_CreateObject();
        ok = cJSON_AddItemToArray(list, item) &&
             cJSON_AddStringToObject(item, "layer", model->network.layers[i].name) != NULL &&
             cJSON_AddBoolToObject(item, "swapped", layer->swapped) != NULL &&
             cJSON_AddNumberToObject(item, "mapped_weights", (double)layer->mapped) != NULL &&
             cJSON_AddBoolToObject(item, "normalised", layer->normalised) != NULL &&
             cJSON_AddBoolToObject(item, "bias", layer->bias) != NULL &&
             axn_json_add_double(item, "error_before", layer->error_before) &&
             axn_json_add_double(item, "error_after", layer->error_after);
    }
    return ok;
}

cJSON *axn_correction_json(const axn_correction_options *given, const axn_model *model,
                           const axn_correction_result *result, bool layers)
{
    const totals sum = add_up(result);
    cJSON *json = cJSON_CreateObject();
    bool ok = json != NULL &&
              cJSON_AddStringToObject(json, "operand_order", given->operand_order) != NULL &&
              cJSON_AddStringToObject(json, "map_weights", given->map_weights) != NULL &&
              cJSON_AddBoolToObject(json, "correct_bias", given->correct_bias) != NULL &&
              cJSON_AddBoolToObject(json, "reestimate_norm", given->reestimate_norm) != NULL &&
              cJSON_AddNumberToObject(json, "calibration_images", result->images) != NULL &&
              cJSON_AddNumberToObject(json, "swapped_layers", sum.swapped) != NULL &&
              cJSON_AddNumberToObject(json, "mapped_weights", (double)sum.mapped) != NULL &&
              cJSON_AddNumberToObject(json, "unmapped_channels", (double)sum.kept) != NULL &&
              cJSON_AddNumberToObject(json, "normalised_layers", sum.normalised) != NULL &&
              cJSON_AddNumberToObject(json, "bias_layers", sum.bias) != NULL &&
              cJSON_AddNumberToObject(json, "limited_biases", (double)sum.limited) != NULL &&
              (!layers || add_layers(json, model, result));
    if (!ok) {
        cJSON_Delete(json);
        return NULL;
    }
    return json;
}

void axn_correction_print(const axn_correction_options *given, const axn_correction_result *result)
{
    const totals sum = add_up(result);
    printf("corrections      on %d training images, %d convolutions\n", result->images,
           sum.convolutions);
    if (strcmp(given->operand_order, "as-is") != 0) {
        printf("  operand order  %s: swapped in %d\n", given->operand_order, sum.swapped);
    }
    if (strcmp(given->map_weights, "none") != 0) {
        printf("  weight codes   %s: %lld mapped\n", given->map_weights, sum.mapped);
        if (sum.kept > 0) {
            printf("                 %lld channels as before, whose bias would not fit\n",
                   sum.kept);
        }
    }
    if (given->reestimate_norm) {
        printf("  batch norms    folded anew in %d\n", sum.normalised);
    }
    if (given->correct_bias && (sum.bias > 0 || sum.normalised == 0)) {
        printf("  biases         without mean error in %d\n", sum.bias);
    }
    if (sum.limited > 0) {
        printf("  limits         %lld biases cut off at the largest possible\n", sum.limited);
    }
}
