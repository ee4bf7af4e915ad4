/* axnas rtl: the accelerator of a model as a folder that works alone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/memory.h"
#include "common/progress.h"
#include "flows/commands.h"
#include "flows/model_tables.h"
#include "flows/options.h"
#include "flows/rtl_choices.h"
#include "flows/test_images.h"
#include "rtl_gen/budget.h"
#include "rtl_gen/emit.h"
#include "sim/vectors.h"

#define VECTOR_IMAGES 4 /* for `make sim` in the folder */

typedef struct rtl_settings {
    const char *model, *out, *library, *data_dir;
    int64_t rows, cols;
    int64_t banks, row_buses, dense_taps; /* 0: as the compiler chooses */
    int64_t arena_kib, weights_kib;       /* 0: as much as the model needs */
    bool estimate, force, json;
} rtl_settings;

typedef struct rtl_run {
    axn_model model;
    axn_library library;
    axn_program program;
    axn_cycles cycles;
    axn_table *tables; /* of the model's multipliers */
    axn_table *exact;  /* of the one that nothing uses, in a model without convolutions */
    axn_emission emission;
} rtl_run;

static void free_run(rtl_run *run)
{
    axn_model_free(&run->model);
    axn_library_free(&run->library);
    axn_program_free(&run->program);
    axn_cycles_free(&run->cycles);
    free(run->tables);
    free(run->exact);
}

/* The multipliers of every cell: those the model's layers use, or an exact one that nothing
 * uses. */
static axn_status choose_multipliers(const rtl_settings *settings, rtl_run *run, axn_error *error)
{
    axn_emission *emission = &run->emission;
    const axn_program *program = &run->program;
    int indices[AXN_MODEL_MAX_MULTIPLIERS] = {0};
    axn_status status = axn_model_tables(&run->model, settings->model, &run->library, false,
                                         indices, &run->tables, error);
    if (status != AXN_OK) {
        return status;
    }
    emission->multiplier_count = program->multiplier_count;
    for (int i = 0; i < program->multiplier_count; i++) {
        emission->multipliers[i] = indices[program->multipliers[i]];
        emission->tables[i] = &run->tables[program->multipliers[i]];
    }
    if (program->multiplier_count == 0) {
        emission->multiplier_count = 1;
        emission->multipliers[0] = run->library.exact;
        status = axn_allocate(&run->exact, 1, sizeof *run->exact, "table", error);
        if (status == AXN_OK) {
            status = axn_library_tables(&run->library, &run->library.exact, 1, run->exact, error);
        }
        emission->tables[0] = run->exact;
    }
    return status;
}

static axn_status load(const rtl_settings *settings, rtl_run *run, axn_error *error)
{
    axn_array_shape array = {(int)settings->rows, (int)settings->cols};
    axn_array_options options = {.banks = (int)settings->banks,
                                 .row_buses = (int)settings->row_buses,
                                 .dense_taps = (int)settings->dense_taps};
    axn_status status = axn_model_load(settings->model, &run->model, error);
    if (status == AXN_OK) {
        status = axn_library_load(settings->library, &run->library, error);
    }
    if (status == AXN_OK) {
        status = axn_program_compile_for(&run->model, array, options, &run->program, error);
        if (status == AXN_OK) {
            const axn_memory_budget budget = {1024 * settings->arena_kib,
                                              1024 * settings->weights_kib};
            status = axn_memory_budget_check(&run->program, &run->model.network, budget, error);
        }
        if (status != AXN_OK) {
            axn_error_prefix(error, "model \"%s\"", settings->model);
        }
    }
    if (status == AXN_OK) {
        status = axn_program_cycles(&run->program, &run->model.network, &run->cycles, error);
    }
    if (status == AXN_OK) {
        status = choose_multipliers(settings, run, error);
    }
    run->emission.model = &run->model;
    run->emission.program = &run->program;
    run->emission.cycles = &run->cycles;
    run->emission.library = &run->library;
    return status;
}

