/* One generation through the evaluator: what need not be trained, rungs of successive
 * halving, bars of early termination, and outcomes passed on in order. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/hash.h"
#include "common/memory.h"
#include "nas/search_internal.h"

int axn_search_rung_epochs(const axn_search_rules *rules, int rung)
{
    double epochs = rules->epochs;
    for (int i = rung + 1; i < rules->rungs; i++) {
        epochs /= rules->halving_factor;
    }
    int rounded = (int)(epochs + .5);
    return rounded > 1 ? rounded : 1;
}

static int rungs_of(const axn_search *search)
{
    return search->rules.rungs > 1 ? search->rules.rungs : 1;
}

static int end_of_rung(const axn_search *search, int rung)
{
    return rung + 1 == rungs_of(search) ? search->rules.epochs
                                        : axn_search_rung_epochs(&search->rules, rung);
}

static bool follows(const axn_search *search)
{
    return rungs_of(search) > 1 || search->rules.early_termination;
}

static void settle(axn_candidate *candidate, axn_outcome_kind outcome)
{
    candidate->outcome = outcome;
    candidate->training_age = candidate->inherited_age + candidate->epochs;
    candidate->evaluated = true;
}

/* Is a candidate's fate known without training? Its costs are. */
static bool settled_untrained(const axn_search *search, axn_candidate *candidate)
{
    const axn_search_rules *rules = &search->rules;
    double work = (double)candidate->multiplications * (double)rules->train_images * rules->epochs;
    if (candidate->cycles < 0) { /* the reason is there */
        settle(candidate, AXN_OUTCOME_FAILED);
    } else if (rules->work_limit > 0 && work > rules->work_limit) {
        snprintf(candidate->reason, sizeof candidate->reason,
                 "work of %.4g multiplications exceeds the limit of %.4g", work, rules->work_limit);
        settle(candidate, AXN_OUTCOME_FAILED);
    } else if (rules->screen > 0 && candidate->signal_share > 0 &&
               candidate->signal_share < rules->screen) {
        snprintf(candidate->reason, sizeof candidate->reason,
                 "screened: a signal share of %.3g, below %.3g", candidate->signal_share,
                 rules->screen);
        settle(candidate, AXN_OUTCOME_STOPPED);
    }
    return candidate->evaluated;
}

/* Is `member` no worse than the candidate in every objective but accuracy? */
static bool no_worse(const axn_search *search, const axn_candidate *member,
                     const axn_candidate *candidate)
{
    const axn_search_rules *rules = &search->rules;
    for (int k = 0; k < rules->objective_count; k++) {
        if (rules->objectives[k] != AXN_OBJECTIVE_ACCURACY &&
            axn_search_cost_of(member, rules->objectives[k]) >
                axn_search_cost_of(candidate, rules->objectives[k])) {
            return false;
        }
    }
    return true;
}

/* The least accuracy after each epoch that lets a training go on; false: there is no bar. */
static bool make_bar(const axn_search *search, const axn_candidate *candidate, double *bar)
{
    const axn_search_rules *rules = &search->rules;
    bool any = false;
    for (int p = 0; candidate->generation > 0 && p < search->population_count; p++) {
        const axn_candidate *member = &search->candidates[search->population[p]];
        if (member->outcome != AXN_OUTCOME_OK || member->inherited_age > candidate->inherited_age ||
            !no_worse(search, member, candidate)) {
            continue;
        }
        for (int e = rules->early_epochs - 1; e < member->curve_count && e < rules->epochs; e++) {
            bar[e] = fmax(bar[e], member->curve[e] - rules->early_margin);
            any = any || bar[e] > 0;
        }
    }
    return any;
}

