/* What the emitted folder says about itself. */
#include <math.h>

#include "common/json.h"
#include "rtl_gen/emit_internal.h"

const axn_multiplier *axn_emission_layer_multiplier(const axn_emission *emission, int layer)
{
    int index = axn_program_multiplier(emission->program, emission->model,
                                       emission->model->network.layers[layer].multiplier);
    return &emission->library->multipliers[emission->multipliers[index]];
}

double axn_emission_layer_energy_uj(const axn_emission *emission, int layer)
{
    const axn_network *network = &emission->model->network;
    if (network->layers[layer].kind != AXN_LAYER_CONV) {
        return 0;
    }
    return (double)axn_layer_multiplications(network, layer, AXN_COUNT_EXACT) *
           axn_emission_layer_multiplier(emission, layer)->energy_pj * 1e-6;
}

double axn_emission_energy_uj(const axn_emission *emission)
{
    double energy = 0;
    for (int i = 0; i < emission->model->network.count; i++) {
        energy += axn_emission_layer_energy_uj(emission, i);
    }
    return energy;
}

/* Does the layer use the index-th multiplier of the array? */
static bool uses(const axn_emission *emission, int layer, int index)
{
    const axn_layer *at = &emission->model->network.layers[layer];
    return at->kind == AXN_LAYER_CONV &&
           axn_program_multiplier(emission->program, emission->model, at->multiplier) == index;
}

/* What one multiplier of the array costs and does. */
typedef struct share {
    const axn_multiplier *multiplier;
    double multiplications, energy_uj;
} share;

static share share_of(const axn_emission *emission, int index)
{
    const axn_network *network = &emission->model->network;
    share out = {.multiplier = &emission->library->multipliers[emission->multipliers[index]]};
    for (int i = 0; i < network->count; i++) {
        if (uses(emission, i, index)) {
            out.multiplications += (double)axn_layer_multiplications(network, i, AXN_COUNT_EXACT);
            out.energy_uj += axn_emission_layer_energy_uj(emission, i);
        }
    }
    return out;
}

/* Area of a cell's multipliers; mean power of the multiplications, to the exact circuit's. */
static void add_up(const axn_emission *emission, double *area_um2, double *power_ratio)
{
    double multiplications = 0, weighted = 0;
    *area_um2 = 0;
    *power_ratio = emission->library->multipliers[emission->multipliers[0]].power_ratio;
    for (int i = 0; i < emission->multiplier_count; i++) {
        share at = share_of(emission, i);
        *area_um2 += at.multiplier->area_um2;
        multiplications += at.multiplications;
        weighted += at.multiplications * at.multiplier->power_ratio;
    }
    if (emission->multiplier_count > 1) {
        *power_ratio = weighted / multiplications;
    }
}

/* Names of all, with + between them. */
static void join_names(const axn_emission *emission, axn_buffer *out)
{
    for (int i = 0; i < emission->multiplier_count; i++) {
        axn_buffer_format(out, "%s%s", i > 0 ? "+" : "",
                          emission->library->multipliers[emission->multipliers[i]].name);
    }
}

/* Accuracy a training run noted in the model, negative if none did. */
static double noted_accuracy(const axn_model *model)
{
    if (model->provenance == NULL) {
        return -1;
    }
    const cJSON *accuracy = cJSON_GetObjectItemCaseSensitive(model->provenance, "accuracy");
    return accuracy != NULL && cJSON_IsNumber(accuracy) ? accuracy->valuedouble : -1;
}

void axn_emit_layers(const axn_emission *emission, axn_buffer *out)
{
    const axn_network *network = &emission->model->network;
    const axn_cycles *cycles = emission->cycles;
    axn_buffer_text(out, "layer,kind,height,width,channels,arena_base,cycles,multiplications,"
                         "utilisation,tiling_bound,multiplier,swap_operands,energy_uj\n");
    for (int i = 0; i < cycles->layer_count; i++) {
        const axn_layer_cycles *at = &cycles->layers[i];
        const axn_layer *layer = &network->layers[at->layer];
        axn_buffer_format(out, "%s,%s,%d,%d,%d,", layer->name, axn_layer_kind_name(layer->kind),
                          layer->output.height, layer->output.width, layer->output.channels);
        if (emission->program->regions[at->layer].size > 0) {
            axn_buffer_format(out, "%lu",
                              (unsigned long)emission->program->regions[at->layer].base);
        }
        axn_buffer_format(out, ",%lld,%lld,", (long long)at->cycles,
                          (long long)at->multiplications);
        if (layer->kind == AXN_LAYER_CONV) {
            axn_buffer_format(out, "%.6f,%.6f,%s,%d,%.6f\n", at->utilisation, at->tiling_bound,
                              axn_emission_layer_multiplier(emission, at->layer)->name,
                              layer->swap_operands,
                              axn_emission_layer_energy_uj(emission, at->layer));
        } else {
            axn_buffer_text(out, ",,,,\n");
        }
    }
}

