/* Weight codes for a multiplier, the limits of what can be corrected, calibration images. */
#include <math.h>

#include "tests/correct_fixture.h"

static void maps_are_the_nearest_columns(void)
{
    axn_table *tables = required(2, sizeof *tables);
    uint64_t activations[256];
    uint8_t map[256];
    for (uint64_t seed = 0; seed < 4; seed++) {
        axn_random random = axn_random_stream(seed, AXN_RANDOM_TEST, 5, 5);
        axn_random_table(seed, &tables[0]);
        axn_random_table(seed + 100, &tables[1]);
        for (int x = 0; x < 256; x++) {
            activations[x] = axn_random_below(&random, 1000);
        }
        const axn_table *wanted = seed % 2 == 0 ? NULL : &tables[1];
        const uint64_t *weights = seed < 2 ? NULL : activations;
        axn_weight_map(wanted, &tables[0], weights, map);
        for (int w = (int)seed; w < 256; w += 9) {
            uint64_t distance[256] = {0};
            for (int candidate = 0; candidate < 256; candidate++) {
                for (int x = 0; x < 256; x++) {
                    int target = wanted == NULL ? x * w : wanted->product[x * 256 + w];
                    int found = tables[0].product[x * 256 + candidate];
                    distance[candidate] +=
                        (weights == NULL ? 1 : weights[x]) * (uint64_t)abs(target - found);
                }
            }
            for (int candidate = 0; candidate < 256; candidate++) {
                CU_ASSERT_TRUE(distance[map[w]] < distance[candidate] ||
                               (distance[map[w]] == distance[candidate] &&
                                abs(map[w] - w) <= abs(candidate - w)));
            }
        }
    }
    free(tables);
}

/* Trained with T' or mapped afterwards: the same integers; and mean + bias of a batch norm, where
 * it stands, does not move. */
static void mapped_tables_and_mapped_codes_agree(void)
{
    axn_table *tables = required(2, sizeof *tables);
    uint8_t map[256];
    axn_random_table(17, &tables[0]);
    axn_weight_map(NULL, &tables[0], NULL, map);
    axn_table_map_weights(&tables[0], map, &tables[1]);
    for (uint64_t seed = 100; seed < 108; seed++) {
        axn_model trained, mapped;
        picture_set images;
        axn_error error = {0};
        int32_t logits[2][IMAGES * MOST_CLASSES] = {{0}};
        make_model(seed, &tables[1], false, true, &trained);
        make_model(seed, &tables[1], false, true, &mapped);
        invent_norms(&trained);
        invent_norms(&mapped);
        draw(&trained, 7, &images);
        for (int i = 0; i < mapped.network.count; i++) {
            const axn_layer *layer = &mapped.network.layers[i];
            if (layer->kind != AXN_LAYER_CONV) {
                continue;
            }
            AXN_CHECK_OK(axn_model_map_weights(&mapped, i, map, &error), error);
            for (int unit = 0; unit < layer->units; unit++) {
                const axn_model_layer *p = &trained.layers[i], *q = &mapped.layers[i];
                CU_ASSERT_EQUAL(p->norm_mean[unit] + p->bias[unit],
                                q->norm_mean[unit] + q->bias[unit]);
            }
        }
        logits_of(&trained, &tables[1], &images, logits[0]);
        logits_of(&mapped, &tables[0], &images, logits[1]);
        CU_ASSERT_EQUAL(memcmp(logits[0], logits[1], sizeof logits[0]), 0);
        free(images.bytes);
        axn_model_free(&trained);
        axn_model_free(&mapped);
    }
    free(tables);
}

/* ---- extremes ---- */

/* One convolution of `taps` channels on one pixel, two units, all weights `code`. */
static void make_deep(int taps, uint8_t code, const axn_table *table, axn_model *model)
{
    axn_error error = {0};
    *model = (axn_model){0};
    int input = axn_network_add_input(&model->network, (axn_shape){1, 1, taps});
    int conv = axn_network_add_conv(&model->network, input, 2, 1, 1, true, true);
    axn_network_add_dense(&model->network, conv, 2, false);
    AXN_REQUIRE_OK(axn_network_infer(&model->network, &error), error);
    AXN_REQUIRE_OK(axn_model_allocate(model, &error), error);
    model->multiplier_count = 1;
    model->multipliers[0].hash = axn_table_hash(table);
    snprintf(model->multipliers[0].name, AXN_NAME_MAX, "table");
    model->layers[0].output = (axn_quantisation){1.0 / 255, 255};
    model->layers[1].output = (axn_quantisation){1, 3};
    model->layers[1].low = 3;
    memset(model->layers[1].weights, code, (size_t)taps * 2);
    for (int unit = 0; unit < 2; unit++) {
        model->layers[1].weight_zero[unit] = code;
        model->layers[1].mantissa[unit] = (int16_t)(unit * 20000); /* the first is dead */
        model->layers[1].shift[unit] = 40;
    }
    AXN_REQUIRE_OK(axn_model_allocate_norm(model, 1, &error), error);
}

