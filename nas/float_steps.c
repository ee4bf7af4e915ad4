/* The steps of a batch in plain fp32: the same plan as in trainer_step.c, on float maps laid out
 * pixel by pixel. Ranges are observed as the quantised training observes them, so that the network
 * can be quantised afterwards. */
#include <math.h>
#include <string.h>

#include "nas/float_layers.h"
#include "nas/trainer_internal.h"

/* The images of one shard. */
typedef struct span {
    int begin, images;
    int64_t pixels; /* images * pixels of the layer's output */
} span;

static span span_of(const axn_trainer *t, const axn_train_layer *l, int shard)
{
    const int begin = axn_shard_begin(t, shard);
    const int images = axn_shard_begin(t, shard + 1) - begin;
    return (span){begin, images, (int64_t)images * l->pixels};
}

static float *scratch_of(const axn_trainer *t, int thread)
{
    return (float *)(void *)t->scratch[thread];
}

static const axn_train_layer *operand(const axn_trainer *t, const axn_train_layer *l, int i)
{
    return &t->layers[l->layer->inputs[i]];
}

static axn_status load(axn_trainer *t, int layer, int shard, int thread, axn_error *error)
{
    (void)thread;
    (void)error;
    axn_train_layer *l = &t->layers[layer];
    const span s = span_of(t, l, shard);
    for (int image = s.begin; image < s.begin + s.images; image++) {
        axn_augment(t, l->codes + image * l->size, t->indices[image]);
        t->labels[image] = t->dataset->train.labels[t->indices[image]];
    }
    axn_dequantise_nhwc(l->values + s.begin * l->size, l->codes + s.begin * l->size,
                        (float)l->output.scale, l->output.zero_point, s.images, l->channels,
                        l->pixels);
    return AXN_OK;
}

/* ---- convolutions and fully connected layers ---- */

static axn_status products(axn_trainer *t, int layer, int shard, int thread, axn_error *error)
{
    axn_train_layer *l = &t->layers[layer];
    const span s = span_of(t, l, shard);
    const float *x = operand(t, l, 0)->values + s.begin * operand(t, l, 0)->size;
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

static void observe_range(axn_trainer *t, axn_train_layer *l, double low, double high)
{
    if (t->training || l->range.batches == 0) {
        axn_range_update(&l->range, low, high);
    }
    l->output = axn_range_quantisation(&l->range);
    l->low = l->layer->relu ? l->output.zero_point : 0;
}

static void set_affine(axn_trainer *t, int layer)
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
        observe_range(t, l, l->layer->relu ? 0 : low, high);
    }
}

static axn_status affine(axn_trainer *t, int layer, int shard, int thread, axn_error *error)
{
    (void)thread;
    (void)error;
    axn_train_layer *l = &t->layers[layer];
    const span s = span_of(t, l, shard);
    axn_float_affine(l->values + s.begin * l->size, l->products + s.begin * l->size, l->slope,
                     l->offset, l->units, s.pixels, l->layer->relu);
    return AXN_OK;
}

static axn_status classify(axn_trainer *t, int layer, int shard, int thread, axn_error *error)
{
    (void)affine(t, layer, shard, thread, error);
    axn_train_layer *l = &t->layers[layer];
    const span s = span_of(t, l, shard);
    t->correct[shard] = 0;
    t->loss[shard] = axn_loss(l->gradient + s.begin * l->size, &t->correct[shard],
                              l->values + s.begin * l->size, t->labels + s.begin, s.images,
                              l->units, t->config.label_smoothing, 1.0F / (float)t->images);
    return AXN_OK;
}

static axn_status gradient_sums(axn_trainer *t, int layer, int shard, int thread, axn_error *error)
{
    (void)thread;
    (void)error;
    axn_train_layer *l = &t->layers[layer];
    const span s = span_of(t, l, shard);
    double(*sums)[2] = l->gradient_sums + (ptrdiff_t)shard * l->units;
    memset(sums, 0, (size_t)l->units * sizeof *sums);
    axn_float_affine_sums(l->gradient + s.begin * l->size, sums, l->values + s.begin * l->size,
                          l->products + s.begin * l->size, l->inverse, l->centre, l->units,
                          s.pixels, l->layer->relu);
    return AXN_OK;
}

