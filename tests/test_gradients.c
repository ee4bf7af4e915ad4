/* Gradients of whole networks in plain fp32 against differences of the loss: every array of
 * parameters, along its own gradient and along a random direction. */
#include <math.h>

#include "nas/trainer_internal.h"
#include "tests/layer_fixture.h"

enum { SIDE = 12, COLOURS = 2, CLASSES = 3, IMAGES = 14 };

typedef struct fixture {
    axn_dataset dataset;
    axn_network network;
    axn_table table;
    axn_pool *pool;
    axn_trainer *trainer;
    uint32_t indices[IMAGES];
} fixture;

static void make_dataset(axn_dataset *d)
{
    axn_random random = stream(90);
    const size_t bytes = (size_t)IMAGES * SIDE * SIDE * COLOURS;
    *d = (axn_dataset){.name = "noise",
                       .shape = {SIDE, SIDE, COLOURS},
                       .classes = CLASSES,
                       .mean = 127,
                       .deviation = 74};
    d->train.count = IMAGES;
    d->train.pixels = allocate(bytes, 1);
    d->train.labels = allocate(IMAGES, 1);
    for (size_t i = 0; i < bytes; i++) {
        d->train.pixels[i] = (uint8_t)axn_random_u32(&random);
    }
    for (int i = 0; i < IMAGES; i++) {
        d->train.labels[i] = (uint8_t)axn_random_below(&random, CLASSES);
    }
}

/* A trainer for a network that has all but its last layer. */
static fixture *open_fixture(axn_network network, int last, int batch)
{
    axn_error error = {0};
    fixture *f = allocate(1, sizeof *f);
    axn_random random = stream(91);
    memset(f, 0, sizeof *f);
    f->network = network;
    axn_network_add_dense(&f->network, last, CLASSES, false);
    AXN_REQUIRE_OK(axn_network_infer(&f->network, &error), error);
    make_dataset(&f->dataset);
    axn_table_exact(&f->table);
    axn_trainer_config config;
    axn_trainer_defaults(&config);
    config.batch_size = batch;
    config.label_smoothing = 0.1;
    config.arithmetic = AXN_ARITHMETIC_FLOAT;
    AXN_REQUIRE_OK(axn_pool_create(2, &f->pool, &error), error);
    AXN_REQUIRE_OK(axn_trainer_create(&f->network, &f->table, 1, &f->dataset, &config, f->pool,
                                      &f->trainer, &error),
                   error);
    axn_trainer *t = f->trainer;
    for (uint32_t i = 0; i < IMAGES; i++) {
        f->indices[i] = i;
    }
    t->indices = f->indices;
    t->images = batch;
    t->training = true;
    for (int64_t i = t->weight_count; i < t->parameter_count; i++) { /* gains and shifts */
        t->parameters[i] += 0.3F * unit(&random);
    }
    return f;
}

static void close_fixture(fixture *f)
{
    axn_trainer_free(f->trainer);
    axn_pool_destroy(f->pool);
    axn_network_free(&f->network);
    axn_dataset_free(&f->dataset);
    free(f);
}

static double loss_of(axn_trainer *t)
{
    axn_error error = {0};
    double loss = 0;
    AXN_REQUIRE_OK(axn_trainer_prepare_weights(t, &error), error);
    AXN_REQUIRE_OK(axn_trainer_run_plan(t, &t->forward, &error), error);
    for (int shard = 0; shard < AXN_SHARDS; shard++) {
        loss += t->loss[shard] / t->images;
    }
    return loss;
}

/* Derivative of the loss along a direction of length 1. */
static double derivative(axn_trainer *t, float *parameters, const float *direction, int count,
                         double step)
{
    float *before = allocate((size_t)count, sizeof *before);
    memcpy(before, parameters, (size_t)count * sizeof *before);
    double loss[2];
    for (int side = 0; side < 2; side++) {
        for (int i = 0; i < count; i++) {
            parameters[i] = before[i] + (float)(side == 0 ? -step : step) * direction[i];
        }
        loss[side] = loss_of(t);
    }
    memcpy(parameters, before, (size_t)count * sizeof *before);
    free(before);
    return (loss[1] - loss[0]) / (2 * step);
}

static double length_of(const float *v, int count)
{
    double sum = 0;
    for (int i = 0; i < count; i++) {
        sum += (double)v[i] * (double)v[i];
    }
    return sqrt(sum);
}

static void check_array(axn_trainer *t, const float *gradient, int64_t at, int count)
{
    axn_random random = stream((uint32_t)(100 + at));
    float *direction = allocate((size_t)count, sizeof *direction);
    const double length = length_of(gradient + at, count);
    for (int random_one = 0; random_one < 2; random_one++) {
        double expected = 0;
        for (int i = 0; i < count; i++) {
            direction[i] = random_one ? unit(&random) : gradient[at + i];
        }
        const double size = length_of(direction, count);
        for (int i = 0; i < count && size > 0; i++) {
            direction[i] = (float)((double)direction[i] / size);
            expected += (double)direction[i] * (double)gradient[at + i];
        }
        /* Wide steps cross kinks of ReLU and pools, short ones drown in rounding: the best. */
        double wrong = INFINITY;
        for (int halvings = 0; halvings < 6; halvings++) {
            const double step = ldexp(2e-3, -halvings);
            wrong = fmin(
                wrong, fabs(derivative(t, t->parameters + at, direction, count, step) - expected));
        }
        CU_ASSERT_DOUBLE_EQUAL(wrong, 0, 0.01 * length + 2e-4);
    }
    free(direction);
}

