#include "common/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/file.h"

static int line_of(const char *text, size_t position)
{
    int line = 1;
    for (size_t i = 0; i < position; i++)
        if (text[i] == '\n')
            line++;
    return line;
}

/* cJSON descends by recursion and takes 64 bytes for an item of two: depth and number
 * are bounded before it sees the text. */
static axn_status check_size(const char *name, const char *text, size_t length, axn_error *error)
{
    int depth = 0;
    size_t items = 1;
    bool in_string = false;
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if (c == '\0')
            return axn_fail(error, AXN_ERROR_FORMAT, "%s:%d: not JSON (a zero byte)", name,
                            line_of(text, i));
        if (in_string) {
            if (c == '\\' && i + 1 < length && text[i + 1] != '\0')
                i++;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[' || c == ',') {
            if (++items > AXN_JSON_MAX_ITEMS)
                return axn_fail(error, AXN_ERROR_LIMIT, "%s: more than %zu JSON items", name,
                                AXN_JSON_MAX_ITEMS);
            if (c == ',')
                continue;
            if (++depth > AXN_JSON_MAX_DEPTH)
                return axn_fail(error, AXN_ERROR_LIMIT, "%s:%d: JSON nested deeper than %d", name,
                                line_of(text, i), AXN_JSON_MAX_DEPTH);
        } else if (c == '}' || c == ']') {
            depth--;
        }
    }
    return AXN_OK;
}

axn_status axn_json_parse(const char *name, const char *text, size_t length, cJSON **out,
                          axn_error *error)
{
    *out = NULL;
    if (length > AXN_JSON_MAX_BYTES)
        return axn_fail(error, AXN_ERROR_LIMIT, "%s is larger than %zu bytes", name,
                        AXN_JSON_MAX_BYTES);
    axn_status status = check_size(name, text, length, error);
    if (status != AXN_OK)
        return status;
    /* A copy with a NUL behind: only then does cJSON refuse trailing garbage. */
    axn_buffer copy = {0};
    axn_buffer_append(&copy, text, length);
    if (copy.failed) {
        axn_buffer_free(&copy);
        return axn_fail(error, AXN_ERROR_MEMORY, "out of memory reading %s", name);
    }
    const char *end = NULL;
    *out = cJSON_ParseWithLengthOpts(copy.data, copy.length + 1, &end, 1);
    if (*out == NULL) {
        size_t position = end != NULL ? (size_t)(end - copy.data) : 0;
        if (position > copy.length)
            position = copy.length;
        bool at_end = copy.data[position + strspn(copy.data + position, " \t\r\n")] == '\0';
        status = axn_fail(error, AXN_ERROR_FORMAT, "%s:%d: %s", name, line_of(copy.data, position),
                          at_end ? "JSON ends too early" : "JSON syntax error");
    }
    axn_buffer_free(&copy);
    return status;
}

axn_status axn_json_read(const char *path, cJSON **out, axn_error *error)
{
    axn_buffer text = {0};
    *out = NULL;
    axn_status status = axn_file_read(path, AXN_JSON_MAX_BYTES, &text, error);
    if (status == AXN_OK)
        status = axn_json_parse(path, text.data, text.length, out, error);
    axn_buffer_free(&text);
    return status;
}

axn_status axn_json_write(const char *path, const cJSON *json, axn_error *error)
{
    axn_buffer text = {0};
    axn_status status = AXN_OK;
    char *printed = cJSON_Print(json);
    if (printed != NULL) {
        axn_buffer_text(&text, printed);
        axn_buffer_text(&text, "\n");
        free(printed);
    }
    if (printed == NULL || text.failed)
        status = axn_fail(error, AXN_ERROR_MEMORY, "out of memory writing \"%s\"", path);
    else
        status = axn_file_write(path, text.data, text.length, error);
    axn_buffer_free(&text);
    return status;
}

axn_status axn_json_print_line(const cJSON *json, axn_buffer *out, axn_error *error)
{
    char *printed = cJSON_PrintUnformatted(json);
    if (printed != NULL)
        axn_buffer_text(out, printed);
    free(printed);
    if (printed == NULL || out->failed)
        return axn_fail(error, AXN_ERROR_MEMORY, "out of memory printing JSON");
    return AXN_OK;
}

axn_status axn_json_print(const cJSON *json, axn_error *error)
{
    char *printed = cJSON_Print(json);
    if (printed == NULL)
        return axn_fail(error, AXN_ERROR_MEMORY, "out of memory printing JSON");
    bool good = fputs(printed, stdout) >= 0 && fputc('\n', stdout) != EOF && fflush(stdout) == 0;
    free(printed);
    return good ? AXN_OK : axn_fail_errno(error, AXN_ERROR_IO, "cannot write to standard output");
}

bool axn_json_add_double(cJSON *object, const char *key, double value)
{
    cJSON *item = axn_json_double(value);
    if (item != NULL && cJSON_AddItemToObject(object, key, item))
        return true;
    cJSON_Delete(item);
    return false;
}

cJSON *axn_json_double(double value)
{
    if (!isfinite(value))
        return cJSON_CreateNull();
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    return cJSON_CreateRaw(text);
}
