#include "flows/training_record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/hash.h"
#include "nas/trainer_config.h"

/* The trainer's settings and which images it trains on. */
static cJSON *make_config(const axn_training *t)
{
    cJSON *json = axn_trainer_config_to_json(&t->config);
    bool ok =
        json != NULL && cJSON_AddNumberToObject(json, "train_images", t->train_images) != NULL &&
        (t->paper || cJSON_AddNumberToObject(json, "validation_fraction", t->held_out) != NULL);
    if (!ok) {
        cJSON_Delete(json);
        return NULL;
    }
    return json;
}

static bool add_hash(cJSON *json, const char *key, uint64_t hash)
{
    char text[AXN_HASH_TEXT];
    axn_hash_text(text, hash);
    return cJSON_AddStringToObject(json, key, text) != NULL;
}

static bool add_network(cJSON *json, const axn_network *network)
{
    cJSON *layers = axn_network_to_json(network);
    char *text = layers != NULL ? cJSON_PrintUnformatted(layers) : NULL;
    bool ok =
        text != NULL && add_hash(json, "network", axn_hash(AXN_HASH_SEED, text, strlen(text)));
    free(text);
    cJSON_Delete(layers);
    return ok;
}

static bool add_images(cJSON *json, const axn_dataset *d)
{
    const size_t size = (size_t)axn_shape_size(d->shape);
    uint64_t hash = axn_hash(AXN_HASH_SEED, d->train.labels, (size_t)d->train.count);
    hash = axn_hash(hash, d->train.pixels, (size_t)d->train.count * size);
    return cJSON_AddStringToObject(json, "dataset", d->name) != NULL &&
           add_hash(json, "images", hash);
}

static bool add_multipliers(cJSON *json, const axn_training *t)
{
    cJSON *list = cJSON_AddArrayToObject(json, "multipliers");
    bool ok = list != NULL;
    for (int i = 0; i < t->multiplier_count && ok; i++) {
        cJSON *item = cJSON_CreateObject();
        ok = cJSON_AddItemToArray(list, item) &&
             cJSON_AddStringToObject(item, "name", t->multipliers[i]) != NULL &&
             add_hash(item, "hash", axn_table_hash(&t->tables[i]));
    }
    return ok;
}

static bool add_seed(cJSON *json, const axn_training *t)
{
    char seed[24];
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)t->config.seed);
    return cJSON_AddStringToObject(json, "protocol", t->paper ? "paper" : "held-out") != NULL &&
           cJSON_AddStringToObject(json, "seed", seed) != NULL;
}

/* Those that the training has to do with. */
static bool add_corrections(cJSON *json, const axn_correction_options *c)
{
    return cJSON_AddStringToObject(json, "operand_order", c->operand_order) != NULL &&
           cJSON_AddStringToObject(json, "map_weights", c->map_weights) != NULL &&
           cJSON_AddNumberToObject(json, "calibration_images", (double)c->calibration_images) !=
               NULL;
}

axn_status axn_training_settings(const axn_training *training, cJSON **out, axn_error *error)
{
    cJSON *json = make_config(training);
    if (json == NULL || !add_seed(json, training) ||
        cJSON_AddNumberToObject(json, "stream", training->config.stream) == NULL ||
        !add_network(json, training->network) || !add_images(json, training->dataset) ||
        !add_multipliers(json, training) || !add_corrections(json, &training->corrections)) {
        cJSON_Delete(json);
        return axn_fail(error, AXN_ERROR_MEMORY, "out of memory");
    }
    *out = json;
    return AXN_OK;
}

static bool add_item(cJSON *json, const char *key, cJSON *item)
{
    if (item == NULL || !cJSON_AddItemToObject(json, key, item)) {
        cJSON_Delete(item);
        return false;
    }
    return true;
}

bool axn_training_add_accuracies(cJSON *json, const axn_training_result *r)
{
    return (r->validation_images == 0 ||
            (cJSON_AddNumberToObject(json, "validation_accuracy", r->validation) != NULL &&
             cJSON_AddNumberToObject(json, "validation_accuracy_quantised",
                                     r->validation_quantised) != NULL)) &&
           (r->validation_uncorrected < 0 ||
            cJSON_AddNumberToObject(json, "validation_accuracy_uncorrected",
                                    r->validation_uncorrected) != NULL) &&
           cJSON_AddNumberToObject(json, "accuracy", r->accuracy) != NULL;
}

axn_status axn_training_provenance(const axn_training *training, axn_training_result *result,
                                   cJSON **history, axn_error *error)
{
    cJSON *json = cJSON_CreateObject();
    cJSON *epochs = *history;
    *history = NULL;
    bool ok =
        json != NULL && cJSON_AddStringToObject(json, "command", training->command) != NULL &&
        add_seed(json, training) &&
        cJSON_AddNumberToObject(json, "train_images", result->train_images) != NULL &&
        cJSON_AddNumberToObject(json, "validation_images", result->validation_images) != NULL &&
        add_item(json, "config", make_config(training));
    ok = add_item(json, "history", epochs) && ok && axn_training_add_accuracies(json, result);
    if (ok && result->corrected.layers != NULL) {
        ok = add_item(
            json, "corrections",
            axn_correction_json(&training->corrections, &result->model, &result->corrected, false));
    }
    if (!ok) {
        cJSON_Delete(json);
        return axn_fail(error, AXN_ERROR_MEMORY, "out of memory");
    }
    result->model.provenance = json;
    return AXN_OK;
}
