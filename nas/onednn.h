/* Float convolutions, backward, through oneDNN: the only place that calls it.
 *
 * Each call runs on the calling thread alone (oneDNN's weight gradients depend on the
 * number of OpenMP threads), so results depend neither on the pool nor on the thread. */
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

/* Gradients of one convolution for a fixed number of images. */
typedef struct axn_float_conv axn_float_conv;

/* input_gradient: false leaves out the gradient of the input. */
axn_status axn_float_conv_create(axn_onednn *onednn, const axn_conv_shape *shape, int images,
                                 bool input_gradient, axn_float_conv **out, axn_error *error);
void axn_float_conv_free(axn_float_conv *conv);

/* Bytes of scratch (64-byte aligned) that axn_float_conv_backward needs. */
size_t axn_float_conv_scratch(const axn_float_conv *conv);

/* Takes over weights [units][kernel_h][kernel_w][channels]; before the backward calls of a
 * batch, by one thread. */
axn_status axn_float_conv_weights(axn_float_conv *conv, int thread, const float *weights,
                                  axn_error *error);

/* input          [images][channels][height][width]
 * output_gradient[images][units][out_height][out_width]
 * weight_gradient[units][kernel_h][kernel_w][channels], overwritten
 * input_gradient as input, NULL = not wanted; added to if `accumulate`, else overwritten. */
axn_status axn_float_conv_backward(const axn_float_conv *conv, int thread, const float *input,
                                   const float *output_gradient, float *weight_gradient,
                                   float *input_gradient, bool accumulate, void *scratch,
                                   axn_error *error);

#endif
