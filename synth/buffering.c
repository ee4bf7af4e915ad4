#include "synth/buffering.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

#define LOAD_SHARE 0.25 /* of max_capacitance: near the limit edges get very slow */

typedef struct pin_state { /* one net of a module, or one bit of its ports seen outside */
    double load;           /* pF */
    double limit;          /* pF its driver may bear; < 0 = no driver seen */
    bool clock;
} pin_state;

typedef struct port_state {
    const char *name;
    bool output;
    int width;
    pin_state *bits; /* [width]; inputs: load and clock, outputs: what remains of the limit */
} port_state;

typedef struct module_state {
    cJSON *json;
    bool black_box, kept, done;
    port_state *ports;
    int port_count;
} module_state;

typedef struct sink {
    cJSON *bit; /* JSON number to be moved to another net */
    int net;
    size_t order;
    double load;
} sink;

typedef struct design {
    const axn_liberty *liberty;
    module_state *modules;
    int module_count;
    int buffer, input_pin, output_pin; /* cell and its pins */
    double buffer_limit, buffer_load;
    long inserted;
    axn_error *error;
} design;

typedef struct nets { /* of the module at work */
    pin_state *state; /* [count] */
    int count;
    sink *sinks;
    size_t sink_count, sink_capacity;
} nets;

static bool is_buffer(const axn_liberty_cell *cell, int *input, int *output)
{
    if (!cell->combinational || cell->dont_use || cell->input_count != 1 || cell->pin_count != 2)
        return false;
    *input = cell->inputs[0];
    *output = 1 - *input;
    return (cell->pins[*output].truth[0] & 3) == 2 && cell->pins[*output].max_capacitance_pf > 0 &&
           cell->area_um2 > 0;
}

/* The buffer with the most max_capacitance for its area. */
static bool choose_buffer(design *d)
{
    double best = 0;
    d->buffer = -1;
    for (int i = 0; i < d->liberty->cell_count; i++) {
        const axn_liberty_cell *cell = &d->liberty->cells[i];
        int input, output;
        if (!is_buffer(cell, &input, &output))
            continue;
        double limit = LOAD_SHARE * cell->pins[output].max_capacitance_pf;
        double load = cell->pins[input].capacitance_pf;
        if (limit < 4 * load || limit / cell->area_um2 <= best)
            continue;
        best = limit / cell->area_um2;
        d->buffer = i;
        d->input_pin = input;
        d->output_pin = output;
        d->buffer_limit = limit;
        d->buffer_load = load;
    }
    return d->buffer >= 0;
}

