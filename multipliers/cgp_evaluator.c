#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "multipliers/cgp_evaluator_internal.h"

#define PAIRS 65536
#define PRODUCTS 65025 /* pairs whose exact product is not 0 */

axn_status axn_cgp_evaluator_create(int nodes, const axn_cgp_kernel *kernel,
                                    const axn_cgp_pairs *pairs, const axn_cgp_cost *cost,
                                    axn_cgp_evaluator **out, axn_error *error)
{
    axn_cgp_evaluator *evaluator = NULL;
    axn_status status = axn_allocate(&evaluator, 1, sizeof *evaluator, "an evaluator", error);
    if (status != AXN_OK)
        return status;
    evaluator->kernel = kernel;
    evaluator->pairs = pairs;
    evaluator->cost = cost;
    evaluator->slot_count = AXN_NET_FIRST + 4 * (size_t)nodes;
    status = axn_allocate_aligned(&evaluator->slots, AXN_CGP_BLOCKS * evaluator->slot_count,
                                  AXN_CGP_WORDS * sizeof(uint64_t), "an evaluator", error);
    if (status != AXN_OK) {
        free(evaluator);
        return status;
    }
    for (int block = 0; block < AXN_CGP_BLOCKS; block++) {
        uint64_t *slots = axn_cgp_block_slots(evaluator, block);
        memset(slots + (size_t)AXN_NET_ONE * AXN_CGP_WORDS, 0xff, AXN_CGP_WORDS * sizeof *slots);
        memcpy(slots + (size_t)AXN_NET_A(0) * AXN_CGP_WORDS, pairs->block[block].operand,
               sizeof pairs->block[block].operand);
    }
    for (int i = 0; i < 2; i++) {
        evaluator->ones[i][AXN_NET_ONE] = PAIRS;
        for (int bit = 0; bit < 16; bit++)
            evaluator->ones[i][AXN_NET_A(bit)] = PAIRS / 2;
    }
    *out = evaluator;
    return AXN_OK;
}

void axn_cgp_evaluator_destroy(axn_cgp_evaluator *evaluator)
{
    if (evaluator == NULL)
        return;
    free(evaluator->slots);
    free(evaluator);
}

const axn_cgp_phenotype *axn_cgp_parent(const axn_cgp_evaluator *evaluator)
{
    return &evaluator->phenotype[evaluator->parent];
}

/* Slot of a signal of the mutant. */
static int32_t slot_of(const axn_cgp_evaluator *e, int signal)
{
    return axn_cgp_slot(e, signal, e->dirty[signal >> 1]);
}

static void add_step(axn_cgp_evaluator *e, const axn_cgp_phenotype *child, int node)
{
    axn_cgp_step *step = &e->steps[e->step_count++];
    step->gate = child->gate[node];
    for (int i = 0; i < 3; i++)
        step->input[i] =
            i < axn_cgp_inputs(step->gate) ? slot_of(e, child->input[node][i]) : AXN_NET_ZERO;
    for (int i = 0; i < 2; i++)
        step->output[i] = slot_of(e, AXN_CGP_SIGNAL(node, i));
}

/* Must the mutant's node be computed anew? Written without branches. */
static inline bool is_dirty(const axn_cgp_evaluator *e, const axn_cgp_phenotype *parent,
                            const axn_cgp_phenotype *child, int node)
{
    const int16_t *old = parent->input[node], *new = child->input[node];
    int changed = !parent->is_live[node] | (parent->gate[node] != child->gate[node]);
    for (int i = 0; i < 3; i++)
        changed |= (old[i] != new[i]) | e->dirty[new[i] >> 1];
    return changed != 0;
}

/* Finds what of the mutant must be computed; false if nothing. */
static bool plan(axn_cgp_evaluator *e, const axn_cgp_phenotype *parent,
                 const axn_cgp_phenotype *child)
{
    bool changed = memcmp(parent->output, child->output, sizeof child->output) != 0;
    e->step_count = 0;
    for (int i = 0; i < child->count; i++) {
        int node = child->live[i];
        bool dirty = is_dirty(e, parent, child, node);
        e->dirty[AXN_CGP_SIGNAL(node, 0) >> 1] = dirty;
        if (dirty)
            add_step(e, child, node);
    }
    for (int bit = 0; bit < 16; bit++)
        e->output[bit] = slot_of(e, child->output[bit]);
    return changed || e->step_count > 0;
}

/* Of an error sum after `blocks` blocks: too large, as far as the sample tells? */
static bool hopeless(double sum, double limit, int blocks)
{
    double share = (double)blocks / AXN_CGP_BLOCKS;
    double margin = blocks == AXN_CGP_BLOCKS ? 1 : 1 + 0.5 / blocks;
    return sum > limit * share * margin;
}

static bool misses(const axn_cgp_limits *limits, const axn_cgp_sums *sums, int blocks)
{
    return sums->above != 0 || (limits->zero_exact && sums->wrong_zero != 0) ||
           hopeless((double)sums->absolute, limits->mae * PAIRS, blocks) ||
           hopeless((double)sums->wrong, limits->ep * PAIRS, blocks) ||
           hopeless(sums->relative_least, limits->mre * PRODUCTS, blocks);
}

