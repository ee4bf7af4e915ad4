#include "multipliers/cgp_evaluator.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

#define PAIRS 65536
#define PRODUCTS 65025 /* pairs whose exact product is not 0 */

const axn_cgp_limits axn_cgp_no_limits = {INFINITY, INFINITY, INFINITY, INFINITY, INFINITY, false};

struct axn_cgp_evaluator {
    const axn_cgp_kernel *kernel;
    const axn_cgp_pairs *pairs;
    const axn_cgp_cost *cost;
    uint64_t *slots; /* [AXN_CGP_BLOCKS][slot_count][AXN_CGP_WORDS] */
    size_t slot_count;
    axn_cgp_phenotype phenotype[2];
    int parent;                            /* which of the two */
    uint8_t version[AXN_CGP_MAX_NODES];    /* which of a node's two slots is the parent's */
    bool dirty[AXN_CGP_MAX_NODES];         /* of the mutant, for its live nodes */
    uint32_t ones[2][AXN_CGP_MAX_SIGNALS]; /* of the parent, and of the mutant */
    axn_cgp_step steps[AXN_CGP_MAX_NODES];
    int step_count;
    int32_t output[16]; /* slots of the mutant's outputs */
};

axn_cgp_errors axn_cgp_errors_of(const axn_table *table)
{
    axn_cgp_errors errors = {.metrics = axn_metrics_of(table), .zero_exact = true};
    for (int i = 0; i < 256; i++)
        if (table->product[i] != 0 || table->product[i * 256] != 0)
            errors.zero_exact = false;
    return errors;
}

bool axn_cgp_meets(const axn_cgp_limits *limits, const axn_cgp_errors *errors)
{
    const double tolerance = 1 + 1e-9; /* of sums in another order */
    const axn_metrics *metrics = &errors->metrics;
    return (errors->zero_exact || !limits->zero_exact) && metrics->mae <= limits->mae * tolerance &&
           metrics->wce <= limits->wce && metrics->ep <= limits->ep * tolerance &&
           metrics->mre <= limits->mre * tolerance &&
           fabs(metrics->mean_error) <= limits->mean_error * tolerance;
}

/* Operand pairs by ascending product, by counting. */
static void sort_pairs(uint32_t *order, uint32_t *first)
{
    memset(first, 0, (PAIRS + 1) * sizeof *first);
    for (uint32_t pair = 0; pair < PAIRS; pair++)
        first[(pair >> 8) * (pair & 255) + 1]++;
    for (uint32_t product = 0; product < PAIRS; product++)
        first[product + 1] += first[product];
    for (uint32_t pair = 0; pair < PAIRS; pair++)
        order[first[(pair >> 8) * (pair & 255)]++] = pair;
}

static unsigned reverse_bits(unsigned value, int bits)
{
    unsigned result = 0;
    for (int i = 0; i < bits; i++)
        result |= (value >> i & 1u) << (bits - 1 - i);
    return result;
}

static void fill_word(axn_cgp_block *block, int word, const uint32_t *pairs)
{
    double least = INFINITY, largest = 0;
    for (int k = 0; k < 64; k++) {
        unsigned a = pairs[k] >> 8, b = pairs[k] & 255, product = a * b;
        uint64_t bit = UINT64_C(1) << k;
        for (int i = 0; i < 8; i++) {
            block->operand[i][word] |= (a >> i & 1u) != 0 ? bit : 0;
            block->operand[8 + i][word] |= (b >> i & 1u) != 0 ? bit : 0;
        }
        for (int i = 0; i < 16; i++)
            block->exact[i][word] |= (product >> i & 1u) != 0 ? bit : 0;
        block->product[word][k] = (uint16_t)product;
        if (product == 0) {
            block->zero[word] |= bit;
            least = 0; /* such an error counts nothing */
            continue;
        }
        least = fmin(least, 1.0 / product);
        largest = fmax(largest, 1.0 / product);
    }
    block->least[word] = least;
    block->largest[word] = largest;
}

axn_status axn_cgp_pairs_create(axn_cgp_pairs **out, axn_error *error)
{
    axn_cgp_pairs *pairs = NULL;
    uint32_t *order = NULL;
    uint32_t *first = NULL;
    axn_status status = axn_allocate_aligned(&pairs, 1, sizeof *pairs, "operand pairs", error);
    if (status == AXN_OK)
        status = axn_allocate(&order, PAIRS, sizeof *order, "operand pairs", error);
    if (status == AXN_OK)
        status = axn_allocate(&first, PAIRS + 1, sizeof *first, "operand pairs", error);
    if (status == AXN_OK) {
        sort_pairs(order, first);
        /* lane l of vector v: the words of one eighth of the products, in an order in
         * which any run of vectors is spread over that eighth */
        for (unsigned v = 0; v < 128; v++)
            for (unsigned lane = 0; lane < 8; lane++)
                fill_word(&pairs->block[v / 8], (int)(v % 8 * 8 + lane),
                          order + (size_t)(lane * 128 + reverse_bits(v, 7)) * 64);
        *out = pairs;
        pairs = NULL;
    }
    free(pairs);
    free(order);
    free(first);
    return status;
}

static uint64_t *block_slots(const axn_cgp_evaluator *evaluator, int block)
{
    return evaluator->slots + (size_t)block * evaluator->slot_count * AXN_CGP_WORDS;
}

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
        uint64_t *slots = block_slots(evaluator, block);
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
    if (signal < AXN_NET_FIRST)
        return signal;
    int node = AXN_CGP_NODE(signal);
    int version = e->version[node] ^ e->dirty[signal >> 1];
    return AXN_NET_FIRST + (signal - AXN_NET_FIRST) * 2 + version;
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

static bool run_blocks(axn_cgp_evaluator *e, const axn_cgp_limits *limits, axn_cgp_sums *sums)
{
    unsigned largest = limits->wce < PAIRS ? (unsigned)limits->wce : PAIRS - 1;
    *sums = (axn_cgp_sums){0};
    for (int block = 0; block < AXN_CGP_BLOCKS; block++) {
        uint64_t *slots = block_slots(e, block);
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
        e->kernel->errors(pairs, block_slots(e, block), e->output, errors);
        for (int word = 0; word < AXN_CGP_WORDS; word++)
            for (int k = 0; k < 64; k++)
                if (errors[word][k] != 0 && pairs->product[word][k] != 0)
                    sum += (double)errors[word][k] / pairs->product[word][k];
    }
    return sum <= limit * PRODUCTS;
}

axn_cgp_outcome axn_cgp_try(axn_cgp_evaluator *e, const axn_cgp_genome *genome,
                            const axn_cgp_limits *limits, double most, double *cost)
{
    const axn_cgp_phenotype *parent = &e->phenotype[e->parent];
    axn_cgp_phenotype *child = &e->phenotype[1 - e->parent];
    axn_cgp_sums sums;
    axn_cgp_fold(genome, child);
    if (!plan(e, parent, child))
        return AXN_CGP_SAME;
    if (!run_blocks(e, limits, &sums))
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
    axn_cgp_try(e, genome, &axn_cgp_no_limits, INFINITY, cost);
    axn_cgp_accept(e);
}
