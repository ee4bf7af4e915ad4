#include "synth/clock_gate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

enum { CLOCK_NET = 2, ENABLE_NET, INVERTED_NET, HELD_NET, FIRST_OUTPUT_NET }; /* of a gate module */

typedef struct candidate { /* a register with an enable */
    cJSON *cell;
    int clock, enable;
    bool active_high;
    int width;
} candidate;

typedef struct inserter {
    const axn_liberty *liberty;
    const axn_clock_gate_cells *cells;
    cJSON *modules;
    cJSON *module; /* at work */
    int next_net;
    candidate *candidates;
    size_t count, capacity;
    axn_clock_gate_count *total;
    axn_error *error;
} inserter;

static cJSON *member(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static axn_status no_memory(const inserter *n)
{
    return axn_fail(n->error, AXN_ERROR_MEMORY, "no memory for clock gates");
}

static bool is_one(const cJSON *parameter)
{
    const char *text = cJSON_GetStringValue(parameter);
    size_t length = text != NULL ? strlen(text) : 0;
    return length > 0 && text[length - 1] == '1';
}

static int net_of(const cJSON *bits)
{
    const cJSON *bit = cJSON_GetArrayItem(bits, 0);
    return cJSON_GetArraySize(bits) == 1 && cJSON_IsNumber(bit) ? bit->valueint : -1;
}

static void find_largest(const cJSON *bits, int *next)
{
    const cJSON *bit;
    cJSON_ArrayForEach(bit, bits)
    {
        if (cJSON_IsNumber(bit) && bit->valueint >= *next)
            *next = bit->valueint + 1;
    }
}

static int first_free_net(const cJSON *module)
{
    const cJSON *item, *connection;
    int next = 2;
    cJSON_ArrayForEach(item, member(module, "ports"))
    {
        find_largest(member(item, "bits"), &next);
    }
    cJSON_ArrayForEach(item, member(module, "netnames"))
    {
        find_largest(member(item, "bits"), &next);
    }
    cJSON_ArrayForEach(item, member(module, "cells"))
    {
        cJSON_ArrayForEach(connection, member(item, "connections"))
        {
            find_largest(connection, &next);
        }
    }
    return next;
}

/* Nets get names, for Yosys would make some up, and those of two of its runs can be the same. */
static bool add_net(cJSON *module, const char *name, int net)
{
    cJSON *item = cJSON_AddObjectToObject(member(module, "netnames"), name);
    cJSON *bits = cJSON_AddArrayToObject(item, "bits");
    return cJSON_AddNumberToObject(item, "hide_name", 0) != NULL &&
           cJSON_AddItemToArray(bits, cJSON_CreateNumber(net)) &&
           cJSON_AddObjectToObject(item, "attributes") != NULL;
}

/* A cell with one-bit pins: names, directions ("input" or "output") and nets. */
static bool add_cell(cJSON *cells, const char *name, const char *type, const char *const *pins,
                     const char *const *directions, const int *nets, int count)
{
    cJSON *item = cJSON_AddObjectToObject(cells, name);
    cJSON *sides = cJSON_AddObjectToObject(item, "port_directions");
    cJSON *connections = cJSON_AddObjectToObject(item, "connections");
    bool built = cJSON_AddNumberToObject(item, "hide_name", 0) != NULL &&
                 cJSON_AddStringToObject(item, "type", type) != NULL &&
                 cJSON_AddObjectToObject(item, "parameters") != NULL &&
                 cJSON_AddObjectToObject(item, "attributes") != NULL;
    for (int i = 0; i < count && built; i++) {
        cJSON *bits = cJSON_AddArrayToObject(connections, pins[i]);
        built = cJSON_AddStringToObject(sides, pins[i], directions[i]) != NULL &&
                cJSON_AddItemToArray(bits, cJSON_CreateNumber(nets[i]));
    }
    return built;
}

static bool add_port(cJSON *module, const char *name, const char *direction, int first, int width)
{
    cJSON *port = cJSON_AddObjectToObject(member(module, "ports"), name);
    cJSON *bits = cJSON_AddArrayToObject(port, "bits");
    bool built = cJSON_AddStringToObject(port, "direction", direction) != NULL;
    for (int b = 0; b < width && built; b++)
        built = cJSON_AddItemToArray(bits, cJSON_CreateNumber(first + b));
    return built;
}

static void print_binary(int value, char out[33])
{
    for (int i = 0; i < 32; i++)
        out[i] = (unsigned)value >> (31 - i) & 1 ? '1' : '0';
    out[32] = '\0';
}

static bool fill_module(const inserter *n, cJSON *module, int outputs)
{
    const axn_liberty_cell *latch = &n->liberty->cells[n->cells->latch];
    const axn_liberty_cell *gate = &n->liberty->cells[n->cells->gate];
    static const char *const in_in_out[] = {"input", "input", "output"};
    char name[32];
    cJSON *attributes = cJSON_AddObjectToObject(module, "attributes");
    bool built = cJSON_AddStringToObject(attributes, "hdlname", AXN_CLOCK_GATE) != NULL &&
                 cJSON_AddObjectToObject(module, "ports") != NULL &&
                 add_port(module, "clk_i", "input", CLOCK_NET, 1) &&
                 add_port(module, "enable_i", "input", ENABLE_NET, 1) &&
                 add_port(module, "clk_o", "output", FIRST_OUTPUT_NET, outputs);
    cJSON *cells = cJSON_AddObjectToObject(module, "cells");
    if (built && n->cells->inverter >= 0) {
        const axn_liberty_cell *inverter = &n->liberty->cells[n->cells->inverter];
        int in = inverter->inputs[0];
        const char *pins[] = {inverter->pins[in].name, inverter->pins[in == 0].name};
        built = add_cell(cells, "u_inverter", inverter->name, pins, in_in_out + 1,
                         (const int[]){CLOCK_NET, INVERTED_NET}, 2);
    }
    const char *pins[] = {latch->pins[latch->latch_enable].name,
                          latch->pins[latch->latch_data].name,
                          latch->pins[latch->latch_output].name};
    built = built && add_cell(cells, "u_latch", latch->name, pins, in_in_out,
                              (const int[]){n->cells->inverter >= 0 ? INVERTED_NET : CLOCK_NET,
                                            ENABLE_NET, HELD_NET},
                              3);
    const char *and_pins[] = {gate->pins[n->cells->clock_input].name,
                              gate->pins[n->cells->enable_input].name,
                              gate->pins[n->cells->gate_output].name};
    for (int i = 0; i < outputs && built; i++) {
        snprintf(name, sizeof name, "u_gate_%d", i);
        built = add_cell(cells, name, gate->name, and_pins, in_in_out,
                         (const int[]){CLOCK_NET, HELD_NET, FIRST_OUTPUT_NET + i}, 3);
    }
    return built && cJSON_AddObjectToObject(module, "netnames") != NULL &&
           (n->cells->inverter < 0 || add_net(module, "clock_inverted", INVERTED_NET)) &&
           add_net(module, "enable_held", HELD_NET);
}

/* The module with so many outputs, made when it is first needed. */
static axn_status gate_module(const inserter *n, int outputs, char name[64])
{
    snprintf(name, 64, AXN_CLOCK_GATE "_%d", outputs);
    if (member(n->modules, name) != NULL)
        return AXN_OK;
    cJSON *module = cJSON_AddObjectToObject(n->modules, name);
    return fill_module(n, module, outputs) ? AXN_OK : no_memory(n);
}

static axn_status list_candidates(inserter *n)
{
    cJSON *cell;
    n->count = 0;
    cJSON_ArrayForEach(cell, member(n->module, "cells"))
    {
        const char *type = cJSON_GetStringValue(member(cell, "type"));
        cJSON *parameters = member(cell, "parameters"), *pins = member(cell, "connections");
        if (type == NULL || (strcmp(type, "$dffe") != 0 && strcmp(type, "$adffe") != 0) ||
            !is_one(member(parameters, "CLK_POLARITY")))
            continue;
        candidate found = {.cell = cell,
                           .clock = net_of(member(pins, "CLK")),
                           .enable = net_of(member(pins, "EN")),
                           .active_high = is_one(member(parameters, "EN_POLARITY")),
                           .width = cJSON_GetArraySize(member(pins, "D"))};
        if (found.clock < 0 || found.enable < 0 || found.width == 0)
            continue;
        axn_status status = axn_grow(&n->candidates, &n->capacity, n->count + 1,
                                     sizeof *n->candidates, "clock gates", n->error);
        if (status != AXN_OK)
            return status;
        n->candidates[n->count++] = found;
    }
    return AXN_OK;
}

static bool same_enable(const candidate *a, const candidate *b)
{
    return a->clock == b->clock && a->enable == b->enable && a->active_high == b->active_high;
}

/* An instance of the gate module; its outputs are the nets from *first_output on. */
static axn_status add_gate(inserter *n, const candidate *of, int outputs, int *first_output)
{
    static const char *const pins[] = {"clk_i", "enable_i"}, *const sides[] = {"input", "input"},
                             *const not_pins[] = {"A", "Y"},
                             *const not_sides[] = {"input", "output"};
    char type[64], name[64];
    cJSON *cells = member(n->module, "cells");
    int enable = of->enable;
    axn_status status = gate_module(n, outputs, type);
    if (status != AXN_OK)
        return status;
    if (!of->active_high) {
        enable = n->next_net++;
        snprintf(name, sizeof name, "axn_enable_%d", enable);
        bool named = add_net(n->module, name, enable);
        snprintf(name, sizeof name, "axn_enable_of_%d", enable);
        if (!named || !add_cell(cells, name, "$_NOT_", not_pins, not_sides,
                                (const int[]){of->enable, enable}, 2))
            return no_memory(n);
    }
    *first_output = n->next_net;
    n->next_net += outputs;
    snprintf(name, sizeof name, AXN_CLOCK_GATE "_of_%d", *first_output);
    bool built = add_cell(cells, name, type, pins, sides, (const int[]){of->clock, enable}, 2);
    cJSON *item = member(cells, name), *bits = NULL;
    built = built &&
            cJSON_AddStringToObject(member(item, "port_directions"), "clk_o", "output") != NULL &&
            (bits = cJSON_AddArrayToObject(member(item, "connections"), "clk_o")) != NULL;
    for (int i = 0; i < outputs && built; i++) {
        snprintf(name, sizeof name, "axn_gated_clock_%d", *first_output + i);
        built = cJSON_AddItemToArray(bits, cJSON_CreateNumber(*first_output + i)) &&
                add_net(n->module, name, *first_output + i);
    }
    return built ? AXN_OK : no_memory(n);
}

/* Keeps bits [first, first + count) of an array of bits. */
static void cut_bits(cJSON *bits, int first, int count)
{
    while (first-- > 0)
        cJSON_DeleteItemFromArray(bits, 0);
    while (cJSON_GetArraySize(bits) > count)
        cJSON_DeleteItemFromArray(bits, count);
}

/* Bits [first, first + count) of a register, without the enable, clocked by `clock`. */
static axn_status add_slice(inserter *n, const candidate *of, int first, int count, int clock)
{
    char name[64], binary[33];
    cJSON *cell = cJSON_Duplicate(of->cell, true), *pins = member(cell, "connections");
    cJSON *parameters = member(cell, "parameters"), *value = member(parameters, "ARST_VALUE");
    snprintf(name, sizeof name, "axn_gated_%d_%d_%d", net_of(member(pins, "CLK")), clock,
             n->next_net++);
    if (cell == NULL || !cJSON_AddItemToObject(member(n->module, "cells"), name, cell)) {
        cJSON_Delete(cell);
        return no_memory(n);
    }
    const char *reset = cJSON_GetStringValue(value);
    print_binary(count, binary);
    cut_bits(member(pins, "D"), first, count);
    cut_bits(member(pins, "Q"), first, count);
    cJSON_DeleteItemFromObjectCaseSensitive(pins, "EN");
    cJSON_DeleteItemFromObjectCaseSensitive(member(cell, "port_directions"), "EN");
    cJSON_DeleteItemFromObjectCaseSensitive(parameters, "EN_POLARITY");
    cJSON_SetNumberValue(cJSON_GetArrayItem(member(pins, "CLK"), 0), clock);
    bool plain = reset == NULL;
    bool built =
        cJSON_SetValuestring(member(cell, "type"), plain ? "$dff" : "$adff") != NULL &&
        cJSON_ReplaceItemInObjectCaseSensitive(parameters, "WIDTH", cJSON_CreateString(binary));
    if (built && !plain && (int)strlen(reset) == of->width) {
        /* Most significant bit first. */
        char *part = strdup(reset + (of->width - first - count));
        cJSON *text = NULL;
        if (part != NULL) {
            part[count] = '\0';
            text = cJSON_CreateString(part);
        }
        built =
            text != NULL && cJSON_ReplaceItemInObjectCaseSensitive(parameters, "ARST_VALUE", text);
        free(part);
    }
    return built ? AXN_OK : no_memory(n);
}

/* All registers of one enable, if they are enough. `first` is the first of them. */
static axn_status gate_group(inserter *n, size_t first)
{
    const candidate *of = &n->candidates[first];
    int bits = 0, clock = 0, left = 0;
    for (size_t i = first; i < n->count; i++)
        bits += same_enable(&n->candidates[i], of) ? n->candidates[i].width : 0;
    if (bits < n->cells->least_bits) {
        n->total->left += bits;
        return AXN_OK;
    }
    int outputs = (bits + n->cells->flip_flops - 1) / n->cells->flip_flops;
    int share = (bits + outputs - 1) / outputs;
    outputs = (bits + share - 1) / share;
    axn_status status = add_gate(n, of, outputs, &clock);
    for (size_t i = first; i < n->count && status == AXN_OK; i++) {
        candidate *at = &n->candidates[i];
        if (!same_enable(at, of))
            continue;
        for (int done = 0; done < at->width && status == AXN_OK;) {
            if (left == 0) {
                left = share;
                clock++;
            }
            int count = at->width - done < left ? at->width - done : left;
            status = add_slice(n, at, done, count, clock - 1);
            done += count;
            left -= count;
        }
        cJSON_Delete(cJSON_DetachItemViaPointer(member(n->module, "cells"), at->cell));
        at->cell = NULL;
    }
    n->total->gates++;
    n->total->flip_flops += bits;
    return status;
}

/* Whether an earlier register has had the same enable. */
static bool is_later(const inserter *n, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (same_enable(&n->candidates[i], &n->candidates[index]))
            return true;
    return false;
}

axn_status axn_clock_gate_insert(const axn_liberty *liberty, const axn_clock_gate_cells *cells,
                                 cJSON *modules, axn_clock_gate_count *count, axn_error *error)
{
    inserter n = {
        .liberty = liberty, .cells = cells, .modules = modules, .total = count, .error = error};
    axn_status status = AXN_OK;
    for (cJSON *module = modules != NULL ? modules->child : NULL;
         module != NULL && status == AXN_OK; module = module->next) {
        n.module = module;
        status = list_candidates(&n);
        n.next_net = n.count > 0 ? first_free_net(module) : 0;
        for (size_t i = 0; i < n.count && status == AXN_OK; i++)
            if (!is_later(&n, i))
                status = gate_group(&n, i);
    }
    free(n.candidates);
    return status;
}
