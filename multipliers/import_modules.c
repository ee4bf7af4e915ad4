/* Which modules of a file are multipliers, and their circuits. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "multipliers/import_internal.h"
#include "synth/yosys_json.h"

typedef struct module_facts {
    const char *name;
    int ports, inputs, outputs;
    int odd;      /* ports of other widths or directions */
    bool derived; /* made by Yosys for a parameter */
    bool part;    /* of another module */
} module_facts;

static void read_ports(const cJSON *module, module_facts *facts)
{
    const cJSON *port;
    cJSON_ArrayForEach(port, cJSON_GetObjectItemCaseSensitive(module, "ports"))
    {
        const cJSON *direction = cJSON_GetObjectItemCaseSensitive(port, "direction");
        const char *text = cJSON_IsString(direction) ? direction->valuestring : "";
        int width = cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(port, "bits"));
        facts->ports++;
        if (strcmp(text, "input") == 0 && width == 8)
            facts->inputs++;
        else if (strcmp(text, "output") == 0 && width == 16)
            facts->outputs++;
        else
            facts->odd++;
    }
}

static bool fits(const module_facts *facts)
{
    return facts->inputs == 2 && facts->outputs == 1 && facts->odd == 0;
}

/* The module that the user wrote: a derived one says whose it is. */
static const char *written_name(const cJSON *modules, const char *type)
{
    const cJSON *module = type[0] == '$' ? cJSON_GetObjectItemCaseSensitive(modules, type) : NULL;
    const cJSON *attributes = cJSON_GetObjectItemCaseSensitive(module, "attributes");
    const cJSON *name = cJSON_GetObjectItemCaseSensitive(attributes, "hdlname");
    if (!cJSON_IsString(name))
        return type;
    return name->valuestring[0] == '\\' ? name->valuestring + 1 : name->valuestring;
}

static int compare_facts(const void *left, const void *right)
{
    return strcmp(((const module_facts *)left)->name, ((const module_facts *)right)->name);
}

static module_facts *find_facts(module_facts *facts, int count, const char *name)
{
    const module_facts key = {.name = name};
    return count == 0 ? NULL : bsearch(&key, facts, (size_t)count, sizeof key, compare_facts);
}

/* Facts of all modules, sorted by name. */
static axn_status read_facts(const cJSON *modules, module_facts **out, int *count, axn_error *error)
{
    *count = cJSON_GetArraySize(modules);
    axn_status status = axn_allocate(out, (size_t)*count, sizeof **out, "modules", error);
    if (status != AXN_OK || *count == 0)
        return status;
    module_facts *next = *out;
    const cJSON *module, *cell;
    cJSON_ArrayForEach(module, modules)
    {
        *next = (module_facts){.name = module->string, .derived = module->string[0] == '$'};
        read_ports(module, next++);
    }
    qsort(*out, (size_t)*count, sizeof **out, compare_facts);
    cJSON_ArrayForEach(module, modules)
    {
        const module_facts *user = find_facts(*out, *count, module->string);
        if (user == NULL || user->ports == 0)
            continue;
        cJSON_ArrayForEach(cell, cJSON_GetObjectItemCaseSensitive(module, "cells"))
        {
            const cJSON *type = cJSON_GetObjectItemCaseSensitive(cell, "type");
            const char *name = cJSON_IsString(type) ? written_name(modules, type->valuestring) : "";
            module_facts *part = find_facts(*out, *count, name);
            if (part != NULL && part != user)
                part->part = true;
        }
    }
    return AXN_OK;
}

/* Why no module of the file is a multiplier. */
static axn_status reject_file(const char *file, const module_facts *facts, int count,
                              axn_import *out, axn_error *error)
{
    const module_facts *top = NULL;
    int tops = 0;
    char reason[256];
    for (int i = 0; i < count; i++)
        if (!facts[i].derived && !facts[i].part && facts[i].ports > 0) {
            top = &facts[i];
            tops++;
        }
    if (count == 0)
        snprintf(reason, sizeof reason, "no module in the file");
    else if (tops != 1)
        snprintf(reason, sizeof reason,
                 "none of its %d modules has two 8-bit inputs and one 16-bit output", count);
    else
        snprintf(reason, sizeof reason,
                 "%d ports, of which %d are 8-bit inputs and %d are 16-bit outputs; a multiplier "
                 "has two 8-bit inputs, one 16-bit output and nothing else",
                 top->ports, top->inputs, top->outputs);
    return axn_import_reject(out, file, tops == 1 ? top->name : "", reason, error) != NULL
               ? AXN_OK
               : AXN_ERROR_MEMORY;
}

