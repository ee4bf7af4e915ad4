/* A search on the tiny template with a synthetic evaluator, shared by the suites of search,
 * run and workers. */
#ifndef AXN_TESTS_SEARCH_FIXTURE_H
#define AXN_TESTS_SEARCH_FIXTURE_H

#include <math.h>
#include <unistd.h>

#include "nas/run.h"
#include "nas/search.h"
#include "nas/settings.h"
#include "tests/check.h"

static const axn_search_multiplier test_multipliers[] = {
    {.name = "exact", .hash = 11, .energy_pj = 1.0, .power_ratio = 1.0},
    {.name = "half", .hash = 22, .energy_pj = .5, .power_ratio = .5},
    {.name = "third", .hash = 33, .energy_pj = .33, .power_ratio = .33},
    {.name = "tenth", .hash = 44, .energy_pj = .1, .power_ratio = .1}};

typedef struct search_fixture {
    axn_template grid;
    axn_search search;
} search_fixture;

static inline void fixture_open(search_fixture *f, uint64_t seed, int population, int generations)
{
    char path[AXN_PATH_MAX];
    axn_error error = {0};
    AXN_REQUIRE_OK(axn_program_path(path, "flows/templates/tiny.txt", &error), error);
    AXN_REQUIRE_OK(axn_template_load(path, &f->grid, &error), error);
    f->search =
        (axn_search){.rules = {.seed = seed,
                               .population = population,
                               .generations = generations,
                               .mutation = {1, 1},
                               .objectives = {AXN_OBJECTIVE_ACCURACY, AXN_OBJECTIVE_PARAMETERS,
                                              AXN_OBJECTIVE_ENERGY},
                               .objective_count = 3,
                               .epochs = 2,
                               .train_images = 100,
                               .protocol = 99},
                     .space = {.grid = &f->grid,
                               .levels_back = f->grid.levels_back,
                               .input = {16, 16, 1},
                               .classes = 10,
                               .multiplier_count = 4,
                               .multiplier_groups = 1,
                               .min_convolutions = 1},
                     .multipliers = test_multipliers,
                     .exact_energy_pj = 1};
}

static inline void fixture_close(search_fixture *f)
{
    axn_search_free(&f->search);
    axn_template_free(&f->grid);
}

/* Accuracy grows with work and suffers from cheap multipliers; some networks fail. */
static inline void synthetic_outcome(const axn_job *job, axn_outcome *outcome)
{
    double work = (double)axn_network_multiplications(job->network, AXN_COUNT_EXACT);
    double penalty = job->multipliers[0] * .04;
    *outcome = (axn_outcome){.kind = AXN_OUTCOME_OK,
                             .accuracy = .9 * (1 - exp(-work / 4000)) * (1 - penalty)};
    if (job->stream % 13 == 0) {
        outcome->kind = AXN_OUTCOME_FAILED;
        snprintf(outcome->reason, sizeof outcome->reason, "training diverged in epoch 1");
    }
}

/* Order of answers, and when to stop. */
typedef struct synthetic {
    bool backwards;
    int stop_after; /* answers before an interruption, 0 = never */
    int answered;
    unsigned pause_us;
} synthetic;

static inline axn_status synthetic_evaluate(void *context, const axn_job *jobs, int count,
                                            axn_job_done *done, void *done_context,
                                            axn_error *error)
{
    synthetic *s = context;
    axn_status status = AXN_OK;
    for (int i = 0; i < count && status == AXN_OK; i++) {
        int job = s->backwards ? count - 1 - i : i;
        axn_outcome outcome;
        if (s->stop_after > 0 && s->answered == s->stop_after) {
            return axn_fail(error, AXN_ERROR_INTERRUPTED, "stopped");
        }
        if (s->pause_us > 0) {
            usleep(s->pause_us);
        }
        synthetic_outcome(&jobs[job], &outcome);
        s->answered++;
        status = done(done_context, job, &outcome, error);
    }
    return status;
}

static inline cJSON *fixture_config(uint64_t seed)
{
    cJSON *config = cJSON_CreateObject();
    cJSON_AddStringToObject(config, "format", "axnas-run");
    cJSON_AddNumberToObject(config, "version", 1);
    axn_settings settings;
    axn_settings_defaults(&settings);
    settings.seed = seed;
    snprintf(settings.library, sizeof settings.library, "/somewhere");
    cJSON_AddItemToObject(config, "settings", axn_settings_to_json(&settings));
    cJSON_AddStringToObject(config, "dataset_hash", "0123456789abcdef");
    return config;
}

/* Runs (or resumes) the fixture's search in a folder. */
static inline axn_status fixture_run(const char *folder, axn_run_mode mode, uint64_t seed,
                                     const axn_evaluator *evaluator, axn_error *error)
{
    search_fixture f;
    axn_run *run = NULL;
    fixture_open(&f, seed, 6, 5);
    cJSON *config = fixture_config(seed);
    axn_status status = axn_run_open(folder, config, &f.search.space, mode, &run, error);
    if (status == AXN_OK) {
        status = axn_run_search(run, &f.search, evaluator, NULL, NULL, error);
    }
    axn_run_close(run);
    cJSON_Delete(config);
    fixture_close(&f);
    return status;
}

/* The bytes of a file of a run; empty if missing. */
static inline axn_buffer run_bytes(const char *folder, const char *name)
{
    char path[AXN_PATH_MAX];
    axn_buffer bytes = {0};
    axn_error error = {0};
    axn_check_path(path, folder, name);
    if (axn_path_exists(path)) {
        AXN_REQUIRE_OK(axn_file_read(path, (size_t)1 << 24, &bytes, &error), error);
    }
    return bytes;
}

static inline bool same_bytes(const axn_buffer *one, const axn_buffer *other)
{
    return one->length == other->length && one->length > 0 &&
           memcmp(one->data, other->data, one->length) == 0;
}

/* Do the files that must not depend on how a run went agree? */
static inline bool same_runs(const char *one, const char *other)
{
    static const char *const names[] = {"archive.jsonl", "pareto.json", "checkpoint",
                                        "config.json"};
    bool same = true;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        axn_buffer a = run_bytes(one, names[i]);
        axn_buffer b = run_bytes(other, names[i]);
        same = same && same_bytes(&a, &b);
        axn_buffer_free(&a);
        axn_buffer_free(&b);
    }
    return same;
}

#endif
