#include "multipliers/import.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "multipliers/families.h"

axn_import_circuit *axn_import_reject(axn_import *import, const char *file, const char *module,
                                      const char *reason, axn_error *error)
{
    if (axn_grow(&import->circuits, &import->capacity, import->count + 1, sizeof *import->circuits,
                 "circuits", error) != AXN_OK)
        return NULL;
    axn_import_circuit *added = &import->circuits[import->count];
    *added = (axn_import_circuit){.file = strdup(file), .rejected = true};
    if (added->file == NULL) {
        axn_fail(error, AXN_ERROR_MEMORY, "out of memory for circuits");
        return NULL;
    }
    snprintf(added->module, sizeof added->module, "%.*s", AXN_VERILOG_NAME - 1, module);
    snprintf(added->reason, sizeof added->reason, "%.*s", (int)sizeof added->reason - 1, reason);
    import->count++;
    return added;
}

void axn_import_free(axn_import *import)
{
    for (size_t i = 0; i < import->count; i++) {
        axn_circuit_free(&import->circuits[i].source.circuit);
        free(import->circuits[i].file);
    }
    free(import->circuits);
    *import = (axn_import){0};
}

/* A function that is taken: of the library (circuit NULL) or of a circuit. */
typedef struct taken {
    uint64_t hash;
    const axn_import_circuit *circuit;
    const char *name; /* of the library's circuit */
} taken;

typedef struct choice {
    const axn_library *base; /* NULL = none */
    uint64_t exact;          /* hash of the exact product */
    axn_import *import;
    taken *functions; /* an open hash table of `size` places, a power of 2 */
    size_t size;
} choice;

/* The place of a hash, or the free one where it would stand (name and circuit NULL). */
static taken *find_function(const choice *c, uint64_t hash)
{
    size_t at = (size_t)hash & (c->size - 1);
    while ((c->functions[at].circuit != NULL || c->functions[at].name != NULL) &&
           c->functions[at].hash != hash)
        at = (at + 1) & (c->size - 1);
    return &c->functions[at];
}

/* Our exact multipliers may yet join the library, to compare with. */
static bool is_reserved(const char *name)
{
    const axn_family_member *member = axn_family_find(name);
    return member != NULL && strcmp(member->family, "exact") == 0;
}

static bool is_taken(const choice *c, const axn_import_circuit *circuit, const char *name)
{
    if (circuit->hash != c->exact && is_reserved(name))
        return true;
    if (c->base != NULL && axn_library_find(c->base, name) >= 0)
        return true;
    for (size_t i = 0; i < c->import->count; i++)
        if (strcmp(c->import->circuits[i].name, name) == 0)
            return true;
    return false;
}

/* The file's name without folder and ending. */
static void file_stem(const char *file, char *out, size_t size)
{
    snprintf(out, size, "%.*s", (int)size - 1, axn_path_base(file));
    char *dot = strrchr(out, '.');
    if (dot != NULL)
        *dot = '\0';
}

/* Any text as an identifier of at most 48 characters. */
static void make_identifier(const char *text, char *out)
{
    size_t length = 0;
    if (!isalpha((unsigned char)text[0]) && text[0] != '_')
        length = (size_t)snprintf(out, AXN_MULTIPLIER_NAME, "m_");
    for (; *text != '\0' && length < 48; text++)
        out[length++] = isalnum((unsigned char)*text) ? *text : '_';
    out[length] = '\0';
    if (!axn_verilog_identifier(out, AXN_MULTIPLIER_NAME)) /* a keyword */
        snprintf(out + length, AXN_MULTIPLIER_NAME - length, "_");
}

