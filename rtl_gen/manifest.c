#include "rtl_gen/manifest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/file.h"

#define FORMAT "axnas-accelerator"
#define VERSION 3
#define MAX_FILE_BYTES ((size_t)1 << 30)

/* The folders of an accelerator whose files count; "" is the folder itself. */
static const char *const folders[] = {"",    "golden", "golden/model", "include",
                                      "mem", "rtl",    "syn",          "tb"};
/* What may change without making another accelerator. */
static const char *const ignored[] = {AXN_MANIFEST_FILE, "README.md"};

axn_multiplier_place axn_multiplier_find_place(int index, int count)
{
    axn_multiplier_place place;
    if (count == 1) {
        snprintf(place.module, sizeof place.module, "axn_mul8u");
    } else {
        snprintf(place.module, sizeof place.module, "axn_mul8u_%d", index);
    }
    snprintf(place.netlist, sizeof place.netlist, "rtl/%s.v", place.module);
    if (index == 0) {
        snprintf(place.table, sizeof place.table, "mem/multiplier.hex");
    } else {
        snprintf(place.table, sizeof place.table, "mem/multiplier_%d.hex", index);
    }
    return place;
}

static bool is_ignored(const char *name)
{
    for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++) {
        if (strcmp(name, ignored[i]) == 0) {
            return true;
        }
    }
    return false;
}

static axn_status hash_file(const char *folder, const char *name, char text[AXN_HASH_TEXT],
                            axn_error *error)
{
    char path[AXN_PATH_MAX];
    axn_buffer content = {0};
    axn_status status = axn_path_join(path, folder, name, error);
    if (status == AXN_OK) {
        status = axn_file_read(path, MAX_FILE_BYTES, &content, error);
    }
    if (status == AXN_OK) {
        axn_hash_text(text, axn_hash(AXN_HASH_SEED, content.data, content.length));
    }
    axn_buffer_free(&content);
    return status;
}

/* Adds the files directly in folder/part. */
static axn_status hash_part(const char *folder, const char *part, cJSON *files, axn_error *error)
{
    char path[AXN_PATH_MAX], name[AXN_PATH_MAX], text[AXN_HASH_TEXT];
    char **names = NULL;
    size_t count = 0;
    axn_status status = axn_path_join(path, folder, part, error);
    if (status == AXN_OK && axn_path_is_folder(path)) {
        status = axn_folder_list(path, "", &names, &count, error);
    }
    for (size_t i = 0; i < count && status == AXN_OK; i++) {
        char whole[AXN_PATH_MAX];
        status = axn_path_join(whole, path, names[i], error);
        if (status != AXN_OK || axn_path_is_folder(whole) || is_ignored(names[i])) {
            continue;
        }
        int length =
            snprintf(name, sizeof name, "%s%s%s", part, part[0] != '\0' ? "/" : "", names[i]);
        if (length < 0 || (size_t)length >= sizeof name) {
            status = axn_fail(error, AXN_ERROR_LIMIT, "the path of %s is too long", names[i]);
            continue;
        }
        status = hash_file(folder, name, text, error);
        if (status == AXN_OK && cJSON_AddStringToObject(files, name, text) == NULL) {
            status = axn_fail(error, AXN_ERROR_MEMORY, "out of memory");
        }
    }
    axn_names_free(names, count);
    return status;
}

static bool add_multipliers(cJSON *root, const axn_manifest *manifest)
{
    cJSON *list = cJSON_AddArrayToObject(root, "multipliers");
    bool built = list != NULL;
    for (int i = 0; i < manifest->multiplier_count && built; i++) {
        const axn_manifest_multiplier *at = &manifest->multipliers[i];
        cJSON *multiplier = cJSON_CreateObject();
        built = multiplier != NULL && cJSON_AddItemToArray(list, multiplier) &&
                cJSON_AddStringToObject(multiplier, "name", at->name) != NULL &&
                cJSON_AddStringToObject(multiplier, "hash", at->hash) != NULL &&
                cJSON_AddNumberToObject(multiplier, "energy_pj", at->energy_pj) != NULL &&
                cJSON_AddBoolToObject(multiplier, "extract_fa", at->extract_fa) != NULL;
    }
    return built;
}

