/* Evolution as a whole: same circuits for any number of threads, checkpoints, targets. */
#include <math.h>
#include <stdint.h>

#include "common/progress.h"
#include "multipliers/evolve.h"
#include "multipliers/evolve_targets.h"
#include "tests/check.h"

static axn_liberty liberty;
static axn_error error;
static char folder[AXN_PATH_MAX];

static const axn_cgp_limits targets[] = {
    {30, INFINITY, INFINITY, INFINITY, INFINITY, false},
    {INFINITY, 200, INFINITY, 0.02, INFINITY, true},
};

static axn_evolve_options options_of(int threads, long generations)
{
    axn_progress_set_quiet(true);
    if (liberty.cells == NULL)
        AXN_REQUIRE_OK(axn_liberty_load(NULL, &liberty, &error), error);
    return (axn_evolve_options){.targets = targets,
                                .target_count = 2,
                                .seed = 7,
                                .generations = generations,
                                .nodes = 260,
                                .threads = threads,
                                .liberty = &liberty};
}

static axn_evolve_result run(const axn_evolve_options *options)
{
    axn_evolve_result result = {0};
    AXN_REQUIRE_OK(axn_evolve(options, &result, &error), error);
    return result;
}

static bool same(const axn_evolve_result *a, const axn_evolve_result *b)
{
    if (a->count != b->count || a->evaluations != b->evaluations)
        return false;
    for (int i = 0; i < a->count; i++)
        if (memcmp(&a->survivors[i].genome, &b->survivors[i].genome,
                   sizeof a->survivors[i].genome) != 0 ||
            a->survivors[i].cost != b->survivors[i].cost)
            return false;
    return true;
}

/* Cheapest first, and each within a target's limits. */
static void check_survivors(const axn_evolve_result *result)
{
    static axn_table table;
    for (int i = 0; i < result->count; i++) {
        axn_circuit circuit;
        axn_circuit_start(&circuit);
        axn_cgp_to_circuit(&result->survivors[i].genome, &circuit);
        AXN_CHECK_OK(axn_circuit_tabulate(&circuit, &table, &error), error);
        axn_cgp_errors errors = axn_cgp_errors_of(&table);
        CU_ASSERT_EQUAL(axn_table_hash(&table), result->survivors[i].hash);
        CU_ASSERT_TRUE(axn_cgp_meets(&targets[0], &errors) || axn_cgp_meets(&targets[1], &errors));
        CU_ASSERT_TRUE(i == 0 || result->survivors[i - 1].cost <= result->survivors[i].cost);
        axn_circuit_free(&circuit);
    }
}

static void threads_do_not_matter_but_the_seed_does(void)
{
    axn_evolve_options options = options_of(1, 6000);
    axn_evolve_result one = run(&options);
    options.threads = 3;
    axn_evolve_result three = run(&options);
    options.seed = 8;
    axn_evolve_result other = run(&options);
    CU_ASSERT_TRUE(one.count > 4);
    CU_ASSERT_TRUE(same(&one, &three));
    CU_ASSERT_FALSE(same(&one, &other));
    check_survivors(&one);
    axn_evolve_result_free(&one);
    axn_evolve_result_free(&three);
    axn_evolve_result_free(&other);
}

/* The checkpoint of a finished run resumes to the same result without a step; a damaged
 * one, or one of other options, is refused. */
static void checkpoints_are_checked(void)
{
    char path[AXN_PATH_MAX];
    axn_buffer bytes = {0};
    axn_evolve_options options = options_of(2, 3000);
    axn_evolve_result resumed = {0};
    axn_check_folder(folder);
    axn_check_path(path, folder, "checkpoint");
    options.checkpoint = path;
    axn_evolve_result result = run(&options);
    options.resume = true;
    resumed = run(&options);
    CU_ASSERT_TRUE(same(&result, &resumed));
    axn_evolve_result_free(&resumed);
    options.seed++;
    AXN_CHECK_FAILS(axn_evolve(&options, &resumed, &error), error, AXN_ERROR_MISMATCH, "other");
    options.seed--;
    AXN_REQUIRE_OK(axn_file_read(path, SIZE_MAX / 2, &bytes, &error), error);
    bytes.data[bytes.length / 2] ^= 4;
    AXN_REQUIRE_OK(axn_file_write(path, bytes.data, bytes.length, &error), error);
    AXN_CHECK_FAILS(axn_evolve(&options, &resumed, &error), error, AXN_ERROR_FORMAT, path);
    AXN_REQUIRE_OK(axn_file_write(path, bytes.data, 40, &error), error);
    AXN_CHECK_FAILS(axn_evolve(&options, &resumed, &error), error, AXN_ERROR_FORMAT, path);
    axn_buffer_free(&bytes);
    axn_evolve_result_free(&result);
    axn_check_folder_remove(folder);
}

