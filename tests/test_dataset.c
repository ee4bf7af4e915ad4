/* Data sets are read right, split right, and can be trained on. */
#include <math.h>
#include <stdint.h>

#include "common/parallel.h"
#include "nas/inference.h"
#include "nas/trainer.h"
#include "tests/dataset_fixture.h"

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

/* 20 coarse and 100 fine labels; a bright column tells the label. */
static void write_cifar100(const char *folder, const char *name, int records)
{
    axn_buffer bytes = {0};
    for (int i = 0; i < records; i++) {
        uint8_t record[3074] = {(uint8_t)(i % 20), (uint8_t)(i * 7 % 100)};
        for (int j = 0; j < 3072; j++) {
            record[2 + j] = (uint8_t)(j % 32 == record[1] % 32 ? 250 : j * 31 % 100);
        }
        axn_buffer_append(&bytes, record, sizeof record);
    }
    write_bytes(folder, name, bytes.data, bytes.length, 0);
    axn_buffer_free(&bytes);
}

/* A network whose classifier has 100 classes, through training to its integer model. */
static void train_shortly(const axn_dataset *data)
{
    static axn_table table;
    const char *const names[] = {"exact"};
    axn_error error = {0};
    axn_pool *pool = NULL;
    axn_network network = {0};
    axn_trainer_config config;
    axn_trainer *trainer = NULL;
    axn_epoch_result epoch = {0};
    axn_model model = {0};
    axn_inference *inference = NULL;
    axn_evaluation result = {0};
    uint32_t indices[64];
    for (uint32_t i = 0; i < 65536; i++) {
        table.product[i] = (uint16_t)((i >> 8) * (i & 255));
    }
    for (uint32_t i = 0; i < 64; i++) {
        indices[i] = i;
    }
    int image = axn_network_add_input(&network, data->shape);
    int conv = axn_network_add_conv(&network, image, 4, 3, 4, true, true);
    CU_ASSERT(axn_network_add_dense(&network, conv, data->classes, false) > 0);
    AXN_REQUIRE_OK(axn_network_infer(&network, &error), error);
    AXN_REQUIRE_OK(axn_pool_create(1, &pool, &error), error);
    axn_trainer_defaults(&config);
    config.epochs = 1;
    AXN_REQUIRE_OK(axn_trainer_create(&network, &table, 1, data, &config, pool, &trainer, &error),
                   error);
    AXN_CHECK_OK(axn_trainer_epoch(trainer, indices, 64, NULL, NULL, &epoch, &error), error);
    CU_ASSERT(epoch.finite && epoch.loss > 1);
    AXN_REQUIRE_OK(axn_trainer_quantise(trainer, names, &model, &error), error);
    AXN_REQUIRE_OK(axn_inference_create(&model, &table, pool, &inference, &error), error);
    AXN_CHECK_OK(axn_evaluate(inference, data, &data->test, 0, &result, &error), error);
    CU_ASSERT(result.images == 20 && result.classes == 100);
    free(result.confusion);
    axn_inference_free(inference);
    axn_model_free(&model);
    axn_trainer_free(trainer);
    axn_pool_destroy(pool);
    axn_network_free(&network);
}

/* As the published archive unpacks: the files in a folder of their own. */
static void trains_on_cifar100(void)
{
    char folder[AXN_PATH_MAX], inner[AXN_PATH_MAX];
    axn_dataset data;
    axn_error error = {0};
    axn_check_folder(folder);
    axn_check_path(inner, folder, "cifar-100-binary");
    AXN_REQUIRE_OK(axn_folder_create(inner, &error), error);
    write_cifar100(inner, "train.bin", 64);
    write_cifar100(inner, "test.bin", 20);
    AXN_REQUIRE_OK(axn_dataset_load("cifar100", folder, &data, &error), error);
    CU_ASSERT(data.train.count == 64 && data.test.count == 20 && data.classes == 100);
    CU_ASSERT(data.train.labels[15] == 5 && data.flip);
    train_shortly(&data);
    axn_dataset_free(&data);
    axn_check_folder_remove(folder);
}

