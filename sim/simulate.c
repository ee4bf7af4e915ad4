#include "sim/simulate.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/interrupt.h"
#include "common/memory.h"
#include "common/parallel.h"
#include "common/progress.h"
#include "sim/bench_output.h"
#include "sim/vectors.h"

#define MAX_CHUNK_BYTES ((size_t)16 << 20) /* bounds memory and temporary files */
#define LEAST_CHUNKS_A_THREAD 4            /* for balance and for the progress bar */

typedef struct chunk {
    int first, count;
    axn_status status;
    axn_error error;
    axn_bench_output *output;
} chunk;

typedef struct job {
    const axn_accelerator *accelerator;
    const axn_simulator *simulator;
    const uint8_t *const *images;
    char folder[AXN_PATH_MAX]; /* temporary */
    chunk *chunks;
    int *classes; /* [count] */
    int count;
    pthread_mutex_t lock; /* of what follows */
    axn_progress progress;
    int done;
    bool stopped;
} job;

/* Vectors of one chunk in a file of its own. */
static axn_status write_vectors(const job *work, const chunk *at, const char *path,
                                axn_error *error)
{
    const axn_model *model = &work->accelerator->model;
    axn_golden_buffers buffers = {0};
    axn_buffer vectors = {0};
    axn_status status = axn_golden_buffers_create(&model->network, &buffers, error);
    for (int i = at->first; i < at->first + at->count && status == AXN_OK; i++) {
        axn_vector_append(model, work->accelerator->tables, work->images[i], &buffers, &vectors);
        status = axn_interrupt_check(error);
    }
    if (status == AXN_OK && vectors.failed) {
        status = axn_fail(error, AXN_ERROR_MEMORY, "out of memory for vectors");
    }
    if (status == AXN_OK) {
        status = axn_file_write(path, vectors.data, vectors.length, error);
    }
    axn_golden_buffers_free(&buffers);
    axn_buffer_free(&vectors);
    return status;
}

/* The last lines of what a simulator printed, for a message. */
static const char *tail(const axn_buffer *output)
{
    size_t from = output->length > 300 ? output->length - 300 : 0;
    return output->data != NULL ? output->data + from : "";
}

/* All images, all bytes. */
static axn_status judge_chunk(const job *work, const chunk *at, const axn_buffer *printed,
                              axn_error *error)
{
    const axn_network *network = &work->accelerator->model.network;
    int64_t logit_bytes = 4 * (int64_t)network->layers[network->count - 1].units;
    int64_t wanted = at->count * ((int64_t)axn_vector_checked_bytes(network) - logit_bytes);
    if (at->output->images != at->count ||
        (at->output->bytes != wanted && at->output->mismatches == 0)) {
        return axn_fail(error, AXN_ERROR_TOOL, "the simulation of images %d to %d ended early: %s",
                        at->first, at->first + at->count - 1, tail(printed));
    }
    return AXN_OK;
}

static axn_status simulate_chunk(const job *work, chunk *at, int number, axn_error *error)
{
    char path[AXN_PATH_MAX], name[32];
    axn_buffer printed = {0};
    snprintf(name, sizeof name, "vectors-%d.bin", number);
    axn_status status = axn_path_join(path, work->folder, name, error);
    if (status == AXN_OK) {
        status = write_vectors(work, at, path, error);
    }
    if (status == AXN_OK) {
        status = axn_simulator_run(work->simulator, path, &printed, error);
        remove(path);
    }
    if (status == AXN_OK) {
        at->output->classes = work->classes + at->first;
        at->output->capacity = at->count;
        axn_bench_output_read(printed.data != NULL ? printed.data : "", at->output);
        status = judge_chunk(work, at, &printed, error);
    }
    axn_buffer_free(&printed);
    return status;
}

static void run_chunk(void *context, int part, int thread)
{
    job *work = context;
    chunk *at = &work->chunks[part];
    (void)thread;
    pthread_mutex_lock(&work->lock);
    bool stopped = work->stopped;
    pthread_mutex_unlock(&work->lock);
    if (stopped) { /* another chunk has failed: join reports that one */
        return;
    }
    at->status = simulate_chunk(work, at, part, &at->error);
    pthread_mutex_lock(&work->lock);
    work->stopped = work->stopped || at->status != AXN_OK;
    work->done += at->count;
    axn_progress_update(&work->progress, work->done, NULL);
    pthread_mutex_unlock(&work->lock);
}

static int chunk_size(const axn_network *network, int count, int threads)
{
    int most = (int)(MAX_CHUNK_BYTES / axn_vector_bytes(network));
    int wanted = (count + threads * LEAST_CHUNKS_A_THREAD - 1) / (threads * LEAST_CHUNKS_A_THREAD);
    most = most < 1 ? 1 : most;
    return wanted < most ? wanted : most;
}

static axn_status make_chunks(job *work, int size, int *chunks, axn_error *error)
{
    *chunks = (work->count + size - 1) / size;
    axn_status status =
        axn_allocate(&work->chunks, (size_t)*chunks, sizeof *work->chunks, "chunks", error);
    for (int i = 0; i < *chunks && status == AXN_OK; i++) {
        chunk *at = &work->chunks[i];
        at->first = i * size;
        at->count = work->count - at->first < size ? work->count - at->first : size;
        status = axn_allocate(&at->output, 1, sizeof *at->output, "chunks", error);
    }
    return status;
}

/* Cycles of every layer must be the same in every chunk (the bench compares the images
 * within one). */
