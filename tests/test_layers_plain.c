/* The trainer's layers without weights, requantisation and the loss: integers against the
 * plain formula, gradients against finite differences. */
#include <math.h>

#include "common/parallel.h"
#include "multipliers/table.h"
#include "nas/layers.h"
#include "nas/onednn.h"
#include "tests/layer_fixture.h"

/* A pool of whole windows: what each output sees, computed the slow way. */
static void max_pool_matches(void)
{
    enum { PLANES = 3, LARGEST = 3 * 390 };
    axn_error error = {0};
    axn_random random = stream(5);
    const struct {
        int height, width, kernel, stride, pad;
    } cases[] = {{8, 6, 2, 2, 0}, {9, 7, 3, 2, 1},   {5, 5, 3, 1, 1}, {7, 7, 2, 2, 0},
                 {4, 4, 4, 4, 0}, {3, 390, 3, 1, 1}, {7, 8, 5, 3, 2}, {5, 40, 3, 1, 1}};
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
        uint8_t in[PLANES * LARGEST], out[PLANES * LARGEST];
        float g[PLANES * LARGEST], dx[PLANES * LARGEST], expected[PLANES * LARGEST];
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

/* Where the larger map is a multiple of the smaller one, SUM's windows are those of a pool. */
static void adaptive_windows_of_whole_ratios_are_pools(void)
{
    axn_error error = {0};
    axn_random random = stream(6);
    axn_windows adaptive, pool;
    axn_layer layer = {.kernel_h = 3, .kernel_w = 4, .stride = 4, .output = {2, 2, 1}};
    uint8_t in[6 * 8], ours[4], expected[4];
    AXN_REQUIRE_OK(
        axn_windows_adaptive(&adaptive, (axn_shape){6, 8, 1}, (axn_shape){2, 2, 1}, &error), error);
    AXN_REQUIRE_OK(axn_windows_pool(&pool, (axn_shape){6, 8, 1}, &layer, &error), error);
    pool.row_begin[1] = 3;
    pool.row_end[1] = 6;
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 6 * 8; i++) {
            in[i] = (uint8_t)axn_random_below(&random, 256);
        }
        axn_max_pool_forward(ours, in, &adaptive, 1);
        axn_max_pool_forward(expected, in, &pool, 1);
        CU_ASSERT_EQUAL(memcmp(ours, expected, sizeof ours), 0);
    }
    axn_windows_free(&adaptive);
    axn_windows_free(&pool);
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

AXN_TEST_MAIN("layers without weights",
              {"max pooling, both ways, ties to the first", max_pool_matches},
              {"windows of SUM at whole ratios", adaptive_windows_of_whole_ratios_are_pools},
              {"windows of the larger operand of a sum", adaptive_windows_fit},
              {"average pooling, both ways", average_pool_matches},
              {"sums round operand by operand", sum_matches},
              {"mantissa and shift are near the ratio", ratios_are_near},
              {"quantised ranges contain 0", quantisation_contains_zero},
              {"loss gradient agrees with differences, ties go low", loss_gradient_matches})