static axn_status conv_gradient(axn_trainer *t, const axn_train_layer *l, const span *s, int shard,
                                int thread, axn_error *error)
{
    const axn_train_layer *x = operand(t, l, 0);
    const axn_float_conv *conv = l->convolution[s->images == t->prepared_images];
    const float *dy = l->gradient + s->begin * l->size;
    axn_status status = axn_float_conv_weight_gradient(
        conv, thread, t->gradients[shard] + l->weights, x->values + s->begin * x->size, dy,
        t->scratch[thread], error);
    if (status != AXN_OK || !x->wants_gradient) {
        return status;
    }
    float *to = x->gradient + s->begin * x->size, *fresh = scratch_of(t, thread);
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

static axn_status weighted_gradient(axn_trainer *t, int layer, int shard, int thread,
                                    axn_error *error)
{
    axn_train_layer *l = &t->layers[layer];
    const axn_train_layer *x = operand(t, l, 0);
    const span s = span_of(t, l, shard);
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

/* ---- pools ---- */

static axn_status max_pool(axn_trainer *t, int layer, int shard, int thread, axn_error *error)
{
    (void)thread;
    (void)error;
    axn_train_layer *l = &t->layers[layer];
    const axn_train_layer *x = operand(t, l, 0);
    const span s = span_of(t, l, shard);
    axn_float_max_pool(l->values + s.begin * l->size, x->values + s.begin * x->size, &l->windows[0],
                       s.images, l->channels);
    return AXN_OK;
}

static axn_status max_pool_gradient(axn_trainer *t, int layer, int shard, int thread,
                                    axn_error *error)
{
    (void)error;
    axn_train_layer *l = &t->layers[layer];
    const axn_train_layer *x = operand(t, l, 0);
    const span s = span_of(t, l, shard);
    axn_float_max_pool_backward(x->gradient + s.begin * x->size, l->gradient + s.begin * l->size,
                                l->values + s.begin * l->size, x->values + s.begin * x->size,
                                &l->windows[0], s.images, l->channels, l->accumulate[0],
                                scratch_of(t, thread));
    return AXN_OK;
}

static float window_share(const axn_train_layer *l)
{
    return 1.0F / (float)(l->layer->kernel_h * l->layer->kernel_w);
}

/* Values, and their extremes in the first channel's sums. */
static axn_status average_pool(axn_trainer *t, int layer, int shard, int thread, axn_error *error)
{
    (void)thread;
    (void)error;
    axn_train_layer *l = &t->layers[layer];
    const axn_train_layer *x = operand(t, l, 0);
    const span s = span_of(t, l, shard);
    float *values = l->values + s.begin * l->size, range[2] = {0, 0};
    axn_float_average_pool(values, x->values + s.begin * x->size, &l->windows[0], s.images,
                           l->channels, window_share(l));
    axn_float_extremes(range, values, s.images * l->size);
    l->float_sums[shard] = (axn_float_sums){.low = range[0], .high = range[1]};
    return AXN_OK;
}

static axn_status average_gradient(axn_trainer *t, int layer, int shard, int thread,
                                   axn_error *error)
{
    (void)thread;
    (void)error;
    axn_train_layer *l = &t->layers[layer];
    const axn_train_layer *x = operand(t, l, 0);
    const span s = span_of(t, l, shard);
    axn_float_average_pool_backward(x->gradient + s.begin * x->size,
                                    l->gradient + s.begin * l->size, &l->windows[0], s.images,
                                    l->channels, window_share(l), l->accumulate[0]);
    return AXN_OK;
}

/* Range of a pool or a sum, and the ratios with which its operands are requantised. */
static void set_range(axn_trainer *t, int layer)
{
    axn_train_layer *l = &t->layers[layer];
    float low = 0, high = 0;
    for (int shard = 0; shard < AXN_SHARDS; shard++) {
        low = fminf(low, l->float_sums[shard].low);
        high = fmaxf(high, l->float_sums[shard].high);
    }
    observe_range(t, l, (double)low, (double)high);
    const bool average = l->layer->kind == AXN_LAYER_AVERAGE_POOL;
    for (int i = 0; i < l->layer->input_count; i++) {
        const double scale = axn_codes_quantisation(t, l->layer->inputs[i]).scale;
        l->ratio[i] =
            axn_fixed_ratio_of(scale * (average ? (double)window_share(l) : 1) / l->output.scale);
    }
}

/* ---- sum and concatenation ---- */

static axn_status sum(axn_trainer *t, int layer, int shard, int thread, axn_error *error)
{
    (void)thread;
    (void)error;
    axn_train_layer *l = &t->layers[layer];
    const span s = span_of(t, l, shard);
    const float *from[2];
    int channels[2];
    for (int i = 0; i < 2; i++) {
        const axn_train_layer *x = operand(t, l, i);
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
static axn_status sum_gradient(axn_trainer *t, int layer, int shard, int thread, axn_error *error)
{
    (void)error;
    axn_train_layer *l = &t->layers[layer];
    const span s = span_of(t, l, shard);
    for (int i = 0; i < 2; i++) {
        const axn_train_layer *x = operand(t, l, i);
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
        float *small = scratch_of(t, thread);
        const int64_t count = s.pixels * x->channels;
        axn_float_take(small, from, values, l->channels, 0, x->channels, s.pixels, false);
        axn_float_max_pool_backward(
            to, small, l->pooled_values[i] + (int64_t)s.begin * x->channels * l->pixels,
            x->values + s.begin * x->size, &l->windows[i], s.images, x->channels, l->accumulate[i],
            small + count);
    }
    return AXN_OK;
}

static axn_status concat(axn_trainer *t, int layer, int shard, int thread, axn_error *error)
{
    (void)thread;
    (void)error;
    axn_train_layer *l = &t->layers[layer];
    const span s = span_of(t, l, shard);
    int first = 0;
    for (int i = 0; i < l->layer->input_count; i++) {
        const axn_train_layer *x = operand(t, l, i);
        axn_float_put(l->values + s.begin * l->size, x->values + s.begin * x->size, l->channels,
                      first, x->channels, s.pixels);
        first += x->channels;
    }
    return AXN_OK;
}

static axn_status concat_gradient(axn_trainer *t, int layer, int shard, int thread,
                                  axn_error *error)
{
    (void)thread;
    (void)error;
    axn_train_layer *l = &t->layers[layer];
    const span s = span_of(t, l, shard);
    int first = 0;
    for (int i = 0; i < l->layer->input_count; i++) {
        const axn_train_layer *x = operand(t, l, i);
        if (x->wants_gradient) {
            axn_float_take(x->gradient + s.begin * x->size, l->gradient + s.begin * l->size, NULL,
                           l->channels, first, x->channels, s.pixels, l->accumulate[i]);
        }
        first += x->channels;
    }
    return AXN_OK;
}

/* ---- the plan ---- */

size_t axn_float_scratch(const axn_trainer *t, const axn_train_layer *l, int images)
{
    size_t floats = (size_t)l->channels;
    if (l->layer->kind == AXN_LAYER_CONV) {
        floats = ((size_t)images * (size_t)axn_shape_size(l->in) + 15) / 16 * 16;
    } else if (l->layer->kind == AXN_LAYER_SUM) {
        for (int i = 0; i < 2; i++) {
            const size_t channels = (size_t)operand(t, l, i)->channels;
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
        return add(plan, max_pool, NULL, NULL, layer, error);
    case AXN_LAYER_AVERAGE_POOL:
        return add(plan, average_pool, NULL, NULL, layer, error);
    case AXN_LAYER_SUM:
        return add(plan, sum, NULL, NULL, layer, error);
    case AXN_LAYER_CONCAT:
        return add(plan, concat, NULL, NULL, layer, error);
    default:
        return add(plan, products, set_affine, l->classifier ? classify : affine, layer, error);
    }
}

axn_status axn_float_range_steps(axn_plan *plan, const axn_train_layer *l, int layer,
                                 axn_error *error)
{
    switch (l->layer->kind) {
    case AXN_LAYER_AVERAGE_POOL:
    case AXN_LAYER_SUM:
        return add(plan, NULL, set_range, NULL, layer, error);
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
        return add(plan, max_pool_gradient, NULL, NULL, layer, error);
    case AXN_LAYER_AVERAGE_POOL:
        return add(plan, average_gradient, NULL, NULL, layer, error);
    case AXN_LAYER_SUM:
        return add(plan, sum_gradient, NULL, NULL, layer, error);
    case AXN_LAYER_CONCAT:
        return add(plan, concat_gradient, NULL, NULL, layer, error);
    default:
        return add(plan, gradient_sums, axn_reduce_gradients, weighted_gradient, layer, error);
    }
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
        if (status == AXN_OK && t->training && operand(t, l, 0)->wants_gradient) {
            status = axn_float_conv_set_backward(l->convolution[k], thread, 0, weights,
                                                 t->scratch[thread], error);
        }
    }
    return status;
}
