/* The search's side: a farm of worker processes, here and on other ranks. */
#include "nas/worker.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/interrupt.h"
#include "common/json.h"
#include "common/memory.h"
#include "common/process.h"
#include "common/progress.h"
#include "nas/relay_internal.h"
#include "nas/worker_farm.h"
#include "nas/worker_internal.h"

#define POLL_MS 200
#define MOST_FAILED_STARTS 3

typedef enum job_state { JOB_WAITING, JOB_RUNNING, JOB_DONE } job_state;

/* One call of evaluate. */
typedef struct work_round {
    axn_farm *farm;
    const axn_job *jobs;
    int count, done_count;
    int *order; /* longest first */
    job_state *states;
    int *deaths;
    axn_job_done *done;
    void *done_context;
} work_round;

static axn_status finish_job(work_round *r, int job, axn_outcome *outcome, axn_error *error)
{
    r->states[job] = JOB_DONE;
    r->done_count++;
    return r->done(r->done_context, job, outcome, error);
}

/* Replaces a dead worker; its job waits again, or is lost. */
static axn_status bury(work_round *r, axn_worker *w, axn_error *error)
{
    int job = w->job;
    bool was_ready = w->ready;
    axn_farm_stop_worker(r->farm, w);
    axn_status status = axn_interrupt_check(error);
    if (status != AXN_OK) {
        return status;
    }
    if (!was_ready && ++r->farm->failed_starts >= MOST_FAILED_STARTS) {
        return axn_fail(error, AXN_ERROR_TOOL, "%s: the workers end before they are ready",
                        r->farm->argv[0]);
    }
    if (job < 0) {
        return AXN_OK;
    }
    r->states[job] = JOB_WAITING;
    if (was_ready && ++r->deaths[job] >= 2) {
        axn_outcome outcome = {.kind = AXN_OUTCOME_LOST, .worker = (int)(w - r->farm->workers)};
        snprintf(outcome.reason, sizeof outcome.reason, "its worker died twice");
        return finish_job(r, job, &outcome, error);
    }
    const axn_site *place = &r->farm->sites[w->site];
    axn_message("a worker%s%s died; candidate %lld is evaluated again",
                place->host[0] != '\0' ? " on " : "", place->host, (long long)r->jobs[job].id);
    return AXN_OK;
}

static int next_job(const work_round *r)
{
    for (int i = 0; i < r->count; i++) {
        if (r->states[r->order[i]] == JOB_WAITING) {
            return r->order[i];
        }
    }
    return -1;
}

/* Gives a job to an idle worker. */
static axn_status feed(work_round *r, axn_worker *w, int job, axn_error *error)
{
    axn_buffer line = {0};
    axn_status status = w->running ? AXN_OK : axn_farm_start_worker(r->farm, w, error);
    cJSON *json = status == AXN_OK ? axn_job_to_json(&r->jobs[job]) : NULL;
    if (status == AXN_OK) {
        status = json == NULL ? axn_fail(error, AXN_ERROR_MEMORY, "out of memory for a job")
                              : axn_json_print_line(json, &line, error);
    }
    axn_buffer_text(&line, "\n");
    if (status == AXN_OK && line.failed) {
        status = axn_fail(error, AXN_ERROR_MEMORY, "out of memory for a job");
    }
    if (status == AXN_OK) {
        status = axn_farm_write_to(r->farm, w, &line, error);
    }
    if (status == AXN_OK) {
        w->job = job;
        w->started = axn_seconds();
        r->states[job] = JOB_RUNNING;
    }
    cJSON_Delete(json);
    axn_buffer_free(&line);
    return status;
}

static axn_status take_message(work_round *r, axn_worker *w, const cJSON *json, axn_error *error)
{
    if (cJSON_GetObjectItemCaseSensitive(json, "ready") != NULL) {
        w->ready = true;
        r->farm->failed_starts = 0;
        return AXN_OK;
    }
    const cJSON *message = cJSON_GetObjectItemCaseSensitive(json, "error");
    if (cJSON_IsString(message)) {
        const cJSON *number = cJSON_GetObjectItemCaseSensitive(json, "status");
        axn_status status = cJSON_IsNumber(number) && number->valueint > AXN_OK &&
                                    number->valueint <= AXN_ERROR_INTERRUPTED
                                ? (axn_status)number->valueint
                                : AXN_ERROR_TOOL;
        const axn_site *place = &r->farm->sites[w->site];
        axn_fail(error, status, "%s", message->valuestring);
        return w->remote.rank == 0
                   ? status
                   : axn_error_prefix(error, "rank %d on %s", place->rank, place->host);
    }
    int64_t id = -1;
    int job = w->job;
    axn_outcome outcome = {0};
    axn_status status = axn_outcome_from_json(json, &id, &outcome, error);
    if (status == AXN_OK && (job < 0 || r->jobs[job].id != id)) {
        status = axn_fail(error, AXN_ERROR_TOOL,
                          "a worker answered for candidate %lld, not its own", (long long)id);
    }
    if (status == AXN_OK) {
        w->job = -1;
        outcome.worker = (int)(w - r->farm->workers);
        outcome.seconds = axn_seconds() - w->started;
        status = finish_job(r, job, &outcome, error);
    }
    return status;
}

