/* The golden model against values worked out by hand from model/model.h. */
#include "tests/check.h"

#include "common/memory.h"
#include "multipliers/table.h"
#include "sim/golden.h"

static axn_table exact;

/* A network that ends in a classifier over two classes whose weights are all 1. */
static void finish_network(axn_model *model, int last)
{
    axn_error error = {0};
    axn_network_add_dense(&model->network, last, 2, false);
    AXN_REQUIRE_OK(axn_network_infer(&model->network, &error), error);
    AXN_REQUIRE_OK(axn_model_allocate(model, &error), error);
    int64_t weights = axn_model_weight_count(model, model->network.count - 1);
    memset(model->layers[model->network.count - 1].weights, 1, (size_t)weights);
}

static void set_factor(axn_model *model, int layer, int index, int mantissa, int shift)
{
    model->layers[layer].mantissa[index] = (int16_t)mantissa;
    model->layers[layer].shift[index] = (uint8_t)shift;
}

/* Runs and copies the bytes of `layer`; returns the class. */
static int run(const axn_model *model, const uint8_t *image, int layer, uint8_t *bytes,
               int32_t *logits)
{
    const uint16_t *tables[] = {exact.product};
    uint8_t outputs[4][64];
    uint8_t *pointers[] = {outputs[0], outputs[1], outputs[2], outputs[3]};
    int32_t unused[2];
    int class = axn_golden_run(model, tables, image, pointers, logits != NULL ? logits : unused);
    memcpy(bytes, outputs[layer], (size_t)axn_shape_size(model->network.layers[layer].output));
    return class;
}

static void requantisation_rounds_halves_up(void)
{
    CU_ASSERT_EQUAL(axn_golden_requantise(1, 1, 1), 1);   /* .5 */
    CU_ASSERT_EQUAL(axn_golden_requantise(-1, 1, 1), 0);  /* -.5 */
    CU_ASSERT_EQUAL(axn_golden_requantise(3, 1, 1), 2);   /* 1.5 */
    CU_ASSERT_EQUAL(axn_golden_requantise(-3, 1, 1), -1); /* -1.5 */
    CU_ASSERT_EQUAL(axn_golden_requantise(5, 3, 2), 4);   /* 3.75 */
    CU_ASSERT_EQUAL(axn_golden_requantise(-5, 3, 2), -4);
    CU_ASSERT_EQUAL(axn_golden_requantise(5, -3, 2), -4);
    CU_ASSERT_EQUAL(axn_golden_requantise(INT32_MIN, INT16_MIN, 46), 1);
    CU_ASSERT_EQUAL(axn_golden_requantise(INT32_MAX, INT16_MIN, 46), -1);
    CU_ASSERT_EQUAL(axn_golden_requantise(INT32_MIN, INT16_MAX, 1), -INT64_C(35183298347008));
    CU_ASSERT_EQUAL(axn_golden_requantise(0, 32767, 46), 0);
}

/* 2x2x1 image, one 3x3 kernel: each output sees all four pixels and five padded taps. */
static void convolution_pads_with_the_zero_point(void)
{
    axn_model model = {0};
    int at = axn_network_add_input(&model.network, (axn_shape){2, 2, 1});
    at = axn_network_add_conv(&model.network, at, 1, 3, 1, false, false);
    finish_network(&model, at);
    const uint8_t weights[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9}, image[4] = {10, 20, 30, 40};
    uint8_t bytes[4];
    memcpy(model.layers[1].weights, weights, sizeof weights);
    model.layers[0].output.zero_point = 7;
    model.layers[1].weight_zero[0] = 3;
    model.layers[1].output.zero_point = 100;
    model.layers[1].bias[0] = 5;
    set_factor(&model, 1, 0, 1, 1);
    run(&model, image, 1, bytes, NULL);
    /* (x - 7) = 3 13 23 33, (w - 3) = -2 -1 0 1 2 3 4 5 6; padding contributes 0.
     * top left: 3*2 + 13*3 + 23*5 + 33*6 + 5 = 363, halved up 182, + 100 */
    CU_ASSERT_EQUAL(bytes[0], 255);
    /* top right: 3*1 + 13*2 + 23*4 + 33*5 + 5 = 291 -> 146 */
    CU_ASSERT_EQUAL(bytes[1], 246);
    /* bottom left: 3*-1 + 13*0 + 23*2 + 33*3 + 5 = 147 -> 74 */
    CU_ASSERT_EQUAL(bytes[2], 174);
    /* bottom right: 3*-2 + 13*-1 + 23*1 + 33*2 + 5 = 75 -> 38 */
    CU_ASSERT_EQUAL(bytes[3], 138);
    axn_model_free(&model);
}

