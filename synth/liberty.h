/* A Liberty (.lib) file: cells, pins, functions, capacitances, internal-energy tables.
 *
 * Read: groups library, lu_table_template, power_lut_template, operating_conditions,
 * cell, pin, ff, latch, statetable, internal_power, leakage_power; the transition
 * tables of timing groups (for the fixed slew). Cells with buses, bundles, banks or
 * state tables are kept by name and area and marked dont_use. include_file is refused.
 * Every error names file and line. */
#ifndef AXN_SYNTH_LIBERTY_H
#define AXN_SYNTH_LIBERTY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "common/file.h"

#define AXN_LIBERTY_NAME 64
#define AXN_LIBERTY_MAX_BYTES ((size_t)256 << 20)
#define AXN_CELL_MAX_INPUTS 8
#define AXN_LIBERTY_THRESHOLDS 9

/* NLDM table of at most 2 dimensions, values in pJ (energy) or ns (time), axes: input slew in ns
 * and load in pF, whatever their order in the file (absent axis: size 1). One block of memory,
 * owned through `slew`. All zero = no table (looked up as 0). */
typedef struct axn_liberty_table {
    int slews, loads;
    double *slew;  /* [slews], ns */
    double *load;  /* [loads], pF */
    double *value; /* [slews][loads], pJ; sign kept */
} axn_liberty_table;

typedef struct axn_liberty_power {      /* one internal_power() group of a pin */
    char related_pin[AXN_LIBERTY_NAME]; /* "" if none; several are separated by blanks */
    char when[256];                     /* "" if unconditional */
    char supply[AXN_LIBERTY_NAME];      /* related_pg_pin, "" if none */
    axn_liberty_table rise, fall;       /* a "power" table fills both */
} axn_liberty_power;

typedef struct axn_liberty_delay {          /* one combinational timing() group */
    char related_pin[AXN_LIBERTY_NAME];     /* several are separated by blanks */
    char sense[16];                         /* timing_sense, "" if not said */
    axn_liberty_table rise, fall;           /* cell_rise, cell_fall in ns; one may be missing */
    axn_liberty_table rise_slew, fall_slew; /* transitions in ns */
} axn_liberty_delay;

typedef struct axn_liberty_pin {
    char name[AXN_LIBERTY_NAME];
    bool input, output, clock;
    double capacitance_pf; /* or the mean of rise and fall where only these are given */
    double rise_capacitance_pf, fall_capacitance_pf; /* below 0 = not given */
    double max_capacitance_pf;                       /* 0 = not given */
    char function[512];                              /* outputs; "" if none */
    bool three_state;
    uint64_t truth[4]; /* outputs of combinational cells: bit i = value for input vector i */
    axn_liberty_power *powers;
    int power_count;
    axn_liberty_delay *delays; /* outputs of combinational cells */
    int delay_count;
} axn_liberty_pin;

typedef struct axn_liberty_cell {
    char name[AXN_LIBERTY_NAME];
    double area_um2;             /* corrected where the file is known to slip; see area_note */
    const char *area_note;       /* NULL, or why area_um2 differs from the file */
    size_t area_begin, area_end; /* where the figure stands in the file */
    double leakage_mw;           /* cell_leakage_power, or the mean of the leakage_power groups */
    axn_liberty_pin *pins;
    int pin_count;
    int inputs[AXN_CELL_MAX_INPUTS]; /* pin indices, in file order: bit j of a truth vector */
    int input_count;
    bool combinational; /* every output has a truth table over the inputs */
    bool flip_flop, latch;
    /* A latch of one data and one enable pin that nothing forbids: its output latch_output follows
     * the data while the enable is latch_high. Its truth table is that of the open latch. */
    bool simple_latch, latch_high;
    int latch_data, latch_enable, latch_output; /* pins */
    /* Of ff(), or data_in, enable, clear, preset of latch(); "" where they are not given. */
    char next_state[256], clocked_on[256], clear[256], preset[256];
    char clear_preset[2];            /* clear_preset_var1 and 2: 'L', 'H', 'N', 'T' or 'X' */
    char state[2][AXN_LIBERTY_NAME]; /* IQ, IQN */
    bool dont_use;                   /* said by the file, or not usable by a mapper */
} axn_liberty_cell;

typedef struct axn_liberty {
    char path[AXN_PATH_MAX];
    char name[AXN_LIBERTY_NAME];
    uint64_t hash;  /* of the file */
    double voltage; /* V */
    /* The fixed input slew of every energy and delay figure: the mean output
     * transition of the smallest inverter that drives four of its kind and is itself
     * driven with that slew; without timing tables, the second slew of its energy table. */
    double slew_ns;
    double inverter_ns; /* its delay, driving four of its kind with that slew; 0 = unknown */
    double inverter_pf; /* input capacitance of that inverter; 0 = no inverter */
    axn_liberty_cell *cells;
    int cell_count;
    double thresholds[AXN_LIBERTY_THRESHOLDS]; /* of delays and slews, as in the file; NaN = none */
    int full_adder, half_adder; /* cell indices, smallest of its function, -1 if none */
    int corrected_areas;        /* cells with an area_note */
} axn_liberty;

/* path NULL = the default (OSU 0.18 um of Debian's qflow-tech-osu018), the message
 * names the package if it is missing. All units are converted to ns, pF, pJ, mW, V. */
axn_status axn_liberty_load(const char *path, axn_liberty *out, axn_error *error);
void axn_liberty_free(axn_liberty *liberty);
int axn_liberty_find(const axn_liberty *liberty, const char *cell); /* -1 if unknown */
/* Bilinear in the table, linear extrapolation outside. */
double axn_liberty_lookup(const axn_liberty_table *table, double slew_ns, double load_pf);

/* Mean delay in ns of an output pin over its inputs, rise and fall, at the fixed slew; 0
 * without timing tables. */
double axn_liberty_pin_delay(const axn_liberty *liberty, const axn_liberty_pin *pin,
                             double load_pf);

/* Puts the file, with its areas corrected, at `path`: a copy where an area is
 * corrected, else a symbolic link. For tools that want a harmless file name. */
axn_status axn_liberty_place(const axn_liberty *liberty, const char *path, axn_error *error);

/* Whether a mapper may use it: one output, a function, nothing that forbids it, and names
 * that are plain identifiers. */
bool axn_liberty_mappable(const axn_liberty_cell *cell);
/* A Liberty of our own for timing analysis: the combinational cells i with used[i], their
 * delays and transitions, whatever dialect they were read from. Refuses a cell without. */
axn_status axn_liberty_write_timing(const axn_liberty *liberty, const bool *used, const char *path,
                                    axn_error *error);
/* A Liberty of our own for logic mapping: area and function of every usable combinational
 * cell of one output; no timing. Refuses a Liberty without an inverter and a two-input
 * AND or OR gate (inverted or not). */
axn_status axn_liberty_write_functions(const axn_liberty *liberty, const char *path,
                                       axn_error *error);

/* Roles of a full or half adder's pins, found by function: inputs by descending
 * capacitance, then carry and sum. c is -1 for a half adder. */
typedef struct axn_adder_pins {
    int a, b, c, carry, sum;
} axn_adder_pins;
axn_adder_pins axn_liberty_adder_pins(const axn_liberty_cell *cell);

/* Truth table of `pin` over the cell's inputs, for 64 vectors at once. */
uint64_t axn_liberty_truth(const uint64_t truth[4], const uint64_t *inputs, int count);

#endif
