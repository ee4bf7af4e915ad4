#include "multipliers/cgp_phenotype.h"

#include <string.h>

#define FIRST_UNIT (AXN_NET_FIRST / 2) /* a unit is two signals */

typedef struct folding {
    const axn_cgp_genome *genome;
    axn_cgp_phenotype *out;
} folding;

/* Bit a + 2b of a function's truth table, in the order of axn_cgp_function. */
static const uint8_t truth[8] = {0x8, 0xe, 0x6, 0x7, 0x1, 0x9, 0x2, 0xb};

static void set_gate(folding *f, int node, uint8_t gate, int16_t x, int16_t y, int16_t z)
{
    f->out->gate[node] = gate;
    f->out->input[node][0] = x;
    f->out->input[node][1] = y;
    f->out->input[node][2] = z;
}

static void set_alias(folding *f, int node, int output, int16_t signal)
{
    f->out->alias[AXN_CGP_SIGNAL(node, output)] = signal;
}

/* Output 0 = the function of x that is `low` for x = 0 and `high` for x = 1. */
static void fold_unary(folding *f, int node, int low, int high, int16_t x)
{
    if (low == high)
        set_alias(f, node, 0, low != 0 ? AXN_NET_ONE : AXN_NET_ZERO);
    else if (high != 0)
        set_alias(f, node, 0, x);
    else
        set_gate(f, node, AXN_CGP_GATE_NOT, x, AXN_NET_ZERO, AXN_NET_ZERO);
}

static void fold_gate(folding *f, int node, uint8_t function, int16_t x, int16_t y)
{
    unsigned t = truth[function];
    if (x <= AXN_NET_ONE) {
        unsigned row = t >> x;
        fold_unary(f, node, row & 1, (row >> 2) & 1, y);
    } else if (y <= AXN_NET_ONE) {
        unsigned row = t >> (2 * y);
        fold_unary(f, node, row & 1, (row >> 1) & 1, x);
    } else if (x == y) {
        fold_unary(f, node, t & 1, (t >> 3) & 1, x);
    } else {
        set_gate(f, node, function, x, y, AXN_NET_ZERO);
    }
    set_alias(f, node, 1, f->out->alias[AXN_CGP_SIGNAL(node, 0)]);
}

static void fold_half_adder(folding *f, int node, int16_t x, int16_t y)
{
    if (x <= AXN_NET_ONE) {
        int16_t swap = x;
        x = y;
        y = swap;
    }
    if (y == AXN_NET_ZERO) {
        set_alias(f, node, 0, x);
        set_alias(f, node, 1, AXN_NET_ZERO);
    } else if (y == AXN_NET_ONE) {
        if (x <= AXN_NET_ONE)
            set_alias(f, node, 0, x ^ 1);
        else
            set_gate(f, node, AXN_CGP_GATE_NOT, x, AXN_NET_ZERO, AXN_NET_ZERO);
        set_alias(f, node, 1, x);
    } else if (x == y) {
        set_alias(f, node, 0, AXN_NET_ZERO);
        set_alias(f, node, 1, x);
    } else {
        set_gate(f, node, AXN_CGP_HALF_ADDER, x, y, AXN_NET_ZERO);
    }
}

/* x + y + 1. */
static void fold_increment(folding *f, int node, int16_t x, int16_t y)
{
    if (x <= AXN_NET_ONE) {
        int16_t swap = x;
        x = y;
        y = swap;
    }
    if (y == AXN_NET_ZERO) {
        fold_half_adder(f, node, x, AXN_NET_ONE);
    } else if (y == AXN_NET_ONE) {
        set_alias(f, node, 0, x);
        set_alias(f, node, 1, AXN_NET_ONE);
    } else if (x == y) {
        set_alias(f, node, 0, AXN_NET_ONE);
        set_alias(f, node, 1, x);
    } else {
        set_gate(f, node, AXN_CGP_GATE_INCREMENT, x, y, AXN_NET_ZERO);
    }
}

static void fold_full_adder(folding *f, int node, int16_t x, int16_t y, int16_t z)
{
    int16_t constant = x <= AXN_NET_ONE ? x : y <= AXN_NET_ONE ? y : z;
    if (constant <= AXN_NET_ONE) {
        int16_t first = x <= AXN_NET_ONE ? y : x;
        int16_t second = x <= AXN_NET_ONE || y <= AXN_NET_ONE ? z : y;
        if (constant == AXN_NET_ZERO)
            fold_half_adder(f, node, first, second);
        else
            fold_increment(f, node, first, second);
    } else if (x == y || x == z || y == z) {
        int16_t pair = x == y || x == z ? x : y;
        set_alias(f, node, 0, (int16_t)(x == y ? z : x == z ? y : x));
        set_alias(f, node, 1, pair);
    } else {
        set_gate(f, node, AXN_CGP_FULL_ADDER, x, y, z);
    }
}

