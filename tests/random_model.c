#include "tests/random_model.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/random.h"

enum { STREAM_TABLE, STREAM_NETWORK, STREAM_PARAMETERS };

static axn_random stream(uint64_t seed, uint32_t use)
{
    return axn_random_stream(seed, AXN_RANDOM_TEST, use, 0);
}

/* Uniform in low .. high. */
static int between(axn_random *random, int low, int high)
{
    return low + (int)axn_random_below(random, (uint32_t)(high - low + 1));
}

static bool chance(axn_random *random, int percent)
{
    return between(random, 1, 100) <= percent;
}

void axn_random_table(uint64_t seed, axn_table *table)
{
    axn_random random = stream(seed, STREAM_TABLE);
    int offset = between(&random, 1, 90), mask = between(&random, 1, 31);
    for (int a = 0; a < 256; a++) {
        for (int b = 0; b < 256; b++) {
            int product = a * (b & ~mask) + ((a ^ (3 * b)) & 63) + offset;
            table->product[a * 256 + b] = (uint16_t)(product > 65535 ? 65535 : product);
        }
    }
}

/* --- Network --- */

typedef struct growth {
    axn_random random;
    axn_network *network;
    int most_elements; /* of one tensor */
    int most_channels;
} growth;

/* An earlier layer, the latest ones more often. */
static int pick(growth *grower)
{
    int last = grower->network->count - 1;
    return chance(&grower->random, 60) ? last : between(&grower->random, 0, last);
}

static int channels_for(growth *grower, int height, int width)
{
    int most = grower->most_elements / (height * width);
    most = most > grower->most_channels ? grower->most_channels : most;
    return between(&grower->random, 1, most < 1 ? 1 : most);
}

static int add_conv(growth *grower, int input)
{
    static const int kernels[] = {1, 2, 3, 3, 3, 4, 5, 6, 7};
    axn_shape in = grower->network->layers[input].output;
    int kernel = kernels[between(&grower->random, 0, 8)];
    int stride = between(&grower->random, 1, chance(&grower->random, 50) ? 1 : 3);
    int height = (in.height + stride - 1) / stride, width = (in.width + stride - 1) / stride;
    return axn_network_add_conv(grower->network, input, channels_for(grower, height, width), kernel,
                                stride, false, chance(&grower->random, 50));
}

static int add_pool(growth *grower, int input)
{
    axn_shape in = grower->network->layers[input].output;
    bool is_maximum = chance(&grower->random, 50);
    int smaller = in.height < in.width ? in.height : in.width;
    int kernel = between(&grower->random, 1, smaller < 4 ? smaller : 4);
    int stride = between(&grower->random, 1, 3);
    int pad = is_maximum && kernel > 1 ? between(&grower->random, 0, kernel / 2) : 0;
    if (!is_maximum && chance(&grower->random, 30)) {
        return axn_network_add_global_average(grower->network, input);
    }
    return axn_network_add_pool(grower->network,
                                is_maximum ? AXN_LAYER_MAX_POOL : AXN_LAYER_AVERAGE_POOL, input,
                                kernel, stride, pad);
}

/* Two to four layers of one map; the last layer alone stands for itself several times. */
static int add_concat(growth *grower, int input)
{
    const axn_network *network = grower->network;
    axn_shape shape = network->layers[input].output;
    int inputs[AXN_MAX_INPUTS] = {input};
    int channels = shape.channels, count = 1, wanted = between(&grower->random, 2, 4);
    for (int tries = 0; tries < 24 && count < wanted; tries++) {
        int other = between(&grower->random, 0, network->count - 1);
        axn_shape found = network->layers[other].output;
        if (found.height == shape.height && found.width == shape.width &&
            (channels + found.channels) * shape.height * shape.width <= 2 * grower->most_elements) {
            inputs[count++] = other;
            channels += found.channels;
        }
    }
    return count > 1 ? axn_network_add_concat(grower->network, inputs, count)
                     : add_conv(grower, input);
}

/* --- Compound cells of the search, as its genomes decode to them --- */

static int ceil_div(int a, int b)
{
    return (a + b - 1) / b;
}

/* Four branches of the same number of channels. */
static int add_inception(growth *grower, int input)
{
    axn_network *network = grower->network;
    axn_shape in = network->layers[input].output;
    int units = ceil_div(channels_for(grower, in.height, in.width), 4);
    int reduce = between(&grower->random, 1, 6);
    int five = axn_network_add_conv(network, input, reduce, 1, 1, false, true);
    int three = axn_network_add_conv(network, input, reduce, 1, 1, false, true);
    int pool = axn_network_add_pool(network, AXN_LAYER_MAX_POOL, input, 3, 1, 1);
    int branches[4] = {axn_network_add_conv(network, five, units, 5, 1, false, true),
                       axn_network_add_conv(network, three, units, 3, 1, false, true),
                       axn_network_add_conv(network, input, units, 1, 1, false, true),
                       axn_network_add_conv(network, pool, units, 1, 1, false, true)};
    return axn_network_add_concat(network, branches, 4);
}

