#include "multipliers/adders.h"

#include <stdlib.h>
#include <string.h>

#include "common/hash.h"
#include "common/memory.h"
#include "multipliers/circuit_internal.h"

#define WORDS 1024 /* of a net: all operand pairs */
#define MAX_NETS 8192

/* How a net is made: by its own node, or as an output of an adder. */
typedef struct definition {
    int adder;  /* index, -1 = its node */
    int output; /* 0 sum, 1 carry */
    bool inverted;
} definition;

typedef struct adder {
    int input[3]; /* nets; the third is -1 in a half adder */
    bool disabled;
    bool built;
    int sum, carry; /* nets of the new circuit */
} adder;

typedef struct search {
    const axn_circuit *in;
    axn_circuit *out;
    uint64_t (*values)[WORDS]; /* [net_count] */
    uint64_t *hashes;
    int *node_of; /* node that drives a net, -1 for operands and constants */
    definition *definitions;
    adder *adders;
    int adder_count;
    int *net;       /* of the new circuit, -1 = not built */
    uint8_t *state; /* of the walk: 0 new, 1 open */
    int *stack;
} search;

static uint64_t majority(uint64_t x, uint64_t y, uint64_t z)
{
    return (x & y) | (z & (x | y));
}

/* Values of all nets, and which node drives each. */
static axn_status evaluate(search *s, axn_error *error)
{
    uint64_t(*block)[AXN_CIRCUIT_BLOCK] = NULL;
    axn_status status = axn_allocate_aligned(&block, (size_t)s->in->net_count, sizeof *block,
                                             "a circuit's values", error);
    if (status != AXN_OK)
        return status;
    for (int word = 0; word < WORDS; word += AXN_CIRCUIT_BLOCK) {
        axn_circuit_evaluate(s->in, word, block);
        for (int net = 0; net < s->in->net_count; net++)
            memcpy(s->values[net] + word, block[net], sizeof block[net]);
    }
    free(block);
    for (size_t n = 0; n < s->in->node_count; n++) {
        const axn_circuit_node *node = &s->in->nodes[n];
        s->node_of[node->output] = (int)n;
        if (node->function >= AXN_CIRCUIT_HALF_ADDER)
            s->node_of[node->output + 1] = (int)n;
    }
    for (int net = 0; net < s->in->net_count; net++)
        s->hashes[net] = axn_hash(AXN_HASH_SEED, s->values[net], sizeof s->values[net]);
    return AXN_OK;
}

/* A net, not older than the operands, that carries these values; -1 if none. */
static int find_values(const search *s, const uint64_t *values)
{
    uint64_t hash = axn_hash(AXN_HASH_SEED, values, sizeof s->values[0]);
    for (int net = AXN_NET_FIRST; net < s->in->net_count; net++)
        if (s->hashes[net] == hash && s->definitions[net].adder < 0 &&
            memcmp(s->values[net], values, sizeof s->values[0]) == 0)
            return net;
    return -1;
}

static bool is_exclusive(const search *s, int net)
{
    if (net < AXN_NET_FIRST)
        return false;
    axn_circuit_function f = s->in->nodes[s->node_of[net]].function;
    return f == AXN_CIRCUIT_XOR || f == AXN_CIRCUIT_XNOR;
}

/* Makes nets `sum` and of the matching carry the outputs of an adder over inputs. */
static void try_adder(search *s, int sum, bool inverted, const int *inputs)
{
    uint64_t values[WORDS];
    const uint64_t *x = s->values[inputs[0]], *y = s->values[inputs[1]];
    const uint64_t *z = s->values[inputs[2] < 0 ? AXN_NET_ZERO : inputs[2]];
    for (int w = 0; w < WORDS; w++)
        values[w] = majority(x[w], y[w], z[w]);
    int carry = find_values(s, values);
    if (carry < 0 || carry == sum)
        return;
    s->adders[s->adder_count] = (adder){.input = {inputs[0], inputs[1], inputs[2]}};
    s->definitions[sum] = (definition){s->adder_count, 0, inverted};
    s->definitions[carry] = (definition){s->adder_count, 1, false};
    s->adder_count++;
}

