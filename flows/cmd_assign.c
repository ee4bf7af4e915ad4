/* axnas assign: a multiplier for each convolution of a trained model, without retraining. */
#include <stdio.h>
#include <string.h>

#include "common/file.h"
#include "common/interrupt.h"
#include "flows/assign.h"
#include "flows/commands.h"
#include "flows/options.h"

enum { OPTIONS = 32 }; /* at most */

static axn_status evaluate(void *context, const uint16_t *genes, int count, int *correct,
                           axn_error *error)
{
    const axn_assign_run *run = context;
    return axn_assign_measure(run, genes, count, &run->search, correct, error);
}

static bool show_progress(void *context, int generation, const axn_assign_result *result)
{
    axn_assign_run *run = context;
    char note[80];
    snprintf(note, sizeof note, "hypervolume %.4f, front of %d, %d tried", result->hypervolume,
             result->front_count, result->count);
    axn_progress_update(&run->progress, generation + 1, note);
    return !axn_interrupted();
}

static axn_status search(const axn_assign_settings *settings, axn_assign_run *run, axn_error *error)
{
    const axn_assign_problem problem = {.genes = run->genes,
                                        .choices = run->choice_count,
                                        .energy_pj = run->energy_pj,
                                        .images = run->search.count,
                                        .evaluate = evaluate,
                                        .context = run};
    const axn_assign_rules rules = {.seed = (uint64_t)settings->seed,
                                    .population = (int)settings->population,
                                    .generations = (int)settings->generations,
                                    .p_crossover = settings->crossover,
                                    .least_correct = axn_assign_floor(settings, run),
                                    .max_distinct = (int)settings->max_multipliers,
                                    .sensitivity = strcmp(settings->start, "sensitivity") == 0};
    axn_progress_start(&run->progress, "assign", (long)settings->generations + 1);
    axn_status status =
        axn_assign_search(&problem, &rules, show_progress, run, &run->result, error);
    axn_progress_end(&run->progress, NULL);
    return status;
}

static axn_status check_settings(const axn_assign_settings *settings, axn_error *error)
{
    int64_t budget = settings->population * (settings->generations + 1);
    if (budget > AXN_ASSIGN_MAX_EVALUATIONS) {
        return axn_fail(error, AXN_ERROR_USAGE,
                        "--population times --generations + 1 is %lld, but at most %d assignments "
                        "can be tried",
                        (long long)budget, AXN_ASSIGN_MAX_EVALUATIONS);
    }
    if (settings->point == NULL) {
        return AXN_OK;
    }
    if (settings->out == NULL) {
        return axn_fail(error, AXN_ERROR_USAGE, "--point needs --out MODEL");
    }
    if (strcmp(settings->point, "best") != 0 &&
        settings->point[strspn(settings->point, "0123456789")] != '\0') {
        return axn_fail(error, AXN_ERROR_USAGE, "--point: \"%s\" is neither an id nor \"best\"",
                        settings->point);
    }
    return AXN_OK;
}

/* The output folder is looked at before work, so that none of it is lost. */
static axn_status check_output(const axn_assign_settings *settings, axn_error *error)
{
    char **names = NULL;
    size_t count = 0;
    if (settings->out == NULL || settings->force || !axn_path_exists(settings->out)) {
        return AXN_OK;
    }
    if (!axn_path_is_folder(settings->out)) {
        return axn_fail(error, AXN_ERROR_EXISTS, "%s: is a file, not a folder", settings->out);
    }
    axn_status status = axn_folder_list(settings->out, "", &names, &count, error);
    axn_names_free(names, count);
    if (status == AXN_OK && count > 0) {
        status = axn_fail(error, AXN_ERROR_EXISTS, "%s: exists and is not empty (--force)",
                          settings->out);
    }
    return status;
}

static axn_status assign(const axn_assign_settings *settings, axn_assign_run *run, axn_error *error)
{
    axn_status status = check_settings(settings, error);
    if (status == AXN_OK) {
        status = check_output(settings, error);
    }
    if (status == AXN_OK) {
        status = axn_assign_load(settings, run, error);
    }
    if (status == AXN_OK) {
        status = axn_assign_prepare(settings, run, error);
    }
    if (status == AXN_OK) {
        status = search(settings, run, error);
    }
    if (status == AXN_OK) {
        status = axn_assign_judge(settings, run, error);
    }
    if (status == AXN_OK && settings->out != NULL) {
        status = axn_assign_write(settings, run, error);
    }
    if (status == AXN_OK && settings->plot != NULL) {
        status = axn_assign_plot(run, settings->plot, error);
    }
    if (status == AXN_OK) {
        status = settings->json ? axn_assign_print_json(settings, run, error)
                                : axn_assign_print_text(settings, run, error);
    }
    return status;
}

