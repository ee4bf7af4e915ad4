#include "multipliers/cgp_genome.h"

#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

static int16_t random_signal(axn_random *random, int node)
{
    return (int16_t)axn_random_below(random, (uint32_t)AXN_CGP_SIGNAL(node, 0));
}

static void random_node(axn_cgp_genome *genome, int node, axn_random *random)
{
    genome->function[node] = (uint8_t)axn_random_below(random, AXN_CGP_FUNCTIONS);
    for (int i = 0; i < 3; i++)
        genome->input[node][i] = random_signal(random, node);
}

/* Nodes that an output depends on, as flags. */
static void mark_live_nodes(const axn_circuit *circuit, bool *live_net, bool *live_node)
{
    for (int bit = 0; bit < 16; bit++)
        live_net[circuit->output[bit]] = true;
    for (size_t n = circuit->node_count; n-- > 0;) {
        const axn_circuit_node *node = &circuit->nodes[n];
        bool adder = node->function >= AXN_CIRCUIT_HALF_ADDER;
        live_node[n] = live_net[node->output] || (adder && live_net[node->output + 1]);
        for (int i = 0; i < 3 && live_node[n]; i++)
            live_net[node->input[i]] = true;
    }
}

static axn_cgp_function function_of(axn_circuit_function function)
{
    static const axn_cgp_function functions[] = {
        [AXN_CIRCUIT_NOT] = AXN_CGP_NAND,
        [AXN_CIRCUIT_AND] = AXN_CGP_AND,
        [AXN_CIRCUIT_OR] = AXN_CGP_OR,
        [AXN_CIRCUIT_XOR] = AXN_CGP_XOR,
        [AXN_CIRCUIT_NAND] = AXN_CGP_NAND,
        [AXN_CIRCUIT_NOR] = AXN_CGP_NOR,
        [AXN_CIRCUIT_XNOR] = AXN_CGP_XNOR,
        [AXN_CIRCUIT_HALF_ADDER] = AXN_CGP_HALF_ADDER,
        [AXN_CIRCUIT_FULL_ADDER] = AXN_CGP_FULL_ADDER,
    };
    return functions[function];
}

static void place_node(const axn_circuit_node *node, int at, int16_t *signal, axn_cgp_genome *out)
{
    out->function[at] = (uint8_t)function_of(node->function);
    for (int i = 0; i < 3; i++)
        out->input[at][i] = signal[node->input[i]];
    if (node->function == AXN_CIRCUIT_NOT)
        out->input[at][1] = out->input[at][0];
    signal[node->output] = (int16_t)AXN_CGP_SIGNAL(at, 0);
    if (node->function >= AXN_CIRCUIT_HALF_ADDER)
        signal[node->output + 1] = (int16_t)AXN_CGP_SIGNAL(at, 1);
}

bool axn_cgp_from_circuit(const axn_circuit *circuit, int nodes, axn_random *random,
                          axn_cgp_genome *out)
{
    size_t nets = (size_t)circuit->net_count;
    bool *live_net = NULL;
    bool *live_node = NULL;
    int16_t *signal = NULL;
    int total = 0, placed = 0;
    bool fits = nodes <= AXN_CGP_MAX_NODES &&
                axn_allocate(&live_net, nets, sizeof *live_net, "a genome", NULL) == AXN_OK &&
                axn_allocate(&live_node, circuit->node_count, sizeof *live_node, "a genome",
                             NULL) == AXN_OK &&
                axn_allocate(&signal, nets, sizeof *signal, "a genome", NULL) == AXN_OK;
    if (fits)
        mark_live_nodes(circuit, live_net, live_node);
    for (size_t n = 0; n < circuit->node_count && fits; n++)
        total += live_node[n];
    fits = fits && total <= nodes;
    if (fits) {
        memset(out, 0, sizeof *out);
        out->nodes = (int16_t)nodes;
        for (int i = 0; i < nodes; i++)
            random_node(out, i, random);
        for (int i = 0; i < AXN_NET_FIRST; i++)
            signal[i] = (int16_t)i;
        for (size_t n = 0; n < circuit->node_count; n++)
            if (live_node[n])
                place_node(&circuit->nodes[n], placed++ * nodes / total, signal, out);
        for (int bit = 0; bit < 16; bit++)
            out->output[bit] = signal[circuit->output[bit]];
    }
    free(live_net);
    free(live_node);
    free(signal);
    return fits;
}

static void build_node(const axn_cgp_genome *genome, int node, int *net, axn_circuit *circuit)
{
    int x = net[genome->input[node][0]];
    int y = net[genome->input[node][1]];
    int z = net[genome->input[node][2]];
    int first = AXN_NET_ZERO;
    int second = -1;
    switch ((axn_cgp_function)genome->function[node]) {
    case AXN_CGP_AND:
        first = axn_circuit_and(circuit, x, y);
        break;
    case AXN_CGP_OR:
        first = axn_circuit_or(circuit, x, y);
        break;
    case AXN_CGP_XOR:
        first = axn_circuit_xor(circuit, x, y);
        break;
    case AXN_CGP_NAND:
        first = axn_circuit_nand(circuit, x, y);
        break;
    case AXN_CGP_NOR:
        first = axn_circuit_nor(circuit, x, y);
        break;
    case AXN_CGP_XNOR:
        first = axn_circuit_xnor(circuit, x, y);
        break;
    case AXN_CGP_AND_NOT:
        first = axn_circuit_and(circuit, x, axn_circuit_not(circuit, y));
        break;
    case AXN_CGP_OR_NOT:
        first = axn_circuit_or(circuit, x, axn_circuit_not(circuit, y));
        break;
    case AXN_CGP_HALF_ADDER:
        axn_circuit_half_adder(circuit, x, y, &first, &second);
        break;
    case AXN_CGP_FULL_ADDER:
        axn_circuit_full_adder(circuit, x, y, z, &first, &second);
        break;
    case AXN_CGP_FUNCTIONS:
        break;
    }
    net[AXN_CGP_SIGNAL(node, 0)] = first;
    net[AXN_CGP_SIGNAL(node, 1)] = second < 0 ? first : second;
}

