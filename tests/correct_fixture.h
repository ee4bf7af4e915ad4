/* What the suites of the corrections share: random models and images, and correcting. */
#ifndef AXN_TESTS_CORRECT_FIXTURE_H
#define AXN_TESTS_CORRECT_FIXTURE_H

#include "common/memory.h"
#include "common/random.h"
#include "nas/correct.h"
#include "nas/inference.h"
#include "tests/check.h"
#include "tests/random_model.h"

enum { IMAGES = 12, MOST_CLASSES = 20 };

static inline void *required(size_t count, size_t size)
{
    void *memory = NULL;
    axn_error error = {0};
    AXN_REQUIRE_OK(axn_allocate(&memory, count, size, "test data", &error), error);
    return memory;
}

/* Random models differ in `seed` only, so a second one is a copy. */
static inline void make_model(uint64_t seed, const axn_table *table, bool swap, bool batch_norm,
                              axn_model *model)
{
    const char *name = "table";
    axn_error error = {0};
    *model = (axn_model){0};
    AXN_REQUIRE_OK(axn_random_network(seed, 1, &model->network, &error), error);
    for (int i = 0; i < model->network.count; i++) {
        model->network.layers[i].batch_norm =
            batch_norm && model->network.layers[i].kind == AXN_LAYER_CONV;
    }
    AXN_REQUIRE_OK(axn_random_parameters(seed, model, table, &name, 1, &error), error);
    for (int i = 0; i < model->network.count && !swap; i++) {
        model->network.layers[i].swap_operands = false;
    }
}

/* Random images of a model's shape. */
typedef struct picture_set {
    uint8_t *bytes;
    const uint8_t *images[IMAGES];
} picture_set;

static inline void draw(const axn_model *model, uint32_t number, picture_set *out)
{
    axn_random random = axn_random_stream(7, AXN_RANDOM_TEST, number, 1);
    size_t size = (size_t)axn_shape_size(model->network.layers[0].output);
    out->bytes = required(IMAGES, size);
    for (size_t i = 0; i < IMAGES * size; i++) {
        out->bytes[i] = (uint8_t)axn_random_below(&random, 256);
    }
    for (size_t i = 0; i < IMAGES; i++) {
        out->images[i] = out->bytes + i * size;
    }
}

static inline axn_pool *pool_of(int threads)
{
    axn_pool *pool = NULL;
    axn_error error = {0};
    AXN_REQUIRE_OK(axn_pool_create(threads, &pool, &error), error);
    return pool;
}

static inline void logits_of(const axn_model *model, const axn_table *tables,
                             const picture_set *pictures, int32_t *logits)
{
    axn_pool *pool = pool_of(1);
    axn_inference *inference = NULL;
    axn_error error = {0};
    AXN_REQUIRE_OK(axn_inference_create(model, tables, pool, &inference, &error), error);
    AXN_CHECK_OK(axn_inference_run(inference, pictures->images, IMAGES, logits, &error), error);
    axn_inference_free(inference);
    axn_pool_destroy(pool);
}

static inline void correct_with(axn_model *model, const axn_table *tables,
                                const axn_table *reference, axn_correction correction,
                                const picture_set *pictures, int threads,
                                axn_correction_result *result)
{
    axn_error error = {0};
    axn_calibration calibration = {
        .images = pictures->images, .count = IMAGES, .pool = pool_of(threads)};
    AXN_REQUIRE_OK(
        axn_model_correct(model, tables, reference, &correction, &calibration, result, &error),
        error);
    axn_pool_destroy(calibration.pool);
}

static inline void correct(axn_model *model, const axn_table *tables, const axn_table *reference,
                           axn_correction correction, const picture_set *pictures)
{
    axn_correction_result result;
    correct_with(model, tables, reference, correction, pictures, 2, &result);
    axn_correction_result_free(&result);
}

/* T[x][w] = x * (w with its bits turned around). */
static inline int turned(int code)
{
    int out = 0;
    for (int bit = 0; bit < 8; bit++) {
        out |= (code >> bit & 1) << (7 - bit);
    }
    return out;
}

/* Statistics as if the model had been trained with other sums. */
static inline void invent_norms(axn_model *model)
{
    axn_error error = {0};
    for (int i = 0; i < model->network.count; i++) {
        const axn_layer *layer = &model->network.layers[i];
        if (!layer->batch_norm) {
            continue;
        }
        AXN_REQUIRE_OK(axn_model_allocate_norm(model, i, &error), error);
        for (int unit = 0; unit < layer->units; unit++) {
            model->layers[i].norm_mean[unit] = 300.0 * (unit % 7) - 900;
            model->layers[i].norm_deviation[unit] = 2000 + 500.0 * (unit % 5);
        }
    }
}

#endif
