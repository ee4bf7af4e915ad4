/* A search recorded in a run: the hooks that write and recall. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/hash.h"
#include "common/json.h"
#include "common/memory.h"
#include "nas/run_internal.h"

axn_status axn_run_check_checkpoint(const axn_run *run, axn_error *error)
{
    char path[AXN_PATH_MAX];
    char hash[AXN_HASH_TEXT];
    cJSON *json = NULL;
    int64_t candidates = 0;
    const char *stored = NULL;
    axn_status status = axn_path_join(path, run->folder, "checkpoint", error);
    if (status != AXN_OK || !axn_path_exists(path)) {
        return status;
    }
    status = axn_json_read(path, &json, error);
    if (status == AXN_OK) {
        status = axn_json_check_format(json, "axnas-checkpoint", 1, path, error);
    }
    if (status == AXN_OK) {
        status = axn_json_integer(json, "candidates", 1, INT32_MAX, &candidates, path, error);
    }
    if (status == AXN_OK) {
        status = axn_json_string(json, "archive_hash", &stored, path, error);
    }
    /* A shorter archive was cut; the search fills it again. */
    if (status == AXN_OK && candidates <= run->archive.count) {
        axn_hash_text(hash, run->archive.prefix_hash[candidates - 1]);
        if (strcmp(hash, stored) != 0) {
            status =
                axn_fail(error, AXN_ERROR_MISMATCH,
                         "%s: was changed after its checkpoint was written", run->archive.path);
        }
    }
    cJSON_Delete(json);
    return status;
}

static const axn_candidate *find_record(const axn_run *run, int64_t id, const char **file)
{
    if (id < run->archive.count) {
        *file = run->archive.path;
        return &run->archive.records[id];
    }
    /* Of several, one a rung, the one that is furthest. */
    const axn_candidate *best = NULL;
    for (int i = 0; i < run->pending.count; i++) {
        const axn_candidate *record = &run->pending.records[i];
        if (record->id == id && (best == NULL || record->epochs >= best->epochs)) {
            best = record;
        }
    }
    *file = run->pending.path;
    return best;
}

static axn_status recall(void *context, const axn_search *search, axn_candidate *candidate,
                         bool *known, axn_error *error)
{
    axn_run *run = context;
    const char *file = NULL;
    const axn_candidate *record = find_record(run, candidate->id, &file);
    (void)search;
    *known = record != NULL;
    if (record == NULL) {
        return AXN_OK;
    }
    if (record->generation != candidate->generation || record->parent != candidate->parent ||
        record->key != candidate->key || record->same_as != candidate->same_as ||
        !axn_genome_equal(&record->genome, &candidate->genome)) {
        return axn_fail(error, AXN_ERROR_MISMATCH,
                        "%s: candidate %lld is not the one this search creates; the archive "
                        "belongs to another run or program version",
                        file, (long long)candidate->id);
    }
    return axn_candidate_copy_outcome(record, candidate, error);
}

static axn_status arrived(void *context, const axn_search *search, const axn_candidate *candidate,
                          const axn_outcome *outcome, axn_error *error)
{
    axn_run *run = context;
    cJSON *details = cJSON_CreateObject();
    cJSON_AddNumberToObject(details, "id", (double)candidate->id);
    cJSON_AddNumberToObject(details, "seconds", outcome->seconds);
    cJSON_AddNumberToObject(details, "worker", outcome->worker);
    axn_run_log(run, "evaluated", details);
    /* The next in order goes straight to the archive, once it is complete. */
    return candidate->evaluated && candidate->id == search->finished
               ? AXN_OK
               : axn_archive_append(&run->pending, run->space, candidate, error);
}

static void remove_state(const axn_run *run, int64_t id)
{
    char name[48];
    char path[AXN_PATH_MAX];
    snprintf(name, sizeof name, "models/%06lld.state", (long long)id);
    if (axn_path_join(path, run->folder, name, NULL) == AXN_OK) {
        unlink(path);
    }
}

static axn_status finished(void *context, const axn_search *search, const axn_candidate *candidate,
                           bool recalled, axn_error *error)
{
    axn_run *run = context;
    axn_status status = AXN_OK;
    (void)recalled;
    if (candidate->id >= run->archive.count) {
        status = axn_archive_append(&run->archive, run->space, candidate, error);
    }
    if (status == AXN_OK && search->rules.rungs > 1) { /* no descendant needs it */
        remove_state(run, candidate->id);
    }
    if (status == AXN_OK && run->observer != NULL) {
        run->observer(run->observer_context, search, candidate);
    }
    return status;
}

static cJSON *point_json(const axn_candidate *c)
{
    cJSON *point = cJSON_CreateObject();
    cJSON_AddNumberToObject(point, "id", (double)c->id);
    cJSON_AddNumberToObject(point, "accuracy", c->accuracy);
    cJSON_AddNumberToObject(point, "parameters", (double)c->parameters);
    cJSON_AddNumberToObject(point, "multiplications", (double)c->multiplications);
    cJSON_AddNumberToObject(point, "energy_uj", c->energy_uj);
    cJSON_AddStringToObject(point, "multiplier", c->multiplier);
    cJSON_AddNumberToObject(point, "generation", c->generation);
    cJSON_AddNumberToObject(point, "multiplications_fc", (double)c->multiplications_fc);
    cJSON_AddNumberToObject(point, "energy_total_uj", c->energy_total_uj);
    cJSON_AddNumberToObject(point, "power_ratio", c->power_ratio);
    cJSON_AddNumberToObject(point, "convolutions", c->convolutions);
    if (c->cycles > 0) {
        cJSON_AddNumberToObject(point, "cycles", (double)c->cycles);
        cJSON_AddNumberToObject(point, "energy_accelerator_uj", c->energy_accelerator_uj);
        cJSON_AddNumberToObject(point, "energy_memory_uj", c->energy_memory_uj);
    }
    return point;
}

