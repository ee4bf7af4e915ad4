#include "synth/elaborate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "synth/definition.h"
#include "synth/netlist_internal.h"

#define MAX_INSTANCES (1 << 18)
#define MAX_SCOPES 4096
#define MAX_GATES (1 << 22)
#define MAX_NETS (1 << 25) /* before nets of ports are joined */
#define PATH_TEXT 4096

typedef struct instance {
    int definition, parent; /* parent: index of an instance, -1 for the top */
    int base;               /* its net n >= 2 is net base + n of the design */
    int scope;
    const char *name;
} instance;

typedef struct elaborator {
    axn_design design;
    axn_elaboration *out;
    instance *instances; /* in order of creation: parents before children */
    int instance_count;
    size_t instance_capacity, scope_capacity;
    int *first_origin; /* [definitions]: origin of the first gate */
    int *joined;       /* [nets]: union-find over the nets, towards smaller numbers */
    int net_count;
    axn_error *error;
} elaborator;

static const axn_definition *definition_of(const elaborator *e, int index)
{
    return &e->design.definitions[e->instances[index].definition];
}

static int net_of(const elaborator *e, int index, int net)
{
    return net < 2 ? net : e->instances[index].base + net;
}

static axn_status fail(const elaborator *e, const char *what, const char *name)
{
    return axn_fail(e->error, AXN_ERROR_LIMIT, "%s: %s%s", e->design.path, what, name);
}

static int root(int *joined, int net)
{
    while (joined[net] != net) {
        joined[net] = joined[joined[net]];
        net = joined[net];
    }
    return net;
}

static void join(int *joined, int a, int b)
{
    a = root(joined, a);
    b = root(joined, b);
    joined[a > b ? a : b] = a > b ? b : a;
}

static axn_status find_scope(elaborator *e, int parent, const axn_definition *definition,
                             int *index)
{
    axn_elaboration *out = e->out;
    for (*index = 0; *index < out->scope_count; ++*index)
        if (out->scopes[*index].parent == parent &&
            strcmp(out->scopes[*index].module, definition->source) == 0)
            return AXN_OK;
    if (out->scope_count == MAX_SCOPES)
        return fail(e, "too deep, or modules that contain each other: ", definition->source);
    axn_status status = axn_grow(&out->scopes, &e->scope_capacity, (size_t)out->scope_count + 1,
                                 sizeof *out->scopes, "scopes", e->error);
    if (status != AXN_OK)
        return status;
    axn_scope *scope = &out->scopes[out->scope_count++];
    *scope = (axn_scope){.parent = parent, .black_box = definition->black_box};
    memcpy(scope->module, definition->source, sizeof scope->module);
    return AXN_OK;
}

static axn_status add_instance(elaborator *e, int definition, int parent, const char *name)
{
    const axn_definition *d = &e->design.definitions[definition];
    axn_status status =
        axn_grow(&e->instances, &e->instance_capacity, (size_t)e->instance_count + 1,
                 sizeof *e->instances, "instances", e->error);
    if (status != AXN_OK)
        return status;
    instance *at = &e->instances[e->instance_count++];
    *at = (instance){definition, parent, e->net_count, 0, name};
    e->net_count += d->net_count;
    status = find_scope(e, parent < 0 ? -1 : e->instances[parent].scope, d, &at->scope);
    if (status != AXN_OK)
        return status;
    axn_scope *scope = &e->out->scopes[at->scope];
    scope->instances++;
    for (int g = 0; g < d->gate_count; g++) {
        const axn_liberty_cell *cell = &e->design.liberty->cells[d->gates[g].cell];
        scope->cells++;
        scope->flip_flops += cell->flip_flop;
        scope->area_um2 += cell->area_um2;
        scope->leakage_mw += cell->leakage_mw;
    }
    return AXN_OK;
}

/* Instances of each definition, from the top down, a definition once all its users are
 * done; refuses what would be too large before any of it is made. */
