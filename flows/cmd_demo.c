/* `axnas demo`: the whole path, from images to a verified, synthesised accelerator, by
 * the same commands a user would type. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/file.h"
#include "common/json.h"
#include "common/process.h"
#include "common/progress.h"
#include "flows/commands.h"
#include "flows/options.h"

#define MAX_ARGUMENTS 24     /* of a step */
#define MOST_POWER_RATIO 0.7 /* of the multiplier of the point that is built */
#define LEAST_CONVOLUTIONS 2

typedef struct demo_settings {
    char program[AXN_PATH_MAX];
    char out[AXN_PATH_MAX];
    char run[AXN_PATH_MAX], model[AXN_PATH_MAX], rtl[AXN_PATH_MAX];
    char report[AXN_PATH_MAX], plot[AXN_PATH_MAX], summary[AXN_PATH_MAX];
    int64_t seed, epochs, images;
} demo_settings;

/* What the steps found out, for the table and summary.json. */
typedef struct findings {
    int64_t point, candidates;
    char multiplier[64];
    double power_ratio;
    double accuracy, accuracy_exact;
    double energy_uj, energy_exact_uj;
    cJSON *simulation, *synthesis;
} findings;

/* Reads all a child prints on standard output. */
static axn_status read_all(int from, axn_buffer *out, axn_error *error)
{
    char block[4096];
    for (;;) {
        ssize_t got = read(from, block, sizeof block);
        if (got == 0) {
            break;
        }
        if (got < 0) {
            return axn_fail_errno(error, AXN_ERROR_IO, "reading from a command");
        }
        axn_buffer_append(out, block, (size_t)got);
    }
    return out->failed ? axn_fail(error, AXN_ERROR_MEMORY, "out of memory") : AXN_OK;
}

/* Runs `axnas ARGUMENTS... --json` (NULL-terminated list), its progress on our standard
 * error, and parses what it prints; out = NULL drops it. */
static axn_status run_step(const demo_settings *demo, const char *const *arguments, cJSON **out,
                           axn_error *error)
{
    const char *argv[MAX_ARGUMENTS + 4] = {demo->program};
    int count = 1;
    for (; arguments[count - 1] != NULL && count <= MAX_ARGUMENTS; count++) {
        argv[count] = arguments[count - 1];
    }
    argv[count++] = "--json";
    argv[count] = axn_progress_is_quiet() ? "--quiet" : NULL;

    axn_child child = {0};
    axn_buffer text = {0};
    cJSON *json = NULL;
    axn_status status = axn_child_start(argv, NULL, &child, error);
    if (status != AXN_OK) {
        return status;
    }
    status = read_all(child.from, &text, error);
    axn_error child_error = {0};
    axn_status ended = axn_child_finish(&child, "axnas", &child_error);
    if (status == AXN_OK && ended != AXN_OK) {
        status =
            axn_fail(error, ended, "step \"%s\" failed: %s", arguments[0], child_error.message);
    }
    if (status == AXN_OK) {
        status = axn_json_parse(arguments[0], text.data != NULL ? text.data : "", text.length,
                                &json, error);
    }
    axn_buffer_free(&text);
    if (out != NULL) {
        *out = json;
    } else {
        cJSON_Delete(json);
    }
    return status;
}

static axn_status search_networks(const demo_settings *demo, findings *found, axn_error *error)
{
    char config[AXN_PATH_MAX], seed[24];
    axn_status status = axn_program_path(config, "flows/search-demo.json", error);
    if (status != AXN_OK) {
        return status;
    }
    snprintf(seed, sizeof seed, "%lld", (long long)demo->seed);
    const char *arguments[] = {"search", "--dataset", "fashion-mnist", "--config", config,
                               "--out",  demo->run,   "--seed",        seed,       NULL};
    cJSON *json = NULL;
    status = run_step(demo, arguments, &json, error);
    if (status == AXN_OK) {
        status =
            axn_json_integer(json, "phenotypes", 1, INT32_MAX, &found->candidates, "search", error);
    }
    cJSON_Delete(json);
    return status;
}

/* Power ratio of a multiplier in the output of `multipliers list`. */
static axn_status power_ratio(const cJSON *list, const char *name, double *ratio, axn_error *error)
{
    const cJSON *multiplier = NULL;
    cJSON_ArrayForEach(multiplier, cJSON_GetObjectItemCaseSensitive(list, "multipliers"))
    {
        const char *this_name = NULL;
        axn_status status = axn_json_string(multiplier, "name", &this_name, "multipliers", error);
        if (status != AXN_OK) {
            return status;
        }
        if (strcmp(this_name, name) == 0) {
            return axn_json_number(multiplier, "power_ratio", 0, INFINITY, ratio, "multipliers",
                                   error);
        }
    }
    return axn_fail(error, AXN_ERROR_NOT_FOUND, "multiplier \"%s\" is not in the library", name);
}

