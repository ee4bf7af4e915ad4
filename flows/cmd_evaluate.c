/* axnas evaluate: accuracy of a quantised model on the test images, as it is or corrected for
 * its multiplier. */
#include <stdio.h>
#include <string.h>

#include "flows/commands.h"
#include "flows/evaluate.h"
#include "flows/golden_check.h"
#include "flows/model_histogram.h"

static axn_status evaluate(const axn_evaluate_settings *settings, axn_evaluate_run *run,
                           axn_error *error)
{
    axn_status status = axn_evaluate_load(settings, run, error);
    if (status == AXN_OK && axn_correction_wanted(&settings->correction)) {
        status = axn_evaluate_correct(settings, run, error);
    }
    if (status == AXN_OK) {
        status = axn_evaluate_measure(run, "evaluate", &run->result, error);
    }
    if (status == AXN_OK && settings->check) {
        status = axn_golden_check(&run->model, run->tables, run->inference, &run->data.test,
                                  run->images, run->pool, &run->compared, error);
    }
    if (status == AXN_OK && settings->histogram != NULL) {
        status = axn_model_histogram(run->inference, &run->model, &run->data, run->result.images,
                                     axn_path_base(settings->path), settings->histogram, error);
    }
    if (status == AXN_OK && settings->out != NULL) {
        status = axn_evaluate_save(settings, run, error);
    }
    return status;
}

static axn_status check_settings(const axn_evaluate_settings *settings, axn_error *error)
{
    if (settings->exact && settings->multiplier != NULL) {
        return axn_fail(error, AXN_ERROR_USAGE, "--exact and --multiplier exclude each other");
    }
    return settings->out != NULL ? axn_folder_check(settings->out, settings->force, error) : AXN_OK;
}

static int list_options(axn_evaluate_settings *s, axn_option *list)
{
    const axn_option options[] = {
        {"dataset", AXN_OPTION_TEXT, &s->dataset, "D",
         "fashion-mnist, cifar10, cifar100 or idx (the model's own)", 0, 0, NULL},
        {"data-dir", AXN_OPTION_TEXT, &s->data_dir, "DIR", "folder of the data set", 0, 0, NULL},
        {"library", AXN_OPTION_TEXT, &s->library, "DIR", "multiplier library (the one shipped)", 0,
         0, NULL},
        {"images", AXN_OPTION_INTEGER, &s->images, "N", "only the first N test images", 1, 1e9,
         NULL},
        {"histogram", AXN_OPTION_TEXT, &s->histogram, "FILE",
         "write how often each pair of operands is multiplied, for multipliers characterise", 0, 0,
         NULL},
        {"exact", AXN_OPTION_FLAG, &s->exact, NULL, "the same weights with the exact multiplier", 0,
         0, NULL},
        {"multiplier", AXN_OPTION_TEXT, &s->multiplier, "NAME",
         "the same weights with this multiplier in all convolutions", 0, 0, NULL},
        {"check", AXN_OPTION_FLAG, &s->check, NULL,
         "compare every logit with the golden model (slow)", 0, 0, NULL},
        {"reference", AXN_OPTION_CHOICE, &s->reference, "own|exact",
         "products that corrections aim at: of the model's own multiplier, or exact ones (own)", 0,
         0, NULL},
        {"out", AXN_OPTION_TEXT, &s->out, "MODEL", "write the model as evaluated", 0, 0, NULL},
        {"force", AXN_OPTION_FLAG, &s->force, NULL, "write into a folder that is not empty", 0, 0,
         NULL},
        {"threads", AXN_OPTION_INTEGER, &s->threads, "N", "threads (all processors)", 1, 256, NULL},
    };
    int count = sizeof options / sizeof options[0];
    memcpy(list, options, sizeof options);
    axn_correction_options_list(&s->correction, list, &count);
    return count;
}

int axn_cmd_evaluate(int argc, char **argv)
{
    axn_evaluate_settings settings = {.reference = "own"};
    axn_option options[12 + AXN_CORRECTION_OPTIONS];
    axn_command_line line = {
        .usage = "evaluate MODEL --dataset D [options]",
        .summary = "Accuracy of a quantised model on the test images, computed exactly as the "
                   "hardware does; with another multiplier and corrected for it, if asked.",
        .options = options,
        .option_count = list_options(&settings, options),
        .least = 1,
        .most = 1,
        .arguments = &settings.path};
    axn_parse parsed = axn_options_parse(&line, argc, argv, &settings.json);
    if (parsed != AXN_PARSE_RUN) {
        return parsed == AXN_PARSE_DONE ? 0 : 2;
    }
    axn_error error = {0};
    axn_evaluate_run run = {0};
    axn_status status = check_settings(&settings, &error);
    if (status == AXN_OK) {
        status = evaluate(&settings, &run, &error);
    }
    if (status == AXN_OK && settings.json) {
        status = axn_evaluate_print_json(&settings, &run, &error);
    } else if (status == AXN_OK) {
        axn_evaluate_print(&settings, &run);
    }
    axn_evaluate_free(&run);
    return status == AXN_OK ? 0 : axn_command_fail("evaluate", &error);
}
