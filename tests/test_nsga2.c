/* NSGA-II: fronts, crowding on hand-made cases, known fronts reached, hypervolume. */
#include <math.h>

#include "common/random.h"
#include "nas/nsga2.h"
#include "tests/check.h"

static axn_point point(int64_t id, double x, double y)
{
    return (axn_point){.id = id, .key = (uint64_t)id, .value = {x, y}};
}

static void peels_fronts(void)
{
    axn_error error = {0};
    int front[6];
    int fronts = 0;
    const axn_point points[] = {point(0, 1, 5), point(1, 2, 2), point(2, 5, 1),
                                point(3, 2, 3), point(4, 6, 6), point(5, 2, 2)};
    AXN_REQUIRE_OK(axn_nsga2_fronts(points, 6, 2, front, &fronts, &error), error);
    const int expected[] = {0, 0, 0, 1, 2, 0};
    CU_ASSERT_EQUAL(fronts, 3);
    for (int i = 0; i < 6; i++) {
        CU_ASSERT_EQUAL(front[i], expected[i]);
    }
}

static void crowding_by_hand(void)
{
    axn_error error = {0};
    const axn_point points[] = {point(0, 0, 10), point(1, 1, 6), point(2, 4, 2), point(3, 10, 0)};
    const int members[] = {0, 1, 2, 3};
    double distance[4];
    AXN_REQUIRE_OK(axn_nsga2_crowding(points, members, 4, 2, distance, &error), error);
    CU_ASSERT_TRUE(isinf(distance[0]));
    CU_ASSERT_DOUBLE_EQUAL(distance[1], .4 + .8, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(distance[2], .9 + .6, 1e-12);
    CU_ASSERT_TRUE(isinf(distance[3]));
}

static void crowding_of_zero_ranges_is_finite(void)
{
    axn_error error = {0};
    const axn_point points[] = {point(3, 1, 5), point(1, 1, 5), point(2, 1, 5)};
    const axn_point line[] = {point(0, 0, 7), point(1, 2, 7), point(2, 10, 7)};
    const int members[] = {0, 1, 2};
    double distance[3];
    AXN_REQUIRE_OK(axn_nsga2_crowding(points, members, 3, 2, distance, &error), error);
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(distance[i], 0);
    }
    AXN_REQUIRE_OK(axn_nsga2_crowding(line, members, 3, 2, distance, &error), error);
    CU_ASSERT_EQUAL(distance[1], 1); /* the flat objective adds nothing, not NaN */
}

static void crowding_of_ties_prefers_the_lowest_id(void)
{
    axn_error error = {0};
    /* Two equal lowest and two equal highest points. */
    const axn_point points[] = {point(7, 0, 1), point(2, 0, 1), point(5, 1, 0), point(9, 1, 0)};
    const int members[] = {0, 1, 2, 3};
    double distance[4];
    AXN_REQUIRE_OK(axn_nsga2_crowding(points, members, 4, 2, distance, &error), error);
    CU_ASSERT_TRUE(isinf(distance[1]));
    CU_ASSERT_TRUE(isinf(distance[2]));
    CU_ASSERT_FALSE(isinf(distance[0]));
    CU_ASSERT_FALSE(isinf(distance[3]));
}

static void check_chosen(const axn_point *points, int count, int keep, axn_crowding crowding,
                         const int *expected, int expected_count)
{
    axn_error error = {0};
    int chosen[8];
    int chosen_count = 0;
    AXN_REQUIRE_OK(
        axn_nsga2_select(points, count, 2, keep, crowding, chosen, &chosen_count, &error), error);
    CU_ASSERT_EQUAL_FATAL(chosen_count, expected_count);
    for (int i = 0; i < expected_count; i++) {
        CU_ASSERT_EQUAL(points[chosen[i]].id, expected[i]);
    }
}

/* One-shot cuts both of a close pair; one worst at a time keeps one of them. */
static void reductions_differ_on_a_close_pair(void)
{
    const axn_point points[] = {point(0, 0, 10), point(1, 4, 6), point(2, 4.2, 5.8), point(3, 8, 2),
                                point(4, 10, 0)};
    const int at_once[] = {0, 3, 4};
    const int stepwise[] = {0, 1, 4};
    check_chosen(points, 5, 3, AXN_CROWDING_ONE_SHOT, at_once, 3);
    check_chosen(points, 5, 3, AXN_CROWDING_WORST_FIRST, stepwise, 3);
}

