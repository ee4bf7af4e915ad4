#include "multipliers/evolve_judge.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/memory.h"
#include "multipliers/characterise.h"

typedef struct candidate {
    axn_circuit circuit;
    axn_cgp_errors errors;
    int job; /* index, AXN_EVOLVE_NONE = not mapped */
} candidate;

static axn_status rebuild(const axn_evolve_result *result, candidate *candidates, axn_error *error)
{
    axn_table *table = NULL;
    axn_status status = axn_allocate(&table, 1, sizeof *table, "a truth table", error);
    for (int i = 0; i < result->count && status == AXN_OK; i++) {
        axn_circuit_start(&candidates[i].circuit);
        axn_cgp_to_circuit(&result->survivors[i].genome, &candidates[i].circuit);
        status = axn_circuit_tabulate(&candidates[i].circuit, table, error);
        candidates[i].errors = axn_cgp_errors_of(table);
        candidates[i].job = AXN_EVOLVE_NONE;
    }
    free(table);
    return status;
}

/* Survivors come cheapest first. Numbers the chosen ones; returns how many. */
static int choose(const axn_evolve_options *options, int count, int most, candidate *candidates)
{
    int jobs = 0;
    for (int t = 0; t < options->target_count; t++) {
        int chosen = 0;
        for (int i = 0; i < count && chosen < most; i++) {
            if (!axn_cgp_meets(&options->targets[t], &candidates[i].errors))
                continue;
            chosen++;
            if (candidates[i].job == AXN_EVOLVE_NONE)
                candidates[i].job = jobs++;
        }
    }
    return jobs;
}

static axn_status make_jobs(const candidate *candidates, int count, axn_characterise_job *jobs,
                            axn_error *error)
{
    axn_status status = AXN_OK;
    for (int i = 0; i < count && status == AXN_OK; i++) {
        if (candidates[i].job == AXN_EVOLVE_NONE)
            continue;
        axn_characterise_job *job = &jobs[candidates[i].job];
        job->circuit = &candidates[i].circuit;
        snprintf(job->multiplier.name, sizeof job->multiplier.name, "survivor_%d", i);
        job->file = job->multiplier.name;
        status = axn_circuit_print(job->circuit, job->multiplier.name, NULL, &job->netlist, error);
    }
    return status;
}

static int cheapest(const axn_evolve_options *options, int target, const candidate *candidates,
                    int count, const axn_characterise_job *jobs)
{
    int best = AXN_EVOLVE_NONE;
    double least = 0;
    for (int i = 0; i < count; i++) {
        if (candidates[i].job == AXN_EVOLVE_NONE || jobs[candidates[i].job].status != AXN_OK ||
            !axn_cgp_meets(&options->targets[target], &candidates[i].errors))
            continue;
        const axn_multiplier *m = &jobs[candidates[i].job].multiplier;
        double cost = options->objective == AXN_CGP_AREA ? m->area_um2 : m->power_mw;
        if (best == AXN_EVOLVE_NONE || cost < least) {
            best = i;
            least = cost;
        }
    }
    return best;
}

axn_status axn_evolve_judge(const axn_evolve_options *options, const axn_evolve_result *result,
                            int most, int *winners, axn_error *error)
{
    candidate *candidates = NULL;
    axn_characterise_job *jobs = NULL;
    int count = result->count, job_count = 0;
    axn_status status =
        axn_allocate(&candidates, (size_t)count, sizeof *candidates, "evolved circuits", error);
    if (status == AXN_OK)
        status = rebuild(result, candidates, error);
    if (status == AXN_OK) {
        job_count = choose(options, count, most, candidates);
        status = axn_allocate(&jobs, (size_t)job_count, sizeof *jobs, "evolved circuits", error);
    }
    if (status == AXN_OK)
        status = make_jobs(candidates, count, jobs, error);
    if (status == AXN_OK)
        status = axn_characterise(options->liberty, jobs, job_count, options->threads, error);
    for (int t = 0; t < options->target_count && status == AXN_OK; t++)
        winners[t] = cheapest(options, t, candidates, count, jobs);
    if (jobs != NULL)
        axn_characterise_jobs_free(jobs, job_count);
    for (int i = 0; i < count && candidates != NULL; i++)
        axn_circuit_free(&candidates[i].circuit);
    free(candidates);
    return status;
}
