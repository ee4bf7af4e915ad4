/* How fast the hardware can be checked. Cycles a second of the cycle-accurate simulation of a
 * small accelerator: what `axnas simulate` runs (Verilator) beside Icarus Verilog, which a user
 * would pick instead. Images a second of the golden model that it is compared with, beside the
 * fast integer inference of `axnas evaluate`, one thread each. Networks and images are random;
 * everything is built in a temporary folder and checked byte by byte. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "bench/random_model.h"
#include "common/memory.h"
#include "common/process.h"
#include "common/progress.h"
#include "common/random.h"
#include "multipliers/library.h"
#include "nas/inference.h"
#include "rtl_gen/emit.h"
#include "sim/bench_output.h"
#include "sim/golden.h"
#include "sim/simulator.h"
#include "sim/vectors.h"

enum { IMAGES = 64, ROUNDS = 2 };

static const double seconds = 1; /* a measurement takes at least, a simulator's start aside */

typedef struct simulate_data {
    char folder[AXN_PATH_MAX]; /* temporary */
    axn_library library;
    axn_table *table;
    axn_model model;
    const uint16_t *products[AXN_MODEL_MAX_MULTIPLIERS];
    uint8_t *pixels;
    const uint8_t *images[IMAGES];
} simulate_data;

static void free_data(simulate_data *data)
{
    if (data->folder[0] != '\0') {
        axn_folder_remove(data->folder, NULL);
    }
    axn_library_free(&data->library);
    axn_model_free(&data->model);
    free(data->table);
    free(data->pixels);
}

/* An approximate multiplier of the shipped library; the small network or a residual one. */
static axn_status make_data(const char *network, simulate_data *data, axn_error *error)
{
    int multiplier = 0;
    axn_status status = axn_library_load(NULL, &data->library, error);
    if (status == AXN_OK) {
        status = axn_library_require(&data->library, AXN_BENCH_MULTIPLIER, &multiplier, error);
    }
    if (status == AXN_OK) {
        status = axn_allocate(&data->table, 1, sizeof *data->table, "a truth table", error);
    }
    if (status == AXN_OK) {
        status = axn_library_tables(&data->library, &multiplier, 1, data->table, error);
    }
    if (status == AXN_OK) {
        status = axn_bench_model(network, AXN_BENCH_MULTIPLIER, data->table, &data->model, error);
    }
    size_t size =
        status == AXN_OK ? (size_t)axn_shape_size(data->model.network.layers[0].output) : 0;
    if (status == AXN_OK) {
        status = axn_allocate(&data->pixels, IMAGES, size, "images", error);
    }
    axn_random random = axn_random_stream(1, AXN_RANDOM_TEST, 1, 0);
    for (size_t i = 0; i < IMAGES * size && status == AXN_OK; i++) {
        data->pixels[i] = (uint8_t)axn_random_below(&random, 256);
    }
    for (size_t i = 0; i < IMAGES; i++) {
        data->images[i] = data->pixels + i * size;
    }
    data->products[0] = data->table != NULL ? data->table->product : NULL;
    return status;
}

/* --- Golden model and fast inference --- */

/* Logits of all images; the rate of the golden model. */
static axn_status time_golden(const simulate_data *data, const char *name, int32_t *logits,
                              axn_bench *bench, axn_error *error)
{
    const axn_network *network = &data->model.network;
    size_t classes = (size_t)network->layers[network->count - 1].units;
    axn_golden_buffers buffers = {0};
    int done = 0;
    axn_status status = axn_golden_buffers_create(network, &buffers, error);
    if (status != AXN_OK) {
        return status;
    }
    double begun = axn_seconds(), spent = 0;
    while (done < IMAGES || spent < seconds) {
        axn_golden_run(&data->model, data->products, data->images[done % IMAGES], buffers.outputs,
                       buffers.logits);
        memcpy(logits + (size_t)(done % IMAGES) * classes, buffers.logits,
               classes * sizeof *logits);
        done++;
        spent = axn_seconds() - begun;
    }
    axn_bench_add(bench, name, "golden", done / spent, "images/s");
    axn_golden_buffers_free(&buffers);
    return AXN_OK;
}

static axn_status time_inference(const simulate_data *data, const char *name, int32_t *logits,
                                 axn_bench *bench, axn_error *error)
{
    axn_pool *pool = NULL;
    axn_inference *inference = NULL;
    long done = 0;
    axn_status status = axn_pool_create(1, &pool, error);
    if (status == AXN_OK) {
        status = axn_inference_create(&data->model, data->table, pool, &inference, error);
    }
    double begun = axn_seconds(), spent = 0;
    while (status == AXN_OK && spent < seconds) {
        status = axn_inference_run(inference, data->images, IMAGES, logits, error);
        done += IMAGES;
        spent = axn_seconds() - begun;
    }
    if (status == AXN_OK) {
        axn_bench_add(bench, name, "evaluate", (double)done / spent, "images/s");
    }
    axn_inference_free(inference);
    axn_pool_destroy(pool);
    return status;
}

