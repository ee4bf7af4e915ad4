/* config.json of a run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/hash.h"
#include "common/json.h"
#include "common/memory.h"
#include "nas/experiment.h"

static bool add_hash(cJSON *json, const char *key, uint64_t hash)
{
    char text[AXN_HASH_TEXT];
    axn_hash_text(text, hash);
    return cJSON_AddStringToObject(json, key, text) != NULL;
}

/* The template as an array of lines, so that a run can be read without the file. */
static bool add_template(cJSON *json, const axn_template *grid)
{
    axn_buffer text = {0};
    char *state = NULL;
    cJSON_AddStringToObject(json, "template_name", grid->name);
    cJSON *lines = cJSON_AddArrayToObject(json, "template_lines");
    axn_template_print(grid, &text);
    bool complete = lines != NULL && !text.failed;
    char *line = complete ? strtok_r(text.data, "\n", &state) : NULL;
    for (; line != NULL && complete; line = strtok_r(NULL, "\n", &state)) {
        complete = cJSON_AddItemToArray(lines, cJSON_CreateString(line));
    }
    axn_buffer_free(&text);
    return complete;
}

static bool add_multipliers(cJSON *json, const axn_experiment *e)
{
    cJSON *list = cJSON_AddArrayToObject(json, "multipliers");
    bool complete = list != NULL;
    for (int i = 0; i < e->multiplier_count && complete; i++) {
        const axn_search_multiplier *multiplier = &e->multipliers[i];
        cJSON *item = cJSON_CreateObject();
        complete = cJSON_AddItemToArray(list, item) &&
                   cJSON_AddStringToObject(item, "name", multiplier->name) != NULL &&
                   add_hash(item, "hash", multiplier->hash) &&
                   cJSON_AddNumberToObject(item, "energy_pj", multiplier->energy_pj) != NULL &&
                   cJSON_AddNumberToObject(item, "power_ratio", multiplier->power_ratio) != NULL &&
                   cJSON_AddNumberToObject(item, "fidelity", multiplier->fidelity) != NULL;
    }
    return complete;
}

axn_status axn_experiment_to_json(const axn_experiment *e, cJSON **out, axn_error *error)
{
    cJSON *json = cJSON_CreateObject();
    cJSON *settings = axn_settings_to_json(&e->settings);
    bool complete =
        cJSON_AddStringToObject(json, "format", "axnas-run") != NULL &&
        cJSON_AddNumberToObject(json, "version", 1) != NULL &&
        cJSON_AddStringToObject(json, "isa", e->isa) != NULL &&
        add_hash(json, "dataset_hash", e->dataset_hash) &&
        cJSON_AddNumberToObject(json, "height", e->input.height) != NULL &&
        cJSON_AddNumberToObject(json, "width", e->input.width) != NULL &&
        cJSON_AddNumberToObject(json, "channels", e->input.channels) != NULL &&
        cJSON_AddNumberToObject(json, "classes", e->classes) != NULL &&
        cJSON_AddNumberToObject(json, "train_images", e->train_images) != NULL &&
        cJSON_AddNumberToObject(json, "validation_images", e->validation_images) != NULL &&
        cJSON_AddBoolToObject(json, "flip", e->flip) != NULL &&
        cJSON_AddStringToObject(json, "exact_multiplier", e->exact_name) != NULL &&
        cJSON_AddNumberToObject(json, "exact_energy_pj", e->exact_energy_pj) != NULL &&
        add_multipliers(json, e) && add_template(json, &e->grid);
    if (settings == NULL || !cJSON_AddItemToObject(json, "settings", settings)) {
        cJSON_Delete(settings);
        complete = false;
    }
    if (!complete) {
        cJSON_Delete(json);
        *out = NULL;
        return axn_fail(error, AXN_ERROR_MEMORY, "out of memory for the configuration");
    }
    *out = json;
    return AXN_OK;
}

static axn_status read_hash(const cJSON *json, const char *key, uint64_t *out, const char *file,
                            axn_error *error)
{
    const char *text = NULL;
    axn_status status = axn_json_string(json, key, &text, file, error);
    if (status == AXN_OK &&
        (strlen(text) != AXN_HASH_TEXT - 1 || strspn(text, "0123456789abcdef") != strlen(text))) {
        status =
            axn_fail(error, AXN_ERROR_FORMAT, "%s: \"%s\" is not 16 hexadecimal digits", file, key);
    }
    if (status == AXN_OK) {
        *out = strtoull(text, NULL, 16);
    }
    return status;
}

