/* JSON of any content, the typed accessors on its members, and what is printed read back. */
#include "common/buffer.h"
#include "common/json.h"
#include "tests/fuzz/fuzz.h"

static void read_members(const cJSON *json)
{
    const char *text;
    const cJSON *item;
    int64_t integer;
    double number;
    bool yes;
    cJSON_ArrayForEach(item, json)
    {
        if (item->string == NULL)
            continue;
        (void)axn_json_string(json, item->string, &text, "input", NULL);
        if (axn_json_integer(json, item->string, -1000, INT64_MAX, &integer, "input", NULL) ==
                AXN_OK &&
            integer < -1000)
            fuzz_fail("an integer is out of range");
        if (axn_json_number(json, item->string, 0, 1, &number, "input", NULL) == AXN_OK &&
            !(number >= 0 && number <= 1))
            fuzz_fail("a number is out of range");
        (void)axn_json_bool(json, item->string, &yes, "input", NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const keys[] = {"format", "version", NULL};
    cJSON *json = NULL, *again = NULL;
    axn_buffer line = {0};
    axn_error error;
    if (axn_json_parse("input", (const char *)data, size, &json, &error) != AXN_OK)
        return 0;
    (void)axn_json_check_format(json, "axnas-library", 1, "input", &error);
    (void)axn_json_known_keys(json, keys, "input", &error);
    read_members(json);
    if (axn_json_print_line(json, &line, &error) != AXN_OK ||
        axn_json_parse("line", line.data, line.length, &again, &error) != AXN_OK)
        fuzz_fail("printed JSON cannot be read");
    cJSON_Delete(json);
    cJSON_Delete(again);
    axn_buffer_free(&line);
    return 0;
}
