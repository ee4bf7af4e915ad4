/* The integer inference equals the definitions of model/model.h: worked by hand for small
 * models, and the golden model's on every logit of random networks. */
#include "common/memory.h"
#include "common/random.h"
#include "nas/inference.h"
#include "sim/golden.h"
#include "tests/check.h"

static void *required(size_t count, size_t size)
{
    void *memory = NULL;
    axn_error error = {0};
    AXN_REQUIRE_OK(axn_allocate(&memory, count, size, "test data", &error), error);
    return memory;
}

static axn_pool *pool_of(int threads)
{
    axn_pool *pool = NULL;
    axn_error error = {0};
    AXN_REQUIRE_OK(axn_pool_create(threads, &pool, &error), error);
    return pool;
}

static void start(axn_model *model, int multipliers)
{
    axn_error error = {0};
    AXN_REQUIRE_OK(axn_network_infer(&model->network, &error), error);
    AXN_REQUIRE_OK(axn_model_allocate(model, &error), error);
    model->multiplier_count = multipliers;
    for (int i = 0; i < multipliers; i++) {
        snprintf(model->multipliers[i].name, sizeof model->multipliers[i].name, "m%d", i);
    }
}

static void run(const axn_model *model, const axn_table *tables, int threads,
                const uint8_t *const *images, int count, int32_t *logits)
{
    axn_pool *pool = pool_of(threads);
    axn_inference *inference = NULL;
    axn_error error = {0};
    AXN_REQUIRE_OK(axn_inference_create(model, tables, pool, &inference, &error), error);
    AXN_CHECK_OK(axn_inference_run(inference, images, count, logits, &error), error);
    axn_inference_free(inference);
    axn_pool_destroy(pool);
}

/* A 2x2 image, one 3x3 convolution of one channel, one class pair: every figure below is
 * worked out from the definition on paper. T[x][w] = 2 x + w. */
static void small_model_by_hand(void)
{
    axn_model model = {0};
    axn_table *table = required(1, sizeof *table);
    for (int x = 0; x < 256; x++) {
        for (int w = 0; w < 256; w++) {
            table->product[x * 256 + w] = (uint16_t)(2 * x + w);
        }
    }
    int input = axn_network_add_input(&model.network, (axn_shape){2, 2, 1});
    int conv = axn_network_add_conv(&model.network, input, 1, 3, 1, false, true);
    int dense = axn_network_add_dense(&model.network, conv, 2, false);
    start(&model, 1);
    model.layers[input].output = (axn_quantisation){1, 10};
    axn_model_layer *layer = &model.layers[conv];
    layer->output = (axn_quantisation){1, 100};
    for (int k = 0; k < 9; k++) {
        layer->weights[k] = (uint8_t)k;
    }
    layer->weight_zero[0] = 4;
    layer->bias[0] = 5;
    layer->mantissa[0] = 3;
    layer->shift[0] = 4;
    layer->low = 100;
    layer = &model.layers[dense];
    for (int k = 0; k < 4; k++) {
        layer->weights[k] = (uint8_t)(k + 1);
        layer->weights[4 + k] = 7;
    }
    layer->weight_zero[1] = 2;
    layer->bias[0] = -3;
    const uint8_t image[4] = {11, 12, 13, 14};
    const uint8_t *images[1] = {image};
    int32_t logits[2] = {0};
    run(&model, table, 1, images, 1, logits);
    /* Each window holds the four pixels and five codes 10: sum x = 100. sum T = 2*100 + 36.
     * acc = 236 - 4*100 - 10*36 + 9*10*4 + 5 = -159; (-159*3 + 8) >> 4 = -30; clamped to
     * the zero point 100 by ReLU: all codes 100.
     * logit 0 = 100*(1+2+3+4) - 0 - 100*10 + 0 - 3; logit 1 = 4*700 - 2*400 - 100*28 + 4*100*2. */
    CU_ASSERT_EQUAL(logits[0], -3);
    CU_ASSERT_EQUAL(logits[1], 0);
    model.layers[conv].bias[0] = 805;
    run(&model, table, 1, images, 1, logits);
    /* acc = 641: (641*3 + 8) >> 4 = 120; code 220. logit 0 = 2200 - 1000 - 3;
     * logit 1 = 880*7 - 2*880 - 2800 + 800. */
    CU_ASSERT_EQUAL(logits[0], 1197);
    CU_ASSERT_EQUAL(logits[1], 2400);
    axn_model_free(&model);
    free(table);
}

