/* How full the array is: the bars on utilisation, by the cycle model that the RTL equals. */
#include "tests/check.h"

#include <stdlib.h>

#include "common/memory.h"
#include "model/builtin.h"
#include "tests/dense_survey.h"
#include "tests/layer_cycles.h"
#include "tests/random_model.h"

enum {
    NETWORKS = 40,
    ALLOWED_LOSS = 100
}; /* cycles, of layers too short for a share of their bound */

static const axn_array_shape square = {16, 16}, large = {32, 32};

static axn_table table;

/* A network with random parameters, compiled; the caller frees model, program and cycles. */
static void estimate(axn_model *model, axn_array_shape array, axn_program *program,
                     axn_cycles *cycles)
{
    const char *name = "random";
    axn_error error = {0};
    AXN_REQUIRE_OK(axn_random_parameters(1, model, &table, &name, 1, &error), error);
    AXN_REQUIRE_OK(axn_program_compile(model, array, program, &error), error);
    AXN_REQUIRE_OK(axn_program_cycles(program, &model->network, cycles, &error), error);
}

static void resnet8_fills_the_array(void)
{
    axn_error error = {0};
    for (int i = 0; i < 2; i++) {
        axn_model model = {0};
        axn_program program;
        axn_cycles cycles;
        axn_random_table(1, &table);
        AXN_REQUIRE_OK(
            axn_network_builtin("resnet8", (axn_shape){32, 32, 3}, 10, &model.network, &error),
            error);
        estimate(&model, i == 0 ? square : large, &program, &cycles);
        CU_ASSERT(cycles.utilisation >= (i == 0 ? 0.95 : 0.6));
        for (int k = 0; k < cycles.layer_count && i == 0; k++) {
            if (cycles.layers[k].multiplications > 0) {
                CU_ASSERT(cycles.layers[k].utilisation >= (k == 0 ? 0.8 : 0.95));
            }
        }
        CU_ASSERT(i == 1 ||
                  (program.banks == 4 && program.row_buses == 1)); /* no more than needed */
        axn_cycles_free(&cycles);
        axn_program_free(&program);
        axn_model_free(&model);
    }
}

/* Either the share of the tiling bound, or few cycles lost. */
static void check_layer(axn_one_layer layer, axn_array_shape array, double share)
{
    axn_layer_figures at;
    axn_error error = {0};
    AXN_REQUIRE_OK(axn_one_layer_cycles(&layer, array, (axn_array_options){0}, &at, &error), error);
    bool good = at.of_bound >= share || at.cycles - at.bound <= ALLOWED_LOSS;
    if (!good) {
        fprintf(stderr, "\n    %dx%d, %d channels, %d units, kernel %d, stride %d: %lld of %lld\n",
                layer.height, layer.width, layer.channels, layer.units, layer.kernel, layer.stride,
                (long long)at.cycles, (long long)at.bound);
    }
    CU_ASSERT(good);
}

/* Maps, channels, kernels and strides at which an array may starve. One exception: 1 x 1 kernels
 * on one to three channels have fewer taps than any number of lanes could follow. */
static void odd_layers_come_near_their_bound(void)
{
    static const int maps[] = {7, 14, 28, 32}, channels[] = {1, 3, 8, 20, 24, 40};
    static const int kernels[] = {1, 3, 5, 7}, units[] = {16, 32};
    for (int i = 0; i < 4 * 6 * 4 * 2 * 2; i++) {
        axn_one_layer layer = {.height = maps[i % 4],
                               .width = maps[i % 4],
                               .channels = channels[i / 4 % 6],
                               .kernel = kernels[i / 24 % 4],
                               .units = units[i / 96 % 2],
                               .stride = 1 + i / 192};
        if (layer.channels * layer.kernel * layer.kernel >= 8) {
            check_layer(layer, square, 0.9);
        }
    }
}

/* The image's layer of a Fashion-MNIST network, which a row bus alone would halve. */
static void one_channel_of_few_taps_is_split(void)
{
    axn_layer_figures one, two;
    axn_error error = {0};
    axn_one_layer layer = {28, 28, 1, 16, 3, 1};
    AXN_REQUIRE_OK(
        axn_one_layer_cycles(&layer, square, (axn_array_options){.row_buses = 1}, &one, &error),
        error);
    AXN_REQUIRE_OK(axn_one_layer_cycles(&layer, square, (axn_array_options){0}, &two, &error),
                   error);
    CU_ASSERT_EQUAL(two.lanes, 2);
    CU_ASSERT(two.of_bound >= 0.9);
    CU_ASSERT(two.cycles * 5 < one.cycles * 3);
    AXN_CHECK_FAILS(
        axn_one_layer_cycles(&layer, large, (axn_array_options){.banks = 4}, &one, &error), error,
        AXN_ERROR_USAGE, "banks");
    AXN_CHECK_FAILS(
        axn_one_layer_cycles(&layer, large, (axn_array_options){.row_buses = 3}, &one, &error),
        error, AXN_ERROR_USAGE, "buses");
}

/* No network of the search's templates spends more than half of its cycles in fully connected
 * layers; with one tap a cycle some would, and those alone get more. */
static void dense_layers_do_not_dominate(void)
{
    static const struct {
        const char *file;
        axn_shape input;
    } templates[] = {{"flows/templates/fashion-mnist.txt", {28, 28, 1}},
                     {"flows/templates/cifar10.txt", {32, 32, 3}}};
    axn_error error = {0};
    for (int i = 0; i < 2; i++) {
        axn_dense_figures chosen[NETWORKS], one[NETWORKS];
        int dominated = 0;
        AXN_REQUIRE_OK(axn_dense_survey(templates[i].file, templates[i].input, square,
                                        (axn_array_options){0}, NETWORKS, chosen, &error),
                       error);
        AXN_REQUIRE_OK(axn_dense_survey(templates[i].file, templates[i].input, square,
                                        (axn_array_options){.dense_taps = 1}, NETWORKS, one,
                                        &error),
                       error);
        for (int k = 0; k < NETWORKS; k++) {
            CU_ASSERT(chosen[k].share <= 0.5);
            CU_ASSERT((chosen[k].taps > 1) == (one[k].share > 0.5));
            dominated += one[k].share > 0.5;
        }
        CU_ASSERT(dominated > 0);
    }
}

AXN_TEST_MAIN("cycles", {"resnet8 fills the array", resnet8_fills_the_array},
              {"odd layers come near their tiling bound", odd_layers_come_near_their_bound},
              {"a layer of one channel gets a second bus", one_channel_of_few_taps_is_split},
              {"fully connected layers do not dominate", dense_layers_do_not_dominate})
