/* From the JSON of a flattened, simple-mapped Yosys design to a circuit. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/json.h"
#include "common/memory.h"
#include "multipliers/verilog_reader.h"
#include "synth/yosys_json.h"

#define MAX_CELLS 2000000
#define NO_NET (-1)

typedef enum simple_gate {
    GATE_BUF,
    GATE_NOT,
    GATE_AND,
    GATE_OR,
    GATE_XOR,
    GATE_NAND,
    GATE_NOR,
    GATE_XNOR,
    GATE_ANDNOT,
    GATE_ORNOT,
    GATE_MUX,
    GATE_NMUX,
    GATE_AOI3,
    GATE_OAI3,
    GATE_AOI4,
    GATE_OAI4
} simple_gate;

static const struct {
    const char *type;
    const char *inputs;
} gate_types[] = {
    [GATE_BUF] = {"$_BUF_", "A"},        [GATE_NOT] = {"$_NOT_", "A"},
    [GATE_AND] = {"$_AND_", "AB"},       [GATE_OR] = {"$_OR_", "AB"},
    [GATE_XOR] = {"$_XOR_", "AB"},       [GATE_NAND] = {"$_NAND_", "AB"},
    [GATE_NOR] = {"$_NOR_", "AB"},       [GATE_XNOR] = {"$_XNOR_", "AB"},
    [GATE_ANDNOT] = {"$_ANDNOT_", "AB"}, [GATE_ORNOT] = {"$_ORNOT_", "AB"},
    [GATE_MUX] = {"$_MUX_", "ABS"},      [GATE_NMUX] = {"$_NMUX_", "ABS"},
    [GATE_AOI3] = {"$_AOI3_", "ABC"},    [GATE_OAI3] = {"$_OAI3_", "ABC"},
    [GATE_AOI4] = {"$_AOI4_", "ABCD"},   [GATE_OAI4] = {"$_OAI4_", "ABCD"},
};
#define GATE_TYPES ((int)(sizeof gate_types / sizeof gate_types[0]))

typedef struct cell {
    simple_gate gate;
    int input[4]; /* JSON bits, 0 and 1 the constants */
    int output;
    int waiting; /* inputs not yet built */
    int next[4]; /* per input: next (cell * 4 + input) that reads the same bit, or -1 */
} cell;

typedef struct reading {
    const char *file;
    const char *module;
    cell *cells;
    int cell_count;
    int bit_count; /* largest bit + 1 */
    int *driver;   /* [bit_count] cell, or NO_NET */
    int *readers;  /* [bit_count] first cell * 4 + input, or -1 */
    int *net;      /* [bit_count] net in the circuit, or NO_NET */
    int *ready;    /* [cell_count] queue */
    axn_error *error;
} reading;

static axn_status refuse(const reading *r, const char *reason)
{
    return axn_fail(r->error, AXN_ERROR_FORMAT, "%s: module %s: %s", r->file, r->module, reason);
}

/* A JSON bit: a number from 2 on, or "0", "1"; X and Z are refused. */
static axn_status read_bit(const reading *r, const cJSON *item, int *bit)
{
    if (cJSON_IsNumber(item) && item->valuedouble >= 2 && item->valuedouble <= 50e6) {
        *bit = (int)item->valuedouble;
        return AXN_OK;
    }
    if (cJSON_IsString(item) && strcmp(item->valuestring, "0") == 0)
        *bit = AXN_NET_ZERO;
    else if (cJSON_IsString(item) && strcmp(item->valuestring, "1") == 0)
        *bit = AXN_NET_ONE;
    else if (cJSON_IsString(item))
        return refuse(r, "a bit is undefined (X) or not driven (Z)");
    else
        return axn_fail(r->error, AXN_ERROR_FORMAT, "%s: unreadable netlist from Yosys", r->file);
    return AXN_OK;
}

static axn_status refuse_cell(const reading *r, const char *type)
{
    if (strstr(type, "DLATCH") != NULL || strstr(type, "dlatch") != NULL ||
        strstr(type, "$_SR_") != NULL || strcmp(type, "$sr") == 0)
        return refuse(r, "a latch; only combinational logic can be a multiplier");
    if (strstr(type, "DFF") != NULL || strstr(type, "dff") != NULL || strstr(type, "$_FF_") != NULL)
        return refuse(r, "a flip-flop; only combinational logic can be a multiplier");
    return axn_fail(r->error, AXN_ERROR_FORMAT, "%s: module %s: cell of type %.60s is not logic",
                    r->file, r->module, type);
}

