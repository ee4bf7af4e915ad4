/* What the files of the trainer share. */
#ifndef AXN_NAS_TRAINER_INTERNAL_H
#define AXN_NAS_TRAINER_INTERNAL_H

#include "nas/float_layers.h"
#include "nas/layers.h"
#include "nas/onednn.h"
#include "nas/table_gradient.h"
#include "nas/trainer.h"

/* A batch is cut into this many shards whatever the number of threads; sums over the
 * batch are formed in shard order. */
#define AXN_SHARDS 4

/* State of one layer. Arrays lie in the trainer's arena unless said otherwise. */
typedef struct axn_train_layer {
    const axn_layer *layer;
    axn_shape in; /* of the first operand */
    int channels; /* of the output */
    int pixels;   /* height * width of the output */
    int64_t size; /* channels * pixels */
    int units;    /* CONV and DENSE, else 0 */
    int taps;     /* K of CONV and DENSE */
    bool classifier;
    bool wants_gradient;             /* some weights lie at or before it, and it has a consumer */
    bool accumulate[AXN_MAX_INPUTS]; /* an operand's gradient was begun by another consumer */
    int source;                      /* the layer whose quantisation this one's codes have */

    /* Positions in the parameter arrays; gain only with batch norm, shift is the bias without. */
    int64_t weights, gain, shift;
    float *running_mean, *running_variance; /* [units], of the reals */
    int32_t statistics_batches;             /* seen by them */

    /* Quantised weights. */
    uint8_t *weight_codes;    /* [units][taps] */
    uint8_t *weight_zero;     /* [units] */
    float *weight_scale;      /* [units] */
    int32_t *weight_sums;     /* [units] */
    float *weights_real;      /* [units][taps] */
    int16_t *weights_centred; /* [units][taps], DENSE */

    /* The affine step of this batch, [units]. */
    axn_batch_norm *norm;
    float *slope, *offset;      /* accumulator -> code (classifier: -> real) */
    float *inverse, *centre;    /* accumulator -> normalised */
    float (*coefficients)[3];   /* of axn_affine_backward */
    axn_channel_sums *sums;     /* [AXN_SHARDS][units], AVERAGE_POOL: [AXN_SHARDS] */
    double (*gradient_sums)[2]; /* [AXN_SHARDS][units] */

    /* The output, for a whole batch. */
    axn_range range;
    axn_quantisation output;
    int low;
    uint8_t *codes;        /* [batch][channels][pixels] */
    int32_t *accumulators; /* the same shape; CONV, DENSE, AVERAGE_POOL */
    uint8_t *inside;       /* the same shape; SUM, AVERAGE_POOL */
    float *gradient;       /* the same shape, of the reals */
    int16_t *dense_input;  /* [batch][taps] codes less their zero point */

    /* SUM */
    uint8_t *pooled[2]; /* [batch][operand's channels][pixels] where it is larger */
    int32_t observed[AXN_SHARDS][2];
    axn_fixed_ratio ratio[AXN_MAX_INPUTS]; /* SUM, CONCAT, AVERAGE_POOL */
    int observe_factor[2];
    axn_windows windows[2]; /* pools: [0]; SUM: by operand. Own memory */

    /* The output in plain fp32, which has neither codes nor accumulators; these and the
     * gradient are [batch][pixels][channels] then. */
    float *values;
    float *products;            /* CONV, DENSE: before batch norm or bias */
    float *pooled_values[2];    /* SUM, as `pooled` */
    axn_float_sums *float_sums; /* [AXN_SHARDS][units], without units [AXN_SHARDS] */

    axn_conv_shape conv;
    axn_float_conv *convolution[2];   /* for shards of prepared_images - 1 and prepared_images */
    const axn_table_gradient *slopes; /* of its multiplier; NULL = straight-through */
} axn_train_layer;

/* One step of a batch: work on a shard, or a reduction over all of them. */
typedef axn_status axn_shard_step(axn_trainer *trainer, int layer, int shard, int thread,
                                  axn_error *error);
typedef void axn_batch_step(axn_trainer *trainer, int layer);
typedef struct axn_step {
    axn_shard_step *shard; /* exactly one of the two */
    axn_batch_step *batch;
    int layer;
} axn_step;

typedef struct axn_plan {
    axn_step *steps;
    size_t count, capacity;
} axn_plan;

struct axn_trainer {
    const axn_network *network;
    const axn_table *tables;
    int table_count;
    const axn_dataset *dataset;
    axn_trainer_config config;
    axn_pool *pool;

    axn_kernel_gemm *gemm;
    axn_kernel_table **kernel_tables; /* [table_count][2], plain and swapped, where used */
    axn_table_gradient **slopes;      /* in the same order; NULL = straight-through */
    axn_onednn *onednn;

    axn_train_layer *layers; /* [network->count] */
    int batch;               /* images at most */
    int shard_images;        /* at most, of one shard */
    char *arena;
    int64_t arena_bytes;
    int prepared_images; /* the largest shard the convolutions are prepared for; 0 = none */
    bool prepared_fewer; /* and for shards of one image less */
    char **scratch;      /* [threads] */
    size_t scratch_bytes;

    /* Parameters: all weights first (L2 applies to them), then gains and shifts. */
    int64_t weight_count, parameter_count;
    float *parameters;
    float *gradients[AXN_SHARDS];
    float *first, *second; /* moments of Adam; SGD, Muon: momentum, unused */

    axn_plan forward, backward;

    /* The batch at hand. */
    const uint32_t *indices;
    int images;
    bool training;
    uint8_t *labels; /* [batch] */
    double loss[AXN_SHARDS];
    int correct[AXN_SHARDS];
    axn_status status[AXN_SHARDS];
    axn_error errors[AXN_SHARDS];