static void duplicates_are_dropped_first(void)
{
    axn_point points[] = {point(4, 1, 1), point(0, 1, 1), point(2, 9, 9), point(3, 8, 8)};
    points[0].key = points[1].key;
    const int expected[] = {0, 2, 3};
    check_chosen(points, 4, 3, AXN_CROWDING_WORST_FIRST, expected, 3);
    check_chosen(points, 4, 4, AXN_CROWDING_WORST_FIRST, expected, 3);
}

static void ties_keep_the_lower_id(void)
{
    const axn_point points[] = {point(3, 1, 1), point(1, 1, 1), point(2, 1, 1)};
    const int expected[] = {1, 2};
    check_chosen(points, 3, 2, AXN_CROWDING_WORST_FIRST, expected, 2);
    check_chosen(points, 3, 2, AXN_CROWDING_ONE_SHOT, expected, 2);
}

static void failed_candidates_rank_last(void)
{
    const axn_point points[] = {point(0, INFINITY, INFINITY), point(1, NAN, NAN), point(2, 5, 5),
                                point(3, 6, 6)};
    const int expected[] = {2, 3};
    check_chosen(points, 4, 2, AXN_CROWDING_WORST_FIRST, expected, 2);
}

static void hypervolume_by_hand(void)
{
    axn_error error = {0};
    double volume = 0;
    const double reference[] = {4, 4, 4};
    const axn_point two[] = {point(0, 1, 3), point(1, 2, 2), point(2, 3, 1), point(3, 5, 0),
                             point(4, 3, 3)};
    AXN_REQUIRE_OK(axn_hypervolume(two, 5, 2, reference, &volume, &error), error);
    CU_ASSERT_DOUBLE_EQUAL(volume, 6, 1e-12);
    const axn_point three[] = {{.id = 0, .value = {1, 2, 3}},
                               {.id = 1, .value = {3, 1, 2}},
                               {.id = 2, .value = {2, 3, 1}}};
    AXN_REQUIRE_OK(axn_hypervolume(three, 3, 3, reference, &volume, &error), error);
    /* 6 + 6 + 6, less pairwise overlaps 1*2*1 + 2*1*1 + 1*1*2, plus the common 1 */
    CU_ASSERT_DOUBLE_EQUAL(volume, 18 - 6 + 1, 1e-12);
    AXN_REQUIRE_OK(axn_hypervolume(three, 0, 3, reference, &volume, &error), error);
    CU_ASSERT_EQUAL(volume, 0);
}

/* ---- a small real-valued NSGA-II on top of the selection ---- */

#define VARIABLES 12
#define POPULATION 60

typedef struct solution {
    double x[VARIABLES];
} solution;

typedef void problem(const double *x, double *values);

static double tail(const double *x)
{
    double sum = 0;
    for (int i = 1; i < VARIABLES; i++) {
        sum += x[i];
    }
    return 1 + 9 * sum / (VARIABLES - 1);
}

static void zdt1(const double *x, double *values)
{
    double g = tail(x);
    values[0] = x[0];
    values[1] = g * (1 - sqrt(x[0] / g));
}

static void zdt2(const double *x, double *values)
{
    double g = tail(x);
    values[0] = x[0];
    values[1] = g * (1 - (x[0] / g) * (x[0] / g));
}

static void zdt3(const double *x, double *values)
{
    const double pi = acos(-1);
    double g = tail(x);
    values[0] = x[0];
    values[1] = g * (1 - sqrt(x[0] / g) - x[0] / g * sin(10 * pi * x[0]));
}

static void dtlz2(const double *x, double *values)
{
    const double half_pi = acos(0);
    double g = 0;
    for (int i = 2; i < VARIABLES; i++) {
        g += (x[i] - .5) * (x[i] - .5);
    }
    values[0] = (1 + g) * cos(x[0] * half_pi) * cos(x[1] * half_pi);
    values[1] = (1 + g) * cos(x[0] * half_pi) * sin(x[1] * half_pi);
    values[2] = (1 + g) * sin(x[0] * half_pi);
}

static solution vary(const solution *from, const solution *other, axn_random *random)
{
    solution child = *from;
    for (int i = 0; i < VARIABLES; i++) {
        if (axn_random_unit(random) < .5) {
            child.x[i] = other->x[i];
        }
        if (axn_random_unit(random) < 1.5 / VARIABLES) {
            double scale = axn_random_unit(random) < .5 ? .3 : .02;
            child.x[i] += scale * axn_random_normal(random);
        }
        child.x[i] = child.x[i] < 0 ? 0 : child.x[i] > 1 ? 1 : child.x[i];
    }
    return child;
}

