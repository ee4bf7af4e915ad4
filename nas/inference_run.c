/* Running the inference over images, and what is measured with it. */
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "nas/inference_internal.h"

typedef struct run_job {
    axn_inference *inference;
    const uint8_t *const *images;
    int count;
    int32_t *logits;     /* NULL: not wanted */
    uint64_t *histogram; /* NULL: not wanted */
    uint32_t *codes;     /* [taps][256], for the histogram */
} run_job;

/* [H][W][C] -> [C][H][W]. */
static void split_channels(axn_shape shape, const uint8_t *image, uint8_t *map)
{
    int pixels = shape.height * shape.width;
    for (int c = 0; c < shape.channels; c++) {
        for (int p = 0; p < pixels; p++) {
            *map++ = image[(int64_t)p * shape.channels + c];
        }
    }
}

void axn_inference_take_images(const axn_inference *inference, const axn_inference_scratch *scratch,
                               const uint8_t *const *images, int count)
{
    axn_shape shape = inference->model->network.layers[0].output;
    for (int i = 0; i < count; i++) {
        split_channels(shape, images[i],
                       axn_inference_map(inference, scratch, 0) + i * axn_shape_size(shape));
    }
}

/* Adds, for each tap, how often each activation code meets the weights of that tap, to
 * histogram[layer][w][x]. */
static void count_operands(const run_job *job, const axn_inference_scratch *scratch, int layer,
                           int images)
{
    const axn_inference *inference = job->inference;
    const axn_inference_product *product = &inference->products[layer];
    const uint8_t *weights = inference->model->layers[layer].weights;
    uint64_t *histogram = job->histogram + (int64_t)layer * 65536;
    axn_shape shape = inference->model->network.layers[layer].output;
    int columns = images * shape.height * shape.width;
    memset(job->codes, 0, (size_t)product->taps * 256 * sizeof *job->codes);
    axn_inference_prepare(inference, scratch, layer, images);
    for (int first = 0; first < columns; first += product->tile) {
        int count = columns - first < product->tile ? columns - first : product->tile;
        axn_inference_columns(inference, scratch, layer, first, count);
        for (int k = 0; k < product->taps; k++) {
            const uint8_t *row = scratch->x + (int64_t)k * product->tile;
            for (int n = 0; n < count; n++) {
                job->codes[(int64_t)k * 256 + row[n]]++;
            }
        }
    }
    for (int64_t i = 0; i < (int64_t)product->units * product->taps; i++) {
        const uint32_t *codes = job->codes + i % product->taps * 256;
        uint64_t *met = histogram + weights[i] * 256;
        for (int x = 0; x < 256; x++) {
            met[x] += codes[x];
        }
    }
}

static void run_batch(void *context, int part, int thread)
{
    const run_job *job = context;
    axn_inference *inference = job->inference;
    const axn_network *network = &inference->model->network;
    const axn_inference_scratch *scratch = &inference->scratch[thread];
    int first = part * inference->batch;
    int images = job->count - first < inference->batch ? job->count - first : inference->batch;
    int classes = network->layers[network->count - 1].units;
    axn_inference_take_images(inference, scratch, job->images + first, images);
    for (int layer = 1; layer < network->count; layer++) {
        axn_layer_kind kind = network->layers[layer].kind;
        if (job->histogram != NULL && kind == AXN_LAYER_CONV) {
            count_operands(job, scratch, layer, images);
        }
        if (kind == AXN_LAYER_CONV || kind == AXN_LAYER_DENSE) {
            axn_inference_product_layer(inference, scratch, layer, images,
                                        job->logits + (int64_t)first * classes);
        } else {
            axn_inference_other_layer(inference, scratch, layer, images);
        }
    }
}

axn_status axn_inference_run(axn_inference *inference, const uint8_t *const *images, int count,
                             int32_t *logits, axn_error *error)
{
    (void)error;
    run_job job = {inference, images, count, logits, NULL, NULL};
    axn_pool_run(inference->pool, (count + inference->batch - 1) / inference->batch, run_batch,
                 &job);
    return AXN_OK;
}

/* [w][x] -> [x][w]. */
static void transpose(uint64_t *square)
{
    for (int i = 0; i < 256; i++) {
        for (int j = 0; j < i; j++) {
            uint64_t kept = square[i * 256 + j];
            square[i * 256 + j] = square[j * 256 + i];
            square[j * 256 + i] = kept;
        }
    }
}

