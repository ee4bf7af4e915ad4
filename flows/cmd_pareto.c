/* axnas pareto: the non-dominated set of a search. */
#include <stdio.h>
#include <stdlib.h>

#include "common/json.h"
#include "common/memory.h"
#include "flows/commands.h"
#include "flows/options.h"
#include "flows/pareto_plot.h"
#include "flows/pareto_table.h"

static axn_status show(const char *folder, bool as_json, axn_error *error)
{
    cJSON *pareto = NULL;
    axn_status status = axn_run_read_pareto(folder, &pareto, error);
    if (status == AXN_OK && !as_json) {
        status = axn_pareto_print(pareto, "pareto.json", error);
    } else if (status == AXN_OK) {
        cJSON *json = cJSON_CreateObject();
        cJSON *points = cJSON_DetachItemFromObjectCaseSensitive(pareto, "points");
        if (!cJSON_AddItemToObject(json, "points", points)) {
            cJSON_Delete(points);
            status =
                axn_fail(error, AXN_ERROR_FORMAT, "%s/pareto.json: \"points\" is missing", folder);
        }
        if (status == AXN_OK) {
            status = axn_json_print(json, error);
        }
        cJSON_Delete(json);
    }
    cJSON_Delete(pareto);
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
    bool json = false;
    axn_error error = {0};
    const axn_option options[] = {
        {"plot", AXN_OPTION_TEXT, &svg, "FILE.svg", "draw the search too", 0, 0, NULL}};
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
            status = show(run, json, &error);
        }
    }
    if (parse != AXN_PARSE_RUN) {
        return parse == AXN_PARSE_DONE ? 0 : 2;
    }
    return status == AXN_OK ? 0 : axn_command_fail("pareto", &error);
}
