#include "flows/run_view.h"

#include <stdio.h>

#include "common/json.h"

axn_status axn_run_view_open(const char *folder, axn_run_view *out, axn_error *error)
{
    char path[AXN_PATH_MAX];
    cJSON *config = NULL;
    *out = (axn_run_view){.archive = {.descriptor = -1}};
    axn_status status = axn_run_read_config(folder, &config, error);
    if (status == AXN_OK) {
        snprintf(out->folder, sizeof out->folder, "%s", folder);
        status = axn_path_join(path, folder, "config.json", error);
    }
    if (status == AXN_OK) {
        status = axn_experiment_from_json(config, path, &out->experiment, error);
    }
    if (status == AXN_OK) {
        status = axn_experiment_search(&out->experiment, &out->search, error);
    }
    if (status == AXN_OK) {
        status = axn_path_join(path, folder, "archive.jsonl", error);
    }
    if (status == AXN_OK) {
        status = axn_archive_read(path, &out->search.space, true, &out->archive, error);
    }
    if (status == AXN_OK) {
        status = axn_path_join(path, folder, "pareto.json", error);
    }
    if (status == AXN_OK && axn_path_exists(path)) {
        status = axn_run_read_pareto(folder, &out->pareto, error);
    }
    cJSON_Delete(config);
    return status;
}

void axn_run_view_close(axn_run_view *view)
{
    axn_archive_close(&view->archive);
    axn_experiment_free(&view->experiment);
    cJSON_Delete(view->pareto);
    *view = (axn_run_view){.archive = {.descriptor = -1}};
}

axn_status axn_run_view_find(const axn_run_view *view, int64_t id, const axn_candidate **out,
                             axn_error *error)
{
    if (id < 0 || id >= view->archive.count) {
        return axn_fail(error, AXN_ERROR_NOT_FOUND, "%s: there is no candidate %lld (0 to %d)",
                        view->folder, (long long)id, view->archive.count - 1);
    }
    *out = &view->archive.records[id];
    return AXN_OK;
}
