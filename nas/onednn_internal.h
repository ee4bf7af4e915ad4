/* What preparing a convolution and running it share. */
#ifndef AXN_NAS_ONEDNN_INTERNAL_H
#define AXN_NAS_ONEDNN_INTERNAL_H

#include <dnnl.h>
#include <stdint.h>

#include "nas/onednn.h"

/* Of libgomp, which oneDNN runs on; gcc's omp.h is out of clang's sight. Sets the number of
 * threads for regions opened by the calling thread. */
extern void omp_set_num_threads(int threads);

struct axn_onednn {
    dnnl_engine_t engine;
    dnnl_stream_t *streams; /* [threads] */
    int threads;
};

/* A primitive, and for each thread its arguments as oneDNN wants them: objects made once, which
 * are told at each call where the data lies. */
typedef struct axn_onednn_operation {
    dnnl_primitive_desc_t description;
    dnnl_primitive_t primitive;
    int count;                  /* of the arguments, the scratchpad being the last */
    dnnl_exec_arg_t *arguments; /* [threads][count] */
    int fixed;                  /* the argument that is a set of weights, -1 = none */
} axn_onednn_operation;

/* Weights in the order that one of the convolutions wants. */
typedef struct axn_onednn_kernels {
    dnnl_memory_desc_t description;
    char *data; /* [count][bytes] */
    size_t bytes;
    int count;
    dnnl_memory_t *memory; /* [count] */
} axn_onednn_kernels;

struct axn_float_conv {
    axn_onednn *onednn;
    axn_onednn_operation forward, data, weights;
    axn_onednn_operation forward_in, data_in, weights_out; /* ohwi to oneDNN's order and back */
    dnnl_memory_desc_t input, output, kernel;              /* nhwc, nhwc, ohwi */
    dnnl_memory_desc_t kernel_gradient;
    axn_onednn_kernels forward_kernel, data_kernels;
    size_t pad_bytes; /* the most of oneDNN's own scratchpads */
};

axn_status axn_onednn_fail(axn_error *error, dnnl_status_t status, const char *what);

/* To a whole number of cache lines. */
static inline size_t axn_onednn_aligned(size_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

#endif
