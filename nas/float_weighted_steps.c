/* Convolutions and fully connected layers of a batch in plain fp32. */
#include <math.h>
#include <string.h>

#include "nas/float_steps.h"

axn_status axn_float_products_step(axn_trainer *t, int layer, int shard, int thread,
                                   axn_error *error)
{
    axn_train_layer *l = &t->layers[layer];
    const axn_span s = axn_span_of(t, l, shard);
    const float *x = axn_operand(t, l, 0)->values + s.begin * axn_operand(t, l, 0)->size;
    float *y = l->products + s.begin * l->size;
    axn_float_sums *sums = l->float_sums + (ptrdiff_t)shard * l->units;
    if (s.images == 0) {
        memset(sums, 0, (size_t)l->units * sizeof *sums);
        return AXN_OK;
    }
    axn_status status = AXN_OK;
    if (l->layer->kind == AXN_LAYER_CONV) {
        status = axn_float_conv_forward(l->convolution[s.images == t->prepared_images], thread, y,
                                        x, t->scratch[thread], error);
    } else {
        axn_float_dense(y, x, t->parameters + l->weights, s.images, l->units, l->taps);
    }
    if (status == AXN_OK && !l->classifier) {
        axn_float_observe(sums, y, l->units, s.pixels);
    }
    return status;
}

/* Sums of one channel over the shards that have images, in their order. */
static axn_float_sums add_shards(const axn_trainer *t, const axn_train_layer *l, int unit)
{
    axn_float_sums total = l->float_sums[(AXN_SHARDS - 1) * l->units + unit];
    total.sum = total.squares = 0;
    for (int shard = 0; shard < AXN_SHARDS; shard++) {
        if (axn_shard_begin(t, shard) < axn_shard_begin(t, shard + 1)) {
            const axn_float_sums *s = &l->float_sums[shard * l->units + unit];
            total.sum += s->sum;
            total.squares += s->squares;
            total.low = s->low < total.low ? s->low : total.low;
            total.high = s->high > total.high ? s->high : total.high;
        }
    }
    return total;
}

void axn_float_observe_range(axn_trainer *t, axn_train_layer *l, double low, double high)
{
    if (t->training || l->range.batches == 0) {
        axn_range_update(&l->range, low, high);
    }
    l->output = axn_range_quantisation(&l->range);
    l->low = l->layer->relu ? l->output.zero_point : 0;
}

void axn_float_set_affine_step(axn_trainer *t, int layer)
{
    axn_train_layer *l = &t->layers[layer];
    double low = 0, high = 0;
    for (int unit = 0; unit < l->units; unit++) {
        const axn_float_sums total = add_shards(t, l, unit);
        double slope = 0, offset = 0;
        l->norm[unit].step = 1;
        axn_unit_affine(t, l, unit, total.sum, total.squares, &slope, &offset);
        const double one = slope * (double)total.low + offset;
        const double two = slope * (double)total.high + offset;
        low = fmin(low, fmin(one, two));
        high = fmax(high, fmax(one, two));
        l->slope[unit] = (float)slope;
        l->offset[unit] = (float)offset;
    }
    l->statistics_batches += t->training && l->statistics_batches < INT32_MAX;
    if (!l->classifier) {
        axn_float_observe_range(t, l, l->layer->relu ? 0 : low, high);
    }
}

axn_status axn_float_affine_step(axn_trainer *t, int layer, int shard, int thread, axn_error *error)
{
    (void)thread;
    (void)error;
    axn_train_layer *l = &t->layers[layer];
    const axn_span s = axn_span_of(t, l, shard);
    axn_float_affine(l->values + s.begin * l->size, l->products + s.begin * l->size, l->slope,
                     l->offset, l->units, s.pixels, l->layer->relu);
    return AXN_OK;
}

axn_status axn_float_classify_step(axn_trainer *t, int layer, int shard, int thread,
                                   axn_error *error)
{
    (void)axn_float_affine_step(t, layer, shard, thread, error);
    axn_train_layer *l = &t->layers[layer];
    const axn_span s = axn_span_of(t, l, shard);
    t->correct[shard] = 0;
    t->loss[shard] = axn_loss(l->gradient + s.begin * l->size, &t->correct[shard],
                              l->values + s.begin * l->size, t->labels + s.begin, s.images,
                              l->units, t->config.label_smoothing, 1.0F / (float)t->images);
    return AXN_OK;
}