static void join_chunk(const job *work, const chunk *at, axn_simulation *out)
{
    const axn_bench_output *first = work->chunks[0].output;
    const axn_network *network = &work->accelerator->model.network;
    /* The bench counts the bytes in the arena; it compares the logits too. */
    int64_t logit_bytes = 4 * (int64_t)network->layers[network->count - 1].units;
    out->mismatches += at->output->mismatches;
    out->bytes_checked += at->output->bytes + (int64_t)at->count * logit_bytes;
    if (out->first_mismatch[0] == '\0' && at->output->first_mismatch[0] != '\0') {
        axn_bench_mismatch_text(at->output->first_mismatch, network, at->first, out->first_mismatch,
                                sizeof out->first_mismatch);
        if (sscanf(out->first_mismatch, "image %d", &out->first_mismatch_image) != 1) {
            out->first_mismatch_image = at->first;
        }
    }
    bool differs =
        at->output->cycles != first->cycles ||
        memcmp(at->output->layer_cycles, first->layer_cycles, sizeof first->layer_cycles) != 0;
    if (differs) {
        out->mismatches++;
        if (out->first_mismatch[0] == '\0') {
            snprintf(out->first_mismatch, sizeof out->first_mismatch,
                     "image %d takes other cycles than image 0", at->first);
            out->first_mismatch_image = at->first;
        }
    }
}

static axn_status fill_layers(const axn_accelerator *accelerator, const axn_bench_output *first,
                              axn_simulation *out, axn_error *error)
{
    const axn_cycles *model = &accelerator->cycles;
    double cells = (double)accelerator->manifest.array.rows * accelerator->manifest.array.cols;
    int64_t convolution_cycles = 0, multiplications = 0;
    axn_status status = axn_allocate(&out->layers, (size_t)model->layer_count, sizeof *out->layers,
                                     "layers", error);
    if (status != AXN_OK) {
        return status;
    }
    out->layer_count = model->layer_count;
    for (int i = 0; i < model->layer_count; i++) {
        const axn_layer_cycles *at = &model->layers[i];
        axn_simulation_layer *layer = &out->layers[i];
        *layer = (axn_simulation_layer){.layer = at->layer,
                                        .cycles = first->layer_cycles[at->layer],
                                        .cycles_model = at->cycles,
                                        .tiling_bound = at->tiling_bound};
        if (at->multiplications > 0 && layer->cycles > 0) {
            layer->utilisation = (double)at->multiplications / (cells * (double)layer->cycles);
            convolution_cycles += layer->cycles;
            multiplications += at->multiplications;
        }
    }
    out->cycles_per_image = first->cycles;
    out->cycles_per_image_model = model->cycles_per_image;
    if (convolution_cycles > 0) {
        out->utilisation = (double)multiplications / (cells * (double)convolution_cycles);
    }
    if (first->cycles > 0) {
        out->utilisation_total = (double)multiplications / (cells * (double)first->cycles);
    }
    return AXN_OK;
}

static axn_status join(const job *work, int chunks, const uint8_t *labels, axn_simulation *out,
                       axn_error *error)
{
    for (int i = 0; i < chunks; i++) {
        if (work->chunks[i].status != AXN_OK) {
            return axn_fail(error, work->chunks[i].status, "%s", work->chunks[i].error.message);
        }
    }
    out->images = work->count;
    out->first_mismatch_image = -1;
    out->layers_checked = work->accelerator->model.network.count - 1;
    out->correct = labels != NULL ? 0 : -1;
    for (int i = 0; i < chunks; i++) {
        join_chunk(work, &work->chunks[i], out);
    }
    for (int i = 0; i < work->count && labels != NULL; i++) {
        out->correct += work->classes[i] == labels[i];
    }
    return fill_layers(work->accelerator, work->chunks[0].output, out, error);
}

static void free_job(job *work, int chunks)
{
    for (int i = 0; i < chunks && work->chunks != NULL; i++) {
        free(work->chunks[i].output);
    }
    free(work->chunks);
    free(work->classes);
    if (work->folder[0] != '\0') {
        axn_folder_remove(work->folder, NULL);
    }
    pthread_mutex_destroy(&work->lock);
}

axn_status axn_simulate(const axn_accelerator *accelerator, const axn_simulator *simulator,
                        const uint8_t *const *images, const uint8_t *labels, int count, int threads,
                        axn_simulation *out, axn_error *error)
{
    job work = {.accelerator = accelerator,
                .simulator = simulator,
                .images = images,
                .count = count,
                .lock = PTHREAD_MUTEX_INITIALIZER};
    axn_pool *pool = NULL;
    int chunks = 0;
    *out = (axn_simulation){0};
    axn_status status = axn_pool_create(threads, &pool, error);
    if (status != AXN_OK) {
        goto done;
    }
    status = axn_allocate(&work.classes, (size_t)count, sizeof *work.classes, "classes", error);
    if (status == AXN_OK) {
        int size = chunk_size(&accelerator->model.network, count, axn_pool_threads(pool));
        status = make_chunks(&work, size, &chunks, error);
    }
    if (status == AXN_OK) {
        status = axn_folder_temporary(work.folder, error);
    }
    if (status == AXN_OK) {
        axn_progress_start(&work.progress, "simulation", count);
        axn_pool_run(pool, chunks, run_chunk, &work);
        axn_progress_end(&work.progress, NULL);
        status = join(&work, chunks, labels, out, error);
    }
done:
    axn_pool_destroy(pool);
    free_job(&work, chunks);
    if (status != AXN_OK) {
        axn_simulation_free(out);
    }
    return status;
}

void axn_simulation_free(axn_simulation *simulation)
{
    free(simulation->layers);
    *simulation = (axn_simulation){0};
}
