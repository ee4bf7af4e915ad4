/* Random small networks with random quantised parameters, the same for the same seed,
 * for tests of golden model, compiler and RTL. */
#ifndef AXN_TESTS_RANDOM_MODEL_H
#define AXN_TESTS_RANDOM_MODEL_H

#include "model/model.h"
#include "multipliers/table.h"

/* Exact product changed by an error that depends on both operands and is not the same
 * when they are swapped; entries of operand 0 are not 0. */
void axn_random_table(uint64_t seed, axn_table *table);

/* A network over all layer kinds and the search's compound cells (INC, RES, RES-B): odd map sizes,
 * kernels 1 to 7, strides 1 to 3, padding, channel tails, SUM with pooled and channel-extended
 * operands, CONCAT of 2 to 4, hidden dense layers. `size` 1 (a few hundred bytes a tensor) to 3 (a
 * few thousand). */
axn_status axn_random_network(uint64_t seed, int size, axn_network *out, axn_error *error);

/* Weights, zero points (extremes often), biases and requantisations that spread the
 * outputs, for model->network; multipliers and accumulator widths from the tables. */
axn_status axn_random_parameters(uint64_t seed, axn_model *model, const axn_table *tables,
                                 const char *const *names, int count, axn_error *error);

/* Both; dataset "random"; a random one of the multipliers for each convolution. */
axn_status axn_random_model_several(uint64_t seed, int size, const axn_table *tables,
                                    const char *const *names, int count, axn_model *out,
                                    axn_error *error);

/* The same with one multiplier `name` whose table is given. */
axn_status axn_random_model(uint64_t seed, int size, const axn_table *table, const char *name,
                            axn_model *out, axn_error *error);

/* The case that a seed stands for where many are tried: five arrays in turn, sizes 1 to 3,
 * one multiplier or, in every fourth round, two to four. */
typedef struct axn_random_case {
    int rows, cols, size, multipliers;
} axn_random_case;
axn_random_case axn_random_case_of(uint64_t seed);

#endif
