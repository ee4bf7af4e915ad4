/* axnas multipliers generate */
#include <stdlib.h>

#include "common/memory.h"
#include "flows/multipliers.h"
#include "flows/options.h"

static int generate_members(const axn_multipliers_outcome *o, const axn_family_member *members,
                            int count)
{
    axn_error error = {0};
    char folder[AXN_PATH_MAX] = "";
    char(*paths)[AXN_PATH_MAX] = NULL;
    axn_characterise_job *jobs = NULL;
    int result = 1;
    axn_status status = axn_folder_temporary(folder, &error);
    if (status == AXN_OK)
        status = axn_allocate(&paths, (size_t)count, sizeof *paths, "file names", &error);
    if (status == AXN_OK)
        status = axn_allocate(&jobs, (size_t)count + 1, sizeof *jobs, "the circuits", &error);
    for (int i = 0; i < count && status == AXN_OK; i++)
        status = axn_multipliers_member(&members[i], folder, paths[i], &jobs[i], &error);
    result = status == AXN_OK ? axn_multipliers_finish(o, jobs, count)
                              : axn_command_fail(o->command, &error);
    axn_characterise_jobs_free(jobs, count + 1);
    free(paths);
    if (folder[0] != '\0')
        axn_folder_remove(folder, NULL);
    return result;
}

int axn_multipliers_generate(int argc, char **argv)
{
    axn_multipliers_outcome o = {.command = "multipliers generate", .choose_lite = true};
    const char *only = NULL;
    const axn_option options[] = {
        {"histogram", AXN_OPTION_TEXT, &o.histogram, "FILE",
         "operand pairs of a model, for a second energy figure", 0, 0, NULL},
        {"o", AXN_OPTION_TEXT, &o.folder, "DIR", "the library to write", 0, 0, NULL},
        {"only", AXN_OPTION_TEXT, &only, "NAME",
         "this circuit alone (and an exact one to compare with)", 0, 0, NULL},
        {"liberty", AXN_OPTION_TEXT, &o.liberty, "FILE",
         "standard cells (default: OSU 0.18 um of qflow-tech-osu018)", 0, 0, NULL},
        {"force", AXN_OPTION_FLAG, &o.force, NULL, "write into a folder that is not empty", 0, 0,
         NULL},
    };
    axn_command_line line = {
        .usage = "multipliers generate -o DIR [options]",
        .summary = "Writes the classical exact and approximate multipliers as a library.",
        .options = options,
        .option_count = (int)(sizeof options / sizeof options[0]),
    };
    axn_error error = {0};
    axn_parse parse = axn_options_parse(&line, argc, argv, &o.json);
    if (parse != AXN_PARSE_RUN)
        return parse == AXN_PARSE_DONE ? 0 : 2;
    int count;
    const axn_family_member *members = axn_family_members(&count);
    if (o.folder == NULL) {
        axn_fail(&error, AXN_ERROR_USAGE, "-o DIR is missing");
        return axn_command_fail(o.command, &error);
    }
    if (only != NULL) {
        members = axn_family_find(only);
        count = 1;
        o.choose_lite = false;
        if (members == NULL) {
            axn_fail(&error, AXN_ERROR_NOT_FOUND, "no generator makes a circuit \"%s\"", only);
            return axn_command_fail(o.command, &error);
        }
    }
    return generate_members(&o, members, count);
}
