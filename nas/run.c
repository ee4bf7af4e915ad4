#include "nas/run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "common/json.h"
#include "common/memory.h"
#include "nas/run_internal.h"
#include "nas/settings.h"

/* Where data lies may change between start and resume; what it is may not. */
static const char *const movable[] = {"data_dir", "library", "template"};

static bool is_movable(const char *key)
{
    for (size_t i = 0; i < sizeof movable / sizeof movable[0]; i++) {
        if (strcmp(key, movable[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* First key that differs between two objects, NULL if none. */
static const char *different_key(const cJSON *one, const cJSON *other)
{
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, one)
    {
        const cJSON *match = cJSON_GetObjectItemCaseSensitive(other, item->string);
        if (!is_movable(item->string) && !cJSON_Compare(item, match, 1)) {
            return item->string;
        }
    }
    cJSON_ArrayForEach(item, other)
    {
        if (cJSON_GetObjectItemCaseSensitive(one, item->string) == NULL) {
            return item->string;
        }
    }
    return NULL;
}

static axn_status settings_differ(const char *path, const char *key, const cJSON *old,
                                  const cJSON *new, axn_error *error)
{
    const cJSON *old_value = cJSON_GetObjectItemCaseSensitive(old, key);
    const cJSON *new_value = cJSON_GetObjectItemCaseSensitive(new, key);
    char *was = old_value != NULL ? cJSON_PrintUnformatted(old_value) : NULL;
    char *is = new_value != NULL ? cJSON_PrintUnformatted(new_value) : NULL;
    axn_fail(error, AXN_ERROR_USAGE,
             "%s: the run was started with \"%s\": %.200s, not %.200s; it can only be resumed as "
             "it was started",
             path, key, was != NULL ? was : "nothing", is != NULL ? is : "nothing");
    free(was);
    free(is);
    return AXN_ERROR_USAGE;
}

/* What beside the settings: data, sizes, multipliers, the class of instructions. */
static axn_status compare_rest(const char *path, const cJSON *stored, const cJSON *config,
                               axn_error *error)
{
    cJSON *old = cJSON_Duplicate(stored, 1);
    cJSON *new = cJSON_Duplicate(config, 1);
    cJSON_DeleteItemFromObjectCaseSensitive(old, "settings");
    cJSON_DeleteItemFromObjectCaseSensitive(new, "settings");
    const char *key = different_key(old, new);
    axn_status status = AXN_OK;
    if (key != NULL && strcmp(key, "isa") == 0) {
        const char *was = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(old, key));
        const char *is = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(new, key));
        was = was != NULL ? was : "?";
        status = axn_fail(error, AXN_ERROR_USAGE,
                          "%s: the run was started with instructions of class %.16s, not %.16s, "
                          "which give other bytes; resume it with --isa %.16s, on a machine that "
                          "has them",
                          path, was, is != NULL ? is : "?", was);
    } else if (key != NULL) {
        status = axn_fail(error, AXN_ERROR_USAGE,
                          "%s: the run was started with another \"%s\"; it can only be resumed as "
                          "it was started",
                          path, key);
    }
    cJSON_Delete(old);
    cJSON_Delete(new);
    return status;
}

static axn_status compare_config(const char *path, const cJSON *config, axn_error *error)
{
    cJSON *stored = NULL;
    cJSON *old = NULL;
    const cJSON *new = cJSON_GetObjectItemCaseSensitive(config, "settings");
    const char *key = NULL;
    axn_status status = axn_json_read(path, &stored, error);
    if (status == AXN_OK) {
        status = axn_json_check_format(stored, "axnas-run", 1, path, error);
    }
    if (status == AXN_OK) {
        status = axn_settings_complete(cJSON_GetObjectItemCaseSensitive(stored, "settings"), path,
                                       &old, error);
    }
    if (status == AXN_OK) {
        key = different_key(old, new);
        status = key != NULL ? settings_differ(path, key, old, new, error)
                             : compare_rest(path, stored, config, error);
    }
    cJSON_Delete(stored);
    cJSON_Delete(old);
    return status;
}

static axn_status take_lock(axn_run *run, axn_error *error)
{
    char path[AXN_PATH_MAX];
    axn_status status = axn_path_join(path, run->folder, "lock", error);
    if (status != AXN_OK) {
        return status;
    }
    run->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (run->lock < 0) {
        return axn_fail_errno(error, AXN_ERROR_IO, "%s", path);
    }
    if (flock(run->lock, LOCK_EX | LOCK_NB) != 0) {
        return errno == EWOULDBLOCK
                   ? axn_fail(error, AXN_ERROR_USAGE, "%s: another search is working on this run",
                              run->folder)
                   : axn_fail_errno(error, AXN_ERROR_IO, "%s", path);
    }
    return AXN_OK;
}

/* What a writer that was killed leaves behind (see axn_file_write). */
static bool is_litter(const char *name)
{
    return strstr(name, ".tmp-") != NULL;
}

/* Is there nothing in the folder but what a start that was killed may have left? */
static bool is_blank(const char *folder)
{
    char **names = NULL;
    size_t count = 0;
    bool blank = true;
    if (axn_folder_list(folder, "", &names, &count, NULL) == AXN_OK) {
        for (size_t i = 0; i < count; i++) {
            blank = blank && (strcmp(names[i], "lock") == 0 || is_litter(names[i]));
        }
        axn_names_free(names, count);
    }
    return blank;
}

static axn_status remove_file(const axn_run *run, const char *name, axn_error *error)
{
    char path[AXN_PATH_MAX];
    axn_status status = axn_path_join(path, run->folder, name, error);
    if (status == AXN_OK && unlink(path) != 0 && errno != ENOENT) {
        status = axn_fail_errno(error, AXN_ERROR_IO, "%s", path);
    }
    return status;
}

/* Makes the folder a fresh run. */
static axn_status start(axn_run *run, const cJSON *config, bool force, axn_error *error)
{
    static const char *const leftovers[] = {"config.json", "archive.jsonl", "pending.jsonl",
                                            "checkpoint",  "pareto.json",   "log.jsonl"};
    char path[AXN_PATH_MAX];
    axn_status status = axn_folder_prepare(run->folder, force || is_blank(run->folder), error);
    if (status == AXN_ERROR_EXISTS && axn_path_is_folder(run->folder)) {
        char config_path[AXN_PATH_MAX];
        if (axn_path_join(config_path, run->folder, "config.json", NULL) == AXN_OK &&
            axn_path_exists(config_path)) {
            return axn_fail(error, status,
                            "%s: holds a run already (--resume continues it, --force replaces it)",
                            run->folder);
        }
    }
    if (status == AXN_OK) {
        status = take_lock(run, error);
    }
    for (size_t i = 0; i < sizeof leftovers / sizeof leftovers[0] && status == AXN_OK; i++) {
        status = remove_file(run, leftovers[i], error);
    }
    if (status == AXN_OK) {
        status = axn_path_join(path, run->folder, "config.json", error);
    }
    return status == AXN_OK ? axn_json_write(path, config, error) : status;
}

/* Removes the litter of the folder or of a folder in it. */
static axn_status clean_up(const axn_run *run, const char *part, axn_error *error)
{
    char path[AXN_PATH_MAX];
    char **names = NULL;
    size_t count = 0;
    axn_status status = axn_path_join(path, run->folder, part, error);
    if (status == AXN_OK) {
        status = axn_folder_list(path, "", &names, &count, error);
    }
    for (size_t i = 0; i < count && status == AXN_OK; i++) {
        if (is_litter(names[i])) {
            status = axn_path_join(path, part, names[i], error);
            status = status == AXN_OK ? remove_file(run, path, error) : status;
        }
    }
    axn_names_free(names, count);
    return status;
}

static axn_status open_archives(axn_run *run, axn_error *error)
{
    char path[AXN_PATH_MAX];
    axn_status status = axn_path_join(path, run->folder, "models", error);
    if (status == AXN_OK) {
        status = axn_folder_create(path, error);
    }
    if (status == AXN_OK) {
        status = clean_up(run, ".", error);
    }
    if (status == AXN_OK) {
        status = clean_up(run, "models", error);
    }
    if (status == AXN_OK) {
        status = axn_path_join(path, run->folder, "archive.jsonl", error);
    }
    if (status == AXN_OK) {
        status = axn_archive_open(path, run->space, true, &run->archive, error);
    }
    if (status == AXN_OK) {
        status = axn_path_join(path, run->folder, "pending.jsonl", error);
    }
    if (status == AXN_OK) {
        status = axn_archive_open(path, run->space, false, &run->pending, error);
    }
    if (status == AXN_OK) {
        status = axn_run_check_checkpoint(run, error);
    }
    if (status == AXN_OK) {
        status = axn_path_join(path, run->folder, "log.jsonl", error);
    }
    if (status == AXN_OK) {
        run->log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
        if (run->log < 0) {
            status = axn_fail_errno(error, AXN_ERROR_IO, "%s", path);
        }
    }
    return status;
}

axn_status axn_run_open(const char *folder, const cJSON *config, const axn_search_space *space,
                        axn_run_mode mode, axn_run **out, axn_error *error)
{
    axn_run *run = NULL;
    char path[AXN_PATH_MAX];
    axn_status status = axn_allocate(&run, 1, sizeof *run, "run", error);
    if (status != AXN_OK) {
        return status;
    }
    *run = (axn_run){.lock = -1,
                     .log = -1,
                     .space = space,
                     .archive = {.descriptor = -1},
                     .pending = {.descriptor = -1}};
    if (snprintf(run->folder, sizeof run->folder, "%s", folder) >= (int)sizeof run->folder) {
        status = axn_fail(error, AXN_ERROR_LIMIT, "the path of the run is too long");
    }
    if (status == AXN_OK) {
        status = axn_path_join(path, folder, "config.json", error);
    }
    if (status == AXN_OK && mode == AXN_RUN_RESUME && axn_path_exists(path)) {
        status = take_lock(run, error);
        if (status == AXN_OK) {
            status = compare_config(path, config, error);
        }
    } else if (status == AXN_OK) {
        status = start(run, config, mode == AXN_RUN_FORCE, error);
    }
    if (status == AXN_OK) {
        status = open_archives(run, error);
    }
    if (status != AXN_OK) {
        axn_run_close(run);
        run = NULL;
    }
    *out = run;
    return status;
}

void axn_run_close(axn_run *run)
{
    if (run == NULL) {
        return;
    }
    axn_archive_close(&run->archive);
    axn_archive_close(&run->pending);
    if (run->log >= 0) {
        close(run->log);
    }
    if (run->lock >= 0) {
        close(run->lock);
    }
    free(run);
}

int axn_run_recorded(const axn_run *run)
{
    return run->archive.count;
}

void axn_run_log(axn_run *run, const char *event, cJSON *details)
{
    struct utsname machine;
    struct tm utc;
    char text[32] = "";
    axn_buffer line = {0};
    time_t now = time(NULL);
    cJSON *json = cJSON_CreateObject();
    if (gmtime_r(&now, &utc) != NULL) {
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    }
    cJSON_AddStringToObject(json, "time", text);
    cJSON_AddStringToObject(json, "machine", uname(&machine) == 0 ? machine.nodename : "");
    cJSON_AddStringToObject(json, "event", event);
    if (details != NULL) {
        cJSON_AddItemToObject(json, "details", details);
    }
    if (axn_json_print_line(json, &line, NULL) == AXN_OK) {
        axn_buffer_text(&line, "\n");
        ssize_t written = line.failed ? 0 : write(run->log, line.data, line.length);
        (void)written;
    }
    axn_buffer_free(&line);
    cJSON_Delete(json);
}

static axn_status read_file(const char *folder, const char *name, const char *format,
                            const char *what, cJSON **out, axn_error *error)
{
    char path[AXN_PATH_MAX];
    *out = NULL;
    axn_status status = axn_path_of_mark(path, folder, name, what, error);
    if (status == AXN_OK) {
        status = axn_json_read(path, out, error);
    }
    if (status == AXN_OK) {
        status = axn_json_check_format(*out, format, 1, path, error);
    }
    if (status != AXN_OK) {
        cJSON_Delete(*out);
        *out = NULL;
    }
    return status;
}

axn_status axn_run_read_config(const char *folder, cJSON **out, axn_error *error)
{
    return read_file(folder, "config.json", "axnas-run", "the folder of a search", out, error);
}

axn_status axn_run_read_pareto(const char *folder, cJSON **out, axn_error *error)
{
    cJSON *config = NULL;
    *out = NULL;
    axn_status status = axn_run_read_config(folder, &config, error);
    cJSON_Delete(config);
    return status != AXN_OK
               ? status
               : read_file(folder, "pareto.json", "axnas-pareto",
                           "the folder of a search with a finished generation", out, error);
}
