/* One network from images to a quantised model with its accuracies: what `train` and
 * `retrain` share. */
#ifndef AXN_FLOWS_TRAINING_H
#define AXN_FLOWS_TRAINING_H

#include <stdbool.h>

#include "common/parallel.h"
#include "flows/correction_options.h"
#include "model/model.h"
#include "multipliers/table.h"
#include "nas/dataset.h"
#include "nas/trainer.h"

/* Everything is borrowed. */
typedef struct axn_training {
    const char *command;        /* for provenance: "train", "retrain" */
    const axn_network *network; /* inferred */
    const axn_dataset *dataset;
    const axn_table *tables;        /* [multiplier_count] */
    const char *const *multipliers; /* their names */
    int multiplier_count;
    axn_trainer_config config;
    bool paper;       /* all images are trained on, none held out */
    double held_out;  /* fraction of the training images for validation, unless paper */
    int train_images; /* at most, 0 = all */
    /* In quantised arithmetic the network is trained with the operand order and the weight
     * codes asked for; all other corrections are made to the model afterwards. */
    axn_correction_options corrections;
    const char *folder; /* of the model, for the checkpoints of each epoch; NULL = none */
    bool resume;        /* go on from the checkpoint there, if there is one */
} axn_training;

typedef struct axn_training_result {
    axn_model model; /* with provenance; free with axn_model_free */
    int epochs;      /* done, those before a checkpoint included */
    int train_images, validation_images;
    bool finite;                 /* false: the loss became NaN or infinite */
    double loss;                 /* of the last epoch */
    double validation;           /* accuracy while fake-quantised, held-out images; -1 if none */
    double validation_quantised; /* of the quantised model on the same images; -1 if none */
    double accuracy;             /* of the quantised model on all test images */
    axn_correction_result corrected; /* what was done; no layers: nothing. Freed as the model */
    double validation_uncorrected;   /* of the model before it was corrected; -1 if it was not */
    double images_per_s;             /* trained, over the epochs done now */
} axn_training_result;

/* Trains, folds, and touches the test images once, with the quantised model. Progress goes
 * to standard error. Ctrl-C stops it (AXN_ERROR_INTERRUPTED), and so does a loss that is not
 * finite (AXN_ERROR_LIMIT names the epoch); the checkpoint of the epoch before stays. The
 * caller removes it once the model is saved. */
axn_status axn_training_run(const axn_training *training, axn_pool *pool, axn_training_result *out,
                            axn_error *error);

#endif
