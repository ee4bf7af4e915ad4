/* Every tier of the table GEMM equals the plain loops; im2col orders taps as weights. */
#include "common/memory.h"
#include "common/random.h"
#include "nas/kernel.h"
#include "tests/check.h"

static const char *const fast_tiers[] = {"portable", "avx2", "avx512",
                                         "planes",   "vbmi", "vbmi_affine"};
enum { TIERS = sizeof fast_tiers / sizeof fast_tiers[0] };

static void *required(size_t count, size_t size)
{
    void *memory = NULL;
    axn_error error = {0};
    AXN_REQUIRE_OK(axn_allocate_aligned(&memory, count, size, "test data", &error), error);
    return memory;
}

static uint8_t *random_bytes(axn_random *random, size_t count)
{
    uint8_t *bytes = required(count + 1, 1);
    for (size_t i = 0; i < count; i++) {
        bytes[i] = (uint8_t)axn_random_below(random, 256);
    }
    return bytes;
}

/* Arbitrary products; all 65,535; near it; all 0; or slope * x + intercept + a residual of at
 * most 0 (exact: slope = w), 60, 120, 255 or, which is too much, 256. */
typedef enum fill {
    FILL_RANDOM,
    FILL_LARGEST,
    FILL_HIGH,
    FILL_ZERO,
    FILL_EXACT,
    FILL_AFFINE_60,
    FILL_AFFINE_120,
    FILL_AFFINE_255,
    FILL_AFFINE_256,
    FILLS
} fill;

static uint16_t affine_product(axn_random *random, int x, int w, int largest)
{
    if (x == 100 || x == 200) {
        return (uint16_t)(x * w + (x == 100 ? 0 : largest)); /* the ends are met */
    }
    return (uint16_t)(x * w + (int)axn_random_below(random, (uint32_t)largest + 1));
}

static axn_kernel_table *random_table(axn_random *random, fill kind)
{
    uint16_t *product = required(65536, sizeof *product);
    int largest = kind == FILL_AFFINE_60    ? 60
                  : kind == FILL_AFFINE_120 ? 120
                  : kind == FILL_AFFINE_255 ? 255
                  : kind == FILL_AFFINE_256 ? 256
                                            : 0;
    for (int i = 0; i < 65536; i++) {
        uint32_t value = axn_random_below(random, 65536);
        product[i] = (uint16_t)(kind == FILL_LARGEST ? 65535
                                : kind == FILL_HIGH  ? 65280 + value % 256
                                : kind == FILL_ZERO  ? 0
                                                     : value);
        if (kind >= FILL_EXACT) {
            product[i] = affine_product(random, i / 256, i % 256, largest);
        }
    }
    axn_kernel_table *table = NULL;
    axn_error error = {0};
    AXN_REQUIRE_OK(axn_kernel_table_create(product, 0, &table, &error), error);
    free(product);
    return table;
}

/* Compares all tiers with the reference; rows of sum and x have room behind them that
 * must stay as it was (sum) or is not read as data (x). */
static void compare(axn_random *random, fill kind, int M, int K, int N)
{
    int64_t ldx = N + 3, lds = N + 5;
    axn_kernel_table *table = random_table(random, kind);
    uint8_t *w = random_bytes(random, (size_t)M * (size_t)K);
    uint8_t *x = random_bytes(random, (size_t)K * (size_t)ldx);
    for (int k = 0; k < K; k += 2) { /* some taps meet a part of the codes only */
        uint32_t least = axn_random_below(random, 256), codes = 256 - least;
        for (int n = 0; n < N; n++) {
            x[k * ldx + n] = (uint8_t)(least + x[k * ldx + n] % codes);
        }
    }
    size_t size = (size_t)M * (size_t)lds;
    int32_t *expected = required(size, sizeof *expected), *sum = required(size, sizeof *sum);
    memset(expected, 0x55, size * sizeof *expected);
    axn_kernel_reference(table, M, K, N, w, x, ldx, expected, lds);
    for (int i = 0; i < TIERS; i++) {
        axn_kernel_gemm *gemm = NULL;
        axn_error error = {0};
        if (axn_kernel_select(fast_tiers[i], &gemm, NULL, &error) != AXN_OK) {
            continue;
        }
        memset(sum, 0x55, size * sizeof *sum);
        gemm(table, M, K, N, w, x, ldx, sum, lds);
        if (memcmp(sum, expected, size * sizeof *sum) != 0) {
            fprintf(stderr, "\n    %s differs at M %d K %d N %d\n", fast_tiers[i], M, K, N);
            CU_FAIL("kernel differs from the reference");
        }
    }
    CU_PASS("compared");
    free(expected);
    free(sum);
    free(w);
    free(x);
    axn_kernel_table_free(table);
}