static axn_status check_size(const elaborator *e)
{
    size_t count = (size_t)e->design.count;
    int *waiting = NULL, *queue = NULL, done = 0, tail = 0;
    double *instances = NULL, total = 0, nets = 0, gates = 0;
    axn_status status = axn_allocate(&waiting, count, sizeof *waiting, "modules", e->error);
    if (status == AXN_OK)
        status = axn_allocate(&queue, count, sizeof *queue, "modules", e->error);
    if (status == AXN_OK)
        status = axn_allocate(&instances, count, sizeof *instances, "modules", e->error);
    if (status != AXN_OK)
        goto done;
    for (size_t i = 0; i < count; i++)
        for (int k = 0; k < e->design.definitions[i].instance_count; k++)
            waiting[e->design.definitions[i].instances[k].definition]++;
    instances[0] = 1;
    if (waiting[0] == 0)
        queue[tail++] = 0;
    for (; done < tail; done++) {
        const axn_definition *d = &e->design.definitions[queue[done]];
        double times = instances[queue[done]];
        total += times;
        nets += times * d->net_count;
        gates += times * d->gate_count;
        for (int k = 0; k < d->instance_count; k++) {
            int child = d->instances[k].definition;
            instances[child] += times;
            if (--waiting[child] == 0)
                queue[tail++] = child;
        }
    }
    if (done < e->design.count)
        status = fail(e, "modules that contain each other", "");
    else if (total > MAX_INSTANCES || nets > MAX_NETS || gates > MAX_GATES)
        status = fail(e, "too many instances, nets or cells", "");
done:
    free(waiting);
    free(queue);
    free(instances);
    return status;
}

static axn_status add_instances(elaborator *e)
{
    axn_status status = add_instance(e, 0, -1, "");
    for (int i = 0; i < e->instance_count && status == AXN_OK; i++) {
        const axn_definition *d = definition_of(e, i);
        for (int k = 0; k < d->instance_count && status == AXN_OK; k++)
            status = add_instance(e, d->instances[k].definition, i, d->instances[k].name);
    }
    return status;
}

/* Joins the nets of an instance's ports with those of its parent. Instances were added
 * parent by parent, so that walking them again meets the parent's list in order. */
static axn_status join_ports(elaborator *e)
{
    axn_status status =
        axn_allocate(&e->joined, (size_t)e->net_count, sizeof *e->joined, "nets", e->error);
    for (int n = 0; n < e->net_count && status == AXN_OK; n++)
        e->joined[n] = n;
    int child = 1;
    for (int i = 0; i < e->instance_count && status == AXN_OK; i++) {
        const axn_definition *parent = definition_of(e, i);
        for (int k = 0; k < parent->instance_count; k++, child++) {
            const int *outer = parent->instances[k].nets;
            const axn_definition *d = definition_of(e, child);
            for (int p = 0; p < d->port_count; p++)
                for (int b = 0; b < d->ports[p].width; b++, outer++)
                    if (*outer >= 0 && d->ports[p].nets[b] >= 0 && !d->black_box)
                        join(e->joined, net_of(e, i, *outer),
                             net_of(e, child, d->ports[p].nets[b]));
        }
    }
    return status;
}

/* "u_a.u_memory.data_o". */
static axn_status port_name(const elaborator *e, int index, const char *port,
                            char out[AXN_PORT_NAME])
{
    char path[PATH_TEXT];
    size_t at = sizeof path - 1;
    path[at] = '\0';
    const char *part = port;
    for (int i = index; part != NULL; i = e->instances[i].parent) {
        size_t length = strlen(part), dot = path[at] != '\0';
        if (length + dot > at)
            return fail(e, "instance path is too long at ", part);
        if (dot)
            path[--at] = '.';
        at -= length;
        memcpy(path + at, part, length);
        part = i >= 0 && e->instances[i].parent >= 0 ? e->instances[i].name : NULL;
    }
    if (strlen(path + at) >= AXN_PORT_NAME)
        return fail(e, "port path is too long: ", path + at);
    memcpy(out, path + at, strlen(path + at) + 1);
    return AXN_OK;
}

