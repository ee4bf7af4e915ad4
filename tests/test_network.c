/* Networks: shapes, limits, costs, files. */
#include "tests/check.h"

#include <limits.h>

#include "common/json.h"
#include "common/random.h"
#include "model/builtin.h"
#include "model/network.h"

static const axn_shape cifar = {32, 32, 3};

static void resnets_have_the_published_counts(void)
{
    axn_error error = {0};
    axn_network network;
    AXN_REQUIRE_OK(axn_network_builtin("resnet8", cifar, 10, &network, &error), error);
    CU_ASSERT_EQUAL(axn_network_multiplications(&network, AXN_COUNT_EXACT), 12238848);
    CU_ASSERT_EQUAL(axn_network_multiplications(&network, AXN_COUNT_PAPER), 21178368);
    CU_ASSERT_EQUAL(axn_network_multiplications_dense(&network), 640);
    /* 7 convolutions with scale and shift a channel, one classifier with biases. */
    CU_ASSERT_EQUAL(axn_network_parameters(&network),
                    9 * (3 * 16 + 2 * 16 * 16 + 16 * 32 + 32 * 32 + 32 * 64 + 64 * 64) +
                        2 * (3 * 16 + 2 * 32 + 2 * 64) + 64 * 10 + 10);
    axn_network_free(&network);
    AXN_REQUIRE_OK(axn_network_builtin("resnet14", cifar, 10, &network, &error), error);
    CU_ASSERT_EQUAL(axn_network_multiplications(&network, AXN_COUNT_EXACT), 26394624);
    CU_ASSERT_EQUAL(axn_network_multiplications(&network, AXN_COUNT_PAPER), 35334144);
    axn_network_free(&network);
}

static void builtins_fit_other_images(void)
{
    axn_error error = {0};
    axn_network network;
    AXN_REQUIRE_OK(axn_network_builtin("resnet8", (axn_shape){28, 28, 1}, 10, &network, &error),
                   error);
    axn_shape last = network.layers[network.count - 1].output;
    axn_shape pooled = network.layers[network.count - 2].output;
    CU_ASSERT(last.height == 1 && last.width == 1 && last.channels == 10);
    CU_ASSERT(pooled.height == 1 && pooled.width == 1 && pooled.channels == 64);
    axn_network_free(&network);
    AXN_CHECK_FAILS(axn_network_builtin("resnet9", cifar, 10, &network, &error), error,
                    AXN_ERROR_NOT_FOUND, "resnet9");
    AXN_CHECK_FAILS(axn_network_builtin("resnet8", cifar, 5000, &network, &error), error,
                    AXN_ERROR_LIMIT, "5000 classes");
    CU_ASSERT_PTR_NULL(network.layers);
}

/* input 9x7x3, then one layer made by the test, then a classifier. */
static axn_shape shape_after(axn_layer layer, axn_status *status, axn_error *error)
{
    axn_network network = {0};
    axn_network_add_input(&network, (axn_shape){9, 7, 3});
    int index = axn_network_add_conv(&network, 0, 4, 3, 1, false, false);
    char name[AXN_LAYER_NAME];
    memcpy(name, network.layers[index].name, sizeof name);
    network.layers[index] = layer;
    memcpy(network.layers[index].name, name, sizeof name);
    network.layers[index].input_count = 1;
    axn_network_add_dense(&network, index, 2, false);
    *status = axn_network_infer(&network, error);
    axn_shape shape = network.layers[index].output;
    axn_network_free(&network);
    return shape;
}

