/* Options of the corrections (nas/correct.h), the same for every command that offers them,
 * and what is told and written down about them. */
#ifndef AXN_FLOWS_CORRECTION_OPTIONS_H
#define AXN_FLOWS_CORRECTION_OPTIONS_H

#include "common/progress.h"
#include "flows/options.h"
#include "nas/correct.h"

#define AXN_CORRECTION_OPTIONS 5

typedef struct axn_correction_options {
    const char *operand_order, *map_weights;
    bool correct_bias, reestimate_norm;
    int64_t calibration_images;
} axn_correction_options;

/* Sets the defaults and appends --operand-order, --map-weights, --correct-bias,
 * --reestimate-norm and --calibration-images to list[*count ...]. */
void axn_correction_options_list(axn_correction_options *given, axn_option *list, int *count);

axn_correction axn_correction_of(const axn_correction_options *given);
/* Was any correction asked for? */
bool axn_correction_wanted(const axn_correction_options *given);

/* A network trained in floating point expects exact products, until it is corrected. */
bool axn_correction_expects_exact(const axn_model *model);

/* Corrects `model` on training images of the data set, with a progress bar; arguments as
 * axn_model_correct and axn_calibration_images. Statistics of batch norms that the model does
 * not hold are measured with `reference` if that is another than `tables`; else there is
 * nothing to fold anew, and that is told. */
axn_status axn_correction_run(const axn_correction_options *given, axn_model *model,
                              const axn_table *tables, const axn_table *reference,
                              const axn_dataset *dataset, const uint32_t *indices, int available,
                              axn_pool *pool, axn_correction_result *out, axn_error *error);

/* What was asked for and what came of it, for --json and provenance; `layers`: with a list of
 * the convolutions. NULL when out of memory; caller deletes. */
cJSON *axn_correction_json(const axn_correction_options *given, const axn_model *model,
                           const axn_correction_result *result, bool layers);
/* The same as lines of text on standard output. */
void axn_correction_print(const axn_correction_options *given, const axn_correction_result *result);

#endif
