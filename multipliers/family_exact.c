/* Exact multipliers: the carry-save array (E. L. Braun, "Digital Computer Design",
 * Academic Press, 1963) and the trees of Dadda and Wallace (see columns.h). */
#include "multipliers/columns.h"
#include "multipliers/families.h"

void axn_build_exact_array(axn_circuit *circuit, const int *parameters)
{
    int sum[9] = {0}, carry[8] = {0};
    (void)parameters;
    for (int i = 0; i < 8; i++)
        sum[i] = axn_partial_product(circuit, i, 0);
    for (int j = 1; j < 8; j++) {
        circuit->output[j - 1] = sum[0];
        for (int i = 0; i < 8; i++)
            axn_circuit_full_adder(circuit, axn_partial_product(circuit, i, j), sum[i + 1],
                                   carry[i], &sum[i], &carry[i]);
    }
    circuit->output[7] = sum[0];
    int ripple = AXN_NET_ZERO;
    for (int i = 0; i < 8; i++)
        axn_circuit_full_adder(circuit, sum[i + 1], carry[i], ripple, &circuit->output[8 + i],
                               &ripple);
}

void axn_build_exact_dadda(axn_circuit *circuit, const int *parameters)
{
    axn_columns columns = {0};
    (void)parameters;
    axn_columns_partial_products(circuit, &columns, 0, AXN_COLUMNS);
    axn_columns_dadda(circuit, &columns);
    axn_columns_ripple(circuit, &columns);
}

void axn_build_exact_wallace(axn_circuit *circuit, const int *parameters)
{
    axn_columns columns = {0};
    (void)parameters;
    axn_columns_partial_products(circuit, &columns, 0, AXN_COLUMNS);
    axn_columns_wallace(circuit, &columns);
    axn_columns_ripple(circuit, &columns);
}
