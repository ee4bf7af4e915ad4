/* Failure as a value: every function that can fail returns an axn_status and, on
 * failure, leaves one sentence that names the file (or option) and the cause. */
#ifndef AXN_COMMON_ERROR_H
#define AXN_COMMON_ERROR_H

#include <stddef.h>

typedef enum axn_status {
    AXN_OK = 0,
    AXN_ERROR_USAGE,      /* the caller asked for something impossible (exit status 2) */
    AXN_ERROR_IO,         /* a file could not be read or written */
    AXN_ERROR_FORMAT,     /* a file's content is damaged or foreign */
    AXN_ERROR_NOT_FOUND,  /* a name is not known (multiplier, dataset, layer ...) */
    AXN_ERROR_EXISTS,     /* an output folder exists and is not empty */
    AXN_ERROR_LIMIT,      /* something is larger than what can be handled; names the limit */
    AXN_ERROR_MEMORY,     /* an allocation failed */
    AXN_ERROR_TOOL,       /* a child process failed or is missing */
    AXN_ERROR_MISMATCH,   /* a check failed (hash, golden bytes, netlist against table) */
    AXN_ERROR_INTERRUPTED /* the user stopped the program */
} axn_status;

/* One error, owned by the caller; initialise with {0} or leave it: it is written
 * only on failure. `message` is always NUL-terminated, truncated if need be. */
typedef struct axn_error {
    axn_status status;
    char message[1024];
} axn_error;

/* Records status and message in *error (which may be NULL) and returns status. */
axn_status axn_fail(axn_error *error, axn_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same, with strerror(errno) of the failed call appended after ": ". */
axn_status axn_fail_errno(axn_error *error, axn_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts `format...` and ": " in front of an error's message; returns its status. */
axn_status axn_error_prefix(axn_error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
