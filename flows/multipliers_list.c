/* axnas multipliers list */
#include "flows/multipliers.h"
#include "flows/options.h"

int axn_multipliers_list(int argc, char **argv)
{
    const char *folder = NULL;
    bool json = false;
    axn_error error = {0};
    axn_library library;
    const axn_option options[] = {
        {"library", AXN_OPTION_TEXT, &folder, "DIR", "library folder (default: the shipped one)", 0,
         0, NULL},
    };
    axn_command_line line = {
        .usage = "multipliers list [options]",
        .summary = "The multipliers of a library with their costs and errors.",
        .options = options,
        .option_count = 1,
    };
    axn_parse parse = axn_options_parse(&line, argc, argv, &json);
    if (parse != AXN_PARSE_RUN)
        return parse == AXN_PARSE_DONE ? 0 : 2;
    axn_status status = axn_library_load(folder, &library, &error);
    if (status != AXN_OK)
        return axn_command_fail("multipliers list", &error);
    status = json ? axn_multipliers_print_json(&library, NULL, 0, &error)
                  : axn_multipliers_print_table(&library, &error);
    axn_library_free(&library);
    return status == AXN_OK ? 0 : axn_command_fail("multipliers list", &error);
}