static double reached(problem *evaluate, int objectives, double corner, axn_crowding crowding,
                      int generations)
{
    static solution solutions[2 * POPULATION];
    static axn_point points[2 * POPULATION];
    const double reference[] = {corner, corner, corner};
    axn_random random = axn_random_stream(5, AXN_RANDOM_TEST, 0, 0);
    axn_error error = {0};
    int64_t id = 0;
    int count = POPULATION;
    for (int i = 0; i < POPULATION; i++) {
        for (int k = 0; k < VARIABLES; k++) {
            solutions[i].x[k] = axn_random_unit(&random);
        }
    }
    for (int g = 0; g < generations; g++) {
        for (int i = 0; g > 0 && i < POPULATION; i++) {
            int a = (int)axn_random_below(&random, (uint32_t)count);
            int b = (int)axn_random_below(&random, (uint32_t)count);
            solutions[count + i] = vary(&solutions[a], &solutions[b], &random);
        }
        int first = g > 0 ? count : 0;
        count += g > 0 ? POPULATION : 0;
        for (int i = first; i < count; i++) {
            points[i].id = id++;
            points[i].key = (uint64_t)points[i].id;
            evaluate(solutions[i].x, points[i].value);
        }
        int chosen[POPULATION];
        int kept = 0;
        AXN_REQUIRE_OK(axn_nsga2_select(points, count, objectives, POPULATION, crowding, chosen,
                                        &kept, &error),
                       error);
        for (int i = 0; i < kept; i++) { /* by ascending id, so chosen[i] >= i */
            solutions[i] = solutions[chosen[i]];
            points[i] = points[chosen[i]];
        }
        count = kept;
    }
    double volume = 0;
    AXN_REQUIRE_OK(axn_hypervolume(points, count, objectives, reference, &volume, &error), error);
    return volume;
}

/* With the reference (1.1, 1.1) the true fronts cover 1.21 - 1/3 = .8767 (ZDT1),
 * 1.21 - 2/3 = .5433 (ZDT2). */
static void reaches_zdt1_and_zdt2(void)
{
    for (int crowding = 0; crowding < 2; crowding++) {
        double one = reached(zdt1, 2, 1.1, (axn_crowding)crowding, 150);
        double two = reached(zdt2, 2, 1.1, (axn_crowding)crowding, 150);
        CU_ASSERT_TRUE(one > .86 && one < .8767);
        CU_ASSERT_TRUE(two > .52 && two < .5434);
        if (one <= .86 || two <= .52) {
            fprintf(stderr, "\n    hypervolume %.4f and %.4f\n", one, two);
        }
    }
}

/* ZDT3's five pieces cover 1.3285 of (1.1, 1.1)'s quadrant; DTLZ2's sphere leaves
 * 1.1^3 - pi/6 = .8074. */
static void reaches_zdt3_and_dtlz2(void)
{
    double three = reached(zdt3, 2, 1.1, AXN_CROWDING_WORST_FIRST, 150);
    double sphere = reached(dtlz2, 3, 1.1, AXN_CROWDING_WORST_FIRST, 150);
    CU_ASSERT_TRUE(three > 1.3 && three < 1.329);
    CU_ASSERT_TRUE(sphere > .68 && sphere < .8074);
    if (three <= 1.3 || three >= 1.329 || sphere <= .68) {
        fprintf(stderr, "\n    hypervolume %.4f and %.4f\n", three, sphere);
    }
}

AXN_TEST_MAIN("NSGA-II", {"fronts are peeled", peels_fronts},
              {"crowding distances by hand", crowding_by_hand},
              {"zero ranges add nothing", crowding_of_zero_ranges_is_finite},
              {"ties: the lowest id is the extreme", crowding_of_ties_prefers_the_lowest_id},
              {"both reductions of a close pair", reductions_differ_on_a_close_pair},
              {"duplicates are dropped first", duplicates_are_dropped_first},
              {"ties keep the lower id", ties_keep_the_lower_id},
              {"failed candidates rank last", failed_candidates_rank_last},
              {"hypervolumes by hand", hypervolume_by_hand},
              {"the fronts of ZDT1 and ZDT2 are reached", reaches_zdt1_and_zdt2},
              {"the fronts of ZDT3 and DTLZ2 are reached", reaches_zdt3_and_dtlz2})
