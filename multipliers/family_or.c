/* Low columns accumulated by OR gates. With the lower-part-OR adder (LOA) of H. R.
 * Mahdiani, A. Ahmadi, S. M. Fakhraie and C. Lucas, IEEE TCAS-I 57(4), 2010, rows
 * are added in turn, and each addition sends the AND of the two highest lower bits
 * as carry into the exact part; without these carries a column is one wide OR.
 *
 * Between the wide OR and the exact sum stand counters that keep the weight of their
 * column and saturate, as in D. Esposito, A. G. M. Strollo, E. Napoli, D. De Caro and
 * N. Petra, "Approximate multipliers based on new approximate compressors", IEEE TCAS-I
 * 65(12), 2018. All keep products with 0 exact. */
#include "multipliers/columns.h"
#include "multipliers/families.h"

/* OR of the partial products of one column. */
static int column_or(axn_circuit *circuit, int column)
{
    int nets[8];
    int count = 0;
    for (int j = 0; j < 8; j++)
        if (column - j >= 0 && column - j < 8)
            nets[count++] = axn_partial_product(circuit, column - j, j);
    return axn_circuit_or_many(circuit, nets, count);
}

void axn_build_column_or(axn_circuit *circuit, const int *parameters)
{
    axn_columns columns = {0};
    for (int column = parameters[0]; column < parameters[1]; column++)
        axn_columns_add(circuit, &columns, column, column_or(circuit, column));
    axn_columns_partial_products(circuit, &columns, parameters[1], AXN_COLUMNS);
    axn_columns_dadda(circuit, &columns);
    axn_columns_ripple(circuit, &columns);
}

void axn_build_lower_part_or(axn_circuit *circuit, const int *parameters)
{
    axn_columns columns = {0};
    int length = parameters[1];
    for (int column = parameters[0]; column < length - 1; column++)
        axn_columns_add(circuit, &columns, column, column_or(circuit, column));
    int sum = AXN_NET_ZERO;
    for (int j = 0; j < 8; j++) {
        int i = length - 1 - j;
        if (i < 0 || i > 7)
            continue;
        int product = axn_partial_product(circuit, i, j);
        axn_columns_add(circuit, &columns, length, axn_circuit_and(circuit, sum, product));
        sum = axn_circuit_or(circuit, sum, product);
    }
    axn_columns_add(circuit, &columns, length - 1, sum);
    axn_columns_partial_products(circuit, &columns, length, AXN_COLUMNS);
    axn_columns_dadda(circuit, &columns);
    axn_columns_ripple(circuit, &columns);
}

/* Brings `count` bits of one weight to at most two whose sum is right up to 2. */
static void saturate(axn_circuit *circuit, const int *net, int count, int *out)
{
    int low = axn_circuit_or(circuit, net[0], net[1]);
    int pair = axn_circuit_and(circuit, net[0], net[1]);
    if (count == 3) {
        out[0] = low;
        out[1] = axn_circuit_or(circuit, pair, net[2]);
        return;
    }
    int high = axn_circuit_or(circuit, net[2], net[3]);
    int other = axn_circuit_and(circuit, net[2], net[3]);
    out[0] = axn_circuit_or(circuit, low, other);
    out[1] = axn_circuit_or(circuit, pair, high);
}

/* One column: groups of `group` bits become two bits (3 or 4) or, below 0, one OR of
 * -group bits; what is left over stays. */
static void add_groups(axn_circuit *circuit, axn_columns *columns, int column, int group)
{
    int net[8], count = 0, size = group < 0 ? -group : group > 2 ? group : 0;
    for (int j = 0; j < 8; j++)
        if (column - j >= 0 && column - j < 8)
            net[count++] = axn_partial_product(circuit, column - j, j);
    int at = 0;
    for (; size > 0 && at + size <= count; at += size) {
        int out[2] = {AXN_NET_ZERO, AXN_NET_ZERO};
        if (group < 0)
            out[0] = axn_circuit_or_many(circuit, net + at, size);
        else
            saturate(circuit, net + at, size, out);
        axn_columns_add(circuit, columns, column, out[0]);
        axn_columns_add(circuit, columns, column, out[1]);
    }
    for (; at < count; at++)
        axn_columns_add(circuit, columns, column, net[at]);
}

/* {columns dropped, end of the columns ORed whole, end of the columns with groups, group:
 *  3 or 4 saturating at 2, -2 to -8 an OR of so many}. */
void axn_build_column_groups(axn_circuit *circuit, const int *parameters)
{
    axn_columns columns = {0};
    int column = parameters[0];
    for (; column < parameters[1]; column++)
        axn_columns_add(circuit, &columns, column, column_or(circuit, column));
    for (; column < parameters[2]; column++)
        add_groups(circuit, &columns, column, parameters[3]);
    axn_columns_partial_products(circuit, &columns, column, AXN_COLUMNS);
    axn_columns_dadda(circuit, &columns);
    axn_columns_ripple(circuit, &columns);
}
