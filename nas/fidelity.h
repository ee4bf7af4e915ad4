/* How much of what a convolution should say gets through its multiplier: a model of errors
 * that needs no training, for setting hopeless pairs of network and multiplier aside.
 *
 * Operands are drawn as a trained layer has them, roughly: activation codes half zeros, half
 * |N(0, 64)| (after ReLU), weight codes N(128, 42). What counts of a product is x(w - 128),
 * and what the circuit makes of it is T[x][w] - 128x. Batch norm takes away the mean of the
 * errors and their gain, so the fidelity is the squared correlation of the two: the share of
 * the variance that is signal; 1 for the exact circuit. */
#ifndef AXN_NAS_FIDELITY_H
#define AXN_NAS_FIDELITY_H

#include "multipliers/table.h"
#include "nas/candidate.h"

/* 1e-6 (nothing gets through) to 1; to six digits, so that files repeat it. */
double axn_fidelity(const axn_table *table);

/* Product of the fidelities along the path from the image to the classifier on which it is
 * largest, at least 1e-9;
 * 0 where a multiplier's fidelity is not known (0). */
double axn_signal_share(const axn_phenotype *phenotype, const axn_search_multiplier *multipliers);

#endif
