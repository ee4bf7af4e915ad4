/* The compiler: what it emits, executed as the documentation says, is what the golden
 * model computes. */
#include "tests/check.h"

#include "common/file.h"
#include "common/memory.h"
#include "common/random.h"
#include "nas/genome.h"
#include "rtl_gen/program_internal.h"
#include "sim/golden.h"
#include "tests/interpreter.h"
#include "tests/random_coverage.h"
#include "tests/random_model.h"

enum { MODELS = 150, CASES = 200, MOST_EXECUTED = 1000000 };

static axn_table table;
static axn_table tables[4]; /* of models with several multipliers */
static const char *const names[] = {"one", "two", "three", "four"};

static void make_tables(uint64_t seed)
{
    axn_random_table(seed, &table);
    for (uint64_t i = 0; i < 4; i++) {
        axn_random_table(seed + i, &tables[i]);
    }
}

typedef struct golden_outputs {
    uint8_t *bytes[AXN_MAX_LAYERS];
    uint8_t *image;
    int32_t logits[AXN_MAX_CLASSES];
    int class;
} golden_outputs;

static void golden_run(const axn_model *model, uint64_t seed, golden_outputs *out)
{
    axn_error error = {0};
    const axn_network *network = &model->network;
    size_t size = (size_t)axn_shape_size(network->layers[0].output);
    axn_random random = axn_random_stream(seed, AXN_RANDOM_TEST, 9, 0);
    *out = (golden_outputs){0};
    AXN_REQUIRE_OK(axn_allocate(&out->image, size, 1, "image", &error), error);
    for (size_t i = 0; i < size; i++) {
        out->image[i] = (uint8_t)axn_random_below(&random, 256);
    }
    for (int i = 0; i + 1 < network->count; i++) {
        size_t bytes = (size_t)axn_shape_size(network->layers[i].output);
        AXN_REQUIRE_OK(axn_allocate(&out->bytes[i], bytes, 1, "outputs", &error), error);
    }
    const uint16_t *products[4];
    for (int i = 0; i < 4; i++) {
        products[i] = tables[i].product;
    }
    out->class = axn_golden_run(model, products, out->image, out->bytes, out->logits);
}

static void golden_free(golden_outputs *out)
{
    free(out->image);
    for (int i = 0; i < AXN_MAX_LAYERS; i++) {
        free(out->bytes[i]);
    }
}

/* Compares a region with golden bytes (height, width, channel). */
static int count_wrong(const uint8_t *region, const uint8_t *golden, axn_shape shape)
{
    int wrong = 0;
    for (int c = 0; c < shape.channels; c++) {
        for (int i = 0; i < shape.height * shape.width; i++) {
            wrong += *region++ != golden[i * shape.channels + c];
        }
    }
    return wrong;
}

static void load_image(axn_interpreter *run, const axn_model *model, const axn_program *program,
                       const uint8_t *image)
{
    axn_shape shape = model->network.layers[0].output;
    uint8_t *out = run->arena + program->regions[0].base;
    for (int c = 0; c < shape.channels; c++) {
        for (int i = 0; i < shape.height * shape.width; i++) {
            *out++ = image[i * shape.channels + c];
        }
    }
}

static void execute(const axn_model *model, const axn_program *program,
                    const golden_outputs *golden, uint64_t seed)
{
    axn_error error = {0};
    const uint16_t *products[4] = {NULL};
    int32_t logits[AXN_MAX_CLASSES];
    for (int i = 0; i < program->multiplier_count; i++) {
        products[i] = tables[program->multipliers[i]].product;
    }
    axn_interpreter run = {.program = program, .tables = products, .logits = logits};
    AXN_REQUIRE_OK(axn_allocate(&run.arena, program->arena_bytes, 1, "arena", &error), error);
    memset(run.arena, 0x5a, program->arena_bytes);
    load_image(&run, model, program, golden->image);
    for (int i = 0; i < program->operation_count; i++) {
        int layer = program->operation_layer[i];
        axn_interpreter_step(&run, i);
        if (!program->operations[i].layer_end || program->operations[i].logits) {
            continue;
        }
        int wrong = count_wrong(run.arena + program->regions[layer].base, golden->bytes[layer],
                                model->network.layers[layer].output);
        if (wrong != 0) {
            fprintf(stderr, "\n    seed %llu layer %s: %d wrong bytes\n", (unsigned long long)seed,
                    model->network.layers[layer].name, wrong);
        }
        CU_ASSERT_EQUAL(wrong, 0);
    }
    int classes = model->network.layers[model->network.count - 1].units;
    CU_ASSERT_EQUAL(memcmp(logits, golden->logits, (size_t)classes * sizeof *logits), 0);
    CU_ASSERT_EQUAL(run.class, golden->class);
    free(run.arena);
}

