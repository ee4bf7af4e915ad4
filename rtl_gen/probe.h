/* Operand streams for the power model: the part of the test bench that records the ports
 * of chosen instances, cycle by cycle. */
#ifndef AXN_RTL_GEN_PROBE_H
#define AXN_RTL_GEN_PROBE_H

#include "common/buffer.h"
#include "rtl_gen/program.h"

/* tb/axn_probe.svh, included by axn_tb.sv when built with AXN_PROBE, for an array of this shape:
 * up to 16 cells spread over the array, up to 4 row buses, pool lanes and post lanes (the
 * corners first), and every other module directly inside axn_accelerator, once an instance.
 * Ports are taken from the modules in rtl_lib/. The recording is one file an instance,
 * FOLDER/<module>.<number>.txt:
 *   # module NAME ports a_i:8 ... | o:16 ...     inputs | outputs, without the clock
 *   one line a clock cycle: the values in hexadecimal, in that order, separated by spaces
 * and FOLDER/instances.txt, a line each: file, module, instance path below the top. */
axn_status axn_probe_text(axn_array_shape array, axn_buffer *out, axn_error *error);

#endif
