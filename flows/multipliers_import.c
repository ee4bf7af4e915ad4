/* axnas multipliers import */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/json.h"
#include "common/memory.h"
#include "common/progress.h"
#include "flows/multipliers.h"
#include "flows/options.h"
#include "multipliers/import.h"

typedef struct importer {
    axn_multipliers_outcome o;
    const char **paths;
    int path_count;
    axn_option_list cells; /* further Liberty files */
    axn_operand_histogram *histogram;
    axn_liberty *liberties; /* [0] is that of the figures */
    const axn_liberty **all;
    int liberty_count;
    axn_library base; /* what the library holds already */
    axn_import import;
    axn_characterise_job *jobs;    /* one a circuit, and room for the baseline */
    axn_import_circuit **circuits; /* of the jobs */
    int given, count;              /* jobs from circuits; with the baseline */
    axn_library library;
} importer;

/* The library that is there, or an empty folder. */
static axn_status open_library(importer *m, axn_error *error)
{
    char path[AXN_PATH_MAX];
    axn_status status = axn_path_join(path, m->o.folder, "library.json", error);
    if (status != AXN_OK)
        return status;
    if (!axn_path_exists(path))
        return axn_folder_prepare(m->o.folder, m->o.force, error);
    status = axn_library_load(m->o.folder, &m->base, error);
    if (status == AXN_OK)
        m->o.base = &m->base;
    return status;
}

static axn_status open_liberties(importer *m, axn_error *error)
{
    size_t most = (size_t)m->cells.count + 1;
    axn_status status =
        axn_allocate(&m->liberties, most, sizeof *m->liberties, "Liberty files", error);
    if (status == AXN_OK)
        status = axn_allocate(&m->all, most, sizeof(void *), "Liberty files", error);
    for (int i = 0; i <= m->cells.count && status == AXN_OK; i++) {
        const char *path = i == 0 ? m->o.liberty : m->cells.values[i - 1];
        m->all[i] = &m->liberties[i];
        status = axn_liberty_load(path, &m->liberties[i], error);
        m->liberty_count += status == AXN_OK;
    }
    if (status == AXN_OK && m->o.base != NULL && strcmp(m->base.liberty, m->liberties[0].name) != 0)
        status = axn_fail(error, AXN_ERROR_MISMATCH,
                          "%s: its figures are of Liberty %s, not of %s; give that one with "
                          "--liberty, or write another library",
                          m->o.folder, m->base.liberty, m->liberties[0].name);
    if (status == AXN_OK && m->o.histogram != NULL)
        status = axn_operand_histogram_read(m->o.histogram, &m->histogram, error);
    if (status == AXN_OK && m->o.base != NULL &&
        strcmp(m->base.histogram, m->histogram != NULL ? m->histogram->hash : "") != 0)
        status = axn_fail(error, AXN_ERROR_MISMATCH,
                          "%s: its figures are of another operand histogram (%s); give that one "
                          "with --histogram, or write another library",
                          m->o.folder, m->base.histogram[0] != '\0' ? m->base.histogram : "none");
    return status;
}

static axn_status read_circuits(importer *m, axn_error *error)
{
    char **files = NULL;
    size_t count = 0;
    axn_status status = axn_import_find((const char *const *)m->paths, m->path_count, &files,
                                        &count, &m->import, error);
    if (status == AXN_OK && count == 0 && m->import.count == 0)
        status = axn_fail(error, AXN_ERROR_NOT_FOUND, "%s: no Verilog file (.v, .vg, .sv) in it",
                          m->paths[0]);
    if (status == AXN_OK && count > 0)
        status = axn_import_read((const char *const *)files, count, m->all, m->liberty_count,
                                 m->o.threads, &m->import, error);
    if (status == AXN_OK)
        status = axn_import_choose(&m->import, m->o.base, error);
    axn_names_free(files, count);
    return status;
}

