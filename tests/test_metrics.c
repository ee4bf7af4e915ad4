/* Error metrics against hand-made cases and a slow direct computation. */
#include <math.h>

#include "common/random.h"
#include "multipliers/metrics.h"
#include "tests/check.h"

static axn_table table;

static void exact_has_no_error(void)
{
    axn_table_exact(&table);
    axn_metrics m = axn_metrics_of(&table);
    CU_ASSERT_EQUAL(table.product[255 * 256 + 255], 65025);
    CU_ASSERT_EQUAL(table.product[3 * 256 + 200], 600);
    CU_ASSERT(m.mae == 0 && m.wce == 0 && m.ep == 0 && m.mre == 0 && m.wcre == 0 && m.mse == 0 &&
              m.mean_error == 0);
}

/* One wrong entry: 3 x 5 = 10 instead of 15. */
static void one_wrong_product(void)
{
    axn_table_exact(&table);
    table.product[3 * 256 + 5] = 10;
    axn_metrics m = axn_metrics_of(&table);
    CU_ASSERT_DOUBLE_EQUAL(m.mae, 5.0 / 65536, 1e-15);
    CU_ASSERT_EQUAL(m.wce, 5);
    CU_ASSERT_DOUBLE_EQUAL(m.ep, 1.0 / 65536, 1e-15);
    CU_ASSERT_DOUBLE_EQUAL(m.mse, 25.0 / 65536, 1e-15);
    CU_ASSERT_DOUBLE_EQUAL(m.mean_error, -5.0 / 65536, 1e-15);
    CU_ASSERT_DOUBLE_EQUAL(m.mre, 5.0 / 15 / 65025, 1e-15);
    CU_ASSERT_DOUBLE_EQUAL(m.wcre, 5.0 / 15, 1e-15);
}

/* Relative errors are over the pairs whose exact product is not 0; an error of a
 * product with 0 counts in all others. */
static void errors_of_zero_products(void)
{
    axn_table_exact(&table);
    table.product[0 * 256 + 7] = 65535;
    axn_metrics m = axn_metrics_of(&table);
    CU_ASSERT_EQUAL(m.wce, 65535);
    CU_ASSERT_EQUAL(m.mre, 0);
    CU_ASSERT_EQUAL(m.wcre, 0);
    CU_ASSERT_DOUBLE_EQUAL(m.mean_error, 65535.0 / 65536, 1e-15);
}

/* Constant 0: each product that is not 0 is wrong by all of itself. */
static void constant_zero(void)
{
    memset(&table, 0, sizeof table);
    axn_metrics m = axn_metrics_of(&table);
    CU_ASSERT_DOUBLE_EQUAL(m.mre, 1, 1e-12);
    CU_ASSERT_EQUAL(m.wcre, 1);
    CU_ASSERT_DOUBLE_EQUAL(m.mae, 127.5 * 127.5, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(m.mean_error, -127.5 * 127.5, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(m.ep, 65025.0 / 65536, 1e-15);
    CU_ASSERT_EQUAL(m.wce, 65025);
}

static void random_tables(void)
{
    axn_random random = axn_random_stream(1, AXN_RANDOM_TEST, 0, 0);
    for (int round = 0; round < 4; round++) {
        long double mae = 0, mre = 0, mse = 0, mean = 0, wce = 0, wcre = 0;
        long wrong = 0, nonzero = 0;
        for (int i = 0; i < 65536; i++)
            table.product[i] = (uint16_t)axn_random_below(&random, 65536u >> (4 * round));
        for (int b = 255; b >= 0; b--)
            for (int a = 255; a >= 0; a--) {
                long double error = (long double)table.product[a * 256 + b] - (long double)a * b;
                mae += fabsl(error) / 65536;
                mse += error * error / 65536;
                mean += error / 65536;
                wce = fmaxl(wce, fabsl(error));
                wrong += fabsl(error) > 0.5L;
                if (a > 0 && b > 0) {
                    nonzero++;
                    mre += fabsl(error) / a / b;
                    wcre = fmaxl(wcre, fabsl(error) / a / b);
                }
            }
        axn_metrics m = axn_metrics_of(&table);
        CU_ASSERT_EQUAL(nonzero, 65025);
        CU_ASSERT_DOUBLE_EQUAL(m.mae, (double)mae, 1e-9 * (double)mae);
        CU_ASSERT_DOUBLE_EQUAL(m.mse, (double)mse, 1e-9 * (double)mse);
        CU_ASSERT_DOUBLE_EQUAL(m.mean_error, (double)mean, 1e-7);
        CU_ASSERT_DOUBLE_EQUAL(m.mre, (double)(mre / nonzero), 1e-9 * (double)mre);
        CU_ASSERT_DOUBLE_EQUAL(m.wcre, (double)wcre, 1e-9 * (double)wcre);
        CU_ASSERT_EQUAL(m.wce, (double)wce);
        CU_ASSERT_DOUBLE_EQUAL(m.ep, (double)wrong / 65536, 1e-15);
    }
}

AXN_TEST_MAIN("error metrics", {"the exact multiplier has none", exact_has_no_error},
              {"one wrong product", one_wrong_product},
              {"products with 0 count, but not relatively", errors_of_zero_products},
              {"constant 0", constant_zero}, {"random tables, computed directly", random_tables})
