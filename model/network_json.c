/* The network description, see model/network.h. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/memory.h"
#include "model/network.h"
#include "model/network_internal.h"

#define FORMAT "axnas-network"
#define VERSION 1

static const char *const keys_of[][13] = {
    [AXN_LAYER_INPUT] = {"kind", "name", "inputs", "output_shape", "shape"},
    [AXN_LAYER_CONV] = {"kind", "name", "inputs", "output_shape", "units", "kernel", "stride",
                        "batch_norm", "relu", "multiplier", "swap_operands"},
    [AXN_LAYER_DENSE] = {"kind", "name", "inputs", "output_shape", "units", "relu", "multiplier"},
    [AXN_LAYER_MAX_POOL] = {"kind", "name", "inputs", "output_shape", "kernel", "stride", "pad"},
    [AXN_LAYER_AVERAGE_POOL] = {"kind", "name", "inputs", "output_shape", "kernel", "stride",
                                "pad"},
    [AXN_LAYER_SUM] = {"kind", "name", "inputs", "output_shape", "relu"},
    [AXN_LAYER_CONCAT] = {"kind", "name", "inputs", "output_shape"},
};

/* Writing. */

static bool add_pair(cJSON *object, const char *key, int first, int second)
{
    const int values[2] = {first, second};
    cJSON *array = cJSON_CreateIntArray(values, 2);
    if (array != NULL && cJSON_AddItemToObject(object, key, array))
        return true;
    cJSON_Delete(array);
    return false;
}

static bool add_shape(cJSON *object, const char *key, axn_shape shape)
{
    const int values[3] = {shape.height, shape.width, shape.channels};
    cJSON *array = cJSON_CreateIntArray(values, 3);
    if (array != NULL && cJSON_AddItemToObject(object, key, array))
        return true;
    cJSON_Delete(array);
    return false;
}

static bool add_number(cJSON *object, const char *key, int value)
{
    return cJSON_AddNumberToObject(object, key, value) != NULL;
}

static bool add_bool(cJSON *object, const char *key, bool value)
{
    return cJSON_AddBoolToObject(object, key, value) != NULL;
}

static bool add_inputs(cJSON *object, const axn_network *network, const axn_layer *layer)
{
    cJSON *array = cJSON_AddArrayToObject(object, "inputs");
    for (int i = 0; array != NULL && i < layer->input_count; i++) {
        cJSON *name = cJSON_CreateString(network->layers[layer->inputs[i]].name);
        if (name == NULL || !cJSON_AddItemToArray(array, name)) {
            cJSON_Delete(name);
            return false;
        }
    }
    return array != NULL;
}

static bool add_fields(cJSON *object, const axn_layer *layer)
{
    bool conv = layer->kind == AXN_LAYER_CONV, dense = layer->kind == AXN_LAYER_DENSE;
    bool pool = layer->kind == AXN_LAYER_MAX_POOL || layer->kind == AXN_LAYER_AVERAGE_POOL;
    bool good = true;
    if (conv || dense)
        good = good && add_number(object, "units", layer->units);
    if (conv || pool)
        good = good && add_pair(object, "kernel", layer->kernel_h, layer->kernel_w) &&
               add_number(object, "stride", layer->stride);
    if (pool)
        good = good && add_pair(object, "pad", layer->pad_h, layer->pad_w);
    if (conv)
        good = good && add_bool(object, "batch_norm", layer->batch_norm) &&
               add_bool(object, "swap_operands", layer->swap_operands);
    if (conv || dense)
        good = good && add_number(object, "multiplier", layer->multiplier);
    if (conv || dense || layer->kind == AXN_LAYER_SUM)
        good = good && add_bool(object, "relu", layer->relu);
    return good;
}

