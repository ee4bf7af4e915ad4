#include "tests/dense_survey.h"

#include "common/file.h"
#include "common/random.h"
#include "nas/genome.h"
#include "tests/random_model.h"

typedef struct survey {
    axn_search_space space;
    axn_array_shape array;
    axn_array_options options;
    axn_table table;
} survey;

static axn_status compile(const survey *s, const axn_phenotype *phenotype, axn_dense_figures *out,
                          axn_error *error)
{
    const char *name = "random";
    axn_model model = {0};
    axn_program program = {0};
    axn_cycles cycles = {0};
    axn_status status = axn_network_copy(&phenotype->network, &model.network, error);
    if (status == AXN_OK) {
        status = axn_random_parameters(1, &model, &s->table, &name, 1, error);
    }
    if (status == AXN_OK) {
        status = axn_program_compile_for(&model, s->array, s->options, &program, error);
    }
    if (status == AXN_OK) {
        status = axn_program_cycles(&program, &model.network, &cycles, error);
    }
    if (status == AXN_OK) {
        out->share =
            (double)axn_dense_cycles(&cycles, &model.network) / (double)cycles.cycles_per_image;
        out->taps = program.dense_taps;
    }
    axn_cycles_free(&cycles);
    axn_program_free(&program);
    axn_model_free(&model);
    return status;
}

static axn_status measure(const survey *s, uint32_t number, axn_dense_figures *out,
                          axn_error *error)
{
    axn_random random = axn_random_stream(1, AXN_RANDOM_TEST, 21, number);
    axn_genome genome = {0};
    axn_phenotype phenotype = {0};
    axn_status status = axn_genome_random(&s->space, &random, &genome, error);
    if (status == AXN_OK) {
        status = axn_genome_decode(&s->space, &genome, &phenotype, error);
    }
    if (status == AXN_OK) {
        status = compile(s, &phenotype, out, error);
    }
    axn_phenotype_free(&phenotype);
    axn_genome_free(&genome);
    return status;
}

axn_status axn_dense_survey(const char *file, axn_shape input, axn_array_shape array,
                            axn_array_options options, int networks, axn_dense_figures *out,
                            axn_error *error)
{
    static survey s; /* too large for the stack of a thread */
    char path[AXN_PATH_MAX];
    axn_template grid = {0};
    axn_status status = axn_program_path(path, file, error);
    if (status == AXN_OK) {
        status = axn_template_load(path, &grid, error);
    }
    s.array = array;
    s.options = options;
    s.space = (axn_search_space){.grid = &grid,
                                 .levels_back = grid.levels_back,
                                 .input = input,
                                 .classes = 10,
                                 .multiplier_count = 1,
                                 .multiplier_groups = 1,
                                 .min_convolutions = 1};
    axn_random_table(1, &s.table);
    for (int k = 0; k < networks && status == AXN_OK; k++) {
        status = measure(&s, (uint32_t)k, &out[k], error);
    }
    axn_template_free(&grid);
    return status;
}
