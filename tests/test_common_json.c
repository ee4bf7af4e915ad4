/* JSON: bounded reading, messages that name file and key, exact doubles. */
#include "tests/check.h"

#include <math.h>

#include "common/buffer.h"
#include "common/hash.h"
#include "common/json.h"
#include "common/random.h"

static axn_status parse(const char *text, cJSON **json, axn_error *error)
{
    return axn_json_parse("f.json", text, strlen(text), json, error);
}

static void syntax_errors_name_the_line(void)
{
    static const struct {
        const char *text, *part;
    } cases[] = {
        {"", "f.json:1: JSON ends too early"},
        {"{\n\"a\": 1,\n\"b\": [1, 2", "f.json:3: JSON ends too early"},
        {"{\n\"a\": 1,\n\"b\": x}", "f.json:3: JSON syntax error"},
        {"{\"a\": 1}\n\n]", "f.json:3: JSON syntax error"},
        {"{\"a\": 1} {}", "f.json:1: JSON syntax error"},
        {"nonsense", "f.json:1: JSON syntax error"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        axn_error error = {0};
        cJSON *json;
        AXN_CHECK_FAILS(parse(cases[i].text, &json, &error), error, AXN_ERROR_FORMAT,
                        cases[i].part);
        CU_ASSERT_PTR_NULL(json);
    }
    axn_error error = {0};
    cJSON *json;
    AXN_CHECK_FAILS(axn_json_parse("f.json", "{\n}\0{", 5, &json, &error), error, AXN_ERROR_FORMAT,
                    "f.json:2: not JSON (a zero byte)");
}

static void depth_is_bounded(void)
{
    axn_error error = {0};
    cJSON *json;
    static char text[2000001];
    memset(text, '[', 2000000);
    AXN_CHECK_FAILS(parse(text, &json, &error), error, AXN_ERROR_LIMIT, "nested deeper than 32");
    memset(text, '[', AXN_JSON_MAX_DEPTH);
    memset(text + AXN_JSON_MAX_DEPTH, ']', AXN_JSON_MAX_DEPTH);
    text[2 * AXN_JSON_MAX_DEPTH] = '\0';
    AXN_CHECK_OK(parse(text, &json, &error), error);
    cJSON_Delete(json);
    /* Brackets in a string do not count, nor does an escaped quote end one. */
    AXN_CHECK_OK(parse("[\"\\\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"]", &json, &error), error);
    cJSON_Delete(json);
}

static void members_are_typed_and_ranged(void)
{
    axn_error error = {0};
    cJSON *json;
    const char *text;
    int64_t integer;
    double number;
    bool flag;
    const cJSON *item;
    AXN_REQUIRE_OK(parse("{\"s\":\"x\",\"i\":7,\"n\":-2.5,\"b\":true,\"a\":[],\"o\":{},"
                         "\"big\":9007199254740994,\"inf\":1e999,\"z\":null}",
                         &json, &error),
                   error);
    AXN_CHECK_OK(axn_json_string(json, "s", &text, "f", &error), error);
    CU_ASSERT_STRING_EQUAL(text, "x");
    AXN_CHECK_OK(axn_json_integer(json, "i", 7, 7, &integer, "f", &error), error);
    CU_ASSERT_EQUAL(integer, 7);
    AXN_CHECK_OK(axn_json_number(json, "n", -3.0, 0.0, &number, "f", &error), error);
    CU_ASSERT_EQUAL(number, -2.5);
    AXN_CHECK_OK(axn_json_bool(json, "b", &flag, "f", &error), error);
    CU_ASSERT_TRUE(flag);
    AXN_CHECK_OK(axn_json_array(json, "a", &item, "f", &error), error);
    AXN_CHECK_OK(axn_json_object(json, "o", &item, "f", &error), error);
    AXN_CHECK_FAILS(axn_json_string(json, "i", &text, "f", &error), error, AXN_ERROR_FORMAT,
                    "f: \"i\" is not a string");
    AXN_CHECK_FAILS(axn_json_string(json, "none", &text, "f", &error), error, AXN_ERROR_FORMAT,
                    "f: \"none\" is missing");
    AXN_CHECK_FAILS(axn_json_integer(json, "i", 0, 6, &integer, "f", &error), error,
                    AXN_ERROR_FORMAT, "f: \"i\" is 7, not 0 .. 6");
    AXN_CHECK_FAILS(axn_json_integer(json, "n", -9, 9, &integer, "f", &error), error,
                    AXN_ERROR_FORMAT, "not an integer");
    AXN_CHECK_FAILS(axn_json_integer(json, "big", 0, INT64_MAX, &integer, "f", &error), error,
                    AXN_ERROR_FORMAT, "not an integer");
    AXN_CHECK_FAILS(axn_json_integer(json, "inf", 0, INT64_MAX, &integer, "f", &error), error,
                    AXN_ERROR_FORMAT, "not an integer");
    AXN_CHECK_FAILS(axn_json_number(json, "inf", 0.0, 1e300, &number, "f", &error), error,
                    AXN_ERROR_FORMAT, "\"inf\"");
    AXN_CHECK_FAILS(axn_json_number(json, "z", 0.0, 1.0, &number, "f", &error), error,
                    AXN_ERROR_FORMAT, "not a number");
    AXN_CHECK_FAILS(axn_json_object(json, "a", &item, "f", &error), error, AXN_ERROR_FORMAT,
                    "not an object");
    /* Of anything that is no object every member is missing. */
    AXN_CHECK_FAILS(axn_json_string(NULL, "s", &text, "f", &error), error, AXN_ERROR_FORMAT,
                    "missing");
    cJSON_Delete(json);
}

static void names_are_plain(void)
{
    axn_error error = {0};
    cJSON *json;
    char name[8];
    AXN_REQUIRE_OK(parse("{\"a\":\"c1/b_2+\",\"l\":\"12345678\",\"q\":\"it's\",\"n\":\"a\\nb\","
                         "\"d\":\"$(x)\",\"s\":\"a;b\",\"h\":\"<b>\",\"c\":\"a,b\"}",
                         &json, &error),
                   error);
    AXN_CHECK_OK(axn_json_name(json, "a", name, sizeof name, "f", &error), error);
    AXN_CHECK_FAILS(axn_json_name(json, "l", name, sizeof name, "f", &error), error,
                    AXN_ERROR_LIMIT, "f: \"l\" is longer than 7 characters");
    for (const char *key = "qndshc"; *key != '\0'; key++) {
        char text[2] = {*key, '\0'};
        AXN_CHECK_FAILS(axn_json_name(json, text, name, sizeof name, "f", &error), error,
                        AXN_ERROR_FORMAT, "other characters than letters");
        CU_ASSERT_STRING_EQUAL(name, "");
    }
    cJSON_Delete(json);
}

/* An item of two bytes takes 64 of memory: their number is limited before any is made. */
static void the_number_of_items_is_limited(void)
{
    axn_error error = {0};
    axn_buffer text = {0};
    cJSON *json;
    axn_buffer_text(&text, "[0");
    for (size_t i = 0; i < AXN_JSON_MAX_ITEMS; i++)
        axn_buffer_append(&text, ",0", 2);
    axn_buffer_text(&text, "]");
    CU_ASSERT_FALSE(text.failed);
    AXN_CHECK_FAILS(axn_json_parse("f", text.data, text.length, &json, &error), error,
                    AXN_ERROR_LIMIT, "f: more than 8388608 JSON items");
    axn_buffer_free(&text);
}

static void formats_and_keys_are_checked(void)
{
    static const char *const keys[] = {"format", "version", NULL};
    axn_error error = {0};
    cJSON *json;
    AXN_REQUIRE_OK(parse("{\"format\":\"axnas-x\",\"version\":1}", &json, &error), error);
    AXN_CHECK_OK(axn_json_check_format(json, "axnas-x", 1, "f", &error), error);
    AXN_CHECK_OK(axn_json_known_keys(json, keys, "f", &error), error);
    AXN_CHECK_FAILS(axn_json_check_format(json, "axnas-y", 1, "f", &error), error, AXN_ERROR_FORMAT,
                    "f: not of format \"axnas-y\"");
    AXN_CHECK_FAILS(axn_json_check_format(json, "axnas-x", 2, "f", &error), error, AXN_ERROR_FORMAT,
                    "reads version 2");
    AXN_CHECK_FAILS(axn_json_known_keys(json, keys + 1, "f", &error), error, AXN_ERROR_FORMAT,
                    "f: unknown key \"format\"");
    cJSON_Delete(json);
    AXN_REQUIRE_OK(parse("[1]", &json, &error), error);
    AXN_CHECK_FAILS(axn_json_check_format(json, "axnas-x", 1, "f", &error), error, AXN_ERROR_FORMAT,
                    "not of format");
    AXN_CHECK_FAILS(axn_json_known_keys(json, keys, "f", &error), error, AXN_ERROR_FORMAT,
                    "not a JSON object");
    cJSON_Delete(json);
}

static void doubles_come_back_exactly(void)
{
    axn_error error = {0};
    char folder[AXN_PATH_MAX], path[AXN_PATH_MAX];
    axn_random random = axn_random_stream(1, AXN_RANDOM_TEST, 0, 0);
    static double values[2000];
    cJSON *json = cJSON_CreateObject(), *array = cJSON_AddArrayToObject(json, "values"), *read;
    for (int i = 0; i < 2000; i++) {
        values[i] = ldexp(axn_random_normal(&random), (int)axn_random_below(&random, 600) - 300);
        CU_ASSERT_TRUE(cJSON_AddItemToArray(array, axn_json_double(values[i])));
    }
    CU_ASSERT_TRUE(axn_json_add_double(json, "tenth", 0.1));
    CU_ASSERT_TRUE(axn_json_add_double(json, "none", NAN));
    axn_check_folder(folder);
    axn_check_path(path, folder, "f.json");
    AXN_CHECK_OK(axn_json_write(path, json, &error), error);
    AXN_REQUIRE_OK(axn_json_read(path, &read, &error), error);
    const cJSON *item = cJSON_GetObjectItem(read, "values")->child;
    for (int i = 0; i < 2000; i++) {
        CU_ASSERT_EQUAL(item->valuedouble, values[i]);
        item = item->next;
    }
    CU_ASSERT_TRUE(cJSON_IsNull(cJSON_GetObjectItem(read, "none")));
    axn_buffer line = {0};
    cJSON_DeleteItemFromObject(read, "values");
    AXN_CHECK_OK(axn_json_print_line(read, &line, &error), error);
    CU_ASSERT_STRING_EQUAL(line.data, "{\"tenth\":0.1,\"none\":null}");
    axn_buffer_free(&line);
    cJSON_Delete(json);
    cJSON_Delete(read);
    axn_check_folder_remove(folder);
}

static void hashes_are_the_published_ones(void)
{
    char text[AXN_HASH_TEXT];
    uint64_t hash;
    /* The vectors of the FNV authors' test suite. */
    CU_ASSERT_EQUAL(axn_hash(AXN_HASH_SEED, "", 0), UINT64_C(0xcbf29ce484222325));
    CU_ASSERT_EQUAL(axn_hash(AXN_HASH_SEED, "a", 1), UINT64_C(0xaf63dc4c8601ec8c));
    CU_ASSERT_EQUAL(axn_hash(AXN_HASH_SEED, "foobar", 6), UINT64_C(0x85944171f73967e8));
    CU_ASSERT_EQUAL(axn_hash(axn_hash(AXN_HASH_SEED, "foo", 3), "bar", 3),
                    UINT64_C(0x85944171f73967e8));
    axn_hash_text(text, UINT64_C(0x00ffee1234567890));
    CU_ASSERT_STRING_EQUAL(text, "00ffee1234567890");
    CU_ASSERT_TRUE(axn_hash_parse(text, &hash));
    CU_ASSERT_EQUAL(hash, UINT64_C(0x00ffee1234567890));
    static const char *const wrong[] = {"",
                                        "0",
                                        "00ffee123456789",
                                        "00ffee12345678901",
                                        "00FFEE1234567890",
                                        "0x00ffee12345678",
                                        " 0ffee1234567890"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        CU_ASSERT_FALSE(axn_hash_parse(wrong[i], &hash));
}

AXN_TEST_MAIN("json", {"syntax errors name the line", syntax_errors_name_the_line},
              {"depth is bounded", depth_is_bounded},
              {"members are typed and ranged", members_are_typed_and_ranged},
              {"names are plain", names_are_plain},
              {"the number of items is limited", the_number_of_items_is_limited},
              {"formats and keys are checked", formats_and_keys_are_checked},
              {"doubles come back exactly", doubles_come_back_exactly},
              {"hashes are the published ones", hashes_are_the_published_ones})
