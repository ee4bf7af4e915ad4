/* The slopes of a multiplier's table, their factors, and the gradients of a convolution through
 * them against plain loops over taps. */
#include <math.h>

#include "nas/table_gradient.h"
#include "nas/trainer_internal.h"
#include "tests/layer_fixture.h"

enum { SIDE = 7, CHANNELS = 5, IMAGES = 10, LAYER = 2 };

static void random_table(axn_table *table, uint32_t number)
{
    axn_random random = stream(number);
    for (int i = 0; i < 65536; i++) {
        table->product[i] = (uint16_t)axn_random_u32(&random);
    }
}

/* Non-affine, not commutative, of slopes that a few terms hold. */
static void curved_table(axn_table *table)
{
    for (int x = 0; x < 256; x++) {
        for (int w = 0; w < 256; w++) {
            const double v = 0.7 * x * w + 40 * sin(x / 40.0) * w + 0.001 * x * x * (255 - w);
            table->product[x * 256 + w] = (uint16_t)fmax(v, 0);
        }
    }
}

/* The definition, term by term. */
static double smooth(const uint16_t *product, int at, int step, int other, int other_step,
                     int window)
{
    double sum = 0;
    for (int i = at - window; i <= at + window; i++) {
        sum += product[i * step + other * other_step];
    }
    return sum / (2 * window + 1);
}

static double plain_slope(const uint16_t *product, int at, int step, int other, int other_step,
                          int window)
{
    const int first = window, last = 255 - window;
    if (at > first && at < last) {
        return (smooth(product, at + 1, step, other, other_step, window) -
                smooth(product, at - 1, step, other, other_step, window)) /
               2;
    }
    return (smooth(product, last, step, other, other_step, window) -
            smooth(product, first, step, other, other_step, window)) /
           (last - first);
}

static void slopes_match_their_definition(void)
{
    static const int windows[] = {0, 1, 16, 127};
    axn_table *table = allocate(1, sizeof *table);
    double *slopes = allocate(65536, sizeof *slopes);
    random_table(table, 1);
    for (int i = 0; i < 4 * 4; i++) {
        const bool swap = i & 1, by_weight = i & 2;
        const int window = windows[i / 4];
        /* The moved operand is the table's first one, or its second. */
        const bool first = swap == by_weight;
        axn_table_slopes(slopes, table->product, swap, by_weight, window);
        double worst = 0;
        for (int at = 0; at < 65536; at += 7) {
            const double plain = plain_slope(table->product, at / 256, first ? 256 : 1, at % 256,
                                             first ? 1 : 256, window);
            worst = fmax(worst, fabs(slopes[at] - plain));
        }
        CU_ASSERT_TRUE(worst < 1e-6);
    }
    free(table);
    free(slopes);
}

static double factored(const axn_slope_factors *f, int moved, int other)
{
    double sum = 0;
    for (int r = 0; r < f->terms; r++) {
        sum += (double)f->along[r][moved] * (double)f->across[r][other];
    }
    return sum;
}

/* Norm of what the factors leave out, to that of the slopes. */
static double true_residual(const axn_slope_factors *f, const double *slopes)
{
    double rest = 0, whole = 0;
    for (int i = 0; i < 65536; i++) {
        const double left = slopes[i] - factored(f, i / 256, i % 256);
        rest += left * left;
        whole += slopes[i] * slopes[i];
    }
    return sqrt(rest / whole);
}

static void exact_products_need_one_term(void)
{
    axn_error error = {0};
    axn_table *table = allocate(1, sizeof *table);
    axn_table_gradient *g = NULL;
    axn_table_exact(table);
    AXN_REQUIRE_OK(axn_table_gradient_create(table->product, false, 16, &g, &error), error);
    CU_ASSERT_EQUAL(g->activation.terms, 1);
    CU_ASSERT_EQUAL(g->weight.terms, 1);
    for (int i = 0; i < 256; i++) {
        CU_ASSERT_DOUBLE_EQUAL((double)g->activation.along[0][i], 1, 0);
        CU_ASSERT_DOUBLE_EQUAL((double)g->activation.across[0][i], i, 1e-5);
        CU_ASSERT_DOUBLE_EQUAL((double)g->weight.across[0][i], i, 1e-5);
    }
    axn_table_gradient_free(g);
    free(table);
}

