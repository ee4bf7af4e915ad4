#include "common/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

/* Room for `more` bytes and the final NUL. */
static bool reserve(axn_buffer *buffer, size_t more)
{
    size_t needed;
    if (buffer->failed || __builtin_add_overflow(buffer->length, more, &needed) ||
        __builtin_add_overflow(needed, 1, &needed) ||
        axn_grow(&buffer->data, &buffer->capacity, needed, 1, "text", NULL) != AXN_OK) {
        buffer->failed = true;
        return false;
    }
    return true;
}

void axn_buffer_append(axn_buffer *buffer, const void *bytes, size_t length)
{
    if (!reserve(buffer, length))
        return;
    if (length > 0)
        memcpy(buffer->data + buffer->length, bytes, length);
    buffer->length += length;
    buffer->data[buffer->length] = '\0';
}

void axn_buffer_text(axn_buffer *buffer, const char *text)
{
    axn_buffer_append(buffer, text, strlen(text));
}

void axn_buffer_format(axn_buffer *buffer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0) {
        buffer->failed = true;
        return;
    }
    if (!reserve(buffer, (size_t)length))
        return;
    va_start(arguments, format);
    vsnprintf(buffer->data + buffer->length, (size_t)length + 1, format, arguments);
    va_end(arguments);
    buffer->length += (size_t)length;
}

void axn_buffer_word(axn_buffer *buffer, const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_.,:=%@/+-";
    if (text[0] != '\0' && text[strspn(text, plain)] == '\0') {
        axn_buffer_text(buffer, text);
        return;
    }
    axn_buffer_text(buffer, "'");
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '\'')
            axn_buffer_text(buffer, "'\\''");
        else
            axn_buffer_append(buffer, c < ' ' || c == 127 ? "?" : text, 1);
    }
    axn_buffer_text(buffer, "'");
}

void axn_buffer_clear(axn_buffer *buffer)
{
    buffer->length = 0;
    buffer->failed = false;
    if (buffer->data != NULL)
        buffer->data[0] = '\0';
}

void axn_buffer_free(axn_buffer *buffer)
{
    free(buffer->data);
    *buffer = (axn_buffer){0};
}
