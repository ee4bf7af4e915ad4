/* Data sets are read right, and damaged files are refused by name and cause. */
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "common/buffer.h"
#include "nas/dataset.h"
#include "tests/check.h"

typedef struct idx_file {
    const char *name;
    int dimensions;
    uint32_t size[4];
    int modulus; /* byte i is i % modulus */
    int gzip;
    int more; /* bytes beyond (or, negative, missing from) what the header says */
} idx_file;

static void put_u32(axn_buffer *out, uint32_t value)
{
    uint8_t bytes[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
                        (uint8_t)value};
    axn_buffer_append(out, bytes, 4);
}

static void write_bytes(const char *folder, const char *name, const void *bytes, size_t length,
                        int gzip)
{
    char path[AXN_PATH_MAX];
    axn_error error = {0};
    axn_check_path(path, folder, name);
    if (!gzip) {
        AXN_REQUIRE_OK(axn_file_write(path, bytes, length, &error), error);
        return;
    }
    gzFile file = gzopen(path, "wb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_EQUAL(gzwrite(file, bytes, (unsigned)length), (int)length);
    CU_ASSERT_EQUAL(gzclose(file), Z_OK);
}

static void write_idx(const char *folder, const idx_file *file)
{
    axn_buffer bytes = {0};
    put_u32(&bytes, 0x800u + (unsigned)file->dimensions);
    int count = file->more;
    int product = 1;
    for (int i = 0; i < file->dimensions; i++) {
        put_u32(&bytes, file->size[i]);
        product *= (int)file->size[i];
    }
    for (int i = 0; i < product + count; i++) {
        uint8_t byte = (uint8_t)(i % file->modulus);
        axn_buffer_append(&bytes, &byte, 1);
    }
    write_bytes(folder, file->name, bytes.data, bytes.length, file->gzip);
    axn_buffer_free(&bytes);
}

static const idx_file train_images = {"train-images-idx3-ubyte", 3, {6, 2, 3}, 251, 0, 0};
static const idx_file train_labels = {"train-labels-idx1-ubyte", 1, {6}, 3, 0, 0};
static const idx_file test_images = {"t10k-images-idx3-ubyte.gz", 3, {4, 2, 3}, 251, 1, 0};
static const idx_file test_labels = {"t10k-labels-idx1-ubyte.gz", 1, {4}, 3, 1, 0};

static void write_good(const char *folder)
{
    write_idx(folder, &train_images);
    write_idx(folder, &train_labels);
    write_idx(folder, &test_images);
    write_idx(folder, &test_labels);
}

static void reads_idx(void)
{
    char folder[AXN_PATH_MAX];
    axn_dataset data;
    axn_error error = {0};
    axn_check_folder(folder);
    write_good(folder);
    AXN_REQUIRE_OK(axn_dataset_load("idx", folder, &data, &error), error);
    CU_ASSERT_EQUAL(data.train.count, 6);
    CU_ASSERT_EQUAL(data.test.count, 4);
    CU_ASSERT(data.shape.height == 2 && data.shape.width == 3 && data.shape.channels == 1);
    CU_ASSERT_EQUAL(data.classes, 3);
    CU_ASSERT_EQUAL(data.train.pixels[35], 35);
    CU_ASSERT_EQUAL(data.test.labels[2], 2);
    CU_ASSERT_DOUBLE_EQUAL(data.mean, 17.5, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(data.deviation * data.deviation, (36.0 * 36 - 1) / 12, 1e-9);
    axn_dataset_free(&data);
    axn_check_folder_remove(folder);
}

static void reads_channels_first(void)
{
    char folder[AXN_PATH_MAX];
    axn_dataset data;
    axn_error error = {0};
    axn_check_folder(folder);
    write_idx(folder, &(idx_file){"train-images", 4, {6, 3, 2, 2}, 251, 1, 0});
    write_idx(folder, &(idx_file){"train-labels", 1, {6}, 3, 0, 0});
    write_idx(folder, &(idx_file){"test-images", 4, {2, 3, 2, 2}, 251, 0, 0});
    write_idx(folder, &(idx_file){"test-labels", 1, {2}, 2, 0, 0});
    AXN_REQUIRE_OK(axn_dataset_load("idx", folder, &data, &error), error);
    CU_ASSERT(data.shape.height == 2 && data.shape.width == 2 && data.shape.channels == 3);
    /* image 1, row 1, column 0, channel 2 = byte ((1*3 + 2)*2 + 1)*2 + 0 of the file */
    CU_ASSERT_EQUAL(data.train.pixels[((1 * 2 + 1) * 2 + 0) * 3 + 2], 22);
    axn_dataset_free(&data);
    axn_check_folder_remove(folder);
}

/* Writes the good set, then `file` over it: must be refused with `cause`. */
static void refused(const idx_file *file, const char *cause, axn_status expected)
{
    char folder[AXN_PATH_MAX];
    axn_dataset data;
    axn_error error = {0};
    axn_check_folder(folder);
    write_good(folder);
    write_idx(folder, file);
    AXN_CHECK_FAILS(axn_dataset_load("idx", folder, &data, &error), error, expected, cause);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, file->name));
    axn_check_folder_remove(folder);
}

