#include "synth/netlist.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/memory.h"
#include "synth/netlist_internal.h"
#include "synth/yosys_json.h"

#define MAX_BIT 100000000 /* largest net number of a Yosys file */

enum { NO_DRIVER = -1, PORT_DRIVER = -2 };

typedef struct loader {
    const char *path;
    axn_netlist *netlist;
    const cJSON *module;
    int *net_of_bit; /* [bit_count]: net of a Yosys bit, -1 = not seen */
    int bit_count;
    int *driver; /* [net_count]: gate, PORT_DRIVER or NO_DRIVER */
    axn_error *error;
} loader;

static axn_status fail(const loader *l, const char *what, const char *name)
{
    return axn_fail(l->error, AXN_ERROR_FORMAT, "%s: module %s: %s %s", l->path, l->netlist->module,
                    what, name);
}

static bool starts(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Why a cell type of Yosys or of the user cannot be part of a netlist. */
static const char *refusal(const char *type)
{
    if (starts(type, "$_DLATCH") || starts(type, "$_SR_") || starts(type, "$dlatch") ||
        starts(type, "$sr") || starts(type, "$adlatch"))
        return "latch";
    if (starts(type, "$_DFF") || starts(type, "$_SDFF") || starts(type, "$_ALDFF") ||
        starts(type, "$_FF_") || starts(type, "$dff") || starts(type, "$adff") ||
        starts(type, "$sdff") || starts(type, "$aldff") || starts(type, "$ff"))
        return "flip-flop";
    if (starts(type, "$_TBUF_") || starts(type, "$tribuf"))
        return "tri-state driver";
    if (starts(type, "$mem"))
        return "memory";
    return "black box (not a cell of the Liberty)";
}

/* Finds the module: by name, or the one marked top, or the only one. */
static const cJSON *find_module(const cJSON *modules, const char *name)
{
    const cJSON *module, *only = NULL, *top = NULL;
    int count = 0;
    cJSON_ArrayForEach(module, modules)
    {
        if (name != NULL) {
            if (strcmp(module->string, name) == 0)
                return module;
            continue;
        }
        const cJSON *attributes = cJSON_GetObjectItemCaseSensitive(module, "attributes");
        if (cJSON_GetObjectItemCaseSensitive(attributes, "blackbox") != NULL)
            continue;
        if (cJSON_GetObjectItemCaseSensitive(attributes, "top") != NULL)
            top = module;
        only = module;
        count++;
    }
    if (name != NULL)
        return NULL;
    return top != NULL ? top : (count == 1 ? only : NULL);
}

static axn_status scan_bits(loader *l, const cJSON *bits)
{
    const cJSON *bit;
    cJSON_ArrayForEach(bit, bits)
    {
        if (!cJSON_IsNumber(bit))
            continue;
        if (bit->valuedouble < 0 || bit->valuedouble > MAX_BIT)
            return fail(l, "net number out of range in", bits->string ? bits->string : "a port");
        if (bit->valueint >= l->bit_count)
            l->bit_count = bit->valueint + 1;
    }
    return AXN_OK;
}

/* Finds the largest bit number of ports and cells. */
static axn_status scan(loader *l, const cJSON *ports, const cJSON *cells)
{
    const cJSON *item, *connection;
    axn_status status = AXN_OK;
    cJSON_ArrayForEach(item, ports)
    {
        status = scan_bits(l, cJSON_GetObjectItemCaseSensitive(item, "bits"));
        if (status != AXN_OK)
            return status;
    }
    cJSON_ArrayForEach(item, cells)
    {
        cJSON_ArrayForEach(connection, cJSON_GetObjectItemCaseSensitive(item, "connections"))
        {
            status = scan_bits(l, connection);
            if (status != AXN_OK)
                return status;
        }
    }
    status = axn_allocate(&l->net_of_bit, (size_t)l->bit_count, sizeof *l->net_of_bit, "netlist",
                          l->error);
    for (int i = 0; status == AXN_OK && i < l->bit_count; i++)
        l->net_of_bit[i] = -1;
    l->netlist->net_count = 2;
    return status;
}

/* Net of one JSON bit: a number, "0" or "1"; -1 with an error for X, Z and junk. */
static axn_status net_of(loader *l, const cJSON *bit, const char *where, int *net)
{
    if (cJSON_IsNumber(bit)) {
        int *known = &l->net_of_bit[bit->valueint];
        if (*known < 0)
            *known = l->netlist->net_count++;
        *net = *known;
        return AXN_OK;
    }
    if (cJSON_IsString(bit) && strcmp(bit->valuestring, "0") == 0)
        *net = 0;
    else if (cJSON_IsString(bit) && strcmp(bit->valuestring, "1") == 0)
        *net = 1;
    else
        return fail(l, "an undefined (X or Z) value at", where);
    return AXN_OK;
}

static axn_status load_port(loader *l, const cJSON *item, axn_port *port)
{
    const cJSON *direction = cJSON_GetObjectItemCaseSensitive(item, "direction");
    const cJSON *bits = cJSON_GetObjectItemCaseSensitive(item, "bits"), *bit;
    if (strlen(item->string) >= sizeof port->name)
        return fail(l, "port name is too long:", item->string);
    memcpy(port->name, item->string, strlen(item->string) + 1);
    if (!cJSON_IsString(direction) || !cJSON_IsArray(bits))
        return fail(l, "damaged port", item->string);
    port->output = strcmp(direction->valuestring, "output") == 0;
    if (!port->output && strcmp(direction->valuestring, "input") != 0)
        return fail(l, "port is neither input nor output:", item->string);
    axn_status status = axn_allocate(&port->nets, (size_t)cJSON_GetArraySize(bits),
                                     sizeof *port->nets, "netlist ports", l->error);
    if (status != AXN_OK)
        return status;
    cJSON_ArrayForEach(bit, bits)
    {
        status = net_of(l, bit, item->string, &port->nets[port->width]);
        if (status != AXN_OK)
            return status;
        port->width++;
    }
    return AXN_OK;
}

static axn_status load_ports(loader *l, const cJSON *ports)
{
    axn_netlist *netlist = l->netlist;
    const cJSON *item;
    axn_status status = axn_allocate(&netlist->ports, (size_t)cJSON_GetArraySize(ports),
                                     sizeof *netlist->ports, "netlist ports", l->error);
    cJSON_ArrayForEach(item, ports)
    {
        if (status == AXN_OK)
            status = load_port(l, item, &netlist->ports[netlist->port_count++]);
    }
    return status;
}

static int find_pin(const axn_liberty_cell *cell, const char *name)
{
    for (int p = 0; p < cell->pin_count; p++)
        if (strcmp(cell->pins[p].name, name) == 0)
            return p;
    return -1;
}

static axn_status load_gate(loader *l, const cJSON *item, axn_gate *gate)
{
    const cJSON *type = cJSON_GetObjectItemCaseSensitive(item, "type"), *connection;
    if (!cJSON_IsString(type))
        return fail(l, "damaged cell", item->string);
    strncpy(gate->name, item->string, sizeof gate->name - 1);
    gate->cell = axn_liberty_find(l->netlist->liberty, type->valuestring);
    if (gate->cell < 0)
        return axn_fail(l->error, AXN_ERROR_FORMAT, "%s: module %s: cell %s of type %s is a %s",
                        l->path, l->netlist->module, item->string, type->valuestring,
                        refusal(type->valuestring));
    const axn_liberty_cell *cell = &l->netlist->liberty->cells[gate->cell];
    if (!cell->combinational && !cell->flip_flop)
        return axn_fail(l->error, AXN_ERROR_FORMAT, "%s: module %s: cell %s of type %s is a %s",
                        l->path, l->netlist->module, item->string, cell->name,
                        cell->latch ? "latch" : "cell without a logic function");
    axn_status status = axn_allocate(&gate->nets, (size_t)cell->pin_count, sizeof *gate->nets,
                                     "netlist cells", l->error);
    if (status != AXN_OK)
        return status;
    for (int p = 0; p < cell->pin_count; p++)
        gate->nets[p] = -1;
    cJSON_ArrayForEach(connection, cJSON_GetObjectItemCaseSensitive(item, "connections"))
    {
        int pin = find_pin(cell, connection->string), width = cJSON_GetArraySize(connection);
        if (pin < 0 || width > 1)
            return fail(l, "unknown or wide pin of cell", item->string);
        /* Yosys leaves an unused output open as X. */
        const cJSON *bit = cJSON_GetArrayItem(connection, 0);
        if (width == 0 || (cell->pins[pin].output && cJSON_IsString(bit)))
            continue;
        if ((status = net_of(l, bit, item->string, &gate->nets[pin])) != AXN_OK)
            return status;
    }
    for (int i = 0; i < cell->input_count; i++)
        if (gate->nets[cell->inputs[i]] < 0)
            return fail(l, "unconnected input of cell", item->string);
    return AXN_OK;
}

static axn_status load_gates(loader *l, const cJSON *cells)
{
    axn_netlist *netlist = l->netlist;
    const cJSON *item;
    axn_status status = axn_allocate(&netlist->gates, (size_t)cJSON_GetArraySize(cells),
                                     sizeof *netlist->gates, "netlist cells", l->error);
    cJSON_ArrayForEach(item, cells)
    {
        if (status == AXN_OK)
            status = load_gate(l, item, &netlist->gates[netlist->gate_count++]);
    }
    return status;
}

static const axn_liberty_cell *cell_of(const axn_netlist *netlist, int gate)
{
    return &netlist->liberty->cells[netlist->gates[gate].cell];
}

/* A latch of a clock gate counts as what it is at the end of a cycle: open. */
static bool is_logic(const axn_liberty_cell *cell)
{
    return cell->combinational || cell->simple_latch;
}

static axn_status add_driver(loader *l, int net, int driver, const char *name)
{
    if (net < 2)
        return fail(l, "a constant is driven by", name);
    if (l->driver[net] != NO_DRIVER)
        return fail(l, "several drivers of one net, among them", name);
    l->driver[net] = driver;
    return AXN_OK;
}

static axn_status find_drivers(loader *l)
{
    axn_netlist *netlist = l->netlist;
    axn_status status = axn_allocate(&l->driver, (size_t)netlist->net_count, sizeof *l->driver,
                                     "netlist", l->error);
    for (int n = 0; status == AXN_OK && n < netlist->net_count; n++)
        l->driver[n] = n < 2 ? PORT_DRIVER : NO_DRIVER;
    for (int i = 0; i < netlist->port_count; i++) {
        const axn_port *port = &netlist->ports[i];
        for (int b = 0; b < port->width && !port->output && status == AXN_OK; b++)
            status = add_driver(l, port->nets[b], PORT_DRIVER, port->name);
    }
    for (int g = 0; g < netlist->gate_count; g++) {
        const axn_liberty_cell *cell = cell_of(netlist, g);
        for (int p = 0; p < cell->pin_count && status == AXN_OK; p++)
            if (cell->pins[p].output && netlist->gates[g].nets[p] >= 0)
                status = add_driver(l, netlist->gates[g].nets[p], g, netlist->gates[g].name);
    }
    return status;
}

static axn_status check_driven(const loader *l)
{
    const axn_netlist *netlist = l->netlist;
    for (int i = 0; i < netlist->port_count; i++)
        for (int b = 0; b < netlist->ports[i].width; b++)
            if (l->driver[netlist->ports[i].nets[b]] == NO_DRIVER)
                return fail(l, "undriven bit of output", netlist->ports[i].name);
    for (int g = 0; g < netlist->gate_count; g++) {
        const axn_liberty_cell *cell = cell_of(netlist, g);
        for (int i = 0; i < cell->input_count; i++)
            if (l->driver[netlist->gates[g].nets[cell->inputs[i]]] == NO_DRIVER)
                return fail(l, "undriven input of cell", netlist->gates[g].name);
    }
    return AXN_OK;
}

/* Combinational gate that drives a net, or -1. */
static int combinational_driver(const loader *l, int net)
{
    int driver = l->driver[net];
    return driver >= 0 && is_logic(cell_of(l->netlist, driver)) ? driver : -1;
}

/* Readers of each gate's outputs as lists, first[g] .. first[g + 1]. */
static axn_status list_readers(const loader *l, int **first, int **readers, int *waiting)
{
    const axn_netlist *netlist = l->netlist;
    size_t count = (size_t)netlist->gate_count;
    axn_status status = axn_allocate(first, count + 2, sizeof **first, "netlist", l->error);
    if (status != AXN_OK)
        return status;
    int *start = *first;
    for (int pass = 0; pass < 2; pass++) {
        for (int g = 0; g < netlist->gate_count; g++) {
            const axn_liberty_cell *cell = cell_of(netlist, g);
            for (int i = 0; i < cell->input_count && is_logic(cell); i++) {
                int driver = combinational_driver(l, netlist->gates[g].nets[cell->inputs[i]]);
                if (driver < 0)
                    continue;
                if (pass == 0) {
                    start[driver + 2]++;
                    waiting[g]++;
                } else {
                    (*readers)[start[driver + 1]++] = g;
                }
            }
        }
        if (pass == 0) {
            for (size_t i = 2; i < count + 2; i++)
                start[i] += start[i - 1];
            status = axn_allocate(readers, (size_t)start[count + 1], sizeof **readers, "netlist",
                                  l->error);
            if (status != AXN_OK)
                return status;
        }
    }
    return AXN_OK;
}

/* Kahn's algorithm; flip-flops go to the end. */
static axn_status sort_gates(loader *l)
{
    axn_netlist *netlist = l->netlist;
    size_t count = (size_t)netlist->gate_count;
    int *first = NULL, *readers = NULL, *waiting = NULL, *order = NULL, done = 0, tail = 0;
    axn_gate *sorted = NULL;
    axn_status status = axn_allocate(&waiting, count, sizeof *waiting, "netlist", l->error);
    if (status == AXN_OK)
        status = axn_allocate(&order, count, sizeof *order, "netlist", l->error);
    if (status == AXN_OK)
        status = axn_allocate(&sorted, count, sizeof *sorted, "netlist", l->error);
    if (status == AXN_OK)
        status = list_readers(l, &first, &readers, waiting);
    if (status != AXN_OK)
        goto done;
    for (int g = 0; g < netlist->gate_count; g++)
        if (is_logic(cell_of(netlist, g)) && waiting[g] == 0)
            order[tail++] = g;
    while (done < tail) {
        int g = order[done++];
        for (int r = first[g]; r < first[g + 1]; r++)
            if (--waiting[readers[r]] == 0)
                order[tail++] = readers[r];
    }
    for (int g = 0; g < netlist->gate_count; g++) {
        if (is_logic(cell_of(netlist, g)) && waiting[g] > 0) {
            status = fail(l, "combinational loop through cell", netlist->gates[g].name);
            goto done;
        }
        if (!is_logic(cell_of(netlist, g))) {
            order[tail++] = g;
            netlist->flip_flops++;
        }
    }
    for (int g = 0; g < netlist->gate_count; g++) {
        sorted[g] = netlist->gates[order[g]];
        sorted[g].id = order[g];
    }
    if (count > 0)
        memcpy(netlist->gates, sorted, count * sizeof *sorted);
done:
    free(first);
    free(readers);
    free(waiting);
    free(order);
    free(sorted);
    return status;
}

static axn_status add_loads(loader *l)
{
    axn_netlist *netlist = l->netlist;
    axn_status status = axn_allocate(&netlist->load_pf, (size_t)netlist->net_count,
                                     sizeof *netlist->load_pf, "netlist", l->error);
    for (int g = 0; status == AXN_OK && g < netlist->gate_count; g++) {
        const axn_liberty_cell *cell = cell_of(netlist, g);
        for (int p = 0; p < cell->pin_count; p++)
            if (netlist->gates[g].nets[p] >= 0)
                netlist->load_pf[netlist->gates[g].nets[p]] += cell->pins[p].capacitance_pf;
    }
    return status;
}

static axn_status complete(loader *l)
{
    axn_status status = find_drivers(l);
    if (status == AXN_OK)
        status = check_driven(l);
    if (status == AXN_OK)
        status = sort_gates(l);
    return status == AXN_OK ? add_loads(l) : status;
}

axn_status axn_netlist_complete(const char *label, axn_netlist *netlist, axn_error *error)
{
    loader l = {.path = label, .netlist = netlist, .error = error};
    axn_status status = complete(&l);
    free(l.driver);
    return status;
}

static axn_status name_bit(loader *l, const char *name, int index, int width, int net)
{
    char **slot = &l->netlist->net_names[net];
    if (*slot != NULL)
        return AXN_OK;
    size_t size = strlen(name) + 16;
    axn_status status = axn_allocate(slot, size, 1, "net names", l->error);
    if (status == AXN_OK && width == 1)
        snprintf(*slot, size, "%s", name);
    else if (status == AXN_OK)
        snprintf(*slot, size, "%s[%d]", name, index);
    return status;
}

/* Port names and names given by people come before those made by Yosys. */
static axn_status name_nets(loader *l)
{
    const cJSON *names = cJSON_GetObjectItemCaseSensitive(l->module, "netnames"), *item, *bit;
    axn_status status = axn_allocate(&l->netlist->net_names, (size_t)l->netlist->net_count,
                                     sizeof *l->netlist->net_names, "net names", l->error);
    for (int hidden = 0; hidden < 2; hidden++) {
        cJSON_ArrayForEach(item, names)
        {
            const cJSON *hide = cJSON_GetObjectItemCaseSensitive(item, "hide_name");
            const cJSON *bits = cJSON_GetObjectItemCaseSensitive(item, "bits");
            int index = 0, width = cJSON_GetArraySize(bits);
            if ((cJSON_IsNumber(hide) && hide->valueint != 0) != (hidden == 1))
                continue;
            cJSON_ArrayForEach(bit, bits)
            {
                int net =
                    cJSON_IsNumber(bit) && bit->valuedouble >= 0 && bit->valuedouble < l->bit_count
                        ? l->net_of_bit[bit->valueint]
                        : -1;
                if (net >= 2 && status == AXN_OK)
                    status = name_bit(l, item->string, index, width, net);
                index++;
            }
        }
    }
    return status;
}

static axn_status load_module(loader *l)
{
    const cJSON *ports = cJSON_GetObjectItemCaseSensitive(l->module, "ports");
    const cJSON *cells = cJSON_GetObjectItemCaseSensitive(l->module, "cells");
    axn_status status = scan(l, ports, cells);
    if (status == AXN_OK)
        status = load_ports(l, ports);
    if (status == AXN_OK)
        status = load_gates(l, cells);
    if (status == AXN_OK)
        status = complete(l);
    if (status == AXN_OK)
        status = name_nets(l);
    return status;
}

axn_status axn_netlist_load_as(const char *label, const char *json_path, const char *module,
                               const axn_liberty *liberty, axn_netlist *out, axn_error *error)
{
    cJSON *json = NULL;
    loader l = {.path = label, .netlist = out, .error = error};
    *out = (axn_netlist){.liberty = liberty};
    axn_status status = axn_yosys_json_read(json_path, &json, error);
    if (status != AXN_OK)
        return status;
    const cJSON *modules = cJSON_GetObjectItemCaseSensitive(json, "modules");
    l.module = find_module(modules, module);
    if (l.module == NULL)
        status = axn_fail(error, AXN_ERROR_NOT_FOUND, "%s: no module %s", label,
                          module != NULL ? module : "that is the only one or marked top");
    else if (strlen(l.module->string) >= sizeof out->module)
        status = axn_fail(error, AXN_ERROR_LIMIT, "%s: a module name is too long", label);
    if (status == AXN_OK && l.module != NULL) {
        memcpy(out->module, l.module->string, strlen(l.module->string) + 1);
        status = load_module(&l);
    }
    if (status != AXN_OK)
        axn_netlist_free(out);
    free(l.net_of_bit);
    free(l.driver);
    cJSON_Delete(json);
    return status;
}

void axn_netlist_free(axn_netlist *netlist)
{
    for (int n = 0; netlist->net_names != NULL && n < netlist->net_count; n++)
        free(netlist->net_names[n]);
    for (int g = 0; g < netlist->gate_count; g++)
        free(netlist->gates[g].nets);
    for (int i = 0; i < netlist->port_count; i++)
        free(netlist->ports[i].nets);
    free(netlist->net_names);
    free(netlist->load_pf);
    free(netlist->gates);
    free(netlist->ports);
    *netlist = (axn_netlist){0};
}

const axn_port *axn_netlist_port(const axn_netlist *netlist, const char *name)
{
    for (int i = 0; i < netlist->port_count; i++)
        if (strcmp(netlist->ports[i].name, name) == 0)
            return &netlist->ports[i];
    return NULL;
}

void axn_netlist_evaluate(const axn_netlist *netlist, uint64_t *values)
{
    values[0] = 0;
    values[1] = ~UINT64_C(0);
    for (int g = 0; g < netlist->gate_count - netlist->flip_flops; g++) {
        const axn_gate *gate = &netlist->gates[g];
        const axn_liberty_cell *cell = &netlist->liberty->cells[gate->cell];
        uint64_t inputs[AXN_CELL_MAX_INPUTS];
        for (int i = 0; i < cell->input_count; i++)
            inputs[i] = values[gate->nets[cell->inputs[i]]];
        for (int p = 0; p < cell->pin_count; p++)
            if (cell->pins[p].output && gate->nets[p] >= 0)
                values[gate->nets[p]] =
                    axn_liberty_truth(cell->pins[p].truth, inputs, cell->input_count);
    }
}

axn_status axn_netlist_load(const char *json_path, const char *module, const axn_liberty *liberty,
                            axn_netlist *out, axn_error *error)
{
    return axn_netlist_load_as(json_path, json_path, module, liberty, out, error);
}
