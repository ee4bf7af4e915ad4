#include "synth/yosys_json.h"

#include <math.h>

/* Room for gaps in the numbers of nets, which Yosys does not leave. */
#define SPARE_NETS 1024
#define GAP_FACTOR 4

typedef struct checker {
    const char *path;
    const cJSON *module;
    double largest; /* number of a net of the module */
    double count;   /* of the bits of the module */
    axn_error *error;
} checker;

static axn_status fail(const checker *c, const char *what)
{
    return axn_fail(c->error, AXN_ERROR_FORMAT, "%s: not a netlist of Yosys: module %.200s: %s",
                    c->path, c->module->string, what);
}

static axn_status check_bits(checker *c, const cJSON *bits)
{
    const cJSON *bit;
    if (!cJSON_IsArray(bits))
        return fail(c, "bits are not an array");
    cJSON_ArrayForEach(bit, bits)
    {
        c->count++;
        if (cJSON_IsString(bit))
            continue;
        if (!cJSON_IsNumber(bit) || !(bit->valuedouble >= 2) ||
            bit->valuedouble > floor(bit->valuedouble))
            return fail(c, "a bit is neither a net nor a constant");
        if (bit->valuedouble > c->largest)
            c->largest = bit->valuedouble;
    }
    return AXN_OK;
}

/* The named member, an object if it is there; *out is NULL if not. */
static axn_status find_object(const checker *c, const cJSON *parent, const char *name,
                              const cJSON **out)
{
    *out = cJSON_GetObjectItemCaseSensitive(parent, name);
    return *out == NULL || cJSON_IsObject(*out) ? AXN_OK : fail(c, "a member is not an object");
}

static axn_status check_connections(checker *c, const cJSON *cell)
{
    const cJSON *connections, *bits;
    axn_status status = find_object(c, cell, "connections", &connections);
    cJSON_ArrayForEach(bits, connections)
    {
        if (status == AXN_OK)
            status = check_bits(c, bits);
    }
    return status;
}

/* Ports, cells or names of nets: objects with `bits` or `connections`. */
static axn_status check_items(checker *c, const char *name)
{
    const cJSON *items, *item, *attributes;
    axn_status status = find_object(c, c->module, name, &items);
    cJSON_ArrayForEach(item, items)
    {
        if (status == AXN_OK && !cJSON_IsObject(item))
            status = fail(c, "a port, cell or name is not an object");
        const cJSON *bits = cJSON_GetObjectItemCaseSensitive(item, "bits");
        if (status == AXN_OK && bits != NULL)
            status = check_bits(c, bits);
        if (status == AXN_OK)
            status = check_connections(c, item);
        if (status == AXN_OK)
            status = find_object(c, item, "attributes", &attributes);
    }
    return status;
}

static axn_status check_module(checker *c)
{
    const cJSON *ignored;
    if (!cJSON_IsObject(c->module))
        return fail(c, "it is not an object");
    c->largest = 0;
    c->count = 0;
    axn_status status = find_object(c, c->module, "attributes", &ignored);
    if (status == AXN_OK)
        status = find_object(c, c->module, "parameter_default_values", &ignored);
    if (status == AXN_OK)
        status = check_items(c, "ports");
    if (status == AXN_OK)
        status = check_items(c, "cells");
    if (status == AXN_OK)
        status = check_items(c, "netnames");
    if (status == AXN_OK && c->largest > SPARE_NETS + GAP_FACTOR * c->count)
        status = fail(c, "net number out of range");
    return status;
}

axn_status axn_yosys_json_read(const char *path, cJSON **out, axn_error *error)
{
    checker c = {.path = path, .error = error};
    axn_status status = axn_json_read(path, out, error);
    if (status != AXN_OK)
        return status;
    const cJSON *modules = cJSON_GetObjectItemCaseSensitive(*out, "modules");
    if (!cJSON_IsObject(modules))
        status = axn_fail(error, AXN_ERROR_FORMAT, "%s: not a netlist of Yosys: no modules", path);
    cJSON_ArrayForEach(c.module, modules)
    {
        if (status == AXN_OK)
            status = check_module(&c);
    }
    if (status != AXN_OK) {
        cJSON_Delete(*out);
        *out = NULL;
    }
    return status;
}