static void refuses_damaged_idx(void)
{
    refused(&(idx_file){"train-images-idx3-ubyte", 3, {6, 2, 3}, 251, 0, -1}, "truncated",
            AXN_ERROR_FORMAT);
    refused(&(idx_file){"t10k-images-idx3-ubyte.gz", 3, {4, 2, 3}, 251, 1, -1}, "truncated",
            AXN_ERROR_FORMAT);
    refused(&(idx_file){"train-images-idx3-ubyte", 3, {6, 2, 3}, 251, 0, 1}, "after the data",
            AXN_ERROR_FORMAT);
    refused(&(idx_file){"train-labels-idx1-ubyte", 1, {6}, 3, 0, 1}, "after the data",
            AXN_ERROR_FORMAT);
    refused(&(idx_file){"train-images-idx3-ubyte", 2, {6, 6}, 251, 0, 0}, "magic",
            AXN_ERROR_FORMAT);
    refused(&(idx_file){"train-labels-idx1-ubyte", 3, {6, 1, 1}, 3, 0, 0}, "magic",
            AXN_ERROR_FORMAT);
    refused(&(idx_file){"train-labels-idx1-ubyte", 1, {5}, 3, 0, 0}, "5 labels", AXN_ERROR_FORMAT);
    refused(&(idx_file){"train-images-idx3-ubyte", 3, {6, 0, 3}, 251, 0, 0}, "dimension 1",
            AXN_ERROR_FORMAT);
}

/* A header of a few bytes that claims gigabytes is refused before they are allocated. */
static void refuses_huge_claims(void)
{
    char folder[AXN_PATH_MAX];
    axn_dataset data;
    axn_error error = {0};
    axn_buffer bytes = {0};
    axn_check_folder(folder);
    write_good(folder);
    put_u32(&bytes, 0x803);
    put_u32(&bytes, 1000000);
    put_u32(&bytes, 60);
    put_u32(&bytes, 60);
    write_bytes(folder, train_images.name, bytes.data, bytes.length, 0);
    AXN_CHECK_FAILS(axn_dataset_load("idx", folder, &data, &error), error, AXN_ERROR_FORMAT,
                    "claims 3600000000");
    axn_buffer_clear(&bytes);
    for (int i = 0; i < 4; i++) {
        put_u32(&bytes, i == 0 ? 0x803 : 0x7fffffff);
    }
    write_bytes(folder, train_images.name, bytes.data, bytes.length, 1);
    AXN_CHECK_FAILS(axn_dataset_load("idx", folder, &data, &error), error, AXN_ERROR_LIMIT,
                    train_images.name);
    axn_buffer_free(&bytes);
    axn_check_folder_remove(folder);
}

static void refuses_damaged_gzip(void)
{
    char folder[AXN_PATH_MAX], path[AXN_PATH_MAX];
    axn_dataset data;
    axn_error error = {0};
    axn_buffer bytes = {0};
    axn_check_folder(folder);
    write_good(folder);
    axn_check_path(path, folder, test_images.name);
    AXN_REQUIRE_OK(axn_file_read(path, 1 << 20, &bytes, &error), error);
    for (size_t length = 0; length < bytes.length; length++) {
        write_bytes(folder, test_images.name, bytes.data, length, 0);
        CU_ASSERT_NOT_EQUAL(axn_dataset_load("idx", folder, &data, &error), AXN_OK);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.message, test_images.name));
    }
    AXN_CHECK_FAILS(axn_dataset_load("idx", folder, &data, &error), error, AXN_ERROR_FORMAT,
                    "truncated gzip");
    bytes.data[bytes.length - 6] ^= 1; /* the checksum */
    write_bytes(folder, test_images.name, bytes.data, bytes.length, 0);
    AXN_CHECK_FAILS(axn_dataset_load("idx", folder, &data, &error), error, AXN_ERROR_FORMAT,
                    "damaged gzip");
    bytes.data[bytes.length - 6] ^= 1;
    axn_buffer_append(&bytes, "tail", 4);
    write_bytes(folder, test_images.name, bytes.data, bytes.length, 0);
    AXN_CHECK_FAILS(axn_dataset_load("idx", folder, &data, &error), error, AXN_ERROR_FORMAT,
                    test_images.name);
    axn_buffer_free(&bytes);
    axn_check_folder_remove(folder);
}

