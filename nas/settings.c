#include "nas/settings.h"

#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "nas/trainer_config.h"

typedef enum key_kind { KEY_WORD, KEY_TEXT, KEY_PATH, KEY_INTEGER, KEY_NUMBER } key_kind;

typedef struct key_rule {
    const char *name;
    key_kind kind;
    size_t offset;
    const char *choices; /* KEY_WORD: "a|b" */
    double low, high;    /* KEY_INTEGER, KEY_NUMBER */
    const char *initial; /* texts */
    double start;        /* numbers */
} key_rule;

#define WORD(key, choices, initial)                                                                \
    {                                                                                              \
#key, KEY_WORD, offsetof(axn_settings, key), choices, 0, 0, initial, 0                     \
    }
#define TEXT(key)                                                                                  \
    {                                                                                              \
#key, KEY_TEXT, offsetof(axn_settings, key), NULL, 0, 0, "", 0                             \
    }
#define PATH(key)                                                                                  \
    {                                                                                              \
#key, KEY_PATH, offsetof(axn_settings, key), NULL, 0, 0, "", 0                             \
    }
#define INTEGER(key, low, high, start)                                                             \
    {                                                                                              \
#key, KEY_INTEGER, offsetof(axn_settings, key), NULL, low, high, NULL, start               \
    }
#define NUMBER(key, low, high, start)                                                              \
    {                                                                                              \
#key, KEY_NUMBER, offsetof(axn_settings, key), NULL, low, high, NULL, start                \
    }

static const key_rule rules[] = {
    TEXT(dataset),
    PATH(data_dir),
    PATH(library),
    PATH(template),
    WORD(algorithm, "nsga2|random", "nsga2"),
    WORD(scenario, "s1|s2|s3|s4", "s2"),
    WORD(protocol, "held-out|paper", "held-out"),
    TEXT(multiplier),
    WORD(crowding, "worst-first|one-shot", "worst-first"),
    WORD(inheritance, "off|on", "off"),
    WORD(multiplication_count, "exact|paper", "exact"),
    WORD(energy_convention, "clock|path", "clock"),
    WORD(schedule, AXN_SCHEDULE_WORDS, "constant"),
    WORD(optimiser, AXN_OPTIMISER_WORDS, "adam"),
    WORD(decoupled_l2, "off|on", "off"),
    WORD(gradient, AXN_GRADIENT_WORDS, "straight-through"),
    WORD(weight_ranges, AXN_RANGES_WORDS, "channel"),
    WORD(flip, "auto|on|off", "auto"),
    INTEGER(population, 1, 1000, 8),
    INTEGER(generations, 0, 10000, 10),
    INTEGER(epochs, 1, 10000, 20),
    INTEGER(batch_size, 1, 4096, 32),
    INTEGER(train_images, 0, 10000000, 0),
    INTEGER(validation_images, 0, 10000000, 0),
    INTEGER(crop_padding, 0, 64, 4),
    INTEGER(step_epochs, 0, 10000, 0),
    INTEGER(gradient_window, 0, 127, 16),
    INTEGER(levels_back, 0, 128, 0),
    INTEGER(min_convolutions, 1, 100, 1),
    INTEGER(max_multiplications, 0, 1e15, 0),
    INTEGER(max_parameters, 0, 1e15, 0),
    INTEGER(multiplier_groups, 1, 8, 1),
    INTEGER(rows, 0, 32, 0),
    INTEGER(columns, 0, 32, 0),
    INTEGER(rungs, 1, 8, 1),
    INTEGER(halving_factor, 2, 16, 2),
    WORD(early_termination, "off|on", "off"),
    INTEGER(early_epochs, 1, 10000, 1),
    NUMBER(early_margin, 0, 1, .1),
    NUMBER(screen, 0, 1, 0),
    NUMBER(learning_rate, 1e-9, 10, .001),
    NUMBER(l2, 0, 1, 1e-4),
    NUMBER(momentum, 0, .9999, .9),
    NUMBER(step_factor, 1e-9, 1, .1),
    NUMBER(label_smoothing, 0, .9, 0),
    NUMBER(validation_fraction, .001, .9, .1),
    NUMBER(p_architecture, 0, 1, 1),
    NUMBER(p_multiplier, 0, 1, 1),
    NUMBER(min_power_ratio, 0, 1, .01),
    NUMBER(max_power_ratio, .01, 100, 100),
    NUMBER(work_limit, 0, 1e30, 0),
    NUMBER(hypervolume_energy_uj, 0, 1e12, 0),
    NUMBER(hypervolume_parameters, 0, 1e12, 0),
};
#define RULES (sizeof rules / sizeof rules[0])

