/* Layers without weights. */
#include <string.h>

#include "nas/inference_internal.h"

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

/* Codes of a SUM operand, at places x .. x+count-1 of row y of the output: pooled if its
 * map is larger, real 0 if it lacks the channel. */
static void sum_codes(map_view in, axn_shape out, int c, int y, int x, int count, uint8_t *codes)
{
    int height = in.shape.height, width = in.shape.width;
    if (c >= in.shape.channels) {
        memset(codes, in.quantisation->zero_point, (size_t)count);
        return;
    }
    const uint8_t *plane = in.codes + (int64_t)c * height * width;
    if (height == out.height && width == out.width) {
        memcpy(codes, plane + (int64_t)y * width + x, (size_t)count);
        return;
    }
    int top = (int)((int64_t)y * height / out.height);
    int bottom = (int)(((int64_t)(y + 1) * height + out.height - 1) / out.height);
    for (int i = x; i < x + count; i++) {
        *codes++ =
            (uint8_t)greatest(plane, width, top, bottom, (int)((int64_t)i * width / out.width),
                              (int)(((int64_t)(i + 1) * width + out.width - 1) / out.width));
    }
}

static void sum_maps(const axn_model_layer *quantised, axn_shape shape, map_view first,
                     map_view second, uint8_t *out)
{
    enum { RUN = 256 };
    int64_t term[2][256];
    uint8_t codes[2][RUN];
    tabulate(quantised, 0, first.quantisation->zero_point, term[0]);
    tabulate(quantised, 1, second.quantisation->zero_point, term[1]);
    for (int i = 0; i < 256; i++) {
        term[0][i] += quantised->output.zero_point;
    }
    for (int row = 0; row < shape.channels * shape.height; row++) {
        int c = row / shape.height, y = row % shape.height;
        for (int x = 0; x < shape.width; x += RUN) {
            int count = shape.width - x < RUN ? shape.width - x : RUN;
            sum_codes(first, shape, c, y, x, count, codes[0]);
            sum_codes(second, shape, c, y, x, count, codes[1]);
            for (int i = 0; i < count; i++) {
                int64_t value = term[0][codes[0][i]] + term[1][codes[1][i]];
                *out++ = (uint8_t)(value < quantised->low ? quantised->low
                                   : value > 255          ? 255
                                                          : value);
            }
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
            sum_maps(quantised, at->output, first, operand(inference, scratch, layer, 1, image),
                     out);
        } else {
            int64_t done = 0;
            for (int i = 0; i < at->input_count; i++) {
                done += join_map(quantised, i, operand(inference, scratch, layer, i, image),
                                 out + done);
            }
        }
    }
}
