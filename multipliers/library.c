#include "multipliers/library.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

void axn_library_free(axn_library *library)
{
    free(library->multipliers);
    *library = (axn_library){0};
}

void axn_multiplier_record(axn_multiplier *multiplier, const char *action, const char *file)
{
    axn_buffer word = {0};
    axn_buffer_word(&word, file);
    bool fits = !word.failed && word.length < sizeof multiplier->command - 64;
    snprintf(multiplier->command, sizeof multiplier->command, "axnas multipliers %.20s %s -o DIR",
             action, fits ? word.data : "FILE");
    axn_buffer_free(&word);
}

static int compare_names(const void *left, const void *right)
{
    const axn_multiplier *a = left, *b = right;
    return strcmp(a->name, b->name);
}

axn_status axn_library_complete(axn_library *library, axn_error *error)
{
    if (library->count > 0)
        qsort(library->multipliers, (size_t)library->count, sizeof *library->multipliers,
              compare_names);
    library->exact = -1;
    for (int i = 0; i < library->count; i++) {
        const axn_multiplier *at = &library->multipliers[i];
        if (i > 0 && strcmp(at[-1].name, at->name) == 0)
            return axn_fail(error, AXN_ERROR_FORMAT, "%s: two circuits are named %s",
                            library->folder, at->name);
        if (at->metrics.wce == 0 &&
            (library->exact < 0 || at->power_mw < library->multipliers[library->exact].power_mw))
            library->exact = i;
    }
    if (library->exact < 0)
        return axn_fail(error, AXN_ERROR_FORMAT, "%s: no exact multiplier to compare with",
                        library->folder);
    const axn_multiplier exact = library->multipliers[library->exact];
    if (!(exact.power_mw > 0) || !(exact.area_um2 > 0))
        return axn_fail(error, AXN_ERROR_FORMAT, "%s: the exact multiplier %s costs nothing",
                        library->folder, exact.name);
    for (int i = 0; i < library->count; i++) {
        axn_multiplier *at = &library->multipliers[i];
        at->area_ratio = at->area_um2 / exact.area_um2;
        at->power_ratio = at->power_mw / exact.power_mw;
        if (at->area_ratio > AXN_MULTIPLIER_MAX_RATIO || at->power_ratio > AXN_MULTIPLIER_MAX_RATIO)
            return axn_fail(error, AXN_ERROR_FORMAT,
                            "%s: %s costs more than %g times the exact multiplier %s",
                            library->folder, at->name, AXN_MULTIPLIER_MAX_RATIO, exact.name);
    }
    return AXN_OK;
}

int axn_library_find(const axn_library *library, const char *name)
{
    for (int i = 0; i < library->count; i++)
        if (strcmp(library->multipliers[i].name, name) == 0)
            return i;
    return -1;
}

/* Number of single-character changes from one name to the other (Levenshtein). */
static int edit_distance(const char *from, const char *to)
{
    int row[AXN_MULTIPLIER_NAME + 1];
    int length = (int)strlen(to);
    for (int j = 0; j <= length; j++)
        row[j] = j;
    for (int i = 1; from[i - 1] != '\0'; i++) {
        int diagonal = row[0];
        row[0] = i;
        for (int j = 1; j <= length; j++) {
            int best = diagonal + (from[i - 1] != to[j - 1]);
            diagonal = row[j];
            best = row[j] + 1 < best ? row[j] + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            row[j] = best;
        }
    }
    return row[length];
}

axn_status axn_library_require(const axn_library *library, const char *name, int *index,
                               axn_error *error)
{
    enum { NEAR = 5 };
    int nearest[NEAR], distance[NEAR], count = 0;
    char list[NEAR * (AXN_MULTIPLIER_NAME + 2) + 1] = "";
    char shown[AXN_MULTIPLIER_NAME];
    *index = axn_library_find(library, name);
    if (*index >= 0)
        return AXN_OK;
    snprintf(shown, sizeof shown, "%s", name);
    for (int i = 0; i < library->count; i++) {
        int d = edit_distance(shown, library->multipliers[i].name);
        int at = count < NEAR ? count++ : NEAR;
        while (at > 0 && distance[at - 1] > d) {
            if (at < NEAR) {
                nearest[at] = nearest[at - 1];
                distance[at] = distance[at - 1];
            }
            at--;
        }
        if (at < NEAR) {
            nearest[at] = i;
            distance[at] = d;
        }
    }
    for (int i = 0; i < count; i++) {
        size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s%s", i == 0 ? "" : ", ",
                 library->multipliers[nearest[i]].name);
    }
    return axn_fail(error, AXN_ERROR_NOT_FOUND,
                    "no multiplier \"%s\" in %s; near names: %s (see axnas multipliers list)",
                    shown, library->folder, list);
}

axn_status axn_library_netlist(const axn_library *library, int index, char *out, axn_error *error)
{
    char file[AXN_MULTIPLIER_NAME + 3];
    snprintf(file, sizeof file, "%s.v", library->multipliers[index].name);
    return axn_path_join(out, library->folder, file, error);
}

axn_status axn_library_tables(const axn_library *library, const int *indices, int count,
                              axn_table *tables, axn_error *error)
{
    char(*paths)[AXN_PATH_MAX] = NULL;
    const char **files = NULL, **modules = NULL;
    axn_status status = axn_allocate(&paths, (size_t)count, sizeof *paths, "paths", error);
    if (status == AXN_OK)
        status = axn_allocate(&files, (size_t)count, sizeof *files, "paths", error);
    if (status == AXN_OK)
        status = axn_allocate(&modules, (size_t)count, sizeof *modules, "paths", error);
    for (int i = 0; i < count && status == AXN_OK; i++) {
        status = axn_library_netlist(library, indices[i], paths[i], error);
        files[i] = paths[i];
        modules[i] = library->multipliers[indices[i]].name;
    }
    if (status == AXN_OK)
        status = axn_table_from_verilog(files, modules, count, tables, error);
    for (int i = 0; i < count && status == AXN_OK; i++) {
        char found[AXN_HASH_TEXT], expected[AXN_HASH_TEXT];
        uint64_t hash = axn_table_hash(&tables[i]);
        if (hash == library->multipliers[indices[i]].hash)
            continue;
        axn_hash_text(found, hash);
        axn_hash_text(expected, library->multipliers[indices[i]].hash);
        status = axn_fail(error, AXN_ERROR_MISMATCH,
                          "%s: computes another function than library.json says (hash %s, not %s)",
                          files[i], found, expected);
    }
    free(paths);
    free(files);
    free(modules);
    return status;
}
