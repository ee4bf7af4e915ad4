/* Corrections of a quantised model, each against what is worked out plainly: the golden model's
 * bytes and loops over them. */
#include <math.h>

#include "nas/layers.h"
#include "sim/golden.h"
#include "tests/correct_fixture.h"

/* Corrected on some images, the model with `table` gives the logits of the one with `wanted` on
 * others, whatever those are. */
static void expect_restored(uint64_t seed, const axn_table *wanted, const axn_table *reference,
                            const axn_table *table, axn_correction correction, bool swap)
{
    axn_model right, corrected;
    picture_set calibration, others;
    int32_t logits[2][IMAGES * MOST_CLASSES] = {{0}};
    make_model(seed, wanted, swap, false, &right);
    make_model(seed, wanted, swap, false, &corrected);
    draw(&right, 1, &calibration);
    draw(&right, 2, &others);
    correct(&corrected, table, reference, correction, &calibration);
    logits_of(&right, wanted, &others, logits[0]);
    logits_of(&corrected, table, &others, logits[1]);
    CU_ASSERT_EQUAL(memcmp(logits[0], logits[1], sizeof logits[0]), 0);
    free(calibration.bytes);
    free(others.bytes);
    axn_model_free(&right);
    axn_model_free(&corrected);
}

static void a_constant_error_vanishes_in_the_bias(void)
{
    axn_table *tables = required(2, sizeof *tables);
    axn_table_exact(&tables[0]);
    for (int i = 0; i < 65536; i++) {
        tables[1].product[i] = (uint16_t)(tables[0].product[i] + 17);
    }
    for (uint64_t seed = 0; seed < 12; seed++) {
        expect_restored(seed, &tables[0], NULL, &tables[1], (axn_correction){.correct_bias = true},
                        true);
    }
    free(tables);
}

static void permuted_codes_are_mapped_back(void)
{
    axn_table *tables = required(2, sizeof *tables);
    axn_table_exact(&tables[0]);
    for (int i = 0; i < 65536; i++) {
        tables[1].product[i] = (uint16_t)((i >> 8) * turned(i & 255));
    }
    for (uint64_t seed = 0; seed < 12; seed++) {
        expect_restored(seed, &tables[0], NULL, &tables[1],
                        (axn_correction){.mapping = AXN_MAP_UNIFORM}, false);
        expect_restored(seed, &tables[0], NULL, &tables[1],
                        (axn_correction){.mapping = AXN_MAP_BY_HISTOGRAM, .correct_bias = true},
                        false);
    }
    free(tables);
}

static void a_transposed_table_wants_swapped_operands(void)
{
    axn_table *tables = required(3, sizeof *tables);
    axn_random_table(5, &tables[0]);
    axn_table_transpose(&tables[0], &tables[1]);
    axn_table_transpose(&tables[1], &tables[2]);
    CU_ASSERT_EQUAL(memcmp(&tables[0], &tables[2], sizeof *tables), 0);
    for (uint64_t seed = 0; seed < 12; seed++) {
        axn_correction correction = {.operand_order = AXN_ORDER_SWAPPED};
        expect_restored(seed, &tables[0], &tables[0], &tables[1], correction, true);
        correction.operand_order = AXN_ORDER_BEST;
        expect_restored(seed, &tables[0], &tables[0], &tables[1], correction, true);
        /* mapping and bias have nothing left to do */
        correction.mapping = AXN_MAP_BY_HISTOGRAM;
        correction.correct_bias = true;
        expect_restored(seed, &tables[0], &tables[0], &tables[1], correction, true);
        /* and a model that knows its table is left alone */
        expect_restored(seed, &tables[0], &tables[0], &tables[0], correction, true);
    }
    free(tables);
}

/* ---- what a layer sees, from the golden model ---- */

/* Sum of the products, and the whole accumulator without bias, at one output pixel. */
typedef struct pixel_sums {
    int64_t products, accumulator;
} pixel_sums;

