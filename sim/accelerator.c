#include "sim/accelerator.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

#define TABLE_BYTES ((size_t)65536 * 8)

/* Reads 65,536 lines of four hexadecimal digits. */
static axn_status read_table(const char *folder, axn_table *table, axn_error *error)
{
    char path[AXN_PATH_MAX];
    axn_buffer text = {0};
    axn_status status = axn_path_join(path, folder, "mem/multiplier.hex", error);
    if (status == AXN_OK) {
        status = axn_file_read(path, TABLE_BYTES, &text, error);
    }
    const char *at = text.data;
    for (int i = 0; i < 65536 && status == AXN_OK; i++) {
        char *end = NULL;
        unsigned long value =
            at != NULL && isxdigit((unsigned char)*at) ? strtoul(at, &end, 16) : 65536;
        if (value > 65535 || end != at + 4 || *end != '\n') {
            status = axn_fail(error, AXN_ERROR_FORMAT,
                              "%s:%d: expected a line of four hexadecimal digits", path, i + 1);
            break;
        }
        table->product[i] = (uint16_t)value;
        at = end + 1;
    }
    axn_buffer_free(&text);
    return status;
}

/* The table must be that of the model's multiplier; a model without convolutions has none. */
static axn_status bind_table(axn_accelerator *accelerator, axn_error *error)
{
    char text[AXN_HASH_TEXT];
    axn_hash_text(text, axn_table_hash(accelerator->table));
    for (int i = 0; i < accelerator->model.multiplier_count; i++) {
        accelerator->tables[i] = accelerator->table->product;
    }
    for (int i = 0; i < accelerator->program.multiplier_count; i++) {
        const axn_model_multiplier *multiplier =
            &accelerator->model.multipliers[accelerator->program.multipliers[i]];
        if (multiplier->hash != axn_table_hash(accelerator->table)) {
            return axn_fail(error, AXN_ERROR_MISMATCH,
                            "%s/mem/multiplier.hex has hash %s, which is not that of the model's "
                            "multiplier %s",
                            accelerator->folder, text, multiplier->name);
        }
    }
    return AXN_OK;
}

axn_status axn_accelerator_open(const char *folder, axn_accelerator *out, axn_error *error)
{
    char path[AXN_PATH_MAX];
    *out = (axn_accelerator){0};
    axn_status status = axn_path_join(out->folder, folder, "", error);
    if (status == AXN_OK) {
        size_t length = strlen(out->folder);
        while (length > 1 && out->folder[length - 1] == '/') {
            out->folder[--length] = '\0';
        }
        status = axn_manifest_check(out->folder, &out->manifest, error);
    }
    if (status == AXN_OK) {
        status = axn_path_join(path, out->folder, "golden/model", error);
    }
    if (status == AXN_OK) {
        status = axn_model_load(path, &out->model, error);
    }
    if (status == AXN_OK) {
        status = axn_program_compile(&out->model, out->manifest.array, &out->program, error);
    }
    if (status == AXN_OK) {
        status = axn_program_cycles(&out->program, &out->model.network, &out->cycles, error);
    }
    if (status == AXN_OK) {
        status = axn_allocate(&out->table, 1, sizeof *out->table, "table", error);
    }
    if (status == AXN_OK) {
        status = read_table(out->folder, out->table, error);
    }
    if (status == AXN_OK) {
        status = bind_table(out, error);
    }
    if (status != AXN_OK) {
        axn_accelerator_close(out);
    }
    return status;
}

void axn_accelerator_close(axn_accelerator *accelerator)
{
    axn_model_free(&accelerator->model);
    axn_program_free(&accelerator->program);
    axn_cycles_free(&accelerator->cycles);
    free(accelerator->table);
    *accelerator = (axn_accelerator){0};
}

axn_status axn_accelerator_check_multiplier(const axn_accelerator *accelerator, axn_error *error)
{
    char path[AXN_PATH_MAX];
    const char *files[] = {path}, *modules[] = {"axn_mul8u"};
    axn_table *netlist = NULL;
    axn_status status = axn_path_join(path, accelerator->folder, "rtl/axn_mul8u.v", error);
    if (status == AXN_OK) {
        status = axn_allocate(&netlist, 1, sizeof *netlist, "table", error);
    }
    if (status == AXN_OK) {
        status = axn_table_from_verilog(files, modules, 1, netlist, error);
    }
    for (int i = 0; i < 65536 && status == AXN_OK; i++) {
        if (netlist->product[i] != accelerator->table->product[i]) {
            status =
                axn_fail(error, AXN_ERROR_MISMATCH,
                         "%s computes %d for %d and %d, the table of the simulation %d", path,
                         netlist->product[i], i / 256, i % 256, accelerator->table->product[i]);
        }
    }
    free(netlist);
    return status;
}