/* Takes over the network. */
static void check_network(axn_network network, int last, int batch)
{
    axn_error error = {0};
    fixture *f = open_fixture(network, last, batch);
    axn_trainer *t = f->trainer;
    float *gradient = allocate((size_t)t->parameter_count, sizeof *gradient);
    (void)loss_of(t);
    AXN_REQUIRE_OK(axn_trainer_run_plan(t, &t->backward, &error), error);
    for (int64_t i = 0; i < t->parameter_count; i++) {
        gradient[i] = 0;
        for (int shard = 0; shard < AXN_SHARDS; shard++) {
            gradient[i] += t->gradients[shard][i];
        }
    }
    CU_ASSERT_TRUE(length_of(gradient, (int)t->parameter_count) > 0.01);
    for (int i = 0; i < f->network.count; i++) {
        const axn_train_layer *l = &t->layers[i];
        if (l->units > 0) {
            check_array(t, gradient, l->weights, l->units * l->taps);
            check_array(t, gradient, l->shift, l->units);
            if (l->layer->batch_norm) {
                check_array(t, gradient, l->gain, l->units);
            }
        }
    }
    free(gradient);
    close_fixture(f);
}

static axn_network begin(int *input)
{
    axn_network n = {0};
    *input = axn_network_add_input(&n, (axn_shape){SIDE, SIDE, COLOURS});
    return n;
}

/* Kernels 1 to 7, strides 1 to 3, with a border and without, bias or batch norm. */
static void convolutions(void)
{
    for (int kernel = 1; kernel <= 7; kernel++) {
        for (int stride = 1; stride <= 3; stride++) {
            int x;
            axn_network n = begin(&x);
            x = axn_network_add_conv(&n, x, 4, 1, 1, true, false);
            x = axn_network_add_conv(&n, x, 5, kernel, stride, (kernel + stride) % 2 == 0, false);
            if (kernel % 2 == 1 && stride == 2) {
                n.layers[x].pad_h = n.layers[x].pad_w = 0;
            }
            check_network(n, x, 6);
        }
    }
}

static void pools(void)
{
    int x;
    axn_network n = begin(&x);
    x = axn_network_add_conv(&n, x, 6, 3, 1, true, true);
    x = axn_network_add_pool(&n, AXN_LAYER_MAX_POOL, x, 2, 2, 0);
    x = axn_network_add_conv(&n, x, 6, 3, 1, true, true);
    x = axn_network_add_pool(&n, AXN_LAYER_MAX_POOL, x, 3, 1, 1);
    x = axn_network_add_pool(&n, AXN_LAYER_AVERAGE_POOL, x, 2, 2, 0);
    check_network(n, x, IMAGES);
    n = begin(&x);
    x = axn_network_add_conv(&n, x, 6, 3, 1, true, true);
    x = axn_network_add_global_average(&n, x);
    x = axn_network_add_dense(&n, x, 37, true);
    check_network(n, x, 3); /* fewer images than shards */
}

/* Both operands of one size, and with another size and number of channels. */
static void residual_blocks(void)
{
    int x;
    axn_network n = begin(&x);
    int a = axn_network_add_conv(&n, x, 8, 3, 1, true, true);
    int b = axn_network_add_conv(&n, a, 8, 3, 1, true, true);
    b = axn_network_add_conv(&n, b, 8, 3, 1, true, false);
    a = axn_network_add_sum(&n, a, b, true);
    b = axn_network_add_conv(&n, a, 12, 3, 2, true, true);
    b = axn_network_add_conv(&n, b, 12, 3, 1, true, false);
    a = axn_network_add_sum(&n, b, a, true);
    check_network(n, axn_network_add_global_average(&n, a), IMAGES);
}

static void bottleneck_blocks(void)
{
    int x;
    axn_network n = begin(&x);
    int a = axn_network_add_conv(&n, x, 12, 3, 1, true, true);
    int b = axn_network_add_conv(&n, a, 4, 1, 1, true, true);
    b = axn_network_add_conv(&n, b, 4, 3, 3, true, true);
    b = axn_network_add_conv(&n, b, 10, 1, 1, true, false);
    a = axn_network_add_sum(&n, a, b, false); /* 12 channels pooled by 3, 10 extended to 12 */
    check_network(n, axn_network_add_global_average(&n, a), IMAGES);
}

static void inception_blocks(void)
{
    int x;
    axn_network n = begin(&x);
    int a = axn_network_add_conv(&n, x, 6, 3, 1, true, true);
    int branches[4] = {axn_network_add_conv(&n, a, 5, 1, 1, true, true),
                       axn_network_add_conv(&n, a, 4, 3, 1, true, true),
                       axn_network_add_conv(&n, a, 3, 5, 1, true, true),
                       axn_network_add_pool(&n, AXN_LAYER_MAX_POOL, a, 3, 1, 1)};
    a = axn_network_add_concat(&n, branches, 4);
    a = axn_network_add_conv(&n, a, 7, 3, 2, true, true);
    check_network(n, axn_network_add_global_average(&n, a), IMAGES);
}

/* Two fully connected layers upon a map. */
static void fully_connected(void)
{
    int x;
    axn_network n = begin(&x);
    x = axn_network_add_conv(&n, x, 4, 5, 2, true, true);
    x = axn_network_add_dense(&n, x, 33, true);
    x = axn_network_add_dense(&n, x, 18, true);
    check_network(n, x, IMAGES);
}

AXN_TEST_MAIN("gradients", {"convolutions of every kernel and stride", convolutions},
              {"max, average and global pools", pools}, {"residual modules", residual_blocks},
              {"bottleneck modules", bottleneck_blocks}, {"inception modules", inception_blocks},
              {"fully connected layers", fully_connected})