static void limits_are_read_from_the_command_line(void)
{
    axn_cgp_limits limits, *front = NULL;
    int count = 0;
    AXN_CHECK_OK(axn_evolve_target_parse("mre,wce,mae", "1.5%,1%,25", &limits, &error), error);
    CU_ASSERT_DOUBLE_EQUAL(limits.mre, 0.015, 1e-15);
    CU_ASSERT_DOUBLE_EQUAL(limits.wce, 655.36, 1e-9);
    CU_ASSERT_EQUAL(limits.mae, 25);
    CU_ASSERT_EQUAL(limits.ep, INFINITY);
    AXN_CHECK_OK(axn_evolve_target_front("mae,ep", "100,0.5", 3, 25, &front, &count, &error),
                 error);
    CU_ASSERT_EQUAL_FATAL(count, 6);
    CU_ASSERT_DOUBLE_EQUAL(front[1].mae, 20, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(front[2].mae, 4, 1e-9);
    CU_ASSERT_EQUAL(front[3].mae, INFINITY);
    CU_ASSERT_DOUBLE_EQUAL(front[5].ep, 0.02, 1e-12);
    free(front);
    static const char *const wrong[][3] = {{"mea", "3", "mea"},         {"mae", "x", "x"},
                                           {"mae,wce", "3", "length"},  {"mae", "3,4", "length"},
                                           {"mae,mae", "3,4", "twice"}, {"mae", "-1", "-1"},
                                           {"mae", "nan", "nan"},       {"mae", "", "number"}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        AXN_CHECK_FAILS(axn_evolve_target_parse(wrong[i][0], wrong[i][1], &limits, &error), error,
                        AXN_ERROR_USAGE, wrong[i][2]);
}

static void target_files_are_read_and_checked(void)
{
    static const struct {
        const char *text, *part;
    } wrong[] = {
        {"{\"format\": \"axnas-targets\", \"version\": 1, \"targets\": []}", "0 targets"},
        {"{\"format\": \"axnas-targets\", \"version\": 1, \"targets\": [3]}", "not an object"},
        {"{\"format\": \"axnas-targets\", \"version\": 1, \"targets\": [{\"mea\": 3}]}", "mea"},
        {"{\"format\": \"axnas-targets\", \"version\": 1, \"targets\": [{\"mae\": -3}]}", "mae"},
        {"{\"format\": \"axnas-library\", \"version\": 1, \"targets\": [{}]}", "format"},
        {"[", ""},
    };
    static const char good[] = "{\"format\": \"axnas-targets\", \"version\": 1, \"targets\": "
                               "[{\"mae\": 3, \"zero_exact\": true}, {\"wce\": 10, \"ep\": 0.5}]}";
    char path[AXN_PATH_MAX];
    axn_cgp_limits *read = NULL;
    int count = 0;
    axn_check_folder(folder);
    axn_check_path(path, folder, "targets.json");
    AXN_REQUIRE_OK(axn_file_write(path, good, strlen(good), &error), error);
    AXN_CHECK_OK(axn_evolve_target_read(path, &read, &count, &error), error);
    CU_ASSERT_EQUAL_FATAL(count, 2);
    CU_ASSERT_TRUE(read[0].zero_exact && read[0].mae == 3 && read[0].wce == INFINITY);
    CU_ASSERT_TRUE(!read[1].zero_exact && read[1].wce == 10 && read[1].ep == 0.5);
    free(read);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        read = NULL;
        AXN_REQUIRE_OK(axn_file_write(path, wrong[i].text, strlen(wrong[i].text), &error), error);
        AXN_CHECK_FAILS(axn_evolve_target_read(path, &read, &count, &error), error,
                        AXN_ERROR_FORMAT, wrong[i].part);
        free(read);
    }
    axn_check_folder_remove(folder);
    axn_liberty_free(&liberty);
}

AXN_TEST_MAIN("evolution",
              {"threads do not matter but the seed does", threads_do_not_matter_but_the_seed_does},
              {"checkpoints are checked", checkpoints_are_checked},
              {"limits are read from the command line", limits_are_read_from_the_command_line},
              {"target files are read and checked", target_files_are_read_and_checked})