static axn_status time_models(const simulate_data *data, const char *name, axn_bench *bench,
                              axn_error *error)
{
    const axn_network *network = &data->model.network;
    size_t count = IMAGES * (size_t)network->layers[network->count - 1].units;
    int32_t *logits[2] = {NULL, NULL};
    axn_status status = AXN_OK;
    for (int i = 0; i < 2 && status == AXN_OK; i++) {
        status = axn_allocate(&logits[i], count, sizeof *logits[i], "logits", error);
    }
    for (int round = 0; round < ROUNDS && status == AXN_OK; round++) {
        status = time_golden(data, name, logits[0], bench, error);
        if (status == AXN_OK) {
            status = time_inference(data, name, logits[1], bench, error);
        }
    }
    if (status == AXN_OK && memcmp(logits[0], logits[1], count * sizeof *logits[0]) != 0) {
        status = axn_fail(error, AXN_ERROR_MISMATCH,
                          "%s: fast inference differs from the golden model", name);
    }
    free(logits[0]);
    free(logits[1]);
    return status;
}

/* --- Simulators --- */

static void append_vectors(const simulate_data *data, int count, axn_golden_buffers *buffers,
                           axn_buffer *out)
{
    for (int i = 0; i < count; i++) {
        axn_vector_append(&data->model, data->products, data->images[i % IMAGES], buffers, out);
    }
}

static axn_status emit(const simulate_data *data, axn_array_shape array, const char *folder,
                       axn_error *error)
{
    axn_program program = {0};
    axn_cycles cycles = {0};
    axn_golden_buffers buffers = {0};
    axn_buffer vectors = {0};
    axn_emission emission = {
        .model = &data->model,
        .program = &program,
        .cycles = &cycles,
        .library = &data->library,
        .multiplier_count = 1,
        .multipliers = {axn_library_find(&data->library, AXN_BENCH_MULTIPLIER)},
        .tables = {data->table}};
    axn_status status = axn_program_compile(&data->model, array, &program, error);
    if (status == AXN_OK) {
        status = axn_program_cycles(&program, &data->model.network, &cycles, error);
    }
    if (status == AXN_OK) {
        status = axn_golden_buffers_create(&data->model.network, &buffers, error);
    }
    if (status == AXN_OK) {
        status = axn_folder_create(folder, error);
    }
    if (status == AXN_OK) {
        append_vectors(data, 1, &buffers, &vectors);
        status = axn_emit_folder(&emission, &vectors, folder, error);
    }
    axn_buffer_free(&vectors);
    axn_golden_buffers_free(&buffers);
    axn_cycles_free(&cycles);
    axn_program_free(&program);
    return status;
}

/* Simulates `count` images; seconds and cycles of all of them. */
static axn_status run_once(const simulate_data *data, const axn_simulator *simulator, int count,
                           double *spent, double *cycles, axn_error *error)
{
    char path[AXN_PATH_MAX];
    axn_bench_output output = {0};
    axn_buffer vectors = {0}, printed = {0};
    axn_golden_buffers buffers = {0};
    axn_status status = axn_golden_buffers_create(&data->model.network, &buffers, error);
    output.capacity = count;
    if (status == AXN_OK) {
        status = axn_allocate(&output.classes, (size_t)count, sizeof(int), "classes", error);
    }
    if (status == AXN_OK) {
        append_vectors(data, count, &buffers, &vectors);
        status = vectors.failed ? axn_fail(error, AXN_ERROR_MEMORY, "out of memory for vectors")
                                : axn_path_join(path, data->folder, "vectors.bin", error);
    }
    if (status == AXN_OK) {
        status = axn_file_write(path, vectors.data, vectors.length, error);
    }
    double begun = axn_seconds();
    if (status == AXN_OK) {
        status = axn_simulator_run(simulator, path, &printed, error);
    }
    *spent = axn_seconds() - begun;
    if (status == AXN_OK) {
        axn_bench_output_read(printed.data != NULL ? printed.data : "", &output);
        *cycles = (double)output.cycles * count;
        if (output.images != count || output.mismatches != 0 || output.cycles < 1) {
            status =
                axn_fail(error, AXN_ERROR_MISMATCH, "%s: %lld mismatches (%s)", simulator->folder,
                         (long long)output.mismatches, output.first_mismatch);
        }
    }
    axn_golden_buffers_free(&buffers);
    axn_buffer_free(&vectors);
    axn_buffer_free(&printed);
    free(output.classes);
    return status;
}

