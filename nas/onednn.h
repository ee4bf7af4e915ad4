/* Float convolutions through oneDNN; onednn*.c alone call it.
 *
 * All maps are [images][height][width][channels] (nhwc), where oneDNN's convolutions are two
 * to six times faster than channel by channel and need no padding of channels. Each call runs
 * on the calling thread alone (oneDNN's weight gradients depend on the number of OpenMP
 * threads), so results depend neither on the pool nor on the thread. */
#ifndef AXN_NAS_ONEDNN_H
#define AXN_NAS_ONEDNN_H

#include <stdbool.h>
#include <stddef.h>

#include "common/error.h"
#include "nas/layers.h"

typedef struct axn_onednn axn_onednn;

/* For calls from threads 0 .. threads-1 at the same time. */
axn_status axn_onednn_create(int threads, axn_onednn **out, axn_error *error);
void axn_onednn_free(axn_onednn *onednn); /* after all its convolutions */

/* One convolution, forward and backward, for a fixed number of images. */
typedef struct axn_float_conv axn_float_conv;

typedef struct axn_float_conv_use {
    int images;
    bool forward;
    int input_gradients; /* sets of weights for the gradient of the input, 0 = not wanted */
} axn_float_conv_use;

axn_status axn_float_conv_create(axn_onednn *onednn, const axn_conv_shape *shape,
                                 axn_float_conv_use use, axn_float_conv **out, axn_error *error);
void axn_float_conv_free(axn_float_conv *conv);

/* Bytes of the weights that it holds; of NULL 0. */
size_t axn_float_conv_bytes(const axn_float_conv *conv);
/* Bytes of scratch (64-byte aligned) that the calls below need. */
size_t axn_float_conv_scratch(const axn_float_conv *conv);

/* Takes over weights [units][kernel_h][kernel_w][channels] for the way forward, or as set
 * number `set` for the gradient of the input; before the calls of a batch, by one thread. */
axn_status axn_float_conv_set_forward(axn_float_conv *conv, int thread, const float *weights,
                                      void *scratch, axn_error *error);
axn_status axn_float_conv_set_backward(axn_float_conv *conv, int thread, int set,
                                       const float *weights, void *scratch, axn_error *error);

/* output[images][out_height][out_width][units], overwritten as all results here. */
axn_status axn_float_conv_forward(const axn_float_conv *conv, int thread, float *output,
                                  const float *input, void *scratch, axn_error *error);
axn_status axn_float_conv_input_gradient(const axn_float_conv *conv, int thread, int set,
                                         float *input_gradient, const float *output_gradient,
                                         void *scratch, axn_error *error);
/* weight_gradient[units][kernel_h][kernel_w][channels] */
axn_status axn_float_conv_weight_gradient(const axn_float_conv *conv, int thread,
                                          float *weight_gradient, const float *input,
                                          const float *output_gradient, void *scratch,
                                          axn_error *error);

#endif
