#include "nas/candidate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/hash.h"
#include "common/json.h"
#include "common/memory.h"
#include "nas/fidelity.h"

static const char *const outcome_names[] = {"ok", "failed", "lost", "stopped"};
#define OUTCOMES ((int)(sizeof outcome_names / sizeof outcome_names[0]))

void axn_candidate_free(axn_candidate *candidate)
{
    axn_genome_free(&candidate->genome);
    free(candidate->curve);
    *candidate = (axn_candidate){0};
}

double axn_accuracy_rounded(double accuracy)
{
    return round(accuracy * 1e9) / 1e9;
}

axn_status axn_candidate_follow(axn_candidate *candidate, const double *curve, int count,
                                axn_error *error)
{
    double *longer = NULL;
    int before = candidate->curve_count;
    axn_status status =
        axn_allocate(&longer, (size_t)before + (size_t)count, sizeof *longer, "curve", error);
    if (status != AXN_OK) {
        return status;
    }
    for (int i = 0; i < before; i++) {
        longer[i] = candidate->curve[i];
    }
    for (int i = 0; i < count; i++) {
        longer[before + i] = axn_accuracy_rounded(curve[i]);
    }
    free(candidate->curve);
    candidate->curve = longer;
    candidate->curve_count = before + count;
    return AXN_OK;
}

axn_status axn_candidate_copy_outcome(const axn_candidate *from, axn_candidate *to,
                                      axn_error *error)
{
    to->outcome = from->outcome;
    to->accuracy = from->accuracy;
    to->rung = from->rung;
    to->epochs = from->epochs;
    to->training_age = from->training_age;
    memcpy(to->reason, from->reason, sizeof to->reason);
    free(to->curve);
    to->curve = NULL;
    to->curve_count = 0;
    return axn_candidate_follow(to, from->curve, from->curve_count, error);
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
    candidate->signal_share = axn_signal_share(phenotype, multipliers);
    join_names(phenotype, multipliers, candidate->multiplier, sizeof candidate->multiplier);
}

/* Figures that only some searches compute. */
static bool add_optional(cJSON *json, const axn_candidate *c)
{
    bool complete = true;
    if (c->cycles > 0) {
        complete = cJSON_AddNumberToObject(json, "cycles", (double)c->cycles) != NULL &&
                   cJSON_AddNumberToObject(json, "energy_accelerator_uj",
                                           c->energy_accelerator_uj) != NULL &&
                   cJSON_AddNumberToObject(json, "energy_memory_uj", c->energy_memory_uj) != NULL;
    }
    if (complete && c->signal_share > 0) {
        complete = cJSON_AddNumberToObject(json, "signal_share", c->signal_share) != NULL;
    }
    if (complete && c->curve_count > 0) {
        cJSON *curve = cJSON_CreateDoubleArray(c->curve, c->curve_count);
        complete = curve != NULL && cJSON_AddItemToObject(json, "curve", curve);
        if (!complete) {
            cJSON_Delete(curve);
        }
    }
    return complete;
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
           cJSON_AddNumberToObject(json, "epochs", c->epochs) != NULL &&
           cJSON_AddNumberToObject(json, "rung", c->rung) != NULL &&
           cJSON_AddNumberToObject(json, "training_age", c->training_age) != NULL &&
           cJSON_AddStringToObject(json, "status", outcome_names[c->outcome]) != NULL;
}

cJSON *axn_candidate_to_json(const axn_search_space *space, const axn_candidate *candidate)
{
    cJSON *json = cJSON_CreateObject();
    bool complete = json != NULL && add_numbers(json, candidate) && add_optional(json, candidate);
    bool trained = candidate->outcome == AXN_OUTCOME_STOPPED && candidate->epochs > 0;
    if (complete && (trained || candidate->outcome == AXN_OUTCOME_OK)) {
        complete = cJSON_AddNumberToObject(json, "accuracy", candidate->accuracy) != NULL;
    }
    if (complete && candidate->outcome != AXN_OUTCOME_OK) {
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
    int64_t epochs = 0;
    int64_t rung = 0;
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
        {"epochs", 0, INT32_MAX, &epochs},
        {"rung", 0, 100, &rung},
    };
    axn_status status = AXN_OK;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0] && status == AXN_OK; i++) {
        status = axn_json_integer(json, fields[i].key, fields[i].low, fields[i].high,
                                  fields[i].value, file, error);
    }
    out->generation = (int)generation;
    out->convolutions = (int)convolutions;
    out->training_age = (int)training_age;
    out->epochs = (int)epochs;
    out->rung = (int)rung;
    if (status == AXN_OK && cJSON_HasObjectItem(json, "cycles")) {
        status = axn_json_integer(json, "cycles", 1, most, &out->cycles, file, error);
    }
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
    while (kind < OUTCOMES && strcmp(outcome_names[kind], text) != 0) {
        kind++;
    }
    if (kind == OUTCOMES) {
        return axn_fail(error, AXN_ERROR_FORMAT, "%s: unknown status \"%s\"", file, text);
    }
    out->outcome = (axn_outcome_kind)kind;
    out->evaluated = true;
    bool trained = out->outcome == AXN_OUTCOME_STOPPED && out->epochs > 0;
    if (trained || out->outcome == AXN_OUTCOME_OK) {
        status = axn_json_number(json, "accuracy", 0, 1, &out->accuracy, file, error);
    }
    if (status != AXN_OK || out->outcome == AXN_OUTCOME_OK) {
        return status;
    }
    status = axn_json_string(json, "reason", &text, file, error);
    if (status == AXN_OK) {
        snprintf(out->reason, sizeof out->reason, "%s", text);
    }
    return status;
}

static axn_status read_curve(const cJSON *json, const char *file, axn_candidate *out,
                             axn_error *error)
{
    double curve[AXN_CURVE_MAX];
    const cJSON *item = NULL;
    int count = 0;
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(json, "curve"))
    {
        if (count == AXN_CURVE_MAX || !cJSON_IsNumber(item) || !(item->valuedouble >= 0) ||
            item->valuedouble > 1) {
            return axn_fail(error, AXN_ERROR_FORMAT, "%s: \"curve\" must be numbers from 0 to 1",
                            file);
        }
        curve[count++] = item->valuedouble;
    }
    return axn_candidate_follow(out, curve, count, error);
}

static axn_status read_optional(const cJSON *json, const char *file, axn_candidate *out,
                                axn_error *error)
{
    axn_status status = AXN_OK;
    if (out->cycles > 0) {
        status = axn_json_number(json, "energy_accelerator_uj", 0, 1e15,
                                 &out->energy_accelerator_uj, file, error);
        if (status == AXN_OK) {
            status = axn_json_number(json, "energy_memory_uj", 0, 1e15, &out->energy_memory_uj,
                                     file, error);
        }
    }
    if (status == AXN_OK && cJSON_HasObjectItem(json, "signal_share")) {
        status = axn_json_number(json, "signal_share", 0, 1, &out->signal_share, file, error);
    }
    return status == AXN_OK ? read_curve(json, file, out, error) : status;
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
    if (status == AXN_OK) {
        status = read_hash(json, "key", &out->key, file, error);
    }
    return status == AXN_OK ? read_optional(json, file, out, error) : status;
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
