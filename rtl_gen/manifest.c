#include "rtl_gen/manifest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/file.h"

#define FORMAT "axnas-accelerator"
#define VERSION 1
#define MAX_FILE_BYTES ((size_t)1 << 30)

/* The folders of an accelerator whose files count; "" is the folder itself. */
static const char *const folders[] = {"",    "golden", "golden/model", "include",
                                      "mem", "rtl",    "syn",          "tb"};
/* What may change without making another accelerator. */
static const char *const ignored[] = {AXN_MANIFEST_FILE, "README.md"};

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

static bool add_head(cJSON *root, const axn_manifest *manifest)
{
    cJSON *multiplier = NULL;
    return cJSON_AddStringToObject(root, "format", FORMAT) != NULL &&
           cJSON_AddNumberToObject(root, "version", VERSION) != NULL &&
           cJSON_AddNumberToObject(root, "rows", manifest->array.rows) != NULL &&
           cJSON_AddNumberToObject(root, "cols", manifest->array.cols) != NULL &&
           cJSON_AddNumberToObject(root, "accumulator_bits", manifest->accumulator_bits) != NULL &&
           cJSON_AddBoolToObject(root, "allow_swap", manifest->allow_swap) != NULL &&
           (multiplier = cJSON_AddObjectToObject(root, "multiplier")) != NULL &&
           cJSON_AddStringToObject(multiplier, "name", manifest->multiplier) != NULL &&
           cJSON_AddStringToObject(multiplier, "hash", manifest->multiplier_hash) != NULL &&
           cJSON_AddNumberToObject(multiplier, "energy_pj", manifest->multiplier_energy_pj) !=
               NULL &&
           cJSON_AddBoolToObject(multiplier, "extract_fa", manifest->multiplier_extract_fa) != NULL;
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

static axn_status check_files(const char *folder, const cJSON *files, axn_error *error)
{
    char text[AXN_HASH_TEXT];
    const cJSON *file = NULL;
    cJSON_ArrayForEach(file, files)
    {
        const char *expected = cJSON_GetStringValue(file);
        axn_status status = hash_file(folder, file->string, text, error);
        if (status != AXN_OK) {
            return status;
        }
        if (expected == NULL || strcmp(expected, text) != 0) {
            return axn_fail(error, AXN_ERROR_MISMATCH,
                            "%s/%s was edited after it was generated; generate the folder again, "
                            "or run it by its own Makefile",
                            folder, file->string);
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

static axn_status read_multiplier(const cJSON *root, axn_manifest *out, const char *file,
                                  axn_error *error)
{
    const cJSON *multiplier = NULL;
    axn_status status = axn_json_object(root, "multiplier", &multiplier, file, error);
    if (status == AXN_OK) {
        status =
            read_text(multiplier, "name", out->multiplier, sizeof out->multiplier, file, error);
    }
    if (status == AXN_OK) {
        status = read_text(multiplier, "hash", out->multiplier_hash, sizeof out->multiplier_hash,
                           file, error);
    }
    if (status == AXN_OK) {
        status = axn_json_number(multiplier, "energy_pj", 0, 1e9, &out->multiplier_energy_pj, file,
                                 error);
    }
    if (status == AXN_OK) {
        status = axn_json_bool(multiplier, "extract_fa", &out->multiplier_extract_fa, file, error);
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
                   {"accumulator_bits", 1, 32, &out->accumulator_bits}};
    axn_status status = axn_json_check_format(root, FORMAT, VERSION, file, error);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0] && status == AXN_OK; i++) {
        int64_t value = 0;
        status = axn_json_integer(root, numbers[i].key, numbers[i].low, numbers[i].high, &value,
                                  file, error);
        *numbers[i].out = (int)value;
    }
    if (status == AXN_OK) {
        status = axn_json_bool(root, "allow_swap", &out->allow_swap, file, error);
    }
    if (status == AXN_OK) {
        status = read_multiplier(root, out, file, error);
    }
    return status;
}

axn_status axn_manifest_check(const char *folder, axn_manifest *out, axn_error *error)
{
    char path[AXN_PATH_MAX];
    cJSON *root = NULL;
    const cJSON *files = NULL;
    *out = (axn_manifest){0};
    axn_status status = axn_path_join(path, folder, AXN_MANIFEST_FILE, error);
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
        status = check_files(folder, files, error);
    }
    cJSON_Delete(root);
    return status;
}
