/* Runs a fuzz target over files and folders of inputs: the kept corpus in the tests, or
 * one finding in a debugger. */
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include "common/file.h"
#include "tests/fuzz/fuzz.h"

#define MAX_BYTES ((size_t)1 << 26)

static axn_status replay_file(const char *path, axn_error *error)
{
    axn_buffer text = {0};
    axn_status status = axn_file_read(path, MAX_BYTES, &text, error);
    if (status == AXN_OK) {
        fprintf(stderr, "%s\n", path);
        (void)LLVMFuzzerTestOneInput((const uint8_t *)text.data, text.length);
    }
    axn_buffer_free(&text);
    return status;
}

static axn_status replay_folder(const char *folder, int *count, axn_error *error)
{
    char **names = NULL, path[AXN_PATH_MAX];
    size_t found = 0;
    axn_status status = axn_folder_list(folder, "", &names, &found, error);
    for (size_t i = 0; i < found && status == AXN_OK; i++) {
        status = axn_path_join(path, folder, names[i], error);
        if (status == AXN_OK)
            status = replay_file(path, error);
        ++*count;
    }
    axn_names_free(names, found);
    return status;
}

int main(int argc, char **argv)
{
    axn_error error = {0};
    axn_status status = AXN_OK;
    int count = 0;
    for (int i = 1; i < argc && status == AXN_OK; i++) {
        if (axn_path_is_folder(argv[i])) {
            status = replay_folder(argv[i], &count, &error);
        } else {
            status = replay_file(argv[i], &error);
            count++;
        }
    }
    if (status != AXN_OK || count == 0) {
        fprintf(stderr, "%s: %s\n", argv[0], status != AXN_OK ? error.message : "no inputs");
        return 1;
    }
    printf("%d inputs\n", count);
    return 0;
}