static void add_job(axn_batch *b, int i, int rung)
{
    const axn_search *search = b->search;
    const axn_candidate *candidate = &search->candidates[b->first + i];
    const axn_phenotype *phenotype = &b->phenotypes[i];
    int epochs = search->rules.epochs;
    uint64_t stream = axn_hash_u64(axn_hash_u64(AXN_HASH_SEED, phenotype->hash),
                                   (uint64_t)candidate->inherited_age + (uint64_t)epochs);
    double *bar = b->bars != NULL ? &b->bars[(ptrdiff_t)i * epochs] : NULL;
    int end = end_of_rung(search, rung);
    b->job_candidates[b->job_count] = b->first + i;
    b->jobs[b->job_count++] = (axn_job){
        .id = candidate->id,
        .network = &phenotype->network,
        .multipliers = phenotype->multipliers,
        .multiplier_count = phenotype->multiplier_count,
        .stream = (uint32_t)(stream ^ (stream >> 32)),
        .epochs = epochs,
        .first_epoch = candidate->epochs,
        .end_epoch = end,
        .follow = follows(search),
        .bar = bar != NULL && make_bar(search, candidate, bar) ? bar : NULL,
        .inherit_from = b->maps[i] != NULL ? axn_search_state_owner(search, candidate->parent) : -1,
        .inherit_map = b->maps[i],
        .keep_state = search->rules.inheritance,
        .work = ((double)candidate->multiplications + (double)candidate->multiplications_fc) *
                (end - candidate->epochs),
    };
}

/* Passes on, in order, the candidates that are complete. */
static axn_status flush(axn_batch *b, axn_error *error)
{
    axn_search *search = b->search;
    axn_status status = AXN_OK;
    while (search->finished < b->first + b->count && status == AXN_OK) {
        axn_candidate *candidate = &search->candidates[search->finished];
        if (!candidate->evaluated && candidate->same_as >= 0) {
            /* `same` is earlier, thus finished. */
            const axn_candidate *same = &search->candidates[candidate->same_as];
            status = axn_candidate_copy_outcome(same, candidate, error);
            candidate->evaluated = true;
        }
        if (!candidate->evaluated || status != AXN_OK) {
            break;
        }
        search->finished++;
        if (b->hooks->finished != NULL) {
            status = b->hooks->finished(b->hooks->context, search, candidate,
                                        b->recalled[candidate->id - b->first], error);
        }
    }
    return status;
}

static axn_status job_done(void *context, int number, const axn_outcome *outcome, axn_error *error)
{
    axn_batch *b = context;
    axn_search *search = b->search;
    const axn_job *job = &b->jobs[number];
    axn_candidate *candidate = &search->candidates[b->job_candidates[number]];
    bool ok = outcome->kind == AXN_OUTCOME_OK;
    bool trained = ok || outcome->kind == AXN_OUTCOME_STOPPED;
    candidate->accuracy = trained ? axn_accuracy_rounded(outcome->accuracy) : 0;
    candidate->epochs = ok ? job->end_epoch : job->first_epoch + outcome->curve_count;
    snprintf(candidate->reason, sizeof candidate->reason, "%s", ok ? "" : outcome->reason);
    axn_status status =
        axn_candidate_follow(candidate, outcome->curve, outcome->curve_count, error);
    while (ok && candidate->rung < rungs_of(search) &&
           end_of_rung(search, candidate->rung) <= candidate->epochs) {
        candidate->rung++;
    }
    candidate->outcome = outcome->kind;
    if (!ok || job->end_epoch == search->rules.epochs) {
        settle(candidate, outcome->kind);
    }
    if (status == AXN_OK && b->hooks->arrived != NULL) {
        status = b->hooks->arrived(b->hooks->context, search, candidate, outcome, error);
    }
    return status == AXN_OK ? flush(b, error) : status;
}

/* Candidates that completed a rung and, at all rungs before, were among the best. */
static int contenders(const axn_batch *b, const bool *promoted, int rung, axn_point *points)
{
    const axn_search *search = b->search;
    int count = 0;
    for (int i = 0; i < b->count; i++) {
        const axn_candidate *candidate = &search->candidates[b->first + i];
        if (promoted[i] && candidate->rung > rung) {
            points[count++] = axn_search_point_at(search, candidate, rung);
        }
    }
    return count;
}

