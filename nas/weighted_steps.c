/* The steps of a batch through CONV and DENSE layers. */
#include <math.h>
#include <string.h>

#include "nas/trainer_internal.h"

#define STATISTICS_MOMENTUM 0.1

static axn_status conv_sums(axn_trainer *t, int layer, int shard, int thread, axn_error *error)
{
    (void)error;
    axn_train_layer *l = &t->layers[layer];
    const int input = l->layer->inputs[0];
    const axn_train_layer *x = &t->layers[input];
    const int begin = axn_shard_begin(t, shard);
    const int images = axn_shard_begin(t, shard + 1) - begin;
    const axn_conv_weights weights = {
        .gemm = t->gemm,
        .table = t->kernel_tables[2 * l->layer->multiplier + l->layer->swap_operands],
        .codes = l->weight_codes,
        .zero = l->weight_zero,
        .sums = l->weight_sums};
    axn_conv_forward(l->accumulators + begin * l->size, l->sums + (ptrdiff_t)shard * l->units,
                     x->codes + begin * x->size, &l->conv, images,
                     axn_codes_quantisation(t, input).zero_point, &weights, t->scratch[thread]);
    return AXN_OK;
}

static axn_status dense_sums(axn_trainer *t, int layer, int shard, int thread, axn_error *error)
{
    (void)thread;
    (void)error;
    axn_train_layer *l = &t->layers[layer];
    const int input = l->layer->inputs[0];
    const axn_train_layer *x = &t->layers[input];
    const int zero = axn_codes_quantisation(t, input).zero_point;
    const int begin = axn_shard_begin(t, shard);
    const int end = axn_shard_begin(t, shard + 1);
    for (int image = begin; image < end; image++) {
        axn_dense_gather(l->dense_input + (ptrdiff_t)image * l->taps, x->codes + image * x->size,
                         x->channels, x->pixels, zero);
    }
    axn_dense_forward(l->accumulators + begin * l->size, l->sums + (ptrdiff_t)shard * l->units,
                      l->dense_input + (ptrdiff_t)begin * l->taps, l->weights_centred, end - begin,
                      l->units, l->taps);
    return AXN_OK;
}

/* Sums of one channel over the shards, in their order. */
static axn_channel_sums add_shards(const axn_train_layer *l, int unit)
{
    axn_channel_sums total = l->sums[unit];
    for (int shard = 1; shard < AXN_SHARDS; shard++) {
        const axn_channel_sums *s = &l->sums[shard * l->units + unit];
        total.sum += s->sum;
        total.squares += s->squares;
        total.low = s->low < total.low ? s->low : total.low;
        total.high = s->high > total.high ? s->high : total.high;
    }
    return total;
}

/* Batch statistics in training, the moving ones else. */
static void set_statistics(const axn_trainer *t, axn_train_layer *l, int unit, double sum,
                           double squares)
{
    axn_batch_norm *norm = &l->norm[unit];
    if (!t->training) {
        norm->mean = (double)l->running_mean[unit] / norm->step;
        norm->variance = (double)l->running_variance[unit] / (norm->step * norm->step);
        return;
    }
    double count = (double)t->images * l->pixels;
    norm->mean = sum / count;
    norm->variance = squares / count - norm->mean * norm->mean;
    norm->variance = norm->variance > 0 ? norm->variance : 0;
    double unbiased = count > 1 ? norm->variance * count / (count - 1) : norm->variance;
    /* The first batches form a plain average. */
    double momentum = 1.0 / (l->statistics_batches + 1);
    momentum = momentum > STATISTICS_MOMENTUM ? momentum : STATISTICS_MOMENTUM;
    double mean = (double)l->running_mean[unit], variance = (double)l->running_variance[unit];
    l->running_mean[unit] = (float)(mean + momentum * (norm->mean * norm->step - mean));
    l->running_variance[unit] =
        (float)(variance + momentum * (unbiased * norm->step * norm->step - variance));
}