/* `nets` are those of the definition's port in instance `where`. */
static axn_status add_port(elaborator *e, int index, const axn_port *from, bool inside,
                           const int *nets, int where)
{
    axn_netlist *netlist = &e->out->netlist;
    axn_port *port = &netlist->ports[netlist->port_count++];
    port->output = from->output != inside;
    port->width = from->width;
    axn_status status = port_name(e, index, from->name, port->name);
    if (status == AXN_OK)
        status = axn_allocate(&port->nets, (size_t)from->width, sizeof *port->nets, "netlist ports",
                              e->error);
    for (int b = 0; b < from->width && status == AXN_OK; b++) {
        /* A net of its own where nothing is connected. */
        int net = nets[b] >= 0 ? net_of(e, where, nets[b]) : -1;
        if (net < 0 && port->output)
            net = 0;
        port->nets[b] = net < 0 ? e->net_count++ : root(e->joined, net);
    }
    return status;
}

/* After its ports, the last of which tells the path. */
static void name_black_box(elaborator *e, const axn_definition *definition)
{
    const axn_netlist *netlist = &e->out->netlist;
    axn_black_box *box = &e->out->black_boxes[e->out->black_box_count++];
    const char *name = netlist->ports[netlist->port_count - 1].name, *dot = strrchr(name, '.');
    snprintf(box->path, sizeof box->path, "%.*s", dot == NULL ? 0 : (int)(dot - name), name);
    snprintf(box->module, sizeof box->module, "%s", definition->module->string);
}

static axn_status add_ports(elaborator *e)
{
    const axn_definition *top = definition_of(e, 0);
    size_t ports = (size_t)top->port_count;
    for (int i = 1; i < e->instance_count; i++)
        ports += definition_of(e, i)->black_box ? (size_t)definition_of(e, i)->port_count : 0;
    axn_status status =
        axn_allocate(&e->out->netlist.ports, ports, sizeof(axn_port), "netlist ports", e->error);
    if (status == AXN_OK)
        status = axn_allocate(&e->out->black_boxes, (size_t)e->instance_count,
                              sizeof *e->out->black_boxes, "black boxes", e->error);
    for (int p = 0; p < top->port_count && status == AXN_OK; p++)
        status = add_port(e, 0, &top->ports[p], false, top->ports[p].nets, 0);
    int child = 1;
    for (int i = 0; i < e->instance_count && status == AXN_OK; i++) {
        const axn_definition *parent = definition_of(e, i);
        for (int k = 0; k < parent->instance_count; k++, child++) {
            const axn_definition *d = definition_of(e, child);
            const int *nets = parent->instances[k].nets;
            for (int p = 0; p < d->port_count && d->black_box && status == AXN_OK; p++) {
                status = add_port(e, child, &d->ports[p], true, nets, i);
                nets += d->ports[p].width;
            }
            if (d->black_box && d->port_count > 0 && status == AXN_OK)
                name_black_box(e, d);
        }
    }
    return status;
}