/* golden/vectors.bin: a few test images, or noise where the data set is not at hand. */
static axn_status make_vectors(const rtl_settings *settings, const rtl_run *run,
                               axn_buffer *vectors, axn_error *error)
{
    const uint16_t *tables[AXN_MODEL_MAX_MULTIPLIERS] = {0};
    axn_test_images images = {0};
    axn_golden_buffers buffers = {0};
    axn_error missing = {0};
    for (int i = 0; i < run->model.multiplier_count; i++) {
        tables[i] = run->tables[i].product;
    }
    axn_status status = AXN_OK;
    if (axn_test_images_load(&run->model, NULL, settings->data_dir, VECTOR_IMAGES, &images,
                             &missing) != AXN_OK) {
        axn_message("golden/vectors.bin holds noise images: %s", missing.message);
        status = axn_test_images_load(&run->model, AXN_NOISE_DATASET, NULL, VECTOR_IMAGES, &images,
                                      error);
    }
    if (status == AXN_OK) {
        status = axn_golden_buffers_create(&run->model.network, &buffers, error);
    }
    for (int i = 0; i < images.count && status == AXN_OK; i++) {
        axn_vector_append(&run->model, tables, images.images[i], &buffers, vectors);
    }
    axn_golden_buffers_free(&buffers);
    axn_test_images_free(&images);
    return status;
}

static axn_status write_folder(const rtl_settings *settings, const rtl_run *run, axn_error *error)
{
    axn_buffer vectors = {0};
    bool fresh = !axn_path_exists(settings->out);
    axn_status status = axn_folder_prepare(settings->out, settings->force, error);
    if (status != AXN_OK) {
        return status;
    }
    status = make_vectors(settings, run, &vectors, error);
    if (status == AXN_OK) {
        status = axn_emit_folder(&run->emission, &vectors, settings->out, error);
    }
    axn_buffer_free(&vectors);
    if (status != AXN_OK && fresh) { /* nothing half-written stays */
        axn_folder_remove(settings->out, NULL);
    }
    return status;
}

static cJSON *layer_json(const rtl_run *run, const axn_layer_cycles *at)
{
    const axn_layer *layer = &run->model.network.layers[at->layer];
    cJSON *out = cJSON_CreateObject();
    bool built =
        out != NULL && cJSON_AddStringToObject(out, "name", layer->name) != NULL &&
        cJSON_AddNumberToObject(out, "cycles", (double)at->cycles) != NULL &&
        cJSON_AddNumberToObject(out, "multiplications", (double)at->multiplications) != NULL &&
        cJSON_AddNumberToObject(out, "utilisation", at->utilisation) != NULL &&
        cJSON_AddNumberToObject(out, "tiling_bound", at->tiling_bound) != NULL;
    if (built && layer->kind == AXN_LAYER_CONV) {
        const axn_multiplier *multiplier = axn_emission_layer_multiplier(&run->emission, at->layer);
        built = cJSON_AddStringToObject(out, "multiplier", multiplier->name) != NULL &&
                cJSON_AddBoolToObject(out, "swap_operands", layer->swap_operands) != NULL &&
                cJSON_AddNumberToObject(out, "multiplier_energy_uj",
                                        axn_emission_layer_energy_uj(&run->emission, at->layer)) !=
                    NULL;
    }
    if (!built) {
        cJSON_Delete(out);
        return NULL;
    }
    return out;
}

