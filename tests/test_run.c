/* Run folders: what is refused, and that nothing is changed then; workers. */
#include <signal.h>

#include "common/json.h"
#include "nas/settings.h"
#include "nas/worker.h"
#include "tests/search_fixture.h"

static synthetic fast;
static const axn_evaluator evaluator = {&fast, synthetic_evaluate};

static axn_status open_run(const char *folder, axn_run_mode mode, const cJSON *config,
                           axn_run **run, axn_error *error)
{
    static search_fixture f;
    fixture_open(&f, 7, 6, 5);
    axn_status status = axn_run_open(folder, config, &f.search.space, mode, run, error);
    axn_template_free(&f.grid);
    return status;
}

static void a_run_is_not_overwritten(void)
{
    char folder[AXN_PATH_MAX];
    axn_error error = {0};
    axn_check_folder(folder);
    AXN_REQUIRE_OK(fixture_run(folder, AXN_RUN_NEW, 7, &evaluator, &error), error);
    axn_buffer before = run_bytes(folder, "archive.jsonl");
    AXN_CHECK_FAILS(fixture_run(folder, AXN_RUN_NEW, 8, &evaluator, &error), error,
                    AXN_ERROR_EXISTS, "--resume");
    axn_buffer after = run_bytes(folder, "archive.jsonl");
    CU_ASSERT_TRUE(same_bytes(&before, &after));
    axn_buffer_free(&after);
    AXN_CHECK_OK(fixture_run(folder, AXN_RUN_FORCE, 8, &evaluator, &error), error);
    after = run_bytes(folder, "archive.jsonl");
    CU_ASSERT_FALSE(same_bytes(&before, &after));
    axn_buffer_free(&before);
    axn_buffer_free(&after);
    axn_check_folder_remove(folder);
}

static void another_configuration_is_refused(void)
{
    char folder[AXN_PATH_MAX];
    axn_error error = {0};
    axn_run *run = NULL;
    axn_check_folder(folder);
    AXN_REQUIRE_OK(fixture_run(folder, AXN_RUN_NEW, 7, &evaluator, &error), error);
    axn_buffer before = run_bytes(folder, "config.json");
    AXN_CHECK_FAILS(fixture_run(folder, AXN_RUN_RESUME, 8, &evaluator, &error), error,
                    AXN_ERROR_USAGE, "\"seed\": \"7\", not \"8\"");
    cJSON *config = fixture_config(7);
    cJSON_AddStringToObject(cJSON_GetObjectItem(config, "settings"), "extra", "x");
    AXN_CHECK_FAILS(open_run(folder, AXN_RUN_RESUME, config, &run, &error), error, AXN_ERROR_USAGE,
                    "\"extra\"");
    cJSON_DeleteItemFromObject(cJSON_GetObjectItem(config, "settings"), "extra");
    cJSON_ReplaceItemInObject(config, "dataset_hash", cJSON_CreateString("f"));
    AXN_CHECK_FAILS(open_run(folder, AXN_RUN_RESUME, config, &run, &error), error, AXN_ERROR_USAGE,
                    "\"dataset_hash\"");
    cJSON_Delete(config);
    /* Where the library lies may change. */
    config = fixture_config(7);
    cJSON_ReplaceItemInObject(cJSON_GetObjectItem(config, "settings"), "library",
                              cJSON_CreateString("/elsewhere"));
    AXN_CHECK_OK(open_run(folder, AXN_RUN_RESUME, config, &run, &error), error);
    axn_run_close(run);
    cJSON_Delete(config);
    axn_buffer after = run_bytes(folder, "config.json");
    CU_ASSERT_TRUE(same_bytes(&before, &after));
    axn_buffer_free(&before);
    axn_buffer_free(&after);
    axn_check_folder_remove(folder);
}

