#include <string.h>

#include "common/random.h"
#include "nas/trainer_internal.h"

typedef struct placement {
    int down, right; /* where the crop begins, -padding .. padding */
    bool flip;
} placement;

static placement draw(const axn_trainer *trainer, uint32_t image)
{
    const axn_trainer_config *config = &trainer->config;
    placement p = {0};
    if (!trainer->training || (config->crop_padding == 0 && !config->flip)) {
        return p;
    }
    /* Candidates get streams of their own through the seed. */
    uint64_t seed = config->seed + (uint64_t)config->stream * UINT64_C(0x9E3779B97F4A7C15);
    axn_random random =
        axn_random_stream(seed, AXN_RANDOM_AUGMENT, image, (uint32_t)trainer->epoch);
    if (config->crop_padding > 0) {
        uint32_t span = 2 * (uint32_t)config->crop_padding + 1;
        p.down = (int)axn_random_below(&random, span) - config->crop_padding;
        p.right = (int)axn_random_below(&random, span) - config->crop_padding;
    }
    p.flip = config->flip && axn_random_below(&random, 2) == 1;
    return p;
}

void axn_augment(const axn_trainer *trainer, uint8_t *codes, uint32_t image)
{
    const axn_shape shape = trainer->dataset->shape;
    const uint8_t *pixels =
        trainer->dataset->train.pixels + (size_t)image * (size_t)axn_shape_size(shape);
    const placement p = draw(trainer, image);
    const uint8_t zero = trainer->layers[0].output.zero_point;
    if (shape.channels == 1 && p.down == 0 && p.right == 0 && !p.flip) {
        memcpy(codes, pixels, (size_t)axn_shape_size(shape));
        return;
    }
    for (int c = 0; c < shape.channels; c++) {
        for (int row = 0; row < shape.height; row++) {
            int y = row + p.down;
            for (int column = 0; column < shape.width; column++) {
                int x = (p.flip ? shape.width - 1 - column : column) + p.right;
                bool inside = y >= 0 && y < shape.height && x >= 0 && x < shape.width;
                *codes++ = inside ? pixels[((size_t)y * (size_t)shape.width + (size_t)x) *
                                               (size_t)shape.channels +
                                           (size_t)c]
                                  : zero;
            }
        }
    }
}