/* The most accurate Pareto point with a cheap multiplier and enough convolutions. */
static axn_status choose(const cJSON *pareto, const cJSON *list, findings *found, axn_error *error)
{
    const cJSON *point = NULL;
    double best = -1;
    cJSON_ArrayForEach(point, cJSON_GetObjectItemCaseSensitive(pareto, "points"))
    {
        const char *name = NULL;
        double accuracy = 0, ratio = 0;
        int64_t id = 0, convolutions = 0;
        axn_status status = axn_json_string(point, "multiplier", &name, "pareto", error);
        if (status == AXN_OK) {
            status = axn_json_number(point, "accuracy", 0, 1, &accuracy, "pareto", error);
        }
        if (status == AXN_OK) {
            status = axn_json_integer(point, "id", 0, INT32_MAX, &id, "pareto", error);
        }
        if (status == AXN_OK) {
            status = axn_json_integer(point, "convolutions", 0, INT32_MAX, &convolutions, "pareto",
                                      error);
        }
        if (status == AXN_OK) {
            status = power_ratio(list, name, &ratio, error);
        }
        if (status != AXN_OK) {
            return status;
        }
        if (ratio <= MOST_POWER_RATIO && convolutions >= LEAST_CONVOLUTIONS && accuracy > best) {
            best = accuracy;
            found->point = id;
            found->power_ratio = ratio;
            snprintf(found->multiplier, sizeof found->multiplier, "%s", name);
        }
    }
    if (best < 0) {
        return axn_fail(error, AXN_ERROR_NOT_FOUND,
                        "no Pareto point has a multiplier of power ratio at most %.1f and %d "
                        "convolutions; try another --seed",
                        MOST_POWER_RATIO, LEAST_CONVOLUTIONS);
    }
    return AXN_OK;
}

static axn_status choose_point(const demo_settings *demo, findings *found, axn_error *error)
{
    const char *list_arguments[] = {"multipliers", "list", NULL};
    const char *pareto_arguments[] = {"pareto", demo->run, NULL};
    cJSON *list = NULL, *pareto = NULL;
    axn_status status = run_step(demo, list_arguments, &list, error);
    if (status == AXN_OK) {
        status = run_step(demo, pareto_arguments, &pareto, error);
    }
    if (status == AXN_OK) {
        status = choose(pareto, list, found, error);
    }
    cJSON_Delete(list);
    cJSON_Delete(pareto);
    return status;
}

static axn_status evaluate_model(const demo_settings *demo, bool exact, double *accuracy,
                                 double *energy, axn_error *error)
{
    const char *arguments[] = {
        "evaluate", demo->model, "--dataset", "fashion-mnist", exact ? "--exact" : NULL, NULL};
    cJSON *json = NULL;
    axn_status status = run_step(demo, arguments, &json, error);
    if (status == AXN_OK) {
        status = axn_json_number(json, "accuracy", 0, 1, accuracy, "evaluate", error);
    }
    if (status == AXN_OK) {
        status = axn_json_number(json, "energy_uj", 0, INFINITY, energy, "evaluate", error);
    }
    cJSON_Delete(json);
    return status;
}

static axn_status train_point(const demo_settings *demo, findings *found, axn_error *error)
{
    char id[24], epochs[24];
    snprintf(id, sizeof id, "%lld", (long long)found->point);
    snprintf(epochs, sizeof epochs, "%lld", (long long)demo->epochs);
    const char *arguments[] = {"retrain", demo->run, "--point",   id,  "--epochs",
                               epochs,    "--out",   demo->model, NULL};
    axn_status status = run_step(demo, arguments, NULL, error);
    if (status == AXN_OK) {
        status = evaluate_model(demo, false, &found->accuracy, &found->energy_uj, error);
    }
    if (status == AXN_OK) {
        status = evaluate_model(demo, true, &found->accuracy_exact, &found->energy_exact_uj, error);
    }
    return status;
}

static axn_status build_hardware(const demo_settings *demo, findings *found, axn_error *error)
{
    char images[24];
    snprintf(images, sizeof images, "%lld", (long long)demo->images);
    const char *rtl[] = {"rtl", demo->model, "--out", demo->rtl, NULL};
    const char *simulate[] = {"simulate", demo->rtl, "--images", images, NULL};
    const char *synth[] = {"synth", demo->rtl, "--no-exact", "--clock-gating", "on", NULL};
    axn_status status = run_step(demo, rtl, NULL, error);
    if (status == AXN_OK) {
        status = run_step(demo, simulate, &found->simulation, error);
    }
    if (status == AXN_OK) {
        status = run_step(demo, synth, &found->synthesis, error);
    }
    return status;
}

