#include "synth/definition.h"

#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "synth/yosys_json.h"

#define MAX_BIT 100000000 /* largest net number of a Yosys file */

typedef struct loader {
    axn_design *design;
    axn_definition *at;
    size_t capacity; /* of design->definitions */
    axn_error *error;
} loader;

static axn_status fail(const loader *l, const char *what, const char *name)
{
    return axn_fail(l->error, AXN_ERROR_FORMAT, "%s: module %s: %s %s", l->design->path,
                    l->at->module->string, what, name);
}

/* One bit of a connection. Yosys leaves what is not connected as X. */
static axn_status read_bit(loader *l, const cJSON *bit, const char *where, int *net)
{
    if (cJSON_IsNumber(bit)) {
        if (bit->valuedouble < 2 || bit->valuedouble > MAX_BIT)
            return fail(l, "net number out of range at", where);
        *net = bit->valueint;
        if (*net >= l->at->net_count)
            l->at->net_count = *net + 1;
        return AXN_OK;
    }
    const char *text = cJSON_GetStringValue(bit);
    if (text == NULL)
        return fail(l, "damaged connection at", where);
    *net = strcmp(text, "0") == 0 ? 0 : (strcmp(text, "1") == 0 ? 1 : -1);
    return AXN_OK;
}

static axn_status read_bits(loader *l, const cJSON *bits, int width, const char *where, int *nets)
{
    const cJSON *bit;
    int i = 0;
    axn_status status = AXN_OK;
    int given = cJSON_GetArraySize(bits); /* 0: left open */
    if (given != 0 && given != width)
        return fail(l, "connection of another width at", where);
    for (int k = 0; k < width; k++)
        nets[k] = -1;
    cJSON_ArrayForEach(bit, bits)
    {
        if (status == AXN_OK)
            status = read_bit(l, bit, where, &nets[i++]);
    }
    return status;
}

static axn_status read_port(loader *l, const cJSON *item)
{
    const char *direction =
        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, "direction"));
    const cJSON *bits = cJSON_GetObjectItemCaseSensitive(item, "bits");
    axn_port *port = &l->at->ports[l->at->port_count++];
    if (strlen(item->string) >= sizeof port->name)
        return fail(l, "port name is too long:", item->string);
    memcpy(port->name, item->string, strlen(item->string) + 1);
    if (direction == NULL || !cJSON_IsArray(bits))
        return fail(l, "damaged port", item->string);
    port->output = strcmp(direction, "output") == 0;
    if (!port->output && strcmp(direction, "input") != 0)
        return fail(l, "port is neither input nor output:", item->string);
    port->width = cJSON_GetArraySize(bits);
    l->at->port_bits += port->width;
    axn_status status = axn_allocate(&port->nets, (size_t)port->width, sizeof *port->nets,
                                     "netlist ports", l->error);
    return status == AXN_OK ? read_bits(l, bits, port->width, item->string, port->nets) : status;
}

static int find_pin(const axn_liberty_cell *cell, const char *name)
{
    for (int p = 0; p < cell->pin_count; p++)
        if (strcmp(cell->pins[p].name, name) == 0)
            return p;
    return -1;
}

static axn_status read_gate(loader *l, const cJSON *item, int index)
{
    const axn_liberty_cell *cell = &l->design->liberty->cells[index];
    const cJSON *connection;
    axn_definition_gate *gate = &l->at->gates[l->at->gate_count++];
    *gate = (axn_definition_gate){.cell = index, .name = item->string};
    if (!cell->combinational && !cell->flip_flop && !cell->simple_latch)
        return axn_fail(l->error, AXN_ERROR_FORMAT, "%s: module %s: cell %s of type %s is a %s",
                        l->design->path, l->at->module->string, item->string, cell->name,
                        cell->latch ? "latch" : "cell without a logic function");
    axn_status status = axn_allocate(&gate->nets, (size_t)cell->pin_count, sizeof *gate->nets,
                                     "netlist cells", l->error);
    for (int p = 0; p < cell->pin_count && status == AXN_OK; p++)
        gate->nets[p] = -1;
    cJSON_ArrayForEach(connection, cJSON_GetObjectItemCaseSensitive(item, "connections"))
    {
        if (status != AXN_OK || cJSON_GetArraySize(connection) == 0)
            continue;
        int pin = find_pin(cell, connection->string);
        if (pin < 0)
            return fail(l, "unknown pin of cell", item->string);
        status = read_bits(l, connection, 1, item->string, &gate->nets[pin]);
    }
    for (int i = 0; i < cell->input_count && status == AXN_OK; i++)
        if (gate->nets[cell->inputs[i]] < 0)
            status = fail(l, "unconnected or undefined (X) input of cell", item->string);
    return status;
}

static int find_definition(const axn_design *design, const char *name)
{
    for (int i = 0; i < design->count; i++)
        if (strcmp(design->definitions[i].module->string, name) == 0)
            return i;
    return -1;
}

static axn_status source_name(loader *l)
{
    const cJSON *attributes = cJSON_GetObjectItemCaseSensitive(l->at->module, "attributes");
    const char *name =
        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(attributes, "hdlname"));
    if (name == NULL)
        name = l->at->module->string;
    name += *name == '\\';
    if (strlen(name) >= sizeof l->at->source)
        return fail(l, "name is too long:", name);
    memcpy(l->at->source, name, strlen(name) + 1);
    l->at->black_box = cJSON_GetObjectItemCaseSensitive(attributes, "blackbox") != NULL;
    return AXN_OK;
}

