#include "nas/trainer_config.h"

#include <stdio.h>
#include <string.h>

#define MAX_BATCH 4096

void axn_trainer_defaults(axn_trainer_config *config)
{
    *config = (axn_trainer_config){.epochs = 1,
                                   .batch_size = 32,
                                   .learning_rate = 0.001,
                                   .momentum = 0.9,
                                   .l2 = 1e-4,
                                   .step_factor = 0.1,
                                   .gradient_window = 16,
                                   .schedule = AXN_SCHEDULE_COSINE,
                                   .seed = 1};
}

int axn_word_index(const char *words, const char *word)
{
    const size_t length = strlen(word);
    for (int index = 0; length > 0; index++) {
        const size_t width = strcspn(words, "|");
        if (width == length && memcmp(words, word, width) == 0) {
            return index;
        }
        if (words[width] == '\0') {
            break;
        }
        words += width + 1;
    }
    return -1;
}

void axn_word_at(const char *words, int index, char *text, size_t size)
{
    for (int i = 0; i < index && words != NULL; i++) {
        const char *bar = strchr(words, '|');
        words = bar != NULL ? bar + 1 : NULL;
    }
    snprintf(text, size, "%.*s", words != NULL ? (int)strcspn(words, "|") : 0,
             words != NULL ? words : "");
}

static axn_status check_optimiser(const axn_trainer_config *c, axn_error *error)
{
    if (!(c->learning_rate > 0 && c->learning_rate <= 10)) {
        return axn_fail(error, AXN_ERROR_USAGE, "the learning rate must lie in (0, 10], not %g",
                        c->learning_rate);
    }
    if (!(c->momentum >= 0 && c->momentum < 1)) {
        return axn_fail(error, AXN_ERROR_USAGE, "the momentum must lie in [0, 1), not %g",
                        c->momentum);
    }
    if (!(c->l2 >= 0 && c->l2 <= 1)) {
        return axn_fail(error, AXN_ERROR_USAGE, "L2 must lie in [0, 1], not %g", c->l2);
    }
    if (c->decoupled_l2 && c->l2 * c->learning_rate >= 1) {
        return axn_fail(error, AXN_ERROR_USAGE,
                        "decoupled L2 of %g at a learning rate of %g leaves nothing of a weight",
                        c->l2, c->learning_rate);
    }
    if (c->schedule == AXN_SCHEDULE_STEP && c->step_epochs < 1) {
        return axn_fail(error, AXN_ERROR_USAGE,
                        "the schedule \"step\" needs the epochs of a step, at least 1, not %d",
                        c->step_epochs);
    }
    if (!(c->step_factor > 0 && c->step_factor <= 1)) {
        return axn_fail(error, AXN_ERROR_USAGE, "the factor of a step must lie in (0, 1], not %g",
                        c->step_factor);
    }
    return AXN_OK;
}

axn_status axn_trainer_config_check(const axn_trainer_config *c, axn_error *error)
{
    if (c->epochs < 1) {
        return axn_fail(error, AXN_ERROR_USAGE, "epochs must be at least 1, not %d", c->epochs);
    }
    if (c->batch_size < 1 || c->batch_size > MAX_BATCH) {
        return axn_fail(error, AXN_ERROR_USAGE, "the batch size must be 1 to %d, not %d", MAX_BATCH,
                        c->batch_size);
    }
    if (!(c->label_smoothing >= 0 && c->label_smoothing < 1)) {
        return axn_fail(error, AXN_ERROR_USAGE, "label smoothing must lie in [0, 1), not %g",
                        c->label_smoothing);
    }
    if (c->crop_padding < 0 || c->crop_padding > 64) {
        return axn_fail(error, AXN_ERROR_USAGE, "the crop padding must be 0 to 64, not %d",
                        c->crop_padding);
    }
    if (c->gradient_window < 0 || c->gradient_window > 127) {
        return axn_fail(error, AXN_ERROR_USAGE,
                        "the window of the table gradient must be 0 to 127 codes, not %d",
                        c->gradient_window);
    }
    axn_status status = check_optimiser(c, error);
    return status == AXN_OK ? axn_isa_check(c->isa, error) : status;
}

static bool add_word(cJSON *json, const char *key, const char *words, int index)
{
    char text[32];
    axn_word_at(words, index, text, sizeof text);
    return cJSON_AddStringToObject(json, key, text) != NULL;
}

static bool add_words(cJSON *json, const axn_trainer_config *c)
{
    return add_word(json, "optimiser", AXN_OPTIMISER_WORDS, (int)c->optimiser) &&
           add_word(json, "schedule", AXN_SCHEDULE_WORDS, (int)c->schedule) &&
           add_word(json, "gradient", AXN_GRADIENT_WORDS, (int)c->gradient) &&
           add_word(json, "arithmetic", AXN_ARITHMETIC_WORDS, (int)c->arithmetic) &&
           add_word(json, "weight_ranges", AXN_RANGES_WORDS, c->layer_ranges) &&
           cJSON_AddStringToObject(json, "isa", axn_isa_name(c->isa)) != NULL &&
           cJSON_AddBoolToObject(json, "decoupled_l2", c->decoupled_l2) != NULL &&
           cJSON_AddBoolToObject(json, "flip", c->flip) != NULL;
}

cJSON *axn_trainer_config_to_json(const axn_trainer_config *c)
{
    const struct {
        const char *key;
        double value;
    } numbers[] = {{"epochs", c->epochs},
                   {"batch_size", c->batch_size},
                   {"learning_rate", c->learning_rate},
                   {"momentum", c->momentum},
                   {"l2", c->l2},
                   {"step_epochs", c->step_epochs},
                   {"step_factor", c->step_factor},
                   {"label_smoothing", c->label_smoothing},
                   {"crop_padding", c->crop_padding},
                   {"gradient_window", c->gradient_window}};
    cJSON *json = cJSON_CreateObject();
    bool ok = json != NULL;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0] && ok; i++) {
        ok = cJSON_AddNumberToObject(json, numbers[i].key, numbers[i].value) != NULL;
    }
    if (!ok || !add_words(json, c)) {
        cJSON_Delete(json);
        return NULL;
    }
    return json;
}