axn_status axn_float_gradient_sums_step(axn_trainer *t, int layer, int shard, int thread,
                                        axn_error *error)
{
    (void)thread;
    (void)error;
    axn_train_layer *l = &t->layers[layer];
    const axn_span s = axn_span_of(t, l, shard);
    double(*sums)[2] = l->gradient_sums + (ptrdiff_t)shard * l->units;
    memset(sums, 0, (size_t)l->units * sizeof *sums);
    axn_float_affine_sums(l->gradient + s.begin * l->size, sums, l->values + s.begin * l->size,
                          l->products + s.begin * l->size, l->inverse, l->centre, l->units,
                          s.pixels, l->layer->relu);
    return AXN_OK;
}

static axn_status conv_gradient(axn_trainer *t, const axn_train_layer *l, const axn_span *s,
                                int shard, int thread, axn_error *error)
{
    const axn_train_layer *x = axn_operand(t, l, 0);
    const axn_float_conv *conv = l->convolution[s->images == t->prepared_images];
    const float *dy = l->gradient + s->begin * l->size;
    axn_status status = axn_float_conv_weight_gradient(
        conv, thread, t->gradients[shard] + l->weights, x->values + s->begin * x->size, dy,
        t->scratch[thread], error);
    if (status != AXN_OK || !x->wants_gradient) {
        return status;
    }
    float *to = x->gradient + s->begin * x->size, *fresh = axn_scratch_of(t, thread);
    if (!l->accumulate[0]) {
        return axn_float_conv_input_gradient(conv, thread, 0, to, dy, fresh, error);
    }
    const int64_t count = (s->images * x->size + 15) / 16 * 16;
    status = axn_float_conv_input_gradient(conv, thread, 0, fresh, dy, fresh + count, error);
    if (status == AXN_OK) {
        axn_float_take(to, fresh, NULL, x->channels, 0, x->channels, (int64_t)s->images * x->pixels,
                       true);
    }
    return status;
}

axn_status axn_float_weighted_gradient_step(axn_trainer *t, int layer, int shard, int thread,
                                            axn_error *error)
{
    axn_train_layer *l = &t->layers[layer];
    const axn_train_layer *x = axn_operand(t, l, 0);
    const axn_span s = axn_span_of(t, l, shard);
    float *dy = l->gradient + s.begin * l->size, *dw = t->gradients[shard] + l->weights;
    if (s.images == 0) {
        memset(dw, 0, (size_t)l->units * (size_t)l->taps * sizeof *dw);
        return AXN_OK;
    }
    if (l->layer->batch_norm) {
        axn_float_affine_backward(dy, l->products + s.begin * l->size,
                                  (const float(*)[3])l->coefficients, l->units, s.pixels);
    }
    if (l->layer->kind == AXN_LAYER_CONV) {
        return conv_gradient(t, l, &s, shard, thread, error);
    }
    axn_float_dense_weights(dw, dy, x->values + s.begin * x->size, s.images, l->units, l->taps);
    if (x->wants_gradient) {
        axn_float_dense_input(x->gradient + s.begin * x->size, dy, t->parameters + l->weights,
                              s.images, l->units, l->taps, l->accumulate[0]);
    }
    return AXN_OK;
}

axn_status axn_float_weights(axn_trainer *t, int layer, int thread, axn_error *error)
{
    const axn_train_layer *l = &t->layers[layer];
    const float *weights = t->parameters + l->weights;
    axn_status status = AXN_OK;
    for (int k = 0; k < 2 && status == AXN_OK; k++) {
        if (l->convolution[k] == NULL) {
            continue;
        }
        status = axn_float_conv_set_forward(l->convolution[k], thread, weights, t->scratch[thread],
                                            error);
        if (status == AXN_OK && t->training && axn_operand(t, l, 0)->wants_gradient) {
            status = axn_float_conv_set_backward(l->convolution[k], thread, 0, weights,
                                                 t->scratch[thread], error);
        }
    }
    return status;
}
