/* axnas pareto: the non-dominated set of a search. */
#include <stdio.h>
#include <stdlib.h>

#include "common/json.h"
#include "common/memory.h"
#include "flows/commands.h"
#include "flows/options.h"
#include "flows/pareto_plot.h"
#include "flows/pareto_table.h"
#include "flows/retrained.h"

/* The printed table, and beneath it what retrained models say about the search. */
static axn_status print_table(const cJSON *pareto, const axn_retrained *models, int count,
                              axn_error *error)
{
    double spearman = 0;
    double kendall = 0;
    axn_status status = axn_pareto_print(pareto, "pareto.json", error);
    if (status == AXN_OK && count > 0) {
        status = axn_retrained_correlations(models, count, &spearman, &kendall, error);
    }
    if (status != AXN_OK || count == 0) {
        return status;
    }
    printf("\n%6s %9s %9s\n", "id", "search", "retrained");
    for (int i = 0; i < count; i++) {
        printf("%6lld %7.2f %% %7.2f %%\n", (long long)models[i].id,
               100 * models[i].search_accuracy, 100 * models[i].accuracy);
    }
    if (count > 1) {
        printf("rank correlation of the two: Spearman %.3f, Kendall %.3f\n", spearman, kendall);
    }
    return AXN_OK;
}

static axn_status print_json(cJSON *pareto, const axn_retrained *models, int count,
                             const char *folder, axn_error *error)
{
    cJSON *json = cJSON_CreateObject();
    cJSON *points = cJSON_DetachItemFromObjectCaseSensitive(pareto, "points");
    axn_status status = AXN_OK;
    if (!cJSON_AddItemToObject(json, "points", points)) {
        cJSON_Delete(points);
        status = axn_fail(error, AXN_ERROR_FORMAT, "%s/pareto.json: \"points\" is missing", folder);
    }
    if (status == AXN_OK) {
        status = axn_retrained_to_json(models, count, json, error);
    }
    if (status == AXN_OK) {
        status = axn_json_print(json, error);
    }
    cJSON_Delete(json);
    return status;
}

static axn_status show(const char *folder, const char *models_folder, bool as_json,
                       axn_error *error)
{
    axn_run_view view;
    axn_retrained *models = NULL;
    int count = 0;
    axn_status status = axn_run_view_open(folder, &view, error);
    if (status == AXN_OK && view.pareto == NULL) {
        status = axn_run_read_pareto(folder, &view.pareto, error); /* for its message */
    }
    if (status == AXN_OK) {
        status = axn_retrained_find(&view, models_folder, &models, &count, error);
    }
    if (status == AXN_OK) {
        status = as_json ? print_json(view.pareto, models, count, folder, error)
                         : print_table(view.pareto, models, count, error);
    }
    free(models);
    axn_run_view_close(&view);
    return status;
}

static axn_status plot(const char *folder, const char *path, axn_error *error)
{
    axn_run_view view;
    axn_status status = axn_run_view_open(folder, &view, error);
    if (status == AXN_OK) {
        status = axn_pareto_plot_write(&view, path, error);
    }
    axn_run_view_close(&view);
    return status;
}

int axn_cmd_pareto(int argc, char **argv)
{
    const char *svg = NULL;
    const char *run = NULL;
    const char *models = NULL;
    bool json = false;
    axn_error error = {0};
    const axn_option options[] = {
        {"plot", AXN_OPTION_TEXT, &svg, "FILE.svg", "draw the search too", 0, 0, NULL},
        {"models", AXN_OPTION_TEXT, &models, "DIR",
         "folder of retrained models, for the rank correlation (RUN/retrained)", 0, 0, NULL}};
    axn_command_line line = {
        .usage = "pareto RUN [options]",
        .summary = "Shows the non-dominated candidates of a search by ascending energy.",
        .options = options,
        .option_count = (int)(sizeof options / sizeof options[0]),
        .least = 1,
        .most = 1,
        .arguments = &run};
    const axn_parse parse = axn_options_parse(&line, argc, argv, &json);
    axn_status status = AXN_OK;
    if (parse == AXN_PARSE_RUN) {
        status = svg != NULL ? plot(run, svg, &error) : AXN_OK;
        if (status == AXN_OK) {
            status = show(run, models, json, &error);
        }
    }
    if (parse != AXN_PARSE_RUN) {
        return parse == AXN_PARSE_DONE ? 0 : 2;
    }
    return status == AXN_OK ? 0 : axn_command_fail("pareto", &error);
}
