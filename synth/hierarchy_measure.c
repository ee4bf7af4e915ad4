#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "synth/hierarchy_internal.h"

#define MAX_INSTANCES (1L << 40)

static int count_output_bits(const cJSON *item)
{
    const cJSON *port;
    int bits = 0;
    cJSON_ArrayForEach(port, cJSON_GetObjectItemCaseSensitive(item, "ports"))
    {
        const char *direction =
            cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(port, "direction"));
        if (direction != NULL && strcmp(direction, "output") == 0)
            bits += cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(port, "bits"));
    }
    return bits;
}

/* Parameters are strings of binary digits; texts and wide values are left out. */
static axn_status read_parameters(const cJSON *item, axn_hierarchy_module *module, axn_error *error)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(item, "parameter_default_values"), *p;
    axn_status status = axn_allocate(&module->parameters, (size_t)cJSON_GetArraySize(list),
                                     sizeof *module->parameters, "parameters", error);
    cJSON_ArrayForEach(p, list)
    {
        if (status != AXN_OK || !cJSON_IsString(p) || strlen(p->string) >= AXN_LIBERTY_NAME)
            continue;
        size_t length = strlen(p->valuestring);
        if (length == 0 || length > 32 || strspn(p->valuestring, "01") != length)
            continue;
        axn_hierarchy_parameter *parameter = &module->parameters[module->parameter_count++];
        memcpy(parameter->name, p->string, strlen(p->string) + 1);
        parameter->value = (int64_t)strtoul(p->valuestring, NULL, 2);
        if (length == 32 && p->valuestring[0] == '1')
            parameter->value -= INT64_C(1) << 32;
    }
    return status;
}

static axn_status describe(const axn_module_list *list, const char *top, axn_hierarchy *out,
                           axn_error *error)
{
    axn_status status =
        axn_allocate(&out->modules, (size_t)list->count, sizeof *out->modules, "modules", error);
    for (int i = 0; i < list->count && status == AXN_OK; i++) {
        axn_hierarchy_module *module = &out->modules[out->count++];
        const cJSON *attributes = cJSON_GetObjectItemCaseSensitive(list->items[i], "attributes");
        memcpy(module->source, list->source[i], sizeof module->source);
        memcpy(module->name, list->plain[i], sizeof module->name);
        module->black_box = cJSON_GetObjectItemCaseSensitive(attributes, "blackbox") != NULL;
        module->output_bits = count_output_bits(list->items[i]);
        if (strcmp(module->source, top) == 0)
            out->top = i;
        status = read_parameters(list->items[i], module, error);
    }
    if (status == AXN_OK && out->top < 0)
        status = axn_fail(error, AXN_ERROR_NOT_FOUND, "%s: no module %s", list->path, top);
    return status;
}

static int find_item(const axn_module_list *list, const char *type)
{
    for (int i = 0; i < list->count; i++)
        if (strcmp(list->items[i]->string, type) == 0)
            return i;
    return -1;
}

/* Own cells of a module; submodules are added to uses[count]. */
static axn_status measure_module(const axn_module_list *list, int index,
                                 axn_hierarchy_module *module, long *uses, axn_error *error)
{
    const cJSON *cells = cJSON_GetObjectItemCaseSensitive(list->items[index], "cells"), *cell;
    cJSON_ArrayForEach(cell, cells)
    {
        const cJSON *type = cJSON_GetObjectItemCaseSensitive(cell, "type");
        const char *name = cJSON_IsString(type) ? type->valuestring : "?";
        int found = axn_liberty_find(list->liberty, name);
        if (found >= 0) {
            const axn_liberty_cell *known = &list->liberty->cells[found];
            module->cells++;
            module->flip_flops += known->flip_flop;
            module->area_um2 += known->area_um2;
            module->leakage_mw += known->leakage_mw;
            continue;
        }
        int child = find_item(list, name);
        if (child < 0)
            return axn_fail(error, AXN_ERROR_FORMAT,
                            "module %s: cell %s of type %s could not be mapped to the Liberty",
                            module->source, cell->string, name);
        uses[child]++;
    }
    return AXN_OK;
}

/* Instances of each module: from the top down, a module once all its users are done. */
static axn_status count_instances(axn_hierarchy *h, const long *uses, const char *path,
                                  axn_error *error)
{
    int *waiting = NULL, *queue = NULL, done = 0, tail = 0, count = h->count;
    axn_status status = axn_allocate(&waiting, (size_t)count, sizeof *waiting, "modules", error);
    if (status == AXN_OK)
        status = axn_allocate(&queue, (size_t)count, sizeof *queue, "modules", error);
    if (status != AXN_OK)
        goto done;
    for (int parent = 0; parent < count; parent++)
        for (int child = 0; child < count; child++)
            waiting[child] += uses[parent * count + child] > 0;
    h->modules[h->top].instances = 1;
    for (int i = 0; i < count; i++)
        if (waiting[i] == 0)
            queue[tail++] = i;
    while (done < tail) {
        int parent = queue[done++];
        for (int child = 0; child < count; child++) {
            long used = uses[parent * count + child];
            if (used == 0)
                continue;
            long *instances = &h->modules[child].instances;
            if (used > (MAX_INSTANCES - *instances) / (h->modules[parent].instances + 1)) {
                status = axn_fail(error, AXN_ERROR_LIMIT, "%s: too many instances of module %s",
                                  path, h->modules[child].source);
                goto done;
            }
            *instances += used * h->modules[parent].instances;
            if (--waiting[child] == 0)
                queue[tail++] = child;
        }
    }
    if (done < count)
        status = axn_fail(error, AXN_ERROR_FORMAT, "%s: modules contain each other", path);
done:
    free(waiting);
    free(queue);
    return status;
}

axn_status axn_hierarchy_measure(const axn_module_list *list, const char *top, axn_hierarchy *out,
                                 axn_error *error)
{
    long *uses = NULL;
    size_t count = (size_t)list->count;
    axn_status status = describe(list, top, out, error);
    if (status == AXN_OK)
        status = axn_allocate(&uses, count * count, sizeof *uses, "modules", error);
    for (int i = 0; i < list->count && status == AXN_OK; i++)
        if (!out->modules[i].black_box)
            status = measure_module(list, i, &out->modules[i], uses + (size_t)i * count, error);
    if (status == AXN_OK)
        status = count_instances(out, uses, list->path, error);
    for (int i = 0; i < out->count && status == AXN_OK; i++) {
        axn_hierarchy_module *module = &out->modules[i];
        module->total_area_um2 = module->area_um2 * (double)module->instances;
        out->area_um2 += module->total_area_um2;
        out->leakage_mw += module->leakage_mw * (double)module->instances;
    }
    free(uses);
    return status;
}
