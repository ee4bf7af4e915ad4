/* New assignments out of nothing and out of others. */
#include <string.h>

#include "nas/assign_internal.h"

static uint16_t below(axn_random *random, int bound)
{
    return (uint16_t)axn_random_below(random, (uint32_t)bound);
}

void axn_assign_draw(axn_assign_state *state, axn_random *random)
{
    for (int i = 0; i < state->problem->genes; i++) {
        state->draft[i] = below(random, state->problem->choices);
    }
}

void axn_assign_cross(axn_assign_state *state, const uint16_t *first, const uint16_t *second,
                      axn_random *random)
{
    bool cross = axn_random_unit(random) < state->rules->p_crossover;
    for (int i = 0; i < state->problem->genes; i++) {
        bool other = cross && below(random, 2) == 1;
        state->draft[i] = other ? second[i] : first[i];
    }
}

static void redraw(axn_assign_state *state, int gene, axn_random *random)
{
    int choices = state->problem->choices, old = state->draft[gene];
    if (choices == 1) {
        return;
    }
    int fresh = below(random, choices - 1);
    fresh += fresh >= old;
    if (below(random, 2) == 1) {
        int step = 1 + below(random, 2);
        int near = below(random, 2) == 1 ? old + step : old - step;
        fresh = near >= 0 && near < choices ? near : fresh;
    }
    state->draft[gene] = (uint16_t)fresh;
}

void axn_assign_mutate(axn_assign_state *state, bool force, axn_random *random)
{
    int genes = state->problem->genes;
    for (int i = 0; i < genes; i++) {
        if (below(random, genes) == 0) {
            redraw(state, i, random);
        }
    }
    if (force) {
        redraw(state, below(random, genes), random);
    }
}

int axn_assign_distinct(const axn_assign_state *state)
{
    int distinct = 0;
    memset(state->uses, 0, (size_t)state->problem->choices * sizeof *state->uses);
    for (int i = 0; i < state->problem->genes; i++) {
        distinct += state->uses[state->draft[i]]++ == 0;
    }
    return distinct;
}

/* The choice of the draft's gene `which`, counted over the genes that are not `rarest`. */
static uint16_t other_choice(const axn_assign_state *state, int rarest, int which)
{
    for (int i = 0; i < state->problem->genes; i++) {
        if (state->draft[i] != rarest && which-- == 0) {
            return state->draft[i];
        }
    }
    return 0;
}

void axn_assign_repair(axn_assign_state *state, axn_random *random)
{
    int genes = state->problem->genes, most = state->rules->max_distinct;
    for (int distinct = axn_assign_distinct(state); most > 0 && distinct > most; distinct--) {
        int rarest = -1;
        for (int c = 0; c < state->problem->choices; c++) {
            if (state->uses[c] > 0 && (rarest < 0 || state->uses[c] < state->uses[rarest])) {
                rarest = c;
            }
        }
        int others = genes - state->uses[rarest];
        uint16_t heir = other_choice(state, rarest, below(random, others));
        for (int i = 0; i < genes; i++) {
            if (state->draft[i] == rarest) {
                state->draft[i] = heir;
            }
        }
        state->uses[heir] += state->uses[rarest];
        state->uses[rarest] = 0;
    }
}
