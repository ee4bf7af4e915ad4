/* The slopes of an approximate multiplier, for gradients through its products.
 *
 * dT/dx is the central difference over x of the table smoothed over x by a moving average
 * (Meng, Burleson, De Micheli 2025 on approximate multipliers in retraining), dT/dw the same
 * over w. A slope matrix [moved operand][other operand] is kept as a short sum of products
 * along_r(moved) * across_r(other), so that each term of a gradient is an ordinary float
 * convolution of operands that went through a table of 256 entries. The first term is the
 * slope that is best without regard to the moved operand (along_0 = 1: a straight-through
 * gradient of the right height); the others are the leading singular vectors of the rest. */
#ifndef AXN_NAS_TABLE_GRADIENT_H
#define AXN_NAS_TABLE_GRADIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"

#define AXN_SLOPE_TERMS 4           /* at most; each costs one convolution more */
#define AXN_SLOPE_TOLERANCE 0.1     /* terms are added until the rest is smaller */
#define AXN_GRADIENT_WINDOW_MAX 127 /* codes on each side of the moving average */

typedef struct axn_slope_factors {
    int terms; /* 1 .. AXN_SLOPE_TERMS */
    float along[AXN_SLOPE_TERMS][256];
    float across[AXN_SLOPE_TERMS][256];
    double residual; /* Frobenius norm of what is left out, to that of all slopes */
} axn_slope_factors;

typedef struct axn_table_gradient {
    axn_slope_factors activation; /* dT/dx: along x, across w */
    axn_slope_factors weight;     /* dT/dw: along w, across x */
} axn_table_gradient;

/* slopes[moved * 256 + other]. product[x * 256 + w], swap = x and w change places first;
 * by_weight: the moved operand is w. Where a window or its neighbours would reach beyond the
 * codes, the mean slope between the outermost whole windows stands. */
void axn_table_slopes(double *slopes, const uint16_t *product, bool swap, bool by_weight,
                      int window);

/* The factors for one table; window 0 .. AXN_GRADIENT_WINDOW_MAX. Caller frees *out. */
axn_status axn_table_gradient_create(const uint16_t *product, bool swap, int window,
                                     axn_table_gradient **out, axn_error *error);
void axn_table_gradient_free(axn_table_gradient *gradient);

#endif
