/* The trainer's layers in plain fp32, as free functions; convolutions are in onednn.h, the loss
 * in layers.h.
 *
 * Maps are [images][height][width][channels]: what is done channel by channel is done pixel by
 * pixel, and an image is a row of a DENSE layer as it stands. Every function works on the images
 * of one shard and is single-threaded; the order of its additions depends on the shape alone. */
#ifndef AXN_NAS_FLOAT_LAYERS_H
#define AXN_NAS_FLOAT_LAYERS_H

#include "nas/layers.h"

/* What batch norm and range observation need of one channel. */
typedef struct axn_float_sums {
    double sum, squares;
    float low, high;
} axn_float_sums;

/* ---- batch norm or bias, ReLU ---- */

/* Sums of values[pixels][channels] by channel. */
void axn_float_observe(axn_float_sums *sums, const float *values, int channels, int64_t pixels);
/* out = slope[channel] * in + offset[channel], with ReLU not below 0. */
void axn_float_affine(float *out, const float *in, const float *slope, const float *offset,
                      int channels, int64_t pixels, bool relu);
/* First half of the way back: with ReLU, gradient becomes 0 where out is 0. sums[channel][0] +=
 * gradient, [1] += gradient * (in * inverse[channel] + centre[channel]). */
void axn_float_affine_sums(float *gradient, double (*sums)[2], const float *out, const float *in,
                           const float *inverse, const float *centre, int channels, int64_t pixels,
                           bool relu);
/* Second half, batch norm only: gradient = a * gradient + b * in + c, [channel][3]. */
void axn_float_affine_backward(float *gradient, const float *in, const float (*coefficients)[3],
                               int channels, int64_t pixels);

/* ---- fully connected ---- */

/* out[images][units] of x[images][taps] and weights[units][taps]. */
void axn_float_dense(float *out, const float *x, const float *weights, int images, int units,
                     int taps);
/* weight_gradient[units][taps] = output_gradient[images][units]^T x, overwritten. */
void axn_float_dense_weights(float *weight_gradient, const float *output_gradient, const float *x,
                             int images, int units, int taps);
/* input_gradient[images][taps] (+)= output_gradient[images][units] weights. */
void axn_float_dense_input(float *input_gradient, const float *output_gradient,
                           const float *weights, int images, int units, int taps, bool accumulate);

/* ---- pools ---- */

void axn_float_max_pool(float *out, const float *in, const axn_windows *windows, int images,
                        int channels);
/* The gradient goes to the first largest value of a window; room[channels] is scratch. */
void axn_float_max_pool_backward(float *in_gradient, const float *gradient, const float *out,
                                 const float *in, const axn_windows *windows, int images,
                                 int channels, bool accumulate, float *room);
/* out = factor * sum over the window. */
void axn_float_average_pool(float *out, const float *in, const axn_windows *windows, int images,
                            int channels, float factor);
void axn_float_average_pool_backward(float *in_gradient, const float *gradient,
                                     const axn_windows *windows, int images, int channels,
                                     float factor, bool accumulate);

/* ---- sum and concatenation ---- */

/* out[pixels][the larger of channels] = first + second, the missing channels being 0. */
void axn_float_sum(float *out, const float *first, const float *second, const int channels[2],
                   int64_t pixels, bool relu);
/* out[pixels][taken] (+)= the channels from `first` on of in[pixels][channels]; values not NULL:
 * where they, which lie as `in`, are above 0. */
void axn_float_take(float *out, const float *in, const float *values, int channels, int first,
                    int taken, int64_t pixels, bool accumulate);
/* Channels from `first` on of out[pixels][channels] = in[pixels][put]. */
void axn_float_put(float *out, const float *in, int channels, int first, int put, int64_t pixels);
/* Least and greatest, extended into range[0] and range[1]. */
void axn_float_extremes(float range[2], const float *values, int64_t count);

#endif
