/* Weight codes that suit a multiplier better. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nas/correct_internal.h"
#include "nas/fold.h"

void axn_table_transpose(const axn_table *table, axn_table *out)
{
    for (int i = 0; i < 256; i++) {
        for (int j = 0; j < 256; j++) {
            out->product[i * 256 + j] = table->product[j * 256 + i];
        }
    }
}

/* distances[w'] = sum over x of activations[x] * |wanted[x][w] - offered[x][w']|. Counts are cut
 * to 2^40: 256 of them times 2^16 fit 64 bits. */
static void measure(const axn_table *wanted, const axn_table *offered, const uint64_t *activations,
                    int w, uint64_t distances[256])
{
    const uint64_t most = UINT64_C(1) << 40;
    memset(distances, 0, 256 * sizeof *distances);
    for (int x = 0; x < 256; x++) {
        int target = wanted != NULL ? wanted->product[x * 256 + w] : x * w;
        uint64_t weight = activations == NULL ? 1 : activations[x] < most ? activations[x] : most;
        for (int candidate = 0; candidate < 256; candidate++) {
            uint64_t error = (uint64_t)abs(target - offered->product[x * 256 + candidate]);
            distances[candidate] += weight * error;
        }
    }
}

void axn_weight_map(const axn_table *wanted, const axn_table *offered,
                    const uint64_t activations[256], uint8_t map[256])
{
    uint64_t distances[256];
    for (int w = 0; w < 256; w++) {
        int best = w;
        measure(wanted, offered, activations, w, distances);
        for (int step = 1; step < 256; step++) {
            if (w - step >= 0 && distances[w - step] < distances[best]) {
                best = w - step;
            }
            if (w + step <= 255 && distances[w + step] < distances[best]) {
                best = w + step;
            }
        }
        map[w] = (uint8_t)best;
    }
}

void axn_table_map_weights(const axn_table *table, const uint8_t map[256], axn_table *out)
{
    for (int x = 0; x < 256; x++) {
        for (int w = 0; w < 256; w++) {
            out->product[x * 256 + w] = table->product[x * 256 + map[w]];
        }
    }
}

int64_t axn_map_constant(const axn_model *model, int layer, int unit, const uint8_t map[256])
{
    const int64_t taps = axn_layer_taps(&model->network, layer);
    const uint8_t *weights = model->layers[layer].weights + unit * taps;
    int zero = model->layers[model->network.layers[layer].inputs[0]].output.zero_point;
    int64_t gained = 0;
    for (int64_t k = 0; k < taps; k++) {
        gained += map[weights[k]] - weights[k];
    }
    return zero * gained;
}

bool axn_map_fits(const axn_model *model, int layer, int unit, const uint8_t map[256])
{
    int64_t bias = model->layers[layer].bias[unit] + axn_map_constant(model, layer, unit, map);
    return fabs((double)bias) <= axn_most_bias(axn_layer_taps(&model->network, layer));
}

void axn_map_channel(axn_model *model, int layer, int unit, const uint8_t map[256])
{
    const int64_t taps = axn_layer_taps(&model->network, layer);
    axn_model_layer *quantised = &model->layers[layer];
    const int64_t constant = axn_map_constant(model, layer, unit, map);
    uint8_t *weights = quantised->weights + unit * taps;
    quantised->bias[unit] += (int32_t)constant;
    if (quantised->norm_mean != NULL) {
        quantised->norm_mean[unit] -= (double)constant;
    }
    for (int64_t k = 0; k < taps; k++) {
        weights[k] = map[weights[k]];
    }
}

axn_status axn_model_map_weights(axn_model *model, int layer, const uint8_t map[256],
                                 axn_error *error)
{
    const axn_layer *at = &model->network.layers[layer];
    for (int unit = 0; unit < at->units; unit++) {
        if (!axn_map_fits(model, layer, unit, map)) {
            return axn_fail(
                error, AXN_ERROR_LIMIT,
                "layer %d \"%s\": with mapped weight codes the bias of channel %d would "
                "not fit",
                layer, at->name, unit);
        }
    }
    for (int unit = 0; unit < at->units; unit++) {
        axn_map_channel(model, layer, unit, map);
    }
    return AXN_OK;
}
