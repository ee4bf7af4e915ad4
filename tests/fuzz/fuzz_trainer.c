/* States of the trainer: checkpoints, and weights to inherit. The input is laid over a good file
 * (exclusive or: zeros leave it as it is), what is longer is appended; the first byte: bit 0 cuts
 * the file at the input's end, bit 1 inherits. The hash is right, as no fuzzer finds it. What can
 * be loaded can be validated, trained on and quantised. */
#include <string.h>

#include "common/file.h"
#include "common/hash.h"
#include "nas/trainer.h"
#include "tests/fuzz/fuzz.h"

enum { SIDE = 4, IMAGES = 8, CLASSES = 2, LAYERS = 5 };

static axn_network network;
static axn_table table;
static axn_dataset set;
static axn_trainer *trainer;
static axn_buffer good; /* a state without its hash */
static uint32_t indices[IMAGES];

static void make_inputs(void)
{
    static uint8_t pixels[IMAGES * SIDE * SIDE], labels[IMAGES];
    for (int i = 0; i < IMAGES * SIDE * SIDE; i++)
        pixels[i] = (uint8_t)(i * 53);
    for (uint32_t i = 0; i < IMAGES; i++) {
        labels[i] = (uint8_t)(i % CLASSES);
        indices[i] = i;
    }
    for (unsigned i = 0; i < 65536; i++)
        table.product[i] = (uint16_t)((i >> 8) * (i & 255));
    set = (axn_dataset){.name = "fuzz",
                        .shape = {SIDE, SIDE, 1},
                        .classes = CLASSES,
                        .train = {pixels, labels, IMAGES},
                        .test = {pixels, labels, IMAGES},
                        .deviation = 70};
    int image = axn_network_add_input(&network, set.shape);
    int first = axn_network_add_conv(&network, image, 2, 3, 1, true, true);
    int second = axn_network_add_conv(&network, first, 2, 1, 1, false, false);
    int sum = axn_network_add_sum(&network, first, second, true);
    (void)axn_network_add_dense(&network, sum, CLASSES, false);
}

static void make_trainer(void)
{
    axn_error error;
    axn_pool *pool;
    axn_trainer_config config;
    axn_epoch_result epoch;
    char path[AXN_PATH_MAX];
    make_inputs();
    axn_trainer_defaults(&config);
    config.epochs = 2;
    config.batch_size = IMAGES;
    if (axn_network_infer(&network, &error) != AXN_OK ||
        axn_pool_create(1, &pool, &error) != AXN_OK ||
        axn_trainer_create(&network, &table, 1, &set, &config, pool, &trainer, &error) != AXN_OK ||
        axn_trainer_epoch(trainer, indices, IMAGES, NULL, NULL, &epoch, &error) != AXN_OK ||
        axn_path_join(path, fuzz_folder(), "good", &error) != AXN_OK ||
        axn_trainer_save(trainer, NULL, path, &error) != AXN_OK ||
        axn_file_read(path, 1 << 20, &good, &error) != AXN_OK)
        fuzz_fail(error.message);
    good.length -= sizeof(uint64_t);
}

/* Returns whether the state is the good one. */
static bool make_state(const uint8_t *data, size_t size, bool cut, axn_buffer *out)
{
    axn_buffer_clear(out);
    axn_buffer_append(out, good.data, cut && size < good.length ? size : good.length);
    for (size_t i = 0; i < size; i++)
        if (i < out->length)
            out->data[i] = (char)(out->data[i] ^ (char)data[i]);
        else
            axn_buffer_append(out, data + i, 1);
    bool same = out->length == good.length && memcmp(out->data, good.data, good.length) == 0;
    uint64_t hash = axn_hash(AXN_HASH_SEED, out->data != NULL ? out->data : "", out->length);
    axn_buffer_append(out, &hash, sizeof hash);
    return same;
}

static void use_trainer(void)
{
    const char *const names[] = {"exact"};
    axn_error error;
    axn_model model;
    axn_epoch_result epoch;
    double accuracy = 0;
    if (axn_trainer_validate(trainer, indices, IMAGES, &accuracy, &error) == AXN_OK &&
        !(accuracy >= 0 && accuracy <= 1))
        fuzz_fail("an accuracy of no sense");
    if (axn_trainer_quantise(trainer, names, &model, &error) == AXN_OK) {
        if (axn_model_check(&model, &error) != AXN_OK)
            fuzz_fail(error.message);
        axn_model_free(&model);
    }
    (void)axn_trainer_epoch(trainer, indices, IMAGES, NULL, NULL, &epoch, &error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static axn_buffer state;
    const int inherited[LAYERS] = {0, 1, 2, 3, 4};
    axn_error error;
    if (size == 0)
        return 0;
    if (trainer == NULL)
        make_trainer();
    bool inherits = (data[0] & 2) != 0;
    bool same = make_state(data + 1, size - 1, (data[0] & 1) != 0, &state);
    const char *path = fuzz_file((const uint8_t *)state.data, state.length);
    if (axn_trainer_load(trainer, path, inherits ? inherited : NULL, &error) == AXN_OK)
        use_trainer();
    else if (same)
        fuzz_fail(error.message);
    return 0;
}
