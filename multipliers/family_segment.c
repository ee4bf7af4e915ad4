/* Multipliers that work on a part of each operand, chosen at fixed places.
 *  - S. Narayanamoorthy, H. A. Moghaddam, Z. Liu, T. Park and N. S. Kim,
 *    "Energy-efficient approximate multiplication for digital signal processing and
 *    classification applications", IEEE Trans. VLSI Systems 23(6), 2015: static segment
 *    multiplier (SSM); with three places, the enhanced one (ESSM).
 * Products with 0 are exact. */
#include "multipliers/columns.h"
#include "multipliers/families.h"

/* bits[width] = the `width` bits of x from place[chosen] on; select[p] tells that place p
 * (ascending, the first is 0) or a higher one is needed. */
static void choose_segment(axn_circuit *circuit, const int *x, int width, const int *place,
                           int places, int *bits, int *select)
{
    for (int i = 0; i < width; i++)
        bits[i] = x[i];
    for (int p = 1; p < places; p++) {
        int first = place[p - 1] + width;
        select[p] = axn_circuit_or_many(circuit, x + first, 8 - first);
        for (int i = 0; i < width; i++)
            bits[i] = axn_circuit_mux(circuit, select[p], x[place[p] + i], bits[i]);
    }
}

/* bits[16] <<= amount if select. */
static void shift_if(axn_circuit *circuit, int *bits, int select, int amount)
{
    for (int i = 15; i >= 0; i--)
        bits[i] = axn_circuit_mux(circuit, select, i >= amount ? bits[i - amount] : AXN_NET_ZERO,
                                  bits[i]);
}

/* {segment width, places a segment may start at: 2 or 3}. */
void axn_build_static_segment(axn_circuit *circuit, const int *parameters)
{
    int width = parameters[0], places = parameters[1] == 3 ? 3 : 2;
    int place[3] = {0, 8 - width, 0}, bits[2][8], select[2][3];
    if (places == 3) {
        place[1] = (8 - width) / 2;
        place[2] = 8 - width;
    }
    for (int operand = 0; operand < 2; operand++) {
        int x[8];
        for (int i = 0; i < 8; i++)
            x[i] = operand == 0 ? AXN_NET_A(i) : AXN_NET_B(i);
        choose_segment(circuit, x, width, place, places, bits[operand], select[operand]);
    }
    axn_columns columns = {0};
    for (int j = 0; j < width; j++)
        for (int i = 0; i < width; i++)
            axn_columns_add(circuit, &columns, i + j,
                            axn_circuit_and(circuit, bits[0][i], bits[1][j]));
    axn_columns_dadda(circuit, &columns);
    axn_columns_ripple(circuit, &columns);
    /* a place is reached from the one before it */
    for (int operand = 0; operand < 2; operand++)
        for (int p = 1; p < places; p++)
            shift_if(circuit, circuit->output, select[operand][p], place[p] - place[p - 1]);
}
