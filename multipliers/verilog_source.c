#include "multipliers/verilog_source.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "common/file.h"

typedef struct scan {
    const char *text;
    size_t length, at;
    int line;
    int depth; /* of brackets and begin-end blocks */
    axn_buffer *out;
    axn_error *error;
} scan;

static axn_status refuse(const scan *s, const char *reason)
{
    return axn_fail(s->error, AXN_ERROR_FORMAT, "line %d: %s", s->line, reason);
}

static bool name_character(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '$';
}

static bool starts(const scan *s, size_t at, const char *word)
{
    size_t length = strlen(word);
    return s->length - at >= length && memcmp(s->text + at, word, length) == 0;
}

/* Does the comment say that what follows is not for synthesis, or is again? */
static const char *translation_switch(const char *text, size_t length)
{
    static const char *const makers[] = {"synopsys", "synthesis"};
    size_t at = 0;
    while (at < length && (text[at] == ' ' || text[at] == '\t'))
        at++;
    for (int i = 0; i < 2; i++) {
        size_t word = strlen(makers[i]);
        if (length - at < word || memcmp(text + at, makers[i], word) != 0)
            continue;
        at += word;
        while (at < length && (text[at] == ' ' || text[at] == '\t'))
            at++;
        if (length - at >= 13 && memcmp(text + at, "translate_off", 13) == 0)
            return " /* synopsys translate_off */ ";
        if (length - at >= 12 && memcmp(text + at, "translate_on", 12) == 0)
            return " /* synopsys translate_on */ ";
        return NULL;
    }
    return NULL;
}

/* A comment becomes a blank and its line ends. */
static axn_status skip_comment(scan *s)
{
    bool block = s->text[s->at + 1] == '*';
    size_t begin = s->at + 2, end = begin;
    while (end < s->length && (block ? !starts(s, end, "*/") : s->text[end] != '\n'))
        end++;
    if (block && end == s->length)
        return refuse(s, "a comment without end");
    const char *kept = translation_switch(s->text + begin, end - begin);
    axn_buffer_text(s->out, kept != NULL ? kept : " ");
    for (size_t i = begin; i < end; i++)
        if (s->text[i] == '\n') {
            axn_buffer_append(s->out, "\n", 1);
            s->line++;
        }
    s->at = end + (block ? 2 : 0);
    return AXN_OK;
}

static axn_status copy_string(scan *s)
{
    size_t end = s->at + 1;
    while (end < s->length && s->text[end] != '"' && s->text[end] != '\n')
        end += s->text[end] == '\\' && end + 1 < s->length && s->text[end + 1] != '\n' ? 2 : 1;
    if (end >= s->length || s->text[end] != '"')
        return refuse(s, "a string without end");
    if (end - s->at >= 4 && starts(s, s->at, "\"DPI"))
        return refuse(s, "a foreign function (DPI)");
    axn_buffer_append(s->out, s->text + s->at, end + 1 - s->at);
    s->at = end + 1;
    return AXN_OK;
}

/* Directives that cannot reach outside the file nor make up other words. */
static axn_status copy_directive(scan *s)
{
    size_t end = s->at + 1;
    while (end < s->length && name_character(s->text[end]))
        end++;
    size_t length = end - s->at;
    if (length == 8 && starts(s, s->at, "`include"))
        return refuse(s, "`include of another file; a circuit is what stands in its own file");
    if (length == 1)
        return refuse(s, "a ` that is neither a directive nor a macro's name");
    if (end < s->length && (s->text[end] == '`' || s->text[end] == '\\'))
        return refuse(s, "a macro joined to other text");
    axn_buffer_append(s->out, s->text + s->at, length);
    s->at = end;
    return AXN_OK;
}

/* System tasks that reach outside; Yosys knows them behind a backslash too. */
static axn_status check_task(const scan *s, size_t at)
{
    static const char *const refused[] = {"$readmem", "$sreadmem", "$fopen", "$fread", "$system"};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        if (starts(s, at, refused[i]))
            return axn_fail(s->error, AXN_ERROR_FORMAT,
                            "line %d: %s; a circuit is what stands in its own file", s->line,
                            refused[i]);
    return AXN_OK;
}

