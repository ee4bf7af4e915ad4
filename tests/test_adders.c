/* Adders hidden in gates are found, and the function stays. */
#include "multipliers/adders.h"
#include "multipliers/families.h"
#include "tests/check.h"

static axn_error error;
static axn_table table;

static uint64_t hash_of(const axn_circuit *circuit)
{
    AXN_CHECK_OK(axn_circuit_tabulate(circuit, &table, &error), error);
    return axn_table_hash(&table);
}

static int count(const axn_circuit *circuit, axn_circuit_function function)
{
    int found = 0;
    for (size_t n = 0; n < circuit->node_count; n++)
        found += circuit->nodes[n].function == function;
    return found;
}

/* sum and carry of x + y + z from gates, in one of three ways. */
static void gates(axn_circuit *c, int way, const int x[3], int *sum, int *carry)
{
    int first = axn_circuit_xor(c, x[0], x[1]);
    if (way == 0) {
        *sum = axn_circuit_xor(c, first, x[2]);
        *carry = axn_circuit_or(c, axn_circuit_and(c, x[0], x[1]), axn_circuit_and(c, first, x[2]));
    } else if (way == 1) {
        first = axn_circuit_xnor(c, x[0], x[1]);
        *sum = axn_circuit_xnor(c, x[2], first);
        *carry = axn_circuit_nand(c, axn_circuit_nand(c, x[0], x[1]),
                                  axn_circuit_nand(c, x[2], axn_circuit_or(c, x[0], x[1])));
    } else {
        *sum = axn_circuit_not(c, axn_circuit_xnor(c, first, x[2]));
        *carry = axn_circuit_mux(c, first, x[2], x[0]);
    }
}

/* A multiplier whose adders are all made of gates: rows are added one by one. */
static void build(axn_circuit *c, int way, int *full)
{
    int row[16] = {0};
    axn_circuit_start(c);
    *full = 0;
    for (int j = 0; j < 8; j++) {
        int carry = AXN_NET_ZERO;
        for (int i = 0; i < 9 && i + j < 16; i++) {
            int product = i < 8 ? axn_circuit_and(c, AXN_NET_A(i), AXN_NET_B(j)) : AXN_NET_ZERO;
            int x[3] = {product, row[i + j], carry};
            *full += x[0] != 0 && x[1] != 0 && x[2] != 0;
            gates(c, way, x, &row[i + j], &carry);
        }
    }
    for (int bit = 0; bit < 16; bit++)
        c->output[bit] = row[bit];
}

static void adders_of_gates_are_found(void)
{
    for (int way = 0; way < 3; way++) {
        axn_circuit gate_level, found;
        int full;
        build(&gate_level, way, &full);
        axn_circuit_start(&found);
        axn_table_exact(&table);
        uint64_t exact = axn_table_hash(&table);
        CU_ASSERT_EQUAL(hash_of(&gate_level), exact);
        AXN_CHECK_OK(axn_circuit_find_adders(&gate_level, &found, &error), error);
        CU_ASSERT_EQUAL(hash_of(&found), exact);
        CU_ASSERT_EQUAL(count(&found, AXN_CIRCUIT_FULL_ADDER), full);
        CU_ASSERT_TRUE(count(&found, AXN_CIRCUIT_HALF_ADDER) >= 7);
        axn_circuit_free(&gate_level);
        axn_circuit_free(&found);
    }
}

static void any_circuit_keeps_its_function(void)
{
    int members;
    const axn_family_member *all = axn_family_members(&members);
    for (int i = 0; i < members; i++) {
        axn_circuit circuit, found;
        AXN_REQUIRE_OK(axn_family_build(&all[i], &circuit, &error), error);
        axn_circuit_start(&found);
        uint64_t hash = hash_of(&circuit);
        AXN_CHECK_OK(axn_circuit_find_adders(&circuit, &found, &error), error);
        CU_ASSERT_EQUAL(hash_of(&found), hash);
        axn_circuit_free(&circuit);
        axn_circuit_free(&found);
    }
}

/* The carry's own net feeds the sum's operand: an adder there would feed itself. */
static void an_adder_that_would_feed_itself_is_left_alone(void)
{
    axn_circuit circuit, found;
    axn_circuit_start(&circuit);
    int x = AXN_NET_A(0), y = AXN_NET_B(0);
    int both = axn_circuit_and(&circuit, x, y);
    int z = axn_circuit_and(&circuit, both, axn_circuit_or(&circuit, x, AXN_NET_A(1)));
    circuit.output[0] = axn_circuit_xor(&circuit, axn_circuit_xor(&circuit, x, y), z);
    circuit.output[1] = both; /* = majority(x, y, z), since z implies both */
    uint64_t hash = hash_of(&circuit);
    axn_circuit_start(&found);
    AXN_CHECK_OK(axn_circuit_find_adders(&circuit, &found, &error), error);
    CU_ASSERT_EQUAL(hash_of(&found), hash);
    axn_circuit_free(&circuit);
    axn_circuit_free(&found);
}

AXN_TEST_MAIN("adders", {"adders of gates are found", adders_of_gates_are_found},
              {"any circuit keeps its function", any_circuit_keeps_its_function},
              {"an adder that would feed itself is left alone",
               an_adder_that_would_feed_itself_is_left_alone})
