/* axnas synth: area, power and timing of an emitted accelerator. */
#include <stdio.h>
#include <string.h>

#include "common/file.h"
#include "flows/commands.h"
#include "flows/options.h"
#include "flows/synth_fpga.h"
#include "flows/synthesis.h"
#include "synth/yosys.h"

#define REPORT_FOLDER "report"
#define NO_MEMORY_DATA "no sourced table for this technology yet"

static bool add_module(cJSON *modules, const axn_synthesis_component *component)
{
    cJSON *module = cJSON_CreateObject();
    return module != NULL && cJSON_AddItemToArray(modules, module) &&
           cJSON_AddStringToObject(module, "name", component->name) != NULL &&
           cJSON_AddNumberToObject(module, "area_um2", component->area_um2) != NULL &&
           cJSON_AddNumberToObject(module, "power_mw", component->power_mw) != NULL &&
           cJSON_AddNumberToObject(module, "clock_pin_mw", component->clock_pin_mw) != NULL &&
           cJSON_AddNumberToObject(module, "leakage_mw", component->leakage_mw) != NULL &&
           cJSON_AddNumberToObject(module, "cells", (double)component->cells) != NULL &&
           cJSON_AddNumberToObject(module, "flip_flops", (double)component->flip_flops) != NULL;
}

static bool add_multipliers(cJSON *root, const axn_synthesis *s)
{
    cJSON *list = cJSON_AddArrayToObject(root, "multipliers");
    bool built = list != NULL;
    for (int i = 0; i < s->multiplier_count && built; i++) {
        const axn_synthesis_multiplier *at = &s->multipliers[i];
        cJSON *item = cJSON_CreateObject();
        built = item != NULL && cJSON_AddItemToArray(list, item) &&
                cJSON_AddStringToObject(item, "name", at->name) != NULL &&
                cJSON_AddNumberToObject(item, "area_um2", at->area_um2) != NULL &&
                (at->library_area_um2 > 0
                     ? cJSON_AddNumberToObject(item, "library_area_um2", at->library_area_um2)
                     : cJSON_AddNullToObject(item, "library_area_um2")) != NULL &&
                cJSON_AddNumberToObject(item, "power_mw", at->power_mw) != NULL &&
                cJSON_AddNumberToObject(item, "leakage_mw", at->leakage_mw) != NULL &&
                cJSON_AddNumberToObject(item, "energy_uj_per_image",
                                        axn_synthesis_energy_uj(s, at->power_mw)) != NULL;
    }
    return built;
}

static bool add_texts(cJSON *root, const axn_synthesis *s)
{
    bool known = s->multiplier_library_area_um2 > 0;
    return (known ? cJSON_AddNumberToObject(root, "multiplier_library_area_um2",
                                            s->multiplier_library_area_um2)
                  : cJSON_AddNullToObject(root, "multiplier_library_area_um2")) != NULL &&
           cJSON_AddStringToObject(root, "critical_path_start", s->timing.start) != NULL &&
           cJSON_AddStringToObject(root, "critical_path_end", s->timing.end) != NULL &&
           cJSON_AddStringToObject(root, "liberty", axn_path_base(s->liberty)) != NULL &&
           cJSON_AddNullToObject(root, "memory_area_um2") != NULL &&
           cJSON_AddNullToObject(root, "memory_energy_uj_per_image") != NULL &&
           cJSON_AddStringToObject(root, "memory_note", NO_MEMORY_DATA) != NULL;
}

