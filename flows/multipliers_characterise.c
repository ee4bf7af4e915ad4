/* axnas multipliers characterise */
#include <stdio.h>
#include <stdlib.h>

#include "common/memory.h"
#include "flows/multipliers.h"
#include "flows/options.h"

int axn_multipliers_characterise(int argc, char **argv)
{
    axn_multipliers_outcome o = {.command = "multipliers characterise"};
    axn_error error = {0};
    axn_characterise_job *jobs = NULL;
    const char **files = NULL;
    const axn_option options[] = {
        {"liberty", AXN_OPTION_TEXT, &o.liberty, "FILE",
         "standard cells (default: OSU 0.18 um of qflow-tech-osu018)", 0, 0, NULL},
        {"histogram", AXN_OPTION_TEXT, &o.histogram, "FILE",
         "operand pairs of a model, for a second energy figure", 0, 0, NULL},
        {"o", AXN_OPTION_TEXT, &o.folder, "DIR", "write a library instead of printing a table", 0,
         0, NULL},
        {"force", AXN_OPTION_FLAG, &o.force, NULL, "write into a folder that is not empty", 0, 0,
         NULL},
    };
    axn_command_line line = {
        .usage = "multipliers characterise FILE.v... [options]",
        .summary = "Error metrics over all operand pairs and area, power and delay from synthesis, "
                   "for Verilog\nmodules with two 8-bit inputs and a 16-bit output. Ratios are to "
                   "the cheapest exact multiplier\namong the files, else to our own.",
        .options = options,
        .option_count = (int)(sizeof options / sizeof options[0]),
        .least = 1,
        .most = -1,
    };
    int status = 1;
    if (axn_allocate(&files, (size_t)argc, sizeof *files, "file names", &error) != AXN_OK ||
        axn_allocate(&jobs, (size_t)argc + 1, sizeof *jobs, "the files' work", &error) != AXN_OK) {
        status = axn_command_fail(o.command, &error);
        goto done;
    }
    line.arguments = files;
    axn_parse parse = axn_options_parse(&line, argc, argv, &o.json);
    if (parse != AXN_PARSE_RUN) {
        status = parse == AXN_PARSE_DONE ? 0 : 2;
        goto done;
    }
    for (int i = 0; i < line.argument_count; i++) {
        jobs[i].file = files[i];
        snprintf(jobs[i].multiplier.family, sizeof jobs[i].multiplier.family, "imported");
        axn_multiplier_record(&jobs[i].multiplier, "characterise", axn_path_base(files[i]));
    }
    status = axn_multipliers_finish(&o, jobs, line.argument_count);
done:
    axn_characterise_jobs_free(jobs, argc + 1);
    free(files);
    return status;
}
