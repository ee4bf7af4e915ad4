/* The steps of a batch through layers without weights: input, pools, SUM, CONCAT. */
#include <math.h>
#include <string.h>

#include "nas/trainer_internal.h"

#define OBSERVE_ONE 16384 /* fixed point of axn_sum_observe */

static axn_status load_images(axn_trainer *t, int layer, int shard, int thread, axn_error *error)
{
    (void)thread;
    (void)error;
    axn_train_layer *l = &t->layers[layer];
    for (int image = axn_shard_begin(t, shard); image < axn_shard_begin(t, shard + 1); image++) {
        axn_augment(t, l->codes + image * l->size, t->indices[image]);
        t->labels[image] = t->dataset->train.labels[t->indices[image]];
    }
    return AXN_OK;
}

static axn_status max_pool(axn_trainer *t, int layer, int shard, int thread, axn_error *error)
{
    (void)thread;
    (void)error;
    axn_train_layer *l = &t->layers[layer];
    const axn_train_layer *x = &t->layers[l->layer->inputs[0]];
    const int begin = axn_shard_begin(t, shard), end = axn_shard_begin(t, shard + 1);
    axn_max_pool_forward(l->codes + begin * l->size, x->codes + begin * x->size, &l->windows[0],
                         (end - begin) * l->channels);
    return AXN_OK;
}

static axn_status max_pool_gradient(axn_trainer *t, int layer, int shard, int thread,
                                    axn_error *error)
{
    (void)thread;
    (void)error;
    axn_train_layer *l = &t->layers[layer];
    axn_train_layer *x = &t->layers[l->layer->inputs[0]];
    const int begin = axn_shard_begin(t, shard), end = axn_shard_begin(t, shard + 1);
    axn_max_pool_backward(x->gradient + begin * x->size, l->gradient + begin * l->size,
                          x->codes + begin * x->size, &l->windows[0], (end - begin) * l->channels,
                          l->accumulate[0]);
    return AXN_OK;
}

static int window_taps(const axn_train_layer *l)
{
    return l->layer->kernel_h * l->layer->kernel_w;
}

static axn_status average_sums(axn_trainer *t, int layer, int shard, int thread, axn_error *error)
{
    (void)thread;
    (void)error;
    axn_train_layer *l = &t->layers[layer];
    const int input = l->layer->inputs[0];
    const axn_train_layer *x = &t->layers[input];
    const int begin = axn_shard_begin(t, shard), end = axn_shard_begin(t, shard + 1);
    axn_average_pool_forward(
        l->accumulators + begin * l->size, &l->sums[shard], x->codes + begin * x->size,
        &l->windows[0], (end - begin) * l->channels, axn_codes_quantisation(t, input).zero_point);
    return AXN_OK;
}

static void average_range(axn_trainer *t, int layer)
{
    axn_train_layer *l = &t->layers[layer];
    const double step = axn_codes_quantisation(t, l->layer->inputs[0]).scale / window_taps(l);
    int32_t low = 0, high = 0;
    for (int shard = 0; shard < AXN_SHARDS; shard++) {
        low = l->sums[shard].low < low ? l->sums[shard].low : low;
        high = l->sums[shard].high > high ? l->sums[shard].high : high;
    }
    if (t->training || l->range.batches == 0) {
        axn_range_update(&l->range, low * step, high * step);
    }
    l->output = axn_range_quantisation(&l->range);
    l->low = 0;
    l->ratio[0] = axn_fixed_ratio_of(step / l->output.scale);
}

static axn_status average_codes(axn_trainer *t, int layer, int shard, int thread, axn_error *error)
{
    (void)thread;
    (void)error;
    axn_train_layer *l = &t->layers[layer];
    for (int64_t i = axn_shard_begin(t, shard) * l->size;
         i < axn_shard_begin(t, shard + 1) * l->size; i++) {
        int32_t v = l->output.zero_point + axn_fixed_ratio_apply(l->accumulators[i], l->ratio[0]);
        l->inside[i] = v >= 0 && v <= 255;
        l->codes[i] = (uint8_t)(v < 0 ? 0 : (v > 255 ? 255 : v));
    }
    return AXN_OK;
}

static axn_status average_gradient(axn_trainer *t, int layer, int shard, int thread,
                                   axn_error *error)
{
    (void)thread;
    (void)error;
    axn_train_layer *l = &t->layers[layer];
    axn_train_layer *x = &t->layers[l->layer->inputs[0]];
    const int begin = axn_shard_begin(t, shard), end = axn_shard_begin(t, shard + 1);
    for (int64_t i = begin * l->size; i < end * l->size; i++) {
        l->gradient[i] = l->inside[i] ? l->gradient[i] : 0.0F;
    }
    axn_average_pool_backward(x->gradient + begin * x->size, l->gradient + begin * l->size,
                              &l->windows[0], (end - begin) * l->channels,
                              1.0F / (float)window_taps(l), l->accumulate[0]);
    return AXN_OK;
}

