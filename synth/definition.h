/* Inside axn_elaborate: one module of the file, read once. */
#ifndef AXN_SYNTH_DEFINITION_H
#define AXN_SYNTH_DEFINITION_H

#include <cjson/cJSON.h>

#include "synth/hierarchy.h"

/* Nets are Yosys' bit numbers: 0 and 1 the constants, from 2 on those of the module, -1
 * nothing connected. */
typedef struct axn_definition_gate {
    int cell;
    int *nets;        /* [pin_count of the cell] */
    const char *name; /* in the JSON */
} axn_definition_gate;

typedef struct axn_definition_instance {
    int definition;   /* index in the design */
    int *nets;        /* of all port bits of that module, port by port */
    const char *name; /* in the JSON */
} axn_definition_instance;

typedef struct axn_definition {
    const cJSON *module;
    char source[AXN_HIERARCHY_NAME]; /* name in the RTL */
    bool black_box;
    int net_count; /* largest bit number + 1 */
    axn_port *ports;
    int port_count, port_bits;
    axn_definition_gate *gates;
    int gate_count;
    axn_definition_instance *instances;
    int instance_count;
} axn_definition;

typedef struct axn_design {
    const char *path; /* of the file */
    const axn_liberty *liberty;
    cJSON *json;
    axn_definition *definitions; /* those below the top; 0 = the top */
    int count;
} axn_design;

axn_status axn_design_load(const axn_liberty *liberty, const char *path, const char *top,
                           axn_design *out, axn_error *error);
void axn_design_free(axn_design *design);

#endif
