/* The search: determinism, resuming to the same bytes, progress towards the front. */
#include <signal.h>
#include <sys/wait.h>

#include "tests/search_fixture.h"

static axn_search run_once(search_fixture *f, synthetic *s)
{
    axn_error error = {0};
    const axn_evaluator evaluator = {s, synthetic_evaluate};
    AXN_REQUIRE_OK(axn_search_run(&f->search, &evaluator, NULL, &error), error);
    return f->search;
}

static void order_of_answers_does_not_matter(void)
{
    search_fixture one;
    search_fixture two;
    synthetic forwards = {0};
    synthetic backwards = {.backwards = true};
    fixture_open(&one, 4, 8, 10);
    fixture_open(&two, 4, 8, 10);
    run_once(&one, &forwards);
    run_once(&two, &backwards);
    CU_ASSERT_EQUAL(one.search.finished, 88);
    for (int i = 0; i < one.search.finished; i++) {
        const axn_candidate *a = &one.search.candidates[i];
        const axn_candidate *b = &two.search.candidates[i];
        CU_ASSERT_TRUE(axn_genome_equal(&a->genome, &b->genome));
        CU_ASSERT_EQUAL(a->accuracy, b->accuracy);
        CU_ASSERT_EQUAL(a->key, b->key);
        CU_ASSERT_EQUAL(a->same_as, b->same_as);
    }
    fixture_close(&one);
    fixture_close(&two);
}

static void seeds_differ(void)
{
    search_fixture one;
    search_fixture two;
    synthetic s = {0};
    fixture_open(&one, 1, 8, 2);
    fixture_open(&two, 2, 8, 2);
    run_once(&one, &s);
    run_once(&two, &s);
    int same = 0;
    for (int i = 0; i < one.search.finished; i++) {
        same += one.search.candidates[i].key == two.search.candidates[i].key ? 1 : 0;
    }
    CU_ASSERT_TRUE(same < one.search.finished / 2);
    fixture_close(&one);
    fixture_close(&two);
}

/* Nothing is evaluated twice; a repeated candidate shares the first one's outcome. */
static void nothing_is_evaluated_twice(void)
{
    search_fixture f;
    synthetic s = {0};
    fixture_open(&f, 3, 8, 20);
    run_once(&f, &s);
    int shared = 0;
    for (int i = 0; i < f.search.finished; i++) {
        const axn_candidate *candidate = &f.search.candidates[i];
        for (int j = 0; j < i; j++) {
            if (f.search.candidates[j].key == candidate->key) {
                CU_ASSERT_EQUAL(candidate->same_as, j);
                CU_ASSERT_EQUAL(candidate->outcome, f.search.candidates[j].outcome);
                CU_ASSERT_EQUAL(candidate->accuracy, f.search.candidates[j].accuracy);
                shared++;
                break;
            }
        }
    }
    CU_ASSERT_EQUAL(s.answered + shared, f.search.finished);
    fixture_close(&f);
}

static void population_and_history(void)
{
    search_fixture f;
    synthetic s = {0};
    fixture_open(&f, 5, 8, 10);
    run_once(&f, &s);
    CU_ASSERT_EQUAL(f.search.history_count, 11);
    int failed = 0;
    for (int i = 1; i < f.search.history_count; i++) {
        const axn_generation *now = &f.search.history[i];
        const axn_generation *before = &f.search.history[i - 1];
        CU_ASSERT_TRUE(now->hypervolume >= before->hypervolume && now->hypervolume <= 1);
        CU_ASSERT_TRUE(now->best_accuracy >= before->best_accuracy);
        CU_ASSERT_TRUE(now->lowest_energy_uj <= before->lowest_energy_uj);
        failed = now->failed;
    }
    CU_ASSERT_TRUE(failed > 0);
    for (int i = 0; i < f.search.population_count; i++) {
        CU_ASSERT_EQUAL(f.search.candidates[f.search.population[i]].outcome, AXN_OUTCOME_OK);
    }
    int members[88];
    int count = 0;
    axn_error error = {0};
    AXN_REQUIRE_OK(axn_search_front(&f.search, members, &count, &error), error);
    CU_ASSERT_TRUE(count > 1);
    for (int i = 0; i < count; i++) {
        for (int j = 0; j < count; j++) {
            const axn_candidate *a = &f.search.candidates[members[i]];
            const axn_candidate *b = &f.search.candidates[members[j]];
            CU_ASSERT_FALSE(a->accuracy > b->accuracy && a->parameters < b->parameters &&
                            a->energy_uj < b->energy_uj);
        }
    }
    fixture_close(&f);
}

