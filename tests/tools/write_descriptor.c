/* Writes the files made from rtl_gen/descriptor.def and rtl_gen/registers.def:
 *   write_descriptor [REPOSITORY] */
#include <stdio.h>

#include "common/file.h"
#include "rtl_gen/descriptor.h"

static axn_status write_part(const char *root, const char *name, void (*make)(axn_buffer *),
                             axn_error *error)
{
    char path[AXN_PATH_MAX];
    axn_buffer text = {0};
    make(&text);
    axn_status status = axn_path_join(path, root, name, error);
    if (status == AXN_OK) {
        status = axn_file_write(path, text.data, text.length, error);
    }
    axn_buffer_free(&text);
    return status;
}

int main(int argc, char **argv)
{
    const char *root = argc > 1 ? argv[1] : ".";
    axn_error error = {0};
    if (write_part(root, "rtl_lib/axn_descriptor.vh", axn_descriptor_verilog, &error) != AXN_OK ||
        write_part(root, "docs/descriptor.md", axn_descriptor_document, &error) != AXN_OK) {
        fprintf(stderr, "write_descriptor: %s\n", error.message);
        return 1;
    }
    return 0;
}