static void tiers_equal_reference(void)
{
    axn_random random = axn_random_stream(1, AXN_RANDOM_TEST, 0, 0);
    for (int i = 0; i < 60; i++) {
        int M = 1 + (int)axn_random_below(&random, 70);
        int K = 1 + (int)axn_random_below(&random, 300);
        int N = 1 + (int)axn_random_below(&random, 400);
        compare(&random, FILL_RANDOM, M, K, N);
    }
}

static void tiers_equal_at_edges(void)
{
    static const int shapes[][3] = {{1, 1, 1},      {1, 1, 64},     {16, 1, 65},    {1, 256, 63},
                                    {2, 257, 64},   {17, 513, 127}, {31, 255, 4},   {33, 4, 4099},
                                    {16, 9, 2048},  {40, 5, 2051},  {8, 1025, 300}, {64, 2, 1},
                                    {7, 300, 700},  {48, 36, 1100}, {70, 33, 8200}, {16, 505, 600},
                                    {32, 520, 577}, {17, 8, 8193}};
    axn_random random = axn_random_stream(2, AXN_RANDOM_TEST, 0, 0);
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        compare(&random, FILL_RANDOM, shapes[i][0], shapes[i][1], shapes[i][2]);
    }
}

/* The largest sums that the kernels' 16-bit lanes can meet. */
static void tiers_equal_for_large_products(void)
{
    axn_random random = axn_random_stream(3, AXN_RANDOM_TEST, 0, 0);
    compare(&random, FILL_LARGEST, 33, 600, 130);
    compare(&random, FILL_HIGH, 33, 512, 130);
    compare(&random, FILL_LARGEST, 33, 256, 2100);
    compare(&random, FILL_HIGH, 16, 1024, 70);
    compare(&random, FILL_LARGEST, 50, 1010, 100);
    compare(&random, FILL_HIGH, 20, 2017, 70);
    compare(&random, FILL_LARGEST, 2, 32768, 5);
}

/* Exact tables, tables that are nearly affine, and one that is just not. */
static void tiers_equal_for_affine_tables(void)
{
    static const int shapes[][3] = {{1, 1, 1},      {3, 5, 63},    {16, 27, 640},
                                    {33, 258, 700}, {70, 18, 515}, {64, 300, 1030},
                                    {5, 513, 2049}, {10, 64, 32},  {50, 520, 600}};
    axn_random random = axn_random_stream(5, AXN_RANDOM_TEST, 0, 0);
    for (fill kind = FILL_ZERO; kind < FILLS; kind++) {
        for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
            compare(&random, kind, shapes[i][0], shapes[i][1], shapes[i][2]);
        }
    }
    compare(&random, FILL_LARGEST, 40, 300, 600);
}

