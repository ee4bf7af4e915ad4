/* axnas multipliers ACTION */
#include <stdio.h>
#include <string.h>

#include "flows/commands.h"
#include "flows/multipliers.h"

int axn_cmd_multipliers(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
        const char *summary;
    } actions[] = {
        {"list", axn_multipliers_list, "the multipliers of a library"},
        {"characterise", axn_multipliers_characterise,
         "error, area, power and delay of Verilog files"},
        {"recharacterise", axn_multipliers_recharacterise,
         "measure a library again, with another Liberty"},
        {"import", axn_multipliers_import, "add circuits of other people's Verilog to a library"},
        {"generate", axn_multipliers_generate, "write the classical families as a library"},
        {"evolve", axn_multipliers_evolve, "evolve approximate multipliers of least power"},
        {"front", axn_multipliers_front, "the best of a library, and how it compares with others"},
        {"lite", axn_multipliers_lite, "choose the lite set of a library"},
    };
    size_t count = sizeof actions / sizeof actions[0];
    for (size_t i = 0; i < count && argc > 1; i++)
        if (strcmp(argv[1], actions[i].name) == 0)
            return actions[i].run(argc - 1, argv + 1);
    bool help = argc > 1 && strcmp(argv[1], "--help") == 0;
    FILE *stream = help ? stdout : stderr;
    if (argc > 1 && !help)
        fprintf(stream, "axnas multipliers: unknown action \"%s\"\n", argv[1]);
    fprintf(stream, "usage: axnas multipliers ACTION [options]\n\n");
    for (size_t i = 0; i < count; i++)
        fprintf(stream, "  %-16s %s\n", actions[i].name, actions[i].summary);
    fprintf(stream, "\n`axnas multipliers ACTION --help` shows the options.\n");
    return help ? 0 : 2;
}
