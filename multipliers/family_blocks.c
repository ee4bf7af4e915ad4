/* Multipliers composed of smaller ones.
 *  - P. Kulkarni, P. Gupta and M. Ercegovac, "Trading accuracy for power with an
 *    underdesigned multiplier architecture", VLSI Design 2011: the 2x2 block that
 *    gives 3 x 3 = 7 in three bits.
 *  - S. Rehman, W. El-Harouni, M. Shafique, A. Kumar and J. Henkel,
 *    "Architectural-space exploration of approximate multipliers", ICCAD 2016: larger
 *    multipliers from 4x4 blocks of different accuracy.
 *  - K. Y. Kyaw, W. L. Goh and K. S. Yeo, "Low-power high-speed multiplier for
 *    error-tolerant application", EDSSC 2010 (ETM). */
#include "multipliers/columns.h"
#include "multipliers/families.h"

/* The 2x2 block of A[i+1..i] and B[j+1..j]: its two middle partial products ORed. */
static void add_underdesigned(axn_circuit *circuit, axn_columns *columns, int i, int j)
{
    int cross0 = axn_partial_product(circuit, i + 1, j);
    int cross1 = axn_partial_product(circuit, i, j + 1);
    axn_columns_add(circuit, columns, i + j, axn_partial_product(circuit, i, j));
    axn_columns_add(circuit, columns, i + j + 2, axn_partial_product(circuit, i + 1, j + 1));
    axn_columns_add(circuit, columns, i + j + 1, axn_circuit_or(circuit, cross0, cross1));
}

void axn_build_kulkarni(axn_circuit *circuit, const int *parameters)
{
    axn_columns columns = {0};
    for (int j = 0; j < 8; j += 2) {
        for (int i = 0; i < 8; i += 2) {
            if (i + j < parameters[0]) {
                add_underdesigned(circuit, &columns, i, j);
                continue;
            }
            for (int k = 0; k < 4; k++)
                axn_columns_add(circuit, &columns, i + j + (k & 1) + (k >> 1),
                                axn_partial_product(circuit, i + (k & 1), j + (k >> 1)));
        }
    }
    axn_columns_dadda(circuit, &columns);
    axn_columns_ripple(circuit, &columns);
}

typedef enum block_kind {
    BLOCK_EXACT,
    BLOCK_UNDERDESIGNED, /* of 2x2 blocks with 3 x 3 = 7 */
    BLOCK_COLUMN_OR,     /* one OR a column */
    BLOCK_DROPPED
} block_kind;

/* The 4x4 block of A[i0+3..i0] and B[j0+3..j0]. */
static void add_block(axn_circuit *circuit, axn_columns *columns, int i0, int j0, block_kind kind)
{
    if (kind == BLOCK_UNDERDESIGNED) {
        for (int j = j0; j < j0 + 4; j += 2)
            for (int i = i0; i < i0 + 4; i += 2)
                add_underdesigned(circuit, columns, i, j);
        return;
    }
    for (int column = i0 + j0; column <= i0 + j0 + 6 && kind != BLOCK_DROPPED; column++) {
        int net[4], count = 0;
        for (int j = j0; j < j0 + 4; j++)
            if (column - j >= i0 && column - j < i0 + 4)
                net[count++] = axn_partial_product(circuit, column - j, j);
        if (kind == BLOCK_COLUMN_OR) {
            net[0] = axn_circuit_or_many(circuit, net, count);
            count = 1;
        }
        for (int k = 0; k < count; k++)
            axn_columns_add(circuit, columns, column, net[k]);
    }
}

/* {kind of the low block, of the two middle ones, of the high one}: 0 exact, 1 of 2x2
 *  blocks with 3 x 3 = 7, 2 one OR a column, 3 left out. Zero-exact. */
void axn_build_blocks(axn_circuit *circuit, const int *parameters)
{
    axn_columns columns = {0};
    for (int j = 0; j < 8; j += 4)
        for (int i = 0; i < 8; i += 4)
            add_block(circuit, &columns, i, j, (block_kind)parameters[(i + j) / 4]);
    axn_columns_dadda(circuit, &columns);
    axn_columns_ripple(circuit, &columns);
}

/* If the upper parts of both operands are 0, their lower parts are multiplied
 * exactly by the same small multiplier. Otherwise it multiplies the upper parts,
 * and the lower half of the product follows the lower parts from their highest bit
 * down: 0 while both bits are 0, and 1 from the first position on in which either
 * is 1; product bits below the operands' positions continue that run. The paper
 * splits in the middle; other splits need a multiplier for the longer part. */
void axn_build_etm(axn_circuit *circuit, const int *parameters)
{
    int low = parameters[0], high = 8 - low;
    int size = low > high ? low : high;
    int upper[16], select;
    for (int i = 0; i < high; i++) {
        upper[2 * i] = AXN_NET_A(low + i);
        upper[2 * i + 1] = AXN_NET_B(low + i);
    }
    select = axn_circuit_or_many(circuit, upper, 2 * high);
    int a[8] = {0}, b[8] = {0};
    for (int i = 0; i < size; i++) {
        a[i] = axn_circuit_mux(circuit, select, i < high ? AXN_NET_A(low + i) : AXN_NET_ZERO,
                               i < low ? AXN_NET_A(i) : AXN_NET_ZERO);
        b[i] = axn_circuit_mux(circuit, select, i < high ? AXN_NET_B(low + i) : AXN_NET_ZERO,
                               i < low ? AXN_NET_B(i) : AXN_NET_ZERO);
    }
    axn_columns columns = {0};
    for (int j = 0; j < size; j++)
        for (int i = 0; i < size; i++)
            axn_columns_add(circuit, &columns, i + j, axn_circuit_and(circuit, a[i], b[j]));
    axn_columns_dadda(circuit, &columns);
    axn_columns_ripple(circuit, &columns);

    int product[16], run = AXN_NET_ZERO;
    for (int bit = 0; bit < 16; bit++)
        product[bit] = circuit->output[bit];
    for (int bit = 2 * low; bit < 16; bit++) {
        int exact = bit < 2 * size ? product[bit] : AXN_NET_ZERO;
        int shifted = bit - 2 * low < 2 * high ? product[bit - 2 * low] : AXN_NET_ZERO;
        circuit->output[bit] = axn_circuit_mux(circuit, select, shifted, exact);
    }
    for (int bit = 2 * low - 1; bit >= 0; bit--) {
        int operand = bit - low;
        if (operand >= 0)
            run = axn_circuit_or(circuit, run,
                                 axn_circuit_or(circuit, AXN_NET_A(operand), AXN_NET_B(operand)));
        circuit->output[bit] = axn_circuit_mux(circuit, select, run, product[bit]);
    }
}
