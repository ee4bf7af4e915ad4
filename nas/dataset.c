#include "nas/dataset.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "common/random.h"
#include "nas/dataset_internal.h"

static const char fashion_folder[] = "/usr/share/datasets/fashion-mnist";

axn_status axn_dataset_find(const char *folder, const char *name, char *out, axn_error *error)
{
    char compressed[128];
    snprintf(compressed, sizeof compressed, "%s.gz", name);
    const char *const names[] = {name, compressed};
    for (int i = 0; i < 2; i++) {
        axn_status status = axn_path_join(out, folder, names[i], error);
        if (status != AXN_OK) {
            return status;
        }
        if (axn_path_exists(out)) {
            return AXN_OK;
        }
    }
    return axn_fail(error, AXN_ERROR_NOT_FOUND, "\"%s\" has no %s (nor %s)", folder, name,
                    compressed);
}

axn_status axn_images_allocate(const axn_dataset *dataset, axn_images *images, int64_t count,
                               axn_shape shape, const char *path, axn_error *error)
{
    int64_t held = (int64_t)dataset->train.count * (axn_shape_size(dataset->shape) + 1);
    int64_t more = count * (axn_shape_size(shape) + 1); /* a label each */
    if (count > INT32_MAX || held + more > (int64_t)AXN_DATASET_MAX_BYTES) {
        return axn_fail(error, AXN_ERROR_LIMIT,
                        "\"%s\": the data set has more than %llu bytes of images", path,
                        (unsigned long long)AXN_DATASET_MAX_BYTES);
    }
    axn_status status = axn_allocate(&images->pixels, (size_t)count, (size_t)axn_shape_size(shape),
                                     "images", error);
    if (status == AXN_OK) {
        status = axn_allocate(&images->labels, (size_t)count, 1, "labels", error);
    }
    images->count = status == AXN_OK ? (int)count : 0;
    return status;
}

void axn_image_interleave(axn_shape shape, const uint8_t *planar, uint8_t *pixels)
{
    int size = shape.height * shape.width;
    for (int c = 0; c < shape.channels; c++) {
        const uint8_t *plane = planar + (int64_t)c * size;
        for (int i = 0; i < size; i++) {
            pixels[(int64_t)i * shape.channels + c] = plane[i];
        }
    }
}

/* From a histogram: the same sums in whatever order the images stand. */
static void measure(axn_dataset *dataset)
{
    uint64_t histogram[256] = {0};
    size_t size = (size_t)axn_shape_size(dataset->shape) * (size_t)dataset->train.count;
    for (size_t i = 0; i < size; i++) {
        histogram[dataset->train.pixels[i]]++;
    }
    double sum = 0, squares = 0;
    for (int value = 0; value < 256; value++) {
        sum += (double)histogram[value] * value;
    }
    dataset->mean = sum / (double)size;
    for (int value = 0; value < 256; value++) {
        squares += (double)histogram[value] * (value - dataset->mean) * (value - dataset->mean);
    }
    dataset->deviation = sqrt(squares / (double)size);
}

static axn_status load_fashion(const char *folder, axn_dataset *out, axn_error *error)
{
    static const axn_shape shape = {28, 28, 1};
    if (folder == NULL) {
        folder = fashion_folder;
        if (!axn_path_is_folder(folder)) {
            return axn_fail(error, AXN_ERROR_NOT_FOUND,
                            "\"%s\" is missing: install the Debian package dataset-fashion-mnist "
                            "or name a folder with --data-dir",
                            folder);
        }
    }
    out->flip = true;
    return axn_idx_load(folder, 10, &shape, out, error);
}

static axn_status load_by_name(const char *name, const char *folder, axn_dataset *out,
                               axn_error *error)
{
    static const char *const known[] = {"fashion-mnist", "cifar10", "cifar100", "idx"};
    int which = 0;
    while (which < 4 && strcmp(name, known[which]) != 0) {
        which++;
    }
    if (which == 4) {
        return axn_fail(error, AXN_ERROR_USAGE,
                        "unknown data set \"%s\" (known: fashion-mnist, cifar10, cifar100, idx)",
                        name);
    }
    if (which > 0 && folder == NULL) {
        return axn_fail(error, AXN_ERROR_USAGE, "data set \"%s\" needs --data-dir", name);
    }
    if (folder != NULL && !axn_path_is_folder(folder)) {
        return axn_fail(error, AXN_ERROR_NOT_FOUND, "data folder \"%s\" %s", folder,
                        axn_path_exists(folder) ? "is not a folder" : "does not exist");
    }
    snprintf(out->name, sizeof out->name, "%s", name);
    if (which == 0) {
        return load_fashion(folder, out, error);
    }
    if (which == 3) {
        return axn_idx_load(folder, 0, NULL, out, error);
    }
    out->flip = true;
    return axn_cifar_load(folder, which == 1 ? 1 : 2, out, error);
}

axn_status axn_dataset_load(const char *name, const char *folder, axn_dataset *out,
                            axn_error *error)
{
    *out = (axn_dataset){0};
    axn_status status = load_by_name(name, folder, out, error);
    if (status != AXN_OK) {
        axn_dataset_free(out);
        return status;
    }
    measure(out);
    return AXN_OK;
}

void axn_dataset_free(axn_dataset *dataset)
{
    free(dataset->train.pixels);
    free(dataset->train.labels);
    free(dataset->test.pixels);
    free(dataset->test.labels);
    *dataset = (axn_dataset){0};
}

axn_status axn_dataset_split(const axn_dataset *dataset, double validation_fraction, int limit,
                             uint64_t seed, uint32_t **train, int *train_count,
                             uint32_t **validation, int *validation_count, axn_error *error)
{
    int count = dataset->train.count;
    if (!(validation_fraction >= 0 && validation_fraction < 1)) {
        return axn_fail(error, AXN_ERROR_USAGE, "validation fraction %g is not in 0..1",
                        validation_fraction);
    }
    int held_out = (int)lround(validation_fraction * count);
    if (held_out >= count) {
        return axn_fail(error, AXN_ERROR_USAGE,
                        "a validation fraction of %g leaves none of %d images for training",
                        validation_fraction, count);
    }
    uint32_t *order = NULL, *first = NULL, *rest = NULL;
    int kept = limit > 0 && limit < count - held_out ? limit : count - held_out;
    axn_status status = axn_allocate(&order, (size_t)count, sizeof *order, "indices", error);
    if (status == AXN_OK) {
        status = axn_allocate(&first, (size_t)held_out, sizeof *first, "indices", error);
    }
    if (status == AXN_OK) {
        status = axn_allocate(&rest, (size_t)kept, sizeof *rest, "indices", error);
    }
    if (status != AXN_OK) {
        free(order);
        free(first);
        return status;
    }
    for (int i = 0; i < count; i++) {
        order[i] = (uint32_t)i;
    }
    axn_random random = axn_random_stream(seed, AXN_RANDOM_SPLIT, 0, 0);
    axn_random_shuffle(&random, order, (uint32_t)count);
    memcpy(first, order, (size_t)held_out * sizeof *first);
    memcpy(rest, order + held_out, (size_t)kept * sizeof *rest);
    free(order);
    *validation = first;
    *validation_count = held_out;
    *train = rest;
    *train_count = kept;
    return AXN_OK;
}