/* Operand i of SUM for one image: its codes at the output's height and width. */
static axn_sum_operand operand_of(const axn_trainer *t, const axn_train_layer *l, int i, int image)
{
    const int input = l->layer->inputs[i];
    const axn_train_layer *x = &t->layers[input];
    axn_sum_operand operand = {.codes = x->codes + image * x->size,
                               .zero = axn_codes_quantisation(t, input).zero_point,
                               .ratio = l->ratio[i]};
    if (l->pooled[i] != NULL) {
        operand.codes = l->pooled[i] + (int64_t)image * x->channels * l->pixels;
    }
    return operand;
}

/* Moves both operands on by `count` codes; `ended` marks the one without more channels. */
static void advance(axn_sum_operand operands[2], const int channels[2], int count)
{
    for (int i = 0; i < 2; i++) {
        bool ended = channels[i] < channels[1 - i];
        operands[i].codes = ended ? NULL : operands[i].codes + count;
    }
}

static void sum_channels(const axn_trainer *t, const axn_train_layer *l, int channels[2])
{
    channels[0] = t->layers[l->layer->inputs[0]].channels;
    channels[1] = t->layers[l->layer->inputs[1]].channels;
}

static axn_status sum_observe(axn_trainer *t, int layer, int shard, int thread, axn_error *error)
{
    (void)thread;
    (void)error;
    axn_train_layer *l = &t->layers[layer];
    const int begin = axn_shard_begin(t, shard), end = axn_shard_begin(t, shard + 1);
    int channels[2];
    sum_channels(t, l, channels);
    const int common = (channels[0] < channels[1] ? channels[0] : channels[1]) * l->pixels;
    int32_t *range = l->observed[shard];
    double scale[2];
    int factor[2];
    for (int i = 0; i < 2; i++) {
        const axn_train_layer *x = &t->layers[l->layer->inputs[i]];
        if (l->pooled[i] != NULL) {
            axn_max_pool_forward(l->pooled[i] + (int64_t)begin * x->channels * l->pixels,
                                 x->codes + begin * x->size, &l->windows[i],
                                 (end - begin) * x->channels);
        }
        scale[i] = axn_codes_quantisation(t, l->layer->inputs[i]).scale;
    }
    for (int i = 0; i < 2; i++) {
        factor[i] = (int)lrint(OBSERVE_ONE * scale[i] / fmax(scale[0], scale[1]));
    }
    range[0] = range[1] = 0;
    for (int image = begin; image < end; image++) {
        axn_sum_operand x[2] = {operand_of(t, l, 0, image), operand_of(t, l, 1, image)};
        axn_sum_observe(range, &x[0], factor[0], &x[1], factor[1], common);
        if (common < l->size) {
            advance(x, channels, common);
            axn_sum_observe(range, &x[0], factor[0], &x[1], factor[1], (int)l->size - common);
        }
    }
    return AXN_OK;
}

static void sum_range(axn_trainer *t, int layer)
{
    axn_train_layer *l = &t->layers[layer];
    double scale[2];
    for (int i = 0; i < 2; i++) {
        scale[i] = axn_codes_quantisation(t, l->layer->inputs[i]).scale;
    }
    int32_t low = 0, high = 0;
    for (int shard = 0; shard < AXN_SHARDS; shard++) {
        low = l->observed[shard][0] < low ? l->observed[shard][0] : low;
        high = l->observed[shard][1] > high ? l->observed[shard][1] : high;
    }
    double unit = fmax(scale[0], scale[1]) / OBSERVE_ONE;
    if (t->training || l->range.batches == 0) {
        axn_range_update(&l->range, l->layer->relu ? 0 : low * unit, high * unit);
    }
    l->output = axn_range_quantisation(&l->range);
    l->low = l->layer->relu ? l->output.zero_point : 0;
    for (int i = 0; i < 2; i++) {
        l->ratio[i] = axn_fixed_ratio_of(scale[i] / l->output.scale);
    }
}

static axn_status sum_codes(axn_trainer *t, int layer, int shard, int thread, axn_error *error)
{
    (void)thread;
    (void)error;
    axn_train_layer *l = &t->layers[layer];
    int channels[2];
    sum_channels(t, l, channels);
    const int common = (channels[0] < channels[1] ? channels[0] : channels[1]) * l->pixels;
    const int zero = l->output.zero_point;
    for (int image = axn_shard_begin(t, shard); image < axn_shard_begin(t, shard + 1); image++) {
        axn_sum_operand x[2] = {operand_of(t, l, 0, image), operand_of(t, l, 1, image)};
        int64_t at = image * l->size;
        axn_sum_forward(l->codes + at, l->inside + at, &x[0], &x[1], common, zero, l->low,
                        l->layer->relu);
        if (common < l->size) {
            advance(x, channels, common);
            axn_sum_forward(l->codes + at + common, l->inside + at + common, &x[0], &x[1],
                            (int)l->size - common, zero, l->low, l->layer->relu);
        }
    }
    return AXN_OK;
}