static size_t text_size(const key_rule *rule)
{
    return rule->kind == KEY_PATH ? AXN_PATH_MAX : AXN_SETTINGS_WORD;
}

static bool is_text(const key_rule *rule)
{
    return rule->kind == KEY_WORD || rule->kind == KEY_TEXT || rule->kind == KEY_PATH;
}

void axn_settings_defaults(axn_settings *settings)
{
    *settings = (axn_settings){.seed = 1};
    for (size_t i = 0; i < RULES; i++) {
        char *field = (char *)settings + rules[i].offset;
        if (is_text(&rules[i])) {
            snprintf(field, text_size(&rules[i]), "%s", rules[i].initial);
        } else if (rules[i].kind == KEY_INTEGER) {
            int64_t value = (int64_t)rules[i].start;
            memcpy(field, &value, sizeof value);
        } else {
            memcpy(field, &rules[i].start, sizeof rules[i].start);
        }
    }
}

void axn_settings_free(axn_settings *settings)
{
    cJSON_Delete(settings->multipliers);
    cJSON_Delete(settings->objectives);
    settings->multipliers = NULL;
    settings->objectives = NULL;
}

static axn_status apply_text(const key_rule *rule, const cJSON *item, char *field, const char *file,
                             axn_error *error)
{
    if (!cJSON_IsString(item) || strlen(item->valuestring) >= text_size(rule)) {
        return axn_fail(error, AXN_ERROR_USAGE, "%s: \"%s\" must be a text of less than %zu bytes",
                        file, rule->name, text_size(rule));
    }
    if (rule->kind == KEY_WORD && axn_word_index(rule->choices, item->valuestring) < 0) {
        return axn_fail(error, AXN_ERROR_USAGE, "%s: \"%s\" must be one of %s, not \"%.64s\"", file,
                        rule->name, rule->choices, item->valuestring);
    }
    snprintf(field, text_size(rule), "%s", item->valuestring);
    return AXN_OK;
}

static axn_status apply_number(const key_rule *rule, const cJSON *item, char *field,
                               const char *file, axn_error *error)
{
    double value = cJSON_IsNumber(item) ? item->valuedouble : NAN;
    bool whole = rule->kind == KEY_INTEGER;
    if (!(value >= rule->low && value <= rule->high) || (whole && value != floor(value))) {
        return axn_fail(error, AXN_ERROR_USAGE, "%s: \"%s\" must be a %snumber from %g to %g", file,
                        rule->name, whole ? "whole " : "", rule->low, rule->high);
    }
    if (whole) {
        int64_t integer = (int64_t)value;
        memcpy(field, &integer, sizeof integer);
    } else {
        memcpy(field, &value, sizeof value);
    }
    return AXN_OK;
}

static axn_status apply_seed(axn_settings *settings, const cJSON *item, const char *file,
                             axn_error *error)
{
    double number = cJSON_IsNumber(item) ? item->valuedouble : -1;
    if (number >= 0 && number < 9007199254740992.0 && number == floor(number)) {
        settings->seed = (uint64_t)number;
        return AXN_OK;
    }
    if (cJSON_IsString(item) && item->valuestring[0] >= '0' && item->valuestring[0] <= '9') {
        char *end = NULL;
        errno = 0;
        unsigned long long value = strtoull(item->valuestring, &end, 10);
        if (*end == '\0' && errno == 0) {
            settings->seed = value;
            return AXN_OK;
        }
    }
    return axn_fail(error, AXN_ERROR_USAGE,
                    "%s: \"seed\" must be a whole number below 2^53, or a text of digits below "
                    "2^64",
                    file);
}

static bool is_name_list(const cJSON *item)
{
    const cJSON *name = NULL;
    if (!cJSON_IsArray(item) || cJSON_GetArraySize(item) == 0) {
        return false;
    }
    cJSON_ArrayForEach(name, item)
    {
        if (!cJSON_IsString(name)) {
            return false;
        }
    }
    return true;
}

static axn_status replace(cJSON **field, const cJSON *item, axn_error *error)
{
    cJSON *copy = cJSON_Duplicate(item, 1);
    if (copy == NULL) {
        return axn_fail(error, AXN_ERROR_MEMORY, "out of memory for the settings");
    }
    free(copy->string);
    copy->string = NULL;
    cJSON_Delete(*field);
    *field = copy;
    return AXN_OK;
}

