#include "sim/simulator.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/hash.h"
#include "common/process.h"
#include "common/progress.h"
#include "sim/cache.h"

#define MAX_SOURCE_BYTES ((size_t)64 << 20)
#define BUILD_TIMEOUT_S 1800
/* GLOBAL: Verilator's scheduler, a quarter of all time where it is not optimised. */
#define OPTIMISATION "OPT_FAST=-O1 OPT_SLOW=-O0 OPT_GLOBAL=-O1"

/* rtl/axn_mul8u*.v are left out: simulation uses tables instead, so accelerators that differ
 * in the multipliers alone share a simulator. */
static axn_status hash_sources(const char *folder, const char *part, uint64_t *hash,
                               axn_error *error)
{
    char path[AXN_PATH_MAX], file[AXN_PATH_MAX];
    char **names = NULL;
    size_t count = 0;
    axn_buffer content = {0};
    axn_status status = axn_path_join(path, folder, part, error);
    if (status == AXN_OK) {
        status = axn_folder_list(path, "", &names, &count, error);
    }
    for (size_t i = 0; i < count && status == AXN_OK; i++) {
        if (strcmp(part, "rtl") == 0 && strncmp(names[i], "axn_mul8u", 9) == 0) {
            continue;
        }
        status = axn_path_join(file, path, names[i], error);
        if (status == AXN_OK) {
            status = axn_file_read(file, MAX_SOURCE_BYTES, &content, error);
        }
        if (status == AXN_OK) {
            *hash = axn_hash(*hash, names[i], strlen(names[i]) + 1);
            *hash = axn_hash(*hash, content.data, content.length);
        }
    }
    axn_buffer_free(&content);
    axn_names_free(names, count);
    return status;
}

static axn_status tool_version(axn_simulator_kind kind, uint64_t *hash, axn_error *error)
{
    const char *verilator[] = {"verilator", "--version", NULL};
    const char *icarus[] = {"iverilog", "-V", NULL};
    axn_buffer text = {0};
    axn_process_options options = {.output = &text, .timeout_s = 60};
    axn_status status =
        axn_process_run(kind == AXN_SIMULATOR_VERILATOR ? verilator : icarus, &options, error);
    if (status == AXN_OK) {
        *hash = axn_hash(*hash, text.data, text.length);
    }
    axn_buffer_free(&text);
    return status;
}

/* The simulators hand paths on to make and to shells without quoting them. So they run in a
 * folder with a harmless path, in which all they need has a relative name. */
static axn_status link_sources(const char *folder, const char *work, axn_error *error)
{
    static const char *const parts[] = {"rtl", "tb", "filelist_sim.f", "filelist_icarus.f"};
    axn_status status = AXN_OK;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0] && status == AXN_OK; i++) {
        char from[AXN_PATH_MAX], to[AXN_PATH_MAX];
        status = axn_path_join(from, folder, parts[i], error);
        if (status == AXN_OK) {
            status = axn_path_join(to, work, parts[i], error);
        }
        if (status == AXN_OK && symlink(from, to) != 0) {
            status = axn_fail_errno(error, AXN_ERROR_IO, "%s", to);
        }
    }
    return status;
}

/* Verilator takes a .c file for C++, so the C compiler makes an object of the table's. */
static axn_status compile_table(const char *work, axn_error *error)
{
    const char *argv[] = {"cc", "-O2", "-fPIC", "-c", "tb/axn_mul8u_dpi.c", "-o", "axn_mul8u_dpi.o",
                          NULL};
    axn_buffer text = {0};
    axn_process_options options = {.folder = work, .output = &text, .timeout_s = 60};
    axn_status status = axn_process_run(argv, &options, error);
    axn_buffer_free(&text);
    return status;
}

/* A tracing one knows the waveform of every signal, and is several times slower. */
static axn_status build_verilator(const char *work, bool tracing, axn_error *error)
{
    axn_buffer text = {0};
    axn_process_options options = {.folder = work, .output = &text, .timeout_s = BUILD_TIMEOUT_S};
    const char *argv[] = {"verilator",
                          "--binary",
                          "--timing",
                          "-O3",
                          "-DAXN_PROBE",
                          "--x-assign",
                          "fast",
                          "--x-initial",
                          "fast",
                          "--noassert",
                          "-Wno-fatal",
                          "-Wno-lint",
                          "-Wno-style",
                          "-j",
                          "0",
                          "--top-module",
                          "axn_tb",
                          "-MAKEFLAGS",
                          OPTIMISATION,
                          "--Mdir",
                          "model",
                          "-o",
                          "../simulator",
                          "-f",
                          "filelist_sim.f",
                          "../axn_mul8u_dpi.o",
                          tracing ? "--trace-fst" : NULL,
                          NULL};
    axn_status status = compile_table(work, error);
    if (status == AXN_OK) {
        status = axn_process_run(argv, &options, error);
    }
    axn_buffer_free(&text);
    return status;
}

static axn_status build_icarus(const char *work, axn_error *error)
{
    const char *argv[] = {"iverilog",          "-g2012", "-s",        "axn_tb", "-f",
                          "filelist_icarus.f", "-o",     "simulator", NULL};
    axn_buffer text = {0};
    axn_process_options options = {.folder = work, .output = &text, .timeout_s = BUILD_TIMEOUT_S};
    axn_status status = axn_process_run(argv, &options, error);
    axn_buffer_free(&text);
    return status;
}

