#include "flows/retrained.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/memory.h"
#include "nas/rank_correlation.h"

/* Reads one model's provenance; false: not one of this run. */
static bool read_model(const axn_run_view *view, const char *folder, axn_retrained *out)
{
    char path[AXN_PATH_MAX];
    cJSON *json = NULL;
    bool mine = false;
    if (axn_path_join(path, folder, "model.json", NULL) != AXN_OK || !axn_path_exists(path) ||
        axn_json_read(path, &json, NULL) != AXN_OK) {
        return false;
    }
    const cJSON *from = cJSON_GetObjectItemCaseSensitive(json, "provenance");
    double searched = 0;
    double energy = 0;
    if (axn_json_integer(from, "point", 0, INT32_MAX, &out->id, path, NULL) == AXN_OK &&
        axn_json_number(from, "search_accuracy", 0, 1, &searched, path, NULL) == AXN_OK &&
        axn_json_number(from, "energy_uj", 0, 1e15, &energy, path, NULL) == AXN_OK &&
        axn_json_number(from, "accuracy", 0, 1, &out->accuracy, path, NULL) == AXN_OK &&
        out->id < view->archive.count) {
        const axn_candidate *candidate = &view->archive.records[out->id];
        mine = fabs(candidate->accuracy - searched) < 1e-8 &&
               fabs(candidate->energy_uj - energy) <= 1e-9 * energy;
        out->search_accuracy = candidate->accuracy;
    }
    cJSON_Delete(json);
    return mine;
}

static int by_id(const void *one, const void *other)
{
    int64_t a = ((const axn_retrained *)one)->id;
    int64_t b = ((const axn_retrained *)other)->id;
    return (a > b) - (a < b);
}

static bool listed(const axn_retrained *models, int count, int64_t id)
{
    for (int i = 0; i < count; i++) {
        if (models[i].id == id) {
            return true;
        }
    }
    return false;
}

axn_status axn_retrained_find(const axn_run_view *view, const char *folder, axn_retrained **out,
                              int *count, axn_error *error)
{
    char below[AXN_PATH_MAX];
    char path[AXN_PATH_MAX];
    char **names = NULL;
    size_t entries = 0;
    *out = NULL;
    *count = 0;
    axn_status status = AXN_OK;
    if (folder == NULL) {
        status = axn_path_join(below, view->folder, AXN_RETRAINED_FOLDER, error);
        if (status != AXN_OK || !axn_path_is_folder(below)) {
            return status;
        }
        folder = below;
    }
    status = axn_folder_list(folder, "", &names, &entries, error);
    if (status == AXN_OK) {
        status = axn_allocate(out, entries, sizeof **out, "retrained models", error);
    }
    for (size_t i = 0; i < entries && status == AXN_OK; i++) {
        axn_retrained model = {0};
        status = axn_path_join(path, folder, names[i], error);
        if (status == AXN_OK && read_model(view, path, &model) && !listed(*out, *count, model.id)) {
            (*out)[(*count)++] = model;
        }
    }
    if (status == AXN_OK) {
        qsort(*out, (size_t)*count, sizeof **out, by_id);
    }
    axn_names_free(names, entries);
    return status;
}

axn_status axn_retrained_correlations(const axn_retrained *models, int count, double *spearman,
                                      double *kendall, axn_error *error)
{
    double *values = NULL;
    axn_status status =
        axn_allocate(&values, 2 * (size_t)count, sizeof *values, "rank correlation", error);
    if (status != AXN_OK) {
        return status;
    }
    for (int i = 0; i < count; i++) {
        values[i] = models[i].search_accuracy;
        values[count + i] = models[i].accuracy;
    }
    *spearman = axn_spearman(values, values + count, count);
    *kendall = axn_kendall(values, values + count, count);
    free(values);
    return AXN_OK;
}

axn_status axn_retrained_to_json(const axn_retrained *models, int count, cJSON *object,
                                 axn_error *error)
{
    double spearman = NAN;
    double kendall = NAN;
    axn_status status = axn_retrained_correlations(models, count, &spearman, &kendall, error);
    if (status != AXN_OK || count == 0) {
        return status;
    }
    cJSON *list = cJSON_AddArrayToObject(object, "retrained");
    for (int i = 0; i < count && list != NULL; i++) {
        cJSON *item = cJSON_CreateObject();
        cJSON_AddNumberToObject(item, "id", (double)models[i].id);
        cJSON_AddNumberToObject(item, "search_accuracy", models[i].search_accuracy);
        cJSON_AddNumberToObject(item, "accuracy", models[i].accuracy);
        if (!cJSON_AddItemToArray(list, item)) {
            cJSON_Delete(item);
            list = NULL;
        }
    }
    return list != NULL && axn_json_add_double(object, "spearman", spearman) &&
                   axn_json_add_double(object, "kendall", kendall)
               ? AXN_OK
               : axn_fail(error, AXN_ERROR_MEMORY, "out of memory");
}