static void one_search_at_a_time(void)
{
    char folder[AXN_PATH_MAX];
    axn_error error = {0};
    axn_run *first = NULL;
    axn_run *second = NULL;
    cJSON *config = fixture_config(7);
    axn_check_folder(folder);
    AXN_REQUIRE_OK(open_run(folder, AXN_RUN_NEW, config, &first, &error), error);
    AXN_CHECK_FAILS(open_run(folder, AXN_RUN_RESUME, config, &second, &error), error,
                    AXN_ERROR_USAGE, "another search");
    AXN_CHECK_FAILS(open_run(folder, AXN_RUN_FORCE, config, &second, &error), error,
                    AXN_ERROR_USAGE, "another search");
    axn_run_close(first);
    AXN_CHECK_OK(open_run(folder, AXN_RUN_RESUME, config, &second, &error), error);
    axn_run_close(second);
    cJSON_Delete(config);
    axn_check_folder_remove(folder);
}

/* Replaces the first `old` in a file. */
static void tamper(const char *folder, const char *name, const char *old, const char *new)
{
    axn_buffer bytes = run_bytes(folder, name);
    axn_buffer changed = {0};
    const char *at = bytes.data != NULL ? strstr(bytes.data, old) : NULL;
    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    if (at != NULL) {
        axn_buffer_append(&changed, bytes.data, (size_t)(at - bytes.data));
        axn_buffer_text(&changed, new);
        axn_buffer_text(&changed, at + strlen(old));
        axn_check_write(folder, name, changed.data);
    }
    axn_buffer_free(&changed);
    axn_buffer_free(&bytes);
}

/* What a killed writer left, in the run and among its models, is gone after resuming. */
static void litter_is_removed(void)
{
    char folder[AXN_PATH_MAX], path[AXN_PATH_MAX];
    axn_error error = {0};
    axn_run *run = NULL;
    cJSON *config = fixture_config(7);
    axn_check_folder(folder);
    AXN_REQUIRE_OK(open_run(folder, AXN_RUN_NEW, config, &run, &error), error);
    axn_run_close(run);
    axn_check_write(folder, "models/000001.state", "kept");
    axn_check_write(folder, "models/000001.state.tmp-12", "half");
    axn_check_write(folder, "pareto.json.tmp-12", "half");
    AXN_REQUIRE_OK(open_run(folder, AXN_RUN_RESUME, config, &run, &error), error);
    axn_run_close(run);
    axn_check_path(path, folder, "models/000001.state");
    CU_ASSERT_TRUE(axn_path_exists(path));
    axn_check_path(path, folder, "models/000001.state.tmp-12");
    CU_ASSERT_FALSE(axn_path_exists(path));
    axn_check_path(path, folder, "pareto.json.tmp-12");
    CU_ASSERT_FALSE(axn_path_exists(path));
    cJSON_Delete(config);
    axn_check_folder_remove(folder);
}

static void damage_is_noticed(void)
{
    char folder[AXN_PATH_MAX];
    axn_error error = {0};
    axn_check_folder(folder);
    AXN_REQUIRE_OK(fixture_run(folder, AXN_RUN_NEW, 7, &evaluator, &error), error);
    tamper(folder, "archive.jsonl", "\"accuracy\":0.", "\"accuracy\":9.");
    AXN_CHECK_FAILS(fixture_run(folder, AXN_RUN_RESUME, 7, &evaluator, &error), error,
                    AXN_ERROR_FORMAT, "archive.jsonl:");
    AXN_REQUIRE_OK(fixture_run(folder, AXN_RUN_FORCE, 7, &evaluator, &error), error);
    tamper(folder, "archive.jsonl", "\"accuracy\":0.", "\"accuracy\":1.");
    axn_status status = fixture_run(folder, AXN_RUN_RESUME, 7, &evaluator, &error);
    CU_ASSERT_TRUE(status == AXN_ERROR_FORMAT || status == AXN_ERROR_MISMATCH);
    AXN_REQUIRE_OK(fixture_run(folder, AXN_RUN_FORCE, 7, &evaluator, &error), error);
    tamper(folder, "archive.jsonl", "\"parameters\":", "\"parameterz\":");
    AXN_CHECK_FAILS(fixture_run(folder, AXN_RUN_RESUME, 7, &evaluator, &error), error,
                    AXN_ERROR_FORMAT, "\"parameters\"");
    AXN_REQUIRE_OK(fixture_run(folder, AXN_RUN_FORCE, 7, &evaluator, &error), error);
    axn_check_write(folder, "checkpoint", "{\"format\": \"axnas-checkpoint\"");
    AXN_CHECK_FAILS(fixture_run(folder, AXN_RUN_RESUME, 7, &evaluator, &error), error,
                    AXN_ERROR_FORMAT, "checkpoint");
    axn_check_write(folder, "config.json", "{}");
    AXN_CHECK_FAILS(fixture_run(folder, AXN_RUN_RESUME, 7, &evaluator, &error), error,
                    AXN_ERROR_FORMAT, "config.json");
    axn_check_folder_remove(folder);
}

