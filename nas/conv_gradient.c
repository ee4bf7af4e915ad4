/* Gradients of convolutions: straight-through, or by the slopes of the multiplier's table.
 *
 * An accumulator of unit m at pixel n is, over its taps k,
 *     sum T[x][w] - zw * sum x - zx * sum w + K * zx * zw,
 * so with g its gradient (of reals), sx and sw the scales
 *     d/dX[k] = sum over m, n of g * sw * (dT/dx - zw),  d/dW[m][k] = sum over n of
 *     g * sx * (dT/dw - zx),
 * X and W being reals. With dT/dx = sum of along_r(x) * across_r(w) the first is a sum over r
 * of along_r(X) times the backward convolution of g with across_r(W); likewise the second.
 * Straight-through is dT/dx = w and dT/dw = x. */
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "nas/trainer_internal.h"
#include "nas/vectorise.h"

/* Parts of the scratch, in floats. */
typedef struct parts {
    size_t input, output, weights, totals, end;
} parts;

static size_t place(size_t *at, size_t floats)
{
    const size_t here = *at;
    *at += (floats + 15) / 16 * 16;
    return here;
}

static parts make_parts(const axn_train_layer *l, int images)
{
    parts p = {0};
    size_t at = 0;
    const size_t count = (size_t)images;
    p.input = place(&at, (size_t)axn_shape_size(l->in) * count);
    p.output = place(&at, (size_t)l->size * count);
    p.weights = place(&at, (size_t)l->units * (size_t)l->taps);
    p.totals = place(&at, 2 * (size_t)l->units);
    p.end = at;
    return p;
}

size_t axn_conv_gradient_floats(const axn_train_layer *l, int images)
{
    return make_parts(l, images).end;
}

/* What the parts of one shard's gradient share. */
typedef struct shard_gradient {
    const axn_float_conv *conv;
    int thread, images, pixels;    /* pixels: of the input */
    const uint8_t *codes;          /* of the input, planar */
    axn_quantisation quantisation; /* of the input */
    float *input, *output;         /* nhwc; the input's gradient takes the input's place */
    float *weights;                /* one term */
    double *totals;                /* [units] of the output's gradient */
    float *weight_gradient;        /* of the shard */
    float *input_gradient;         /* planar, NULL = not wanted */
    bool accumulate;
    void *scratch; /* oneDNN's */
} shard_gradient;

static axn_status straight_through(const axn_train_layer *l, const shard_gradient *s,
                                   axn_error *error)
{
    axn_dequantise_nhwc(s->input, s->codes, (float)s->quantisation.scale,
                        s->quantisation.zero_point, s->images, l->in.channels, s->pixels);
    axn_status status = axn_float_conv_weight_gradient(s->conv, s->thread, s->weight_gradient,
                                                       s->input, s->output, s->scratch, error);
    if (status == AXN_OK && s->input_gradient != NULL) {
        status = axn_float_conv_input_gradient(s->conv, s->thread, 0, s->input, s->output,
                                               s->scratch, error);
        if (status == AXN_OK) {
            axn_gradient_from_nhwc(s->input_gradient, s->input, NULL, NULL, s->images,
                                   l->in.channels, s->pixels, s->accumulate);
        }
    }
    return status;
}

/* gradient (+)= along[code] * (term + constant) of one unit's weights. */
AXN_VECTORISE static void add_term(float *restrict gradient, const float *restrict term,
                                   const uint8_t *restrict codes, int count,
                                   const float *restrict along, float constant, bool add)
{
    if (add) {
        for (int i = 0; i < count; i++) {
            gradient[i] += along[codes[i]] * (term[i] + constant);
        }
    } else {
        for (int i = 0; i < count; i++) {
            gradient[i] = along[codes[i]] * (term[i] + constant);
        }
    }
}

/* One term of the weight gradient. Taps outside the map have the code zx, not 0: the convolution
 * gets the values less that of zx, which is added for all taps alike. */
static axn_status weight_term(const axn_train_layer *l, const shard_gradient *s, int term,
                              axn_error *error)
{
    const axn_slope_factors *f = &l->slopes->weight;
    const int zero = s->quantisation.zero_point;
    const float scale = (float)s->quantisation.scale, padding = f->across[term][zero];
    float values[256];
    for (int x = 0; x < 256; x++) {
        values[x] = scale * (f->across[term][x] - padding);
    }
    axn_map_codes_nhwc(s->input, s->codes, values, s->images, l->in.channels, s->pixels);
    axn_status status = axn_float_conv_weight_gradient(s->conv, s->thread, s->weights, s->input,
                                                       s->output, s->scratch, error);
    for (int unit = 0; unit < l->units && status == AXN_OK; unit++) {
        const int64_t at = (int64_t)unit * l->taps;
        const float level = padding - (term == 0 ? (float)zero : 0.0F);
        add_term(s->weight_gradient + at, s->weights + at, l->weight_codes + at, l->taps,
                 f->along[term], (float)((double)(scale * level) * s->totals[unit]), term > 0);
    }
    return status;
}

static axn_status input_term(const axn_train_layer *l, const shard_gradient *s, int term,
                             axn_error *error)
{
    /* The first term is along_0 = 1. */
    const float *factors = term == 0 ? NULL : l->slopes->activation.along[term];
    axn_status status = axn_float_conv_input_gradient(s->conv, s->thread, term, s->input, s->output,
                                                      s->scratch, error);
    if (status == AXN_OK) {
        axn_gradient_from_nhwc(s->input_gradient, s->input, s->codes, factors, s->images,
                               l->in.channels, s->pixels, term > 0 || s->accumulate);
    }
    return status;
}

