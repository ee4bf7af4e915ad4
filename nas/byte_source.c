#include "nas/byte_source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "common/file.h"
#include "common/memory.h"

enum { CHUNK = 1 << 16 };

struct axn_byte_source {
    char path[AXN_PATH_MAX];
    int file;
    uint64_t size;
    bool gzip, inflating, finished; /* finished: the last gzip member ended */
    z_stream stream;
    uint8_t input[CHUNK];
    size_t used, held;
};

/* Makes input[used..held) not empty unless the file is at its end. */
static axn_status refill(axn_byte_source *source, axn_error *error)
{
    while (source->used == source->held) {
        ssize_t got = read(source->file, source->input, CHUNK);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return axn_fail_errno(error, AXN_ERROR_IO, "cannot read \"%s\"", source->path);
        }
        source->used = 0;
        source->held = (size_t)got;
        break;
    }
    return AXN_OK;
}

static axn_status open_file(axn_byte_source *source, const char *path, axn_error *error)
{
    axn_status status = axn_path_join(source->path, "", path, error);
    if (status != AXN_OK) {
        return status;
    }
    /* O_NONBLOCK: opening a FIFO shall not wait for a writer. */
    source->file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat info;
    if (source->file < 0 || fstat(source->file, &info) != 0) {
        return axn_fail_errno(error, AXN_ERROR_IO, "cannot open \"%s\"", path);
    }
    if (!S_ISREG(info.st_mode)) {
        return axn_fail(error, AXN_ERROR_IO, "\"%s\" is not a regular file", path);
    }
    source->size = (uint64_t)info.st_size;
    return refill(source, error);
}

axn_status axn_byte_source_open(const char *path, axn_byte_source **out, axn_error *error)
{
    axn_byte_source *source = NULL;
    axn_status status = axn_allocate(&source, 1, sizeof *source, "a file buffer", error);
    if (status != AXN_OK) {
        return status;
    }
    source->file = -1;
    status = open_file(source, path, error);
    if (status == AXN_OK && source->held >= 2 && source->input[0] == 0x1f &&
        source->input[1] == 0x8b) {
        source->gzip = true;
        source->inflating = inflateInit2(&source->stream, 15 + 16) == Z_OK;
        if (!source->inflating) {
            status = axn_fail(error, AXN_ERROR_MEMORY, "out of memory reading \"%s\"", path);
        }
    }
    if (status != AXN_OK) {
        axn_byte_source_close(source);
        return status;
    }
    *out = source;
    return AXN_OK;
}

void axn_byte_source_close(axn_byte_source *source)
{
    if (source == NULL) {
        return;
    }
    if (source->inflating) {
        inflateEnd(&source->stream);
    }
    if (source->file >= 0) {
        close(source->file);
    }
    free(source);
}

bool axn_byte_source_is_gzip(const axn_byte_source *source)
{
    return source->gzip;
}

uint64_t axn_byte_source_bound(const axn_byte_source *source)
{
    return source->gzip ? source->size * 1032 : source->size;
}

static axn_status inflate_failed(const axn_byte_source *source, int code, axn_error *error)
{
    if (code == Z_MEM_ERROR) {
        return axn_fail(error, AXN_ERROR_MEMORY, "out of memory reading \"%s\"", source->path);
    }
    return axn_fail(error, AXN_ERROR_FORMAT, "\"%s\": damaged gzip data (%s)", source->path,
                    source->stream.msg != NULL ? source->stream.msg : "unknown cause");
}

/* One step of decompression into bytes[*length]; *length becomes what was produced, 0
 * only at the end of the last member. */
static axn_status inflate_some(axn_byte_source *source, uint8_t *bytes, size_t *length,
                               axn_error *error)
{
    size_t wanted = *length < CHUNK * 16 ? *length : CHUNK * 16;
    *length = 0;
    while (*length == 0) {
        axn_status status = refill(source, error);
        if (status != AXN_OK) {
            return status;
        }
        if (source->used == source->held) {
            return source->finished ? AXN_OK
                                    : axn_fail(error, AXN_ERROR_FORMAT,
                                               "\"%s\": truncated gzip data", source->path);
        }
        if (source->finished) { /* more bytes: they must be another member */
            inflateReset(&source->stream);
            source->finished = false;
        }
        source->stream.next_in = source->input + source->used;
        source->stream.avail_in = (uInt)(source->held - source->used);
        source->stream.next_out = bytes;
        source->stream.avail_out = (uInt)wanted;
        int code = inflate(&source->stream, Z_NO_FLUSH);
        source->used = source->held - source->stream.avail_in;
        if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) {
            return inflate_failed(source, code, error);
        }
        source->finished = code == Z_STREAM_END;
        *length = wanted - source->stream.avail_out;
    }
    return AXN_OK;
}

/* Reads at most *length bytes; *length becomes their number, 0 only at the end. */
static axn_status read_some(axn_byte_source *source, uint8_t *bytes, size_t *length,
                            axn_error *error)
{
    if (source->gzip) {
        return inflate_some(source, bytes, length, error);
    }
    axn_status status = refill(source, error);
    if (status != AXN_OK) {
        return status;
    }
    size_t held = source->held - source->used;
    *length = *length < held ? *length : held;
    memcpy(bytes, source->input + source->used, *length);
    source->used += *length;
    return AXN_OK;
}

axn_status axn_byte_source_read(axn_byte_source *source, void *bytes, size_t length,
                                axn_error *error)
{
    uint8_t *to = bytes;
    while (length > 0) {
        size_t got = length;
        axn_status status = read_some(source, to, &got, error);
        if (status != AXN_OK) {
            return status;
        }
        if (got == 0) {
            return axn_fail(error, AXN_ERROR_FORMAT, "\"%s\" is truncated", source->path);
        }
        to += got;
        length -= got;
    }
    return AXN_OK;
}

axn_status axn_byte_source_end(axn_byte_source *source, axn_error *error)
{
    uint8_t byte = 0;
    size_t got = 1;
    axn_status status = read_some(source, &byte, &got, error);
    if (status == AXN_OK && got != 0) {
        status = axn_fail(error, AXN_ERROR_FORMAT, "\"%s\": unexpected bytes after the data",
                          source->path);
    }
    return status;
}
