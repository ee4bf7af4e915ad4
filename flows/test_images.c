#include "flows/test_images.h"

#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "common/random.h"

#define NOISE_IMAGES 16 /* when no number is asked for */

static axn_status make_noise(size_t bytes, int count, axn_test_images *out, axn_error *error)
{
    axn_random random = axn_random_stream(1, AXN_RANDOM_TEST, 0, 0);
    axn_status status = axn_allocate(&out->noise, bytes, (size_t)count, "noise images", error);
    for (size_t i = 0; i < bytes * (size_t)count && status == AXN_OK; i++) {
        out->noise[i] = (uint8_t)(axn_random_u32(&random) >> 24);
    }
    return status;
}

static axn_status load_dataset(const axn_model *model, const char *name, const char *folder,
                               axn_test_images *out, axn_error *error)
{
    axn_shape wanted = model->network.layers[0].output;
    axn_status status = axn_dataset_load(name, folder, &out->dataset, error);
    if (status != AXN_OK) {
        return status;
    }
    axn_shape found = out->dataset.shape;
    if (found.height != wanted.height || found.width != wanted.width ||
        found.channels != wanted.channels) {
        return axn_fail(error, AXN_ERROR_USAGE,
                        "data set %s has images of %d x %d x %d, the model takes %d x %d x %d",
                        name, found.height, found.width, found.channels, wanted.height,
                        wanted.width, wanted.channels);
    }
    return AXN_OK;
}

axn_status axn_test_images_load(const axn_model *model, const char *name, const char *folder,
                                int count, axn_test_images *out, axn_error *error)
{
    size_t bytes = (size_t)axn_shape_size(model->network.layers[0].output);
    const uint8_t *pixels = NULL;
    axn_status status;
    *out = (axn_test_images){0};
    name = name != NULL ? name : model->dataset;
    if (strcmp(name, AXN_NOISE_DATASET) == 0) {
        out->count = count > 0 ? count : NOISE_IMAGES;
        status = make_noise(bytes, out->count, out, error);
        pixels = out->noise;
    } else {
        status = load_dataset(model, name, folder, out, error);
        int available = out->dataset.test.count;
        out->count = count > 0 && count < available ? count : available;
        pixels = out->dataset.test.pixels;
        out->labels = out->dataset.test.labels;
    }
    if (status == AXN_OK) {
        status =
            axn_allocate(&out->images, (size_t)out->count, sizeof *out->images, "images", error);
    }
    for (int i = 0; i < out->count && status == AXN_OK; i++) {
        out->images[i] = pixels + (size_t)i * bytes;
    }
    if (status != AXN_OK) {
        axn_test_images_free(out);
    }
    return status;
}

void axn_test_images_free(axn_test_images *images)
{
    axn_dataset_free(&images->dataset);
    free(images->noise);
    free(images->images);
    *images = (axn_test_images){0};
}
