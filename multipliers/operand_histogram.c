#include "multipliers/operand_histogram.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/memory.h"

#define FORMAT "axnas-operand-histogram"
#define VERSION 1
#define MOST_COUNT 9007199254740992.0 /* 2^53 */

static void hash_counts(axn_operand_histogram *histogram)
{
    uint64_t hash = AXN_HASH_SEED;
    for (int i = 0; i < AXN_OPERAND_PAIRS; i++) {
        uint64_t count = (uint64_t)histogram->weights[i];
        unsigned char bytes[8];
        for (int b = 0; b < 8; b++)
            bytes[b] = (unsigned char)(count >> (8 * b));
        hash = axn_hash(hash, bytes, sizeof bytes);
    }
    axn_hash_text(histogram->hash, hash);
}

static axn_status read_counts(const cJSON *list, axn_operand_histogram *out, const char *path,
                              axn_error *error)
{
    int i = 0;
    double sum = 0;
    const cJSON *item;
    if (cJSON_GetArraySize(list) != AXN_OPERAND_PAIRS)
        return axn_fail(error, AXN_ERROR_FORMAT, "%s: \"counts\" has not 65536 elements", path);
    cJSON_ArrayForEach(item, list)
    {
        double count = item->valuedouble;
        if (!cJSON_IsNumber(item) || !(count >= 0) || count >= MOST_COUNT || count != floor(count))
            return axn_fail(error, AXN_ERROR_FORMAT,
                            "%s: count %d is not an integer from 0 to below 2^53", path, i);
        sum += count;
        out->weights[i++] = count;
    }
    if (!(sum > 0) || sum >= MOST_COUNT || sum != out->multiplications)
        return axn_fail(error, AXN_ERROR_FORMAT,
                        "%s: the counts sum to %.0f, not to \"multiplications\" above 0", path,
                        sum);
    return AXN_OK;
}

static axn_status read_text(const cJSON *json, const char *key, char *out, size_t size,
                            const char *path, axn_error *error)
{
    const char *text = "";
    axn_status status = axn_json_string(json, key, &text, path, error);
    if (status == AXN_OK && strlen(text) >= size)
        status = axn_fail(error, AXN_ERROR_FORMAT, "%s: \"%s\" is too long", path, key);
    if (status == AXN_OK)
        snprintf(out, size, "%s", text);
    return status;
}

axn_status axn_operand_histogram_read(const char *path, axn_operand_histogram **out,
                                      axn_error *error)
{
    static const char *const keys[] = {"format", "version",         "model",  "dataset",
                                       "images", "multiplications", "counts", NULL};
    cJSON *json = NULL;
    const cJSON *counts = NULL;
    axn_operand_histogram *histogram = NULL;
    *out = NULL;
    axn_status status = axn_json_read(path, &json, error);
    if (status == AXN_OK)
        status = axn_allocate(&histogram, 1, sizeof *histogram, "an operand histogram", error);
    if (status == AXN_OK)
        status = axn_json_check_format(json, FORMAT, VERSION, path, error);
    if (status == AXN_OK)
        status = axn_json_known_keys(json, keys, path, error);
    if (status == AXN_OK)
        status = read_text(json, "model", histogram->model, sizeof histogram->model, path, error);
    if (status == AXN_OK)
        status =
            read_text(json, "dataset", histogram->dataset, sizeof histogram->dataset, path, error);
    if (status == AXN_OK)
        status = axn_json_integer(json, "images", 1, INT32_MAX, &histogram->images, path, error);
    if (status == AXN_OK)
        status = axn_json_number(json, "multiplications", 1, MOST_COUNT,
                                 &histogram->multiplications, path, error);
    if (status == AXN_OK)
        status = axn_json_array(json, "counts", &counts, path, error);
    if (status == AXN_OK)
        status = read_counts(counts, histogram, path, error);
    cJSON_Delete(json);
    if (status != AXN_OK) {
        free(histogram);
        return status;
    }
    hash_counts(histogram);
    *out = histogram;
    return AXN_OK;
}

axn_status axn_operand_histogram_write(const char *path, const char *model, const char *dataset,
                                       int64_t images, const uint64_t counts[AXN_OPERAND_PAIRS],
                                       axn_error *error)
{
    double sum = 0, *values = NULL;
    axn_status status = axn_allocate(&values, AXN_OPERAND_PAIRS, sizeof *values, "counts", error);
    if (status != AXN_OK)
        return status;
    for (int i = 0; i < AXN_OPERAND_PAIRS; i++) {
        values[i] = (double)counts[i];
        sum += values[i];
    }
    if (!(sum > 0) || sum >= MOST_COUNT) {
        free(values);
        return axn_fail(error, AXN_ERROR_LIMIT, "%s: no multiplications, or 2^53 and more", path);
    }
    cJSON *json = cJSON_CreateObject();
    bool ok = json != NULL && cJSON_AddStringToObject(json, "format", FORMAT) != NULL &&
              cJSON_AddNumberToObject(json, "version", VERSION) != NULL &&
              cJSON_AddStringToObject(json, "model", model) != NULL &&
              cJSON_AddStringToObject(json, "dataset", dataset) != NULL &&
              cJSON_AddNumberToObject(json, "images", (double)images) != NULL &&
              axn_json_add_double(json, "multiplications", sum);
    cJSON *list = ok ? cJSON_CreateDoubleArray(values, AXN_OPERAND_PAIRS) : NULL;
    ok = list != NULL && cJSON_AddItemToObject(json, "counts", list);
    status = ok ? axn_json_write(path, json, error)
                : axn_fail(error, AXN_ERROR_MEMORY, "%s: out of memory", path);
    cJSON_Delete(json);
    free(values);
    return status;
}
