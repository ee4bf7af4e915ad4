#include "bench/random_model.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/random.h"
#include "model/builtin.h"

static axn_status build_small(axn_network *out, axn_error *error)
{
    *out = (axn_network){0};
    int image = axn_network_add_input(out, (axn_shape){8, 8, 1});
    int first = axn_network_add_conv(out, image, 4, 3, 1, false, true);
    int second = axn_network_add_conv(out, first, 4, 3, 1, false, false);
    int sum = axn_network_add_sum(out, first, second, true);
    int pool = axn_network_add_pool(out, AXN_LAYER_MAX_POOL, sum, 2, 2, 0);
    int third = axn_network_add_conv(out, pool, 8, 3, 1, false, true);
    int average = axn_network_add_pool(out, AXN_LAYER_AVERAGE_POOL, third, 4, 4, 0);
    (void)axn_network_add_dense(out, average, 4, false);
    return axn_network_infer(out, error);
}

/* mantissa / 2^shift next to `factor`, with the full fifteen bits. */
static void set_factor(double factor, int16_t *mantissa, uint8_t *shift)
{
    int exponent = 0;
    double fraction = frexp(factor, &exponent); /* .5 .. 1 */
    *mantissa = (int16_t)floor(fraction * 32767);
    *shift = (uint8_t)(15 - exponent);
}

static void fill_weights(axn_model *model, int layer, axn_random *random)
{
    axn_model_layer *to = &model->layers[layer];
    int units = model->network.layers[layer].units;
    double taps = (double)axn_layer_taps(&model->network, layer);
    int64_t count = axn_model_weight_count(model, layer);
    for (int64_t i = 0; i < count; i++) {
        to->weights[i] = (uint8_t)axn_random_below(random, 256);
    }
    for (int unit = 0; unit < units; unit++) {
        to->weight_zero[unit] = 128;
        to->weight_scale[unit] = 1.0 / 256;
        if (to->requantisations > 0) { /* deviations: 74 of a weight, about 74 of an operand */
            set_factor(50 / (74 * 74 * sqrt(taps)), &to->mantissa[unit], &to->shift[unit]);
        }
    }
}

static void fill_layer(axn_model *model, int layer, axn_random *random)
{
    const axn_layer *from = &model->network.layers[layer];
    axn_model_layer *to = &model->layers[layer];
    to->output = (axn_quantisation){1.0 / 64, from->relu || layer == 0 ? 0 : 128};
    switch (from->kind) {
    case AXN_LAYER_CONV:
    case AXN_LAYER_DENSE:
        fill_weights(model, layer, random);
        break;
    case AXN_LAYER_MAX_POOL:
        to->output = model->layers[from->inputs[0]].output;
        break;
    case AXN_LAYER_AVERAGE_POOL:
        to->output = model->layers[from->inputs[0]].output;
        set_factor(1.0 / (from->kernel_h * from->kernel_w), &to->mantissa[0], &to->shift[0]);
        break;
    default:
        for (int i = 0; i < to->requantisations; i++) {
            set_factor(.7, &to->mantissa[i], &to->shift[i]);
        }
    }
    to->low = from->relu ? to->output.zero_point : 0;
}

axn_status axn_bench_model(const char *network, const char *multiplier, const axn_table *table,
                           axn_model *out, axn_error *error)
{
    const uint16_t *products[] = {table->product};
    axn_random random = axn_random_stream(1, AXN_RANDOM_TEST, 2, 0);
    *out = (axn_model){.multiplier_count = 1};
    axn_status status =
        strcmp(network, "small") == 0
            ? build_small(&out->network, error)
            : axn_network_builtin(network, (axn_shape){32, 32, 3}, 10, &out->network, error);
    if (status == AXN_OK) {
        status = axn_model_allocate(out, error);
    }
    for (int i = 0; i < out->network.count && status == AXN_OK; i++) {
        fill_layer(out, i, &random);
    }
    if (status == AXN_OK) {
        snprintf(out->dataset, sizeof out->dataset, "random");
        snprintf(out->multipliers[0].name, sizeof out->multipliers[0].name, "%s", multiplier);
        out->multipliers[0].hash = axn_table_hash(table);
        axn_model_prove(out, products);
        status = axn_model_check(out, error);
    }
    if (status != AXN_OK) {
        axn_model_free(out);
    }
    return status;
}
