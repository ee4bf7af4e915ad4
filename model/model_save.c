/* Writing a model's folder. */
#include <stdio.h>
#include <unistd.h>

#include "common/file.h"
#include "common/json.h"
#include "model/model_internal.h"

static bool add(cJSON *object, const char *key, cJSON *item)
{
    if (item != NULL && cJSON_AddItemToObject(object, key, item))
        return true;
    cJSON_Delete(item);
    return false;
}

static bool add_hash(cJSON *object, const char *key, uint64_t hash)
{
    char text[AXN_HASH_TEXT];
    axn_hash_text(text, hash);
    return cJSON_AddStringToObject(object, key, text) != NULL;
}

static bool append(cJSON *array, cJSON *item)
{
    if (item != NULL && cJSON_AddItemToArray(array, item))
        return true;
    cJSON_Delete(item);
    return false;
}

static bool add_multipliers(cJSON *root, const axn_model *model)
{
    cJSON *array = cJSON_AddArrayToObject(root, "multipliers");
    for (int i = 0; array != NULL && i < model->multiplier_count; i++) {
        cJSON *object = cJSON_CreateObject();
        if (!append(array, object) ||
            cJSON_AddStringToObject(object, "name", model->multipliers[i].name) == NULL ||
            !add_hash(object, "hash", model->multipliers[i].hash))
            return false;
    }
    return array != NULL;
}

static bool add_numbers(cJSON *object, const char *key, const double *numbers, int count)
{
    cJSON *array = cJSON_AddArrayToObject(object, key);
    for (int i = 0; array != NULL && i < count; i++)
        if (!append(array, axn_json_double(numbers[i])))
            return false;
    return array != NULL;
}

static bool add_channels(cJSON *object, const axn_model_layer *quantised, int units)
{
    return cJSON_AddNumberToObject(object, "accumulator_bits", quantised->accumulator_bits) !=
               NULL &&
           add_numbers(object, "weight_scale", quantised->weight_scale, units) &&
           (quantised->norm_mean == NULL ||
            (add_numbers(object, "norm_mean", quantised->norm_mean, units) &&
             add_numbers(object, "norm_deviation", quantised->norm_deviation, units)));
}

static bool add_quantisation(cJSON *root, const axn_model *model)
{
    cJSON *array = cJSON_AddArrayToObject(root, "quantisation");
    for (int i = 0; array != NULL && i < model->network.count; i++) {
        const axn_layer *layer = &model->network.layers[i];
        const axn_model_layer *quantised = &model->layers[i];
        cJSON *object = cJSON_CreateObject();
        if (!append(array, object) || cJSON_AddStringToObject(object, "layer", layer->name) == NULL)
            return false;
        if (i < model->network.count - 1 &&
            (!axn_json_add_double(object, "scale", quantised->output.scale) ||
             cJSON_AddNumberToObject(object, "zero_point", quantised->output.zero_point) == NULL ||
             cJSON_AddNumberToObject(object, "low", quantised->low) == NULL))
            return false;
        if (layer->units > 0 && !add_channels(object, quantised, layer->units))
            return false;
    }
    return array != NULL;
}

static bool add_weights(cJSON *root, const axn_buffer *packed)
{
    cJSON *object = cJSON_AddObjectToObject(root, "weights");
    return object != NULL && cJSON_AddStringToObject(object, "file", AXN_MODEL_WEIGHTS) != NULL &&
           cJSON_AddNumberToObject(object, "bytes", (double)packed->length) != NULL &&
           add_hash(object, "hash", axn_hash(AXN_HASH_SEED, packed->data, packed->length));
}

static cJSON *describe(const axn_model *model, const axn_buffer *packed)
{
    cJSON *root = cJSON_CreateObject();
    if (root != NULL && cJSON_AddStringToObject(root, "format", AXN_MODEL_FORMAT) != NULL &&
        cJSON_AddNumberToObject(root, "version", AXN_MODEL_VERSION) != NULL &&
        cJSON_AddStringToObject(root, "dataset", model->dataset) != NULL &&
        add_multipliers(root, model) && add_weights(root, packed) &&
        add(root, "layers", axn_network_to_json(&model->network)) &&
        add_quantisation(root, model) &&
        (model->provenance == NULL ||
         add(root, "provenance", cJSON_Duplicate(model->provenance, 1))))
        return root;
    cJSON_Delete(root);
    return NULL;
}

/* weights.bin first: a model.json is only ever there with its weights. */
static axn_status write_files(const char *folder, const cJSON *json, const axn_buffer *packed,
                              axn_error *error)
{
    char json_path[AXN_PATH_MAX], weights_path[AXN_PATH_MAX];
    axn_status status = axn_path_join(json_path, folder, AXN_MODEL_JSON, error);
    if (status == AXN_OK)
        status = axn_path_join(weights_path, folder, AXN_MODEL_WEIGHTS, error);
    if (status != AXN_OK)
        return status;
    bool had_weights = axn_path_exists(weights_path);
    status = axn_file_write(weights_path, packed->data, packed->length, error);
    if (status != AXN_OK)
        return status;
    status = axn_json_write(json_path, json, error);
    if (status != AXN_OK && !had_weights)
        unlink(weights_path);
    return status;
}

axn_status axn_model_save(const axn_model *model, const char *folder, bool force, axn_error *error)
{
    axn_buffer packed = {0};
    cJSON *json = NULL;
    axn_status status = axn_model_check(model, error);
    if (status != AXN_OK) {
        axn_error_prefix(error, "cannot write model \"%s\"", folder);
        return status;
    }
    axn_model_pack(model, &packed);
    if (!packed.failed)
        json = describe(model, &packed);
    bool existed = axn_path_exists(folder);
    if (json == NULL)
        status = axn_fail(error, AXN_ERROR_MEMORY, "out of memory writing model \"%s\"", folder);
    else
        status = axn_folder_prepare(folder, force, error);
    if (status == AXN_OK) {
        status = write_files(folder, json, &packed, error);
        if (status != AXN_OK && !existed)
            (void)rmdir(folder);
    }
    cJSON_Delete(json);
    axn_buffer_free(&packed);
    return status;
}
