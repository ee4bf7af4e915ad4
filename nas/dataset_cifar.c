/* CIFAR-10 and CIFAR-100, binary layout (Krizhevsky, "Learning multiple layers of
 * features from tiny images", 2009): records of one label (CIFAR-100: coarse and fine
 * label) and 32x32 bytes of red, green and blue each. */
#include "nas/byte_source.h"
#include "nas/dataset_internal.h"

enum { SIDE = 32, PIXELS = 3 * SIDE * SIDE, BATCHES = 5, COARSE_CLASSES = 20 };

static const axn_shape cifar_shape = {SIDE, SIDE, 3};

/* Number of records in a file, told by its size. */
static axn_status count_records(const axn_byte_source *source, const char *path, int record,
                                int *count, axn_error *error)
{
    uint64_t size = axn_byte_source_bound(source);
    if (axn_byte_source_is_gzip(source)) {
        return axn_fail(error, AXN_ERROR_FORMAT,
                        "\"%s\" is compressed: CIFAR files are read unpacked", path);
    }
    if (size > AXN_DATASET_MAX_BYTES) {
        return axn_fail(error, AXN_ERROR_LIMIT, "\"%s\" has more than %llu bytes", path,
                        (unsigned long long)AXN_DATASET_MAX_BYTES);
    }
    if (size == 0 || size % (unsigned)record != 0) {
        return axn_fail(error, AXN_ERROR_FORMAT,
                        "\"%s\": %llu bytes are not a whole number of %d-byte records", path,
                        (unsigned long long)size, record);
    }
    *count = (int)(size / (unsigned)record);
    return AXN_OK;
}

static axn_status open_records(const char *path, int record, axn_byte_source **source, int *count,
                               axn_error *error)
{
    if (!axn_path_exists(path)) {
        return axn_fail(error, AXN_ERROR_NOT_FOUND,
                        "\"%s\" is missing: unpack the binary version of CIFAR there", path);
    }
    axn_status status = axn_byte_source_open(path, source, error);
    if (status != AXN_OK) {
        return status;
    }
    status = count_records(*source, path, record, count, error);
    if (status != AXN_OK) {
        axn_byte_source_close(*source);
        *source = NULL;
    }
    return status;
}

static axn_status check_labels(const uint8_t *labels, int label_bytes, int classes,
                               const char *path, int record, axn_error *error)
{
    int label = labels[label_bytes - 1], coarse = labels[0];
    if (label >= classes) {
        return axn_fail(error, AXN_ERROR_FORMAT, "\"%s\": label %d of record %d is not in 0..%d",
                        path, label, record, classes - 1);
    }
    if (label_bytes == 2 && coarse >= COARSE_CLASSES) {
        return axn_fail(error, AXN_ERROR_FORMAT,
                        "\"%s\": coarse label %d of record %d is not in 0..%d", path, coarse,
                        record, COARSE_CLASSES - 1);
    }
    return AXN_OK;
}

/* Reads the records of one file to images first .. first+count-1. */
static axn_status read_records(const char *path, int label_bytes, int classes, int first, int count,
                               axn_images *images, axn_error *error)
{
    axn_byte_source *source = NULL;
    int found = 0;
    axn_status status = open_records(path, label_bytes + PIXELS, &source, &found, error);
    for (int i = 0; i < count && status == AXN_OK; i++) {
        uint8_t record[2 + PIXELS];
        status = axn_byte_source_read(source, record, (size_t)label_bytes + PIXELS, error);
        if (status == AXN_OK) {
            status = check_labels(record, label_bytes, classes, path, i, error);
        }
        if (status == AXN_OK) {
            images->labels[first + i] = record[label_bytes - 1];
            axn_image_interleave(cifar_shape, record + label_bytes,
                                 images->pixels + (size_t)(first + i) * PIXELS);
        }
    }
    if (status == AXN_OK) {
        status = axn_byte_source_end(source, error);
    }
    axn_byte_source_close(source);
    return status;
}

/* Files of one part, which must be of equal size. */
static axn_status read_part(const char *folder, const char *const *names, int files,
                            int label_bytes, axn_dataset *dataset, axn_images *images,
                            axn_error *error)
{
    char paths[BATCHES][AXN_PATH_MAX];
    int count = 0;
    for (int i = 0; i < files; i++) {
        int records = 0;
        axn_byte_source *source = NULL;
        axn_status status = axn_path_join(paths[i], folder, names[i], error);
        if (status == AXN_OK) {
            status = open_records(paths[i], label_bytes + PIXELS, &source, &records, error);
        }
        if (status != AXN_OK) {
            return status;
        }
        axn_byte_source_close(source);
        if (i > 0 && records != count) {
            return axn_fail(error, AXN_ERROR_FORMAT, "\"%s\" has %d records but \"%s\" has %d",
                            paths[i], records, paths[0], count);
        }
        count = records;
    }
    axn_status status =
        axn_images_allocate(dataset, images, (int64_t)files * count, cifar_shape, folder, error);
    for (int i = 0; i < files && status == AXN_OK; i++) {
        status =
            read_records(paths[i], label_bytes, dataset->classes, i * count, count, images, error);
    }
    return status;
}

axn_status axn_cifar_load(const char *folder, int label_bytes, axn_dataset *out, axn_error *error)
{
    static const char *const train10[BATCHES] = {"data_batch_1.bin", "data_batch_2.bin",
                                                 "data_batch_3.bin", "data_batch_4.bin",
                                                 "data_batch_5.bin"};
    static const char *const test10[] = {"test_batch.bin"}, *const train100[] = {"train.bin"};
    static const char *const test100[] = {"test.bin"};
    char inner[AXN_PATH_MAX];
    int ten = label_bytes == 1;
    out->shape = cifar_shape;
    out->classes = ten ? 10 : 100;
    /* The folder inside the published archive will do as well. */
    axn_status status =
        axn_path_join(inner, folder, ten ? "cifar-10-batches-bin" : "cifar-100-binary", error);
    if (status == AXN_OK) {
        const char *from = axn_path_is_folder(inner) ? inner : folder;
        status = read_part(from, ten ? train10 : train100, ten ? BATCHES : 1, label_bytes, out,
                           &out->train, error);
        if (status == AXN_OK) {
            status =
                read_part(from, ten ? test10 : test100, 1, label_bytes, out, &out->test, error);
        }
    }
    return status;
}
