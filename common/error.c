#include "common/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Appends as much of `text` as fits. */
static void append(char *message, size_t size, const char *text)
{
    size_t used = strlen(message);
    size_t length = strlen(text);
    if (length > size - 1 - used)
        length = size - 1 - used;
    memcpy(message + used, text, length);
    message[used + length] = '\0';
}

/* `message` is a buffer of the caller's: the arguments may point into the error. */
static axn_status record(axn_error *error, axn_status status, const char *message)
{
    error->status = status;
    error->message[0] = '\0';
    append(error->message, sizeof error->message, message);
    return status;
}

axn_status axn_fail(axn_error *error, axn_status status, const char *format, ...)
{
    if (error == NULL)
        return status;
    char message[sizeof error->message];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return record(error, status, message);
}

axn_status axn_fail_errno(axn_error *error, axn_status status, const char *format, ...)
{
    int cause = errno;
    if (error == NULL)
        return status;
    char message[sizeof error->message];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    char text[128];
    append(message, sizeof message, ": ");
    append(message, sizeof message, strerror_r(cause, text, sizeof text));
    return record(error, status, message);
}

axn_status axn_error_prefix(axn_error *error, const char *format, ...)
{
    if (error == NULL)
        return AXN_ERROR_FORMAT;
    char message[sizeof error->message];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    append(message, sizeof message, ": ");
    append(message, sizeof message, error->message);
    return record(error, error->status, message);
}
