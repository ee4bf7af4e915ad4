/* A training step of resnet8 on 32 x 32 x 3 images in batches of 32: plain fp32 (oneDNN's
 * convolutions) beside quantised training through an approximate multiplier, with one thread and
 * with two. The kernels take turns, so that a busy moment of the machine hits none alone. Then
 * the memory that training the largest of many random networks of the search takes. */
#include <stdlib.h>

#include "bench/bench.h"
#include "common/file.h"
#include "common/memory.h"
#include "common/progress.h"
#include "common/random.h"
#include "model/builtin.h"
#include "multipliers/library.h"
#include "nas/genome.h"
#include "nas/trainer.h"

#define MULTIPLIER "evolved_01bc7dee" /* a fifth of the exact one's energy, far from affine */

enum { IMAGES = 640, ROUNDS = 8, CANDIDATES = 2000 };

typedef struct step_kernel {
    const char *name;
    unsigned arithmetic, gradient;
    bool exact;
    int threads;
} step_kernel;

static const step_kernel kernels[] = {
    {"fp32", AXN_ARITHMETIC_FLOAT, AXN_GRADIENT_STRAIGHT_THROUGH, true, 1},
    {"approximate", AXN_ARITHMETIC_QUANTISED, AXN_GRADIENT_STRAIGHT_THROUGH, false, 1},
    {"approximate_table_gradient", AXN_ARITHMETIC_QUANTISED, AXN_GRADIENT_TABLE, false, 1},
    {"exact", AXN_ARITHMETIC_QUANTISED, AXN_GRADIENT_STRAIGHT_THROUGH, true, 1},
    {"fp32_2_threads", AXN_ARITHMETIC_FLOAT, AXN_GRADIENT_STRAIGHT_THROUGH, true, 2},
    {"approximate_2_threads", AXN_ARITHMETIC_QUANTISED, AXN_GRADIENT_STRAIGHT_THROUGH, false, 2},
};
enum { KERNELS = sizeof kernels / sizeof kernels[0] };

typedef struct step_data {
    axn_dataset dataset;
    uint32_t indices[IMAGES];
    axn_network network;
    axn_table tables[2]; /* exact, approximate */
    axn_pool *pools[2];  /* of one thread and of two */
    axn_trainer *trainers[KERNELS];
} step_data;

static axn_status make_images(step_data *d, axn_error *error)
{
    const size_t size = (size_t)32 * 32 * 3;
    axn_random random = axn_random_stream(1, AXN_RANDOM_TEST, 0, 0);
    d->dataset = (axn_dataset){
        .name = "noise", .shape = {32, 32, 3}, .classes = 10, .mean = 127, .deviation = 74};
    d->dataset.train.count = IMAGES;
    axn_status status = axn_allocate(&d->dataset.train.pixels, IMAGES, size, "images", error);
    if (status == AXN_OK) {
        status = axn_allocate(&d->dataset.train.labels, IMAGES, 1, "labels", error);
    }
    for (size_t i = 0; i < IMAGES * size && status == AXN_OK; i++) {
        d->dataset.train.pixels[i] = (uint8_t)axn_random_u32(&random);
    }
    for (uint32_t i = 0; i < IMAGES && status == AXN_OK; i++) {
        d->dataset.train.labels[i] = (uint8_t)axn_random_below(&random, 10);
        d->indices[i] = i;
    }
    return status;
}

static axn_status make_tables(step_data *d, axn_error *error)
{
    axn_library library = {0};
    int index = 0;
    axn_status status = axn_library_load(NULL, &library, error);
    if (status == AXN_OK) {
        status = axn_library_require(&library, MULTIPLIER, &index, error);
    }
    if (status == AXN_OK) {
        status = axn_library_tables(&library, &index, 1, &d->tables[1], error);
    }
    axn_table_exact(&d->tables[0]);
    axn_library_free(&library);
    return status;
}

static axn_status train_some(step_data *d, axn_trainer *trainer, int images, axn_error *error)
{
    axn_epoch_result result;
    return axn_trainer_epoch(trainer, d->indices, images, NULL, NULL, &result, error);
}

/* A trainer that has made its first steps. */
static axn_status make_trainer(step_data *d, int number, axn_error *error)
{
    const step_kernel *k = &kernels[number];
    axn_trainer_config config;
    axn_trainer_defaults(&config);
    config.epochs = ROUNDS + 1;
    config.arithmetic = k->arithmetic;
    config.gradient = k->gradient;
    axn_status status =
        axn_trainer_create(&d->network, &d->tables[!k->exact], 1, &d->dataset, &config,
                           d->pools[k->threads - 1], &d->trainers[number], error);
    return status == AXN_OK ? train_some(d, d->trainers[number], 64, error) : status;
}

