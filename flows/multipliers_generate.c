/* axnas multipliers generate */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "flows/multipliers.h"
#include "flows/options.h"

/* What --builder and --parameters ask for. */
typedef struct asked {
    char name[AXN_MULTIPLIER_NAME], arguments[128];
    axn_family_member member;
} asked;

static axn_status list_generators(const char *name, axn_error *error)
{
    char list[512] = "";
    int count;
    const axn_family_generator *generators = axn_family_generators(&count);
    for (int i = 0; i < count; i++) {
        size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s%s", i == 0 ? "" : ", ", generators[i].name);
    }
    return axn_fail(error, AXN_ERROR_NOT_FOUND, "no builder \"%.60s\"; there are %s", name, list);
}

/* "1,2,-3" into as many numbers within their ranges as the builder wants. */
static axn_status read_parameters(const axn_family_generator *generator, const char *text,
                                  int *parameters, axn_error *error)
{
    const char *at = text == NULL ? "" : text;
    int given = *at == '\0' ? 0 : 1;
    for (const char *comma = at; *comma != '\0'; comma++)
        given += *comma == ',';
    if (given != generator->parameter_count)
        return axn_fail(error, AXN_ERROR_USAGE, "--parameters of %s: it has %d, not %d",
                        generator->name, generator->parameter_count, given);
    for (int i = 0; i < given; i++) {
        const axn_family_parameter *range = &generator->parameters[i];
        char *end = NULL;
        long value = strtol(at, &end, 10);
        if (end == at || (*end != ',' && *end != '\0') || value < range->low || value > range->high)
            return axn_fail(error, AXN_ERROR_USAGE,
                            "--parameters of %s: number %d of %d, %s, must be %d to %d",
                            generator->name, i + 1, given, range->name, range->low, range->high);
        parameters[i] = (int)value;
        at = end + 1;
    }
    return AXN_OK;
}

static axn_status read_asked(const char *builder, const char *parameters, asked *out,
                             axn_error *error)
{
    const axn_family_generator *generator = axn_family_generator_find(builder);
    if (generator == NULL)
        return list_generators(builder, error);
    *out = (asked){.member = {.family = generator->family, .build = generator->build}};
    axn_status status = read_parameters(generator, parameters, out->member.parameters, error);
    if (status != AXN_OK)
        return status;
    size_t named = (size_t)snprintf(out->name, sizeof out->name, "%s", generator->name);
    size_t argued =
        (size_t)snprintf(out->arguments, sizeof out->arguments, "--builder %s", generator->name);
    for (int i = 0; i < generator->parameter_count; i++) {
        int value = out->member.parameters[i];
        named += (size_t)snprintf(out->name + named, sizeof out->name - named, "_%s%d",
                                  value < 0 ? "m" : "", abs(value));
        argued += (size_t)snprintf(out->arguments + argued, sizeof out->arguments - argued, "%s%d",
                                   i == 0 ? " --parameters " : ",", value);
    }
    out->member.name = out->name;
    return AXN_OK;
}

static int generate_members(const axn_multipliers_outcome *o, const axn_family_member *members,
                            int count, const char *arguments)
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
        status = axn_multipliers_member(&members[i], arguments, folder, paths[i], &jobs[i], &error);
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
    const char *only = NULL, *builder = NULL, *parameters = NULL, *arguments = NULL;
    asked own;
    const axn_option options[] = {
        {"histogram", AXN_OPTION_TEXT, &o.histogram, "FILE",
         "operand pairs of a model, for a second energy figure", 0, 0, NULL},
        {"o", AXN_OPTION_TEXT, &o.folder, "DIR", "the library to write", 0, 0, NULL},
        {"only", AXN_OPTION_TEXT, &only, "NAME",
         "this circuit alone (and an exact one to compare with)", 0, 0, NULL},
        {"builder", AXN_OPTION_TEXT, &builder, "NAME",
         "a circuit of this builder alone (docs/multipliers.md lists them)", 0, 0, NULL},
        {"parameters", AXN_OPTION_TEXT, &parameters, "N,N...", "of the builder", 0, 0, NULL},
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
    if ((only != NULL && builder != NULL) || (parameters != NULL && builder == NULL)) {
        axn_fail(&error, AXN_ERROR_USAGE,
                 "--parameters belongs to --builder, and that not to "
                 "--only");
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
    if (builder != NULL) {
        if (read_asked(builder, parameters, &own, &error) != AXN_OK)
            return axn_command_fail(o.command, &error);
        members = &own.member;
        arguments = own.arguments;
        count = 1;
        o.choose_lite = false;
    }
    return generate_members(&o, members, count, arguments);
}
