/* A design on an FPGA: Yosys' synthesis with the resources by module, and for iCE40 place
 * and route, bitstream and timing by nextpnr-ice40, icepack and icetime. */
#ifndef AXN_SYNTH_FPGA_H
#define AXN_SYNTH_FPGA_H

#include <stdbool.h>

#include "common/buffer.h"
#include "common/error.h"

#define AXN_FPGA_NAME 64
/* Files left in the work folder. */
#define AXN_FPGA_NETLIST "fpga.v"
#define AXN_FPGA_JSON "fpga.json"
#define AXN_FPGA_BITSTREAM "fpga.bin"
#define AXN_FPGA_PINS "fpga.pcf"
/* Pins of the iCE40-HX8K breakout board, and the module that has these ports. */
#define AXN_FPGA_TOP "axn_fpga"

typedef enum axn_fpga_family { AXN_FPGA_ICE40, AXN_FPGA_ECP5, AXN_FPGA_XILINX } axn_fpga_family;

/* What a device of the family holds. */
typedef struct axn_fpga_device {
    axn_fpga_family family;
    const char *name;   /* "ice40": the option's word */
    const char *device; /* "iCE40 HX8K-CT256" */
    const char *block;  /* what `brams` counts: "4 kbit" */
    long luts, ffs, brams, dsps;
} axn_fpga_device;

/* NULL when there is no such family. */
const axn_fpga_device *axn_fpga_find(const char *name);

typedef struct axn_fpga_module {
    char name[AXN_FPGA_NAME]; /* of the instance in the RTL: "gather" */
    long luts, ffs, brams, dsps;
} axn_fpga_module;

/* LUTs of carry chains and LUT memories count as LUTs; block RAM as axn_fpga_device says. The
 * design is flattened before it is optimised: a cell between two modules counts for the one
 * that Yosys names it after. The modules' sums are the totals. */
typedef struct axn_fpga_resources {
    long luts, ffs, brams, dsps;
    axn_fpga_module *modules; /* sorted by luts, most first */
    int count;
} axn_fpga_resources;

typedef struct axn_fpga_design {
    const char *folder, *file_list;  /* of RTL, as in axn_hierarchy_options */
    const char *const *replacements; /* file names in the work folder, read after the list: their
                                      * modules take the place of those of the same name */
    const char *multiply_map;        /* techmap for $mul, file in the work folder; NULL = none */
    const axn_buffer *constants;     /* Yosys commands between elaboration and synthesis */
} axn_fpga_design;

/* Synthesises AXN_FPGA_TOP flattened in work_folder. Errors of the design or the tool are
 * AXN_ERROR_TOOL with Yosys' last lines. */
axn_status axn_fpga_synthesise(const axn_fpga_device *device, const axn_fpga_design *design,
                               const char *work_folder, axn_fpga_resources *out, axn_error *error);
void axn_fpga_resources_free(axn_fpga_resources *resources);

/* Counts the resources of a flattened netlist; part of the above. */
axn_status axn_fpga_count(const axn_fpga_device *device, const char *path, axn_fpga_resources *out,
                          axn_error *error);

typedef struct axn_fpga_placement {
    bool fits;       /* else nothing below is valid but cells and brams */
    long cells;      /* logic cells after packing */
    long brams;      /* block RAMs after packing */
    double fmax_mhz; /* by icetime */
} axn_fpga_placement;

/* Places and routes AXN_FPGA_JSON of work_folder for iCE40 with the pins of the breakout
 * board; the bitstream is AXN_FPGA_BITSTREAM there. Too large is no error. */
axn_status axn_fpga_place(const char *work_folder, int seed, axn_fpga_placement *out,
                          axn_error *error);

#endif