static axn_status prepare(step_data *d, axn_error *error)
{
    axn_status status = make_images(d, error);
    if (status == AXN_OK) {
        status = make_tables(d, error);
    }
    for (int i = 0; i < 2 && status == AXN_OK; i++) {
        status = axn_pool_create(i + 1, &d->pools[i], error);
    }
    if (status == AXN_OK) {
        status = axn_network_builtin("resnet8", d->dataset.shape, 10, &d->network, error);
    }
    for (int i = 0; i < KERNELS && status == AXN_OK; i++) {
        status = make_trainer(d, i, error);
    }
    return status;
}

static axn_status time_steps(step_data *d, axn_bench *bench, axn_error *error)
{
    axn_status status = AXN_OK;
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < KERNELS && status == AXN_OK; i++) {
            const double begun = axn_seconds();
            status = train_some(d, d->trainers[i], IMAGES, error);
            axn_bench_add(bench, "resnet8_32x32x3_batch32", kernels[i].name,
                          IMAGES / (axn_seconds() - begun), "images/s");
        }
    }
    return status;
}

static int64_t network_values(const axn_network *network)
{
    int64_t values = 0;
    for (int i = 0; i < network->count; i++) {
        values += axn_shape_size(network->layers[i].output);
    }
    return values;
}

/* The one with the most values in its maps, among random networks of the template. */
static axn_status draw_largest(const axn_search_space *space, axn_phenotype *largest,
                               axn_error *error)
{
    axn_random random = axn_random_stream(1, AXN_RANDOM_TEST, 1, 0);
    axn_status status = AXN_OK;
    for (int i = 0; i < CANDIDATES && status == AXN_OK; i++) {
        axn_genome genome = {0};
        axn_phenotype phenotype = {0};
        status = axn_genome_random(space, &random, &genome, error);
        if (status == AXN_OK) {
            status = axn_genome_decode(space, &genome, &phenotype, error);
        }
        if (status == AXN_OK &&
            network_values(&phenotype.network) > network_values(&largest->network)) {
            const axn_phenotype smaller = *largest;
            *largest = phenotype;
            phenotype = smaller;
        }
        axn_phenotype_free(&phenotype);
        axn_genome_free(&genome);
    }
    return status;
}

static axn_status measure_memory(step_data *d, axn_bench *bench, axn_error *error)
{
    char path[AXN_PATH_MAX];
    axn_template grid = {0};
    axn_phenotype largest = {0};
    axn_trainer *trainer = NULL;
    axn_trainer_config config;
    axn_trainer_defaults(&config);
    axn_status status = axn_program_path(path, "flows/templates/cifar10.txt", error);
    if (status == AXN_OK) {
        status = axn_template_load(path, &grid, error);
    }
    if (status == AXN_OK) {
        const axn_search_space space = {.grid = &grid,
                                        .levels_back = grid.levels_back,
                                        .input = d->dataset.shape,
                                        .classes = 10,
                                        .multiplier_count = 1,
                                        .multiplier_groups = 1,
                                        .min_convolutions = 1};
        status = draw_largest(&space, &largest, error);
    }
    if (status == AXN_OK) {
        status = axn_trainer_create(&largest.network, &d->tables[1], 1, &d->dataset, &config,
                                    d->pools[1], &trainer, error);
    }
    if (status == AXN_OK) {
        status = train_some(d, trainer, 64, error);
    }
    if (status == AXN_OK) {
        axn_bench_add(bench, "largest_of_search_batch32", "memory",
                      (double)axn_trainer_bytes(trainer) / (1 << 20), "MiB");
    }
    axn_trainer_free(trainer);
    axn_phenotype_free(&largest);
    axn_template_free(&grid);
    return status;
}

static void free_data(step_data *d)
{
    for (int i = 0; i < KERNELS; i++) {
        axn_trainer_free(d->trainers[i]);
    }
    axn_pool_destroy(d->pools[0]);
    axn_pool_destroy(d->pools[1]);
    axn_network_free(&d->network);
    axn_dataset_free(&d->dataset);
    free(d);
}

axn_status axn_bench_step(int argc, char **argv, axn_bench *bench, axn_error *error)
{
    step_data *d = NULL;
    if (argc > 1) {
        return axn_fail(error, AXN_ERROR_USAGE, "unknown argument \"%s\"", argv[1]);
    }
    axn_status status = axn_allocate(&d, 1, sizeof *d, "benchmark data", error);
    if (status != AXN_OK) {
        return status;
    }
    status = prepare(d, error);
    if (status == AXN_OK) {
        status = time_steps(d, bench, error);
    }
    if (status == AXN_OK) {
        status = measure_memory(d, bench, error);
    }
    free_data(d);
    return status;
}
