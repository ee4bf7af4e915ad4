/* From the JSON of a flattened, simple-mapped Yosys design to cells and ports. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/json.h"
#include "common/memory.h"
#include "multipliers/verilog_internal.h"
#include "synth/yosys_json.h"

#define MAX_CELLS 1000000

axn_status axn_verilog_refuse(const axn_verilog_netlist *netlist, const char *format, ...)
{
    char reason[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    return axn_fail(netlist->error, AXN_ERROR_FORMAT, "%s: module %.100s: %s", netlist->file,
                    netlist->module, reason);
}

static axn_status unreadable(const axn_verilog_netlist *n)
{
    return axn_fail(n->error, AXN_ERROR_FORMAT, "%s: unreadable netlist from Yosys", n->file);
}

/* A JSON bit: a number from 2 on, or "0", "1"; X and Z are refused. */
static axn_status read_bit(const axn_verilog_netlist *n, const cJSON *item, int *bit)
{
    if (cJSON_IsNumber(item) && item->valuedouble >= 2 && item->valuedouble <= 50e6) {
        *bit = (int)item->valuedouble;
        return AXN_OK;
    }
    if (!cJSON_IsString(item))
        return unreadable(n);
    if (strcmp(item->valuestring, "0") == 0)
        *bit = AXN_NET_ZERO;
    else if (strcmp(item->valuestring, "1") == 0)
        *bit = AXN_NET_ONE;
    else
        return axn_verilog_refuse(n, "a bit is undefined (X) or not driven (Z)");
    return AXN_OK;
}

/* The single bit of a pin; an output may be left open (NONE). */
static axn_status read_pin(const axn_verilog_netlist *n, const cJSON *item, const char *pin,
                           bool output, int *bit)
{
    const cJSON *connections = cJSON_GetObjectItemCaseSensitive(item, "connections");
    const cJSON *bits = cJSON_GetObjectItemCaseSensitive(connections, pin);
    const cJSON *type = cJSON_GetObjectItemCaseSensitive(item, "type");
    int width = cJSON_IsArray(bits) ? cJSON_GetArraySize(bits) : 0;
    if (width == 0 && output) {
        *bit = AXN_VERILOG_NONE;
        return AXN_OK;
    }
    if (width != 1)
        return axn_verilog_refuse(n, "cell %.60s: its pin %.60s has %d bits, not one",
                                  type->valuestring, pin, width);
    return read_bit(n, bits->child, bit);
}

/* Why a cell that is neither a simple gate nor of a Liberty does not do. */
static axn_status refuse_cell(const axn_verilog_netlist *n, const char *type)
{
    if (strstr(type, "DLATCH") != NULL || strstr(type, "dlatch") != NULL ||
        strstr(type, "$_SR_") != NULL || strcmp(type, "$sr") == 0)
        return axn_verilog_refuse(n, "a latch; only combinational logic can be a multiplier");
    if (strstr(type, "DFF") != NULL || strstr(type, "dff") != NULL || strstr(type, "$_FF_") != NULL)
        return axn_verilog_refuse(n, "a flip-flop; only combinational logic can be a multiplier");
    if (strcmp(type, "$_TBUF_") == 0 || strcmp(type, "$tribuf") == 0)
        return axn_verilog_refuse(n, "a tri-state driver (Z)");
    if (type[0] == '$')
        return axn_verilog_refuse(n, "cell of type %.60s is not logic", type);
    return axn_verilog_refuse(n,
                              "a black box: %.60s is neither a module of the file nor a cell of "
                              "the Liberty",
                              type);
}

static const axn_liberty_cell *find_cell(const axn_verilog_netlist *n, const char *type)
{
    for (int i = 0; i < n->liberty_count; i++) {
        int index = axn_liberty_find(n->liberties[i], type);
        if (index >= 0)
            return &n->liberties[i]->cells[index];
    }
    return NULL;
}

/* Pins that the Liberty does not know (supplies, or a mistake) are refused. */
static axn_status check_pins(const axn_verilog_netlist *n, const cJSON *item,
                             const axn_liberty_cell *cell)
{
    const cJSON *pin;
    cJSON_ArrayForEach(pin, cJSON_GetObjectItemCaseSensitive(item, "connections"))
    {
        int p = 0;
        while (p < cell->pin_count && strcmp(cell->pins[p].name, pin->string) != 0)
            p++;
        if (p == cell->pin_count && pin->string[0] == '$')
            return axn_verilog_refuse(n, "cell %s: its pins are connected by position, not by name",
                                      cell->name);
        if (p == cell->pin_count)
            return axn_verilog_refuse(n, "cell %s has no pin %.60s in the Liberty", cell->name,
                                      pin->string);
    }
    return AXN_OK;
}

