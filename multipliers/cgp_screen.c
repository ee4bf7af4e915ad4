/* A mutant's nodes are taken as they are: what the changed genes reach, as far as the
 * parent's folded circuit knows the values of all other inputs. */
#include <string.h>

#include "multipliers/cgp_evaluator_internal.h"

typedef struct screen {
    axn_cgp_evaluator *evaluator;
    const axn_cgp_genome *genome;
    const axn_cgp_phenotype *parent;
    uint64_t touched[AXN_CGP_BITMAP]; /* nodes to compute, one bit a signal / 2 */
    bool unknown;                     /* an input's values are not at hand */
} screen;

static inline unsigned test_bit(const uint64_t *bitmap, int signal)
{
    return bitmap[signal >> 7] >> ((signal >> 1) & 63) & 1;
}

static inline void set_bit(uint64_t *bitmap, int signal)
{
    bitmap[signal >> 7] |= UINT64_C(1) << ((signal >> 1) & 63);
}

/* Marks the nodes behind `signal` that the parent does not compute. */
static void reach(screen *s, int signal)
{
    int16_t stack[3 * AXN_CGP_MAX_NODES];
    int depth = 0;
    stack[depth++] = (int16_t)signal;
    while (depth > 0) {
        signal = stack[--depth];
        if (signal < AXN_NET_FIRST || test_bit(s->parent->needed, signal) ||
            test_bit(s->touched, signal))
            continue;
        int node = AXN_CGP_NODE(signal);
        set_bit(s->touched, signal);
        stack[depth++] = s->genome->input[node][0];
        stack[depth++] = s->genome->input[node][1];
        stack[depth++] = axn_cgp_third_input(s->genome, node);
    }
}

/* Marks what changed; false if nothing that matters did. */
static bool mark_changes(screen *s, const axn_cgp_changes *changes)
{
    const axn_cgp_genome *genome = s->genome;
    bool any = false;
    for (int i = 0; i < changes->count; i++) {
        int node = changes->change[i].gene / 4;
        if (node >= genome->nodes) {
            any = true;
        } else if (test_bit(s->parent->needed, AXN_CGP_SIGNAL(node, 0))) {
            set_bit(s->touched, AXN_CGP_SIGNAL(node, 0));
            any = true;
        }
    }
    /* the reach of the changed nodes is marked only now, when all of these are */
    for (int i = 0; i < changes->count && any; i++) {
        int node = changes->change[i].gene / 4;
        if (node >= genome->nodes) {
            reach(s, genome->output[changes->change[i].gene - genome->nodes * 4]);
        } else if (test_bit(s->touched, AXN_CGP_SIGNAL(node, 0))) {
            reach(s, genome->input[node][0]);
            reach(s, genome->input[node][1]);
            reach(s, axn_cgp_third_input(genome, node));
        }
    }
    return any;
}

/* Where the mutant's values of a signal lie. */
static inline int32_t slot_of(screen *s, int signal)
{
    if (test_bit(s->touched, signal)) {
        int node = AXN_CGP_NODE(signal);
        bool adder = s->genome->function[node] >= AXN_CGP_HALF_ADDER;
        return axn_cgp_slot(s->evaluator, adder ? signal : AXN_CGP_SIGNAL(node, 0), 1);
    }
    int alias = s->parent->alias[signal];
    if (alias >= AXN_NET_FIRST) {
        int node = AXN_CGP_NODE(alias);
        s->unknown |=
            !s->parent->is_live[node] || !axn_cgp_drives(s->parent->gate[node], alias & 1);
    }
    return axn_cgp_slot(s->evaluator, alias, 0);
}

static void visit(screen *s, int node)
{
    axn_cgp_evaluator *e = s->evaluator;
    const int16_t *input = s->genome->input[node];
    int16_t third = axn_cgp_third_input(s->genome, node);
    if (!test_bit(s->touched, AXN_CGP_SIGNAL(node, 0))) {
        if ((test_bit(s->touched, input[0]) | test_bit(s->touched, input[1]) |
             test_bit(s->touched, third)) == 0)
            return;
        set_bit(s->touched, AXN_CGP_SIGNAL(node, 0));
    }
    axn_cgp_step *step = &e->steps[e->step_count++];
    step->gate = s->genome->function[node];
    step->input[0] = slot_of(s, input[0]);
    step->input[1] = slot_of(s, input[1]);
    step->input[2] = slot_of(s, third);
    step->output[0] = axn_cgp_slot(e, AXN_CGP_SIGNAL(node, 0), 1);
    step->output[1] = axn_cgp_slot(e, AXN_CGP_SIGNAL(node, 1), 1);
}

static void compile(screen *s)
{
    int word = 0;
    s->evaluator->step_count = 0;
    while (word < AXN_CGP_BITMAP - 1 && s->touched[word] == 0)
        word++;
    uint64_t lowest = s->touched[word] & -s->touched[word];
    uint64_t mask = lowest == 0 ? ~UINT64_C(0) : ~(lowest - 1);
    for (; word < AXN_CGP_BITMAP && !s->unknown; word++, mask = ~UINT64_C(0)) {
        uint64_t left = (s->parent->needed[word] | s->touched[word]) & mask;
        for (; left != 0; left &= left - 1)
            visit(s, word * 64 + __builtin_ctzll(left) - AXN_NET_FIRST / 2);
    }
    for (int bit = 0; bit < 16; bit++)
        s->evaluator->output[bit] = slot_of(s, s->genome->output[bit]);
}

axn_cgp_screening axn_cgp_screen(axn_cgp_evaluator *e, const axn_cgp_genome *genome,
                                 const axn_cgp_changes *changes, const axn_cgp_limits *limits)
{
    screen s = {.evaluator = e, .genome = genome, .parent = axn_cgp_parent(e)};
    axn_cgp_sums sums;
    if (!mark_changes(&s, changes))
        return AXN_CGP_SCREEN_SAME;
    compile(&s);
    if (s.unknown)
        return AXN_CGP_SCREEN_OPEN;
    return axn_cgp_run_blocks(e, limits, &sums) ? AXN_CGP_SCREEN_OPEN : AXN_CGP_SCREEN_REJECTED;
}
