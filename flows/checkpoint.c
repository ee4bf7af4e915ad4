#include "flows/checkpoint.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/file.h"
#include "common/json.h"

#define FORMAT "axnas-training"
#define VERSION 1

static axn_status state_path(char *path, const char *folder, axn_error *error)
{
    return axn_path_join(path, folder, AXN_CHECKPOINT_NAME, error);
}

/* A checkpoint that was not completed (see axn_file_write). */
static bool is_litter(const char *name)
{
    static const char prefix[] = AXN_CHECKPOINT_NAME ".tmp-";
    return strncmp(name, prefix, sizeof prefix - 1) == 0;
}

static axn_status remove_file(const char *folder, const char *name, axn_error *error)
{
    char path[AXN_PATH_MAX];
    axn_status status = axn_path_join(path, folder, name, error);
    if (status == AXN_OK && unlink(path) != 0 && errno != ENOENT) {
        status = axn_fail_errno(error, AXN_ERROR_IO, "cannot remove \"%s\"", path);
    }
    return status;
}

static axn_status remove_litter(const char *folder, axn_error *error)
{
    char **names = NULL;
    size_t count = 0;
    axn_status status = axn_folder_list(folder, "", &names, &count, error);
    for (size_t i = 0; i < count && status == AXN_OK; i++) {
        status = is_litter(names[i]) ? remove_file(folder, names[i], error) : AXN_OK;
    }
    axn_names_free(names, count);
    return status;
}

axn_status axn_checkpoint_remove(const char *folder, axn_error *error)
{
    axn_status status = remove_litter(folder, error);
    return status == AXN_OK ? remove_file(folder, AXN_CHECKPOINT_NAME, error) : status;
}

axn_status axn_checkpoint_prepare(const char *folder, bool resume, bool force, axn_error *error)
{
    char path[AXN_PATH_MAX];
    axn_status status = state_path(path, folder, error);
    if (status != AXN_OK) {
        return status;
    }
    const bool there = axn_path_exists(path);
    if (resume && axn_path_is_folder(folder)) {
        status = remove_litter(folder, error);
    }
    if (status != AXN_OK || (resume && there)) {
        return status;
    }
    if (there && !force) {
        return axn_fail(error, AXN_ERROR_EXISTS,
                        "%s: holds a training that was stopped (--resume goes on with it, --force "
                        "begins anew)",
                        folder);
    }
    status = axn_folder_prepare(folder, force, error);
    return status == AXN_OK ? axn_checkpoint_remove(folder, error) : status;
}

static axn_status make_note(const cJSON *settings, const cJSON *history, axn_buffer *out,
                            axn_error *error)
{
    axn_buffer_format(out, "{\"format\":\"%s\",\"version\":%d,\"settings\":", FORMAT, VERSION);
    axn_status status = axn_json_print_line(settings, out, error);
    axn_buffer_text(out, ",\"history\":");
    if (status == AXN_OK) {
        status = axn_json_print_line(history, out, error);
    }
    axn_buffer_text(out, "}");
    return status == AXN_OK && out->failed ? axn_fail(error, AXN_ERROR_MEMORY, "out of memory")
                                           : status;
}

axn_status axn_checkpoint_write(const char *folder, const axn_trainer *trainer,
                                const cJSON *settings, const cJSON *history, axn_error *error)
{
    char path[AXN_PATH_MAX];
    axn_buffer note = {0};
    axn_status status = state_path(path, folder, error);
    if (status == AXN_OK) {
        status = make_note(settings, history, &note, error);
    }
    if (status == AXN_OK) {
        status = axn_trainer_save(trainer, note.data, path, error);
    }
    axn_buffer_free(&note);
    return status;
}

static char *print(const cJSON *item)
{
    return item != NULL ? cJSON_PrintUnformatted(item) : NULL;
}

/* First key whose value differs between two objects, NULL if none. */
static const char *different_key(const cJSON *one, const cJSON *other)
{
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, one)
    {
        if (!cJSON_Compare(item, cJSON_GetObjectItemCaseSensitive(other, item->string), 1)) {
            return item->string;
        }
    }
    return NULL;
}

/* Settings of the checkpoint against those of this training. */
static axn_status compare(const char *path, const cJSON *old, const cJSON *new, axn_error *error)
{
    const char *key = different_key(new, old);
    key = key != NULL ? key : different_key(old, new);
    if (key == NULL) {
        return AXN_OK;
    }
    char *was = print(cJSON_GetObjectItemCaseSensitive(old, key));
    char *is = print(cJSON_GetObjectItemCaseSensitive(new, key));
    axn_fail(error, AXN_ERROR_USAGE,
             "%s: this training began with \"%s\": %.200s, not %.200s; it can only go on as it "
             "began%s",
             path, key, was != NULL ? was : "nothing", is != NULL ? is : "nothing",
             strcmp(key, "isa") == 0 ? " (--isa chooses the class of instructions)" : "");
    free(was);
    free(is);
    return AXN_ERROR_USAGE;
}

static axn_status read_note(const char *path, cJSON **note, int *epochs, axn_error *error)
{
    axn_buffer text = {0};
    axn_status status = axn_trainer_read_note(path, &text, epochs, error);
    if (status == AXN_OK) {
        status = axn_json_parse(path, text.data, text.length, note, error);
    }
    if (status == AXN_OK) {
        status = axn_json_check_format(*note, FORMAT, VERSION, path, error);
    }
    axn_buffer_free(&text);
    return status;
}

axn_status axn_checkpoint_resume(const char *folder, axn_trainer *trainer, const cJSON *settings,
                                 cJSON **history, axn_error *error)
{
    char path[AXN_PATH_MAX];
    int epochs = 0;
    cJSON *note = NULL;
    const cJSON *old = NULL, *list = NULL;
    axn_status status = state_path(path, folder, error);
    if (status != AXN_OK || !axn_path_exists(path)) {
        return status;
    }
    status = read_note(path, &note, &epochs, error);
    if (status == AXN_OK) {
        status = axn_json_object(note, "settings", &old, path, error);
    }
    if (status == AXN_OK) {
        status = compare(path, old, settings, error);
    }
    if (status == AXN_OK) {
        status = axn_json_array(note, "history", &list, path, error);
    }
    if (status == AXN_OK && cJSON_GetArraySize(list) != epochs) {
        status = axn_fail(error, AXN_ERROR_FORMAT, "%s: a history of %d epochs after %d", path,
                          cJSON_GetArraySize(list), epochs);
    }
    if (status == AXN_OK) {
        status = axn_trainer_load(trainer, path, NULL, error);
    }
    if (status == AXN_OK) {
        cJSON_Delete(*history);
        *history = cJSON_DetachItemFromObjectCaseSensitive(note, "history");
    }
    cJSON_Delete(note);
    return status;
}
