/* Layers without weights. */
#include <string.h>

#include "nas/inference_internal.h"
#include "nas/vectorise.h"

typedef struct map_view {
    const uint8_t *codes;
    axn_shape shape;
    const axn_quantisation *quantisation;
} map_view;

static map_view operand(const axn_inference *inference, const axn_inference_scratch *scratch,
                        int layer, int index, int image)
{
    const axn_network *network = &inference->model->network;
    int input = network->layers[layer].inputs[index];
    axn_shape shape = network->layers[input].output;
    return (map_view){axn_inference_map(inference, scratch, input) + image * axn_shape_size(shape),
                      shape, &inference->model->layers[input].output};
}

/* rq(code - zero point) for every code. */
static void tabulate(const axn_model_layer *layer, int index, int zero_point, int64_t out[256])
{
    for (int code = 0; code < 256; code++) {
        out[code] = axn_rescale(code - zero_point, layer->mantissa[index], layer->shift[index]);
    }
}

static int greatest(const uint8_t *plane, int width, int top, int bottom, int left, int right)
{
    int value = 0;
    for (int y = top; y < bottom; y++) {
        for (int x = left; x < right; x++) {
            int code = plane[(int64_t)y * width + x];
            value = code > value ? code : value;
        }
    }
    return value;
}

static void max_pool(const axn_layer *layer, map_view in, uint8_t *out)
{
    for (int c = 0; c < layer->output.channels; c++) {
        const uint8_t *plane = in.codes + (int64_t)c * in.shape.height * in.shape.width;
        for (int y = 0; y < layer->output.height; y++) {
            int top = y * layer->stride - layer->pad_h, bottom = top + layer->kernel_h;
            for (int x = 0; x < layer->output.width; x++) {
                int left = x * layer->stride - layer->pad_w, right = left + layer->kernel_w;
                *out++ = (uint8_t)greatest(plane, in.shape.width, top > 0 ? top : 0,
                                           bottom < in.shape.height ? bottom : in.shape.height,
                                           left > 0 ? left : 0,
                                           right < in.shape.width ? right : in.shape.width);
            }
        }
    }
}

static void average_pool(const axn_layer *layer, const axn_model_layer *quantised, map_view in,
                         uint8_t *out)
{
    int taps = layer->kernel_h * layer->kernel_w;
    for (int c = 0; c < layer->output.channels; c++) {
        const uint8_t *plane = in.codes + (int64_t)c * in.shape.height * in.shape.width;
        for (int p = 0; p < layer->output.height * layer->output.width; p++) {
            int top = p / layer->output.width * layer->stride;
            int left = p % layer->output.width * layer->stride;
            int64_t sum = -(int64_t)taps * in.quantisation->zero_point;
            for (int ky = 0; ky < layer->kernel_h; ky++) {
                for (int kx = 0; kx < layer->kernel_w; kx++) {
                    sum += plane[(int64_t)(top + ky) * in.shape.width + left + kx];
                }
            }
            int64_t value = axn_rescale(sum, quantised->mantissa[0], quantised->shift[0]);
            *out++ = axn_clamp_code(quantised->output.zero_point + value, quantised->low);
        }
    }
}

/* ---- SUM ---- */

enum { RUN = 512 }; /* codes at a time */

AXN_VECTORISE static void keep_greater(uint8_t *restrict greatest_codes,
                                       const uint8_t *restrict codes, int count)
{
    for (int i = 0; i < count; i++) {
        greatest_codes[i] = codes[i] > greatest_codes[i] ? codes[i] : greatest_codes[i];
    }
}

AXN_VECTORISE static void pool_pairs(uint8_t *restrict out, const uint8_t *restrict codes,
                                     int count)
{
    for (int i = 0; i < count; i++) {
        out[i] = codes[2 * i] > codes[2 * i + 1] ? codes[2 * i] : codes[2 * i + 1];
    }
}

/* Row y of a plane pooled to height x width, of the places x .. x+count-1. */
static void pool_row(const uint8_t *plane, axn_shape in, axn_shape out, int y, int x, int count,
                     uint8_t *codes)
{
    uint8_t row[2 * RUN];
    int top = (int)((int64_t)y * in.height / out.height);
    int bottom = (int)(((int64_t)(y + 1) * in.height + out.height - 1) / out.height);
    if (in.width == 2 * out.width) {
        memcpy(row, plane + (int64_t)top * in.width + 2 * (int64_t)x, 2 * (size_t)count);
        for (int i = top + 1; i < bottom; i++) {
            keep_greater(row, plane + (int64_t)i * in.width + 2 * (int64_t)x, 2 * count);
        }
        pool_pairs(codes, row, count);
        return;
    }
    for (int i = x; i < x + count; i++) {
        *codes++ = (uint8_t)greatest(
            plane, in.width, top, bottom, (int)((int64_t)i * in.width / out.width),
            (int)(((int64_t)(i + 1) * in.width + out.width - 1) / out.width));
    }
}

