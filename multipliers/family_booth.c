/* Radix-4 Booth multipliers of unsigned operands.
 *  - A. D. Booth, "A signed binary multiplication technique", Quarterly Journal of
 *    Mechanics and Applied Mathematics 4(2), 1951.
 *  - O. L. MacSorley, "High-speed arithmetic in binary computers", Proc. IRE 49(1),
 *    1961: recoding by overlapping triplets.
 * The low columns may be truncated, with or without a constant correction, or joined
 * by OR gates column by column. */
#include "multipliers/columns.h"
#include "multipliers/families.h"

#define DIGITS 5 /* the last one is the multiplier's highest bit alone */

/* The signs of digits 0..3, -2^(9 + 2k) each, modulo 2^16: their complements are
 * added as bits, and this for all of them at once. */
#define SIGN_CONSTANT (0x10000u - 0x200u - 0x800u - 0x2000u - 0x8000u)

typedef struct booth_digit {
    int one, two, negative; /* nets */
} booth_digit;

/* From B[2k+1], B[2k] and B[2k-1]; the triplet 111 is a positive zero. */
static booth_digit recode(axn_circuit *circuit, int k)
{
    booth_digit digit = {AXN_NET_B(7), AXN_NET_ZERO, AXN_NET_ZERO};
    if (k == DIGITS - 1)
        return digit;
    int low = k == 0 ? AXN_NET_ZERO : AXN_NET_B(2 * k - 1);
    int middle = AXN_NET_B(2 * k), high = AXN_NET_B(2 * k + 1);
    int neither = axn_circuit_nor(circuit, middle, low);
    int both = axn_circuit_and(circuit, middle, low);
    digit.one = axn_circuit_nor(circuit, neither, both);
    digit.negative = axn_circuit_and(circuit, high, axn_circuit_not(circuit, both));
    digit.two = axn_circuit_mux(circuit, high, neither, both);
    return digit;
}

/* Bit i of |digit| x A, complemented if the digit is negative. */
static int row_bit(axn_circuit *circuit, const booth_digit *digit, int i)
{
    int once = i < 8 ? axn_circuit_and(circuit, digit->one, AXN_NET_A(i)) : AXN_NET_ZERO;
    int twice = i > 0 ? axn_circuit_and(circuit, digit->two, AXN_NET_A(i - 1)) : AXN_NET_ZERO;
    return axn_circuit_xor(circuit, axn_circuit_or(circuit, once, twice), digit->negative);
}

static void add_row(axn_circuit *circuit, axn_columns *columns, int k)
{
    booth_digit digit = recode(circuit, k);
    bool last = k == DIGITS - 1;
    for (int i = 0; i < (last ? 8 : 9); i++)
        axn_columns_add(circuit, columns, 2 * k + i, row_bit(circuit, &digit, i));
    axn_columns_add(circuit, columns, 2 * k, digit.negative);
    if (!last)
        axn_columns_add(circuit, columns, 2 * k + 9, axn_circuit_not(circuit, digit.negative));
}

static int booth_value(unsigned b, int k)
{
    unsigned triplet = ((b << 1) >> (2 * k)) & 7u;
    static const int values[8] = {0, 1, 1, 2, -2, -1, -1, 0};
    return values[triplet];
}

/* Mean of what the columns below `end` hold over all operand pairs. */
static unsigned mean_below(int end)
{
    double sum = 0;
    for (unsigned b = 0; b < 256; b++)
        for (unsigned a = 0; a < 256; a++)
            for (int k = 0; k < DIGITS && 2 * k < end; k++) {
                int value = booth_value(b, k);
                unsigned row = a * (unsigned)(value < 0 ? -value : value);
                unsigned mask = end - 2 * k >= 9 ? 511u : (1u << (end - 2 * k)) - 1;
                sum += (double)((((value < 0 ? ~row : row) & mask) + (value < 0)) << (2 * k));
            }
    return (unsigned)(sum / 65536 + 0.5);
}

/* {columns below `low` are approximate, how: 0 dropped, 1 dropped and their mean added,
 *  2 one OR a column}. {0} is exact. */
void axn_build_booth(axn_circuit *circuit, const int *parameters)
{
    axn_columns columns = {0};
    int low = parameters[0], how = parameters[1];
    for (int k = 0; k < DIGITS; k++)
        add_row(circuit, &columns, k);
    for (int column = 0; column < low && column < AXN_COLUMNS; column++) {
        int joined = axn_circuit_or_many(circuit, columns.net[column], columns.height[column]);
        columns.height[column] = 0;
        if (how == 2)
            axn_columns_add(circuit, &columns, column, joined);
    }
    unsigned constant = SIGN_CONSTANT + (how == 1 ? mean_below(low) : 0);
    axn_columns_add_constant(circuit, &columns, constant & 0xffffu);
    axn_columns_dadda(circuit, &columns);
    axn_columns_ripple(circuit, &columns);
}
