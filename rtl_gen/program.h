/* A quantised model compiled for the accelerator: descriptors, memory images, arena
 * regions, cycle model. See docs/accelerator.md. */
#ifndef AXN_RTL_GEN_PROGRAM_H
#define AXN_RTL_GEN_PROGRAM_H

#include <stdint.h>

#include "model/model.h"

#define AXN_ARRAY_MIN 2
#define AXN_ARRAY_MAX 32
#define AXN_DESCRIPTOR_WORDS 16

typedef enum axn_operation_kind {
    AXN_OP_CONVOLUTION = 0,
    AXN_OP_DENSE = 1,
    AXN_OP_MAXIMUM_POOL = 2,
    AXN_OP_SUM_POOL = 3,
    AXN_OP_SUM = 4
} axn_operation_kind;

/* Decoded fields of one descriptor, named as in descriptor.def. */
typedef struct axn_descriptor {
#define AXN_FIELD(name, word, lsb, width, meaning) uint32_t name;
#include "rtl_gen/descriptor.def"
#undef AXN_FIELD
} axn_descriptor;

void axn_descriptor_encode(const axn_descriptor *descriptor, uint32_t words[AXN_DESCRIPTOR_WORDS]);
void axn_descriptor_decode(const uint32_t words[AXN_DESCRIPTOR_WORDS], axn_descriptor *descriptor);

typedef struct axn_array_shape {
    int rows, cols; /* 2..32 each */
} axn_array_shape;

typedef enum axn_channel_tiles {
    AXN_TILES_OPEN,
    AXN_TILES_TOGETHER, /* a convolution is one operation */
    AXN_TILES_APART     /* of few taps: one for each tile of channels, where that is of use */
} axn_channel_tiles;

typedef struct axn_array_options { /* 0: the compiler chooses by the network's cycles */
    int banks;                     /* of the arena: 4, 8 or 16; above 16 rows 8 or 16 */
    int row_buses;                 /* result buses of a row, each with lanes behind it: 1, 2 */
    int dense_taps; /* of fully connected layers, a cycle: 1, 2, 4, 8, 16, at most the rows */
    axn_channel_tiles tiles;
} axn_array_options;

typedef struct axn_region { /* of the arena; size 0: the layer has none (logits) */
    uint32_t base, size;    /* bytes */
    int first, last;        /* operations that write it first (image: -1) and read it last */
} axn_region;

typedef struct axn_program {
    axn_array_shape array;
    int banks;            /* of 16-byte words */
    int row_buses;        /* result buses of a row */
    int dense_taps;       /* of fully connected layers, a cycle; banks of the weights */
    bool apart;           /* convolutions of few taps have an operation for each tile of channels */
    int accumulator_bits; /* AccW: the proven width, rounded up to a multiple of 4 */
    bool allow_swap;      /* some convolution swaps the multiplier's operands */
    int multipliers[AXN_MODEL_MAX_MULTIPLIERS]; /* used ones, as indices into the model's; the
                                                 * descriptors count in this order */
    int multiplier_count;                       /* 0: no convolution */
    axn_descriptor *operations;
    int operation_count;
    int *operation_layer;    /* [operation_count], layer index in the network */
    axn_region *regions;     /* [network.count]: where each layer's output lies at its end */
    axn_region *temporaries; /* [temporary_count]: pooled operands of SUM layers */
    int temporary_count;
    uint32_t arena_bytes; /* high-water mark */
    uint64_t *parameters;
    int parameter_count;
    uint8_t *weights; /* [weight_words][cols]; a fully connected layer starts at a multiple of
                       * dense_taps and has as many words a tap, filled up with 0 */
    int weight_words;
} axn_program;

/* Refuses, naming layer and limit, what the array or the descriptor fields cannot
 * hold. model is not changed. */
axn_status axn_program_compile(const axn_model *model, axn_array_shape array, axn_program *out,
                               axn_error *error);
/* The same with what the compiler would choose. */
axn_status axn_program_compile_for(const axn_model *model, axn_array_shape array,
                                   axn_array_options options, axn_program *out, axn_error *error);
void axn_program_free(axn_program *program);

/* What makes the same program again of the same model. */
axn_array_options axn_program_options(const axn_program *program);

/* Place in program->multipliers of a multiplier of the model, by name and hash (a model may
 * list one twice); -1: no layer uses it. */
int axn_program_multiplier(const axn_program *program, const axn_model *model, int multiplier);

/* Cycles, to the cycle equal to the RTL. */
typedef struct axn_layer_cycles {
    int layer;               /* index in the network */
    int64_t cycles;          /* from the end of the layer before to its last write */
    int64_t multiplications; /* exact, CONV only (else 0) */
    double utilisation;      /* multiplications / (rows * cols * cycles), CONV */
    double tiling_bound;     /* best utilisation that tiling allows, CONV */
} axn_layer_cycles;

typedef struct axn_cycles {
    axn_layer_cycles *layers; /* one a layer after the input, in order */
    int layer_count;
    int64_t load_cycles;      /* first image word to the start of the first layer */
    int64_t result_cycles;    /* end of the last layer to the last result word */
    int64_t cycles_per_image; /* load + layers + result */
    double utilisation;       /* over the convolution layers' cycles */
    double utilisation_total; /* over cycles_per_image */
} axn_cycles;

axn_status axn_program_cycles(const axn_program *program, const axn_network *network,
                              axn_cycles *out, axn_error *error);
void axn_cycles_free(axn_cycles *cycles);

/* Of the fully connected layers. */
int64_t axn_dense_cycles(const axn_cycles *cycles, const axn_network *network);

#endif
