/* Accumulators of one layer over all calibration images, and how far they are off. */
#include <stdlib.h>

#include "common/memory.h"
#include "nas/correct_internal.h"

double axn_moments_mean(const axn_moments *moments, int64_t count)
{
    return (double)moments->sum / (double)count;
}

double axn_moments_mean_square(const axn_moments *moments, int64_t count)
{
    double squares = (double)moments->squares_high * 0x1p32 + (double)moments->squares_low;
    return squares / (double)count;
}

double axn_moments_variance(const axn_moments *moments, int64_t count)
{
    double mean = axn_moments_mean(moments, count);
    double variance = axn_moments_mean_square(moments, count) - mean * mean;
    return variance > 0 ? variance : 0;
}

/* Beyond 32 bits the hardware could not represent it; cut so that the square fits. */
static inline void add_moment(axn_moments *to, int64_t value)
{
    value = value > INT32_MAX ? INT32_MAX : value < -INT32_MAX ? -INT32_MAX : value;
    uint64_t square = (uint64_t)(value * value);
    to->sum += value;
    to->squares_high += square >> 32;
    to->squares_low += square & UINT32_MAX;
}

static void add_moments(axn_moments *to, const axn_moments *from)
{
    to->sum += from->sum;
    to->squares_high += from->squares_high;
    to->squares_low += from->squares_low;
}

/* Of one thread. */
typedef struct measure_scratch {
    int32_t *reference;  /* [units][tile] */
    axn_moments *sums;   /* [variant][units] */
    axn_moments *errors; /* [variant][units] */
} measure_scratch;

typedef struct measure_job {
    const axn_walk *walk;
    int layer;
    axn_kernel_table *reference;
    axn_kernel_table **tables; /* [variant] */
    const axn_variant *variants;
    int variant_count;
    int64_t *constants; /* [variant][units]: K * zx * zw - zx * sum of w */
    measure_scratch *scratch;
} measure_job;

static void add_row(const int32_t *sum, const int32_t *reference, const int32_t *tap_sum, int count,
                    int weight_zero, int64_t constant, axn_moments *sums, axn_moments *errors)
{
    axn_moments own = {0, 0, 0}, error = {0, 0, 0};
    for (int n = 0; n < count; n++) {
        add_moment(&own, sum[n] - (int64_t)weight_zero * tap_sum[n] + constant);
        add_moment(&error, (int64_t)sum[n] - reference[n]);
    }
    add_moments(sums, &own);
    add_moments(errors, &error);
}

static void measure_tile(const measure_job *job, const axn_inference_scratch *scratch, int thread,
                         int count)
{
    const axn_inference *inference = job->walk->inference;
    const axn_inference_product *product = &inference->products[job->layer];
    const axn_model_layer *quantised = &job->walk->model->layers[job->layer];
    const measure_scratch *own = &job->scratch[thread];
    inference->gemm(job->reference, product->units, product->taps, count, quantised->weights,
                    scratch->x, product->tile, own->reference, product->tile);
    for (int v = 0; v < job->variant_count; v++) {
        inference->gemm(job->tables[v], product->units, product->taps, count,
                        job->variants[v].weights, scratch->x, product->tile, scratch->sum,
                        product->tile);
        for (int unit = 0; unit < product->units; unit++) {
            int64_t row = (int64_t)unit * product->tile;
            int place = v * product->units + unit;
            add_row(scratch->sum + row, own->reference + row, scratch->tap_sum, count,
                    quantised->weight_zero[unit], job->constants[place], &own->sums[place],
                    &own->errors[place]);
        }
    }
}

static void measure_batch(void *context, int part, int thread)
{
    const measure_job *job = context;
    const axn_inference *inference = job->walk->inference;
    const axn_inference_product *product = &inference->products[job->layer];
    axn_shape shape = job->walk->model->network.layers[job->layer].output;
    axn_batch_view view;
    axn_walk_view(job->walk, job->layer, part, thread, &view);
    int columns = view.count * shape.height * shape.width;
    axn_inference_prepare(inference, &view.scratch, job->layer, view.count);
    for (int first = 0; first < columns; first += product->tile) {
        int count = columns - first < product->tile ? columns - first : product->tile;
        axn_inference_columns(inference, &view.scratch, job->layer, first, count);
        measure_tile(job, &view.scratch, thread, count);
    }
}