void axn_unit_affine(const axn_trainer *t, axn_train_layer *l, int unit, double sum, double squares,
                     double *slope, double *offset)
{
    axn_batch_norm *norm = &l->norm[unit];
    if (l->layer->batch_norm) {
        norm->gain = (double)t->parameters[l->gain + unit];
        norm->shift = (double)t->parameters[l->shift + unit];
        set_statistics(t, l, unit, sum, squares);
        axn_batch_norm_affine(norm, slope, offset);
        l->inverse[unit] = (float)(norm->step * norm->inverse);
        l->centre[unit] = (float)(-norm->mean * norm->step * norm->inverse);
    } else {
        *slope = norm->step;
        *offset = (double)t->parameters[l->shift + unit];
    }
}

/* Statistics, range and quantisation of the output, from the sums of all shards. */
static void set_affine(axn_trainer *t, int layer)
{
    axn_train_layer *l = &t->layers[layer];
    const double scale_x = axn_codes_quantisation(t, l->layer->inputs[0]).scale;
    double low = 0, high = 0;
    for (int unit = 0; unit < l->units; unit++) {
        axn_channel_sums total = add_shards(l, unit);
        double slope = 0, offset = 0;
        l->norm[unit].step = scale_x * (double)l->weight_scale[unit];
        axn_unit_affine(t, l, unit, total.sum, total.squares, &slope, &offset);
        double one = slope * total.low + offset, two = slope * total.high + offset;
        low = fmin(low, fmin(one, two));
        high = fmax(high, fmax(one, two));
        l->slope[unit] = (float)slope;
        l->offset[unit] = (float)offset;
    }
    l->statistics_batches += t->training && l->statistics_batches < INT32_MAX;
    if (l->classifier) {
        return;
    }
    if (t->training || l->range.batches == 0) {
        axn_range_update(&l->range, l->layer->relu ? 0 : low, high);
    }
    l->output = axn_range_quantisation(&l->range);
    l->low = l->layer->relu ? l->output.zero_point : 0;
    for (int unit = 0; unit < l->units; unit++) {
        l->slope[unit] = (float)((double)l->slope[unit] / l->output.scale);
        l->offset[unit] = (float)((double)l->offset[unit] / l->output.scale + l->output.zero_point);
    }
}

static axn_status affine_codes(axn_trainer *t, int layer, int shard, int thread, axn_error *error)
{
    (void)thread;
    (void)error;
    axn_train_layer *l = &t->layers[layer];
    for (int image = axn_shard_begin(t, shard); image < axn_shard_begin(t, shard + 1); image++) {
        for (int unit = 0; unit < l->units; unit++) {
            int64_t at = image * l->size + (int64_t)unit * l->pixels;
            axn_affine_forward(l->codes + at, l->accumulators + at, l->pixels, l->slope[unit],
                               l->offset[unit], l->low);
        }
    }
    return AXN_OK;
}

/* Hits and, in training, loss and gradient of the logits. */
static axn_status classify(axn_trainer *t, int layer, int shard, int thread, axn_error *error)
{
    (void)error;
    axn_train_layer *l = &t->layers[layer];
    const int begin = axn_shard_begin(t, shard);
    const int images = axn_shard_begin(t, shard + 1) - begin;
    float *logits = (float *)(void *)t->scratch[thread];
    for (int image = 0; image < images; image++) {
        for (int unit = 0; unit < l->units; unit++) {
            int at = image * l->units + unit;
            logits[at] =
                l->slope[unit] * (float)l->accumulators[begin * l->size + at] + l->offset[unit];
        }
    }
    t->correct[shard] = 0;
    t->loss[shard] =
        axn_loss(l->gradient + begin * l->size, &t->correct[shard], logits, t->labels + begin,
                 images, l->units, t->config.label_smoothing, 1.0F / (float)t->images);
    return AXN_OK;
}

/* Through the clamp; sums for batch norm or bias. The classifier has no clamp. */
static axn_status gradient_sums(axn_trainer *t, int layer, int shard, int thread, axn_error *error)
{
    (void)thread;
    (void)error;
    axn_train_layer *l = &t->layers[layer];
    double(*sums)[2] = l->gradient_sums + (ptrdiff_t)shard * l->units;
    memset(sums, 0, (size_t)l->units * sizeof *sums);
    for (int image = axn_shard_begin(t, shard); image < axn_shard_begin(t, shard + 1); image++) {
        for (int unit = 0; unit < l->units; unit++) {
            int64_t at = image * l->size + (int64_t)unit * l->pixels;
            if (l->classifier) {
                sums[unit][0] += (double)l->gradient[at];
                continue;
            }
            axn_affine_backward_sums(sums[unit], l->gradient + at, l->accumulators + at, l->pixels,
                                     l->slope[unit], l->offset[unit], axn_clamp_floor(l),
                                     l->inverse[unit], l->centre[unit]);
        }
    }
    return AXN_OK;
}

