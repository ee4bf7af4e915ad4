/* Training as a whole, on a small data set made here: bright bars whose place is the class. */
#include <math.h>

#include "common/hash.h"
#include "common/memory.h"
#include "common/parallel.h"
#include "common/random.h"
#include "nas/inference.h"
#include "nas/trainer.h"
#include "tests/check.h"

#define SIDE 10
#define CLASSES 4
#define TRAIN 640
#define TEST 400

static void draw_image(axn_random *random, uint8_t *pixels, int label)
{
    int place = 1 + (int)axn_random_below(random, SIDE - 2);
    for (int i = 0; i < SIDE * SIDE; i++) {
        int row = i / SIDE, column = i % SIDE;
        bool bar = label == 0   ? row == place
                   : label == 1 ? column == place
                   : label == 2 ? (row + column) % SIDE == place
                                : (row - column + SIDE) % SIDE == place;
        int noise = (int)axn_random_below(random, 100);
        pixels[i] = (uint8_t)(bar ? 150 + noise : noise);
    }
}

static axn_images make_images(uint32_t number, int count)
{
    axn_error error = {0};
    axn_images images = {.count = count};
    axn_random random = axn_random_stream(3, AXN_RANDOM_TEST, number, 0);
    AXN_REQUIRE_OK(
        axn_allocate(&images.pixels, (size_t)count, (size_t)SIDE * SIDE, "images", &error), error);
    AXN_REQUIRE_OK(axn_allocate(&images.labels, (size_t)count, 1, "labels", &error), error);
    for (int i = 0; i < count; i++) {
        images.labels[i] = (uint8_t)(i % CLASSES);
        draw_image(&random, images.pixels + (ptrdiff_t)i * SIDE * SIDE, i % CLASSES);
    }
    return images;
}

static axn_dataset make_dataset(void)
{
    axn_dataset d = {.name = "bars", .shape = {SIDE, SIDE, 1}, .classes = CLASSES, .flip = false};
    d.train = make_images(1, TRAIN);
    d.test = make_images(2, TEST);
    double sum = 0, squares = 0;
    const int count = TRAIN * SIDE * SIDE;
    for (int i = 0; i < count; i++) {
        sum += d.train.pixels[i];
        squares += (double)d.train.pixels[i] * d.train.pixels[i];
    }
    d.mean = sum / count;
    d.deviation = sqrt(squares / count - d.mean * d.mean);
    return d;
}

/* Every kind of layer, strides, a sum over maps and channels of different size. */
static axn_network make_network(void)
{
    axn_error error = {0};
    axn_network n = {0};
    int input = axn_network_add_input(&n, (axn_shape){SIDE, SIDE, 1});
    int a = axn_network_add_conv(&n, input, 8, 3, 1, true, true);
    int b = axn_network_add_conv(&n, a, 12, 3, 2, true, false);
    int s = axn_network_add_sum(&n, a, b, true);
    int c = axn_network_add_conv(&n, s, 4, 1, 1, true, true);
    int d = axn_network_add_conv(&n, s, 6, 3, 1, false, true);
    const int branches[2] = {c, d};
    int e = axn_network_add_concat(&n, branches, 2);
    int m = axn_network_add_pool(&n, AXN_LAYER_MAX_POOL, e, 2, 1, 0);
    int g = axn_network_add_pool(&n, AXN_LAYER_AVERAGE_POOL, m, 2, 2, 0);
    int h = axn_network_add_dense(&n, g, 16, true);
    axn_network_add_dense(&n, h, CLASSES, false);
    AXN_REQUIRE_OK(axn_network_infer(&n, &error), error);
    return n;
}

/* An approximate multiplier: the lower five bits of each product are gone. */
static void make_table(axn_table *table)
{
    for (int i = 0; i < 65536; i++) {
        table->product[i] = (uint16_t)((i / 256 * (i % 256)) & ~31);
    }
}

typedef struct bench {
    axn_dataset dataset;
    axn_network network;
    axn_table table;
    axn_trainer_config config;
    uint32_t indices[TRAIN];
} bench;