static axn_status start_jobs(importer *m, axn_error *error)
{
    axn_status status =
        axn_allocate(&m->jobs, m->import.count + 1, sizeof *m->jobs, "the circuits' work", error);
    if (status == AXN_OK)
        status = axn_allocate(&m->circuits, m->import.count, sizeof(void *), "the circuits' work",
                              error);
    for (size_t i = 0; i < m->import.count && status == AXN_OK; i++) {
        axn_import_circuit *circuit = &m->import.circuits[i];
        axn_characterise_job *job = &m->jobs[m->given];
        axn_multiplier *multiplier = &job->multiplier;
        if (circuit->rejected)
            continue;
        m->circuits[m->given++] = circuit;
        job->file = circuit->file;
        job->circuit = &circuit->source.circuit;
        snprintf(multiplier->name, sizeof multiplier->name, "%s", circuit->name);
        snprintf(multiplier->family, sizeof multiplier->family, "imported");
        axn_multiplier_record(multiplier, "import", axn_path_base(circuit->file));
        status = axn_import_text(circuit, &job->netlist, error);
        if (status == AXN_OK && job->netlist.failed)
            status = axn_fail(error, AXN_ERROR_MEMORY, "out of memory for a netlist");
    }
    m->count = m->given;
    return status;
}

/* What could not be mapped is rejected too. */
static void reject_failed(importer *m)
{
    for (int i = 0; i < m->given; i++) {
        const char *reason = m->jobs[i].error.message;
        size_t length = strlen(m->circuits[i]->file);
        if (m->jobs[i].status == AXN_OK)
            continue;
        if (strncmp(reason, m->circuits[i]->file, length) == 0 &&
            strncmp(reason + length, ": ", 2) == 0)
            reason += length + 2;
        m->circuits[i]->rejected = true;
        snprintf(m->circuits[i]->reason, sizeof m->circuits[i]->reason, "%.500s", reason);
    }
}

static int count_jobs(const importer *m)
{
    int done = 0;
    for (int i = 0; i < m->given; i++)
        done += m->jobs[i].status == AXN_OK;
    return done;
}

