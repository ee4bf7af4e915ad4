/* The steps of a batch in plain fp32, by kind of layer; float_steps.c puts them in order. */
#ifndef AXN_NAS_FLOAT_STEPS_H
#define AXN_NAS_FLOAT_STEPS_H

#include "nas/float_layers.h"
#include "nas/trainer_internal.h"

/* The images of one shard. */
typedef struct axn_span {
    int begin, images;
    int64_t pixels; /* images * pixels of the layer's output */
} axn_span;

static inline axn_span axn_span_of(const axn_trainer *t, const axn_train_layer *l, int shard)
{
    const int begin = axn_shard_begin(t, shard);
    const int images = axn_shard_begin(t, shard + 1) - begin;
    return (axn_span){begin, images, (int64_t)images * l->pixels};
}

static inline float *axn_scratch_of(const axn_trainer *t, int thread)
{
    return (float *)(void *)t->scratch[thread];
}

static inline const axn_train_layer *axn_operand(const axn_trainer *t, const axn_train_layer *l,
                                                 int i)
{
    return &t->layers[l->layer->inputs[i]];
}

/* float_weighted_steps.c: convolutions and fully connected layers. */
axn_shard_step axn_float_products_step;
axn_batch_step axn_float_set_affine_step;
axn_shard_step axn_float_affine_step;
axn_shard_step axn_float_classify_step;
axn_shard_step axn_float_gradient_sums_step;
axn_shard_step axn_float_weighted_gradient_step;
/* Takes the extremes of a batch into a layer's range. */
void axn_float_observe_range(axn_trainer *t, axn_train_layer *l, double low, double high);

/* float_plain_steps.c: pools, sum and concatenation. */
axn_shard_step axn_float_max_pool_step;
axn_shard_step axn_float_max_pool_gradient_step;
axn_shard_step axn_float_average_pool_step;
axn_shard_step axn_float_average_gradient_step;
/* Range of a pool or a sum, and the ratios with which its operands are requantised. */
axn_batch_step axn_float_set_range_step;
axn_shard_step axn_float_sum_step;
axn_shard_step axn_float_sum_gradient_step;
axn_shard_step axn_float_concat_step;
axn_shard_step axn_float_concat_gradient_step;

#endif