static bench *open_bench(void)
{
    axn_error error = {0};
    bench *b = NULL;
    AXN_REQUIRE_OK(axn_allocate(&b, 1, sizeof *b, "a test", &error), error);
    b->dataset = make_dataset();
    b->network = make_network();
    make_table(&b->table);
    axn_trainer_defaults(&b->config);
    b->config.learning_rate = 0.005;
    b->config.schedule = AXN_SCHEDULE_ONE_CYCLE;
    b->config.epochs = 6;
    for (uint32_t i = 0; i < TRAIN; i++) {
        b->indices[i] = i;
    }
    return b;
}

static void close_bench(bench *b)
{
    axn_dataset_free(&b->dataset);
    axn_network_free(&b->network);
    free(b);
}

static axn_trainer *open_trainer(const bench *b, axn_pool *pool)
{
    axn_error error = {0};
    axn_trainer *trainer = NULL;
    AXN_REQUIRE_OK(axn_trainer_create(&b->network, &b->table, 1, &b->dataset, &b->config, pool,
                                      &trainer, &error),
                   error);
    return trainer;
}

static axn_pool *open_pool(int threads)
{
    axn_error error = {0};
    axn_pool *pool = NULL;
    AXN_REQUIRE_OK(axn_pool_create(threads, &pool, &error), error);
    return pool;
}

static void train(const bench *b, axn_trainer *trainer, int epochs, int images)
{
    for (int i = 0; i < epochs; i++) {
        axn_error error = {0};
        axn_epoch_result result = {0};
        AXN_REQUIRE_OK(axn_trainer_epoch(trainer, b->indices, images, NULL, NULL, &result, &error),
                       error);
        CU_ASSERT_TRUE(result.finite);
    }
}

static void bars_are_learned(void)
{
    static const char *const names[] = {"coarse"};
    axn_error error = {0};
    bench *b = open_bench();
    axn_pool *pool = open_pool(2);
    axn_trainer *trainer = open_trainer(b, pool);
    axn_model model = {0};
    axn_inference *inference = NULL;
    axn_evaluation on_train = {0}, on_test = {0};
    double fake = 0;
    train(b, trainer, b->config.epochs, TRAIN);
    AXN_REQUIRE_OK(axn_trainer_validate(trainer, b->indices, TRAIN, &fake, &error), error);
    AXN_REQUIRE_OK(axn_trainer_quantise(trainer, names, &model, &error), error);
    AXN_REQUIRE_OK(axn_inference_create(&model, &b->table, pool, &inference, &error), error);
    AXN_CHECK_OK(axn_evaluate(inference, &b->dataset, &b->dataset.train, 0, &on_train, &error),
                 error);
    AXN_CHECK_OK(axn_evaluate(inference, &b->dataset, &b->dataset.test, 0, &on_test, &error),
                 error);
    CU_ASSERT_TRUE(fake > 0.95);
    CU_ASSERT_TRUE(on_test.accuracy > 0.95);
    CU_ASSERT_DOUBLE_EQUAL(on_train.accuracy, fake, 0.005);
    CU_ASSERT_STRING_EQUAL(model.multipliers[0].name, "coarse");
    CU_ASSERT_STRING_EQUAL(model.dataset, "bars");
    free(on_train.confusion);
    free(on_test.confusion);
    axn_inference_free(inference);
    axn_model_free(&model);
    axn_trainer_free(trainer);
    axn_pool_destroy(pool);
    close_bench(b);
}

static void read_bytes(const char *folder, const char *name, axn_buffer *out)
{
    char path[AXN_PATH_MAX];
    axn_error error = {0};
    axn_check_path(path, folder, name);
    AXN_REQUIRE_OK(axn_file_read(path, (size_t)1 << 24, out, &error), error);
}

static bool same_bytes(const char *folder, const char *one, const char *other)
{
    axn_buffer a = {0}, b = {0};
    read_bytes(folder, one, &a);
    read_bytes(folder, other, &b);
    bool same = a.length == b.length && a.length > 0 && memcmp(a.data, b.data, a.length) == 0;
    axn_buffer_free(&a);
    axn_buffer_free(&b);
    return same;
}

