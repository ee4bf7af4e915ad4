/* Damaged, foreign and missing data files are refused by name and cause. */
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/dataset_fixture.h"

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
    refused(&(idx_file){"train-images-idx3-ubyte", 3, {0, 2, 3}, 251, 0, 0}, "no images",
            AXN_ERROR_FORMAT);
    refused(&(idx_file){"t10k-labels-idx1-ubyte.gz", 1, {0}, 3, 1, 0}, "no labels",
            AXN_ERROR_FORMAT);
    /* a class that no training image has */
    refused(&(idx_file){"t10k-labels-idx1-ubyte.gz", 1, {4}, 4, 1, 0},
            "label 3 of image 3 is not in 0..2", AXN_ERROR_FORMAT);
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
    axn_check_path(path, folder, train_images.name);
    AXN_CHECK_FAILS(axn_dataset_load("idx", path, &data, &error), error, AXN_ERROR_NOT_FOUND,
                    "is not a folder");
    AXN_CHECK_FAILS(axn_dataset_load("mnist-1000", folder, &data, &error), error, AXN_ERROR_USAGE,
                    "fashion-mnist, cifar10, cifar100, idx");
    AXN_CHECK_FAILS(axn_dataset_load("cifar10", NULL, &data, &error), error, AXN_ERROR_USAGE,
                    "--data-dir");
    axn_check_path(path, folder, train_labels.name);
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
    AXN_CHECK_FAILS(axn_dataset_load("cifar10", folder, &data, &error), error, AXN_ERROR_NOT_FOUND,
                    "data_batch_3.bin");
    axn_check_folder_remove(folder);
}

/* `text` stands where the training images should be. */
static void refuses_text(const char *text, size_t length, const char *cause)
{
    char folder[AXN_PATH_MAX];
    axn_dataset data;
    axn_error error = {0};
    axn_check_folder(folder);
    write_good(folder);
    write_bytes(folder, train_images.name, text, length, 0);
    AXN_CHECK_FAILS(axn_dataset_load("idx", folder, &data, &error), error, AXN_ERROR_FORMAT, cause);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, train_images.name));
    axn_check_folder_remove(folder);
}

static void refuses_foreign_files(void)
{
    static const char page[] = "<!DOCTYPE html><title>404</title>", picture[] = "\x89PNG\r\n\x1a\n";
    static const char floats[] = "\0\0\x0d\x03\0\0\0\x01"; /* IDX of 32-bit floats */
    refuses_text("", 0, "truncated");
    refuses_text("\0\0", 2, "truncated");
    refuses_text(page, sizeof page - 1, "magic 3c21444f");
    refuses_text(picture, sizeof picture - 1, "magic 89504e47");
    refuses_text(floats, sizeof floats - 1, "magic 00000d03");
    refuses_text("\x1f\x8b", 2, "gzip");
}

/* Sizes that differ between the parts, and images larger than any network takes. */
static void refuses_sizes_that_do_not_fit(void)
{
    char folder[AXN_PATH_MAX];
    axn_dataset data;
    axn_error error = {0};
    axn_check_folder(folder);
    write_good(folder);
    write_idx(folder, &(idx_file){test_images.name, 3, {4, 3, 2}, 251, 1, 0});
    AXN_CHECK_FAILS(axn_dataset_load("idx", folder, &data, &error), error, AXN_ERROR_FORMAT,
                    "training images are 2x3x1 but test images 3x2x1");
    write_good(folder);
    write_idx(folder, &(idx_file){train_labels.name, 1, {6}, 1, 0, 0});
    write_idx(folder, &(idx_file){test_labels.name, 1, {4}, 1, 1, 0});
    AXN_CHECK_FAILS(axn_dataset_load("idx", folder, &data, &error), error, AXN_ERROR_FORMAT,
                    "all labels of the training images are 0");
    write_idx(folder, &(idx_file){train_images.name, 3, {1, 4097, 4096}, 251, 1, 0});
    AXN_CHECK_FAILS(axn_dataset_load("idx", folder, &data, &error), error, AXN_ERROR_LIMIT,
                    "images of more than 16777216 bytes");
    axn_check_folder_remove(folder);
}

/* Kilobytes that unpack to megabytes are read no further than the header says. */
static void refuses_gzip_bombs(void)
{
    char folder[AXN_PATH_MAX];
    axn_dataset data;
    axn_error error = {0};
    axn_check_folder(folder);
    write_good(folder);
    write_idx(folder, &(idx_file){test_images.name, 3, {4, 2, 3}, 1, 1, 16 << 20});
    AXN_CHECK_FAILS(axn_dataset_load("idx", folder, &data, &error), error, AXN_ERROR_FORMAT,
                    "t10k-images-idx3-ubyte.gz\": unexpected bytes after the data");
    axn_check_folder_remove(folder);
}

