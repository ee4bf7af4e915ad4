/* Growable byte string. A failed append is remembered: check once, at the end. */
#ifndef AXN_COMMON_BUFFER_H
#define AXN_COMMON_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

typedef struct axn_buffer {
    char *data;    /* NUL-terminated when length > 0 or after any append; may be NULL */
    size_t length; /* bytes without the NUL */
    size_t capacity;
    bool failed; /* an allocation failed; the content is incomplete */
} axn_buffer;

/* Initialise with {0}. */
void axn_buffer_append(axn_buffer *buffer, const void *bytes, size_t length);
void axn_buffer_text(axn_buffer *buffer, const char *text);
void axn_buffer_format(axn_buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Appends a word as a shell takes it: as it is if it is plain, else in quotation marks;
 * control characters become '?', so that it stays on its line. */
void axn_buffer_word(axn_buffer *buffer, const char *text);
void axn_buffer_clear(axn_buffer *buffer); /* keeps the memory */
void axn_buffer_free(axn_buffer *buffer);  /* back to {0} */

#endif
