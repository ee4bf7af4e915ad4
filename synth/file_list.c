#include "synth/file_list.h"

#include <string.h>

#include "common/file.h"
#include "synth/yosys.h"

#define MAX_BYTES ((size_t)1 << 20)

typedef struct reader {
    const char *path, *folder, *link;
    int line;
    axn_buffer options, *script;
    axn_error *error;
} reader;

static axn_status fail(const reader *r, const char *what, const char *text)
{
    return axn_fail(r->error, AXN_ERROR_FORMAT, "%s:%d: %s: %.200s", r->path, r->line, what, text);
}

static bool safe_path(const char *path)
{
    if (*path == '/' || *path == '-' || *path == '\0')
        return false;
    for (const char *c = path; *c != '\0'; c++)
        if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') ||
              strchr("._/+-", *c) != NULL))
            return false;
    for (const char *part = path; part != NULL; part = strchr(part, '/')) {
        part += *part == '/';
        if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0'))
            return false;
    }
    return true;
}

static axn_status add_define(reader *r, char *text)
{
    char *value = strchr(text, '=');
    if (value != NULL)
        *value++ = '\0';
    for (const char *c = value; c != NULL && *c != '\0'; c++)
        if (!((*c >= '0' && *c <= '9') || (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
              *c == '_'))
            return fail(r, "value of a define is not a plain word", value);
    if (!axn_plain_name(text))
        return fail(r, "define is not a plain name", text);
    axn_buffer_format(&r->options, " -D%s%s%s", text, value != NULL ? "=" : "",
                      value != NULL ? value : "");
    return AXN_OK;
}

static axn_status add_file(reader *r, const char *name)
{
    char path[AXN_PATH_MAX];
    axn_status status = axn_path_join(path, r->folder, name, r->error);
    if (status != AXN_OK)
        return status;
    if (!axn_path_exists(path))
        return fail(r, "file is missing", name);
    axn_buffer_format(r->script, "read_verilog -sv -defer%s %s/%s\n",
                      r->options.data != NULL ? r->options.data : "", r->link, name);
    return AXN_OK;
}

static axn_status add_line(reader *r, char *text)
{
    char *comment = strstr(text, "//");
    if (comment != NULL)
        *comment = '\0';
    text[strcspn(text, "#\r")] = '\0';
    text += strspn(text, " \t");
    size_t length = strlen(text);
    while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t'))
        text[--length] = '\0';
    if (length == 0)
        return AXN_OK;
    if (strncmp(text, "+define+", 8) == 0)
        return add_define(r, text + 8);
    bool folder = strncmp(text, "+incdir+", 8) == 0;
    const char *path = folder ? text + 8 : text;
    if (!safe_path(path) || (!folder && *path == '+'))
        return fail(r, "not a plain relative path inside the folder", path);
    if (!folder)
        return add_file(r, path);
    axn_buffer_format(&r->options, " -I%s/%s", r->link, path);
    return AXN_OK;
}

axn_status axn_file_list_script(const char *folder, const char *list, const char *link,
                                axn_buffer *script, axn_error *error)
{
    char path[AXN_PATH_MAX];
    axn_buffer text = {0};
    reader r = {.path = path, .folder = folder, .link = link, .script = script, .error = error};
    axn_status status = axn_path_join(path, folder, list, error);
    if (status == AXN_OK)
        status = axn_file_read(path, MAX_BYTES, &text, error);
    size_t before = script->length;
    char *line = status == AXN_OK ? text.data : NULL;
    while (line != NULL && status == AXN_OK) {
        char *end = strchr(line, '\n');
        if (end != NULL)
            *end = '\0';
        r.line++;
        status = add_line(&r, line);
        line = end != NULL ? end + 1 : NULL;
    }
    if (status == AXN_OK && script->length == before)
        status = axn_fail(error, AXN_ERROR_FORMAT, "%s: names no files", path);
    axn_buffer_free(&text);
    axn_buffer_free(&r.options);
    return status;
}
