/* Accuracy of many mixtures of one model's variants: each convolution takes its weights,
 * biases and multiplier from the variant that an assignment names for it. A batch of images
 * goes through all assignments in turn while every layer keeps its map, so that only the
 * layers behind a difference to the assignment before are computed again. */
#ifndef AXN_NAS_ASSIGN_EVALUATOR_H
#define AXN_NAS_ASSIGN_EVALUATOR_H

#include "nas/inference.h"

typedef struct axn_assign_evaluator axn_assign_evaluator;

/* variants[v] are models of the same network, tables[v] the tables of its multipliers; all
 * layers but the convolutions are those of variants[0]. All is borrowed.
 * AXN_ERROR_USAGE for a network without a convolution. */
axn_status axn_assign_evaluator_create(const axn_model *variants, const axn_table *const *tables,
                                       int variant_count, axn_pool *pool,
                                       axn_assign_evaluator **out, axn_error *error);
void axn_assign_evaluator_free(axn_assign_evaluator *evaluator);

int axn_assign_evaluator_convolutions(const axn_assign_evaluator *evaluator);

/* choices[count][convolutions]: index of the variant for each convolution, in the order of
 * the layers. correct[count] receives how many images each assignment recognises: the same
 * for any thread count and any order. Ctrl-C ends it with AXN_ERROR_INTERRUPTED. */
axn_status axn_assign_evaluator_run(axn_assign_evaluator *evaluator, const uint16_t *choices,
                                    int count, const uint8_t *const *images, const uint8_t *labels,
                                    int image_count, int *correct, axn_error *error);

#endif
