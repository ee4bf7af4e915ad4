/* Network descriptions: what is read has costs, and is the same when written and read again. */
#include <string.h>

#include "common/json.h"
#include "model/network.h"
#include "tests/fuzz/fuzz.h"

static void check_costs(const axn_network *network)
{
    int64_t exact = axn_network_multiplications(network, AXN_COUNT_EXACT);
    int64_t paper = axn_network_multiplications(network, AXN_COUNT_PAPER);
    if (exact < 0 || paper < 0 || axn_network_multiplications_dense(network) < 1 ||
        axn_network_parameters(network) < 1)
        fuzz_fail("a cost below its least");
    for (int i = 0; i < network->count; i++) {
        axn_shape shape = network->layers[i].output;
        if (shape.height < 1 || shape.width < 1 || shape.channels < 1 ||
            axn_shape_size(shape) > AXN_MAX_TENSOR)
            fuzz_fail("a tensor of no sense");
    }
}

static void check_same(const axn_network *a, const axn_network *b)
{
    if (a->count != b->count)
        fuzz_fail("a written network has other layers");
    for (int i = 0; i < a->count; i++)
        if (a->layers[i].kind != b->layers[i].kind ||
            strcmp(a->layers[i].name, b->layers[i].name) != 0 ||
            memcmp(a->layers[i].inputs, b->layers[i].inputs,
                   (size_t)a->layers[i].input_count * sizeof(int)) != 0 ||
            axn_layer_taps(a, i) != axn_layer_taps(b, i) ||
            memcmp(&a->layers[i].output, &b->layers[i].output, sizeof(axn_shape)) != 0)
            fuzz_fail("a written network differs");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    axn_network network, again;
    axn_error error;
    if (axn_network_load(fuzz_file(data, size), &network, &error) != AXN_OK)
        return 0;
    check_costs(&network);
    cJSON *json = axn_network_to_json(&network);
    if (json == NULL || axn_network_from_json(json, &again, "again", &error) != AXN_OK)
        fuzz_fail("a written network cannot be read");
    check_same(&network, &again);
    cJSON_Delete(json);
    axn_network_free(&network);
    axn_network_free(&again);
    return 0;
}