static void windows_follow_the_rules(void)
{
    static const struct {
        axn_layer layer;
        int height, width, channels; /* 0 = refused */
    } cases[] = {
        {{.kind = AXN_LAYER_CONV, .units = 5, .kernel_h = 3, .kernel_w = 3, .stride = 1}, 9, 7, 5},
        {{.kind = AXN_LAYER_CONV, .units = 5, .kernel_h = 3, .kernel_w = 3, .stride = 2}, 5, 4, 5},
        {{.kind = AXN_LAYER_CONV, .units = 5, .kernel_h = 4, .kernel_w = 1, .stride = 4}, 3, 2, 5},
        {{.kind = AXN_LAYER_CONV, .units = 5, .kernel_h = 31, .kernel_w = 31, .stride = 1},
         9,
         7,
         5},
        {{.kind = AXN_LAYER_CONV, .units = 0, .kernel_h = 3, .kernel_w = 3, .stride = 1}, 0, 0, 0},
        {{.kind = AXN_LAYER_CONV, .units = 5, .kernel_h = 0, .kernel_w = 3, .stride = 1}, 0, 0, 0},
        {{.kind = AXN_LAYER_CONV, .units = 5, .kernel_h = 3, .kernel_w = 3, .stride = 0}, 0, 0, 0},
        {{.kind = AXN_LAYER_CONV, .units = 5, .kernel_h = 255, .kernel_w = 255, .stride = 1},
         0,
         0,
         0}, /* too many taps */
        {{.kind = AXN_LAYER_MAX_POOL, .kernel_h = 2, .kernel_w = 2, .stride = 2}, 4, 3, 3},
        {{.kind = AXN_LAYER_MAX_POOL,
          .kernel_h = 3,
          .kernel_w = 3,
          .stride = 2,
          .pad_h = 1,
          .pad_w = 1},
         5,
         4,
         3},
        {{.kind = AXN_LAYER_MAX_POOL,
          .kernel_h = 2,
          .kernel_w = 2,
          .stride = 1,
          .pad_h = 2,
          .pad_w = 2},
         0,
         0,
         0}, /* a window without a tap */
        {{.kind = AXN_LAYER_AVERAGE_POOL, .kernel_h = 9, .kernel_w = 7, .stride = 1}, 1, 1, 3},
        {{.kind = AXN_LAYER_AVERAGE_POOL,
          .kernel_h = 2,
          .kernel_w = 2,
          .stride = 2,
          .pad_h = 1,
          .pad_w = 1},
         0,
         0,
         0},
        {{.kind = AXN_LAYER_AVERAGE_POOL, .kernel_h = 10, .kernel_w = 7, .stride = 1}, 0, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        axn_error error = {0};
        axn_status status;
        axn_shape shape = shape_after(cases[i].layer, &status, &error);
        if (cases[i].height == 0) {
            CU_ASSERT_NOT_EQUAL(status, AXN_OK);
            CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "layer 1 \"conv_1\""));
        } else {
            AXN_CHECK_OK(status, error);
            CU_ASSERT(shape.height == cases[i].height && shape.width == cases[i].width &&
                      shape.channels == cases[i].channels);
        }
    }
}

static void sum_and_concat_join_shapes(void)
{
    axn_error error = {0};
    axn_network network = {0};
    int input = axn_network_add_input(&network, (axn_shape){9, 7, 3});
    int wide = axn_network_add_conv(&network, input, 8, 3, 2, true, true);
    int sum = axn_network_add_sum(&network, input, wide, true);
    int concat = axn_network_add_concat(&network, (int[]){sum, wide, sum}, 3);
    axn_network_add_dense(&network, concat, 10, false);
    AXN_CHECK_OK(axn_network_infer(&network, &error), error);
    axn_shape s = network.layers[sum].output, c = network.layers[concat].output;
    CU_ASSERT(s.height == 5 && s.width == 4 && s.channels == 8);
    CU_ASSERT(c.height == 5 && c.width == 4 && c.channels == 24);
    network.layers[concat].inputs[2] = input;
    AXN_CHECK_FAILS(axn_network_infer(&network, &error), error, AXN_ERROR_FORMAT, "concat_3");
    network.layers[concat].inputs[2] = concat;
    AXN_CHECK_FAILS(axn_network_infer(&network, &error), error, AXN_ERROR_FORMAT,
                    "not an earlier layer");
    axn_network_free(&network);
}

static void whole_networks_are_checked(void)
{
    axn_error error = {0};
    axn_network network = {0};
    AXN_CHECK_FAILS(axn_network_infer(&network, &error), error, AXN_ERROR_LIMIT, "0 layers");
    int last = axn_network_add_input(&network, (axn_shape){4, 4, 1});
    last = axn_network_add_conv(&network, last, 2, 3, 1, false, true);
    AXN_CHECK_FAILS(axn_network_infer(&network, &error), error, AXN_ERROR_FORMAT, "classifier");
    last = axn_network_add_dense(&network, last, 10, true);
    AXN_CHECK_FAILS(axn_network_infer(&network, &error), error, AXN_ERROR_FORMAT, "classifier");
    network.layers[last].relu = false;
    AXN_CHECK_OK(axn_network_infer(&network, &error), error);
    snprintf(network.layers[last].name, AXN_LAYER_NAME, "conv_1");
    AXN_CHECK_FAILS(axn_network_infer(&network, &error), error, AXN_ERROR_FORMAT, "same name");
    memset(network.layers[last].name, 'x', AXN_LAYER_NAME);
    AXN_CHECK_FAILS(axn_network_infer(&network, &error), error, AXN_ERROR_FORMAT, "its name");
    snprintf(network.layers[last].name, AXN_LAYER_NAME, "../x");
    AXN_CHECK_FAILS(axn_network_infer(&network, &error), error, AXN_ERROR_FORMAT, "its name");
    axn_network_free(&network);
    for (int i = 0; i < AXN_MAX_LAYERS; i++)
        CU_ASSERT_EQUAL(axn_network_add_input(&network, cifar), i);
    CU_ASSERT_EQUAL(axn_network_add_input(&network, cifar), -1);
    axn_network_free(&network);
}