static axn_status apply_list(axn_settings *settings, const cJSON *item, const char *file,
                             axn_error *error)
{
    if (strcmp(item->string, "objectives") == 0) {
        if (!is_name_list(item) || cJSON_GetArraySize(item) > AXN_SETTINGS_MAX_OBJECTIVES) {
            return axn_fail(error, AXN_ERROR_USAGE,
                            "%s: \"objectives\" must be an array of 1 to %d names", file,
                            AXN_SETTINGS_MAX_OBJECTIVES);
        }
        return replace(&settings->objectives, item, error);
    }
    bool word = cJSON_IsString(item) && axn_word_index("lite|all", item->valuestring) >= 0;
    if (!word && !is_name_list(item)) {
        return axn_fail(error, AXN_ERROR_USAGE,
                        "%s: \"multipliers\" must be \"lite\", \"all\" or an array of names", file);
    }
    return replace(&settings->multipliers, item, error);
}

static axn_status apply_item(axn_settings *settings, const cJSON *item, const char *file,
                             axn_error *error)
{
    if (strcmp(item->string, "seed") == 0) {
        return apply_seed(settings, item, file, error);
    }
    if (strcmp(item->string, "multipliers") == 0 || strcmp(item->string, "objectives") == 0) {
        return apply_list(settings, item, file, error);
    }
    for (size_t i = 0; i < RULES; i++) {
        if (strcmp(rules[i].name, item->string) == 0) {
            char *field = (char *)settings + rules[i].offset;
            return is_text(&rules[i]) ? apply_text(&rules[i], item, field, file, error)
                                      : apply_number(&rules[i], item, field, file, error);
        }
    }
    return axn_fail(error, AXN_ERROR_USAGE, "%s: unknown key \"%.64s\"", file, item->string);
}

axn_status axn_settings_apply(axn_settings *settings, const cJSON *object, const char *file,
                              axn_error *error)
{
    if (!cJSON_IsObject(object)) {
        return axn_fail(error, AXN_ERROR_USAGE, "%s: settings must be one JSON object", file);
    }
    axn_status status = AXN_OK;
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, object)
    {
        status = apply_item(settings, item, file, error);
        if (status != AXN_OK) {
            break;
        }
    }
    return status;
}

axn_status axn_settings_load(axn_settings *settings, const char *path, axn_error *error)
{
    cJSON *json = NULL;
    axn_status status = axn_json_read(path, &json, error);
    if (status == AXN_OK) {
        status = axn_settings_apply(settings, json, path, error);
    }
    cJSON_Delete(json);
    return status;
}

static bool add_rule(cJSON *json, const key_rule *rule, const axn_settings *settings)
{
    const char *field = (const char *)settings + rule->offset;
    if (is_text(rule)) {
        return cJSON_AddStringToObject(json, rule->name, field) != NULL;
    }
    if (rule->kind == KEY_INTEGER) {
        int64_t value = 0;
        memcpy(&value, field, sizeof value);
        return cJSON_AddNumberToObject(json, rule->name, (double)value) != NULL;
    }
    double value = 0;
    memcpy(&value, field, sizeof value);
    return cJSON_AddNumberToObject(json, rule->name, value) != NULL;
}

static bool add_copy(cJSON *json, const char *key, const cJSON *item)
{
    cJSON *copy = item != NULL ? cJSON_Duplicate(item, 1) : NULL;
    if (item == NULL) {
        return true;
    }
    if (copy == NULL || !cJSON_AddItemToObject(json, key, copy)) {
        cJSON_Delete(copy);
        return false;
    }
    return true;
}

cJSON *axn_settings_to_json(const axn_settings *settings)
{
    char seed[24];
    cJSON *json = cJSON_CreateObject();
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)settings->seed);
    bool complete = json != NULL && cJSON_AddStringToObject(json, "seed", seed) != NULL;
    for (size_t i = 0; i < RULES && complete; i++) {
        complete = add_rule(json, &rules[i], settings);
    }
    complete = complete && add_copy(json, "multipliers", settings->multipliers) &&
               add_copy(json, "objectives", settings->objectives);
    if (!complete) {
        cJSON_Delete(json);
        return NULL;
    }
    return json;
}

axn_status axn_settings_complete(const cJSON *object, const char *file, cJSON **out,
                                 axn_error *error)
{
    axn_settings settings;
    axn_settings_defaults(&settings);
    axn_status status = axn_settings_apply(&settings, object, file, error);
    if (status == AXN_OK) {
        *out = axn_settings_to_json(&settings);
        if (*out == NULL) {
            status = axn_fail(error, AXN_ERROR_MEMORY, "out of memory for the settings");
        }
    }
    axn_settings_free(&settings);
    return status;
}
