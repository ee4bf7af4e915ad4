/* axnas search: evolves networks together with their multiplier. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/memory.h"
#include "common/progress.h"
#include "flows/accelerator_cost.h"
#include "flows/commands.h"
#include "flows/options.h"
#include "flows/pareto_table.h"
#include "flows/search_estimate.h"
#include "flows/search_team.h"
#include "nas/isa.h"
#include "nas/run.h"

typedef struct arguments {
    const char *dataset, *data_dir, *config, *library, *template, *scenario, *algorithm;
    const char *multiplier, *isa, *out;
    int64_t jobs, seed, population, generations, epochs, train_images;
    bool seed_given, population_given, generations_given, epochs_given, train_images_given;
    bool resume, force, estimate, json;
} arguments;

typedef struct session {
    axn_settings settings;
    axn_dataset dataset;
    axn_library library;
    axn_experiment experiment;
    axn_table *tables;
    cJSON *config;
    axn_search search;
    axn_array_shape array; /* of the accelerator whose costs are computed */
    axn_run *run;
    axn_team *team;
    /* for the progress display */
    axn_progress progress;
    double started;
    long recorded;
} session;

/* What was given on the command line, as settings. */
static axn_status apply_options(const arguments *a, axn_settings *settings, axn_error *error)
{
    const struct {
        const char *key;
        const char *value;
    } texts[] = {{"dataset", a->dataset},      {"data_dir", a->data_dir},
                 {"library", a->library},      {"template", a->template},
                 {"scenario", a->scenario},    {"algorithm", a->algorithm},
                 {"multiplier", a->multiplier}};
    const struct {
        const char *key;
        bool given;
        int64_t value;
    } numbers[] = {{"seed", a->seed_given, a->seed},
                   {"population", a->population_given, a->population},
                   {"generations", a->generations_given, a->generations},
                   {"epochs", a->epochs_given, a->epochs},
                   {"train_images", a->train_images_given, a->train_images}};
    cJSON *json = cJSON_CreateObject();
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (texts[i].value != NULL) {
            cJSON_AddStringToObject(json, texts[i].key, texts[i].value);
        }
    }
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (numbers[i].given) {
            cJSON_AddNumberToObject(json, numbers[i].key, (double)numbers[i].value);
        }
    }
    axn_status status = axn_settings_apply(settings, json, "command line", error);
    cJSON_Delete(json);
    return status;
}

/* Settings of the run that is resumed, when no --config says otherwise. */
static axn_status apply_stored(const arguments *a, axn_settings *settings, axn_error *error)
{
    char path[AXN_PATH_MAX];
    cJSON *config = NULL;
    const cJSON *stored = NULL;
    axn_status status = axn_path_join(path, a->out, "config.json", error);
    if (status != AXN_OK || !axn_path_exists(path)) {
        return status;
    }
    status = axn_run_read_config(a->out, &config, error);
    if (status == AXN_OK) {
        status = axn_json_object(config, "settings", &stored, path, error);
    }
    if (status == AXN_OK) {
        status = axn_settings_apply(settings, stored, path, error);
    }
    cJSON_Delete(config);
    return status;
}

static axn_status make_settings(const arguments *a, axn_settings *settings, axn_error *error)
{
    axn_status status = AXN_OK;
    if (a->config != NULL) {
        status = axn_settings_load(settings, a->config, error);
    } else if (a->resume) {
        status = apply_stored(a, settings, error);
    }
    if (status == AXN_OK) {
        status = apply_options(a, settings, error);
    }
    if (status == AXN_OK && settings->dataset[0] == '\0') {
        status = axn_fail(error, AXN_ERROR_USAGE,
                          "--dataset is missing; `axnas search --help` shows the options");
    }
    return status;
}

/* Has the search compute cycles and energy of the accelerator, if it is to. */
static void price_accelerators(session *s)
{
    const axn_settings *settings = &s->experiment.settings;
    if (axn_experiment_wants_accelerator(&s->experiment)) {
        s->array.rows = settings->rows > 0 ? (int)settings->rows : AXN_ARRAY_DEFAULT;
        s->array.cols = settings->columns > 0 ? (int)settings->columns : AXN_ARRAY_DEFAULT;
        s->search.cost = axn_accelerator_cost_hook;
        s->search.cost_context = &s->array;
    }
}