static void programs_compute_the_golden_bytes(void)
{
    static const axn_array_shape arrays[] = {{2, 2}, {3, 5}, {4, 4}, {16, 16}, {32, 32}, {7, 19}};
    axn_error error = {0};
    for (uint64_t seed = 0; seed < MODELS; seed++) {
        int multipliers = seed % 3 == 0 ? 1 + (int)(seed % 4) : 1;
        axn_model model;
        axn_program program;
        golden_outputs golden;
        make_tables(seed);
        AXN_REQUIRE_OK(axn_random_model_several(seed, 1 + (int)(seed % 2), tables, names,
                                                multipliers, &model, &error),
                       error);
        /* Fully connected layers at every number of taps a cycle that the rows allow. */
        axn_array_options options = {.dense_taps = 1 << seed / 6 % 5};
        if (options.dense_taps > arrays[seed % 6].rows) {
            options.dense_taps = 0;
        }
        AXN_REQUIRE_OK(axn_program_compile_for(&model, arrays[seed % 6], options, &program, &error),
                       error);
        golden_run(&model, seed, &golden);
        execute(&model, &program, &golden, seed);
        golden_free(&golden);
        axn_program_free(&program);
        axn_model_free(&model);
    }
}

typedef struct searched {
    const char *file; /* the template */
    axn_shape input;
    int classes, genomes;
} searched;

/* One random network of a search; the smaller ones are executed. */
static void check_searched(const axn_search_space *space, uint64_t number)
{
    axn_error error = {0};
    axn_random random = axn_random_stream(1, AXN_RANDOM_TEST, 20, (uint32_t)number);
    axn_genome genome;
    axn_phenotype phenotype;
    axn_model model = {0};
    axn_program program;
    axn_cycles cycles;
    axn_array_shape array = {2 + (int)axn_random_below(&random, 31),
                             2 + (int)axn_random_below(&random, 31)};
    AXN_REQUIRE_OK(axn_genome_random(space, &random, &genome, &error), error);
    AXN_REQUIRE_OK(axn_genome_decode(space, &genome, &phenotype, &error), error);
    make_tables(number);
    AXN_REQUIRE_OK(axn_network_copy(&phenotype.network, &model.network, &error), error);
    AXN_REQUIRE_OK(axn_random_parameters(number, &model, tables, names, 4, &error), error);
    AXN_REQUIRE_OK(axn_program_compile(&model, array, &program, &error), error);
    AXN_REQUIRE_OK(axn_program_cycles(&program, &model.network, &cycles, &error), error);
    CU_ASSERT(cycles.cycles_per_image > 0 && cycles.utilisation <= 1);
    if (axn_network_multiplications(&model.network, AXN_COUNT_EXACT) < MOST_EXECUTED) {
        golden_outputs golden;
        golden_run(&model, number, &golden);
        execute(&model, &program, &golden, number);
        golden_free(&golden);
    }
    axn_cycles_free(&cycles);
    axn_program_free(&program);
    axn_model_free(&model);
    axn_phenotype_free(&phenotype);
    axn_genome_free(&genome);
}

static void what_a_search_finds_compiles(void)
{
    static const searched searches[] = {
        {"flows/templates/tiny.txt", {28, 28, 1}, 10, 20},
        {"flows/templates/fashion-mnist.txt", {28, 28, 1}, 10, 20},
        {"flows/templates/cifar10.txt", {32, 32, 3}, 10, 10},
        {"flows/templates/cifar10.txt", {32, 32, 3}, 100, 5},
    };
    axn_error error = {0};
    uint64_t number = 0;
    for (size_t i = 0; i < sizeof searches / sizeof searches[0]; i++) {
        char path[AXN_PATH_MAX];
        axn_template grid;
        AXN_REQUIRE_OK(axn_program_path(path, searches[i].file, &error), error);
        AXN_REQUIRE_OK(axn_template_load(path, &grid, &error), error);
        const axn_search_space space = {.grid = &grid,
                                        .levels_back = grid.levels_back,
                                        .input = searches[i].input,
                                        .classes = searches[i].classes,
                                        .multiplier_count = 4,
                                        .multiplier_groups = 2,
                                        .min_convolutions = 1};
        for (int k = 0; k < searches[i].genomes; k++) {
            check_searched(&space, number++);
        }
        axn_template_free(&grid);
    }
}

/* The cases of tests/studies/random.sh: each corner at least five times. */
static void random_networks_reach_every_corner(void)
{
    axn_coverage coverage = {0};
    axn_error error = {0};
    for (uint64_t seed = 0; seed < CASES; seed++) {
        axn_random_case at = axn_random_case_of(seed);
        axn_model model;
        AXN_REQUIRE_OK(
            axn_random_model_several(seed, at.size, tables, names, at.multipliers, &model, &error),
            error);
        axn_coverage_add(&coverage, &model);
        axn_model_free(&model);
    }
    for (int i = 0; i < AXN_CORNERS; i++) {
        char name[64];
        axn_corner_name(i, name, sizeof name);
        if (coverage.reached[i] < 5) {
            fprintf(stderr, "\n    %s: reached %d times", name, coverage.reached[i]);
        }
        CU_ASSERT(coverage.reached[i] >= 5);
    }
}

