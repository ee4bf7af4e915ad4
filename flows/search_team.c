#include "flows/search_team.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "common/file.h"
#include "common/memory.h"
#include "nas/fitness.h"
#include "nas/isa.h"
#include "nas/relay.h"

axn_status axn_team_start(axn_team *team, axn_error *error)
{
    *team = (axn_team){0};
    axn_status status = axn_ranks_start(&team->ranks, error);
    if (status == AXN_OK) {
        status = axn_allocate(&team->cards, (size_t)team->ranks.count, sizeof *team->cards, "ranks",
                              error);
    }
    if (status == AXN_OK) {
        int level = (int)axn_isa_of(axn_isa_name(AXN_ISA_BEST));
        status = axn_ranks_meet(&team->ranks, level, team->cards, error);
    }
    if (status == AXN_OK) {
        status = axn_program_executable(team->program, error);
    }
    team->worker[0] = team->program;
    team->worker[1] = "worker";
    return status;
}

axn_status axn_team_serve(axn_team *team, axn_error *error)
{
    return axn_relay_serve(&team->ranks, team->worker, error);
}

void axn_team_finish(axn_team *team)
{
    axn_farm_free(team->farm);
    if (team->ranks.count > 1 && team->ranks.self == 0) {
        axn_relay_stop(&team->ranks);
    }
    axn_ranks_finish(&team->ranks);
    free(team->cards);
    team->cards = NULL;
    team->farm = NULL;
}

axn_status axn_team_isa(const axn_team *team, const char *wanted, char *isa, axn_error *error)
{
    int lowest = axn_ranks_lowest(team->cards, team->ranks.count);
    axn_isa chosen = wanted != NULL ? axn_isa_of(wanted) : (axn_isa)lowest;
    if (team->ranks.count == 1) {
        axn_status status = axn_isa_check(chosen, error);
        if (status != AXN_OK) {
            return status;
        }
    }
    for (int i = 0; i < team->ranks.count; i++) {
        if (team->cards[i].level < (int)chosen) {
            return axn_fail(error, AXN_ERROR_USAGE,
                            "rank %d on %s lacks the instructions of class %s; its best is %s", i,
                            team->cards[i].host, axn_isa_name(chosen),
                            axn_isa_name((axn_isa)team->cards[i].level));
        }
    }
    snprintf(isa, 16, "%s", axn_isa_name(chosen));
    return AXN_OK;
}

/* A file of a name that never was before, so that no rank mistakes a folder of its own,
 * or an older run, for this one. */
static axn_status check_folder(const axn_team *team, const char *folder, axn_error *error)
{
    char path[AXN_PATH_MAX];
    char name[80];
    struct timespec now = {0};
    if (team->ranks.count == 1) {
        return AXN_OK;
    }
    (void)clock_gettime(CLOCK_REALTIME, &now);
    snprintf(name, sizeof name, "ranks.tmp-%ld-%lld-%09ld", (long)getpid(), (long long)now.tv_sec,
             now.tv_nsec);
    axn_status status = axn_path_join(path, folder, name, error);
    if (status == AXN_OK) {
        status = axn_file_write(path, "", 0, error);
    }
    if (status == AXN_OK) {
        status = axn_relay_find_file(&team->ranks, team->cards, path, error);
        (void)unlink(path);
    }
    return status;
}

static axn_status add_rank(axn_team *team, int rank, const axn_experiment *experiment,
                           const char *tables, const char *models, int jobs, axn_error *error)
{
    cJSON *setup = NULL;
    int share = axn_ranks_share(team->cards, team->ranks.count, rank);
    int workers = jobs > 0 ? jobs : share;
    int threads = share > workers ? share / workers : 1;
    axn_status status = axn_fitness_setup(experiment, tables, models, threads, &setup, error);
    if (status == AXN_OK) {
        status = rank == 0 ? axn_farm_create(team->worker, workers, setup, &team->farm, error)
                           : axn_farm_add_rank(team->farm, &team->ranks, rank,
                                               team->cards[rank].host, workers, setup, error);
    }
    cJSON_Delete(setup);
    return status;
}

axn_status axn_team_make_farm(axn_team *team, const axn_experiment *experiment, const char *run,
                              int jobs, axn_error *error)
{
    char tables[AXN_PATH_MAX];
    char models[AXN_PATH_MAX];
    char *folder = realpath(run, NULL); /* other ranks may run elsewhere */
    axn_status status = folder != NULL ? check_folder(team, folder, error)
                                       : axn_fail_errno(error, AXN_ERROR_IO, "%s", run);
    if (status == AXN_OK) {
        status = axn_path_join(tables, folder, "tables.bin", error);
    }
    if (status == AXN_OK) {
        status = axn_path_join(models, folder, "models", error);
    }
    for (int rank = 0; rank < team->ranks.count && status == AXN_OK; rank++) {
        status = add_rank(team, rank, experiment, tables, models, jobs, error);
    }
    free(folder);
    return status;
}

cJSON *axn_team_to_json(const axn_team *team)
{
    cJSON *json = cJSON_CreateObject();
    cJSON_AddNumberToObject(json, "workers", axn_farm_workers(team->farm));
    cJSON *ranks = cJSON_AddArrayToObject(json, "ranks");
    for (int i = 0; i < team->ranks.count; i++) {
        cJSON_AddItemToArray(ranks, cJSON_CreateString(team->cards[i].host));
    }
    return json;
}