static int below(axn_random *random, int bound)
{
    return (int)axn_random_below(random, (uint32_t)bound);
}

/* A network with every kind of layer, strides, odd kernels and mixed shapes. */
static void build_zoo(axn_model *model, axn_random *random)
{
    axn_network *n = &model->network;
    axn_shape shape = {7 + below(random, 6), 6 + below(random, 6), 1 + below(random, 3)};
    int input = axn_network_add_input(n, shape);
    int a = axn_network_add_conv(n, input, 3 + below(random, 16), 3, 1, false, true);
    int b = axn_network_add_conv(n, a, 2 + below(random, 5), 5, 2, false, below(random, 2));
    int c = axn_network_add_conv(n, a, 1 + below(random, 20), 1, 1, false, true);
    int sum = axn_network_add_sum(n, b, c, below(random, 2));
    int pool = axn_network_add_pool(n, AXN_LAYER_MAX_POOL, sum, 3, 1, 1);
    int average = axn_network_add_pool(n, AXN_LAYER_AVERAGE_POOL, sum, 1 + below(random, 2), 1, 0);
    int again = axn_network_add_sum(n, average, pool, true);
    int same = axn_network_add_conv(n, again, 4, 2, 1, false, true);
    int parts[3] = {again, same, again};
    int joined = axn_network_add_concat(n, parts, 2 + below(random, 2));
    int hidden = axn_network_add_dense(n, joined, 9, true);
    int last = axn_network_add_dense(n, hidden, 5, false);
    n->layers[b].multiplier = 1;
    n->layers[c].swap_operands = true;
    n->layers[same].multiplier = 1;
    CU_ASSERT(last > 0);
    start(model, 2);
}

static void fill_model(axn_model *model, axn_random *random)
{
    for (int i = 0; i < model->network.count; i++) {
        axn_model_layer *layer = &model->layers[i];
        int units = model->network.layers[i].units;
        layer->output = (axn_quantisation){1, (uint8_t)below(random, 256)};
        if (model->network.layers[i].kind == AXN_LAYER_MAX_POOL) {
            layer->output = model->layers[model->network.layers[i].inputs[0]].output;
        }
        layer->low = model->network.layers[i].relu ? layer->output.zero_point : 0;
        for (int64_t j = 0; j < axn_model_weight_count(model, i); j++) {
            layer->weights[j] = (uint8_t)below(random, 256);
        }
        for (int j = 0; layer->bias != NULL && j < units; j++) {
            layer->weight_zero[j] = (uint8_t)below(random, 256);
            layer->bias[j] = below(random, 200000) - 100000;
            layer->weight_scale[j] = 1;
        }
        int narrow = model->network.layers[i].kind == AXN_LAYER_CONV ||
                     model->network.layers[i].kind == AXN_LAYER_DENSE;
        for (int j = 0; j < layer->requantisations; j++) {
            layer->shift[j] = (uint8_t)((narrow ? 24 : 12) + below(random, 4));
            layer->mantissa[j] = (int16_t)(below(random, 65536) - 32768);
        }
    }
}

static void fill_tables(axn_table *tables, int count, axn_random *random)
{
    for (int i = 0; i < count * 65536; i++) {
        tables[i / 65536].product[i % 65536] = (uint16_t)below(random, 65536);
    }
}

/* Logits of the golden model for one image. */
static void golden(const axn_model *model, const axn_table *tables, const uint8_t *image,
                   int32_t *logits)
{
    const uint16_t *products[2] = {tables[0].product, tables[1].product};
    uint8_t *outputs[AXN_MAX_LAYERS] = {0};
    for (int i = 0; i < model->network.count; i++) {
        outputs[i] = required((size_t)axn_shape_size(model->network.layers[i].output), 1);
    }
    axn_golden_run(model, products, image, outputs, logits);
    for (int i = 0; i < model->network.count; i++) {
        free(outputs[i]);
    }
}