/* Length of the UTF-8 character at `text`, 0 if it is none. */
static size_t character_length(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    size_t length = at[0] < 0x80                    ? 1
                    : at[0] >= 0xc2 && at[0] < 0xe0 ? 2
                    : at[0] >= 0xe0 && at[0] < 0xf0 ? 3
                    : at[0] >= 0xf0 && at[0] < 0xf5 ? 4
                                                    : 0;
    for (size_t i = 1; i < length; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    return length;
}

/* A path may hold any bytes: those that are no UTF-8 become '?', and for a terminal also
 * those that would steer it. */
static void clean(const char *text, bool terminal, axn_buffer *out)
{
    axn_buffer_clear(out);
    while (*text != '\0') {
        size_t length = character_length(text);
        bool control = (unsigned char)*text < ' ' || *text == 0x7f;
        bool shown = length > 0 && !(terminal && control);
        axn_buffer_append(out, shown ? text : "?", shown ? length : 1);
        text += length > 0 ? length : 1;
    }
    axn_buffer_append(out, "", 0);
}

static bool add_text(cJSON *item, const char *key, const char *text)
{
    axn_buffer cleaned = {0};
    clean(text, false, &cleaned);
    bool ok = !cleaned.failed &&
              cJSON_AddStringToObject(item, key, cleaned.data != NULL ? cleaned.data : "") != NULL;
    axn_buffer_free(&cleaned);
    return ok;
}

static bool add_imported(const importer *m, cJSON *list)
{
    for (int i = 0; i < m->given; i++) {
        if (m->jobs[i].status != AXN_OK)
            continue;
        int index = axn_library_find(&m->library, m->jobs[i].multiplier.name);
        cJSON *item = index < 0 ? NULL : axn_multiplier_json(&m->library.multipliers[index]);
        bool ok = item != NULL &&
                  cJSON_AddNumberToObject(item, "clock_mhz", m->library.clock_mhz) != NULL &&
                  add_text(item, "file", m->circuits[i]->file) &&
                  add_text(item, "module", m->circuits[i]->module) &&
                  cJSON_AddBoolToObject(item, "renamed", m->circuits[i]->renamed) != NULL &&
                  cJSON_AddItemToArray(list, item);
        if (!ok) {
            cJSON_Delete(item);
            return false;
        }
    }
    return true;
}

static bool add_rejected(const importer *m, cJSON *list)
{
    for (size_t i = 0; i < m->import.count; i++) {
        const axn_import_circuit *circuit = &m->import.circuits[i];
        if (!circuit->rejected)
            continue;
        cJSON *item = cJSON_CreateObject();
        bool ok = item != NULL && add_text(item, "file", circuit->file) &&
                  add_text(item, "module", circuit->module) &&
                  add_text(item, "reason", circuit->reason) &&
                  cJSON_AddBoolToObject(item, "duplicate", circuit->duplicate) != NULL &&
                  cJSON_AddItemToArray(list, item);
        if (!ok) {
            cJSON_Delete(item);
            return false;
        }
    }
    return true;
}

static axn_status print_json(const importer *m, axn_error *error)
{
    cJSON *json = cJSON_CreateObject();
    cJSON *baseline = m->count > m->given ? cJSON_CreateString(m->jobs[m->given].multiplier.name)
                                          : cJSON_CreateNull();
    bool ok = add_text(json, "library", m->o.folder) &&
              add_text(json, "liberty", m->liberties[0].name) &&
              cJSON_AddNumberToObject(json, "clock_mhz", AXN_CHARACTERISE_CLOCK_MHZ) != NULL &&
              cJSON_AddItemToObject(json, "baseline_added", baseline);
    cJSON *imported = ok ? cJSON_AddArrayToObject(json, "imported") : NULL;
    cJSON *rejected = ok ? cJSON_AddArrayToObject(json, "rejected") : NULL;
    ok = imported != NULL && rejected != NULL && add_imported(m, imported) &&
         add_rejected(m, rejected);
    axn_status status = ok ? axn_json_print(json, error)
                           : axn_fail(error, AXN_ERROR_MEMORY, "out of memory for the lists");
    cJSON_Delete(json);
    return status;
}

static void print_rejected(const importer *m)
{
    axn_buffer file = {0}, module = {0}, reason = {0};
    for (size_t i = 0; i < m->import.count; i++) {
        const axn_import_circuit *circuit = &m->import.circuits[i];
        if (!circuit->rejected)
            continue;
        clean(circuit->file, true, &file);
        clean(circuit->module, true, &module);
        clean(circuit->reason, true, &reason);
        bool whole = circuit->module[0] == '\0';
        if (!file.failed && !module.failed && !reason.failed)
            fprintf(stderr, "axnas %s: %s: %s%s%s%s\n", m->o.command, file.data,
                    whole ? "" : "module ", whole ? "" : module.data, whole ? "" : ": ",
                    reason.data);
    }
    axn_buffer_free(&file);
    axn_buffer_free(&module);
    axn_buffer_free(&reason);
}

static void print_imported(const importer *m)
{
    size_t rejected = 0, duplicates = 0;
    for (size_t i = 0; i < m->import.count; i++) {
        rejected += m->import.circuits[i].rejected;
        duplicates += m->import.circuits[i].duplicate;
    }
    axn_buffer file = {0}, module = {0};
    for (int i = 0; i < m->given; i++) {
        if (m->jobs[i].status != AXN_OK || !m->circuits[i]->renamed)
            continue;
        bool plain = axn_verilog_identifier(m->circuits[i]->module, AXN_MULTIPLIER_NAME);
        clean(m->circuits[i]->file, true, &file);
        clean(m->circuits[i]->module, true, &module);
        if (!file.failed && !module.failed)
            axn_message("%s: module %s enters as %s: its name is %s", file.data, module.data,
                        m->circuits[i]->name,
                        plain ? "another function's" : "no identifier of a library");
    }
    axn_buffer_free(&file);
    axn_buffer_free(&module);
    if (m->count > m->given)
        axn_message("%s joins them: ratios need an exact multiplier",
                    m->jobs[m->given].multiplier.name);
    axn_message("%d circuits imported into %s, which holds %d; %zu rejected, of them %zu of a "
                "function that was there already",
                count_jobs(m), m->o.folder, count_jobs(m) > 0 ? m->library.count : m->base.count,
                rejected, duplicates);
}

static axn_status work(importer *m, axn_error *error)
{
    axn_status status = open_library(m, error);
    if (status == AXN_OK)
        status = open_liberties(m, error);
    if (status == AXN_OK)
        status = read_circuits(m, error);
    if (status == AXN_OK)
        status = start_jobs(m, error);
    if (status == AXN_OK && m->given > 0)
        status = axn_multipliers_make(&m->o, m->all[0], m->histogram, m->jobs, &m->count,
                                      &m->library, error);
    if (status != AXN_OK)
        return status;
    reject_failed(m);
    if (count_jobs(m) > 0)
        status = axn_characterise_write(&m->library, m->jobs, m->count, true, error);
    if (status == AXN_OK && m->o.json)
        status = print_json(m, error);
    if (status == AXN_OK) {
        print_rejected(m);
        print_imported(m);
    }
    return status;
}

static int run(importer *m)
{
    axn_error error = {0};
    bool existed = axn_path_exists(m->o.folder);
    int rejected = 0;
    axn_status status = work(m, &error);
    if (!existed)
        rmdir(m->o.folder); /* does nothing to a library */
    for (size_t i = 0; i < m->import.count; i++)
        rejected += m->import.circuits[i].rejected;
    if (m->jobs != NULL)
        axn_characterise_jobs_free(m->jobs, (int)m->import.count + 1);
    free(m->circuits);
    axn_import_free(&m->import);
    axn_library_free(&m->library);
    axn_library_free(&m->base);
    for (int i = 0; i < m->liberty_count; i++)
        axn_liberty_free(&m->liberties[i]);
    free(m->liberties);
    free(m->all);
    free(m->histogram);
    if (status != AXN_OK)
        return axn_command_fail(m->o.command, &error);
    return rejected > 0 ? 1 : 0;
}

int axn_multipliers_import(int argc, char **argv)
{
    importer m = {.o.command = "multipliers import"};
    int64_t jobs = 0;
    axn_error error = {0};
    const axn_option options[] = {
        {"o", AXN_OPTION_TEXT, &m.o.folder, "DIR",
         "the library: a new one, or one that is added to", 0, 0, NULL},
        {"liberty", AXN_OPTION_TEXT, &m.o.liberty, "FILE",
         "standard cells (default: OSU 0.18 um of qflow-tech-osu018)", 0, 0, NULL},
        {"cells", AXN_OPTION_LIST, &m.cells, "FILE",
         "a further Liberty, for netlists of its cells (may be repeated)", 0, 0, NULL},
        {"histogram", AXN_OPTION_TEXT, &m.o.histogram, "FILE",
         "operand pairs of a model, for a second energy figure", 0, 0, NULL},
        {"jobs", AXN_OPTION_INTEGER, &jobs, "N", "threads (default: all processors)", 1, 1024,
         NULL},
        {"force", AXN_OPTION_FLAG, &m.o.force, NULL, "write into a folder that is not empty", 0, 0,
         NULL},
    };
    axn_command_line line = {
        .usage = "multipliers import PATH... -o DIR [options]",
        .summary =
            "Adds every multiplier found in Verilog files, or in folders and all below them, to a\n"
            "library: modules with two 8-bit inputs and one 16-bit output, flat or hierarchical,\n"
            "and netlists of standard cells. The others are rejected, each with its reason; so "
            "are\n"
            "circuits of a function that is there already: the first in path order stays, plain\n"
            "Verilog before netlists of cells. Exit status 0 when every file was imported, 1 when\n"
            "any was rejected (the others are in the library all the same).",
        .options = options,
        .option_count = (int)(sizeof options / sizeof options[0]),
        .least = 1,
        .most = -1,
    };
    int status = 1;
    if (axn_allocate(&m.paths, (size_t)argc, sizeof *m.paths, "paths", &error) != AXN_OK ||
        axn_allocate(&m.cells.values, (size_t)argc, sizeof *m.cells.values, "paths", &error) !=
            AXN_OK) {
        status = axn_command_fail(m.o.command, &error);
        goto done;
    }
    line.arguments = m.paths;
    axn_parse parse = axn_options_parse(&line, argc, argv, &m.o.json);
    if (parse != AXN_PARSE_RUN) {
        status = parse == AXN_PARSE_DONE ? 0 : 2;
        goto done;
    }
    m.path_count = line.argument_count;
    m.o.threads = (int)jobs;
    if (m.o.folder == NULL) {
        axn_fail(&error, AXN_ERROR_USAGE, "-o DIR is missing");
        status = axn_command_fail(m.o.command, &error);
        goto done;
    }
    status = run(&m);
done:
    free(m.paths);
    free(m.cells.values);
    return status;
}