static axn_status build_into(const char *folder, axn_simulator_kind kind, bool tracing,
                             const char *program, axn_error *error)
{
    char work[AXN_PATH_MAX], built[AXN_PATH_MAX];
    axn_status status = axn_folder_temporary(work, error);
    if (status != AXN_OK) {
        return status;
    }
    status = link_sources(folder, work, error);
    if (status == AXN_OK) {
        status = kind == AXN_SIMULATOR_VERILATOR ? build_verilator(work, tracing, error)
                                                 : build_icarus(work, error);
    }
    if (status == AXN_OK) {
        status = axn_path_join(built, work, "simulator", error);
    }
    if (status == AXN_OK) {
        status = axn_cache_keep(built, program, error);
    }
    axn_folder_remove(work, NULL);
    return status;
}

/* Under a hash of all that it is made of; Icarus traces without being built for it. */
static axn_status place_in_cache(const char *folder, bool tracing, axn_simulator *out,
                                 char cache[AXN_PATH_MAX], axn_error *error)
{
    char name[64], text[AXN_HASH_TEXT];
    uint64_t hash = AXN_HASH_SEED;
    axn_status status = tool_version(out->kind, &hash, error);
    hash = axn_hash(hash, OPTIMISATION, sizeof OPTIMISATION);
    if (status == AXN_OK) {
        status = hash_sources(folder, "rtl", &hash, error);
    }
    if (status == AXN_OK) {
        status = hash_sources(folder, "tb", &hash, error);
    }
    if (status == AXN_OK) {
        status = axn_cache_folder(folder, cache, error);
    }
    if (status == AXN_OK) {
        axn_hash_text(text, hash);
        snprintf(name, sizeof name, "%s-%s%s",
                 out->kind == AXN_SIMULATOR_VERILATOR ? "verilator" : "icarus",
                 tracing ? "trace-" : "", text);
        status = axn_path_join(out->program, cache, name, error);
    }
    return status;
}

static axn_status build(const char *folder, axn_simulator_kind kind, bool tracing,
                        axn_simulator *out, axn_error *error)
{
    char cache[AXN_PATH_MAX], resolved[AXN_PATH_MAX];
    double started = axn_seconds();
    int lock = -1;
    *out = (axn_simulator){.kind = kind};
    tracing = tracing && kind == AXN_SIMULATOR_VERILATOR;
    if (realpath(folder, resolved) == NULL) {
        return axn_fail_errno(error, AXN_ERROR_IO, "%s", folder);
    }
    axn_status status = axn_path_join(out->folder, resolved, "", error);
    if (status == AXN_OK) {
        status = place_in_cache(resolved, tracing, out, cache, error);
    }
    if (status == AXN_OK && !axn_path_exists(out->program)) {
        status = axn_cache_lock(out->program, &lock, error);
    }
    if (status == AXN_OK) {
        out->cached = axn_path_exists(out->program); /* perhaps since the lock was had */
        if (!out->cached) {
            status = build_into(resolved, kind, tracing, out->program, error);
        }
    }
    axn_cache_unlock(lock);
    if (status == AXN_OK) {
        axn_cache_touch(out->program);
        if (!out->cached) {
            axn_cache_trim(cache);
        }
    }
    out->build_s = axn_seconds() - started;
    return status;
}

axn_status axn_simulator_build(const char *folder, axn_simulator_kind kind, axn_simulator *out,
                               axn_error *error)
{
    return build(folder, kind, false, out, error);
}

axn_status axn_simulator_build_tracing(const char *folder, axn_simulator_kind kind,
                                       axn_simulator *out, axn_error *error)
{
    return build(folder, kind, true, out, error);
}

/* first, second: further options, NULL: none. */
static axn_status run_bench(const axn_simulator *simulator, const char *vectors, const char *first,
                            const char *second, axn_buffer *output, axn_error *error)
{
    char argument[AXN_PATH_MAX + 16];
    snprintf(argument, sizeof argument, "+vectors=%s", vectors);
    const char *verilator[] = {simulator->program, argument, first, second, NULL};
    const char *icarus[] = {"vvp", "-n", simulator->program, "-fst", argument, first, second, NULL};
    axn_process_options options = {.folder = simulator->folder, .output = output};
    axn_error ended = {0};
    axn_buffer_clear(output);
    axn_cache_touch(simulator->program);
    axn_status status = axn_process_run(
        simulator->kind == AXN_SIMULATOR_VERILATOR ? verilator : icarus, &options, &ended);
    /* The bench exits with another status than 0 after mismatches: its last line decides. */
    if (status == AXN_ERROR_TOOL && output->data != NULL &&
        strstr(output->data, "AXN done") != NULL) {
        return AXN_OK;
    }
    return status == AXN_OK ? AXN_OK : axn_fail(error, status, "%s", ended.message);
}

axn_status axn_simulator_run(const axn_simulator *simulator, const char *vectors,
                             axn_buffer *output, axn_error *error)
{
    return run_bench(simulator, vectors, NULL, NULL, output, error);
}

axn_status axn_simulator_record(const axn_simulator *simulator, const char *vectors,
                                const char *stream, axn_buffer *output, axn_error *error)
{
    char option[AXN_PATH_MAX + 16];
    snprintf(option, sizeof option, "+probe=%s", stream);
    return run_bench(simulator, vectors, option, NULL, output, error);
}

axn_status axn_simulator_trace(const axn_simulator *simulator, const char *vectors, int layer,
                               const char *file, axn_buffer *output, axn_error *error)
{
    char trace[AXN_PATH_MAX + 16], selected[40];
    snprintf(trace, sizeof trace, "+trace=%s", file);
    snprintf(selected, sizeof selected, "+trace_layer=%d", layer);
    return run_bench(simulator, vectors, trace, selected, output, error);
}
