/* The circuit builder: folding, evaluation, Verilog. */
#include "common/random.h"
#include "multipliers/circuit.h"
#include "tests/check.h"

/* Value of net `x` for one operand pair, by interpreting the nodes one by one. */
static unsigned interpret(const axn_circuit *c, int x, unsigned a, unsigned b)
{
    if (x < 2)
        return (unsigned)x;
    if (x < AXN_NET_FIRST)
        return ((x < 10 ? a >> (x - 2) : b >> (x - 10)) & 1u);
    size_t n = 0;
    while (n + 1 < c->node_count && c->nodes[n + 1].output <= x)
        n++;
    const axn_circuit_node *node = &c->nodes[n];
    unsigned p = interpret(c, node->input[0], a, b), q = interpret(c, node->input[1], a, b);
    unsigned r = interpret(c, node->input[2], a, b);
    bool carry = x == node->output + 1;
    switch (node->function) {
    case AXN_CIRCUIT_NOT:
        return !p;
    case AXN_CIRCUIT_AND:
        return p && q;
    case AXN_CIRCUIT_OR:
        return p || q;
    case AXN_CIRCUIT_XOR:
        return p != q;
    case AXN_CIRCUIT_NAND:
        return !(p && q);
    case AXN_CIRCUIT_NOR:
        return !(p || q);
    case AXN_CIRCUIT_XNOR:
        return p == q;
    case AXN_CIRCUIT_HALF_ADDER:
    case AXN_CIRCUIT_FULL_ADDER:
        return carry ? (p + q + r) >> 1 : (p + q + r) & 1;
    }
    return 2;
}

typedef struct pair {
    int sum, carry;
} pair;

/* Applies builder number `which` to three nets. */
static pair apply(axn_circuit *c, int which, int x, int y, int z)
{
    pair out = {0, 0};
    int (*const gates[])(axn_circuit *, int, int) = {axn_circuit_and, axn_circuit_or,
                                                     axn_circuit_xor, axn_circuit_nand,
                                                     axn_circuit_nor, axn_circuit_xnor};
    if (which < 6)
        out.sum = gates[which](c, x, y);
    else if (which == 6)
        out.sum = axn_circuit_not(c, x);
    else if (which == 7)
        out.sum = axn_circuit_mux(c, x, y, z);
    else if (which == 8)
        axn_circuit_half_adder(c, x, y, &out.sum, &out.carry);
    else
        axn_circuit_full_adder(c, x, y, z, &out.sum, &out.carry);
    return out;
}

static unsigned expected(int which, unsigned x, unsigned y, unsigned z)
{
    const unsigned values[10] = {x & y,  x | y, x ^ y,     !(x & y), !(x | y),
                                 x == y, !x,    x ? y : z, x + y,    x + y + z};
    return values[which];
}

/* Every gate with every mix of constants, equal and different operands. */
static void gates_fold_to_the_same_function(void)
{
    static const int nets[] = {AXN_NET_ZERO, AXN_NET_ONE, AXN_NET_A(0), AXN_NET_A(1), AXN_NET_B(0)};
    int wrong = 0;
    for (int which = 0; which < 10; which++)
        for (int k = 0; k < 125; k++) {
            int x = nets[k % 5], y = nets[k / 5 % 5], z = nets[k / 25];
            axn_circuit c;
            axn_circuit_start(&c);
            pair out = apply(&c, which, x, y, z);
            for (unsigned a = 0; a < 4; a++)
                for (unsigned b = 0; b < 2; b++) {
                    unsigned value = interpret(&c, out.sum, a, b);
                    if (which >= 8)
                        value += 2 * interpret(&c, out.carry, a, b);
                    wrong += value != expected(which, interpret(&c, x, a, b),
                                               interpret(&c, y, a, b), interpret(&c, z, a, b));
                }
            if (x < 2 && y < 2 && z < 2)
                wrong += c.node_count != 0; /* constants leave no gate */
            axn_circuit_free(&c);
        }
    CU_ASSERT_EQUAL(wrong, 0);
}

