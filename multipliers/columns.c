#include "multipliers/columns.h"

void axn_columns_add(axn_circuit *circuit, axn_columns *columns, int column, int net)
{
    if (column >= AXN_COLUMNS || net == AXN_NET_ZERO)
        return;
    if (columns->height[column] == AXN_COLUMN_HEIGHT) {
        circuit->failed = true;
        return;
    }
    columns->net[column][columns->height[column]++] = net;
}

void axn_columns_add_constant(axn_circuit *circuit, axn_columns *columns, unsigned value)
{
    for (int column = 0; column < AXN_COLUMNS; column++)
        if ((value >> column) & 1u)
            axn_columns_add(circuit, columns, column, AXN_NET_ONE);
}

int axn_partial_product(axn_circuit *circuit, int i, int j)
{
    return axn_circuit_and(circuit, AXN_NET_A(i), AXN_NET_B(j));
}

void axn_columns_partial_products(axn_circuit *circuit, axn_columns *columns, int first, int end)
{
    for (int j = 0; j < 8; j++)
        for (int i = 0; i < 8; i++)
            if (i + j >= first && i + j < end)
                axn_columns_add(circuit, columns, i + j, axn_partial_product(circuit, i, j));
}

/* Removes the oldest bit of a column: adders take the bits that arrive first. */
static int take(axn_columns *columns, int column)
{
    int *net = columns->net[column];
    int first = net[0];
    columns->height[column]--;
    for (int i = 0; i < columns->height[column]; i++)
        net[i] = net[i + 1];
    return first;
}

void axn_columns_dadda(axn_circuit *circuit, axn_columns *columns)
{
    static const int targets[] = {63, 42, 28, 19, 13, 9, 6, 4, 3, 2};
    int count = (int)(sizeof targets / sizeof targets[0]);
    for (int stage = 0; stage < count; stage++) {
        for (int column = 0; column < AXN_COLUMNS; column++) {
            while (columns->height[column] > targets[stage]) {
                int sum, carry;
                int x = take(columns, column), y = take(columns, column);
                if (columns->height[column] + 1 > targets[stage])
                    axn_circuit_full_adder(circuit, x, y, take(columns, column), &sum, &carry);
                else
                    axn_circuit_half_adder(circuit, x, y, &sum, &carry);
                axn_columns_add(circuit, columns, column, sum);
                axn_columns_add(circuit, columns, column + 1, carry);
            }
        }
    }
}

static bool at_most_two(const axn_columns *columns)
{
    for (int column = 0; column < AXN_COLUMNS; column++)
        if (columns->height[column] > 2)
            return false;
    return true;
}

void axn_columns_wallace(axn_circuit *circuit, axn_columns *columns)
{
    while (!circuit->failed && !at_most_two(columns)) {
        axn_columns next = {0};
        for (int column = 0; column < AXN_COLUMNS; column++) {
            while (columns->height[column] >= 2) {
                int sum, carry;
                int x = take(columns, column), y = take(columns, column);
                if (columns->height[column] >= 1)
                    axn_circuit_full_adder(circuit, x, y, take(columns, column), &sum, &carry);
                else
                    axn_circuit_half_adder(circuit, x, y, &sum, &carry);
                axn_columns_add(circuit, &next, column, sum);
                axn_columns_add(circuit, &next, column + 1, carry);
            }
            if (columns->height[column] == 1)
                axn_columns_add(circuit, &next, column, take(columns, column));
        }
        *columns = next;
    }
}

void axn_columns_ripple(axn_circuit *circuit, axn_columns *columns)
{
    int carry = AXN_NET_ZERO;
    for (int column = 0; column < AXN_COLUMNS; column++) {
        int height = columns->height[column];
        int x = height > 0 ? columns->net[column][0] : AXN_NET_ZERO;
        int y = height > 1 ? columns->net[column][1] : AXN_NET_ZERO;
        if (height > 2)
            circuit->failed = true;
        axn_circuit_full_adder(circuit, x, y, carry, &circuit->output[column], &carry);
    }
}