static axn_status write_report(const demo_settings *demo, axn_error *error)
{
    const char *arguments[] = {"report", demo->run, "-o", demo->report, "--plot", demo->plot, NULL};
    return run_step(demo, arguments, NULL, error);
}

/* Copies a number from one step's output into the summary. */
static axn_status copy_number(cJSON *summary, const char *key, const cJSON *from,
                              const char *from_key, const char *step, axn_error *error)
{
    double value = 0;
    axn_status status = axn_json_number(from, from_key, 0, INFINITY, &value, step, error);
    if (status == AXN_OK && cJSON_AddNumberToObject(summary, key, value) == NULL) {
        status = axn_fail(error, AXN_ERROR_MEMORY, "out of memory");
    }
    return status;
}

static axn_status copy_hardware(cJSON *summary, const findings *found, axn_error *error)
{
    static const char *const simulated[][2] = {{"images_checked", "images"},
                                               {"layers_checked", "layers_checked"},
                                               {"bytes_checked", "bytes_checked"},
                                               {"mismatches", "mismatches"},
                                               {"cycles_per_image", "cycles_per_image"},
                                               {"utilisation", "utilisation"}};
    static const char *const synthesised[] = {"area_um2",
                                              "power_mw",
                                              "clock_mhz",
                                              "fmax_mhz",
                                              "energy_uj_per_image",
                                              "logic_power_mw",
                                              "logic_energy_uj_per_image"};
    axn_status status = AXN_OK;
    for (size_t i = 0; i < sizeof simulated / sizeof simulated[0] && status == AXN_OK; i++) {
        status = copy_number(summary, simulated[i][0], found->simulation, simulated[i][1],
                             "simulate", error);
    }
    for (size_t i = 0; i < sizeof synthesised / sizeof synthesised[0] && status == AXN_OK; i++) {
        status =
            copy_number(summary, synthesised[i], found->synthesis, synthesised[i], "synth", error);
    }
    return status;
}

static axn_status write_summary(const demo_settings *demo, const findings *found, double wall_s,
                                cJSON **out, axn_error *error)
{
    cJSON *summary = cJSON_CreateObject();
    axn_status status = AXN_OK;
    cJSON_AddNumberToObject(summary, "accuracy", found->accuracy);
    cJSON_AddNumberToObject(summary, "accuracy_exact_same_weights", found->accuracy_exact);
    cJSON_AddStringToObject(summary, "multiplier", found->multiplier);
    cJSON_AddNumberToObject(summary, "multiplier_power_ratio", found->power_ratio);
    cJSON_AddNumberToObject(summary, "energy_uj", found->energy_uj);
    cJSON_AddNumberToObject(summary, "energy_ratio", found->energy_uj / found->energy_exact_uj);
    cJSON_AddNumberToObject(summary, "candidates", (double)found->candidates);
    status = copy_hardware(summary, found, error);
    if (status == AXN_OK && cJSON_AddNumberToObject(summary, "wall_s", wall_s) == NULL) {
        status = axn_fail(error, AXN_ERROR_MEMORY, "out of memory");
    }
    if (status == AXN_OK) {
        status = axn_json_write(demo->summary, summary, error);
    }
    if (status == AXN_OK) {
        *out = summary;
    } else {
        cJSON_Delete(summary);
    }
    return status;
}

static double value_of(const cJSON *summary, const char *key)
{
    return cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(summary, key));
}

static void print_table(const demo_settings *demo, const cJSON *summary)
{
    const char *multiplier =
        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(summary, "multiplier"));
    printf("\n  multiplier              %s (%.0f %% of the exact one's power)\n", multiplier,
           100 * value_of(summary, "multiplier_power_ratio"));
    printf("  accuracy                %.2f %% of 10,000 test images, as the hardware computes\n",
           100 * value_of(summary, "accuracy"));
    printf("    exact, same weights   %.2f %%\n",
           100 * value_of(summary, "accuracy_exact_same_weights"));
    printf("  multiplication energy   %.4f uJ an image, %.1f %% of the exact multiplier's\n",
           value_of(summary, "energy_uj"), 100 * value_of(summary, "energy_ratio"));
    printf("  cycles                  %.0f an image\n", value_of(summary, "cycles_per_image"));
    printf("  utilisation             %.1f %% of the array over all convolutions\n",
           100 * value_of(summary, "utilisation"));
    printf("  area                    %.3f mm2 without memories\n",
           value_of(summary, "area_um2") / 1e6);
    printf("  power                   %.1f mW at %.0f MHz, %.3f uJ an image, without memories\n",
           value_of(summary, "logic_power_mw"), value_of(summary, "clock_mhz"),
           value_of(summary, "logic_energy_uj_per_image"));
    printf("  fastest clock           %.1f MHz before layout\n", value_of(summary, "fmax_mhz"));
    printf("  checked                 %.0f images, %.0f bytes of layers: %.0f mismatches\n",
           value_of(summary, "images_checked"), value_of(summary, "bytes_checked"),
           value_of(summary, "mismatches"));
    printf("  searched                %.0f networks; everything took %.0f s\n\n",
           value_of(summary, "candidates"), value_of(summary, "wall_s"));
    printf("  Pareto plot  %s\n  report       %s\n  model        %s\n  RTL          %s\n"
           "  summary      %s\n",
           demo->plot, demo->report, demo->model, demo->rtl, demo->summary);
}

