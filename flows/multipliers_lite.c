/* axnas multipliers lite */
#include <stdio.h>

#include "flows/multipliers.h"
#include "flows/options.h"
#include "multipliers/lite.h"

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
    for (int i = 0; i < library.count && status == AXN_OK && !json; i++)
        if (library.multipliers[i].lite)
            printf("%-24s %6.3f\n", library.multipliers[i].name,
                   library.multipliers[i].power_ratio);
    axn_library_free(&library);
    return status == AXN_OK ? 0 : axn_command_fail("multipliers lite", &error);
}