static bool add_multipliers(const axn_emission *emission, cJSON *root)
{
    const axn_network *network = &emission->model->network;
    cJSON *list = cJSON_AddArrayToObject(root, "multipliers");
    bool built = list != NULL;
    for (int i = 0; i < emission->multiplier_count && built; i++) {
        share at = share_of(emission, i);
        cJSON *item = cJSON_CreateObject(), *layers = NULL;
        built = item != NULL && cJSON_AddItemToArray(list, item) &&
                cJSON_AddStringToObject(item, "name", at.multiplier->name) != NULL &&
                cJSON_AddNumberToObject(item, "area_um2", at.multiplier->area_um2) != NULL &&
                cJSON_AddNumberToObject(item, "power_ratio", at.multiplier->power_ratio) != NULL &&
                cJSON_AddNumberToObject(item, "multiplications", at.multiplications) != NULL &&
                cJSON_AddNumberToObject(item, "energy_uj", at.energy_uj) != NULL &&
                (layers = cJSON_AddArrayToObject(item, "layers")) != NULL;
        for (int k = 0; k < network->count && built; k++) {
            if (uses(emission, k, i)) {
                built = cJSON_AddItemToArray(layers, cJSON_CreateString(network->layers[k].name));
            }
        }
    }
    return built;
}

axn_status axn_emit_summary_json(const axn_emission *emission, cJSON **out, axn_error *error)
{
    const axn_program *program = emission->program;
    const axn_cycles *cycles = emission->cycles;
    double area = 0, ratio = 0;
    axn_buffer names = {0};
    join_names(emission, &names);
    add_up(emission, &area, &ratio);
    const struct {
        const char *key;
        double value;
    } numbers[] = {{"rows", program->array.rows},
                   {"cols", program->array.cols},
                   {"accumulator_bits", program->accumulator_bits},
                   {"banks", program->banks},
                   {"row_buses", program->row_buses},
                   {"dense_taps", program->dense_taps},
                   {"layer_count", emission->model->network.count - 1},
                   {"operations", program->operation_count},
                   {"cycles_per_image", (double)cycles->cycles_per_image},
                   {"load_cycles", (double)cycles->load_cycles},
                   {"dense_cycles", (double)axn_dense_cycles(cycles, &emission->model->network)},
                   {"result_cycles", (double)cycles->result_cycles},
                   {"utilisation", cycles->utilisation},
                   {"utilisation_total", cycles->utilisation_total},
                   {"multiplications", (double)axn_network_multiplications(
                                           &emission->model->network, AXN_COUNT_EXACT)},
                   {"multiplier_energy_uj", axn_emission_energy_uj(emission)},
                   {"multiplier_area_um2", area},
                   {"multiplier_power_ratio", ratio},
                   {"arena_bytes", program->arena_bytes},
                   {"weight_bytes", (double)program->weight_words * program->array.cols},
                   {"parameter_bytes", 8.0 * program->parameter_count},
                   {"program_bytes", 64.0 * program->operation_count}};
    cJSON *root = cJSON_CreateObject();
    bool built = root != NULL && !names.failed &&
                 cJSON_AddStringToObject(root, "dataset", emission->model->dataset) != NULL &&
                 cJSON_AddStringToObject(root, "multiplier", names.data) != NULL;
    axn_buffer_free(&names);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0] && built; i++) {
        built = cJSON_AddNumberToObject(root, numbers[i].key, numbers[i].value) != NULL;
    }
    if (built && noted_accuracy(emission->model) >= 0) {
        built = cJSON_AddNumberToObject(root, "accuracy", noted_accuracy(emission->model)) != NULL;
    }
    if (!built || !add_multipliers(emission, root)) {
        cJSON_Delete(root);
        return axn_fail(error, AXN_ERROR_MEMORY, "out of memory");
    }
    *out = root;
    return AXN_OK;
}

axn_status axn_emit_summary(const axn_emission *emission, const char *path, axn_error *error)
{
    cJSON *root = NULL;
    axn_status status = axn_emit_summary_json(emission, &root, error);
    if (status == AXN_OK) {
        status = axn_json_write(path, root, error);
    }
    cJSON_Delete(root);
    return status;
}

