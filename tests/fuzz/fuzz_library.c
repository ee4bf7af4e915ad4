/* library.json, the look-ups in it, and what is saved loaded again. */
#include <stdio.h>
#include <string.h>

#include "common/file.h"
#include "multipliers/library.h"
#include "tests/fuzz/fuzz.h"

/* Without the fsync of axn_file_write, which would take most of the time. */
static void write_plainly(const char *path, const uint8_t *data, size_t size)
{
    FILE *file = fopen(path, "wbe");
    bool good = file != NULL && (size == 0 || fwrite(data, size, 1, file) == 1);
    if (file == NULL || fclose(file) != 0 || !good)
        fuzz_fail("cannot write the input");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    axn_library library, again;
    axn_error error;
    char path[AXN_PATH_MAX];
    int index;
    if (axn_path_join(path, fuzz_folder(), "library.json", &error) != AXN_OK)
        fuzz_fail(error.message);
    write_plainly(path, data, size);
    if (axn_library_load(fuzz_folder(), &library, &error) != AXN_OK)
        return 0;
    (void)axn_library_require(&library, "no_such_circuit", &index, &error);
    for (int i = 0; i < library.count; i++)
        if (axn_library_netlist(&library, i, path, &error) != AXN_OK ||
            strchr(axn_path_base(path), '/') != NULL ||
            axn_library_find(&library, library.multipliers[i].name) != i)
            fuzz_fail("a circuit cannot be found by its name");
    if (axn_library_save(&library, &error) != AXN_OK ||
        axn_library_load(fuzz_folder(), &again, &error) != AXN_OK)
        fuzz_fail(error.message);
    if (again.count != library.count || again.exact != library.exact)
        fuzz_fail("a saved library differs");
    axn_library_free(&library);
    axn_library_free(&again);
    return 0;
}
