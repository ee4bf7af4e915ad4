/* The assignments that a search begins with. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "nas/assign_internal.h"

enum { PRICES = 48 };

axn_status axn_assign_enumerate(axn_assign_state *state, bool *exhaustive, axn_error *error)
{
    const axn_assign_problem *problem = state->problem;
    double budget = (double)state->rules->population * (state->rules->generations + 1);
    axn_status status = AXN_OK;
    bool added = false, more = true;
    *exhaustive = pow(problem->choices, problem->genes) <= budget;
    memset(state->draft, 0, (size_t)problem->genes * sizeof *state->draft);
    while (*exhaustive && more && status == AXN_OK) {
        int most = state->rules->max_distinct;
        if (most == 0 || axn_assign_distinct(state) <= most) {
            status = axn_assign_add(state, &added, error);
        }
        int gene = 0;
        while (gene < problem->genes && ++state->draft[gene] == problem->choices) {
            state->draft[gene++] = 0;
        }
        more = gene < problem->genes;
    }
    return status;
}

axn_status axn_assign_add_uniform(axn_assign_state *state, axn_error *error)
{
    axn_status status = AXN_OK;
    for (int c = 0; c < state->problem->choices && status == AXN_OK; c++) {
        bool added = false;
        for (int i = 0; i < state->problem->genes; i++) {
            state->draft[i] = (uint16_t)c;
        }
        status = axn_assign_add(state, &added, error);
    }
    return status;
}

static void draft_record(axn_assign_state *state, int record)
{
    memcpy(state->draft, axn_assign_genes(state->result, record),
           (size_t)state->problem->genes * sizeof *state->draft);
}

axn_status axn_assign_add_single(axn_assign_state *state, int base, axn_error *error)
{
    axn_status status = AXN_OK;
    for (int gene = 0; gene < state->problem->genes; gene++) {
        for (int c = 0; c < state->problem->choices && status == AXN_OK; c++) {
            bool added = false;
            draft_record(state, base);
            state->draft[gene] = (uint16_t)c;
            status = axn_assign_add(state, &added, error);
        }
    }
    return status;
}

/* loss[gene][choice]: images lost by that change alone, none below 0. */
static void measure_losses(const axn_assign_state *state, int base, double *loss)
{
    const axn_assign_result *result = state->result;
    int genes = state->problem->genes, choices = state->problem->choices;
    const uint16_t *from = axn_assign_genes(result, base);
    for (int i = 0; i < genes * choices; i++) {
        loss[i] = 0;
    }
    for (int r = 0; r < result->count; r++) {
        const uint16_t *to = axn_assign_genes(result, r);
        int changed = -1, changes = 0;
        for (int i = 0; i < genes; i++) {
            if (to[i] != from[i]) {
                changed = i;
                changes++;
            }
        }
        if (changes == 1) {
            int lost = result->records[base].correct - result->records[r].correct;
            loss[changed * choices + to[changed]] = lost > 0 ? lost : 0;
        }
    }
}

axn_status axn_assign_add_predicted(axn_assign_state *state, int base, axn_error *error)
{
    const axn_assign_problem *problem = state->problem;
    int choices = problem->choices;
    double *loss = NULL;
    double price = state->result->records[base].energy_pj;
    axn_random random = axn_random_stream(state->rules->seed, AXN_RANDOM_GENOME, 1, 0);
    axn_status status = axn_allocate(&loss, (size_t)problem->genes * (size_t)choices, sizeof *loss,
                                     "losses", error);
    if (status == AXN_OK) {
        measure_losses(state, base, loss);
    }
    for (int k = 0; k < PRICES && status == AXN_OK; k++, price /= M_SQRT2) {
        bool added = false;
        for (int i = 0; i < problem->genes; i++) {
            int best = 0;
            double least = INFINITY;
            for (int c = 0; c < choices; c++) {
                int at = i * choices + c;
                double cost = problem->energy_pj[at] + price * loss[at];
                if (cost < least) {
                    best = c;
                    least = cost;
                }
            }
            state->draft[i] = (uint16_t)best;
        }
        axn_assign_repair(state, &random);
        status = axn_assign_add(state, &added, error);
    }
    free(loss);
    return status;
}
