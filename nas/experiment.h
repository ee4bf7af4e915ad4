/* A search with everything resolved: settings, template, images, multipliers. It is what
 * config.json holds, and all that later commands need to rebuild a candidate. */
#ifndef AXN_NAS_EXPERIMENT_H
#define AXN_NAS_EXPERIMENT_H

#include "multipliers/library.h"
#include "nas/dataset.h"
#include "nas/search.h"
#include "nas/settings.h"
#include "nas/trainer.h"

/* The split belongs to the data, not to the run: every seed, and the final training, holds
 * out the same images. */
#define AXN_SPLIT_SEED 1

typedef struct axn_experiment {
    axn_settings settings;
    axn_template grid;
    axn_shape input;
    int classes;
    uint64_t dataset_hash; /* of all pixels and labels */
    int train_images;      /* an epoch, after split and limit */
    int validation_images;
    bool flip;
    axn_search_multiplier *multipliers;
    int multiplier_count;
    char exact_name[64];
    double exact_energy_pj;
    char isa[16]; /* instruction-set class: avx512, avx2, portable */
} axn_experiment;

/* Takes over `settings` (also on failure: axn_experiment_free releases all).
 * AXN_ERROR_USAGE names the key whose value cannot be used. */
axn_status axn_experiment_create(axn_settings *settings, const axn_dataset *dataset,
                                 const axn_library *library, axn_experiment *out, axn_error *error);
void axn_experiment_free(axn_experiment *experiment);

/* Of all pixels and labels. */
uint64_t axn_experiment_hash_dataset(const axn_dataset *dataset);

/* Tables of the multipliers from the library, in order: tables[multiplier_count] of the
 * caller. Checks their hashes against the experiment's, and that none is constant. */
axn_status axn_experiment_tables(const axn_experiment *experiment, const axn_library *library,
                                 axn_table *tables, axn_error *error);

/* Fills the multipliers' fidelity (nas/fidelity.h) from their tables. */
void axn_experiment_judge(axn_experiment *experiment, const axn_table *tables);

/* Are cycles and energy of the accelerator asked for, by an objective or by "rows" and
 * "columns"? */
bool axn_experiment_wants_accelerator(const axn_experiment *experiment);

/* config.json. from_json: `file` is for messages. */
axn_status axn_experiment_to_json(const axn_experiment *experiment, cJSON **out, axn_error *error);
axn_status axn_experiment_from_json(const cJSON *json, const char *file, axn_experiment *out,
                                    axn_error *error);

/* Rules, space and multipliers of the search; borrows from the experiment. */
axn_status axn_experiment_search(const axn_experiment *experiment, axn_search *out,
                                 axn_error *error);

/* Training as the settings ask for it (stream 0). */
void axn_experiment_trainer(const axn_experiment *experiment, axn_trainer_config *out);

#endif
