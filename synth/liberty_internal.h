/* Inside the Liberty reader: the file as a tree of groups and attributes. */
#ifndef AXN_SYNTH_LIBERTY_INTERNAL_H
#define AXN_SYNTH_LIBERTY_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "synth/liberty.h"

/* A stretch of the file's text, without quotation marks; not NUL-terminated. */
typedef struct axn_slice {
    const char *text;
    size_t length;
} axn_slice;

/* A group `name (values) { ... }`, or an attribute `name : value ;` or
 * `name (values) ;`. Indices into axn_liberty_tree.nodes, -1 = none. */
typedef struct axn_liberty_node {
    bool group;
    int line;
    axn_slice name;
    size_t first_value, value_count; /* into axn_liberty_tree.values */
    size_t begin, end;               /* offsets of the (first) value's text in the file */
    int parent, child, last_child, next;
} axn_liberty_node;

typedef struct axn_liberty_tree {
    const char *file; /* for messages */
    const char *text;
    size_t length;
    axn_liberty_node *nodes; /* node 0 is the file itself */
    size_t node_count, node_capacity;
    axn_slice *values;
    size_t value_count, value_capacity;
} axn_liberty_tree;

/* `text` must be NUL-terminated at text[length] and outlive the tree. Groups that
 * nothing here needs (timing constraints, noise ...) are checked for balance and
 * left out. */
axn_status axn_liberty_parse(const char *file, const char *text, size_t length,
                             axn_liberty_tree *out, axn_error *error);
void axn_liberty_tree_free(axn_liberty_tree *tree);

/* First child of that name from `node` on (start with tree->nodes[parent].child). */
int axn_liberty_next(const axn_liberty_tree *tree, int node, const char *name);
int axn_liberty_child(const axn_liberty_tree *tree, int parent, const char *name);
/* First value of a node; an empty slice if it has none. */
axn_slice axn_liberty_value(const axn_liberty_tree *tree, int node);
/* First value of the named attribute of `parent`; empty if missing. */
axn_slice axn_liberty_attribute(const axn_liberty_tree *tree, int parent, const char *name);
bool axn_slice_is(axn_slice slice, const char *text);
/* Copies into out[size]; false if it does not fit (out is then ""). */
bool axn_slice_copy(axn_slice slice, char *out, size_t size);
/* A finite number and nothing else. */
bool axn_slice_number(axn_slice slice, double *out);
/* What no figure exceeds in our units; beyond it sums and products would not be finite. */
#define AXN_LIBERTY_MAX_FIGURE 1e30

/* Attributes of the library that axn_liberty.thresholds keeps. */
extern const char *const axn_liberty_threshold_names[AXN_LIBERTY_THRESHOLDS];

/* Factors from the file's units to ns, pF, V, mW, pJ. */
typedef struct axn_liberty_units {
    double time, capacitance, voltage, leakage, energy;
} axn_liberty_units;

axn_status axn_liberty_read_units(const axn_liberty_tree *tree, int library, axn_liberty_units *out,
                                  axn_error *error);
/* Reads a table group; value_scale is the factor of its values. */
axn_status axn_liberty_read_table(const axn_liberty_tree *tree, int library, int group,
                                  const axn_liberty_units *units, double value_scale,
                                  axn_liberty_table *out, axn_error *error);
void axn_liberty_table_free(axn_liberty_table *table);
axn_status axn_liberty_read_cell(const axn_liberty_tree *tree, int library, int group,
                                 const axn_liberty_units *units, axn_liberty_cell *out,
                                 axn_error *error);
void axn_liberty_cell_free(axn_liberty_cell *cell);
/* Sets slew_ns, inverter_pf and inverter_ns. */
void axn_liberty_set_slew(axn_liberty *liberty);
/* Reads a Liberty from memory; `file` is for messages and stands in out->path. */
axn_status axn_liberty_from_text(const char *file, const char *text, size_t length,
                                 axn_liberty *out, axn_error *error);

#endif
