/* Checkpoints of a training, in the folder of its model: after every epoch the whole state,
 * so that a training that was stopped goes on to the same bytes. */
#ifndef AXN_FLOWS_CHECKPOINT_H
#define AXN_FLOWS_CHECKPOINT_H

#include <cjson/cJSON.h>

#include "nas/trainer.h"

#define AXN_CHECKPOINT_NAME "training.state"

/* Makes the folder of a model ready to be trained into. resume: one that holds a checkpoint,
 * or nothing but what a training that was killed left, is as good as an empty one. Without
 * resume, a checkpoint that is there is in the way (AXN_ERROR_EXISTS, the message names
 * --resume); `force` removes it. */
axn_status axn_checkpoint_prepare(const char *folder, bool resume, bool force, axn_error *error);

/* Writes the state atomically: on failure the checkpoint before it is as it was. settings:
 * all that decides the weights. */
axn_status axn_checkpoint_write(const char *folder, const axn_trainer *trainer,
                                const cJSON *settings, const cJSON *history, axn_error *error);

/* Goes on from the checkpoint of `folder` if there is one: trainer, and *history (an array of
 * epochs, replaced). AXN_ERROR_USAGE names the first setting that differs, AXN_ERROR_FORMAT
 * and AXN_ERROR_MISMATCH a file that is damaged or of another version or network. */
axn_status axn_checkpoint_resume(const char *folder, axn_trainer *trainer, const cJSON *settings,
                                 cJSON **history, axn_error *error);

/* After the model has been saved: nothing stays but the model. */
axn_status axn_checkpoint_remove(const char *folder, axn_error *error);

#endif
