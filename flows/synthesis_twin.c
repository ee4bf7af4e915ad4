#include "flows/synthesis_twin.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "common/parallel.h"
#include "multipliers/library.h"
#include "rtl_gen/emit.h"
#include "sim/accelerator.h"

#define MAX_LIST_BYTES ((size_t)1 << 20)
#define MULTIPLIER_LINE "rtl/axn_mul8u.v\n"
#define STAR_LINE "tb/axn_mul8u_reference.v\n"

typedef struct twin {
    axn_accelerator of;
    axn_library library;
    axn_table table;
    axn_model model;
    axn_program program;
    axn_cycles cycles;
} twin;

static void free_twin(twin *t)
{
    axn_accelerator_close(&t->of);
    axn_library_free(&t->library);
    axn_model_free(&t->model);
    axn_program_free(&t->program);
    axn_cycles_free(&t->cycles);
}

/* Every convolution on the one exact multiplier. An exact product does not depend on the order of
 * its operands, so the twin need not pay for the swap. */
static axn_status make_model(twin *t, axn_error *error)
{
    const axn_multiplier *exact = &t->library.multipliers[t->library.exact];
    const uint16_t *tables[AXN_MODEL_MAX_MULTIPLIERS];
    axn_status status = axn_model_copy(&t->of.model, &t->model, error);
    if (status == AXN_OK) {
        status = axn_library_tables(&t->library, &t->library.exact, 1, &t->table, error);
    }
    if (status != AXN_OK) {
        return status;
    }
    if (t->model.multiplier_count > 0) {
        t->model.multiplier_count = 1;
        snprintf(t->model.multipliers[0].name, sizeof t->model.multipliers[0].name, "%s",
                 exact->name);
        t->model.multipliers[0].hash = exact->hash;
    }
    for (int i = 0; i < t->model.network.count; i++) {
        axn_layer *layer = &t->model.network.layers[i];
        if (layer->kind == AXN_LAYER_CONV) {
            layer->multiplier = 0;
            layer->swap_operands = false;
        } else if (layer->multiplier > 0) {
            layer->multiplier = 0;
        }
    }
    tables[0] = t->table.product;
    axn_model_prove(&t->model, tables);
    return axn_model_check(&t->model, error);
}

static axn_status emit(twin *t, const char *folder, axn_error *error)
{
    axn_buffer none = {0};
    axn_emission emission = {.model = &t->model,
                             .program = &t->program,
                             .cycles = &t->cycles,
                             .library = &t->library,
                             .multiplier_count = 1};
    emission.multipliers[0] = t->library.exact;
    emission.tables[0] = &t->table;
    axn_buffer_text(&none, "");
    axn_status status = axn_program_compile_for(&t->model, t->of.manifest.array,
                                                t->of.manifest.options, &t->program, error);
    if (status == AXN_OK) {
        status = axn_program_cycles(&t->program, &t->model.network, &t->cycles, error);
    }
    if (status == AXN_OK) {
        status = axn_emit_folder(&emission, &none, folder, error);
    }
    axn_buffer_free(&none);
    return status;
}

/* The file list of the design with `*`. */
static axn_status write_star_list(const char *folder, axn_error *error)
{
    char path[AXN_PATH_MAX];
    axn_buffer list = {0}, star = {0};
    axn_status status = axn_path_join(path, folder, "filelist_syn.f", error);
    if (status == AXN_OK) {
        status = axn_file_read(path, MAX_LIST_BYTES, &list, error);
    }
    const char *line = status == AXN_OK ? strstr(list.data, MULTIPLIER_LINE) : NULL;
    if (status == AXN_OK && line == NULL) {
        status = axn_fail(error, AXN_ERROR_FORMAT, "%s: no line " MULTIPLIER_LINE, path);
    }
    if (status == AXN_OK && line != NULL) {
        axn_buffer_append(&star, list.data, (size_t)(line - list.data));
        axn_buffer_text(&star, STAR_LINE);
        axn_buffer_text(&star, line + strlen(MULTIPLIER_LINE));
        status = axn_path_join(path, folder, AXN_TWIN_STAR_LIST, error);
    }
    if (status == AXN_OK && star.failed) {
        status = axn_fail(error, AXN_ERROR_MEMORY, "out of memory");
    }
    if (status == AXN_OK) {
        status = axn_file_write(path, star.data, star.length, error);
    }
    axn_buffer_free(&list);
    axn_buffer_free(&star);
    return status;
}

axn_status axn_synthesis_twin_emit(const char *accelerator_folder, const char *library_folder,
                                   const char *folder, axn_error *error)
{
    twin *t = NULL;
    axn_status status = axn_allocate(&t, 1, sizeof *t, "twin", error);
    if (status != AXN_OK) {
        return status;
    }
    status = axn_accelerator_open(accelerator_folder, &t->of, error);
    if (status == AXN_OK) {
        status = axn_library_load(library_folder, &t->library, error);
    }
    if (status == AXN_OK) {
        status = make_model(t, error);
    }
    if (status == AXN_OK) {
        status = emit(t, folder, error);
    }
    if (status == AXN_OK) {
        status = write_star_list(folder, error);
    }
    free_twin(t);
    free(t);
    return status;
}

