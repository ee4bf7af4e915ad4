/* Workers on other ranks. Rank 0's farm (nas/worker.h) speaks with them through the relay
 * of their rank, which starts them, passes lines on in both directions and tells of deaths:
 * a worker that dies costs an evaluation there as it does here. */
#ifndef AXN_NAS_RELAY_H
#define AXN_NAS_RELAY_H

#include <stdint.h>

#include "nas/ranks.h"

/* What a relay does on the other ranks, until rank 0 stops it. argv (NULL-terminated)
 * starts a worker. */
axn_status axn_relay_serve(const axn_ranks *ranks, const char *const *argv, axn_error *error);

/* ---- rank 0's side ---- */

/* Ends all relays, and their workers. */
void axn_relay_stop(const axn_ranks *ranks);

/* Does each rank see this file? AXN_ERROR_USAGE names one that does not. */
axn_status axn_relay_find_file(const axn_ranks *ranks, const axn_rank_card *cards, const char *path,
                               axn_error *error);

/* A worker of another rank. `start` counts its starts: what an earlier one said may
 * still be on its way. */
typedef struct axn_remote {
    int rank;
    int slot; /* 0 .. on its rank */
    int start;
} axn_remote;
axn_status axn_remote_start(const axn_ranks *ranks, const axn_remote *worker, axn_error *error);
axn_status axn_remote_write(const axn_ranks *ranks, const axn_remote *worker, const void *bytes,
                            size_t length, axn_error *error);
void axn_remote_kill(const axn_ranks *ranks, const axn_remote *worker);

typedef enum axn_remote_kind {
    AXN_REMOTE_NOTHING, /* no message is there */
    AXN_REMOTE_BYTES,   /* from the worker's standard output */
    AXN_REMOTE_GONE,    /* the worker has died */
} axn_remote_kind;

/* The next message of any worker; never waits. AXN_ERROR_INTERRUPTED when a rank was told to
 * stop; AXN_ERROR_TOOL when one cannot start workers. */
axn_status axn_remote_receive(const axn_ranks *ranks, axn_remote_kind *kind, axn_remote *worker,
                              axn_buffer *bytes, axn_error *error);

#endif
