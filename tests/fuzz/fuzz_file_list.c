/* File lists (.f) of an accelerator: whatever they say, the script has only plain words. */
#include <string.h>

#include "common/file.h"
#include "synth/file_list.h"
#include "tests/fuzz/fuzz.h"

static void add(const char *name)
{
    char path[AXN_PATH_MAX];
    axn_error error;
    if (axn_path_join(path, fuzz_folder(), name, &error) != AXN_OK ||
        axn_file_write(path, "", 0, &error) != AXN_OK)
        fuzz_fail(error.message);
}

static void check_script(const axn_buffer *script)
{
    static const char command[] = "read_verilog -sv -defer";
    for (const char *line = script->data; *line != '\0'; line += strcspn(line, "\n") + 1) {
        if (strncmp(line, command, sizeof command - 1) != 0)
            fuzz_fail("a line of the script is not ours");
        for (const char *c = line; *c != '\n'; c++)
            if (*c == '\0' || strchr(" ._/+-=", *c) == NULL)
                if (!((*c >= '0' && *c <= '9') || (*c >= 'a' && *c <= 'z') ||
                      (*c >= 'A' && *c <= 'Z')) &&
                    *c != '$')
                    fuzz_fail("the script has a character that is not plain");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    axn_buffer script = {0};
    axn_error error;
    static const char *made;
    if (made == NULL) {
        made = fuzz_folder();
        add("a.v");
        add("b-c_1.sv");
    }
    if (axn_file_list_script(made, fuzz_file(data, size), "design", &script, &error) == AXN_OK)
        check_script(&script);
    axn_buffer_free(&script);
    return 0;
}
