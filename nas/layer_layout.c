/* Between planes (nchw: codes and their gradients) and the pixel by pixel order (nhwc) of the
 * float convolutions. What has to be done to each value is done on the way. */
#include "nas/layers.h"
#include "nas/vectorise.h"

#define BLOCK 16 /* channels at once */
#define RUN 64   /* pixels at once: a block stays in the L1 cache */

typedef float quad __attribute__((vector_size(16)));
typedef float loose_quad __attribute__((vector_size(16), aligned(4), may_alias));

static inline quad load_quad(const float *from)
{
    return *(const loose_quad *)(const void *)from;
}

static inline void store_quad(float *to, quad v)
{
    *(loose_quad *)(void *)to = v;
}

/* to[j][i] = from[i][j] for 4 x 4 values. */
static inline void transpose_quad(float *to, ptrdiff_t to_pitch, const float *from,
                                  ptrdiff_t from_pitch)
{
    const quad a = load_quad(from), b = load_quad(from + from_pitch);
    const quad c = load_quad(from + 2 * from_pitch), d = load_quad(from + 3 * from_pitch);
    const quad ab_low = __builtin_shufflevector(a, b, 0, 4, 1, 5);
    const quad ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
    const quad cd_low = __builtin_shufflevector(c, d, 0, 4, 1, 5);
    const quad cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
    store_quad(to, __builtin_shufflevector(ab_low, cd_low, 0, 1, 4, 5));
    store_quad(to + to_pitch, __builtin_shufflevector(ab_low, cd_low, 2, 3, 6, 7));
    store_quad(to + 2 * to_pitch, __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5));
    store_quad(to + 3 * to_pitch, __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7));
}

/* to[columns][rows] = from[rows][columns]. */
static void transpose(float *to, ptrdiff_t to_pitch, const float *from, ptrdiff_t from_pitch,
                      int rows, int columns)
{
    const int whole_rows = rows / 4 * 4, whole_columns = columns / 4 * 4;
    for (int j = 0; j < whole_columns; j += 4) {
        for (int i = 0; i < whole_rows; i += 4) {
            transpose_quad(to + j * to_pitch + i, to_pitch, from + i * from_pitch + j, from_pitch);
        }
    }
    for (int j = 0; j < columns; j++) {
        for (int i = j < whole_columns ? whole_rows : 0; i < rows; i++) {
            to[j * to_pitch + i] = from[i * from_pitch + j];
        }
    }
}

/* A block of channels and pixels, and where it lies in both orders. */
typedef struct block {
    int channels, pixels; /* of the block */
    ptrdiff_t planar;     /* of its first value; a plane is `plane` values long */
    ptrdiff_t inner;
} block;

static block block_at(int image, int channel, int pixel, int channels, int pixels)
{
    const ptrdiff_t base = (ptrdiff_t)image * channels * pixels;
    return (block){.channels = channels - channel < BLOCK ? channels - channel : BLOCK,
                   .pixels = pixels - pixel < RUN ? pixels - pixel : RUN,
                   .planar = base + (ptrdiff_t)channel * pixels + pixel,
                   .inner = base + (ptrdiff_t)pixel * channels + channel};
}

AXN_VECTORISE static void map_codes(float *restrict out, const uint8_t *restrict codes, int count,
                                    const float *restrict values)
{
    for (int i = 0; i < count; i++) {
        out[i] = values[codes[i]];
    }
}

static void spread_codes(float *out, const uint8_t *codes, const float *values, float scale,
                         int zero, int images, int channels, int pixels)
{
    float rows[BLOCK][RUN];
    for (int image = 0; image < images; image++) {
        for (int pixel = 0; pixel < pixels; pixel += RUN) {
            for (int channel = 0; channel < channels; channel += BLOCK) {
                const block b = block_at(image, channel, pixel, channels, pixels);
                for (int c = 0; c < b.channels; c++) {
                    const uint8_t *from = codes + b.planar + (ptrdiff_t)c * pixels;
                    if (values != NULL) {
                        map_codes(rows[c], from, b.pixels, values);
                    } else {
                        axn_dequantise(rows[c], from, b.pixels, scale, zero);
                    }
                }
                transpose(out + b.inner, channels, rows[0], RUN, b.channels, b.pixels);
            }
        }
    }
}

void axn_dequantise_nhwc(float *out, const uint8_t *codes, float scale, int zero, int images,
                         int channels, int pixels)
{
    spread_codes(out, codes, NULL, scale, zero, images, channels, pixels);
}