/* Name, ports and kind of a module; its cells follow when its turn comes. */
static axn_status add_definition(loader *l, const cJSON *module, int *index)
{
    const cJSON *ports = cJSON_GetObjectItemCaseSensitive(module, "ports"), *port;
    axn_design *design = l->design;
    axn_status status = axn_grow(&design->definitions, &l->capacity, (size_t)design->count + 1,
                                 sizeof *design->definitions, "modules", l->error);
    if (status != AXN_OK)
        return status;
    *index = design->count++;
    l->at = &design->definitions[*index];
    l->at->module = module;
    l->at->net_count = 2;
    status = source_name(l);
    if (status == AXN_OK)
        status = axn_allocate(&l->at->ports, (size_t)cJSON_GetArraySize(ports),
                              sizeof *l->at->ports, "netlist ports", l->error);
    cJSON_ArrayForEach(port, ports)
    {
        if (status == AXN_OK)
            status = read_port(l, port);
    }
    return status;
}

static axn_status read_instance(loader *l, const cJSON *item, const char *type)
{
    const cJSON *modules = cJSON_GetObjectItemCaseSensitive(l->design->json, "modules");
    const cJSON *connections = cJSON_GetObjectItemCaseSensitive(item, "connections");
    const cJSON *module = cJSON_GetObjectItemCaseSensitive(modules, type);
    int parent = (int)(l->at - l->design->definitions), child = find_definition(l->design, type);
    if (module == NULL)
        return axn_fail(l->error, AXN_ERROR_FORMAT,
                        "%s: module %s: cell %s is of type %s, neither a module nor a cell of the "
                        "Liberty",
                        l->design->path, l->at->module->string, item->string, type);
    axn_status status = AXN_OK;
    if (child < 0) {
        status = add_definition(l, module, &child);
        l->at = &l->design->definitions[parent]; /* the array may have moved */
    }
    if (status != AXN_OK)
        return status;
    const axn_definition *definition = &l->design->definitions[child];
    axn_definition_instance *instance = &l->at->instances[l->at->instance_count++];
    *instance = (axn_definition_instance){.definition = child, .name = item->string};
    status = axn_allocate(&instance->nets, (size_t)definition->port_bits, sizeof *instance->nets,
                          "instances", l->error);
    int *nets = instance->nets;
    for (int i = 0; i < definition->port_count && status == AXN_OK; i++) {
        const axn_port *port = &definition->ports[i];
        status = read_bits(l, cJSON_GetObjectItemCaseSensitive(connections, port->name),
                           port->width, item->string, nets);
        nets += port->width;
    }
    return status;
}

static axn_status read_cells(loader *l)
{
    const cJSON *cells = cJSON_GetObjectItemCaseSensitive(l->at->module, "cells"), *cell;
    size_t count = (size_t)cJSON_GetArraySize(cells);
    axn_status status = axn_allocate(&l->at->gates, count, sizeof *l->at->gates, "cells", l->error);
    if (status == AXN_OK)
        status =
            axn_allocate(&l->at->instances, count, sizeof *l->at->instances, "instances", l->error);
    cJSON_ArrayForEach(cell, cells)
    {
        const char *type = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(cell, "type"));
        if (status != AXN_OK)
            break;
        int index = type != NULL ? axn_liberty_find(l->design->liberty, type) : -1;
        if (type == NULL)
            status = fail(l, "damaged cell", cell->string);
        else
            status = index >= 0 ? read_gate(l, cell, index) : read_instance(l, cell, type);
    }
    return status;
}

axn_status axn_design_load(const axn_liberty *liberty, const char *path, const char *top,
                           axn_design *out, axn_error *error)
{
    loader l = {.design = out, .error = error};
    int index = 0;
    *out = (axn_design){.path = path, .liberty = liberty};
    axn_status status = axn_yosys_json_read(path, &out->json, error);
    const cJSON *modules = cJSON_GetObjectItemCaseSensitive(out->json, "modules");
    const cJSON *module = cJSON_GetObjectItemCaseSensitive(modules, top);
    if (status == AXN_OK)
        status = module != NULL
                     ? add_definition(&l, module, &index)
                     : axn_fail(error, AXN_ERROR_NOT_FOUND, "%s: no module %s", path, top);
    for (int i = 0; i < out->count && status == AXN_OK; i++) {
        l.at = &out->definitions[i];
        if (!l.at->black_box)
            status = read_cells(&l);
    }
    if (status != AXN_OK)
        axn_design_free(out);
    return status;
}

static void free_definition(axn_definition *definition)
{
    for (int i = 0; i < definition->port_count; i++)
        free(definition->ports[i].nets);
    for (int i = 0; i < definition->gate_count; i++)
        free(definition->gates[i].nets);
    for (int i = 0; i < definition->instance_count; i++)
        free(definition->instances[i].nets);
    free(definition->ports);
    free(definition->gates);
    free(definition->instances);
}

void axn_design_free(axn_design *design)
{
    for (int i = 0; i < design->count; i++)
        free_definition(&design->definitions[i]);
    free(design->definitions);
    cJSON_Delete(design->json);
    *design = (axn_design){0};
}