static uint8_t *random_images(axn_random *random, size_t size, int count, const uint8_t **images)
{
    uint8_t *pixels = required(size * (size_t)count, 1);
    for (size_t i = 0; i < size * (size_t)count; i++) {
        pixels[i] = (uint8_t)below(random, 256);
    }
    for (int i = 0; i < count; i++) {
        images[i] = pixels + (size_t)i * size;
    }
    return pixels;
}

enum { IMAGES = 37, CLASSES = 5 };

static void equals_golden_model(void)
{
    axn_table *tables = required(2, sizeof *tables);
    for (uint32_t trial = 0; trial < 12; trial++) {
        axn_random random = axn_random_stream(5, AXN_RANDOM_TEST, trial, 0);
        axn_model model = {0};
        const uint8_t *images[IMAGES];
        int32_t expected[IMAGES * CLASSES], logits[IMAGES * CLASSES];
        build_zoo(&model, &random);
        fill_model(&model, &random);
        fill_tables(tables, 2, &random);
        uint8_t *pixels = random_images(
            &random, (size_t)axn_shape_size(model.network.layers[0].output), IMAGES, images);
        for (int i = 0; i < IMAGES; i++) {
            golden(&model, tables, images[i], expected + i * CLASSES);
        }
        static const char *const kernels[] = {"reference", "portable", "avx2", "vbmi",
                                              "vbmi_affine"};
        setenv("AXNAS_KERNEL", kernels[trial % (__builtin_cpu_supports("avx512vnni") ? 5 : 2)], 1);
        run(&model, tables, 1 + (int)trial % 3, images, IMAGES, logits);
        unsetenv("AXNAS_KERNEL");
        CU_ASSERT_EQUAL(memcmp(expected, logits, sizeof logits), 0);
        free(pixels);
        axn_model_free(&model);
    }
    free(tables);
}

/* Accumulators beyond 32 bits are still exact: 32,768 taps of the largest products. */
static void long_sums_are_exact(void)
{
    axn_model model = {0};
    axn_table *tables = required(2, sizeof *tables);
    axn_random random = axn_random_stream(6, AXN_RANDOM_TEST, 0, 0);
    const uint8_t *images[2];
    int32_t expected[2] = {0}, logits[4] = {0};
    int input = axn_network_add_input(&model.network, (axn_shape){2, 4, 32768});
    int conv = axn_network_add_conv(&model.network, input, 2, 1, 1, false, false);
    axn_network_add_dense(&model.network, conv, 2, false);
    start(&model, 1);
    fill_model(&model, &random);
    for (int i = 0; i < 65536; i++) {
        tables[0].product[i] = 65535;
    }
    memset(model.layers[conv].weights, 0, 2 * 32768);
    memset(model.layers[conv].weight_zero, 255, 2);
    memset(model.layers[conv].bias, 0, 2 * sizeof(int32_t));
    model.layers[input].output.zero_point = 255;
    model.layers[conv].mantissa[0] = 3;
    model.layers[conv].shift[0] = 26;
    uint8_t *pixels = random_images(&random, 262144, 2, images);
    memset(pixels, 0, 262144);
    run(&model, tables, 1, images, 2, logits);
    for (int i = 0; i < 2; i++) {
        golden(&model, tables, images[i], expected);
        CU_ASSERT_EQUAL(logits[2 * i], expected[0]);
        CU_ASSERT_EQUAL(logits[2 * i + 1], expected[1]);
    }
    free(pixels);
    axn_model_free(&model);
    free(tables);
}