/* Where the codes of a SUM operand are, of the places x .. x+count-1 of row y of the output:
 * pooled (into buffer[RUN]) if its map is larger, real 0 if it lacks the channel. */
static const uint8_t *sum_codes(map_view in, axn_shape out, int c, int y, int x, int count,
                                uint8_t *buffer)
{
    if (c >= in.shape.channels) {
        memset(buffer, in.quantisation->zero_point, (size_t)count);
        return buffer;
    }
    const uint8_t *plane = in.codes + (int64_t)c * in.shape.height * in.shape.width;
    if (in.shape.height == out.height && in.shape.width == out.width) {
        return plane + (int64_t)y * out.width + x;
    }
    pool_row(plane, in.shape, out, y, x, count, buffer);
    return buffer;
}

/* What an operand adds: rq(code - zero point), which 32 bits hold. */
typedef struct sum_term {
    int32_t mantissa, offset; /* offset = half - mantissa * zero point */
    int shift;
} sum_term;

static sum_term make_term(const axn_model_layer *layer, int index, int zero_point)
{
    int32_t mantissa = layer->mantissa[index];
    int shift = layer->shift[index];
    if (shift > 24) { /* |(code - zero point) * mantissa| < 2^23: rounds to 0 */
        mantissa = 0;
        shift = 1;
    }
    return (sum_term){mantissa, (1 << (shift - 1)) - mantissa * zero_point, shift};
}

AXN_VECTORISE static void add_terms(const uint8_t *restrict first, const uint8_t *restrict second,
                                    sum_term a, sum_term b, int zero_point, int low, int count,
                                    uint8_t *restrict out)
{
    for (int i = 0; i < count; i++) {
        int32_t value = zero_point + ((first[i] * a.mantissa + a.offset) >> a.shift) +
                        ((second[i] * b.mantissa + b.offset) >> b.shift);
        value = value < low ? low : value;
        out[i] = (uint8_t)(value > 255 ? 255 : value);
    }
}

static void sum_maps(const axn_model_layer *quantised, axn_shape shape, const map_view views[2],
                     uint8_t *out)
{
    uint8_t buffer[2][RUN];
    sum_term a = make_term(quantised, 0, views[0].quantisation->zero_point);
    sum_term b = make_term(quantised, 1, views[1].quantisation->zero_point);
    for (int row = 0; row < shape.channels * shape.height; row++) {
        int c = row / shape.height, y = row % shape.height;
        for (int x = 0, count; x < shape.width; x += count, out += count) {
            count = shape.width - x < RUN ? shape.width - x : RUN;
            const uint8_t *first = sum_codes(views[0], shape, c, y, x, count, buffer[0]);
            const uint8_t *second = sum_codes(views[1], shape, c, y, x, count, buffer[1]);
            add_terms(first, second, a, b, quantised->output.zero_point, quantised->low, count,
                      out);
        }
    }
}

/* Maps kept channel by channel are joined by putting them one behind the other. */
static int64_t join_map(const axn_model_layer *quantised, int index, map_view in, uint8_t *out)
{
    int64_t term[256], size = axn_shape_size(in.shape);
    uint8_t code[256];
    tabulate(quantised, index, in.quantisation->zero_point, term);
    for (int i = 0; i < 256; i++) {
        code[i] = axn_clamp_code(quantised->output.zero_point + term[i], quantised->low);
    }
    for (int64_t i = 0; i < size; i++) {
        out[i] = code[in.codes[i]];
    }
    return size;
}

void axn_inference_other_layer(const axn_inference *inference, const axn_inference_scratch *scratch,
                               int layer, int images)
{
    const axn_layer *at = &inference->model->network.layers[layer];
    const axn_model_layer *quantised = &inference->model->layers[layer];
    uint8_t *out = axn_inference_map(inference, scratch, layer);
    for (int image = 0; image < images; image++, out += axn_shape_size(at->output)) {
        map_view first = operand(inference, scratch, layer, 0, image);
        if (at->kind == AXN_LAYER_MAX_POOL) {
            max_pool(at, first, out);
        } else if (at->kind == AXN_LAYER_AVERAGE_POOL) {
            average_pool(at, quantised, first, out);
        } else if (at->kind == AXN_LAYER_SUM) {
            map_view both[2] = {first, operand(inference, scratch, layer, 1, image)};
            sum_maps(quantised, at->output, both, out);
        } else {
            int64_t done = 0;
            for (int i = 0; i < at->input_count; i++) {
                done += join_map(quantised, i, operand(inference, scratch, layer, i, image),
                                 out + done);
            }
        }
    }
}
