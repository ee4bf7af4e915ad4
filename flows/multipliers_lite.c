/* axnas multipliers lite */
#include <stdio.h>
#include <stdlib.h>

#include "common/memory.h"
#include "flows/multipliers.h"
#include "flows/options.h"
#include "multipliers/lite.h"

/* The set with what it trades: how far each circuit lies behind the fronts. */
static axn_status print_lite(const axn_library *library, axn_error *error)
{
    bool *zero_exact = NULL;
    axn_status status =
        axn_allocate(&zero_exact, (size_t)library->count, sizeof *zero_exact, "a table", error);
    if (status == AXN_OK)
        status = axn_lite_zero_exact(library, zero_exact, error);
    if (status == AXN_OK)
        printf("%-24s %6s %8s %8s %6s  error / least of no more power: %5s %5s %5s\n", "name",
               "ratio", "MAE", "MRE/%", "WCE", "MAE", "MRE", "WCE");
    for (int i = 0; i < library->count && status == AXN_OK; i++) {
        const axn_multiplier *m = &library->multipliers[i];
        if (!m->lite)
            continue;
        axn_lite_excess excess = axn_lite_excess_of(library, zero_exact, i);
        printf("%-24s %6.3f %8.2f %8.3f %6.0f %38.2f %5.2f %5.2f\n", m->name, m->power_ratio,
               m->metrics.mae, 100 * m->metrics.mre, m->metrics.wce, excess.of[AXN_FRONT_MAE],
               excess.of[AXN_FRONT_MRE], excess.of[AXN_FRONT_WCE]);
    }
    free(zero_exact);
    return status;
}

int axn_multipliers_lite(int argc, char **argv)
{
    const char *folder = NULL;
    bool json = false;
    axn_error error = {0};
    axn_library library;
    const axn_option options[] = {
        {"library", AXN_OPTION_TEXT, &folder, "DIR",
         "library folder, whose library.json is rewritten (default: the shipped one)", 0, 0, NULL},
    };
    axn_command_line line = {
        .usage = "multipliers lite [options]",
        .summary = "Chooses anew the lite set of a library: the exact multiplier and 14 that span "
                   "its power,\nlie near its fronts and keep products with 0 exact.",
        .options = options,
        .option_count = 1,
    };
    axn_parse parse = axn_options_parse(&line, argc, argv, &json);
    if (parse != AXN_PARSE_RUN)
        return parse == AXN_PARSE_DONE ? 0 : 2;
    axn_status status = axn_library_load(folder, &library, &error);
    if (status != AXN_OK)
        return axn_command_fail("multipliers lite", &error);
    status = axn_lite_choose(&library, &error);
    if (status == AXN_OK)
        status = axn_library_save(&library, &error);
    if (status == AXN_OK && json)
        status = axn_multipliers_print_json(&library, NULL, 0, &error);
    else if (status == AXN_OK)
        status = print_lite(&library, &error);
    axn_library_free(&library);
    return status == AXN_OK ? 0 : axn_command_fail("multipliers lite", &error);
}
