#include "sim/simulator.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/hash.h"
#include "common/process.h"
#include "common/progress.h"

#define MAX_SOURCE_BYTES ((size_t)64 << 20)
#define MAX_PROGRAM_BYTES ((size_t)1 << 30)
#define BUILD_TIMEOUT_S 1800

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

/* The cache folder, created. */
static axn_status cache_folder(const char *folder, char *out, axn_error *error)
{
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    axn_status status;
    if (cache != NULL && cache[0] == '/') {
        status = axn_path_join(out, cache, "axnas/simulators", error);
    } else if (home != NULL && home[0] == '/') {
        status = axn_path_join(out, home, ".cache/axnas/simulators", error);
    } else {
        status = axn_path_join(out, folder, "build", error);
    }
    if (status == AXN_OK && axn_folder_create(out, NULL) != AXN_OK) {
        status = axn_path_join(out, folder, "build", error);
        if (status == AXN_OK) {
            status = axn_folder_create(out, error);
        }
    }
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

static axn_status build_verilator(const char *work, axn_error *error)
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
                          "OPT_FAST=-O1 OPT_SLOW=-O0 OPT_GLOBAL=-O0",
                          "--Mdir",
                          "model",
                          "-o",
                          "../simulator",
                          "-f",
                          "filelist_sim.f",
                          "../axn_mul8u_dpi.o",
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

/* Copied beside its final place and moved there, so that a cache never holds half a
 * simulator. */
static axn_status keep_program(const char *built, const char *program, axn_error *error)
{
    char beside[AXN_PATH_MAX + 32];
    axn_buffer bytes = {0};
    snprintf(beside, sizeof beside, "%s.new-%ld", program, (long)getpid());
    axn_status status = axn_file_read(built, MAX_PROGRAM_BYTES, &bytes, error);
    if (status == AXN_OK) {
        status = axn_file_write(beside, bytes.data, bytes.length, error);
    }
    if (status == AXN_OK && (chmod(beside, 0755) != 0 || rename(beside, program) != 0)) {
        status = axn_fail_errno(error, AXN_ERROR_IO, "cannot write %s", program);
        (void)unlink(beside);
    }
    axn_buffer_free(&bytes);
    return status;
}

static axn_status build_into(const char *folder, axn_simulator_kind kind, const char *program,
                             axn_error *error)
{
    char work[AXN_PATH_MAX], built[AXN_PATH_MAX];
    axn_status status = axn_folder_temporary(work, error);
    if (status != AXN_OK) {
        return status;
    }
    status = link_sources(folder, work, error);
    if (status == AXN_OK) {
        status = kind == AXN_SIMULATOR_VERILATOR ? build_verilator(work, error)
                                                 : build_icarus(work, error);
    }
    if (status == AXN_OK) {
        status = axn_path_join(built, work, "simulator", error);
    }
    if (status == AXN_OK) {
        status = keep_program(built, program, error);
    }
    axn_folder_remove(work, NULL);
    return status;
}

axn_status axn_simulator_build(const char *folder, axn_simulator_kind kind, axn_simulator *out,
                               axn_error *error)
{
    char cache[AXN_PATH_MAX], name[64], text[AXN_HASH_TEXT], resolved[AXN_PATH_MAX];
    uint64_t hash = AXN_HASH_SEED;
    double started = axn_seconds();
    *out = (axn_simulator){.kind = kind};
    axn_status status = AXN_OK;
    if (realpath(folder, resolved) == NULL) {
        return axn_fail_errno(error, AXN_ERROR_IO, "%s", folder);
    }
    status = axn_path_join(out->folder, resolved, "", error);
    if (status == AXN_OK) {
        status = tool_version(kind, &hash, error);
    }
    if (status == AXN_OK) {
        status = hash_sources(folder, "rtl", &hash, error);
    }
    if (status == AXN_OK) {
        status = hash_sources(folder, "tb", &hash, error);
    }
    if (status == AXN_OK) {
        status = cache_folder(resolved, cache, error);
    }
    if (status == AXN_OK) {
        axn_hash_text(text, hash);
        snprintf(name, sizeof name, "%s-%s",
                 kind == AXN_SIMULATOR_VERILATOR ? "verilator" : "icarus", text);
        status = axn_path_join(out->program, cache, name, error);
    }
    if (status == AXN_OK) {
        out->cached = axn_path_exists(out->program);
        if (!out->cached) {
            status = build_into(resolved, kind, out->program, error);
        }
    }
    out->build_s = axn_seconds() - started;
    return status;
}

static axn_status run_bench(const axn_simulator *simulator, const char *vectors, const char *option,
                            axn_buffer *output, axn_error *error)
{
    char argument[AXN_PATH_MAX + 16];
    snprintf(argument, sizeof argument, "+vectors=%s", vectors);
    const char *verilator[] = {simulator->program, argument, option, NULL};
    const char *icarus[] = {"vvp", "-n", simulator->program, argument, option, NULL};
    axn_process_options options = {.folder = simulator->folder, .output = output};
    axn_error ended = {0};
    axn_buffer_clear(output);
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
    return run_bench(simulator, vectors, NULL, output, error);
}

axn_status axn_simulator_record(const axn_simulator *simulator, const char *vectors,
                                const char *stream, axn_buffer *output, axn_error *error)
{
    char option[AXN_PATH_MAX + 16];
    snprintf(option, sizeof option, "+probe=%s", stream);
    return run_bench(simulator, vectors, option, output, error);
}
