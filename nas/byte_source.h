/* Reads a file of bytes from front to back, plain or gzip (told by its first bytes). */
#ifndef AXN_NAS_BYTE_SOURCE_H
#define AXN_NAS_BYTE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

typedef struct axn_byte_source axn_byte_source;

/* Errors of all functions name the file. `path` is copied. */
axn_status axn_byte_source_open(const char *path, axn_byte_source **out, axn_error *error);
void axn_byte_source_close(axn_byte_source *source);

bool axn_byte_source_is_gzip(const axn_byte_source *source);
/* Bytes that the file can hold at most: its size, or for gzip a bound from its size
 * (deflate never expands more than 1,032 times). To be checked before a size that a
 * header claims is allocated. */
uint64_t axn_byte_source_bound(const axn_byte_source *source);
/* Reads exactly `length` bytes; a file that ends before is AXN_ERROR_FORMAT. */
axn_status axn_byte_source_read(axn_byte_source *source, void *bytes, size_t length,
                                axn_error *error);
/* Checks that nothing follows (and for gzip that the checksum is right). */
axn_status axn_byte_source_end(axn_byte_source *source, axn_error *error);

#endif
