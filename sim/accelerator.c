#include "sim/accelerator.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

#define TABLE_BYTES ((size_t)65536 * 8)

/* Reads 65,536 lines of four hexadecimal digits. */
static axn_status read_table(const char *path, axn_table *table, axn_error *error)
{
    axn_buffer text = {0};
    axn_status status = axn_file_read(path, TABLE_BYTES, &text, error);
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

/* The table must be that of the multiplier in the manifest, and that the model's. */
static axn_status check_table(const axn_accelerator *accelerator, int index, const char *path,
                              axn_error *error)
{
    char found[AXN_HASH_TEXT], wanted[AXN_HASH_TEXT];
    const axn_manifest_multiplier *listed = &accelerator->manifest.multipliers[index];
    axn_hash_text(found, axn_table_hash(&accelerator->array_tables[index]));
    if (strcmp(found, listed->hash) != 0) {
        return axn_fail(error, AXN_ERROR_MISMATCH, "%s has hash %s, that of multiplier %s is %s",
                        path, found, listed->name, listed->hash);
    }
    if (index < accelerator->program.multiplier_count) {
        const axn_model_multiplier *used =
            &accelerator->model.multipliers[accelerator->program.multipliers[index]];
        axn_hash_text(wanted, used->hash);
        if (strcmp(found, wanted) != 0) {
            return axn_fail(error, AXN_ERROR_MISMATCH,
                            "%s has hash %s, that of the model's multiplier %s is %s", path, found,
                            used->name, wanted);
        }
    }
    return AXN_OK;
}

/* Reads and checks the tables of the array and finds each multiplier of the model among them;
 * one that no layer uses has none. */
static axn_status bind_tables(axn_accelerator *accelerator, axn_error *error)
{
    char path[AXN_PATH_MAX];
    const axn_program *program = &accelerator->program;
    int count = accelerator->manifest.multiplier_count;
    int used = program->multiplier_count > 1 ? program->multiplier_count : 1;
    if (count != used) {
        return axn_fail(error, AXN_ERROR_MISMATCH,
                        "%s: the manifest lists %d multipliers, the model needs %d",
                        accelerator->folder, count, used);
    }
    axn_status status = axn_allocate(&accelerator->array_tables, (size_t)count,
                                     sizeof *accelerator->array_tables, "tables", error);
    for (int i = 0; i < count && status == AXN_OK; i++) {
        status = axn_path_join(path, accelerator->folder, axn_multiplier_find_place(i, count).table,
                               error);
        if (status == AXN_OK) {
            status = read_table(path, &accelerator->array_tables[i], error);
        }
        if (status == AXN_OK) {
            status = check_table(accelerator, i, path, error);
        }
    }
    for (int i = 0; i < accelerator->model.multiplier_count && status == AXN_OK; i++) {
        int index = axn_program_multiplier(program, &accelerator->model, i);
        accelerator->tables[i] = accelerator->array_tables[index < 0 ? 0 : index].product;
    }
    return status;
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
        status = axn_program_compile_for(&out->model, out->manifest.array, out->manifest.options,
                                         &out->program, error);
    }
    if (status == AXN_OK) {
        status = axn_program_cycles(&out->program, &out->model.network, &out->cycles, error);
    }
    if (status == AXN_OK) {
        status = bind_tables(out, error);
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
    free(accelerator->array_tables);
    *accelerator = (axn_accelerator){0};
}

static axn_status compare_netlist(const axn_accelerator *accelerator, int index, const char *path,
                                  const axn_table *netlist, axn_error *error)
{
    const axn_table *table = &accelerator->array_tables[index];
    for (int i = 0; i < 65536; i++) {
        if (netlist->product[i] != table->product[i]) {
            return axn_fail(error, AXN_ERROR_MISMATCH,
                            "multiplier %s: %s computes %d for %d and %d, the table of the "
                            "simulation has %d",
                            accelerator->manifest.multipliers[index].name, path,
                            netlist->product[i], i / 256, i % 256, table->product[i]);
        }
    }
    return AXN_OK;
}

axn_status axn_accelerator_check_multipliers(const axn_accelerator *accelerator, axn_error *error)
{
    int count = accelerator->manifest.multiplier_count;
    axn_multiplier_place places[AXN_MODEL_MAX_MULTIPLIERS];
    char(*paths)[AXN_PATH_MAX] = NULL;
    const char *files[AXN_MODEL_MAX_MULTIPLIERS], *modules[AXN_MODEL_MAX_MULTIPLIERS];
    axn_table *netlists = NULL;
    axn_status status = axn_allocate(&paths, (size_t)count, sizeof *paths, "paths", error);
    if (status == AXN_OK) {
        status = axn_allocate(&netlists, (size_t)count, sizeof *netlists, "tables", error);
    }
    for (int i = 0; i < count && status == AXN_OK; i++) {
        places[i] = axn_multiplier_find_place(i, count);
        modules[i] = places[i].module;
        files[i] = paths[i];
        status = axn_path_join(paths[i], accelerator->folder, places[i].netlist, error);
    }
    if (status == AXN_OK) {
        status = axn_table_from_verilog(files, modules, count, netlists, error);
    }
    for (int i = 0; i < count && status == AXN_OK; i++) {
        status = compare_netlist(accelerator, i, paths[i], &netlists[i], error);
    }
    free(netlists);
    free(paths);
    return status;
}
