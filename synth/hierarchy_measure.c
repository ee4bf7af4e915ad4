#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/memory.h"
#include "synth/hierarchy_internal.h"
#include "synth/yosys.h"

typedef struct measure {
    const axn_liberty *liberty;
    const char *path;
    const cJSON **items; /* [count], the JSON of out->modules */
    axn_hierarchy *out;
    axn_error *error;
} measure;

static const cJSON *attribute(const cJSON *module, const char *name)
{
    const cJSON *attributes = cJSON_GetObjectItemCaseSensitive(module, "attributes");
    return cJSON_GetObjectItemCaseSensitive(attributes, name);
}

/* Liberty cells come along as black boxes; they are not modules of the design. */
static bool is_module(const measure *m, const cJSON *item)
{
    return attribute(item, "liberty_cell") == NULL &&
           axn_liberty_find(m->liberty, item->string) < 0;
}

/* The RTL's name: the hdlname attribute, or the name itself. */
static axn_status source_name(const measure *m, const cJSON *item, char *out)
{
    const cJSON *hdlname = attribute(item, "hdlname");
    const char *name = cJSON_IsString(hdlname) ? hdlname->valuestring : item->string;
    name += *name == '\\';
    if (!axn_plain_name(name) || strlen(name) >= AXN_HIERARCHY_NAME - 12)
        return axn_fail(m->error, AXN_ERROR_FORMAT,
                        "%s: module name %.200s is not plain or too long", m->path, name);
    memcpy(out, name, strlen(name) + 1);
    return AXN_OK;
}

/* Parameters are strings of binary digits; texts and wide values are left out. */
static axn_status read_parameters(const measure *m, const cJSON *item, axn_hierarchy_module *module)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(item, "parameter_default_values"), *p;
    axn_status status = axn_allocate(&module->parameters, (size_t)cJSON_GetArraySize(list),
                                     sizeof *module->parameters, "parameters", m->error);
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

typedef struct entry {
    const cJSON *item;
    char source[AXN_HIERARCHY_NAME];
} entry;

static int compare_entries(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    int order = strcmp(x->source, y->source);
    return order != 0 ? order : strcmp(x->item->string, y->item->string);
}

static axn_status list_modules(measure *m, const cJSON *modules, entry **entries)
{
    const cJSON *item;
    axn_status status = axn_allocate(entries, (size_t)cJSON_GetArraySize(modules), sizeof **entries,
                                     "modules", m->error);
    cJSON_ArrayForEach(item, modules)
    {
        if (status != AXN_OK || !is_module(m, item))
            continue;
        entry *e = &(*entries)[m->out->count];
        e->item = item;
        status = source_name(m, item, e->source);
        m->out->count++;
    }
    if (status == AXN_OK && m->out->count == 0)
        status = axn_fail(m->error, AXN_ERROR_FORMAT, "%s: no modules", m->path);
    if (status == AXN_OK)
        qsort(*entries, (size_t)m->out->count, sizeof **entries, compare_entries);
    return status;
}

/* NAME, or NAME_1, NAME_2 ... where a module comes in several sizes; a name that is
 * taken already gets another number. */
static void plain_name(const axn_hierarchy *h, const entry *entries, int count, int i, char *out)
{
    bool several = (i > 0 && strcmp(entries[i - 1].source, entries[i].source) == 0) ||
                   (i + 1 < count && strcmp(entries[i + 1].source, entries[i].source) == 0);
    bool taken = several;
    snprintf(out, AXN_HIERARCHY_NAME, "%s", entries[i].source);
    for (int number = 1; taken; number++) {
        snprintf(out, AXN_HIERARCHY_NAME, "%.*s_%d", AXN_HIERARCHY_NAME - 12, entries[i].source,
                 number);
        taken = false;
        for (int k = 0; k < i && !taken; k++)
            taken = strcmp(h->modules[k].name, out) == 0;
        for (int k = 0; k < count && !taken; k++)
            taken = strcmp(entries[k].source, out) == 0;
    }
}

static axn_status name_modules(measure *m, const entry *entries, const char *top,
                               axn_module_names *names)
{
    axn_hierarchy *h = m->out;
    size_t count = (size_t)h->count;
    axn_status status = axn_allocate(&names->rtlil, count, sizeof *names->rtlil, "names", m->error);
    if (status == AXN_OK)
        status = axn_allocate(&names->plain, count, sizeof *names->plain, "names", m->error);
    for (int i = 0; i < h->count && status == AXN_OK; i++) {
        axn_hierarchy_module *module = &h->modules[i];
        const char *key = entries[i].item->string;
        size_t size = strlen(key) + 2;
        m->items[i] = entries[i].item;
        memcpy(module->source, entries[i].source, sizeof module->source);
        plain_name(h, entries, h->count, i, module->name);
        module->black_box = attribute(entries[i].item, "blackbox") != NULL;
        if (strcmp(module->source, top) == 0)
            h->top = i;
        status = axn_allocate(&names->rtlil[i], size, 1, "names", m->error);
        if (status != AXN_OK)
            break;
        snprintf(names->rtlil[i], size, "%s%s", *key == '$' ? "" : "\\", key);
        memcpy(names->plain[i], module->name, sizeof module->name);
        names->count++;
        status = read_parameters(m, entries[i].item, module);
    }
    if (status == AXN_OK && h->top < 0)
        status = axn_fail(m->error, AXN_ERROR_NOT_FOUND, "%s: no module %s", m->path, top);
    return status;
}