static axn_status read_connection(const reading *r, const cJSON *connections, const char *pin,
                                  int *bit)
{
    const cJSON *bits = cJSON_GetObjectItemCaseSensitive(connections, pin);
    if (!cJSON_IsArray(bits) || cJSON_GetArraySize(bits) != 1)
        return axn_fail(r->error, AXN_ERROR_FORMAT, "%s: unreadable netlist from Yosys", r->file);
    return read_bit(r, bits->child, bit);
}

static axn_status read_cell(const reading *r, const cJSON *item, cell *out)
{
    const cJSON *type = cJSON_GetObjectItemCaseSensitive(item, "type");
    const cJSON *connections = cJSON_GetObjectItemCaseSensitive(item, "connections");
    int gate = 0;
    if (!cJSON_IsString(type) || !cJSON_IsObject(connections))
        return axn_fail(r->error, AXN_ERROR_FORMAT, "%s: unreadable netlist from Yosys", r->file);
    while (gate < GATE_TYPES && strcmp(gate_types[gate].type, type->valuestring) != 0)
        gate++;
    if (gate == GATE_TYPES)
        return refuse_cell(r, type->valuestring);
    *out = (cell){.gate = (simple_gate)gate};
    for (int i = 0; gate_types[gate].inputs[i] != '\0'; i++) {
        char pin[2] = {gate_types[gate].inputs[i], '\0'};
        axn_status status = read_connection(r, connections, pin, &out->input[i]);
        if (status != AXN_OK)
            return status;
    }
    return read_connection(r, connections, "Y", &out->output);
}

static axn_status read_cells(reading *r, const cJSON *cells)
{
    int count = cJSON_GetArraySize(cells);
    if (count > MAX_CELLS)
        return refuse(r, "more than 2,000,000 gates");
    axn_status status =
        axn_allocate(&r->cells, (size_t)count, sizeof *r->cells, "a netlist", r->error);
    const cJSON *item;
    cJSON_ArrayForEach(item, cells)
    {
        if (status == AXN_OK)
            status = read_cell(r, item, &r->cells[r->cell_count++]);
    }
    return status;
}

/* The port's bits into bits[width], if it has that direction and width. */
static axn_status read_port(const reading *r, const cJSON *port, int width, int *bits)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(port, "bits");
    if (port == NULL || !cJSON_IsArray(list))
        return axn_fail(r->error, AXN_ERROR_FORMAT, "%s: unreadable netlist from Yosys", r->file);
    if (cJSON_GetArraySize(list) != width)
        return axn_fail(r->error, AXN_ERROR_FORMAT, "%s: module %s: port %.60s has %d bits, not %d",
                        r->file, r->module, port->string, cJSON_GetArraySize(list), width);
    int i = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, list)
    {
        axn_status status = read_bit(r, item, &bits[i++]);
        if (status != AXN_OK)
            return status;
    }
    return AXN_OK;
}

static axn_status keep_name(const reading *r, char *out, const char *name)
{
    if (strlen(name) >= AXN_VERILOG_NAME)
        return axn_fail(r->error, AXN_ERROR_LIMIT, "%s: a name is longer than %d characters",
                        r->file, AXN_VERILOG_NAME - 1);
    snprintf(out, AXN_VERILOG_NAME, "%s", name);
    return AXN_OK;
}

typedef struct ports {
    const cJSON *inputs[2];
    const cJSON *output;
} ports;

