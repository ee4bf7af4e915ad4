/* Share of the cycles that random networks of the search's templates spend in fully connected
 * layers, largest first:
 *   dense_share [ROWS COLS] */
#include <stdio.h>
#include <stdlib.h>

#include "common/file.h"
#include "common/memory.h"
#include "common/random.h"
#include "nas/genome.h"
#include "rtl_gen/program.h"
#include "tests/random_model.h"

enum { NETWORKS = 100 };

static axn_table table;

static axn_status compile(const axn_phenotype *phenotype, axn_array_shape array, double *share,
                          axn_error *error)
{
    const char *name = "random";
    axn_model model = {0};
    axn_program program = {0};
    axn_cycles cycles = {0};
    axn_status status = axn_network_copy(&phenotype->network, &model.network, error);
    if (status == AXN_OK) {
        status = axn_random_parameters(1, &model, &table, &name, 1, error);
    }
    if (status == AXN_OK) {
        status = axn_program_compile(&model, array, &program, error);
    }
    if (status == AXN_OK) {
        status = axn_program_cycles(&program, &model.network, &cycles, error);
    }
    if (status == AXN_OK) {
        *share =
            (double)axn_dense_cycles(&cycles, &model.network) / (double)cycles.cycles_per_image;
    }
    axn_cycles_free(&cycles);
    axn_program_free(&program);
    axn_model_free(&model);
    return status;
}

static axn_status measure(const axn_search_space *space, axn_array_shape array, uint32_t number,
                          double *share, axn_error *error)
{
    axn_random random = axn_random_stream(1, AXN_RANDOM_TEST, 21, number);
    axn_genome genome = {0};
    axn_phenotype phenotype = {0};
    axn_status status = axn_genome_random(space, &random, &genome, error);
    if (status == AXN_OK) {
        status = axn_genome_decode(space, &genome, &phenotype, error);
    }
    if (status == AXN_OK) {
        status = compile(&phenotype, array, share, error);
    }
    axn_phenotype_free(&phenotype);
    axn_genome_free(&genome);
    return status;
}

static int descending(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a < b) - (a > b);
}

static axn_status survey(const char *file, axn_shape input, axn_array_shape array, axn_error *error)
{
    char path[AXN_PATH_MAX];
    axn_template grid;
    double shares[NETWORKS];
    int over = 0;
    axn_status status = axn_program_path(path, file, error);
    if (status == AXN_OK) {
        status = axn_template_load(path, &grid, error);
    }
    if (status != AXN_OK) {
        return status;
    }
    const axn_search_space space = {.grid = &grid,
                                    .levels_back = grid.levels_back,
                                    .input = input,
                                    .classes = 10,
                                    .multiplier_count = 1,
                                    .multiplier_groups = 1,
                                    .min_convolutions = 1};
    for (uint32_t k = 0; k < NETWORKS && status == AXN_OK; k++) {
        status = measure(&space, array, k, &shares[k], error);
        over += status == AXN_OK && shares[k] > 0.5;
    }
    if (status == AXN_OK) {
        qsort(shares, NETWORKS, sizeof *shares, descending);
        printf(
            "%-36s largest %.1f %%, a tenth above %.1f %%, median %.1f %%, over half: %d of %d\n",
            file, 100 * shares[0], 100 * shares[NETWORKS / 10], 100 * shares[NETWORKS / 2], over,
            NETWORKS);
    }
    axn_template_free(&grid);
    return status;
}

int main(int argc, char **argv)
{
    axn_array_shape array = {argc > 2 ? atoi(argv[1]) : 16, argc > 2 ? atoi(argv[2]) : 16};
    axn_error error = {0};
    axn_random_table(1, &table);
    axn_status status =
        survey("flows/templates/fashion-mnist.txt", (axn_shape){28, 28, 1}, array, &error);
    if (status == AXN_OK) {
        status = survey("flows/templates/cifar10.txt", (axn_shape){32, 32, 3}, array, &error);
    }
    if (status != AXN_OK) {
        fprintf(stderr, "dense_share: %s\n", error.message);
        return 1;
    }
    return 0;
}
