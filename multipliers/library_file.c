/* library.json: reading with full checks, writing. */
#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/memory.h"
#include "multipliers/library.h"
#include "multipliers/verilog_reader.h"

#define FORMAT "axnas-library"
#define VERSION 2
#define MAX_CIRCUITS 100000

/* The numeric members of a circuit: key, where it is kept, range. */
static const struct {
    const char *key;
    size_t offset;
    double low, high;
} numbers[] = {
    {"area_um2", offsetof(axn_multiplier, area_um2), 0, 1e9},
    {"power_mw", offsetof(axn_multiplier, power_mw), 0, 1e6},
    {"energy_pj", offsetof(axn_multiplier, energy_pj), 0, 1e6},
    {"energy_pdp_pj", offsetof(axn_multiplier, energy_pdp_pj), 0, 1e9},
    {"glitch_pj", offsetof(axn_multiplier, glitch_pj), 0, 1e6},
    {"glitch_standard_error_pj", offsetof(axn_multiplier, glitch_standard_error_pj), 0, 1e6},
    {"delay_ns", offsetof(axn_multiplier, delay_ns), 0, 1e6},
    {"area_ratio", offsetof(axn_multiplier, area_ratio), 0, AXN_MULTIPLIER_MAX_RATIO},
    {"power_ratio", offsetof(axn_multiplier, power_ratio), 0, AXN_MULTIPLIER_MAX_RATIO},
    {"mae", offsetof(axn_multiplier, metrics.mae), 0, 65535},
    {"wce", offsetof(axn_multiplier, metrics.wce), 0, 65535},
    {"ep", offsetof(axn_multiplier, metrics.ep), 0, 1},
    {"mre", offsetof(axn_multiplier, metrics.mre), 0, 65535},
    {"wcre", offsetof(axn_multiplier, metrics.wcre), 0, 65535},
    {"mse", offsetof(axn_multiplier, metrics.mse), 0, 65535.0 * 65535.0},
    {"mean_error", offsetof(axn_multiplier, metrics.mean_error), -65535, 65535},
};
#define NUMBERS (sizeof numbers / sizeof numbers[0])

static const char *const file_keys[] = {"format", "version",   "liberty",     "clock_mhz",
                                        "yosys",  "histogram", "multipliers", NULL};
static const char *const circuit_keys[] = {"name",
                                           "family",
                                           "command",
                                           "hash",
                                           "area_um2",
                                           "power_mw",
                                           "energy_pj",
                                           "energy_pdp_pj",
                                           "energy_histogram_pj",
                                           "glitch_pj",
                                           "glitch_standard_error_pj",
                                           "delay_ns",
                                           "area_ratio",
                                           "power_ratio",
                                           "mae",
                                           "wce",
                                           "ep",
                                           "mre",
                                           "wcre",
                                           "mse",
                                           "mean_error",
                                           "lite",
                                           "extract_fa",
                                           NULL};

static axn_status read_text(const cJSON *object, const char *key, char *out, size_t size,
                            const char *file, axn_error *error)
{
    const char *text;
    axn_status status = axn_json_string(object, key, &text, file, error);
    if (status != AXN_OK)
        return status;
    if (strlen(text) >= size)
        return axn_fail(error, AXN_ERROR_FORMAT, "%s: \"%s\" is longer than %zu characters", file,
                        key, size - 1);
    snprintf(out, size, "%s", text);
    return AXN_OK;
}

static axn_status read_hash(const cJSON *object, uint64_t *hash, const char *file, axn_error *error)
{
    const char *text;
    axn_status status = axn_json_string(object, "hash", &text, file, error);
    if (status != AXN_OK)
        return status;
    *hash = 0;
    size_t length = strlen(text);
    if (length != 16 || strspn(text, "0123456789abcdef") != 16)
        return axn_fail(error, AXN_ERROR_FORMAT,
                        "%s: \"hash\" is not 16 lower-case hexadecimal digits", file);
    for (int i = 0; i < 16; i++)
        *hash = *hash << 4 |
                (uint64_t)(isdigit((unsigned char)text[i]) ? text[i] - '0' : text[i] - 'a' + 10);
    return AXN_OK;
}

