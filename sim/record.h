/* Recording what an accelerator does on images, for power figures. */
#ifndef AXN_SIM_RECORD_H
#define AXN_SIM_RECORD_H

#include "sim/accelerator.h"
#include "sim/simulator.h"

/* Where the stream of image `number` lies. */
axn_status axn_record_path(const char *folder, int number, char out[AXN_PATH_MAX],
                           axn_error *error);

/* Simulates images[count], each from reset on, with every byte compared as axn_simulate
 * does, and records the boundary of the logic (sim/tb/axn_probe.svh, format of
 * synth/activity.h) into one file each in `folder`. `threads` at a time, 0: all
 * processors. AXN_ERROR_MISMATCH where a byte differs, or images differ in cycles. */
axn_status axn_record(const axn_accelerator *accelerator, const axn_simulator *simulator,
                      const uint8_t *const *images, int count, int threads, const char *folder,
                      int64_t *cycles_per_image, axn_error *error);

#endif
