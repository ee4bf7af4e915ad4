/* library.json, the look-ups in it, and what is saved loaded again. */
#include <string.h>

#include "common/file.h"
#include "multipliers/library.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    axn_library library, again;
    axn_error error;
    char path[AXN_PATH_MAX];
    int index;
    (void)fuzz_put("library.json", data, size);
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
