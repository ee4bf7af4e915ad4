/* Readers of the data-set formats. */
#ifndef AXN_NAS_DATASET_INTERNAL_H
#define AXN_NAS_DATASET_INTERNAL_H

#include "common/file.h"
#include "nas/dataset.h"

/* Training and test images with their labels hold at most so many bytes. */
#define AXN_DATASET_MAX_BYTES (UINT64_C(1) << 32)

/* A file NAME or NAME.gz of a folder; AXN_ERROR_NOT_FOUND if there is neither.
 * out[AXN_PATH_MAX]. */
axn_status axn_dataset_find(const char *folder, const char *name, char *out, axn_error *error);

/* Allocates room for `count` images, the training images of `dataset` or, after them, its test
 * images; AXN_ERROR_LIMIT, which names `path`, where they exceed AXN_DATASET_MAX_BYTES. */
axn_status axn_images_allocate(const axn_dataset *dataset, axn_images *images, int64_t count,
                               axn_shape shape, const char *path, axn_error *error);

/* One image channel by channel -> channels side by side. */
void axn_image_interleave(axn_shape shape, const uint8_t *planar, uint8_t *pixels);

/* Fill shape, classes, train and test. `classes` 0: from the labels; `expected` NULL or
 * the only shape accepted. */
axn_status axn_idx_load(const char *folder, int classes, const axn_shape *expected,
                        axn_dataset *out, axn_error *error);
/* label_bytes 1 (CIFAR-10) or 2 (CIFAR-100: coarse, fine). */
axn_status axn_cifar_load(const char *folder, int label_bytes, axn_dataset *out, axn_error *error);

#endif