/* Loads and checks all the search needs, before anything is written. */
static axn_status prepare(const arguments *a, session *s, axn_error *error)
{
    axn_settings *settings = &s->settings;
    axn_status status = make_settings(a, settings, error);
    if (status == AXN_OK) {
        status = axn_dataset_load(settings->dataset,
                                  settings->data_dir[0] != '\0' ? settings->data_dir : NULL,
                                  &s->dataset, error);
    }
    if (status == AXN_OK) {
        status = axn_library_load(settings->library[0] != '\0' ? settings->library : NULL,
                                  &s->library, error);
    }
    if (status == AXN_OK) {
        status = axn_experiment_create(settings, &s->dataset, &s->library, &s->experiment, error);
    }
    if (status == AXN_OK) {
        status = axn_team_isa(s->team, a->isa, s->experiment.isa, error);
    }
    if (status == AXN_OK) {
        status = axn_experiment_search(&s->experiment, &s->search, error);
    }
    if (status == AXN_OK) { /* can the template produce a network at all? */
        axn_genome genome = {0};
        axn_random random = axn_random_stream(s->settings.seed, AXN_RANDOM_TEST, 0, 0);
        status = axn_genome_random(&s->search.space, &random, &genome, error);
        axn_genome_free(&genome);
    }
    if (status == AXN_OK) {
        status = axn_allocate(&s->tables, (size_t)s->experiment.multiplier_count, sizeof *s->tables,
                              "multiplier tables", error);
    }
    if (status == AXN_OK) {
        status = axn_experiment_tables(&s->experiment, &s->library, s->tables, error);
    }
    if (status == AXN_OK) {
        axn_experiment_judge(&s->experiment, s->tables);
        price_accelerators(s);
    }
    return status == AXN_OK ? axn_experiment_to_json(&s->experiment, &s->config, error) : status;
}

static axn_status open_run(const arguments *a, session *s, axn_error *error)
{
    char tables[AXN_PATH_MAX];
    axn_run_mode mode = a->resume ? AXN_RUN_RESUME : a->force ? AXN_RUN_FORCE : AXN_RUN_NEW;
    axn_status status = axn_run_open(a->out, s->config, &s->search.space, mode, &s->run, error);
    if (status == AXN_OK) {
        status = axn_path_join(tables, a->out, "tables.bin", error);
    }
    if (status == AXN_OK) {
        status = axn_table_write(tables, s->tables, s->experiment.multiplier_count, error);
    }
    if (status == AXN_OK) {
        status = axn_team_make_farm(s->team, &s->experiment, a->out, (int)a->jobs, error);
    }
    if (status == AXN_OK) {
        axn_run_log(s->run, "start", axn_team_to_json(s->team));
    }
    return status;
}

static void show_progress(void *context, const axn_search *search, const axn_candidate *candidate)
{
    session *s = context;
    char note[160];
    char left[32] = "";
    double best = 0;
    double lowest = 0;
    long total = (long)search->rules.population * (search->rules.generations + 1);
    long done = search->finished;
    double elapsed = axn_seconds() - s->started;
    for (int i = 0; i < search->finished; i++) {
        const axn_candidate *c = &search->candidates[i];
        if (c->outcome == AXN_OUTCOME_OK) {
            best = c->accuracy > best ? c->accuracy : best;
            lowest = lowest == 0 || c->energy_uj < lowest ? c->energy_uj : lowest;
        }
    }
    if (done > s->recorded && done < total) {
        double seconds = elapsed / (double)(done - s->recorded) * (double)(total - done);
        snprintf(left, sizeof left, ", %.0f:%02d left", seconds / 60, (int)seconds % 60);
    }
    double volume =
        search->history_count > 0 ? search->history[search->history_count - 1].hypervolume : 0;
    (void)candidate;
    snprintf(note, sizeof note, "generation %ld/%d, best %.2f %%, lowest %.4g uJ, volume %.4f%s",
             done > 0 ? (done - 1) / search->rules.population : 0, search->rules.generations,
             100 * best, lowest, volume, left);
    axn_progress_update(&s->progress, done, note);
}

