/* Typed access to members, of common/json.h. */
#include <string.h>

#include "common/json.h"

#define EXACT_INTEGER 9007199254740992.0 /* 2^53 */

static axn_status member(const cJSON *object, const char *key, cJSON_bool (*is)(const cJSON *),
                         const char *type, const cJSON **out, const char *file, axn_error *error)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    *out = item;
    if (item == NULL)
        return axn_fail(error, AXN_ERROR_FORMAT, "%s: \"%s\" is missing", file, key);
    if (!is(item))
        return axn_fail(error, AXN_ERROR_FORMAT, "%s: \"%s\" is not %s", file, key, type);
    return AXN_OK;
}

axn_status axn_json_string(const cJSON *object, const char *key, const char **out, const char *file,
                           axn_error *error)
{
    const cJSON *item;
    *out = NULL;
    axn_status status = member(object, key, cJSON_IsString, "a string", &item, file, error);
    if (status == AXN_OK)
        *out = item->valuestring;
    return status;
}

axn_status axn_json_name(const cJSON *object, const char *key, char *out, size_t size,
                         const char *file, axn_error *error)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                " _.+-/:()[]";
    const char *text;
    out[0] = '\0';
    axn_status status = axn_json_string(object, key, &text, file, error);
    if (status != AXN_OK)
        return status;
    size_t length = strlen(text);
    if (length >= size)
        return axn_fail(error, AXN_ERROR_LIMIT, "%s: \"%s\" is longer than %zu characters", file,
                        key, size - 1);
    if (strspn(text, plain) != length)
        return axn_fail(error, AXN_ERROR_FORMAT,
                        "%s: \"%s\" holds other characters than letters, digits and _.+-/:()[]",
                        file, key);
    memcpy(out, text, length + 1);
    return AXN_OK;
}

axn_status axn_json_integer(const cJSON *object, const char *key, int64_t low, int64_t high,
                            int64_t *out, const char *file, axn_error *error)
{
    const cJSON *item;
    *out = 0;
    axn_status status = member(object, key, cJSON_IsNumber, "a number", &item, file, error);
    if (status != AXN_OK)
        return status;
    double value = item->valuedouble;
    if (!(value >= -EXACT_INTEGER && value <= EXACT_INTEGER) || value != (double)(int64_t)value)
        return axn_fail(error, AXN_ERROR_FORMAT, "%s: \"%s\" is not an integer", file, key);
    int64_t integer = (int64_t)value;
    if (integer < low || integer > high)
        return axn_fail(error, AXN_ERROR_FORMAT, "%s: \"%s\" is %lld, not %lld .. %lld", file, key,
                        (long long)integer, (long long)low, (long long)high);
    *out = integer;
    return AXN_OK;
}

axn_status axn_json_number(const cJSON *object, const char *key, double low, double high,
                           double *out, const char *file, axn_error *error)
{
    const cJSON *item;
    *out = 0.0;
    axn_status status = member(object, key, cJSON_IsNumber, "a number", &item, file, error);
    if (status != AXN_OK)
        return status;
    double value = item->valuedouble;
    if (!(value >= low && value <= high))
        return axn_fail(error, AXN_ERROR_FORMAT, "%s: \"%s\" is %g, not %g .. %g", file, key, value,
                        low, high);
    *out = value;
    return AXN_OK;
}

axn_status axn_json_bool(const cJSON *object, const char *key, bool *out, const char *file,
                         axn_error *error)
{
    const cJSON *item;
    *out = false;
    axn_status status = member(object, key, cJSON_IsBool, "true or false", &item, file, error);
    if (status == AXN_OK)
        *out = cJSON_IsTrue(item) != 0;
    return status;
}

axn_status axn_json_array(const cJSON *object, const char *key, const cJSON **out, const char *file,
                          axn_error *error)
{
    return member(object, key, cJSON_IsArray, "an array", out, file, error);
}

axn_status axn_json_object(const cJSON *object, const char *key, const cJSON **out,
                           const char *file, axn_error *error)
{
    return member(object, key, cJSON_IsObject, "an object", out, file, error);
}

axn_status axn_json_check_format(const cJSON *object, const char *format, int version,
                                 const char *file, axn_error *error)
{
    const cJSON *found = cJSON_GetObjectItemCaseSensitive(object, "format");
    if (!cJSON_IsString(found) || strcmp(found->valuestring, format) != 0)
        return axn_fail(error, AXN_ERROR_FORMAT, "%s: not of format \"%s\"", file, format);
    int64_t number;
    axn_status status = axn_json_integer(object, "version", 0, INT32_MAX, &number, file, error);
    if (status == AXN_OK && number != version)
        status = axn_fail(error, AXN_ERROR_FORMAT,
                          "%s: version %lld of \"%s\", this program reads version %d", file,
                          (long long)number, format, version);
    return status;
}

axn_status axn_json_known_keys(const cJSON *object, const char *const *keys, const char *file,
                               axn_error *error)
{
    if (!cJSON_IsObject(object))
        return axn_fail(error, AXN_ERROR_FORMAT, "%s: not a JSON object", file);
    for (const cJSON *item = object->child; item != NULL; item = item->next) {
        size_t i = 0;
        while (keys[i] != NULL && strcmp(keys[i], item->string) != 0)
            i++;
        if (keys[i] == NULL)
            return axn_fail(error, AXN_ERROR_FORMAT, "%s: unknown key \"%s\"", file, item->string);
    }
    return AXN_OK;
}
