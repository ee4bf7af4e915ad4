/* A flat mapped netlist (Yosys JSON) over the cells of a Liberty, and its
 * bit-parallel evaluation. */
#ifndef AXN_SYNTH_NETLIST_H
#define AXN_SYNTH_NETLIST_H

#include <stdint.h>

#include "synth/liberty.h"

typedef struct axn_gate {
    int cell;                    /* index into the Liberty */
    int id;                      /* position before sorting, 0 .. gate_count - 1 */
    int *nets;                   /* [pin_count of the cell], net of each pin, -1 = unconnected */
    char name[AXN_LIBERTY_NAME]; /* cut if longer */
} axn_gate;

/* The ports of a flat design carry the paths of black boxes. */
#define AXN_PORT_NAME 192

typedef struct axn_port {
    char name[AXN_PORT_NAME];
    bool output;
    int width;
    int *nets; /* [width], least significant first */
} axn_port;

/* Net 0 is constant 0, net 1 constant 1. Combinational gates are in topological
 * order, flip-flops after them. Latches of clock gates (only from axn_elaborate) stand among the
 * combinational gates, as if always open. */
typedef struct axn_netlist {
    const axn_liberty *liberty; /* borrowed */
    char module[128];
    int net_count;
    char **net_names; /* [net_count], "name" or "name[bit]", NULL = unnamed */
    double *load_pf;  /* [net_count], capacitance of all pins on the net */
    axn_gate *gates;
    int gate_count;
    int flip_flops; /* the last so many gates are flip-flops */
    axn_port *ports;
    int port_count;
} axn_netlist;

/* Reads `module` of a Yosys JSON file whose cells are all of the Liberty (NULL = its
 * top or only module). Refuses, naming the module and the cell: latches, tri-state
 * cells, loops, unknown cells, X or Z bits, nets with several drivers or none. */
axn_status axn_netlist_load(const char *json_path, const char *module, const axn_liberty *liberty,
                            axn_netlist *out, axn_error *error);
void axn_netlist_free(axn_netlist *netlist);
const axn_port *axn_netlist_port(const axn_netlist *netlist, const char *name); /* NULL if none */

/* Evaluates the combinational gates for 64 vectors at once: values[net_count], one
 * machine word a net; inputs and flip-flop outputs must be set. Sets the constants. */
void axn_netlist_evaluate(const axn_netlist *netlist, uint64_t *values);

/* Probability of 1 of each net, p[net_count], of a combinational netlist: exact, over
 * all vectors, with up to 16 input bits; else over 65,536 vectors from a fixed stream.
 * signature[net_count] (may be NULL) is a hash of the net's values over these vectors:
 * equal for equal functions, whatever their gates and names. */
axn_status axn_netlist_probabilities(const axn_netlist *netlist, double *p, uint64_t *signature,
                                     axn_error *error);

#endif