/* All pixels alike: nothing to normalise by, and still no division by zero. */
static void measures_constant_images(void)
{
    char folder[AXN_PATH_MAX];
    axn_dataset data;
    axn_error error = {0};
    axn_check_folder(folder);
    write_good(folder);
    write_idx(folder, &(idx_file){"train-images-idx3-ubyte", 3, {6, 2, 3}, 1, 0, 0});
    AXN_REQUIRE_OK(axn_dataset_load("idx", folder, &data, &error), error);
    CU_ASSERT(data.mean == 0 && data.deviation == 0);
    axn_dataset_free(&data);
    axn_check_folder_remove(folder);
}

typedef struct split {
    uint32_t *train, *validation;
    int train_count, validation_count;
} split;

static split make_split(int count, double fraction, int limit, uint64_t seed)
{
    axn_dataset data = {.train = {.count = count}};
    split s = {0};
    axn_error error = {0};
    AXN_REQUIRE_OK(axn_dataset_split(&data, fraction, limit, seed, &s.train, &s.train_count,
                                     &s.validation, &s.validation_count, &error),
                   error);
    return s;
}

static void free_split(split *s)
{
    free(s->train);
    free(s->validation);
}

static void splits_without_overlap(void)
{
    unsigned char seen[1000] = {0};
    split s = make_split(1000, .1, 0, 7);
    CU_ASSERT(s.train_count == 900 && s.validation_count == 100);
    for (int i = 0; i < 1000; i++) {
        seen[i < 900 ? s.train[i] : s.validation[i - 900]]++;
    }
    int wrong = 0;
    for (int i = 0; i < 1000; i++) {
        wrong += seen[i] != 1;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    free_split(&s);
}

/* A subset takes nothing from the validation images, and a smaller one is part of a larger. */
static void subsets_are_nested(void)
{
    split whole = make_split(1000, .1, 0, 7), some = make_split(1000, .1, 50, 7);
    CU_ASSERT(some.train_count == 50 && some.validation_count == 100);
    CU_ASSERT_EQUAL(memcmp(some.train, whole.train, 50 * sizeof *some.train), 0);
    CU_ASSERT_EQUAL(memcmp(some.validation, whole.validation, 100 * sizeof *some.validation), 0);
    free_split(&whole);
    free_split(&some);
    some = make_split(1000, .1, 5000, 7);
    CU_ASSERT_EQUAL(some.train_count, 900);
    free_split(&some);
}

/* The images themselves are pinned, so that published figures stay reproducible. */
static void the_seed_decides_the_split(void)
{
    split a = make_split(50000, .1, 0, 1), b = make_split(50000, .1, 0, 2);
    CU_ASSERT_NOT_EQUAL(memcmp(a.validation, b.validation, 5000 * sizeof *a.validation), 0);
    CU_ASSERT(a.validation[0] == 31429 && a.validation[4999] == 32679 && a.train[0] == 24465);
    free_split(&a);
    free_split(&b);
}

static void fractions_are_rounded_and_checked(void)
{
    axn_dataset data = {.train = {.count = 3}};
    uint32_t *train = NULL, *validation = NULL;
    int train_count = 0, validation_count = 0;
    axn_error error = {0};
    split s = make_split(3, 0, 0, 7);
    CU_ASSERT(s.train_count == 3 && s.validation_count == 0);
    free_split(&s);
    s = make_split(3, .5, 0, 7);
    CU_ASSERT(s.train_count == 1 && s.validation_count == 2);
    free_split(&s);
    const double wrong[] = {1.5, 1, -.1, NAN};
    for (int i = 0; i < 4; i++) {
        AXN_CHECK_FAILS(axn_dataset_split(&data, wrong[i], 0, 7, &train, &train_count, &validation,
                                          &validation_count, &error),
                        error, AXN_ERROR_USAGE, "validation fraction");
    }
    AXN_CHECK_FAILS(axn_dataset_split(&data, .9, 0, 7, &train, &train_count, &validation,
                                      &validation_count, &error),
                    error, AXN_ERROR_USAGE, "leaves none of 3 images");
}

AXN_TEST_MAIN("dataset", {"reads IDX files, plain and gzip", reads_idx},
              {"reads IDX files with channels first", reads_channels_first},
              {"reads CIFAR", reads_cifar}, {"trains on CIFAR-100", trains_on_cifar100},
              {"measures constant images", measures_constant_images},
              {"splits without overlap", splits_without_overlap},
              {"subsets are nested", subsets_are_nested},
              {"the seed decides the split", the_seed_decides_the_split},
              {"fractions are rounded and checked", fractions_are_rounded_and_checked})
