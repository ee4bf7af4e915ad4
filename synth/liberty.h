/* A Liberty (.lib) file: cells, pins, functions, capacitances, internal-energy tables. */
#ifndef AXN_SYNTH_LIBERTY_H
#define AXN_SYNTH_LIBERTY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "common/file.h"

#define AXN_LIBERTY_NAME 64
#define AXN_CELL_MAX_INPUTS 8

/* NLDM table of at most 2 dimensions, values in pJ, axes: input slew in ns and
 * load in pF, whatever their order in the file (absent axis: size 1). */
typedef struct axn_liberty_table {
    int slews, loads;
    double *slew;     /* [slews], ns */
    double *load;     /* [loads], pF */
    double *value;    /* [slews][loads], pJ; sign kept */
} axn_liberty_table;

typedef struct axn_liberty_power { /* one internal_power() group of a pin */
    char related_pin[AXN_LIBERTY_NAME]; /* "" if none */
    char when[256];                     /* "" if unconditional */
    axn_liberty_table rise, fall;       /* a "power" table fills both */
} axn_liberty_power;

typedef struct axn_liberty_pin {
    char name[AXN_LIBERTY_NAME];
    bool input, output, clock;
    double capacitance_pf;
    double max_capacitance_pf;  /* 0 = not given */
    char function[512];         /* outputs; "" if none */
    bool three_state;
    uint64_t truth[4];          /* outputs of combinational cells: bit i = value for input vector i */
    axn_liberty_power *powers;
    int power_count;
} axn_liberty_pin;

typedef struct axn_liberty_cell {
    char name[AXN_LIBERTY_NAME];
    double area_um2;            /* corrected where the file is known to slip; see area_note */
    const char *area_note;      /* NULL, or why area_um2 differs from the file */
    double leakage_mw;
    axn_liberty_pin *pins;
    int pin_count;
    int inputs[AXN_CELL_MAX_INPUTS]; /* pin indices, in file order: bit j of a truth vector */
    int input_count;
    bool combinational;         /* every output has a truth table over the inputs */
    bool flip_flop, latch;
    char next_state[256], clocked_on[256], clear[256], preset[256]; /* of ff() */
    char state[2][AXN_LIBERTY_NAME]; /* IQ, IQN */
    bool dont_use;
} axn_liberty_cell;

typedef struct axn_liberty {
    char path[AXN_PATH_MAX];
    char name[AXN_LIBERTY_NAME];
    uint64_t hash;              /* of the file */
    double voltage;             /* V */
    axn_liberty_cell *cells;
    int cell_count;
    int full_adder, half_adder; /* cell indices, found by function, -1 if none */
} axn_liberty;

/* path NULL = the default (OSU 0.18 um of Debian's qflow-tech-osu018), the message
 * names the package if it is missing. All units are converted to ns, pF, pJ, mW, V. */
axn_status axn_liberty_load(const char *path, axn_liberty *out, axn_error *error);
void axn_liberty_free(axn_liberty *liberty);
int axn_liberty_find(const axn_liberty *liberty, const char *cell); /* -1 if unknown */
/* Bilinear in the table, linear extrapolation outside. */
double axn_liberty_lookup(const axn_liberty_table *table, double slew_ns, double load_pf);

#endif