/* The state after one epoch with some number of threads. */
static void save_after_epoch(const bench *b, int threads, const char *path)
{
    axn_error error = {0};
    axn_pool *pool = open_pool(threads);
    axn_trainer *trainer = open_trainer(b, pool);
    train(b, trainer, 1, 100);
    AXN_CHECK_OK(axn_trainer_save(trainer, NULL, path, &error), error);
    axn_trainer_free(trainer);
    axn_pool_destroy(pool);
}

static void threads_change_nothing(void)
{
    static const char *const files[] = {"one", "two", "three"};
    char folder[AXN_PATH_MAX], path[AXN_PATH_MAX];
    bench *b = open_bench();
    axn_check_folder(folder);
    b->config.crop_padding = 1;
    b->config.flip = true;
    b->config.batch_size = 30; /* shards of 7 and 8 images */
    for (unsigned way = 0; way < 12; way++) {
        b->config.optimiser = way / 4; /* Adam, SGD, Muon */
        b->config.gradient = way & 1 ? AXN_GRADIENT_TABLE : AXN_GRADIENT_STRAIGHT_THROUGH;
        b->config.arithmetic = way & 2 ? AXN_ARITHMETIC_FLOAT : AXN_ARITHMETIC_QUANTISED;
        for (int threads = 1; threads <= 3; threads++) {
            axn_check_path(path, folder, files[threads - 1]);
            save_after_epoch(b, threads, path);
        }
        CU_ASSERT_TRUE(same_bytes(folder, "one", "two"));
        CU_ASSERT_TRUE(same_bytes(folder, "one", "three"));
    }
    axn_check_folder_remove(folder);
    close_bench(b);
}

static void goes_on(unsigned optimiser)
{
    char folder[AXN_PATH_MAX], half[AXN_PATH_MAX], path[AXN_PATH_MAX];
    axn_error error = {0};
    bench *b = open_bench();
    axn_pool *pool = open_pool(1);
    axn_check_folder(folder);
    axn_check_path(half, folder, "half");
    b->config.epochs = 2;
    b->config.optimiser = optimiser;

    axn_trainer *straight = open_trainer(b, pool);
    train(b, straight, 1, 128);
    AXN_CHECK_OK(axn_trainer_save(straight, NULL, half, &error), error);
    train(b, straight, 1, 128);
    axn_check_path(path, folder, "straight");
    AXN_CHECK_OK(axn_trainer_save(straight, NULL, path, &error), error);

    axn_trainer *resumed = open_trainer(b, pool);
    AXN_CHECK_OK(axn_trainer_load(resumed, half, NULL, &error), error);
    train(b, resumed, 1, 128);
    axn_check_path(path, folder, "resumed");
    AXN_CHECK_OK(axn_trainer_save(resumed, NULL, path, &error), error);
    CU_ASSERT_TRUE(same_bytes(folder, "straight", "resumed"));
    CU_ASSERT_FALSE(same_bytes(folder, "straight", "half"));

    axn_trainer_free(straight);
    axn_trainer_free(resumed);
    axn_pool_destroy(pool);
    axn_check_folder_remove(folder);
    close_bench(b);
}

static void checkpoint_goes_on(void)
{
    goes_on(AXN_OPTIMISER_ADAM);
    goes_on(AXN_OPTIMISER_SGD);
    goes_on(AXN_OPTIMISER_MUON);
}

