/* axnas synth: area, power and timing of an emitted accelerator. */
#include <stdio.h>
#include <string.h>

#include "common/file.h"
#include "flows/commands.h"
#include "flows/options.h"
#include "flows/synth_fpga.h"
#include "flows/synthesis_report.h"

#define REPORT_FOLDER "report"

static axn_status run_synth(const axn_synthesis_settings *settings, bool json, axn_error *error)
{
    axn_synthesis_set set = {0};
    cJSON *root = NULL;
    axn_status status = axn_synthesis_run_set(settings, &set, error);
    if (status == AXN_OK) {
        status = axn_synthesis_json(&set, &root, error);
    }
    if (status == AXN_OK) {
        status = axn_synthesis_write(settings->folder, &set, root, error);
    }
    if (status == AXN_OK && json) {
        status = axn_json_print(root, error);
    } else if (status == AXN_OK) {
        axn_synthesis_print(&set);
    }
    cJSON_Delete(root);
    axn_synthesis_set_free(&set);
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
        return axn_fail(
            error, AXN_ERROR_USAGE,
            "--liberty, --clock, --cycles, --memories, --no-exact, --no-netlist, --clock-gating, "
            "--dataset and --data-dir are not for --fpga, whose images are those of "
            "golden/vectors.bin");
    }
    if (!fpga && seed) {
        return axn_fail(error, AXN_ERROR_USAGE, "--seed is of the placement, with --fpga ice40");
    }
    return AXN_OK;
}

int axn_cmd_synth(int argc, char **argv)
{
    axn_synthesis_settings settings = {.clock_mhz = 100};
    const char *family = NULL, *gating = "both";
    int64_t images = 4, cycles = 0, seed = 1;
    bool json = false, asic_only[9] = {false}, seed_given = false;
    const axn_option options[] = {
        {"liberty", AXN_OPTION_TEXT, &settings.liberty, "FILE",
         "technology (default: OSU 0.18 um of qflow-tech-osu018)", 0, 0, &asic_only[0]},
        {"library", AXN_OPTION_TEXT, &settings.library, "DIR",
         "multiplier library, for the exact twin and the areas beside (default: the shipped one)",
         0, 0, NULL},
        {"clock", AXN_OPTION_NUMBER, &settings.clock_mhz, "MHZ", "clock of the power figures (100)",
         1e-3, 1e5, &asic_only[1]},
        {"images", AXN_OPTION_INTEGER, &images, "N",
         "test images simulated for power, or golden ones through an FPGA's netlist (4)", 1, 1024,
         NULL},
        {"cycles", AXN_OPTION_INTEGER, &cycles, "N",
         "cycles simulated for power an image, from reset on; 0 = the whole image (0)", 0, 1e12,
         &asic_only[2]},
        {"memories", AXN_OPTION_TEXT, &settings.memories, "FILE",
         "table of memories (default: the shipped one)", 0, 0, &asic_only[5]},
        {"no-exact", AXN_OPTION_FLAG, &settings.no_exact, NULL,
         "without the twins with exact multipliers (a third of the time)", 0, 0, &asic_only[6]},
        {"no-netlist", AXN_OPTION_FLAG, &settings.no_netlist, NULL,
         "without the mapped array in Verilator and Icarus", 0, 0, &asic_only[7]},
        {"clock-gating", AXN_OPTION_CHOICE, &gating, "both|on|off",
         "with clock gates, or without, or one beside the other (both, which is off where the "
         "Liberty has no latch)",
         0, 0, &asic_only[8]},
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
    settings.clock_gating = strcmp(gating, "on") == 0    ? AXN_CLOCK_GATING_ON
                            : strcmp(gating, "off") == 0 ? AXN_CLOCK_GATING_OFF
                                                         : AXN_CLOCK_GATING_BOTH;
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