static axn_status print_json(const rtl_settings *settings, const rtl_run *run, axn_error *error)
{
    cJSON *root = NULL;
    cJSON *layers = NULL;
    axn_status status = axn_emit_summary_json(&run->emission, &root, error);
    if (status != AXN_OK) {
        return status;
    }
    axn_rtl_choice choices[AXN_RTL_CHOICES];
    int count = 0;
    if (settings->estimate) {
        status = axn_rtl_choices(&run->model, &run->program, choices, &count, error);
        if (status != AXN_OK) {
            cJSON_Delete(root);
            return status;
        }
    }
    bool built =
        (!settings->estimate || axn_rtl_choices_json(choices, count, root)) &&
        (settings->estimate || cJSON_AddStringToObject(root, "folder", settings->out) != NULL) &&
        (layers = cJSON_AddArrayToObject(root, "layers")) != NULL;
    for (int i = 0; i < run->cycles.layer_count && built; i++) {
        built = cJSON_AddItemToArray(layers, layer_json(run, &run->cycles.layers[i]));
    }
    status =
        built ? axn_json_print(root, error) : axn_fail(error, AXN_ERROR_MEMORY, "out of memory");
    cJSON_Delete(root);
    return status;
}

static void print_layers(const rtl_run *run)
{
    printf("%-24s %-13s %12s %12s %11s %12s  %s\n", "layer", "output", "cycles", "utilisation",
           "bound", "energy uJ", "multiplier");
    for (int i = 0; i < run->cycles.layer_count; i++) {
        const axn_layer_cycles *at = &run->cycles.layers[i];
        const axn_layer *layer = &run->model.network.layers[at->layer];
        char shape[40];
        snprintf(shape, sizeof shape, "%dx%dx%d", layer->output.height, layer->output.width,
                 layer->output.channels);
        printf("%-24s %-13s %12lld", layer->name, shape, (long long)at->cycles);
        if (at->multiplications > 0) {
            printf(" %10.1f %% %9.1f %% %12.4f  %s%s", 100 * at->utilisation,
                   100 * at->tiling_bound, axn_emission_layer_energy_uj(&run->emission, at->layer),
                   axn_emission_layer_multiplier(&run->emission, at->layer)->name,
                   layer->swap_operands ? " (operands swapped)" : "");
        }
        printf("\n");
    }
}

/* Of a model whose fully connected layers are far larger than its convolutions, even with all the
 * taps a cycle that the array allows, or by the user's choice. */
static void print_dense(const rtl_run *run)
{
    int64_t dense = axn_dense_cycles(&run->cycles, &run->model.network);
    printf("fully connected layers %.1f %% of the cycles, %d tap%s a cycle%s\n",
           100 * (double)dense / (double)run->cycles.cycles_per_image, run->program.dense_taps,
           run->program.dense_taps == 1 ? "" : "s",
           2 * dense > run->cycles.cycles_per_image
               ? ": they dominate; more --dense-taps, or a pool before them"
               : "");
}

static axn_status print_table(const rtl_settings *settings, const rtl_run *run, axn_error *error)
{
    const axn_cycles *cycles = &run->cycles;
    print_layers(run);
    printf("\narray                  %d x %d, %d-bit accumulators, multiplier%s",
           run->program.array.rows, run->program.array.cols, run->program.accumulator_bits,
           run->emission.multiplier_count > 1 ? "s" : "");
    for (int i = 0; i < run->emission.multiplier_count; i++) {
        printf("%s %s", i > 0 ? "," : "",
               run->library.multipliers[run->emission.multipliers[i]].name);
    }
    printf("\n");
    printf("cycles an image        %lld (loading %lld, results %lld)\n",
           (long long)cycles->cycles_per_image, (long long)cycles->load_cycles,
           (long long)cycles->result_cycles);
    printf("utilisation            %.1f %% over the convolutions, %.1f %% in all\n",
           100 * cycles->utilisation, 100 * cycles->utilisation_total);
    print_dense(run);
    printf("arena                  %lu bytes at most, %d banks; result buses of a row: %d\n",
           (unsigned long)run->program.arena_bytes, run->program.banks, run->program.row_buses);
    printf("memories               arena %lld bytes, weights %lld bytes\n",
           (long long)axn_arena_memory_bytes(&run->program),
           (long long)axn_weight_memory_bytes(&run->program));
    printf("multiplication energy  %.4f uJ an image\n", axn_emission_energy_uj(&run->emission));
    if (!settings->estimate) {
        printf("written to             %s\n", settings->out);
        return AXN_OK;
    }
    axn_rtl_choice choices[AXN_RTL_CHOICES];
    int count = 0;
    axn_status status = axn_rtl_choices(&run->model, &run->program, choices, &count, error);
    if (status == AXN_OK) {
        axn_rtl_choices_print(choices, count);
    }
    return status;
}

