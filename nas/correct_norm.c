/* Biases and batch norms for sums that are not those of training. */
#include <math.h>
#include <stdlib.h>

#include "common/memory.h"
#include "nas/correct_internal.h"
#include "nas/fold.h"
#include "nas/layers.h"

void axn_model_has_norm(const axn_model *model, int *norms, int *known)
{
    *norms = *known = 0;
    for (int i = 0; i < model->network.count; i++) {
        *norms += model->network.layers[i].batch_norm;
        *known += model->layers[i].norm_mean != NULL;
    }
}

/* Real value of an accumulator step. */
static double step_of(const axn_model *model, int layer, int unit)
{
    int input = model->network.layers[layer].inputs[0];
    return model->layers[input].output.scale * model->layers[layer].weight_scale[unit];
}

/* bias += change, within the limit; the bias as it is then less what it was to be. */
static void shift_bias(axn_model *model, int layer, int unit, double change,
                       axn_corrected_layer *out)
{
    axn_model_layer *quantised = &model->layers[layer];
    const double most = axn_most_bias(axn_layer_taps(&model->network, layer));
    double bias = quantised->bias[unit] + nearbyint(change);
    double least = fmin(-most, quantised->bias[unit]), highest = fmax(most, quantised->bias[unit]);
    out->limited += bias < least || bias > highest;
    quantised->bias[unit] = (int32_t)fmax(least, fmin(highest, bias));
}

void axn_correct_biases(axn_model *model, int layer, const axn_moments *errors, int64_t count,
                        axn_corrected_layer *out)
{
    axn_model_layer *quantised = &model->layers[layer];
    for (int unit = 0; unit < model->network.layers[layer].units; unit++) {
        double mean = axn_moments_mean(&errors[unit], count);
        shift_bias(model, layer, unit, -mean, out);
        if (quantised->norm_mean != NULL) {
            quantised->norm_mean[unit] += mean;
        }
    }
    out->bias = true;
}

/* With n = (acc - mean) / deviation as trained, code = zero point + ratio * (deviation * n + mean
 * + bias); n is to be the same with today's mean and deviation. A channel that never varies says
 * nothing about its deviation and keeps it. */
void axn_refold_norms(axn_model *model, int layer, const axn_moments *sums, int64_t count,
                      axn_corrected_layer *out)
{
    axn_model_layer *quantised = &model->layers[layer];
    const int64_t taps = axn_layer_taps(&model->network, layer);
    for (int unit = 0; unit < model->network.layers[layer].units; unit++) {
        const double step = step_of(model, layer, unit);
        const double variance = axn_moments_variance(&sums[unit], count);
        const double mean = axn_moments_mean(&sums[unit], count);
        double deviation = sqrt(variance + AXN_BATCH_NORM_EPSILON / (step * step));
        double old_mean = quantised->norm_mean[unit], old = quantised->norm_deviation[unit];
        double ratio = ldexp(quantised->mantissa[unit], -quantised->shift[unit]);
        double slope = ratio * (old / deviation);
        double offset = ratio * (old_mean + quantised->bias[unit]) - slope * mean;
        if (variance == 0 || deviation == old || !isfinite(slope) || !isfinite(offset)) {
            deviation = old;
            shift_bias(model, layer, unit, old_mean - mean, out);
        } else {
            axn_fold_channel(quantised, unit, slope, offset, taps);
        }
        quantised->norm_mean[unit] = mean;
        quantised->norm_deviation[unit] = deviation;
    }
    out->normalised = true;
}

static axn_status measure_layer(const axn_walk *walk, int layer, axn_error *error)
{
    axn_model *model = walk->model;
    const axn_layer *at = &model->network.layers[layer];
    axn_model_layer *quantised = &model->layers[layer];
    axn_moments *moments = NULL;
    int64_t count = 0;
    axn_status status =
        axn_allocate(&moments, 2 * (size_t)at->units, sizeof *moments, "sums", error);
    axn_variant variant = {&walk->tables[at->multiplier], at->swap_operands, quantised->weights,
                           moments, moments + at->units};
    if (status == AXN_OK) {
        status =
            axn_walk_measure(walk, layer, variant.table, variant.swap, &variant, 1, &count, error);
    }
    if (status == AXN_OK) {
        status = axn_model_allocate_norm(model, layer, error);
    }
    for (int unit = 0; unit < at->units && status == AXN_OK; unit++) {
        double step = step_of(model, layer, unit);
        double variance = axn_moments_variance(&moments[unit], count);
        double deviation = sqrt(variance + AXN_BATCH_NORM_EPSILON / (step * step));
        quantised->norm_mean[unit] = axn_moments_mean(&moments[unit], count);
        quantised->norm_deviation[unit] = isnormal(deviation) ? deviation : 1;
    }
    free(moments);
    return status;
}

axn_status axn_model_measure_norm(axn_model *model, const axn_table *tables,
                                  const axn_calibration *calibration, axn_error *error)
{
    axn_walk walk = {0};
    axn_table *exact = NULL;
    axn_status status = AXN_OK;
    if (tables == NULL) {
        status =
            axn_allocate(&exact, (size_t)model->multiplier_count, sizeof *exact, "tables", error);
        for (int i = 0; i < model->multiplier_count && status == AXN_OK; i++) {
            axn_table_exact(&exact[i]);
        }
        tables = exact;
    }
    if (status == AXN_OK) {
        status = axn_walk_start(&walk, model, tables, calibration, error);
    }
    for (int i = 0; i < model->network.count && status == AXN_OK; i++) {
        if (model->network.layers[i].batch_norm && model->layers[i].norm_mean == NULL) {
            status = measure_layer(&walk, i, error);
        }
        if (status == AXN_OK) {
            status = axn_walk_layer(&walk, i, error);
        }
        if (status == AXN_OK) {
            status = axn_walk_report(&walk, i + 1, error);
        }
    }
    axn_walk_end(&walk);
    free(exact);
    return status;
}
