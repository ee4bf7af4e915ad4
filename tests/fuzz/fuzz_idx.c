/* An IDX data set of which one file is the input: its first byte tells which, plain or gzip. */
#include "common/file.h"
#include "nas/dataset.h"
#include "tests/fuzz/fuzz.h"

enum { FILES = 4 };

/* Six training and four test images of 2 x 3 bytes. */
static void write_set(int replaced, const uint8_t *data, size_t size)
{
    static const char *const names[FILES] = {"train-images", "train-labels", "t10k-images",
                                             "t10k-labels"};
    static const uint8_t counts[FILES] = {6, 6, 4, 4};
    for (int i = 0; i < FILES; i++) {
        int dimensions = i % 2 == 0 ? 3 : 1;
        uint8_t file[64] = {0, 0, 8, (uint8_t)dimensions, 0, 0, 0, counts[i], 0, 0, 0, 2, 0,
                            0, 0, 3};
        size_t length = 4 + 4 * (size_t)dimensions + counts[i] * (dimensions == 3 ? 6U : 1U);
        for (int label = 0; dimensions == 1 && label < counts[i]; label++)
            file[8 + label] = (uint8_t)(label % 3);
        if (i == replaced)
            (void)fuzz_put(names[i], data, size);
        else
            (void)fuzz_put(names[i], file, length);
    }
}

static void check_part(const axn_images *images, int classes, int64_t size)
{
    int64_t sum = 0;
    if (images->count < 1)
        fuzz_fail("no images");
    for (int64_t i = 0; i < images->count * size; i++)
        sum += images->pixels[i];
    for (int i = 0; i < images->count; i++)
        if (images->labels[i] >= classes || sum < 0)
            fuzz_fail("a label out of range");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    axn_dataset set;
    axn_error error;
    if (size == 0)
        return 0;
    write_set(data[0] % FILES, data + 1, size - 1);
    if (axn_dataset_load("idx", fuzz_folder(), &set, &error) == AXN_OK) {
        int64_t bytes = axn_shape_size(set.shape);
        if (bytes < 1 || !(set.mean >= 0 && set.mean <= 255) ||
            !(set.deviation >= 0 && set.deviation <= 255))
            fuzz_fail("images of no sense");
        check_part(&set.train, set.classes, bytes);
        check_part(&set.test, set.classes, bytes);
        axn_dataset_free(&set);
    }
    return 0;
}