static int parse_and_run(int argc, char **argv, axn_assign_settings *s)
{
    axn_option options[OPTIONS] = {
        {"dataset", AXN_OPTION_TEXT, &s->dataset, "D",
         "fashion-mnist, cifar10, cifar100 or idx (the model's own)", 0, 0, NULL},
        {"data-dir", AXN_OPTION_TEXT, &s->data_dir, "DIR", "folder of the data set", 0, 0, NULL},
        {"library", AXN_OPTION_TEXT, &s->library, "DIR", "multiplier library (the one shipped)", 0,
         0, NULL},
        {"multipliers", AXN_OPTION_TEXT, &s->multipliers, "LIST",
         "lite, all, or names between commas; the exact one and the model's own join (lite)", 0, 0,
         NULL},
        {"groups", AXN_OPTION_TEXT, &s->groups, "GROUPS",
         "layers that share a multiplier: a number of groups, or names: a+b,c+d (none)", 0, 0,
         NULL},
        {"max-multipliers", AXN_OPTION_INTEGER, &s->max_multipliers, "N",
         "different ones in an assignment (0: any number)", 0, AXN_MODEL_MAX_MULTIPLIERS, NULL},
        {"images-from", AXN_OPTION_CHOICE, &s->images_from, "validation|training",
         "where the images of the search are from (validation: those held out in training)", 0, 0,
         NULL},
        {"images", AXN_OPTION_INTEGER, &s->images, "N", "of the search (1000; 0: all)", 0, 1e9,
         NULL},
        {"confirm-images", AXN_OPTION_INTEGER, &s->confirm_images, "N",
         "of the same kind, on which the best of the search are measured again (0: all)", 0, 1e9,
         NULL},
        {"test-images", AXN_OPTION_INTEGER, &s->test_images, "N", "for the final figures (0: all)",
         0, 1e9, NULL},
        {"population", AXN_OPTION_INTEGER, &s->population, "N", "of NSGA-II (40)", 2, 10000, NULL},
        {"generations", AXN_OPTION_INTEGER, &s->generations, "N", "after the first (25)", 0, 10000,
         NULL},
        {"crossover", AXN_OPTION_NUMBER, &s->crossover, "P", "probability of two parents (.9)", 0,
         1, NULL},
        {"start", AXN_OPTION_CHOICE, &s->start, "sensitivity|uniform",
         "first population: also what the sensitivity of each layer predicts, or as ALWANN "
         "(sensitivity)",
         0, 0, NULL},
        {"max-drop", AXN_OPTION_NUMBER, &s->max_drop, "POINTS",
         "look for, test and write points that lose at most so many points of accuracy (5)", 0, 100,
         NULL},
        {"seed", AXN_OPTION_INTEGER, &s->seed, "N", "of all random numbers (1)", 0, INT32_MAX,
         NULL},
        {"out", AXN_OPTION_TEXT, &s->out, "DIR", "write the models, each as DIR/ID", 0, 0, NULL},
        {"point", AXN_OPTION_TEXT, &s->point, "ID",
         "write only this one, as DIR itself; \"best\": the cheapest that loses one point at most",
         0, 0, NULL},
        {"plot", AXN_OPTION_TEXT, &s->plot, "FILE.svg", "draw the front", 0, 0, NULL},
        {"force", AXN_OPTION_FLAG, &s->force, NULL, "write into a folder that is not empty", 0, 0,
         NULL},
        {"threads", AXN_OPTION_INTEGER, &s->threads, "N",
         "0: all processors; never changes results", 0, 256, NULL},
    };
    int count = 0;
    while (options[count].name != NULL) {
        count++;
    }
    axn_correction_options_list(&s->correction, options, &count);
    axn_command_line line = {
        .usage = "assign MODEL [options]",
        .summary = "Chooses a multiplier for each convolution of a trained model, without "
                   "retraining: NSGA-II over\nenergy and accuracy (ALWANN).",
        .options = options,
        .option_count = count,
        .least = 1,
        .most = 1,
        .arguments = &s->path};
    const axn_parse parsed = axn_options_parse(&line, argc, argv, &s->json);
    if (parsed != AXN_PARSE_RUN) {
        return parsed == AXN_PARSE_DONE ? 0 : 2;
    }
    axn_error error = {0};
    axn_assign_run run = {0};
    axn_status status = assign(s, &run, &error);
    axn_assign_run_free(&run);
    return status == AXN_OK ? 0 : axn_command_fail("assign", &error);
}

int axn_cmd_assign(int argc, char **argv)
{
    axn_assign_settings settings = {.multipliers = "lite",
                                    .images_from = "validation",
                                    .start = "sensitivity",
                                    .images = 1000,
                                    .population = 40,
                                    .generations = 25,
                                    .crossover = .9,
                                    .max_drop = 5,
                                    .seed = 1};
    return parse_and_run(argc, argv, &settings);
}
