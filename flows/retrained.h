/* Models that `axnas retrain` made of a run's candidates: what accuracy in the search was
 * worth. */
#ifndef AXN_FLOWS_RETRAINED_H
#define AXN_FLOWS_RETRAINED_H

#include <cjson/cJSON.h>

#include "flows/run_view.h"

#define AXN_RETRAINED_FOLDER "retrained" /* below the run: where models are looked for */

typedef struct axn_retrained {
    int64_t id;
    double search_accuracy; /* on the search's validation images */
    double accuracy;        /* of the final model on the test images */
} axn_retrained;

/* Models among the subfolders of `folder` (NULL: RUN/retrained, which may be missing), by
 * id; of several of one candidate the first by name. Others, and those of other runs
 * (another accuracy or energy of that candidate), are passed over. Caller frees *out. */
axn_status axn_retrained_find(const axn_run_view *view, const char *folder, axn_retrained **out,
                              int *count, axn_error *error);

/* Spearman's and Kendall's correlation of the two accuracies; NaN if there is none. */
axn_status axn_retrained_correlations(const axn_retrained *models, int count, double *spearman,
                                      double *kendall, axn_error *error);

/* Adds "retrained": [{"id", "search_accuracy", "accuracy"}], "spearman", "kendall" (null if
 * there is none) to an object; nothing without models. */
axn_status axn_retrained_to_json(const axn_retrained *models, int count, cJSON *object,
                                 axn_error *error);

#endif
