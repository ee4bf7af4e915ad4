/* IDX files (the format of MNIST): magic 0, 0, 8 (unsigned byte), number of dimensions;
 * the dimensions as big-endian 32-bit words; the bytes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "nas/byte_source.h"
#include "nas/dataset_internal.h"

enum { MAX_DIMENSIONS = 4 };

typedef struct idx_header {
    int dimensions;
    uint32_t size[MAX_DIMENSIONS];
} idx_header;

static axn_status read_header(axn_byte_source *source, const char *path, int least, int most,
                              idx_header *header, axn_error *error)
{
    uint8_t bytes[4];
    axn_status status = axn_byte_source_read(source, bytes, 4, error);
    if (status != AXN_OK) {
        return status;
    }
    if (bytes[0] != 0 || bytes[1] != 0 || bytes[2] != 8 || bytes[3] < least || bytes[3] > most) {
        return axn_fail(
            error, AXN_ERROR_FORMAT, "\"%s\": not an IDX file of %s (magic %02x%02x%02x%02x)", path,
            most == 1 ? "labels" : "byte images", bytes[0], bytes[1], bytes[2], bytes[3]);
    }
    header->dimensions = bytes[3];
    uint64_t total = 1;
    for (int i = 0; i < header->dimensions; i++) {
        status = axn_byte_source_read(source, bytes, 4, error);
        if (status != AXN_OK) {
            return status;
        }
        header->size[i] = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
                          (uint32_t)bytes[2] << 8 | bytes[3];
        if (header->size[i] == 0 && i == 0) {
            return axn_fail(error, AXN_ERROR_FORMAT, "\"%s\" holds no %s", path,
                            most == 1 ? "labels" : "images");
        }
        if (header->size[i] == 0 || header->size[i] > INT32_MAX) {
            return axn_fail(error, AXN_ERROR_FORMAT, "\"%s\": dimension %d is %u", path, i,
                            header->size[i]);
        }
        total *= header->size[i];
        if (total > AXN_DATASET_MAX_BYTES) {
            return axn_fail(error, AXN_ERROR_LIMIT, "\"%s\" claims more than %llu bytes", path,
                            (unsigned long long)AXN_DATASET_MAX_BYTES);
        }
    }
    if (total > axn_byte_source_bound(source)) {
        return axn_fail(error, AXN_ERROR_FORMAT,
                        "\"%s\" is truncated (its header claims %llu bytes)", path,
                        (unsigned long long)total);
    }
    return AXN_OK;
}

/* Images of one file; channels first becomes channels last. */
static axn_status read_pixels(axn_byte_source *source, axn_shape shape, axn_images *images,
                              axn_error *error)
{
    size_t size = (size_t)axn_shape_size(shape);
    if (shape.channels == 1) {
        return axn_byte_source_read(source, images->pixels, size * (size_t)images->count, error);
    }
    uint8_t *planar = NULL;
    axn_status status = axn_allocate(&planar, size, 1, "an image", error);
    for (int i = 0; i < images->count && status == AXN_OK; i++) {
        status = axn_byte_source_read(source, planar, size, error);
        if (status == AXN_OK) {
            axn_image_interleave(shape, planar, images->pixels + (size_t)i * size);
        }
    }
    free(planar);
    return status;
}

static axn_status read_images(const char *path, const axn_dataset *dataset, axn_shape *shape,
                              axn_images *images, axn_error *error)
{
    axn_byte_source *source = NULL;
    idx_header header = {0};
    axn_status status = axn_byte_source_open(path, &source, error);
    if (status == AXN_OK) {
        status = read_header(source, path, 3, 4, &header, error);
    }
    if (status == AXN_OK) {
        int planes = header.dimensions == 4;
        uint64_t pixels = 1;
        for (int i = 1; i < header.dimensions; i++) {
            pixels *= header.size[i];
        }
        if (pixels > AXN_MAX_TENSOR) {
            status = axn_fail(error, AXN_ERROR_LIMIT, "\"%s\": images of more than %d bytes", path,
                              AXN_MAX_TENSOR);
        } else {
            *shape = (axn_shape){.height = (int)header.size[1 + planes],
                                 .width = (int)header.size[2 + planes],
                                 .channels = planes ? (int)header.size[1] : 1};
            status = axn_images_allocate(dataset, images, header.size[0], *shape, path, error);
        }
    }
    if (status == AXN_OK) {
        status = read_pixels(source, *shape, images, error);
    }
    if (status == AXN_OK) {
        status = axn_byte_source_end(source, error);
    }
    axn_byte_source_close(source);
    return status;
}