static cJSON *history_json(const axn_generation *line)
{
    cJSON *json = cJSON_CreateObject();
    cJSON_AddNumberToObject(json, "generation", line->generation);
    cJSON_AddNumberToObject(json, "candidates", line->candidates);
    cJSON_AddNumberToObject(json, "failed", line->failed);
    cJSON_AddNumberToObject(json, "stopped", line->stopped);
    cJSON_AddNumberToObject(json, "phenotypes", line->phenotypes);
    cJSON_AddNumberToObject(json, "best_accuracy", line->best_accuracy);
    cJSON_AddNumberToObject(json, "lowest_energy_uj", line->lowest_energy_uj);
    cJSON_AddNumberToObject(json, "hypervolume", line->hypervolume);
    return json;
}

static axn_status write_pareto(const axn_run *run, const axn_search *search, axn_error *error)
{
    char path[AXN_PATH_MAX];
    int *members = NULL;
    int count = 0;
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "format", "axnas-pareto");
    cJSON_AddNumberToObject(json, "version", 1);
    cJSON *points = cJSON_AddArrayToObject(json, "points");
    cJSON *history = cJSON_AddArrayToObject(json, "history");
    axn_status status =
        axn_allocate(&members, (size_t)search->finished, sizeof *members, "Pareto set", error);
    if (status == AXN_OK) {
        status = axn_search_front(search, members, &count, error);
    }
    for (int i = 0; i < count; i++) {
        cJSON_AddItemToArray(points, point_json(&search->candidates[members[i]]));
    }
    for (int i = 0; i < search->history_count; i++) {
        cJSON_AddItemToArray(history, history_json(&search->history[i]));
    }
    if (status == AXN_OK && (cJSON_GetArraySize(points) != count ||
                             cJSON_GetArraySize(history) != search->history_count)) {
        status = axn_fail(error, AXN_ERROR_MEMORY, "out of memory for pareto.json");
    }
    if (status == AXN_OK) {
        status = axn_path_join(path, run->folder, "pareto.json", error);
    }
    if (status == AXN_OK) {
        status = axn_json_write(path, json, error);
    }
    cJSON_Delete(json);
    free(members);
    return status;
}

static axn_status write_checkpoint(const axn_run *run, const axn_search *search, axn_error *error)
{
    char path[AXN_PATH_MAX];
    char hash[AXN_HASH_TEXT];
    cJSON *json = cJSON_CreateObject();
    axn_hash_text(hash, run->archive.hash);
    cJSON_AddStringToObject(json, "format", "axnas-checkpoint");
    cJSON_AddNumberToObject(json, "version", 1);
    cJSON_AddNumberToObject(json, "generation",
                            search->history[search->history_count - 1].generation);
    cJSON_AddNumberToObject(json, "candidates", search->finished);
    cJSON_AddStringToObject(json, "archive_hash", hash);
    cJSON *population = cJSON_AddArrayToObject(json, "population");
    for (int i = 0; i < search->population_count; i++) {
        cJSON_AddItemToArray(population, cJSON_CreateNumber(search->population[i]));
    }
    axn_status status = AXN_OK;
    if (cJSON_GetArraySize(population) != search->population_count) {
        status = axn_fail(error, AXN_ERROR_MEMORY, "out of memory for the checkpoint");
    }
    if (status == AXN_OK) {
        status = axn_path_join(path, run->folder, "checkpoint", error);
    }
    if (status == AXN_OK) {
        status = axn_json_write(path, json, error);
    }
    cJSON_Delete(json);
    return status;
}

/* Forgets pending outcomes once the archive has them. Those read at opening may belong to
 * a generation that is still to be replayed. */
static axn_status clear_pending(axn_run *run, const axn_search *search, axn_error *error)
{
    for (int i = 0; i < run->pending.count; i++) {
        if (run->pending.records[i].id >= search->finished) {
            return AXN_OK;
        }
    }
    return axn_archive_clear(&run->pending, error);
}

static axn_status generation(void *context, const axn_search *search, axn_error *error)
{
    axn_run *run = context;
    axn_status status = AXN_OK;
    if (search->finished >= run->archive.count) { /* else an old one, only replayed */
        status = write_pareto(run, search, error);
        if (status == AXN_OK) {
            status = write_checkpoint(run, search, error);
        }
        if (status == AXN_OK) {
            status = clear_pending(run, search, error);
        }
        axn_run_log(run, "generation", history_json(&search->history[search->history_count - 1]));
    }
    if (status == AXN_OK && run->observer != NULL) {
        run->observer(run->observer_context, search, NULL);
    }
    return status;
}

axn_status axn_run_search(axn_run *run, axn_search *search, const axn_evaluator *evaluator,
                          axn_run_observer *observer, void *observer_context, axn_error *error)
{
    const axn_search_hooks hooks = {.context = run,
                                    .recall = recall,
                                    .arrived = arrived,
                                    .finished = finished,
                                    .generation = generation};
    run->observer = observer;
    run->observer_context = observer_context;
    return axn_search_run(search, evaluator, &hooks, error);
}
