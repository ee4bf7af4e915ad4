/* The checkpoint: a header, the islands, the survivors and a hash over all of it, in
 * this machine's byte order. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "common/file.h"
#include "common/hash.h"
#include "common/memory.h"
#include "multipliers/evolve_internal.h"

#define MAX_BYTES ((size_t)1 << 30)

typedef struct header {
    char format[24];
    uint64_t identity;
    uint64_t evaluations;
    int64_t round, epoch;
    int64_t islands, survivors;
} header;

static const char format[24] = "axnas-evolve-1";

uint64_t axn_evolve_identity(const axn_evolve_options *o)
{
    const uint64_t numbers[] = {o->seed, (uint64_t)o->generations, (uint64_t)o->nodes,
                                (uint64_t)o->objective, o->liberty->hash};
    uint64_t hash = axn_hash(AXN_HASH_SEED, numbers, sizeof numbers);
    for (int t = 0; t < o->target_count; t++) {
        const axn_cgp_limits *l = &o->targets[t];
        const double limits[] = {l->mae, l->wce, l->ep, l->mre, l->mean_error, l->zero_exact};
        hash = axn_hash(hash, limits, sizeof limits);
    }
    for (int i = 0; i < o->seed_count; i++) {
        const axn_circuit *seed = &o->seeds[i];
        hash = axn_hash(hash, seed->nodes, seed->node_count * sizeof *seed->nodes);
        hash = axn_hash(hash, seed->output, sizeof seed->output);
    }
    return hash;
}

axn_status axn_evolve_save(const axn_evolve_state *state, uint64_t identity, const char *path,
                           axn_error *error)
{
    header h = {.identity = identity,
                .evaluations = state->evaluations,
                .round = state->round,
                .epoch = state->epoch,
                .islands = state->island_count,
                .survivors = (int64_t)state->survivor_count};
    axn_buffer out = {0};
    memcpy(h.format, format, sizeof format);
    axn_buffer_append(&out, &h, sizeof h);
    axn_buffer_append(&out, state->islands, (size_t)state->island_count * sizeof *state->islands);
    if (state->survivor_count > 0)
        axn_buffer_append(&out, state->survivors, state->survivor_count * sizeof *state->survivors);
    uint64_t hash = axn_hash(AXN_HASH_SEED, out.data, out.length);
    axn_buffer_append(&out, &hash, sizeof hash);
    axn_status status = out.failed
                            ? axn_fail(error, AXN_ERROR_MEMORY, "out of memory for a checkpoint")
                            : axn_file_write(path, out.data, out.length, error);
    axn_buffer_free(&out);
    return status;
}

static bool complete(const header *h, const axn_buffer *text, const axn_evolve_state *state)
{
    uint64_t hash;
    if (memcmp(h->format, format, sizeof format) != 0 || h->islands != state->island_count ||
        h->survivors < 0 || h->survivors > (int64_t)(MAX_BYTES / sizeof *state->survivors) ||
        h->round < 0 || h->round > AXN_EVOLVE_ROUNDS || h->epoch < 0)
        return false;
    size_t length = sizeof *h + (size_t)h->islands * sizeof *state->islands +
                    (size_t)h->survivors * sizeof *state->survivors;
    if (text->length != length + sizeof hash)
        return false;
    memcpy(&hash, text->data + length, sizeof hash);
    return hash == axn_hash(AXN_HASH_SEED, text->data, length);
}

/* A bool may hold nothing but 0 and 1. */
static bool flags_valid(const char *islands, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        if ((unsigned char)
                islands[(size_t)i * sizeof(axn_evolve_island) + offsetof(axn_evolve_island, used)] >
            1)
            return false;
    return true;
}

static bool genomes_valid(const axn_evolve_state *state)
{
    for (int i = 0; i < state->island_count; i++)
        if (state->islands[i].used && !axn_cgp_valid(&state->islands[i].genome))
            return false;
    for (size_t i = 0; i < state->survivor_count; i++)
        if (!axn_cgp_valid(&state->survivors[i].genome))
            return false;
    return true;
}

static axn_status take(axn_evolve_state *state, const header *h, const char *bytes,
                       axn_error *error)
{
    size_t islands = (size_t)h->islands * sizeof *state->islands;
    axn_status status =
        axn_grow(&state->survivors, &state->survivor_capacity, (size_t)h->survivors + 1,
                 sizeof *state->survivors, "evolved circuits", error);
    if (status != AXN_OK)
        return status;
    memcpy(state->islands, bytes, islands);
    memcpy(state->survivors, bytes + islands, (size_t)h->survivors * sizeof *state->survivors);
    state->survivor_count = (size_t)h->survivors;
    state->round = (int)h->round;
    state->epoch = (long)h->epoch;
    state->evaluations = h->evaluations;
    return AXN_OK;
}

axn_status axn_evolve_restore(axn_evolve_state *state, uint64_t identity, const char *path,
                              axn_error *error)
{
    axn_buffer text = {0};
    header h;
    axn_status status = axn_file_read(path, MAX_BYTES, &text, error);
    if (status != AXN_OK)
        return status;
    if (text.length >= sizeof h)
        memcpy(&h, text.data, sizeof h);
    if (text.length < sizeof h || !complete(&h, &text, state) ||
        !flags_valid(text.data + sizeof h, h.islands))
        status =
            axn_fail(error, AXN_ERROR_FORMAT,
                     "%s: not a whole checkpoint of `multipliers evolve` with these targets", path);
    else if (h.identity != identity)
        status = axn_fail(error, AXN_ERROR_MISMATCH,
                          "%s: the checkpoint is of other targets, seed, generations, circuits to "
                          "start from or Liberty",
                          path);
    else
        status = take(state, &h, text.data + sizeof h, error);
    if (status == AXN_OK && !genomes_valid(state))
        status = axn_fail(error, AXN_ERROR_FORMAT, "%s: a genome in it is not valid", path);
    axn_buffer_free(&text);
    return status;
}
