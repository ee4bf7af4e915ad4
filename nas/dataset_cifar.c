/* CIFAR-10 and CIFAR-100, binary layout (Krizhevsky, "Learning multiple layers of
 * features from tiny images", 2009): records of one label (CIFAR-100: coarse and fine
 * label) and 32x32 bytes of red, green and blue each. */
#include <sys/stat.h>

#include "nas/byte_source.h"
#include "nas/dataset_internal.h"

enum { SIDE = 32, PIXELS = 3 * SIDE * SIDE, BATCHES = 5, COARSE_CLASSES = 20 };

static const axn_shape cifar_shape = {SIDE, SIDE, 3};

/* Number of records in a file: plain files tell it by their size. */
static axn_status count_records(const char *path, int record, int *count, axn_error *error)
{
    struct stat info;
    if (stat(path, &info) != 0) {
        return axn_fail_errno(error, AXN_ERROR_IO, "cannot open \"%s\"", path);
    }
    if (info.st_size <= 0 || info.st_size % record != 0 ||
        (uint64_t)info.st_size > AXN_DATASET_MAX_BYTES) {
        return axn_fail(error, AXN_ERROR_FORMAT,
                        "\"%s\": %lld bytes are not a whole number of %d-byte records", path,
                        (long long)info.st_size, record);
    }
    *count = (int)(info.st_size / record);
    return AXN_OK;
}

/* Reads the records of one file to images first .. first+count-1. */
static axn_status read_records(const char *path, int label_bytes, int classes, int first, int count,
                               axn_images *images, axn_error *error)
{
    axn_byte_source *source = NULL;
    axn_status status = axn_byte_source_open(path, &source, error);
    for (int i = first; i < first + count && status == AXN_OK; i++) {
        uint8_t record[2 + PIXELS];
        status = axn_byte_source_read(source, record, (size_t)label_bytes + PIXELS, error);
        if (status != AXN_OK) {
            break;
        }
        int label = record[label_bytes - 1];
        if (label >= classes || (label_bytes == 2 && record[0] >= COARSE_CLASSES)) {
            status =
                axn_fail(error, AXN_ERROR_FORMAT, "\"%s\": label %d of record %d is not in 0..%d",
                         path, label >= classes ? label : record[0], i - first,
                         label >= classes ? classes - 1 : COARSE_CLASSES - 1);
            break;
        }
        images->labels[i] = (uint8_t)label;
        axn_image_interleave(cifar_shape, record + label_bytes,
                             images->pixels + (size_t)i * PIXELS);
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
        axn_status status = axn_path_join(paths[i], folder, names[i], error);
        if (status == AXN_OK) {
            status = count_records(paths[i], label_bytes + PIXELS, &records, error);
        }
        if (status != AXN_OK) {
            return status;
        }
        if (i > 0 && records != count) {
            return axn_fail(error, AXN_ERROR_FORMAT, "\"%s\" has %d records but \"%s\" has %d",
                            paths[i], records, paths[0], count);
        }
        count = records;
    }
    axn_status status = axn_images_allocate(images, files * count, cifar_shape, error);
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
