/* The placed netlist in simulation, spoken to as by a host. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/process.h"
#include "flows/synth_fpga.h"

#define CELLS "ice40/cells_sim.v"

static axn_status write_buffer(const char *folder, const char *name, const axn_buffer *bytes,
                               axn_error *error)
{
    char path[AXN_PATH_MAX];
    axn_status status = bytes->failed ? axn_fail(error, AXN_ERROR_MEMORY, "%s: out of memory", name)
                                      : axn_path_join(path, folder, name, error);
    return status == AXN_OK ? axn_file_write(path, bytes->data, bytes->length, error) : status;
}

static axn_status write_host(const axn_accelerator *accelerator, const axn_program *program,
                             const char *work, int images, int *done, int *bytes, axn_error *error)
{
    axn_buffer text = {0}, answer = {0};
    axn_fpga_setup(program, (uint32_t)axn_shape_size(accelerator->model.network.layers[0].output),
                   &text);
    axn_status status = write_buffer(work, "setup.bin", &text, error);
    bool found = true;
    for (*done = 0, *bytes = 0; *done < images && status == AXN_OK; ++*done) {
        char name[32];
        axn_buffer_clear(&text);
        axn_buffer_clear(&answer);
        status = axn_fpga_image(accelerator, *done, &text, &answer, &found, error);
        if (status != AXN_OK || !found) {
            break;
        }
        snprintf(name, sizeof name, "image_%d.bin", *done);
        status = write_buffer(work, name, &text, error);
        if (status == AXN_OK) {
            snprintf(name, sizeof name, "answer_%d.bin", *done);
            status = write_buffer(work, name, &answer, error);
        }
        *bytes += (int)answer.length;
    }
    axn_buffer_free(&text);
    axn_buffer_free(&answer);
    return status;
}

/* Yosys' models of the cells, into the work folder as cells.v. */
static axn_status copy_cells(const char *work, axn_error *error)
{
    static const char *const folders[] = {"/usr/share/yosys", "/usr/local/share/yosys"};
    char path[AXN_PATH_MAX];
    axn_buffer text = {0};
    axn_status status = AXN_ERROR_NOT_FOUND;
    for (size_t i = 0; i < sizeof folders / sizeof folders[0] && status != AXN_OK; i++) {
        status = axn_path_join(path, folders[i], CELLS, error);
        if (status == AXN_OK) {
            status = axn_file_read(path, (size_t)1 << 24, &text, error);
        }
    }
    if (status == AXN_OK) {
        status = write_buffer(work, "cells.v", &text, error);
    }
    axn_buffer_free(&text);
    return status;
}

static axn_status judge(const axn_buffer *output, int images, axn_error *error)
{
    int done = 0;
    const char *text = output->data != NULL ? output->data : "";
    const char *mismatch = strstr(text, "AXN mismatch"), *end = strstr(text, "AXN done images ");
    if (mismatch != NULL) {
        return axn_fail(error, AXN_ERROR_MISMATCH,
                        "the netlist of the FPGA does not answer as the golden model: %.*s",
                        (int)strcspn(mismatch, "\n"), mismatch);
    }
    if (end != NULL) {
        done = atoi(end + strlen("AXN done images "));
    }
    return done == images
               ? AXN_OK
               : axn_fail(error, AXN_ERROR_TOOL,
                          "the simulation of the FPGA's netlist did not come to its end");
}

axn_status axn_fpga_simulate(const axn_accelerator *accelerator, const axn_program *program,
                             const char *work, int images, int *done, int *bytes, axn_error *error)
{
    /* The netlist's order of evaluation matters little; the C++ compiler's time does. */
    static const char *const build[] = {"verilator",
                                        "--binary",
                                        "--timing",
                                        "--noassert",
                                        "-Wno-fatal",
                                        "-Wno-lint",
                                        "-Wno-style",
                                        "-Wno-TIMESCALEMOD",
                                        "-DNO_ICE40_DEFAULT_ASSIGNMENTS",
                                        "-DICE40_HX",
                                        "--x-initial",
                                        "unique",
                                        "--top-module",
                                        "axn_fpga_tb",
                                        "-MAKEFLAGS",
                                        "OPT_FAST=-O1 OPT_SLOW=-O0 OPT_GLOBAL=-O1",
                                        "--Mdir",
                                        "simulator",
                                        AXN_FPGA_NETLIST,
                                        "cells.v",
                                        "axn_fpga_tb.sv",
                                        "-o",
                                        "../simulation",
                                        NULL};
    char option[32];
    const char *const run[] = {"./simulation", option, "+verilator+rand+reset+2",
                               "+verilator+seed+1", NULL};
    axn_buffer output = {0};
    axn_process_options options = {.folder = work};
    axn_status status = write_host(accelerator, program, work, images, done, bytes, error);
    if (status == AXN_OK && *done == 0) {
        status = axn_fail(error, AXN_ERROR_FORMAT, "%s/golden/vectors.bin holds no image",
                          accelerator->folder);
    }
    if (status == AXN_OK) {
        status = copy_cells(work, error);
    }
    if (status == AXN_OK) {
        status = axn_process_run(build, &options, error);
    }
    if (status == AXN_OK) {
        snprintf(option, sizeof option, "+images=%d", *done);
        options.output = &output;
        status = axn_process_run(run, &options, error);
        bool ran = status == AXN_OK || (output.data != NULL && strstr(output.data, "AXN") != NULL);
        if (ran && status != AXN_ERROR_INTERRUPTED) {
            axn_status judged = judge(&output, *done, error);
            status = judged == AXN_OK ? status : judged;
        }
    }
    axn_buffer_free(&output);
    return status;
}
