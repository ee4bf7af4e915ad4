/* The mapped array in simulators other than ours. */
#ifndef AXN_FLOWS_SYNTHESIS_NETLIST_H
#define AXN_FLOWS_SYNTHESIS_NETLIST_H

#include "flows/synthesis.h"
#include "sim/accelerator.h"

typedef struct axn_synthesis_netlist_inputs {
    const axn_accelerator *accelerator;
    const axn_liberty *liberty;
    const axn_hierarchy *hierarchy;       /* the mapped accelerator in `work` */
    const axn_hierarchy_options *options; /* with which it was synthesised */
    const char *work;
    const char *stream; /* recorded ports of the corner of the array (sim/tb/axn_probe.svh) */
    const char *label;
} axn_synthesis_netlist_inputs;

/* Runs the mapped array over the recorded cycles in Verilator, with cell models made of the
 * Liberty, and their beginning in Icarus, with the vendor's models where they lie beside the
 * Liberty. Of an array larger than 4 x 4 its corner of that size is synthesised by the same recipe
 * instead. A difference is AXN_ERROR_MISMATCH. Fills out->netlist. */
axn_status axn_synthesis_check_netlist(const axn_synthesis_netlist_inputs *inputs,
                                       axn_synthesis *out, axn_error *error);

#endif
