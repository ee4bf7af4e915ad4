/* What the parts of nas/correct.h share: the calibration images in front of one layer. */
#ifndef AXN_NAS_CORRECT_INTERNAL_H
#define AXN_NAS_CORRECT_INTERNAL_H

#include "nas/correct.h"
#include "nas/inference_internal.h"

/* Takes all images through the network one layer after the other, so that a layer can be
 * changed before they pass it. A layer's map [image][channel][height][width] is kept from when
 * it is made until nothing needs it. */
typedef struct axn_walk {
    axn_model *model;
    const axn_table *tables;
    const axn_calibration *calibration;
    axn_inference *inference; /* of the model as it is */
    uint8_t **maps;           /* [layer], NULL = not alive */
    int *last_use;            /* [layer] */
} axn_walk;

axn_status axn_walk_start(axn_walk *walk, axn_model *model, const axn_table *tables,
                          const axn_calibration *calibration, axn_error *error);
void axn_walk_end(axn_walk *walk);
/* To be called when the model has changed. */
axn_status axn_walk_renew(axn_walk *walk, axn_error *error);
/* Makes the map of `layer`; those of all layers before it have been made. */
axn_status axn_walk_layer(axn_walk *walk, int layer, axn_error *error);

/* Tells the calibration's report how many layers are done. */
axn_status axn_walk_report(const axn_walk *walk, int done, axn_error *error);

/* A batch of the images at one layer: the scratch of a thread, but with the maps of the walk.
 * Its place is fixed: scratch.slots points into it. */
typedef struct axn_batch_view {
    axn_inference_scratch scratch;
    uint8_t *slots[AXN_MAX_LAYERS];
    int first, count; /* images */
} axn_batch_view;
void axn_walk_view(const axn_walk *walk, int layer, int part, int thread, axn_batch_view *view);
int axn_walk_batches(const axn_walk *walk);

/* Codes that the taps of a CONV see. */
axn_status axn_walk_activations(const axn_walk *walk, int layer, uint64_t activations[256],
                                axn_error *error);

/* A sum of integers and one of their squares, exact and so the same in any order. */
typedef struct axn_moments {
    int64_t sum;
    uint64_t squares_high, squares_low; /* squares_high * 2^32 + squares_low */
} axn_moments;

double axn_moments_mean(const axn_moments *moments, int64_t count);
double axn_moments_mean_square(const axn_moments *moments, int64_t count);
double axn_moments_variance(const axn_moments *moments, int64_t count);

/* One way to compute a CONV. */
typedef struct axn_variant {
    const axn_table *table;
    bool swap;
    const uint8_t *weights; /* [units][taps] */
    axn_moments *sums;      /* out, [units]: accumulators with these weights, without bias */
    axn_moments *errors;    /* out, [units]: sum of T less that of the reference */
} axn_variant;

/* Fills sums and errors of each variant over all images and pixels, *count a channel. The
 * reference has the model's own weights (as they are) and `swap`; table NULL = exact. */
axn_status axn_walk_measure(const axn_walk *walk, int layer, const axn_table *reference, bool swap,
                            axn_variant *variants, int variant_count, int64_t *count,
                            axn_error *error);

/* correct_norm.c, with the moments of each channel over `count` values: takes the mean error out
 * of the biases; folds the batch norm, whose statistics are known, for accumulators as they are
 * now. */
void axn_correct_biases(axn_model *model, int layer, const axn_moments *errors, int64_t count,
                        axn_corrected_layer *out);
void axn_refold_norms(axn_model *model, int layer, const axn_moments *sums, int64_t count,
                      axn_corrected_layer *out);

/* correct_weights.c: one channel of axn_model_map_weights. What its bias gains, whether the
 * bias then fits, and the change itself. */
int64_t axn_map_constant(const axn_model *model, int layer, int unit, const uint8_t map[256]);
bool axn_map_fits(const axn_model *model, int layer, int unit, const uint8_t map[256]);
void axn_map_channel(axn_model *model, int layer, int unit, const uint8_t map[256]);

#endif