static void describe_network(const axn_emission *emission, axn_buffer *out)
{
    const axn_network *network = &emission->model->network;
    axn_shape image = network->layers[0].output;
    int kinds[AXN_LAYER_CONCAT + 1] = {0};
    for (int i = 1; i < network->count; i++) {
        kinds[network->layers[i].kind]++;
    }
    axn_buffer_format(out, "| network | %d layers (", network->count - 1);
    const char *separator = "";
    for (int kind = AXN_LAYER_CONV; kind <= AXN_LAYER_CONCAT; kind++) {
        if (kinds[kind] > 0) {
            axn_buffer_format(out, "%s%d %s", separator, kinds[kind],
                              axn_layer_kind_name((axn_layer_kind)kind));
            separator = ", ";
        }
    }
    axn_buffer_format(out, "), image %d x %d x %d, %d classes |\n", image.height, image.width,
                      image.channels, network->layers[network->count - 1].units);
    if (emission->multiplier_count == 1) {
        const axn_multiplier *only = &emission->library->multipliers[emission->multipliers[0]];
        axn_buffer_format(out, "| multiplier | %s (%.1f %% of the exact one's power) |\n",
                          only->name, 100 * only->power_ratio);
    } else {
        axn_buffer_format(out, "| multipliers | %d in every cell, chosen by layer, see below |\n",
                          emission->multiplier_count);
    }
    if (noted_accuracy(emission->model) >= 0) {
        axn_buffer_format(out, "| accuracy | %.2f %% on %s |\n",
                          100 * noted_accuracy(emission->model), emission->model->dataset);
    }
}

static void describe_hardware(const axn_emission *emission, axn_buffer *out)
{
    const axn_program *program = emission->program;
    const axn_cycles *cycles = emission->cycles;
    axn_buffer_format(out, "| array | %d x %d cells, %d-bit accumulators |\n", program->array.rows,
                      program->array.cols, program->accumulator_bits);
    axn_buffer_format(out, "| cycles an image | %lld (loading %lld, results %lld) |\n",
                      (long long)cycles->cycles_per_image, (long long)cycles->load_cycles,
                      (long long)cycles->result_cycles);
    axn_buffer_format(out, "| utilisation | %.1f %% over the convolutions, %.1f %% in all |\n",
                      100 * cycles->utilisation, 100 * cycles->utilisation_total);
    axn_buffer_format(out, "| multiplication energy | %.4f uJ an image |\n",
                      axn_emission_energy_uj(emission));
    axn_buffer_format(out,
                      "| memory | arena %lu bytes, weights %lu, parameters %lu, program %lu |\n",
                      (unsigned long)program->arena_bytes,
                      (unsigned long)program->weight_words * (unsigned long)program->array.cols,
                      8UL * (unsigned long)program->parameter_count,
                      64UL * (unsigned long)program->operation_count);
    axn_buffer_text(out, "| area, power | `make synth`, or `axnas synth` on this folder |\n\n");
}

/* Which layers use which of several. */
static void describe_multipliers(const axn_emission *emission, axn_buffer *out)
{
    const axn_network *network = &emission->model->network;
    axn_buffer_text(out, "| multiplier | power of the exact one | uJ an image | layers |\n"
                         "|---|---|---|---|\n");
    for (int i = 0; i < emission->multiplier_count; i++) {
        share at = share_of(emission, i);
        axn_buffer_format(out, "| %s | %.1f %% | %.4f |", at.multiplier->name,
                          100 * at.multiplier->power_ratio, at.energy_uj);
        const char *separator = " ";
        for (int k = 0; k < network->count; k++) {
            if (uses(emission, k, i)) {
                axn_buffer_format(out, "%s%s%s", separator, network->layers[k].name,
                                  network->layers[k].swap_operands ? " (operands swapped)" : "");
                separator = ", ";
            }
        }
        axn_buffer_text(out, " |\n");
    }
    axn_buffer_text(out, "\nThe operands of the multipliers that a layer does not use are held "
                         "still.\n\n");
}

void axn_emit_readme(const axn_emission *emission, axn_buffer *out)
{
    axn_buffer_text(out, "# Accelerator\n\nA systolic array with an approximate multiplier in "
                         "every cell, and everything to run it.\n\n| | |\n|---|---|\n");
    describe_network(emission, out);
    describe_hardware(emission, out);
    if (emission->multiplier_count > 1) {
        describe_multipliers(emission, out);
    }
    axn_buffer_text(
        out,
        "    make lint     Verilator's lint of the synthesised files\n"
        "    make sim      multiplier netlist against its table, then a few images,\n"
        "                  every byte of every layer against golden/vectors.bin\n"
        "    make sim-axi  the same images through the AXI shell, axn_axi_top\n"
        "    make synth    area by Yosys (LIBERTY=FILE for another library)\n"
        "    make sta      timing by OpenSTA\n\n"
        "Needs `make`, `gcc`, `verilator`, `iverilog`, `yosys` and `opensta`, nothing else.\n\n"
        "| folder | content |\n|---|---|\n"
        "| `rtl/` | the design; top module `" AXN_TOP_MODULE "`, files in `filelist_syn.f` |\n"
        "| `tb/` | test bench; files in `filelist_sim.f` |\n"
        "| `mem/` | memory images, layout of the layers, the multiplier's table |\n"
        "| `golden/` | the quantised model, vectors for the test bench |\n"
        "| `include/` | registers and descriptor for C |\n"
        "| `syn/` | scripts of synthesis, timing and lint |\n"
        "| `report/` | cycles and utilisation of each layer; summary |\n");
}
