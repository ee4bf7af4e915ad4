/* Area, timing and power of an emitted accelerator: what `axnas synth` reports. */
#ifndef AXN_FLOWS_SYNTHESIS_H
#define AXN_FLOWS_SYNTHESIS_H

#include "common/json.h"
#include "model/model.h"
#include "synth/elaborate.h"
#include "synth/hierarchy.h"
#include "synth/replay.h"

typedef struct axn_synthesis_settings {
    const char *folder;
    const char *liberty;            /* NULL = the default */
    const char *library;            /* of multipliers; NULL = the shipped one */
    const char *dataset, *data_dir; /* of the images; NULL = the model's */
    double clock_mhz;
    int images;
    long cycles; /* simulated an image for power, from reset on; 0 = the whole image */
} axn_synthesis_settings;

/* A component of the accelerator; power at the clock, leakage included. */
typedef struct axn_synthesis_component {
    char name[AXN_HIERARCHY_NAME];
    long cells, flip_flops;
    double area_um2;
    double power_mw, leakage_mw, clock_pin_mw;
} axn_synthesis_component;

typedef struct axn_synthesis_multiplier { /* one of those in every cell */
    char name[AXN_NAME_MAX];
    double area_um2;         /* of one instance */
    double library_area_um2; /* the library's figure; 0: it has none for this Liberty */
    double power_mw;         /* of all its instances, leakage included */
    double leakage_mw;
} axn_synthesis_multiplier;

typedef struct axn_synthesis {
    axn_synthesis_component *components;
    int count;
    axn_synthesis_component total;      /* memories left out */
    double multiplier_mw;               /* of total.power_mw, in the cells' multipliers */
    double multiplier_area_um2;         /* of those of one cell */
    double multiplier_library_area_um2; /* the library's figures; 0: it lacks one */
    axn_synthesis_multiplier multipliers[AXN_MODEL_MAX_MULTIPLIERS];
    int multiplier_count;
    double clock_mhz;
    axn_timing timing;
    int64_t cycles_per_image;
    uint64_t cycles_counted;                 /* for power, over all images */
    uint64_t cycles_checked, values_checked; /* mapped netlist against RTL */
    uint64_t memory_bits;
    int images;
    char liberty[AXN_PATH_MAX];
} axn_synthesis;

/* Synthesises the folder, simulates the RTL on images, replays the mapped netlist on
 * what it did, and adds up. Nothing is written into the folder. */
axn_status axn_synthesis_run(const axn_synthesis_settings *settings, axn_synthesis *out,
                             axn_error *error);
void axn_synthesis_free(axn_synthesis *synthesis);

/* Parts of an elaborated accelerator; energies are those of replay->gates over
 * replay->cycles cycles. Fills components, count, total, multiplier_mw, and the powers of
 * out->multipliers, whose names and number are given. */
axn_status axn_synthesis_add_up(const axn_elaboration *elaboration, const axn_replay *replay,
                                axn_synthesis *out, axn_error *error);

/* uJ an image of a power. */
double axn_synthesis_energy_uj(const axn_synthesis *synthesis, double power_mw);

#endif
