#include "sim/record.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/memory.h"
#include "common/parallel.h"
#include "sim/bench_output.h"
#include "sim/vectors.h"

typedef struct recording {
    axn_status status;
    axn_error error;
    axn_bench_output output;
    int class;
} recording;

typedef struct job {
    const axn_accelerator *accelerator;
    const axn_simulator *simulator;
    const uint8_t *const *images;
    const char *folder;
    recording *recordings;
} job;

axn_status axn_record_path(const char *folder, int number, char out[AXN_PATH_MAX], axn_error *error)
{
    char name[32];
    snprintf(name, sizeof name, "stream-%d.txt", number);
    return axn_path_join(out, folder, name, error);
}

static axn_status write_vector(const job *work, int number, const char *path, axn_error *error)
{
    const axn_model *model = &work->accelerator->model;
    axn_golden_buffers buffers = {0};
    axn_buffer vector = {0};
    axn_status status = axn_golden_buffers_create(&model->network, &buffers, error);
    if (status == AXN_OK) {
        axn_vector_append(model, work->accelerator->tables, work->images[number], &buffers,
                          &vector);
        status = vector.failed ? axn_fail(error, AXN_ERROR_MEMORY, "out of memory for vectors")
                               : axn_file_write(path, vector.data, vector.length, error);
    }
    axn_golden_buffers_free(&buffers);
    axn_buffer_free(&vector);
    return status;
}

static axn_status judge(const job *work, int number, const axn_buffer *printed, axn_error *error)
{
    recording *at = &work->recordings[number];
    char text[512];
    at->output.classes = &at->class;
    at->output.capacity = 1;
    axn_bench_output_read(printed->data != NULL ? printed->data : "", &at->output);
    if (at->output.mismatches > 0) {
        axn_bench_mismatch_text(at->output.first_mismatch, &work->accelerator->model.network,
                                number, text, sizeof text);
        return axn_fail(error, AXN_ERROR_MISMATCH,
                        "the accelerator differs from the golden model, first: %s", text);
    }
    if (at->output.images != 1 || at->output.cycles <= 0) {
        return axn_fail(error, AXN_ERROR_TOOL, "the simulation of image %d ended early", number);
    }
    return AXN_OK;
}

static axn_status record_image(const job *work, int number, axn_error *error)
{
    char vector[AXN_PATH_MAX], stream[AXN_PATH_MAX], name[32];
    axn_buffer printed = {0};
    snprintf(name, sizeof name, "vector-%d.bin", number);
    axn_status status = axn_path_join(vector, work->folder, name, error);
    if (status == AXN_OK) {
        status = axn_record_path(work->folder, number, stream, error);
    }
    if (status == AXN_OK) {
        status = write_vector(work, number, vector, error);
    }
    if (status == AXN_OK) {
        status = axn_simulator_record(work->simulator, vector, stream, &printed, error);
    }
    if (status == AXN_OK) {
        status = judge(work, number, &printed, error);
    }
    axn_buffer_free(&printed);
    return status;
}

static void run_part(void *context, int part, int thread)
{
    const job *work = context;
    recording *at = &work->recordings[part];
    (void)thread;
    at->status = record_image(work, part, &at->error);
}

axn_status axn_record(const axn_accelerator *accelerator, const axn_simulator *simulator,
                      const uint8_t *const *images, int count, int threads, const char *folder,
                      int64_t *cycles_per_image, axn_error *error)
{
    job work = {
        .accelerator = accelerator, .simulator = simulator, .images = images, .folder = folder};
    axn_pool *pool = NULL;
    *cycles_per_image = 0;
    axn_status status = axn_pool_create(threads, &pool, error);
    if (status == AXN_OK) {
        status = axn_allocate(&work.recordings, (size_t)count, sizeof *work.recordings,
                              "recordings", error);
    }
    if (status == AXN_OK) {
        axn_pool_run(pool, count, run_part, &work);
    }
    for (int i = 0; i < count && status == AXN_OK; i++) {
        const recording *at = &work.recordings[i];
        if (at->status != AXN_OK) {
            status = axn_fail(error, at->status, "%s", at->error.message);
        } else if (i > 0 && at->output.cycles != *cycles_per_image) {
            status =
                axn_fail(error, AXN_ERROR_MISMATCH, "image %d takes other cycles than image 0", i);
        }
        *cycles_per_image = at->output.cycles;
    }
    free(work.recordings);
    axn_pool_destroy(pool);
    return status;
}