static axn_status read_liberty_cell(const axn_verilog_netlist *n, const cJSON *item,
                                    const axn_liberty_cell *cell, axn_verilog_cell *out)
{
    if (cell->flip_flop || cell->latch)
        return axn_verilog_refuse(n, "%s, a %s; only combinational logic can be a multiplier",
                                  cell->name, cell->latch ? "latch" : "flip-flop");
    if (!cell->combinational)
        return axn_verilog_refuse(n, "cell %s: the Liberty gives no logic function", cell->name);
    axn_status status = check_pins(n, item, cell);
    for (int i = 0; i < cell->input_count && status == AXN_OK; i++)
        status = read_pin(n, item, cell->pins[cell->inputs[i]].name, false, &out->input[i]);
    out->liberty = cell;
    out->input_count = cell->input_count;
    for (int p = 0; p < cell->pin_count && status == AXN_OK; p++) {
        if (!cell->pins[p].output)
            continue;
        if (cell->pins[p].three_state)
            return axn_verilog_refuse(n, "%s, a tri-state cell (Z)", cell->name);
        if (out->output_count == AXN_VERILOG_OUTPUTS)
            return axn_verilog_refuse(n, "cell %s has more than %d outputs", cell->name,
                                      AXN_VERILOG_OUTPUTS);
        out->output_pin[out->output_count] = p;
        status = read_pin(n, item, cell->pins[p].name, true, &out->output[out->output_count++]);
    }
    return status;
}

static axn_status read_cell(const axn_verilog_netlist *n, const cJSON *item, axn_verilog_cell *out)
{
    const cJSON *type = cJSON_GetObjectItemCaseSensitive(item, "type");
    const cJSON *connections = cJSON_GetObjectItemCaseSensitive(item, "connections");
    if (!cJSON_IsString(type) || !cJSON_IsObject(connections))
        return unreadable(n);
    *out = (axn_verilog_cell){.gate = axn_verilog_gate(type->valuestring)};
    if (out->gate == AXN_VERILOG_NONE) {
        const axn_liberty_cell *cell = find_cell(n, type->valuestring);
        return cell != NULL ? read_liberty_cell(n, item, cell, out)
                            : refuse_cell(n, type->valuestring);
    }
    axn_status status = AXN_OK;
    for (const char *at = axn_verilog_gate_inputs(out->gate); *at != '\0' && status == AXN_OK;
         at++) {
        const char pin[2] = {*at, '\0'};
        status = read_pin(n, item, pin, false, &out->input[out->input_count++]);
    }
    out->output_count = 1;
    return status == AXN_OK ? read_pin(n, item, "Y", true, &out->output[0]) : status;
}

static axn_status read_cells(axn_verilog_netlist *n, const cJSON *cells, bool *liberty_cells)
{
    int count = cJSON_GetArraySize(cells);
    if (count > MAX_CELLS)
        return axn_verilog_refuse(n, "more than %d gates", MAX_CELLS);
    axn_status status =
        axn_allocate(&n->cells, (size_t)count, sizeof *n->cells, "a netlist", n->error);
    const cJSON *item;
    cJSON_ArrayForEach(item, cells)
    {
        if (status != AXN_OK)
            break;
        status = read_cell(n, item, &n->cells[n->cell_count]);
        *liberty_cells = *liberty_cells || n->cells[n->cell_count].liberty != NULL;
        n->cell_count++;
    }
    return status;
}

/* The port's bits into bits[width], if it has that width; *plain tells whether it is
 * declared [width-1:0] and unsigned. */
static axn_status read_port(const axn_verilog_netlist *n, const cJSON *port, int width, int *bits,
                            bool *plain)
{
    static const char *const odd[] = {"upto", "offset", "signed"};
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(port, "bits");
    if (port == NULL || !cJSON_IsArray(list))
        return unreadable(n);
    if (cJSON_GetArraySize(list) != width)
        return axn_verilog_refuse(n, "port %.60s has %d bits, not %d", port->string,
                                  cJSON_GetArraySize(list), width);
    for (int i = 0; i < 3; i++)
        *plain = *plain && cJSON_GetObjectItemCaseSensitive(port, odd[i]) == NULL;
    int i = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, list)
    {
        axn_status status = read_bit(n, item, &bits[i++]);
        if (status != AXN_OK)
            return status;
    }
    return AXN_OK;
}

static axn_status keep_name(const axn_verilog_netlist *n, char *out, const char *name)
{
    if (strlen(name) >= AXN_VERILOG_NAME)
        return axn_fail(n->error, AXN_ERROR_LIMIT, "%s: a name is longer than %d characters",
                        n->file, AXN_VERILOG_NAME - 1);
    snprintf(out, AXN_VERILOG_NAME, "%s", name);
    return AXN_OK;
}