/* Takes what a worker has written, in whatever pieces it comes. */
static axn_status take_bytes(work_round *r, axn_worker *w, const char *bytes, size_t length,
                             axn_error *error)
{
    axn_buffer line = {0};
    axn_status status = AXN_OK;
    axn_buffer_append(&w->input, bytes, length);
    while (status == AXN_OK && axn_take_line(&w->input, &line)) {
        cJSON *json = NULL;
        status = axn_json_parse("worker", line.data, line.length, &json, error);
        if (status == AXN_OK) {
            status = take_message(r, w, json, error);
        }
        cJSON_Delete(json);
    }
    if (status == AXN_OK && (line.failed || w->input.failed)) {
        status = axn_fail(error, AXN_ERROR_MEMORY, "out of memory for a worker's answer");
    }
    axn_buffer_free(&line);
    return status;
}

static axn_status listen_to(work_round *r, axn_worker *w, axn_error *error)
{
    char bytes[16384];
    ssize_t got = read(w->child.from, bytes, sizeof bytes);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) {
        return AXN_OK;
    }
    return got <= 0 ? bury(r, w, error) : take_bytes(r, w, bytes, (size_t)got, error);
}

static axn_worker *find_remote(axn_farm *farm, const axn_remote *remote)
{
    for (int i = 0; i < farm->site_count; i++) {
        const axn_site *place = &farm->sites[i];
        if (place->rank == remote->rank && remote->slot >= 0 && remote->slot < place->count) {
            axn_worker *w = &farm->workers[place->first + remote->slot];
            return w->running && w->remote.start == remote->start ? w : NULL;
        }
    }
    return NULL;
}

/* All that has arrived from other ranks. */
static axn_status hear_ranks(work_round *r, axn_error *error)
{
    axn_remote_kind kind = AXN_REMOTE_BYTES;
    axn_buffer bytes = {0};
    axn_status status = AXN_OK;
    while (r->farm->ranks != NULL && status == AXN_OK && kind != AXN_REMOTE_NOTHING) {
        axn_remote remote = {0};
        status = axn_remote_receive(r->farm->ranks, &kind, &remote, &bytes, error);
        axn_worker *w = status == AXN_OK ? find_remote(r->farm, &remote) : NULL;
        if (w != NULL && kind == AXN_REMOTE_BYTES) {
            status = take_bytes(r, w, bytes.data, bytes.length, error);
        } else if (w != NULL && kind == AXN_REMOTE_GONE) {
            status = bury(r, w, error);
        }
    }
    axn_buffer_free(&bytes);
    return status;
}

static axn_status wait_for_answers(work_round *r, axn_error *error)
{
    axn_farm *farm = r->farm;
    for (int i = 0; i < farm->count; i++) {
        const axn_worker *w = &farm->workers[i];
        farm->polled[i] = (struct pollfd){
            .fd = w->running && w->remote.rank == 0 ? w->child.from : -1, .events = POLLIN};
    }
    int ready =
        poll(farm->polled, (nfds_t)farm->count, farm->ranks != NULL ? AXN_RELAY_POLL_MS : POLL_MS);
    if (ready < 0 && errno != EINTR) {
        return axn_fail_errno(error, AXN_ERROR_IO, "waiting for the workers");
    }
    axn_status status = AXN_OK;
    for (int i = 0; i < farm->count && ready > 0 && status == AXN_OK; i++) {
        if (farm->polled[i].revents != 0 && farm->workers[i].running) {
            status = listen_to(r, &farm->workers[i], error);
        }
    }
    return status == AXN_OK ? hear_ranks(r, error) : status;
}

static axn_status run_round(work_round *r, axn_error *error)
{
    axn_status status = AXN_OK;
    while (status == AXN_OK && r->done_count < r->count) {
        status = axn_interrupt_check(error);
        for (int i = 0; i < r->farm->count && status == AXN_OK; i++) {
            axn_worker *w = &r->farm->workers[i];
            int job = w->job < 0 ? next_job(r) : -1;
            if (job >= 0) {
                status = feed(r, w, job, error);
            }
        }
        if (status == AXN_OK) {
            status = wait_for_answers(r, error);
        }
    }
    return status;
}

static int longest_first(const void *one, const void *other, void *context)
{
    const axn_job *jobs = ((const work_round *)context)->jobs;
    int a = *(const int *)one;
    int b = *(const int *)other;
    if (jobs[a].work != jobs[b].work) {
        return jobs[a].work > jobs[b].work ? -1 : 1;
    }
    return a - b;
}

static axn_status evaluate(void *context, const axn_job *jobs, int count, axn_job_done *done,
                           void *done_context, axn_error *error)
{
    axn_farm *farm = context;
    work_round r = {
        .farm = farm, .jobs = jobs, .count = count, .done = done, .done_context = done_context};
    size_t room = (size_t)count;
    axn_status status = axn_allocate(&r.order, room, sizeof *r.order, "jobs", error);
    if (status == AXN_OK) {
        status = axn_allocate(&r.states, room, sizeof *r.states, "jobs", error);
    }
    if (status == AXN_OK) {
        status = axn_allocate(&r.deaths, room, sizeof *r.deaths, "jobs", error);
    }
    if (status == AXN_OK) {
        for (int i = 0; i < count; i++) {
            r.order[i] = i;
        }
        qsort_r(r.order, room, sizeof *r.order, longest_first, &r);
        status = run_round(&r, error);
    }
    if (status != AXN_OK) { /* answers still on their way would belong to no job */
        for (int i = 0; i < farm->count; i++) {
            axn_farm_stop_worker(farm, &farm->workers[i]);
        }
    }
    free(r.order);
    free(r.states);
    free(r.deaths);
    return status;
}

axn_evaluator axn_farm_evaluator(axn_farm *farm)
{
    return (axn_evaluator){.context = farm, .evaluate = evaluate};
}