/* A file of 5 GiB without content: CIFAR files are of any number of records. */
static void refuses_enormous_cifar(void)
{
    char folder[AXN_PATH_MAX], path[AXN_PATH_MAX];
    axn_dataset data;
    axn_error error = {0};
    axn_check_folder(folder);
    write_cifar(folder, "test.bin", 2, 1, 3, 0);
    write_cifar(folder, "train.bin", 2, 1, 3, 0);
    axn_check_path(path, folder, "train.bin");
    CU_ASSERT_EQUAL(truncate(path, (off_t)3074 << 21), 0);
    AXN_CHECK_FAILS(axn_dataset_load("cifar100", folder, &data, &error), error, AXN_ERROR_LIMIT,
                    "train.bin");
    CU_ASSERT_EQUAL(truncate(path, 0), 0);
    AXN_CHECK_FAILS(axn_dataset_load("cifar100", folder, &data, &error), error, AXN_ERROR_FORMAT,
                    "train.bin");
    axn_check_folder_remove(folder);
}

static void refuses_what_is_no_cifar_file(void)
{
    char folder[AXN_PATH_MAX], path[AXN_PATH_MAX];
    uint8_t record[3073] = {0};
    axn_dataset data;
    axn_error error = {0};
    axn_check_folder(folder);
    write_cifar10(folder);
    write_bytes(folder, "test_batch.bin", record, sizeof record, 1);
    AXN_CHECK_FAILS(axn_dataset_load("cifar10", folder, &data, &error), error, AXN_ERROR_FORMAT,
                    "test_batch.bin\" is compressed");
    axn_check_path(path, folder, "test_batch.bin");
    CU_ASSERT_EQUAL(unlink(path), 0);
    CU_ASSERT_EQUAL(mkdir(path, 0700), 0);
    AXN_CHECK_FAILS(axn_dataset_load("cifar10", folder, &data, &error), error, AXN_ERROR_IO,
                    "test_batch.bin\" is not a regular file");
    CU_ASSERT_EQUAL(rmdir(path), 0);
    AXN_CHECK_FAILS(axn_dataset_load("cifar10", folder, &data, &error), error, AXN_ERROR_NOT_FOUND,
                    "test_batch.bin\" is missing");
    write_cifar(folder, "train.bin", 2, 2, 98, 0);
    write_cifar(folder, "test.bin", 2, 1, 100, 0);
    AXN_CHECK_FAILS(axn_dataset_load("cifar100", folder, &data, &error), error, AXN_ERROR_FORMAT,
                    "test.bin\": label 100 of record 0 is not in 0..99");
    record[0] = 20; /* as a coarse label */
    memset(record + 1, 1, sizeof record - 1);
    axn_buffer coarse = {0};
    axn_buffer_append(&coarse, record, sizeof record);
    axn_buffer_append(&coarse, "", 1);
    write_bytes(folder, "test.bin", coarse.data, coarse.length, 0);
    axn_buffer_free(&coarse);
    AXN_CHECK_FAILS(axn_dataset_load("cifar100", folder, &data, &error), error, AXN_ERROR_FORMAT,
                    "test.bin\": coarse label 20 of record 0 is not in 0..19");
    axn_check_folder_remove(folder);
}

/* The superuser reads everything: for the moment of the test we are somebody else. */
static void names_unreadable_files(void)
{
    char folder[AXN_PATH_MAX], path[AXN_PATH_MAX];
    axn_dataset data;
    axn_error error = {0};
    bool root = geteuid() == 0;
    axn_check_folder(folder);
    write_good(folder);
    axn_check_path(path, folder, train_labels.name);
    CU_ASSERT_EQUAL(chmod(path, 0), 0);
    CU_ASSERT_EQUAL(chmod(folder, 0755), 0);
    if (!root || seteuid(65534) == 0) {
        AXN_CHECK_FAILS(axn_dataset_load("idx", folder, &data, &error), error, AXN_ERROR_IO,
                        "train-labels-idx1-ubyte\": Permission denied");
        CU_ASSERT(!root || seteuid(0) == 0);
    }
    axn_check_folder_remove(folder);
}

AXN_TEST_MAIN("damaged data sets", {"refuses damaged IDX files", refuses_damaged_idx},
              {"refuses foreign files", refuses_foreign_files},
              {"refuses sizes that do not fit", refuses_sizes_that_do_not_fit},
              {"refuses huge claims", refuses_huge_claims},
              {"refuses damaged gzip data", refuses_damaged_gzip},
              {"refuses gzip bombs", refuses_gzip_bombs},
              {"refuses labels out of range", refuses_labels_out_of_range},
              {"names what is missing", names_what_is_missing},
              {"names unreadable files", names_unreadable_files},
              {"refuses damaged CIFAR", refuses_damaged_cifar},
              {"refuses what is no CIFAR file", refuses_what_is_no_cifar_file},
              {"refuses enormous CIFAR files", refuses_enormous_cifar})
