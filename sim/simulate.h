/* Simulation of an emitted folder on images, every byte of every layer compared with the
 * golden model. */
#ifndef AXN_SIM_SIMULATE_H
#define AXN_SIM_SIMULATE_H

#include "sim/accelerator.h"
#include "sim/simulator.h"

typedef struct axn_simulation_layer {
    int layer;      /* index in the network */
    int64_t cycles; /* of the RTL */
    int64_t cycles_model;
    double utilisation; /* from the RTL's cycles; 0 but for convolutions */
    double tiling_bound;
} axn_simulation_layer;

typedef struct axn_simulation {
    int images;
    int correct; /* classes equal to the labels; -1 without labels */
    int64_t mismatches;
    int64_t layers_checked; /* layers of the network, the logits as one */
    int64_t bytes_checked;  /* over all images, logits included */
    int64_t cycles_per_image, cycles_per_image_model;
    double utilisation, utilisation_total;
    axn_simulation_layer *layers;
    int layer_count;
    char first_mismatch[512]; /* "" when there is none; the layer by name */
    int first_mismatch_image; /* -1 when there is none */
} axn_simulation;

/* images[count]: bytes (height, width, channel); labels may be NULL. `threads` chunks of
 * images run at a time (0: as many as processors), each golden model and simulator.
 * Mismatches are no failure; a simulator that stops early is (AXN_ERROR_TOOL). */
axn_status axn_simulate(const axn_accelerator *accelerator, const axn_simulator *simulator,
                        const uint8_t *const *images, const uint8_t *labels, int count, int threads,
                        axn_simulation *out, axn_error *error);
void axn_simulation_free(axn_simulation *simulation);

#endif