typedef struct part {
    axn_synthesis_settings settings;
    atomic_bool *failed; /* of all parts: none is begun after one has failed */
    axn_synthesis *out;
    axn_status status;
    axn_error error;
} part;

static void run_part(void *context, int index, int thread)
{
    part *at = (part *)context + index;
    (void)thread;
    if (!atomic_load(at->failed)) {
        at->status = axn_synthesis_run(&at->settings, at->out, &at->error);
    }
    if (at->status != AXN_OK) {
        atomic_store(at->failed, true);
    }
}

/* The accelerator first: where it fails, that is what is told. */
static axn_status run_parts(part *parts, int count, axn_error *error)
{
    axn_pool *pool = NULL;
    atomic_bool failed = false;
    int processors = axn_processors();
    for (int i = 0; i < count; i++) {
        parts[i].failed = &failed;
    }
    axn_status status = axn_pool_create(count < processors ? count : processors, &pool, error);
    if (status == AXN_OK) {
        axn_pool_run(pool, count, run_part, parts);
    }
    for (int i = 0; i < count && status == AXN_OK; i++) {
        if (parts[i].status != AXN_OK) {
            status = axn_fail(error, parts[i].status, "%s", parts[i].error.message);
            axn_error_prefix(error, "%s", parts[i].settings.label);
        }
    }
    axn_pool_destroy(pool);
    return status;
}

/* Whether there will be clock gates. */
static axn_status choose_gating(const axn_synthesis_settings *settings, axn_synthesis_set *out,
                                axn_clock_gating *gating, axn_error *error)
{
    axn_liberty liberty;
    axn_clock_gate_cells cells;
    const char *missing = NULL;
    *gating = settings->clock_gating;
    if (*gating == AXN_CLOCK_GATING_OFF) {
        return AXN_OK;
    }
    axn_status status = axn_liberty_load(settings->liberty, &liberty, error);
    if (status != AXN_OK) {
        return status;
    }
    if (!axn_clock_gate_find(&liberty, &cells, &missing)) {
        if (*gating == AXN_CLOCK_GATING_ON) {
            status = axn_fail(error, AXN_ERROR_FORMAT, "%s: no clock gates without a usable %s",
                              liberty.path, missing);
        }
        snprintf(out->gating_note, sizeof out->gating_note, "%s", missing);
        *gating = AXN_CLOCK_GATING_OFF;
    }
    axn_liberty_free(&liberty);
    return status;
}

axn_status axn_synthesis_run_set(const axn_synthesis_settings *settings, axn_synthesis_set *out,
                                 axn_error *error)
{
    char folder[AXN_PATH_MAX] = "";
    part parts[] = {{.settings = *settings, .out = &out->own},
                    {.settings = *settings, .out = &out->exact},
                    {.settings = *settings, .out = &out->star},
                    {.settings = *settings, .out = &out->ungated}};
    axn_clock_gating gating;
    *out = (axn_synthesis_set){.has_exact = !settings->no_exact};
    axn_status status = choose_gating(settings, out, &gating, error);
    if (status != AXN_OK) {
        return status;
    }
    out->has_ungated = gating == AXN_CLOCK_GATING_BOTH;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        parts[i].settings.clock_gating = gating;
    }
    parts[0].settings.label = "accelerator";
    if (out->has_exact) {
        status = axn_folder_temporary(folder, error);
    }
    if (status == AXN_OK && out->has_exact) {
        status = axn_synthesis_twin_emit(settings->folder, settings->library, folder, error);
    }
    if (status == AXN_OK && out->has_exact) {
        parts[1].settings.folder = parts[2].settings.folder = folder;
        parts[1].settings.label = "exact twin";
        parts[2].settings.label = "twin with *";
        parts[2].settings.star = true;
        /* One netlist in other simulators shows that the recipe holds; the replay sees all. */
        parts[1].settings.no_netlist = parts[2].settings.no_netlist = true;
    }
    part ungated = parts[3];
    ungated.settings.label = "without gates";
    ungated.settings.clock_gating = AXN_CLOCK_GATING_OFF;
    if (status == AXN_OK) {
        int count = out->has_exact ? 3 : 1;
        parts[count] = out->has_ungated ? ungated : parts[count];
        status = run_parts(parts, count + out->has_ungated, error);
    }
    if (folder[0] != '\0') {
        (void)axn_folder_remove(folder, NULL);
    }
    if (status != AXN_OK) {
        axn_synthesis_set_free(out);
    }
    return status;
}

void axn_synthesis_set_free(axn_synthesis_set *set)
{
    axn_synthesis_free(&set->own);
    axn_synthesis_free(&set->ungated);
    axn_synthesis_free(&set->exact);
    axn_synthesis_free(&set->star);
    set->has_exact = set->has_ungated = false;
}
