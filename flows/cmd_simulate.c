/* axnas simulate: an emitted accelerator against the golden model. */
#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "common/progress.h"
#include "flows/commands.h"
#include "flows/options.h"
#include "flows/test_images.h"
#include "sim/simulate.h"
#include "sim/trace.h"

typedef struct simulate_settings {
    const char *folder, *simulator, *dataset, *data_dir;
    const char *trace, *trace_layer;
    int64_t images, threads, trace_image;
    bool json;
} simulate_settings;

typedef struct simulate_run {
    axn_accelerator accelerator;
    axn_simulator simulator;
    axn_test_images images;
    axn_simulation result;
    double simulation_s;
    int traced_layer; /* 0: all of the image */
    int traced_image; /* -1: nothing was traced */
} simulate_run;

/* What would fail after a long simulation fails before. */
static axn_status check_trace(const simulate_settings *settings, simulate_run *run,
                              axn_error *error)
{
    run->traced_image = -1;
    if (settings->trace == NULL) {
        return settings->trace_layer == NULL && settings->trace_image < 0
                   ? AXN_OK
                   : axn_fail(error, AXN_ERROR_USAGE,
                              "--trace-layer and --trace-image need --trace FILE");
    }
    if (settings->trace_image >= run->images.count) {
        return axn_fail(error, AXN_ERROR_USAGE,
                        "--trace-image %lld: there are images 0 to %d (--images)",
                        (long long)settings->trace_image, run->images.count - 1);
    }
    return settings->trace_layer == NULL ? AXN_OK
                                         : axn_trace_layer(&run->accelerator, settings->trace_layer,
                                                           &run->traced_layer, error);
}

/* Traces the image asked for, else the first one with a mismatch, else the first one. */
static axn_status trace(const simulate_settings *settings, axn_simulator_kind kind,
                        simulate_run *run, axn_error *error)
{
    axn_simulator simulator;
    int image = (int)settings->trace_image;
    if (image < 0) {
        image = run->result.first_mismatch_image < 0 ? 0 : run->result.first_mismatch_image;
    }
    axn_status status = axn_simulator_build_tracing(settings->folder, kind, &simulator, error);
    if (status == AXN_OK) {
        axn_message("simulator that traces %s in %.1f s",
                    simulator.cached ? "found in the cache" : "built", simulator.build_s);
        status = axn_trace(&run->accelerator, &simulator, run->images.images[image],
                           run->traced_layer, settings->trace, error);
    }
    if (status == AXN_OK) {
        run->traced_image = image;
    }
    return status;
}

static axn_status simulate(const simulate_settings *settings, simulate_run *run, axn_error *error)
{
    axn_simulator_kind kind =
        strcmp(settings->simulator, "icarus") == 0 ? AXN_SIMULATOR_ICARUS : AXN_SIMULATOR_VERILATOR;
    axn_status status = axn_accelerator_open(settings->folder, &run->accelerator, error);
    if (status == AXN_OK) {
        status =
            axn_test_images_load(&run->accelerator.model, settings->dataset, settings->data_dir,
                                 (int)settings->images, &run->images, error);
    }
    if (status == AXN_OK) {
        status = check_trace(settings, run, error);
    }
    if (status == AXN_OK) {
        status = axn_accelerator_check_multipliers(&run->accelerator, error);
    }
    if (status == AXN_OK) {
        status = axn_simulator_build(settings->folder, kind, &run->simulator, error);
    }
    if (status == AXN_OK) {
        axn_message("simulator %s in %.1f s",
                    run->simulator.cached ? "found in the cache" : "built", run->simulator.build_s);
        double started = axn_seconds();
        status =
            axn_simulate(&run->accelerator, &run->simulator, run->images.images, run->images.labels,
                         run->images.count, (int)settings->threads, &run->result, error);
        run->simulation_s = axn_seconds() - started;
    }
    if (status == AXN_OK && settings->trace != NULL) {
        status = trace(settings, kind, run, error);
    }
    return status;
}

static bool add_layers(cJSON *root, const simulate_run *run)
{
    cJSON *layers = cJSON_AddArrayToObject(root, "layers");
    bool built = layers != NULL;
    for (int i = 0; i < run->result.layer_count && built; i++) {
        const axn_simulation_layer *at = &run->result.layers[i];
        cJSON *layer = cJSON_CreateObject();
        built = layer != NULL && cJSON_AddItemToArray(layers, layer) &&
                cJSON_AddStringToObject(
                    layer, "name", run->accelerator.model.network.layers[at->layer].name) != NULL &&
                cJSON_AddNumberToObject(layer, "cycles", (double)at->cycles) != NULL &&
                cJSON_AddNumberToObject(layer, "cycles_model", (double)at->cycles_model) != NULL &&
                cJSON_AddNumberToObject(layer, "utilisation", at->utilisation) != NULL &&
                cJSON_AddNumberToObject(layer, "tiling_bound", at->tiling_bound) != NULL;
    }
    return built;
}

