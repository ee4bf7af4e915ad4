/* The trainer's layers: integers against the plain formula, gradients against finite
 * differences. */
#include <math.h>

#include "common/memory.h"
#include "common/parallel.h"
#include "common/random.h"
#include "multipliers/table.h"
#include "nas/layers.h"
#include "nas/onednn.h"
#include "tests/check.h"

static axn_random stream(uint32_t number)
{
    return axn_random_stream(7, AXN_RANDOM_TEST, number, 0);
}

static float unit(axn_random *random)
{
    return (float)(2 * axn_random_unit(random) - 1);
}

static void *allocate(size_t count, size_t size)
{
    axn_error error = {0};
    void *memory = NULL;
    AXN_REQUIRE_OK(axn_allocate_aligned(&memory, count, size, "a test", &error), error);
    return memory;
}

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

/* sum of direction * conv(x, w), in double. */
static double conv_dot(const axn_conv_shape *s, const float *x, const float *w,
                       const float *direction, int images)
{
    double dot = 0;
    for (int image = 0; image < images; image++) {
        for (int u = 0; u < s->units; u++) {
            for (int row = 0; row < s->out_height; row++) {
                for (int column = 0; column < s->out_width; column++) {
                    double sum = 0;
                    for (int k = 0; k < taps_of(s); k++) {
                        int c = k % s->channels, kx = k / s->channels % s->kernel_w;
                        int ky = k / s->channels / s->kernel_w;
                        int y = row * s->stride + ky - s->pad_h;
                        int at = column * s->stride + kx - s->pad_w;
                        if (y >= 0 && y < s->height && at >= 0 && at < s->width) {
                            sum +=
                                (double)
                                    x[((image * s->channels + c) * s->height + y) * s->width + at] *
                                (double)w[u * taps_of(s) + k];
                        }
                    }
                    dot += sum * (double)*direction++;
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

static void conv_backward_matches(void)
{
    enum { IMAGES = 2 };
    axn_error error = {0};
    axn_random random = stream(2);
    axn_onednn *onednn = NULL;
    AXN_REQUIRE_OK(axn_onednn_create(1, &onednn, &error), error);
    for (size_t i = 0; i < SHAPES; i++) {
        const axn_conv_shape *s = &shapes[i];
        size_t in = IMAGES * in_size(s), out = IMAGES * out_size(s);
        size_t weights = (size_t)s->units * (size_t)taps_of(s);
        float *x = allocate(in, sizeof *x), *w = allocate(weights, sizeof *w);
        float *g = allocate(out, sizeof *g), *dw = allocate(weights, sizeof *dw);
        float *dx = allocate(in, sizeof *dx);
        axn_float_conv *conv = NULL;
        AXN_REQUIRE_OK(axn_float_conv_create(onednn, s, IMAGES, true, &conv, &error), error);
        void *scratch = allocate(axn_float_conv_scratch(conv), 1);
        for (size_t k = 0; k < in; k++) {
            x[k] = unit(&random);
        }
        for (size_t k = 0; k < weights; k++) {
            w[k] = unit(&random);
        }
        for (size_t k = 0; k < out; k++) {
            g[k] = unit(&random);
        }
        AXN_CHECK_OK(axn_float_conv_weights(conv, 0, w, &error), error);
        AXN_CHECK_OK(axn_float_conv_backward(conv, 0, x, g, dw, dx, false, scratch, &error), error);
        check_gradient(s, x, w, g, IMAGES, w, weights, dw);
        check_gradient(s, x, w, g, IMAGES, x, in, dx);
        float before = dx[in - 1];
        AXN_CHECK_OK(axn_float_conv_backward(conv, 0, x, g, dw, dx, true, scratch, &error), error);
        CU_ASSERT_DOUBLE_EQUAL((double)dx[in - 1], 2 * (double)before, 1e-4);
        free(x);
        free(w);
        free(g);
        free(dw);
        free(dx);
        free(scratch);
        axn_float_conv_free(conv);
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
        gradient[i] = direction[i] = unit(&random);
        sum += accumulators[i];
        squares += (double)accumulators[i] * accumulators[i];
    }
    norm.mean = sum / VALUES;
    norm.variance = squares / VALUES - norm.mean * norm.mean;
    double slope, offset, sums[2] = {0, 0};
    axn_batch_norm_affine(&norm, &slope, &offset);
    /* ReLU, and a range that cuts some values off: codes of scale .01. */
    const double scale = 0.01, high = 255.5 * scale;
    float inverse = (float)(norm.step * norm.inverse);
    axn_affine_backward_sums(gradient, sums, accumulators, VALUES, (float)(slope / scale),
                             (float)(offset / scale), 0.0F, inverse,
                             -(float)(norm.mean * norm.step * norm.inverse));
    float a, b, c, gain_gradient, shift_gradient;
    axn_batch_norm_backward(&norm, sums, VALUES, &a, &b, &c, &gain_gradient, &shift_gradient);
    axn_affine_backward(gradient, accumulators, VALUES, a, b, c);
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
    float x[IMAGES * TAPS], w[UNITS * TAPS], real[UNITS * TAPS], g[IMAGES * UNITS];
    float dw[UNITS * TAPS], dx[IMAGES * TAPS], scratch[IMAGES * UNITS];
    int32_t out[IMAGES * UNITS];
    axn_channel_sums sums[UNITS];
    for (int i = 0; i < IMAGES * TAPS; i++) {
        x[i] = (float)axn_random_below(&random, 256) - 100;
    }
    for (int i = 0; i < UNITS * TAPS; i++) {
        w[i] = (float)axn_random_below(&random, 256) - 128;
        real[i] = 0.25F * w[i];
    }
    for (int i = 0; i < IMAGES * UNITS; i++) {
        g[i] = unit(&random);
    }
    axn_dense_forward(out, sums, x, w, IMAGES, UNITS, TAPS, scratch);
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

/* A pool of whole windows: what each output sees, computed the slow way. */
static void max_pool_matches(void)
{
    enum { PLANES = 3 };
    axn_error error = {0};
    axn_random random = stream(5);
    const struct {
        int height, width, kernel, stride, pad;
    } cases[] = {
        {8, 6, 2, 2, 0}, {9, 7, 3, 2, 1}, {5, 5, 3, 1, 1}, {7, 7, 2, 2, 0}, {4, 4, 4, 4, 0}};
    for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
        const int h = cases[n].height, w = cases[n].width, k = cases[n].kernel;
        axn_layer layer = {.kernel_h = k,
                           .kernel_w = k,
                           .stride = cases[n].stride,
                           .pad_h = cases[n].pad,
                           .pad_w = cases[n].pad};
        layer.output = (axn_shape){(h + 2 * cases[n].pad - k) / layer.stride + 1,
                                   (w + 2 * cases[n].pad - k) / layer.stride + 1, PLANES};
        const int outputs = layer.output.height * layer.output.width;
        uint8_t in[PLANES * 81], out[PLANES * 81];
        float g[PLANES * 81], dx[PLANES * 81], expected[PLANES * 81];
        for (int i = 0; i < PLANES * h * w; i++) {
            in[i] = (uint8_t)axn_random_below(&random, 6); /* many ties */
            expected[i] = 0;
        }
        for (int i = 0; i < PLANES * outputs; i++) {
            g[i] = unit(&random);
        }
        axn_windows windows;
        AXN_REQUIRE_OK(axn_windows_pool(&windows, (axn_shape){h, w, PLANES}, &layer, &error),
                       error);
        axn_max_pool_forward(out, in, &windows, PLANES);
        axn_max_pool_backward(dx, g, in, &windows, PLANES, false);
        int wrong = 0;
        for (int i = 0; i < PLANES * outputs; i++) {
            int best = 0;
            bool found = false;
            for (int tap = 0; tap < k * k; tap++) {
                int y = i % outputs / layer.output.width * layer.stride - layer.pad_h + tap / k;
                int x = i % layer.output.width * layer.stride - layer.pad_w + tap % k;
                int at = (i / outputs * h + y) * w + x;
                if (y >= 0 && y < h && x >= 0 && x < w && (!found || in[at] > in[best])) {
                    best = at;
                    found = true;
                }
            }
            wrong += out[i] != in[best];
            expected[best] += g[i];
        }
        for (int i = 0; i < PLANES * h * w; i++) {
            wrong += fabsf(dx[i] - expected[i]) > 1e-6F;
        }
        CU_ASSERT_EQUAL(wrong, 0);
        axn_windows_free(&windows);
    }
}

static void adaptive_windows_fit(void)
{
    axn_error error = {0};
    axn_windows windows;
    AXN_REQUIRE_OK(
        axn_windows_adaptive(&windows, (axn_shape){7, 8, 1}, (axn_shape){3, 4, 1}, &error), error);
    /* floor(i*7/3) = 0 2 4, ceil((i+1)*7/3) = 3 5 7 */
    const int begin[] = {0, 2, 4}, end[] = {3, 5, 7};
    CU_ASSERT_EQUAL(memcmp(windows.row_begin, begin, sizeof begin), 0);
    CU_ASSERT_EQUAL(memcmp(windows.row_end, end, sizeof end), 0);
    CU_ASSERT_EQUAL(windows.column_begin[3], 6);
    CU_ASSERT_EQUAL(windows.column_end[3], 8);
    axn_windows_free(&windows);
}

static void average_pool_matches(void)
{
    axn_error error = {0};
    const axn_layer layer = {.kernel_h = 2, .kernel_w = 2, .stride = 2, .output = {2, 2, 1}};
    const uint8_t in[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    const int32_t expected[4] = {14 - 4, 22 - 4, 46 - 4, 54 - 4};
    const float g[4] = {1, 2, 3, 4};
    int32_t out[4];
    float dx[16];
    axn_channel_sums sums;
    axn_windows windows;
    AXN_REQUIRE_OK(axn_windows_pool(&windows, (axn_shape){4, 4, 1}, &layer, &error), error);
    axn_average_pool_forward(out, &sums, in, &windows, 1, 1);
    CU_ASSERT_EQUAL(memcmp(out, expected, sizeof out), 0);
    CU_ASSERT_EQUAL(sums.low, 10);
    CU_ASSERT_EQUAL(sums.high, 50);
    axn_average_pool_backward(dx, g, &windows, 1, 0.25F, false);
    for (int i = 0; i < 16; i++) {
        CU_ASSERT_EQUAL(dx[i], 0.25F * g[i / 8 * 2 + i % 4 / 2]);
    }
    axn_windows_free(&windows);
}

/* rq of the model's definition. */
static int64_t rq(int64_t v, axn_fixed_ratio r)
{
    return (v * r.mantissa + ((int64_t)1 << (r.shift - 1))) >> r.shift;
}

static void sum_matches(void)
{
    axn_random random = stream(6);
    enum { COUNT = 1000 };
    uint8_t x0[COUNT], x1[COUNT], codes[COUNT], inside[COUNT];
    const double ratios[][2] = {{1, 1}, {0.37, 0.9}, {1.7, 1e-4}, {1e-9, 0.5}, {3.99, 0.001}};
    for (int i = 0; i < COUNT; i++) {
        x0[i] = (uint8_t)axn_random_u32(&random);
        x1[i] = (uint8_t)axn_random_u32(&random);
    }
    for (size_t n = 0; n < sizeof ratios / sizeof ratios[0]; n++) {
        for (int relu = 0; relu < 2; relu++) {
            const int zero = relu ? 0 : 90;
            const axn_sum_operand a = {x0, 10, axn_fixed_ratio_of(ratios[n][0])};
            const axn_sum_operand b = {x1, 200, axn_fixed_ratio_of(ratios[n][1])};
            const axn_sum_operand none = {NULL, 200, b.ratio};
            int wrong = 0;
            axn_sum_forward(codes, inside, &a, &b, COUNT, zero, zero * relu, relu == 1);
            for (int i = 0; i < COUNT; i++) {
                int64_t v = zero + rq(x0[i] - 10, a.ratio) + rq(x1[i] - 200, b.ratio);
                int64_t clamped = v < 0 ? 0 : (v > 255 ? 255 : v);
                wrong += codes[i] != clamped || inside[i] != (v <= 255 && v >= (relu ? 1 : 0));
            }
            axn_sum_forward(codes, inside, &a, &none, COUNT, zero, zero * relu, relu == 1);
            for (int i = 0; i < COUNT; i++) {
                int64_t v = zero + rq(x0[i] - 10, a.ratio);
                wrong += codes[i] != (v < 0 ? 0 : (v > 255 ? 255 : v));
            }
            CU_ASSERT_EQUAL(wrong, 0);
        }
    }
    for (int i = 0; i < COUNT; i++) {
        inside[i] = (uint8_t)(i % 3 == 0);
    }
    float g[COUNT], out[COUNT];
    for (int i = 0; i < COUNT; i++) {
        g[i] = unit(&random);
        out[i] = 1;
    }
    axn_masked_gradient(out, g, inside, COUNT, true);
    CU_ASSERT_EQUAL(out[3], 1 + g[3]);
    CU_ASSERT_EQUAL(out[4], 1);
}

static void ratios_are_near(void)
{
    for (int i = 0; i < 90; i++) {
        double ratio = 1e-8 * pow(1.365, i);
        for (int sign = -1; sign <= 1; sign += 2) {
            const axn_fixed_ratio r = axn_fixed_ratio_of(sign * ratio);
            CU_ASSERT_TRUE(r.shift >= AXN_SHIFT_MIN && r.shift <= AXN_SHIFT_MAX);
            CU_ASSERT_DOUBLE_EQUAL(ldexp(r.mantissa, -r.shift), sign * ratio,
                                   ratio * 4e-5 + ldexp(1, -47));
        }
    }
    const axn_fixed_ratio one = axn_fixed_ratio_of(1);
    CU_ASSERT_EQUAL(axn_fixed_ratio_apply(-255, one), -255);
}

static void quantisation_contains_zero(void)
{
    axn_random random = stream(8);
    const float ranges[][2] = {{0.5F, 2}, {-3, -1}, {-1, 4}, {0, 0}};
    for (size_t n = 0; n < sizeof ranges / sizeof ranges[0]; n++) {
        const axn_quantisation q = axn_weight_quantisation(ranges[n][0], ranges[n][1]);
        float values[50], real[50];
        uint8_t codes[50];
        for (int i = 0; i < 50; i++) {
            float part = (unit(&random) + 1) / 2;
            values[i] = i == 0 ? 0 : ranges[n][0] + part * (ranges[n][1] - ranges[n][0]);
        }
        axn_quantise_weights(codes, NULL, real, values, 50, q);
        CU_ASSERT_EQUAL(real[0], 0);
        CU_ASSERT_EQUAL(codes[0], q.zero_point);
        for (int i = 0; i < 50; i++) {
            CU_ASSERT_DOUBLE_EQUAL((double)real[i], (double)values[i], q.scale * 1.001);
        }
    }
}

static double loss_of(const float *logits, const uint8_t *labels, double smoothing)
{
    float gradient[12];
    int correct = 0;
    return axn_loss(gradient, &correct, logits, labels, 3, 4, smoothing, 1);
}

static void loss_gradient_matches(void)
{
    axn_random random = stream(9);
    float logits[12], gradient[12];
    const uint8_t labels[3] = {1, 3, 0};
    for (int i = 0; i < 12; i++) {
        logits[i] = 3 * unit(&random);
    }
    for (int smooth = 0; smooth < 2; smooth++) {
        int correct = 0;
        axn_loss(gradient, &correct, logits, labels, 3, 4, 0.1 * smooth, 1);
        for (int i = 0; i < 12; i++) {
            float before = logits[i];
            logits[i] = before + 0.01F;
            double up = loss_of(logits, labels, 0.1 * smooth);
            logits[i] = before - 0.01F;
            double down = loss_of(logits, labels, 0.1 * smooth);
            logits[i] = before;
            CU_ASSERT_DOUBLE_EQUAL((double)gradient[i], (up - down) / 0.02, 1e-4);
        }
    }
    const float ties[12] = {2, 2, 1, 0, 0, 5, 5, 5, 1, 1, 1, 1};
    const uint8_t lowest[3] = {0, 1, 0};
    int correct = 0;
    axn_loss(gradient, &correct, ties, lowest, 3, 4, 0, 1);
    CU_ASSERT_EQUAL(correct, 3);
}

AXN_TEST_MAIN("layers", {"convolution forward is the hardware's formula", conv_forward_matches},
              {"convolution backward agrees with differences", conv_backward_matches},
              {"batch norm backward agrees with differences", batch_norm_gradient_matches},
              {"codes round half up and clamp", affine_forward_rounds},
              {"dense layers, both ways", dense_gradient_matches},
              {"max pooling, both ways, ties to the first", max_pool_matches},
              {"windows of the larger operand of a sum", adaptive_windows_fit},
              {"average pooling, both ways", average_pool_matches},
              {"sums round operand by operand", sum_matches},
              {"mantissa and shift are near the ratio", ratios_are_near},
              {"quantised ranges contain 0", quantisation_contains_zero},
              {"loss gradient agrees with differences, ties go low", loss_gradient_matches})
