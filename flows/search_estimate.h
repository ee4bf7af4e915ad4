/* How long a search would take: trains some random candidates of its own for some batches, with
 * its own workers, and extrapolates. */
#ifndef AXN_FLOWS_SEARCH_ESTIMATE_H
#define AXN_FLOWS_SEARCH_ESTIMATE_H

#include "flows/search_team.h"

typedef struct axn_search_duration {
    long candidates;             /* of the whole search, none shared, stopped or failed */
    int epochs, train_images;    /* of each */
    int workers;                 /* side by side */
    double mean_multiplications; /* of random candidates, fully connected layers too */
    double images_per_s;         /* trained, all workers, at that many multiplications */
    double hours;
} axn_search_duration;

/* experiment's images are changed while it runs, and set back. */
axn_status axn_search_estimate(axn_team *team, axn_experiment *experiment, const axn_search *search,
                               const axn_table *tables, int jobs, axn_search_duration *out,
                               axn_error *error);

/* On standard output. */
axn_status axn_search_duration_print(const axn_search_duration *duration, bool as_json,
                                     axn_error *error);

#endif
