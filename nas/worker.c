/* The search's side: a farm of worker processes. */
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
#include "nas/worker_internal.h"

#define POLL_MS 200
#define MOST_FAILED_STARTS 3

typedef struct worker {
    axn_child child;
    bool running;
    bool ready;
    int job; /* index of the job in work, -1 = idle */
    double started;
    axn_buffer input;
} worker;

struct axn_farm {
    const char *const *argv;
    worker *workers;
    int count;
    int failed_starts;
    axn_buffer setup; /* the first line for each worker */
    struct pollfd *polled;
};

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

static void stop_worker(worker *w)
{
    if (w->running) {
        axn_child_kill(&w->child);
    }
    axn_buffer_free(&w->input);
    w->running = false;
    w->ready = false;
    w->job = -1;
}

axn_status axn_farm_create(const char *const *argv, int workers, const cJSON *setup, axn_farm **out,
                           axn_error *error)
{
    axn_farm *farm = NULL;
    axn_status status = axn_allocate(&farm, 1, sizeof *farm, "workers", error);
    if (status != AXN_OK) {
        return status;
    }
    farm->argv = argv;
    axn_buffer_text(&farm->setup, "{\"setup\":");
    status = axn_json_print_line(setup, &farm->setup, error);
    axn_buffer_text(&farm->setup, "}\n");
    if (status == AXN_OK && farm->setup.failed) {
        status = axn_fail(error, AXN_ERROR_MEMORY, "out of memory for the workers");
    }
    if (status == AXN_OK) {
        status =
            axn_allocate(&farm->workers, (size_t)workers, sizeof *farm->workers, "workers", error);
    }
    if (status == AXN_OK) {
        farm->count = workers;
        for (int i = 0; i < workers; i++) {
            farm->workers[i].job = -1;
        }
        status =
            axn_allocate(&farm->polled, (size_t)workers, sizeof *farm->polled, "workers", error);
    }
    if (status != AXN_OK) {
        axn_farm_free(farm);
        farm = NULL;
    }
    *out = farm;
    return status;
}

void axn_farm_free(axn_farm *farm)
{
    if (farm == NULL) {
        return;
    }
    for (int i = 0; i < farm->count; i++) {
        stop_worker(&farm->workers[i]);
    }
    free(farm->workers);
    free(farm->polled);
    axn_buffer_free(&farm->setup);
    free(farm);
}

static axn_status finish_job(work_round *r, int job, axn_outcome *outcome, axn_error *error)
{
    r->states[job] = JOB_DONE;
    r->done_count++;
    return r->done(r->done_context, job, outcome, error);
}

/* Replaces a dead worker; its job waits again, or is lost. */
static axn_status bury(work_round *r, worker *w, axn_error *error)
{
    int job = w->job;
    bool was_ready = w->ready;
    stop_worker(w);
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
    axn_message("a worker died; candidate %lld is evaluated again", (long long)r->jobs[job].id);
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

/* Gives a job to an idle worker. A worker that is gone is noticed by reading from it. */
static axn_status feed(work_round *r, worker *w, int job, axn_error *error)
{
    axn_buffer line = {0};
    axn_status status = AXN_OK;
    if (!w->running) {
        status = axn_child_start(r->farm->argv, NULL, &w->child, error);
        if (status == AXN_OK) {
            w->running = true;
            axn_child_write(&w->child, r->farm->setup.data, r->farm->setup.length, "worker", NULL);
        }
    }
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
        axn_child_write(&w->child, line.data, line.length, "worker", NULL);
        w->job = job;
        w->started = axn_seconds();
        r->states[job] = JOB_RUNNING;
    }
    cJSON_Delete(json);
    axn_buffer_free(&line);
    return status;
}

static axn_status take_message(work_round *r, worker *w, const cJSON *json, axn_error *error)
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
        return axn_fail(error, status, "%s", message->valuestring);
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

static axn_status listen_to(work_round *r, worker *w, axn_error *error)
{
    char bytes[16384];
    axn_buffer line = {0};
    ssize_t got = read(w->child.from, bytes, sizeof bytes);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) {
        return AXN_OK;
    }
    if (got <= 0) {
        return bury(r, w, error);
    }
    axn_status status = AXN_OK;
    axn_buffer_append(&w->input, bytes, (size_t)got);
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

static axn_status wait_for_answers(work_round *r, axn_error *error)
{
    axn_farm *farm = r->farm;
    for (int i = 0; i < farm->count; i++) {
        farm->polled[i] = (struct pollfd){
            .fd = farm->workers[i].running ? farm->workers[i].child.from : -1, .events = POLLIN};
    }
    int ready = poll(farm->polled, (nfds_t)farm->count, POLL_MS);
    if (ready < 0 && errno != EINTR) {
        return axn_fail_errno(error, AXN_ERROR_IO, "waiting for the workers");
    }
    axn_status status = AXN_OK;
    for (int i = 0; i < farm->count && ready > 0 && status == AXN_OK; i++) {
        if (farm->polled[i].revents != 0 && farm->workers[i].running) {
            status = listen_to(r, &farm->workers[i], error);
        }
    }
    return status;
}

static axn_status run_round(work_round *r, axn_error *error)
{
    axn_status status = AXN_OK;
    while (status == AXN_OK && r->done_count < r->count) {
        status = axn_interrupt_check(error);
        for (int i = 0; i < r->farm->count && status == AXN_OK; i++) {
            worker *w = &r->farm->workers[i];
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
            stop_worker(&farm->workers[i]);
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