axn_status axn_inference_histogram(axn_inference *inference, const uint8_t *const *images,
                                   int count, uint64_t *histogram, axn_error *error)
{
    const axn_network *network = &inference->model->network;
    uint32_t *codes = NULL;
    int32_t *logits = NULL;
    int64_t taps = 1;
    int classes = network->layers[network->count - 1].units;
    for (int i = 0; i < network->count; i++) {
        int64_t own = axn_layer_taps(network, i);
        taps = own > taps ? own : taps;
    }
    axn_status status =
        axn_allocate(&logits, (size_t)count * (size_t)classes, sizeof *logits, "logits", error);
    if (status == AXN_OK) {
        status = axn_allocate(&codes, (size_t)taps * 256, sizeof *codes, "a histogram", error);
    }
    if (status != AXN_OK) {
        free(logits);
        return status;
    }
    memset(histogram, 0, (size_t)network->count * 65536 * sizeof *histogram);
    run_job job = {inference, images, count, logits, histogram, codes};
    for (int part = 0; part * inference->batch < count; part++) {
        run_batch(&job, part, 0);
    }
    for (int i = 0; i < network->count; i++) {
        transpose(histogram + (int64_t)i * 65536);
    }
    free(codes);
    free(logits);
    return AXN_OK;
}

axn_status axn_inference_fits(const axn_inference *inference, const axn_dataset *dataset,
                              axn_error *error)
{
    const axn_network *network = &inference->model->network;
    axn_shape shape = network->layers[0].output;
    int classes = network->layers[network->count - 1].units;
    if (shape.height != dataset->shape.height || shape.width != dataset->shape.width ||
        shape.channels != dataset->shape.channels) {
        return axn_fail(error, AXN_ERROR_USAGE,
                        "the model takes images of %dx%dx%d but those of \"%s\" are %dx%dx%d",
                        shape.height, shape.width, shape.channels, dataset->name,
                        dataset->shape.height, dataset->shape.width, dataset->shape.channels);
    }
    if (classes != dataset->classes) {
        return axn_fail(error, AXN_ERROR_USAGE, "the model knows %d classes but \"%s\" has %d",
                        classes, dataset->name, dataset->classes);
    }
    return AXN_OK;
}

int axn_inference_best_class(const int32_t *logits, int classes)
{
    int best = 0;
    for (int c = 1; c < classes; c++) {
        best = logits[c] > logits[best] ? c : best;
    }
    return best;
}

axn_status axn_evaluate(axn_inference *inference, const axn_dataset *dataset,
                        const axn_images *images, int limit, axn_evaluation *out, axn_error *error)
{
    *out = (axn_evaluation){0};
    axn_status status = axn_inference_fits(inference, dataset, error);
    if (status != AXN_OK) {
        return status;
    }
    int count = limit > 0 && limit < images->count ? limit : images->count;
    size_t classes = (size_t)dataset->classes, size = (size_t)axn_shape_size(dataset->shape);
    const uint8_t **pointers = NULL;
    int32_t *logits = NULL;
    status = axn_allocate(&pointers, (size_t)count, sizeof(uint8_t *), "evaluation", error);
    if (status == AXN_OK) {
        status =
            axn_allocate(&logits, (size_t)count * classes, sizeof *logits, "evaluation", error);
    }
    if (status == AXN_OK) {
        status = axn_allocate(&out->confusion, classes * classes, sizeof *out->confusion,
                              "evaluation", error);
    }
    for (int i = 0; i < count && status == AXN_OK; i++) {
        pointers[i] = images->pixels + (size_t)i * size;
    }
    if (status == AXN_OK) {
        status = axn_inference_run(inference, pointers, count, logits, error);
    }
    for (int i = 0; i < count && status == AXN_OK; i++) {
        int predicted = axn_inference_best_class(logits + (size_t)i * classes, dataset->classes);
        out->confusion[images->labels[i] * dataset->classes + predicted]++;
        out->correct += predicted == images->labels[i];
    }
    out->images = count;
    out->classes = dataset->classes;
    out->accuracy = count > 0 ? (double)out->correct / count : 0;
    free(pointers);
    free(logits);
    if (status != AXN_OK) {
        free(out->confusion);
        out->confusion = NULL;
    }
    return status;
}