static void choose_name(const choice *c, axn_import_circuit *circuit)
{
    char stem[256], base[AXN_MULTIPLIER_NAME];
    file_stem(circuit->file, stem, sizeof stem);
    bool module_fits = axn_verilog_identifier(circuit->module, AXN_MULTIPLIER_NAME);
    bool stem_fits = axn_verilog_identifier(stem, AXN_MULTIPLIER_NAME);
    circuit->renamed = false;
    if (module_fits && !is_taken(c, circuit, circuit->module)) {
        snprintf(circuit->name, sizeof circuit->name, "%.*s", AXN_MULTIPLIER_NAME - 1,
                 circuit->module);
        return;
    }
    circuit->renamed = true;
    if (stem_fits && !is_taken(c, circuit, stem)) {
        snprintf(circuit->name, sizeof circuit->name, "%.*s", AXN_MULTIPLIER_NAME - 1, stem);
        return;
    }
    make_identifier(module_fits || !stem_fits ? circuit->module : stem, base);
    char name[AXN_MULTIPLIER_NAME];
    snprintf(name, sizeof name, "%s", base);
    for (int number = 2; is_taken(c, circuit, name); number++)
        snprintf(name, sizeof name, "%.50s_%d", base, number);
    snprintf(circuit->name, sizeof circuit->name, "%s", name);
}

static void choose_circuit(const choice *c, axn_import_circuit *circuit)
{
    taken *found = find_function(c, circuit->hash);
    if (found->circuit == NULL && found->name == NULL) {
        *found = (taken){.hash = circuit->hash, .circuit = circuit};
        choose_name(c, circuit);
        return;
    }
    circuit->rejected = circuit->duplicate = true;
    if (found->name != NULL)
        snprintf(circuit->reason, sizeof circuit->reason, "same function as %s of the library",
                 found->name);
    else
        snprintf(circuit->reason, sizeof circuit->reason, "same function as %s (%.380s)",
                 found->circuit->name, found->circuit->file);
}

axn_status axn_import_choose(axn_import *import, const axn_library *base, axn_error *error)
{
    choice c = {.base = base, .import = import, .size = 64};
    size_t most = import->count + (base == NULL ? 0 : (size_t)base->count);
    while (c.size < 2 * most + 2)
        c.size *= 2;
    axn_table *exact = NULL;
    axn_status status = axn_allocate(&c.functions, c.size, sizeof *c.functions, "names", error);
    if (status == AXN_OK)
        status = axn_allocate(&exact, 1, sizeof *exact, "a truth table", error);
    if (status != AXN_OK) {
        free(c.functions);
        return status;
    }
    axn_table_exact(exact);
    c.exact = axn_table_hash(exact);
    free(exact);
    for (int i = 0; base != NULL && i < base->count; i++)
        *find_function(&c, base->multipliers[i].hash) =
            (taken){.hash = base->multipliers[i].hash, .name = base->multipliers[i].name};
    for (int cells = 0; cells < 2; cells++)
        for (size_t i = 0; i < import->count; i++)
            if (!import->circuits[i].rejected && import->circuits[i].source.cells == (cells == 1))
                choose_circuit(&c, &import->circuits[i]);
    free(c.functions);
    return AXN_OK;
}

/* Printable ASCII, for a comment of one line. */
static void append_printable(const char *text, axn_buffer *out)
{
    for (int i = 0; i < 200 && text[i] != '\0'; i++) {
        char c = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
        axn_buffer_append(out, &c, 1);
    }
}

axn_status axn_import_text(const axn_import_circuit *circuit, axn_buffer *out, axn_error *error)
{
    bool kept = false;
    axn_status status =
        axn_verilog_own_text(&circuit->source, circuit->file, circuit->name, out, &kept, error);
    if (status != AXN_OK || kept)
        return status;
    axn_buffer_text(out, "// imported from ");
    append_printable(axn_path_base(circuit->file), out);
    axn_buffer_text(out, ", module ");
    append_printable(circuit->module, out);
    axn_buffer_text(out, "\n");
    return axn_circuit_print(&circuit->source.circuit, circuit->name, NULL, out, error);
}
