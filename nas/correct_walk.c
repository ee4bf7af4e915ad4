/* The calibration images, layer after layer. */
#include <limits.h>
#include <math.h>
#include <stdlib.h>

#include "common/memory.h"
#include "nas/correct_internal.h"

#define MAP_BYTES ((int64_t)1 << 30)

/* last_use[i] = the last layer that reads layer i's map (i itself if none does). */
static void find_last_use(const axn_network *network, int *last_use)
{
    for (int i = 0; i < network->count; i++) {
        last_use[i] = i;
        for (int k = 0; k < network->layers[i].input_count; k++) {
            last_use[network->layers[i].inputs[k]] = i;
        }
    }
}

int axn_calibration_most(const axn_model *model)
{
    const axn_network *network = &model->network;
    int last_use[AXN_MAX_LAYERS];
    int64_t alive = 0, most = 1;
    find_last_use(network, last_use);
    for (int i = 0; i < network->count; i++) {
        alive += axn_shape_size(network->layers[i].output);
        most = alive > most ? alive : most;
        for (int k = 0; k <= i; k++) {
            alive -= last_use[k] == i ? axn_shape_size(network->layers[k].output) : 0;
        }
    }
    int64_t count = MAP_BYTES / most;
    return count < 1 ? 1 : count > INT_MAX ? INT_MAX : (int)count;
}

axn_status axn_calibration_images(const axn_dataset *dataset, const uint32_t *indices,
                                  int available, int count, const uint8_t ***images, int *chosen,
                                  axn_error *error)
{
    const int64_t size = axn_shape_size(dataset->shape);
    const uint8_t **made = NULL;
    count = count < available ? count : available;
    if (count < 1) {
        return axn_fail(error, AXN_ERROR_USAGE, "data set \"%s\" has no images to calibrate with",
                        dataset->name);
    }
    axn_status status =
        axn_allocate(&made, (size_t)count, sizeof *made, "calibration images", error);
    for (int64_t i = 0; i < count && status == AXN_OK; i++) {
        int64_t place = i * available / count;
        made[i] = dataset->train.pixels + size * (indices != NULL ? indices[place] : place);
    }
    *images = made;
    *chosen = count;
    return status;
}

/* ---- maps ---- */

axn_status axn_walk_renew(axn_walk *walk, axn_error *error)
{
    axn_inference_free(walk->inference);
    walk->inference = NULL;
    return axn_inference_create(walk->model, walk->tables, walk->calibration->pool,
                                &walk->inference, error);
}

axn_status axn_walk_start(axn_walk *walk, axn_model *model, const axn_table *tables,
                          const axn_calibration *calibration, axn_error *error)
{
    size_t layers = (size_t)model->network.count;
    *walk = (axn_walk){.model = model, .tables = tables, .calibration = calibration};
    if (calibration->count < 1 || calibration->count > axn_calibration_most(model)) {
        return axn_fail(error, AXN_ERROR_LIMIT,
                        "%d calibration images, but this network allows 1 .. %d",
                        calibration->count, axn_calibration_most(model));
    }
    axn_status status = axn_allocate(&walk->maps, layers, sizeof *walk->maps, "maps", error);
    if (status == AXN_OK) {
        status = axn_allocate(&walk->last_use, layers, sizeof *walk->last_use, "maps", error);
    }
    if (status == AXN_OK) {
        find_last_use(&model->network, walk->last_use);
        status = axn_walk_renew(walk, error);
    }
    return status;
}

void axn_walk_end(axn_walk *walk)
{
    for (int i = 0; walk->maps != NULL && i < walk->model->network.count; i++) {
        free(walk->maps[i]);
    }
    free((void *)walk->maps);
    free(walk->last_use);
    axn_inference_free(walk->inference);
    *walk = (axn_walk){0};
}

static void place_map(const axn_walk *walk, axn_batch_view *view, int layer)
{
    int64_t size = axn_shape_size(walk->model->network.layers[layer].output);
    if (walk->maps[layer] != NULL) {
        view->slots[walk->inference->slot[layer]] = walk->maps[layer] + view->first * size;
    }
}

void axn_walk_view(const axn_walk *walk, int layer, int part, int thread, axn_batch_view *view)
{
    const axn_layer *at = &walk->model->network.layers[layer];
    int batch = walk->inference->batch, left = walk->calibration->count - part * batch;
    view->scratch = walk->inference->scratch[thread];
    view->scratch.slots = view->slots;
    view->first = part * batch;
    view->count = left < batch ? left : batch;
    for (int k = 0; k < at->input_count; k++) {
        place_map(walk, view, at->inputs[k]);
    }
    place_map(walk, view, layer);
}

