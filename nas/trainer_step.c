/* Runs a batch: consecutive steps on shards go to the pool together, so that a shard's
 * tensors stay with one thread and threads meet only where the batch is summed up. */
#include <stdlib.h>

#include "common/memory.h"
#include "nas/trainer_internal.h"

axn_status axn_plan_add(axn_plan *plan, axn_shard_step *shard, axn_batch_step *batch, int layer,
                        axn_error *error)
{
    axn_status status = axn_grow(&plan->steps, &plan->capacity, plan->count + 1,
                                 sizeof *plan->steps, "the steps of a batch", error);
    if (status == AXN_OK) {
        plan->steps[plan->count++] = (axn_step){shard, batch, layer};
    }
    return status;
}

axn_status axn_trainer_plan(axn_trainer *trainer, axn_error *error)
{
    axn_status status = AXN_OK;
    const int count = trainer->network->count;
    for (int i = 0; i < count && status == AXN_OK; i++) {
        const axn_train_layer *l = &trainer->layers[i];
        status = l->units > 0 ? axn_weighted_forward_steps(&trainer->forward, l, i, error)
                              : axn_plain_forward_steps(&trainer->forward, l, i, error);
    }
    for (int i = count - 1; i > 0 && status == AXN_OK; i--) {
        const axn_train_layer *l = &trainer->layers[i];
        if (l->wants_gradient) {
            status = l->units > 0 ? axn_weighted_backward_steps(&trainer->backward, l, i, error)
                                  : axn_plain_backward_steps(&trainer->backward, l, i, error);
        }
    }
    return status;
}

typedef struct segment {
    axn_trainer *trainer;
    const axn_step *steps;
    size_t count;
} segment;

static void run_shard(void *context, int part, int thread)
{
    const segment *s = context;
    axn_trainer *t = s->trainer;
    t->status[part] = AXN_OK;
    for (size_t i = 0; i < s->count && t->status[part] == AXN_OK; i++) {
        t->status[part] = s->steps[i].shard(t, s->steps[i].layer, part, thread, &t->errors[part]);
    }
}

/* The first failure among the parts of a run. */
static axn_status collect(axn_trainer *t, int parts, axn_error *error)
{
    for (int part = 0; part < parts; part++) {
        if (t->status[part] != AXN_OK) {
            return axn_fail(error, t->status[part], "%s", t->errors[part].message);
        }
    }
    return AXN_OK;
}

axn_status axn_trainer_run_plan(axn_trainer *trainer, const axn_plan *plan, axn_error *error)
{
    for (size_t at = 0; at < plan->count;) {
        segment s = {.trainer = trainer, .steps = plan->steps + at};
        while (at + s.count < plan->count && s.steps[s.count].shard != NULL) {
            s.count++;
        }
        if (s.count > 0) {
            axn_pool_run(trainer->pool, AXN_SHARDS, run_shard, &s);
            axn_status status = collect(trainer, AXN_SHARDS, error);
            if (status != AXN_OK) {
                return status;
            }
            at += s.count;
        } else {
            s.steps->batch(trainer, s.steps->layer);
            at++;
        }
    }
    return AXN_OK;
}

/* Codes by output channel; the classifier's by layer, its logits being compared. */
static void quantise_layer(const axn_trainer *t, axn_train_layer *l)
{
    const float *weights = t->parameters + l->weights;
    float low = 0, high = 0;
    if (l->classifier) {
        axn_float_range(weights, (int64_t)l->units * l->taps, &low, &high);
    }
    for (int unit = 0; unit < l->units; unit++) {
        const int64_t at = (int64_t)unit * l->taps;
        if (!l->classifier) {
            axn_float_range(weights + at, l->taps, &low, &high);
        }
        const axn_quantisation q = axn_weight_quantisation(low, high);
        bool dense = l->layer->kind == AXN_LAYER_DENSE;
        l->weight_zero[unit] = q.zero_point;
        l->weight_scale[unit] = (float)q.scale;
        l->weight_sums[unit] =
            axn_quantise_weights(l->weight_codes + at, dense ? l->weights_centred + at : NULL,
                                 l->weights_real + at, weights + at, l->taps, q);
    }
}

static void prepare_share(void *context, int part, int thread)
{
    axn_trainer *t = context;
    t->status[part] = AXN_OK;
    for (int i = part; i < t->network->count && t->status[part] == AXN_OK; i += AXN_SHARDS) {
        axn_train_layer *l = &t->layers[i];
        if (l->units == 0) {
            continue;
        }
        quantise_layer(t, l);
        if (t->training && l->layer->kind == AXN_LAYER_CONV) {
            t->status[part] = axn_conv_gradient_weights(t, i, thread, &t->errors[part]);
        }
    }
}

axn_status axn_trainer_prepare_weights(axn_trainer *trainer, axn_error *error)
{
    axn_pool_run(trainer->pool, AXN_SHARDS, prepare_share, trainer);
    return collect(trainer, AXN_SHARDS, error);
}
