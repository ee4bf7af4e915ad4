/* The trainer's layers with weights: integers against the plain formula, gradients against finite
 * differences. */
#include <math.h>

#include "common/parallel.h"
#include "multipliers/table.h"
#include "nas/layers.h"
#include "nas/onednn.h"
#include "tests/layer_fixture.h"

/* Shapes with every special case: stride, even maps, no border, one channel, small maps. */
static const axn_conv_shape shapes[] = {
    {8, 8, 3, 5, 3, 3, 1, 1, 1, 8, 8},   {9, 7, 4, 6, 3, 3, 2, 1, 1, 5, 4},
    {8, 8, 2, 3, 3, 3, 2, 1, 1, 4, 4},   {6, 5, 7, 4, 1, 1, 1, 0, 0, 6, 5},
    {6, 8, 5, 4, 1, 1, 2, 0, 0, 3, 4},   {28, 28, 1, 4, 5, 5, 1, 2, 2, 28, 28},
    {4, 4, 16, 20, 3, 3, 1, 1, 1, 4, 4}, {33, 34, 2, 3, 3, 3, 3, 1, 1, 11, 12},
    {1, 1, 8, 9, 3, 3, 1, 1, 1, 1, 1},
};
#define SHAPES (sizeof shapes / sizeof shapes[0])

static size_t in_size(const axn_conv_shape *s)
{
    return (size_t)s->height * (size_t)s->width * (size_t)s->channels;
}

static size_t out_size(const axn_conv_shape *s)
{
    return (size_t)s->out_height * (size_t)s->out_width * (size_t)s->units;
}

static int taps_of(const axn_conv_shape *s)
{
    return s->channels * s->kernel_h * s->kernel_w;
}

/* One accumulator by the formula of model/model.h; x is one image, planar. */
static int64_t plain_accumulator(const axn_conv_shape *s, const uint16_t *product, const uint8_t *x,
                                 int zx, const uint8_t *w, int zw, int row, int column)
{
    int64_t sum = 0, sum_x = 0, sum_w = 0;
    for (int ky = 0; ky < s->kernel_h; ky++) {
        for (int kx = 0; kx < s->kernel_w; kx++) {
            for (int c = 0; c < s->channels; c++) {
                int y = row * s->stride + ky - s->pad_h, at = column * s->stride + kx - s->pad_w;
                bool inside = y >= 0 && y < s->height && at >= 0 && at < s->width;
                int code = inside ? x[(c * s->height + y) * s->width + at] : zx;
                int weight = w[(ky * s->kernel_w + kx) * s->channels + c];
                sum += product[code * 256 + weight];
                sum_x += code;
                sum_w += weight;
            }
        }
    }
    return sum - zw * sum_x - zx * sum_w + (int64_t)taps_of(s) * zx * zw;
}

static int wrong_accumulators(const axn_conv_shape *s, const uint16_t *product, const uint8_t *x,
                              int zx, const uint8_t *w, const uint8_t *zw, const int32_t *got,
                              int images)
{
    int wrong = 0;
    for (int image = 0; image < images; image++) {
        for (int u = 0; u < s->units; u++) {
            for (int row = 0; row < s->out_height; row++) {
                for (int column = 0; column < s->out_width; column++) {
                    wrong +=
                        *got++ != plain_accumulator(s, product, x + (size_t)image * in_size(s), zx,
                                                    w + u * taps_of(s), zw[u], row, column);
                }
            }
        }
    }
    return wrong;
}

