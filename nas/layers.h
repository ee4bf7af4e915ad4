/* The trainer's layers as free functions over plain arrays.
 *
 * Tensors of activation codes are planar: [images][channels][height][width] bytes.
 * Reals are scale * (code - zero point), see model/model.h. Gradients are floats of the
 * same layout. Every function works on the images of one shard and is single-threaded;
 * sums over the batch are returned per shard and added by the caller in shard order. */
#ifndef AXN_NAS_LAYERS_H
#define AXN_NAS_LAYERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "model/model.h"
#include "nas/kernel.h"

/* ---- convolution ---- */

typedef struct axn_conv_shape {
    int height, width, channels;
    int units;
    int kernel_h, kernel_w, stride, pad_h, pad_w;
    int out_height, out_width;
} axn_conv_shape;

/* Quantised weights and the multiplier they go through. */
typedef struct axn_conv_weights {
    axn_kernel_gemm *gemm;
    const axn_kernel_table *table;
    const uint8_t *codes; /* [units][kernel_h][kernel_w][channels] */
    const uint8_t *zero;  /* [units] */
    const int32_t *sums;  /* [units] of the codes */
} axn_conv_weights;

/* What batch norm and range observation need of one channel's accumulators. */
typedef struct axn_channel_sums {
    double sum, squares;
    int32_t low, high;
} axn_channel_sums;

/* Bytes of 64-byte aligned scratch axn_conv_forward needs for up to `images` images. */
size_t axn_conv_scratch(const axn_conv_shape *shape, int images);

/* accumulators[images][units][out_height][out_width], exactly as the hardware forms them
 * but without bias; sums[units] over these images. x has zero point zero_x, which also
 * fills the taps outside the map. */
void axn_conv_forward(int32_t *accumulators, axn_channel_sums *sums, const uint8_t *x,
                      const axn_conv_shape *shape, int images, uint8_t zero_x,
                      const axn_conv_weights *weights, void *scratch);

/* ---- dense ---- */

/* accumulators[images][units] = sum of (x - zero_x) * (w - zero_w), exact up to AXN_MAX_TAPS
 * taps; x_centred[images][taps] and weights_centred[units][taps] hold the differences. */
void axn_dense_forward(int32_t *accumulators, axn_channel_sums *sums, const int16_t *x_centred,
                       const int16_t *weights_centred, int images, int units, int taps);

/* output_gradient[images][units], of the real accumulators; x_centred[images][taps] times
 * x_scale is the real input. weight_gradient[units][taps] is overwritten;
 * input_gradient[images][taps] too, NULL = not wanted. */
void axn_dense_backward(float *weight_gradient, float *input_gradient, const float *output_gradient,
                        const int16_t *x_centred, float x_scale, const float *weights_real,
                        int images, int units, int taps);

/* out[pixels][channels] = x[channels][pixels] - zero: an image as a DENSE layer sees it. */
void axn_dense_gather(int16_t *out, const uint8_t *x, int channels, int pixels, int zero);
/* out[channels][pixels] (+)= in[pixels][channels]. */
void axn_dense_scatter(float *out, const float *in, int channels, int pixels, bool accumulate);

/* ---- accumulators to codes: batch norm or bias, ReLU, quantisation ---- */

/* codes[i] = clamp(round(slope * accumulators[i] + offset), low, 255). */
void axn_affine_forward(uint8_t *codes, const int32_t *accumulators, int count, float slope,
                        float offset, int low);

/* First half of the way back. The gradient counts as 0 where the value before the clamp lay at or
 * below `floor` or above 255.5. sums[0] += gradient, sums[1] += gradient * normalised,
 * normalised = accumulators[i] * inverse + centre. */
void axn_affine_backward_sums(double sums[2], const float *gradient, const int32_t *accumulators,
                              int count, float slope, float offset, float floor, float inverse,
                              float centre);

/* Second half: out = a * gradient + b * accumulators + c, the gradient clamped as before, from
 * [images][channels][pixels] to [images][pixels][channels], the order of the float convolutions. */
typedef struct axn_affine_gradient {
    const float *slope, *offset; /* [channels] */
    float floor;
    const float (*coefficients)[3]; /* [channels] a, b, c; NULL: 1, 0, 0 */
} axn_affine_gradient;
void axn_affine_backward(float *out, const float *gradient, const int32_t *accumulators,
                         const axn_affine_gradient *affine, int images, int channels, int pixels);

/* Batch norm of one channel (Ioffe and Szegedy 2015). */
typedef struct axn_batch_norm {
    double gain, shift;    /* parameters */
    double mean, variance; /* of the accumulators */
    double step;           /* real value of one accumulator step */
    double inverse;        /* 1 / sqrt(variance of the reals + epsilon) */
} axn_batch_norm;
#define AXN_BATCH_NORM_EPSILON 1e-5

/* Fills `inverse`; real output = slope * accumulator + offset. */
void axn_batch_norm_affine(axn_batch_norm *norm, double *slope, double *offset);
/* Coefficients of axn_affine_backward (gradient of the reals) from the whole batch's sums
 * over `count` values, and the gradients of gain and shift. */
void axn_batch_norm_backward(const axn_batch_norm *norm, const double sums[2], double count,
                             float *a, float *b, float *c, float *gain_gradient,
                             float *shift_gradient);

/* ---- pooling ---- */

/* Rows and columns each output pixel looks at: [row_begin, row_end) x [column_begin,
 * column_end), never empty, all inside the map. */