/* Finds the ports and keeps their names. */
static axn_status find_ports(const reading *r, const cJSON *list, ports *out,
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
            return axn_fail(r->error, AXN_ERROR_FORMAT, "%s: module %s: port %.60s is an inout",
                            r->file, r->module, port->string);
        }
    }
    if (inputs != 2 || outputs != 1 || out->inputs[0] == NULL || out->inputs[1] == NULL ||
        out->output == NULL)
        return axn_fail(r->error, AXN_ERROR_FORMAT,
                        "%s: module %s: %d inputs and %d outputs, not two inputs and one output",
                        r->file, r->module, inputs, outputs);
    if (strcasecmp(out->inputs[0]->string, "b") == 0 &&
        strcasecmp(out->inputs[1]->string, "a") == 0) {
        const cJSON *first = out->inputs[0];
        out->inputs[0] = out->inputs[1];
        out->inputs[1] = first;
    }
    axn_status status = keep_name(r, circuit->module, r->module);
    if (status == AXN_OK)
        status = keep_name(r, circuit->a, out->inputs[0]->string);
    if (status == AXN_OK)
        status = keep_name(r, circuit->b, out->inputs[1]->string);
    if (status == AXN_OK)
        status = keep_name(r, circuit->o, out->output->string);
    return status;
}

/* Fills driver, readers and net for the bits in use. */
static axn_status connect(reading *r, const int *a, const int *b, const int *o)
{
    int largest = AXN_NET_ONE;
    for (int i = 0; i < 16; i++) {
        int bits[3] = {a[i & 7], b[i & 7], o[i]};
        for (int k = 0; k < 3; k++)
            largest = bits[k] > largest ? bits[k] : largest;
    }
    for (int c = 0; c < r->cell_count; c++) {
        for (int i = 0; i < 4; i++)
            largest = r->cells[c].input[i] > largest ? r->cells[c].input[i] : largest;
        largest = r->cells[c].output > largest ? r->cells[c].output : largest;
    }
    r->bit_count = largest + 1;
    size_t bits = (size_t)r->bit_count;
    axn_status status = axn_allocate(&r->driver, bits, sizeof *r->driver, "a netlist", r->error);
    if (status == AXN_OK)
        status = axn_allocate(&r->readers, bits, sizeof *r->readers, "a netlist", r->error);
    if (status == AXN_OK)
        status = axn_allocate(&r->net, bits, sizeof *r->net, "a netlist", r->error);
    if (status == AXN_OK)
        status =
            axn_allocate(&r->ready, (size_t)r->cell_count, sizeof *r->ready, "a netlist", r->error);
    if (status != AXN_OK)
        return status;
    for (int i = 0; i < r->bit_count; i++)
        r->driver[i] = r->readers[i] = r->net[i] = NO_NET;
    r->net[AXN_NET_ZERO] = AXN_NET_ZERO;
    r->net[AXN_NET_ONE] = AXN_NET_ONE;
    for (int i = 0; i < 8; i++) {
        r->net[a[i]] = AXN_NET_A(i);
        r->net[b[i]] = AXN_NET_B(i);
    }
    for (int c = 0; c < r->cell_count; c++) {
        cell *at = &r->cells[c];
        if (r->net[at->output] != NO_NET || r->driver[at->output] != NO_NET)
            return refuse(r, "a net has several drivers");
        r->driver[at->output] = c;
        for (int i = 0; gate_types[at->gate].inputs[i] != '\0'; i++) {
            at->next[i] = r->readers[at->input[i]];
            r->readers[at->input[i]] = c * 4 + i;
        }
    }
    return AXN_OK;
}

/* Marks a bit as built; appends cells that have all inputs to the queue. */
static int release(reading *r, int bit, int queued)
{
    for (int at = r->readers[bit]; at != NO_NET; at = r->cells[at / 4].next[at % 4])
        if (--r->cells[at / 4].waiting == 0)
            r->ready[queued++] = at / 4;
    return queued;
}