/* Multiplications by walking over every tap of every output, as the array does. */
static int64_t count_by_walking(const axn_network *network)
{
    int64_t count = 0;
    for (int i = 0; i < network->count; i++) {
        const axn_layer *layer = &network->layers[i];
        if (layer->kind != AXN_LAYER_CONV)
            continue;
        axn_shape in = network->layers[layer->inputs[0]].output;
        int64_t positions = 0;
        for (int y = 0; y < in.height; y += layer->stride)
            for (int x = 0; x < in.width; x += layer->stride)
                positions++;
        for (int unit = 0; unit < layer->units; unit++)
            for (int ky = 0; ky < layer->kernel_h; ky++)
                for (int kx = 0; kx < layer->kernel_w; kx++)
                    for (int c = 0; c < in.channels; c++)
                        count += positions;
    }
    return count;
}

static int below(axn_random *random, int bound)
{
    return (int)axn_random_below(random, (uint32_t)bound);
}

static void add_random_layer(axn_network *network, axn_random *random)
{
    int count = network->count;
    int operands[4];
    for (int i = 0; i < 4; i++)
        operands[i] = count - 1 - below(random, count < 4 ? count : 4);
    switch (below(random, 6)) {
    case 0:
    case 1:
        axn_network_add_conv(network, operands[0], 1 + below(random, 12), 1 + below(random, 5),
                             1 + below(random, 3), below(random, 2) == 1, below(random, 2) == 1);
        break;
    case 2:
        axn_network_add_pool(network, AXN_LAYER_MAX_POOL, operands[0], 1 + below(random, 4),
                             1 + below(random, 3), below(random, 2));
        break;
    case 3:
        axn_network_add_pool(network, AXN_LAYER_AVERAGE_POOL, operands[0], 1 + below(random, 3),
                             1 + below(random, 2), 0);
        break;
    case 4:
        axn_network_add_sum(network, operands[0], operands[1], below(random, 2) == 1);
        break;
    default:
        axn_network_add_concat(network, operands, 2 + below(random, 3));
        break;
    }
}

static void random_networks_are_consistent(void)
{
    axn_random random = axn_random_stream(1, AXN_RANDOM_TEST, 0, 0);
    int accepted = 0;
    for (int round = 0; round < 2000; round++) {
        axn_error error = {0};
        axn_network network = {0}, again = {0};
        axn_network_add_input(&network, (axn_shape){1 + below(&random, 20), 1 + below(&random, 20),
                                                    1 + below(&random, 4)});
        int layers = 1 + below(&random, 12);
        for (int i = 0; i < layers; i++)
            add_random_layer(&network, &random);
        int pooled = axn_network_add_global_average(&network, network.count - 1);
        axn_network_add_dense(&network, pooled, 1 + below(&random, 20), false);
        if (axn_network_infer(&network, &error) != AXN_OK) {
            CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "layer "));
            axn_network_free(&network);
            continue;
        }
        accepted++;
        CU_ASSERT_EQUAL(axn_network_multiplications(&network, AXN_COUNT_EXACT),
                        count_by_walking(&network));
        CU_ASSERT(axn_network_multiplications(&network, AXN_COUNT_PAPER) >=
                  axn_network_multiplications(&network, AXN_COUNT_EXACT));
        CU_ASSERT_EQUAL(axn_shape_size(network.layers[pooled].output),
                        network.layers[pooled].output.channels);
        cJSON *json = axn_network_to_json(&network);
        AXN_CHECK_OK(axn_network_from_json(json, &again, "memory", &error), error);
        CU_ASSERT_EQUAL_FATAL(again.count, network.count);
        for (int i = 0; i < network.count; i++)
            CU_ASSERT_EQUAL(
                memcmp(&again.layers[i].output, &network.layers[i].output, sizeof(axn_shape)), 0);
        cJSON_Delete(json);
        axn_network_free(&again);
        axn_network_free(&network);
    }
    CU_ASSERT(accepted > 200);
}

