/* Synthesis of a hierarchical design with its hierarchy kept: mapped netlists and
 * the area of each distinct module, memories as black boxes. */
#ifndef AXN_SYNTH_HIERARCHY_H
#define AXN_SYNTH_HIERARCHY_H

#include "synth/clock_gate.h"
#include "synth/netlist.h"

#define AXN_HIERARCHY_NAME 128
/* Files left in the work folder; AXN_HIERARCHY_FLAT with a module's name is its
 * flattened netlist, for axn_netlist_load. */
#define AXN_HIERARCHY_VERILOG "hierarchy.v"
#define AXN_HIERARCHY_JSON "hierarchy.json"
#define AXN_HIERARCHY_FLAT "flat_%s.json"

typedef struct axn_hierarchy_parameter {
    char name[AXN_LIBERTY_NAME];
    int64_t value;
} axn_hierarchy_parameter;

typedef struct axn_hierarchy_options {
    const char *folder;    /* of the design */
    const char *file_list; /* in that folder: one relative path a line, // and # comments,
                            * +incdir+PATH and +define+NAME[=VALUE] */
    const char *top;
    const char *const *black_boxes; /* module names, NULL-terminated; NULL = none */
    const char *multipliers;        /* mapped netlists kept as they are, one file; NULL = none */
    /* Their modules, which replace those of the same names, NULL-terminated. */
    const char *const *multiplier_modules;
    /* Modules whose adders become ripples of the Liberty's full adders (smallest; a
     * datapath whose operands arrive low bits first loses little time by it), while others
     * get carry look-ahead; NULL-terminated; NULL = all modules. */
    const char *const *ripple;
    const char *const *flatten; /* modules to write flattened too, NULL-terminated */
    const char *label;          /* of the progress bar, NULL = "synthesis" */
    const char *const *defines; /* Verilog macros to define, NULL-terminated; NULL = none */
    /* Registers with an enable get a gated clock (synth/clock_gate.h) where that pays. */
    bool clock_gates;
    const axn_hierarchy_parameter *parameters; /* of the top, [parameter_count] */
    int parameter_count;
} axn_hierarchy_options;

typedef struct axn_hierarchy_module {
    char name[AXN_HIERARCHY_NAME];   /* in the written files, a plain identifier */
    char source[AXN_HIERARCHY_NAME]; /* in the RTL: one module may come in several sizes */
    bool black_box;
    bool flattened;                      /* a flat netlist was written */
    long instances;                      /* in the whole design */
    int output_bits;                     /* of its ports */
    int cells, flip_flops;               /* own cells of the Liberty, without submodules */
    double area_um2;                     /* of these */
    double total_area_um2;               /* area_um2 x instances */
    double leakage_mw;                   /* of one instance, without submodules */
    axn_hierarchy_parameter *parameters; /* integers among the module's parameters */
    int parameter_count;
} axn_hierarchy_module;

typedef struct axn_hierarchy {
    axn_hierarchy_module *modules; /* sorted by name */
    int count;
    int top;
    double area_um2;   /* of the design, black boxes without area */
    double leakage_mw; /* of the design */
    long buffers;      /* inserted into the distinct modules for heavy nets */
    axn_clock_gate_count gates;
} axn_hierarchy;

/* Wider adders are never ripples. */
#define AXN_ADDER_MAX_WIDTH 32

/* Synthesises into work_folder (exists), with progress on standard error. Errors of
 * the design are AXN_ERROR_TOOL with Yosys' last lines; what could not be mapped to the
 * Liberty (latches ...) is AXN_ERROR_FORMAT, naming module and cell; likewise clock_gates with a
 * Liberty that has no cells for them. */
axn_status axn_hierarchy_synthesise(const axn_liberty *liberty,
                                    const axn_hierarchy_options *options, const char *work_folder,
                                    axn_hierarchy *out, axn_error *error);
void axn_hierarchy_free(axn_hierarchy *hierarchy);
int axn_hierarchy_find(const axn_hierarchy *hierarchy, const char *name); /* -1 if none */

typedef struct axn_timing {
    double period_ns;          /* least period that OpenSTA finds; 0 = no constrained path */
    double fmax_mhz;           /* 1000 / period_ns */
    double register_period_ns; /* the same between registers alone; 0 = no such path */
    char start[256], end[256]; /* of the critical path, instances below the top */
    /* The modules in which they lie, as in the written files; "" if unknown. */
    char start_module[AXN_HIERARCHY_NAME], end_module[AXN_HIERARCHY_NAME];
} axn_timing;

/* Timing of the mapped design in work_folder by OpenSTA, before layout: no wires, ideal clock.
 * `constraints` is a file of SDC commands that create the clock with the period $::env(CLOCK_NS) in
 * ns and set uncertainty and delays of ports in proportion to it; the least period that meets them
 * all is found. NULL: paths between registers only, on the input port `clock`. */
axn_status axn_hierarchy_timing(const axn_liberty *liberty, const axn_hierarchy *hierarchy,
                                const char *clock, const char *constraints, const char *work_folder,
                                axn_timing *out, axn_error *error);

#endif