static pixel_sums sums_at(const axn_model *model, const uint16_t *product, int layer,
                          const uint8_t *map, int unit, int pixel)
{
    const axn_layer *at = &model->network.layers[layer];
    const axn_shape in = model->network.layers[at->inputs[0]].output;
    const int64_t zx = model->layers[at->inputs[0]].output.zero_point;
    const int64_t zw = model->layers[layer].weight_zero[unit];
    const uint8_t *w = model->layers[layer].weights + unit * axn_layer_taps(&model->network, layer);
    pixel_sums sums = {0, 0};
    for (int ky = 0; ky < at->kernel_h; ky++) {
        for (int kx = 0; kx < at->kernel_w; kx++) {
            int y = pixel / at->output.width * at->stride + ky - at->pad_h;
            int x = pixel % at->output.width * at->stride + kx - at->pad_w;
            for (int c = 0; c < in.channels; c++, w++) {
                bool inside = y >= 0 && y < in.height && x >= 0 && x < in.width;
                int64_t code = inside ? map[(y * in.width + x) * in.channels + c] : zx;
                int pair = (int)(at->swap_operands ? *w * 256 + code : code * 256 + *w);
                sums.products += product[pair];
                sums.accumulator += product[pair] - zw * code - zx * *w + zx * zw;
            }
        }
    }
    return sums;
}

/* Bytes of every layer of one image. */
typedef struct golden_maps {
    uint8_t *layers[AXN_MAX_LAYERS];
} golden_maps;

static void run_golden(const axn_model *model, const axn_table *table, const uint8_t *image,
                       golden_maps *maps)
{
    int32_t logits[MOST_CLASSES];
    const uint16_t *products[1] = {table->product};
    axn_golden_run(model, products, image, maps->layers, logits);
}

static void make_maps(const axn_model *model, golden_maps *maps)
{
    for (int i = 0; i < model->network.count; i++) {
        maps->layers[i] = required((size_t)axn_shape_size(model->network.layers[i].output), 1);
    }
}

static void free_maps(const axn_model *model, golden_maps *maps)
{
    for (int i = 0; i < model->network.count; i++) {
        free(maps->layers[i]);
    }
}

/* Mean over all images and pixels of one channel: of the products with `table` less those with
 * `reference`, and mean and deviation of the accumulators. */
typedef struct channel_view {
    double error, mean, deviation;
} channel_view;

static channel_view view_channel(const axn_model *model, const axn_table *table,
                                 const axn_table *reference, const picture_set *pictures, int layer,
                                 int unit)
{
    const axn_layer *at = &model->network.layers[layer];
    int pixels = at->output.height * at->output.width;
    double error = 0, sum = 0, squares = 0, count = (double)pixels * IMAGES;
    golden_maps maps;
    make_maps(model, &maps);
    for (int i = 0; i < IMAGES; i++) {
        run_golden(model, table, pictures->images[i], &maps);
        const uint8_t *map = maps.layers[at->inputs[0]];
        for (int pixel = 0; pixel < pixels; pixel++) {
            pixel_sums own = sums_at(model, table->product, layer, map, unit, pixel);
            pixel_sums other = sums_at(model, reference->product, layer, map, unit, pixel);
            error += (double)(own.products - other.products);
            sum += (double)own.accumulator;
            squares += (double)own.accumulator * (double)own.accumulator;
        }
    }
    free_maps(model, &maps);
    double mean = sum / count;
    return (channel_view){error / count, mean, sqrt(fmax(0, squares / count - mean * mean))};
}

