/* Image data sets, read whole into memory as bytes. */
#ifndef AXN_NAS_DATASET_H
#define AXN_NAS_DATASET_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "model/network.h"

typedef struct axn_images {
    uint8_t *pixels; /* [count][height][width][channels] */
    uint8_t *labels; /* [count] */
    int count;
} axn_images;

typedef struct axn_dataset {
    char name[64];
    axn_shape shape;
    int classes;
    axn_images train, test;
    double mean, deviation; /* of the training pixels (bytes 0..255), all channels together */
    bool flip;              /* horizontal flips make sense (not for digits) */
} axn_dataset;

/* name: "fashion-mnist" (folder NULL = Debian's dataset-fashion-mnist), "cifar10",
 * "cifar100", "idx" (folder required: train-images, train-labels, t10k-images or
 * test-images ... , plain or .gz). Damaged, foreign or truncated files and labels out of range
 * are AXN_ERROR_FORMAT naming the file; an unknown name lists the known ones. */
axn_status axn_dataset_load(const char *name, const char *folder, axn_dataset *out,
                            axn_error *error);
void axn_dataset_free(axn_dataset *dataset);

/* Splits indices 0..count-1 of the training images into training and validation
 * (fraction of count, rounded) by `seed`; `limit` > 0 keeps at most so many
 * training indices (a random subset, the same for every caller). Caller frees both. */
axn_status axn_dataset_split(const axn_dataset *dataset, double validation_fraction, int limit,
                             uint64_t seed, uint32_t **train, int *train_count,
                             uint32_t **validation, int *validation_count, axn_error *error);

#endif