static axn_status prepare(demo_settings *demo, const char *out, bool force, axn_error *error)
{
    struct {
        char *path;
        const char *name;
    } paths[] = {{demo->run, "run"},         {demo->model, "model"},
                 {demo->rtl, "rtl"},         {demo->report, "report.html"},
                 {demo->plot, "pareto.svg"}, {demo->summary, "summary.json"}};
    axn_status status = axn_program_executable(demo->program, error);
    if (status == AXN_OK) {
        status = axn_path_join(demo->out, "", out, error);
    }
    if (status == AXN_OK && force && axn_path_is_folder(out)) {
        status = axn_folder_remove(out, error);
    }
    if (status == AXN_OK) {
        status = axn_folder_prepare(out, force, error);
    }
    for (size_t i = 0; i < sizeof paths / sizeof paths[0] && status == AXN_OK; i++) {
        status = axn_path_join(paths[i].path, out, paths[i].name, error);
    }
    return status;
}

static axn_status run_demo(const demo_settings *demo, axn_error *error)
{
    findings found = {0};
    cJSON *summary = NULL;
    double started = axn_seconds();
    axn_message("1/5 search");
    axn_status status = search_networks(demo, &found, error);
    if (status == AXN_OK) {
        status = choose_point(demo, &found, error);
    }
    if (status == AXN_OK) {
        axn_message("2/5 retrain point %lld with multiplier %s", (long long)found.point,
                    found.multiplier);
        status = train_point(demo, &found, error);
    }
    if (status == AXN_OK) {
        axn_message("3/5 RTL, simulation, synthesis");
        status = build_hardware(demo, &found, error);
    }
    if (status == AXN_OK) {
        axn_message("4/5 report");
        status = write_report(demo, error);
    }
    if (status == AXN_OK) {
        axn_message("5/5 summary");
        status = write_summary(demo, &found, axn_seconds() - started, &summary, error);
    }
    if (status == AXN_OK) {
        print_table(demo, summary);
    }
    cJSON_Delete(summary);
    cJSON_Delete(found.simulation);
    cJSON_Delete(found.synthesis);
    return status;
}

int axn_cmd_demo(int argc, char **argv)
{
    static demo_settings demo = {.seed = 1, .epochs = 4, .images = 100};
    const char *out = "build/demo";
    bool force = false;
    const axn_option options[] = {
        {"out", AXN_OPTION_TEXT, &out, "DIR", "folder for everything (build/demo)", 0, 0, NULL},
        {"seed", AXN_OPTION_INTEGER, &demo.seed, "N", "random seed (1)", 0, 1e15, NULL},
        {"epochs", AXN_OPTION_INTEGER, &demo.epochs, "N", "epochs of the final training (4)", 1,
         1000, NULL},
        {"images", AXN_OPTION_INTEGER, &demo.images, "N", "images simulated (100)", 1, 10000, NULL},
        {"force", AXN_OPTION_FLAG, &force, NULL, "remove the folder's content first", 0, 0, NULL},
    };
    axn_command_line line = {.usage = "demo [--out DIR] [options]",
                             .summary = "The whole path on Fashion-MNIST: a small search, final "
                                        "training of one point, RTL, simulation, synthesis.",
                             .options = options,
                             .option_count = sizeof options / sizeof options[0]};
    axn_error error = {0};
    axn_parse parsed = axn_options_parse(&line, argc, argv, NULL);
    if (parsed != AXN_PARSE_RUN) {
        return parsed == AXN_PARSE_DONE ? 0 : 2;
    }
    if (prepare(&demo, out, force, &error) != AXN_OK || run_demo(&demo, &error) != AXN_OK) {
        return axn_command_fail("demo", &error);
    }
    return 0;
}