static void foreign_folders_are_refused(void)
{
    char folder[AXN_PATH_MAX];
    axn_error error = {0};
    cJSON *json = NULL;
    axn_check_folder(folder);
    axn_check_write(folder, "letter.txt", "dear");
    AXN_CHECK_FAILS(fixture_run(folder, AXN_RUN_NEW, 7, &evaluator, &error), error,
                    AXN_ERROR_EXISTS, folder);
    AXN_CHECK_FAILS(axn_run_read_pareto(folder, &json, &error), error, AXN_ERROR_NOT_FOUND,
                    "not the folder of a search");
    axn_check_folder_remove(folder);
}

static void pareto_file_has_the_keys(void)
{
    static const char *const keys[] = {
        "id",         "accuracy",   "parameters",         "multiplications", "energy_uj",
        "multiplier", "generation", "multiplications_fc", "energy_total_uj"};
    char folder[AXN_PATH_MAX];
    axn_error error = {0};
    cJSON *json = NULL;
    axn_check_folder(folder);
    AXN_REQUIRE_OK(fixture_run(folder, AXN_RUN_NEW, 7, &evaluator, &error), error);
    AXN_REQUIRE_OK(axn_run_read_pareto(folder, &json, &error), error);
    const cJSON *points = cJSON_GetObjectItem(json, "points");
    CU_ASSERT_TRUE(cJSON_GetArraySize(points) > 0);
    const cJSON *point = NULL;
    cJSON_ArrayForEach(point, points)
    {
        for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
            CU_ASSERT_PTR_NOT_NULL(cJSON_GetObjectItemCaseSensitive(point, keys[i]));
        }
    }
    CU_ASSERT_EQUAL(cJSON_GetArraySize(cJSON_GetObjectItem(json, "history")), 6);
    cJSON_Delete(json);
    axn_check_folder_remove(folder);
}

static void settings_refuse(const char *text, const char *part)
{
    axn_settings settings;
    axn_error error = {0};
    cJSON *json = NULL;
    AXN_REQUIRE_OK(axn_json_parse("c.json", text, strlen(text), &json, &error), error);
    axn_settings_defaults(&settings);
    AXN_CHECK_FAILS(axn_settings_apply(&settings, json, "c.json", &error), error, AXN_ERROR_USAGE,
                    part);
    axn_settings_free(&settings);
    cJSON_Delete(json);
}

static void settings_are_checked(void)
{
    settings_refuse("{\"poplation\": 8}", "c.json: unknown key \"poplation\"");
    settings_refuse("{\"population\": 0}", "\"population\" must be a whole number from 1 to 1000");
    settings_refuse("{\"population\": 2.5}", "\"population\" must be a whole number");
    settings_refuse("{\"population\": \"8\"}", "\"population\" must be a whole number");
    settings_refuse("{\"learning_rate\": -1}", "\"learning_rate\" must be a number from");
    settings_refuse("{\"scenario\": \"s5\"}",
                    "\"scenario\" must be one of s1|s2|s3|s4, not \"s5\"");
    settings_refuse("{\"scenario\": \"\"}", "\"scenario\" must be one of");
    settings_refuse("{\"dataset\": 5}", "\"dataset\" must be a text");
    settings_refuse("{\"multipliers\": \"few\"}", "\"multipliers\" must be");
    settings_refuse("{\"multipliers\": []}", "\"multipliers\" must be");
    settings_refuse("{\"objectives\": [1]}", "\"objectives\" must be an array");
    settings_refuse("{\"seed\": -1}", "\"seed\" must be a whole number");
    settings_refuse("[1]", "settings must be one JSON object");
}