static axn_status make_json(const axn_synthesis *s, cJSON **out, axn_error *error)
{
    char yosys[AXN_VERSION_TEXT], sta[AXN_VERSION_TEXT];
    axn_status status = axn_synth_versions(yosys, sta, error);
    if (status != AXN_OK) {
        return status;
    }
    const struct {
        const char *key;
        double value;
    } numbers[] = {{"area_um2", s->total.area_um2},
                   {"fmax_mhz", s->timing.fmax_mhz},
                   {"clock_mhz", s->clock_mhz},
                   {"power_mw", s->total.power_mw},
                   {"leakage_mw", s->total.leakage_mw},
                   {"clock_pin_mw", s->total.clock_pin_mw},
                   {"energy_uj_per_image", axn_synthesis_energy_uj(s, s->total.power_mw)},
                   {"multiplier_energy_uj_per_image", axn_synthesis_energy_uj(s, s->multiplier_mw)},
                   {"multiplier_area_um2", s->multiplier_area_um2},
                   {"cells", (double)s->total.cells},
                   {"flip_flops", (double)s->total.flip_flops},
                   {"cycles_per_image", (double)s->cycles_per_image},
                   {"images", s->images},
                   {"cycles_counted", (double)s->cycles_counted},
                   {"cycles_checked", (double)s->cycles_checked},
                   {"values_checked", (double)s->values_checked},
                   {"memory_bits", (double)s->memory_bits}};
    cJSON *root = cJSON_CreateObject();
    bool built = root != NULL;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0] && built; i++) {
        built = cJSON_AddNumberToObject(root, numbers[i].key, numbers[i].value) != NULL;
    }
    built = built && add_multipliers(root, s) && add_texts(root, s) &&
            cJSON_AddStringToObject(root, "yosys", yosys) != NULL &&
            cJSON_AddStringToObject(root, "opensta", sta) != NULL;
    cJSON *modules = built ? cJSON_AddArrayToObject(root, "modules") : NULL;
    built = modules != NULL;
    for (int i = 0; i < s->count && built; i++) {
        built = add_module(modules, &s->components[i]);
    }
    if (!built) {
        cJSON_Delete(root);
        return axn_fail(error, AXN_ERROR_MEMORY, "out of memory");
    }
    *out = root;
    return AXN_OK;
}

static void print_component(const axn_synthesis *s, const axn_synthesis_component *component)
{
    printf("%-28s %8ld %10ld %12.0f %6.1f %% %10.3f %6.1f %% %10.3f\n", component->name,
           component->cells, component->flip_flops, component->area_um2,
           100 * component->area_um2 / s->total.area_um2, component->power_mw,
           100 * component->power_mw / s->total.power_mw, component->clock_pin_mw);
}

static void print_multipliers(const axn_synthesis *s)
{
    for (int i = 0; i < s->multiplier_count; i++) {
        const axn_synthesis_multiplier *at = &s->multipliers[i];
        printf("%-16s %s %.6g um2", i == 0 ? "a multiplier" : "", at->name, at->area_um2);
        if (at->library_area_um2 > 0) {
            printf(", in the library %.6g", at->library_area_um2);
        }
        if (s->multiplier_count > 1) {
            printf("; %.4f uJ an image", axn_synthesis_energy_uj(s, at->power_mw));
        }
        printf("\n");
    }
}

static void print_table(const axn_synthesis *s)
{
    printf("%-28s %8s %10s %12s %8s %10s %8s %10s\n", "module", "cells", "flip-flops", "area um2",
           "", "power mW", "", "clock pins");
    for (int i = 0; i < s->count; i++) {
        print_component(s, &s->components[i]);
    }
    print_component(s, &s->total);
    printf("%-28s %llu bits; area, energy: no data (" NO_MEMORY_DATA ")\n\n", "memories",
           (unsigned long long)s->memory_bits);
    printf("technology       %s\n", axn_path_base(s->liberty));
    printf("clock            %g MHz of the power figures; %s %.1f MHz before layout\n",
           s->clock_mhz,
           s->clock_mhz > s->timing.fmax_mhz ? "ABOVE what the design reaches," : "at most",
           s->timing.fmax_mhz);
    printf("critical path    %s\n                 to %s\n", s->timing.start, s->timing.end);
    printf("power            %.3f mW, of it clock pins %.3f, leakage %.3g\n", s->total.power_mw,
           s->total.clock_pin_mw, s->total.leakage_mw);
    print_multipliers(s);
    printf("energy an image  %.4f uJ, of it multipliers %.4f\n",
           axn_synthesis_energy_uj(s, s->total.power_mw),
           axn_synthesis_energy_uj(s, s->multiplier_mw));
    printf("checked          mapped netlist equal to the RTL in %llu values over %llu cycles of "
           "%d images\n",
           (unsigned long long)s->values_checked, (unsigned long long)s->cycles_checked, s->images);
    printf("left out         wires, clock tree, glitches, memories\n");
}