static axn_status print_summary(const arguments *a, const session *s, axn_error *error)
{
    cJSON *pareto = NULL;
    const axn_generation *last = &s->search.history[s->search.history_count - 1];
    double seconds = axn_seconds() - s->started;
    axn_status status = axn_run_read_pareto(a->out, &pareto, error);
    if (status != AXN_OK) {
        return status;
    }
    if (!a->json) {
        printf("%d candidates, %d distinct networks, %d failed, %d stopped, hypervolume %.4f, "
               "%.1f s\n",
               last->candidates, last->phenotypes, last->failed, last->stopped, last->hypervolume,
               seconds);
        status = axn_pareto_print(pareto, "pareto.json", error);
        cJSON_Delete(pareto);
        return status;
    }
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "run", a->out);
    cJSON_AddNumberToObject(json, "candidates", last->candidates);
    cJSON_AddNumberToObject(json, "phenotypes", last->phenotypes);
    cJSON_AddNumberToObject(json, "failed", last->failed);
    cJSON_AddNumberToObject(json, "stopped", last->stopped);
    cJSON_AddNumberToObject(json, "generations", last->generation);
    cJSON_AddNumberToObject(json, "multipliers", s->experiment.multiplier_count);
    cJSON_AddNumberToObject(json, "best_accuracy", last->best_accuracy);
    cJSON_AddNumberToObject(json, "lowest_energy_uj", last->lowest_energy_uj);
    cJSON_AddNumberToObject(json, "hypervolume", last->hypervolume);
    cJSON_AddNumberToObject(json, "wall_s", seconds);
    cJSON *points = cJSON_DetachItemFromObjectCaseSensitive(pareto, "points");
    if (!cJSON_AddItemToObject(json, "points", points)) {
        cJSON_Delete(points);
    }
    status = axn_json_print(json, error);
    cJSON_Delete(json);
    cJSON_Delete(pareto);
    return status;
}

/* How long the search would take. */
static axn_status estimate(const arguments *a, session *s, axn_error *error)
{
    axn_search_duration duration;
    axn_status status = prepare(a, s, error);
    if (status == AXN_OK) {
        status = axn_search_estimate(s->team, &s->experiment, &s->search, s->tables, (int)a->jobs,
                                     &duration, error);
    }
    return status == AXN_OK ? axn_search_duration_print(&duration, a->json, error) : status;
}

static axn_status search(const arguments *a, session *s, axn_error *error)
{
    s->started = axn_seconds();
    axn_status status = prepare(a, s, error);
    if (status == AXN_OK) {
        status = open_run(a, s, error);
    }
    if (status != AXN_OK) {
        return status;
    }
    const axn_evaluator evaluator = axn_farm_evaluator(s->team->farm);
    long total = (long)s->search.rules.population * (s->search.rules.generations + 1);
    s->recorded = axn_run_recorded(s->run);
    axn_message("search in %s: %ld candidates (%ld done), %d multipliers, %d training and %d "
                "validation images, %d workers%s",
                a->out, total, s->recorded, s->experiment.multiplier_count,
                s->experiment.train_images, s->experiment.validation_images,
                axn_farm_workers(s->team->farm), s->team->ranks.count > 1 ? " on all ranks" : "");
    axn_progress_start(&s->progress, "search", total);
    status = axn_run_search(s->run, &s->search, &evaluator, show_progress, s, error);
    axn_progress_end(&s->progress, NULL);
    if (status == AXN_ERROR_INTERRUPTED) {
        return axn_error_prefix(error, "%d of %ld candidates are done, --resume goes on",
                                s->search.finished, total);
    }
    return status == AXN_OK ? print_summary(a, s, error) : status;
}

static int run_and_clean(const arguments *a, axn_team *team)
{
    axn_error error = {0};
    session s = {.team = team};
    axn_settings_defaults(&s.settings);
    axn_status status =
        a->estimate      ? estimate(a, &s, &error)
        : a->out == NULL ? axn_fail(&error, AXN_ERROR_USAGE,
                                    "--out is missing; `axnas search --help` shows the options")
        : a->resume && a->force
            ? axn_fail(&error, AXN_ERROR_USAGE, "--resume and --force exclude each other")
            : search(a, &s, &error);
    axn_farm_free(team->farm); /* before the run's lock is given up */
    team->farm = NULL;
    axn_run_close(s.run);
    axn_search_free(&s.search);
    cJSON_Delete(s.config);
    free(s.tables);
    axn_experiment_free(&s.experiment);
    axn_settings_free(&s.settings);
    axn_library_free(&s.library);
    axn_dataset_free(&s.dataset);
    return status == AXN_OK ? 0 : axn_command_fail("search", &error);
}