/* A model folded straight from a checkpoint is that of the trainer that wrote it. */
static void checkpoint_holds_all_of_a_model(void)
{
    static const char *const names[] = {"coarse"};
    char folder[AXN_PATH_MAX], path[AXN_PATH_MAX];
    axn_error error = {0};
    axn_buffer note = {0};
    axn_model before = {0}, after = {0};
    int epochs = 0;
    bench *b = open_bench();
    axn_pool *pool = open_pool(1);
    axn_check_folder(folder);
    axn_check_path(path, folder, "state");
    axn_trainer *trainer = open_trainer(b, pool);
    train(b, trainer, 1, 128);
    AXN_CHECK_OK(axn_trainer_save(trainer, "what it is", path, &error), error);
    AXN_REQUIRE_OK(axn_trainer_quantise(trainer, names, &before, &error), error);
    axn_trainer *other = open_trainer(b, pool);
    AXN_CHECK_OK(axn_trainer_load(other, path, NULL, &error), error);
    AXN_REQUIRE_OK(axn_trainer_quantise(other, names, &after, &error), error);
    AXN_CHECK_OK(axn_trainer_read_note(path, &note, &epochs, &error), error);
    CU_ASSERT_EQUAL(epochs, 1);
    CU_ASSERT_EQUAL(note.length, 10);
    CU_ASSERT_EQUAL(memcmp(note.data, "what it is", 10), 0);
    for (int i = 0; i < before.network.count; i++) {
        const axn_model_layer *x = &before.layers[i], *y = &after.layers[i];
        const size_t ratios = (size_t)x->requantisations;
        CU_ASSERT_EQUAL(x->low, y->low);
        CU_ASSERT_EQUAL(x->output.zero_point, y->output.zero_point);
        CU_ASSERT_EQUAL(x->output.scale, y->output.scale);
        for (size_t k = 0; k < ratios; k++) {
            CU_ASSERT_EQUAL(x->mantissa[k], y->mantissa[k]);
            CU_ASSERT_EQUAL(x->shift[k], y->shift[k]);
        }
    }
    axn_buffer_free(&note);
    axn_model_free(&before);
    axn_model_free(&after);
    axn_trainer_free(other);
    axn_trainer_free(trainer);
    axn_pool_destroy(pool);
    axn_check_folder_remove(folder);
    close_bench(b);
}

static void write_damaged(const char *folder, size_t at, const char *name, char *path)
{
    axn_error error = {0};
    axn_buffer bytes = {0};
    read_bytes(folder, "state", &bytes);
    bytes.data[at] ^= 1;
    axn_check_path(path, folder, name);
    AXN_REQUIRE_OK(axn_file_write(path, bytes.data, bytes.length, &error), error);
    axn_buffer_free(&bytes);
}

static void foreign_states_are_refused(void)
{
    char folder[AXN_PATH_MAX], state[AXN_PATH_MAX], path[AXN_PATH_MAX];
    axn_error error = {0};
    bench *b = open_bench();
    axn_pool *pool = open_pool(1);
    axn_check_folder(folder);
    axn_check_path(state, folder, "state");
    axn_trainer *trainer = open_trainer(b, pool);
    AXN_CHECK_OK(axn_trainer_save(trainer, NULL, state, &error), error);

    write_damaged(folder, 5000, "flipped", path);
    AXN_CHECK_FAILS(axn_trainer_load(trainer, path, NULL, &error), error, AXN_ERROR_FORMAT,
                    "flipped: damaged");
    write_damaged(folder, 8, "later", path);
    AXN_CHECK_FAILS(axn_trainer_load(trainer, path, NULL, &error), error, AXN_ERROR_FORMAT,
                    "later: version 3");
    axn_check_path(path, folder, "text");
    AXN_REQUIRE_OK(axn_file_write(path, "a short text that is no state at all", 36, &error), error);
    AXN_CHECK_FAILS(axn_trainer_load(trainer, path, NULL, &error), error, AXN_ERROR_FORMAT,
                    "text: not a training state");
    axn_check_path(path, folder, "nothing");
    AXN_CHECK_FAILS(axn_trainer_load(trainer, path, NULL, &error), error, AXN_ERROR_IO, "nothing");

    bench *other = open_bench();
    other->network.layers[1].units = 9;
    AXN_REQUIRE_OK(axn_network_infer(&other->network, &error), error);
    axn_trainer *stranger = open_trainer(other, pool);
    AXN_CHECK_FAILS(axn_trainer_load(stranger, state, NULL, &error), error, AXN_ERROR_MISMATCH,
                    "another network");
    axn_trainer_free(stranger);
    close_bench(other);
    axn_trainer_free(trainer);
    axn_pool_destroy(pool);
    axn_check_folder_remove(folder);
    close_bench(b);
}