static axn_status sum_gradient(axn_trainer *t, int layer, int shard, int thread, axn_error *error)
{
    (void)error;
    axn_train_layer *l = &t->layers[layer];
    float *small = (float *)(void *)t->scratch[thread];
    for (int i = 0; i < 2; i++) {
        axn_train_layer *x = &t->layers[l->layer->inputs[i]];
        if (!x->wants_gradient) {
            continue;
        }
        int count = x->channels * l->pixels;
        for (int image = axn_shard_begin(t, shard); image < axn_shard_begin(t, shard + 1);
             image++) {
            const float *from = l->gradient + image * l->size;
            const uint8_t *inside = l->inside + image * l->size;
            float *to = x->gradient + image * x->size;
            if (l->pooled[i] == NULL) {
                axn_masked_gradient(to, from, inside, count, l->accumulate[i]);
            } else {
                axn_masked_gradient(small, from, inside, count, false);
                axn_max_pool_backward(to, small, x->codes + image * x->size, &l->windows[i],
                                      x->channels, l->accumulate[i]);
            }
        }
    }
    return AXN_OK;
}

void axn_concat_range(axn_trainer *t, int layer)
{
    axn_train_layer *l = &t->layers[layer];
    double low = 0, high = 0;
    for (int i = 0; i < l->layer->input_count; i++) {
        const axn_quantisation q = axn_codes_quantisation(t, l->layer->inputs[i]);
        low = fmin(low, q.scale * -q.zero_point);
        high = fmax(high, q.scale * (255 - q.zero_point));
    }
    l->range = (axn_range){(float)low, (float)high, 1};
    l->output = axn_range_quantisation(&l->range);
    l->low = 0;
    for (int i = 0; i < l->layer->input_count; i++) {
        const axn_quantisation q = axn_codes_quantisation(t, l->layer->inputs[i]);
        l->ratio[i] = axn_fixed_ratio_of(q.scale / l->output.scale);
    }
}

static axn_status concat_codes(axn_trainer *t, int layer, int shard, int thread, axn_error *error)
{
    (void)thread;
    (void)error;
    axn_train_layer *l = &t->layers[layer];
    for (int image = axn_shard_begin(t, shard); image < axn_shard_begin(t, shard + 1); image++) {
        uint8_t *to = l->codes + image * l->size;
        for (int i = 0; i < l->layer->input_count; i++) {
            const int input = l->layer->inputs[i];
            const axn_train_layer *x = &t->layers[input];
            axn_requantise_codes(to, x->codes + image * x->size, (int)x->size,
                                 axn_codes_quantisation(t, input).zero_point, l->output.zero_point,
                                 l->ratio[i]);
            to += x->size;
        }
    }
    return AXN_OK;
}

static axn_status concat_gradient(axn_trainer *t, int layer, int shard, int thread,
                                  axn_error *error)
{
    (void)thread;
    (void)error;
    axn_train_layer *l = &t->layers[layer];
    for (int image = axn_shard_begin(t, shard); image < axn_shard_begin(t, shard + 1); image++) {
        const float *from = l->gradient + image * l->size;
        for (int i = 0; i < l->layer->input_count; i++) {
            axn_train_layer *x = &t->layers[l->layer->inputs[i]];
            if (x->wants_gradient) {
                axn_add_gradient(x->gradient + image * x->size, from, (int)x->size,
                                 l->accumulate[i]);
            }
            from += x->size;
        }
    }
    return AXN_OK;
}

axn_status axn_plain_forward_steps(axn_plan *plan, const axn_train_layer *l, int layer,
                                   axn_error *error)
{
    axn_shard_step *before = NULL, *after = NULL;
    axn_batch_step *between = NULL;
    switch (l->layer->kind) {
    case AXN_LAYER_INPUT:
        after = load_images;
        break;
    case AXN_LAYER_MAX_POOL:
        after = max_pool;
        break;
    case AXN_LAYER_AVERAGE_POOL:
        before = average_sums;
        between = average_range;
        after = average_codes;
        break;
    case AXN_LAYER_SUM:
        before = sum_observe;
        between = sum_range;
        after = sum_codes;
        break;
    default:
        between = axn_concat_range;
        after = concat_codes;
        break;
    }
    axn_status status = AXN_OK;
    if (before != NULL) {
        status = axn_plan_add(plan, before, NULL, layer, error);
    }
    if (status == AXN_OK && between != NULL) {
        status = axn_plan_add(plan, NULL, between, layer, error);
    }
    if (status == AXN_OK) {
        status = axn_plan_add(plan, after, NULL, layer, error);
    }
    return status;
}

axn_status axn_plain_backward_steps(axn_plan *plan, const axn_train_layer *l, int layer,
                                    axn_error *error)
{
    switch (l->layer->kind) {
    case AXN_LAYER_MAX_POOL:
        return axn_plan_add(plan, max_pool_gradient, NULL, layer, error);
    case AXN_LAYER_AVERAGE_POOL:
        return axn_plan_add(plan, average_gradient, NULL, layer, error);
    case AXN_LAYER_SUM:
        return axn_plan_add(plan, sum_gradient, NULL, layer, error);
    case AXN_LAYER_CONCAT:
        return axn_plan_add(plan, concat_gradient, NULL, layer, error);
    default:
        return AXN_OK;
    }
}