static axn_status add_gates(elaborator *e)
{
    axn_netlist *netlist = &e->out->netlist;
    size_t count = 0;
    for (int i = 0; i < e->instance_count; i++)
        count += (size_t)definition_of(e, i)->gate_count;
    axn_status status =
        axn_allocate(&netlist->gates, count, sizeof *netlist->gates, "netlist cells", e->error);
    if (status == AXN_OK)
        status = axn_allocate(&e->out->scope, count, sizeof(int), "netlist cells", e->error);
    if (status == AXN_OK)
        status = axn_allocate(&e->out->origin, count, sizeof(int), "netlist cells", e->error);
    for (int i = 0; i < e->instance_count; i++) {
        const axn_definition *d = definition_of(e, i);
        for (int g = 0; g < d->gate_count && status == AXN_OK; g++) {
            int id = netlist->gate_count++, pins;
            axn_gate *gate = &netlist->gates[id];
            gate->cell = d->gates[g].cell;
            strncpy(gate->name, d->gates[g].name, sizeof gate->name - 1);
            e->out->scope[id] = e->instances[i].scope;
            e->out->origin[id] = e->first_origin[e->instances[i].definition] + g;
            pins = e->design.liberty->cells[gate->cell].pin_count;
            status = axn_allocate(&gate->nets, (size_t)pins, sizeof *gate->nets, "netlist cells",
                                  e->error);
            for (int p = 0; p < pins && status == AXN_OK; p++) {
                int net = d->gates[g].nets[p];
                gate->nets[p] = net < 0 ? -1 : root(e->joined, net_of(e, i, net));
            }
        }
    }
    return status;
}

/* Numbers the nets in use without gaps. */
static axn_status number_nets(elaborator *e)
{
    axn_netlist *netlist = &e->out->netlist;
    int *number = NULL;
    axn_status status =
        axn_allocate(&number, (size_t)e->net_count, sizeof *number, "nets", e->error);
    if (status != AXN_OK)
        return status;
    netlist->net_count = 2;
    number[1] = 1;
    for (int p = 0; p < netlist->port_count; p++)
        for (int b = 0; b < netlist->ports[p].width; b++) {
            int *net = &netlist->ports[p].nets[b];
            if (number[*net] == 0 && *net != 0)
                number[*net] = netlist->net_count++;
            *net = number[*net];
        }
    for (int g = 0; g < netlist->gate_count; g++) {
        int pins = e->design.liberty->cells[netlist->gates[g].cell].pin_count;
        for (int p = 0; p < pins; p++) {
            int *net = &netlist->gates[g].nets[p];
            if (*net > 0 && number[*net] == 0)
                number[*net] = netlist->net_count++;
            *net = *net > 0 ? number[*net] : *net;
        }
    }
    free(number);
    return AXN_OK;
}

static axn_status number_origins(elaborator *e)
{
    axn_status status = axn_allocate(&e->first_origin, (size_t)e->design.count,
                                     sizeof *e->first_origin, "modules", e->error);
    for (int i = 1; i < e->design.count && status == AXN_OK; i++)
        e->first_origin[i] = e->first_origin[i - 1] + e->design.definitions[i - 1].gate_count;
    return status;
}

axn_status axn_elaborate(const axn_liberty *liberty, const char *json_path, const char *top,
                         axn_elaboration *out, axn_error *error)
{
    elaborator e = {.out = out, .net_count = 2, .error = error};
    *out = (axn_elaboration){.netlist.liberty = liberty};
    axn_status status = axn_design_load(liberty, json_path, top, &e.design, error);
    if (status != AXN_OK)
        return status;
    snprintf(out->netlist.module, sizeof out->netlist.module, "%s", top);
    status = number_origins(&e);
    if (status == AXN_OK)
        status = check_size(&e);
    if (status == AXN_OK)
        status = add_instances(&e);
    if (status == AXN_OK)
        status = join_ports(&e);
    if (status == AXN_OK)
        status = add_ports(&e);
    if (status == AXN_OK)
        status = add_gates(&e);
    if (status == AXN_OK)
        status = number_nets(&e);
    if (status == AXN_OK)
        status = axn_netlist_complete(json_path, &out->netlist, error);
    axn_design_free(&e.design);
    free(e.instances);
    free(e.first_origin);
    free(e.joined);
    if (status != AXN_OK)
        axn_elaboration_free(out);
    return status;
}

void axn_elaboration_free(axn_elaboration *elaboration)
{
    axn_netlist_free(&elaboration->netlist);
    free(elaboration->scopes);
    free(elaboration->black_boxes);
    free(elaboration->scope);
    free(elaboration->origin);
    *elaboration = (axn_elaboration){0};
}
