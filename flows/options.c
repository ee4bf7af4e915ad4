#include "flows/options.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/progress.h"

#define WIDTH 28 /* of the options' names in the help */

static void print_option(const char *name, const char *value_name, const char *help)
{
    char left[80];
    snprintf(left, sizeof left, "%s%s%s%s", name[1] == '\0' ? "-" : "--", name,
             value_name != NULL ? " " : "", value_name != NULL ? value_name : "");
    printf("  %-*s%s%s\n", WIDTH, left,
           strlen(left) > WIDTH ? "\n                               " : " ", help);
}

static void print_help(const axn_command_line *line)
{
    printf("usage: axnas %s\n\n%s\n\noptions:\n", line->usage, line->summary);
    for (int i = 0; i < line->option_count; i++) {
        const axn_option *option = &line->options[i];
        print_option(option->name, option->value_name, option->help);
    }
    print_option("json", NULL, "print one JSON object on standard output");
    print_option("quiet", NULL, "no progress and no messages but errors");
    print_option("help", NULL, "show this text");
}

static axn_parse wrong(const axn_command_line *line, const char *format, const char *what)
{
    fprintf(stderr, "axnas: ");
    fprintf(stderr, format, what);
    fprintf(stderr, "\nusage: axnas %s\n       --help shows all options\n", line->usage);
    return AXN_PARSE_WRONG;
}

static bool is_choice(const char *choices, const char *value)
{
    size_t length = strlen(value);
    for (const char *at = choices; length > 0 && at != NULL && *at != '\0';) {
        const char *end = strchr(at, '|');
        size_t width = end != NULL ? (size_t)(end - at) : strlen(at);
        if (width == length && memcmp(at, value, width) == 0) {
            return true;
        }
        at = end != NULL ? end + 1 : NULL;
    }
    return false;
}

/* Stores a value; false after printing why it was refused. */
static bool store(const axn_option *option, const char *value)
{
    char *end = NULL;
    errno = 0;
    if (option->kind == AXN_OPTION_TEXT) {
        *(const char **)option->value = value;
        return true;
    }
    if (option->kind == AXN_OPTION_LIST) {
        axn_option_list *list = option->value;
        list->values[list->count++] = value;
        return true;
    }
    if (option->kind == AXN_OPTION_CHOICE) {
        if (!is_choice(option->value_name, value)) {
            fprintf(stderr, "axnas: --%s must be one of %s, not \"%s\"\n", option->name,
                    option->value_name, value);
            return false;
        }
        *(const char **)option->value = value;
        return true;
    }
    if (option->kind == AXN_OPTION_INTEGER) {
        long long number = strtoll(value, &end, 10);
        if (end == value || *end != '\0' || errno != 0 || (double)number < option->low ||
            (double)number > option->high) {
            fprintf(stderr, "axnas: --%s must be a whole number from %.0f to %.0f, not \"%s\"\n",
                    option->name, option->low, option->high, value);
            return false;
        }
        *(int64_t *)option->value = number;
        return true;
    }
    double number = strtod(value, &end);
    if (end == value || *end != '\0' || !isfinite(number) || number < option->low ||
        number > option->high) {
        fprintf(stderr, "axnas: --%s must be a number from %g to %g, not \"%s\"\n", option->name,
                option->low, option->high, value);
        return false;
    }
    *(double *)option->value = number;
    return true;
}

static const axn_option *find(const axn_command_line *line, const char *name, size_t length)
{
    for (int i = 0; i < line->option_count; i++) {
        if (strlen(line->options[i].name) == length &&
            memcmp(line->options[i].name, name, length) == 0) {
            return &line->options[i];
        }
    }
    return NULL;
}

static bool is_common(const char *argument, const char *name)
{
    return strncmp(argument, "--", 2) == 0 && strcmp(argument + 2, name) == 0;
}

/* Handles argv[*at], an option; moves *at over its value. */
static axn_parse parse_option(axn_command_line *line, int argc, char **argv, int *at)
{
    const char *argument = argv[*at];
    bool is_long = argument[1] == '-';
    const char *name = argument + (is_long ? 2 : 1);
    const char *equals = is_long ? strchr(name, '=') : NULL;
    size_t length = equals != NULL ? (size_t)(equals - name) : strlen(name);
    const axn_option *option = is_long == (length > 1) ? find(line, name, length) : NULL;
    if (option == NULL) {
        return wrong(line, "unknown option \"%s\"", argument);
    }
    if (option->given != NULL) {
        *option->given = true;
    }
    if (option->kind == AXN_OPTION_FLAG) {
        if (equals != NULL) {
            return wrong(line, "option \"%s\" takes no value", argument);
        }
        *(bool *)option->value = true;
        return AXN_PARSE_RUN;
    }
    const char *value = equals != NULL ? equals + 1 : NULL;
    if (value == NULL) {
        if (*at + 1 >= argc) {
            return wrong(line, "option \"%s\" needs a value", argument);
        }
        value = argv[++*at];
    }
    return store(option, value) ? AXN_PARSE_RUN : AXN_PARSE_WRONG;
}

axn_parse axn_options_parse(axn_command_line *line, int argc, char **argv, bool *json)
{
    bool options_ended = false;
    const char *extra = NULL;
    line->argument_count = 0;
    for (int i = 1; i < argc; i++) {
        if (is_common(argv[i], "help") && !options_ended) {
            print_help(line);
            return AXN_PARSE_DONE;
        }
    }
    for (int i = 1; i < argc; i++) {
        const char *argument = argv[i];
        if (options_ended || argument[0] != '-' || argument[1] == '\0') {
            if (line->most >= 0 && line->argument_count >= line->most) {
                extra = extra != NULL ? extra : argument;
            } else {
                line->arguments[line->argument_count++] = argument;
            }
        } else if (strcmp(argument, "--") == 0) {
            options_ended = true;
        } else if (json != NULL && is_common(argument, "json")) {
            *json = true;
        } else if (is_common(argument, "quiet")) {
            axn_progress_set_quiet(true);
        } else {
            axn_parse result = parse_option(line, argc, argv, &i);
            if (result != AXN_PARSE_RUN) {
                return result;
            }
        }
    }
    if (line->argument_count < line->least) {
        return wrong(line, "%s", "an argument is missing");
    }
    if (extra != NULL) {
        return wrong(line, "unexpected argument \"%s\"", extra);
    }
    return AXN_PARSE_RUN;
}

int axn_command_fail(const char *command, const axn_error *error)
{
    fprintf(stderr, "axnas %s: %s\n", command, error->message);
    return error->status == AXN_ERROR_USAGE ? 2 : 1;
}