static int arity(const axn_cgp_genome *genome, int node)
{
    return genome->function[node] == AXN_CGP_FULL_ADDER ? 3 : 2;
}

void axn_cgp_to_circuit(const axn_cgp_genome *genome, axn_circuit *circuit)
{
    bool needed[AXN_CGP_MAX_SIGNALS] = {false};
    int net[AXN_CGP_MAX_SIGNALS] = {0};
    for (int bit = 0; bit < 16; bit++)
        needed[genome->output[bit]] = true;
    for (int n = genome->nodes - 1; n >= 0; n--)
        for (int i = 0; i < arity(genome, n); i++)
            if (needed[AXN_CGP_SIGNAL(n, 0)] || needed[AXN_CGP_SIGNAL(n, 1)])
                needed[genome->input[n][i]] = true;
    for (int i = 0; i < AXN_NET_FIRST; i++)
        net[i] = i;
    for (int n = 0; n < genome->nodes; n++)
        if (needed[AXN_CGP_SIGNAL(n, 0)] || needed[AXN_CGP_SIGNAL(n, 1)])
            build_node(genome, n, net, circuit);
    for (int bit = 0; bit < 16; bit++)
        circuit->output[bit] = net[genome->output[bit]];
}

bool axn_cgp_valid(const axn_cgp_genome *genome)
{
    if (genome->nodes < 1 || genome->nodes > AXN_CGP_MAX_NODES)
        return false;
    for (int n = 0; n < genome->nodes; n++) {
        if (genome->function[n] >= AXN_CGP_FUNCTIONS)
            return false;
        for (int i = 0; i < 3; i++)
            if (genome->input[n][i] < 0 || genome->input[n][i] >= AXN_CGP_SIGNAL(n, 0))
                return false;
    }
    for (int bit = 0; bit < 16; bit++)
        if (genome->output[bit] < 0 || genome->output[bit] >= AXN_CGP_SIGNAL(genome->nodes, 0))
            return false;
    return true;
}

static void set_gene(axn_cgp_genome *genome, int gene, int value, axn_cgp_changes *undo)
{
    int node = gene / 4;
    int old;
    if (node >= genome->nodes) {
        int bit = gene - genome->nodes * 4;
        old = genome->output[bit];
        genome->output[bit] = (int16_t)value;
    } else if (gene % 4 == 0) {
        old = genome->function[node];
        genome->function[node] = (uint8_t)value;
    } else {
        old = genome->input[node][gene % 4 - 1];
        genome->input[node][gene % 4 - 1] = (int16_t)value;
    }
    if (undo != NULL)
        undo->change[undo->count++] = (axn_cgp_change){(int16_t)gene, (int16_t)old};
}

/* A new source for a connection of `node` (or of an output) that comes from `old`. */
static int new_source(const axn_cgp_genome *genome, int node, int old, axn_random *random)
{
    uint32_t kind = axn_random_below(random, 16);
    if (kind < 2)
        return (int)(kind & 1u); /* a constant */
    if (kind < 7 && old >= AXN_NET_FIRST) {
        int source = AXN_CGP_NODE(old);
        uint32_t input = axn_random_below(random, (uint32_t)arity(genome, source));
        return genome->input[source][input];
    }
    if (kind < 8 && old >= AXN_NET_FIRST)
        return old ^ 1; /* the other output of the same node (AXN_NET_FIRST is even) */
    return random_signal(random, node);
}

static void mutate_gene(axn_cgp_genome *genome, int node, axn_random *random, axn_cgp_changes *undo)
{
    uint32_t which = axn_random_below(random, 5);
    if (which == 0) {
        set_gene(genome, node * 4, (int)axn_random_below(random, AXN_CGP_FUNCTIONS), undo);
        return;
    }
    int input = (int)((which - 1) % (uint32_t)arity(genome, node));
    int source = new_source(genome, node, genome->input[node][input], random);
    set_gene(genome, node * 4 + 1 + input, source, undo);
}

void axn_cgp_mutate(axn_cgp_genome *genome, const int16_t *live, int count, axn_random *random,
                    axn_cgp_changes *undo)
{
    int changes = 1;
    undo->count = 0;
    while (changes < AXN_CGP_MAX_CHANGES / 2 && (axn_random_u32(random) & 1u) != 0)
        changes++;
    for (int i = 0; i < changes; i++) {
        uint32_t which = axn_random_below(random, (uint32_t)count + 4);
        if (which < (uint32_t)count) {
            mutate_gene(genome, live[which], random, undo);
        } else {
            int bit = (int)axn_random_below(random, 16);
            int source = new_source(genome, genome->nodes, genome->output[bit], random);
            set_gene(genome, genome->nodes * 4 + bit, source, undo);
        }
        int any = (int)axn_random_below(random, (uint32_t)genome->nodes);
        mutate_gene(genome, any, random, undo);
    }
}

void axn_cgp_undo(axn_cgp_genome *genome, const axn_cgp_changes *undo)
{
    for (int i = undo->count - 1; i >= 0; i--)
        set_gene(genome, undo->change[i].gene, undo->change[i].value, NULL);
}
