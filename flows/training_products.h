/* Which products each convolution is trained with, where the options ask for another operand
 * order or for mapped weight codes: a network trained with the products that it will have needs
 * no correction afterwards. */
#ifndef AXN_FLOWS_TRAINING_PRODUCTS_H
#define AXN_FLOWS_TRAINING_PRODUCTS_H

#include "flows/training.h"

typedef struct axn_training_products {
    axn_network network; /* with the operand order, and an index into `tables` */
    axn_table *tables;   /* [count], weight codes mapped; a swapped convolution's is transposed */
    const char **names;  /* [count], of the multipliers they were made from; borrowed */
    int count;
    uint8_t (*maps)[256]; /* [network.count], the map of each convolution; NULL = codes stay */
    int images;           /* that decided, 0 = none were needed */
} axn_training_products;

/* Does the training need products of its own? Not in float arithmetic: corrections of what
 * was trained without the multiplier come afterwards. */
bool axn_training_products_wanted(const axn_training *training);

/* Operand order and maps as training->corrections ask for them. What depends on the
 * activations (order "best", maps by "histogram") is decided by those of a network trained for
 * one epoch on at most AXN_TRAINING_TRIAL of the images, in fp32. Depends on seed and settings
 * only. Free with axn_training_products_free, also after a failure. */
#define AXN_TRAINING_TRIAL 10000
axn_status axn_training_products_choose(const axn_training *training, const uint32_t *images,
                                        int count, axn_pool *pool, axn_training_products *out,
                                        axn_error *error);
void axn_training_products_free(axn_training_products *products);

/* Makes a model folded from such a training one of the training's own multipliers, with mapped
 * weight codes: the same integers. Says in `result` (one layer each) what became of a
 * convolution. */
axn_status axn_training_products_finish(const axn_training *training,
                                        const axn_training_products *products, axn_model *model,
                                        axn_correction_result *result, axn_error *error);

#endif
