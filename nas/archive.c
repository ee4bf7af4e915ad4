#include "nas/archive.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/hash.h"
#include "common/json.h"
#include "common/memory.h"

#define MAX_BYTES ((size_t)1 << 30)

static axn_status parse_line(axn_archive *archive, const axn_search_space *space, const char *text,
                             size_t length, bool ordered, axn_error *error)
{
    char where[AXN_PATH_MAX + 16];
    cJSON *json = NULL;
    axn_candidate *record = &archive->records[archive->count];
    snprintf(where, sizeof where, "%s:%d", archive->path, archive->count + 1);
    axn_status status = axn_json_parse(where, text, length, &json, error);
    if (status == AXN_OK) {
        status = axn_candidate_from_json(space, json, where, record, error);
    }
    cJSON_Delete(json);
    if (status == AXN_OK && ordered && record->id != archive->count) {
        status = axn_fail(error, AXN_ERROR_FORMAT, "%s: candidate %lld stands where %d is due",
                          where, (long long)record->id, archive->count);
        axn_candidate_free(record);
    }
    if (status == AXN_OK) {
        archive->hash = axn_hash(archive->hash, text, length);
        archive->hash = axn_hash(archive->hash, "\n", 1);
        archive->prefix_hash[archive->count++] = archive->hash;
        archive->bytes += (int64_t)length + 1;
    }
    return status;
}

static axn_status parse_lines(axn_archive *archive, const axn_search_space *space,
                              const axn_buffer *text, bool ordered, axn_error *error)
{
    size_t record_capacity = 0;
    size_t hash_capacity = 0;
    axn_status status = AXN_OK;
    size_t at = 0;
    while (at < text->length && status == AXN_OK) {
        const char *end = memchr(text->data + at, '\n', text->length - at);
        if (end == NULL) {
            break;
        }
        size_t length = (size_t)(end - (text->data + at));
        size_t needed = (size_t)archive->count + 1;
        status = axn_grow(&archive->records, &record_capacity, needed, sizeof *archive->records,
                          "archive", error);
        if (status == AXN_OK) {
            status = axn_grow(&archive->prefix_hash, &hash_capacity, needed,
                              sizeof *archive->prefix_hash, "archive", error);
        }
        if (status == AXN_OK) {
            status = parse_line(archive, space, text->data + at, length, ordered, error);
        }
        at += length + 1;
    }
    return status;
}

axn_status axn_archive_read(const char *path, const axn_search_space *space, bool ordered,
                            axn_archive *out, axn_error *error)
{
    axn_buffer text = {0};
    *out = (axn_archive){.descriptor = -1, .hash = AXN_HASH_SEED};
    axn_status status = AXN_OK;
    if (snprintf(out->path, sizeof out->path, "%s", path) >= (int)sizeof out->path) {
        return axn_fail(error, AXN_ERROR_LIMIT, "%s: the path is too long", path);
    }
    if (axn_path_exists(path)) {
        status = axn_file_read(path, MAX_BYTES, &text, error);
    }
    if (status == AXN_OK && text.length > 0) {
        status = parse_lines(out, space, &text, ordered, error);
    }
    axn_buffer_free(&text);
    if (status != AXN_OK) {
        axn_archive_close(out);
    }
    return status;
}

axn_status axn_archive_open(const char *path, const axn_search_space *space, bool ordered,
                            axn_archive *out, axn_error *error)
{
    axn_status status = axn_archive_read(path, space, ordered, out, error);
    if (status != AXN_OK) {
        return status;
    }
    out->descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (out->descriptor < 0 || ftruncate(out->descriptor, out->bytes) != 0) {
        status = axn_fail_errno(error, AXN_ERROR_IO, "%s", path);
        axn_archive_close(out);
    }
    return status;
}

static bool write_all(int descriptor, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = write(descriptor, bytes, length);
        if (written < 0 && errno != EINTR) {
            return false;
        }
        if (written > 0) {
            bytes += written;
            length -= (size_t)written;
        }
    }
    return fdatasync(descriptor) == 0 || errno == EINVAL || errno == EROFS;
}

axn_status axn_archive_append(axn_archive *archive, const axn_search_space *space,
                              const axn_candidate *candidate, axn_error *error)
{
    axn_buffer line = {0};
    cJSON *json = axn_candidate_to_json(space, candidate);
    axn_status status = json == NULL ? axn_fail(error, AXN_ERROR_MEMORY, "out of memory")
                                     : axn_json_print_line(json, &line, error);
    axn_buffer_text(&line, "\n");
    if (status == AXN_OK && line.failed) {
        status = axn_fail(error, AXN_ERROR_MEMORY, "out of memory");
    }
    if (status == AXN_OK && !write_all(archive->descriptor, line.data, line.length)) {
        status = axn_fail_errno(error, AXN_ERROR_IO, "%s", archive->path);
        /* A second failure leaves a torn line, which the next opening cuts. */
        if (ftruncate(archive->descriptor, archive->bytes) != 0) {
            errno = 0;
        }
    }
    if (status == AXN_OK) {
        archive->hash = axn_hash(archive->hash, line.data, line.length);
        archive->bytes += (int64_t)line.length;
    }
    cJSON_Delete(json);
    axn_buffer_free(&line);
    return status;
}

static void free_records(axn_archive *archive)
{
    for (int i = 0; i < archive->count; i++) {
        axn_candidate_free(&archive->records[i]);
    }
    free(archive->records);
    free(archive->prefix_hash);
    archive->records = NULL;
    archive->prefix_hash = NULL;
    archive->count = 0;
}

axn_status axn_archive_clear(axn_archive *archive, axn_error *error)
{
    free_records(archive);
    if (archive->bytes > 0 && ftruncate(archive->descriptor, 0) != 0) {
        return axn_fail_errno(error, AXN_ERROR_IO, "%s", archive->path);
    }
    archive->bytes = 0;
    archive->hash = AXN_HASH_SEED;
    return AXN_OK;
}

void axn_archive_close(axn_archive *archive)
{
    free_records(archive);
    if (archive->descriptor >= 0) {
        close(archive->descriptor);
    }
    archive->descriptor = -1;
}
