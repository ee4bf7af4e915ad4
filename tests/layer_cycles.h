/* Cycles of a single convolution on an array, for the bars on utilisation. */
#ifndef AXN_TESTS_LAYER_CYCLES_H
#define AXN_TESTS_LAYER_CYCLES_H

#include "rtl_gen/program.h"

typedef struct axn_one_layer { /* a convolution on a height x width x channels image */
    int height, width, channels, units, kernel, stride;
} axn_one_layer;

typedef struct axn_layer_figures {
    int64_t cycles;     /* of the layer, start and drain included */
    int64_t bound;      /* cycles that tiling alone takes */
    double of_bound;    /* bound / cycles */
    double utilisation; /* of the array's peak */
    int banks, lanes;   /* what the compiler chose */
} axn_layer_figures;

/* A network of this layer and a small classifier, compiled for the array. */
axn_status axn_one_layer_cycles(const axn_one_layer *layer, axn_array_shape array,
                                axn_array_options options, axn_layer_figures *out,
                                axn_error *error);

#endif