static int build_gate(axn_circuit *c, simple_gate gate, const int *x)
{
    switch (gate) {
    case GATE_BUF:
        return x[0];
    case GATE_NOT:
        return axn_circuit_not(c, x[0]);
    case GATE_AND:
        return axn_circuit_and(c, x[0], x[1]);
    case GATE_OR:
        return axn_circuit_or(c, x[0], x[1]);
    case GATE_XOR:
        return axn_circuit_xor(c, x[0], x[1]);
    case GATE_NAND:
        return axn_circuit_nand(c, x[0], x[1]);
    case GATE_NOR:
        return axn_circuit_nor(c, x[0], x[1]);
    case GATE_XNOR:
        return axn_circuit_xnor(c, x[0], x[1]);
    case GATE_ANDNOT:
        return axn_circuit_and(c, x[0], axn_circuit_not(c, x[1]));
    case GATE_ORNOT:
        return axn_circuit_or(c, x[0], axn_circuit_not(c, x[1]));
    case GATE_MUX:
        return axn_circuit_mux(c, x[2], x[1], x[0]);
    case GATE_NMUX:
        return axn_circuit_not(c, axn_circuit_mux(c, x[2], x[1], x[0]));
    case GATE_AOI3:
        return axn_circuit_nor(c, axn_circuit_and(c, x[0], x[1]), x[2]);
    case GATE_OAI3:
        return axn_circuit_nand(c, axn_circuit_or(c, x[0], x[1]), x[2]);
    case GATE_AOI4:
        return axn_circuit_nor(c, axn_circuit_and(c, x[0], x[1]), axn_circuit_and(c, x[2], x[3]));
    case GATE_OAI4:
        return axn_circuit_nand(c, axn_circuit_or(c, x[0], x[1]), axn_circuit_or(c, x[2], x[3]));
    }
    return AXN_NET_ZERO;
}

/* Builds the cells in topological order (Kahn); what is left over is in a loop or
 * behind a bit that nothing drives. */
static axn_status build(reading *r, const int *o, axn_circuit *circuit)
{
    int queued = 0;
    for (int c = 0; c < r->cell_count; c++)
        r->cells[c].waiting = (int)strlen(gate_types[r->cells[c].gate].inputs);
    for (int bit = 0; bit < r->bit_count; bit++)
        if (r->net[bit] != NO_NET)
            queued = release(r, bit, queued);
        else if (r->driver[bit] == NO_NET && r->readers[bit] != NO_NET)
            return refuse(r, "a bit is not driven (Z)");
    int built = 0;
    for (; built < queued; built++) {
        const cell *at = &r->cells[r->ready[built]];
        int x[4] = {0};
        for (int i = 0; i < 4; i++)
            x[i] = r->net[at->input[i]] == NO_NET ? AXN_NET_ZERO : r->net[at->input[i]];
        r->net[at->output] = build_gate(circuit, at->gate, x);
        queued = release(r, at->output, queued);
    }
    if (built < r->cell_count)
        return refuse(r, "a combinational loop");
    for (int i = 0; i < 16; i++) {
        if (r->net[o[i]] == NO_NET)
            return refuse(r, "an output bit is not driven (Z)");
        circuit->output[i] = r->net[o[i]];
    }
    return axn_circuit_check(circuit, r->error);
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

static axn_status read_module(reading *r, const cJSON *module, axn_verilog_circuit *out)
{
    ports found = {0};
    int a[8] = {0}, b[8] = {0}, o[16] = {0};
    r->module = module->string;
    axn_status status =
        find_ports(r, cJSON_GetObjectItemCaseSensitive(module, "ports"), &found, out);
    if (status == AXN_OK)
        status = read_port(r, found.inputs[0], 8, a);
    if (status == AXN_OK)
        status = read_port(r, found.inputs[1], 8, b);
    if (status == AXN_OK)
        status = read_port(r, found.output, 16, o);
    if (status == AXN_OK)
        status = read_cells(r, cJSON_GetObjectItemCaseSensitive(module, "cells"));
    if (status == AXN_OK)
        status = connect(r, a, b, o);
    if (status == AXN_OK)
        status = build(r, o, &out->circuit);
    return status;
}

axn_status axn_verilog_read_json(const char *json_path, const char *file, axn_verilog_circuit *out,
                                 axn_error *error)
{
    reading r = {.file = file, .module = "?", .error = error};
    cJSON *json = NULL;
    axn_circuit_start(&out->circuit);
    axn_status status = axn_yosys_json_read(json_path, &json, error);
    if (status != AXN_OK) {
        axn_error_prefix(error, "%s", file);
        goto done;
    }
    const cJSON *module = top_module(json);
    if (module == NULL)
        status = axn_fail(error, AXN_ERROR_FORMAT, "%s: no top module found", file);
    else
        status = read_module(&r, module, out);
done:
    if (status != AXN_OK)
        axn_circuit_free(&out->circuit);
    cJSON_Delete(json);
    free(r.cells);
    free(r.driver);
    free(r.readers);
    free(r.net);
    free(r.ready);
    return status;
}