/* Random lifetimes: no two regions alive together share a byte, and nothing lies above
 * the high-water mark. */
static void regions_never_overlap(void)
{
    axn_error error = {0};
    axn_random random = axn_random_stream(1, AXN_RANDOM_TEST, 3, 0);
    for (int trial = 0; trial < 200; trial++) {
        axn_region regions[40];
        uint32_t high_water = 0, most_live = 0;
        int count = 1 + (int)axn_random_below(&random, 40);
        for (int i = 0; i < count; i++) {
            int first = (int)axn_random_below(&random, 50) - 1;
            regions[i] = (axn_region){.size = 16 * axn_random_below(&random, 100),
                                      .first = first,
                                      .last = first + (int)axn_random_below(&random, 12)};
        }
        AXN_REQUIRE_OK(axn_allocate_regions(regions, count, &high_water, &error), error);
        for (int time = -1; time < 64; time++) {
            uint32_t live = 0;
            for (int i = 0; i < count; i++) {
                live += regions[i].first <= time && time <= regions[i].last ? regions[i].size : 0;
            }
            most_live = live > most_live ? live : most_live;
        }
        CU_ASSERT(high_water >= most_live);
        CU_ASSERT(high_water <= 2 * most_live);
        for (int i = 0; i < count; i++) {
            CU_ASSERT(regions[i].base + regions[i].size <= high_water || regions[i].size == 0);
            for (int k = 0; k < i; k++) {
                bool together =
                    regions[i].first <= regions[k].last && regions[k].first <= regions[i].last;
                bool overlap = regions[i].base < regions[k].base + regions[k].size &&
                               regions[k].base < regions[i].base + regions[i].size;
                CU_ASSERT(!together || !overlap);
            }
        }
    }
}

/* A chain needs two neighbours at a time, not the sum of all. */
static void a_chain_reuses_memory(void)
{
    axn_error error = {0};
    axn_model model = {0};
    axn_program program;
    const char *name = "random";
    axn_random_table(1, &table);
    int at = axn_network_add_input(&model.network, (axn_shape){16, 16, 4});
    for (int i = 0; i < 6; i++) {
        at = axn_network_add_conv(&model.network, at, 4, 3, 1, false, true);
    }
    axn_network_add_dense(&model.network, at, 10, false);
    AXN_REQUIRE_OK(axn_network_infer(&model.network, &error), error);
    AXN_REQUIRE_OK(axn_random_parameters(1, &model, &table, &name, 1, &error), error);
    AXN_REQUIRE_OK(axn_program_compile(&model, (axn_array_shape){4, 4}, &program, &error), error);
    CU_ASSERT_EQUAL(program.arena_bytes, 2 * 16 * 16 * 4);
    CU_ASSERT_EQUAL(program.operation_count, 7);
    CU_ASSERT_EQUAL(program.weight_words, 6 * 36 + 3 * 1024);
    CU_ASSERT_EQUAL(program.parameter_count, 6 * 4 + 10);
    CU_ASSERT(program.operations[6].logits && program.operations[6].program_end);
    axn_program_free(&program);
    axn_model_free(&model);
}

static void what_does_not_fit_is_refused(void)
{
    axn_error error = {0};
    axn_model model;
    axn_program program;
    axn_random_table(2, &table);
    AXN_REQUIRE_OK(axn_random_model(5, 1, &table, "random", &model, &error), error);
    AXN_CHECK_FAILS(axn_program_compile(&model, (axn_array_shape){1, 4}, &program, &error), error,
                    AXN_ERROR_USAGE, "2 to 32");
    AXN_CHECK_FAILS(axn_program_compile(&model, (axn_array_shape){4, 33}, &program, &error), error,
                    AXN_ERROR_USAGE, "2 to 32");
    int last = model.network.count - 1;
    model.layers[last].bias[0] = INT32_MAX;
    model.layers[last].weight_zero[0] = 255;
    model.layers[model.network.layers[last].inputs[0]].output.zero_point = 255;
    memset(model.layers[last].weights, 0, (size_t)axn_layer_taps(&model.network, last));
    AXN_CHECK_FAILS(axn_program_compile(&model, (axn_array_shape){4, 4}, &program, &error), error,
                    AXN_ERROR_LIMIT, model.network.layers[last].name);
    axn_model_free(&model);
}

AXN_TEST_MAIN("program",
              {"programs executed as documented compute the golden bytes",
               programs_compute_the_golden_bytes},
              {"what a search finds compiles", what_a_search_finds_compiles},
              {"random networks reach every corner", random_networks_reach_every_corner},
              {"regions alive together never overlap", regions_never_overlap},
              {"a chain reuses memory", a_chain_reuses_memory},
              {"what does not fit is refused", what_does_not_fit_is_refused})
