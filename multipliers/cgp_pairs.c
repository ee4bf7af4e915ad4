#include "multipliers/cgp_pairs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

#define PAIRS 65536

/* Operand pairs by ascending product, by counting. */
static void sort_pairs(uint32_t *order, uint32_t *first)
{
    memset(first, 0, (PAIRS + 1) * sizeof *first);
    for (uint32_t pair = 0; pair < PAIRS; pair++)
        first[(pair >> 8) * (pair & 255) + 1]++;
    for (uint32_t product = 0; product < PAIRS; product++)
        first[product + 1] += first[product];
    for (uint32_t pair = 0; pair < PAIRS; pair++)
        order[first[(pair >> 8) * (pair & 255)]++] = pair;
}

static unsigned reverse_bits(unsigned value, int bits)
{
    unsigned result = 0;
    for (int i = 0; i < bits; i++)
        result |= (value >> i & 1u) << (bits - 1 - i);
    return result;
}

static void fill_word(axn_cgp_block *block, int word, const uint32_t *pairs)
{
    double least = INFINITY, largest = 0;
    for (int k = 0; k < 64; k++) {
        unsigned a = pairs[k] >> 8, b = pairs[k] & 255, product = a * b;
        uint64_t bit = UINT64_C(1) << k;
        for (int i = 0; i < 8; i++) {
            block->operand[i][word] |= (a >> i & 1u) != 0 ? bit : 0;
            block->operand[8 + i][word] |= (b >> i & 1u) != 0 ? bit : 0;
        }
        for (int i = 0; i < 16; i++)
            block->exact[i][word] |= (product >> i & 1u) != 0 ? bit : 0;
        block->product[word][k] = (uint16_t)product;
        if (product == 0) {
            block->zero[word] |= bit;
            least = 0; /* such an error counts nothing */
            continue;
        }
        least = fmin(least, 1.0 / product);
        largest = fmax(largest, 1.0 / product);
    }
    block->least[word] = least;
    block->largest[word] = largest;
}

axn_status axn_cgp_pairs_create(axn_cgp_pairs **out, axn_error *error)
{
    axn_cgp_pairs *pairs = NULL;
    uint32_t *order = NULL;
    uint32_t *first = NULL;
    axn_status status = axn_allocate_aligned(&pairs, 1, sizeof *pairs, "operand pairs", error);
    if (status == AXN_OK)
        status = axn_allocate(&order, PAIRS, sizeof *order, "operand pairs", error);
    if (status == AXN_OK)
        status = axn_allocate(&first, PAIRS + 1, sizeof *first, "operand pairs", error);
    if (status == AXN_OK) {
        sort_pairs(order, first);
        /* lane l of vector v: the words of one eighth of the products, in an order in
         * which any run of vectors is spread over that eighth */
        for (unsigned v = 0; v < 128; v++)
            for (unsigned lane = 0; lane < 8; lane++)
                fill_word(&pairs->block[v / 8], (int)(v % 8 * 8 + lane),
                          order + (size_t)(lane * 128 + reverse_bits(v, 7)) * 64);
        *out = pairs;
        pairs = NULL;
    }
    free(pairs);
    free(order);
    free(first);
    return status;
}
