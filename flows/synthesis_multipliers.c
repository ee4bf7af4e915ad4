/* The multipliers of an accelerator, each mapped by itself and kept as it is in every cell. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "flows/synthesis_internal.h"
#include "multipliers/library.h"
#include "synth/mapping.h"
#include "synth/power.h"

#define MAX_NETLIST_BYTES ((size_t)64 << 20)

/* Does the mapped multiplier compute the table of the simulation? */
static bool equals_table(const axn_synthesis_job *run, int index, const axn_netlist *netlist,
                         uint16_t *products, axn_status *status)
{
    const axn_table *table = &run->accelerator.array_tables[index];
    *status = axn_netlist_tabulate(netlist, "a_i", "b_i", "product_o", products, run->error);
    return *status == AXN_OK && memcmp(products, table->product, sizeof table->product) == 0;
}

/* The fixed recipe, as for the library; without adder extraction where that goes wrong. */
static axn_status map_by_recipe(const axn_synthesis_job *run, int index, const char *verilog,
                                const char *module, const char *folder)
{
    const axn_manifest_multiplier *listed = &run->accelerator.manifest.multipliers[index];
    axn_netlist netlist = {0};
    uint16_t *products = NULL;
    bool equal = false;
    axn_status status = axn_allocate(&products, 65536, sizeof *products, "products", run->error);
    for (int extract = listed->extract_fa ? 1 : 0; extract >= 0 && status == AXN_OK && !equal;
         extract--) {
        axn_netlist_free(&netlist);
        status = axn_map_circuit(&run->liberty, verilog, module, extract == 1, folder, &netlist,
                                 run->error);
        if (status == AXN_OK) {
            equal = equals_table(run, index, &netlist, products, &status);
        }
    }
    if (status == AXN_OK && !equal) {
        status = axn_fail(run->error, AXN_ERROR_MISMATCH,
                          "%s: the mapped netlist does not compute the table of multiplier %s",
                          verilog, listed->name);
    }
    if (status == AXN_OK) {
        run->out->multipliers[index].area_um2 = axn_netlist_area(&netlist);
    }
    axn_netlist_free(&netlist);
    free(products);
    return status;
}

/* Maps one multiplier in a folder of its own and appends its netlist to `mapped`. */
static axn_status map_multiplier(const axn_synthesis_job *run, int index, axn_buffer *mapped)
{
    char verilog[AXN_PATH_MAX], folder[AXN_PATH_MAX], path[AXN_PATH_MAX];
    axn_multiplier_place place =
        axn_multiplier_find_place(index, run->accelerator.manifest.multiplier_count);
    axn_buffer text = {0};
    axn_status status = axn_path_join(verilog, run->accelerator.folder, place.netlist, run->error);
    if (status == AXN_OK) {
        status = axn_path_join(folder, run->work, place.module, run->error);
    }
    if (status == AXN_OK) {
        status = axn_folder_create(folder, run->error);
    }
    if (status == AXN_OK) {
        status = map_by_recipe(run, index, verilog, place.module, folder);
    }
    if (status == AXN_OK) {
        status = axn_path_join(path, folder, AXN_MAPPED_VERILOG, run->error);
    }
    if (status == AXN_OK) {
        status = axn_file_read(path, MAX_NETLIST_BYTES, &text, run->error);
    }
    if (status == AXN_OK) {
        axn_buffer_append(mapped, text.data, text.length);
        axn_buffer_text(mapped, "\n");
    }
    axn_buffer_free(&text);
    return status;
}

axn_status axn_synthesis_map_multipliers(const axn_synthesis_job *run, char path[AXN_PATH_MAX])
{
    axn_buffer mapped = {0};
    axn_synthesis *out = run->out;
    axn_status status = axn_path_join(path, run->work, "multipliers.v", run->error);
    out->multiplier_count = run->accelerator.manifest.multiplier_count;
    for (int i = 0; i < out->multiplier_count && status == AXN_OK; i++) {
        snprintf(out->multipliers[i].name, sizeof out->multipliers[i].name, "%s",
                 run->accelerator.manifest.multipliers[i].name);
        status = map_multiplier(run, i, &mapped);
        out->multiplier_area_um2 += out->multipliers[i].area_um2;
    }
    if (status == AXN_OK && mapped.failed) {
        status = axn_fail(run->error, AXN_ERROR_MEMORY, "out of memory");
    }
    if (status == AXN_OK) {
        status = axn_file_write(path, mapped.data, mapped.length, run->error);
    }
    axn_buffer_free(&mapped);
    return status;
}

void axn_synthesis_library_areas(const axn_synthesis_job *run)
{
    const axn_manifest *manifest = &run->accelerator.manifest;
    axn_synthesis *out = run->out;
    char hash[AXN_HASH_TEXT];
    bool all = true;
    double sum = 0;
    axn_library library = {0};
    if (axn_library_load(run->settings->library, &library, NULL) != AXN_OK) {
        return;
    }
    for (int i = 0; i < manifest->multiplier_count; i++) {
        int index = axn_library_find(&library, manifest->multipliers[i].name);
        if (index >= 0 && strcmp(library.liberty, run->liberty.name) == 0) {
            axn_hash_text(hash, library.multipliers[index].hash);
            if (strcmp(hash, manifest->multipliers[i].hash) == 0) {
                out->multipliers[i].library_area_um2 = library.multipliers[index].area_um2;
            }
        }
        sum += out->multipliers[i].library_area_um2;
        all = all && out->multipliers[i].library_area_um2 > 0;
    }
    out->multiplier_library_area_um2 = all ? sum : 0;
    axn_library_free(&library);
}

void axn_synthesis_name_star(axn_synthesis *out)
{
    out->multiplier_count = 1;
    snprintf(out->multipliers[0].name, sizeof out->multipliers[0].name, "*");
}