/* A number that is small, at a limit, or anything. */
static int wild(axn_random *random)
{
    static const int edges[] = {0,    1,    -1,    INT_MAX, INT_MIN, 255,     256,
                                4096, 4097, 32768, 32769,   1 << 24, 1 << 27, (1 << 24) + 1,
                                1024, 1025, 63,    64,      2,       3};
    switch (below(random, 3)) {
    case 0:
        return below(random, 4);
    case 1:
        return edges[below(random, (int)(sizeof edges / sizeof edges[0]))];
    default:
        return (int)axn_random_u32(random);
    }
}

/* Under the sanitizers this also shows that no content overflows. */
static void garbage_never_breaks_inference(void)
{
    axn_random random = axn_random_stream(2, AXN_RANDOM_TEST, 0, 0);
    for (int round = 0; round < 20000; round++) {
        axn_layer layers[6];
        memset(layers, 0, sizeof layers);
        int count = 2 + below(&random, 5);
        for (int i = 0; i < count; i++) {
            axn_layer *layer = &layers[i];
            layer->kind = i == 0 ? AXN_LAYER_INPUT : (axn_layer_kind)below(&random, 8);
            if (i == count - 1)
                layer->kind = AXN_LAYER_DENSE;
            snprintf(layer->name, sizeof layer->name, "l%d", i);
            layer->input_count = below(&random, 8) == 0 ? wild(&random) : (i > 0);
            for (int j = 0; j < AXN_MAX_INPUTS; j++)
                layer->inputs[j] =
                    below(&random, 8) == 0 || i == 0 ? wild(&random) : below(&random, i);
            layer->kernel_h = wild(&random);
            layer->kernel_w = wild(&random);
            layer->stride = wild(&random);
            layer->pad_h = wild(&random);
            layer->pad_w = wild(&random);
            layer->units = wild(&random);
            layer->multiplier = below(&random, 4) == 0 ? wild(&random) : 0;
            layer->output = (axn_shape){wild(&random), wild(&random), wild(&random)};
        }
        axn_network network = {layers, count, count};
        axn_error error = {0};
        if (axn_network_infer(&network, &error) == AXN_OK) {
            CU_ASSERT(axn_network_multiplications(&network, AXN_COUNT_PAPER) >= 0);
            CU_ASSERT(axn_network_multiplications_dense(&network) > 0);
            CU_ASSERT(axn_network_parameters(&network) > 0);
        } else {
            CU_ASSERT_NOT_EQUAL(error.message[0], '\0');
        }
    }
}

static void largest_costs_do_not_overflow(void)
{
    axn_error error = {0};
    axn_network network = {0};
    axn_network_add_input(&network, (axn_shape){4096, 4096, 1});
    for (int i = 0; i < 100; i++) {
        axn_network_add_conv(&network, i, 1, 181, 4096, false, false);
        network.layers[i + 1].inputs[0] = 0;
    }
    axn_network_add_dense(&network, 100, 10, false);
    AXN_CHECK_OK(axn_network_infer(&network, &error), error);
    CU_ASSERT_EQUAL(axn_network_multiplications(&network, AXN_COUNT_PAPER),
                    INT64_C(100) * (4096 + 180) * (4096 + 180) * 181 * 181);
    axn_network_free(&network);
}

static void files_round_trip(void)
{
    axn_error error = {0};
    char folder[AXN_PATH_MAX], path[AXN_PATH_MAX];
    axn_network network, again;
    axn_check_folder(folder);
    axn_check_path(path, folder, "resnet14.json");
    AXN_REQUIRE_OK(axn_network_builtin("resnet14", cifar, 100, &network, &error), error);
    AXN_REQUIRE_OK(axn_network_save(path, &network, &error), error);
    AXN_REQUIRE_OK(axn_network_load(path, &again, &error), error);
    CU_ASSERT_EQUAL_FATAL(again.count, network.count);
    cJSON *first = axn_network_to_json(&network), *second = axn_network_to_json(&again);
    CU_ASSERT_TRUE(cJSON_Compare(first, second, 1));
    cJSON_Delete(first);
    cJSON_Delete(second);
    axn_network_free(&network);
    axn_network_free(&again);
    axn_check_folder_remove(folder);
}