static void make_table(const axn_synthesis *s, axn_buffer *out)
{
    axn_buffer_text(out, "module,cells,flip_flops,area_um2,power_mw,clock_pin_mw,leakage_mw\n");
    for (int i = 0; i < s->count; i++) {
        const axn_synthesis_component *at = &s->components[i];
        axn_buffer_format(out, "%s,%ld,%ld,%.6g,%.6g,%.6g,%.6g\n", at->name, at->cells,
                          at->flip_flops, at->area_um2, at->power_mw, at->clock_pin_mw,
                          at->leakage_mw);
    }
}

/* report/area.csv and report/synthesis.json; the manifest leaves report/ out. */
static axn_status write_report(const char *folder, const axn_synthesis *s, const cJSON *json,
                               axn_error *error)
{
    char path[AXN_PATH_MAX];
    axn_buffer table = {0};
    make_table(s, &table);
    axn_status status = axn_path_join(path, folder, REPORT_FOLDER, error);
    if (status == AXN_OK && table.failed) {
        status = axn_fail(error, AXN_ERROR_MEMORY, "out of memory");
    }
    if (status == AXN_OK) {
        status = axn_folder_create(path, error);
    }
    if (status == AXN_OK) {
        status = axn_path_join(path, folder, REPORT_FOLDER "/area.csv", error);
    }
    if (status == AXN_OK) {
        status = axn_file_write(path, table.data, table.length, error);
    }
    if (status == AXN_OK) {
        status = axn_path_join(path, folder, REPORT_FOLDER "/synthesis.json", error);
    }
    if (status == AXN_OK) {
        status = axn_json_write(path, json, error);
    }
    axn_buffer_free(&table);
    return status;
}

static axn_status run_synth(const axn_synthesis_settings *settings, bool json, axn_error *error)
{
    axn_synthesis synthesis = {0};
    cJSON *root = NULL;
    axn_status status = axn_synthesis_run(settings, &synthesis, error);
    if (status == AXN_OK) {
        status = make_json(&synthesis, &root, error);
    }
    if (status == AXN_OK) {
        status = write_report(settings->folder, &synthesis, root, error);
    }
    if (status == AXN_OK && json) {
        status = axn_json_print(root, error);
    } else if (status == AXN_OK) {
        print_table(&synthesis);
    }
    cJSON_Delete(root);
    axn_synthesis_free(&synthesis);
    return status;
}

static axn_status run_fpga(const axn_fpga_settings *settings, bool json, axn_error *error)
{
    axn_fpga_report report = {0};
    cJSON *root = NULL;
    char path[AXN_PATH_MAX], name[64];
    snprintf(name, sizeof name, REPORT_FOLDER "/fpga_%s.json", settings->device->name);
    axn_status status = axn_fpga_run(settings, &report, error);
    if (status == AXN_OK) {
        status = axn_fpga_json(settings, &report, &root, error);
    }
    if (status == AXN_OK) {
        status = axn_path_join(path, settings->folder, name, error);
    }
    if (status == AXN_OK) {
        status = axn_json_write(path, root, error);
    }
    if (status == AXN_OK && json) {
        status = axn_json_print(root, error);
    } else if (status == AXN_OK) {
        axn_fpga_print(settings, &report);
    }
    cJSON_Delete(root);
    axn_fpga_report_free(&report);
    return status;
}