static void biases_lose_the_mean_error_in_order(void)
{
    axn_table *tables = required(2, sizeof *tables);
    axn_table_exact(&tables[0]);
    axn_random_table(9, &tables[1]);
    int checked = 0;
    for (uint64_t seed = 20; seed < 26; seed++) {
        axn_model before, after;
        picture_set images;
        make_model(seed, &tables[1], true, true, &before);
        make_model(seed, &tables[1], true, true, &after);
        invent_norms(&before);
        invent_norms(&after);
        draw(&before, 3, &images);
        correct(&after, &tables[1], NULL, (axn_correction){.correct_bias = true}, &images);
        for (int i = 0; i < after.network.count; i++) {
            if (after.network.layers[i].kind != AXN_LAYER_CONV) {
                continue;
            }
            int unit = (int)(seed % (uint64_t)after.network.layers[i].units);
            channel_view view = view_channel(&after, &tables[1], &tables[0], &images, i, unit);
            CU_ASSERT_EQUAL(before.layers[i].bias[unit] - after.layers[i].bias[unit],
                            nearbyint(view.error));
            /* what the batch norm is folded for moves along */
            CU_ASSERT_DOUBLE_EQUAL(after.layers[i].norm_mean[unit],
                                   before.layers[i].norm_mean[unit] + view.error,
                                   1e-6 * (1 + fabs(view.error)));
            checked++;
        }
        free(images.bytes);
        axn_model_free(&before);
        axn_model_free(&after);
    }
    CU_ASSERT_TRUE(checked > 5);
    free(tables);
}

static double ratio_of(const axn_model *model, int layer, int unit)
{
    return ldexp(model->layers[layer].mantissa[unit], -model->layers[layer].shift[unit]);
}

/* Behind the requantisation each channel has mean ratio * (mean + bias) and deviation ratio *
 * deviation, those it was folded for, with the sums that the corrected layers before give. */
static void norms_restore_the_distribution_in_order(void)
{
    axn_table *table = required(1, sizeof *table);
    axn_random_table(11, table);
    int checked = 0;
    for (uint64_t seed = 40; seed < 46; seed++) {
        axn_model before, after;
        picture_set images;
        make_model(seed, table, true, true, &before);
        make_model(seed, table, true, true, &after);
        invent_norms(&before);
        invent_norms(&after);
        draw(&before, 4, &images);
        correct(&after, table, table,
                (axn_correction){.reestimate_norm = true, .correct_bias = true}, &images);
        for (int i = 0; i < after.network.count; i++) {
            if (after.network.layers[i].kind != AXN_LAYER_CONV) {
                continue;
            }
            int unit = (int)(seed % (uint64_t)after.network.layers[i].units);
            const axn_model_layer *old = &before.layers[i], *new = &after.layers[i];
            channel_view view = view_channel(&after, table, table, &images, i, unit);
            CU_ASSERT_DOUBLE_EQUAL(new->norm_mean[unit], view.mean, 1e-6 * (1 + fabs(view.mean)));
            if (view.deviation < 1) {
                continue;
            }
            double was = ratio_of(&before, i, unit), is = ratio_of(&after, i, unit);
            double centre = was * (old->norm_mean[unit] + old->bias[unit]);
            double spread = hypot(view.deviation, sqrt(AXN_BATCH_NORM_EPSILON) * 64 * 256);
            CU_ASSERT_DOUBLE_EQUAL(is * spread, was * old->norm_deviation[unit],
                                   1e-3 * fabs(was) * old->norm_deviation[unit]);
            /* The bias is a whole number. */
            CU_ASSERT_DOUBLE_EQUAL(is * (view.mean + new->bias[unit]), centre,
                                   1e-3 * (1 + fabs(centre)) + 0.5 * fabs(is));
            checked++;
        }
        free(images.bytes);
        axn_model_free(&before);
        axn_model_free(&after);
    }
    CU_ASSERT_TRUE(checked > 5);
    free(table);
}

