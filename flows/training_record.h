/* What is written down about a training. */
#ifndef AXN_FLOWS_TRAINING_RECORD_H
#define AXN_FLOWS_TRAINING_RECORD_H

#include "flows/training.h"

/* All that decides the weights: settings, network, images, multipliers. For checkpoints; caller
 * deletes. */
axn_status axn_training_settings(const axn_training *training, cJSON **out, axn_error *error);

/* Provenance of result->model: settings, history (taken over), accuracies. No times: equal
 * trainings give equal files. */
axn_status axn_training_provenance(const axn_training *training, axn_training_result *result,
                                   cJSON **history, axn_error *error);

/* The accuracies under the keys that --json and provenance share; false: out of memory. */
bool axn_training_add_accuracies(cJSON *json, const axn_training_result *result);

#endif
