#ifndef AXN_SYNTH_NETLIST_INTERNAL_H
#define AXN_SYNTH_NETLIST_INTERNAL_H

#include "synth/netlist.h"

/* axn_netlist_load with a label that stands for the file in messages. */
axn_status axn_netlist_load_as(const char *label, const char *json_path, const char *module,
                               const axn_liberty *liberty, axn_netlist *out, axn_error *error);

/* Completes a netlist whose ports and gates are filled in: checks the drivers, sorts the
 * gates (which sets gate.id), sums the loads. `label` stands for the file in messages. */
axn_status axn_netlist_complete(const char *label, axn_netlist *netlist, axn_error *error);

#endif
