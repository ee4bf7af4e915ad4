#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "synth/power.h"
#include "synth/replay_internal.h"

#define MAX_STEPS 4096 /* more than any path has gates */

axn_status axn_replay_glitch_create(const axn_replay_program *program, size_t bytes,
                                    axn_replay_glitch *out, axn_error *error)
{
    const axn_netlist *n = program->netlist;
    size_t slots = (size_t)program->slots;
    axn_status status = axn_allocate_aligned(&out->now, bytes, 1, "net values", error);
    if (status == AXN_OK)
        status = axn_allocate_aligned(&out->next, bytes, 1, "net values", error);
    if (status == AXN_OK)
        status = axn_allocate(&out->extra, slots, sizeof *out->extra, "toggles", error);
    if (status == AXN_OK)
        status = axn_allocate(&out->toggle_pj, slots, sizeof(double), "energies", error);
    if (status == AXN_OK)
        status = axn_allocate(&out->slot_pj, slots, sizeof(double), "energies", error);
    if (status == AXN_OK)
        status =
            axn_allocate(&out->gates, (size_t)n->gate_count, sizeof(double), "energies", error);
    for (int g = 0; g < n->gate_count - n->flip_flops && status == AXN_OK; g++) {
        const axn_liberty_cell *cell = &n->liberty->cells[n->gates[g].cell];
        /* A latch is shut while what follows a clock edge settles. */
        for (int p = 0; p < cell->pin_count && cell->combinational; p++)
            if (cell->pins[p].output && n->gates[g].nets[p] >= 0)
                out->toggle_pj[program->slot[n->gates[g].nets[p]]] = axn_power_toggle(n, g, p);
    }
    return status;
}

void axn_replay_glitch_free(axn_replay_glitch *glitch)
{
    free(glitch->now);
    free(glitch->next);
    free(glitch->extra);
    free(glitch->toggle_pj);
    free(glitch->slot_pj);
    free(glitch->gates);
    *glitch = (axn_replay_glitch){0};
}

/* One lane of a transition, so that the spread over transitions is known. */
static void add_lane(axn_replay_glitch *glitch, const axn_replay_program *program,
                     const uint8_t *before, const uint8_t *after, uint8_t lane)
{
    size_t first = (size_t)program->states + (size_t)program->netlist->flip_flops;
    size_t slots = (size_t)program->slots;
    double energy = 0;
    memcpy(glitch->now, after, first);
    memcpy(glitch->now + first, before + first, slots - first);
    memset(glitch->extra, 0, slots * sizeof *glitch->extra);
    for (int step = 0; step < MAX_STEPS; step++) {
        memcpy(glitch->next, glitch->now, slots);
        axn_replay_evaluate(&program->logic, glitch->now, glitch->next);
        bool quiet = true;
        for (size_t i = first; i < slots; i++) {
            uint32_t changed = ((glitch->now[i] ^ glitch->next[i]) & lane) != 0;
            glitch->extra[i] += changed;
            quiet &= changed == 0;
        }
        if (quiet)
            break;
        uint8_t *swap = glitch->now;
        glitch->now = glitch->next;
        glitch->next = swap;
    }
    for (size_t i = first; i < slots; i++) {
        uint32_t settled = ((before[i] ^ after[i]) & lane) != 0;
        double cost = (double)(glitch->extra[i] - settled) * glitch->toggle_pj[i];
        glitch->slot_pj[i] += cost;
        energy += cost;
    }
    glitch->energy += energy;
    glitch->square += energy * energy;
    glitch->transitions++;
}

void axn_replay_glitch_add(axn_replay_glitch *glitch, const axn_replay_program *program,
                           const uint8_t *before, const uint8_t *after, uint8_t mask)
{
    unsigned lane = 0, turn = (unsigned)(glitch->transitions % AXN_REPLAY_LANES);
    for (unsigned k = 0; k < AXN_REPLAY_LANES && lane == 0; k++)
        lane = mask & 1U << (turn + k) % AXN_REPLAY_LANES;
    if (lane != 0)
        add_lane(glitch, program, before, after, (uint8_t)lane);
}

void axn_replay_glitch_end(axn_replay_glitch *glitch, const axn_replay_program *program)
{
    const axn_netlist *n = program->netlist;
    for (int g = 0; g < n->gate_count - n->flip_flops; g++) {
        const axn_liberty_cell *cell = &n->liberty->cells[n->gates[g].cell];
        for (int p = 0; p < cell->pin_count; p++)
            if (cell->pins[p].output && n->gates[g].nets[p] >= 0)
                glitch->gates[g] += glitch->slot_pj[program->slot[n->gates[g].nets[p]]];
    }
}