static bool add_head(cJSON *root, const axn_manifest *manifest)
{
    return cJSON_AddStringToObject(root, "format", FORMAT) != NULL &&
           cJSON_AddNumberToObject(root, "version", VERSION) != NULL &&
           cJSON_AddNumberToObject(root, "rows", manifest->array.rows) != NULL &&
           cJSON_AddNumberToObject(root, "cols", manifest->array.cols) != NULL &&
           cJSON_AddNumberToObject(root, "banks", manifest->options.banks) != NULL &&
           cJSON_AddNumberToObject(root, "row_buses", manifest->options.row_buses) != NULL &&
           cJSON_AddNumberToObject(root, "dense_taps", manifest->options.dense_taps) != NULL &&
           cJSON_AddBoolToObject(root, "tiles_apart", manifest->options.tiles == AXN_TILES_APART) !=
               NULL &&
           cJSON_AddNumberToObject(root, "accumulator_bits", manifest->accumulator_bits) != NULL &&
           cJSON_AddBoolToObject(root, "allow_swap", manifest->allow_swap) != NULL &&
           add_multipliers(root, manifest);
}

axn_status axn_manifest_write(const char *folder, const axn_manifest *manifest, axn_error *error)
{
    char path[AXN_PATH_MAX];
    cJSON *root = cJSON_CreateObject();
    cJSON *files = NULL;
    axn_status status = axn_path_join(path, folder, AXN_MANIFEST_FILE, error);
    if (status == AXN_OK && (root == NULL || !add_head(root, manifest) ||
                             (files = cJSON_AddObjectToObject(root, "files")) == NULL)) {
        status = axn_fail(error, AXN_ERROR_MEMORY, "out of memory");
    }
    for (size_t i = 0; i < sizeof folders / sizeof folders[0] && status == AXN_OK; i++) {
        status = hash_part(folder, folders[i], files, error);
    }
    if (status == AXN_OK) {
        status = axn_json_write(path, root, error);
    }
    cJSON_Delete(root);
    return status;
}

/* " (multiplier NAME)" for the netlist or the table of one, else "". */
static void describe_file(const axn_manifest *manifest, const char *file,
                          char out[AXN_NAME_MAX + 16])
{
    out[0] = '\0';
    for (int i = 0; i < manifest->multiplier_count; i++) {
        axn_multiplier_place place = axn_multiplier_find_place(i, manifest->multiplier_count);
        if (strcmp(file, place.netlist) == 0 || strcmp(file, place.table) == 0) {
            snprintf(out, AXN_NAME_MAX + 16, " (multiplier %s)", manifest->multipliers[i].name);
        }
    }
}

static axn_status check_files(const char *folder, const axn_manifest *manifest, const cJSON *files,
                              axn_error *error)
{
    char text[AXN_HASH_TEXT], whose[AXN_NAME_MAX + 16];
    const cJSON *file = NULL;
    cJSON_ArrayForEach(file, files)
    {
        const char *expected = cJSON_GetStringValue(file);
        describe_file(manifest, file->string, whose);
        axn_status status = hash_file(folder, file->string, text, error);
        if (status != AXN_OK) {
            return whose[0] == '\0' ? status : axn_error_prefix(error, "%s", whose + 1);
        }
        if (expected == NULL || strcmp(expected, text) != 0) {
            return axn_fail(error, AXN_ERROR_MISMATCH,
                            "%s/%s%s was edited after it was generated; generate the folder again, "
                            "or run it by its own Makefile",
                            folder, file->string, whose);
        }
    }
    return AXN_OK;
}

static axn_status read_text(const cJSON *object, const char *key, char *out, size_t size,
                            const char *file, axn_error *error)
{
    const char *text = NULL;
    axn_status status = axn_json_string(object, key, &text, file, error);
    if (status == AXN_OK && (size_t)snprintf(out, size, "%s", text) >= size) {
        status = axn_fail(error, AXN_ERROR_FORMAT, "%s: \"%s\" is too long", file, key);
    }
    return status;
}

