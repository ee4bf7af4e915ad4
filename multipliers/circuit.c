#include "multipliers/circuit.h"

#include <stdlib.h>

#include "common/memory.h"

void axn_circuit_start(axn_circuit *circuit)
{
    *circuit = (axn_circuit){.net_count = AXN_NET_FIRST};
}

void axn_circuit_free(axn_circuit *circuit)
{
    free(circuit->nodes);
    *circuit = (axn_circuit){0};
}

axn_status axn_circuit_check(const axn_circuit *circuit, axn_error *error)
{
    if (circuit->failed)
        return axn_fail(error, AXN_ERROR_MEMORY, "out of memory for a circuit");
    return AXN_OK;
}

static int add_node(axn_circuit *circuit, axn_circuit_function function, int x, int y, int z)
{
    axn_error ignored;
    if (circuit->failed ||
        axn_grow(&circuit->nodes, &circuit->node_capacity, circuit->node_count + 1,
                 sizeof *circuit->nodes, "a circuit", &ignored) != AXN_OK) {
        circuit->failed = true;
        return AXN_NET_ZERO;
    }
    int output = circuit->net_count;
    circuit->nodes[circuit->node_count++] = (axn_circuit_node){function, {x, y, z}, output};
    circuit->net_count += function >= AXN_CIRCUIT_HALF_ADDER ? 2 : 1;
    return output;
}

static bool is_constant(int net)
{
    return net == AXN_NET_ZERO || net == AXN_NET_ONE;
}

int axn_circuit_not(axn_circuit *circuit, int x)
{
    if (is_constant(x))
        return x == AXN_NET_ZERO ? AXN_NET_ONE : AXN_NET_ZERO;
    return add_node(circuit, AXN_CIRCUIT_NOT, x, AXN_NET_ZERO, AXN_NET_ZERO);
}

int axn_circuit_and(axn_circuit *circuit, int x, int y)
{
    if (x == AXN_NET_ZERO || y == AXN_NET_ZERO)
        return AXN_NET_ZERO;
    if (x == AXN_NET_ONE || x == y)
        return y;
    if (y == AXN_NET_ONE)
        return x;
    return add_node(circuit, AXN_CIRCUIT_AND, x, y, AXN_NET_ZERO);
}

int axn_circuit_or(axn_circuit *circuit, int x, int y)
{
    if (x == AXN_NET_ONE || y == AXN_NET_ONE)
        return AXN_NET_ONE;
    if (x == AXN_NET_ZERO || x == y)
        return y;
    if (y == AXN_NET_ZERO)
        return x;
    return add_node(circuit, AXN_CIRCUIT_OR, x, y, AXN_NET_ZERO);
}

int axn_circuit_xor(axn_circuit *circuit, int x, int y)
{
    if (x == y)
        return AXN_NET_ZERO;
    if (is_constant(x))
        return x == AXN_NET_ZERO ? y : axn_circuit_not(circuit, y);
    if (is_constant(y))
        return y == AXN_NET_ZERO ? x : axn_circuit_not(circuit, x);
    return add_node(circuit, AXN_CIRCUIT_XOR, x, y, AXN_NET_ZERO);
}

/* An inverting gate folds as the plain gate would, followed by an inverter. */
static bool folds(int x, int y)
{
    return is_constant(x) || is_constant(y) || x == y;
}

int axn_circuit_nand(axn_circuit *circuit, int x, int y)
{
    if (folds(x, y))
        return axn_circuit_not(circuit, axn_circuit_and(circuit, x, y));
    return add_node(circuit, AXN_CIRCUIT_NAND, x, y, AXN_NET_ZERO);
}

int axn_circuit_nor(axn_circuit *circuit, int x, int y)
{
    if (folds(x, y))
        return axn_circuit_not(circuit, axn_circuit_or(circuit, x, y));
    return add_node(circuit, AXN_CIRCUIT_NOR, x, y, AXN_NET_ZERO);
}

int axn_circuit_xnor(axn_circuit *circuit, int x, int y)
{
    if (x == y)
        return AXN_NET_ONE;
    if (is_constant(x))
        return x == AXN_NET_ONE ? y : axn_circuit_not(circuit, y);
    if (is_constant(y))
        return y == AXN_NET_ONE ? x : axn_circuit_not(circuit, x);
    return add_node(circuit, AXN_CIRCUIT_XNOR, x, y, AXN_NET_ZERO);
}

void axn_circuit_half_adder(axn_circuit *circuit, int x, int y, int *sum, int *carry)
{
    if (folds(x, y)) {
        *sum = axn_circuit_xor(circuit, x, y);
        *carry = axn_circuit_and(circuit, x, y);
        return;
    }
    *sum = add_node(circuit, AXN_CIRCUIT_HALF_ADDER, x, y, AXN_NET_ZERO);
    *carry = circuit->failed ? AXN_NET_ZERO : *sum + 1;
}

/* x + y + 1: sum = XNOR, carry = OR. */
static void add_with_one(axn_circuit *circuit, int x, int y, int *sum, int *carry)
{
    *sum = axn_circuit_xnor(circuit, x, y);
    *carry = axn_circuit_or(circuit, x, y);
}

void axn_circuit_full_adder(axn_circuit *circuit, int x, int y, int z, int *sum, int *carry)
{
    int nets[3] = {x, y, z};
    for (int i = 0; i < 3; i++) {
        int p = nets[(i + 1) % 3], q = nets[(i + 2) % 3];
        if (nets[i] == AXN_NET_ZERO) {
            axn_circuit_half_adder(circuit, p, q, sum, carry);
            return;
        }
        if (nets[i] == AXN_NET_ONE) {
            add_with_one(circuit, p, q, sum, carry);
            return;
        }
        if (p == q) {
            *sum = nets[i];
            *carry = p;
            return;
        }
    }
    *sum = add_node(circuit, AXN_CIRCUIT_FULL_ADDER, x, y, z);
    *carry = circuit->failed ? AXN_NET_ZERO : *sum + 1;
}

int axn_circuit_mux(axn_circuit *circuit, int select, int one, int zero)
{
    if (one == zero)
        return one;
    if (is_constant(select))
        return select == AXN_NET_ONE ? one : zero;
    if (zero == AXN_NET_ZERO)
        return axn_circuit_and(circuit, select, one);
    if (one == AXN_NET_ONE)
        return axn_circuit_or(circuit, select, zero);
    int inverted = axn_circuit_not(circuit, select);
    return axn_circuit_or(circuit, axn_circuit_and(circuit, select, one),
                          axn_circuit_and(circuit, inverted, zero));
}

int axn_circuit_or_many(axn_circuit *circuit, const int *nets, int count)
{
    int level[256];
    if (count <= 0)
        return AXN_NET_ZERO;
    if (count > 256) {
        circuit->failed = true;
        return AXN_NET_ZERO;
    }
    for (int i = 0; i < count; i++)
        level[i] = nets[i];
    while (count > 1) {
        int kept = 0;
        for (int i = 0; i < count; i += 2)
            level[kept++] =
                i + 1 < count ? axn_circuit_or(circuit, level[i], level[i + 1]) : level[i];
        count = kept;
    }
    return level[0];
}