static void evaluation_counts(void)
{
    axn_model model = {0};
    axn_table *tables = required(2, sizeof *tables);
    axn_random random = axn_random_stream(7, AXN_RANDOM_TEST, 0, 0);
    const uint8_t *images[IMAGES];
    int32_t logits[IMAGES * CLASSES];
    axn_error error = {0};
    build_zoo(&model, &random);
    fill_model(&model, &random);
    fill_tables(tables, 2, &random);
    axn_dataset data = {
        .name = "test", .shape = model.network.layers[0].output, .classes = CLASSES};
    data.test.count = IMAGES;
    data.test.pixels = random_images(&random, (size_t)axn_shape_size(data.shape), IMAGES, images);
    data.test.labels = required(IMAGES, 1);
    run(&model, tables, 1, images, IMAGES, logits);
    int confusion[CLASSES * CLASSES] = {0}, correct = 0;
    for (int i = 0; i < IMAGES; i++) {
        int best = 0;
        data.test.labels[i] = (uint8_t)below(&random, CLASSES);
        for (int c = 1; c < CLASSES; c++) {
            best = logits[i * CLASSES + c] > logits[i * CLASSES + best] ? c : best;
        }
        confusion[data.test.labels[i] * CLASSES + best]++;
        correct += best == data.test.labels[i];
    }
    axn_pool *pool = pool_of(2);
    axn_inference *inference = NULL;
    axn_evaluation evaluation;
    AXN_REQUIRE_OK(axn_inference_create(&model, tables, pool, &inference, &error), error);
    AXN_REQUIRE_OK(axn_evaluate(inference, &data, &data.test, 0, &evaluation, &error), error);
    CU_ASSERT_EQUAL(evaluation.images, IMAGES);
    CU_ASSERT_EQUAL(evaluation.correct, correct);
    CU_ASSERT_EQUAL(memcmp(evaluation.confusion, confusion, sizeof confusion), 0);
    free(evaluation.confusion);
    data.shape.width++;
    AXN_CHECK_FAILS(axn_evaluate(inference, &data, &data.test, 0, &evaluation, &error), error,
                    AXN_ERROR_USAGE, "takes images of");
    axn_inference_free(inference);
    axn_pool_destroy(pool);
    axn_dataset_free(&data);
    axn_model_free(&model);
    free(tables);
}

/* One 1x1 convolution: each pixel meets each weight once. */
static void histogram_counts_operands(void)
{
    axn_model model = {0};
    axn_table *tables = required(1, sizeof *tables);
    axn_error error = {0};
    int input = axn_network_add_input(&model.network, (axn_shape){2, 2, 1});
    int conv = axn_network_add_conv(&model.network, input, 2, 1, 1, false, true);
    axn_network_add_dense(&model.network, conv, 2, false);
    start(&model, 1);
    axn_random random = axn_random_stream(8, AXN_RANDOM_TEST, 0, 0);
    fill_model(&model, &random);
    model.layers[conv].weights[0] = 3;
    model.layers[conv].weights[1] = 250;
    const uint8_t image[4] = {1, 1, 9, 200};
    const uint8_t *images[2] = {image, image};
    uint64_t *histogram = required(3 * 65536, sizeof *histogram);
    axn_pool *pool = pool_of(1);
    axn_inference *inference = NULL;
    AXN_REQUIRE_OK(axn_inference_create(&model, tables, pool, &inference, &error), error);
    AXN_CHECK_OK(axn_inference_histogram(inference, images, 2, histogram, &error), error);
    const uint64_t *of_conv = histogram + 65536;
    CU_ASSERT_EQUAL(of_conv[1 * 256 + 3], 4);
    CU_ASSERT_EQUAL(of_conv[200 * 256 + 250], 2);
    uint64_t total = 0;
    for (int i = 0; i < 3 * 65536; i++) {
        total += histogram[i];
    }
    CU_ASSERT_EQUAL(total, 16);
    axn_inference_free(inference);
    axn_pool_destroy(pool);
    axn_model_free(&model);
    free(histogram);
    free(tables);
}

AXN_TEST_MAIN("inference", {"a small model as worked by hand", small_model_by_hand},
              {"equals the golden model", equals_golden_model},
              {"long sums are exact", long_sums_are_exact},
              {"evaluation counts", evaluation_counts},
              {"histogram counts operands", histogram_counts_operands})
