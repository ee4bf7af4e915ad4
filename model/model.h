/* The quantised model: what `train` produces and what golden model, fast integer
 * inference and RTL compute, bit for bit.
 *
 * Codes are unsigned 8-bit, real = scale * (code - zero_point). Tensors are
 * height x width x channel, channel fastest. With x = activation codes and w =
 * weight codes of output channel c, K taps, zx and zw[c] their zero points:
 *   CONV   acc = sum T[x][w] - zw*sum x - zx*sum w + K*zx*zw + bias[c]
 *          (T[w][x] if swap_operands; taps outside the map have x = zx)
 *   DENSE  the same with the exact product x*w
 *   y = clamp(zy + rq(acc; mantissa[c], shift[c]), low, 255)
 *   rq(v; m, s) = (v*m + 2^(s-1)) >> s    (64-bit product, arithmetic shift, 1 <= s <= 46)
 * The last layer (DENSE) has no requantisation: its 32-bit acc are the logits;
 * the class is the lowest index of the largest.
 *   MAX_POOL      y = max x (quantisation as its input's)
 *   AVERAGE_POOL  y = clamp(zy + rq(sum x - n*zx; mantissa[0], shift[0]), low, 255)
 *                 (n = kernel_h*kernel_w)
 *   SUM           y = clamp(zy + rq(x0 - z0; mantissa[0], shift[0])
 *                              + rq(x1 - z1; mantissa[1], shift[1]), low, 255)
 *   CONCAT        y = clamp(zy + rq(xi - zi; mantissa[i], shift[i]), low, 255)  (i-th operand)
 * `low` is zy after ReLU, else 0. */
#ifndef AXN_MODEL_MODEL_H
#define AXN_MODEL_MODEL_H

#include <stdint.h>

#include "common/hash.h"
#include "model/network.h"

#define AXN_NAME_MAX 64
#define AXN_MODEL_MAX_MULTIPLIERS 64
#define AXN_SHIFT_MIN 1
#define AXN_SHIFT_MAX 46

typedef struct axn_quantisation {
    double scale; /* > 0 */
    uint8_t zero_point;
} axn_quantisation;

typedef struct axn_model_layer {
    axn_quantisation output; /* every layer but the last */
    uint8_t *weights;        /* CONV [units][kernel_h][kernel_w][channels], DENSE [units][K] */
    uint8_t *weight_zero;    /* [units] */
    double *weight_scale;    /* [units], for reports */
    int32_t *bias;           /* [units] in accumulator steps */
    int16_t *mantissa;       /* [requantisations] */
    uint8_t *shift;          /* [requantisations], 1..46 */
    int requantisations; /* CONV, DENSE: units (last layer 0); AVERAGE_POOL 1; SUM 2; CONCAT inputs;
                            else 0 */
    uint8_t low;         /* lower clamp */
    int accumulator_bits; /* CONV: proven width of the unsigned sum of T (see axn_model_prove) */
    /* CONV whose batch norm was folded: mean and deviation, the root of variance + epsilon, of acc
     * less bias[c] that it was folded for; [units] each, both NULL where they are not known. */
    double *norm_mean, *norm_deviation;
} axn_model_layer;

typedef struct axn_model_multiplier {
    char name[AXN_NAME_MAX];
    uint64_t hash; /* of the truth table, see multipliers/table.h */
} axn_model_multiplier;

typedef struct axn_model {
    axn_network network;
    axn_model_layer *layers; /* network.count */
    axn_model_multiplier multipliers[AXN_MODEL_MAX_MULTIPLIERS];
    int multiplier_count;
    char dataset[AXN_NAME_MAX]; /* name the model was trained on */
    cJSON *provenance; /* object: protocol, seed, training history, accuracies; may be NULL */
} axn_model;

void axn_model_free(axn_model *model); /* back to {0} */

/* Allocates model->layers and their arrays for model->network (already inferred). */
axn_status axn_model_allocate(axn_model *model, axn_error *error);

/* Allocates norm_mean (0) and norm_deviation (1) of a CONV with batch norm, if it has none. */
axn_status axn_model_allocate_norm(axn_model *model, int layer, axn_error *error);

/* A copy of everything; free it like any other. */
axn_status axn_model_copy(const axn_model *from, axn_model *to, axn_error *error);
/* Parameters of one layer (not its place in the network, multiplier and operand order
 * included) between models of the same network. */
axn_status axn_model_copy_layer(const axn_model *from, int layer, axn_model *to, axn_error *error);

/* Elements of a layer's weights (0 if it has none). */
int64_t axn_model_weight_count(const axn_model *model, int layer);

/* Fills accumulator_bits of each CONV: bits of max over channels of sum over taps
 * of max over x of T[x][w]. tables[i] belongs to multipliers[i] and is indexed
 * [x * 256 + w]. */
void axn_model_prove(axn_model *model, const uint16_t *const *tables);

/* Checks everything a reader would refuse: the network's rules, references to
 * multipliers, ranges of scales, zero points, clamps, shifts and biases (|bias| is at
 * most INT32_MAX - 65025 * K, so that the exact products never leave int32). */
axn_status axn_model_check(const axn_model *model, axn_error *error);

/* A folder with model.json and weights.bin (little endian, with size and hash in
 * model.json). Loading checks everything: limits, shapes, hash, shifts, ranges. */
axn_status axn_model_save(const axn_model *model, const char *folder, bool force, axn_error *error);
axn_status axn_model_load(const char *folder, axn_model *out, axn_error *error);

#endif
