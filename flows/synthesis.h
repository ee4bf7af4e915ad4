/* Area, timing and power of an emitted accelerator: what `axnas synth` reports. */
#ifndef AXN_FLOWS_SYNTHESIS_H
#define AXN_FLOWS_SYNTHESIS_H

#include "common/json.h"
#include "model/model.h"
#include "synth/elaborate.h"
#include "synth/hierarchy.h"
#include "synth/replay.h"

typedef enum axn_clock_gating {
    AXN_CLOCK_GATING_BOTH, /* with, and without beside it; without alone if the Liberty lacks cells
                            */
    AXN_CLOCK_GATING_ON,
    AXN_CLOCK_GATING_OFF
} axn_clock_gating;

typedef struct axn_synthesis_settings {
    const char *folder;
    const char *liberty;            /* NULL = the default */
    const char *library;            /* of multipliers; NULL = the shipped one */
    const char *memories;           /* table of memories; NULL = the shipped one */
    const char *dataset, *data_dir; /* of the images; NULL = the model's */
    double clock_mhz;
    int images;
    long cycles;       /* simulated an image for power, from reset on; 0 = the whole image */
    const char *label; /* in front of what progress says */
    bool no_exact;     /* axn_synthesis_run_set: without the twins */
    bool star;         /* the folder is a twin, its multiplier to be Yosys' own `*` */
    bool no_netlist;   /* without the mapped array in Verilator and Icarus */
    axn_clock_gating clock_gating; /* of axn_synthesis_run_set; for axn_synthesis_run OFF or not */
} axn_synthesis_settings;

/* What the energy of an image is divided into; clock pins are in no other part. */
typedef enum axn_synthesis_part {
    AXN_PART_MULTIPLIERS,
    AXN_PART_ACCUMULATORS,   /* the cells' adders and what else they switch */
    AXN_PART_CELL_REGISTERS, /* data and outputs of the cells' flip-flops */
    AXN_PART_FEEDERS,        /* what brings activations and weights to the array */
    AXN_PART_POST,           /* what becomes of its sums */
    AXN_PART_CONTROL,
    AXN_PART_CLOCK_PINS,
    AXN_PART_MEMORIES,
    AXN_PART_COUNT
} axn_synthesis_part;

typedef struct axn_synthesis_layer { /* or the loading of the image, or the results */
    char name[AXN_NAME_MAX];
    int64_t cycles;                   /* an image, those that were simulated */
    double energy_uj[AXN_PART_COUNT]; /* an image, leakage included */
} axn_synthesis_layer;

typedef struct axn_synthesis_memory { /* one instance of axn_memory */
    char path[AXN_PORT_NAME];
    int64_t bytes, depth;
    double reads, writes;                 /* an image; a write of any bytes of a word is one */
    double area_um2, power_mw, energy_uj; /* 0 without a table */
} axn_synthesis_memory;

/* A component of the accelerator; power at the clock, leakage included. */
typedef struct axn_synthesis_component {
    char name[AXN_HIERARCHY_NAME];
    long cells, flip_flops;
    double area_um2;
    double power_mw, leakage_mw, clock_pin_mw; /* clock pins: with what the clock gates take */
    double glitch_mw;                          /* in no other figure */
} axn_synthesis_component;

typedef struct axn_synthesis_multiplier { /* one of those in every cell */
    char name[AXN_NAME_MAX];
    double area_um2;         /* of one instance */
    double library_area_um2; /* the library's figure; 0: it has none for this Liberty */
    double power_mw;         /* of all its instances, leakage included */
    double leakage_mw;
} axn_synthesis_multiplier;

typedef struct axn_synthesis_netlist { /* the mapped array in Verilator and Icarus */
    int rows, cols;                    /* of what was simulated */
    int layers;                        /* whole convolution layers in Verilator's cycles */
    bool whole;                        /* it is the accelerator's array, not a corner of it */
    bool vendor;                       /* Icarus had the vendor's models */
    uint64_t cycles, values; /* compared in Verilator with models of the Liberty; 0: not run */
    uint64_t icarus_cycles, icarus_values;
} axn_synthesis_netlist;