static axn_status read_multiplier(const cJSON *multiplier, axn_manifest_multiplier *out,
                                  const char *file, axn_error *error)
{
    axn_status status = read_text(multiplier, "name", out->name, sizeof out->name, file, error);
    if (status == AXN_OK) {
        status = read_text(multiplier, "hash", out->hash, sizeof out->hash, file, error);
    }
    if (status == AXN_OK) {
        status = axn_json_number(multiplier, "energy_pj", 0, 1e9, &out->energy_pj, file, error);
    }
    if (status == AXN_OK) {
        status = axn_json_bool(multiplier, "extract_fa", &out->extract_fa, file, error);
    }
    return status;
}

static axn_status read_multipliers(const cJSON *root, axn_manifest *out, const char *file,
                                   axn_error *error)
{
    const cJSON *list = NULL, *multiplier = NULL;
    axn_status status = axn_json_array(root, "multipliers", &list, file, error);
    int count = status == AXN_OK ? cJSON_GetArraySize(list) : 0;
    if (status == AXN_OK && (count < 1 || count > AXN_MODEL_MAX_MULTIPLIERS)) {
        status = axn_fail(error, AXN_ERROR_LIMIT, "%s: %d multipliers; there must be 1 to %d", file,
                          count, AXN_MODEL_MAX_MULTIPLIERS);
    }
    cJSON_ArrayForEach(multiplier, list)
    {
        if (status == AXN_OK) {
            status = read_multiplier(multiplier, &out->multipliers[out->multiplier_count++], file,
                                     error);
        }
    }
    return status;
}

static axn_status read_head(const cJSON *root, axn_manifest *out, const char *file,
                            axn_error *error)
{
    struct {
        const char *key;
        int low, high, *out;
    } numbers[] = {{"rows", AXN_ARRAY_MIN, AXN_ARRAY_MAX, &out->array.rows},
                   {"cols", AXN_ARRAY_MIN, AXN_ARRAY_MAX, &out->array.cols},
                   {"banks", 4, 16, &out->options.banks},
                   {"row_buses", 1, 2, &out->options.row_buses},
                   {"dense_taps", 1, 16, &out->options.dense_taps},
                   {"accumulator_bits", 1, 32, &out->accumulator_bits}};
    axn_status status = axn_json_check_format(root, FORMAT, VERSION, file, error);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0] && status == AXN_OK; i++) {
        int64_t value = 0;
        status = axn_json_integer(root, numbers[i].key, numbers[i].low, numbers[i].high, &value,
                                  file, error);
        *numbers[i].out = (int)value;
    }
    bool apart = false;
    if (status == AXN_OK) {
        status = axn_json_bool(root, "tiles_apart", &apart, file, error);
        out->options.tiles = apart ? AXN_TILES_APART : AXN_TILES_TOGETHER;
    }
    if (status == AXN_OK) {
        status = axn_json_bool(root, "allow_swap", &out->allow_swap, file, error);
    }
    if (status == AXN_OK) {
        status = read_multipliers(root, out, file, error);
    }
    return status;
}

axn_status axn_manifest_check(const char *folder, axn_manifest *out, axn_error *error)
{
    char path[AXN_PATH_MAX];
    cJSON *root = NULL;
    const cJSON *files = NULL;
    *out = (axn_manifest){0};
    axn_status status =
        axn_path_of_mark(path, folder, AXN_MANIFEST_FILE, "the folder of an accelerator", error);
    if (status == AXN_OK) {
        status = axn_json_read(path, &root, error);
    }
    if (status == AXN_OK) {
        status = read_head(root, out, path, error);
    }
    if (status == AXN_OK) {
        status = axn_json_object(root, "files", &files, path, error);
    }
    if (status == AXN_OK) {
        status = check_files(folder, out, files, error);
    }
    cJSON_Delete(root);
    return status;
}
