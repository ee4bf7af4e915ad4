/* A run as later commands see it: configuration, all candidates, the front. Reading
 * only; a search may be working on it. */
#ifndef AXN_FLOWS_RUN_VIEW_H
#define AXN_FLOWS_RUN_VIEW_H

#include "nas/experiment.h"
#include "nas/run.h"

typedef struct axn_run_view {
    char folder[AXN_PATH_MAX];
    axn_experiment experiment;
    axn_search search;   /* rules and space; no candidates */
    axn_archive archive; /* read */
    cJSON *pareto;       /* pareto.json; NULL before the first generation is finished */
} axn_run_view;

/* Free with axn_run_view_close, also after a failure. */
axn_status axn_run_view_open(const char *folder, axn_run_view *out, axn_error *error);
void axn_run_view_close(axn_run_view *view);

/* The candidate of an id; AXN_ERROR_NOT_FOUND names the run. */
axn_status axn_run_view_find(const axn_run_view *view, int64_t id, const axn_candidate **out,
                             axn_error *error);

#endif