static void check_sums(const axn_conv_shape *s, const int32_t *accumulators,
                       const axn_channel_sums *sums, int images)
{
    int pixels = s->out_height * s->out_width;
    for (int u = 0; u < s->units; u++) {
        double sum = 0, squares = 0;
        int32_t low = INT32_MAX, high = INT32_MIN;
        for (int i = 0; i < images * pixels; i++) {
            int32_t v = accumulators[(i / pixels * s->units + u) * pixels + i % pixels];
            sum += v;
            squares += (double)v * v;
            low = v < low ? v : low;
            high = v > high ? v : high;
        }
        CU_ASSERT_DOUBLE_EQUAL(sums[u].sum, sum, 1e-9 * fabs(sum));
        CU_ASSERT_DOUBLE_EQUAL(sums[u].squares, squares, 1e-9 * squares);
        CU_ASSERT_EQUAL(sums[u].low, low);
        CU_ASSERT_EQUAL(sums[u].high, high);
    }
}

static void conv_forward_matches(void)
{
    enum { IMAGES = 5 };
    axn_error error = {0};
    axn_random random = stream(1);
    axn_table *table = allocate(1, sizeof *table);
    for (int i = 0; i < 65536; i++) {
        table->product[i] = (uint16_t)axn_random_u32(&random);
    }
    axn_kernel_table *prepared = NULL;
    axn_kernel_gemm *gemm = NULL;
    AXN_REQUIRE_OK(axn_kernel_table_create(table->product, 0, &prepared, &error), error);
    AXN_REQUIRE_OK(axn_kernel_select(NULL, &gemm, NULL, &error), error);
    for (size_t i = 0; i < SHAPES; i++) {
        const axn_conv_shape *s = &shapes[i];
        size_t weights = (size_t)s->units * (size_t)taps_of(s);
        uint8_t *x = allocate(IMAGES * in_size(s), 1), *w = allocate(weights, 1);
        uint8_t zw[32];
        int32_t sum_w[32] = {0};
        axn_channel_sums sums[32];
        int32_t *out = allocate(IMAGES * out_size(s), sizeof *out);
        void *scratch = allocate(axn_conv_scratch(s, IMAGES), 1);
        for (size_t k = 0; k < IMAGES * in_size(s); k++) {
            x[k] = (uint8_t)axn_random_u32(&random);
        }
        for (size_t k = 0; k < weights; k++) {
            w[k] = (uint8_t)axn_random_u32(&random);
            sum_w[k / (size_t)taps_of(s)] += w[k];
        }
        for (int u = 0; u < s->units; u++) {
            zw[u] = (uint8_t)axn_random_u32(&random);
        }
        const axn_conv_weights quantised = {gemm, prepared, w, zw, sum_w};
        axn_conv_forward(out, sums, x, s, IMAGES, 77, &quantised, scratch);
        CU_ASSERT_EQUAL(wrong_accumulators(s, table->product, x, 77, w, zw, out, IMAGES), 0);
        check_sums(s, out, sums, IMAGES);
        free(x);
        free(w);
        free(out);
        free(scratch);
    }
    axn_kernel_table_free(prepared);
    free(table);
}

/* One output of conv(x, w), in double; x is one image, pixel by pixel. */
static double plain_output(const axn_conv_shape *s, const float *x, const float *w, int row,
                           int column)
{
    double sum = 0;
    for (int k = 0; k < taps_of(s); k++) {
        int c = k % s->channels, kx = k / s->channels % s->kernel_w;
        int ky = k / s->channels / s->kernel_w;
        int y = row * s->stride + ky - s->pad_h, at = column * s->stride + kx - s->pad_w;
        if (y >= 0 && y < s->height && at >= 0 && at < s->width) {
            sum += (double)x[(y * s->width + at) * s->channels + c] * (double)w[k];
        }
    }
    return sum;
}

/* sum of direction * conv(x, w). */
static double conv_dot(const axn_conv_shape *s, const float *x, const float *w,
                       const float *direction, int images)
{
    double dot = 0;
    for (int image = 0; image < images; image++) {
        for (int row = 0; row < s->out_height; row++) {
            for (int column = 0; column < s->out_width; column++) {
                for (int u = 0; u < s->units; u++) {
                    dot += (double)*direction++ * plain_output(s, x + (size_t)image * in_size(s),
                                                               w + u * taps_of(s), row, column);
                }
            }
        }
    }
    return dot;
}

