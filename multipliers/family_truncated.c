/* Multipliers that leave out partial products. Truncation with a constant and with
 * a variable correction: M. J. Schulte and E. E. Swartzlander, "Truncated
 * multiplication with correction constant", VLSI Signal Processing VI, 1993;
 * E. J. King and E. E. Swartzlander, "Data-dependent truncation scheme for parallel
 * multipliers", Asilomar 1997. Broken array: H. R. Mahdiani, A. Ahmadi, S. M.
 * Fakhraie and C. Lucas, "Bio-inspired imprecise computational blocks for efficient
 * VLSI implementation of soft-computing applications", IEEE TCAS-I 57(4), 2010. */
#include "multipliers/columns.h"
#include "multipliers/families.h"

void axn_build_truncated(axn_circuit *circuit, const int *parameters)
{
    axn_columns columns = {0};
    axn_columns_partial_products(circuit, &columns, parameters[0], AXN_COLUMNS);
    axn_columns_dadda(circuit, &columns);
    axn_columns_ripple(circuit, &columns);
}

/* Each dropped partial product is 1 for a quarter of the operands. The part of the
 * constant below the kept columns costs no gate. */
void axn_build_truncated_constant(axn_circuit *circuit, const int *parameters)
{
    axn_columns columns = {0};
    unsigned quarters = 0;
    for (int column = 0; column < parameters[0]; column++) {
        int height = column < 8 ? column + 1 : 15 - column;
        quarters += (unsigned)height << column;
    }
    axn_columns_partial_products(circuit, &columns, parameters[0], AXN_COLUMNS);
    axn_columns_add_constant(circuit, &columns, (quarters + 2) / 4);
    axn_columns_dadda(circuit, &columns);
    axn_columns_ripple(circuit, &columns);
}

/* Products with 0 stay exact: the correction is made of partial products. */
void axn_build_truncated_variable(axn_circuit *circuit, const int *parameters)
{
    axn_columns columns = {0};
    int dropped = parameters[0];
    axn_columns_partial_products(circuit, &columns, dropped, AXN_COLUMNS);
    for (int j = 0; j < 8; j++)
        for (int i = 0; i < 8; i++)
            if (i + j == dropped - 1)
                axn_columns_add(circuit, &columns, dropped, axn_partial_product(circuit, i, j));
    axn_columns_dadda(circuit, &columns);
    axn_columns_ripple(circuit, &columns);
}

/* Cells right of the vertical and above the horizontal break level are omitted,
 * their outputs taken as 0: partial products with i + j < vertical or j < horizontal. */
void axn_build_broken_array(axn_circuit *circuit, const int *parameters)
{
    axn_columns columns = {0};
    for (int j = parameters[0]; j < 8; j++)
        for (int i = 0; i < 8; i++)
            if (i + j >= parameters[1])
                axn_columns_add(circuit, &columns, i + j, axn_partial_product(circuit, i, j));
    axn_columns_dadda(circuit, &columns);
    axn_columns_ripple(circuit, &columns);
}

static double mean_omitted(const int *parameters)
{
    double mean = 0;
    for (int j = 0; j < 8; j++)
        for (int i = 0; i < 8; i++)
            if (i < parameters[0] || j < parameters[1] || i + j < parameters[2])
                mean += 0.25 * (double)(1 << (i + j));
    return mean;
}

/* {columns of A omitted, rows of B omitted, vertical break level, percentage of the mean of
 *  all that is omitted added as a constant, gate}. Without gate the constant is always
 *  added. With gate g it is added only if some of the g highest bits of A and some of
 *  the g highest bits of B are 1: the product is not small then, and products with 0 stay
 *  exact. What of the constant lies below all kept columns is rounded away. */
void axn_build_truncated_gated(axn_circuit *circuit, const int *parameters)
{
    axn_columns columns = {0};
    int gate = parameters[4], bits[2][8], lowest = AXN_COLUMNS;
    for (int j = parameters[1]; j < 8; j++)
        for (int i = parameters[0]; i < 8; i++)
            if (i + j >= parameters[2]) {
                axn_columns_add(circuit, &columns, i + j, axn_partial_product(circuit, i, j));
                lowest = i + j < lowest ? i + j : lowest;
            }
    /* one bit below the kept columns still halves the rounding, and costs no adder */
    unsigned unit = lowest > 0 ? 1u << (lowest - 1) : 1;
    double constant = mean_omitted(parameters) * parameters[3] / 100;
    unsigned value = (unsigned)(constant / unit + 0.5) * unit & 0xffffu;
    int on = AXN_NET_ONE;
    for (int i = 0; i < gate; i++) {
        bits[0][i] = AXN_NET_A(7 - i);
        bits[1][i] = AXN_NET_B(7 - i);
    }
    if (gate > 0)
        on = axn_circuit_and(circuit, axn_circuit_or_many(circuit, bits[0], gate),
                             axn_circuit_or_many(circuit, bits[1], gate));
    for (int column = 0; column < AXN_COLUMNS; column++)
        if ((value >> column) & 1u)
            axn_columns_add(circuit, &columns, column, on);
    axn_columns_dadda(circuit, &columns);
    axn_columns_ripple(circuit, &columns);
}

/* {columns dropped, how many of them, from the highest down, still count, wider}: the
 *  partial products of the k-th column below the kept ones are joined by ORs of
 *  2^(k - 1 + wider) and moved up into the lowest kept column. With wider = 1 that is about
 *  what they are worth; with 0 twice as much, for the columns that are left out.
 *  Zero-exact; {c, 1, 0} is the variable correction of King and Swartzlander. */
void axn_build_truncated_merged(axn_circuit *circuit, const int *parameters)
{
    axn_columns columns = {0};
    int dropped = parameters[0];
    axn_columns_partial_products(circuit, &columns, dropped, AXN_COLUMNS);
    for (int k = 1; k <= parameters[1]; k++) {
        int net[8], count = 0, column = dropped - k, size = 1 << (k - 1 + parameters[2]);
        for (int j = 0; j < 8; j++)
            if (column - j >= 0 && column - j < 8)
                net[count++] = axn_partial_product(circuit, column - j, j);
        for (int at = 0; at < count; at += size)
            axn_columns_add(
                circuit, &columns, dropped,
                axn_circuit_or_many(circuit, net + at, count - at < size ? count - at : size));
    }
    axn_columns_dadda(circuit, &columns);
    axn_columns_ripple(circuit, &columns);
}
