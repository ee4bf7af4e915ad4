/* axnas report: one self-contained page of a search. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/memory.h"
#include "common/progress.h"
#include "flows/commands.h"
#include "flows/options.h"
#include "flows/pareto_plot.h"
#include "flows/pareto_table.h"
#include "flows/retrained.h"

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<style>\n"
    "body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;"
    "color:#222}\n"
    "h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}\n"
    "table{border-collapse:collapse;font-variant-numeric:tabular-nums}\n"
    "th,td{padding:.25rem .7rem;border-bottom:1px solid #ddd;text-align:right}\n"
    "th{border-bottom:2px solid #888}td.t,th.t{text-align:left}\n"
    ".wide{overflow-x:auto}svg{max-width:100%;height:auto}\n"
    "</style>\n";

/* Text with the characters that mean something in HTML replaced. */
static void add_text(axn_buffer *page, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '&':
            axn_buffer_text(page, "&amp;");
            break;
        case '<':
            axn_buffer_text(page, "&lt;");
            break;
        case '>':
            axn_buffer_text(page, "&gt;");
            break;
        case '"':
            axn_buffer_text(page, "&quot;");
            break;
        default:
            axn_buffer_append(page, text, 1);
        }
    }
}

static void add_summary(axn_buffer *page, const axn_run_view *view)
{
    const axn_experiment *e = &view->experiment;
    int failed = 0;
    int stopped = 0;
    for (int i = 0; i < view->archive.count; i++) {
        const axn_outcome_kind outcome = view->archive.records[i].outcome;
        stopped += outcome == AXN_OUTCOME_STOPPED ? 1 : 0;
        failed += outcome != AXN_OUTCOME_OK && outcome != AXN_OUTCOME_STOPPED ? 1 : 0;
    }
    axn_buffer_text(page, "<p>Dataset ");
    add_text(page, e->settings.dataset);
    axn_buffer_format(page,
                      " (%d &times; %d &times; %d, %d classes): %d training and %d validation "
                      "images, protocol %s. %d of %lld candidates evaluated, %d failed, %d stopped "
                      "early, over %d "
                      "multipliers. Seed %llu, instruction set %s.</p>\n",
                      e->input.height, e->input.width, e->input.channels, e->classes,
                      e->train_images, e->validation_images, e->settings.protocol,
                      view->archive.count,
                      (long long)e->settings.population * (e->settings.generations + 1), failed,
                      stopped, e->multiplier_count, (unsigned long long)e->settings.seed, e->isa);
}

static axn_status add_points(axn_buffer *page, const axn_run_view *view, axn_error *error)
{
    const cJSON *item = NULL;
    axn_status status = AXN_OK;
    axn_buffer_text(page,
                    "<h2>Non-dominated candidates</h2>\n<div class=\"wide\"><table><tr>"
                    "<th>id</th><th>accuracy</th><th>parameters</th>"
                    "<th>multiplications</th><th>fully connected</th><th>energy, &micro;J</th>"
                    "<th>all, &micro;J</th><th>of the exact</th><th>convolutions</th>"
                    "<th>cycles</th><th>accelerator, &micro;J</th>"
                    "<th>generation</th><th class=\"t\">multiplier</th></tr>\n");
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(view->pareto, "points"))
    {
        axn_pareto_point p;
        status = axn_pareto_read(item, "pareto.json", &p, error);
        if (status != AXN_OK) {
            break;
        }
        axn_buffer_format(page,
                          "<tr><td>%lld</td><td>%.2f %%</td><td>%lld</td><td>%lld</td>"
                          "<td>%lld</td><td>%.5g</td><td>%.5g</td><td>%.3f</td><td>%lld</td>"
                          "<td>%lld</td><td>",
                          (long long)p.id, 100 * p.accuracy, (long long)p.parameters,
                          (long long)p.multiplications, (long long)p.multiplications_fc,
                          p.energy_uj, p.energy_total_uj, p.power_ratio, (long long)p.convolutions,
                          (long long)p.generation);
        if (p.cycles > 0) {
            axn_buffer_format(page, "%lld</td><td>%.5g</td><td class=\"t\">", (long long)p.cycles,
                              p.energy_accelerator_uj);
        } else {
            axn_buffer_text(page, "&ndash;</td><td>&ndash;</td><td class=\"t\">");
        }
        add_text(page, p.multiplier);
        axn_buffer_text(page, "</td></tr>\n");
    }
    axn_buffer_text(page, "</table></div>\n");
    return status;
}

