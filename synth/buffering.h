/* Buffers for nets that are too heavy for their drivers, across the borders of the
 * modules of a mapped design (a mapper sees one module at a time). */
#ifndef AXN_SYNTH_BUFFERING_H
#define AXN_SYNTH_BUFFERING_H

#include "common/json.h"
#include "synth/netlist.h"

/* `modules` is the object of that name in a Yosys JSON file, all cells of the Liberty
 * or modules in it. Inserts trees of the Liberty's strongest buffer (max_capacitance for
 * its area), so that no driver bears more than a quarter of its pin's max_capacitance. Clocks and
 * the modules `kept` (NULL-terminated; may be NULL) are left alone. Nothing happens if the Liberty
 * has no buffer with a max_capacitance. Sets *inserted. */
axn_status axn_buffer_design(const axn_liberty *liberty, cJSON *modules, const char *const *kept,
                             long *inserted, axn_error *error);

/* Nets of a flat netlist that are heavier than the max_capacitance of the pin that drives them;
 * nets of input ports have none. */
long axn_buffer_overloaded(const axn_netlist *netlist);

#endif