static bool add_layer(cJSON *layers, const axn_network *network, int index)
{
    const axn_layer *layer = &network->layers[index];
    cJSON *object = cJSON_CreateObject();
    if (object == NULL || !cJSON_AddItemToArray(layers, object)) {
        cJSON_Delete(object);
        return false;
    }
    if (cJSON_AddStringToObject(object, "kind", axn_layer_kind_name(layer->kind)) == NULL ||
        cJSON_AddStringToObject(object, "name", layer->name) == NULL)
        return false;
    if (layer->kind == AXN_LAYER_INPUT)
        return add_shape(object, "shape", layer->output);
    return add_inputs(object, network, layer) && add_fields(object, layer) &&
           add_shape(object, "output_shape", layer->output);
}

cJSON *axn_network_to_json(const axn_network *network)
{
    cJSON *layers = cJSON_CreateArray();
    for (int i = 0; layers != NULL && i < network->count; i++) {
        if (!add_layer(layers, network, i)) {
            cJSON_Delete(layers);
            layers = NULL;
        }
    }
    return layers;
}

/* Reading. */

/* An integer, or with `count` > 1 an array of so many, or one for all if `single`. */
static axn_status read_integers(const cJSON *object, const char *key, int count, bool single,
                                int *out, const char *file, axn_error *error)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    bool array = cJSON_IsArray(item) && cJSON_GetArraySize(item) == count;
    if (!array && !(single && cJSON_IsNumber(item)))
        return axn_fail(error, AXN_ERROR_FORMAT, "%s: \"%s\" is not %s%d integers", file, key,
                        single ? "an integer or " : "", count);
    const cJSON *element = array ? item->child : item;
    for (int i = 0; i < count; i++) {
        double value = element->valuedouble;
        if (!cJSON_IsNumber(element) || !(value >= INT_MIN && value <= INT_MAX) ||
            value != (double)(int)value)
            return axn_fail(error, AXN_ERROR_FORMAT,
                            "%s: \"%s\" holds something else than integers", file, key);
        out[i] = (int)value;
        if (array)
            element = element->next;
    }
    return AXN_OK;
}

static axn_status read_integer(const cJSON *object, const char *key, int *value, const char *file,
                               axn_error *error)
{
    int64_t number = 0;
    axn_status status = axn_json_integer(object, key, INT_MIN, INT_MAX, &number, file, error);
    *value = (int)number;
    return status;
}

static axn_status optional_integer(const cJSON *object, const char *key, int *value,
                                   const char *file, axn_error *error)
{
    if (!cJSON_HasObjectItem(object, key))
        return AXN_OK;
    return read_integer(object, key, value, file, error);
}

static axn_status optional_bool(const cJSON *object, const char *key, bool *value, const char *file,
                                axn_error *error)
{
    if (!cJSON_HasObjectItem(object, key))
        return AXN_OK;
    return axn_json_bool(object, key, value, file, error);
}

static axn_status read_kind(const cJSON *object, axn_layer_kind *kind, const char *file,
                            axn_error *error)
{
    const char *text;
    axn_status status = axn_json_string(object, "kind", &text, file, error);
    if (status != AXN_OK)
        return status;
    for (int i = AXN_LAYER_INPUT; i <= AXN_LAYER_CONCAT; i++) {
        *kind = (axn_layer_kind)i;
        if (strcmp(text, axn_layer_kind_name(*kind)) == 0)
            return AXN_OK;
    }
    return axn_fail(error, AXN_ERROR_FORMAT, "%s: unknown kind \"%.40s\"", file, text);
}

static int find_layer(const axn_network *network, int before, const char *name)
{
    for (int i = 0; i < before; i++)
        if (strcmp(network->layers[i].name, name) == 0)
            return i;
    return -1;
}

