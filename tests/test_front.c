/* Fronts, contests with a reference, and the lite set. */
#include <stdlib.h>
#include <string.h>

#include "common/file.h"
#include "multipliers/front.h"
#include "multipliers/lite.h"
#include "tests/check.h"

static axn_front_point point(const char *name, double power, double mae, double mre, double wce)
{
    axn_front_point p = {.power_ratio = power, .error = {mae, mre, wce}};
    snprintf(p.name, sizeof p.name, "%s", name);
    return p;
}

/* Dominated, equal and extreme points. */
static void front(void)
{
    axn_front_point list[] = {
        point("exact", 1, 0, 0, 0),         point("same_power_worse", .5, 30, .3, 90),
        point("best_half", .5, 20, .2, 60), point("twin_of_best_half", .5, 20, .2, 60),
        point("dominated", .7, 25, .1, 70), point("cheap", .1, 200, .9, 500),
    };
    axn_front_points points = {list, 6};
    int indices[6];
    CU_ASSERT_EQUAL_FATAL(axn_front_of(&points, AXN_FRONT_MAE, indices), 3);
    CU_ASSERT(indices[0] == 5 && indices[1] == 2 && indices[2] == 0);
    CU_ASSERT_EQUAL_FATAL(axn_front_of(&points, AXN_FRONT_MRE, indices), 4);
    CU_ASSERT(indices[0] == 5 && indices[1] == 2 && indices[2] == 4 && indices[3] == 0);
}

/* Equal error and equal power count as won; points out of range and behind the
 * reference's own front do not count; the joint contest counts every point. */
static void contest(void)
{
    axn_front_point ours[] = {point("a", .9, 1, .01, 4), point("b", .45, 20, .3, 80),
                              point("c", .40, 20, .1, 200)};
    axn_front_point theirs[] = {
        point("exact", 1, 0, 0, 0),        point("x", .9, 1, .01, 4),
        point("y", .5, 20, .2, 100),       point("behind", .6, 30, .4, 90),
        point("precise", .8, .5, .001, 1), point("tiny", .01, 900, 1, 9000)};
    axn_front_points us = {ours, 3}, them = {theirs, 6};
    axn_contest result;
    axn_error error = {0};
    AXN_REQUIRE_OK(axn_contest_hold(&us, &them, AXN_FRONT_MAE, .02, .95, &result, &error), error);
    /* "x" is behind "precise"; ours has nothing as precise as that */
    CU_ASSERT(result.count == 2 && result.won == 1);
    CU_ASSERT(result.row[0].reference == 2 && result.row[0].ours == 2);
    CU_ASSERT(result.row[1].reference == 4 && result.row[1].ours == -1);
    CU_ASSERT_DOUBLE_EQUAL(result.mean_ratio, .4 / .5, 1e-12);
    axn_contest_free(&result);
    AXN_REQUIRE_OK(axn_contest_hold(&us, &them, AXN_FRONT_JOINT, .02, .95, &result, &error), error);
    /* x by a; y by neither b (MRE) nor c (WCE): by a, dearer; behind by b; precise by none */
    CU_ASSERT(result.count == 4 && result.won == 2);
    CU_ASSERT(result.row[0].ours == 0 && result.row[1].ours == 0 && result.row[2].ours == 1 &&
              result.row[3].ours == -1);
    CU_ASSERT_DOUBLE_EQUAL(result.mean_ratio, (1 + .9 / .5 + .45 / .6) / 3, 1e-12);
    axn_contest_free(&result);
}

static void check_file(const char *path, const char *text, const char *expected)
{
    axn_front_points points;
    axn_error error = {0};
    AXN_REQUIRE_OK(axn_file_write(path, text, strlen(text), &error), error);
    axn_status status = axn_front_points_read(path, &points, &error);
    if (expected == NULL) {
        AXN_REQUIRE_OK(status, error);
        CU_ASSERT_EQUAL(points.count, 2);
        CU_ASSERT_STRING_EQUAL(points.point[1].name, "b c");
        CU_ASSERT_DOUBLE_EQUAL(points.point[1].power_ratio, .25, 0);
        CU_ASSERT_DOUBLE_EQUAL(points.point[1].error[AXN_FRONT_MRE], .035, 1e-15);
        CU_ASSERT_DOUBLE_EQUAL(points.point[1].error[AXN_FRONT_WCE], 1e4, 0);
    } else {
        CU_ASSERT_EQUAL(status, AXN_ERROR_FORMAT);
        if (strstr(error.message, expected) == NULL)
            fprintf(stderr, "\n    %s\n", error.message);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.message, expected));
    }
    axn_front_points_free(&points);
}

#define HEADER "name,power_ratio,mae,mre_percent,wce\n"