    int64_t step; /* batches trained */
    int epoch;    /* epochs trained */
};

/* First image of a shard of the batch; shard == AXN_SHARDS gives the end. */
static inline int axn_shard_begin(const axn_trainer *trainer, int shard)
{
    return trainer->images * shard / AXN_SHARDS;
}

/* Quantisation of a layer's codes. */
static inline axn_quantisation axn_codes_quantisation(const axn_trainer *trainer, int layer)
{
    return trainer->layers[trainer->layers[layer].source].output;
}

/* At or below it values before the clamp have no gradient, in codes. */
static inline float axn_clamp_floor(const axn_train_layer *l)
{
    return l->layer->relu ? (float)l->low : -0.5F;
}

/* trainer_build.c: what each layer needs, in one arena; refused above AXN_TRAINER_MEMORY. */
axn_status axn_trainer_build(axn_trainer *trainer, axn_error *error);
/* Prepares the float convolutions for batches of `images` images. */
axn_status axn_trainer_prepare(axn_trainer *trainer, int images, axn_error *error);
void axn_trainer_release(axn_trainer *trainer); /* all that build and prepare made */

/* trainer_step.c */
axn_status axn_trainer_plan(axn_trainer *trainer, axn_error *error);
/* Quantises all weights, in fp32 not, and hands them to oneDNN, for the images at hand. */
axn_status axn_trainer_prepare_weights(axn_trainer *trainer, axn_error *error);
void axn_trainer_quantise_weights(axn_trainer *trainer);
axn_status axn_trainer_run_plan(axn_trainer *trainer, const axn_plan *plan, axn_error *error);

/* conv_gradient.c */
/* The slopes of the multipliers where the gradient is to follow them, each once. */
axn_status axn_conv_gradient_create(axn_trainer *trainer, axn_error *error);
void axn_conv_gradient_free(axn_trainer *trainer);
/* Floats of scratch that the gradient of a convolution needs for one shard, less oneDNN's. */
size_t axn_conv_gradient_floats(const axn_train_layer *l, int images);
axn_shard_step axn_conv_gradient;
/* Hands the weights to the backward convolutions. */
axn_status axn_conv_gradient_weights(axn_trainer *trainer, int layer, int thread, axn_error *error);

/* weighted_steps.c, plain_steps.c: appends the steps of one layer to the plans. */
axn_status axn_plan_add(axn_plan *plan, axn_shard_step *shard, axn_batch_step *batch, int layer,
                        axn_error *error);
axn_status axn_weighted_forward_steps(axn_plan *plan, const axn_train_layer *l, int layer,
                                      axn_error *error);
axn_status axn_weighted_backward_steps(axn_plan *plan, const axn_train_layer *l, int layer,
                                       axn_error *error);
axn_status axn_plain_forward_steps(axn_plan *plan, const axn_train_layer *l, int layer,
                                   axn_error *error);
/* What the quantised steps and those in fp32 share. From the whole batch's sums over a channel's
 * accumulators, of step norm->step: moving statistics, inverse and centre, and
 * real = slope * accumulator + offset. */
void axn_unit_affine(const axn_trainer *trainer, axn_train_layer *l, int unit, double sum,
                     double squares, double *slope, double *offset);
/* From gradient_sums: coefficients, and the gradients of gains and shifts, which stand in the
 * first shard's array; the others' stay 0. */
axn_batch_step axn_reduce_gradients;
/* The joined range of CONCAT holds every operand's. */
axn_batch_step axn_concat_range;

/* float_steps.c: the steps of one layer in plain fp32. */
axn_status axn_float_forward_steps(axn_plan *plan, const axn_train_layer *l, int layer,
                                   axn_error *error);
/* Ranges that no later step of the forward plan waits for. */
axn_status axn_float_range_steps(axn_plan *plan, const axn_train_layer *l, int layer,
                                 axn_error *error);
axn_status axn_float_backward_steps(axn_plan *plan, const axn_train_layer *l, int layer,
                                    axn_error *error);
/* Hands the weights of a convolution to oneDNN. */
axn_status axn_float_weights(axn_trainer *trainer, int layer, int thread, axn_error *error);
/* Bytes of scratch for one shard, less oneDNN's. */
size_t axn_float_scratch(const axn_trainer *trainer, const axn_train_layer *l, int images);
axn_status axn_plain_backward_steps(axn_plan *plan, const axn_train_layer *l, int layer,
                                    axn_error *error);

/* augment.c: codes[channels][height][width] of image `image` of the training set, cropped
 * and flipped as drawn for (seed, stream, epoch, image) when training. */
void axn_augment(const axn_trainer *trainer, uint8_t *codes, uint32_t image);

/* optimiser.c */
double axn_learning_rate(const axn_trainer_config *config, int64_t step, int64_t steps);
/* Adds the shards' gradients in order and takes one step of Adam (Kingma and Ba 2015), of SGD with
 * Nesterov's momentum, or of Muon. Decoupled L2 (Loshchilov and Hutter 2019) takes rate * l2 of
 * each weight away, beside the step. */
void axn_optimiser_step(axn_trainer *trainer, double rate);

/* muon.c (Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks") */
/* Replaces a matrix of [rows][columns] by the orthogonal one nearest to it, roughly: all singular
 * values that are not next to 0 become .7 to 1.2. scratch: axn_muon_scratch bytes, less the
 * matrix. */
void axn_orthogonalise(float *matrix, int rows, int columns, float *scratch);
/* Bytes for a step of a layer with so many units and taps. */
size_t axn_muon_scratch(int rows, int columns);
/* One step of a convolution's weights, [units][taps]; keep: factor of the weights beside it. */
void axn_muon_step(axn_trainer *trainer, const axn_train_layer *layer, int thread, float rate,
                   float l2, float keep);

#endif