static axn_status read_labels(const char *path, int classes, const char *images_path,
                              axn_images *images, axn_error *error)
{
    axn_byte_source *source = NULL;
    idx_header header = {0};
    axn_status status = axn_byte_source_open(path, &source, error);
    if (status == AXN_OK) {
        status = read_header(source, path, 1, 1, &header, error);
    }
    if (status == AXN_OK && (int)header.size[0] != images->count) {
        status = axn_fail(error, AXN_ERROR_FORMAT, "\"%s\" has %u labels but \"%s\" %d images",
                          path, header.size[0], images_path, images->count);
    }
    if (status == AXN_OK) {
        status = axn_byte_source_read(source, images->labels, (size_t)images->count, error);
    }
    if (status == AXN_OK) {
        status = axn_byte_source_end(source, error);
    }
    for (int i = 0; i < images->count && status == AXN_OK; i++) {
        if (classes > 0 && images->labels[i] >= classes) {
            status =
                axn_fail(error, AXN_ERROR_FORMAT, "\"%s\": label %d of image %d is not in 0..%d",
                         path, images->labels[i], i, classes - 1);
        }
    }
    axn_byte_source_close(source);
    return status;
}

/* The first of PREFIX-STEM of the usual names that exists. */
static axn_status find_part(const char *folder, const char *const *prefixes,
                            const char *const *stems, char *out, axn_error *error)
{
    char name[64];
    for (int i = 0; prefixes[i] != NULL; i++) {
        for (int j = 0; stems[j] != NULL; j++) {
            snprintf(name, sizeof name, "%s-%s", prefixes[i], stems[j]);
            if (axn_dataset_find(folder, name, out, NULL) == AXN_OK) {
                return AXN_OK;
            }
        }
    }
    return axn_fail(error, AXN_ERROR_NOT_FOUND, "\"%s\" has no %s-%s (nor .gz)", folder,
                    prefixes[0], stems[0]);
}

static axn_status load_part(const char *folder, const char *const *prefixes, int classes,
                            const axn_dataset *dataset, axn_shape *shape, axn_images *images,
                            axn_error *error)
{
    static const char *const image_stems[] = {"images-idx3-ubyte",
                                              "images-idx4-ubyte",
                                              "images.idx3-ubyte",
                                              "images.idx4-ubyte",
                                              "images",
                                              NULL};
    static const char *const label_stems[] = {"labels-idx1-ubyte", "labels.idx1-ubyte", "labels",
                                              NULL};
    char images_path[AXN_PATH_MAX], labels_path[AXN_PATH_MAX];
    axn_status status = find_part(folder, prefixes, image_stems, images_path, error);
    if (status == AXN_OK) {
        status = find_part(folder, prefixes, label_stems, labels_path, error);
    }
    if (status == AXN_OK) {
        status = read_images(images_path, dataset, shape, images, error);
    }
    if (status == AXN_OK) {
        status = read_labels(labels_path, classes, images_path, images, error);
    }
    return status;
}

static int largest_label(const axn_images *images)
{
    int largest = 0;
    for (int i = 0; i < images->count; i++) {
        largest = images->labels[i] > largest ? images->labels[i] : largest;
    }
    return largest;
}

static int same_shape(const axn_shape *a, const axn_shape *b)
{
    return a->height == b->height && a->width == b->width && a->channels == b->channels;
}

axn_status axn_idx_load(const char *folder, int classes, const axn_shape *expected,
                        axn_dataset *out, axn_error *error)
{
    static const char *const train[] = {"train", NULL}, *const test[] = {"t10k", "test", NULL};
    axn_shape shape = {0};
    axn_status status = load_part(folder, train, classes, out, &out->shape, &out->train, error);
    out->classes = classes > 0 ? classes : largest_label(&out->train) + 1;
    if (status == AXN_OK && out->classes < 2) {
        status = axn_fail(error, AXN_ERROR_FORMAT,
                          "\"%s\": all labels of the training images are 0", folder);
    }
    if (status == AXN_OK) {
        status = load_part(folder, test, out->classes, out, &shape, &out->test, error);
    }
    if (status != AXN_OK) {
        return status;
    }
    if (!same_shape(&shape, &out->shape)) {
        return axn_fail(error, AXN_ERROR_FORMAT,
                        "\"%s\": training images are %dx%dx%d but test images %dx%dx%d", folder,
                        out->shape.height, out->shape.width, out->shape.channels, shape.height,
                        shape.width, shape.channels);
    }
    if (expected != NULL && !same_shape(&shape, expected)) {
        return axn_fail(error, AXN_ERROR_FORMAT, "\"%s\": images are %dx%dx%d, expected %dx%dx%d",
                        folder, shape.height, shape.width, shape.channels, expected->height,
                        expected->width, expected->channels);
    }
    return AXN_OK;
}
