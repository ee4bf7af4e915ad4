/* The steps of a batch in plain fp32: the same plan as that of the codes, on float maps laid out
 * pixel by pixel. Ranges are observed as the quantised training observes them, so that the network
 * can be quantised afterwards. */
#include "nas/float_steps.h"

static axn_status load(axn_trainer *t, int layer, int shard, int thread, axn_error *error)
{
    (void)thread;
    (void)error;
    axn_train_layer *l = &t->layers[layer];
    const axn_span s = axn_span_of(t, l, shard);
    for (int image = s.begin; image < s.begin + s.images; image++) {
        axn_augment(t, l->codes + image * l->size, t->indices[image]);
        t->labels[image] = t->dataset->train.labels[t->indices[image]];
    }
    axn_dequantise_nhwc(l->values + s.begin * l->size, l->codes + s.begin * l->size,
                        (float)l->output.scale, l->output.zero_point, s.images, l->channels,
                        l->pixels);
    return AXN_OK;
}

size_t axn_float_scratch(const axn_trainer *t, const axn_train_layer *l, int images)
{
    size_t floats = (size_t)l->channels;
    if (l->layer->kind == AXN_LAYER_CONV) {
        floats = ((size_t)images * (size_t)axn_shape_size(l->in) + 15) / 16 * 16;
    } else if (l->layer->kind == AXN_LAYER_SUM) {
        for (int i = 0; i < 2; i++) {
            const size_t channels = (size_t)axn_operand(t, l, i)->channels;
            const size_t need = channels * ((size_t)images * (size_t)l->pixels + 1);
            floats = need > floats ? need : floats;
        }
    }
    return floats * sizeof(float);
}

static axn_status add(axn_plan *plan, axn_shard_step *before, axn_batch_step *between,
                      axn_shard_step *after, int layer, axn_error *error)
{
    axn_status status = AXN_OK;
    if (before != NULL) {
        status = axn_plan_add(plan, before, NULL, layer, error);
    }
    if (status == AXN_OK && between != NULL) {
        status = axn_plan_add(plan, NULL, between, layer, error);
    }
    if (status == AXN_OK && after != NULL) {
        status = axn_plan_add(plan, after, NULL, layer, error);
    }
    return status;
}

axn_status axn_float_forward_steps(axn_plan *plan, const axn_train_layer *l, int layer,
                                   axn_error *error)
{
    switch (l->layer->kind) {
    case AXN_LAYER_INPUT:
        return add(plan, load, NULL, NULL, layer, error);
    case AXN_LAYER_MAX_POOL:
        return add(plan, axn_float_max_pool_step, NULL, NULL, layer, error);
    case AXN_LAYER_AVERAGE_POOL:
        return add(plan, axn_float_average_pool_step, NULL, NULL, layer, error);
    case AXN_LAYER_SUM:
        return add(plan, axn_float_sum_step, NULL, NULL, layer, error);
    case AXN_LAYER_CONCAT:
        return add(plan, axn_float_concat_step, NULL, NULL, layer, error);
    default:
        return add(plan, axn_float_products_step, axn_float_set_affine_step,
                   l->classifier ? axn_float_classify_step : axn_float_affine_step, layer, error);
    }
}

axn_status axn_float_range_steps(axn_plan *plan, const axn_train_layer *l, int layer,
                                 axn_error *error)
{
    switch (l->layer->kind) {
    case AXN_LAYER_AVERAGE_POOL:
    case AXN_LAYER_SUM:
        return add(plan, NULL, axn_float_set_range_step, NULL, layer, error);
    case AXN_LAYER_CONCAT:
        return add(plan, NULL, axn_concat_range, NULL, layer, error);
    default:
        return AXN_OK;
    }
}

axn_status axn_float_backward_steps(axn_plan *plan, const axn_train_layer *l, int layer,
                                    axn_error *error)
{
    switch (l->layer->kind) {
    case AXN_LAYER_INPUT:
        return AXN_OK;
    case AXN_LAYER_MAX_POOL:
        return add(plan, axn_float_max_pool_gradient_step, NULL, NULL, layer, error);
    case AXN_LAYER_AVERAGE_POOL:
        return add(plan, axn_float_average_gradient_step, NULL, NULL, layer, error);
    case AXN_LAYER_SUM:
        return add(plan, axn_float_sum_gradient_step, NULL, NULL, layer, error);
    case AXN_LAYER_CONCAT:
        return add(plan, axn_float_concat_gradient_step, NULL, NULL, layer, error);
    default:
        return add(plan, axn_float_gradient_sums_step, axn_reduce_gradients,
                   axn_float_weighted_gradient_step, layer, error);
    }
}
