/* Reading a model's folder: nothing in it is believed. */
#include <float.h>
#include <stdio.h>
#include <string.h>

#include "common/file.h"
#include "common/json.h"
#include "model/model_internal.h"

static axn_status read_hash(const cJSON *object, uint64_t *hash, const char *file, axn_error *error)
{
    const char *text;
    axn_status status = axn_json_string(object, "hash", &text, file, error);
    if (status == AXN_OK && !axn_hash_parse(text, hash))
        status = axn_fail(error, AXN_ERROR_FORMAT,
                          "%s: \"hash\" is not 16 lower-case hexadecimal digits", file);
    return status;
}

static axn_status read_multipliers(const cJSON *root, axn_model *out, const char *file,
                                   axn_error *error)
{
    static const char *const keys[] = {"name", "hash", NULL};
    const cJSON *array, *object;
    axn_status status = axn_json_array(root, "multipliers", &array, file, error);
    if (status != AXN_OK)
        return status;
    if (cJSON_GetArraySize(array) > AXN_MODEL_MAX_MULTIPLIERS)
        return axn_fail(error, AXN_ERROR_LIMIT, "%s: %d multipliers, the limit is %d", file,
                        cJSON_GetArraySize(array), AXN_MODEL_MAX_MULTIPLIERS);
    cJSON_ArrayForEach(object, array)
    {
        axn_model_multiplier *multiplier = &out->multipliers[out->multiplier_count++];
        status = axn_json_known_keys(object, keys, file, error);
        if (status == AXN_OK)
            status = axn_json_name(object, "name", multiplier->name, sizeof multiplier->name, file,
                                   error);
        if (status == AXN_OK)
            status = read_hash(object, &multiplier->hash, file, error);
        if (status != AXN_OK)
            return status;
    }
    return AXN_OK;
}

/* Array `key` of one number a channel. */
static axn_status read_numbers(const cJSON *object, const char *key, double *numbers, int units,
                               const char *file, axn_error *error)
{
    const cJSON *array, *item;
    axn_status status = axn_json_array(object, key, &array, file, error);
    if (status != AXN_OK)
        return status;
    if (cJSON_GetArraySize(array) != units)
        return axn_fail(error, AXN_ERROR_FORMAT, "%s: \"%s\" of %d channels, there are %d", file,
                        key, cJSON_GetArraySize(array), units);
    int i = 0;
    cJSON_ArrayForEach(item, array)
    {
        if (!cJSON_IsNumber(item))
            return axn_fail(error, AXN_ERROR_FORMAT, "%s: \"%s\" %d is not a number", file, key, i);
        numbers[i++] = item->valuedouble;
    }
    return AXN_OK;
}

static axn_status read_norm(const cJSON *object, axn_model *model, int index, const char *file,
                            axn_error *error)
{
    axn_model_layer *out = &model->layers[index];
    int units = model->network.layers[index].units;
    if (!cJSON_HasObjectItem(object, "norm_mean") && !cJSON_HasObjectItem(object, "norm_deviation"))
        return AXN_OK;
    axn_status status = axn_model_allocate_norm(model, index, error);
    if (status == AXN_OK)
        status = read_numbers(object, "norm_mean", out->norm_mean, units, file, error);
    if (status == AXN_OK)
        status = read_numbers(object, "norm_deviation", out->norm_deviation, units, file, error);
    return status;
}

static axn_status read_channels(const cJSON *object, axn_model *model, int index, const char *file,
                                axn_error *error)
{
    axn_model_layer *out = &model->layers[index];
    int64_t bits = 0;
    axn_status status = axn_json_integer(object, "accumulator_bits", 0, 32, &bits, file, error);
    out->accumulator_bits = (int)bits;
    if (status == AXN_OK)
        status = read_numbers(object, "weight_scale", out->weight_scale,
                              model->network.layers[index].units, file, error);
    if (status == AXN_OK)
        status = read_norm(object, model, index, file, error);
    return status;
}

static axn_status read_layer(const cJSON *object, axn_model *model, int index, const char *file,
                             axn_error *error)
{
    static const char *const keys[] = {
        "layer",        "scale",     "zero_point",     "low", "accumulator_bits",
        "weight_scale", "norm_mean", "norm_deviation", NULL};
    const axn_layer *layer = &model->network.layers[index];
    axn_model_layer *out = &model->layers[index];
    const char *name;
    int64_t number;
    axn_status status = axn_json_known_keys(object, keys, file, error);
    if (status == AXN_OK)
        status = axn_json_string(object, "layer", &name, file, error);
    if (status == AXN_OK && strcmp(name, layer->name) != 0)
        status = axn_fail(error, AXN_ERROR_FORMAT, "%s: is for layer \"%.40s\", not \"%s\"", file,
                          name, layer->name);
    if (status == AXN_OK && index < model->network.count - 1) {
        status =
            axn_json_number(object, "scale", DBL_MIN, DBL_MAX, &out->output.scale, file, error);
        if (status == AXN_OK)
            status = axn_json_integer(object, "zero_point", 0, 255, &number, file, error);
        if (status == AXN_OK) {
            out->output.zero_point = (uint8_t)number;
            status = axn_json_integer(object, "low", 0, 255, &number, file, error);
        }
        if (status == AXN_OK)
            out->low = (uint8_t)number;
    }
    if (status == AXN_OK && layer->units > 0)
        status = read_channels(object, model, index, file, error);
    return status;
}

