/* axnas multipliers recharacterise */
#include <stdlib.h>

#include "common/memory.h"
#include "flows/multipliers.h"
#include "flows/options.h"

#define COMMAND "multipliers recharacterise"

/* The netlists must still compute what library.json says. */
static axn_status check_functions(const axn_library *library, axn_error *error)
{
    axn_table *tables = NULL;
    int *indices = NULL;
    size_t count = (size_t)library->count;
    axn_status status = axn_allocate(&tables, count, sizeof *tables, "truth tables", error);
    if (status == AXN_OK)
        status = axn_allocate(&indices, count, sizeof *indices, "truth tables", error);
    for (int i = 0; i < library->count && status == AXN_OK; i++)
        indices[i] = i;
    if (status == AXN_OK)
        status = axn_library_tables(library, indices, library->count, tables, error);
    free(tables);
    free(indices);
    return status;
}

/* What a circuit is stays; what it costs is measured anew. */
static int measure_again(const axn_multipliers_outcome *o, const axn_library *library)
{
    axn_error error = {0};
    axn_characterise_job *jobs = NULL;
    char(*paths)[AXN_PATH_MAX] = NULL;
    size_t count = (size_t)library->count;
    axn_status status = axn_allocate(&paths, count, sizeof *paths, "file names", &error);
    if (status == AXN_OK)
        status = axn_allocate(&jobs, count + 1, sizeof *jobs, "the circuits", &error);
    for (int i = 0; i < library->count && status == AXN_OK; i++) {
        status = axn_library_netlist(library, i, paths[i], &error);
        jobs[i].file = paths[i];
        jobs[i].multiplier = library->multipliers[i];
    }
    int exit_status = status == AXN_OK ? axn_multipliers_finish(o, jobs, library->count)
                                       : axn_command_fail(o->command, &error);
    if (jobs != NULL)
        axn_characterise_jobs_free(jobs, library->count + 1);
    free(paths);
    return exit_status;
}

int axn_multipliers_recharacterise(int argc, char **argv)
{
    axn_multipliers_outcome o = {.command = COMMAND};
    const char *folder = NULL;
    axn_error error = {0};
    axn_library library;
    const axn_option options[] = {
        {"library", AXN_OPTION_TEXT, &folder, "DIR", "library folder (default: the shipped one)", 0,
         0, NULL},
        {"liberty", AXN_OPTION_TEXT, &o.liberty, "FILE",
         "standard cells (default: OSU 0.18 um of qflow-tech-osu018)", 0, 0, NULL},
        {"histogram", AXN_OPTION_TEXT, &o.histogram, "FILE",
         "operand pairs of a model, for a second energy figure", 0, 0, NULL},
        {"o", AXN_OPTION_TEXT, &o.folder, "DIR",
         "the library to write; may be the same one, with --force (default: print a table)", 0, 0,
         NULL},
        {"force", AXN_OPTION_FLAG, &o.force, NULL, "write into a folder that is not empty", 0, 0,
         NULL},
    };
    axn_command_line line = {
        .usage = COMMAND " [options]",
        .summary = "Measures all circuits of a library again, with another Liberty or histogram; "
                   "names, families,\ncommands and the lite set stay.",
        .options = options,
        .option_count = (int)(sizeof options / sizeof options[0]),
    };
    axn_parse parse = axn_options_parse(&line, argc, argv, &o.json);
    if (parse != AXN_PARSE_RUN)
        return parse == AXN_PARSE_DONE ? 0 : 2;
    axn_status status = axn_library_load(folder, &library, &error);
    if (status != AXN_OK)
        return axn_command_fail(COMMAND, &error);
    status = check_functions(&library, &error);
    int exit_status =
        status == AXN_OK ? measure_again(&o, &library) : axn_command_fail(COMMAND, &error);
    axn_library_free(&library);
    return exit_status;
}
