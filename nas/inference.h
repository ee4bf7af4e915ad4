/* Fast integer inference of a quantised model, equal to the golden model of sim/
 * on every byte (but sharing no arithmetic with it). */
#ifndef AXN_NAS_INFERENCE_H
#define AXN_NAS_INFERENCE_H

#include "common/parallel.h"
#include "model/model.h"
#include "multipliers/table.h"
#include "nas/dataset.h"

typedef struct axn_inference axn_inference;

/* tables[i] belongs to model->multipliers[i]; model and tables are borrowed. */
axn_status axn_inference_create(const axn_model *model, const axn_table *tables, axn_pool *pool,
                                axn_inference **out, axn_error *error);
void axn_inference_free(axn_inference *inference);

/* logits[count][classes] of `count` images given by pointers to their bytes. */
axn_status axn_inference_run(axn_inference *inference, const uint8_t *const *images, int count,
                             int32_t *logits, axn_error *error);

/* AXN_ERROR_USAGE unless the images have the shape and the number of classes of the model. */
axn_status axn_inference_fits(const axn_inference *inference, const axn_dataset *dataset,
                              axn_error *error);

/* `limit` > 0: only the first images. Refuses a data set that does not fit. */
typedef struct axn_evaluation {
    int images, correct, classes;
    double accuracy;
    int *confusion; /* [classes][classes], [label][predicted]; caller frees */
} axn_evaluation;
axn_status axn_evaluate(axn_inference *inference, const axn_dataset *dataset,
                        const axn_images *images, int limit, axn_evaluation *out, axn_error *error);

/* Joint operand histograms of each CONV layer over some images, for the energy of
 * real operands: histogram[layer][x * 256 + w], caller provides
 * uint64_t[network.count][65536]. */
axn_status axn_inference_histogram(axn_inference *inference, const uint8_t *const *images,
                                   int count, uint64_t *histogram, axn_error *error);

#endif
