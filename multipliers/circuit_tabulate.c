/* Bit-parallel evaluation over all operand pairs: word w of a net holds the 64
 * pairs a * 256 + b = 64 w .. 64 w + 63. */
#include "multipliers/circuit_internal.h"

#include <stdint.h>
#include <stdlib.h>

#include "common/memory.h"

#define BLOCK AXN_CIRCUIT_BLOCK

static const uint64_t b_low_patterns[6] = {
    UINT64_C(0xaaaaaaaaaaaaaaaa), UINT64_C(0xcccccccccccccccc), UINT64_C(0xf0f0f0f0f0f0f0f0),
    UINT64_C(0xff00ff00ff00ff00), UINT64_C(0xffff0000ffff0000), UINT64_C(0xffffffff00000000)};

static void set_operands(uint64_t (*values)[BLOCK], int first_word)
{
    for (int i = 0; i < BLOCK; i++) {
        int a = (first_word + i) >> 2;
        int b_high = (first_word + i) & 3;
        values[AXN_NET_ZERO][i] = 0;
        values[AXN_NET_ONE][i] = ~UINT64_C(0);
        for (int bit = 0; bit < 8; bit++)
            values[AXN_NET_A(bit)][i] = (a >> bit) & 1 ? ~UINT64_C(0) : 0;
        for (int bit = 0; bit < 6; bit++)
            values[AXN_NET_B(bit)][i] = b_low_patterns[bit];
        for (int bit = 6; bit < 8; bit++)
            values[AXN_NET_B(bit)][i] = (b_high >> (bit - 6)) & 1 ? ~UINT64_C(0) : 0;
    }
}

#define FOR_WORDS(out, expression)                                                                 \
    for (int i = 0; i < BLOCK; i++)                                                                \
    (out)[i] = (expression)

static void evaluate_node(const axn_circuit_node *node, uint64_t (*values)[BLOCK])
{
    const uint64_t *x = values[node->input[0]];
    const uint64_t *y = values[node->input[1]];
    const uint64_t *z = values[node->input[2]];
    uint64_t *out = values[node->output];
    switch (node->function) {
    case AXN_CIRCUIT_NOT:
        FOR_WORDS(out, ~x[i]);
        break;
    case AXN_CIRCUIT_AND:
        FOR_WORDS(out, x[i] & y[i]);
        break;
    case AXN_CIRCUIT_OR:
        FOR_WORDS(out, x[i] | y[i]);
        break;
    case AXN_CIRCUIT_XOR:
        FOR_WORDS(out, x[i] ^ y[i]);
        break;
    case AXN_CIRCUIT_NAND:
        FOR_WORDS(out, ~(x[i] & y[i]));
        break;
    case AXN_CIRCUIT_NOR:
        FOR_WORDS(out, ~(x[i] | y[i]));
        break;
    case AXN_CIRCUIT_XNOR:
        FOR_WORDS(out, ~(x[i] ^ y[i]));
        break;
    case AXN_CIRCUIT_HALF_ADDER:
        FOR_WORDS(out, x[i] ^ y[i]);
        FOR_WORDS(values[node->output + 1], x[i] & y[i]);
        break;
    case AXN_CIRCUIT_FULL_ADDER:
        FOR_WORDS(out, x[i] ^ y[i] ^ z[i]);
        FOR_WORDS(values[node->output + 1], (x[i] & y[i]) | (z[i] & (x[i] | y[i])));
        break;
    }
}

void axn_circuit_evaluate(const axn_circuit *circuit, int first_word, uint64_t (*values)[BLOCK])
{
    set_operands(values, first_word);
    for (size_t n = 0; n < circuit->node_count; n++)
        evaluate_node(&circuit->nodes[n], values);
}

/* Bit j of a byte in the lowest bit of byte j. */
static uint64_t spread(uint64_t byte)
{
    uint64_t bits = byte * UINT64_C(0x0101010101010101) & UINT64_C(0x8040201008040201);
    return ((bits + UINT64_C(0x7f7f7f7f7f7f7f7f)) >> 7) & UINT64_C(0x0101010101010101);
}

/* Eight products from byte `shift / 8` of the output nets' words. */
static void gather_products(uint64_t (*values)[BLOCK], const int *output, int word, int shift,
                            uint16_t *products)
{
    uint64_t low = 0, high = 0;
    for (int bit = 0; bit < 8; bit++) {
        low |= spread(values[output[bit]][word] >> shift & 0xff) << bit;
        high |= spread(values[output[bit + 8]][word] >> shift & 0xff) << bit;
    }
    for (int k = 0; k < 64; k += 8)
        *products++ = (uint16_t)((low >> k & 0xff) | (high >> k & 0xff) << 8);
}

axn_status axn_circuit_tabulate(const axn_circuit *circuit, axn_table *table, axn_error *error)
{
    axn_status status = axn_circuit_check(circuit, error);
    uint64_t(*values)[BLOCK] = NULL;
    if (status != AXN_OK)
        return status;
    status = axn_allocate_aligned(&values, (size_t)circuit->net_count, sizeof *values,
                                  "circuit evaluation", error);
    if (status != AXN_OK)
        return status;
    for (int word = 0; word < 1024; word += BLOCK) {
        axn_circuit_evaluate(circuit, word, values);
        for (int i = 0; i < BLOCK * 8; i++)
            gather_products(values, circuit->output, i / 8, i % 8 * 8,
                            table->product + word * 64 + i * 8);
    }
    free(values);
    return AXN_OK;
}