static int find_item(const measure *m, const char *type)
{
    for (int i = 0; i < m->out->count; i++)
        if (strcmp(m->items[i]->string, type) == 0)
            return i;
    return -1;
}

/* Own cells of a module; submodules are added to uses[count]. */
static axn_status measure_module(const measure *m, int index, long *uses)
{
    axn_hierarchy_module *module = &m->out->modules[index];
    const cJSON *cells = cJSON_GetObjectItemCaseSensitive(m->items[index], "cells"), *cell;
    cJSON_ArrayForEach(cell, cells)
    {
        const cJSON *type = cJSON_GetObjectItemCaseSensitive(cell, "type");
        const char *name = cJSON_IsString(type) ? type->valuestring : "?";
        int found = axn_liberty_find(m->liberty, name);
        if (found >= 0) {
            module->cells++;
            module->flip_flops += m->liberty->cells[found].flip_flop;
            module->area_um2 += m->liberty->cells[found].area_um2;
            module->leakage_mw += m->liberty->cells[found].leakage_mw;
            continue;
        }
        int child = find_item(m, name);
        if (child < 0)
            return axn_fail(m->error, AXN_ERROR_FORMAT,
                            "module %s: cell %s of type %s could not be mapped to the Liberty",
                            module->source, cell->string, name);
        uses[child]++;
    }
    return AXN_OK;
}

/* Instances of each module: from the top down, a module once all its users are done. */
static axn_status count_instances(const measure *m, const long *uses)
{
    axn_hierarchy *h = m->out;
    int *waiting = NULL, *queue = NULL, done = 0, tail = 0, count = h->count;
    axn_status status = axn_allocate(&waiting, (size_t)count, sizeof *waiting, "modules", m->error);
    if (status == AXN_OK)
        status = axn_allocate(&queue, (size_t)count, sizeof *queue, "modules", m->error);
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
            h->modules[child].instances += used * h->modules[parent].instances;
            if (--waiting[child] == 0)
                queue[tail++] = child;
        }
    }
    if (done < count)
        status = axn_fail(m->error, AXN_ERROR_FORMAT, "%s: modules contain each other", m->path);
done:
    free(waiting);
    free(queue);
    return status;
}

static axn_status measure_all(measure *m)
{
    axn_hierarchy *h = m->out;
    long *uses = NULL;
    axn_status status =
        axn_allocate(&uses, (size_t)h->count * (size_t)h->count, sizeof *uses, "modules", m->error);
    for (int i = 0; i < h->count && status == AXN_OK; i++)
        if (!h->modules[i].black_box)
            status = measure_module(m, i, uses + (size_t)i * (size_t)h->count);
    if (status == AXN_OK)
        status = count_instances(m, uses);
    for (int i = 0; i < h->count && status == AXN_OK; i++) {
        axn_hierarchy_module *module = &h->modules[i];
        module->total_area_um2 = module->area_um2 * (double)module->instances;
        h->area_um2 += module->total_area_um2;
        h->leakage_mw += module->leakage_mw * (double)module->instances;
    }
    free(uses);
    return status;
}

axn_status axn_hierarchy_measure(const axn_liberty *liberty, const char *json_path, const char *top,
                                 axn_module_names *names, axn_hierarchy *out, axn_error *error)
{
    cJSON *json = NULL;
    entry *entries = NULL;
    measure m = {.liberty = liberty, .path = json_path, .out = out, .error = error};
    axn_status status = axn_json_read(json_path, &json, error);
    if (status == AXN_OK)
        status = list_modules(&m, cJSON_GetObjectItemCaseSensitive(json, "modules"), &entries);
    size_t count = (size_t)out->count;
    if (status == AXN_OK)
        status = axn_allocate(&out->modules, count, sizeof *out->modules, "modules", error);
    if (status != AXN_OK)
        out->count = 0; /* no modules to free */
    if (status == AXN_OK)
        status = axn_allocate(&m.items, count, sizeof(const cJSON *), "modules", error);
    if (status == AXN_OK)
        status = name_modules(&m, entries, top, names);
    if (status == AXN_OK)
        status = measure_all(&m);
    free(m.items);
    free(entries);
    cJSON_Delete(json);
    return status;
}

const char *axn_module_plain_name(const axn_module_names *names, const char *rtlil, size_t length)
{
    for (int i = 0; i < names->count; i++)
        if (strlen(names->rtlil[i]) == length && memcmp(names->rtlil[i], rtlil, length) == 0)
            return names->plain[i];
    return NULL;
}

void axn_module_names_free(axn_module_names *names)
{
    for (int i = 0; i < names->count; i++)
        free(names->rtlil[i]);
    free(names->rtlil);
    free(names->plain);
    *names = (axn_module_names){0};
}
