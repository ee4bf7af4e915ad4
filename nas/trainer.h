/* Quantisation-aware training with the approximate multiplier in the forward pass. */
#ifndef AXN_NAS_TRAINER_H
#define AXN_NAS_TRAINER_H

#include "common/buffer.h"
#include "common/parallel.h"
#include "model/model.h"
#include "multipliers/table.h"
#include "nas/dataset.h"
#include "nas/isa.h"

typedef struct axn_trainer_config {
    int epochs;
    int batch_size; /* 32 */
    enum { AXN_OPTIMISER_ADAM, AXN_OPTIMISER_SGD, AXN_OPTIMISER_MUON } optimiser;
    double learning_rate; /* .001 */
    double momentum;      /* of SGD and Muon, Nesterov's; .9 */
    double l2;            /* 1e-4 */
    bool decoupled_l2;    /* Loshchilov and Hutter 2019, times the rate; false: coupled */
    enum {
        AXN_SCHEDULE_CONSTANT,
        AXN_SCHEDULE_STEP,
        AXN_SCHEDULE_COSINE,
        AXN_SCHEDULE_ONE_CYCLE
    } schedule;
    int step_epochs;        /* STEP: times step_factor after each so many epochs */
    double step_factor;     /* .1 */
    double label_smoothing; /* 0 */
    int crop_padding;       /* random crop, 0 = none */
    bool flip;              /* random horizontal flip */
    /* What flows back through an approximate product: that of the exact product
     * (straight-through), or the slope of the multiplier's own smoothed table. */
    enum { AXN_GRADIENT_STRAIGHT_THROUGH, AXN_GRADIENT_TABLE } gradient;
    int gradient_window; /* TABLE: codes on each side that the moving average takes in; 16 */
    /* QUANTISED: codes and the multipliers' tables; FLOAT: plain fp32, ranges observed all the
     * same, so that the network can be quantised afterwards. */
    enum { AXN_ARITHMETIC_QUANTISED, AXN_ARITHMETIC_FLOAT } arithmetic;
    bool layer_ranges; /* weights quantised by layer instead of by output channel */
    axn_isa isa;       /* the class of instructions, one for the whole process */
    uint64_t seed;
    uint32_t stream; /* candidate number: keys the random streams beside seed */
} axn_trainer_config;

void axn_trainer_defaults(axn_trainer_config *config);

/* Refuse networks whose training needs more bytes. */
#define AXN_TRAINER_MEMORY ((int64_t)1 << 30)
#define AXN_TRAINER_REPORT 10 /* batches between two reports */

typedef struct axn_trainer axn_trainer;

/* Checks shapes and memory need before anything is allocated. network (inferred),
 * tables (one per multiplier index in use) and dataset are borrowed. */
axn_status axn_trainer_create(const axn_network *network, const axn_table *tables, int table_count,
                              const axn_dataset *dataset, const axn_trainer_config *config,
                              axn_pool *pool, axn_trainer **out, axn_error *error);
void axn_trainer_free(axn_trainer *trainer);
/* Bytes that it holds now; the convolutions' share comes with the first batch. */
int64_t axn_trainer_bytes(const axn_trainer *trainer);

typedef struct axn_epoch_result {
    int epoch;             /* 0-based */
    double loss, accuracy; /* of the training images as seen */
    bool finite;           /* false: loss became NaN or infinite, stop */
} axn_epoch_result;

/* Called after each `AXN_TRAINER_REPORT` batches and at the end of an epoch; return
 * false to stop (the trainer then returns AXN_ERROR_INTERRUPTED). */
typedef bool axn_trainer_report(void *context, int epoch, long images_done, long images_total,
                                double loss);

/* One epoch over the given training images. Same bytes for any thread count. */
axn_status axn_trainer_epoch(axn_trainer *trainer, const uint32_t *indices, int count,
                             axn_trainer_report *report, void *context, axn_epoch_result *result,
                             axn_error *error);

/* Accuracy of the fake-quantised network on images of the training set (validation). */
axn_status axn_trainer_validate(axn_trainer *trainer, const uint32_t *indices, int count,
                                double *accuracy, axn_error *error);

/* Folds the trained network into the integer model; names[i] and the tables' hashes
 * become model->multipliers[i]. Caller frees *out. */
axn_status axn_trainer_quantise(axn_trainer *trainer, const char *const *names, axn_model *out,
                                axn_error *error);

/* Trained float state as one blob a layer, the optimiser's moments included, so that weights
 * can be inherited by a network with a layer of the same shape, and checkpoints written.
 * note: a text of the caller's that goes with it, NULL = none. */
axn_status axn_trainer_save(const axn_trainer *trainer, const char *note, const char *path,
                            axn_error *error);
/* Copies the state of layers from `path` whose kind and weight shape agree:
 * source_layer[i] = layer in the file for layer i, -1 = initialise afresh; NULL =
 * the whole, which must be the same network (a checkpoint). */
axn_status axn_trainer_load(axn_trainer *trainer, const char *path, const int *source_layer,
                            axn_error *error);
/* The note of a state, and how many epochs it has been trained; the file is checked whole. */
axn_status axn_trainer_read_note(const char *path, axn_buffer *note, int *epochs, axn_error *error);

#endif
