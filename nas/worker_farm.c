/* A farm's workers: child processes here, or at the relays of other ranks. */
#include "nas/worker_farm.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/json.h"
#include "common/memory.h"

void axn_farm_stop_worker(axn_farm *farm, axn_worker *w)
{
    if (w->running && w->remote.rank > 0) {
        axn_remote_kill(farm->ranks, &w->remote);
    } else if (w->running) {
        axn_child_kill(&w->child);
    }
    axn_buffer_free(&w->input);
    w->running = false;
    w->ready = false;
    w->job = -1;
}

static axn_status print_setup(const cJSON *setup, axn_buffer *out, axn_error *error)
{
    axn_buffer_text(out, "{\"setup\":");
    axn_status status = axn_json_print_line(setup, out, error);
    axn_buffer_text(out, "}\n");
    return status == AXN_OK && out->failed
               ? axn_fail(error, AXN_ERROR_MEMORY, "out of memory for the workers")
               : status;
}

/* Makes room for one more site with `workers` workers. */
static axn_status make_room(axn_farm *farm, int workers, axn_error *error)
{
    size_t needed = (size_t)farm->count + (size_t)workers;
    axn_status status = axn_grow(&farm->sites, &farm->site_capacity, (size_t)farm->site_count + 1,
                                 sizeof *farm->sites, "workers", error);
    if (status == AXN_OK) {
        status = axn_grow(&farm->workers, &farm->capacity, needed, sizeof *farm->workers, "workers",
                          error);
    }
    if (status == AXN_OK) {
        status = axn_grow(&farm->polled, &farm->polled_capacity, needed, sizeof *farm->polled,
                          "workers", error);
    }
    return status;
}

static axn_status add_site(axn_farm *farm, int rank, const char *host, int workers,
                           const cJSON *setup, axn_error *error)
{
    axn_status status = make_room(farm, workers, error);
    if (status != AXN_OK) {
        return status;
    }
    axn_site *place = &farm->sites[farm->site_count];
    *place = (axn_site){.rank = rank, .first = farm->count, .count = workers};
    snprintf(place->host, sizeof place->host, "%s", host);
    for (int i = 0; i < workers; i++) {
        farm->workers[farm->count++] = (axn_worker){
            .site = farm->site_count, .remote = {.rank = rank, .slot = i, .start = 0}, .job = -1};
    }
    farm->site_count++;
    return print_setup(setup, &place->setup, error);
}

axn_status axn_farm_create(const char *const *argv, int workers, const cJSON *setup, axn_farm **out,
                           axn_error *error)
{
    axn_farm *farm = NULL;
    axn_status status = axn_allocate(&farm, 1, sizeof *farm, "workers", error);
    if (status == AXN_OK) {
        farm->argv = argv;
        status = add_site(farm, 0, "", workers, setup, error);
    }
    if (status != AXN_OK) {
        axn_farm_free(farm);
        farm = NULL;
    }
    *out = farm;
    return status;
}

axn_status axn_farm_add_rank(axn_farm *farm, const axn_ranks *ranks, int rank, const char *host,
                             int workers, const cJSON *setup, axn_error *error)
{
    farm->ranks = ranks;
    return add_site(farm, rank, host, workers, setup, error);
}

int axn_farm_workers(const axn_farm *farm)
{
    return farm->count;
}

void axn_farm_free(axn_farm *farm)
{
    if (farm == NULL) {
        return;
    }
    for (int i = 0; i < farm->count; i++) {
        axn_farm_stop_worker(farm, &farm->workers[i]);
    }
    for (int i = 0; i < farm->site_count; i++) {
        axn_buffer_free(&farm->sites[i].setup);
    }
    free(farm->sites);
    free(farm->workers);
    free(farm->polled);
    free(farm);
}

axn_status axn_farm_write_to(axn_farm *farm, axn_worker *w, const axn_buffer *line,
                             axn_error *error)
{
    if (w->remote.rank > 0) {
        return axn_remote_write(farm->ranks, &w->remote, line->data, line->length, error);
    }
    axn_child_write(&w->child, line->data, line->length, "worker", NULL);
    return AXN_OK;
}

axn_status axn_farm_start_worker(axn_farm *farm, axn_worker *w, axn_error *error)
{
    axn_status status = AXN_OK;
    if (w->remote.rank > 0) {
        w->remote.start++;
        status = axn_remote_start(farm->ranks, &w->remote, error);
    } else {
        status = axn_child_start(farm->argv, NULL, &w->child, error);
    }
    w->running = status == AXN_OK;
    return status == AXN_OK ? axn_farm_write_to(farm, w, &farm->sites[w->site].setup, error)
                            : status;
}
