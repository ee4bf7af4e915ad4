/* Low columns accumulated by OR gates. With the lower-part-OR adder (LOA) of H. R.
 * Mahdiani, A. Ahmadi, S. M. Fakhraie and C. Lucas, IEEE TCAS-I 57(4), 2010, rows
 * are added in turn, and each addition sends the AND of the two highest lower bits
 * as carry into the exact part; without these carries a column is one wide OR. */
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
