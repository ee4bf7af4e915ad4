/* Command-line options, the same way for every subcommand: a table of long options,
 * --help made from it, unknown options and missing values refused with exit status 2. */
#ifndef AXN_FLOWS_OPTIONS_H
#define AXN_FLOWS_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"

typedef enum axn_option_kind {
    AXN_OPTION_FLAG,    /* --name            -> bool */
    AXN_OPTION_TEXT,    /* --name VALUE      -> const char * (borrowed from argv) */
    AXN_OPTION_INTEGER, /* --name N          -> int64_t within low..high */
    AXN_OPTION_NUMBER,  /* --name X          -> double within low..high */
    AXN_OPTION_CHOICE,  /* --name WORD       -> const char *, one of `value_name` "a|b|c" */
    AXN_OPTION_LIST     /* --name VALUE ...  -> axn_option_list *, one more each time */
} axn_option_kind;

typedef struct axn_option_list {
    const char **values; /* borrowed from argv; room for `argc` of them, by the caller */
    int count;
} axn_option_list;

typedef struct axn_option {
    const char *name; /* without "--"; a single letter is written "-x" */
    axn_option_kind kind;
    void *value;            /* where it goes; holds the default beforehand */
    const char *value_name; /* "DIR", "N", "a|b"; NULL for flags */
    const char *help;       /* one line */
    double low, high;       /* INTEGER, NUMBER */
    bool *given;            /* set when the option was used; may be NULL */
} axn_option;

typedef struct axn_command_line {
    const char *usage;   /* "rtl MODEL --out DIR [options]" */
    const char *summary; /* one or two sentences */
    const axn_option *options;
    int option_count;
    int least, most;        /* number of positional arguments; most < 0 = any number */
    const char **arguments; /* receives them, in order; room for `argc` */
    int argument_count;     /* out */
} axn_command_line;

/* Every command understands --help, --json and --quiet without listing them;
 * --json and --quiet are stored here if not NULL (--json implies quiet = false:
 * progress stays on standard error). `--` ends the options. A long option may be
 * written --name=VALUE. */
typedef enum axn_parse {
    AXN_PARSE_RUN,  /* go on */
    AXN_PARSE_DONE, /* --help was printed: exit status 0 */
    AXN_PARSE_WRONG /* a message was printed: exit status 2 */
} axn_parse;
axn_parse axn_options_parse(axn_command_line *line, int argc, char **argv, bool *json);

/* Prints "axnas COMMAND: message" on standard error and returns the exit status:
 * 2 for AXN_ERROR_USAGE, else 1. */
int axn_command_fail(const char *command, const axn_error *error);

#endif
