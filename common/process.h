/* Child processes from argument vectors (never a shell), dying with their parent. */
#ifndef AXN_COMMON_PROCESS_H
#define AXN_COMMON_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/buffer.h"
#include "common/error.h"

typedef struct axn_process_options {
    const char *folder; /* working folder, NULL = ours */
    const char *input;  /* text for standard input, NULL = /dev/null */
    axn_buffer *output; /* collects standard output and error together; NULL = discard */
    double timeout_s;   /* 0 = none */
    size_t memory;      /* bytes of address space it may take, 0 = no limit */
} axn_process_options;

/* Runs argv (NULL-terminated; argv[0] without a slash is searched in PATH, with one
 * it counts from options->folder) to its end. A missing
 * program, a signal, a time-out or a non-zero exit is AXN_ERROR_TOOL, whose
 * message holds the program's name and the last lines it printed. Ctrl-C kills the child
 * and gives AXN_ERROR_INTERRUPTED. options may be NULL. */
axn_status axn_process_run(const char *const *argv, const axn_process_options *options,
                           axn_error *error);

/* A child with pipes to its standard input and output; standard error is ours. */
typedef struct axn_child {
    pid_t pid;
    int to;   /* its standard input; -1 when closed */
    int from; /* its standard output; -1 when closed */
} axn_child;
/* argv as above. The child is killed when the thread that started it ends. */
axn_status axn_child_start(const char *const *argv, const char *folder, axn_child *out,
                           axn_error *error);
/* Writes all bytes to its standard input; a child that has gone is AXN_ERROR_TOOL,
 * not a SIGPIPE. */
axn_status axn_child_write(axn_child *child, const void *bytes, size_t length, const char *name,
                           axn_error *error);
/* Closes its input, reads its output to the end, waits; AXN_ERROR_TOOL unless it exited with 0. */
axn_status axn_child_finish(axn_child *child, const char *name, axn_error *error);
/* Kills and reaps. */
void axn_child_kill(axn_child *child);

/* Is `program` found in PATH? */
bool axn_program_available(const char *program);

#endif