static axn_status run_rtl(const rtl_settings *settings, rtl_run *run, axn_error *error)
{
    axn_status status = AXN_OK;
    if (settings->out == NULL && !settings->estimate) {
        return axn_fail(error, AXN_ERROR_USAGE, "--out DIR is missing (or use --estimate)");
    }
    status = load(settings, run, error);
    if (status == AXN_OK && !settings->estimate) {
        status = write_folder(settings, run, error);
    }
    if (status == AXN_OK && settings->json) {
        status = print_json(settings, run, error);
    } else if (status == AXN_OK) {
        status = print_table(settings, run, error);
    }
    return status;
}

int axn_cmd_rtl(int argc, char **argv)
{
    rtl_settings settings = {.rows = 16, .cols = 16};
    const axn_option options[] = {
        {"out", AXN_OPTION_TEXT, &settings.out, "DIR", "the folder to write", 0, 0, NULL},
        {"rows", AXN_OPTION_INTEGER, &settings.rows, "N", "rows of the array (16)", AXN_ARRAY_MIN,
         AXN_ARRAY_MAX, NULL},
        {"cols", AXN_OPTION_INTEGER, &settings.cols, "N", "columns of the array (16)",
         AXN_ARRAY_MIN, AXN_ARRAY_MAX, NULL},
        {"banks", AXN_OPTION_INTEGER, &settings.banks, "N",
         "banks of the arena: 4, 8, 16 (as many as the cycles ask for)", 4, 16, NULL},
        {"row-buses", AXN_OPTION_INTEGER, &settings.row_buses, "N",
         "result buses of a row: 1, 2 (2 where layers of few taps ask for it)", 1, 2, NULL},
        {"dense-taps", AXN_OPTION_INTEGER, &settings.dense_taps, "N",
         "taps of fully connected layers a cycle: 1, 2, 4, 8, 16 (as few as keep these below half "
         "of the cycles)",
         1, 16, NULL},
        {"arena-kib", AXN_OPTION_INTEGER, &settings.arena_kib, "N",
         "refuse a model whose tensors need a larger arena", 1, 1 << 20, NULL},
        {"weights-kib", AXN_OPTION_INTEGER, &settings.weights_kib, "N",
         "refuse a model whose weights need a larger memory", 1, 1 << 20, NULL},
        {"library", AXN_OPTION_TEXT, &settings.library, "DIR",
         "multiplier library (default: the shipped one)", 0, 0, NULL},
        {"data-dir", AXN_OPTION_TEXT, &settings.data_dir, "DIR",
         "data set of the folder's own test images", 0, 0, NULL},
        {"estimate", AXN_OPTION_FLAG, &settings.estimate, NULL,
         "cycles, utilisation, memory and energy only, nothing is written", 0, 0, NULL},
        {"force", AXN_OPTION_FLAG, &settings.force, NULL, "write into a folder that is not empty",
         0, 0, NULL},
    };
    axn_command_line line = {.usage = "rtl MODEL --out DIR [options]",
                             .summary = "Generates the accelerator of a quantised model: a folder "
                                        "that works alone with `make lint sim synth`.",
                             .options = options,
                             .option_count = sizeof options / sizeof options[0],
                             .least = 1,
                             .most = 1,
                             .arguments = &settings.model};
    axn_error error = {0};
    rtl_run run = {0};
    axn_parse parsed = axn_options_parse(&line, argc, argv, &settings.json);
    if (parsed != AXN_PARSE_RUN) {
        return parsed == AXN_PARSE_DONE ? 0 : 2;
    }
    axn_status status = run_rtl(&settings, &run, &error);
    free_run(&run);
    return status == AXN_OK ? 0 : axn_command_fail("rtl", &error);
}