/* Accuracies in the search beside those after the final training. */
static axn_status add_retrained(axn_buffer *page, const axn_run_view *view, const char *folder,
                                axn_error *error)
{
    axn_retrained *models = NULL;
    int count = 0;
    double spearman = 0;
    double kendall = 0;
    axn_status status = axn_retrained_find(view, folder, &models, &count, error);
    if (status == AXN_OK && count > 0) {
        status = axn_retrained_correlations(models, count, &spearman, &kendall, error);
    }
    if (status == AXN_OK && count > 0) {
        axn_buffer_text(page, "<h2>Retrained candidates</h2>\n<div class=\"wide\"><table><tr>"
                              "<th>id</th><th>in the search</th><th>retrained, test images</th>"
                              "</tr>\n");
        for (int i = 0; i < count; i++) {
            axn_buffer_format(page, "<tr><td>%lld</td><td>%.2f %%</td><td>%.2f %%</td></tr>\n",
                              (long long)models[i].id, 100 * models[i].search_accuracy,
                              100 * models[i].accuracy);
        }
        axn_buffer_text(page, "</table></div>\n");
    }
    if (status == AXN_OK && count > 1) {
        axn_buffer_format(page,
                          "<p>Rank correlation of the two: Spearman %.3f, Kendall %.3f.</p>\n",
                          spearman, kendall);
    }
    free(models);
    return status;
}

static void add_history(axn_buffer *page, const axn_run_view *view)
{
    static const char *const keys[] = {"generation",       "candidates", "phenotypes",
                                       "failed",           "stopped",    "best_accuracy",
                                       "lowest_energy_uj", "hypervolume"};
    const size_t count = sizeof keys / sizeof keys[0];
    const cJSON *line = NULL;
    axn_buffer_text(page, "<h2>History</h2>\n<div class=\"wide\"><table><tr>");
    for (size_t i = 0; i < count; i++) {
        axn_buffer_format(page, "<th>%s</th>", keys[i]);
    }
    axn_buffer_text(page, "</tr>\n");
    cJSON_ArrayForEach(line, cJSON_GetObjectItemCaseSensitive(view->pareto, "history"))
    {
        axn_buffer_text(page, "<tr>");
        for (size_t i = 0; i < count; i++) {
            const cJSON *value = cJSON_GetObjectItemCaseSensitive(line, keys[i]);
            axn_buffer_format(page, "<td>%.6g</td>",
                              cJSON_IsNumber(value) ? value->valuedouble : 0);
        }
        axn_buffer_text(page, "</tr>\n");
    }
    axn_buffer_text(page, "</table></div>\n");
}

static void add_multipliers(axn_buffer *page, const axn_run_view *view)
{
    const axn_experiment *e = &view->experiment;
    axn_buffer_text(page, "<h2>Multipliers</h2>\n<div class=\"wide\"><table><tr><th class=\"t\">"
                          "name</th><th>energy, pJ</th><th>of the exact</th>"
                          "<th>candidates</th></tr>\n");
    for (int i = 0; i < e->multiplier_count; i++) {
        int uses = 0;
        for (int k = 0; k < view->archive.count; k++) {
            uses += strcmp(view->archive.records[k].multiplier, e->multipliers[i].name) == 0;
        }
        axn_buffer_text(page, "<tr><td class=\"t\">");
        add_text(page, e->multipliers[i].name);
        axn_buffer_format(page, "</td><td>%.4g</td><td>%.3f</td><td>%d</td></tr>\n",
                          e->multipliers[i].energy_pj, e->multipliers[i].power_ratio, uses);
    }
    axn_buffer_text(page, "</table></div>\n");
}

static axn_status add_settings(axn_buffer *page, const axn_run_view *view, axn_error *error)
{
    cJSON *settings = axn_settings_to_json(&view->experiment.settings);
    const cJSON *item = NULL;
    axn_status status =
        settings != NULL ? AXN_OK : axn_fail(error, AXN_ERROR_MEMORY, "out of memory");
    axn_buffer_text(page, "<h2>Configuration</h2>\n<div class=\"wide\"><table>"
                          "<tr><th class=\"t\">key</th><th class=\"t\">value</th></tr>\n");
    cJSON_ArrayForEach(item, settings)
    {
        char *value = cJSON_PrintUnformatted(item);
        axn_buffer_text(page, "<tr><td class=\"t\">");
        add_text(page, item->string);
        axn_buffer_text(page, "</td><td class=\"t\">");
        add_text(page, value != NULL ? value : "?");
        axn_buffer_text(page, "</td></tr>\n");
        free(value);
    }
    axn_buffer_text(page, "<tr><td class=\"t\">template</td><td class=\"t\">");
    add_text(page, view->experiment.grid.name);
    axn_buffer_format(page, ", %d rows, %d columns</td></tr>\n</table></div>\n",
                      view->experiment.grid.rows, view->experiment.grid.columns);
    cJSON_Delete(settings);
    return status;
}