static axn_status read_inputs(const cJSON *object, const axn_network *network, int index,
                              const char *file, axn_error *error)
{
    axn_layer *layer = &network->layers[index];
    const cJSON *inputs = NULL;
    if (!cJSON_HasObjectItem(object, "inputs")) {
        layer->inputs[0] = index - 1;
        layer->input_count = index > 0 ? 1 : 0;
        return AXN_OK;
    }
    axn_status status = axn_json_array(object, "inputs", &inputs, file, error);
    if (status != AXN_OK)
        return status;
    if (cJSON_GetArraySize(inputs) > AXN_MAX_INPUTS)
        return axn_fail(error, AXN_ERROR_LIMIT, "%s: more than %d inputs", file, AXN_MAX_INPUTS);
    const cJSON *item;
    cJSON_ArrayForEach(item, inputs)
    {
        if (!cJSON_IsString(item))
            return axn_fail(error, AXN_ERROR_FORMAT,
                            "%s: \"inputs\" holds something else than names", file);
        int found = find_layer(network, index, item->valuestring);
        if (found < 0)
            return axn_fail(error, AXN_ERROR_FORMAT, "%s: input \"%.40s\" is not an earlier layer",
                            file, item->valuestring);
        layer->inputs[layer->input_count++] = found;
    }
    return AXN_OK;
}

static axn_status read_fields(const cJSON *object, axn_layer *layer, const char *file,
                              axn_error *error)
{
    bool conv = layer->kind == AXN_LAYER_CONV, dense = layer->kind == AXN_LAYER_DENSE;
    bool pool = layer->kind == AXN_LAYER_MAX_POOL || layer->kind == AXN_LAYER_AVERAGE_POOL;
    axn_status status = AXN_OK;
    int pair[2] = {0, 0};
    if (conv || dense)
        status = read_integer(object, "units", &layer->units, file, error);
    if (status == AXN_OK && (conv || pool)) {
        layer->stride = 1;
        status = read_integers(object, "kernel", 2, true, pair, file, error);
        if (status == AXN_OK) {
            layer->kernel_h = pair[0];
            layer->kernel_w = pair[1];
            status = optional_integer(object, "stride", &layer->stride, file, error);
        }
    }
    if (status == AXN_OK && pool && cJSON_HasObjectItem(object, "pad")) {
        status = read_integers(object, "pad", 2, true, pair, file, error);
        layer->pad_h = status == AXN_OK ? pair[0] : 0;
        layer->pad_w = status == AXN_OK ? pair[1] : 0;
    }
    if (status == AXN_OK)
        status = optional_bool(object, "batch_norm", &layer->batch_norm, file, error);
    if (status == AXN_OK)
        status = optional_bool(object, "relu", &layer->relu, file, error);
    if (status == AXN_OK)
        status = optional_integer(object, "multiplier", &layer->multiplier, file, error);
    if (status == AXN_OK)
        status = optional_bool(object, "swap_operands", &layer->swap_operands, file, error);
    return status;
}

static axn_status read_name(const cJSON *object, axn_layer *layer, const char *file,
                            axn_error *error)
{
    if (!cJSON_HasObjectItem(object, "name"))
        return AXN_OK;
    return axn_json_name(object, "name", layer->name, sizeof layer->name, file, error);
}

static axn_status read_layer(const cJSON *object, axn_network *network, const char *file,
                             axn_error *error)
{
    axn_layer_kind kind;
    if (!cJSON_IsObject(object))
        return axn_fail(error, AXN_ERROR_FORMAT, "%s: not an object", file);
    axn_status status = read_kind(object, &kind, file, error);
    if (status != AXN_OK)
        return status;
    status = axn_json_known_keys(object, keys_of[kind], file, error);
    if (status != AXN_OK)
        return status;
    int index = axn_network_append(network, kind);
    if (index < 0)
        return axn_fail(error, AXN_ERROR_MEMORY, "%s: out of memory", file);
    axn_layer *layer = &network->layers[index];
    status = read_name(object, layer, file, error);
    if (status == AXN_OK)
        status = read_inputs(object, network, index, file, error);
    if (status == AXN_OK && kind == AXN_LAYER_INPUT) {
        int shape[3] = {0, 0, 0};
        status = read_integers(object, "shape", 3, false, shape, file, error);
        if (status == AXN_OK)
            layer->output = (axn_shape){shape[0], shape[1], shape[2]};
    }
    if (status == AXN_OK)
        status = read_fields(object, layer, file, error);
    return status;
}