/* An arm of two convolutions, or of three with 1x1 around the middle one, beside a 1x1. */
static int add_residual(growth *grower, int input, bool bottleneck)
{
    axn_network *network = grower->network;
    axn_shape in = network->layers[input].output;
    int kernel = between(&grower->random, 1, 7), second = between(&grower->random, 1, 5);
    int stride = between(&grower->random, 1, 3), reduce = between(&grower->random, 1, 8);
    int units = channels_for(grower, ceil_div(in.height, stride), ceil_div(in.width, stride));
    int arm = axn_network_add_conv(network, input, bottleneck ? reduce : units,
                                   bottleneck ? 1 : kernel, stride, false, true);
    if (bottleneck) {
        arm = axn_network_add_conv(network, arm, reduce, kernel, 1, false, true);
    }
    arm = axn_network_add_conv(network, arm, units, bottleneck ? 1 : second, 1, false, false);
    int shortcut = axn_network_add_conv(network, input, units, 1, stride, false, false);
    return axn_network_add_sum(network, arm, shortcut, true);
}

static axn_status add_layer(growth *grower, axn_error *error)
{
    int input = pick(grower), kind = between(&grower->random, 0, 11), added = -1;
    if (kind < 4) {
        added = add_conv(grower, input);
    } else if (kind < 6) {
        added = add_pool(grower, input);
    } else if (kind < 8) {
        int second = between(&grower->random, 0, grower->network->count - 1);
        added = axn_network_add_sum(grower->network, input, second, chance(&grower->random, 50));
    } else if (kind < 10) {
        added = add_concat(grower, input);
    } else if (chance(&grower->random, 50)) {
        added = add_inception(grower, input);
    } else {
        added = add_residual(grower, input, chance(&grower->random, 50));
    }
    if (added < 0) {
        return axn_fail(error, AXN_ERROR_MEMORY, "a random network does not fit");
    }
    return AXN_OK;
}

/* Inference refuses a network without a classifier at the end, so shapes of a growing one
 * are taken from a copy that has one. */
static axn_status infer_growing(axn_network *network, axn_error *error)
{
    axn_network whole = {0};
    axn_status status = axn_network_copy(network, &whole, error);
    if (status == AXN_OK && axn_network_add_dense(&whole, whole.count - 1, 2, false) < 0) {
        status = axn_fail(error, AXN_ERROR_MEMORY, "a random network does not fit");
    }
    if (status == AXN_OK) {
        status = axn_network_infer(&whole, error);
    }
    for (int i = 0; i < network->count && status == AXN_OK; i++) {
        network->layers[i] = whole.layers[i];
    }
    axn_network_free(&whole);
    return status;
}

axn_status axn_random_network(uint64_t seed, int size, axn_network *out, axn_error *error)
{
    *out = (axn_network){0};
    growth grower = {.random = stream(seed, STREAM_NETWORK),
                     .network = out,
                     .most_elements = 200 * size * size,
                     .most_channels = 8 + 12 * size};
    axn_random *random = &grower.random;
    axn_shape image = {between(random, 1, 4 + 4 * size), between(random, 1, 4 + 4 * size),
                       between(random, 1, chance(random, 80) ? 3 : 20)};
    axn_status status = axn_network_add_input(out, image) < 0
                            ? axn_fail(error, AXN_ERROR_MEMORY, "out of memory")
                            : infer_growing(out, error);
    int layers = between(random, 2, 6 + 2 * size);
    for (int i = 0; i < layers && status == AXN_OK; i++) {
        status = add_layer(&grower, error);
        if (status == AXN_OK) {
            status = infer_growing(out, error);
        }
    }
    int last = out->count - 1;
    if (status == AXN_OK && chance(random, 30)) {
        last = axn_network_add_dense(out, last, between(random, 1, 40), chance(random, 50));
    }
    if (status == AXN_OK && axn_network_add_dense(out, last, between(random, 2, 20), false) < 0) {
        status = axn_fail(error, AXN_ERROR_MEMORY, "out of memory");
    }
    if (status == AXN_OK) {
        status = axn_network_infer(out, error);
    }
    if (status != AXN_OK) {
        axn_network_free(out);
    }
    return status;
}

/* --- Parameters --- */

static uint8_t zero_point(axn_random *random)
{
    if (chance(random, 30)) {
        return chance(random, 50) ? 0 : 255;
    }
    return (uint8_t)between(random, 0, 255);
}

/* mantissa / 2^shift near `factor`. */
static void set_factor(axn_random *random, double factor, int16_t *mantissa, uint8_t *shift)
{
    int exponent;
    double fraction = frexp(factor, &exponent); /* .5 .. 1 */
    int bits = between(random, 3, 15);          /* short mantissas hit exact halves */
    int s = bits - exponent;
    while (s > AXN_SHIFT_MAX) {
        s--;
        fraction /= 2;
    }
    while (s < AXN_SHIFT_MIN) {
        s++;
        fraction *= bits < 15 ? 2 : 1;
    }
    double value = floor(fraction * (double)(1 << bits));
    value = value > INT16_MAX ? INT16_MAX : value;
    *mantissa = (int16_t)(chance(random, 10) ? -value : value);
    *shift = (uint8_t)s;
}