/* Central differences at some positions; linear functions allow a large step. */
static void check_gradient(const axn_conv_shape *s, const float *x, const float *w,
                           const float *direction, int images, float *values, size_t count,
                           const float *gradient)
{
    for (size_t i = 0; i < count; i += 1 + count / 12) {
        float before = values[i];
        values[i] = before + 0.5F;
        double up = conv_dot(s, x, w, direction, images);
        values[i] = before - 0.5F;
        double down = conv_dot(s, x, w, direction, images);
        values[i] = before;
        CU_ASSERT_DOUBLE_EQUAL((double)gradient[i], up - down, 1e-3);
    }
}

/* A convolution with random operands, pixel by pixel. */
typedef struct float_case {
    size_t in, out, weights;
    float *x, *w, *y, *dy, *dw, *dx;
    axn_float_conv *conv;
    void *scratch;
} float_case;

static float *random_floats(axn_random *random, size_t count)
{
    float *values = allocate(count, sizeof *values);
    for (size_t i = 0; i < count; i++) {
        values[i] = unit(random);
    }
    return values;
}

static float_case make_case(axn_onednn *onednn, const axn_conv_shape *s, axn_random *random,
                            int images)
{
    axn_error error = {0};
    const axn_float_conv_use use = {images, true, 2};
    float_case f = {.in = (size_t)images * in_size(s),
                    .out = (size_t)images * out_size(s),
                    .weights = (size_t)s->units * (size_t)taps_of(s)};
    f.x = random_floats(random, f.in);
    f.w = random_floats(random, f.weights);
    f.dy = random_floats(random, f.out);
    f.y = allocate(f.out, sizeof *f.y);
    f.dw = allocate(f.weights, sizeof *f.dw);
    f.dx = allocate(f.in, sizeof *f.dx);
    AXN_REQUIRE_OK(axn_float_conv_create(onednn, s, use, &f.conv, &error), error);
    f.scratch = allocate(axn_float_conv_scratch(f.conv), 1);
    return f;
}

static void free_case(float_case *f)
{
    free(f->x);
    free(f->w);
    free(f->dy);
    free(f->y);
    free(f->dw);
    free(f->dx);
    free(f->scratch);
    axn_float_conv_free(f->conv);
}

static void check_outputs(const axn_conv_shape *s, const float_case *f)
{
    for (size_t i = 0; i < f->out; i += 1 + f->out / 50) {
        const size_t pixel = i / (size_t)s->units % ((size_t)s->out_height * (size_t)s->out_width);
        const int row = (int)pixel / s->out_width, column = (int)pixel % s->out_width;
        const float *x = f->x + i / out_size(s) * in_size(s);
        const float *w = f->w + i % (size_t)s->units * (size_t)taps_of(s);
        CU_ASSERT_DOUBLE_EQUAL((double)f->y[i], plain_output(s, x, w, row, column), 1e-4);
    }
}

static void float_conv_matches(void)
{
    enum { IMAGES = 2 };
    axn_error error = {0};
    axn_random random = stream(2);
    axn_onednn *onednn = NULL;
    AXN_REQUIRE_OK(axn_onednn_create(1, &onednn, &error), error);
    for (size_t i = 0; i < SHAPES; i++) {
        const axn_conv_shape *s = &shapes[i];
        float_case f = make_case(onednn, s, &random, IMAGES);
        float *other = random_floats(&random, f.weights);
        AXN_CHECK_OK(axn_float_conv_set_forward(f.conv, 0, f.w, f.scratch, &error), error);
        AXN_CHECK_OK(axn_float_conv_set_backward(f.conv, 0, 0, other, f.scratch, &error), error);
        AXN_CHECK_OK(axn_float_conv_set_backward(f.conv, 0, 1, f.w, f.scratch, &error), error);
        AXN_CHECK_OK(axn_float_conv_forward(f.conv, 0, f.y, f.x, f.scratch, &error), error);
        check_outputs(s, &f);
        AXN_CHECK_OK(axn_float_conv_weight_gradient(f.conv, 0, f.dw, f.x, f.dy, f.scratch, &error),
                     error);
        check_gradient(s, f.x, f.w, f.dy, IMAGES, f.w, f.weights, f.dw);
        AXN_CHECK_OK(axn_float_conv_input_gradient(f.conv, 0, 1, f.dx, f.dy, f.scratch, &error),
                     error);
        check_gradient(s, f.x, f.w, f.dy, IMAGES, f.x, f.in, f.dx);
        AXN_CHECK_OK(axn_float_conv_input_gradient(f.conv, 0, 0, f.dx, f.dy, f.scratch, &error),
                     error);
        check_gradient(s, f.x, other, f.dy, IMAGES, f.x, f.in, f.dx);
        free(other);
        free_case(&f);
    }
    axn_onednn_free(onednn);
}

