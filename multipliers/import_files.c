/* Finding the files below paths. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "common/interrupt.h"
#include "common/memory.h"
#include "multipliers/import.h"

#define MAX_FILES 1000000
#define MAX_FOLDERS 100000

typedef struct place {
    dev_t device;
    ino_t inode;
} place;

typedef struct waiting_path {
    char *path;
    bool given; /* on the command line, not found in a folder */
} waiting_path;

typedef struct walk {
    waiting_path *waiting; /* a stack: the next path is the last */
    size_t waiting_count, waiting_capacity;
    place *folders; /* seen */
    size_t folder_count, folder_capacity;
    char **files;
    size_t file_count, file_capacity;
    axn_import *rejected;
    axn_error *error;
} walk;

static axn_status push(walk *w, const char *path, bool given)
{
    axn_status status = axn_grow(&w->waiting, &w->waiting_capacity, w->waiting_count + 1,
                                 sizeof *w->waiting, "paths", w->error);
    if (status != AXN_OK)
        return status;
    waiting_path *next = &w->waiting[w->waiting_count];
    *next = (waiting_path){.path = strdup(path), .given = given};
    if (next->path == NULL)
        return axn_fail(w->error, AXN_ERROR_MEMORY, "out of memory for paths");
    w->waiting_count++;
    return AXN_OK;
}

static bool is_verilog(const char *path)
{
    static const char *const endings[] = {".v", ".vg", ".sv"};
    size_t length = strlen(path);
    for (int i = 0; i < 3; i++) {
        size_t ending = strlen(endings[i]);
        if (length > ending && strcasecmp(path + length - ending, endings[i]) == 0)
            return true;
    }
    return false;
}

static axn_status reject(walk *w, const char *path, const char *reason)
{
    bool stored = axn_import_reject(w->rejected, path, "", reason, w->error) != NULL;
    return stored ? AXN_OK : AXN_ERROR_MEMORY;
}

/* Puts a folder's entries on the stack, the first one on top. */
static axn_status open_folder(walk *w, const char *path, const struct stat *info)
{
    char **names = NULL, entry[AXN_PATH_MAX];
    size_t count = 0;
    axn_error cause = {0};
    for (size_t i = 0; i < w->folder_count; i++)
        if (w->folders[i].device == info->st_dev && w->folders[i].inode == info->st_ino)
            return AXN_OK;
    if (w->folder_count == MAX_FOLDERS)
        return axn_fail(w->error, AXN_ERROR_LIMIT, "more than %d folders", MAX_FOLDERS);
    axn_status status = axn_grow(&w->folders, &w->folder_capacity, w->folder_count + 1,
                                 sizeof *w->folders, "folders", w->error);
    if (status != AXN_OK)
        return status;
    w->folders[w->folder_count++] = (place){info->st_dev, info->st_ino};
    if (axn_folder_list(path, "", &names, &count, &cause) != AXN_OK)
        return reject(w, path, cause.message);
    for (size_t i = count; i-- > 0 && status == AXN_OK;) {
        if (names[i][0] == '.')
            continue;
        if (axn_path_join(entry, path, names[i], &cause) == AXN_OK)
            status = push(w, entry, false);
        else
            status = reject(w, path, cause.message);
    }
    axn_names_free(names, count);
    return status;
}

static axn_status take(walk *w, char *path, bool given)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return given || is_verilog(path) ? reject(w, path, strerror(errno)) : AXN_OK;
    if (S_ISDIR(info.st_mode))
        return open_folder(w, path, &info);
    if (!given && !is_verilog(path))
        return AXN_OK;
    if (!S_ISREG(info.st_mode))
        return reject(w, path, "not a regular file");
    if (w->file_count == MAX_FILES)
        return axn_fail(w->error, AXN_ERROR_LIMIT, "more than %d files", MAX_FILES);
    axn_status status = axn_grow(&w->files, &w->file_capacity, w->file_count + 1, sizeof *w->files,
                                 "files", w->error);
    if (status == AXN_OK) {
        w->files[w->file_count] = strdup(path);
        if (w->files[w->file_count] == NULL)
            return axn_fail(w->error, AXN_ERROR_MEMORY, "out of memory for files");
        w->file_count++;
    }
    return status;
}

/* Where a file lies, its folder's links resolved. */
typedef struct location {
    char *path;
    size_t index;
} location;

static int compare_locations(const void *left, const void *right)
{
    const location *a = left, *b = right;
    int order = strcmp(a->path, b->path);
    return order != 0 ? order : a->index < b->index ? -1 : a->index > b->index;
}

static char *locate(const char *file)
{
    char folder[AXN_PATH_MAX], *real, *out = NULL;
    const char *base = axn_path_base(file);
    snprintf(folder, sizeof folder, "%.*s.", (int)(base - file), file);
    real = realpath(folder, NULL);
    if (asprintf(&out, "%s/%s", real != NULL ? real : folder, base) < 0)
        out = NULL;
    free(real);
    return out;
}

/* Drops the files that another path led to before. */
static axn_status drop_repeated(walk *w)
{
    location *locations = NULL;
    axn_status status =
        axn_allocate(&locations, w->file_count, sizeof *locations, "files", w->error);
    for (size_t i = 0; i < w->file_count && status == AXN_OK; i++) {
        locations[i] = (location){locate(w->files[i]), i};
        if (locations[i].path == NULL)
            status = axn_fail(w->error, AXN_ERROR_MEMORY, "out of memory for files");
    }
    if (status == AXN_OK && w->file_count > 0) {
        qsort(locations, w->file_count, sizeof *locations, compare_locations);
        for (size_t i = 1; i < w->file_count; i++)
            if (strcmp(locations[i - 1].path, locations[i].path) == 0) {
                free(w->files[locations[i].index]);
                w->files[locations[i].index] = NULL;
            }
        size_t kept = 0;
        for (size_t i = 0; i < w->file_count; i++)
            if (w->files[i] != NULL)
                w->files[kept++] = w->files[i];
        for (size_t i = 0; i < w->file_count; i++)
            free(locations[i].path);
        w->file_count = kept;
    } else if (locations != NULL) {
        for (size_t i = 0; i < w->file_count; i++)
            free(locations[i].path);
    }
    free(locations);
    return status;
}

axn_status axn_import_find(const char *const *paths, int path_count, char ***files, size_t *count,
                           axn_import *rejected, axn_error *error)
{
    walk w = {.rejected = rejected, .error = error};
    axn_status status = AXN_OK;
    for (int i = path_count; i-- > 0 && status == AXN_OK;)
        status = push(&w, paths[i], true);
    while (w.waiting_count > 0 && status == AXN_OK) {
        waiting_path next = w.waiting[--w.waiting_count];
        status = take(&w, next.path, next.given);
        free(next.path);
        if (status == AXN_OK)
            status = axn_interrupt_check(error);
    }
    if (status == AXN_OK)
        status = drop_repeated(&w);
    for (size_t i = 0; i < w.waiting_count; i++)
        free(w.waiting[i].path);
    free(w.waiting);
    free(w.folders);
    if (status != AXN_OK) {
        axn_names_free(w.files, w.file_count);
        w.files = NULL;
        w.file_count = 0;
    }
    *files = w.files;
    *count = w.file_count;
    return status;
}