static void extremes_are_safe(void)
{
    axn_table *table = required(1, sizeof *table);
    for (int i = 0; i < 65536; i++) { /* the largest errors, one of them without variation */
        table->product[i] = (uint16_t)((i & 255) < 8 ? 65535 : (i >> 8 & 1) * 65535);
    }
    for (int test = 0; test < 12; test++) {
        axn_model model;
        picture_set images;
        axn_correction_result result;
        axn_error error = {0};
        const int taps = (const int[]){1, 100, AXN_MAX_TAPS}[test % 3];
        const uint8_t code = (const uint8_t[]){0, 255}[test / 3 % 2];
        axn_correction correction = {AXN_ORDER_BEST, AXN_MAP_UNIFORM, true, test < 6};
        make_deep(taps, code, table, &model);
        draw(&model, 8, &images);
        correct_with(&model, table, NULL, correction, &images, 2, &result);
        AXN_CHECK_OK(axn_model_check(&model, &error), error);
        for (int unit = 0; unit < 2; unit++) {
            CU_ASSERT_TRUE(isfinite(model.layers[1].norm_mean[unit]));
            CU_ASSERT_TRUE(model.layers[1].norm_deviation[unit] > 0);
        }
        CU_ASSERT_TRUE(isfinite(result.layers[1].error_before));
        CU_ASSERT_TRUE(result.layers[1].normalised == correction.reestimate_norm);
        if (taps == AXN_MAX_TAPS && code == 0 && !correction.reestimate_norm) {
            CU_ASSERT_EQUAL(result.layers[1].limited, 2); /* errors of 2^31 and no room */
        }
        axn_correction_result_free(&result);
        free(images.bytes);
        axn_model_free(&model);
    }
    free(table);
}

/* A channel whose mapped codes would need too large a bias keeps its codes. */
static void mapping_respects_the_bias(void)
{
    axn_table *table = required(1, sizeof *table);
    axn_model model;
    picture_set images;
    axn_correction_result result;
    axn_error error = {0};
    uint8_t map[256];
    for (int i = 0; i < 65536; i++) {
        table->product[i] = (uint16_t)((i >> 8) * turned(i & 255));
    }
    make_deep(AXN_MAX_TAPS, 127, table, &model); /* turned: 254 */
    draw(&model, 9, &images);
    axn_weight_map(NULL, table, NULL, map);
    CU_ASSERT_EQUAL(map[127], 254);
    AXN_CHECK_FAILS(axn_model_map_weights(&model, 1, map, &error), error, AXN_ERROR_LIMIT,
                    "would not fit");
    CU_ASSERT_EQUAL(model.layers[1].weights[5], 127);
    correct_with(&model, table, NULL, (axn_correction){.mapping = AXN_MAP_UNIFORM}, &images, 1,
                 &result);
    CU_ASSERT_EQUAL(result.layers[1].kept, 2);
    CU_ASSERT_EQUAL(result.layers[1].mapped, 0);
    CU_ASSERT_EQUAL(model.layers[1].weights[5], 127);
    CU_ASSERT_EQUAL(model.layers[1].bias[0], 0);
    axn_correction_result_free(&result);
    free(images.bytes);
    axn_model_free(&model);
    free(table);
}

static void calibration_images_are_spread(void)
{
    uint8_t pixels[40] = {0};
    const uint32_t own[] = {3, 5, 7, 11};
    const int places[] = {0, 2, 5, 7};
    axn_dataset data = {.name = "toy", .shape = {2, 2, 1}, .train = {pixels, NULL, 10}};
    const uint8_t **images = NULL;
    axn_error error = {0};
    int count = 0;
    AXN_REQUIRE_OK(axn_calibration_images(&data, NULL, 10, 4, &images, &count, &error), error);
    CU_ASSERT_EQUAL(count, 4);
    for (int i = 0; i < count; i++) {
        CU_ASSERT_PTR_EQUAL(images[i], pixels + (ptrdiff_t)4 * places[i]);
    }
    free((void *)images);
    AXN_REQUIRE_OK(axn_calibration_images(&data, own, 3, 100, &images, &count, &error), error);
    CU_ASSERT_EQUAL(count, 3);
    CU_ASSERT_PTR_EQUAL(images[2], pixels + (ptrdiff_t)4 * 7);
    free((void *)images);
    AXN_CHECK_FAILS(axn_calibration_images(&data, NULL, 0, 4, &images, &count, &error), error,
                    AXN_ERROR_USAGE, "no images");
}

AXN_TEST_MAIN("correct_weights", {"maps are the nearest columns", maps_are_the_nearest_columns},
              {"mapped tables and mapped codes agree", mapped_tables_and_mapped_codes_agree},
              {"extremes are safe", extremes_are_safe},
              {"mapping respects the bias", mapping_respects_the_bias},
              {"calibration images are spread", calibration_images_are_spread})