static void factors_tell_their_residual(void)
{
    axn_error error = {0};
    axn_table *table = allocate(1, sizeof *table);
    double *slopes = allocate(65536, sizeof *slopes);
    for (int i = 0; i < 6; i++) {
        const bool swap = i & 1;
        axn_table_gradient *g = NULL;
        if (i < 2) {
            curved_table(table);
        } else {
            random_table(table, (uint32_t)i);
        }
        AXN_REQUIRE_OK(axn_table_gradient_create(table->product, swap, 4 * i, &g, &error), error);
        axn_table_slopes(slopes, table->product, swap, false, 4 * i);
        CU_ASSERT_DOUBLE_EQUAL(g->activation.residual, true_residual(&g->activation, slopes), 1e-4);
        axn_table_slopes(slopes, table->product, swap, true, 4 * i);
        CU_ASSERT_DOUBLE_EQUAL(g->weight.residual, true_residual(&g->weight, slopes), 1e-4);
        CU_ASSERT_TRUE(g->activation.terms <= AXN_SLOPE_TERMS);
        CU_ASSERT_TRUE(i >= 2 || (g->activation.terms < AXN_SLOPE_TERMS &&
                                  g->activation.residual < AXN_SLOPE_TOLERANCE));
        axn_table_gradient_free(g);
    }
    free(table);
    free(slopes);
}

static void windows_out_of_range_are_refused(void)
{
    axn_error error = {0};
    axn_table *table = allocate(1, sizeof *table);
    axn_table_gradient *g = NULL;
    axn_table_exact(table);
    AXN_CHECK_FAILS(axn_table_gradient_create(table->product, false, -1, &g, &error), error,
                    AXN_ERROR_USAGE, "gradient window");
    AXN_CHECK_FAILS(
        axn_table_gradient_create(table->product, false, AXN_GRADIENT_WINDOW_MAX + 1, &g, &error),
        error, AXN_ERROR_USAGE, "gradient window");
    free(table);
}

/* ---- through the trainer's convolutions ---- */

typedef struct setting {
    int kernel, stride;
    bool swap, table;
} setting;

typedef struct fixture {
    axn_dataset dataset;
    axn_network network;
    axn_table table;
    axn_pool *pool;
    axn_trainer *trainer;
} fixture;

/* The convolution under test is layer 2; random codes, weights and output gradients. */
static fixture *open_fixture(setting s, axn_random *random)
{
    axn_error error = {0};
    fixture *f = allocate(1, sizeof *f);
    memset(f, 0, sizeof *f);
    f->dataset = (axn_dataset){.name = "none", .shape = {SIDE, SIDE, 1}, .classes = 3};
    int a = axn_network_add_input(&f->network, f->dataset.shape);
    a = axn_network_add_conv(&f->network, a, CHANNELS, 1, 1, false, true);
    a = axn_network_add_conv(&f->network, a, 6, s.kernel, s.stride, false, false);
    axn_network_add_dense(&f->network, a, 3, false);
    f->network.layers[LAYER].swap_operands = s.swap;
    AXN_REQUIRE_OK(axn_network_infer(&f->network, &error), error);
    curved_table(&f->table);
    axn_trainer_config config;
    axn_trainer_defaults(&config);
    config.batch_size = IMAGES;
    config.gradient = s.table ? AXN_GRADIENT_TABLE : AXN_GRADIENT_STRAIGHT_THROUGH;
    AXN_REQUIRE_OK(axn_pool_create(1, &f->pool, &error), error);
    AXN_REQUIRE_OK(axn_trainer_create(&f->network, &f->table, 1, &f->dataset, &config, f->pool,
                                      &f->trainer, &error),
                   error);
    axn_trainer *t = f->trainer;
    t->images = IMAGES;
    t->training = true;
    AXN_REQUIRE_OK(axn_trainer_prepare(t, IMAGES, &error), error);
    AXN_REQUIRE_OK(axn_trainer_prepare_weights(t, &error), error);
    axn_train_layer *x = &t->layers[LAYER - 1], *l = &t->layers[LAYER];
    x->output = (axn_quantisation){0.02, 31};
    for (int64_t i = 0; i < IMAGES * x->size; i++) {
        x->codes[i] = (uint8_t)axn_random_u32(random);
    }
    for (int64_t i = 0; i < IMAGES * l->size; i++) {
        l->gradient[i] = unit(random);
    }
    return f;
}

static void close_fixture(fixture *f)
{
    axn_trainer_free(f->trainer);
    axn_pool_destroy(f->pool);
    axn_network_free(&f->network);
    free(f);
}