/* A file that states another shape than the rules give was made for other rules. */
static axn_status check_shapes(const cJSON *layers, const axn_network *network, const char *file,
                               axn_error *error)
{
    int index = 0;
    const cJSON *object;
    cJSON_ArrayForEach(object, layers)
    {
        axn_shape shape = network->layers[index].output;
        int stated[3] = {0, 0, 0};
        if (cJSON_HasObjectItem(object, "output_shape")) {
            axn_status status =
                read_integers(object, "output_shape", 3, false, stated, file, error);
            if (status != AXN_OK)
                return status;
            if (stated[0] != shape.height || stated[1] != shape.width ||
                stated[2] != shape.channels)
                return axn_fail(error, AXN_ERROR_FORMAT,
                                "%s: layer %d \"%s\": \"output_shape\" is %d x %d x %d, should be "
                                "%d x %d x %d",
                                file, index, network->layers[index].name, stated[0], stated[1],
                                stated[2], shape.height, shape.width, shape.channels);
        }
        index++;
    }
    return AXN_OK;
}

axn_status axn_network_from_json(const cJSON *layers, axn_network *out, const char *file,
                                 axn_error *error)
{
    axn_status status = AXN_OK;
    *out = (axn_network){0};
    if (!cJSON_IsArray(layers))
        return axn_fail(error, AXN_ERROR_FORMAT, "%s: \"layers\" is not an array", file);
    if (cJSON_GetArraySize(layers) > AXN_MAX_LAYERS)
        return axn_fail(error, AXN_ERROR_LIMIT, "%s: %d layers, the limit is %d", file,
                        cJSON_GetArraySize(layers), AXN_MAX_LAYERS);
    const cJSON *object;
    cJSON_ArrayForEach(object, layers)
    {
        char place[512];
        snprintf(place, sizeof place, "%s: layer %d", file, out->count);
        status = read_layer(object, out, place, error);
        if (status != AXN_OK)
            goto done;
    }
    status = axn_network_infer(out, error);
    if (status != AXN_OK)
        axn_error_prefix(error, "%s", file);
    else
        status = check_shapes(layers, out, file, error);
done:
    if (status != AXN_OK)
        axn_network_free(out);
    return status;
}

axn_status axn_network_load(const char *path, axn_network *out, axn_error *error)
{
    static const char *const keys[] = {"format", "version", "layers", "name", "comment", NULL};
    cJSON *json = NULL;
    *out = (axn_network){0};
    axn_status status = axn_json_read(path, &json, error);
    if (status == AXN_OK)
        status = axn_json_check_format(json, FORMAT, VERSION, path, error);
    if (status == AXN_OK)
        status = axn_json_known_keys(json, keys, path, error);
    if (status == AXN_OK)
        status = axn_network_from_json(cJSON_GetObjectItemCaseSensitive(json, "layers"), out, path,
                                       error);
    cJSON_Delete(json);
    return status;
}

axn_status axn_network_save(const char *path, const axn_network *network, axn_error *error)
{
    axn_status status;
    cJSON *json = cJSON_CreateObject();
    cJSON *layers = axn_network_to_json(network);
    if (json == NULL || layers == NULL || cJSON_AddStringToObject(json, "format", FORMAT) == NULL ||
        cJSON_AddNumberToObject(json, "version", VERSION) == NULL ||
        !cJSON_AddItemToObject(json, "layers", layers)) {
        cJSON_Delete(layers);
        status = axn_fail(error, AXN_ERROR_MEMORY, "out of memory writing \"%s\"", path);
    } else {
        status = axn_json_write(path, json, error);
    }
    cJSON_Delete(json);
    return status;
}