static axn_status read_sizes(const cJSON *json, const char *file, axn_experiment *e,
                             axn_error *error)
{
    const struct {
        const char *key;
        int64_t high;
        int *value;
    } sizes[] = {
        {"height", 4096, &e->input.height},
        {"width", 4096, &e->input.width},
        {"channels", 4096, &e->input.channels},
        {"classes", AXN_MAX_CLASSES, &e->classes},
        {"train_images", INT32_MAX, &e->train_images},
        {"validation_images", INT32_MAX, &e->validation_images},
    };
    axn_status status = AXN_OK;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0] && status == AXN_OK; i++) {
        int64_t value = 0;
        status = axn_json_integer(json, sizes[i].key, 1, sizes[i].high, &value, file, error);
        *sizes[i].value = (int)value;
    }
    return status;
}

static axn_status read_multiplier(const cJSON *item, const char *file, axn_search_multiplier *out,
                                  axn_error *error)
{
    axn_status status = axn_json_name(item, "name", out->name, sizeof out->name, file, error);
    if (status == AXN_OK) {
        status = read_hash(item, "hash", &out->hash, file, error);
    }
    if (status == AXN_OK) {
        status = axn_json_number(item, "energy_pj", 0, 1e12, &out->energy_pj, file, error);
    }
    if (status == AXN_OK) {
        status = axn_json_number(item, "power_ratio", 0, 1e12, &out->power_ratio, file, error);
    }
    if (status == AXN_OK) {
        status = axn_json_number(item, "fidelity", 0, 1, &out->fidelity, file, error);
    }
    return status;
}

static axn_status read_multipliers(const cJSON *json, const char *file, axn_experiment *e,
                                   axn_error *error)
{
    const cJSON *list = NULL;
    const cJSON *item = NULL;
    axn_status status = axn_json_array(json, "multipliers", &list, file, error);
    if (status != AXN_OK) {
        return status;
    }
    int count = cJSON_GetArraySize(list);
    if (count == 0) {
        return axn_fail(error, AXN_ERROR_FORMAT, "%s: \"multipliers\" is empty", file);
    }
    status =
        axn_allocate(&e->multipliers, (size_t)count, sizeof *e->multipliers, "multipliers", error);
    cJSON_ArrayForEach(item, list)
    {
        if (status == AXN_OK) {
            status = read_multiplier(item, file, &e->multipliers[e->multiplier_count++], error);
        }
    }
    return status;
}

static axn_status read_template(const cJSON *json, const char *file, axn_experiment *e,
                                axn_error *error)
{
    axn_buffer text = {0};
    const cJSON *lines = NULL;
    const cJSON *line = NULL;
    const char *name = NULL;
    axn_status status = axn_json_array(json, "template_lines", &lines, file, error);
    cJSON_ArrayForEach(line, lines)
    {
        axn_buffer_text(&text, cJSON_IsString(line) ? line->valuestring : "?");
        axn_buffer_text(&text, "\n");
    }
    if (status == AXN_OK && text.failed) {
        status = axn_fail(error, AXN_ERROR_MEMORY, "out of memory for a template");
    }
    if (status == AXN_OK) {
        status = axn_json_string(json, "template_name", &name, file, error);
    }
    if (status == AXN_OK) {
        status = axn_template_parse(file, text.data != NULL ? text.data : "", text.length, &e->grid,
                                    error);
    }
    if (status == AXN_OK) {
        snprintf(e->grid.name, sizeof e->grid.name, "%s", name);
    }
    axn_buffer_free(&text);
    return status;
}

axn_status axn_experiment_from_json(const cJSON *json, const char *file, axn_experiment *out,
                                    axn_error *error)
{
    const cJSON *settings = NULL;
    *out = (axn_experiment){0};
    axn_settings_defaults(&out->settings);
    axn_status status = axn_json_object(json, "settings", &settings, file, error);
    if (status == AXN_OK) {
        status = axn_settings_apply(&out->settings, settings, file, error);
    }
    if (status == AXN_OK) {
        status = read_sizes(json, file, out, error);
    }
    if (status == AXN_OK) {
        status = read_multipliers(json, file, out, error);
    }
    if (status == AXN_OK) {
        status = read_template(json, file, out, error);
    }
    if (status == AXN_OK) {
        status = axn_json_bool(json, "flip", &out->flip, file, error);
    }
    if (status == AXN_OK) {
        status = read_hash(json, "dataset_hash", &out->dataset_hash, file, error);
    }
    if (status == AXN_OK) {
        status =
            axn_json_number(json, "exact_energy_pj", 0, 1e12, &out->exact_energy_pj, file, error);
    }
    if (status == AXN_OK) {
        status = axn_json_name(json, "exact_multiplier", out->exact_name, sizeof out->exact_name,
                               file, error);
    }
    if (status == AXN_OK) {
        status = axn_json_name(json, "isa", out->isa, sizeof out->isa, file, error);
    }
    if (status != AXN_OK) {
        axn_experiment_free(out);
    }
    return status;
}
