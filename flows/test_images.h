/* Images to simulate on: the first test images of a data set, or noise. */
#ifndef AXN_FLOWS_TEST_IMAGES_H
#define AXN_FLOWS_TEST_IMAGES_H

#include "model/model.h"
#include "nas/dataset.h"

#define AXN_NOISE_DATASET "random" /* uniform noise without labels */

typedef struct axn_test_images {
    axn_dataset dataset; /* empty for noise */
    uint8_t *noise;
    const uint8_t **images; /* [count] */
    const uint8_t *labels;  /* [count], NULL for noise */
    int count;
} axn_test_images;

/* The first `count` (0 = all) test images of data set `name` (NULL = the model's own),
 * whose shape must be the model's input. More than there are: what there is. */
axn_status axn_test_images_load(const axn_model *model, const char *name, const char *folder,
                                int count, axn_test_images *out, axn_error *error);
void axn_test_images_free(axn_test_images *images);

#endif