static axn_status read_quantisation(const cJSON *root, axn_model *model, const char *file,
                                    axn_error *error)
{
    const cJSON *array, *object;
    axn_status status = axn_json_array(root, "quantisation", &array, file, error);
    if (status != AXN_OK)
        return status;
    if (cJSON_GetArraySize(array) != model->network.count)
        return axn_fail(error, AXN_ERROR_FORMAT, "%s: \"quantisation\" of %d layers, there are %d",
                        file, cJSON_GetArraySize(array), model->network.count);
    int index = 0;
    cJSON_ArrayForEach(object, array)
    {
        char place[AXN_PATH_MAX + 40];
        snprintf(place, sizeof place, "%s: quantisation %d", file, index);
        status = read_layer(object, model, index++, place, error);
        if (status != AXN_OK)
            return status;
    }
    return AXN_OK;
}

/* The bytes of weights.bin, after their size and hash have been compared. */
static axn_status read_weights(const cJSON *root, const char *folder, const axn_network *network,
                               axn_buffer *out, const char *file, axn_error *error)
{
    static const char *const keys[] = {"file", "bytes", "hash", NULL};
    char path[AXN_PATH_MAX];
    const cJSON *object;
    const char *name;
    int64_t bytes = 0;
    uint64_t hash = 0;
    size_t size = axn_model_packed_size(network);
    axn_status status = axn_path_join(path, folder, AXN_MODEL_WEIGHTS, error);
    if (status == AXN_OK)
        status = axn_json_object(root, "weights", &object, file, error);
    if (status == AXN_OK)
        status = axn_json_known_keys(object, keys, file, error);
    if (status == AXN_OK)
        status = axn_json_string(object, "file", &name, file, error);
    if (status == AXN_OK && strcmp(name, AXN_MODEL_WEIGHTS) != 0)
        status = axn_fail(error, AXN_ERROR_FORMAT, "%s: \"file\" must be \"%s\"", file,
                          AXN_MODEL_WEIGHTS);
    if (status == AXN_OK)
        status = axn_json_integer(object, "bytes", 0, INT32_MAX, &bytes, file, error);
    if (status == AXN_OK && (size_t)bytes != size)
        status = axn_fail(error, AXN_ERROR_FORMAT,
                          "%s: \"bytes\" of the weights is %lld, the network needs %zu", file,
                          (long long)bytes, size);
    if (status == AXN_OK)
        status = read_hash(object, &hash, file, error);
    if (status == AXN_OK)
        status = axn_file_read(path, size, out, error);
    if (status == AXN_OK && out->length != size)
        status = axn_fail(error, AXN_ERROR_FORMAT, "%s is truncated: %zu bytes instead of %zu",
                          path, out->length, size);
    if (status == AXN_OK && axn_hash(AXN_HASH_SEED, out->data, out->length) != hash)
        status = axn_fail(error, AXN_ERROR_MISMATCH,
                          "%s does not have the hash stated in %s: damaged, or of another model",
                          path, AXN_MODEL_JSON);
    return status;
}

static axn_status read_head(const cJSON *root, axn_model *out, const char *file, axn_error *error)
{
    static const char *const keys[] = {"format",       "version",    "dataset",
                                       "multipliers",  "weights",    "layers",
                                       "quantisation", "provenance", NULL};
    const cJSON *version = cJSON_GetObjectItemCaseSensitive(root, "version");
    bool first = cJSON_IsNumber(version) && version->valuedouble == 1;
    axn_status status =
        axn_json_check_format(root, AXN_MODEL_FORMAT, first ? 1 : AXN_MODEL_VERSION, file, error);
    if (status == AXN_OK)
        status = axn_json_known_keys(root, keys, file, error);
    if (status == AXN_OK)
        status = axn_json_name(root, "dataset", out->dataset, sizeof out->dataset, file, error);
    if (status == AXN_OK)
        status = read_multipliers(root, out, file, error);
    if (status == AXN_OK)
        status = axn_network_from_json(cJSON_GetObjectItemCaseSensitive(root, "layers"),
                                       &out->network, file, error);
    return status;
}

axn_status axn_model_load(const char *folder, axn_model *out, axn_error *error)
{
    char file[AXN_PATH_MAX];
    axn_buffer packed = {0};
    cJSON *root = NULL;
    *out = (axn_model){0};
    axn_status status =
        axn_path_of_mark(file, folder, AXN_MODEL_JSON, "the folder of a model", error);
    if (status == AXN_OK)
        status = axn_json_read(file, &root, error);
    if (status == AXN_OK)
        status = read_head(root, out, file, error);
    if (status == AXN_OK)
        status = read_weights(root, folder, &out->network, &packed, file, error);
    if (status == AXN_OK)
        status = axn_model_allocate(out, error);
    if (status == AXN_OK)
        status = read_quantisation(root, out, file, error);
    if (status == AXN_OK) {
        axn_model_unpack(out, packed.data);
        out->provenance = cJSON_DetachItemFromObjectCaseSensitive(root, "provenance");
        status = axn_model_check_description(out, error);
        if (status != AXN_OK)
            axn_error_prefix(error, "%s", file);
    }
    if (status == AXN_OK) {
        status = axn_model_check_arrays(out, error);
        if (status != AXN_OK)
            axn_error_prefix(error, "%s/%s", folder, AXN_MODEL_WEIGHTS);
    }
    cJSON_Delete(root);
    axn_buffer_free(&packed);
    if (status != AXN_OK)
        axn_model_free(out);
    return status;
}
