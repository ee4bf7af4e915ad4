/* A hierarchical mapped design as one flat netlist, black boxes cut out. */
#ifndef AXN_SYNTH_ELABORATE_H
#define AXN_SYNTH_ELABORATE_H

#include "synth/hierarchy.h"

/* All instances of a module below one scope: where a gate stands in the design, but for
 * the number of the instance. Scope 0 is the top; parents come before their children. */
typedef struct axn_scope {
    int parent;                      /* -1 for the top */
    char module[AXN_HIERARCHY_NAME]; /* in the RTL */
    bool black_box;
    long instances;
    long cells, flip_flops; /* own ones, of all these instances */
    double area_um2;        /* of these cells */
    double leakage_mw;
} axn_scope;

typedef struct axn_black_box {       /* one instance */
    char path[AXN_PORT_NAME];        /* below the top, as in the names of its ports */
    char module[AXN_HIERARCHY_NAME]; /* in the JSON file */
} axn_black_box;

/* Nets have no names (netlist.net_names is NULL). */
typedef struct axn_elaboration {
    /* The outputs of a black box are inputs here and the other way round, as ports named
     * by the instance path below the top ("u_a.u_memory.data_o"). */
    axn_netlist netlist;
    axn_scope *scopes;
    int scope_count;
    int *scope; /* [gate_count], by gate.id */
    axn_black_box *black_boxes;
    int black_box_count;
    int *origin; /* [gate_count], by gate.id: equal for the instances of one cell of one
                  * module, in the order of the ids */
} axn_elaboration;

/* Reads the hierarchy from a Yosys JSON file (AXN_HIERARCHY_JSON), whose cells are
 * modules of the file and cells of the Liberty; modules with the attribute blackbox are
 * cut out. Refused, naming file, module and cell: what axn_netlist_load refuses, and
 * designs of more than 2^18 instances, 2^25 nets or 2^22 cells. The Liberty must outlive
 * the result. */
axn_status axn_elaborate(const axn_liberty *liberty, const char *json_path, const char *top,
                         axn_elaboration *out, axn_error *error);
void axn_elaboration_free(axn_elaboration *elaboration);

#endif
