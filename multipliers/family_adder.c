/* Adder trees whose full and half adders are approximate in the low columns.
 *  - V. Gupta, D. Mohapatra, A. Raghunathan and K. Roy, "Low-power digital signal
 *    processing using approximate adders", IEEE Trans. CAD 32(1), 2013: approximate
 *    mirror adders (AMA). Of these, the one whose sum is the complement of its carry and
 *    the one that only has wires.
 * The others here are their zero-exact kin: adding zeros gives zero. */
#include "multipliers/columns.h"
#include "multipliers/families.h"

typedef enum adder_kind {
    SUM_NOT_CARRY,   /* carry exact, sum = NOT carry: wrong for 000 and 111 */
    WIRES,           /* sum = y, carry = x */
    SUM_ANY,         /* carry exact, sum = x | y | z: one more for two ones */
    CARRY_ANY_AND,   /* x and y joined by OR, then a half adder with z */
    SUM_OR_CARRY_AND /* x | y, carry y & z: no exclusive OR at all */
} adder_kind;

static void approximate_adder(axn_circuit *circuit, adder_kind kind, int x, int y, int z, int *sum,
                              int *carry)
{
    int any = axn_circuit_or(circuit, x, y);
    int both = axn_circuit_and(circuit, x, y);
    switch (kind) {
    case SUM_NOT_CARRY:
        *carry = axn_circuit_or(circuit, both, axn_circuit_and(circuit, any, z));
        *sum = axn_circuit_not(circuit, *carry);
        break;
    case WIRES:
        *carry = x;
        *sum = y;
        break;
    case SUM_ANY:
        *carry = axn_circuit_or(circuit, both, axn_circuit_and(circuit, any, z));
        *sum = axn_circuit_or(circuit, any, z);
        break;
    case CARRY_ANY_AND:
        axn_circuit_half_adder(circuit, any, z, sum, carry);
        break;
    default:
        *carry = axn_circuit_and(circuit, any, z);
        *sum = axn_circuit_or(circuit, any, z);
        break;
    }
}

/* One stage brings each low column to two thirds, until all have at most two bits; the
 * two left in a low column are joined by OR, so that no carry ripples through it. */
static void reduce_low(axn_circuit *circuit, axn_columns *columns, int end, adder_kind kind)
{
    for (bool again = true; again && !circuit->failed;) {
        axn_columns next = {0};
        again = false;
        for (int column = 0; column < AXN_COLUMNS; column++) {
            const int *net = columns->net[column];
            int left = columns->height[column];
            for (; column < end && left >= 3; net += 3, left -= 3) {
                int sum, carry;
                approximate_adder(circuit, kind, net[0], net[1], net[2], &sum, &carry);
                axn_columns_add(circuit, &next, column, sum);
                axn_columns_add(circuit, &next, column + 1, carry);
            }
            for (int i = 0; i < left; i++)
                axn_columns_add(circuit, &next, column, net[i]);
        }
        *columns = next;
        for (int column = 0; column < end; column++)
            again = again || columns->height[column] > 2;
    }
    for (int column = 0; column < end; column++) {
        int joined = axn_circuit_or_many(circuit, columns->net[column], columns->height[column]);
        columns->height[column] = 0;
        axn_columns_add(circuit, columns, column, joined);
    }
}

/* {columns dropped, end of the approximate columns, adder kind 0..4 as listed above}. */
void axn_build_approximate_adder(axn_circuit *circuit, const int *parameters)
{
    axn_columns columns = {0};
    axn_columns_partial_products(circuit, &columns, parameters[0], AXN_COLUMNS);
    reduce_low(circuit, &columns, parameters[1], (adder_kind)parameters[2]);
    axn_columns_dadda(circuit, &columns);
    axn_columns_ripple(circuit, &columns);
}