static void expect_same_arrays(const axn_model *a, const axn_model *b)
{
    for (int i = 0; i < a->network.count; i++) {
        const axn_model_layer *p = &a->layers[i], *q = &b->layers[i];
        size_t units = (size_t)a->network.layers[i].units;
        size_t steps = (size_t)p->requantisations, weights = (size_t)axn_model_weight_count(a, i);
        CU_ASSERT_EQUAL(a->network.layers[i].swap_operands, b->network.layers[i].swap_operands);
        CU_ASSERT_EQUAL(p->accumulator_bits, q->accumulator_bits);
        CU_ASSERT_TRUE(weights == 0 || memcmp(p->weights, q->weights, weights) == 0);
        CU_ASSERT_TRUE(weights == 0 || memcmp(p->bias, q->bias, 4 * units) == 0);
        CU_ASSERT_TRUE(steps == 0 || memcmp(p->mantissa, q->mantissa, 2 * steps) == 0);
        CU_ASSERT_TRUE(steps == 0 || memcmp(p->shift, q->shift, steps) == 0);
        CU_ASSERT_TRUE(p->norm_mean == NULL ||
                       memcmp(p->norm_mean, q->norm_mean, units * sizeof(double)) == 0);
        CU_ASSERT_TRUE(p->norm_deviation == NULL ||
                       memcmp(p->norm_deviation, q->norm_deviation, units * sizeof(double)) == 0);
    }
}

static void norms_that_agree_stay(void)
{
    axn_table *table = required(1, sizeof *table);
    axn_random_table(12, table);
    for (uint64_t seed = 60; seed < 68; seed++) {
        axn_model before, after;
        picture_set images;
        axn_error error = {0};
        int norms = 0, known = 0;
        make_model(seed, table, true, true, &before);
        make_model(seed, table, true, true, &after);
        draw(&before, 5, &images);
        axn_calibration calibration = {
            .images = images.images, .count = IMAGES, .pool = pool_of(2)};
        axn_model_has_norm(&before, &norms, &known);
        CU_ASSERT_EQUAL(known, 0);
        AXN_CHECK_OK(axn_model_measure_norm(&before, table, &calibration, &error), error);
        AXN_CHECK_OK(axn_model_measure_norm(&after, table, &calibration, &error), error);
        axn_model_has_norm(&before, &norms, &known);
        CU_ASSERT_EQUAL(known, norms);
        correct(&after, table, NULL, (axn_correction){.reestimate_norm = true}, &images);
        axn_model_prove(&before, (const uint16_t *const[]){table->product});
        expect_same_arrays(&before, &after);
        axn_pool_destroy(calibration.pool);
        free(images.bytes);
        axn_model_free(&before);
        axn_model_free(&after);
    }
    free(table);
}

static void threads_do_not_matter(void)
{
    axn_table *table = required(1, sizeof *table);
    axn_random_table(13, table);
    const axn_correction correction = {AXN_ORDER_BEST, AXN_MAP_BY_HISTOGRAM, true, true};
    for (uint64_t seed = 80; seed < 86; seed++) {
        axn_model models[3];
        axn_correction_result results[3];
        picture_set images = {0};
        for (int i = 0; i < 3; i++) {
            make_model(seed, table, true, true, &models[i]);
            if (seed % 2 == 0) {
                invent_norms(&models[i]);
            }
            if (i == 0) {
                draw(&models[0], 6, &images);
            }
            correct_with(&models[i], table, NULL, correction, &images, i + 1, &results[i]);
        }
        for (int i = 1; i < 3; i++) {
            expect_same_arrays(&models[0], &models[i]);
            CU_ASSERT_EQUAL(memcmp(results[0].layers, results[i].layers,
                                   (size_t)results[0].layer_count * sizeof *results[0].layers),
                            0);
        }
        for (int i = 0; i < 3; i++) {
            axn_correction_result_free(&results[i]);
            axn_model_free(&models[i]);
        }
        free(images.bytes);
    }
    free(table);
}

AXN_TEST_MAIN("correct",
              {"a constant error vanishes in the bias", a_constant_error_vanishes_in_the_bias},
              {"permuted codes are mapped back", permuted_codes_are_mapped_back},
              {"a transposed table wants swapped operands",
               a_transposed_table_wants_swapped_operands},
              {"biases lose the mean error, in order", biases_lose_the_mean_error_in_order},
              {"norms restore the distribution, in order", norms_restore_the_distribution_in_order},
              {"norms that agree stay", norms_that_agree_stay},
              {"threads do not matter", threads_do_not_matter})
