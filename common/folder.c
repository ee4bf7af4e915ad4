/* Folders of common/file.h. */
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"
#include "common/memory.h"

static axn_status make_one(const char *path, const char *whole, axn_error *error)
{
    if (mkdir(path, 0777) == 0)
        return AXN_OK;
    int cause = errno;
    if (axn_path_is_folder(path))
        return AXN_OK;
    errno = cause == EEXIST ? ENOTDIR : cause;
    return axn_fail_errno(error, AXN_ERROR_IO, "cannot create folder \"%s\"", whole);
}

axn_status axn_folder_create(const char *path, axn_error *error)
{
    char partial[AXN_PATH_MAX];
    axn_status status = axn_path_join(partial, "", path, error);
    if (status != AXN_OK)
        return status;
    if (path[0] == '\0')
        return axn_fail(error, AXN_ERROR_USAGE, "the name of a folder is empty");
    for (char *at = partial + 1; *at != '\0'; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        status = make_one(partial, path, error);
        *at = '/';
        if (status != AXN_OK)
            return status;
    }
    return make_one(partial, path, error);
}

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static axn_status check_empty(const char *path, axn_error *error)
{
    DIR *folder = opendir(path);
    if (folder == NULL)
        return axn_fail_errno(error, AXN_ERROR_IO, "cannot read folder \"%s\"", path);
    axn_status status = AXN_OK;
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        if (!is_dots(entry->d_name)) {
            status = axn_fail(error, AXN_ERROR_EXISTS,
                              "folder \"%s\" exists and is not empty (--force overwrites)", path);
            break;
        }
    }
    closedir(folder);
    return status;
}

axn_status axn_folder_check(const char *path, bool force, axn_error *error)
{
    if (!axn_path_exists(path))
        return AXN_OK;
    if (!axn_path_is_folder(path))
        return axn_fail(error, AXN_ERROR_EXISTS, "\"%s\" is a file, not a folder", path);
    axn_status status = force ? AXN_OK : check_empty(path, error);
    if (status == AXN_OK && access(path, W_OK | X_OK) != 0)
        status = axn_fail_errno(error, AXN_ERROR_IO, "cannot write to folder \"%s\"", path);
    return status;
}

axn_status axn_folder_prepare(const char *path, bool force, axn_error *error)
{
    if (axn_path_exists(path))
        return axn_folder_check(path, force, error);
    return axn_folder_create(path, error);
}

axn_status axn_folder_temporary(char *out, axn_error *error)
{
    const char *base = getenv("TMPDIR");
    if (base == NULL || base[0] == '\0')
        base = "/tmp";
    axn_status status = axn_path_join(out, base, "axnas-XXXXXX", error);
    if (status != AXN_OK)
        return status;
    if (mkdtemp(out) == NULL)
        return axn_fail_errno(error, AXN_ERROR_IO, "cannot create a temporary folder in \"%s\"",
                              base);
    return AXN_OK;
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
    (void)info;
    (void)kind;
    (void)walk;
    return remove(path);
}

axn_status axn_folder_remove(const char *path, axn_error *error)
{
    if (path[0] == '\0' || strcmp(path, "/") == 0)
        return axn_fail(error, AXN_ERROR_USAGE, "refusing to remove folder \"%s\"", path);
    if (nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS) != 0)
        return axn_fail_errno(error, AXN_ERROR_IO, "cannot remove folder \"%s\"", path);
    return AXN_OK;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool ends_in(const char *name, const char *suffix)
{
    size_t length = strlen(name), wanted = strlen(suffix);
    return length >= wanted && strcmp(name + length - wanted, suffix) == 0;
}

axn_status axn_folder_list(const char *path, const char *suffix, char ***names, size_t *count,
                           axn_error *error)
{
    size_t capacity = 0;
    *names = NULL;
    *count = 0;
    DIR *folder = opendir(path);
    if (folder == NULL)
        return axn_fail_errno(error, AXN_ERROR_IO, "cannot read folder \"%s\"", path);
    axn_status status = axn_grow(names, &capacity, 16, sizeof **names, "file names", error);
    while (status == AXN_OK) {
        errno = 0;
        struct dirent *entry = readdir(folder);
        if (entry == NULL) {
            if (errno != 0)
                status = axn_fail_errno(error, AXN_ERROR_IO, "cannot read folder \"%s\"", path);
            break;
        }
        if (is_dots(entry->d_name) || !ends_in(entry->d_name, suffix))
            continue;
        status = axn_grow(names, &capacity, *count + 1, sizeof **names, "file names", error);
        if (status != AXN_OK)
            break;
        (*names)[*count] = strdup(entry->d_name);
        if ((*names)[*count] == NULL)
            status = axn_fail(error, AXN_ERROR_MEMORY, "out of memory listing \"%s\"", path);
        else
            (*count)++;
    }
    closedir(folder);
    if (status != AXN_OK) {
        axn_names_free(*names, *count);
        *names = NULL;
        *count = 0;
        return status;
    }
    qsort(*names, *count, sizeof **names, compare_names);
    return AXN_OK;
}

void axn_names_free(char **names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(names[i]);
    free(names);
}

axn_status axn_program_executable(char *out, axn_error *error)
{
    ssize_t length = readlink("/proc/self/exe", out, AXN_PATH_MAX - 1);
    if (length < 0) {
        out[0] = '\0';
        return axn_fail_errno(error, AXN_ERROR_IO, "cannot read \"/proc/self/exe\"");
    }
    out[length] = '\0';
    return AXN_OK;
}

/* Cuts the last part of a path off. */
static void to_parent(char *path)
{
    char *slash = strrchr(path, '/');
    if (slash != NULL)
        *slash = '\0';
}

axn_status axn_program_path(char *out, const char *relative, axn_error *error)
{
    const char *home = getenv("AXNAS_HOME");
    if (home != NULL && home[0] != '\0') {
        axn_status status = axn_path_join(out, home, relative, error);
        if (status == AXN_OK && !axn_path_exists(out))
            return axn_fail(error, AXN_ERROR_NOT_FOUND,
                            "\"%s\" does not exist (AXNAS_HOME is \"%s\")", out, home);
        return status;
    }
    char base[AXN_PATH_MAX];
    axn_status status = axn_program_executable(base, error);
    if (status != AXN_OK)
        return status;
    to_parent(base);
    /* build/axnas has the tree one folder up, build/tests/test_x two, tools three. */
    for (int level = 0; level < 3; level++) {
        to_parent(base);
        status = axn_path_join(out, base[0] != '\0' ? base : "/", relative, error);
        if (status != AXN_OK)
            return status;
        if (axn_path_exists(out))
            return AXN_OK;
    }
    out[0] = '\0';
    return axn_fail(error, AXN_ERROR_NOT_FOUND,
                    "cannot find \"%s\" of the program's own files: set AXNAS_HOME to the folder "
                    "that holds it",
                    relative);
}
