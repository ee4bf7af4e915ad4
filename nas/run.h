/* Run folder of a search:
 *   config.json    everything resolved, seeds included; compared on resume
 *   archive.jsonl  each evaluated candidate, in order of ids
 *   pending.jsonl  outcomes that arrived before an earlier candidate's; empty between
 *                  generations
 *   checkpoint     generation, population and hash of the archive after it
 *   pareto.json    the non-dominated set and the history, after each generation
 *   log.jsonl      times and machines: the only file that differs between equal runs
 *   models/        trained weights for inheritance
 *   lock           held (flock) while a search works on the run */
#ifndef AXN_NAS_RUN_H
#define AXN_NAS_RUN_H

#include "nas/archive.h"
#include "nas/search.h"

typedef struct axn_run axn_run;

typedef enum axn_run_mode {
    AXN_RUN_NEW,   /* the folder must be missing or empty */
    AXN_RUN_FORCE, /* what an earlier run left there is replaced */
    AXN_RUN_RESUME /* goes on; starts if there is nothing yet */
} axn_run_mode;

/* Creates or reopens a run for `config` (borrowed during the call). Nothing is changed
 * before all checks passed: AXN_ERROR_EXISTS (not empty), AXN_ERROR_USAGE (resumed with another
 * configuration: the message names the first key that differs; or locked by another
 * process), AXN_ERROR_FORMAT and AXN_ERROR_MISMATCH (damaged files). */
axn_status axn_run_open(const char *folder, const cJSON *config, const axn_search_space *space,
                        axn_run_mode mode, axn_run **out, axn_error *error);
void axn_run_close(axn_run *run);

/* Number of candidates already in the archive. */
int axn_run_recorded(const axn_run *run);

/* Called after each candidate (candidate != NULL) and each generation (NULL). */
typedef void axn_run_observer(void *context, const axn_search *search,
                              const axn_candidate *candidate);

/* Runs the search, recording in the run and recalling from it. */
axn_status axn_run_search(axn_run *run, axn_search *search, const axn_evaluator *evaluator,
                          axn_run_observer *observer, void *observer_context, axn_error *error);

/* Appends {"time": ..., "event": event, ...members of `details` (taken over)} to the log;
 * failures are ignored, the log is a convenience. */
void axn_run_log(axn_run *run, const char *event, cJSON *details);

/* Reads a file of a run: config.json, pareto.json; checks format and version. A folder
 * that is no run is AXN_ERROR_NOT_FOUND. Caller deletes. */
axn_status axn_run_read_config(const char *folder, cJSON **out, axn_error *error);
axn_status axn_run_read_pareto(const char *folder, cJSON **out, axn_error *error);

#endif