/* A number, or null (-1) where the library has no histogram. */
static axn_status read_histogram_energy(const cJSON *item, double *out, const char *file,
                                        axn_error *error)
{
    static const char key[] = "energy_histogram_pj";
    *out = -1;
    if (cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(item, key)))
        return AXN_OK;
    return axn_json_number(item, key, 0, 1e6, out, file, error);
}

static axn_status read_circuit(const cJSON *item, axn_multiplier *out, const char *file,
                               axn_error *error)
{
    if (!cJSON_IsObject(item))
        return axn_fail(error, AXN_ERROR_FORMAT, "%s: a circuit is not a JSON object", file);
    axn_status status = read_text(item, "name", out->name, sizeof out->name, file, error);
    if (status == AXN_OK && !axn_verilog_identifier(out->name, sizeof out->name))
        status = axn_fail(error, AXN_ERROR_FORMAT, "%s: \"%s\" cannot be a module name", file,
                          out->name);
    if (status == AXN_OK)
        status = axn_json_known_keys(item, circuit_keys, file, error);
    if (status == AXN_OK)
        status = read_text(item, "family", out->family, sizeof out->family, file, error);
    if (status == AXN_OK)
        status = read_text(item, "command", out->command, sizeof out->command, file, error);
    if (status == AXN_OK)
        status = read_hash(item, &out->hash, file, error);
    for (size_t i = 0; i < NUMBERS && status == AXN_OK; i++)
        status = axn_json_number(item, numbers[i].key, numbers[i].low, numbers[i].high,
                                 (double *)(void *)((char *)out + numbers[i].offset), file, error);
    if (status == AXN_OK)
        status = read_histogram_energy(item, &out->energy_histogram_pj, file, error);
    if (status == AXN_OK)
        status = axn_json_bool(item, "lite", &out->lite, file, error);
    if (status == AXN_OK)
        status = axn_json_bool(item, "extract_fa", &out->extract_fa, file, error);
    if (status != AXN_OK && out->name[0] != '\0')
        axn_error_prefix(error, "circuit %s", out->name);
    return status;
}

static axn_status read_circuits(const cJSON *list, axn_library *out, const char *file,
                                axn_error *error)
{
    int count = cJSON_GetArraySize(list);
    if (count > MAX_CIRCUITS)
        return axn_fail(error, AXN_ERROR_LIMIT, "%s: more than %d circuits", file, MAX_CIRCUITS);
    axn_status status = axn_allocate(&out->multipliers, (size_t)count, sizeof *out->multipliers,
                                     "a library", error);
    const cJSON *item;
    cJSON_ArrayForEach(item, list)
    {
        if (status == AXN_OK)
            status = read_circuit(item, &out->multipliers[out->count++], file, error);
    }
    return status;
}