static int search_command(int argc, char **argv, axn_team *team)
{
    arguments a = {0};
    const axn_option options[] = {
        {"dataset", AXN_OPTION_TEXT, &a.dataset, "NAME", "fashion-mnist, cifar10, cifar100 or idx",
         0, 0, NULL},
        {"data-dir", AXN_OPTION_TEXT, &a.data_dir, "DIR", "folder of the data set's files", 0, 0,
         NULL},
        {"config", AXN_OPTION_TEXT, &a.config, "FILE", "settings, e.g. flows/search-tiny.json", 0,
         0, NULL},
        {"library", AXN_OPTION_TEXT, &a.library, "DIR", "multiplier library (default: ours)", 0, 0,
         NULL},
        {"out", AXN_OPTION_TEXT, &a.out, "RUN", "folder of the run", 0, 0, NULL},
        {"resume", AXN_OPTION_FLAG, &a.resume, NULL, "go on with a run that was stopped", 0, 0,
         NULL},
        {"force", AXN_OPTION_FLAG, &a.force, NULL, "replace a run that is there", 0, 0, NULL},
        {"estimate", AXN_OPTION_FLAG, &a.estimate, NULL,
         "train some candidates for some batches and tell how long the search would take", 0, 0,
         NULL},
        {"jobs", AXN_OPTION_INTEGER, &a.jobs, "N",
         "worker processes, of each rank under mpirun (0: one a processor); never changes results",
         0, 1024, NULL},
        {"isa", AXN_OPTION_CHOICE, &a.isa, AXN_ISA_WORDS,
         "class of instructions, which decides the last bits (the best of this machine)", 0, 0,
         NULL},
        {"seed", AXN_OPTION_INTEGER, &a.seed, "S", "of all random numbers (1)", 0, INT32_MAX,
         &a.seed_given},
        {"population", AXN_OPTION_INTEGER, &a.population, "N", "candidates a generation (8)", 1,
         1000, &a.population_given},
        {"generations", AXN_OPTION_INTEGER, &a.generations, "N", "after the first one (10)", 0,
         10000, &a.generations_given},
        {"epochs", AXN_OPTION_INTEGER, &a.epochs, "N", "of training a candidate (20)", 1, 10000,
         &a.epochs_given},
        {"train-images", AXN_OPTION_INTEGER, &a.train_images, "N",
         "a random subset, the same for all (0: all)", 0, 10000000, &a.train_images_given},
        {"template", AXN_OPTION_TEXT, &a.template, "NAME|FILE",
         "grid of cells (default: by the size of the images)", 0, 0, NULL},
        {"scenario", AXN_OPTION_CHOICE, &a.scenario, "s1|s2|s3|s4",
         "accuracy and energy; and parameters (s2); one multiplier (s3); exact (s4)", 0, 0, NULL},
        {"multiplier", AXN_OPTION_TEXT, &a.multiplier, "NAME", "the one of scenario s3", 0, 0,
         NULL},
        {"algorithm", AXN_OPTION_CHOICE, &a.algorithm, "nsga2|random",
         "random: the control with the same budget", 0, 0, NULL},
    };
    axn_command_line line = {
        .usage = "search --dataset NAME --out RUN [options]",
        .summary = "Evolves networks together with their approximate multiplier. Each candidate "
                   "is trained with the multiplier\nin its forward pass and scored by accuracy, "
                   "parameters and energy of its multiplications. --config takes\nmore settings; "
                   "what is given here overrides them.",
        .options = options,
        .option_count = (int)(sizeof options / sizeof options[0])};
    const axn_parse parse = axn_options_parse(&line, argc, argv, &a.json);
    if (parse != AXN_PARSE_RUN) {
        return parse == AXN_PARSE_DONE ? 0 : 2;
    }
    return run_and_clean(&a, team);
}

int axn_cmd_search(int argc, char **argv)
{
    axn_team team;
    axn_error error = {0};
    int result = 0;
    axn_status status = axn_team_start(&team, &error);
    if (status == AXN_OK && team.ranks.self > 0) { /* rank 0 knows what is to be done */
        status = axn_team_serve(&team, &error);
    } else if (status == AXN_OK) {
        result = search_command(argc, argv, &team);
    }
    if (status != AXN_OK) { /* under mpirun, leaving without a farewell ends all ranks */
        free(team.cards);
        return axn_command_fail("search", &error);
    }
    axn_team_finish(&team);
    return result;
}