/* After a rung: who goes on? The others are stopped. */
static axn_status promote(axn_batch *b, int rung, bool *promoted, axn_error *error)
{
    axn_search *search = b->search;
    const axn_search_rules *rules = &search->rules;
    axn_point *points = NULL;
    int *chosen = NULL;
    int chosen_count = 0;
    axn_status status =
        axn_allocate(&points, (size_t)b->count, sizeof *points, "successive halving", error);
    if (status == AXN_OK) {
        status =
            axn_allocate(&chosen, (size_t)b->count, sizeof *chosen, "successive halving", error);
    }
    if (status == AXN_OK) {
        int count = contenders(b, promoted, rung, points);
        int keep = (count + rules->halving_factor - 1) / rules->halving_factor;
        status = axn_nsga2_select(points, count, rules->objective_count, keep, rules->crowding,
                                  chosen, &chosen_count, error);
    }
    memset(promoted, 0, (size_t)b->count * sizeof *promoted);
    for (int i = 0; status == AXN_OK && i < chosen_count; i++) {
        promoted[points[chosen[i]].id - b->first] = true;
    }
    for (int i = 0; status == AXN_OK && i < b->count; i++) {
        axn_candidate *candidate = &search->candidates[b->first + i];
        if (!promoted[i] && !candidate->evaluated && candidate->same_as < 0) {
            snprintf(candidate->reason, sizeof candidate->reason,
                     "stopped at rung %d of %d, after %d epochs: not among the best", rung + 1,
                     rules->rungs, candidate->epochs);
            settle(candidate, AXN_OUTCOME_STOPPED);
        }
    }
    free(points);
    free(chosen);
    return status == AXN_OK ? flush(b, error) : status;
}

/* Trains those that are promoted to the end of a rung. */
static axn_status run_rung(axn_batch *b, int rung, const bool *promoted,
                           const axn_evaluator *evaluator, axn_error *error)
{
    axn_search *search = b->search;
    int end = end_of_rung(search, rung);
    b->job_count = 0;
    for (int i = 0; i < b->count; i++) {
        const axn_candidate *candidate = &search->candidates[b->first + i];
        if (promoted[i] && !candidate->evaluated && candidate->epochs < end) {
            add_job(b, i, rung);
        }
    }
    return b->job_count > 0
               ? evaluator->evaluate(evaluator->context, b->jobs, b->job_count, job_done, b, error)
               : AXN_OK;
}

/* What an earlier run knows of the batch. */
static axn_status recall_batch(axn_batch *b, bool *promoted, axn_error *error)
{
    axn_search *search = b->search;
    axn_status status = AXN_OK;
    for (int i = 0; i < b->count && status == AXN_OK; i++) {
        axn_candidate *candidate = &search->candidates[b->first + i];
        bool known = false;
        if (b->hooks->recall != NULL) {
            status = b->hooks->recall(b->hooks->context, search, candidate, &known, error);
        }
        bool whole =
            candidate->outcome != AXN_OUTCOME_OK || candidate->epochs >= search->rules.epochs;
        b->recalled[i] = known && whole;
        candidate->evaluated = known && whole;
        promoted[i] = candidate->same_as < 0;
        if (status == AXN_OK && !known && candidate->same_as < 0) {
            settled_untrained(search, candidate);
        }
    }
    return status;
}

axn_status axn_search_evaluate(axn_batch *b, const axn_evaluator *evaluator, axn_error *error)
{
    axn_search *search = b->search;
    bool *promoted = NULL;
    size_t bars = (size_t)b->count * (size_t)search->rules.epochs;
    axn_status status =
        axn_allocate(&promoted, (size_t)b->count, sizeof *promoted, "generation", error);
    if (status == AXN_OK && search->rules.early_termination) {
        status = axn_allocate(&b->bars, bars, sizeof *b->bars, "early termination", error);
    }
    if (status == AXN_OK) {
        status = recall_batch(b, promoted, error);
    }
    if (status == AXN_OK) {
        status = flush(b, error);
    }
    for (int rung = 0; rung < rungs_of(search) && status == AXN_OK; rung++) {
        status = run_rung(b, rung, promoted, evaluator, error);
        if (status == AXN_OK && rung + 1 < rungs_of(search)) {
            status = promote(b, rung, promoted, error);
        }
    }
    if (status == AXN_OK && search->finished < b->first + b->count) {
        status = axn_fail(error, AXN_ERROR_TOOL, "the evaluator left out candidate %d",
                          search->finished);
    }
    free(promoted);
    return status;
}
