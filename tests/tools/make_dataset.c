/* Writes a tiny IDX data set for the end-to-end tests: noisy bars in four directions,
 * which a small network learns in seconds.
 *   make_dataset FOLDER TRAIN_IMAGES TEST_IMAGES [SIZE] */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/file.h"
#include "common/random.h"

enum { CLASSES = 4 };

static void draw(uint8_t *pixels, int size, int label, axn_random *random)
{
    int centre = size / 2 + (int)axn_random_below(random, 3) - 1;
    for (int y = 0; y < size; y++) {
        for (int x = 0; x < size; x++) {
            int distances[CLASSES] = {y - centre, x - centre, y - x, y + x - 2 * centre};
            int on = abs(distances[label]) <= 1;
            pixels[y * size + x] =
                (uint8_t)((on ? 150 : 0) + (int)axn_random_below(random, on ? 100 : 70));
        }
    }
}

static void put_u32(axn_buffer *out, uint32_t value)
{
    uint8_t bytes[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
                        (uint8_t)value};
    axn_buffer_append(out, bytes, 4);
}

static axn_status write_part(const char *folder, const char *part, int count, int size,
                             axn_random *random, axn_error *error)
{
    char name[64], path[AXN_PATH_MAX];
    axn_buffer images = {0}, labels = {0};
    uint8_t pixels[64 * 64];
    put_u32(&images, 0x803);
    put_u32(&images, (uint32_t)count);
    put_u32(&images, (uint32_t)size);
    put_u32(&images, (uint32_t)size);
    put_u32(&labels, 0x801);
    put_u32(&labels, (uint32_t)count);
    for (int i = 0; i < count; i++) {
        uint8_t label = (uint8_t)axn_random_below(random, CLASSES);
        draw(pixels, size, label, random);
        axn_buffer_append(&images, pixels, (size_t)size * (size_t)size);
        axn_buffer_append(&labels, &label, 1);
    }
    snprintf(name, sizeof name, "%s-images-idx3-ubyte", part);
    axn_status status = axn_path_join(path, folder, name, error);
    if (status == AXN_OK) {
        status = axn_file_write(path, images.data, images.length, error);
    }
    snprintf(name, sizeof name, "%s-labels-idx1-ubyte", part);
    if (status == AXN_OK) {
        status = axn_path_join(path, folder, name, error);
    }
    if (status == AXN_OK) {
        status = axn_file_write(path, labels.data, labels.length, error);
    }
    axn_buffer_free(&images);
    axn_buffer_free(&labels);
    return status;
}

int main(int argc, char **argv)
{
    int train = argc > 2 ? atoi(argv[2]) : 0;
    int test = argc > 3 ? atoi(argv[3]) : 0;
    int size = argc > 4 ? atoi(argv[4]) : 12;
    if (train < 1 || test < 1 || size < 4 || size > 64) {
        fputs("usage: make_dataset FOLDER TRAIN_IMAGES TEST_IMAGES [SIZE 4..64]\n", stderr);
        return 2;
    }
    axn_error error = {0};
    axn_random random = axn_random_stream(1, AXN_RANDOM_TEST, 0, 0);
    axn_status status = axn_folder_create(argv[1], &error);
    if (status == AXN_OK) {
        status = write_part(argv[1], "train", train, size, &random, &error);
    }
    if (status == AXN_OK) {
        status = write_part(argv[1], "t10k", test, size, &random, &error);
    }
    if (status != AXN_OK) {
        fprintf(stderr, "make_dataset: %s\n", error.message);
        return 1;
    }
    return 0;
}