void axn_reduce_gradients(axn_trainer *t, int layer)
{
    axn_train_layer *l = &t->layers[layer];
    double count = (double)t->images * l->pixels;
    for (int unit = 0; unit < l->units; unit++) {
        double total[2] = {0, 0};
        for (int shard = 0; shard < AXN_SHARDS; shard++) {
            total[0] += l->gradient_sums[shard * l->units + unit][0];
            total[1] += l->gradient_sums[shard * l->units + unit][1];
        }
        if (l->layer->batch_norm) {
            float *c = l->coefficients[unit];
            axn_batch_norm_backward(&l->norm[unit], total, count, &c[0], &c[1], &c[2],
                                    &t->gradients[0][l->gain + unit],
                                    &t->gradients[0][l->shift + unit]);
        } else {
            t->gradients[0][l->shift + unit] = (float)total[0];
        }
    }
}

static axn_status dense_gradient(axn_trainer *t, int layer, int shard, int thread, axn_error *error)
{
    (void)error;
    axn_train_layer *l = &t->layers[layer];
    const int input = l->layer->inputs[0];
    axn_train_layer *x = &t->layers[input];
    const int begin = axn_shard_begin(t, shard);
    const int images = axn_shard_begin(t, shard + 1) - begin;
    float *in_gradient = x->wants_gradient ? (float *)(void *)t->scratch[thread] : NULL;
    if (images == 0) {
        memset(t->gradients[shard] + l->weights, 0,
               (size_t)l->units * (size_t)l->taps * sizeof(float));
        return AXN_OK;
    }
    if (!l->classifier) { /* one pixel: in place */
        const axn_affine_gradient affine = {l->slope, l->offset, axn_clamp_floor(l), NULL};
        axn_affine_backward(l->gradient + begin * l->size, l->gradient + begin * l->size,
                            l->accumulators + begin * l->size, &affine, images, l->units,
                            l->pixels);
    }
    axn_dense_backward(t->gradients[shard] + l->weights, in_gradient, l->gradient + begin * l->size,
                       l->dense_input + (ptrdiff_t)begin * l->taps,
                       (float)axn_codes_quantisation(t, input).scale, l->weights_real, images,
                       l->units, l->taps);
    for (int image = 0; image < images && in_gradient != NULL; image++) {
        axn_dense_scatter(x->gradient + (begin + image) * x->size,
                          in_gradient + (ptrdiff_t)image * l->taps, x->channels, x->pixels,
                          l->accumulate[0]);
    }
    return AXN_OK;
}

axn_status axn_weighted_forward_steps(axn_plan *plan, const axn_train_layer *l, int layer,
                                      axn_error *error)
{
    bool conv = l->layer->kind == AXN_LAYER_CONV;
    axn_status status = axn_plan_add(plan, conv ? conv_sums : dense_sums, NULL, layer, error);
    if (status == AXN_OK) {
        status = axn_plan_add(plan, NULL, set_affine, layer, error);
    }
    if (status == AXN_OK) {
        status = axn_plan_add(plan, l->classifier ? classify : affine_codes, NULL, layer, error);
    }
    return status;
}

axn_status axn_weighted_backward_steps(axn_plan *plan, const axn_train_layer *l, int layer,
                                       axn_error *error)
{
    bool conv = l->layer->kind == AXN_LAYER_CONV;
    axn_status status = axn_plan_add(plan, gradient_sums, NULL, layer, error);
    if (status == AXN_OK) {
        status = axn_plan_add(plan, NULL, axn_reduce_gradients, layer, error);
    }
    if (status == AXN_OK) {
        status = axn_plan_add(plan, conv ? axn_conv_gradient : dense_gradient, NULL, layer, error);
    }
    return status;
}
