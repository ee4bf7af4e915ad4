/* Prints one member of a JSON file for the shell tests: json_get FILE key.key.0.key
 * (numbers index arrays; "#" prints the number of elements). Exit status 1 if absent. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"

static const cJSON *step(const cJSON *at, const char *key)
{
    char *end = NULL;
    long index = strtol(key, &end, 10);
    if (cJSON_IsArray(at) && end != key && *end == '\0') {
        return cJSON_GetArrayItem(at, (int)index);
    }
    return cJSON_GetObjectItemCaseSensitive(at, key);
}

static int print_value(const cJSON *value)
{
    if (cJSON_IsString(value)) {
        puts(value->valuestring);
        return 0;
    }
    char *text = cJSON_PrintUnformatted(value);
    if (text == NULL) {
        return 1;
    }
    puts(text);
    free(text);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fputs("usage: json_get FILE PATH\n", stderr);
        return 2;
    }
    axn_error error = {0};
    cJSON *root = NULL;
    if (axn_json_read(argv[1], &root, &error) != AXN_OK) {
        fprintf(stderr, "json_get: %s\n", error.message);
        return 1;
    }
    const cJSON *at = root;
    char *rest = NULL;
    int status = 1;
    for (char *key = strtok_r(argv[2], ".", &rest); key != NULL && at != NULL;
         key = strtok_r(NULL, ".", &rest)) {
        if (strcmp(key, "#") == 0) {
            printf("%d\n", cJSON_GetArraySize(at));
            cJSON_Delete(root);
            return 0;
        }
        at = step(at, key);
    }
    if (at != NULL) {
        status = print_value(at);
    }
    cJSON_Delete(root);
    return status;
}