static axn_status by_table(const axn_train_layer *l, const shard_gradient *s, axn_error *error)
{
    axn_status status = AXN_OK;
    axn_channel_totals_nhwc(s->totals, s->output, l->units, (int64_t)s->images * l->pixels);
    for (int term = 0; term < l->slopes->weight.terms && status == AXN_OK; term++) {
        status = weight_term(l, s, term, error);
    }
    for (int term = 0; term < l->slopes->activation.terms && status == AXN_OK; term++) {
        if (s->input_gradient != NULL) {
            status = input_term(l, s, term, error);
        }
    }
    return status;
}

axn_status axn_conv_gradient(axn_trainer *t, int layer, int shard, int thread, axn_error *error)
{
    const axn_train_layer *l = &t->layers[layer];
    const int input = l->layer->inputs[0];
    const axn_train_layer *x = &t->layers[input];
    const int begin = axn_shard_begin(t, shard);
    const int images = axn_shard_begin(t, shard + 1) - begin;
    float *weight_gradient = t->gradients[shard] + l->weights;
    if (images == 0) {
        memset(weight_gradient, 0, (size_t)l->units * (size_t)l->taps * sizeof(float));
        return AXN_OK;
    }
    const parts p = make_parts(l, images);
    float *scratch = (float *)(void *)t->scratch[thread];
    const shard_gradient s = {
        .conv = l->convolution[images == t->prepared_images],
        .thread = thread,
        .images = images,
        .pixels = x->pixels,
        .codes = x->codes + begin * x->size,
        .quantisation = axn_codes_quantisation(t, input),
        .input = scratch + p.input,
        .output = scratch + p.output,
        .weights = scratch + p.weights,
        .totals = (double *)(void *)(scratch + p.totals),
        .weight_gradient = weight_gradient,
        .input_gradient = x->wants_gradient ? x->gradient + begin * x->size : NULL,
        .accumulate = l->accumulate[0],
        .scratch = scratch + p.end,
    };
    const axn_affine_gradient affine = {
        .slope = l->slope,
        .offset = l->offset,
        .floor = axn_clamp_floor(l),
        .coefficients = l->layer->batch_norm ? (const float(*)[3])l->coefficients : NULL};
    axn_affine_backward(s.output, l->gradient + begin * l->size, l->accumulators + begin * l->size,
                        &affine, images, l->units, l->pixels);
    return l->slopes != NULL ? by_table(l, &s, error) : straight_through(l, &s, error);
}

/* sw * across(W), the first term less the exact zw. */
static void table_weights(float *out, const axn_train_layer *l, int term)
{
    const float *across = l->slopes->activation.across[term];
    for (int unit = 0; unit < l->units; unit++) {
        const int64_t at = (int64_t)unit * l->taps;
        const float zero = term == 0 ? (float)l->weight_zero[unit] : 0.0F;
        float values[256];
        for (int w = 0; w < 256; w++) {
            values[w] = l->weight_scale[unit] * (across[w] - zero);
        }
        for (int i = 0; i < l->taps; i++) {
            out[at + i] = values[l->weight_codes[at + i]];
        }
    }
}

axn_status axn_conv_gradient_weights(axn_trainer *trainer, int layer, int thread, axn_error *error)
{
    const axn_train_layer *l = &trainer->layers[layer];
    axn_status status = AXN_OK;
    if (!trainer->layers[l->layer->inputs[0]].wants_gradient) {
        return AXN_OK;
    }
    const int terms = l->slopes != NULL ? l->slopes->activation.terms : 1;
    float *scratch = (float *)(void *)trainer->scratch[thread];
    const parts p = make_parts(l, 0);
    for (int term = 0; term < terms && status == AXN_OK; term++) {
        const float *weights = l->weights_real;
        if (l->slopes != NULL) {
            table_weights(scratch + p.weights, l, term);
            weights = scratch + p.weights;
        }
        for (int k = 0; k < 2 && status == AXN_OK; k++) {
            if (l->convolution[k] != NULL) {
                status = axn_float_conv_set_backward(l->convolution[k], thread, term, weights,
                                                     scratch + p.end, error);
            }
        }
    }
    return status;
}

/* The slopes of the multipliers, each once. */
axn_status axn_conv_gradient_create(axn_trainer *trainer, axn_error *error)
{
    axn_trainer *t = trainer;
    if (t->config.gradient != AXN_GRADIENT_TABLE ||
        t->config.arithmetic != AXN_ARITHMETIC_QUANTISED) {
        return AXN_OK;
    }
    axn_status status = axn_allocate(&t->slopes, 2 * (size_t)t->table_count,
                                     sizeof(axn_table_gradient *), "slopes", error);
    for (int i = 0; i < t->network->count && status == AXN_OK; i++) {
        const axn_layer *layer = &t->network->layers[i];
        if (layer->kind != AXN_LAYER_CONV) {
            continue;
        }
        axn_table_gradient **slopes = &t->slopes[2 * layer->multiplier + layer->swap_operands];
        if (*slopes == NULL) {
            status = axn_table_gradient_create(t->tables[layer->multiplier].product,
                                               layer->swap_operands, t->config.gradient_window,
                                               slopes, error);
        }
        t->layers[i].slopes = *slopes;
    }
    return status;
}

void axn_conv_gradient_free(axn_trainer *trainer)
{
    for (int i = 0; trainer->slopes != NULL && i < 2 * trainer->table_count; i++) {
        axn_table_gradient_free(trainer->slopes[i]);
    }
    free(trainer->slopes);
}