/* The ratios in the file serve other readers; here they are computed anew. */
axn_status axn_library_load(const char *folder, axn_library *out, axn_error *error)
{
    char path[AXN_PATH_MAX];
    cJSON *json = NULL;
    const cJSON *list;
    *out = (axn_library){.exact = -1};
    axn_status status = AXN_OK;
    if (folder == NULL)
        status = axn_program_path(out->folder, "multipliers/library", error);
    else if (strlen(folder) >= sizeof out->folder)
        status = axn_fail(error, AXN_ERROR_LIMIT, "a path is longer than %d", AXN_PATH_MAX - 1);
    else
        snprintf(out->folder, sizeof out->folder, "%s", folder);
    if (status == AXN_OK)
        status = axn_path_join(path, out->folder, "library.json", error);
    if (status == AXN_OK)
        status = axn_json_read(path, &json, error);
    if (status == AXN_OK)
        status = axn_json_check_format(json, FORMAT, VERSION, path, error);
    if (status == AXN_OK)
        status = axn_json_known_keys(json, file_keys, path, error);
    if (status == AXN_OK)
        status = read_text(json, "liberty", out->liberty, sizeof out->liberty, path, error);
    if (status == AXN_OK)
        status = read_text(json, "yosys", out->yosys, sizeof out->yosys, path, error);
    if (status == AXN_OK)
        status = read_text(json, "histogram", out->histogram, sizeof out->histogram, path, error);
    if (status == AXN_OK)
        status = axn_json_number(json, "clock_mhz", 1e-3, 1e6, &out->clock_mhz, path, error);
    if (status == AXN_OK)
        status = axn_json_array(json, "multipliers", &list, path, error);
    if (status == AXN_OK)
        status = read_circuits(list, out, path, error);
    if (status == AXN_OK)
        status = axn_library_complete(out, error);
    cJSON_Delete(json);
    if (status != AXN_OK)
        axn_library_free(out);
    return status;
}

cJSON *axn_multiplier_json(const axn_multiplier *multiplier)
{
    char hash[AXN_HASH_TEXT];
    axn_hash_text(hash, multiplier->hash);
    cJSON *item = cJSON_CreateObject();
    bool ok = item != NULL && cJSON_AddStringToObject(item, "name", multiplier->name) != NULL &&
              cJSON_AddStringToObject(item, "family", multiplier->family) != NULL &&
              cJSON_AddStringToObject(item, "command", multiplier->command) != NULL &&
              cJSON_AddStringToObject(item, "hash", hash) != NULL;
    for (size_t i = 0; i < NUMBERS && ok; i++) {
        double value;
        memcpy(&value, (const char *)multiplier + numbers[i].offset, sizeof value);
        ok = axn_json_add_double(item, numbers[i].key, value);
    }
    cJSON *weighted = multiplier->energy_histogram_pj < 0
                          ? cJSON_CreateNull()
                          : axn_json_double(multiplier->energy_histogram_pj);
    if (!ok || !cJSON_AddItemToObject(item, "energy_histogram_pj", weighted)) {
        cJSON_Delete(weighted);
        ok = false;
    }
    ok = ok && cJSON_AddBoolToObject(item, "lite", multiplier->lite) != NULL &&
         cJSON_AddBoolToObject(item, "extract_fa", multiplier->extract_fa) != NULL;
    if (!ok) {
        cJSON_Delete(item);
        return NULL;
    }
    return item;
}

axn_status axn_library_save(const axn_library *library, axn_error *error)
{
    char path[AXN_PATH_MAX];
    cJSON *list = NULL;
    axn_status status = axn_path_join(path, library->folder, "library.json", error);
    if (status != AXN_OK)
        return status;
    cJSON *json = cJSON_CreateObject();
    bool ok = json != NULL && cJSON_AddStringToObject(json, "format", FORMAT) != NULL &&
              cJSON_AddNumberToObject(json, "version", VERSION) != NULL &&
              cJSON_AddStringToObject(json, "liberty", library->liberty) != NULL &&
              cJSON_AddNumberToObject(json, "clock_mhz", library->clock_mhz) != NULL &&
              cJSON_AddStringToObject(json, "yosys", library->yosys) != NULL &&
              cJSON_AddStringToObject(json, "histogram", library->histogram) != NULL &&
              (list = cJSON_AddArrayToObject(json, "multipliers")) != NULL;
    for (int i = 0; i < library->count && ok; i++) {
        cJSON *item = axn_multiplier_json(&library->multipliers[i]);
        ok = item != NULL && cJSON_AddItemToArray(list, item);
        if (!ok)
            cJSON_Delete(item);
    }
    status = ok ? axn_json_write(path, json, error)
                : axn_fail(error, AXN_ERROR_MEMORY, "%s: out of memory", path);
    cJSON_Delete(json);
    return status;
}
