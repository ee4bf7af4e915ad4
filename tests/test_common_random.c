/* Random streams: the published generator, uniform, independent of the order of use. */
#include "tests/check.h"

#include <math.h>

#include "common/random.h"

/* Known-answer vectors of the authors' Random123 distribution (philox4x32, 10 rounds). */
static void philox_gives_the_published_answers(void)
{
    static const struct {
        uint32_t counter[4], key[2], result[4];
    } answers[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (int i = 0; i < 3; i++) {
        uint32_t out[4];
        axn_random_philox(answers[i].key, answers[i].counter, out);
        CU_ASSERT_EQUAL(memcmp(out, answers[i].result, sizeof out), 0);
    }
}

static void streams_are_keyed_by_use(void)
{
    axn_random streams[] = {
        axn_random_stream(1, AXN_RANDOM_WEIGHTS, 2, 3),
        axn_random_stream(UINT64_C(1) << 32 | 1, AXN_RANDOM_WEIGHTS, 2, 3),
        axn_random_stream(2, AXN_RANDOM_WEIGHTS, 2, 3),
        axn_random_stream(1, AXN_RANDOM_SHUFFLE, 2, 3),
        axn_random_stream(1, AXN_RANDOM_WEIGHTS, 3, 3),
        axn_random_stream(1, AXN_RANDOM_WEIGHTS, 2, 4),
    };
    enum { COUNT = sizeof streams / sizeof streams[0] };
    uint32_t first[COUNT];
    for (int i = 0; i < COUNT; i++)
        first[i] = axn_random_u32(&streams[i]);
    for (int i = 0; i < COUNT; i++)
        for (int j = 0; j < i; j++)
            CU_ASSERT_NOT_EQUAL(first[i], first[j]);
    axn_random again = axn_random_stream(1, AXN_RANDOM_SHUFFLE, 2, 3);
    CU_ASSERT_EQUAL(axn_random_u32(&again), first[3]);
}

/* Chi-square of `bins` equally likely counts; 4 standard deviations above the mean. */
static void check_uniform(const long *counts, int bins, long total)
{
    double expected = (double)total / bins, chi = 0.0;
    for (int i = 0; i < bins; i++)
        chi += ((double)counts[i] - expected) * ((double)counts[i] - expected) / expected;
    CU_ASSERT(chi < bins - 1 + 4.0 * sqrt(2.0 * (bins - 1)));
}

static void numbers_are_uniform(void)
{
    axn_random random = axn_random_stream(7, AXN_RANDOM_TEST, 0, 0);
    long below[7] = {0}, unit[16] = {0};
    double sum = 0.0, squares = 0.0;
    for (int i = 0; i < 70000; i++) {
        uint32_t number = axn_random_below(&random, 7);
        double fraction = axn_random_unit(&random);
        double normal = axn_random_normal(&random);
        CU_ASSERT_FATAL(number < 7 && fraction >= 0.0 && fraction < 1.0 && isfinite(normal));
        below[number]++;
        unit[(int)(fraction * 16.0)]++;
        sum += normal;
        squares += normal * normal;
    }
    check_uniform(below, 7, 70000);
    check_uniform(unit, 16, 70000);
    CU_ASSERT(fabs(sum / 70000.0) < 0.016);
    CU_ASSERT(fabs(squares / 70000.0 - 1.0) < 0.022);
    CU_ASSERT_EQUAL(axn_random_below(&random, 1), 0);
    /* Without rejection every third value of this bound came twice as often. */
    long thirds[3] = {0};
    for (int i = 0; i < 30000; i++) {
        uint32_t number = axn_random_below(&random, UINT32_C(3) << 30);
        CU_ASSERT_FATAL(number < UINT32_C(3) << 30);
        thirds[number % 3]++;
    }
    check_uniform(thirds, 3, 30000);
}

static void shuffles_are_permutations(void)
{
    axn_random random = axn_random_stream(7, AXN_RANDOM_SHUFFLE, 0, 0);
    long places[5] = {0};
    for (int round = 0; round < 5000; round++) {
        uint32_t values[5] = {0, 1, 2, 3, 4};
        unsigned seen = 0;
        axn_random_shuffle(&random, values, 5);
        for (int i = 0; i < 5; i++)
            seen |= 1U << values[i];
        CU_ASSERT_EQUAL(seen, 31);
        places[values[0]]++;
    }
    check_uniform(places, 5, 5000);
    axn_random_shuffle(&random, NULL, 0);
}

static void long_streams_do_not_run_into_others(void)
{
    axn_random random = axn_random_stream(1, AXN_RANDOM_WEIGHTS, 0, 0);
    uint32_t first = axn_random_u32(&random);
    random.counter[0] = UINT32_MAX;
    random.used = 4;
    axn_random_u32(&random);
    random.used = 4;
    CU_ASSERT_NOT_EQUAL(axn_random_u32(&random), first);
    CU_ASSERT_EQUAL(random.counter[1], 256 + AXN_RANDOM_WEIGHTS);
}

AXN_TEST_MAIN("random", {"philox gives the published answers", philox_gives_the_published_answers},
              {"streams are keyed by use", streams_are_keyed_by_use},
              {"numbers are uniform", numbers_are_uniform},
              {"shuffles are permutations", shuffles_are_permutations},
              {"long streams do not run into others", long_streams_do_not_run_into_others})