static bool is_xnor(const search *s, int net)
{
    return s->in->nodes[s->node_of[net]].function == AXN_CIRCUIT_XNOR;
}

static void find_full_adders(search *s)
{
    for (int net = AXN_NET_FIRST; net < s->in->net_count; net++)
        for (int side = 0; side < 2 && is_exclusive(s, net); side++) {
            const axn_circuit_node *node = &s->in->nodes[s->node_of[net]];
            int inner = node->input[side];
            if (s->definitions[net].adder >= 0 || !is_exclusive(s, inner))
                continue;
            const int *leaves = s->in->nodes[s->node_of[inner]].input;
            const int inputs[3] = {leaves[0], leaves[1], node->input[1 - side]};
            try_adder(s, net, is_xnor(s, net) != is_xnor(s, inner), inputs);
        }
}

static void find_half_adders(search *s)
{
    for (int net = AXN_NET_FIRST; net < s->in->net_count; net++) {
        if (!is_exclusive(s, net) || s->definitions[net].adder >= 0)
            continue;
        const int *leaves = s->in->nodes[s->node_of[net]].input;
        const int inputs[3] = {leaves[0], leaves[1], -1};
        try_adder(s, net, is_xnor(s, net), inputs);
    }
}

/* Old nets that must be built before `net`; returns how many. */
static int needs(const search *s, int net, int out[3])
{
    const definition *d = &s->definitions[net];
    int count = 0;
    for (int i = 0; i < 3; i++) {
        int input =
            d->adder >= 0 ? s->adders[d->adder].input[i] : s->in->nodes[s->node_of[net]].input[i];
        if (input >= 0)
            out[count++] = input;
    }
    return count;
}

static void build_gate(search *s, int old)
{
    const axn_circuit_node *node = &s->in->nodes[s->node_of[old]];
    int x = s->net[node->input[0]], y = s->net[node->input[1]], z = s->net[node->input[2]];
    int sum = AXN_NET_ZERO, carry = AXN_NET_ZERO;
    switch (node->function) {
    case AXN_CIRCUIT_NOT:
        sum = axn_circuit_not(s->out, x);
        break;
    case AXN_CIRCUIT_AND:
        sum = axn_circuit_and(s->out, x, y);
        break;
    case AXN_CIRCUIT_OR:
        sum = axn_circuit_or(s->out, x, y);
        break;
    case AXN_CIRCUIT_XOR:
        sum = axn_circuit_xor(s->out, x, y);
        break;
    case AXN_CIRCUIT_NAND:
        sum = axn_circuit_nand(s->out, x, y);
        break;
    case AXN_CIRCUIT_NOR:
        sum = axn_circuit_nor(s->out, x, y);
        break;
    case AXN_CIRCUIT_XNOR:
        sum = axn_circuit_xnor(s->out, x, y);
        break;
    case AXN_CIRCUIT_HALF_ADDER:
        axn_circuit_half_adder(s->out, x, y, &sum, &carry);
        break;
    case AXN_CIRCUIT_FULL_ADDER:
        axn_circuit_full_adder(s->out, x, y, z, &sum, &carry);
        break;
    }
    s->net[node->output] = sum;
    if (node->function >= AXN_CIRCUIT_HALF_ADDER)
        s->net[node->output + 1] = carry;
}

static void build(search *s, int old)
{
    const definition *d = &s->definitions[old];
    if (d->adder < 0) {
        build_gate(s, old);
        return;
    }
    adder *a = &s->adders[d->adder];
    int x = s->net[a->input[0]], y = s->net[a->input[1]];
    if (!a->built && a->input[2] >= 0)
        axn_circuit_full_adder(s->out, x, y, s->net[a->input[2]], &a->sum, &a->carry);
    else if (!a->built)
        axn_circuit_half_adder(s->out, x, y, &a->sum, &a->carry);
    a->built = true;
    int net = d->output == 0 ? a->sum : a->carry;
    s->net[old] = d->inverted ? axn_circuit_not(s->out, net) : net;
}

