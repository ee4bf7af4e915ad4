/* The settings of a training in words: how options, settings files and models write them.
 * The words of a choice stand in the order of its enum in axn_trainer_config. */
#ifndef AXN_NAS_TRAINER_CONFIG_H
#define AXN_NAS_TRAINER_CONFIG_H

#include <cjson/cJSON.h>

#include "nas/trainer.h"

#define AXN_OPTIMISER_WORDS "adam|sgd|muon"
#define AXN_SCHEDULE_WORDS "constant|step|cosine|one-cycle"
#define AXN_GRADIENT_WORDS "straight-through|table"
#define AXN_ARITHMETIC_WORDS "quantised|float"
#define AXN_RANGES_WORDS "channel|layer"

/* Position of `word` among "a|b|c", -1 if it is none of them. */
int axn_word_index(const char *words, const char *word);
/* The word at a position, in text[size]; "" beyond the last. */
void axn_word_at(const char *words, int index, char *text, size_t size);

/* AXN_ERROR_USAGE says which setting cannot be and why. */
axn_status axn_trainer_config_check(const axn_trainer_config *config, axn_error *error);

/* An object with every setting that decides the weights but seed and stream; NULL when out
 * of memory. Caller deletes. */
cJSON *axn_trainer_config_to_json(const axn_trainer_config *config);

#endif
