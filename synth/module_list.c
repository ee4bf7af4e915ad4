#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "synth/hierarchy_internal.h"
#include "synth/yosys.h"

typedef struct entry {
    cJSON *item;
    char source[AXN_HIERARCHY_NAME];
} entry;

/* The RTL's name: the hdlname attribute, or the name itself. */
static axn_status source_name(const char *path, const cJSON *item, char *out, axn_error *error)
{
    const cJSON *attributes = cJSON_GetObjectItemCaseSensitive(item, "attributes");
    const cJSON *hdlname = cJSON_GetObjectItemCaseSensitive(attributes, "hdlname");
    const char *name = cJSON_IsString(hdlname) ? hdlname->valuestring : item->string;
    name += *name == '\\';
    if (!axn_plain_name(name) || strlen(name) >= AXN_HIERARCHY_NAME - 12)
        return axn_fail(error, AXN_ERROR_FORMAT, "%s: module name %.200s is not plain or too long",
                        path, name);
    memcpy(out, name, strlen(name) + 1);
    return AXN_OK;
}

static int compare_entries(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    int order = strcmp(x->source, y->source);
    return order != 0 ? order : strcmp(x->item->string, y->item->string);
}

/* Liberty cells come along as black boxes; they are not modules of the design. */
static axn_status collect(const axn_liberty *liberty, const char *path, cJSON *modules,
                          entry **entries, int *count, axn_error *error)
{
    cJSON *item;
    axn_status status = axn_allocate(entries, (size_t)cJSON_GetArraySize(modules), sizeof **entries,
                                     "modules", error);
    *count = 0;
    cJSON_ArrayForEach(item, modules)
    {
        if (status != AXN_OK || axn_liberty_find(liberty, item->string) >= 0)
            continue;
        entry *e = &(*entries)[(*count)++];
        e->item = item;
        status = source_name(path, item, e->source, error);
    }
    if (status == AXN_OK && *count == 0)
        status = axn_fail(error, AXN_ERROR_FORMAT, "%s: no modules", path);
    if (status == AXN_OK)
        qsort(*entries, (size_t)*count, sizeof **entries, compare_entries);
    return status;
}

static bool taken(const axn_module_list *list, const entry *entries, int total, const char *name)
{
    for (int k = 0; k < list->count; k++)
        if (strcmp(list->plain[k], name) == 0)
            return true;
    for (int k = 0; k < total; k++)
        if (strcmp(entries[k].source, name) == 0)
            return true;
    return false;
}

/* NAME, or NAME_1, NAME_2 ... where a module comes in several sizes; numbers that make
 * another module's name are passed over. */
static void plain_name(const axn_module_list *list, const entry *entries, int total, int i,
                       char *out)
{
    bool several = (i > 0 && strcmp(entries[i - 1].source, entries[i].source) == 0) ||
                   (i + 1 < total && strcmp(entries[i + 1].source, entries[i].source) == 0);
    snprintf(out, AXN_HIERARCHY_NAME, "%s", entries[i].source);
    for (int number = 1; several; number++) {
        snprintf(out, AXN_HIERARCHY_NAME, "%.*s_%d", AXN_HIERARCHY_NAME - 12, entries[i].source,
                 number);
        several = taken(list, entries, total, out);
    }
}

axn_status axn_module_list_read(const axn_liberty *liberty, const char *path, cJSON *modules,
                                axn_module_list *out, axn_error *error)
{
    entry *entries = NULL;
    int total = 0;
    *out = (axn_module_list){.liberty = liberty, .path = path, .modules = modules};
    axn_status status = collect(liberty, path, modules, &entries, &total, error);
    if (status == AXN_OK)
        status = axn_allocate(&out->items, (size_t)total, sizeof(cJSON *), "modules", error);
    if (status == AXN_OK)
        status = axn_allocate(&out->source, (size_t)total, sizeof *out->source, "modules", error);
    if (status == AXN_OK)
        status = axn_allocate(&out->plain, (size_t)total, sizeof *out->plain, "modules", error);
    for (int i = 0; i < total && status == AXN_OK; i++) {
        char name[AXN_HIERARCHY_NAME];
        plain_name(out, entries, total, i, name);
        memcpy(out->plain[i], name, sizeof name);
        memcpy(out->source[i], entries[i].source, sizeof entries[i].source);
        out->items[i] = entries[i].item;
        out->count++;
    }
    free(entries);
    if (status != AXN_OK)
        axn_module_list_free(out);
    return status;
}

void axn_module_list_free(axn_module_list *list)
{
    free(list->items);
    free(list->source);
    free(list->plain);
    *list = (axn_module_list){0};
}

static axn_status rename_cells(const axn_module_list *list, cJSON *module, axn_error *error)
{
    cJSON *cell;
    cJSON_ArrayForEach(cell, cJSON_GetObjectItemCaseSensitive(module, "cells"))
    {
        cJSON *type = cJSON_GetObjectItemCaseSensitive(cell, "type");
        for (int i = 0; i < list->count && cJSON_IsString(type); i++) {
            if (strcmp(type->valuestring, list->items[i]->string) != 0)
                continue;
            if (cJSON_SetValuestring(type, list->plain[i]) == NULL)
                return axn_fail(error, AXN_ERROR_MEMORY, "no memory for module names");
            break;
        }
    }
    return AXN_OK;
}

axn_status axn_module_list_rename(axn_module_list *list, axn_error *error)
{
    for (int i = 0; i < list->count; i++) {
        axn_status status = rename_cells(list, list->items[i], error);
        if (status != AXN_OK)
            return status;
    }
    /* All are taken out before the first goes back in: names may be exchanged. */
    for (int i = 0; i < list->count; i++)
        (void)cJSON_DetachItemViaPointer(list->modules, list->items[i]);
    for (int i = 0; i < list->count; i++)
        if (!cJSON_AddItemToObject(list->modules, list->plain[i], list->items[i])) {
            for (; i < list->count; i++)
                cJSON_Delete(list->items[i]);
            return axn_fail(error, AXN_ERROR_MEMORY, "no memory for module names");
        }
    return AXN_OK;
}