static double mean_hypervolume(axn_algorithm algorithm)
{
    double sum = 0;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        search_fixture f;
        synthetic s = {0};
        fixture_open(&f, seed, 8, 15);
        f.search.rules.algorithm = algorithm;
        f.search.rules.reference[AXN_OBJECTIVE_PARAMETERS] = 20000;
        f.search.rules.reference[AXN_OBJECTIVE_ENERGY] = .05;
        run_once(&f, &s);
        sum += f.search.history[f.search.history_count - 1].hypervolume;
        fixture_close(&f);
    }
    return sum / 8;
}

static void beats_random_search(void)
{
    double evolved = mean_hypervolume(AXN_ALGORITHM_NSGA2);
    double random = mean_hypervolume(AXN_ALGORITHM_RANDOM);
    if (evolved <= random) {
        fprintf(stderr, "\n    hypervolume %.5f, random search %.5f\n", evolved, random);
    }
    CU_ASSERT_TRUE(evolved > random);
}

static void work_limit_and_inheritance(void)
{
    search_fixture f;
    synthetic s = {0};
    fixture_open(&f, 5, 8, 6);
    f.search.rules.work_limit = 20000. * 200;
    f.search.rules.inheritance = true;
    run_once(&f, &s);
    int limited = 0;
    int old = 0;
    for (int i = 0; i < f.search.finished; i++) {
        const axn_candidate *c = &f.search.candidates[i];
        if (c->multiplications > 20000) {
            limited++;
            CU_ASSERT_EQUAL(c->outcome, AXN_OUTCOME_FAILED);
            CU_ASSERT_PTR_NOT_NULL(strstr(c->reason, "exceeds the limit"));
        }
        if (c->training_age > 2) {
            old++;
            CU_ASSERT_EQUAL(c->training_age,
                            c->epochs + f.search.candidates[c->parent].training_age);
        }
    }
    CU_ASSERT_TRUE(limited > 0);
    CU_ASSERT_TRUE(old > 10);
    fixture_close(&f);
}

static void reference_run(char *folder)
{
    synthetic s = {0};
    const axn_evaluator evaluator = {&s, synthetic_evaluate};
    axn_error error = {0};
    axn_check_folder(folder);
    AXN_REQUIRE_OK(fixture_run(folder, AXN_RUN_NEW, 7, &evaluator, &error), error);
}

/* Interrupted after each possible number of answers, in both orders. */
static void resumes_after_any_interruption(void)
{
    char whole[AXN_PATH_MAX];
    reference_run(whole);
    for (int stop = 1; stop < 36; stop += 3) {
        for (int backwards = 0; backwards < 2; backwards++) {
            char folder[AXN_PATH_MAX];
            axn_error error = {0};
            synthetic s = {.stop_after = stop, .backwards = backwards != 0};
            synthetic rest = {0};
            const axn_evaluator evaluator = {&s, synthetic_evaluate};
            const axn_evaluator remaining = {&rest, synthetic_evaluate};
            axn_check_folder(folder);
            axn_status status = fixture_run(folder, AXN_RUN_RESUME, 7, &evaluator, &error);
            CU_ASSERT_TRUE(status == AXN_ERROR_INTERRUPTED || status == AXN_OK);
            AXN_CHECK_OK(fixture_run(folder, AXN_RUN_RESUME, 7, &remaining, &error), error);
            CU_ASSERT_TRUE(same_runs(whole, folder));
            /* What was answered is never evaluated again. */
            CU_ASSERT_TRUE(s.answered + rest.answered <= 36);
            axn_check_folder_remove(folder);
        }
    }
    axn_check_folder_remove(whole);
}

