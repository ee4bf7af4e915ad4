#include "nas/candidate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/hash.h"
#include "common/json.h"

static const char *const outcome_names[] = {"ok", "failed", "lost"};

void axn_candidate_free(axn_candidate *candidate)
{
    axn_genome_free(&candidate->genome);
    *candidate = (axn_candidate){0};
}

static void join_names(const axn_phenotype *phenotype, const axn_search_multiplier *multipliers,
                       char *out, size_t size)
{
    size_t at = 0;
    out[0] = '\0';
    for (int i = 0; i < phenotype->multiplier_count && at < size; i++) {
        int written = snprintf(out + at, size - at, "%s%s", i > 0 ? "+" : "",
                               multipliers[phenotype->multipliers[i]].name);
        at += written > 0 ? (size_t)written : 0;
    }
}

void axn_candidate_measure(const axn_phenotype *phenotype, const axn_search_multiplier *multipliers,
                           double exact_energy_pj, axn_count_mode mode, axn_candidate *candidate)
{
    const axn_network *network = &phenotype->network;
    double energy_pj = 0;
    double energy_ratio = 0;
    candidate->multiplications = 0;
    for (int i = 0; i < network->count; i++) {
        if (network->layers[i].kind == AXN_LAYER_CONV) {
            int64_t count = axn_layer_multiplications(network, i, mode);
            const axn_search_multiplier *multiplier =
                &multipliers[phenotype->multipliers[network->layers[i].multiplier]];
            candidate->multiplications += count;
            energy_pj += (double)count * multiplier->energy_pj;
            energy_ratio += (double)count * multiplier->power_ratio;
        }
    }
    candidate->phenotype = phenotype->hash;
    candidate->convolutions = phenotype->convolutions;
    candidate->parameters = axn_network_parameters(network);
    candidate->multiplications_fc = axn_network_multiplications_dense(network);
    candidate->energy_uj = energy_pj / 1e6;
    candidate->energy_total_uj =
        (energy_pj + (double)candidate->multiplications_fc * exact_energy_pj) / 1e6;
    candidate->power_ratio =
        candidate->multiplications > 0 ? energy_ratio / (double)candidate->multiplications : 0;
    join_names(phenotype, multipliers, candidate->multiplier, sizeof candidate->multiplier);
}

static bool add_numbers(cJSON *json, const axn_candidate *c)
{
    char phenotype[AXN_HASH_TEXT];
    char key[AXN_HASH_TEXT];
    axn_hash_text(phenotype, c->phenotype);
    axn_hash_text(key, c->key);
    return cJSON_AddNumberToObject(json, "id", (double)c->id) != NULL &&
           cJSON_AddNumberToObject(json, "generation", c->generation) != NULL &&
           cJSON_AddNumberToObject(json, "parent", (double)c->parent) != NULL &&
           cJSON_AddNumberToObject(json, "same_as", (double)c->same_as) != NULL &&
           cJSON_AddStringToObject(json, "phenotype", phenotype) != NULL &&
           cJSON_AddStringToObject(json, "key", key) != NULL &&
           cJSON_AddStringToObject(json, "multiplier", c->multiplier) != NULL &&
           cJSON_AddNumberToObject(json, "power_ratio", c->power_ratio) != NULL &&
           cJSON_AddNumberToObject(json, "convolutions", c->convolutions) != NULL &&
           cJSON_AddNumberToObject(json, "parameters", (double)c->parameters) != NULL &&
           cJSON_AddNumberToObject(json, "multiplications", (double)c->multiplications) != NULL &&
           cJSON_AddNumberToObject(json, "multiplications_fc", (double)c->multiplications_fc) !=
               NULL &&
           cJSON_AddNumberToObject(json, "energy_uj", c->energy_uj) != NULL &&
           cJSON_AddNumberToObject(json, "energy_total_uj", c->energy_total_uj) != NULL &&
           cJSON_AddNumberToObject(json, "training_age", c->training_age) != NULL &&
           cJSON_AddStringToObject(json, "status", outcome_names[c->outcome]) != NULL;
}

cJSON *axn_candidate_to_json(const axn_search_space *space, const axn_candidate *candidate)
{
    cJSON *json = cJSON_CreateObject();
    bool complete = json != NULL && add_numbers(json, candidate);
    if (complete && candidate->outcome == AXN_OUTCOME_OK) {
        complete = cJSON_AddNumberToObject(json, "accuracy", candidate->accuracy) != NULL;
    } else if (complete) {
        complete = cJSON_AddStringToObject(json, "reason", candidate->reason) != NULL;
    }
    cJSON *genome = complete ? axn_genome_to_json(space, &candidate->genome) : NULL;
    if (genome == NULL || !cJSON_AddItemToObject(json, "genome", genome)) {
        cJSON_Delete(genome);
        cJSON_Delete(json);
        return NULL;
    }
    return json;
}