static const cJSON *member(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static int find_module(const design *d, const char *name)
{
    for (int i = 0; i < d->module_count; i++)
        if (strcmp(d->modules[i].json->string, name) == 0)
            return i;
    return -1;
}

static const port_state *find_port(const module_state *module, const char *name)
{
    for (int i = 0; i < module->port_count; i++)
        if (strcmp(module->ports[i].name, name) == 0)
            return &module->ports[i];
    return NULL;
}

static axn_status list_ports(const design *d, module_state *module)
{
    const cJSON *ports = member(module->json, "ports"), *item;
    axn_status status = axn_allocate(&module->ports, (size_t)cJSON_GetArraySize(ports),
                                     sizeof *module->ports, "ports", d->error);
    cJSON_ArrayForEach(item, ports)
    {
        if (status != AXN_OK)
            break;
        port_state *port = &module->ports[module->port_count++];
        const cJSON *direction = member(item, "direction");
        port->name = item->string;
        port->output = cJSON_IsString(direction) && strcmp(direction->valuestring, "output") == 0;
        port->width = cJSON_GetArraySize(member(item, "bits"));
        status =
            axn_allocate(&port->bits, (size_t)port->width, sizeof *port->bits, "ports", d->error);
        /* What is not known (memories): an ordinary pin, a driver like a buffer. */
        for (int b = 0; b < port->width && status == AXN_OK; b++)
            port->bits[b] =
                (pin_state){port->output ? 0 : d->liberty->inverter_pf, d->buffer_limit, false};
    }
    return status;
}

static int bit_number(const cJSON *bit)
{
    return cJSON_IsNumber(bit) && bit->valuedouble >= 0 && bit->valuedouble < 1e8 ? bit->valueint
                                                                                  : -1;
}

static void find_largest(const cJSON *bits, int *count)
{
    const cJSON *bit;
    cJSON_ArrayForEach(bit, bits)
    {
        int number = bit_number(bit);
        if (number >= *count)
            *count = number + 1;
    }
}

static axn_status open_nets(const design *d, const module_state *module, nets *n)
{
    const cJSON *item, *connection;
    cJSON_ArrayForEach(item, member(module->json, "ports"))
    {
        find_largest(member(item, "bits"), &n->count);
    }
    cJSON_ArrayForEach(item, member(module->json, "netnames"))
    {
        find_largest(member(item, "bits"), &n->count);
    }
    cJSON_ArrayForEach(item, member(module->json, "cells"))
    {
        cJSON_ArrayForEach(connection, member(item, "connections"))
        {
            find_largest(connection, &n->count);
        }
    }
    axn_status status =
        axn_allocate(&n->state, (size_t)n->count, sizeof *n->state, "nets", d->error);
    for (int i = 0; i < n->count && status == AXN_OK; i++)
        n->state[i].limit = -1;
    return status;
}

static axn_status add_sink(const design *d, nets *n, cJSON *bit, double load, bool clock)
{
    int net = bit_number(bit);
    if (net < 0)
        return AXN_OK;
    axn_status status = axn_grow(&n->sinks, &n->sink_capacity, n->sink_count + 1, sizeof *n->sinks,
                                 "sinks", d->error);
    if (status != AXN_OK)
        return status;
    n->sinks[n->sink_count] = (sink){bit, net, n->sink_count, load};
    n->sink_count++;
    n->state[net].load += load;
    n->state[net].clock |= clock;
    return AXN_OK;
}

static void add_driver(nets *n, const cJSON *bit, double limit)
{
    int net = bit_number(bit);
    if (net >= 0)
        n->state[net].limit = limit;
}

static axn_status add_gate(const design *d, nets *n, const axn_liberty_cell *cell,
                           cJSON *connections)
{
    cJSON *connection;
    axn_status status = AXN_OK;
    cJSON_ArrayForEach(connection, connections)
    {
        for (int p = 0; p < cell->pin_count && status == AXN_OK; p++) {
            const axn_liberty_pin *pin = &cell->pins[p];
            if (strcmp(pin->name, connection->string) != 0)
                continue;
            cJSON *bit = cJSON_GetArrayItem(connection, 0);
            if (pin->output)
                add_driver(n, bit,
                           pin->max_capacitance_pf > 0 ? LOAD_SHARE * pin->max_capacitance_pf
                                                       : d->buffer_limit);
            else
                status = add_sink(d, n, bit, pin->capacitance_pf, pin->clock);
        }
    }
    return status;
}

static axn_status add_instance(const design *d, nets *n, const module_state *child,
                               cJSON *connections)
{
    cJSON *connection, *bit;
    axn_status status = AXN_OK;
    cJSON_ArrayForEach(connection, connections)
    {
        const port_state *port = find_port(child, connection->string);
        int index = 0;
        cJSON_ArrayForEach(bit, connection)
        {
            if (port == NULL || index >= port->width || status != AXN_OK)
                break;
            const pin_state *state = &port->bits[index++];
            if (port->output)
                add_driver(n, bit, state->limit);
            else
                status = add_sink(d, n, bit, state->load, state->clock);
        }
    }
    return status;
}

static axn_status gather(const design *d, const module_state *module, nets *n)
{
    cJSON *cell, *item, *bit;
    axn_status status = open_nets(d, module, n);
    cJSON_ArrayForEach(item, member(module->json, "ports"))
    {
        const port_state *port = find_port(module, item->string);
        cJSON_ArrayForEach(bit, cJSON_GetObjectItemCaseSensitive(item, "bits"))
        {
            if (status == AXN_OK && port != NULL && !port->output)
                add_driver(n, bit, d->buffer_limit);
        }
    }
    cJSON_ArrayForEach(cell, member(module->json, "cells"))
    {
        const cJSON *type = member(cell, "type");
        cJSON *connections = cJSON_GetObjectItemCaseSensitive(cell, "connections");
        if (status != AXN_OK || !cJSON_IsString(type))
            continue;
        int found = axn_liberty_find(d->liberty, type->valuestring);
        int child = found < 0 ? find_module(d, type->valuestring) : -1;
        if (found >= 0)
            status = add_gate(d, n, &d->liberty->cells[found], connections);
        else if (child >= 0)
            status = add_instance(d, n, &d->modules[child], connections);
    }
    return status;
}

/* A buffer from `net` to a new net; returns its input bit, NULL without memory. */
static cJSON *insert_buffer(design *d, const module_state *module, int net, int new_net)
{
    const axn_liberty_cell *cell = &d->liberty->cells[d->buffer];
    cJSON *cells = cJSON_GetObjectItemCaseSensitive(module->json, "cells");
    char name[48];
    snprintf(name, sizeof name, "axn_buffer_%d", new_net);
    cJSON *item = cJSON_AddObjectToObject(cells, name);
    cJSON *directions = cJSON_AddObjectToObject(item, "port_directions");
    cJSON *connections = cJSON_AddObjectToObject(item, "connections");
    cJSON *input = cJSON_AddArrayToObject(connections, cell->pins[d->input_pin].name);
    cJSON *output = cJSON_AddArrayToObject(connections, cell->pins[d->output_pin].name);
    cJSON *bit = cJSON_CreateNumber(net);
    if (cJSON_AddNumberToObject(item, "hide_name", 0) == NULL ||
        cJSON_AddStringToObject(item, "type", cell->name) == NULL ||
        cJSON_AddObjectToObject(item, "parameters") == NULL ||
        cJSON_AddObjectToObject(item, "attributes") == NULL ||
        cJSON_AddStringToObject(directions, cell->pins[d->input_pin].name, "input") == NULL ||
        cJSON_AddStringToObject(directions, cell->pins[d->output_pin].name, "output") == NULL ||
        !cJSON_AddItemToArray(output, cJSON_CreateNumber(new_net))) {
        cJSON_Delete(bit);
        return NULL;
    }
    if (!cJSON_AddItemToArray(input, bit)) {
        cJSON_Delete(bit);
        return NULL;
    }
    d->inserted++;
    return bit;
}

/* One level of a tree: sinks[0 .. count) are shared out among buffers, whose inputs
 * take their place at the front. */
static axn_status add_level(design *d, const module_state *module, nets *n, int net, sink *sinks,
                            size_t *count)
{
    size_t left = 0;
    for (size_t i = 0; i < *count;) {
        int new_net = n->count++;
        double load = 0;
        cJSON *input = insert_buffer(d, module, net, new_net);
        if (input == NULL)
            return axn_fail(d->error, AXN_ERROR_MEMORY, "no memory for buffers");
        size_t first = i;
        while (i < *count && (i == first || load + sinks[i].load <= d->buffer_limit)) {
            load += sinks[i].load;
            cJSON_SetNumberValue(sinks[i].bit, new_net);
            i++;
        }
        sinks[left++] = (sink){input, net, 0, d->buffer_load};
    }
    *count = left;
    return AXN_OK;
}

/* By net, then in the order found: neighbours in the file share a buffer. */
static int compare_sinks(const void *a, const void *b)
{
    const sink *x = a, *y = b;
    if (x->net != y->net)
        return x->net > y->net ? 1 : -1;
    return x->order > y->order ? 1 : -1;
}

/* Builds trees level by level until the driver can bear what is left. */
static axn_status relieve(design *d, const module_state *module, nets *n)
{
    int known = n->count;
    if (n->sink_count > 0)
        qsort(n->sinks, n->sink_count, sizeof *n->sinks, compare_sinks);
    for (size_t i = 0; i < n->sink_count;) {
        size_t end = i;
        int net = n->sinks[i].net;
        while (end < n->sink_count && n->sinks[end].net == net)
            end++;
        pin_state *state = &n->state[net];
        size_t count = end - i;
        while (net < known && !state->clock && state->limit >= 0 && state->load > state->limit &&
               (count > 1 || n->sinks[i].load > 2 * d->buffer_load)) {
            size_t before = count;
            axn_status status = add_level(d, module, n, net, n->sinks + i, &count);
            if (status != AXN_OK)
                return status;
            state->load = (double)count * d->buffer_load;
            if (count == before)
                break;
        }
        i = end;
    }
    return AXN_OK;
}

/* What the module's ports look like from outside. */
static void close_ports(const module_state *module, const nets *n)
{
    const cJSON *item, *bit;
    cJSON_ArrayForEach(item, member(module->json, "ports"))
    {
        const port_state *port = find_port(module, item->string);
        int index = 0;
        cJSON_ArrayForEach(bit, member(item, "bits"))
        {
            int net = bit_number(bit);
            if (port == NULL || index >= port->width)
                break;
            pin_state *state = &port->bits[index++];
            if (net < 0)
                continue;
            if (port->output) {
                double rest = n->state[net].limit - n->state[net].load;
                state->limit = rest > 0 ? rest : 0;
            } else {
                *state = (pin_state){n->state[net].load, 0, n->state[net].clock};
            }
        }
    }
}

static axn_status work_on(design *d, module_state *module)
{
    nets n = {0};
    axn_status status = gather(d, module, &n);
    if (status == AXN_OK && !module->kept)
        status = relieve(d, module, &n);
    if (status == AXN_OK)
        close_ports(module, &n);
    free(n.state);
    free(n.sinks);
    module->done = true;
    return status;
}

/* All modules it instantiates have been worked on. */
static bool is_ready(const design *d, const module_state *module)
{
    const cJSON *cell;
    cJSON_ArrayForEach(cell, member(module->json, "cells"))
    {
        const cJSON *type = member(cell, "type");
        int child = cJSON_IsString(type) ? find_module(d, type->valuestring) : -1;
        if (child >= 0 && !d->modules[child].done)
            return false;
    }
    return true;
}

static bool is_listed(const char *name, const char *const *list)
{
    for (size_t i = 0; list != NULL && list[i] != NULL; i++)
        if (strcmp(list[i], name) == 0)
            return true;
    return false;
}

static axn_status list_modules(design *d, cJSON *modules, const char *const *kept)
{
    cJSON *item;
    axn_status status = axn_allocate(&d->modules, (size_t)cJSON_GetArraySize(modules),
                                     sizeof *d->modules, "modules", d->error);
    cJSON_ArrayForEach(item, modules)
    {
        if (status != AXN_OK || axn_liberty_find(d->liberty, item->string) >= 0)
            continue;
        module_state *module = &d->modules[d->module_count++];
        module->json = item;
        module->black_box = member(member(item, "attributes"), "blackbox") != NULL;
        module->kept = is_listed(item->string, kept);
        module->done = module->black_box;
        status = list_ports(d, module);
    }
    return status;
}

axn_status axn_buffer_design(const axn_liberty *liberty, cJSON *modules, const char *const *kept,
                             long *inserted, axn_error *error)
{
    design d = {.liberty = liberty, .error = error};
    *inserted = 0;
    if (!choose_buffer(&d))
        return AXN_OK;
    axn_status status = list_modules(&d, modules, kept);
    for (bool progress = true; progress && status == AXN_OK;) {
        progress = false;
        for (int i = 0; i < d.module_count && status == AXN_OK; i++)
            if (!d.modules[i].done && is_ready(&d, &d.modules[i])) {
                status = work_on(&d, &d.modules[i]);
                progress = true;
            }
    }
    for (int i = 0; i < d.module_count; i++) {
        for (int p = 0; p < d.modules[i].port_count; p++)
            free(d.modules[i].ports[p].bits);
        free(d.modules[i].ports);
    }
    free(d.modules);
    *inserted = d.inserted;
    return status;
}
