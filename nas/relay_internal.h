/* Messages between rank 0 and the relays: a header, then bytes. */
#ifndef AXN_NAS_RELAY_INTERNAL_H
#define AXN_NAS_RELAY_INTERNAL_H

#include <stdint.h>

#include "nas/relay.h"

#define AXN_RELAY_POLL_MS 5

typedef enum axn_relay_kind {
    /* to a relay */
    AXN_RELAY_START, /* a worker; no bytes */
    AXN_RELAY_WRITE, /* bytes for its standard input */
    AXN_RELAY_KILL,
    AXN_RELAY_FIND, /* bytes: a path */
    AXN_RELAY_STOP,
    /* from a relay */
    AXN_RELAY_BYTES,      /* bytes of its standard output */
    AXN_RELAY_GONE,       /* the worker has died */
    AXN_RELAY_FOUND,      /* slot: 1 = the file is there */
    AXN_RELAY_INTERRUPTED /* the rank received a signal */
} axn_relay_kind;

typedef struct axn_relay_header {
    int32_t kind;
    int32_t slot;
    int32_t start;
    int32_t status; /* of GONE: why the worker could not be started (bytes: message), or 0 */
} axn_relay_header;

axn_status axn_relay_send(const axn_ranks *ranks, int to, axn_relay_header header,
                          const void *bytes, size_t length, axn_error *error);
/* Takes the next message apart: bytes[] stays behind the header in `message`. *from = -1:
 * none is there. */
axn_status axn_relay_receive(const axn_ranks *ranks, int *from, axn_relay_header *header,
                             axn_buffer *message, const char **bytes, size_t *length,
                             axn_error *error);

#endif
