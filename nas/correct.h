/* Accuracy at no hardware cost: changes to a quantised model that make up for the errors of
 * its multipliers. Weights, biases, requantisation and operand order change, the network and
 * the arithmetic do not, so a corrected model is a model like any other.
 *
 * Everything is measured against what the model was made for: `reference`, the products that
 * its parameters were trained with. A model trained with exact products and run with an
 * approximate multiplier has much to correct; one trained with that very multiplier has
 * learned its errors, and only the statistics of its batch norms may still be refreshed. */
#ifndef AXN_NAS_CORRECT_H
#define AXN_NAS_CORRECT_H

#include <stdbool.h>

#include "common/parallel.h"
#include "model/model.h"
#include "multipliers/table.h"
#include "nas/dataset.h"

typedef enum axn_operand_order {
    AXN_ORDER_AS_IS,
    AXN_ORDER_SWAPPED, /* the other way round in each convolution */
    AXN_ORDER_BEST     /* in each convolution the one with the smaller error of the sums */
} axn_operand_order;

typedef enum axn_weight_mapping {
    AXN_MAP_NONE,
    AXN_MAP_UNIFORM,     /* all activation codes count alike, as in ALWANN */
    AXN_MAP_BY_HISTOGRAM /* each as often as the layer sees it */
} axn_weight_mapping;

typedef struct axn_correction {
    axn_operand_order operand_order;
    axn_weight_mapping mapping;
    bool correct_bias;    /* take the mean error of each channel's sum out of its bias */
    bool reestimate_norm; /* fold batch norms anew for the sums as they are now */
} axn_correction;

/* What was done to one CONV. Errors are those of a channel's sum against the reference on the
 * same activations, root of the mean square over channels, images and pixels, in steps of the
 * layer's output codes. */
typedef struct axn_corrected_layer {
    bool convolution; /* false: not a CONV, nothing below holds */
    bool swapped;     /* the operands were exchanged */
    int64_t mapped;   /* weights whose code has changed */
    int kept;         /* channels left unmapped because their bias would not fit */
    int limited;      /* channels whose bias was cut off at its limit */
    bool normalised;  /* batch norm folded anew */
    bool bias;        /* mean error taken out of the bias */
    double error_before, error_after;
} axn_corrected_layer;

typedef struct axn_correction_result {
    int images;                  /* calibration images used */
    int layer_count;             /* of the network */
    axn_corrected_layer *layers; /* caller frees with axn_correction_result_free */
} axn_correction_result;
void axn_correction_result_free(axn_correction_result *result); /* back to {0} */

/* Called after each layer; false stops with AXN_ERROR_INTERRUPTED. */
typedef bool axn_correct_report(void *context, int done, int total);

/* What the measurements are made with; all borrowed. */
typedef struct axn_calibration {
    const uint8_t *const *images; /* of the model's input shape, height x width x channel */
    int count;                    /* at least 1 */
    axn_pool *pool;
    axn_correct_report *report; /* NULL = none */
    void *context;
} axn_calibration;

/* Images that can be kept in memory at once while this model is corrected (all maps of all
 * images are, 1 GiB at most); at least 1. Depends on the network only. */
int axn_calibration_most(const axn_model *model);

/* Chooses `count` (at most so many) of the training images at `indices` (NULL = all of
 * 0..available-1), spread evenly; never a test image. Caller frees *images with free(). */
axn_status axn_calibration_images(const axn_dataset *dataset, const uint32_t *indices,
                                  int available, int count, const uint8_t ***images, int *chosen,
                                  axn_error *error);

/* Corrects each CONV in order, its activations being those of the layers before as already
 * corrected: first the operand order, then the weight codes, then batch norm or bias.
 * Where a batch norm is folded anew it takes the mean error with it, so correct_bias is for
 * the rest. Batch norms whose statistics the model does not hold stay as they are
 * (axn_model_has_norm). tables[i] belongs to model->multipliers[i]; reference[i] is what took
 * its place in training, reference NULL = exact products. Proves the accumulators anew and
 * checks the model. The same bytes for any number of threads.
 * Sources: mean error: Finkelstein et al., "Fighting quantization bias with bias", 2019;
 * mapping: Mrazek et al., "ALWANN", ICCAD 2019. */
axn_status axn_model_correct(axn_model *model, const axn_table *tables, const axn_table *reference,
                             const axn_correction *correction, const axn_calibration *calibration,
                             axn_correction_result *out, axn_error *error);

/* How many convolutions with batch norm there are, and how many of them hold statistics. */
void axn_model_has_norm(const axn_model *model, int *norms, int *known);

/* Fills the statistics of every batch norm that has none with those measured on the images
 * with the model as it is (tables NULL = exact products): to be called before its multiplier
 * is replaced. */
axn_status axn_model_measure_norm(axn_model *model, const axn_table *tables,
                                  const axn_calibration *calibration, axn_error *error);

/* ---- weight codes ----
 * Tables here are indexed [x][w], x = activation: a table for swapped operands goes through
 * axn_table_transpose first. */

void axn_table_transpose(const axn_table *table, axn_table *out);

/* map[w] = the code w' with the least sum over x of activations[x] * |wanted[x][w] -
 * offered[x][w']|; wanted NULL = exact products, activations NULL = all alike. Ties go to w
 * itself, then to the nearest code, then to the lower. */
void axn_weight_map(const axn_table *wanted, const axn_table *offered,
                    const uint64_t activations[256], uint8_t map[256]);

/* out[x][w] = table[x][map[w]]: training with `out` and mapping the codes of the model
 * afterwards gives the same integers as training with `out` alone. */
void axn_table_map_weights(const axn_table *table, const uint8_t map[256], axn_table *out);

/* Maps the codes of a CONV. What the exact zero-point term loses or gains, zx * (sum of new -
 * sum of old codes), goes to the bias, and the statistics of a batch norm follow.
 * AXN_ERROR_LIMIT (and the layer as it was) if a bias would not fit. The caller proves the
 * accumulators anew (axn_model_prove). */
axn_status axn_model_map_weights(axn_model *model, int layer, const uint8_t map[256],
                                 axn_error *error);

#endif
