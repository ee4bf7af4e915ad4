/* A model's folder. The input is model.json, a NUL, and the begin of weights.bin, which is filled
 * up with zeros to the size that model.json states; an '@' in model.json becomes the hash of
 * weights.bin. A model that is read is the same when saved and loaded, and golden model and fast
 * inference agree on it. */
#include <stdlib.h>
#include <string.h>

#include "common/file.h"
#include "common/hash.h"
#include "common/json.h"
#include "common/memory.h"
#include "nas/inference.h"
#include "sim/golden.h"
#include "sim/vectors.h"
#include "tests/fuzz/fuzz.h"

#define MOST_WEIGHTS (1 << 16)
#define MOST_WORK 200000 /* multiplications and bytes of an image that is computed */

static int64_t stated_bytes(const char *text, size_t length)
{
    cJSON *json = NULL;
    int64_t bytes = 0;
    axn_error error;
    if (axn_json_parse("input", text, length, &json, &error) == AXN_OK)
        (void)axn_json_integer(cJSON_GetObjectItemCaseSensitive(json, "weights"), "bytes", 0,
                               MOST_WEIGHTS, &bytes, "input", &error);
    cJSON_Delete(json);
    return bytes;
}

static void write_model(const uint8_t *data, size_t size)
{
    static uint8_t weights[MOST_WEIGHTS];
    char hash[AXN_HASH_TEXT];
    axn_buffer text = {0};
    const uint8_t *end = size > 0 ? memchr(data, 0, size) : NULL;
    size_t length = end != NULL ? (size_t)(end - data) : size;
    size_t given = end != NULL ? size - length - 1 : 0;
    size_t bytes = (size_t)stated_bytes((const char *)data, length);
    memset(weights, 0, bytes);
    if (given > 0)
        memcpy(weights, end + 1, given < bytes ? given : bytes);
    axn_hash_text(hash, axn_hash(AXN_HASH_SEED, weights, bytes));
    for (size_t i = 0; i < length; i++)
        if (data[i] == '@')
            axn_buffer_text(&text, hash);
        else
            axn_buffer_append(&text, data + i, 1);
    (void)fuzz_put("model.json", (const uint8_t *)(text.data != NULL ? text.data : ""),
                   text.length);
    (void)fuzz_put("weights.bin", weights, bytes);
    axn_buffer_free(&text);
}

static void make_tables(axn_table *tables)
{
    for (int m = 0; m < AXN_MODEL_MAX_MULTIPLIERS; m++)
        for (unsigned i = 0; i < 65536; i++)
            tables[m].product[i] = (uint16_t)((i >> 8) * (i & 255) ^ (i * (unsigned)(m + 1) & 31));
}

static void compute(const axn_model *model)
{
    static axn_table tables[AXN_MODEL_MAX_MULTIPLIERS];
    static axn_pool *pool;
    const uint16_t *products[AXN_MODEL_MAX_MULTIPLIERS];
    const axn_network *network = &model->network;
    axn_error error;
    axn_golden_buffers golden;
    axn_inference *inference = NULL;
    int32_t *logits = NULL;
    uint8_t *image = NULL;
    int units = network->layers[network->count - 1].units;
    size_t pixels = (size_t)axn_shape_size(network->layers[0].output);
    if (pool == NULL) {
        make_tables(tables);
        if (axn_pool_create(1, &pool, &error) != AXN_OK)
            fuzz_fail(error.message);
    }
    for (int m = 0; m < AXN_MODEL_MAX_MULTIPLIERS; m++)
        products[m] = tables[m].product;
    if (axn_golden_buffers_create(network, &golden, &error) != AXN_OK ||
        axn_allocate(&logits, (size_t)units, sizeof *logits, "logits", &error) != AXN_OK ||
        axn_allocate(&image, pixels, 1, "an image", &error) != AXN_OK)
        fuzz_fail(error.message);
    for (size_t i = 0; i < pixels; i++)
        image[i] = (uint8_t)(i * 37);
    (void)axn_golden_run(model, products, image, golden.outputs, golden.logits);
    const uint8_t *images[] = {image};
    if (axn_inference_create(model, tables, pool, &inference, &error) != AXN_OK ||
        axn_inference_run(inference, images, 1, logits, &error) != AXN_OK)
        fuzz_fail(error.message);
    if (memcmp(logits, golden.logits, (size_t)units * sizeof *logits) != 0)
        fuzz_fail("fast inference and golden model differ");
    axn_inference_free(inference);
    axn_golden_buffers_free(&golden);
    free(logits);
    free(image);
}

static int64_t work_of(const axn_network *network)
{
    int64_t work = axn_network_multiplications(network, AXN_COUNT_EXACT) +
                   axn_network_multiplications_dense(network);
    for (int i = 0; i < network->count; i++)
        work += axn_shape_size(network->layers[i].output) *
                (1 + (int64_t)network->layers[i].kernel_h * network->layers[i].kernel_w);
    return work;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    axn_model model, again;
    axn_error error;
    write_model(data, size);
    if (axn_model_load(fuzz_folder(), &model, &error) != AXN_OK)
        return 0;
    if (work_of(&model.network) <= MOST_WORK)
        compute(&model);
    if (axn_model_save(&model, fuzz_folder(), true, &error) != AXN_OK ||
        axn_model_load(fuzz_folder(), &again, &error) != AXN_OK)
        fuzz_fail(error.message);
    if (again.network.count != model.network.count ||
        again.multiplier_count != model.multiplier_count)
        fuzz_fail("a saved model differs");
    axn_model_free(&model);
    axn_model_free(&again);
    return 0;
}