static void settings_default_to_table_1_and_round_trip(void)
{
    axn_settings settings;
    axn_settings again;
    axn_error error = {0};
    axn_settings_defaults(&settings);
    CU_ASSERT_EQUAL(settings.population, 8);
    CU_ASSERT_EQUAL(settings.generations, 10);
    CU_ASSERT_EQUAL(settings.epochs, 20);
    CU_ASSERT_EQUAL(settings.batch_size, 32);
    CU_ASSERT_EQUAL(settings.learning_rate, .001);
    CU_ASSERT_EQUAL(settings.p_architecture, 1);
    CU_ASSERT_EQUAL(settings.p_multiplier, 1);
    settings.seed = UINT64_C(18446744073709551615);
    settings.label_smoothing = .1;
    cJSON *json = axn_settings_to_json(&settings);
    axn_settings_defaults(&again);
    AXN_REQUIRE_OK(axn_settings_apply(&again, json, "f", &error), error);
    cJSON *json_again = axn_settings_to_json(&again);
    CU_ASSERT_TRUE(cJSON_Compare(json, json_again, 1));
    CU_ASSERT_EQUAL(again.seed, settings.seed);
    cJSON_Delete(json);
    cJSON_Delete(json_again);
    axn_settings_free(&settings);
    axn_settings_free(&again);
}

/* ---- workers: this program again, as `test_run worker` ---- */

typedef struct worker_state {
    char folder[AXN_PATH_MAX]; /* marks of candidates tried */
    int deadly, fatal;         /* candidates that kill: once, always; -1 = none */
} worker_state;

static axn_status worker_setup(void *context, const cJSON *setup, axn_error *error)
{
    worker_state *state = context;
    const char *folder = NULL;
    int64_t deadly = 0;
    int64_t fatal = 0;
    bool broken = false;
    axn_status status = axn_json_string(setup, "folder", &folder, "setup", error);
    if (status == AXN_OK) {
        status = axn_json_integer(setup, "deadly", -1, 1000, &deadly, "setup", error);
    }
    if (status == AXN_OK) {
        status = axn_json_integer(setup, "fatal", -1, 1000, &fatal, "setup", error);
    }
    if (status == AXN_OK) {
        status = axn_json_bool(setup, "broken", &broken, "setup", error);
    }
    if (status == AXN_OK && broken) {
        status = axn_fail(error, AXN_ERROR_IO, "images.gz: cannot be read");
    }
    snprintf(state->folder, sizeof state->folder, "%s", folder != NULL ? folder : "");
    state->deadly = (int)deadly;
    state->fatal = (int)fatal;
    return status;
}

static axn_status worker_evaluate(void *context, const axn_job *job, axn_outcome *outcome,
                                  axn_error *error)
{
    worker_state *state = context;
    char path[AXN_PATH_MAX];
    if (job->id == state->fatal) {
        raise(SIGKILL);
    }
    axn_status status = axn_path_join(path, state->folder, "died", error);
    if (status == AXN_OK && job->id == state->deadly && !axn_path_exists(path)) {
        status = axn_file_write(path, "", 0, error);
        raise(SIGKILL);
    }
    synthetic_outcome(job, outcome);
    return status;
}

