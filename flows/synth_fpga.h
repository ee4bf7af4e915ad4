/* `axnas synth DIR --fpga FAMILY`: the complete accelerator behind a serial line. */
#ifndef AXN_FLOWS_SYNTH_FPGA_H
#define AXN_FLOWS_SYNTH_FPGA_H

#include "common/json.h"
#include "sim/accelerator.h"
#include "synth/fpga.h"

typedef struct axn_fpga_settings {
    const char *folder;
    const char *library; /* of the exact circuit; NULL = the shipped one */
    const axn_fpga_device *device;
    int images; /* of golden/vectors.bin, through the netlist; iCE40 only */
    int seed;   /* of the placement */
} axn_fpga_settings;

/* The accelerator with one set of multipliers. */
typedef struct axn_fpga_result {
    char multiplier[128]; /* name, or several with '+' between */
    int accumulator_bits;
    axn_fpga_resources resources;
    long memory_blocks; /* that the memories need; resources.brams where all are there */
    bool fits;          /* the complete accelerator does */
    bool logic_only;    /* memories cut to one row of blocks, for the figures of the logic */
    bool placed;
    axn_fpga_placement placement;
    char note[256]; /* what did not fit, "" if all did */
} axn_fpga_result;

typedef struct axn_fpga_report {
    axn_fpga_result own, exact;
    int images, answer_bytes; /* simulated on the netlist, each as wanted */
} axn_fpga_report;

/* Synthesises, places, simulates; files go to folder/report/fpga. */
axn_status axn_fpga_run(const axn_fpga_settings *settings, axn_fpga_report *out, axn_error *error);
void axn_fpga_report_free(axn_fpga_report *report);

/* --- Parts --- */

/* Words of the memories, no more than the program needs; banks of the arena and result buses of
 * a row (`small`: as few as work); taps of fully connected layers a cycle. */
typedef struct axn_fpga_memories {
    int banks, row_buses, dense_taps, arena, weights, parameters, program;
    long blocks; /* of 4 kbit: 16 bits by 256 words */
} axn_fpga_memories;
axn_fpga_memories axn_fpga_memories_of(const axn_program *program, bool small);

/* Module axn_fpga: the accelerator with the parameters of the folder's rtl/axn_top.v but for
 * memories, accumulator width and number of multipliers, the serial bridge, reset and LEDs. */
axn_status axn_fpga_top(const char *folder, const axn_fpga_memories *memories, int accumulator_bits,
                        int multipliers, axn_buffer *out, axn_error *error);
/* Yosys commands that tie the descriptor's bits that are equal in all operations. */
void axn_fpga_constants(const axn_program *program, axn_buffer *out);
/* What a host sends before the first image: memories and registers, for axn_serial_bridge. */
void axn_fpga_setup(const axn_program *program, uint32_t image_bytes, axn_buffer *out);
/* Its bytes for image `index` of golden/vectors.bin, and the bytes that come back; *found false
 * where the file has no such image. */
axn_status axn_fpga_image(const axn_accelerator *accelerator, int index, axn_buffer *image,
                          axn_buffer *answer, bool *found, axn_error *error);

/* Simulates the netlist in `work` (Verilator, Yosys' models of the cells) on what a host sends;
 * every byte that comes back must be the golden model's. `program` is what the netlist runs. */
axn_status axn_fpga_simulate(const axn_accelerator *accelerator, const axn_program *program,
                             const char *work, int images, int *done, int *bytes, axn_error *error);

axn_status axn_fpga_json(const axn_fpga_settings *settings, const axn_fpga_report *report,
                         cJSON **out, axn_error *error);
void axn_fpga_print(const axn_fpga_settings *settings, const axn_fpga_report *report);

#endif