typedef struct ports {
    const cJSON *inputs[2];
    const cJSON *output;
} ports;

/* Finds the ports and keeps their names. */
static axn_status find_ports(const axn_verilog_netlist *n, const cJSON *list, ports *out,
                             axn_verilog_circuit *circuit)
{
    int inputs = 0, outputs = 0;
    const cJSON *port;
    cJSON_ArrayForEach(port, list)
    {
        const cJSON *direction = cJSON_GetObjectItemCaseSensitive(port, "direction");
        const char *text = cJSON_IsString(direction) ? direction->valuestring : "";
        if (strcmp(text, "input") == 0) {
            if (inputs < 2)
                out->inputs[inputs] = port;
            inputs++;
        } else if (strcmp(text, "output") == 0) {
            out->output = port;
            outputs++;
        } else {
            return axn_verilog_refuse(n, "port %.60s is an inout", port->string);
        }
    }
    if (inputs != 2 || outputs != 1 || out->inputs[0] == NULL || out->inputs[1] == NULL ||
        out->output == NULL)
        return axn_verilog_refuse(n, "%d inputs and %d outputs, not two inputs and one output",
                                  inputs, outputs);
    if (strcasecmp(out->inputs[0]->string, "b") == 0 &&
        strcasecmp(out->inputs[1]->string, "a") == 0) {
        const cJSON *first = out->inputs[0];
        out->inputs[0] = out->inputs[1];
        out->inputs[1] = first;
    }
    axn_status status = keep_name(n, circuit->module, n->module);
    if (status == AXN_OK)
        status = keep_name(n, circuit->a, out->inputs[0]->string);
    if (status == AXN_OK)
        status = keep_name(n, circuit->b, out->inputs[1]->string);
    if (status == AXN_OK)
        status = keep_name(n, circuit->o, out->output->string);
    return status;
}

/* The module marked top, or the only one. */
static const cJSON *top_module(const cJSON *json)
{
    const cJSON *modules = cJSON_GetObjectItemCaseSensitive(json, "modules");
    const cJSON *module;
    cJSON_ArrayForEach(module, modules)
    {
        const cJSON *attributes = cJSON_GetObjectItemCaseSensitive(module, "attributes");
        if (cJSON_GetObjectItemCaseSensitive(attributes, "top") != NULL)
            return module;
    }
    return cJSON_GetArraySize(modules) == 1 ? modules->child : NULL;
}

static axn_status read_module(axn_verilog_netlist *n, const cJSON *module, axn_verilog_circuit *out)
{
    ports found = {0};
    bool plain = true, cells = false;
    axn_status status =
        find_ports(n, cJSON_GetObjectItemCaseSensitive(module, "ports"), &found, out);
    if (status == AXN_OK)
        status = read_port(n, found.inputs[0], 8, n->a, &plain);
    if (status == AXN_OK)
        status = read_port(n, found.inputs[1], 8, n->b, &plain);
    if (status == AXN_OK)
        status = read_port(n, found.output, 16, n->o, &plain);
    if (status == AXN_OK)
        status = read_cells(n, cJSON_GetObjectItemCaseSensitive(module, "cells"), &cells);
    if (status == AXN_OK)
        status = axn_verilog_build(n, &out->circuit);
    out->plain_ports = plain;
    out->cells = cells;
    return status;
}

axn_status axn_verilog_read_module(const cJSON *module, const char *file,
                                   const axn_liberty *const *liberties, int liberty_count,
                                   axn_verilog_circuit *out, axn_error *error)
{
    axn_verilog_netlist n = {.file = file,
                             .module = module->string != NULL ? module->string : "",
                             .liberties = liberties,
                             .liberty_count = liberty_count,
                             .error = error};
    axn_circuit_start(&out->circuit);
    axn_status status = read_module(&n, module, out);
    if (status != AXN_OK)
        axn_circuit_free(&out->circuit);
    free(n.cells);
    free(n.driver);
    free(n.readers);
    free(n.net);
    free(n.ready);
    return status;
}

axn_status axn_verilog_read_json(const char *json_path, const char *file, axn_verilog_circuit *out,
                                 axn_error *error)
{
    cJSON *json = NULL;
    axn_circuit_start(&out->circuit);
    axn_status status = axn_yosys_json_read(json_path, &json, error);
    if (status != AXN_OK)
        return axn_error_prefix(error, "%s", file);
    const cJSON *module = top_module(json);
    if (module == NULL)
        status = axn_fail(error, AXN_ERROR_FORMAT, "%s: no top module found", file);
    else
        status = axn_verilog_read_module(module, file, NULL, 0, out, error);
    cJSON_Delete(json);
    return status;
}
