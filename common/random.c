#include "common/random.h"

#include <math.h>

#define ROUNDS 10
#define MULTIPLIER_0 UINT32_C(0xD2511F53)
#define MULTIPLIER_1 UINT32_C(0xCD9E8D57)
#define WEYL_0 UINT32_C(0x9E3779B9)
#define WEYL_1 UINT32_C(0xBB67AE85)

void axn_random_philox(const uint32_t key[2], const uint32_t counter[4], uint32_t out[4])
{
    uint32_t k0 = key[0], k1 = key[1];
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t p0 = (uint64_t)MULTIPLIER_0 * c0;
        uint64_t p1 = (uint64_t)MULTIPLIER_1 * c2;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)p1;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)p0;
        k0 += WEYL_0;
        k1 += WEYL_1;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

axn_random axn_random_stream(uint64_t seed, axn_random_use use, uint32_t a, uint32_t b)
{
    axn_random random = {0};
    random.key[0] = (uint32_t)seed;
    random.key[1] = (uint32_t)(seed >> 32);
    random.counter[1] = (uint32_t)use;
    random.counter[2] = a;
    random.counter[3] = b;
    random.used = 4;
    return random;
}

uint32_t axn_random_u32(axn_random *random)
{
    if (random->used == 4) {
        axn_random_philox(random->key, random->counter, random->block);
        random->used = 0;
        /* A very long stream goes on above the bits of `use`, so that it never runs
         * into another one. */
        if (++random->counter[0] == 0)
            random->counter[1] += 1U << 8;
    }
    return random->block[random->used++];
}

uint32_t axn_random_below(axn_random *random, uint32_t bound)
{
    /* Lemire's multiplication with rejection of the short first interval. */
    uint64_t product = (uint64_t)axn_random_u32(random) * bound;
    if ((uint32_t)product < bound) {
        uint32_t reject = (0U - bound) % bound;
        while ((uint32_t)product < reject)
            product = (uint64_t)axn_random_u32(random) * bound;
    }
    return (uint32_t)(product >> 32);
}

double axn_random_unit(axn_random *random)
{
    uint64_t high = axn_random_u32(random) >> 5;
    uint64_t low = axn_random_u32(random) >> 6;
    return (double)(high << 26 | low) * 0x1p-53;
}

double axn_random_normal(axn_random *random)
{
    double radius = sqrt(-2.0 * log(1.0 - axn_random_unit(random)));
    return radius * cos(6.283185307179586 * axn_random_unit(random));
}

void axn_random_shuffle(axn_random *random, uint32_t *values, uint32_t count)
{
    for (uint32_t i = count; i > 1; i--) {
        uint32_t j = axn_random_below(random, i);
        uint32_t value = values[i - 1];
        values[i - 1] = values[j];
        values[j] = value;
    }
}
