/* How the search gets its accuracies: jobs go to an evaluator, which may run them in any
 * order, here or elsewhere. Tests put synthetic ones in its place. */
#ifndef AXN_NAS_EVALUATOR_H
#define AXN_NAS_EVALUATOR_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "model/network.h"

#define AXN_REASON_MAX 160
#define AXN_CURVE_MAX 256 /* epochs of a training whose accuracy is followed */

typedef struct axn_job {
    int64_t id;                 /* of the candidate; names its state file */
    const axn_network *network; /* inferred */
    const int *multipliers;     /* [multiplier_count] indices into the run's multipliers, named
                                   by `multiplier` of the network's CONV layers */
    int multiplier_count;
    uint32_t stream;            /* of random numbers in training */
    int epochs;                 /* of the whole training, for the schedule */
    int first_epoch, end_epoch; /* trained now; first_epoch > 0 goes on from the candidate's own
                                   saved state; end_epoch < epochs saves it */
    bool follow;                /* validate after each epoch: outcome.curve */
    const double *bar;          /* [epochs] stop after epoch e with less accuracy than bar[e];
                                   NULL: never; needs follow */
    int64_t inherit_from;       /* candidate whose weights are inherited, -1 = none */
    const int *inherit_map;     /* [network->count] layer there for each layer here, -1 = afresh */
    bool keep_state;            /* save the trained weights for descendants */
    double work;                /* expected cost, to start long jobs first */
} axn_job;

typedef enum axn_outcome_kind {
    AXN_OUTCOME_OK,
    AXN_OUTCOME_FAILED, /* always would be: training diverged, budget exceeded */
    AXN_OUTCOME_LOST,   /* the worker died twice */
    AXN_OUTCOME_STOPPED /* given up before its training was complete, or before it began */
} axn_outcome_kind;

typedef struct axn_outcome {
    axn_outcome_kind kind;
    double accuracy;             /* 0..1, when OK or STOPPED */
    char reason[AXN_REASON_MAX]; /* unless OK */
    double curve[AXN_CURVE_MAX]; /* [curve_count] accuracy after each epoch of this job */
    int curve_count;             /* 0 unless followed */
    double seconds;              /* for the log only */
    int worker;                  /* for the log only */
} axn_outcome;

/* Takes the outcome of jobs[job]; called from the thread that called `evaluate`. */
typedef axn_status axn_job_done(void *context, int job, const axn_outcome *outcome,
                                axn_error *error);

typedef struct axn_evaluator {
    void *context;
    /* Evaluates all jobs; an error of `done` or AXN_ERROR_INTERRUPTED ends it early. */
    axn_status (*evaluate)(void *context, const axn_job *jobs, int count, axn_job_done *done,
                           void *done_context, axn_error *error);
} axn_evaluator;

#endif
