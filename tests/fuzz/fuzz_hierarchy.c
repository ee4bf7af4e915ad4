/* A hierarchical mapped design (JSON of Yosys): definitions, elaboration, module names. */
#include <stdlib.h>

#include "synth/buffering.h"
#include "synth/elaborate.h"
#include "synth/hierarchy_internal.h"
#include "synth/yosys_json.h"
#include "tests/fuzz/fuzz.h"

static void rename_modules(const uint8_t *data, size_t size)
{
    cJSON *json = NULL;
    long buffers;
    axn_module_list list;
    axn_hierarchy measured = {.top = -1};
    if (axn_yosys_json_read(fuzz_file(data, size), &json, NULL) != AXN_OK)
        return;
    cJSON *modules = cJSON_GetObjectItemCaseSensitive(json, "modules");
    static const char *const kept[] = {"mem", NULL};
    (void)axn_buffer_design(fuzz_cells(), modules, kept, &buffers, NULL);
    if (axn_module_list_read(fuzz_cells(), "input", modules, &list, NULL) == AXN_OK) {
        (void)axn_hierarchy_measure(&list, "top", &measured, NULL);
        axn_hierarchy_free(&measured);
        if (axn_module_list_rename(&list, NULL) != AXN_OK)
            fuzz_fail("modules cannot be renamed");
        axn_module_list_free(&list);
    }
    cJSON_Delete(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    axn_elaboration design;
    axn_error error;
    if (axn_elaborate(fuzz_cells(), fuzz_file(data, size), "top", &design, &error) == AXN_OK) {
        for (int g = 0; g < design.netlist.gate_count; g++)
            if (design.scope[g] < 0 || design.scope[g] >= design.scope_count)
                fuzz_fail("a gate belongs to no scope");
        axn_elaboration_free(&design);
    }
    rename_modules(data, size);
    return 0;
}
