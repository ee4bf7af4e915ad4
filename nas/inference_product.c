/* CONV and DENSE: columns of taps, table GEMM, requantisation. */
#include "nas/inference_internal.h"

static const axn_layer *layer_of(const axn_inference *inference, int layer)
{
    return &inference->model->network.layers[layer];
}

static int input_of(const axn_inference *inference, int layer)
{
    return layer_of(inference, layer)->inputs[0];
}

static int is_last(const axn_inference *inference, int layer)
{
    return layer == inference->model->network.count - 1;
}

void axn_inference_prepare(const axn_inference *inference, const axn_inference_scratch *scratch,
                           int layer, int images)
{
    if (layer_of(inference, layer)->kind != AXN_LAYER_CONV) {
        return;
    }
    const axn_im2col *shape = &inference->products[layer].im2col;
    int input = input_of(inference, layer);
    int64_t map = (int64_t)shape->height * shape->width * shape->channels;
    int64_t pixels = (int64_t)axn_planes_height(shape) * axn_planes_width(shape);
    for (int i = 0; i < images; i++) {
        axn_planes_fill(shape, axn_inference_map(inference, scratch, input) + i * map,
                        inference->model->layers[input].output.zero_point,
                        scratch->planes + i * axn_planes_size(shape),
                        scratch->pixel_sum + i * pixels);
    }
}

static void conv_columns(const axn_inference *inference, const axn_inference_scratch *scratch,
                         int layer, int first, int count)
{
    const axn_inference_product *product = &inference->products[layer];
    const axn_im2col *shape = &product->im2col;
    int outputs = shape->out_height * shape->out_width;
    int64_t pixels = (int64_t)axn_planes_height(shape) * axn_planes_width(shape);
    for (int done = 0; done < count;) {
        int image = (first + done) / outputs, pixel = (first + done) % outputs;
        int run = outputs - pixel < count - done ? outputs - pixel : count - done;
        axn_im2col_tile(shape, scratch->planes + image * axn_planes_size(shape), pixel, run,
                        scratch->x + done, product->tile);
        axn_planes_tap_sums(shape, scratch->pixel_sum + image * pixels, pixel, run,
                            scratch->tap_sum + done);
        done += run;
    }
}

/* A column an image: its map with the channels side by side, as the weights stand. */
static void dense_columns(const axn_inference *inference, const axn_inference_scratch *scratch,
                          int layer, int first, int count)
{
    const axn_inference_product *product = &inference->products[layer];
    int input = input_of(inference, layer);
    axn_shape shape = layer_of(inference, input)->output;
    int pixels = shape.height * shape.width;
    const uint8_t *map =
        axn_inference_map(inference, scratch, input) + (int64_t)first * product->taps;
    for (int i = 0; i < count; i++, map += product->taps) {
        int32_t total = 0;
        for (int c = 0; c < shape.channels; c++) {
            for (int p = 0; p < pixels; p++) {
                uint8_t code = map[(int64_t)c * pixels + p];
                scratch->x[((int64_t)p * shape.channels + c) * product->tile + i] = code;
                total += code;
            }
        }
        scratch->tap_sum[i] = total;
    }
}

void axn_inference_columns(const axn_inference *inference, const axn_inference_scratch *scratch,
                           int layer, int first, int count)
{
    if (layer_of(inference, layer)->kind == AXN_LAYER_CONV) {
        conv_columns(inference, scratch, layer, first, count);
    } else {
        dense_columns(inference, scratch, layer, first, count);
    }
}

/* Codes of one channel, cut where an image ends. */
static void write_codes(const axn_inference *inference, const axn_inference_scratch *scratch,
                        int layer, int unit, int first, int count)
{
    const axn_inference_product *product = &inference->products[layer];
    axn_shape shape = layer_of(inference, layer)->output;
    int pixels = shape.height * shape.width;
    uint8_t *map = axn_inference_map(inference, scratch, layer);
    const int32_t *sum = scratch->sum + (int64_t)unit * product->tile;
    for (int done = 0; done < count;) {
        int image = (first + done) / pixels, pixel = (first + done) % pixels;
        int run = pixels - pixel < count - done ? pixels - pixel : count - done;
        product->requantise(&product->channel[unit], sum + done, scratch->tap_sum + done, run,
                            map + ((int64_t)image * shape.channels + unit) * pixels + pixel);
        done += run;
    }
}

static void write_logits(const axn_inference_product *product, const axn_inference_scratch *scratch,
                         int unit, int first, int count, int32_t *logits)
{
    const axn_requantisation *r = &product->channel[unit];
    for (int i = 0; i < count; i++) {
        int64_t sum = scratch->sum[(int64_t)unit * product->tile + i];
        sum += r->constant - (int64_t)r->weight_zero * scratch->tap_sum[i];
        logits[(int64_t)(first + i) * product->units + unit] = (int32_t)sum;
    }
}

void axn_inference_product_layer(const axn_inference *inference,
                                 const axn_inference_scratch *scratch, int layer, int images,
                                 int32_t *logits)
{
    const axn_inference_product *product = &inference->products[layer];
    axn_shape shape = layer_of(inference, layer)->output;
    int columns = images * shape.height * shape.width;
    axn_inference_prepare(inference, scratch, layer, images);
    for (int first = 0; first < columns; first += product->tile) {
        int count = columns - first < product->tile ? columns - first : product->tile;
        axn_inference_columns(inference, scratch, layer, first, count);
        inference->gemm(product->table, product->units, product->taps, count,
                        inference->model->layers[layer].weights, scratch->x, product->tile,
                        scratch->sum, product->tile);
        for (int unit = 0; unit < product->units; unit++) {
            if (is_last(inference, layer)) {
                write_logits(product, scratch, unit, first, count, logits);
            } else {
                write_codes(inference, scratch, layer, unit, first, count);
            }
        }
    }
}
