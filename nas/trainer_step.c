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

static axn_status add_forward(axn_trainer *t, int layer, axn_error *error)
{
    const axn_train_layer *l = &t->layers[layer];
    if (t->config.arithmetic == AXN_ARITHMETIC_FLOAT) {
        return axn_float_forward_steps(&t->forward, l, layer, error);
    }
    return l->units > 0 ? axn_weighted_forward_steps(&t->forward, l, layer, error)
                        : axn_plain_forward_steps(&t->forward, l, layer, error);
}

static axn_status add_backward(axn_trainer *t, int layer, axn_error *error)
{
    const axn_train_layer *l = &t->layers[layer];
    if (t->config.arithmetic == AXN_ARITHMETIC_FLOAT) {
        return axn_float_backward_steps(&t->backward, l, layer, error);
    }
    return l->units > 0 ? axn_weighted_backward_steps(&t->backward, l, layer, error)
                        : axn_plain_backward_steps(&t->backward, l, layer, error);
}

axn_status axn_trainer_plan(axn_trainer *trainer, axn_error *error)
{
    axn_trainer *t = trainer;
    axn_status status = AXN_OK;
    const int count = t->network->count;
    for (int i = 0; i < count && status == AXN_OK; i++) {
        status = add_forward(t, i, error);
    }
    for (int i = 0; i < count && status == AXN_OK; i++) {
        if (t->config.arithmetic == AXN_ARITHMETIC_FLOAT) {
            status = axn_float_range_steps(&t->forward, &t->layers[i], i, error);
        }
    }
    for (int i = count - 1; i > 0 && status == AXN_OK; i--) {
        if (t->layers[i].wants_gradient) {
            status = add_backward(t, i, error);
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

/* Codes by output channel, or by layer; the classifier's always by layer, its logits being
 * compared. */
static void quantise_layer(const axn_trainer *t, axn_train_layer *l)
{
    const bool dense = l->layer->kind == AXN_LAYER_DENSE;
    const bool whole = l->classifier || t->config.layer_ranges;
    const float *weights = t->parameters + l->weights;
    float low = 0, high = 0;
    if (whole) {
        axn_float_range(weights, (int64_t)l->units * l->taps, &low, &high);
    }
    for (int unit = 0; unit < l->units; unit++) {
        const int64_t at = (int64_t)unit * l->taps;
        if (!whole) {
            axn_float_range(weights + at, l->taps, &low, &high);
        }
        const axn_quantisation q = axn_weight_quantisation(low, high);
        l->weight_zero[unit] = q.zero_point;
        l->weight_scale[unit] = (float)q.scale;
        l->weight_sums[unit] =
            axn_quantise_weights(l->weight_codes + at, dense ? l->weights_centred + at : NULL,
                                 l->weights_real + at, weights + at, l->taps, q);
    }
}

static axn_status prepare_layer(axn_trainer *t, int layer, int thread, axn_error *error)
{
    const bool conv = t->layers[layer].layer->kind == AXN_LAYER_CONV;
    if (t->config.arithmetic == AXN_ARITHMETIC_FLOAT) {
        return conv ? axn_float_weights(t, layer, thread, error) : AXN_OK;
    }
    quantise_layer(t, &t->layers[layer]);
    return conv && t->training ? axn_conv_gradient_weights(t, layer, thread, error) : AXN_OK;
}

static void prepare_share(void *context, int part, int thread)
{
    axn_trainer *t = context;
    t->status[part] = AXN_OK;
    for (int i = part; i < t->network->count && t->status[part] == AXN_OK; i += AXN_SHARDS) {
        if (t->layers[i].units > 0) {
            t->status[part] = prepare_layer(t, i, thread, &t->errors[part]);
        }
    }
}

axn_status axn_trainer_prepare_weights(axn_trainer *trainer, axn_error *error)
{
    if (trainer->config.arithmetic == AXN_ARITHMETIC_FLOAT) {
        axn_status status = axn_trainer_prepare(trainer, trainer->images, error);
        if (status != AXN_OK) {
            return status;
        }
    }
    axn_pool_run(trainer->pool, AXN_SHARDS, prepare_share, trainer);
    return collect(trainer, AXN_SHARDS, error);
}

void axn_trainer_quantise_weights(axn_trainer *trainer)
{
    for (int i = 0; i < trainer->network->count; i++) {
        if (trainer->layers[i].units > 0) {
            quantise_layer(trainer, &trainer->layers[i]);
        }
    }
}
