/* Who evaluates the candidates of a search: the worker processes of this machine and, under
 * mpirun, those of the other ranks. */
#ifndef AXN_FLOWS_SEARCH_TEAM_H
#define AXN_FLOWS_SEARCH_TEAM_H

#include "nas/experiment.h"
#include "nas/ranks.h"
#include "nas/worker.h"

typedef struct axn_team {
    axn_ranks ranks;
    axn_rank_card *cards; /* [ranks.count] */
    char program[AXN_PATH_MAX];
    const char *worker[3]; /* arguments that start a worker */
    axn_farm *farm;
} axn_team;

/* Collective under mpirun. */
axn_status axn_team_start(axn_team *team, axn_error *error);
/* On ranks other than 0: lends this machine's workers to rank 0 until it is done. */
axn_status axn_team_serve(axn_team *team, axn_error *error);
/* Collective: releases the other ranks. */
void axn_team_finish(axn_team *team);

/* The class of instructions for all: `wanted`, or NULL for the best that all ranks have. Writes its
 * name to isa[16]; AXN_ERROR_USAGE names a rank that lacks it. */
axn_status axn_team_isa(const axn_team *team, const char *wanted, char *isa, axn_error *error);

/* Makes team->farm: `jobs` workers a rank, 0 = one for each processor it has to itself. The
 * folder of the run, `run`, holds tables.bin and models/; all ranks must see it. */
axn_status axn_team_make_farm(axn_team *team, const axn_experiment *experiment, const char *run,
                              int jobs, axn_error *error);

/* Hosts and workers, for the log of the run; caller deletes. */
cJSON *axn_team_to_json(const axn_team *team);

#endif
