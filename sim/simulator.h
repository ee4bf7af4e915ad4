/* Simulators of an emitted folder: built once, kept in a cache, run on vectors. */
#ifndef AXN_SIM_SIMULATOR_H
#define AXN_SIM_SIMULATOR_H

#include "common/buffer.h"
#include "common/file.h"

typedef enum axn_simulator_kind {
    AXN_SIMULATOR_VERILATOR,
    AXN_SIMULATOR_ICARUS /* arrays up to 4 x 4 or patience */
} axn_simulator_kind;

typedef struct axn_simulator {
    axn_simulator_kind kind;
    char folder[AXN_PATH_MAX]; /* the emitted folder, where it runs */
    char program[AXN_PATH_MAX];
    bool cached; /* it had been built before */
    double build_s;
} axn_simulator;

/* Builds the simulator of `folder` or finds it in the cache (sim/cache.h), under a hash of every
 * file in rtl/ and tb/, of the tool's version and of the options. */
axn_status axn_simulator_build(const char *folder, axn_simulator_kind kind, axn_simulator *out,
                               axn_error *error);
/* The same, able to trace. */
axn_status axn_simulator_build_tracing(const char *folder, axn_simulator_kind kind,
                                       axn_simulator *out, axn_error *error);

/* Runs it on a vectors file and collects what it prints. That it found mismatches is no
 * failure of this function; that it did not reach its end is. */
axn_status axn_simulator_run(const axn_simulator *simulator, const char *vectors,
                             axn_buffer *output, axn_error *error);

/* The same; besides, it records the boundary of the accelerator's logic over the first
 * image into the file `stream` (sim/tb/axn_probe.svh). Verilator only. */
axn_status axn_simulator_record(const axn_simulator *simulator, const char *vectors,
                                const char *stream, axn_buffer *output, axn_error *error);

/* Runs a tracing simulator on the first image; the waveforms (FST) go to the absolute path
 * `file`. `layer` > 0: of that layer of the network alone, with which the run ends. */
axn_status axn_simulator_trace(const axn_simulator *simulator, const char *vectors, int layer,
                               const char *file, axn_buffer *output, axn_error *error);

#endif