static void reference_files(void)
{
    char folder[AXN_PATH_MAX], path[AXN_PATH_MAX];
    axn_error error = {0};
    AXN_REQUIRE_OK(axn_folder_temporary(folder, &error), error);
    AXN_REQUIRE_OK(axn_path_join(path, folder, "reference.csv", &error), error);
    check_file(path, "# source\n" HEADER "a,.5,1,2,3\r\n\n#\nb c,.25,12.5,3.5,1e4", NULL);
    check_file(path, "", "holds no points");
    check_file(path, HEADER, "holds no points");
    check_file(path, "name,power,mae\na,1,2\n", "line 1");
    check_file(path, HEADER "a,.5,1,2\n", "line 2");
    check_file(path, HEADER "a,.5,1,2,3,4\n", "line 2");
    check_file(path, HEADER "a,.5,1,2,3\nb,nan,1,2,3\n", "line 3");
    check_file(path, HEADER "a,-.5,1,2,3\n", "line 2");
    check_file(path, HEADER "a,.5,1 x,2,3\n", "line 2");
    check_file(path, HEADER "a';quit,.5,1,2,3\n", "line 2");
    check_file(path, HEADER ",.5,1,2,3\n", "line 2");
    axn_folder_remove(folder, NULL);
}

/* The published figures that ship with the documentation can be read. */
static void shipped_references(void)
{
    static const char *const files[] = {"docs/data/evoapproxlib-mul8u.csv",
                                        "docs/data/evoapproxlib-mul8u-recipe.csv"};
    static const int counts[] = {36, 19};
    for (int i = 0; i < 2; i++) {
        char path[AXN_PATH_MAX];
        axn_front_points points;
        axn_error error = {0};
        AXN_REQUIRE_OK(axn_program_path(path, files[i], &error), error);
        AXN_REQUIRE_OK(axn_front_points_read(path, &points, &error), error);
        CU_ASSERT_EQUAL(points.count, counts[i]);
        axn_front_points_free(&points);
    }
}

/* The shipped lite set: 14 and the exact circuit, products with 0 exact in all, power from
 * a tenth of the exact multiplier's to nine tenths, no large gap; each circuit within a
 * tenth of the front of some metric, and within twice of MAE and MRE both. */
static void shipped_lite_set(void)
{
    static bool zero_exact[1024];
    double power[32] = {0};
    int count = 0;
    axn_library library;
    axn_error error = {0};
    AXN_REQUIRE_OK(axn_library_load(NULL, &library, &error), error);
    CU_ASSERT_FATAL(library.count >= 60 && library.count <= 1024);
    AXN_REQUIRE_OK(axn_lite_zero_exact(&library, zero_exact, &error), error);
    CU_ASSERT(library.multipliers[library.exact].lite);
    for (int i = 0; i < library.count; i++) {
        const axn_multiplier *m = &library.multipliers[i];
        if (!m->lite || i == library.exact)
            continue;
        CU_ASSERT(zero_exact[i]);
        CU_ASSERT(m->metrics.wce > 0);
        axn_lite_excess excess = axn_lite_excess_of(&library, zero_exact, i);
        double nearest = excess.of[0];
        for (int metric = 1; metric < AXN_FRONT_METRICS; metric++)
            nearest = excess.of[metric] < nearest ? excess.of[metric] : nearest;
        if (nearest > 1.1 || excess.of[AXN_FRONT_MAE] > 2 || excess.of[AXN_FRONT_MRE] > 2)
            fprintf(stderr, "\n    %s: %.3f %.3f %.3f times the front\n", m->name, excess.of[0],
                    excess.of[1], excess.of[2]);
        CU_ASSERT(nearest <= 1.1);
        CU_ASSERT(excess.of[AXN_FRONT_MAE] <= 2 && excess.of[AXN_FRONT_MRE] <= 2);
        CU_ASSERT_FATAL(count < 32);
        int at = count++;
        for (; at > 0 && power[at - 1] > m->power_ratio; at--)
            power[at] = power[at - 1];
        power[at] = m->power_ratio;
    }
    CU_ASSERT_EQUAL_FATAL(count, AXN_LITE_COUNT);
    CU_ASSERT(power[0] <= .1 && power[count - 1] >= .9);
    for (int i = 1; i < count; i++)
        CU_ASSERT(power[i] - power[i - 1] <= .16);
    axn_library_free(&library);
}

/* Choosing again changes nothing, whatever was marked before. */
static void choice_is_deterministic(void)
{
    axn_library library, chosen;
    axn_error error = {0};
    AXN_REQUIRE_OK(axn_library_load(NULL, &library, &error), error);
    AXN_REQUIRE_OK(axn_library_load(NULL, &chosen, &error), error);
    for (int i = 0; i < chosen.count; i++)
        chosen.multipliers[i].lite = i % 2 == 0;
    AXN_CHECK_OK(axn_lite_choose(&chosen, &error), error);
    for (int i = 0; i < library.count; i++)
        CU_ASSERT_EQUAL(library.multipliers[i].lite, chosen.multipliers[i].lite);
    axn_library_free(&library);
    axn_library_free(&chosen);
}

AXN_TEST_MAIN("fronts and the lite set", {"front", front}, {"contest", contest},
              {"reference files", reference_files}, {"shipped references", shipped_references},
              {"shipped lite set", shipped_lite_set},
              {"the lite set is chosen by its rule", choice_is_deterministic})