static void fold_node(folding *f, int node)
{
    const axn_cgp_genome *genome = f->genome;
    int16_t x = f->out->alias[genome->input[node][0]];
    int16_t y = f->out->alias[genome->input[node][1]];
    int16_t z = f->out->alias[axn_cgp_third_input(genome, node)];
    int two = genome->function[node] != AXN_CGP_FULL_ADDER;
    int adder = genome->function[node] >= AXN_CGP_HALF_ADDER;
    f->out->alias[AXN_CGP_SIGNAL(node, 0)] = (int16_t)AXN_CGP_SIGNAL(node, 0);
    f->out->alias[AXN_CGP_SIGNAL(node, 1)] = (int16_t)AXN_CGP_SIGNAL(node, adder);
    int plain = (x > AXN_NET_ONE) & (y > AXN_NET_ONE) & (x != y) &
                (two | ((z > AXN_NET_ONE) & (z != x) & (z != y)));
    if (plain != 0)
        set_gate(f, node, genome->function[node], x, y, z);
    else if (two == 0)
        fold_full_adder(f, node, x, y, z);
    else if (genome->function[node] == AXN_CGP_HALF_ADDER)
        fold_half_adder(f, node, x, y);
    else
        fold_gate(f, node, genome->function[node], x, y);
}

static inline void need(uint64_t *bitmap, int signal)
{
    bitmap[signal >> 7] |= UINT64_C(1) << ((signal >> 1) & 63);
}

/* Inputs are older than their node, so a walk down the bitmap meets every needed node. */
static void mark_needed(folding *f)
{
    const axn_cgp_genome *genome = f->genome;
    memset(f->out->needed, 0, sizeof f->out->needed);
    for (int bit = 0; bit < 16; bit++)
        need(f->out->needed, genome->output[bit]);
    for (int word = AXN_CGP_BITMAP - 1; word >= 0; word--) {
        uint64_t left = word > 0 ? ~UINT64_C(0) : ~UINT64_C(0) << FIRST_UNIT;
        while ((f->out->needed[word] & left) != 0) {
            int top = 63 - __builtin_clzll(f->out->needed[word] & left);
            int n = word * 64 + top - FIRST_UNIT;
            left = (UINT64_C(1) << top) - 1;
            if (word == 0)
                left &= ~UINT64_C(0) << FIRST_UNIT;
            need(f->out->needed, genome->input[n][0]);
            need(f->out->needed, genome->input[n][1]);
            need(f->out->needed, axn_cgp_third_input(genome, n));
        }
    }
    f->out->needed[0] &= ~UINT64_C(0) << FIRST_UNIT;
}

/* The gate that remains of an adder of which `used` outputs are read (bit 0 = sum). */
static uint8_t narrowed(uint8_t gate, unsigned used)
{
    if (used == 3)
        return gate;
    if (gate == AXN_CGP_HALF_ADDER)
        return used == 1 ? (uint8_t)AXN_CGP_XOR : (uint8_t)AXN_CGP_GATE_CARRY;
    if (gate == AXN_CGP_FULL_ADDER)
        return used == 1 ? (uint8_t)AXN_CGP_GATE_XOR3 : (uint8_t)AXN_CGP_GATE_MAJORITY;
    if (gate == AXN_CGP_GATE_INCREMENT && used == 1)
        return AXN_CGP_XNOR;
    return gate;
}

static void keep_node(folding *f, int node, uint8_t *used)
{
    axn_cgp_phenotype *out = f->out;
    unsigned outputs = used[AXN_CGP_SIGNAL(node, 0)] + 2u * used[AXN_CGP_SIGNAL(node, 1)];
    if (outputs == 0)
        return;
    if (out->gate[node] >= AXN_CGP_HALF_ADDER && outputs != 3)
        out->gate[node] = narrowed(out->gate[node], outputs);
    for (int i = 0; i < 3; i++) /* unused ones are the constant 0 */
        used[out->input[node][i]] = 1;
    out->is_live[node] = true;
    out->live[out->count++] = (int16_t)node;
}

static void mark_live(folding *f)
{
    axn_cgp_phenotype *out = f->out;
    uint8_t used[AXN_CGP_MAX_SIGNALS];
    size_t nodes = (size_t)f->genome->nodes;
    memset(used, 0, (size_t)AXN_CGP_SIGNAL(nodes, 0));
    memset(out->is_live, 0, nodes * sizeof out->is_live[0]);
    out->count = 0;
    for (int bit = 0; bit < 16; bit++) {
        out->output[bit] = f->out->alias[f->genome->output[bit]];
        used[out->output[bit]] = 1;
    }
    for (int word = AXN_CGP_BITMAP - 1; word >= 0; word--) {
        uint64_t left = f->out->needed[word];
        while (left != 0) {
            int top = 63 - __builtin_clzll(left);
            left ^= UINT64_C(1) << top;
            keep_node(f, word * 64 + top - FIRST_UNIT, used);
        }
    }
    for (int i = 0; i < out->count / 2; i++) {
        int16_t swap = out->live[i];
        out->live[i] = out->live[out->count - 1 - i];
        out->live[out->count - 1 - i] = swap;
    }
}

void axn_cgp_fold(const axn_cgp_genome *genome, axn_cgp_phenotype *out)
{
    folding f;
    f.genome = genome;
    f.out = out;
    mark_needed(&f);
    for (int i = 0; i < AXN_NET_FIRST; i++)
        out->alias[i] = (int16_t)i;
    for (int word = 0; word < AXN_CGP_BITMAP; word++) {
        uint64_t left = out->needed[word];
        while (left != 0) {
            fold_node(&f, word * 64 + __builtin_ctzll(left) - FIRST_UNIT);
            left &= left - 1;
        }
    }
    mark_live(&f);
}