/* Whether a table is affine, slopes of every sign and size tried. */
static void affine_tables_are_found(void)
{
    static const struct {
        int slope, intercept, bent; /* product = slope * x + intercept, `bent` more at x = 128 */
        int affine;
    } rows[] = {{0, 0, 0, 1},     {255, 500, 0, 1}, {255, 500, 255, 1},  {128, 9, 255, 1},
                {128, 9, 256, 0}, {0, 65535, 0, 1}, {0, 65535, -255, 1}, {0, 65535, -256, 0},
                {256, 0, 0, 1},   {257, 0, 0, 0},   {-1, 300, 0, 1},     {-2, 600, 0, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint16_t *product = required(65536, sizeof *product);
        axn_kernel_table *table = NULL;
        axn_error error = {0};
        for (int j = 0; j < 65536; j++) {
            int x = j / 256, w = j % 256;
            /* The other rows are exact. */
            int value = rows[i].slope * x + rows[i].intercept + (x == 128 ? rows[i].bent : 0);
            product[j] = (uint16_t)(w == 77 ? value : x * w);
        }
        AXN_REQUIRE_OK(axn_kernel_table_create(product, 0, &table, &error), error);
        CU_ASSERT_EQUAL(axn_kernel_table_is_affine(table), rows[i].affine);
        axn_kernel_table_free(table);
        free(product);
    }
}

/* Activations, one a tap, whose products (T[x][w] = x) push the estimates of the vector-row
 * kernels to both ends of what they can miss by. */
static void tiers_are_exact_at_ends_of_estimates(void)
{
    static const uint8_t patterns[][16] = {
        {0, 1, 253, 254, 0, 1, 253, 254, 0, 1, 253, 254, 0, 1, 253, 254},
        {0, 1, 1, 2, 0, 1, 247, 248, 0, 1, 1, 2, 0, 1, 247, 248},
        {60, 61, 61, 62, 61, 62, 62, 63, 61, 62, 62, 63, 62, 63, 63, 64}, /* 16 * mean = sum + 32 */
        {127, 127, 127, 127, 127, 127, 127, 127, 127, 127, 127, 127, 127, 127, 127, 127},
        {63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63}};
    enum { M = 33, K = 1008, N = 40 };
    uint16_t *product = required(65536, sizeof *product);
    uint8_t *w = required((size_t)M * K, 1), *x = required((size_t)K * N, 1);
    int32_t *sum = required((size_t)M * N, sizeof *sum);
    axn_kernel_table *table = NULL;
    axn_error error = {0};
    for (int i = 0; i < 65536; i++) {
        product[i] = (uint16_t)(i / 256);
    }
    AXN_REQUIRE_OK(axn_kernel_table_create(product, 0, &table, &error), error);
    for (size_t p = 0; p < sizeof patterns / sizeof patterns[0]; p++) {
        int expected = 0;
        for (int k = 0; k < K; k++) {
            memset(x + (size_t)k * N, patterns[p][k % 16], N);
            expected += patterns[p][k % 16];
        }
        for (int i = 0; i < TIERS; i++) {
            axn_kernel_gemm *gemm = NULL;
            if (axn_kernel_select(fast_tiers[i], &gemm, NULL, &error) == AXN_OK) {
                gemm(table, M, K, N, w, x, N, sum, N);
                CU_ASSERT_EQUAL(sum[0], expected);
                CU_ASSERT_EQUAL(sum[M * N - 1], expected);
            }
        }
    }
    axn_kernel_table_free(table);
    free(product);
    free(sum);
    free(w);
    free(x);
}

static void operands_keep_their_order(void)
{
    uint16_t *product = required(65536, sizeof *product);
    for (int i = 0; i < 65536; i++) {
        product[i] = (uint16_t)i; /* [x][w] = 256 x + w */
    }
    const uint8_t w = 7, x = 9;
    for (int swap = 0; swap < 2; swap++) {
        axn_kernel_table *table = NULL;
        axn_error error = {0};
        AXN_REQUIRE_OK(axn_kernel_table_create(product, swap, &table, &error), error);
        int32_t sum = 0;
        axn_kernel_reference(table, 1, 1, 1, &w, &x, 1, &sum, 1);
        CU_ASSERT_EQUAL(sum, swap ? 256 * 7 + 9 : 256 * 9 + 7);
        axn_kernel_table_free(table);
    }
    free(product);
}

static void unknown_kernel_is_refused(void)
{
    axn_kernel_gemm *gemm = NULL;
    const char *chosen = NULL;
    axn_error error = {0};
    AXN_CHECK_FAILS(axn_kernel_select("abacus", &gemm, &chosen, &error), error, AXN_ERROR_USAGE,
                    "abacus");
    setenv("AXNAS_KERNEL", "slide_rule", 1);
    AXN_CHECK_FAILS(axn_kernel_select(NULL, &gemm, &chosen, &error), error, AXN_ERROR_USAGE,
                    "AXNAS_KERNEL");
    setenv("AXNAS_KERNEL", "portable", 1);
    AXN_CHECK_OK(axn_kernel_select(NULL, &gemm, &chosen, &error), error);
    CU_ASSERT_STRING_EQUAL(chosen, "portable");
    unsetenv("AXNAS_KERNEL");
    AXN_CHECK_OK(axn_kernel_select(NULL, &gemm, &chosen, &error), error);
}

/* [C][H][W] from [H][W][C]. */
static void to_planes(const axn_im2col *shape, const uint8_t *image, uint8_t *map)
{
    for (int p = 0; p < shape->height * shape->width; p++) {
        for (int c = 0; c < shape->channels; c++) {
            map[c * shape->height * shape->width + p] = image[p * shape->channels + c];
        }
    }
}

static void check_im2col(const axn_im2col *shape, axn_random *random)
{
    int taps = shape->channels * shape->kernel_h * shape->kernel_w;
    int pixels = shape->out_height * shape->out_width;
    size_t area = (size_t)shape->height * (size_t)shape->width;
    size_t size = area * (size_t)shape->channels, cells = (size_t)taps * (size_t)pixels;
    uint8_t *image = random_bytes(random, size), *map = required(size, 1);
    uint8_t *x = required(cells, 1), *tiled = required(cells, 1);
    uint8_t *planes = required((size_t)axn_planes_size(shape), 1);
    int32_t *pixel_sum = required((size_t)axn_planes_size(shape), sizeof *pixel_sum);
    int32_t *tap_sum = required((size_t)pixels, sizeof *tap_sum);
    int32_t *tile_sum = required((size_t)pixels, sizeof *tile_sum);
    axn_im2col_bytes(shape, image, 77, x, pixels, tap_sum);
    int wrong = 0;
    for (int i = 0; i < taps * pixels; i++) {
        int tap = i / pixels / shape->channels, c = i / pixels % shape->channels;
        int y =
            i % pixels / shape->out_width * shape->stride + tap / shape->kernel_w - shape->pad_h;
        int column =
            i % pixels % shape->out_width * shape->stride + tap % shape->kernel_w - shape->pad_w;
        int inside = y >= 0 && y < shape->height && column >= 0 && column < shape->width;
        int code = inside ? image[(y * shape->width + column) * shape->channels + c] : 77;
        wrong += x[i] != code;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    to_planes(shape, image, map);
    axn_planes_fill(shape, map, 77, planes, pixel_sum);
    int most = shape->width > 40 ? 50 : 7; /* columns of a tile */
    for (int first = 0, count; first < pixels; first += count) {
        count = pixels - first < most ? pixels - first : most;
        axn_im2col_tile(shape, planes, first, count, tiled + first, pixels);
        axn_planes_tap_sums(shape, pixel_sum, first, count, tile_sum + first);
    }
    CU_ASSERT_EQUAL(memcmp(x, tiled, cells), 0);
    CU_ASSERT_EQUAL(memcmp(tap_sum, tile_sum, (size_t)pixels * sizeof *tap_sum), 0);
    free(image);
    free(map);
    free(x);
    free(tiled);
    free(planes);
    free(pixel_sum);
    free(tap_sum);
    free(tile_sum);
}

static void im2col_takes_the_right_taps(void)
{
    static const axn_im2col shapes[] = {
        {5, 7, 3, 3, 3, 1, 1, 1, 5, 7},   {8, 8, 2, 3, 3, 2, 1, 1, 4, 4},
        {9, 5, 1, 5, 5, 2, 2, 2, 5, 3},   {4, 4, 5, 1, 1, 1, 0, 0, 4, 4},
        {7, 7, 2, 1, 1, 3, 0, 0, 3, 3},   {2, 2, 2, 5, 5, 1, 2, 2, 2, 2},
        {6, 6, 1, 2, 2, 1, 0, 0, 6, 6},   {5, 8, 2, 1, 3, 2, 0, 1, 3, 4},
        {3, 75, 2, 3, 3, 2, 1, 1, 2, 38}, {4, 41, 1, 3, 3, 1, 1, 1, 4, 41}};
    axn_random random = axn_random_stream(4, AXN_RANDOM_TEST, 0, 0);
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        check_im2col(&shapes[i], &random);
    }
}

AXN_TEST_MAIN("kernel", {"tiers equal the reference", tiers_equal_reference},
              {"tiers equal the reference at edge shapes", tiers_equal_at_edges},
              {"tiers are exact for the largest products", tiers_equal_for_large_products},
              {"tiers equal the reference for affine tables", tiers_equal_for_affine_tables},
              {"affine tables are found", affine_tables_are_found},
              {"tiers are exact at the ends of the estimates",
               tiers_are_exact_at_ends_of_estimates},
              {"operands keep their order", operands_keep_their_order},
              {"an unknown kernel is refused", unknown_kernel_is_refused},
              {"im2col takes the right taps", im2col_takes_the_right_taps})
