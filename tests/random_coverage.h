/* What a set of networks reaches: counts of everything the accelerator treats in its own way. */
#ifndef AXN_TESTS_RANDOM_COVERAGE_H
#define AXN_TESTS_RANDOM_COVERAGE_H

#include "model/model.h"

typedef enum axn_corner {
    AXN_CORNER_CONV, /* cells of the search */
    AXN_CORNER_FC,
    AXN_CORNER_SUM,
    AXN_CORNER_MAX,
    AXN_CORNER_AVG,
    AXN_CORNER_INC,
    AXN_CORNER_RES,
    AXN_CORNER_RES_B,
    AXN_CORNER_KERNEL,                               /* of convolutions, 1 to 7 */
    AXN_CORNER_STRIDE = AXN_CORNER_KERNEL + 7,       /* 1 to 3 */
    AXN_CORNER_POOL_STRIDE = AXN_CORNER_STRIDE + 3,  /* 1 to 3 */
    AXN_CORNER_TAIL = AXN_CORNER_POOL_STRIDE + 3,    /* output channels mod 16, 1 to 15 */
    AXN_CORNER_INPUT_TAIL = AXN_CORNER_TAIL + 15,    /* input channels mod 16, 1 to 15 */
    AXN_CORNER_PADDING = AXN_CORNER_INPUT_TAIL + 15, /* of a convolution */
    AXN_CORNER_POOL_PADDING,
    AXN_CORNER_KERNEL_BEYOND_MAP,
    AXN_CORNER_STRIDE_BEYOND_KERNEL,
    AXN_CORNER_ONE_PIXEL, /* a convolution on a map of 1 x 1 */
    AXN_CORNER_ZERO_0,
    AXN_CORNER_ZERO_255,
    AXN_CORNER_WEIGHT_ZERO_0,
    AXN_CORNER_WEIGHT_ZERO_255,
    AXN_CORNER_LIVE_3, /* a layer runs while a tensor it does not touch is kept */
    AXN_CORNER_BRANCHES_4,
    AXN_CORNER_SUM_POOLED,
    AXN_CORNER_SUM_EXTENDED, /* an operand with fewer channels */
    AXN_CORNER_GLOBAL_POOL,
    AXN_CORNER_SWAP,
    AXN_CORNER_SEVERAL_MULTIPLIERS, /* models in which convolutions use two or more */
    AXN_CORNERS
} axn_corner;

typedef struct axn_coverage {
    int reached[AXN_CORNERS];
    int models;
} axn_coverage;

void axn_coverage_add(axn_coverage *coverage, const axn_model *model);

/* What a person calls it, such as "kernel 3"; into out[size]. */
void axn_corner_name(int corner, char *out, size_t size);

#endif
