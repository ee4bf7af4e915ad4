/* Messages between search and workers, and reading them line by line. */
#ifndef AXN_NAS_WORKER_INTERNAL_H
#define AXN_NAS_WORKER_INTERNAL_H

#include "common/buffer.h"
#include "nas/worker.h"

/* NULL when out of memory. */
cJSON *axn_job_to_json(const axn_job *job);

/* A job read from a message, with the storage it refers to. */
typedef struct axn_job_storage {
    axn_job job;
    axn_network network;
    int *multipliers;
    int *inherit_map;
    double *bar;
} axn_job_storage;
axn_status axn_job_from_json(const cJSON *json, axn_job_storage *out, axn_error *error);
void axn_job_storage_free(axn_job_storage *storage);

cJSON *axn_outcome_to_json(int64_t id, const axn_outcome *outcome);
axn_status axn_outcome_from_json(const cJSON *json, int64_t *id, axn_outcome *out,
                                 axn_error *error);

/* Takes the first complete line out of `input` into `line` (without the newline);
 * false if there is none. */
bool axn_take_line(axn_buffer *input, axn_buffer *line);

#endif