/* The part of a message behind "FILE: module NAME: ". */
static const char *plain_reason(const char *message, const char *file, const char *module)
{
    const char *parts[] = {file, ": ", "module ", module, ": "};
    for (int i = 0; i < 5; i++) {
        size_t length = strlen(parts[i]);
        if (strncmp(message, parts[i], length) != 0)
            return message;
        message += length;
    }
    return message;
}

static axn_status add_circuit(const char *file, const cJSON *module, const axn_import_cells *cells,
                              axn_table *table, axn_import *out, axn_error *error)
{
    axn_error cause = {0};
    axn_verilog_circuit source = {0};
    axn_status status =
        axn_verilog_read_module(module, file, cells->liberties, cells->count, &source, &cause);
    if (status == AXN_OK && source.circuit.node_count > AXN_IMPORT_MAX_GATES) {
        status = axn_fail(&cause, AXN_ERROR_LIMIT, "%zu gates; more than %d would take too long",
                          source.circuit.node_count, AXN_IMPORT_MAX_GATES);
        axn_circuit_free(&source.circuit);
    }
    if (status == AXN_OK) {
        status = axn_circuit_tabulate(&source.circuit, table, &cause);
        if (status != AXN_OK)
            axn_circuit_free(&source.circuit);
    }
    const char *reason = status == AXN_OK ? "" : plain_reason(cause.message, file, module->string);
    axn_import_circuit *added = axn_import_reject(out, file, module->string, reason, error);
    if (added == NULL) {
        axn_circuit_free(&source.circuit);
        return AXN_ERROR_MEMORY;
    }
    added->rejected = status != AXN_OK;
    if (status == AXN_OK) {
        added->source = source;
        added->hash = axn_table_hash(table);
    }
    return AXN_OK;
}

axn_status axn_import_modules(const char *file, const char *before_path, const char *after_path,
                              const axn_import_cells *cells, axn_import *out, axn_error *error)
{
    cJSON *before = NULL, *after = NULL;
    module_facts *facts = NULL;
    axn_table *table = NULL;
    axn_error cause = {0};
    int count = 0, found = 0;
    axn_status status = axn_yosys_json_read(before_path, &before, &cause);
    if (status == AXN_OK)
        status = axn_yosys_json_read(after_path, &after, &cause);
    if (status == AXN_OK)
        status = axn_allocate(&table, 1, sizeof *table, "a truth table", &cause);
    if (status == AXN_OK)
        status =
            read_facts(cJSON_GetObjectItemCaseSensitive(before, "modules"), &facts, &count, &cause);
    if (status != AXN_OK) {
        bool stored = axn_import_reject(out, file, "", cause.message, error) != NULL;
        status = stored ? AXN_OK : AXN_ERROR_MEMORY;
        goto done;
    }
    const cJSON *modules = cJSON_GetObjectItemCaseSensitive(after, "modules");
    for (int i = 0; i < count && status == AXN_OK; i++) {
        if (facts[i].derived || facts[i].part || !fits(&facts[i]))
            continue;
        const cJSON *module = cJSON_GetObjectItemCaseSensitive(modules, facts[i].name);
        found++;
        if (module != NULL)
            status = add_circuit(file, module, cells, table, out, error);
        else if (axn_import_reject(out, file, facts[i].name, "lost by Yosys", error) == NULL)
            status = AXN_ERROR_MEMORY;
    }
    if (status == AXN_OK && found == 0)
        status = reject_file(file, facts, count, out, error);
done:
    cJSON_Delete(before);
    cJSON_Delete(after);
    free(facts);
    free(table);
    return status;
}
