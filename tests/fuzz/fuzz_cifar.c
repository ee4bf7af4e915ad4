/* CIFAR files. The first byte: bit 0 CIFAR-100, bits 1 to 3 which file is the input, bits 4 and 5
 * how many bytes it is longer or shorter than whole records, up to which zeros follow; the others
 * are good files of as many records. */
#include <stdlib.h>
#include <string.h>

#include "nas/dataset.h"
#include "tests/fuzz/fuzz.h"

enum { PIXELS = 3072, FILES = 6, MOST_RECORDS = 6 };

static void check_part(const axn_images *images, int classes)
{
    if (images->count < 1)
        fuzz_fail("no images");
    for (int i = 0; i < images->count; i++)
        if (images->labels[i] >= classes)
            fuzz_fail("a label out of range");
}

static void write_set(bool hundred, int replaced, const uint8_t *input, size_t size, size_t good)
{
    static const uint8_t zeros[MOST_RECORDS * (PIXELS + 2)];
    static const char *const ten[FILES] = {"data_batch_1.bin", "data_batch_2.bin",
                                           "data_batch_3.bin", "data_batch_4.bin",
                                           "data_batch_5.bin", "test_batch.bin"};
    static const char *const names100[] = {"train.bin", "test.bin"};
    const char *const *names = hundred ? names100 : ten;
    int files = hundred ? 2 : FILES;
    for (int i = 0; i < files; i++)
        if (i == replaced % files)
            (void)fuzz_put(names[i], input, size);
        else
            (void)fuzz_put(names[i], zeros, good);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t input[MOST_RECORDS * (PIXELS + 2) + 4];
    axn_dataset set;
    axn_error error;
    if (size == 0)
        return 0;
    bool hundred = (data[0] & 1) != 0;
    size_t record = PIXELS + (hundred ? 2 : 1), more = (data[0] >> 4) & 3;
    size_t records = (size - 1 + record - 1) / record;
    if (records > MOST_RECORDS)
        return 0;
    size_t length = records * record + (more == 3 ? (size_t)-1 : more);
    if (length > sizeof input) /* one byte less than nothing */
        length = 0;
    memset(input, 0, sizeof input);
    memcpy(input, data + 1, size - 1 < length ? size - 1 : length);
    write_set(hundred, (data[0] >> 1) & 7, input, length, (records > 0 ? records : 1) * record);
    if (axn_dataset_load(hundred ? "cifar100" : "cifar10", fuzz_folder(), &set, &error) == AXN_OK) {
        if (set.shape.height != 32 || set.classes != (hundred ? 100 : 10))
            fuzz_fail("a set of no sense");
        check_part(&set.train, set.classes);
        check_part(&set.test, set.classes);
        axn_dataset_free(&set);
    }
    return 0;
}