/* As many images as take long enough. */
static axn_status time_simulator(const simulate_data *data, const char *folder, const char *name,
                                 axn_simulator_kind kind, axn_bench *bench, axn_error *error)
{
    static const char *const programs[] = {"verilator", "iverilog"};
    static const char *const kernels[] = {"verilator", "icarus"};
    axn_simulator simulator;
    double spent = 0, cycles = 0;
    if (!axn_program_available(programs[kind])) {
        axn_message("%s is not installed: left out", programs[kind]);
        return AXN_OK;
    }
    axn_status status = axn_simulator_build(folder, kind, &simulator, error);
    int count = 1;
    for (int measured = 0; measured < ROUNDS && status == AXN_OK;) {
        status = run_once(data, &simulator, count, &spent, &cycles, error);
        if (status == AXN_OK && spent >= seconds / 2) {
            axn_bench_add(bench, name, kernels[kind], cycles / spent, "cycles/s");
            measured += spent < 5 * seconds ? 1 : ROUNDS; /* long ones are not repeated */
        } else if (status == AXN_OK) {
            count = 1 + (int)(count * seconds / fmax(spent, 1e-3));
        }
    }
    return status;
}

typedef struct array_case {
    const char *name;
    axn_array_shape array;
    bool icarus; /* larger ones take minutes an image there */
} array_case;

static axn_status time_array(const simulate_data *data, const array_case *array, axn_bench *bench,
                             axn_error *error)
{
    char folder[AXN_PATH_MAX];
    axn_status status = axn_path_join(folder, data->folder, array->name, error);
    if (status == AXN_OK) {
        status = emit(data, array->array, folder, error);
    }
    if (status == AXN_OK) {
        status = time_simulator(data, folder, array->name, AXN_SIMULATOR_VERILATOR, bench, error);
    }
    if (status == AXN_OK && array->icarus) {
        status = time_simulator(data, folder, array->name, AXN_SIMULATOR_ICARUS, bench, error);
    }
    return status;
}

static bool wanted(const char *only, const char *name)
{
    return only == NULL || strcmp(only, name) == 0;
}

static const array_case arrays[] = {
    {"4x4", {4, 4}, true}, {"8x8", {8, 8}, true}, {"16x16", {16, 16}, false}};
enum { ARRAYS = sizeof arrays / sizeof arrays[0] };
static const char *const networks[] = {"small", "resnet8"};
enum { NETWORKS = sizeof networks / sizeof networks[0] };

/* The simulators are built in the temporary folder, not in the user's cache. */
static axn_status time_arrays(const char *only, axn_bench *bench, axn_error *error)
{
    simulate_data data = {0};
    axn_status status = make_data("small", &data, error);
    if (status == AXN_OK) {
        status = axn_folder_temporary(data.folder, error);
    }
    if (status == AXN_OK && setenv("XDG_CACHE_HOME", data.folder, 1) != 0) {
        status = axn_fail_errno(error, AXN_ERROR_MEMORY, "XDG_CACHE_HOME");
    }
    for (int i = 0; i < ARRAYS && status == AXN_OK; i++) {
        if (wanted(only, arrays[i].name)) {
            status = time_array(&data, &arrays[i], bench, error);
        }
    }
    free_data(&data);
    return status;
}

static axn_status time_network(const char *name, axn_bench *bench, axn_error *error)
{
    simulate_data data = {0};
    axn_status status = make_data(name, &data, error);
    if (status == AXN_OK) {
        status = time_models(&data, name, bench, error);
    }
    free_data(&data);
    return status;
}

/* An argument, the name of a case, measures that one alone. */
axn_status axn_bench_simulate(int argc, char **argv, axn_bench *bench, axn_error *error)
{
    const char *only = argc > 1 ? argv[1] : NULL;
    axn_status status = AXN_OK;
    bool any = false;
    for (int i = 0; i < ARRAYS; i++) {
        any = any || wanted(only, arrays[i].name);
    }
    if (any) {
        status = time_arrays(only, bench, error);
    }
    for (int i = 0; i < NETWORKS && status == AXN_OK; i++) {
        if (wanted(only, networks[i])) {
            status = time_network(networks[i], bench, error);
            any = true;
        }
    }
    return any ? status
               : axn_fail(error, AXN_ERROR_USAGE,
                          "unknown case \"%s\" (4x4, 8x8, 16x16, small, resnet8)", only);
}
