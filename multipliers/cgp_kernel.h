/* The evolver's inner loops, one set an instruction-set tier; all tiers give the same
 * results, bit for bit.
 *
 * The 65,536 operand pairs are permuted so that a 64-bit word holds pairs with
 * similar products, and any block of words holds small and large products alike:
 * a block is then a fair sample, and a word's pairs have about the same weight in the
 * mean relative error. A block is 64 words; a slot is one signal's words of a block. */
#ifndef AXN_MULTIPLIERS_CGP_KERNEL_H
#define AXN_MULTIPLIERS_CGP_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

#define AXN_CGP_BLOCKS 16
#define AXN_CGP_WORDS 64 /* of a block */

typedef struct axn_cgp_step {
    uint8_t gate;     /* axn_cgp_function or axn_cgp_gate */
    int32_t input[3]; /* slots */
    int32_t output[2];
} axn_cgp_step;

/* Of one block: what its pairs are, the same for every circuit. 64-byte aligned. */
typedef struct axn_cgp_block {
    uint64_t operand[16][AXN_CGP_WORDS]; /* A[0..7], B[0..7] */
    uint64_t exact[16][AXN_CGP_WORDS];   /* product */
    uint64_t zero[AXN_CGP_WORDS];        /* exact product is 0 */
    double least[AXN_CGP_WORDS];         /* least and largest 1/product of a word, */
    double largest[AXN_CGP_WORDS];       /* products of 0 left out */
    uint16_t product[AXN_CGP_WORDS][64]; /* by word and bit */
} axn_cgp_block;

/* Sums over blocks. */
typedef struct axn_cgp_sums {
    uint64_t absolute;     /* sum of |error| */
    uint64_t wrong;        /* pairs with an error */
    double relative_least; /* bounds of the sum of |error| / product */
    double relative_largest;
    uint64_t above;      /* not 0: an |error| is above the limit */
    uint64_t wrong_zero; /* not 0: an error where the product is 0 */
} axn_cgp_sums;

typedef struct axn_cgp_kernel {
    const char *name;
    /* Evaluates steps in order on the slots of one block. */
    void (*run)(const axn_cgp_step *steps, int count, uint64_t *slots);
    /* Adds a block's errors to *sums; output[16]: slots; limit: of |error|. */
    void (*add_errors)(const axn_cgp_block *block, const uint64_t *slots, const int32_t *output,
                       unsigned limit, axn_cgp_sums *sums);
    /* |error| of every pair of a block, by word and bit. */
    void (*errors)(const axn_cgp_block *block, const uint64_t *slots, const int32_t *output,
                   uint16_t (*out)[64]);
    /* Number of ones of a slot in all blocks, `stride` words apart. */
    uint64_t (*ones)(const uint64_t *slot, size_t stride);
} axn_cgp_kernel;

/* The fastest tier of this machine, or the one named in the environment's
 * AXNAS_CGP_KERNEL (avx512, avx2, portable); an unknown or impossible one is refused. */
axn_status axn_cgp_kernel_choose(const axn_cgp_kernel **out, axn_error *error);
/* The tiers this machine can run; NULL ends the list. */
const axn_cgp_kernel *axn_cgp_kernel_tier(int index);

#endif
