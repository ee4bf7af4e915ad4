/* One function a layer kind, one loop an index: meant to be compared with the definitions
 * in model/model.h by eye. Speed is not its business. */
#include "sim/golden.h"

#include <stddef.h>
#include <string.h>

/* What a layer function works on. */
typedef struct golden_layer {
    const axn_layer *layer;
    const axn_model_layer *quantised;
    const uint16_t *table;                   /* CONV: [a * 256 + b] */
    const uint8_t *operands[AXN_MAX_INPUTS]; /* bytes of the operands */
    axn_shape shapes[AXN_MAX_INPUTS];        /* their shapes */
    uint8_t zeros[AXN_MAX_INPUTS];           /* their zero points */
    uint8_t *output;
} golden_layer;

/* floor(value / 2^shift), which C leaves open for negative values. */
static int64_t shift_right_floor(int64_t value, int shift)
{
    int64_t divisor = INT64_C(1) << shift;
    int64_t quotient = value / divisor;
    return value % divisor < 0 ? quotient - 1 : quotient;
}

int64_t axn_golden_requantise(int64_t value, int mantissa, int shift)
{
    return shift_right_floor(value * mantissa + (INT64_C(1) << (shift - 1)), shift);
}

static uint8_t clamp(int64_t value, int low)
{
    if (value < low) {
        value = low;
    }
    return (uint8_t)(value > 255 ? 255 : value);
}

static size_t position(axn_shape shape, int y, int x, int channel)
{
    return ((size_t)y * (size_t)shape.width + (size_t)x) * (size_t)shape.channels + (size_t)channel;
}

static bool inside(axn_shape shape, int y, int x)
{
    return y >= 0 && y < shape.height && x >= 0 && x < shape.width;
}

/* zy + rq(difference) + further, clamped; requantisation parameters number `index`. */
static uint8_t to_code(const golden_layer *at, int64_t difference, int index, int64_t further)
{
    const axn_model_layer *q = at->quantised;
    int64_t scaled = axn_golden_requantise(difference, q->mantissa[index], q->shift[index]);
    return clamp(q->output.zero_point + scaled + further, q->low);
}

/* acc = sum T[x][w] - zw * sum x - zx * sum w + K * zx * zw + bias, one output value. */
static int64_t convolution_sum(const golden_layer *at, int out_y, int out_x, int unit)
{
    const axn_layer *layer = at->layer;
    const axn_shape in = at->shapes[0];
    const uint8_t *weight = at->quantised->weights + (size_t)unit * (size_t)layer->kernel_h *
                                                         (size_t)layer->kernel_w *
                                                         (size_t)in.channels;
    int64_t products = 0, sum_x = 0, sum_w = 0, taps = 0;
    for (int ky = 0; ky < layer->kernel_h; ky++) {
        for (int kx = 0; kx < layer->kernel_w; kx++) {
            int y = out_y * layer->stride + ky - layer->pad_h;
            int x = out_x * layer->stride + kx - layer->pad_w;
            for (int channel = 0; channel < in.channels; channel++) {
                int activation =
                    inside(in, y, x) ? at->operands[0][position(in, y, x, channel)] : at->zeros[0];
                int w = *weight++;
                products += layer->swap_operands ? at->table[w * 256 + activation]
                                                 : at->table[activation * 256 + w];
                sum_x += activation;
                sum_w += w;
                taps++;
            }
        }
    }
    int64_t zw = at->quantised->weight_zero[unit], zx = at->zeros[0];
    return products - zw * sum_x - zx * sum_w + taps * zx * zw + at->quantised->bias[unit];
}

static void convolution(const golden_layer *at)
{
    axn_shape out = at->layer->output;
    for (int y = 0; y < out.height; y++) {
        for (int x = 0; x < out.width; x++) {
            for (int unit = 0; unit < out.channels; unit++) {
                int64_t sum = convolution_sum(at, y, x, unit);
                at->output[position(out, y, x, unit)] = to_code(at, sum, unit, 0);
            }
        }
    }
}

/* The sum of one unit of a fully connected layer, by the exact product. */
static int64_t dense_sum(const golden_layer *at, int unit)
{
    size_t taps = (size_t)axn_shape_size(at->shapes[0]);
    const uint8_t *weight = at->quantised->weights + (size_t)unit * taps;
    int64_t zw = at->quantised->weight_zero[unit], zx = at->zeros[0];
    int64_t sum = at->quantised->bias[unit];
    for (size_t i = 0; i < taps; i++) {
        sum += (at->operands[0][i] - zx) * (weight[i] - zw);
    }
    return sum;
}

static void dense(const golden_layer *at)
{
    for (int unit = 0; unit < at->layer->units; unit++) {
        at->output[unit] = to_code(at, dense_sum(at, unit), unit, 0);
    }
}

/* The classifier: its sums are the logits. Returns the lowest index of the largest. */
static int classify(const golden_layer *at, int32_t *logits)
{
    int best = 0;
    for (int unit = 0; unit < at->layer->units; unit++) {
        logits[unit] = (int32_t)dense_sum(at, unit);
        best = logits[unit] > logits[best] ? unit : best;
    }
    return best;
}

