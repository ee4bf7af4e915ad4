/* Inside axn_hierarchy_synthesise: reading Yosys' account of the mapped design. */
#ifndef AXN_SYNTH_HIERARCHY_INTERNAL_H
#define AXN_SYNTH_HIERARCHY_INTERNAL_H

#include "synth/hierarchy.h"

/* Yosys' name of a module ("\x" and "$paramod..." as in RTLIL) and its plain one. */
typedef struct axn_module_names {
    char **rtlil;
    char (*plain)[AXN_HIERARCHY_NAME];
    int count;
} axn_module_names;

/* NULL if the name is not known. */
const char *axn_module_plain_name(const axn_module_names *names, const char *rtlil, size_t length);
void axn_module_names_free(axn_module_names *names);

/* Reads the modules of a JSON file: names, instances, areas. */
axn_status axn_hierarchy_measure(const axn_liberty *liberty, const char *json_path, const char *top,
                                 axn_module_names *names, axn_hierarchy *out, axn_error *error);

#endif