int axn_walk_batches(const axn_walk *walk)
{
    return (walk->calibration->count + walk->inference->batch - 1) / walk->inference->batch;
}

typedef struct layer_job {
    const axn_walk *walk;
    int layer;
} layer_job;

static void make_maps(void *context, int part, int thread)
{
    const layer_job *job = context;
    const axn_walk *walk = job->walk;
    const axn_inference *inference = walk->inference;
    axn_layer_kind kind = walk->model->network.layers[job->layer].kind;
    axn_batch_view view;
    axn_walk_view(walk, job->layer, part, thread, &view);
    if (kind == AXN_LAYER_INPUT) {
        axn_inference_take_images(inference, &view.scratch, walk->calibration->images + view.first,
                                  view.count);
    } else if (kind == AXN_LAYER_CONV || kind == AXN_LAYER_DENSE) {
        axn_inference_product_layer(inference, &view.scratch, job->layer, view.count, NULL);
    } else {
        axn_inference_other_layer(inference, &view.scratch, job->layer, view.count);
    }
}

axn_status axn_walk_layer(axn_walk *walk, int layer, axn_error *error)
{
    const axn_network *network = &walk->model->network;
    size_t size = (size_t)axn_shape_size(network->layers[layer].output);
    if (layer == network->count - 1) {
        return AXN_OK; /* logits, which nobody measures */
    }
    axn_status status = axn_allocate(&walk->maps[layer], (size_t)walk->calibration->count, size,
                                     "maps of the calibration images", error);
    if (status != AXN_OK) {
        return status;
    }
    layer_job job = {walk, layer};
    axn_pool_run(walk->calibration->pool, axn_walk_batches(walk), make_maps, &job);
    for (int i = 0; i <= layer; i++) {
        if (walk->last_use[i] <= layer) {
            free(walk->maps[i]);
            walk->maps[i] = NULL;
        }
    }
    return AXN_OK;
}

axn_status axn_walk_report(const axn_walk *walk, int done, axn_error *error)
{
    const axn_calibration *calibration = walk->calibration;
    const int total = walk->model->network.count;
    if (calibration->report != NULL && !calibration->report(calibration->context, done, total)) {
        return axn_fail(error, AXN_ERROR_INTERRUPTED, "interrupted");
    }
    return AXN_OK;
}

/* ---- activations ---- */

typedef struct activation_job {
    const axn_walk *walk;
    int layer;
    uint64_t (*counts)[256]; /* [thread] */
} activation_job;

static void count_activations(void *context, int part, int thread)
{
    const activation_job *job = context;
    const axn_inference *inference = job->walk->inference;
    const axn_inference_product *product = &inference->products[job->layer];
    axn_shape shape = job->walk->model->network.layers[job->layer].output;
    uint64_t *counts = job->counts[thread];
    axn_batch_view view;
    axn_walk_view(job->walk, job->layer, part, thread, &view);
    int columns = view.count * shape.height * shape.width;
    axn_inference_prepare(inference, &view.scratch, job->layer, view.count);
    for (int first = 0; first < columns; first += product->tile) {
        int count = columns - first < product->tile ? columns - first : product->tile;
        axn_inference_columns(inference, &view.scratch, job->layer, first, count);
        for (int k = 0; k < product->taps; k++) {
            const uint8_t *row = view.scratch.x + (int64_t)k * product->tile;
            for (int n = 0; n < count; n++) {
                counts[row[n]]++;
            }
        }
    }
}

axn_status axn_walk_activations(const axn_walk *walk, int layer, uint64_t activations[256],
                                axn_error *error)
{
    int threads = axn_pool_threads(walk->calibration->pool);
    activation_job job = {walk, layer, NULL};
    axn_status status =
        axn_allocate(&job.counts, (size_t)threads, sizeof *job.counts, "a histogram", error);
    if (status != AXN_OK) {
        return status;
    }
    axn_pool_run(walk->calibration->pool, axn_walk_batches(walk), count_activations, &job);
    for (int code = 0; code < 256; code++) {
        activations[code] = 0;
        for (int t = 0; t < threads; t++) {
            activations[code] += job.counts[t][code];
        }
    }
    free(job.counts);
    return AXN_OK;
}
