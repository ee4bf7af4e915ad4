/* How often each pair of operand codes meets in a multiplier, from real images: a second
 * energy figure weighs every operand pair with it.
 *
 * File: {"format": "axnas-operand-histogram", "version": 1, "model", "dataset", "images",
 * "multiplications", "counts": [65,536 integers below 2^53, index a * 256 + b]}; a is the
 * code on port A, b the code on port B. "multiplications" is the sum of the counts. */
#ifndef AXN_MULTIPLIERS_OPERAND_HISTOGRAM_H
#define AXN_MULTIPLIERS_OPERAND_HISTOGRAM_H

#include <stdint.h>

#include "common/error.h"
#include "common/hash.h"

#define AXN_OPERAND_PAIRS 65536

typedef struct axn_operand_histogram {
    char model[256], dataset[64];
    int64_t images;
    double multiplications;
    char hash[AXN_HASH_TEXT];          /* of the counts as little-endian 64-bit words */
    double weights[AXN_OPERAND_PAIRS]; /* the counts */
} axn_operand_histogram;

/* Caller frees *out with free(). */
axn_status axn_operand_histogram_read(const char *path, axn_operand_histogram **out,
                                      axn_error *error);
axn_status axn_operand_histogram_write(const char *path, const char *model, const char *dataset,
                                       int64_t images, const uint64_t counts[AXN_OPERAND_PAIRS],
                                       axn_error *error);

#endif