#define VALUES 100

/* sum of direction * clipped(batch norm(accumulators)), everything in double. */
static double norm_dot(axn_batch_norm norm, const int32_t *accumulators, const float *direction,
                       double low, double high)
{
    double sum = 0, squares = 0, dot = 0, slope, offset;
    for (int i = 0; i < VALUES; i++) {
        sum += accumulators[i];
        squares += (double)accumulators[i] * accumulators[i];
    }
    norm.mean = sum / VALUES;
    norm.variance = squares / VALUES - norm.mean * norm.mean;
    axn_batch_norm_affine(&norm, &slope, &offset);
    for (int i = 0; i < VALUES; i++) {
        double y = slope * accumulators[i] + offset;
        dot += (double)direction[i] * fmax(low, fmin(high, y));
    }
    return dot;
}

static void batch_norm_gradient_matches(void)
{
    axn_random random = stream(3);
    int32_t accumulators[VALUES];
    float direction[VALUES], gradient[VALUES];
    axn_batch_norm norm = {.gain = 1.3, .shift = 0.2, .step = 1e-6};
    double sum = 0, squares = 0;
    for (int i = 0; i < VALUES; i++) {
        accumulators[i] = (int32_t)(1e6 * (axn_random_normal(&random) + 0.5));
        direction[i] = unit(&random);
        sum += accumulators[i];
        squares += (double)accumulators[i] * accumulators[i];
    }
    norm.mean = sum / VALUES;
    norm.variance = squares / VALUES - norm.mean * norm.mean;
    double slope, offset, sums[2] = {0, 0};
    axn_batch_norm_affine(&norm, &slope, &offset);
    /* ReLU, and a range that cuts some values off: codes of scale .01. */
    const double scale = 0.01, high = 255.5 * scale;
    const float inverse = (float)(norm.step * norm.inverse);
    const float code_slope = (float)(slope / scale), code_offset = (float)(offset / scale);
    axn_affine_backward_sums(sums, direction, accumulators, VALUES, code_slope, code_offset, 0.0F,
                             inverse, -(float)(norm.mean * norm.step * norm.inverse));
    float coefficients[1][3], gain_gradient, shift_gradient;
    axn_batch_norm_backward(&norm, sums, VALUES, &coefficients[0][0], &coefficients[0][1],
                            &coefficients[0][2], &gain_gradient, &shift_gradient);
    const axn_affine_gradient affine = {&code_slope, &code_offset, 0.0F,
                                        (const float(*)[3])coefficients};
    axn_affine_backward(gradient, direction, accumulators, &affine, 1, 1, VALUES);
    for (int i = 0; i < VALUES; i++) {
        const int32_t before = accumulators[i], step = 200;
        accumulators[i] = before + step;
        double up = norm_dot(norm, accumulators, direction, 0, high);
        accumulators[i] = before - step;
        double down = norm_dot(norm, accumulators, direction, 0, high);
        accumulators[i] = before;
        double expected = (up - down) / (2 * step * norm.step);
        CU_ASSERT_DOUBLE_EQUAL((double)gradient[i], expected, 2e-3);
    }
    const double epsilon = 1e-4;
    axn_batch_norm up = norm, down = norm;
    up.gain += epsilon;
    down.gain -= epsilon;
    CU_ASSERT_DOUBLE_EQUAL((double)gain_gradient,
                           (norm_dot(up, accumulators, direction, 0, high) -
                            norm_dot(down, accumulators, direction, 0, high)) /
                               (2 * epsilon),
                           2e-3);
    up = down = norm;
    up.shift += epsilon;
    down.shift -= epsilon;
    CU_ASSERT_DOUBLE_EQUAL((double)shift_gradient,
                           (norm_dot(up, accumulators, direction, 0, high) -
                            norm_dot(down, accumulators, direction, 0, high)) /
                               (2 * epsilon),
                           2e-3);
}

