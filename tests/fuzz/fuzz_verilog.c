/* Verilog from outside on its way to Yosys: what is let through keeps its lines, reaches
 * no other file, and would be let through again. */
#include <ctype.h>
#include <string.h>

#include "multipliers/verilog_source.h"
#include "tests/fuzz/fuzz.h"

static size_t lines(const char *text, size_t length)
{
    size_t count = 0;
    for (size_t i = 0; i < length; i++)
        count += text[i] == '\n';
    return count;
}

/* `include outside of a string. */
static void check_text(const char *text, size_t length)
{
    bool in_string = false;
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '"')
            in_string = !in_string;
        else if (in_string && text[i] == '\\')
            i++;
        else if (text[i] == '\\') /* an escaped name */
            while (i + 1 < length && !isspace((unsigned char)text[i + 1]))
                i++;
        else if (!in_string && length - i >= 8 && memcmp(text + i, "`include", 8) == 0 &&
                 (length - i == 8 || (!isalnum((unsigned char)text[i + 8]) && text[i + 8] != '_' &&
                                      text[i + 8] != '$')))
            fuzz_fail("an include was let through");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    axn_buffer once = {0}, twice = {0};
    axn_error error;
    if (axn_verilog_source((const char *)data, size, &once, &error) == AXN_OK && size > 0) {
        if (lines((const char *)data, size) != lines(once.data, once.length))
            fuzz_fail("lines were lost");
        check_text(once.data, once.length);
        if (axn_verilog_source(once.data, once.length, &twice, &error) != AXN_OK)
            fuzz_fail(error.message);
    }
    axn_buffer_free(&once);
    axn_buffer_free(&twice);
    return 0;
}
