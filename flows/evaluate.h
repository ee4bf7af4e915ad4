/* What the parts of `axnas evaluate` share. */
#ifndef AXN_FLOWS_EVALUATE_H
#define AXN_FLOWS_EVALUATE_H

#include "flows/correction_options.h"
#include "multipliers/library.h"
#include "nas/inference.h"

typedef struct axn_evaluate_settings {
    const char *path, *dataset, *data_dir, *library, *histogram;
    const char *multiplier, *reference, *out;
    int64_t images, threads;
    bool exact, check, force, json;
    axn_correction_options correction;
} axn_evaluate_settings;

/* Everything a run holds; freed together. */
typedef struct axn_evaluate_run {
    axn_model model;
    axn_dataset data;
    axn_library library;
    axn_model_multiplier own[AXN_MODEL_MAX_MULTIPLIERS]; /* that the model came with */
    int own_count;
    int indices[AXN_MODEL_MAX_MULTIPLIERS]; /* in the library, as evaluated */
    axn_table *own_tables;                  /* NULL unless something is corrected */
    axn_table *tables;                      /* as evaluated */
    bool replaced;                          /* the multipliers are not the model's own */
    axn_pool *pool;
    axn_inference *inference;
    const char *kernel;
    int images; /* to be evaluated */
    bool corrected;
    axn_correction_result corrections;
    axn_evaluation before; /* with the multiplier as evaluated, before corrections */
    axn_evaluation result;
    int64_t compared; /* logits, with the golden model */
} axn_evaluate_run;

axn_status axn_evaluate_load(const axn_evaluate_settings *settings, axn_evaluate_run *run,
                             axn_error *error);
/* Accuracy of the model as it is now on the test images, with a progress bar; *out is freed
 * with the run. Leaves the inference in run->inference. */
axn_status axn_evaluate_measure(axn_evaluate_run *run, const char *label, axn_evaluation *out,
                                axn_error *error);
void axn_evaluate_free(axn_evaluate_run *run);

/* Corrects the model and measures it again. */
axn_status axn_evaluate_correct(const axn_evaluate_settings *settings, axn_evaluate_run *run,
                                axn_error *error);
/* Where one multiplier took the place of all: the model names it alone, tables follow. */
void axn_evaluate_join(axn_evaluate_run *run);
/* Writes the model, its provenance telling what was done. */
axn_status axn_evaluate_save(const axn_evaluate_settings *settings, axn_evaluate_run *run,
                             axn_error *error);

/* The multiplier's name, or "mixed" if layers differ. */
const char *axn_evaluate_multiplier(const axn_evaluate_run *run);
axn_status axn_evaluate_print_json(const axn_evaluate_settings *settings,
                                   const axn_evaluate_run *run, axn_error *error);
void axn_evaluate_print(const axn_evaluate_settings *settings, const axn_evaluate_run *run);

#endif
