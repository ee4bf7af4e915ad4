/* The axnas program: finds the subcommand and runs it. */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/interrupt.h"
#include "flows/commands.h"

typedef struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary; /* NULL: not shown */
} command;

static const command commands[] = {
    {"multipliers", axn_cmd_multipliers, "list, characterise and generate 8-bit multipliers"},
    {"search", axn_cmd_search, "evolve networks together with their multiplier"},
    {"pareto", axn_cmd_pareto, "show the non-dominated set of a search"},
    {"train", axn_cmd_train, "train one network without a search"},
    {"retrain", axn_cmd_retrain, "final training of a Pareto point"},
    {"evaluate", axn_cmd_evaluate, "accuracy of a quantised model, computed as the hardware does"},
    {"assign", axn_cmd_assign, "choose a multiplier for each layer, without retraining"},
    {"rtl", axn_cmd_rtl, "generate the accelerator of a model"},
    {"simulate", axn_cmd_simulate, "simulate an accelerator against the golden model"},
    {"synth", axn_cmd_synth, "area and power of an accelerator"},
    {"report", axn_cmd_report, "one self-contained page of a search"},
    {"demo", axn_cmd_demo, "the whole path on Fashion-MNIST, from a search to synthesis"},
    {"worker", axn_cmd_worker, NULL},
};

static void print_usage(FILE *stream)
{
    fprintf(stream, "usage: axnas COMMAND [options]\n\n"
                    "Co-design of convolutional networks and approximate multipliers.\n\n"
                    "commands:\n");
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (commands[i].summary != NULL) {
            fprintf(stream, "  %-12s %s\n", commands[i].name, commands[i].summary);
        }
    }
    fprintf(stream, "\n`axnas COMMAND --help` shows the options of a command.\n");
}

static bool is_plain(const char *path)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/+-";
    return path[0] == '/' && path[strspn(path, plain)] == '\0';
}

/* Yosys, ABC and Icarus write the folder for temporary files, and the folder they run in,
 * into command lines without quoting it: one that is not plain gives way to /tmp. Relative
 * ones are made absolute, as the tools run elsewhere. */
static void settle_temporary_folder(void)
{
    static const char *const names[] = {"TMPDIR", "TMP", "TEMP", "TEMPDIR"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);
        char *real = value != NULL && value[0] != '\0' ? realpath(value, NULL) : NULL;
        if (real != NULL) {
            (void)setenv(names[i], is_plain(real) ? real : "/tmp", 1);
        } else if (value != NULL && value[0] != '\0' && !is_plain(value)) {
            (void)unsetenv(names[i]);
        }
        free(real);
    }
}

/* With a standard file closed, the next file opened would take its place, and messages
 * would be written into it. What stands there for output cannot be written, so that it is
 * not thought to have arrived. */
static void fill_standard_files(void)
{
    for (int file = 0; file <= 2; file++) {
        if (fcntl(file, F_GETFD) < 0) {
            (void)open("/dev/null", file == STDERR_FILENO ? O_WRONLY : O_RDONLY);
        }
    }
}

/* What was printed must have arrived. */
static int finish(int status, const char *name)
{
    bool lost = fflush(stdout) != 0 || ferror(stdout) != 0;
    if (lost && status == 0) {
        fprintf(stderr, "axnas%s%s: cannot write to standard output\n", name[0] != '\0' ? " " : "",
                name);
        return 1;
    }
    return status;
}

int main(int argc, char **argv)
{
    fill_standard_files();
    axn_interrupt_install();
    settle_temporary_folder();
    if (argc < 2) {
        print_usage(stderr);
        return 2;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        print_usage(stdout);
        return finish(0, "");
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("axnas 0.1.0");
        return finish(0, "");
    }
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            return finish(commands[i].run(argc - 1, argv + 1), argv[1]);
        }
    }
    fprintf(stderr, "axnas: unknown command \"%s\"\n", argv[1]);
    print_usage(stderr);
    return 2;
}