/* Saves a state whose first two weights are others, its hash made right again. */
static void save_with_weights(const axn_trainer *trainer, const char *folder, const float *weights,
                              char *path)
{
    enum { FIRST_WEIGHT = 32 + 2 * 68 };
    axn_error error = {0};
    axn_buffer bytes = {0};
    axn_check_path(path, folder, "state");
    AXN_CHECK_OK(axn_trainer_save(trainer, NULL, path, &error), error);
    read_bytes(folder, "state", &bytes);
    memcpy(bytes.data + FIRST_WEIGHT, weights, 2 * sizeof *weights);
    const uint64_t hash = axn_hash(AXN_HASH_SEED, bytes.data, bytes.length - sizeof hash);
    memcpy(bytes.data + bytes.length - sizeof hash, &hash, sizeof hash);
    AXN_REQUIRE_OK(axn_file_write(path, bytes.data, bytes.length, &error), error);
    axn_buffer_free(&bytes);
}

/* A state that is no number is refused; weights beyond every range make the loss infinite, which
 * is told, and no model of no sense comes out. */
static void divergence_is_told(void)
{
    const float broken[2] = {NAN, 0}, huge[2] = {3e38F, -3e38F};
    const char *const names[] = {"approximate"};
    char folder[AXN_PATH_MAX], state[AXN_PATH_MAX];
    axn_error error = {0};
    axn_epoch_result result = {0};
    axn_model model = {0};
    bench *b = open_bench();
    axn_pool *pool = open_pool(1);
    axn_check_folder(folder);
    axn_trainer *trainer = open_trainer(b, pool);
    save_with_weights(trainer, folder, broken, state);
    AXN_CHECK_FAILS(axn_trainer_load(trainer, state, NULL, &error), error, AXN_ERROR_FORMAT,
                    "layer 1 holds numbers that are not finite");
    save_with_weights(trainer, folder, huge, state);
    AXN_CHECK_OK(axn_trainer_load(trainer, state, NULL, &error), error);
    AXN_CHECK_OK(axn_trainer_epoch(trainer, b->indices, TRAIN, NULL, NULL, &result, &error), error);
    CU_ASSERT_FALSE(result.finite);
    AXN_CHECK_FAILS(axn_trainer_quantise(trainer, names, &model, &error), error, AXN_ERROR_FORMAT,
                    "layer 1 \"conv_1\": batch norm of mean");
    axn_trainer_free(trainer);
    axn_pool_destroy(pool);
    axn_check_folder_remove(folder);
    close_bench(b);
}

/* Every layer of the child comes from the same one of the parent. */
static void weights_are_inherited(void)
{
    char folder[AXN_PATH_MAX], state[AXN_PATH_MAX];
    axn_error error = {0};
    bench *b = open_bench();
    axn_pool *pool = open_pool(2);
    axn_check_folder(folder);
    axn_check_path(state, folder, "state");
    axn_trainer *parent = open_trainer(b, pool);
    train(b, parent, b->config.epochs, TRAIN);
    AXN_CHECK_OK(axn_trainer_save(parent, NULL, state, &error), error);

    int map[16];
    for (int i = 0; i < 16; i++) {
        map[i] = i;
    }
    b->config.stream = 1; /* other weights, where not inherited */
    double fresh = 0, heir = 0;
    axn_trainer *child = open_trainer(b, pool);
    AXN_CHECK_OK(axn_trainer_validate(child, b->indices, TRAIN, &fresh, &error), error);
    AXN_CHECK_OK(axn_trainer_load(child, state, map, &error), error);
    train(b, child, 1, 64);
    AXN_CHECK_OK(axn_trainer_validate(child, b->indices, TRAIN, &heir, &error), error);
    CU_ASSERT_TRUE(fresh < 0.6);
    CU_ASSERT_TRUE(heir > 0.9);
    map[1] = 99;
    AXN_CHECK_FAILS(axn_trainer_load(child, state, map, &error), error, AXN_ERROR_USAGE,
                    "number 99");
    axn_trainer_free(child);
    axn_trainer_free(parent);
    axn_pool_destroy(pool);
    axn_check_folder_remove(folder);
    close_bench(b);
}