/* Gradients by the definition: over every output and tap, padded ones included. */
static void plain_gradients(const fixture *f, const double *by_x, const double *by_w, double *dx,
                            double *dw)
{
    const axn_train_layer *x = &f->trainer->layers[LAYER - 1], *l = &f->trainer->layers[LAYER];
    const axn_conv_shape *s = &l->conv;
    const double scale = x->output.scale;
    const int zx = x->output.zero_point;
    for (int64_t n = 0; n < IMAGES * l->size; n++) {
        const int image = (int)(n / l->size), unit_of = (int)(n % l->size) / l->pixels;
        const int row = (int)(n % l->pixels) / s->out_width, column = (int)n % l->pixels;
        for (int k = 0; k < l->taps; k++) {
            const int c = k % s->channels, kx = k / s->channels % s->kernel_w;
            const int y = row * s->stride + k / s->channels / s->kernel_w - s->pad_h;
            const int at = column % s->out_width * s->stride + kx - s->pad_w;
            const bool inside = y >= 0 && y < s->height && at >= 0 && at < s->width;
            const int64_t from = image * x->size + ((int64_t)c * s->height + y) * s->width + at;
            const int code = inside ? x->codes[from] : zx, tap = unit_of * l->taps + k;
            const int w = l->weight_codes[tap], zw = l->weight_zero[unit_of];
            const double g = (double)l->gradient[n];
            dw[tap] += g * scale * (by_w[w * 256 + code] - zx);
            if (inside) {
                dx[from] += g * (double)l->weight_scale[unit_of] * (by_x[code * 256 + w] - zw);
            }
        }
    }
}

static void gradients_match(setting s, double tolerance)
{
    axn_error error = {0};
    axn_random random = stream(40);
    fixture *f = open_fixture(s, &random);
    axn_trainer *t = f->trainer;
    const axn_train_layer *x = &t->layers[LAYER - 1], *l = &t->layers[LAYER];
    const int weights = l->units * l->taps;
    double *by_x = allocate(65536, sizeof *by_x), *by_w = allocate(65536, sizeof *by_w);
    double *dx = allocate((size_t)(IMAGES * x->size), sizeof *dx);
    double *dw = allocate((size_t)weights, sizeof *dw);
    memset(dx, 0, (size_t)(IMAGES * x->size) * sizeof *dx);
    memset(dw, 0, (size_t)weights * sizeof *dw);
    axn_table *used = allocate(1, sizeof *used);
    *used = f->table;
    if (!s.table) { /* straight-through is the gradient of the exact product */
        axn_table_exact(used);
    }
    axn_table_slopes(by_x, used->product, s.swap, false, 16);
    axn_table_slopes(by_w, used->product, s.swap, true, 16);
    plain_gradients(f, by_x, by_w, dx, dw);
    for (int shard = 0; shard < AXN_SHARDS; shard++) {
        AXN_CHECK_OK(axn_conv_gradient(t, LAYER, shard, 0, &error), error);
    }
    double error_x = 0, error_w = 0, norm_x = 0, norm_w = 0;
    for (int64_t i = 0; i < IMAGES * x->size; i++) {
        error_x += pow((double)x->gradient[i] - dx[i], 2);
        norm_x += dx[i] * dx[i];
    }
    for (int i = 0; i < weights; i++) {
        double sum = 0;
        for (int shard = 0; shard < AXN_SHARDS; shard++) {
            sum += (double)t->gradients[shard][l->weights + i];
        }
        error_w += pow(sum - dw[i], 2);
        norm_w += dw[i] * dw[i];
    }
    CU_ASSERT_TRUE(sqrt(error_x / norm_x) < tolerance);
    CU_ASSERT_TRUE(sqrt(error_w / norm_w) < tolerance);
    free(by_x);
    free(by_w);
    free(dx);
    free(dw);
    free(used);
    close_fixture(f);
}

static void table_gradients_match(void)
{
    gradients_match((setting){3, 1, false, true}, 0.03);
    gradients_match((setting){3, 2, true, true}, 0.03);
    gradients_match((setting){1, 1, false, true}, 0.03);
    gradients_match((setting){5, 3, true, true}, 0.03);
}

static void straight_through_is_the_exact_product(void)
{
    gradients_match((setting){3, 1, false, false}, 1e-5);
    gradients_match((setting){3, 2, true, false}, 1e-5);
    gradients_match((setting){7, 1, false, false}, 1e-5);
}

AXN_TEST_MAIN("table_gradient", {"slopes are as defined", slopes_match_their_definition},
              {"exact products need one term", exact_products_need_one_term},
              {"the factors tell what they leave out", factors_tell_their_residual},
              {"windows out of range are refused", windows_out_of_range_are_refused},
              {"table gradients of convolutions agree with plain loops", table_gradients_match},
              {"straight-through is the gradient of the exact product",
               straight_through_is_the_exact_product})