/* Options of the one kind of synthesis have no meaning in the other. */
static axn_status refuse_mixture(bool fpga, const bool *asic_only, size_t count, bool seed,
                                 axn_error *error)
{
    bool any = false;
    for (size_t i = 0; i < count; i++) {
        any |= asic_only[i];
    }
    if (fpga && any) {
        return axn_fail(error, AXN_ERROR_USAGE,
                        "--liberty, --clock, --cycles, --dataset and --data-dir are not for "
                        "--fpga, whose images are those of golden/vectors.bin");
    }
    if (!fpga && seed) {
        return axn_fail(error, AXN_ERROR_USAGE, "--seed is of the placement, with --fpga ice40");
    }
    return AXN_OK;
}

int axn_cmd_synth(int argc, char **argv)
{
    axn_synthesis_settings settings = {.clock_mhz = 100};
    const char *family = NULL;
    int64_t images = 4, cycles = 0, seed = 1;
    bool json = false, asic_only[5] = {false}, seed_given = false;
    const axn_option options[] = {
        {"liberty", AXN_OPTION_TEXT, &settings.liberty, "FILE",
         "technology (default: OSU 0.18 um of qflow-tech-osu018)", 0, 0, &asic_only[0]},
        {"library", AXN_OPTION_TEXT, &settings.library, "DIR",
         "multiplier library whose area stands beside (default: the shipped one)", 0, 0, NULL},
        {"clock", AXN_OPTION_NUMBER, &settings.clock_mhz, "MHZ", "clock of the power figures (100)",
         1e-3, 1e5, &asic_only[1]},
        {"images", AXN_OPTION_INTEGER, &images, "N",
         "test images simulated for power, or golden ones through an FPGA's netlist (4)", 1, 1024,
         NULL},
        {"cycles", AXN_OPTION_INTEGER, &cycles, "N",
         "cycles simulated for power an image, from reset on; 0 = the whole image (0)", 0, 1e12,
         &asic_only[2]},
        {"dataset", AXN_OPTION_TEXT, &settings.dataset, "NAME",
         "data set (default: the model's; random = noise)", 0, 0, &asic_only[3]},
        {"data-dir", AXN_OPTION_TEXT, &settings.data_dir, "DIR", "folder of the data set", 0, 0,
         &asic_only[4]},
        {"fpga", AXN_OPTION_CHOICE, &family, "ice40|ecp5|xilinx",
         "an FPGA instead of standard cells; ice40 is placed, routed and simulated", 0, 0, NULL},
        {"seed", AXN_OPTION_INTEGER, &seed, "N", "of the placement, with --fpga ice40 (1)", 0,
         INT32_MAX, &seed_given},
    };
    axn_command_line line = {
        .usage = "synth DIR [options]",
        .summary = "Synthesises an accelerator: area by module, fastest clock, and power from the "
                   "toggles of\nevery gate of the mapped netlist over real images, which also "
                   "proves it equal to the RTL there.",
        .options = options,
        .option_count = sizeof options / sizeof options[0],
        .least = 1,
        .most = 1,
        .arguments = &settings.folder};
    axn_error error = {0};
    axn_parse parsed = axn_options_parse(&line, argc, argv, &json);
    if (parsed != AXN_PARSE_RUN) {
        return parsed == AXN_PARSE_DONE ? 0 : 2;
    }
    settings.images = (int)images;
    settings.cycles = (long)cycles;
    axn_status status =
        refuse_mixture(family != NULL, asic_only, sizeof asic_only, seed_given, &error);
    if (status == AXN_OK && family != NULL) {
        axn_fpga_settings fpga = {.folder = settings.folder,
                                  .library = settings.library,
                                  .device = axn_fpga_find(family),
                                  .images = (int)images,
                                  .seed = (int)seed};
        status = run_fpga(&fpga, json, &error);
    } else if (status == AXN_OK) {
        status = run_synth(&settings, json, &error);
    }
    return status == AXN_OK ? 0 : axn_command_fail("synth", &error);
}