/* Padded taps and the operand order go through the table. */
static void convolution_uses_the_table(void)
{
    axn_model model = {0};
    axn_table *table = NULL;
    axn_error error = {0};
    AXN_REQUIRE_OK(axn_allocate(&table, 1, sizeof *table, "table", &error), error);
    int at = axn_network_add_input(&model.network, (axn_shape){1, 1, 1});
    at = axn_network_add_conv(&model.network, at, 1, 3, 1, false, false);
    finish_network(&model, at);
    memset(model.layers[1].weights, 200, 9);
    set_factor(&model, 1, 0, 2, 1);
    table->product[0 * 256 + 200] = 3;   /* eight padded taps */
    table->product[9 * 256 + 200] = 100; /* the pixel */
    table->product[200 * 256 + 0] = 5;
    table->product[200 * 256 + 9] = 7;
    const uint16_t *tables[] = {table->product};
    uint8_t image[1] = {9}, outputs[2][1];
    uint8_t *pointers[] = {outputs[0], outputs[1]};
    int32_t logits[2];
    axn_golden_run(&model, tables, image, pointers, logits);
    CU_ASSERT_EQUAL(outputs[1][0], 124);
    model.network.layers[1].swap_operands = true;
    axn_golden_run(&model, tables, image, pointers, logits);
    CU_ASSERT_EQUAL(outputs[1][0], 47);
    axn_model_free(&model);
    free(table);
}

/* Stride 2 on an odd map: out = ceil(3/2), pad (3-1)/2 above and left. */
static void convolution_strides(void)
{
    axn_model model = {0};
    int at = axn_network_add_input(&model.network, (axn_shape){3, 1, 1});
    at = axn_network_add_conv(&model.network, at, 1, 3, 2, false, true);
    finish_network(&model, at);
    const uint8_t weights[9] = {0, 1, 0, 0, 10, 0, 0, 100, 0}, image[3] = {1, 2, 1};
    uint8_t bytes[2];
    memcpy(model.layers[1].weights, weights, sizeof weights);
    set_factor(&model, 1, 0, 2, 1);
    model.layers[1].low = 13;
    run(&model, image, 1, bytes, NULL);
    CU_ASSERT_EQUAL(model.network.layers[1].output.height, 2);
    CU_ASSERT_EQUAL(bytes[0], 210);
    CU_ASSERT_EQUAL(bytes[1], 13); /* 12, raised to the lower clamp */
    axn_model_free(&model);
}

static void pools_ignore_what_is_outside(void)
{
    axn_model model = {0};
    int image_layer = axn_network_add_input(&model.network, (axn_shape){2, 3, 1});
    int at = axn_network_add_pool(&model.network, AXN_LAYER_MAX_POOL, image_layer, 2, 2, 1);
    axn_network_add_pool(&model.network, AXN_LAYER_AVERAGE_POOL, image_layer, 2, 1, 0);
    finish_network(&model, at);
    const uint8_t image[6] = {1, 2, 3, 4, 5, 7};
    uint8_t bytes[4];
    model.layers[0].output.zero_point = 2;
    model.layers[2].output.zero_point = 50;
    set_factor(&model, 2, 0, 1, 2);
    run(&model, image, 1, bytes, NULL);
    const uint8_t maxima[4] = {1, 3, 4, 7};
    CU_ASSERT_EQUAL(memcmp(bytes, maxima, 4), 0);
    run(&model, image, 2, bytes, NULL);
    CU_ASSERT_EQUAL(bytes[0], 51); /* 12 - 8 = 4 quarters */
    CU_ASSERT_EQUAL(bytes[1], 52); /* 17 - 8 = 9 quarters = 2.25 */
    axn_model_free(&model);
}

/* 3x1x2 and 2x1x1: the first is pooled by windows 0..2 and 1..3, the second has no
 * channel 1. */
