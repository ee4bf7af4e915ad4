/* Options of a training, the same for `train` and `retrain`. */
#ifndef AXN_FLOWS_TRAINING_OPTIONS_H
#define AXN_FLOWS_TRAINING_OPTIONS_H

#include "flows/options.h"
#include "flows/training.h"

#define AXN_TRAINING_OPTIONS (32 + AXN_CORRECTION_OPTIONS) /* at most */

/* What was given: a text that was not is NULL, a number NAN, an integer negative. */
typedef struct axn_training_options {
    const char *optimiser, *schedule, *gradient, *arithmetic, *weight_ranges, *flip, *protocol;
    const char *isa;
    int64_t epochs, batch_size, step_epochs, crop_padding, gradient_window, train_images;
    int64_t seed, threads;
    double learning_rate, momentum, l2, step_factor, label_smoothing, validation_fraction;
    bool decoupled_l2, resume, force;
    axn_correction_options corrections;
    char help[AXN_TRAINING_OPTIONS][128]; /* with the defaults, behind the options' backs */
} axn_training_options;

/* Nothing given yet; appends the options to list[*count ...]. search: what is not given is as
 * the search had it, and the help says so; else as axn_training_defaults has it. */
void axn_training_options_list(axn_training_options *given, bool search, axn_option *list,
                               int *count);

/* The training of `train` when nothing is given: everything but what is trained. */
void axn_training_defaults(const axn_dataset *dataset, axn_training *training);

/* Sets what was given; training->dataset says what "auto" means. */
void axn_training_options_apply(const axn_training_options *given, axn_training *training);

#endif
