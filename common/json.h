/* JSON files through cJSON: size- and depth-limited reading, typed access whose
 * errors name file and key, atomic writing. */
#ifndef AXN_COMMON_JSON_H
#define AXN_COMMON_JSON_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"

#define AXN_JSON_MAX_BYTES ((size_t)128 << 20)
#define AXN_JSON_MAX_DEPTH 32
#define AXN_JSON_MAX_ITEMS ((size_t)8 << 20) /* numbers, strings ...: 64 bytes each, and more */

/* Parses a file; caller frees with cJSON_Delete. Trailing garbage is an error, a file beyond
 * the limits above AXN_ERROR_LIMIT. */
axn_status axn_json_read(const char *path, cJSON **out, axn_error *error);
/* Parses length bytes; `name` stands for the file in messages. */
axn_status axn_json_parse(const char *name, const char *text, size_t length, cJSON **out,
                          axn_error *error);
/* Writes indented JSON and a final newline, atomically. */
axn_status axn_json_write(const char *path, const cJSON *json, axn_error *error);
/* Appends compact JSON on one line (no newline). */
struct axn_buffer;
axn_status axn_json_print_line(const cJSON *json, struct axn_buffer *out, axn_error *error);
/* Prints indented JSON to standard output (for --json). */
axn_status axn_json_print(const cJSON *json, axn_error *error);

/* A number that reads back as the very same double (cJSON's own printing may lose
 * the last bit); null if not finite. For output only: the item is raw text, so the
 * accessors below do not see it as a number before it is read again. NULL or false
 * when out of memory. */
cJSON *axn_json_double(double value);
bool axn_json_add_double(cJSON *object, const char *key, double value);

/* Members of an object. `file` is for messages. Missing or of another type or out
 * of range: AXN_ERROR_FORMAT. Strings belong to the cJSON tree. */
axn_status axn_json_string(const cJSON *object, const char *key, const char **out, const char *file,
                           axn_error *error);
/* Copies a name into out[size]: letters, digits, blanks and _.+-/:()[] only, so that it may
 * stand in tables, reports and scripts of tools. */
axn_status axn_json_name(const cJSON *object, const char *key, char *out, size_t size,
                         const char *file, axn_error *error);
axn_status axn_json_integer(const cJSON *object, const char *key, int64_t low, int64_t high,
                            int64_t *out, const char *file, axn_error *error);
axn_status axn_json_number(const cJSON *object, const char *key, double low, double high,
                           double *out, const char *file, axn_error *error);
axn_status axn_json_bool(const cJSON *object, const char *key, bool *out, const char *file,
                         axn_error *error);
axn_status axn_json_array(const cJSON *object, const char *key, const cJSON **out, const char *file,
                          axn_error *error);
axn_status axn_json_object(const cJSON *object, const char *key, const cJSON **out,
                           const char *file, axn_error *error);
/* Checks {"format": format, "version": version} at the top of a file. */
axn_status axn_json_check_format(const cJSON *object, const char *format, int version,
                                 const char *file, axn_error *error);
/* Refuses members of `object` that are not in the NULL-terminated list. */
axn_status axn_json_known_keys(const cJSON *object, const char *const *keys, const char *file,
                               axn_error *error);

#endif
