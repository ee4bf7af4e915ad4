/* Folds a trained network into the integer model of model/model.h. */
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "nas/fold.h"
#include "nas/trainer_internal.h"

/* real = slope * acc + offset with the moving statistics. */
static void real_affine(const axn_trainer *t, const axn_train_layer *l, int unit, double step,
                        double *slope, double *offset)
{
    *slope = step;
    *offset = (double)t->parameters[l->shift + unit];
    if (l->layer->batch_norm) {
        axn_batch_norm norm = {.gain = (double)t->parameters[l->gain + unit],
                               .shift = *offset,
                               .mean = (double)l->running_mean[unit] / step,
                               .variance = (double)l->running_variance[unit] / (step * step),
                               .step = step};
        axn_batch_norm_affine(&norm, slope, offset);
    }
}

static void fold_weighted(const axn_trainer *t, int index, axn_model_layer *out)
{
    const axn_train_layer *l = &t->layers[index];
    const double scale_x = axn_codes_quantisation(t, l->layer->inputs[0]).scale;
    memcpy(out->weights, l->weight_codes, (size_t)l->units * (size_t)l->taps);
    memcpy(out->weight_zero, l->weight_zero, (size_t)l->units);
    for (int unit = 0; unit < l->units; unit++) {
        const double step = scale_x * (double)l->weight_scale[unit];
        double slope = 0, offset = 0;
        out->weight_scale[unit] = (double)l->weight_scale[unit];
        real_affine(t, l, unit, step, &slope, &offset);
        if (out->norm_mean != NULL) {
            const double variance = (double)l->running_variance[unit];
            out->norm_mean[unit] = (double)l->running_mean[unit] / step;
            out->norm_deviation[unit] = sqrt(variance + AXN_BATCH_NORM_EPSILON) / step;
        }
        if (l->classifier) { /* logits are accumulators of one common step */
            const double most = axn_most_bias(l->taps);
            out->bias[unit] = (int32_t)fmax(-most, fmin(most, nearbyint(offset / step)));
        } else {
            axn_fold_channel(out, unit, slope / l->output.scale, offset / l->output.scale, l->taps);
        }
    }
}

static void fold_layer(const axn_trainer *t, int index, axn_model_layer *out)
{
    const axn_train_layer *l = &t->layers[index];
    out->output = axn_codes_quantisation(t, index);
    out->low = (uint8_t)l->low;
    if (l->units > 0) {
        fold_weighted(t, index, out);
        if (l->classifier) {
            out->output = (axn_quantisation){0};
            out->low = 0;
        }
        return;
    }
    for (int i = 0; i < out->requantisations; i++) {
        out->mantissa[i] = l->ratio[i].mantissa;
        out->shift[i] = l->ratio[i].shift;
    }
}

static axn_status name_multipliers(const axn_trainer *t, const char *const *names, axn_model *model,
                                   axn_error *error)
{
    if (t->table_count > AXN_MODEL_MAX_MULTIPLIERS) {
        return axn_fail(error, AXN_ERROR_LIMIT, "a model has at most %d multipliers, not %d",
                        AXN_MODEL_MAX_MULTIPLIERS, t->table_count);
    }
    model->multiplier_count = t->table_count;
    for (int i = 0; i < t->table_count; i++) {
        size_t length = strlen(names[i]);
        if (length >= sizeof model->multipliers[i].name) {
            return axn_fail(error, AXN_ERROR_LIMIT, "the multiplier name %s is too long", names[i]);
        }
        memcpy(model->multipliers[i].name, names[i], length + 1);
        model->multipliers[i].hash = axn_table_hash(&t->tables[i]);
    }
    memcpy(model->dataset, t->dataset->name, sizeof model->dataset);
    return AXN_OK;
}

_Static_assert(sizeof((axn_model *)0)->dataset == sizeof((axn_dataset *)0)->name,
               "both hold a dataset's name");

static axn_status prove(const axn_trainer *t, axn_model *model, axn_error *error)
{
    const uint16_t **products = NULL;
    axn_status status = axn_allocate(&products, (size_t)t->table_count, sizeof *products,
                                     "multiplier tables", error);
    for (int i = 0; i < t->table_count && status == AXN_OK; i++) {
        products[i] = t->tables[i].product;
    }
    if (status == AXN_OK) {
        axn_model_prove(model, products);
    }
    free((void *)products);
    return status;
}

axn_status axn_trainer_quantise(axn_trainer *trainer, const char *const *names, axn_model *out,
                                axn_error *error)
{
    axn_model model = {0};
    if (trainer->step == 0) {
        return axn_fail(error, AXN_ERROR_USAGE, "a network must be trained before it is quantised");
    }
    trainer->training = false;
    axn_trainer_quantise_weights(trainer);
    axn_status status = axn_network_copy(trainer->network, &model.network, error);
    if (status == AXN_OK) {
        status = axn_model_allocate(&model, error);
    }
    if (status == AXN_OK) {
        status = name_multipliers(trainer, names, &model, error);
    }
    for (int i = 0; i < model.network.count && status == AXN_OK; i++) {
        if (model.network.layers[i].batch_norm) {
            status = axn_model_allocate_norm(&model, i, error);
        }
        if (status == AXN_OK) {
            fold_layer(trainer, i, &model.layers[i]);
        }
    }
    if (status == AXN_OK) {
        status = prove(trainer, &model, error);
    }
    if (status == AXN_OK) { /* weights that diverged have no integer model */
        status = axn_model_check(&model, error);
    }
    if (status != AXN_OK) {
        axn_model_free(&model);
        return status;
    }
    *out = model;
    return AXN_OK;
}
