/* Inside axn_hierarchy_synthesise: reading Yosys' account of the mapped design. */
#ifndef AXN_SYNTH_HIERARCHY_INTERNAL_H
#define AXN_SYNTH_HIERARCHY_INTERNAL_H

#include "common/json.h"
#include "synth/hierarchy.h"

/* The modules of a design in a Yosys JSON file, sorted by the RTL's name. */
typedef struct axn_module_list {
    const axn_liberty *liberty;
    const char *path;                   /* of the file, for messages */
    cJSON *modules;                     /* borrowed */
    cJSON **items;                      /* [count] */
    char (*source)[AXN_HIERARCHY_NAME]; /* [count] name in the RTL */
    char (*plain)[AXN_HIERARCHY_NAME];  /* [count] a plain name of its own */
    int count;
} axn_module_list;

axn_status axn_module_list_read(const axn_liberty *liberty, const char *path, cJSON *modules,
                                axn_module_list *out, axn_error *error);
void axn_module_list_free(axn_module_list *list);

/* Instances, areas and parameters; the list must be of the names before renaming. */
axn_status axn_hierarchy_measure(const axn_module_list *list, const char *top, axn_hierarchy *out,
                                 axn_error *error);

/* Gives modules and their instances the plain names (Yosys' own for derived modules
 * are not Verilog that other tools like, and its `rename` leaves the instances behind). */
axn_status axn_module_list_rename(axn_module_list *list, axn_error *error);

#endif