static void sum_pools_and_extends(void)
{
    axn_model model = {0};
    int image_layer = axn_network_add_input(&model.network, (axn_shape){3, 1, 2});
    int at = axn_network_add_conv(&model.network, image_layer, 1, 1, 2, false, false);
    at = axn_network_add_sum(&model.network, image_layer, at, true);
    finish_network(&model, at);
    const uint8_t image[6] = {10, 60, 30, 50, 20, 40};
    uint8_t bytes[4];
    model.layers[0].output.zero_point = 15;
    model.layers[1].weights[0] = 1; /* a copy of channel 0 of rows 0 and 2 */
    set_factor(&model, 1, 0, 2, 1);
    model.layers[1].output.zero_point = 15; /* 10 and 20 again */
    model.layers[2].output.zero_point = 5;
    set_factor(&model, 2, 0, 1, 1);
    set_factor(&model, 2, 1, 3, 1);
    run(&model, image, 2, bytes, NULL);
    CU_ASSERT_EQUAL(bytes[0], 6);  /* 5 + half up of 15/2 = 8, + half up of -15/2 = -7 */
    CU_ASSERT_EQUAL(bytes[1], 28); /* 5 + half up of 45/2 = 23, nothing of the other */
    CU_ASSERT_EQUAL(bytes[2], 21); /* 5 + 8 + 8 */
    CU_ASSERT_EQUAL(bytes[3], 23); /* 5 + half up of 35/2 = 18 */
    model.layers[2].low = 22;
    run(&model, image, 2, bytes, NULL);
    CU_ASSERT_EQUAL(bytes[0], 22);
    axn_model_free(&model);
}

static void concatenation_rescales_each_operand(void)
{
    axn_model model = {0};
    int image_layer = axn_network_add_input(&model.network, (axn_shape){1, 2, 1});
    int pool = axn_network_add_pool(&model.network, AXN_LAYER_MAX_POOL, image_layer, 1, 1, 0);
    const int inputs[] = {image_layer, pool, image_layer};
    int at = axn_network_add_concat(&model.network, inputs, 3);
    finish_network(&model, at);
    const uint8_t image[2] = {10, 30};
    uint8_t bytes[6];
    model.layers[0].output.zero_point = 20;
    model.layers[1].output.zero_point = 20;
    model.layers[2].output.zero_point = 100;
    set_factor(&model, 2, 0, 2, 1);
    set_factor(&model, 2, 1, 4, 1);
    set_factor(&model, 2, 2, -30, 1);
    run(&model, image, 2, bytes, NULL);
    const uint8_t wanted[6] = {90, 80, 250, 110, 120, 0};
    CU_ASSERT_EQUAL(memcmp(bytes, wanted, 6), 0);
    axn_model_free(&model);
}

/* The map is flattened height, width, channel; the lowest class wins a tie. */
static void dense_and_argmax(void)
{
    axn_model model = {0};
    int at = axn_network_add_input(&model.network, (axn_shape){1, 2, 2});
    finish_network(&model, at);
    const uint8_t weights[8] = {1, 10, 100, 200, 1, 10, 100, 200}, image[4] = {4, 5, 6, 7};
    uint8_t bytes[4];
    int32_t logits[2];
    memcpy(model.layers[1].weights, weights, sizeof weights);
    model.layers[0].output.zero_point = 5;
    model.layers[1].weight_zero[0] = model.layers[1].weight_zero[1] = 9;
    model.layers[1].bias[0] = model.layers[1].bias[1] = -1000;
    CU_ASSERT_EQUAL(run(&model, image, 0, bytes, logits), 0);
    CU_ASSERT_EQUAL(logits[0], 8 + 0 + 91 + 2 * 191 - 1000);
    CU_ASSERT_EQUAL(logits[1], logits[0]);
    model.layers[1].bias[1]++;
    CU_ASSERT_EQUAL(run(&model, image, 0, bytes, logits), 1);
    CU_ASSERT_EQUAL(memcmp(bytes, image, 4), 0);
    axn_model_free(&model);
}

static void with_exact_table(void (*test)(void))
{
    axn_table_exact(&exact);
    test();
}

static void test_padding(void)
{
    with_exact_table(convolution_pads_with_the_zero_point);
}
static void test_strides(void)
{
    with_exact_table(convolution_strides);
}
static void test_pools(void)
{
    with_exact_table(pools_ignore_what_is_outside);
}
static void test_sum(void)
{
    with_exact_table(sum_pools_and_extends);
}
static void test_concat(void)
{
    with_exact_table(concatenation_rescales_each_operand);
}

AXN_TEST_MAIN("golden", {"requantisation rounds halves up", requantisation_rounds_halves_up},
              {"convolution pads with the zero point", test_padding},
              {"convolution uses the table", convolution_uses_the_table},
              {"convolution strides", test_strides}, {"pools ignore what is outside", test_pools},
              {"sum pools and extends", test_sum},
              {"concatenation rescales each operand", test_concat},
              {"dense and argmax", dense_and_argmax})