void axn_map_codes_nhwc(float *out, const uint8_t *codes, const float *values, int images,
                        int channels, int pixels)
{
    spread_codes(out, codes, values, 0, 0, images, channels, pixels);
}

AXN_VECTORISE static void clamped_row(float *restrict out, const float *restrict gradient,
                                      const int32_t *restrict accumulators, int count, float slope,
                                      float offset, float floor, const float k[3])
{
    const float a = k[0], b = k[1], c = k[2];
    for (int i = 0; i < count; i++) {
        const float x = (float)accumulators[i];
        const float v = slope * x + offset;
        float g = gradient[i];
        g = v > floor ? g : 0.0F;
        g = v <= 255.5F ? g : 0.0F;
        out[i] = a * g + b * x + c;
    }
}

void axn_affine_backward(float *out, const float *gradient, const int32_t *accumulators,
                         const axn_affine_gradient *affine, int images, int channels, int pixels)
{
    static const float same[3] = {1, 0, 0};
    float rows[BLOCK][RUN];
    for (int image = 0; image < images; image++) {
        for (int pixel = 0; pixel < pixels; pixel += RUN) {
            for (int channel = 0; channel < channels; channel += BLOCK) {
                const block b = block_at(image, channel, pixel, channels, pixels);
                for (int c = 0; c < b.channels; c++) {
                    const ptrdiff_t at = b.planar + (ptrdiff_t)c * pixels;
                    const int unit = channel + c;
                    clamped_row(rows[c], gradient + at, accumulators + at, b.pixels,
                                affine->slope[unit], affine->offset[unit], affine->floor,
                                affine->coefficients != NULL ? affine->coefficients[unit] : same);
                }
                transpose(out + b.inner, channels, rows[0], RUN, b.channels, b.pixels);
            }
        }
    }
}

AXN_VECTORISE static void add_mapped(float *restrict out, const float *restrict in,
                                     const uint8_t *restrict codes, int count,
                                     const float *restrict factors, bool accumulate)
{
    if (accumulate) {
        for (int i = 0; i < count; i++) {
            out[i] += factors[codes[i]] * in[i];
        }
    } else {
        for (int i = 0; i < count; i++) {
            out[i] = factors[codes[i]] * in[i];
        }
    }
}

void axn_gradient_from_nhwc(float *out, const float *in, const uint8_t *codes, const float *factors,
                            int images, int channels, int pixels, bool accumulate)
{
    float rows[BLOCK][RUN];
    for (int image = 0; image < images; image++) {
        for (int pixel = 0; pixel < pixels; pixel += RUN) {
            for (int channel = 0; channel < channels; channel += BLOCK) {
                const block b = block_at(image, channel, pixel, channels, pixels);
                if (factors == NULL && !accumulate) {
                    transpose(out + b.planar, pixels, in + b.inner, channels, b.pixels, b.channels);
                    continue;
                }
                transpose(rows[0], RUN, in + b.inner, channels, b.pixels, b.channels);
                for (int c = 0; c < b.channels; c++) {
                    const ptrdiff_t at = b.planar + (ptrdiff_t)c * pixels;
                    if (factors == NULL) {
                        axn_add_gradient(out + at, rows[c], b.pixels, true);
                    } else {
                        add_mapped(out + at, rows[c], codes + at, b.pixels, factors, accumulate);
                    }
                }
            }
        }
    }
}

AXN_VECTORISE static void add_columns(float *restrict sums, const float *restrict values,
                                      int channels, int pixels)
{
    for (int p = 0; p < pixels; p++) {
        for (int c = 0; c < channels; c++) {
            sums[c] += values[(ptrdiff_t)p * channels + c];
        }
    }
}

void axn_channel_totals_nhwc(double *totals, const float *values, int channels, int64_t pixels)
{
    float part[BLOCK * BLOCK];
    for (int c = 0; c < channels; c++) {
        totals[c] = 0;
    }
    if (channels > BLOCK * BLOCK) { /* rare: straight */
        for (int64_t i = 0; i < pixels * channels; i++) {
            totals[i % channels] += (double)values[i];
        }
        return;
    }
    for (int64_t at = 0; at < pixels; at += RUN) {
        const int run = pixels - at < RUN ? (int)(pixels - at) : RUN;
        for (int c = 0; c < channels; c++) {
            part[c] = 0;
        }
        add_columns(part, values + at * channels, channels, run);
        for (int c = 0; c < channels; c++) {
            totals[c] += (double)part[c];
        }
    }
}
