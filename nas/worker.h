/* Worker processes of a search: started once by fork and exec, fed with one JSON object a
 * line on their standard input, answering on their standard output. Outcomes do not
 * depend on the number of workers.
 *
 * To a worker:   {"setup": {...}}                               first line
 *                {"id", "layers", "multipliers", "stream", "epochs",
 *                 "first_epoch", "end_epoch", "follow", "bar", "inherit_from",
 *                 "inherit_map", "keep_state"}                  each job
 * From a worker: {"ready": true}                                after setup
 *                {"id", "outcome", "accuracy", "reason", "curve"} each job
 *                {"error": message, "status": number}           then it ends */
#ifndef AXN_NAS_WORKER_H
#define AXN_NAS_WORKER_H

#include <cjson/cJSON.h>

#include "nas/evaluator.h"
#include "nas/relay.h"

typedef struct axn_farm axn_farm;

/* argv (NULL-terminated, borrowed for the life of the farm) starts one worker; `setup`
 * is copied. Workers are started when there is work for them. */
axn_status axn_farm_create(const char *const *argv, int workers, const cJSON *setup, axn_farm **out,
                           axn_error *error);
/* Adds the workers of another rank (borrowed, with its relay; `host` is for messages).
 * Threads, in `setup`, may be other ones there. */
axn_status axn_farm_add_rank(axn_farm *farm, const axn_ranks *ranks, int rank, const char *host,
                             int workers, const cJSON *setup, axn_error *error);
int axn_farm_workers(const axn_farm *farm); /* on all ranks */
/* Kills the workers. */
void axn_farm_free(axn_farm *farm);

/* Evaluates jobs on the farm's workers. A worker that dies is replaced and its job done
 * once more; after a second death the outcome is AXN_OUTCOME_LOST. An error reported
 * by a worker, or workers that die before they are ready, end the evaluation. */
axn_evaluator axn_farm_evaluator(axn_farm *farm);

/* The worker's side: serves until its input ends. */
typedef struct axn_worker_handler {
    void *context;
    axn_status (*setup)(void *context, const cJSON *setup, axn_error *error);
    axn_status (*evaluate)(void *context, const axn_job *job, axn_outcome *outcome,
                           axn_error *error);
} axn_worker_handler;
axn_status axn_worker_serve(int in, int out, const axn_worker_handler *handler, axn_error *error);

#endif
