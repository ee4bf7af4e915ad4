#include <stdio.h>

#include "flows/synth_fpga.h"

static cJSON *result_json(const axn_fpga_result *r)
{
    const axn_fpga_resources *used = &r->resources;
    const struct {
        const char *key;
        long value;
    } numbers[] = {{"luts", used->luts},
                   {"ffs", used->ffs},
                   {"brams", r->logic_only ? r->memory_blocks : used->brams},
                   {"dsps", used->dsps},
                   {"accumulator_bits", r->accumulator_bits}};
    cJSON *root = cJSON_CreateObject();
    bool built = root != NULL;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0] && built; i++) {
        built = cJSON_AddNumberToObject(root, numbers[i].key, (double)numbers[i].value) != NULL;
    }
    built = built && (r->placed ? cJSON_AddNumberToObject(root, "fmax_mhz", r->placement.fmax_mhz)
                                : cJSON_AddNullToObject(root, "fmax_mhz")) != NULL;
    built = built && (r->placement.cells > 0
                          ? cJSON_AddNumberToObject(root, "logic_cells", (double)r->placement.cells)
                          : cJSON_AddNullToObject(root, "logic_cells")) != NULL;
    built = built && cJSON_AddBoolToObject(root, "fits", r->fits) != NULL &&
            cJSON_AddBoolToObject(root, "complete", !r->logic_only) != NULL &&
            cJSON_AddStringToObject(root, "note", r->note) != NULL &&
            cJSON_AddStringToObject(root, "multiplier", r->multiplier) != NULL;
    cJSON *modules = built ? cJSON_AddArrayToObject(root, "modules") : NULL;
    built = modules != NULL;
    for (int i = 0; i < used->count && built; i++) {
        const axn_fpga_module *at = &used->modules[i];
        cJSON *module = cJSON_CreateObject();
        built = module != NULL && cJSON_AddItemToArray(modules, module) &&
                cJSON_AddStringToObject(module, "name", at->name) != NULL &&
                cJSON_AddNumberToObject(module, "luts", (double)at->luts) != NULL &&
                cJSON_AddNumberToObject(module, "ffs", (double)at->ffs) != NULL &&
                cJSON_AddNumberToObject(module, "brams", (double)at->brams) != NULL &&
                cJSON_AddNumberToObject(module, "dsps", (double)at->dsps) != NULL;
    }
    if (!built) {
        cJSON_Delete(root);
        root = NULL;
    }
    return root;
}

axn_status axn_fpga_json(const axn_fpga_settings *settings, const axn_fpga_report *report,
                         cJSON **out, axn_error *error)
{
    cJSON *root = result_json(&report->own), *exact = result_json(&report->exact);
    bool built = root != NULL && exact != NULL && cJSON_AddItemToObject(root, "exact", exact);
    if (!built) {
        cJSON_Delete(exact);
    }
    built = built && cJSON_AddStringToObject(root, "fpga", settings->device->name) != NULL &&
            cJSON_AddStringToObject(root, "device", settings->device->device) != NULL &&
            cJSON_AddNumberToObject(root, "images", report->images) != NULL &&
            cJSON_AddNumberToObject(root, "bytes_checked", report->answer_bytes) != NULL &&
            cJSON_AddNumberToObject(root, "seed", settings->seed) != NULL;
    if (!built) {
        cJSON_Delete(root);
        return axn_fail(error, AXN_ERROR_MEMORY, "out of memory");
    }
    *out = root;
    return AXN_OK;
}

static void print_result(const axn_fpga_device *device, const char *title, const axn_fpga_result *r)
{
    const axn_fpga_resources *used = &r->resources;
    printf("%-12s %7ld LUTs of %ld, %ld flip-flops, %ld block RAMs (%s) of %ld, %ld multiplier "
           "blocks\n",
           title, used->luts, device->luts, used->ffs,
           r->logic_only ? r->memory_blocks : used->brams, device->block, device->brams,
           used->dsps);
    printf("%-12s multiplier %s, accumulators of %d bits\n", "", r->multiplier,
           r->accumulator_bits);
    if (r->placed) {
        printf("%-12s %ld logic cells placed and routed, at most %.1f MHz\n", "",
               r->placement.cells, r->placement.fmax_mhz);
    }
    if (!r->fits) {
        printf("%-12s DOES NOT FIT: %s%s\n", "", r->note,
               r->logic_only && r->placed
                   ? "; what was placed is the array with feeders, post unit and control around "
                     "memories of one row of blocks"
                   : "");
    }
}

void axn_fpga_print(const axn_fpga_settings *settings, const axn_fpga_report *report)
{
    const axn_fpga_resources *used = &report->own.resources;
    printf("%-18s %8s %10s %10s %10s\n", "module", "LUTs", "flip-flops", "block RAMs",
           "multipliers");
    for (int i = 0; i < used->count; i++) {
        const axn_fpga_module *at = &used->modules[i];
        printf("%-18s %8ld %10ld %10ld %10ld\n", at->name, at->luts, at->ffs, at->brams, at->dsps);
    }
    printf("\n%s\n", settings->device->device);
    print_result(settings->device, "accelerator", &report->own);
    print_result(settings->device, "exact", &report->exact);
    if (report->images > 0) {
        printf("checked      the netlist answers %d images over the serial line with the golden "
               "model's %d bytes\n",
               report->images, report->answer_bytes);
        printf("files        report/fpga: bitstream %s, pins, netlist, what a host sends\n",
               AXN_FPGA_BITSTREAM);
    }
}