static axn_status load_text(const char *text, axn_network *network, axn_error *error)
{
    cJSON *json = NULL;
    *network = (axn_network){0};
    axn_status status = axn_json_parse("net.json", text, strlen(text), &json, error);
    if (status == AXN_OK)
        status = axn_network_from_json(json, network, "net.json", error);
    cJSON_Delete(json);
    return status;
}

#define INPUT "{\"kind\":\"input\",\"shape\":[8,8,1]}"
#define DENSE "{\"kind\":\"dense\",\"units\":10}"

static void hand_written_files_have_defaults(void)
{
    axn_error error = {0};
    axn_network network;
    AXN_REQUIRE_OK(load_text("[" INPUT ",{\"kind\":\"conv\",\"units\":4,\"kernel\":3},"
                             "{\"kind\":\"max_pool\",\"kernel\":[2,4],\"stride\":2}," DENSE "]",
                             &network, &error),
                   error);
    const axn_layer *conv = &network.layers[1], *pool = &network.layers[2];
    CU_ASSERT(conv->stride == 1 && conv->kernel_w == 3 && conv->multiplier == 0 && !conv->relu &&
              !conv->batch_norm && conv->inputs[0] == 0);
    CU_ASSERT(pool->kernel_h == 2 && pool->kernel_w == 4 && pool->output.width == 3);
    CU_ASSERT_EQUAL(network.layers[3].multiplier, -1);
    axn_network_free(&network);
}

static void damaged_files_are_named(void)
{
    static const struct {
        const char *text, *part;
    } cases[] = {
        {"{}", "\"layers\" is not an array"},
        {"[]", "0 layers"},
        {"[" INPUT ",7]", "net.json: layer 1: not an object"},
        {"[" INPUT ",{\"kind\":\"warp\"}]", "unknown kind \"warp\""},
        {"[" INPUT ",{\"kind\":\"conv\",\"units\":4}," DENSE "]", "\"kernel\""},
        {"[" INPUT ",{\"kind\":\"conv\",\"kernel\":3}," DENSE "]", "\"units\" is missing"},
        {"[" INPUT ",{\"kind\":\"conv\",\"units\":4.5,\"kernel\":3}," DENSE "]", "\"units\""},
        {"[" INPUT ",{\"kind\":\"conv\",\"units\":4,\"kernel\":3,\"colour\":1}," DENSE "]",
         "unknown key \"colour\""},
        {"[" INPUT ",{\"kind\":\"conv\",\"units\":4,\"kernel\":1e30}," DENSE "]", "\"kernel\""},
        {"[" INPUT ",{\"kind\":\"dense\",\"units\":10,\"inputs\":[\"later\"]}]", "\"later\""},
        {"[" INPUT ",{\"kind\":\"dense\",\"units\":10,\"inputs\":[0]}]", "\"inputs\""},
        {"[" INPUT ",{\"kind\":\"dense\",\"units\":10,\"output_shape\":[1,1,9]}]",
         "\"output_shape\" is 1 x 1 x 9"},
        {"[{\"kind\":\"input\",\"shape\":[8,8]}," DENSE "]", "\"shape\""},
        {"[{\"kind\":\"input\",\"shape\":[8,0,1]}," DENSE "]", "shape 8 x 0 x 1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        axn_error error = {0};
        axn_network network;
        axn_status status = load_text(cases[i].text, &network, &error);
        CU_ASSERT_NOT_EQUAL(status, AXN_OK);
        AXN_CHECK_FAILS(load_text(cases[i].text, &network, &error), error, status, cases[i].part);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "net.json"));
        CU_ASSERT_PTR_NULL(network.layers);
    }
}

AXN_TEST_MAIN("network",
              {"the ResNets have the published counts", resnets_have_the_published_counts},
              {"built-in networks fit other images", builtins_fit_other_images},
              {"windows follow the rules", windows_follow_the_rules},
              {"sum and concat join shapes", sum_and_concat_join_shapes},
              {"whole networks are checked", whole_networks_are_checked},
              {"random networks are consistent", random_networks_are_consistent},
              {"garbage never breaks inference", garbage_never_breaks_inference},
              {"the largest costs do not overflow", largest_costs_do_not_overflow},
              {"files round-trip", files_round_trip},
              {"hand-written files have defaults", hand_written_files_have_defaults},
              {"damaged files are named", damaged_files_are_named})