static void random_circuit(axn_circuit *c, uint32_t which)
{
    axn_random random = axn_random_stream(7, AXN_RANDOM_TEST, which, 0);
    axn_circuit_start(c);
    for (int i = 0; i < 24; i++) {
        uint32_t nets = (uint32_t)c->net_count;
        int x = (int)axn_random_below(&random, nets), y = (int)axn_random_below(&random, nets);
        int z = (int)axn_random_below(&random, nets);
        apply(c, (int)axn_random_below(&random, 10), x, y, z);
    }
    for (int bit = 0; bit < 16; bit++)
        c->output[bit] = (int)axn_random_below(&random, (uint32_t)c->net_count);
}

static void tabulates_as_interpreted(void)
{
    static axn_table table;
    axn_error error = {0};
    for (uint32_t which = 0; which < 20; which++) {
        axn_circuit c;
        int wrong = 0;
        random_circuit(&c, which);
        AXN_REQUIRE_OK(axn_circuit_tabulate(&c, &table, &error), error);
        axn_random random = axn_random_stream(8, AXN_RANDOM_TEST, which, 0);
        for (int i = 0; i < 50; i++) {
            unsigned at = axn_random_below(&random, 65536), value = 0;
            for (int bit = 0; bit < 16; bit++)
                value |= interpret(&c, c.output[bit], at >> 8, at & 255) << bit;
            wrong += table.product[at] != value;
        }
        CU_ASSERT_EQUAL(wrong, 0);
        axn_circuit_free(&c);
    }
}

/* What is printed and read back by Yosys computes the same. */
static void verilog_round_trip(void)
{
    enum { COUNT = 12 };
    static axn_table written[COUNT], read[COUNT];
    char folder[AXN_PATH_MAX], paths[COUNT][AXN_PATH_MAX];
    const char *files[COUNT];
    axn_error error = {0};
    axn_check_folder(folder);
    for (int i = 0; i < COUNT; i++) {
        axn_circuit c;
        axn_buffer text = {0};
        char name[16];
        random_circuit(&c, 100 + (uint32_t)i);
        snprintf(name, sizeof name, "c%d.v", i);
        axn_check_path(paths[i], folder, name);
        files[i] = paths[i];
        AXN_CHECK_OK(axn_circuit_tabulate(&c, &written[i], &error), error);
        AXN_CHECK_OK(axn_circuit_print(&c, "top", "a comment", &text, &error), error);
        AXN_CHECK_OK(axn_file_write(paths[i], text.data, text.length, &error), error);
        axn_buffer_free(&text);
        axn_circuit_free(&c);
    }
    AXN_CHECK_OK(axn_table_from_verilog(files, NULL, COUNT, read, &error), error);
    CU_ASSERT(memcmp(written, read, sizeof written) == 0);
    axn_check_folder_remove(folder);
}

static void a_comment_stays_a_comment(void)
{
    axn_circuit c;
    axn_buffer text = {0};
    axn_error error = {0};
    axn_circuit_start(&c);
    AXN_CHECK_OK(axn_circuit_print(&c, "m", "a\nassign O = 1;\r\\", &text, &error), error);
    CU_ASSERT_PTR_EQUAL(strstr(text.data, "// a?assign O = 1;??\nmodule m"), text.data);
    axn_buffer_free(&text);
    axn_circuit_free(&c);
}

static void leaves_out_dead_gates(void)
{
    axn_circuit c;
    axn_buffer text = {0};
    axn_error error = {0};
    int sum, carry;
    axn_circuit_start(&c);
    axn_circuit_and(&c, AXN_NET_A(3), AXN_NET_B(3));
    axn_circuit_half_adder(&c, AXN_NET_A(0), AXN_NET_B(0), &sum, &carry);
    c.output[0] = sum;
    AXN_CHECK_OK(axn_circuit_print(&c, "tiny", NULL, &text, &error), error);
    CU_ASSERT_PTR_NOT_NULL(strstr(text.data, "assign n0 = A[0] ^ B[0];"));
    CU_ASSERT_PTR_NULL(strstr(text.data, "A[3]"));
    CU_ASSERT_PTR_NULL(strstr(text.data, "n1"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text.data, "assign O[15] = 1'b0;"));
    axn_buffer_free(&text);
    axn_circuit_free(&c);
}

AXN_TEST_MAIN("multiplier circuits",
              {"gates fold to the same function", gates_fold_to_the_same_function},
              {"tables are as interpreted", tabulates_as_interpreted},
              {"Verilog reads back the same", verilog_round_trip},
              {"a comment stays a comment", a_comment_stays_a_comment},
              {"dead gates are left out", leaves_out_dead_gates})
