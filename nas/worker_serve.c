/* The worker's side of the pipe. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/interrupt.h"
#include "common/json.h"
#include "nas/worker_internal.h"

static axn_status send_json(int out, cJSON *json, axn_error *error)
{
    axn_buffer line = {0};
    axn_status status = json == NULL ? axn_fail(error, AXN_ERROR_MEMORY, "out of memory")
                                     : axn_json_print_line(json, &line, error);
    axn_buffer_text(&line, "\n");
    size_t at = 0;
    while (status == AXN_OK && !line.failed && at < line.length) {
        ssize_t written = write(out, line.data + at, line.length - at);
        if (written < 0 && errno != EINTR) {
            status = axn_fail_errno(error, AXN_ERROR_IO, "writing to the search");
        }
        at += written > 0 ? (size_t)written : 0;
    }
    axn_buffer_free(&line);
    cJSON_Delete(json);
    return status;
}

static void send_error(int out, const axn_error *failure)
{
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "error", failure->message);
    cJSON_AddNumberToObject(json, "status", failure->status);
    send_json(out, json, NULL);
}

static axn_status handle(const cJSON *json, int out, const axn_worker_handler *handler,
                         axn_error *error)
{
    const cJSON *setup = cJSON_GetObjectItemCaseSensitive(json, "setup");
    if (setup != NULL) {
        axn_status status = handler->setup(handler->context, setup, error);
        if (status == AXN_OK) {
            cJSON *ready = cJSON_CreateObject();
            cJSON_AddBoolToObject(ready, "ready", 1);
            status = send_json(out, ready, error);
        }
        return status;
    }
    axn_job_storage storage = {0};
    axn_outcome outcome = {0};
    axn_status status = axn_job_from_json(json, &storage, error);
    if (status == AXN_OK) {
        status = handler->evaluate(handler->context, &storage.job, &outcome, error);
    }
    if (status == AXN_OK) {
        status = send_json(out, axn_outcome_to_json(storage.job.id, &outcome), error);
    }
    axn_job_storage_free(&storage);
    return status;
}

axn_status axn_worker_serve(int in, int out, const axn_worker_handler *handler, axn_error *error)
{
    axn_buffer input = {0};
    axn_buffer line = {0};
    axn_error failure = {0};
    axn_status status = AXN_OK;
    while (status == AXN_OK) {
        if (axn_take_line(&input, &line)) {
            cJSON *json = NULL;
            status = axn_json_parse("message", line.data, line.length, &json, &failure);
            if (status == AXN_OK) {
                status = handle(json, out, handler, &failure);
            }
            cJSON_Delete(json);
            continue;
        }
        char bytes[16384];
        ssize_t got = read(in, bytes, sizeof bytes);
        if (got == 0 || (got < 0 && errno != EINTR)) {
            break;
        }
        axn_buffer_append(&input, bytes, got > 0 ? (size_t)got : 0);
        if (input.failed || line.failed) {
            status = axn_fail(&failure, AXN_ERROR_MEMORY, "out of memory for a message");
        }
    }
    if (status != AXN_OK) {
        send_error(out, &failure);
        axn_fail(error, status, "%s", failure.message);
    }
    axn_buffer_free(&input);
    axn_buffer_free(&line);
    return status;
}
