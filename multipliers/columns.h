/* Bits to be added, sorted by weight: what the carry-save trees of the generators
 * work on. */
#ifndef AXN_MULTIPLIERS_COLUMNS_H
#define AXN_MULTIPLIERS_COLUMNS_H

#include "multipliers/circuit.h"

#define AXN_COLUMNS 16
#define AXN_COLUMN_HEIGHT 64

/* net[c][0 .. height[c]-1] have weight 2^c; initialise with {0}. */
typedef struct axn_columns {
    int net[AXN_COLUMNS][AXN_COLUMN_HEIGHT];
    int height[AXN_COLUMNS];
} axn_columns;

/* Adds a bit. Constant 0 and weights of 2^16 and above (products are modulo 2^16)
 * are dropped; a column over AXN_COLUMN_HEIGHT marks the circuit failed. */
void axn_columns_add(axn_circuit *circuit, axn_columns *columns, int column, int net);
/* Adds `value` as constant bits. */
void axn_columns_add_constant(axn_circuit *circuit, axn_columns *columns, unsigned value);
/* The partial product A[i] AND B[j]. */
int axn_partial_product(axn_circuit *circuit, int i, int j);
/* Adds all partial products of weight first <= i + j < end. */
void axn_columns_partial_products(axn_circuit *circuit, axn_columns *columns, int first, int end);

/* Reduce every column to at most two bits with full and half adders: as late as
 * possible (L. Dadda, "Some schemes for parallel multipliers", Alta Frequenza 34,
 * 1965), or as early as possible (C. S. Wallace, "A suggestion for a fast
 * multiplier", IEEE Trans. Electronic Computers EC-13, 1964). */
void axn_columns_dadda(axn_circuit *circuit, axn_columns *columns);
void axn_columns_wallace(axn_circuit *circuit, axn_columns *columns);
/* Adds columns of at most two bits with a ripple-carry adder into O. */
void axn_columns_ripple(axn_circuit *circuit, axn_columns *columns);

#endif