static int run_worker(void)
{
    worker_state state;
    axn_error error = {0};
    const axn_worker_handler handler = {&state, worker_setup, worker_evaluate};
    return axn_worker_serve(STDIN_FILENO, STDOUT_FILENO, &handler, &error) == AXN_OK ? 0 : 1;
}

static axn_status run_with_workers(const char *folder, int workers, int deadly, int fatal,
                                   bool broken, axn_error *error)
{
    char marks[AXN_PATH_MAX];
    char program[AXN_PATH_MAX];
    const char *argv[] = {program, "worker", NULL};
    axn_farm *farm = NULL;
    axn_check_folder(marks);
    AXN_REQUIRE_OK(axn_program_executable(program, error), *error);
    cJSON *setup = cJSON_CreateObject();
    cJSON_AddStringToObject(setup, "folder", marks);
    cJSON_AddNumberToObject(setup, "deadly", deadly);
    cJSON_AddNumberToObject(setup, "fatal", fatal);
    cJSON_AddBoolToObject(setup, "broken", broken);
    AXN_REQUIRE_OK(axn_farm_create(argv, workers, setup, &farm, error), *error);
    axn_evaluator farmed = axn_farm_evaluator(farm);
    axn_status status = fixture_run(folder, AXN_RUN_NEW, 7, &farmed, error);
    axn_farm_free(farm);
    cJSON_Delete(setup);
    axn_check_folder_remove(marks);
    return status;
}

static void worker_counts_and_deaths_do_not_matter(void)
{
    char whole[AXN_PATH_MAX];
    axn_error error = {0};
    axn_check_folder(whole);
    AXN_REQUIRE_OK(fixture_run(whole, AXN_RUN_NEW, 7, &evaluator, &error), error);
    for (int workers = 1; workers <= 3; workers++) {
        char folder[AXN_PATH_MAX];
        axn_check_folder(folder);
        AXN_CHECK_OK(run_with_workers(folder, workers, workers * 4, -1, false, &error), error);
        CU_ASSERT_TRUE(same_runs(whole, folder));
        axn_check_folder_remove(folder);
    }
    axn_check_folder_remove(whole);
}

static void a_candidate_that_kills_twice_is_lost(void)
{
    char folder[AXN_PATH_MAX];
    axn_error error = {0};
    axn_check_folder(folder);
    AXN_CHECK_OK(run_with_workers(folder, 2, -1, 3, false, &error), error);
    axn_buffer archive = run_bytes(folder, "archive.jsonl");
    const char *text = archive.data != NULL ? archive.data : "";
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"status\":\"lost\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "its worker died twice"));
    axn_buffer_free(&archive);
    axn_check_folder_remove(folder);
}

static void an_error_in_a_worker_ends_the_search(void)
{
    char folder[AXN_PATH_MAX];
    axn_error error = {0};
    axn_check_folder(folder);
    AXN_CHECK_FAILS(run_with_workers(folder, 2, -1, -1, true, &error), error, AXN_ERROR_IO,
                    "images.gz: cannot be read");
    axn_check_folder_remove(folder);
}

static const axn_test tests[] = {
    {"a run is not overwritten", a_run_is_not_overwritten},
    {"another configuration is refused", another_configuration_is_refused},
    {"one search at a time", one_search_at_a_time},
    {"litter is removed", litter_is_removed},
    {"damage is noticed", damage_is_noticed},
    {"foreign folders are refused", foreign_folders_are_refused},
    {"pareto.json has the keys", pareto_file_has_the_keys},
    {"settings are checked", settings_are_checked},
    {"settings default to Table 1 and round-trip", settings_default_to_table_1_and_round_trip},
    {"worker counts and deaths do not matter", worker_counts_and_deaths_do_not_matter},
    {"a candidate that kills twice is lost", a_candidate_that_kills_twice_is_lost},
    {"an error in a worker ends the search", an_error_in_a_worker_ends_the_search}};

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "worker") == 0) {
        return run_worker();
    }
    return axn_run_tests("run", tests, sizeof tests / sizeof tests[0], argc > 1 ? argv[1] : NULL);
}
