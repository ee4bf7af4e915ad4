/* From Verilog files to multipliers with error metrics, area, power and delay. */
#ifndef AXN_MULTIPLIERS_CHARACTERISE_H
#define AXN_MULTIPLIERS_CHARACTERISE_H

#include "common/buffer.h"
#include "multipliers/circuit.h"
#include "multipliers/library.h"
#include "multipliers/operand_histogram.h"
#include "synth/liberty.h"

#define AXN_CHARACTERISE_CLOCK_MHZ 1000.0

/* One file's work. Set `file` (borrowed), perhaps `histogram`, and multiplier.family, .command and
 * .lite as they shall be; an empty multiplier.name is filled from the file name. With a
 * `circuit` nothing is read: `file` is for messages only, and multiplier.name and netlist
 * are set by the caller. */
typedef struct axn_characterise_job {
    const char *file;
    const axn_circuit *circuit; /* what netlist computes, NULL = read the file; borrowed */
    const axn_operand_histogram *histogram; /* for energy_histogram_pj; borrowed, NULL = none */
    axn_multiplier multiplier;
    /* Out: the netlist to keep, module = name with ports A, B, O: the file's own text
     * if it is so already, else written anew from what Yosys read. Owned. */
    axn_buffer netlist;
    axn_status status; /* and why, naming the file, in error */
    axn_error error;
} axn_characterise_job;

/* Works on all jobs on `threads` threads (0 = all processors), with a progress bar.
 * A bad file fails its own job only. Every mapped netlist is compared with the
 * Verilog's table over all operand pairs; one that differs is mapped again without
 * adder extraction (multiplier.extract_fa false), and a second difference fails the
 * job with AXN_ERROR_MISMATCH. The call itself fails when no work can be done. */
axn_status axn_characterise(const axn_liberty *liberty, axn_characterise_job *jobs, int count,
                            int threads, axn_error *error);
void axn_characterise_jobs_free(axn_characterise_job *jobs, int count);

/* The jobs that succeeded as a library (no files are written); `folder` is its name.
 * A second circuit of one name makes that job fail. The jobs have one histogram, or none. */
axn_status axn_characterise_collect(const axn_liberty *liberty, axn_characterise_job *jobs,
                                    int count, const char *folder, axn_library *out,
                                    axn_error *error);
/* The same on top of the circuits of `base`, whose figures must be of that Liberty, clock
 * and histogram (AXN_ERROR_MISMATCH); NULL = none. */
axn_status axn_characterise_extend(const axn_liberty *liberty, const axn_library *base,
                                   axn_characterise_job *jobs, int count, const char *folder,
                                   axn_library *out, axn_error *error);

/* Writes a collected library: every NAME.v, then library.json. The folder is made, or
 * must be empty unless `force`. */
axn_status axn_characterise_write(const axn_library *library, const axn_characterise_job *jobs,
                                  int count, bool force, axn_error *error);

#endif
