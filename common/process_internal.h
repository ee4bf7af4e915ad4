/* Starting a child, shared by the parts of common/process.h. */
#ifndef AXN_COMMON_PROCESS_INTERNAL_H
#define AXN_COMMON_PROCESS_INTERNAL_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#include "common/error.h"

typedef struct axn_spawn {
    const char *const *argv;
    const char *folder; /* NULL = ours */
    bool merge_errors;  /* standard error goes where standard output goes */
    bool null_input;    /* standard input is /dev/null, `to` stays -1 */
    size_t memory;      /* bytes of address space, 0 = no limit */
    pid_t pid;          /* out; also the number of its process group */
    int to, from;       /* out: our ends of its pipes */
} axn_spawn;

/* Returns once the program runs; a failed exec or chdir is AXN_ERROR_TOOL. */
axn_status axn_spawn_start(axn_spawn *spawn, axn_error *error);

/* Kills the process group and reaps the child. */
void axn_spawn_kill(pid_t pid);

/* AXN_OK for exit status 0; else AXN_ERROR_TOOL with how `name` ended. */
axn_status axn_spawn_judge(int wait_status, const char *name, axn_error *error);

/* write() whose SIGPIPE is swallowed: errno is EPIPE instead. */
ssize_t axn_write_no_signal(int file, const void *bytes, size_t length);

#endif
