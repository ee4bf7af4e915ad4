/* Resources of a flattened FPGA netlist, by module of the RTL: Yosys' autoname calls each cell
 * by the path of a net at it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "synth/fpga.h"
#include "synth/yosys_json.h"

typedef struct cost {
    const char *type; /* of a cell; with '*' at the end: that begins so */
    int luts, ffs, brams, dsps;
} cost;

static const cost ice40_costs[] = {{"SB_LUT4", 1, 0, 0, 0},
                                   {"SB_DFF*", 0, 1, 0, 0},
                                   {"SB_RAM40_4K*", 0, 0, 1, 0},
                                   {NULL, 0, 0, 0, 0}};
static const cost ecp5_costs[] = {
    {"LUT4", 1, 0, 0, 0},       {"CCU2C", 2, 0, 0, 0},  {"TRELLIS_DPR16X4", 4, 0, 0, 0},
    {"TRELLIS_FF", 0, 1, 0, 0}, {"DP16KD", 0, 0, 1, 0}, {"PDPW16KD", 0, 0, 1, 0},
    {"MULT18X18D", 0, 0, 0, 1}, {NULL, 0, 0, 0, 0}};
static const cost xilinx_costs[] = {
    {"LUT*", 1, 0, 0, 0},     {"SRL16E", 1, 0, 0, 0},    {"SRLC32E", 1, 0, 0, 0},
    {"RAM32X1D", 2, 0, 0, 0}, {"RAM64X1D", 2, 0, 0, 0},  {"RAM32M", 4, 0, 0, 0},
    {"RAM64M", 4, 0, 0, 0},   {"RAM128X1D", 4, 0, 0, 0}, {"FD*", 0, 1, 0, 0},
    {"RAMB18E1", 0, 0, 1, 0}, {"RAMB36E1", 0, 0, 2, 0},  {"DSP48E1", 0, 0, 0, 1},
    {NULL, 0, 0, 0, 0}};

static const cost *const costs[] = {ice40_costs, ecp5_costs, xilinx_costs};

typedef struct counter {
    const cost *costs;
    axn_fpga_resources *out;
    size_t capacity;
    axn_error *error;
} counter;

static const cost *find_cost(const cost *costs_of, const char *type)
{
    for (; costs_of->type != NULL; costs_of++) {
        size_t length = strlen(costs_of->type) - 1;
        bool open = costs_of->type[length] == '*';
        if (open ? strncmp(costs_of->type, type, length) == 0 : strcmp(costs_of->type, type) == 0)
            return costs_of;
    }
    return NULL;
}

/* The instance that a cell's path names ("u_accelerator.g_lane[0].u_post.acc_q_...": post): the
 * component of the accelerator, and within the array and a lane the part of that. */
static void module_of(const char *path, char out[AXN_FPGA_NAME])
{
    static const char *const open[] = {"accelerator", "array", "cell"};
    snprintf(out, AXN_FPGA_NAME, "top");
    bool inside = true;
    for (const char *at = path; inside && strchr(at, '.') != NULL; at = strchr(at, '.') + 1) {
        size_t length = strcspn(at, ".");
        if (strncmp(at, "u_", 2) != 0 || length >= AXN_FPGA_NAME)
            continue;
        snprintf(out, AXN_FPGA_NAME, "%.*s", (int)length - 2, at + 2);
        inside = false;
        for (size_t i = 0; i < sizeof open / sizeof open[0]; i++)
            inside |= strcmp(out, open[i]) == 0;
    }
}

static axn_status find_module(counter *c, const char *name, axn_fpga_module **module)
{
    axn_fpga_resources *out = c->out;
    for (int i = 0; i < out->count; i++)
        if (strcmp(out->modules[i].name, name) == 0) {
            *module = &out->modules[i];
            return AXN_OK;
        }
    axn_status status = axn_grow(&out->modules, &c->capacity, (size_t)out->count + 1,
                                 sizeof *out->modules, "modules", c->error);
    if (status == AXN_OK) {
        *module = &out->modules[out->count++];
        **module = (axn_fpga_module){0};
        snprintf((*module)->name, sizeof(*module)->name, "%s", name);
    }
    return status;
}

static axn_status count_cell(counter *c, const cJSON *cell)
{
    const cJSON *type = cJSON_GetObjectItemCaseSensitive(cell, "type");
    const cost *found = cJSON_IsString(type) ? find_cost(c->costs, type->valuestring) : NULL;
    char name[AXN_FPGA_NAME];
    axn_fpga_module *module = NULL;
    if (found == NULL)
        return AXN_OK;
    module_of(cell->string, name);
    axn_status status = find_module(c, name, &module);
    if (status == AXN_OK) {
        module->luts += found->luts;
        module->ffs += found->ffs;
        module->brams += found->brams;
        module->dsps += found->dsps;
    }
    return status;
}

static int compare_modules(const void *a, const void *b)
{
    const axn_fpga_module *x = a, *y = b;
    if (x->luts != y->luts)
        return x->luts < y->luts ? 1 : -1;
    return strcmp(x->name, y->name);
}

static void finish(axn_fpga_resources *out)
{
    for (int i = 0; i < out->count; i++) {
        out->luts += out->modules[i].luts;
        out->ffs += out->modules[i].ffs;
        out->brams += out->modules[i].brams;
        out->dsps += out->modules[i].dsps;
    }
    if (out->count > 0)
        qsort(out->modules, (size_t)out->count, sizeof *out->modules, compare_modules);
}

axn_status axn_fpga_count(const axn_fpga_device *device, const char *path, axn_fpga_resources *out,
                          axn_error *error)
{
    cJSON *root = NULL;
    *out = (axn_fpga_resources){0};
    counter c = {.costs = costs[device->family], .out = out, .error = error};
    axn_status status = axn_yosys_json_read(path, &root, error);
    const cJSON *modules = cJSON_GetObjectItemCaseSensitive(root, "modules");
    const cJSON *module = cJSON_GetObjectItemCaseSensitive(modules, AXN_FPGA_TOP), *cell;
    if (status == AXN_OK && module == NULL)
        status = axn_fail(error, AXN_ERROR_FORMAT, "%s: no module " AXN_FPGA_TOP, path);
    cJSON_ArrayForEach(cell, cJSON_GetObjectItemCaseSensitive(module, "cells"))
    {
        if (status == AXN_OK)
            status = count_cell(&c, cell);
    }
    if (status == AXN_OK)
        finish(out);
    else
        axn_fpga_resources_free(out);
    cJSON_Delete(root);
    return status;
}

void axn_fpga_resources_free(axn_fpga_resources *resources)
{
    free(resources->modules);
    *resources = (axn_fpga_resources){0};
}