static axn_status read_hash(const cJSON *json, const char *key, uint64_t *out, const char *file,
                            axn_error *error)
{
    const char *text = NULL;
    axn_status status = axn_json_string(json, key, &text, file, error);
    if (status != AXN_OK) {
        return status;
    }
    if (strlen(text) != AXN_HASH_TEXT - 1 || strspn(text, "0123456789abcdef") != strlen(text)) {
        return axn_fail(error, AXN_ERROR_FORMAT, "%s: \"%s\" is not 16 hexadecimal digits", file,
                        key);
    }
    *out = strtoull(text, NULL, 16);
    return AXN_OK;
}

static axn_status read_integers(const cJSON *json, const char *file, axn_candidate *out,
                                axn_error *error)
{
    const int64_t most = INT64_C(1) << 53;
    int64_t generation = 0;
    int64_t convolutions = 0;
    int64_t training_age = 0;
    const struct {
        const char *key;
        int64_t low, high;
        int64_t *value;
    } fields[] = {
        {"id", 0, INT32_MAX, &out->id},
        {"generation", 0, INT32_MAX, &generation},
        {"parent", -1, INT32_MAX, &out->parent},
        {"same_as", -1, INT32_MAX, &out->same_as},
        {"convolutions", 0, AXN_MAX_LAYERS, &convolutions},
        {"parameters", 0, most, &out->parameters},
        {"multiplications", 0, most, &out->multiplications},
        {"multiplications_fc", 0, most, &out->multiplications_fc},
        {"training_age", 0, INT32_MAX, &training_age},
    };
    axn_status status = AXN_OK;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0] && status == AXN_OK; i++) {
        status = axn_json_integer(json, fields[i].key, fields[i].low, fields[i].high,
                                  fields[i].value, file, error);
    }
    out->generation = (int)generation;
    out->convolutions = (int)convolutions;
    out->training_age = (int)training_age;
    return status;
}

static axn_status read_outcome(const cJSON *json, const char *file, axn_candidate *out,
                               axn_error *error)
{
    const char *text = NULL;
    axn_status status = axn_json_string(json, "status", &text, file, error);
    if (status != AXN_OK) {
        return status;
    }
    int kind = 0;
    while (kind < 3 && strcmp(outcome_names[kind], text) != 0) {
        kind++;
    }
    if (kind == 3) {
        return axn_fail(error, AXN_ERROR_FORMAT, "%s: unknown status \"%s\"", file, text);
    }
    out->outcome = (axn_outcome_kind)kind;
    out->evaluated = true;
    if (out->outcome == AXN_OUTCOME_OK) {
        return axn_json_number(json, "accuracy", 0, 1, &out->accuracy, file, error);
    }
    status = axn_json_string(json, "reason", &text, file, error);
    if (status == AXN_OK) {
        snprintf(out->reason, sizeof out->reason, "%s", text);
    }
    return status;
}

static axn_status read_figures(const cJSON *json, const char *file, axn_candidate *out,
                               axn_error *error)
{
    axn_status status =
        axn_json_name(json, "multiplier", out->multiplier, sizeof out->multiplier, file, error);
    if (status == AXN_OK) {
        status = axn_json_number(json, "power_ratio", 0, 1e6, &out->power_ratio, file, error);
    }
    if (status == AXN_OK) {
        status = axn_json_number(json, "energy_uj", 0, 1e15, &out->energy_uj, file, error);
    }
    if (status == AXN_OK) {
        status =
            axn_json_number(json, "energy_total_uj", 0, 1e15, &out->energy_total_uj, file, error);
    }
    if (status == AXN_OK) {
        status = read_hash(json, "phenotype", &out->phenotype, file, error);
    }
    return status == AXN_OK ? read_hash(json, "key", &out->key, file, error) : status;
}

axn_status axn_candidate_from_json(const axn_search_space *space, const cJSON *json,
                                   const char *file, axn_candidate *out, axn_error *error)
{
    const cJSON *genome = NULL;
    *out = (axn_candidate){0};
    axn_status status = read_integers(json, file, out, error);
    if (status == AXN_OK) {
        status = read_figures(json, file, out, error);
    }
    if (status == AXN_OK) {
        status = read_outcome(json, file, out, error);
    }
    if (status == AXN_OK) {
        status = axn_json_object(json, "genome", &genome, file, error);
    }
    if (status == AXN_OK) {
        status = axn_genome_from_json(space, genome, file, &out->genome, error);
    }
    if (status != AXN_OK) {
        axn_candidate_free(out);
    }
    return status;
}