static void names_what_is_missing(void)
{
    char folder[AXN_PATH_MAX], path[AXN_PATH_MAX];
    axn_dataset data;
    axn_error error = {0};
    axn_check_folder(folder);
    write_good(folder);
    axn_check_path(path, folder, train_labels.name);
    CU_ASSERT_EQUAL(unlink(path), 0);
    AXN_CHECK_FAILS(axn_dataset_load("idx", folder, &data, &error), error, AXN_ERROR_NOT_FOUND,
                    "train-labels");
    CU_ASSERT_EQUAL(mkdir(path, 0700), 0);
    AXN_CHECK_FAILS(axn_dataset_load("idx", folder, &data, &error), error, AXN_ERROR_IO,
                    "not a regular file");
    AXN_CHECK_FAILS(axn_dataset_load("idx", "/nonexistent", &data, &error), error,
                    AXN_ERROR_NOT_FOUND, "/nonexistent");
    AXN_CHECK_FAILS(axn_dataset_load("mnist-1000", folder, &data, &error), error, AXN_ERROR_USAGE,
                    "fashion-mnist, cifar10, cifar100, idx");
    AXN_CHECK_FAILS(axn_dataset_load("cifar10", NULL, &data, &error), error, AXN_ERROR_USAGE,
                    "--data-dir");
    CU_ASSERT_EQUAL(rmdir(path), 0);
    write_good(folder);
    AXN_CHECK_FAILS(axn_dataset_load("fashion-mnist", folder, &data, &error), error,
                    AXN_ERROR_FORMAT, "expected 28x28x1");
    axn_check_folder_remove(folder);
}

static void refuses_labels_out_of_range(void)
{
    char folder[AXN_PATH_MAX];
    axn_dataset data;
    axn_error error = {0};
    axn_check_folder(folder);
    write_idx(folder, &(idx_file){train_images.name, 3, {12, 28, 28}, 251, 0, 0});
    write_idx(folder, &(idx_file){train_labels.name, 1, {12}, 10, 0, 0});
    write_idx(folder, &(idx_file){test_images.name, 3, {12, 28, 28}, 251, 1, 0});
    write_idx(folder, &(idx_file){test_labels.name, 1, {12}, 10, 1, 0});
    AXN_CHECK_OK(axn_dataset_load("fashion-mnist", folder, &data, &error), error);
    CU_ASSERT(data.classes == 10 && data.flip);
    axn_dataset_free(&data);
    write_idx(folder, &(idx_file){test_labels.name, 1, {12}, 11, 1, 0});
    AXN_CHECK_FAILS(axn_dataset_load("fashion-mnist", folder, &data, &error), error,
                    AXN_ERROR_FORMAT, "label 10 of image 10");
    axn_check_folder_remove(folder);
}

static void write_cifar(const char *folder, const char *name, int label_bytes, int records,
                        int label, long more)
{
    axn_buffer bytes = {0};
    for (int i = 0; i < records; i++) {
        uint8_t record[3074] = {0};
        record[label_bytes - 1] = (uint8_t)(label + i);
        for (int j = 0; j < 3072; j++) {
            record[label_bytes + j] = (uint8_t)(j / 1024 * 80 + j % 79);
        }
        axn_buffer_append(&bytes, record, (size_t)label_bytes + 3072);
    }
    write_bytes(folder, name, bytes.data, (size_t)((long)bytes.length + more), 0);
    axn_buffer_free(&bytes);
}

static void write_cifar10(const char *folder)
{
    for (int i = 1; i <= 5; i++) {
        char name[32];
        snprintf(name, sizeof name, "data_batch_%d.bin", i);
        write_cifar(folder, name, 1, 2, i, 0);
    }
    write_cifar(folder, "test_batch.bin", 1, 3, 0, 0);
}

