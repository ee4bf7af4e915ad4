/* Fitness of a candidate: training with the approximate multiplier in the forward pass,
 * then accuracy on the validation images (protocol "paper": on the test images). */
#ifndef AXN_NAS_FITNESS_H
#define AXN_NAS_FITNESS_H

#include "nas/evaluator.h"
#include "nas/experiment.h"

typedef struct axn_fitness axn_fitness;

/* What a worker needs to know, as one object (caller deletes): the experiment, the file
 * of its multipliers' tables (axn_table_write), the folder of trained states, threads. */
axn_status axn_fitness_setup(const axn_experiment *experiment, const char *tables,
                             const char *models, int threads, cJSON **out, axn_error *error);

/* Loads dataset and tables. Free with axn_fitness_close. */
axn_status axn_fitness_open(const cJSON *setup, axn_fitness **out, axn_error *error);
void axn_fitness_close(axn_fitness *fitness);

/* Trains and validates one network. Divergence is an outcome, not an error. The
 * outcome is a function of the job alone. */
axn_status axn_fitness_evaluate(axn_fitness *fitness, const axn_job *job, axn_outcome *outcome,
                                axn_error *error);

#endif
