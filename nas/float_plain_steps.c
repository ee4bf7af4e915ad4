/* Pools, sum and concatenation of a batch in plain fp32. */
#include <math.h>
#include <string.h>

#include "nas/float_steps.h"

axn_status axn_float_max_pool_step(axn_trainer *t, int layer, int shard, int thread,
                                   axn_error *error)
{
    (void)thread;
    (void)error;
    axn_train_layer *l = &t->layers[layer];
    const axn_train_layer *x = axn_operand(t, l, 0);
    const axn_span s = axn_span_of(t, l, shard);
    axn_float_max_pool(l->values + s.begin * l->size, x->values + s.begin * x->size, &l->windows[0],
                       s.images, l->channels);
    return AXN_OK;
}

axn_status axn_float_max_pool_gradient_step(axn_trainer *t, int layer, int shard, int thread,
                                            axn_error *error)
{
    (void)error;
    axn_train_layer *l = &t->layers[layer];
    const axn_train_layer *x = axn_operand(t, l, 0);
    const axn_span s = axn_span_of(t, l, shard);
    axn_float_max_pool_backward(x->gradient + s.begin * x->size, l->gradient + s.begin * l->size,
                                l->values + s.begin * l->size, x->values + s.begin * x->size,
                                &l->windows[0], s.images, l->channels, l->accumulate[0],
                                axn_scratch_of(t, thread));
    return AXN_OK;
}

static float window_share(const axn_train_layer *l)
{
    return 1.0F / (float)(l->layer->kernel_h * l->layer->kernel_w);
}

/* Values, and their extremes in the first channel's sums. */
axn_status axn_float_average_pool_step(axn_trainer *t, int layer, int shard, int thread,
                                       axn_error *error)
{
    (void)thread;
    (void)error;
    axn_train_layer *l = &t->layers[layer];
    const axn_train_layer *x = axn_operand(t, l, 0);
    const axn_span s = axn_span_of(t, l, shard);
    float *values = l->values + s.begin * l->size, range[2] = {0, 0};
    axn_float_average_pool(values, x->values + s.begin * x->size, &l->windows[0], s.images,
                           l->channels, window_share(l));
    axn_float_extremes(range, values, s.images * l->size);
    l->float_sums[shard] = (axn_float_sums){.low = range[0], .high = range[1]};
    return AXN_OK;
}

axn_status axn_float_average_gradient_step(axn_trainer *t, int layer, int shard, int thread,
                                           axn_error *error)
{
    (void)thread;
    (void)error;
    axn_train_layer *l = &t->layers[layer];
    const axn_train_layer *x = axn_operand(t, l, 0);
    const axn_span s = axn_span_of(t, l, shard);
    axn_float_average_pool_backward(x->gradient + s.begin * x->size,
                                    l->gradient + s.begin * l->size, &l->windows[0], s.images,
                                    l->channels, window_share(l), l->accumulate[0]);
    return AXN_OK;
}

/* Range of a pool or a sum, and the ratios with which its operands are requantised. */
void axn_float_set_range_step(axn_trainer *t, int layer)
{
    axn_train_layer *l = &t->layers[layer];
    float low = 0, high = 0;
    for (int shard = 0; shard < AXN_SHARDS; shard++) {
        low = fminf(low, l->float_sums[shard].low);
        high = fmaxf(high, l->float_sums[shard].high);
    }
    axn_float_observe_range(t, l, (double)low, (double)high);
    const bool average = l->layer->kind == AXN_LAYER_AVERAGE_POOL;
    for (int i = 0; i < l->layer->input_count; i++) {
        const double scale = axn_codes_quantisation(t, l->layer->inputs[i]).scale;
        l->ratio[i] =
            axn_fixed_ratio_of(scale * (average ? (double)window_share(l) : 1) / l->output.scale);
    }
}

axn_status axn_float_sum_step(axn_trainer *t, int layer, int shard, int thread, axn_error *error)
{
    (void)thread;
    (void)error;
    axn_train_layer *l = &t->layers[layer];
    const axn_span s = axn_span_of(t, l, shard);
    const float *from[2];
    int channels[2];
    for (int i = 0; i < 2; i++) {
        const axn_train_layer *x = axn_operand(t, l, i);
        channels[i] = x->channels;
        from[i] = x->values + s.begin * x->size;
        if (l->pooled_values[i] != NULL) {
            float *pooled = l->pooled_values[i] + (int64_t)s.begin * x->channels * l->pixels;
            axn_float_max_pool(pooled, from[i], &l->windows[i], s.images, x->channels);
            from[i] = pooled;
        }
    }
    float *values = l->values + s.begin * l->size, range[2] = {0, 0};
    axn_float_sum(values, from[0], from[1], channels, s.pixels, l->layer->relu);
    axn_float_extremes(range, values, s.images * l->size);
    l->float_sums[shard] = (axn_float_sums){.low = range[0], .high = range[1]};
    return AXN_OK;
}

/* Scratch: the gradient of a pooled operand, then one pixel. */
axn_status axn_float_sum_gradient_step(axn_trainer *t, int layer, int shard, int thread,
                                       axn_error *error)
{
    (void)error;
    axn_train_layer *l = &t->layers[layer];
    const axn_span s = axn_span_of(t, l, shard);
    for (int i = 0; i < 2; i++) {
        const axn_train_layer *x = axn_operand(t, l, i);
        const float *from = l->gradient + s.begin * l->size;
        const float *values = l->layer->relu ? l->values + s.begin * l->size : NULL;
        float *to = x->gradient + s.begin * x->size;
        if (!x->wants_gradient) {
            continue;
        }
        if (l->pooled_values[i] == NULL) {
            axn_float_take(to, from, values, l->channels, 0, x->channels, s.pixels,
                           l->accumulate[i]);
            continue;
        }
        float *small = axn_scratch_of(t, thread);
        const int64_t count = s.pixels * x->channels;
        axn_float_take(small, from, values, l->channels, 0, x->channels, s.pixels, false);
        axn_float_max_pool_backward(
            to, small, l->pooled_values[i] + (int64_t)s.begin * x->channels * l->pixels,
            x->values + s.begin * x->size, &l->windows[i], s.images, x->channels, l->accumulate[i],
            small + count);
    }
    return AXN_OK;
}

axn_status axn_float_concat_step(axn_trainer *t, int layer, int shard, int thread, axn_error *error)
{
    (void)thread;
    (void)error;
    axn_train_layer *l = &t->layers[layer];
    const axn_span s = axn_span_of(t, l, shard);
    int first = 0;
    for (int i = 0; i < l->layer->input_count; i++) {
        const axn_train_layer *x = axn_operand(t, l, i);
        axn_float_put(l->values + s.begin * l->size, x->values + s.begin * x->size, l->channels,
                      first, x->channels, s.pixels);
        first += x->channels;
    }
    return AXN_OK;
}

axn_status axn_float_concat_gradient_step(axn_trainer *t, int layer, int shard, int thread,
                                          axn_error *error)
{
    (void)thread;
    (void)error;
    axn_train_layer *l = &t->layers[layer];
    const axn_span s = axn_span_of(t, l, shard);
    int first = 0;
    for (int i = 0; i < l->layer->input_count; i++) {
        const axn_train_layer *x = axn_operand(t, l, i);
        if (x->wants_gradient) {
            axn_float_take(x->gradient + s.begin * x->size, l->gradient + s.begin * l->size, NULL,
                           l->channels, first, x->channels, s.pixels, l->accumulate[i]);
        }
        first += x->channels;
    }
    return AXN_OK;
}