static void cut_file(const char *folder, const char *name, size_t length)
{
    char path[AXN_PATH_MAX];
    axn_check_path(path, folder, name);
    CU_ASSERT_EQUAL_FATAL(truncate(path, (off_t)length), 0);
}

static void resumes_from_an_archive_cut_anywhere(void)
{
    char whole[AXN_PATH_MAX];
    char folder[AXN_PATH_MAX];
    synthetic s = {0};
    const axn_evaluator evaluator = {&s, synthetic_evaluate};
    reference_run(whole);
    reference_run(folder);
    axn_buffer archive = run_bytes(whole, "archive.jsonl");
    for (size_t length = 0; length < archive.length; length += 211) {
        axn_error error = {0};
        cut_file(folder, "archive.jsonl", length);
        AXN_REQUIRE_OK(fixture_run(folder, AXN_RUN_RESUME, 7, &evaluator, &error), error);
        CU_ASSERT_TRUE(same_runs(whole, folder));
    }
    axn_buffer_free(&archive);
    axn_check_folder_remove(whole);
    axn_check_folder_remove(folder);
}

/* A start killed before it wrote its configuration is no run that must be saved. */
static void a_dead_start_is_started_again(void)
{
    char whole[AXN_PATH_MAX];
    char folder[AXN_PATH_MAX];
    char path[AXN_PATH_MAX];
    synthetic s = {0};
    const axn_evaluator evaluator = {&s, synthetic_evaluate};
    axn_error error = {0};
    reference_run(whole);
    axn_check_folder(folder);
    axn_check_path(path, folder, "lock");
    AXN_REQUIRE_OK(axn_file_write(path, "", 0, &error), error);
    axn_check_path(path, folder, "config.json.tmp-1234");
    AXN_REQUIRE_OK(axn_file_write(path, "{", 1, &error), error);
    AXN_CHECK_OK(fixture_run(folder, AXN_RUN_RESUME, 7, &evaluator, &error), error);
    CU_ASSERT_TRUE(same_runs(whole, folder));
    CU_ASSERT_FALSE(axn_path_exists(path));
    axn_check_folder_remove(whole);
    axn_check_folder_remove(folder);
}

/* kill -9 at many moments of a slow search, then resume. */
static void survives_kills(void)
{
    char whole[AXN_PATH_MAX];
    char folder[AXN_PATH_MAX];
    axn_error error = {0};
    synthetic rest = {0};
    const axn_evaluator remaining = {&rest, synthetic_evaluate};
    reference_run(whole);
    axn_check_folder(folder);
    for (int i = 0; i < 12; i++) {
        pid_t child = fork();
        CU_ASSERT_TRUE_FATAL(child >= 0);
        if (child == 0) {
            synthetic slow = {.pause_us = 3000, .backwards = i % 2 == 0};
            const axn_evaluator evaluator = {&slow, synthetic_evaluate};
            fixture_run(folder, AXN_RUN_RESUME, 7, &evaluator, &error);
            _exit(0);
        }
        usleep((unsigned)(500 + 5000 * i));
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
    }
    AXN_CHECK_OK(fixture_run(folder, AXN_RUN_RESUME, 7, &remaining, &error), error);
    CU_ASSERT_TRUE(same_runs(whole, folder));
    axn_check_folder_remove(whole);
    axn_check_folder_remove(folder);
}

AXN_TEST_MAIN("search", {"the order of answers does not matter", order_of_answers_does_not_matter},
              {"seeds differ", seeds_differ},
              {"nothing is evaluated twice", nothing_is_evaluated_twice},
              {"population, front and history", population_and_history},
              {"beats random search with the same budget", beats_random_search},
              {"work limit and inheritance", work_limit_and_inheritance},
              {"resumes after any interruption", resumes_after_any_interruption},
              {"resumes from an archive cut anywhere", resumes_from_an_archive_cut_anywhere},
              {"a dead start is started again", a_dead_start_is_started_again},
              {"survives kills", survives_kills})