typedef struct axn_windows {
    int height, width, out_height, out_width;
    int *row_begin, *row_end, *column_begin, *column_end;
    bool halving;            /* 2 x 2, stride 2 */
    int across, stride, pad; /* kernel, stride, padding of the columns; across 0: they differ */
} axn_windows;

axn_status axn_windows_pool(axn_windows *windows, axn_shape in, const axn_layer *layer,
                            axn_error *error);
/* The larger operand of SUM: [floor(i*H/h), ceil((i+1)*H/h)). */
axn_status axn_windows_adaptive(axn_windows *windows, axn_shape in, axn_shape out,
                                axn_error *error);
void axn_windows_free(axn_windows *windows);

/* Each over `planes` planes (images * channels). */
void axn_max_pool_forward(uint8_t *out, const uint8_t *in, const axn_windows *windows, int planes);
/* The gradient goes to the first largest code of a window. */
void axn_max_pool_backward(float *in_gradient, const float *out_gradient, const uint8_t *in,
                           const axn_windows *windows, int planes, bool accumulate);
/* accumulators = sum of (x - zero) over the window; sums: low and high only. */
void axn_average_pool_forward(int32_t *accumulators, axn_channel_sums *sums, const uint8_t *in,
                              const axn_windows *windows, int planes, int zero);
void axn_average_pool_backward(float *in_gradient, const float *out_gradient,
                               const axn_windows *windows, int planes, float factor,
                               bool accumulate);

/* ---- sum and concatenation ---- */

/* rq(v; m, s) of one operand. */
typedef struct axn_fixed_ratio {
    int16_t mantissa;
    uint8_t shift;
} axn_fixed_ratio;

/* The nearest mantissa and shift to a ratio (may be negative). */
axn_fixed_ratio axn_fixed_ratio_of(double ratio);
int32_t axn_fixed_ratio_apply(int64_t value, axn_fixed_ratio ratio);

/* One operand of SUM: codes (already pooled), NULL where its channels have run out. */
typedef struct axn_sum_operand {
    const uint8_t *codes;
    int zero;
    axn_fixed_ratio ratio;
} axn_sum_operand;

/* codes = clamp(zero + rq(first) + rq(second), low, 255); inside[i] = 1 where the value
 * before the clamp lay within it. */
void axn_sum_forward(uint8_t *codes, uint8_t *inside, const axn_sum_operand *first,
                     const axn_sum_operand *second, int count, int zero, int low, bool relu);
/* Least and greatest of a * (first - zero) + b * (second - zero), extended into
 * range[0] and range[1]. */
void axn_sum_observe(int32_t range[2], const axn_sum_operand *first, int a,
                     const axn_sum_operand *second, int b, int count);
/* out (+)= gradient where inside. */
void axn_masked_gradient(float *out, const float *gradient, const uint8_t *inside, int count,
                         bool accumulate);
/* codes = clamp(zero_out + rq(in - zero_in), 0, 255). */
void axn_requantise_codes(uint8_t *codes, const uint8_t *in, int count, int zero_in, int zero_out,
                          axn_fixed_ratio ratio);
void axn_add_gradient(float *out, const float *gradient, int count, bool accumulate);

/* ---- fake quantisation ---- */

/* Moving range of a tensor's reals, 0 always inside. */
typedef struct axn_range {
    float low, high;
    int32_t batches; /* seen; 0 = not yet set */
} axn_range;

void axn_range_update(axn_range *range, double low, double high);
axn_quantisation axn_range_quantisation(const axn_range *range);

/* Codes of `count` weights of one channel (or of the whole layer), their range being
 * [low, high] extended to contain 0. Returns scale and zero point. */
axn_quantisation axn_weight_quantisation(float low, float high);
void axn_float_range(const float *values, int64_t count, float *low, float *high);
/* codes, their sum, codes - zero and scale * (codes - zero); centred and real may be NULL. */
int32_t axn_quantise_weights(uint8_t *codes, int16_t *centred, float *real, const float *weights,
                             int count, axn_quantisation quantisation);
/* out = scale * (codes - zero). */
void axn_dequantise(float *out, const uint8_t *codes, int64_t count, float scale, int zero);

/* ---- between planes and the pixel by pixel order of the float convolutions ---- */

/* out[images][pixels][channels] = scale * (codes - zero), or values[codes], of
 * codes[images][channels][pixels]; values[256]. */
void axn_dequantise_nhwc(float *out, const uint8_t *codes, float scale, int zero, int images,
                         int channels, int pixels);
void axn_map_codes_nhwc(float *out, const uint8_t *codes, const float *values, int images,
                        int channels, int pixels);
/* out[images][channels][pixels] (+)= in[images][pixels][channels], each value times
 * factors[code] unless factors is NULL; codes lie as out. */
void axn_gradient_from_nhwc(float *out, const float *in, const uint8_t *codes, const float *factors,
                            int images, int channels, int pixels, bool accumulate);
/* totals[channels] of values[pixels][channels]. */
void axn_channel_totals_nhwc(double *totals, const float *values, int channels, int64_t pixels);

/* ---- loss ---- */

/* Softmax cross-entropy with label smoothing (Szegedy et al. 2016) over logits
 * [images][classes]: returns the sum of the losses, counts hits (ties go to the lowest
 * class) and writes gradient = (softmax - target) * factor. */
double axn_loss(float *gradient, int *correct, const float *logits, const uint8_t *labels,
                int images, int classes, double smoothing, float factor);

#endif