static axn_status write_page(const axn_run_view *view, const char *models, const char *path,
                             axn_error *error)
{
    axn_buffer page = {0};
    axn_buffer_text(&page, head);
    axn_buffer_text(&page, "<title>Search ");
    add_text(&page, axn_path_base(view->folder));
    axn_buffer_text(&page, "</title>\n</head>\n<body>\n<h1>Search ");
    add_text(&page, axn_path_base(view->folder));
    axn_buffer_text(&page, "</h1>\n");
    add_summary(&page, view);
    axn_status status = axn_pareto_plot(view, &page, error);
    if (status == AXN_OK) {
        status = add_points(&page, view, error);
    }
    if (status == AXN_OK) {
        status = add_retrained(&page, view, models, error);
    }
    if (status == AXN_OK) {
        add_history(&page, view);
        add_multipliers(&page, view);
        status = add_settings(&page, view, error);
    }
    axn_buffer_text(&page, "</body>\n</html>\n");
    if (status == AXN_OK && page.failed) {
        status = axn_fail(error, AXN_ERROR_MEMORY, "out of memory for the page");
    }
    if (status == AXN_OK) {
        status = axn_file_write(path, page.data, page.length, error);
    }
    axn_buffer_free(&page);
    return status;
}

static axn_status report(const char *run, const char *models, const char *out, const char *plot,
                         bool json, axn_error *error)
{
    axn_run_view view;
    axn_status status = axn_run_view_open(run, &view, error);
    if (status == AXN_OK && out != NULL) {
        status = write_page(&view, models, out, error);
    }
    if (status == AXN_OK && plot != NULL) {
        status = axn_pareto_plot_write(&view, plot, error);
    }
    axn_run_view_close(&view);
    if (status != AXN_OK) {
        return status;
    }
    if (json) {
        cJSON *object = cJSON_CreateObject();
        cJSON_AddStringToObject(object, "run", run);
        if (out != NULL) {
            cJSON_AddStringToObject(object, "report", out);
        }
        if (plot != NULL) {
            cJSON_AddStringToObject(object, "plot", plot);
        }
        status = axn_json_print(object, error);
        cJSON_Delete(object);
    } else {
        axn_message("written: %s%s%s", out != NULL ? out : "",
                    out != NULL && plot != NULL ? ", " : "", plot != NULL ? plot : "");
    }
    return status;
}

int axn_cmd_report(int argc, char **argv)
{
    const char *out = NULL;
    const char *plot = NULL;
    const char *run = NULL;
    const char *models = NULL;
    bool json = false;
    axn_error error = {0};
    const axn_option options[] = {
        {"o", AXN_OPTION_TEXT, &out, "FILE.html", "the page", 0, 0, NULL},
        {"plot", AXN_OPTION_TEXT, &plot, "FILE.svg", "the Pareto plot alone", 0, 0, NULL},
        {"models", AXN_OPTION_TEXT, &models, "DIR",
         "folder of retrained models, for the rank correlation (RUN/retrained)", 0, 0, NULL}};
    axn_command_line line = {
        .usage = "report RUN -o FILE.html [options]",
        .summary = "Writes one self-contained page of a search: Pareto plot, points, history, "
                   "multipliers, configuration.",
        .options = options,
        .option_count = (int)(sizeof options / sizeof options[0]),
        .least = 1,
        .most = 1,
        .arguments = &run};
    const axn_parse parse = axn_options_parse(&line, argc, argv, &json);
    int result = parse == AXN_PARSE_DONE ? 0 : 2;
    if (parse == AXN_PARSE_RUN) {
        axn_status status = out == NULL && plot == NULL
                                ? axn_fail(&error, AXN_ERROR_USAGE,
                                           "-o is missing; `axnas report --help` shows the options")
                                : report(run, models, out, plot, json, &error);
        result = status == AXN_OK ? 0 : axn_command_fail("report", &error);
    }
    return result;
}
