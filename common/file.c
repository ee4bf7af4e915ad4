#include "common/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

axn_status axn_path_join(char *out, const char *folder, const char *name, axn_error *error)
{
    char joined[AXN_PATH_MAX]; /* out may be folder or name */
    int length;
    size_t folder_length = strlen(folder);
    if (name[0] == '/' || folder_length == 0)
        length = snprintf(joined, sizeof joined, "%s", name);
    else if (folder[folder_length - 1] == '/')
        length = snprintf(joined, sizeof joined, "%s%s", folder, name);
    else
        length = snprintf(joined, sizeof joined, "%s/%s", folder, name);
    if (length < 0 || (size_t)length >= sizeof joined) {
        axn_fail(error, AXN_ERROR_LIMIT, "path longer than %d bytes: \"%.80s...\"",
                 AXN_PATH_MAX - 1, folder);
        out[0] = '\0';
        return AXN_ERROR_LIMIT;
    }
    memcpy(out, joined, (size_t)length + 1);
    return AXN_OK;
}

bool axn_path_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0;
}

axn_status axn_path_of_mark(char *out, const char *folder, const char *name, const char *what,
                            axn_error *error)
{
    axn_status status = axn_path_join(out, folder, name, error);
    if (status == AXN_OK && axn_path_is_folder(folder) && !axn_path_exists(out))
        status = axn_fail(error, AXN_ERROR_NOT_FOUND, "%s: is not %s: there is no %s in it", folder,
                          what, name);
    return status;
}

bool axn_path_is_folder(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

const char *axn_path_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static axn_status read_all(int file, const char *path, size_t max_bytes, axn_buffer *out,
                           axn_error *error)
{
    char chunk[65536];
    for (;;) {
        ssize_t got = read(file, chunk, sizeof chunk);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return axn_fail_errno(error, AXN_ERROR_IO, "cannot read \"%s\"", path);
        if (got == 0)
            break;
        if ((size_t)got > max_bytes - out->length)
            return axn_fail(error, AXN_ERROR_LIMIT, "\"%s\" is larger than %zu bytes", path,
                            max_bytes);
        axn_buffer_append(out, chunk, (size_t)got);
        if (out->failed)
            return axn_fail(error, AXN_ERROR_MEMORY, "out of memory reading \"%s\"", path);
    }
    axn_buffer_append(out, "", 0); /* data is never NULL after success */
    if (out->failed)
        return axn_fail(error, AXN_ERROR_MEMORY, "out of memory reading \"%s\"", path);
    return AXN_OK;
}

axn_status axn_file_read(const char *path, size_t max_bytes, axn_buffer *out, axn_error *error)
{
    axn_buffer_clear(out);
    /* O_NONBLOCK: opening a FIFO shall not wait for a writer. */
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return axn_fail_errno(error, AXN_ERROR_IO, "cannot open \"%s\"", path);
    struct stat info;
    axn_status status;
    if (fstat(file, &info) != 0)
        status = axn_fail_errno(error, AXN_ERROR_IO, "cannot read \"%s\"", path);
    else if (S_ISDIR(info.st_mode))
        status = axn_fail(error, AXN_ERROR_IO, "cannot read \"%s\": it is a folder", path);
    else if (!S_ISREG(info.st_mode))
        status = axn_fail(error, AXN_ERROR_IO, "cannot read \"%s\": not a regular file", path);
    else
        status = read_all(file, path, max_bytes, out, error);
    close(file);
    if (status != AXN_OK)
        axn_buffer_clear(out);
    return status;
}

static bool write_all(int file, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = write(file, bytes, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return false;
        bytes += written;
        length -= (size_t)written;
    }
    return true;
}

/* Some file systems have no fsync; that is no failure of the write. */
static bool flush_to_disk(int file)
{
    return fsync(file) == 0 || errno == EINVAL || errno == ENOSYS || errno == ENOTSUP;
}

/* Devices and pipes (/dev/stdout, /dev/null) cannot be replaced by a rename. */
static axn_status write_in_place(const char *path, const void *bytes, size_t length,
                                 axn_error *error)
{
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0)
        return axn_fail_errno(error, AXN_ERROR_IO, "cannot write \"%s\"", path);
    axn_status status = AXN_OK;
    if (!write_all(file, bytes, length))
        status = axn_fail_errno(error, AXN_ERROR_IO, "cannot write \"%s\"", path);
    if (close(file) != 0 && status == AXN_OK)
        status = axn_fail_errno(error, AXN_ERROR_IO, "cannot write \"%s\"", path);
    return status;
}

/* Makes the rename itself durable; the file is complete either way. */
static void flush_folder_of(const char *path)
{
    char folder[AXN_PATH_MAX];
    size_t length = (size_t)(axn_path_base(path) - path);
    if (length == 0)
        snprintf(folder, sizeof folder, ".");
    else
        snprintf(folder, sizeof folder, "%.*s", (int)length, path);
    int file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0)
        return;
    (void)fsync(file);
    close(file);
}

static axn_status write_and_rename(const char *path, const struct stat *old, const void *bytes,
                                   size_t length, axn_error *error)
{
    char temporary[AXN_PATH_MAX + 32];
    snprintf(temporary, sizeof temporary, "%s.tmp-%ld", path, (long)getpid());
    /* A killed process with our number may have left one behind. */
    if (unlink(temporary) != 0 && errno != ENOENT)
        return axn_fail_errno(error, AXN_ERROR_IO, "cannot write \"%s\"", path);
    int file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file < 0)
        return axn_fail_errno(error, AXN_ERROR_IO, "cannot write \"%s\"", path);
    bool good = write_all(file, bytes, length) && flush_to_disk(file);
    if (good && old != NULL)
        good = fchmod(file, old->st_mode & 07777) == 0;
    int cause = errno;
    if (close(file) != 0 && good) {
        cause = errno;
        good = false;
    }
    if (good && rename(temporary, path) != 0) {
        cause = errno;
        good = false;
    }
    if (!good) {
        unlink(temporary);
        errno = cause;
        return axn_fail_errno(error, AXN_ERROR_IO, "cannot write \"%s\"", path);
    }
    flush_folder_of(path);
    return AXN_OK;
}

axn_status axn_file_write(const char *path, const void *bytes, size_t length, axn_error *error)
{
    struct stat info;
    if (strlen(path) >= AXN_PATH_MAX)
        return axn_fail(error, AXN_ERROR_LIMIT, "path longer than %d bytes: \"%.80s...\"",
                        AXN_PATH_MAX - 1, path);
    bool exists = stat(path, &info) == 0;
    if (exists && S_ISDIR(info.st_mode))
        return axn_fail(error, AXN_ERROR_IO, "cannot write \"%s\": it is a folder", path);
    if (exists && !S_ISREG(info.st_mode))
        return write_in_place(path, bytes, length, error);
    if (!exists)
        return write_and_rename(path, NULL, bytes, length, error);
    /* Behind a link (/dev/stdout sent to a file, say) the file is replaced, not the link. */
    char *target = realpath(path, NULL);
    if (target == NULL)
        return axn_fail_errno(error, AXN_ERROR_IO, "cannot write \"%s\"", path);
    axn_status status = write_and_rename(target, &info, bytes, length, error);
    free(target);
    return status;
}
