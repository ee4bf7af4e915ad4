#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/memory.h"
#include "nas/worker_internal.h"

static const char *const outcome_names[] = {"ok", "failed", "lost", "stopped"};

static bool add_item(cJSON *json, const char *key, cJSON *item)
{
    if (item == NULL || !cJSON_AddItemToObject(json, key, item)) {
        cJSON_Delete(item);
        return false;
    }
    return true;
}

cJSON *axn_job_to_json(const axn_job *job)
{
    cJSON *json = cJSON_CreateObject();
    bool complete =
        json != NULL && cJSON_AddNumberToObject(json, "id", (double)job->id) != NULL &&
        cJSON_AddNumberToObject(json, "stream", job->stream) != NULL &&
        cJSON_AddNumberToObject(json, "epochs", job->epochs) != NULL &&
        cJSON_AddNumberToObject(json, "first_epoch", job->first_epoch) != NULL &&
        cJSON_AddNumberToObject(json, "end_epoch", job->end_epoch) != NULL &&
        cJSON_AddBoolToObject(json, "follow", job->follow) != NULL &&
        cJSON_AddNumberToObject(json, "inherit_from", (double)job->inherit_from) != NULL &&
        cJSON_AddBoolToObject(json, "keep_state", job->keep_state) != NULL &&
        add_item(json, "multipliers",
                 cJSON_CreateIntArray(job->multipliers, job->multiplier_count)) &&
        add_item(json, "layers", axn_network_to_json(job->network));
    if (complete && job->inherit_from >= 0) {
        complete = add_item(json, "inherit_map",
                            cJSON_CreateIntArray(job->inherit_map, job->network->count));
    }
    if (complete && job->bar != NULL) {
        complete = add_item(json, "bar", cJSON_CreateDoubleArray(job->bar, job->epochs));
    }
    if (!complete) {
        cJSON_Delete(json);
        return NULL;
    }
    return json;
}

static axn_status read_list(const cJSON *json, const char *key, int **out, int *count,
                            axn_error *error)
{
    const cJSON *list = NULL;
    const cJSON *item = NULL;
    axn_status status = axn_json_array(json, key, &list, "job", error);
    if (status != AXN_OK) {
        return status;
    }
    int room = cJSON_GetArraySize(list);
    status = axn_allocate(out, (size_t)room, sizeof **out, "job", error);
    *count = 0;
    cJSON_ArrayForEach(item, list)
    {
        if (status == AXN_OK && !cJSON_IsNumber(item)) {
            status = axn_fail(error, AXN_ERROR_FORMAT, "job: \"%s\" holds no number", key);
        }
        if (status == AXN_OK) {
            (*out)[(*count)++] = item->valueint;
        }
    }
    return status;
}

static axn_status read_numbers(const cJSON *json, axn_job *job, axn_error *error)
{
    int64_t stream = 0;
    int64_t epochs = 0;
    int64_t first_epoch = 0;
    int64_t end_epoch = 0;
    axn_status status = axn_json_integer(json, "id", 0, INT32_MAX, &job->id, "job", error);
    if (status == AXN_OK) {
        status = axn_json_integer(json, "stream", 0, UINT32_MAX, &stream, "job", error);
    }
    if (status == AXN_OK) {
        status = axn_json_integer(json, "epochs", 1, INT32_MAX, &epochs, "job", error);
    }
    if (status == AXN_OK) {
        status = axn_json_integer(json, "end_epoch", 1, epochs, &end_epoch, "job", error);
    }
    if (status == AXN_OK) {
        status =
            axn_json_integer(json, "first_epoch", 0, end_epoch - 1, &first_epoch, "job", error);
    }
    if (status == AXN_OK) {
        status = axn_json_bool(json, "follow", &job->follow, "job", error);
    }
    if (status == AXN_OK && job->follow && epochs > AXN_CURVE_MAX) {
        status = axn_fail(error, AXN_ERROR_LIMIT, "job: more than %d epochs cannot be followed",
                          AXN_CURVE_MAX);
    }
    if (status == AXN_OK) {
        status =
            axn_json_integer(json, "inherit_from", -1, INT32_MAX, &job->inherit_from, "job", error);
    }
    if (status == AXN_OK) {
        status = axn_json_bool(json, "keep_state", &job->keep_state, "job", error);
    }
    job->stream = (uint32_t)stream;
    job->epochs = (int)epochs;
    job->first_epoch = (int)first_epoch;
    job->end_epoch = (int)end_epoch;
    return status;
}

/* Accuracies, from a member that may be missing. */
static axn_status read_accuracies(const cJSON *json, const char *key, int most, double *out,
                                  int *count, axn_error *error)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(json, key);
    const cJSON *item = NULL;
    *count = 0;
    cJSON_ArrayForEach(item, list)
    {
        if (!cJSON_IsNumber(item) || *count == most) {
            return axn_fail(error, AXN_ERROR_FORMAT, "message: \"%s\" must be at most %d numbers",
                            key, most);
        }
        out[(*count)++] = item->valuedouble;
    }
    return AXN_OK;
}