static void wrong_requests_are_refused(void)
{
    axn_error error = {0};
    bench *b = open_bench();
    axn_pool *pool = open_pool(1);
    axn_trainer *trainer = NULL;
    axn_trainer_config config = b->config;
    config.batch_size = 0;
    AXN_CHECK_FAILS(
        axn_trainer_create(&b->network, &b->table, 1, &b->dataset, &config, pool, &trainer, &error),
        error, AXN_ERROR_USAGE, "batch size");
    b->dataset.shape.width = 11;
    AXN_CHECK_FAILS(axn_trainer_create(&b->network, &b->table, 1, &b->dataset, &b->config, pool,
                                       &trainer, &error),
                    error, AXN_ERROR_USAGE, "10x10x1");
    b->dataset.shape.width = SIDE;
    b->dataset.classes = 5;
    AXN_CHECK_FAILS(axn_trainer_create(&b->network, &b->table, 1, &b->dataset, &b->config, pool,
                                       &trainer, &error),
                    error, AXN_ERROR_USAGE, "4 classes");
    b->dataset.classes = CLASSES;
    b->network.layers[1].multiplier = 1;
    AXN_CHECK_FAILS(axn_trainer_create(&b->network, &b->table, 1, &b->dataset, &b->config, pool,
                                       &trainer, &error),
                    error, AXN_ERROR_USAGE, "multiplier 1 of 1");
    axn_pool_destroy(pool);
    close_bench(b);
}

static void large_networks_are_refused(void)
{
    axn_error error = {0};
    bench *b = open_bench();
    axn_pool *pool = open_pool(1);
    axn_trainer *trainer = NULL;
    axn_network n = {0};
    int a = axn_network_add_input(&n, (axn_shape){512, 512, 3});
    for (int i = 0; i < 4; i++) {
        a = axn_network_add_conv(&n, a, 32, 3, 1, true, true);
    }
    a = axn_network_add_pool(&n, AXN_LAYER_MAX_POOL, a, 8, 8, 0);
    a = axn_network_add_global_average(&n, a);
    axn_network_add_dense(&n, a, CLASSES, false);
    AXN_REQUIRE_OK(axn_network_infer(&n, &error), error);
    b->dataset.shape = (axn_shape){512, 512, 3};
    AXN_CHECK_FAILS(
        axn_trainer_create(&n, &b->table, 1, &b->dataset, &b->config, pool, &trainer, &error),
        error, AXN_ERROR_LIMIT, "MiB");
    axn_network_free(&n);
    axn_pool_destroy(pool);
    close_bench(b);
}

static bool stop(void *context, int epoch, long done, long total, double loss)
{
    (void)epoch;
    (void)loss;
    *(long *)context = done;
    CU_ASSERT_TRUE(done <= total);
    return false;
}

static void training_can_be_stopped(void)
{
    axn_error error = {0};
    bench *b = open_bench();
    axn_pool *pool = open_pool(1);
    axn_trainer *trainer = open_trainer(b, pool);
    axn_epoch_result result;
    long done = 0;
    AXN_CHECK_FAILS(axn_trainer_epoch(trainer, b->indices, TRAIN, stop, &done, &result, &error),
                    error, AXN_ERROR_INTERRUPTED, "stopped");
    CU_ASSERT_EQUAL(done, (long)AXN_TRAINER_REPORT * b->config.batch_size);
    axn_trainer_free(trainer);
    axn_pool_destroy(pool);
    close_bench(b);
}

AXN_TEST_MAIN("trainer",
              {"a small set is learned, and the integer model keeps it", bars_are_learned},
              {"1, 2 and 3 threads give the same bytes", threads_change_nothing},
              {"a checkpoint goes on where it stopped", checkpoint_goes_on},
              {"a checkpoint holds all of a model", checkpoint_holds_all_of_a_model},
              {"damaged and foreign states are refused", foreign_states_are_refused},
              {"training that diverged says so", divergence_is_told},
              {"weights are inherited", weights_are_inherited},
              {"what does not fit together is refused", wrong_requests_are_refused},
              {"networks beyond the memory limit are refused", large_networks_are_refused},
              {"training stops when asked", training_can_be_stopped})
