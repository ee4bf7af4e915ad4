/* Rank correlations against values known from elsewhere. */
#include <math.h>

#include "nas/rank_correlation.h"
#include "tests/check.h"

static void agreement_and_its_opposite(void)
{
    const double up[] = {1, 2, 3, 4, 5};
    const double curved[] = {.1, .7, .71, .9, .91};
    const double down[] = {5, 4, 3, 2, 1};
    CU_ASSERT_DOUBLE_EQUAL(axn_spearman(up, curved, 5), 1, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(axn_kendall(up, curved, 5), 1, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(axn_spearman(up, down, 5), -1, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(axn_kendall(up, down, 5), -1, 1e-12);
}

/* Ten values without ties: the sum of squared differences of ranks is 194, so rho = 1 - 6 * 194 /
 * 990; 20 pairs agree and 25 do not. */
static void a_case_without_ties(void)
{
    const double iq[] = {106, 100, 86, 101, 99, 103, 97, 113, 112, 110};
    const double hours[] = {7, 27, 2, 50, 28, 29, 20, 12, 6, 17};
    CU_ASSERT_DOUBLE_EQUAL(axn_spearman(iq, hours, 10), -29. / 165, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(axn_kendall(iq, hours, 10), -5. / 45, 1e-12);
}

/* By hand: ranks 1, 2.5, 2.5, 4 against 1, 3, 2, 4: rho = 4.5 / sqrt(4.5 * 5); five pairs agree,
 * one is tied on one side: tau-b = 5 / sqrt(5 * 6). */
static void ties_share_a_rank(void)
{
    const double one[] = {1, 2, 2, 3};
    const double other[] = {1, 3, 2, 4};
    CU_ASSERT_DOUBLE_EQUAL(axn_spearman(one, other, 4), 4.5 / sqrt(22.5), 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(axn_kendall(one, other, 4), 5 / sqrt(30), 1e-12);
}

static void none_without_an_order(void)
{
    const double equal[] = {3, 3, 3};
    const double up[] = {1, 2, 3};
    CU_ASSERT_TRUE(isnan(axn_spearman(equal, up, 3)));
    CU_ASSERT_TRUE(isnan(axn_kendall(equal, up, 3)));
    CU_ASSERT_TRUE(isnan(axn_spearman(up, up, 1)));
    CU_ASSERT_TRUE(isnan(axn_kendall(up, up, 0)));
}

AXN_TEST_MAIN("rank correlation", {"agreement and its opposite", agreement_and_its_opposite},
              {"a case without ties", a_case_without_ties},
              {"ties share a rank", ties_share_a_rank},
              {"none without an order", none_without_an_order})
