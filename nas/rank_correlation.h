/* Do two rankings agree? Of accuracies in the search with those after the final training:
 * what a cheap evaluation is worth. */
#ifndef AXN_NAS_RANK_CORRELATION_H
#define AXN_NAS_RANK_CORRELATION_H

/* Spearman's rho: Pearson's correlation of the ranks, ties with the mean of theirs.
 * NaN with less than two values or where all values of one side are equal. */
double axn_spearman(const double *one, const double *other, int count);

/* Kendall's tau-b (ties on either side leave the denominator); NaN likewise. */
double axn_kendall(const double *one, const double *other, int count);

#endif
