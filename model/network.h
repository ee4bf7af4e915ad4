/* A convolutional network as a graph of layers: the common language of search,
 * trainer, golden model and RTL generator. Compound cells (RES, RES-B, INC) are
 * expanded into these layers before they get here. */
#ifndef AXN_MODEL_NETWORK_H
#define AXN_MODEL_NETWORK_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"

#define AXN_MAX_INPUTS 4 /* operands of a layer */
#define AXN_MAX_LAYERS 512
#define AXN_MAX_TAPS 32768 /* K = input channels * kernel_h * kernel_w (int32 never overflows) */
#define AXN_MAX_SIDE 4096  /* height and width of a tensor; stride; kernel of a pool */
#define AXN_MAX_KERNEL 255 /* of a convolution, each way */
#define AXN_MAX_TENSOR (1 << 24)  /* elements of one tensor */
#define AXN_MAX_WEIGHTS (1 << 27) /* of the whole network */
#define AXN_MAX_CLASSES 1024
#define AXN_LAYER_NAME 32

typedef enum axn_layer_kind {
    AXN_LAYER_INPUT,    /* layer 0, only there: the image */
    AXN_LAYER_CONV,     /* convolution [+ batch norm] [+ ReLU] */
    AXN_LAYER_DENSE,    /* fully connected [+ ReLU]; input flattened as height, width, channel */
    AXN_LAYER_MAX_POOL, /* taps outside the map are ignored */
    AXN_LAYER_AVERAGE_POOL, /* never padded: every window lies inside the map */
    AXN_LAYER_SUM,          /* two operands [+ ReLU]; shape rules below */
    AXN_LAYER_CONCAT        /* 2..4 operands of one height and width, along the channels */
} axn_layer_kind;

typedef struct axn_shape {
    int height, width, channels;
} axn_shape;

/* Output of CONV is ceil(H/stride) x ceil(W/stride) with pad = (kernel-1)/2 above
 * and left, what is missing below and right; padded taps carry real 0.
 * Output of MAX_POOL and AVERAGE_POOL is given by pad and kernel:
 *   floor((H + 2*pad - kernel) / stride) + 1.
 * Output of SUM: min height, min width, max channels; the operand with the larger
 * map is max-pooled by the windows [floor(i*H/h), ceil((i+1)*H/h)); an operand
 * with fewer channels is extended with real 0. */
typedef struct axn_layer {
    axn_layer_kind kind;
    char name[AXN_LAYER_NAME];  /* unique, [a-z0-9_]+ */
    int inputs[AXN_MAX_INPUTS]; /* indices of earlier layers */
    int input_count;
    int kernel_h, kernel_w; /* CONV and pools; else 0 */
    int stride;             /* CONV and pools; else 0 */
    int pad_h, pad_w;       /* above and left; CONV: derived; AVERAGE_POOL: 0 */
    int units;              /* output channels of CONV and DENSE; else 0 */
    bool batch_norm;        /* CONV only */
    bool relu;              /* CONV, DENSE, SUM */
    int multiplier;         /* CONV: index into the model's multipliers; DENSE: -1 = exact */
    bool swap_operands;     /* CONV: T[w][x] instead of T[x][w] */
    axn_shape output;       /* derived by axn_network_infer */
} axn_layer;

/* Layers in topological order; layer 0 is the INPUT, the last one is the
 * classifier (a DENSE without ReLU whose units are the classes). */
typedef struct axn_network {
    axn_layer *layers;
    int count;
    int capacity;
} axn_network;

void axn_network_free(axn_network *network); /* back to {0} */
axn_status axn_network_copy(const axn_network *from, axn_network *to, axn_error *error);

/* Builders: append a layer (not yet inferred) and return its index, -1 when out of
 * memory or at AXN_MAX_LAYERS. Impossible arguments (a -1 from a builder before) are
 * kept and refused by axn_network_infer. Names are made from kind and index. */
int axn_network_add_input(axn_network *network, axn_shape shape);
int axn_network_add_conv(axn_network *network, int input, int units, int kernel, int stride,
                         bool batch_norm, bool relu);
int axn_network_add_dense(axn_network *network, int input, int units, bool relu);
int axn_network_add_pool(axn_network *network, axn_layer_kind kind, int input, int kernel,
                         int stride, int pad);
/* An average pool over the whole map of `input`, as its shape is now. */
int axn_network_add_global_average(axn_network *network, int input);
int axn_network_add_sum(axn_network *network, int first, int second, bool relu);
int axn_network_add_concat(axn_network *network, const int *inputs, int count);

/* Derives all output shapes and paddings, resets the fields a kind does not use, and
 * checks every limit and rule; the message names the layer. Safe on any content.
 * Called by every reader. */
axn_status axn_network_infer(axn_network *network, axn_error *error);

/* Elements of a shape. */
int64_t axn_shape_size(axn_shape shape);

/* Cost, of one image. */
typedef enum axn_count_mode {
    AXN_COUNT_EXACT, /* what the array executes, padded taps included */
    AXN_COUNT_PAPER  /* a convolution of stride > 1 as if it had one output for each position of
                        its padded input: (H + kernel_h - 1) * (W + kernel_w - 1) * K * units;
                        others as EXACT. Gives the published figures of the ResNets */
} axn_count_mode;
int64_t axn_layer_taps(const axn_network *network, int layer); /* K of CONV and DENSE, else 0 */
int64_t axn_layer_multiplications(const axn_network *network, int layer, axn_count_mode mode);
int64_t axn_network_multiplications(const axn_network *network, axn_count_mode mode); /* CONV */
int64_t axn_network_multiplications_dense(const axn_network *network);
/* Weights; batch-norm scale and shift; biases where no batch norm follows. */
int64_t axn_network_parameters(const axn_network *network);

/* Names for files: "input", "conv", "dense", "max_pool", "average_pool", "sum", "concat". */
const char *axn_layer_kind_name(axn_layer_kind kind);

/* Network description: {"format": "axnas-network", "version": 1, "layers": [...]}. A layer:
 *   "kind", "name" (default: kind_index), "inputs" (names, default: the layer before),
 *   input: "shape" [height, width, channels]
 *   conv: "units", "kernel" (n or [h, w]), "stride" (1), "batch_norm", "relu" (false),
 *         "multiplier" (0), "swap_operands" (false)
 *   dense: "units", "relu" (false), "multiplier" (-1)
 *   max_pool, average_pool: "kernel", "stride" (1), "pad" (n or [h, w], 0)
 *   sum: "relu" (false)
 *   "output_shape" is written, and compared if present. Other keys are refused.
 * `axn_network_to_json` returns the "layers" array (caller deletes), NULL if out
 * of memory; from_json reads and infers it. `file` is for messages. */
cJSON *axn_network_to_json(const axn_network *network);
axn_status axn_network_from_json(const cJSON *layers, axn_network *out, const char *file,
                                 axn_error *error);
axn_status axn_network_load(const char *path, axn_network *out, axn_error *error);
axn_status axn_network_save(const char *path, const axn_network *network, axn_error *error);

#endif