static axn_status make_tables(measure_job *job, const axn_table *reference, bool swap,
                              axn_error *error)
{
    axn_table *exact = NULL;
    axn_status status = axn_allocate(&job->tables, (size_t)job->variant_count,
                                     sizeof(axn_kernel_table *), "tables", error);
    if (status == AXN_OK && reference == NULL) {
        status = axn_allocate(&exact, 1, sizeof *exact, "a table", error);
        if (status == AXN_OK) {
            axn_table_exact(exact);
            reference = exact;
            swap = false;
        }
    }
    if (status == AXN_OK) {
        status = axn_kernel_table_create(reference->product, swap, &job->reference, error);
    }
    for (int v = 0; v < job->variant_count && status == AXN_OK; v++) {
        status = axn_kernel_table_create(job->variants[v].table->product, job->variants[v].swap,
                                         &job->tables[v], error);
    }
    free(exact);
    return status;
}

static axn_status make_scratch(measure_job *job, int threads, axn_error *error)
{
    const axn_inference_product *product = &job->walk->inference->products[job->layer];
    size_t units = (size_t)product->units, places = units * (size_t)job->variant_count;
    axn_status status =
        axn_allocate(&job->scratch, (size_t)threads, sizeof *job->scratch, "sums", error);
    if (status == AXN_OK) {
        status = axn_allocate(&job->constants, places, sizeof(int64_t), "sums", error);
    }
    for (int t = 0; t < threads && status == AXN_OK; t++) {
        measure_scratch *scratch = &job->scratch[t];
        status = axn_allocate_aligned(&scratch->reference, units * (size_t)product->tile,
                                      sizeof(int32_t), "sums", error);
        if (status == AXN_OK) {
            status = axn_allocate(&scratch->sums, places, sizeof(axn_moments), "sums", error);
        }
        if (status == AXN_OK) {
            status = axn_allocate(&scratch->errors, places, sizeof(axn_moments), "sums", error);
        }
    }
    return status;
}

static void find_constants(const measure_job *job)
{
    const axn_model *model = job->walk->model;
    const axn_inference_product *product = &job->walk->inference->products[job->layer];
    const int input = model->network.layers[job->layer].inputs[0];
    const int zero = model->layers[input].output.zero_point;
    for (int v = 0; v < job->variant_count; v++) {
        const uint8_t *weights = job->variants[v].weights;
        for (int unit = 0; unit < product->units; unit++, weights += product->taps) {
            int64_t sum = (int64_t)product->taps * model->layers[job->layer].weight_zero[unit];
            for (int k = 0; k < product->taps; k++) {
                sum -= weights[k];
            }
            job->constants[v * product->units + unit] = zero * sum;
        }
    }
}

static void add_up(const measure_job *job, int threads, axn_variant *variants)
{
    const int units = job->walk->inference->products[job->layer].units;
    for (int v = 0; v < job->variant_count; v++) {
        for (int unit = 0; unit < units; unit++) {
            variants[v].sums[unit] = variants[v].errors[unit] = (axn_moments){0, 0, 0};
            for (int t = 0; t < threads; t++) {
                add_moments(&variants[v].sums[unit], &job->scratch[t].sums[v * units + unit]);
                add_moments(&variants[v].errors[unit], &job->scratch[t].errors[v * units + unit]);
            }
        }
    }
}

static void free_job(measure_job *job, int threads)
{
    for (int t = 0; job->scratch != NULL && t < threads; t++) {
        free(job->scratch[t].reference);
        free(job->scratch[t].sums);
        free(job->scratch[t].errors);
    }
    for (int v = 0; job->tables != NULL && v < job->variant_count; v++) {
        axn_kernel_table_free(job->tables[v]);
    }
    axn_kernel_table_free(job->reference);
    free(job->scratch);
    free(job->constants);
    free((void *)job->tables);
}

axn_status axn_walk_measure(const axn_walk *walk, int layer, const axn_table *reference, bool swap,
                            axn_variant *variants, int variant_count, int64_t *count,
                            axn_error *error)
{
    const int threads = axn_pool_threads(walk->calibration->pool);
    const axn_shape shape = walk->model->network.layers[layer].output;
    measure_job job = {
        .walk = walk, .layer = layer, .variants = variants, .variant_count = variant_count};
    axn_status status = make_tables(&job, reference, swap, error);
    if (status == AXN_OK) {
        status = make_scratch(&job, threads, error);
    }
    if (status == AXN_OK) {
        find_constants(&job);
        axn_pool_run(walk->calibration->pool, axn_walk_batches(walk), measure_batch, &job);
        add_up(&job, threads, variants);
        *count = (int64_t)walk->calibration->count * shape.height * shape.width;
    }
    free_job(&job, threads);
    return status;
}
