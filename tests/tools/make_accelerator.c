/* Writes what the test bench needs for a random small model on an array, without a library:
 *   make_accelerator SEED FOLDER ROWS COLS [SIZE 1..3] [IMAGES] [MULTIPLIERS] [BANKS] [BUSES]
 * [TAPS] BANKS, BUSES and TAPS (8, 2, 1; 0: as the compiler chooses) are fixed, so that a simulator
 * serves all networks on an array. The model draws each layer's multiplier from MULTIPLIERS (1)
 * different ones. FOLDER gets mem/, golden/vectors.bin, rtl/axn_top.v, tb/axn_config.vh, and
 * cycles.txt in the bench's own words
 * ("AXN layer <layer> cycles <n>" and, last, "AXN image cycles <n>"). */
#include <stdio.h>
#include <stdlib.h>

#include "common/file.h"
#include "common/memory.h"
#include "common/random.h"
#include "rtl_gen/emit_internal.h"
#include "rtl_gen/manifest.h"
#include "sim/vectors.h"
#include "tests/random_model.h"

typedef struct maker {
    const char *folder;
    axn_model model;
    axn_program program;
    axn_cycles cycles;
    axn_table *tables; /* [multipliers], of the model */
    int images, multipliers;
    uint64_t seed;
} maker;

static axn_status write_text(const maker *m, const char *name, axn_buffer *text, axn_error *error)
{
    char path[AXN_PATH_MAX];
    axn_status status = axn_path_join(path, m->folder, name, error);
    if (status == AXN_OK && text->failed) {
        status = axn_fail(error, AXN_ERROR_MEMORY, "out of memory");
    }
    if (status == AXN_OK) {
        status = axn_file_write(path, text->data, text->length, error);
    }
    axn_buffer_clear(text);
    return status;
}

static axn_status make_folders(const maker *m, axn_error *error)
{
    static const char *const folders[] = {"mem", "golden", "rtl", "tb"};
    axn_status status = AXN_OK;
    for (int i = 0; i < 4 && status == AXN_OK; i++) {
        char path[AXN_PATH_MAX];
        status = axn_path_join(path, m->folder, folders[i], error);
        if (status == AXN_OK) {
            status = axn_folder_create(path, error);
        }
    }
    return status;
}

static axn_status write_vectors(const maker *m, axn_buffer *text, axn_error *error)
{
    const axn_network *network = &m->model.network;
    size_t bytes = (size_t)axn_shape_size(network->layers[0].output);
    const uint16_t *tables[AXN_MODEL_MAX_MULTIPLIERS];
    axn_golden_buffers buffers = {0};
    uint8_t *image = NULL;
    axn_random random = axn_random_stream(m->seed, AXN_RANDOM_TEST, 100, 0);
    for (int i = 0; i < m->multipliers; i++) {
        tables[i] = m->tables[i].product;
    }
    axn_status status = axn_golden_buffers_create(network, &buffers, error);
    if (status == AXN_OK) {
        status = axn_allocate(&image, bytes, 1, "image", error);
    }
    for (int i = 0; i < m->images && status == AXN_OK; i++) {
        for (size_t k = 0; k < bytes; k++) {
            image[k] = (uint8_t)axn_random_below(&random, 256);
        }
        axn_vector_append(&m->model, tables, image, &buffers, text);
    }
    free(image);
    axn_golden_buffers_free(&buffers);
    return status == AXN_OK ? write_text(m, "golden/vectors.bin", text, error) : status;
}

