/* What makes a model valid, alike for writing and reading. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/model_internal.h"

#define LARGEST_PRODUCT 65025 /* 255 * 255 */
#define NAME_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"

static axn_status check_multipliers(const axn_model *model, axn_error *error)
{
    if (model->multiplier_count < 0 || model->multiplier_count > AXN_MODEL_MAX_MULTIPLIERS)
        return axn_fail(error, AXN_ERROR_LIMIT, "%d multipliers, the limit is %d",
                        model->multiplier_count, AXN_MODEL_MAX_MULTIPLIERS);
    for (int i = 0; i < model->multiplier_count; i++) {
        const char *name = model->multipliers[i].name;
        size_t length = strnlen(name, AXN_NAME_MAX);
        if (length == 0 || length == AXN_NAME_MAX || strspn(name, NAME_CHARACTERS) != length)
            return axn_fail(error, AXN_ERROR_FORMAT,
                            "the name of multiplier %d must be 1 .. %d letters, digits or _", i,
                            AXN_NAME_MAX - 1);
    }
    return AXN_OK;
}

static axn_status check_dataset(const axn_model *model, axn_error *error)
{
    size_t length = strnlen(model->dataset, AXN_NAME_MAX);
    if (length == AXN_NAME_MAX)
        return axn_fail(error, AXN_ERROR_LIMIT, "\"dataset\" is longer than %d characters",
                        AXN_NAME_MAX - 1);
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)model->dataset[i] < ' ')
            return axn_fail(error, AXN_ERROR_FORMAT, "\"dataset\" holds a control character");
    return AXN_OK;
}

static bool positive(double scale)
{
    return isnormal(scale) && scale > 0.0;
}

static axn_status check_output(const axn_model *model, int index, axn_error *error)
{
    const axn_layer *layer = &model->network.layers[index];
    const axn_model_layer *quantised = &model->layers[index];
    int low = layer->relu ? quantised->output.zero_point : 0;
    if (index == model->network.count - 1)
        return AXN_OK; /* logits: not quantised */
    if (!positive(quantised->output.scale))
        return axn_fail(error, AXN_ERROR_FORMAT, "layer %d \"%s\": scale %g, must be above 0",
                        index, layer->name, quantised->output.scale);
    if (quantised->low != low)
        return axn_fail(error, AXN_ERROR_FORMAT, "layer %d \"%s\": lower clamp %d, must be %d",
                        index, layer->name, quantised->low, low);
    if (layer->kind == AXN_LAYER_MAX_POOL) {
        const axn_quantisation *input = &model->layers[layer->inputs[0]].output;
        if (input->scale != quantised->output.scale ||
            input->zero_point != quantised->output.zero_point)
            return axn_fail(error, AXN_ERROR_FORMAT,
                            "layer %d \"%s\": a max pool must be quantised as its input", index,
                            layer->name);
    }
    return AXN_OK;
}

static axn_status check_norm(const axn_model *model, int index, axn_error *error)
{
    const axn_layer *layer = &model->network.layers[index];
    const axn_model_layer *quantised = &model->layers[index];
    if (quantised->norm_mean == NULL && quantised->norm_deviation == NULL)
        return AXN_OK;
    if (!layer->batch_norm || quantised->norm_mean == NULL || quantised->norm_deviation == NULL)
        return axn_fail(error, AXN_ERROR_FORMAT,
                        "layer %d \"%s\": norm_mean and norm_deviation go together, and with a "
                        "batch norm",
                        index, layer->name);
    for (int i = 0; i < layer->units; i++)
        if (!isfinite(quantised->norm_mean[i]) || !positive(quantised->norm_deviation[i]))
            return axn_fail(error, AXN_ERROR_FORMAT,
                            "layer %d \"%s\": batch norm of mean %g and deviation %g in channel %d",
                            index, layer->name, quantised->norm_mean[i],
                            quantised->norm_deviation[i], i);
    return AXN_OK;
}

static axn_status check_layer(const axn_model *model, int index, axn_error *error)
{
    const axn_layer *layer = &model->network.layers[index];
    const axn_model_layer *quantised = &model->layers[index];
    if (layer->multiplier >= model->multiplier_count)
        return axn_fail(error, AXN_ERROR_FORMAT,
                        "layer %d \"%s\": multiplier %d, but the model has only %d", index,
                        layer->name, layer->multiplier, model->multiplier_count);
    if (quantised->accumulator_bits < 0 || quantised->accumulator_bits > 32)
        return axn_fail(error, AXN_ERROR_FORMAT, "layer %d \"%s\": %d accumulator bits, 0 .. 32",
                        index, layer->name, quantised->accumulator_bits);
    for (int i = 0; quantised->weight_scale != NULL && i < layer->units; i++)
        if (!positive(quantised->weight_scale[i]))
            return axn_fail(error, AXN_ERROR_FORMAT,
                            "layer %d \"%s\": weight scale %g of channel %d, must be above 0",
                            index, layer->name, quantised->weight_scale[i], i);
    axn_status status = check_norm(model, index, error);
    return status == AXN_OK ? check_output(model, index, error) : status;
}

axn_status axn_model_check_description(const axn_model *model, axn_error *error)
{
    axn_network copy;
    axn_status status = axn_network_copy(&model->network, &copy, error);
    if (status == AXN_OK)
        status = axn_network_infer(&copy, error);
    axn_network_free(&copy);
    if (status == AXN_OK)
        status = check_multipliers(model, error);
    if (status == AXN_OK)
        status = check_dataset(model, error);
    for (int i = 0; status == AXN_OK && i < model->network.count; i++)
        status = check_layer(model, i, error);
    if (status == AXN_OK && model->provenance != NULL && !cJSON_IsObject(model->provenance))
        status = axn_fail(error, AXN_ERROR_FORMAT, "\"provenance\" is not an object");
    return status;
}

axn_status axn_model_check_arrays(const axn_model *model, axn_error *error)
{
    for (int i = 0; i < model->network.count; i++) {
        const axn_layer *layer = &model->network.layers[i];
        const axn_model_layer *quantised = &model->layers[i];
        for (int j = 0; j < quantised->requantisations; j++)
            if (quantised->shift[j] < AXN_SHIFT_MIN || quantised->shift[j] > AXN_SHIFT_MAX)
                return axn_fail(error, AXN_ERROR_FORMAT,
                                "layer %d \"%s\": shift %d of channel %d, must be %d .. %d", i,
                                layer->name, quantised->shift[j], j, AXN_SHIFT_MIN, AXN_SHIFT_MAX);
        int64_t limit = INT32_MAX - LARGEST_PRODUCT * axn_layer_taps(&model->network, i);
        for (int j = 0; quantised->bias != NULL && j < layer->units; j++)
            if (quantised->bias[j] > limit || quantised->bias[j] < -limit)
                return axn_fail(error, AXN_ERROR_FORMAT,
                                "layer %d \"%s\": bias %d of channel %d, must be within %lld", i,
                                layer->name, quantised->bias[j], j, (long long)limit);
    }
    return AXN_OK;
}

axn_status axn_model_check(const axn_model *model, axn_error *error)
{
    axn_status status = axn_model_check_description(model, error);
    return status == AXN_OK ? axn_model_check_arrays(model, error) : status;
}
