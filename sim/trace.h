/* Waveforms of an accelerator at work, for GTKWave. */
#ifndef AXN_SIM_TRACE_H
#define AXN_SIM_TRACE_H

#include "sim/accelerator.h"
#include "sim/simulator.h"

/* The layer of that name, or of that number as decimal text; AXN_ERROR_USAGE lists the names.
 * The input is none. */
axn_status axn_trace_layer(const axn_accelerator *accelerator, const char *name, int *layer,
                           axn_error *error);

/* Simulates the image, from reset on, with a tracing simulator and writes the waveforms of every
 * signal into `file` (FST): of all of the image, or of `layer` alone (> 0). */
axn_status axn_trace(const axn_accelerator *accelerator, const axn_simulator *simulator,
                     const uint8_t *image, int layer, const char *file, axn_error *error);

#endif
