#include "flows/model_histogram.h"

#include <stdlib.h>

#include "common/interrupt.h"
#include "common/memory.h"
#include "common/progress.h"
#include "multipliers/operand_histogram.h"

enum { SLICE = 256 }; /* images between two drawings of the progress bar */

/* Adds layer[layers][x * 256 + w] to counts[a * 256 + b]. */
static void add_layers(const axn_network *network, const uint64_t *layer, uint64_t *counts)
{
    for (int i = 0; i < network->count; i++) {
        if (network->layers[i].kind != AXN_LAYER_CONV) {
            continue;
        }
        const uint64_t *own = layer + (int64_t)i * AXN_OPERAND_PAIRS;
        bool swap = network->layers[i].swap_operands;
        for (int x = 0; x < 256; x++) {
            for (int w = 0; w < 256; w++) {
                counts[swap ? w * 256 + x : x * 256 + w] += own[x * 256 + w];
            }
        }
    }
}

static axn_status count_images(axn_inference *inference, const axn_model *model,
                               const axn_dataset *dataset, int count, uint64_t *layer,
                               uint64_t *counts, axn_error *error)
{
    axn_progress progress;
    axn_status status = AXN_OK;
    int64_t size = axn_shape_size(dataset->shape);
    axn_progress_start(&progress, "operands", count);
    for (int first = 0; first < count && status == AXN_OK; first += SLICE) {
        const uint8_t *images[SLICE];
        int slice = count - first < SLICE ? count - first : SLICE;
        for (int i = 0; i < slice; i++) {
            images[i] = dataset->test.pixels + (first + i) * size;
        }
        status = axn_inference_histogram(inference, images, slice, layer, error);
        if (status == AXN_OK) {
            add_layers(&model->network, layer, counts);
            axn_progress_update(&progress, first + slice, NULL);
            status = axn_interrupt_check(error);
        }
    }
    axn_progress_end(&progress, NULL);
    return status;
}

axn_status axn_model_histogram(axn_inference *inference, const axn_model *model,
                               const axn_dataset *dataset, int count, const char *name,
                               const char *file, axn_error *error)
{
    uint64_t *counts = NULL, *layer = NULL;
    axn_status status =
        axn_allocate(&counts, AXN_OPERAND_PAIRS, sizeof *counts, "operand counts", error);
    if (status == AXN_OK) {
        status = axn_allocate(&layer, (size_t)model->network.count * AXN_OPERAND_PAIRS,
                              sizeof *layer, "operand counts", error);
    }
    if (status == AXN_OK) {
        status = count_images(inference, model, dataset, count, layer, counts, error);
    }
    if (status == AXN_OK) {
        status = axn_operand_histogram_write(file, name, dataset->name, count, counts, error);
    }
    free(counts);
    free(layer);
    return status;
}