/* Builds an output and all below it, inputs first. A net met again while it is open
 * would feed itself through an adder: false, and that adder is taken out. */
static bool walk(search *s, int root)
{
    int depth = 0;
    s->stack[depth++] = root;
    while (depth > 0) {
        int net = s->stack[depth - 1];
        int inputs[3];
        int count = s->net[net] >= 0 ? 0 : needs(s, net, inputs);
        bool ready = true;
        for (int i = 0; i < count; i++) {
            if (s->net[inputs[i]] >= 0)
                continue;
            if (s->state[inputs[i]] == 1) {
                for (int k = depth - 1; k >= 0; k--)
                    if (s->definitions[s->stack[k]].adder >= 0) {
                        s->adders[s->definitions[s->stack[k]].adder].disabled = true;
                        break;
                    }
                return false;
            }
            s->state[net] = 1;
            s->stack[depth++] = inputs[i];
            ready = false;
            break;
        }
        if (!ready)
            continue;
        if (s->net[net] < 0)
            build(s, net);
        s->state[net] = 0;
        depth--;
    }
    return true;
}

static void restart(search *s)
{
    axn_circuit_free(s->out);
    axn_circuit_start(s->out);
    for (int net = 0; net < s->in->net_count; net++) {
        s->net[net] = net < AXN_NET_FIRST ? net : -1;
        s->state[net] = 0;
        int a = s->definitions[net].adder;
        if (a >= 0 && s->adders[a].disabled)
            s->definitions[net].adder = -1;
    }
    for (int a = 0; a < s->adder_count; a++)
        s->adders[a].built = false;
}

static void rebuild(search *s)
{
    bool whole;
    do {
        whole = true;
        restart(s);
        for (int bit = 0; bit < 16 && whole; bit++)
            whole = walk(s, s->in->output[bit]);
    } while (!whole);
    for (int bit = 0; bit < 16; bit++)
        s->out->output[bit] = s->net[s->in->output[bit]];
}

axn_status axn_circuit_find_adders(const axn_circuit *in, axn_circuit *out, axn_error *error)
{
    search s = {.in = in, .out = out};
    size_t nets = (size_t)in->net_count;
    axn_status status = axn_circuit_check(in, error);
    if (status != AXN_OK)
        return status;
    if (in->net_count > MAX_NETS)
        return axn_fail(error, AXN_ERROR_LIMIT, "a circuit of %d nets; %d are possible",
                        in->net_count, MAX_NETS);
    status = axn_allocate(&s.values, nets, sizeof *s.values, "a circuit's values", error);
    if (status == AXN_OK)
        status = axn_allocate(&s.hashes, nets, sizeof *s.hashes, "a circuit's values", error);
    if (status == AXN_OK)
        status = axn_allocate(&s.node_of, nets, sizeof *s.node_of, "a circuit's nets", error);
    if (status == AXN_OK)
        status =
            axn_allocate(&s.definitions, nets, sizeof *s.definitions, "a circuit's nets", error);
    if (status == AXN_OK)
        status = axn_allocate(&s.adders, nets, sizeof *s.adders, "adders", error);
    if (status == AXN_OK)
        status = axn_allocate(&s.net, nets, sizeof *s.net, "a circuit's nets", error);
    if (status == AXN_OK)
        status = axn_allocate(&s.state, nets, sizeof *s.state, "a circuit's nets", error);
    if (status == AXN_OK)
        status = axn_allocate(&s.stack, nets + 1, sizeof *s.stack, "a circuit's nets", error);
    if (status == AXN_OK) {
        for (int net = 0; net < in->net_count; net++)
            s.definitions[net].adder = s.node_of[net] = -1;
        status = evaluate(&s, error);
    }
    if (status == AXN_OK) {
        find_full_adders(&s);
        find_half_adders(&s);
        rebuild(&s);
        status = axn_circuit_check(out, error);
    }
    free(s.values);
    free(s.hashes);
    free(s.node_of);
    free(s.definitions);
    free(s.adders);
    free(s.net);
    free(s.state);
    free(s.stack);
    return status;
}
