/* A mapped module in simulators other than ours, on the recorded ports of its RTL. */
#ifndef AXN_SYNTH_NETLIST_SIMULATION_H
#define AXN_SYNTH_NETLIST_SIMULATION_H

#include "common/file.h"
#include "synth/liberty.h"

typedef enum axn_netlist_simulator {
    AXN_NETLIST_VERILATOR, /* cell models made of the Liberty's functions */
    AXN_NETLIST_ICARUS     /* any models, with their path delays */
} axn_netlist_simulator;

typedef struct axn_netlist_simulation_options {
    const char *module; /* of AXN_HIERARCHY_JSON in the work folder */
    const char *clock;  /* its input port; registers of one edge or gated clocks */
    const char *stream; /* format of synth/activity.h; @check is 1 where outputs are compared */
    const char *models; /* a file with the cells' Verilog models, the vendor's; NULL = our own */
    axn_netlist_simulator simulator;
    long cycles; /* compared after which to stop; 0 = the end of the stream */
} axn_netlist_simulation_options;

typedef struct axn_netlist_simulation {
    uint64_t cycles; /* compared */
    uint64_t values; /* of outputs, compared */
} axn_netlist_simulation;

/* Registers start from random values. In cycles with @check every bit of every output must equal
 * the stream's; of a bit that has neither been equal nor changed in the stream since the first of
 * these cycles nothing is asked (a register that nothing has loaded yet). Differences are
 * AXN_ERROR_MISMATCH naming module, cycle, port and values. Files are left in the work folder. */
axn_status axn_netlist_simulate(const axn_liberty *liberty, const char *work_folder,
                                const axn_netlist_simulation_options *options,
                                axn_netlist_simulation *out, axn_error *error);

/* The vendor's models where they are usually found: the Liberty's path with .v in place of .lib;
 * false if there is no such file. */
bool axn_netlist_vendor_models(const axn_liberty *liberty, char out[AXN_PATH_MAX]);

#endif
