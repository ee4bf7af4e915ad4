/* What the suites of data sets share: small IDX and CIFAR files in a temporary folder. */
#ifndef AXN_TESTS_DATASET_FIXTURE_H
#define AXN_TESTS_DATASET_FIXTURE_H

#include <stdint.h>
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

static inline void put_u32(axn_buffer *out, uint32_t value)
{
    uint8_t bytes[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
                        (uint8_t)value};
    axn_buffer_append(out, bytes, 4);
}

static inline void write_bytes(const char *folder, const char *name, const void *bytes,
                               size_t length, int gzip)
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

static inline void write_idx(const char *folder, const idx_file *file)
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

static inline void write_good(const char *folder)
{
    write_idx(folder, &train_images);
    write_idx(folder, &train_labels);
    write_idx(folder, &test_images);
    write_idx(folder, &test_labels);
}

static inline void write_cifar(const char *folder, const char *name, int label_bytes, int records,
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

static inline void write_cifar10(const char *folder)
{
    for (int i = 1; i <= 5; i++) {
        char name[32];
        snprintf(name, sizeof name, "data_batch_%d.bin", i);
        write_cifar(folder, name, 1, 2, i, 0);
    }
    write_cifar(folder, "test_batch.bin", 1, 3, 0, 0);
}

#endif
