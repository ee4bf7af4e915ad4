/* archive.jsonl: each evaluated candidate, one JSON object a line, appended and flushed
 * to disk line by line. A last line without its newline is torn: it is cut when the
 * archive is opened for appending and ignored when it is only read. */
#ifndef AXN_NAS_ARCHIVE_H
#define AXN_NAS_ARCHIVE_H

#include "common/file.h"
#include "nas/candidate.h"

typedef struct axn_archive {
    char path[AXN_PATH_MAX];
    int descriptor;         /* open for appending; -1 when only read */
    axn_candidate *records; /* read at opening; appended ones are not added */
    uint64_t *prefix_hash;  /* [count] hash of the file up to and with line i */
    int count;
    uint64_t hash; /* of all lines, appended ones included */
    int64_t bytes; /* of all complete lines */
} axn_archive;

/* Reads an archive without changing it. A missing file is an empty archive. With
 * `ordered` the ids must be 0, 1, 2 ...; damage names the line. */
axn_status axn_archive_read(const char *path, const axn_search_space *space, bool ordered,
                            axn_archive *out, axn_error *error);

/* Reads (creating the file if missing), cuts a torn last line, opens for appending. */
axn_status axn_archive_open(const char *path, const axn_search_space *space, bool ordered,
                            axn_archive *out, axn_error *error);

/* On failure the file is cut back to its last complete line. */
axn_status axn_archive_append(axn_archive *archive, const axn_search_space *space,
                              const axn_candidate *candidate, axn_error *error);

/* Empties file and records (of an open archive). */
axn_status axn_archive_clear(axn_archive *archive, axn_error *error);

void axn_archive_close(axn_archive *archive);

#endif