static void max_pool(const golden_layer *at)
{
    const axn_layer *layer = at->layer;
    axn_shape in = at->shapes[0], out = layer->output;
    for (int y = 0; y < out.height; y++) {
        for (int x = 0; x < out.width; x++) {
            for (int channel = 0; channel < out.channels; channel++) {
                uint8_t largest = 0;
                for (int ky = 0; ky < layer->kernel_h; ky++) {
                    for (int kx = 0; kx < layer->kernel_w; kx++) {
                        int in_y = y * layer->stride + ky - layer->pad_h;
                        int in_x = x * layer->stride + kx - layer->pad_w;
                        if (inside(in, in_y, in_x)) {
                            uint8_t value = at->operands[0][position(in, in_y, in_x, channel)];
                            largest = value > largest ? value : largest;
                        }
                    }
                }
                at->output[position(out, y, x, channel)] = largest;
            }
        }
    }
}

static void average_pool(const golden_layer *at)
{
    const axn_layer *layer = at->layer;
    axn_shape in = at->shapes[0], out = layer->output;
    int64_t taps = (int64_t)layer->kernel_h * layer->kernel_w;
    for (int y = 0; y < out.height; y++) {
        for (int x = 0; x < out.width; x++) {
            for (int channel = 0; channel < out.channels; channel++) {
                int64_t sum = 0;
                for (int ky = 0; ky < layer->kernel_h; ky++) {
                    for (int kx = 0; kx < layer->kernel_w; kx++) {
                        int in_y = y * layer->stride + ky, in_x = x * layer->stride + kx;
                        sum += at->operands[0][position(in, in_y, in_x, channel)];
                    }
                }
                at->output[position(out, y, x, channel)] =
                    to_code(at, sum - taps * at->zeros[0], 0, 0);
            }
        }
    }
}

/* Largest code of one operand in the window [floor(y*H/h), ceil((y+1)*H/h)) and the same
 * across: the operand itself where the maps are equal. */
static uint8_t pooled_to(const golden_layer *at, int operand, int y, int x, int channel)
{
    axn_shape in = at->shapes[operand], out = at->layer->output;
    int first_y = y * in.height / out.height, first_x = x * in.width / out.width;
    int end_y = ((y + 1) * in.height + out.height - 1) / out.height;
    int end_x = ((x + 1) * in.width + out.width - 1) / out.width;
    uint8_t largest = 0;
    for (int in_y = first_y; in_y < end_y; in_y++) {
        for (int in_x = first_x; in_x < end_x; in_x++) {
            uint8_t value = at->operands[operand][position(in, in_y, in_x, channel)];
            largest = value > largest ? value : largest;
        }
    }
    return largest;
}

static void sum(const golden_layer *at)
{
    const axn_model_layer *q = at->quantised;
    axn_shape out = at->layer->output;
    for (int y = 0; y < out.height; y++) {
        for (int x = 0; x < out.width; x++) {
            for (int channel = 0; channel < out.channels; channel++) {
                int64_t difference[2] = {0, 0}; /* of a channel that is missing: real 0 */
                for (int i = 0; i < 2; i++) {
                    if (channel < at->shapes[i].channels) {
                        difference[i] = pooled_to(at, i, y, x, channel) - at->zeros[i];
                    }
                }
                int64_t second = axn_golden_requantise(difference[1], q->mantissa[1], q->shift[1]);
                at->output[position(out, y, x, channel)] = to_code(at, difference[0], 0, second);
            }
        }
    }
}

static void concatenation(const golden_layer *at)
{
    axn_shape out = at->layer->output;
    int offset = 0;
    for (int i = 0; i < at->layer->input_count; i++) {
        axn_shape in = at->shapes[i];
        for (int y = 0; y < in.height; y++) {
            for (int x = 0; x < in.width; x++) {
                for (int channel = 0; channel < in.channels; channel++) {
                    uint8_t value = at->operands[i][position(in, y, x, channel)];
                    at->output[position(out, y, x, offset + channel)] =
                        to_code(at, value - at->zeros[i], i, 0);
                }
            }
        }
        offset += in.channels;
    }
}

static void run_layer(const golden_layer *at)
{
    switch (at->layer->kind) {
    case AXN_LAYER_INPUT:
        break;
    case AXN_LAYER_CONV:
        convolution(at);
        break;
    case AXN_LAYER_DENSE:
        dense(at);
        break;
    case AXN_LAYER_MAX_POOL:
        max_pool(at);
        break;
    case AXN_LAYER_AVERAGE_POOL:
        average_pool(at);
        break;
    case AXN_LAYER_SUM:
        sum(at);
        break;
    case AXN_LAYER_CONCAT:
        concatenation(at);
        break;
    }
}

/* Everything about layer `index` but where its output goes. */
static golden_layer layer_at(const axn_model *model, const uint16_t *const *tables,
                             uint8_t *const *outputs, int index)
{
    const axn_layer *layer = &model->network.layers[index];
    golden_layer at = {.layer = layer, .quantised = &model->layers[index]};
    if (layer->kind == AXN_LAYER_CONV) {
        at.table = tables[layer->multiplier];
    }
    for (int k = 0; k < AXN_MAX_INPUTS; k++) { /* beyond the last: the first again */
        int from = layer->inputs[k < layer->input_count ? k : 0];
        at.operands[k] = outputs[from];
        at.shapes[k] = model->network.layers[from].output;
        at.zeros[k] = model->layers[from].output.zero_point;
    }
    return at;
}

int axn_golden_run(const axn_model *model, const uint16_t *const *tables, const uint8_t *image,
                   uint8_t *const *outputs, int32_t *logits)
{
    int last = model->network.count - 1;
    memcpy(outputs[0], image, (size_t)axn_shape_size(model->network.layers[0].output));
    for (int i = 1; i < last; i++) {
        golden_layer at = layer_at(model, tables, outputs, i);
        at.output = outputs[i];
        run_layer(&at);
    }
    golden_layer classifier = layer_at(model, tables, outputs, last);
    return classify(&classifier, logits);
}
