#ifndef AXN_SYNTH_NETLIST_INTERNAL_H
#define AXN_SYNTH_NETLIST_INTERNAL_H

#include "synth/netlist.h"

/* axn_netlist_load with a label that stands for the file in messages. */
axn_status axn_netlist_load_as(const char *label, const char *json_path, const char *module,
                               const axn_liberty *liberty, axn_netlist *out, axn_error *error);

#endif
