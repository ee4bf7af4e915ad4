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
    /* Of the training pixels (bytes 0..255), all channels together: the accelerator takes plain
     * bytes, so a scale for each channel could only go into the first layer's weights, which
     * learn it anyway. */
    double mean, deviation;
    bool flip; /* horizontal flips make sense (not for digits) */
} axn_dataset;

/* name:
 *   "fashion-mnist"  folder NULL = Debian's dataset-fashion-mnist, else its four IDX files
 *   "idx"            any IDX set of unsigned bytes, N x H x W or N x C x H x W (train-images,
 *                    train-labels, t10k- or test-images and -labels, also with -idx3-ubyte and
 *                    the like behind); as many classes as the largest training label says
 *   "cifar10", "cifar100"  the binary version, in `folder` or in the published archive's
 *                    folder below it; CIFAR-100 with its fine labels
 * IDX files may be gzip (NAME or NAME.gz), CIFAR files are read unpacked. What is damaged,
 * foreign, truncated or has labels out of range is AXN_ERROR_FORMAT, more than 4 GiB of images
 * AXN_ERROR_LIMIT, a missing file AXN_ERROR_NOT_FOUND, each with the file and the cause; an
 * unknown name lists the known ones. Memory: the images and a buffer of 64 KiB. */
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
