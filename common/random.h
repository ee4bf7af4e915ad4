/* Counter-based random numbers, Philox4x32-10 (Salmon et al., "Parallel random
 * numbers: as easy as 1, 2, 3", SC 2011). A stream is keyed by what it is for, so
 * results depend neither on threads nor on the order of use. */
#ifndef AXN_COMMON_RANDOM_H
#define AXN_COMMON_RANDOM_H

#include <stdint.h>

/* What a stream is used for; one value a use, so that streams never overlap. */
typedef enum axn_random_use {
    AXN_RANDOM_WEIGHTS = 1, /* initial weights */
    AXN_RANDOM_SHUFFLE,     /* order of training images */
    AXN_RANDOM_AUGMENT,     /* crop and flip */
    AXN_RANDOM_SPLIT,       /* held-out split and subsets */
    AXN_RANDOM_GENOME,      /* initial genomes */
    AXN_RANDOM_MUTATION,
    AXN_RANDOM_SELECTION,
    AXN_RANDOM_EVOLVER, /* multiplier evolution */
    AXN_RANDOM_TEST,
    AXN_RANDOM_GLITCH /* operands of the glitch estimate */
} axn_random_use;

typedef struct axn_random {
    uint32_t key[2];
    uint32_t counter[4];
    uint32_t block[4];
    unsigned used;
} axn_random;

/* The generator itself: ten rounds over one counter block (for tests). */
void axn_random_philox(const uint32_t key[2], const uint32_t counter[4], uint32_t out[4]);

/* Stream of (seed, use, a, b): e.g. a = candidate, b = epoch. */
axn_random axn_random_stream(uint64_t seed, axn_random_use use, uint32_t a, uint32_t b);
uint32_t axn_random_u32(axn_random *random);
/* Uniform in 0 .. bound-1, unbiased; bound >= 1. */
uint32_t axn_random_below(axn_random *random, uint32_t bound);
/* Uniform in [0, 1), 53 bits. */
double axn_random_unit(axn_random *random);
/* Standard normal (Box-Muller). */
double axn_random_normal(axn_random *random);
/* Fisher-Yates shuffle. */
void axn_random_shuffle(axn_random *random, uint32_t *values, uint32_t count);

#endif