bool axn_cgp_run_blocks(axn_cgp_evaluator *e, const axn_cgp_limits *limits, axn_cgp_sums *sums)
{
    unsigned largest = limits->wce < PAIRS ? (unsigned)limits->wce : PAIRS - 1;
    *sums = (axn_cgp_sums){0};
    for (int block = 0; block < AXN_CGP_BLOCKS; block++) {
        uint64_t *slots = axn_cgp_block_slots(e, block);
        e->kernel->run(e->steps, e->step_count, slots);
        e->kernel->add_errors(&e->pairs->block[block], slots, e->output, largest, sums);
        if (misses(limits, sums, block + 1))
            return false;
    }
    return true;
}

static void count_ones(axn_cgp_evaluator *e, const axn_cgp_phenotype *child)
{
    uint32_t *ones = e->ones[1];
    memcpy(ones, e->ones[0], sizeof e->ones[0]);
    for (int i = 0; i < child->count; i++) {
        int node = child->live[i];
        for (int o = 0; o < 2 && e->dirty[AXN_CGP_SIGNAL(node, 0) >> 1]; o++) {
            int signal = AXN_CGP_SIGNAL(node, o);
            if (axn_cgp_drives(child->gate[node], o))
                ones[signal] =
                    (uint32_t)e->kernel->ones(e->slots + (size_t)slot_of(e, signal) * AXN_CGP_WORDS,
                                              e->slot_count * AXN_CGP_WORDS);
        }
    }
}

static bool mean_error_allowed(const axn_cgp_evaluator *e, const axn_cgp_phenotype *child,
                               double limit)
{
    double sum = -(255.0 * 128) * (255.0 * 128); /* of the exact products */
    for (int bit = 0; bit < 16; bit++)
        sum += ldexp(e->ones[1][child->output[bit]], bit);
    return fabs(sum) <= limit * PAIRS;
}

/* Where the bounds leave it open: the mean relative error, pair by pair. */
static bool mre_allowed(const axn_cgp_evaluator *e, double limit)
{
    uint16_t errors[AXN_CGP_WORDS][64];
    double sum = 0;
    for (int block = 0; block < AXN_CGP_BLOCKS; block++) {
        const axn_cgp_block *pairs = &e->pairs->block[block];
        e->kernel->errors(pairs, axn_cgp_block_slots(e, block), e->output, errors);
        for (int word = 0; word < AXN_CGP_WORDS; word++)
            for (int k = 0; k < 64; k++)
                if (errors[word][k] != 0 && pairs->product[word][k] != 0)
                    sum += (double)errors[word][k] / pairs->product[word][k];
    }
    return sum <= limit * PRODUCTS;
}

axn_cgp_outcome axn_cgp_try(axn_cgp_evaluator *e, const axn_cgp_genome *genome,
                            const axn_cgp_changes *changes, const axn_cgp_limits *limits,
                            double most, double *cost)
{
    const axn_cgp_phenotype *parent = &e->phenotype[e->parent];
    axn_cgp_phenotype *child = &e->phenotype[1 - e->parent];
    axn_cgp_sums sums;
    axn_cgp_screening screening =
        changes == NULL ? AXN_CGP_SCREEN_OPEN : axn_cgp_screen(e, genome, changes, limits);
    if (screening != AXN_CGP_SCREEN_OPEN)
        return screening == AXN_CGP_SCREEN_SAME ? AXN_CGP_SAME : AXN_CGP_REJECTED;
    axn_cgp_fold(genome, child);
    if (!plan(e, parent, child)) {
        e->parent = 1 - e->parent; /* other genes, which the next mutant changes */
        return AXN_CGP_SAME;
    }
    if (!axn_cgp_run_blocks(e, limits, &sums))
        return AXN_CGP_REJECTED;
    count_ones(e, child);
    *cost = axn_cgp_cost_of(e->cost, child, e->ones[1]);
    if (*cost > most)
        return AXN_CGP_REJECTED;
    if (limits->mean_error < INFINITY && !mean_error_allowed(e, child, limits->mean_error))
        return AXN_CGP_REJECTED;
    if (sums.relative_largest > limits->mre * PRODUCTS && !mre_allowed(e, limits->mre))
        return AXN_CGP_REJECTED;
    return AXN_CGP_FEASIBLE;
}

void axn_cgp_accept(axn_cgp_evaluator *e)
{
    const axn_cgp_phenotype *child = &e->phenotype[1 - e->parent];
    for (int i = 0; i < child->count; i++)
        if (e->dirty[AXN_CGP_SIGNAL(child->live[i], 0) >> 1])
            e->version[child->live[i]] ^= 1;
    memcpy(e->ones[0], e->ones[1], sizeof e->ones[0]);
    e->parent = 1 - e->parent;
}

void axn_cgp_set_parent(axn_cgp_evaluator *e, const axn_cgp_genome *genome, double *cost)
{
    memset(e->phenotype[e->parent].is_live, 0, sizeof e->phenotype[e->parent].is_live);
    axn_cgp_try(e, genome, NULL, &axn_cgp_no_limits, INFINITY, cost);
    axn_cgp_accept(e);
}