typedef struct axn_synthesis {
    axn_synthesis_component *components;
    int count;
    axn_synthesis_component total;             /* memories left out */
    long clock_gates;                          /* instances */
    long gated_flip_flops;                     /* behind them */
    double clock_gate_area_um2, clock_gate_mw; /* of total; the power without leakage */
    double multiplier_mw;                      /* of total.power_mw, in the cells' multipliers */
    double multiplier_area_um2;                /* of those of one cell */
    double multiplier_library_area_um2;        /* the library's figures; 0: it lacks one */
    axn_synthesis_multiplier multipliers[AXN_MODEL_MAX_MULTIPLIERS];
    int multiplier_count;
    double clock_mhz;
    int accumulator_bits;
    axn_timing timing;
    int64_t cycles_per_image;
    uint64_t cycles_counted;                 /* for power, over all images */
    uint64_t cycles_checked, values_checked; /* mapped netlist against RTL */
    int cells_proved; /* distinct cells of the array that Yosys proved equal to their RTL */
    axn_synthesis_netlist netlist;
    long overloaded_nets; /* above the Liberty's max_capacitance */
    uint64_t memory_bits;
    axn_synthesis_memory *memories;
    int memory_count;
    bool memories_known; /* the table has figures for them */
    bool gated;          /* synthesised with clock gates */
    double memory_area_um2, memory_mw;
    double memory_standby_mw; /* part of memory_mw */
    char memory_note[1200];   /* source and scaling, or why there are none */
    axn_synthesis_layer *layers;
    int layer_count;
    double glitch_error_mw; /* standard error of total.glitch_mw */
    uint64_t glitch_cycles; /* simulated with unit delays */
    int images;
    char liberty[AXN_PATH_MAX];
} axn_synthesis;

/* Synthesises the folder, simulates the RTL on images, replays the mapped netlist on
 * what it did, and adds up. Nothing is written into the folder. */
axn_status axn_synthesis_run(const axn_synthesis_settings *settings, axn_synthesis *out,
                             axn_error *error);
void axn_synthesis_free(axn_synthesis *synthesis);

#define AXN_SYNTHESIS_KINDS 3 /* groups of a component */

/* The groups that energies are counted in: component by component, combinational gates, then
 * flip-flops, then clock gates. Fills out->components, count, the clock gates and total but for the
 * powers; out->multipliers' names
 * and number are given. group[gate_count] by gate.id, to be freed. */
axn_status axn_synthesis_group(const axn_elaboration *elaboration, axn_synthesis *out, int **group,
                               axn_error *error);
/* The powers, from the energies of a replay in these groups: of the components, of total, of
 * out->multipliers, and the energies of out->layers, whose names and cycles are given. */
void axn_synthesis_add_up(const axn_replay *replay, axn_synthesis *out);
/* Components by descending area. */
void axn_synthesis_sort(axn_synthesis *out);
const char *axn_synthesis_part_name(axn_synthesis_part part);

/* Counts the accesses of the memories in the recorded streams and charges them after the table.
 * After axn_synthesis_add_up. */
axn_status axn_synthesis_add_memories(const axn_synthesis_settings *settings,
                                      const axn_liberty *liberty, const axn_hierarchy *hierarchy,
                                      const axn_elaboration *elaboration,
                                      const char *const *streams, int count, axn_synthesis *out,
                                      axn_error *error);

/* uJ an image of a layer, all parts. */
double axn_synthesis_layer_uj(const axn_synthesis_layer *layer);
/* Power with the memories, where they are known. */
double axn_synthesis_power_mw(const axn_synthesis *synthesis);
/* uJ an image of a power. */
double axn_synthesis_energy_uj(const axn_synthesis *synthesis, double power_mw);

#endif