static axn_status read_bar(const cJSON *json, axn_job_storage *out, axn_error *error)
{
    int count = 0;
    if (!out->job.follow || cJSON_GetObjectItemCaseSensitive(json, "bar") == NULL) {
        return AXN_OK;
    }
    axn_status status =
        axn_allocate(&out->bar, (size_t)out->job.epochs, sizeof *out->bar, "job", error);
    if (status == AXN_OK) {
        status = read_accuracies(json, "bar", out->job.epochs, out->bar, &count, error);
    }
    if (status == AXN_OK && count != out->job.epochs) {
        status = axn_fail(error, AXN_ERROR_FORMAT, "job: \"bar\" has %d epochs, not %d", count,
                          out->job.epochs);
    }
    out->job.bar = out->bar;
    return status;
}

axn_status axn_job_from_json(const cJSON *json, axn_job_storage *out, axn_error *error)
{
    const cJSON *layers = NULL;
    int map_count = 0;
    *out = (axn_job_storage){0};
    axn_status status = read_numbers(json, &out->job, error);
    if (status == AXN_OK) {
        status = axn_json_array(json, "layers", &layers, "job", error);
    }
    if (status == AXN_OK) {
        status = axn_network_from_json(layers, &out->network, "job", error);
    }
    if (status == AXN_OK) {
        status =
            read_list(json, "multipliers", &out->multipliers, &out->job.multiplier_count, error);
    }
    if (status == AXN_OK && out->job.inherit_from >= 0) {
        status = read_list(json, "inherit_map", &out->inherit_map, &map_count, error);
        if (status == AXN_OK && map_count != out->network.count) {
            status = axn_fail(error, AXN_ERROR_FORMAT, "job: \"inherit_map\" has %d layers, not %d",
                              map_count, out->network.count);
        }
    }
    if (status == AXN_OK) {
        status = read_bar(json, out, error);
    }
    out->job.network = &out->network;
    out->job.multipliers = out->multipliers;
    out->job.inherit_map = out->inherit_map;
    if (status != AXN_OK) {
        axn_job_storage_free(out);
    }
    return status;
}

void axn_job_storage_free(axn_job_storage *storage)
{
    axn_network_free(&storage->network);
    free(storage->multipliers);
    free(storage->inherit_map);
    free(storage->bar);
    *storage = (axn_job_storage){0};
}

cJSON *axn_outcome_to_json(int64_t id, const axn_outcome *outcome)
{
    cJSON *json = cJSON_CreateObject();
    if (cJSON_AddNumberToObject(json, "id", (double)id) == NULL ||
        cJSON_AddStringToObject(json, "outcome", outcome_names[outcome->kind]) == NULL ||
        cJSON_AddNumberToObject(json, "accuracy", outcome->accuracy) == NULL ||
        cJSON_AddStringToObject(json, "reason", outcome->reason) == NULL ||
        (outcome->curve_count > 0 &&
         !add_item(json, "curve", cJSON_CreateDoubleArray(outcome->curve, outcome->curve_count)))) {
        cJSON_Delete(json);
        return NULL;
    }
    return json;
}

axn_status axn_outcome_from_json(const cJSON *json, int64_t *id, axn_outcome *out, axn_error *error)
{
    const char *kind = NULL;
    const char *reason = NULL;
    *out = (axn_outcome){0};
    axn_status status = axn_json_integer(json, "id", 0, INT32_MAX, id, "worker", error);
    if (status == AXN_OK) {
        status = axn_json_string(json, "outcome", &kind, "worker", error);
    }
    if (status == AXN_OK) {
        status = axn_json_number(json, "accuracy", 0, 1, &out->accuracy, "worker", error);
    }
    if (status == AXN_OK) {
        status = axn_json_string(json, "reason", &reason, "worker", error);
    }
    if (status == AXN_OK) {
        out->kind = strcmp(kind, outcome_names[AXN_OUTCOME_OK]) == 0        ? AXN_OUTCOME_OK
                    : strcmp(kind, outcome_names[AXN_OUTCOME_STOPPED]) == 0 ? AXN_OUTCOME_STOPPED
                                                                            : AXN_OUTCOME_FAILED;
        snprintf(out->reason, sizeof out->reason, "%s", reason);
        status =
            read_accuracies(json, "curve", AXN_CURVE_MAX, out->curve, &out->curve_count, error);
    }
    return status;
}

bool axn_take_line(axn_buffer *input, axn_buffer *line)
{
    const char *end = input->length > 0 ? memchr(input->data, '\n', input->length) : NULL;
    if (end == NULL) {
        return false;
    }
    size_t length = (size_t)(end - input->data);
    axn_buffer_clear(line);
    axn_buffer_append(line, input->data, length);
    memmove(input->data, input->data + length + 1, input->length - length - 1);
    input->length -= length + 1;
    return !line->failed;
}