static axn_status print_json(const simulate_run *run, axn_error *error)
{
    const axn_simulation *result = &run->result;
    const struct {
        const char *key;
        double value;
    } numbers[] = {{"images", result->images},
                   {"mismatches", (double)result->mismatches},
                   {"layers_checked", (double)result->layers_checked},
                   {"bytes_checked", (double)result->bytes_checked},
                   {"cycles_per_image", (double)result->cycles_per_image},
                   {"cycles_per_image_model", (double)result->cycles_per_image_model},
                   {"load_cycles_model", (double)run->accelerator.cycles.load_cycles},
                   {"result_cycles_model", (double)run->accelerator.cycles.result_cycles},
                   {"utilisation", result->utilisation},
                   {"utilisation_total", result->utilisation_total},
                   {"build_s", run->simulator.build_s},
                   {"simulation_s", run->simulation_s}};
    cJSON *root = cJSON_CreateObject();
    bool built = root != NULL;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0] && built; i++) {
        built = cJSON_AddNumberToObject(root, numbers[i].key, numbers[i].value) != NULL;
    }
    if (built && result->correct >= 0) {
        built = cJSON_AddNumberToObject(root, "accuracy",
                                        (double)result->correct / result->images) != NULL;
    }
    if (built && result->first_mismatch[0] != '\0') {
        built = cJSON_AddStringToObject(root, "first_mismatch", result->first_mismatch) != NULL;
    }
    if (built && run->traced_image >= 0) {
        built = cJSON_AddNumberToObject(root, "traced_image", run->traced_image) != NULL;
    }
    axn_status status = built && add_layers(root, run)
                            ? axn_json_print(root, error)
                            : axn_fail(error, AXN_ERROR_MEMORY, "out of memory");
    cJSON_Delete(root);
    return status;
}

static void print_table(const simulate_settings *settings, const simulate_run *run)
{
    const axn_simulation *result = &run->result;
    printf("%-24s %12s %12s %12s %10s\n", "layer", "cycles", "model", "utilisation", "bound");
    for (int i = 0; i < result->layer_count; i++) {
        const axn_simulation_layer *at = &result->layers[i];
        printf("%-24s %12lld %12lld", run->accelerator.model.network.layers[at->layer].name,
               (long long)at->cycles, (long long)at->cycles_model);
        if (at->utilisation > 0) {
            printf(" %10.1f %% %8.1f %%", 100 * at->utilisation, 100 * at->tiling_bound);
        }
        printf("\n");
    }
    printf("\nchecked          %d images, %lld layers, %lld bytes: %lld mismatches\n",
           result->images, (long long)result->layers_checked, (long long)result->bytes_checked,
           (long long)result->mismatches);
    printf("cycles an image  %lld (model %lld)\n", (long long)result->cycles_per_image,
           (long long)result->cycles_per_image_model);
    printf("utilisation      %.1f %% over the convolutions, %.1f %% in all\n",
           100 * result->utilisation, 100 * result->utilisation_total);
    if (result->correct >= 0) {
        printf("accuracy         %.2f %% (%d of %d)\n", 100.0 * result->correct / result->images,
               result->correct, result->images);
    }
    if (run->traced_image >= 0) {
        printf("waveforms        of image %d%s%s in %s\n", run->traced_image,
               run->traced_layer > 0 ? ", layer " : "",
               run->traced_layer > 0 ? run->accelerator.model.network.layers[run->traced_layer].name
                                     : "",
               settings->trace);
    }
}

static axn_status run_simulate(const simulate_settings *settings, simulate_run *run,
                               axn_error *error)
{
    axn_status status = simulate(settings, run, error);
    if (status == AXN_OK && settings->json) {
        status = print_json(run, error);
    } else if (status == AXN_OK) {
        print_table(settings, run);
    }
    if (status == AXN_OK && run->result.mismatches != 0) {
        status = axn_fail(error, AXN_ERROR_MISMATCH, "%lld mismatches, the first: %s",
                          (long long)run->result.mismatches, run->result.first_mismatch);
    }
    return status;
}

int axn_cmd_simulate(int argc, char **argv)
{
    simulate_settings settings = {.simulator = "verilator", .images = 100, .trace_image = -1};
    const axn_option options[] = {
        {"images", AXN_OPTION_INTEGER, &settings.images, "N", "test images, 0 = all (100)", 0, 1e6,
         NULL},
        {"simulator", AXN_OPTION_CHOICE, &settings.simulator, "verilator|icarus",
         "icarus is slow: arrays up to 4 x 4", 0, 0, NULL},
        {"dataset", AXN_OPTION_TEXT, &settings.dataset, "NAME",
         "data set (default: the model's; random = noise)", 0, 0, NULL},
        {"data-dir", AXN_OPTION_TEXT, &settings.data_dir, "DIR", "folder of the data set", 0, 0,
         NULL},
        {"threads", AXN_OPTION_INTEGER, &settings.threads, "N",
         "simulations at a time, 0 = one a processor (0)", 0, 256, NULL},
        {"trace", AXN_OPTION_TEXT, &settings.trace, "FILE",
         "waveforms (FST, for GTKWave) of the first image with a mismatch, else of the first", 0, 0,
         NULL},
        {"trace-image", AXN_OPTION_INTEGER, &settings.trace_image, "N", "of image N instead", 0,
         1e6, NULL},
        {"trace-layer", AXN_OPTION_TEXT, &settings.trace_layer, "LAYER",
         "of one layer only, by name or number", 0, 0, NULL},
    };
    axn_command_line line = {.usage = "simulate DIR [options]",
                             .summary = "Simulates an accelerator cycle by cycle and compares "
                                        "every byte of every layer with the golden model.",
                             .options = options,
                             .option_count = sizeof options / sizeof options[0],
                             .least = 1,
                             .most = 1,
                             .arguments = &settings.folder};
    axn_error error = {0};
    simulate_run run = {0};
    axn_parse parsed = axn_options_parse(&line, argc, argv, &settings.json);
    if (parsed != AXN_PARSE_RUN) {
        return parsed == AXN_PARSE_DONE ? 0 : 2;
    }
    axn_status status = run_simulate(&settings, &run, &error);
    axn_simulation_free(&run.result);
    axn_test_images_free(&run.images);
    axn_accelerator_close(&run.accelerator);
    return status == AXN_OK ? 0 : axn_command_fail("simulate", &error);
}