/* Words of the language and of the user. */
static axn_status copy_name(scan *s)
{
    static const char *const opens[] = {"begin",    "case",     "casex", "casez",
                                        "generate", "function", "task",  "module"};
    static const char *const ends[] = {"end",         "endcase", "endgenerate",
                                       "endfunction", "endtask", "endmodule"};
    size_t begin = s->at, end = begin;
    while (end < s->length && name_character(s->text[end]))
        end++;
    size_t length = end - begin;
    axn_status status = check_task(s, begin);
    if (status != AXN_OK)
        return status;
    if (s->text[begin] == '$' && (length == 1 || (end < s->length && s->text[end] == '`')))
        return refuse(s, "a $ that is not a system function's name");
    for (size_t i = 0; i < sizeof opens / sizeof opens[0]; i++)
        s->depth += strlen(opens[i]) == length && starts(s, begin, opens[i]);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        s->depth -= strlen(ends[i]) == length && starts(s, begin, ends[i]);
    axn_buffer_append(s->out, s->text + begin, length);
    s->at = end;
    return AXN_OK;
}

/* \name up to the next blank: part of the text like any other, but no macro in it. */
static axn_status copy_escaped(scan *s)
{
    size_t end = s->at + 1;
    axn_status status = check_task(s, end);
    if (status != AXN_OK)
        return status;
    while (end < s->length && !isspace((unsigned char)s->text[end]))
        if (s->text[end++] == '`')
            return refuse(s, "a ` in an escaped name");
    if (end == s->at + 1 && end < s->length && s->text[end] != '\n' && s->text[end] != '\r')
        return refuse(s, "an empty escaped name");
    axn_buffer_append(s->out, s->text + s->at, end - s->at);
    s->at = end;
    return AXN_OK;
}

static axn_status copy_character(scan *s)
{
    char c = s->text[s->at];
    if (c == '\0')
        return refuse(s, "a NUL byte: this is no Verilog text");
    if (c == '\n')
        s->line++;
    if (c == '(' || c == '[' || c == '{')
        s->depth++;
    if (c == ')' || c == ']' || c == '}')
        s->depth--;
    axn_buffer_append(s->out, &c, 1);
    s->at++;
    return AXN_OK;
}

static axn_status copy_next(scan *s)
{
    char c = s->text[s->at];
    if (c == '/' && (starts(s, s->at, "//") || starts(s, s->at, "/*")))
        return skip_comment(s);
    if (c == '"')
        return copy_string(s);
    if (c == '`')
        return copy_directive(s);
    if (c == '\\')
        return copy_escaped(s);
    if (name_character(c))
        return copy_name(s);
    return copy_character(s);
}

axn_status axn_verilog_source(const char *text, size_t length, axn_buffer *out, axn_error *error)
{
    scan s = {.text = text, .length = length, .line = 1, .out = out, .error = error};
    axn_status status = AXN_OK;
    while (s.at < length && status == AXN_OK) {
        status = copy_next(&s);
        s.depth = s.depth < 0 ? 0 : s.depth;
        if (status == AXN_OK && s.depth > AXN_VERILOG_MAX_DEPTH)
            status = refuse(&s, "nested deeper than 500");
    }
    if (status == AXN_OK && out->failed)
        status = axn_fail(error, AXN_ERROR_MEMORY, "out of memory for Verilog text");
    return status;
}

axn_status axn_verilog_source_place(const char *file, const char *path, axn_error *error)
{
    axn_buffer text = {0}, safe = {0};
    axn_error cause = {0};
    axn_status status = axn_file_read(file, AXN_VERILOG_MAX_BYTES, &text, error);
    if (status == AXN_OK && text.length > 0) {
        status = axn_verilog_source(text.data, text.length, &safe, &cause);
        if (status != AXN_OK)
            status = axn_fail(error, status, "%s: %s", file, cause.message);
    }
    if (status == AXN_OK)
        status = axn_file_write(path, safe.data == NULL ? "" : safe.data, safe.length, error);
    axn_buffer_free(&text);
    axn_buffer_free(&safe);
    return status;
}
