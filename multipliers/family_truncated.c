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