static axn_status write_all(const maker *m, axn_error *error)
{
    axn_buffer text = {0};
    int used = m->program.multiplier_count;
    axn_status status = make_folders(m, error);
    if (status == AXN_OK) {
        axn_emit_program(&m->program, &text);
        status = write_text(m, "mem/program.hex", &text, error);
    }
    if (status == AXN_OK) {
        axn_emit_parameters(&m->program, &text);
        status = write_text(m, "mem/parameters.hex", &text, error);
    }
    if (status == AXN_OK) {
        axn_emit_weights(&m->program, &text);
        status = write_text(m, "mem/weights.hex", &text, error);
    }
    if (status == AXN_OK) {
        axn_emit_layout(&m->model, &m->program, &text);
        status = write_text(m, "mem/layout.hex", &text, error);
    }
    for (int i = 0; i < (used > 1 ? used : 1) && status == AXN_OK; i++) {
        axn_emit_table(&m->tables[i < used ? m->program.multipliers[i] : 0], &text);
        status = write_text(m, axn_multiplier_find_place(i, used).table, &text, error);
    }
    if (status == AXN_OK) {
        axn_emit_top(&m->program, &text);
        status = write_text(m, "rtl/axn_top.v", &text, error);
    }
    if (status == AXN_OK) {
        axn_emit_config(&m->program, &text);
        status = write_text(m, "tb/axn_config.vh", &text, error);
    }
    for (int i = 0; i < m->cycles.layer_count; i++) {
        axn_buffer_format(&text, "AXN layer %d cycles %lld\n", m->cycles.layers[i].layer,
                          (long long)m->cycles.layers[i].cycles);
    }
    axn_buffer_format(&text, "AXN image cycles %lld\n", (long long)m->cycles.cycles_per_image);
    if (status == AXN_OK) {
        status = write_text(m, "cycles.txt", &text, error);
    }
    if (status == AXN_OK) {
        status = write_vectors(m, &text, error);
    }
    axn_buffer_free(&text);
    return status;
}

static axn_status make_model(maker *m, int size, axn_error *error)
{
    const char *names[AXN_MODEL_MAX_MULTIPLIERS];
    axn_status status =
        axn_allocate(&m->tables, (size_t)m->multipliers, sizeof *m->tables, "tables", error);
    for (int i = 0; i < m->multipliers && status == AXN_OK; i++) {
        names[i] = "random";
        axn_random_table(m->seed + 1000U * (unsigned)i, &m->tables[i]);
    }
    return status == AXN_OK ? axn_random_model_several(m->seed, size, m->tables, names,
                                                       m->multipliers, &m->model, error)
                            : status;
}

int main(int argc, char **argv)
{
    if (argc < 5 || argc > 11) {
        fputs("usage: make_accelerator SEED FOLDER ROWS COLS [SIZE 1..3] [IMAGES] [MULTIPLIERS] "
              "[BANKS] [BUSES] [TAPS]\n",
              stderr);
        return 2;
    }
    maker m = {.folder = argv[2],
               .images = argc > 6 ? atoi(argv[6]) : 2,
               .multipliers = argc > 7 ? atoi(argv[7]) : 1,
               .seed = strtoull(argv[1], NULL, 10)};
    axn_array_shape array = {atoi(argv[3]), atoi(argv[4])};
    axn_array_options options = {.banks = argc > 8 ? atoi(argv[8]) : 8,
                                 .row_buses = argc > 9 ? atoi(argv[9]) : 2,
                                 .dense_taps = argc > 10 ? atoi(argv[10]) : 1};
    int size = argc > 5 ? atoi(argv[5]) : 1;
    axn_error error = {0};
    if (m.multipliers < 1 || m.multipliers > AXN_MODEL_MAX_MULTIPLIERS) {
        fputs("make_accelerator: 1 to 64 multipliers\n", stderr);
        return 2;
    }
    axn_status status = make_model(&m, size, &error);
    if (status == AXN_OK) {
        status = axn_program_compile_for(&m.model, array, options, &m.program, &error);
    }
    if (status == AXN_OK) {
        status = axn_program_cycles(&m.program, &m.model.network, &m.cycles, &error);
    }
    if (status == AXN_OK) {
        status = write_all(&m, &error);
    }
    axn_cycles_free(&m.cycles);
    axn_program_free(&m.program);
    axn_model_free(&m.model);
    free(m.tables);
    if (status != AXN_OK) {
        fprintf(stderr, "make_accelerator: %s\n", error.message);
        return 1;
    }
    return 0;
}
