/* Inside of the integer inference: a batch of images passes through the layers, maps kept
 * as [image][channel][height][width]. */
#ifndef AXN_NAS_INFERENCE_INTERNAL_H
#define AXN_NAS_INFERENCE_INTERNAL_H

#include "nas/inference.h"
#include "nas/kernel.h"
#include "nas/requantise.h"

/* What one thread works in. */
typedef struct axn_inference_scratch {
    uint8_t **slots;    /* maps; layers whose lives do not overlap share one */
    uint8_t *planes;    /* [batch][planes] */
    int32_t *pixel_sum; /* [batch][planes' pixels] */
    uint8_t *x;         /* [K][tile] */
    int32_t *sum;       /* [M][tile] */
    int32_t *tap_sum;   /* [tile] */
} axn_inference_scratch;

/* CONV and DENSE. */
typedef struct axn_inference_product {
    const axn_kernel_table *table;
    int taps, units, tile;       /* tile: columns at a time */
    axn_im2col im2col;           /* CONV */
    axn_requantisation *channel; /* [units] */
    axn_requantise_row *requantise;
} axn_inference_product;

struct axn_inference {
    const axn_model *model;
    axn_pool *pool;
    axn_kernel_gemm *gemm;
    axn_kernel_table *exact;         /* for DENSE */
    axn_kernel_table **table;        /* [multiplier * 2 + swap], NULL if unused */
    axn_inference_product *products; /* [layer] */
    int *slot;                       /* of each layer's map */
    int64_t *slot_size;              /* of one image */
    int slot_count;
    int batch;
    axn_inference_scratch *scratch; /* [thread] */
    int threads;
};

/* axn_inference_create in its steps. A plan has no scratch yet; slots are then assigned, or
 * every layer keeps its own (axn_inference_keep_maps, which also allocates). */
axn_status axn_inference_plan(const axn_model *model, const axn_table *tables, axn_pool *pool,
                              axn_inference **out, axn_error *error);
axn_status axn_inference_keep_maps(axn_inference *inference, axn_error *error);
/* Scratch for the slots as they are; decides the images of a batch. */
axn_status axn_inference_allocate(axn_inference *inference, axn_error *error);

/* Puts `count` images of a batch into the map of layer 0. */
void axn_inference_take_images(const axn_inference *inference, const axn_inference_scratch *scratch,
                               const uint8_t *const *images, int count);
/* The lowest index of the largest logit. */
int axn_inference_best_class(const int32_t *logits, int classes);

/* The map of `layer` for the images of a batch. */
uint8_t *axn_inference_map(const axn_inference *inference, const axn_inference_scratch *scratch,
                           int layer);

/* Reads columns first .. first+count-1 of the batch's pixels (image after image) of a
 * product layer into scratch->x and their sums into scratch->tap_sum. */
void axn_inference_columns(const axn_inference *inference, const axn_inference_scratch *scratch,
                           int layer, int first, int count);
/* To be called before the first axn_inference_columns of a layer. */
void axn_inference_prepare(const axn_inference *inference, const axn_inference_scratch *scratch,
                           int layer, int images);

/* Compute a layer for `images` images; the last one writes logits[images][classes]. */
void axn_inference_product_layer(const axn_inference *inference,
                                 const axn_inference_scratch *scratch, int layer, int images,
                                 int32_t *logits);
void axn_inference_other_layer(const axn_inference *inference, const axn_inference_scratch *scratch,
                               int layer, int images);

#endif