static void affine_forward_rounds(void)
{
    const int32_t accumulators[] = {-100, -1, 0, 1, 2, 3, 509, 510, 511, 100000};
    const uint8_t expected[] = {20, 20, 20, 21, 21, 22, 255, 255, 255, 255};
    uint8_t codes[10];
    axn_affine_forward(codes, accumulators, 10, 0.5F, 20.0F, 20);
    CU_ASSERT_EQUAL(memcmp(codes, expected, sizeof codes), 0);
}

static void dense_gradient_matches(void)
{
    enum { IMAGES = 3, UNITS = 4, TAPS = 10 };
    axn_random random = stream(4);
    int16_t x[IMAGES * TAPS], w[UNITS * TAPS];
    float real[UNITS * TAPS], g[IMAGES * UNITS];
    float dw[UNITS * TAPS], dx[IMAGES * TAPS];
    int32_t out[IMAGES * UNITS];
    axn_channel_sums sums[UNITS];
    for (int i = 0; i < IMAGES * TAPS; i++) {
        x[i] = (int16_t)((int)axn_random_below(&random, 256) - 100);
    }
    for (int i = 0; i < UNITS * TAPS; i++) {
        w[i] = (int16_t)((int)axn_random_below(&random, 256) - 128);
        real[i] = 0.25F * (float)w[i];
    }
    for (int i = 0; i < IMAGES * UNITS; i++) {
        g[i] = unit(&random);
    }
    axn_dense_forward(out, sums, x, w, IMAGES, UNITS, TAPS);
    axn_dense_backward(dw, dx, g, x, 0.5F, real, IMAGES, UNITS, TAPS);
    for (int image = 0; image < IMAGES; image++) {
        for (int u = 0; u < UNITS; u++) {
            double sum = 0;
            for (int k = 0; k < TAPS; k++) {
                sum += (double)x[image * TAPS + k] * (double)w[u * TAPS + k];
            }
            CU_ASSERT_EQUAL(out[image * UNITS + u], (int32_t)sum);
        }
        for (int k = 0; k < TAPS; k++) {
            double sum = 0;
            for (int u = 0; u < UNITS; u++) {
                sum += (double)g[image * UNITS + u] * (double)real[u * TAPS + k];
            }
            CU_ASSERT_DOUBLE_EQUAL((double)dx[image * TAPS + k], sum, 1e-3);
        }
    }
    for (int i = 0; i < UNITS * TAPS; i++) {
        double sum = 0;
        for (int image = 0; image < IMAGES; image++) {
            sum += (double)g[image * UNITS + i / TAPS] * 0.5 * (double)x[image * TAPS + i % TAPS];
        }
        CU_ASSERT_DOUBLE_EQUAL((double)dw[i], sum, 1e-3);
    }
}

AXN_TEST_MAIN("layers", {"convolution forward is the hardware's formula", conv_forward_matches},
              {"float convolution: outputs, and gradients by finite differences",
               float_conv_matches},
              {"batch norm backward agrees with differences", batch_norm_gradient_matches},
              {"codes round half up and clamp", affine_forward_rounds},
              {"dense layers, both ways", dense_gradient_matches})