static void reads_cifar(void)
{
    char folder[AXN_PATH_MAX];
    axn_dataset data;
    axn_error error = {0};
    axn_check_folder(folder);
    write_cifar10(folder);
    AXN_REQUIRE_OK(axn_dataset_load("cifar10", folder, &data, &error), error);
    CU_ASSERT_EQUAL(data.train.count, 10);
    CU_ASSERT_EQUAL(data.test.count, 3);
    CU_ASSERT_EQUAL(data.train.labels[5], 4);
    CU_ASSERT_EQUAL(data.train.pixels[3072 * 5 + (2 * 32 + 7) * 3 + 1], 80 + (1024 + 71) % 79);
    axn_dataset_free(&data);
    write_cifar(folder, "train.bin", 2, 4, 96, 0);
    write_cifar(folder, "test.bin", 2, 1, 3, 0);
    AXN_REQUIRE_OK(axn_dataset_load("cifar100", folder, &data, &error), error);
    CU_ASSERT_EQUAL(data.classes, 100);
    CU_ASSERT_EQUAL(data.train.labels[3], 99);
    axn_dataset_free(&data);
    axn_check_folder_remove(folder);
}

static void refuses_damaged_cifar(void)
{
    char folder[AXN_PATH_MAX], path[AXN_PATH_MAX];
    axn_dataset data;
    axn_error error = {0};
    axn_check_folder(folder);
    write_cifar10(folder);
    write_cifar(folder, "data_batch_3.bin", 1, 2, 0, -1);
    AXN_CHECK_FAILS(axn_dataset_load("cifar10", folder, &data, &error), error, AXN_ERROR_FORMAT,
                    "data_batch_3.bin");
    write_cifar(folder, "data_batch_3.bin", 1, 1, 0, 0);
    AXN_CHECK_FAILS(axn_dataset_load("cifar10", folder, &data, &error), error, AXN_ERROR_FORMAT,
                    "has 1 records");
    write_cifar(folder, "data_batch_3.bin", 1, 2, 9, 0);
    AXN_CHECK_FAILS(axn_dataset_load("cifar10", folder, &data, &error), error, AXN_ERROR_FORMAT,
                    "label 10 of record 1");
    axn_check_path(path, folder, "data_batch_3.bin");
    CU_ASSERT_EQUAL(unlink(path), 0);
    AXN_CHECK_FAILS(axn_dataset_load("cifar10", folder, &data, &error), error, AXN_ERROR_IO,
                    "data_batch_3.bin");
    axn_check_folder_remove(folder);
}

static void splits_without_overlap(void)
{
    axn_dataset data = {.train = {.count = 1000}};
    uint32_t *train = NULL, *validation = NULL, *again = NULL, *other = NULL;
    int train_count = 0, validation_count = 0;
    unsigned char seen[1000] = {0};
    axn_error error = {0};
    AXN_REQUIRE_OK(axn_dataset_split(&data, .1, 0, 7, &train, &train_count, &validation,
                                     &validation_count, &error),
                   error);
    CU_ASSERT(train_count == 900 && validation_count == 100);
    for (int i = 0; i < 1000; i++) {
        seen[i < 900 ? train[i] : validation[i - 900]]++;
    }
    int wrong = 0;
    for (int i = 0; i < 1000; i++) {
        wrong += seen[i] != 1;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    AXN_REQUIRE_OK(axn_dataset_split(&data, .1, 50, 7, &again, &train_count, &other,
                                     &validation_count, &error),
                   error);
    CU_ASSERT_EQUAL(train_count, 50);
    CU_ASSERT_EQUAL(memcmp(again, train, 50 * sizeof *again), 0);
    CU_ASSERT_EQUAL(memcmp(other, validation, 100 * sizeof *other), 0);
    free(train);
    free(validation);
    free(again);
    free(other);
    AXN_CHECK_FAILS(axn_dataset_split(&data, 1.5, 0, 7, &train, &train_count, &validation,
                                      &validation_count, &error),
                    error, AXN_ERROR_USAGE, "1.5");
}

AXN_TEST_MAIN("dataset", {"reads IDX files, plain and gzip", reads_idx},
              {"reads IDX files with channels first", reads_channels_first},
              {"refuses damaged IDX files", refuses_damaged_idx},
              {"refuses huge claims", refuses_huge_claims},
              {"refuses damaged gzip data", refuses_damaged_gzip},
              {"refuses labels out of range", refuses_labels_out_of_range},
              {"names what is missing", names_what_is_missing}, {"reads CIFAR", reads_cifar},
              {"refuses damaged CIFAR", refuses_damaged_cifar},
              {"splits without overlap", splits_without_overlap})
