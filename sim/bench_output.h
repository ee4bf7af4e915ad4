/* What the test bench prints (docs/accelerator.md), read line by line. */
#ifndef AXN_SIM_BENCH_OUTPUT_H
#define AXN_SIM_BENCH_OUTPUT_H

#include "common/buffer.h"
#include "model/network.h"

typedef struct axn_bench_output {
    int images; /* of the closing line; -1: there was none */
    int64_t mismatches, bytes;
    int64_t cycles; /* of every image; -1 when they differ or none was printed */
    int64_t layer_cycles[AXN_MAX_LAYERS]; /* -1: not printed */
    int *classes;                         /* [capacity], -1: not printed; caller's */
    int capacity;
    char first_mismatch[256]; /* the first mismatch line without "AXN mismatch " */
} axn_bench_output;

/* `text` must be NUL-terminated. classes and capacity are set by the caller. */
void axn_bench_output_read(const char *text, axn_bench_output *out);

/* Writes a mismatch line with the image's number moved by `offset` and the layer by its
 * name. */
void axn_bench_mismatch_text(const char *line, const axn_network *network, int offset, char *out,
                             size_t size);

#endif