static void fill_weighted(axn_random *random, axn_model *model, int layer)
{
    axn_model_layer *quantised = &model->layers[layer];
    int units = model->network.layers[layer].units;
    int64_t taps = axn_layer_taps(&model->network, layer);
    int narrow = between(random, 1, 255);
    for (int64_t i = 0; i < taps * units; i++) {
        quantised->weights[i] =
            (uint8_t)(chance(random, 2) ? 255 * between(random, 0, 1) : between(random, 0, narrow));
    }
    double spread = 5000 * sqrt((double)taps);
    for (int unit = 0; unit < units; unit++) {
        quantised->weight_zero[unit] =
            (uint8_t)(chance(random, 70) ? narrow / 2 : zero_point(random));
        quantised->weight_scale[unit] = 1.0 / 256;
        quantised->bias[unit] = (int32_t)((axn_random_unit(random) - 0.5) * spread);
        if (quantised->requantisations > 0) {
            set_factor(random, (30 + 90 * axn_random_unit(random)) / spread,
                       &quantised->mantissa[unit], &quantised->shift[unit]);
        }
    }
}

static void fill_layer(axn_random *random, axn_model *model, int layer)
{
    const axn_layer *at = &model->network.layers[layer];
    axn_model_layer *quantised = &model->layers[layer];
    quantised->output = (axn_quantisation){.scale = 1.0 / 64, .zero_point = zero_point(random)};
    if (at->relu && chance(random, 90)) { /* a high one leaves next to nothing */
        quantised->output.zero_point /= 8;
    }
    if (at->kind == AXN_LAYER_MAX_POOL) {
        quantised->output = model->layers[at->inputs[0]].output;
    }
    quantised->low = at->relu ? quantised->output.zero_point : 0;
    if (at->kind == AXN_LAYER_CONV || at->kind == AXN_LAYER_DENSE) {
        fill_weighted(random, model, layer);
        return;
    }
    double factor = at->kind == AXN_LAYER_AVERAGE_POOL ? 1.0 / (at->kernel_h * at->kernel_w) : 1;
    for (int i = 0; i < quantised->requantisations; i++) {
        set_factor(random, factor * (0.3 + axn_random_unit(random)), &quantised->mantissa[i],
                   &quantised->shift[i]);
    }
}

axn_status axn_random_parameters(uint64_t seed, axn_model *model, const axn_table *tables,
                                 const char *const *names, int count, axn_error *error)
{
    axn_random random = stream(seed, STREAM_PARAMETERS);
    const uint16_t *products[AXN_MODEL_MAX_MULTIPLIERS];
    axn_status status = axn_model_allocate(model, error);
    if (status != AXN_OK) {
        return status;
    }
    snprintf(model->dataset, sizeof model->dataset, "random");
    model->multiplier_count = count;
    for (int i = 0; i < count; i++) {
        products[i] = tables[i].product;
        model->multipliers[i].hash = axn_table_hash(&tables[i]);
        snprintf(model->multipliers[i].name, sizeof model->multipliers[i].name, "%s", names[i]);
    }
    bool may_swap = chance(&random, 30);
    for (int i = 0; i < model->network.count; i++) {
        axn_layer *layer = &model->network.layers[i];
        if (layer->kind == AXN_LAYER_CONV) {
            layer->multiplier = between(&random, 0, count - 1);
            layer->swap_operands = may_swap && chance(&random, 50);
        }
        fill_layer(&random, model, i);
    }
    axn_model_prove(model, products);
    return AXN_OK;
}

axn_status axn_random_model_several(uint64_t seed, int size, const axn_table *tables,
                                    const char *const *names, int count, axn_model *out,
                                    axn_error *error)
{
    *out = (axn_model){0};
    axn_status status = axn_random_network(seed, size, &out->network, error);
    if (status == AXN_OK) {
        status = axn_random_parameters(seed, out, tables, names, count, error);
    }
    if (status != AXN_OK) {
        axn_model_free(out);
    }
    return status;
}

axn_status axn_random_model(uint64_t seed, int size, const axn_table *table, const char *name,
                            axn_model *out, axn_error *error)
{
    return axn_random_model_several(seed, size, table, &name, 1, out, error);
}

axn_random_case axn_random_case_of(uint64_t seed)
{
    static const int arrays[5][2] = {{2, 2}, {3, 5}, {4, 4}, {16, 16}, {32, 32}};
    const int *array = arrays[seed % 5];
    uint64_t round = seed / 5;
    return (axn_random_case){.rows = array[0],
                             .cols = array[1],
                             .size = 1 + (int)(round % (array[0] < 16 ? 2 : 3)),
                             .multipliers = round % 4 == 3 ? 2 + (int)(round / 4 % 3) : 1};
}
