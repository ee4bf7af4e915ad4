/* The front's models as files. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/file.h"
#include "common/json.h"
#include "common/memory.h"
#include "flows/assign.h"
#include "nas/assign_models.h"

#define BEST_DROP .01 /* of --point best */

/* --point as an index of run->points. */
static axn_status find_point(const axn_assign_settings *settings, const axn_assign_run *run,
                             int *point, axn_error *error)
{
    if (strcmp(settings->point, "best") == 0) {
        *point = axn_assign_within(run, run->points, run->point_count, BEST_DROP);
        return *point >= 0 ? AXN_OK
                           : axn_fail(error, AXN_ERROR_NOT_FOUND,
                                      "--point best: every assignment loses more than one point");
    }
    char *end = NULL;
    long id = strtol(settings->point, &end, 10);
    for (*point = 0; *end == '\0' && *point < run->point_count; (*point)++) {
        if (run->points[*point].record == id) {
            return AXN_OK;
        }
    }
    return axn_fail(error, AXN_ERROR_NOT_FOUND, "--point: the front has no point \"%s\"",
                    settings->point);
}

/* What made the model; the training's own record stands below "trained". */
static axn_status add_provenance(const axn_assign_settings *settings, const axn_assign_run *run,
                                 const axn_assign_point *point, axn_model *model, axn_error *error)
{
    char seed[24];
    snprintf(seed, sizeof seed, "%lld", (long long)settings->seed);
    cJSON *json = cJSON_CreateObject();
    bool ok =
        json != NULL && cJSON_AddStringToObject(json, "command", "assign") != NULL &&
        cJSON_AddStringToObject(json, "seed", seed) != NULL &&
        cJSON_AddNumberToObject(json, "point", point->record) != NULL &&
        cJSON_AddStringToObject(json, "map_weights", settings->correction.map_weights) != NULL &&
        cJSON_AddStringToObject(json, "operand_order", settings->correction.operand_order) !=
            NULL &&
        cJSON_AddBoolToObject(json, "correct_bias", settings->correction.correct_bias) != NULL &&
        cJSON_AddBoolToObject(json, "reestimate_norm", settings->correction.reestimate_norm) !=
            NULL &&
        cJSON_AddNumberToObject(json, "validation_images", run->confirm.count) != NULL &&
        cJSON_AddNumberToObject(json, "validation_accuracy",
                                (double)point->correct / run->confirm.count) != NULL;
    if (ok && run->test.count > 0) {
        ok = cJSON_AddNumberToObject(json, "accuracy",
                                     (double)point->test_correct / run->test.count) != NULL;
    }
    if (ok && model->provenance != NULL) {
        ok = cJSON_AddItemToObject(json, "trained", model->provenance);
        model->provenance = ok ? NULL : model->provenance;
    }
    if (!ok) {
        cJSON_Delete(json);
        return axn_fail(error, AXN_ERROR_MEMORY, "out of memory");
    }
    model->provenance = json;
    return AXN_OK;
}

static axn_status write_point(const axn_assign_settings *settings, const axn_assign_run *run,
                              const axn_assign_point *point, const char *folder, axn_error *error)
{
    axn_model model = {0};
    uint16_t *choices = NULL;
    axn_status status =
        axn_allocate(&choices, (size_t)run->convolutions, sizeof *choices, "an assignment", error);
    if (status == AXN_OK) {
        axn_assign_expand(run, run->result.gene + (size_t)point->record * (size_t)run->genes,
                          choices);
        status =
            axn_assign_mixture(&run->model, run->variants, run->tables, choices, &model, error);
    }
    if (status == AXN_OK) {
        status = add_provenance(settings, run, point, &model, error);
    }
    if (status == AXN_OK) {
        status = axn_model_save(&model, folder, settings->force, error);
    }
    axn_model_free(&model);
    free(choices);
    return status;
}

axn_status axn_assign_write(const axn_assign_settings *settings, const axn_assign_run *run,
                            axn_error *error)
{
    int only = -1;
    axn_status status = AXN_OK;
    if (settings->point != NULL) {
        status = find_point(settings, run, &only, error);
        return status == AXN_OK
                   ? write_point(settings, run, &run->points[only], settings->out, error)
                   : status;
    }
    status = axn_folder_prepare(settings->out, settings->force, error);
    for (int i = 0; i < run->point_count && status == AXN_OK; i++) {
        char name[16], path[AXN_PATH_MAX];
        snprintf(name, sizeof name, "%d", run->points[i].record);
        status = axn_path_join(path, settings->out, name, error);
        if (status == AXN_OK) {
            status = write_point(settings, run, &run->points[i], path, error);
        }
    }
    return status;
}
