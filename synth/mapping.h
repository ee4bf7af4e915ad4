/* The one fixed recipe from Verilog to a mapped netlist, for every combinational
 * circuit (../docs: multipliers), and delay by OpenSTA. */
#ifndef AXN_SYNTH_MAPPING_H
#define AXN_SYNTH_MAPPING_H

#include "synth/netlist.h"

/* File names a mapping leaves in its work folder. */
#define AXN_MAPPED_VERILOG "mapped.v"
#define AXN_MAPPED_JSON "mapped.json"

/* Maps `module` of `verilog` (NULL = its only or top module) into work_folder
 * (exists): mapped.v, mapped.json. With extract_fa, full and half adders go to
 * the Liberty's own adder cells. Wires are declared by ascending activity under
 * uniform inputs. A Yosys failure is AXN_ERROR_TOOL with its last lines. */
axn_status axn_map_circuit(const axn_liberty *liberty, const char *verilog, const char *module,
                           bool extract_fa, const char *work_folder, axn_netlist *out,
                           axn_error *error);

/* Longest pin-to-pin path in ns of a mapped combinational netlist (mapped.v in
 * work_folder), by OpenSTA; 0 for a circuit without cells. */
axn_status axn_map_delay(const axn_liberty *liberty, const axn_netlist *netlist,
                         const char *work_folder, double *delay_ns, axn_error *error);

#endif
