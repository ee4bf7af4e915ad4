/* Vectors of the test bench: image, expected bytes of every layer, logits and class. The
 * format is that of docs/accelerator.md. */
#ifndef AXN_SIM_VECTORS_H
#define AXN_SIM_VECTORS_H

#include "common/buffer.h"
#include "model/model.h"

/* Where the golden model leaves one image's results. */
typedef struct axn_golden_buffers {
    uint8_t **outputs; /* [network.count] */
    int32_t *logits;
    uint8_t *memory; /* behind outputs */
} axn_golden_buffers;
axn_status axn_golden_buffers_create(const axn_network *network, axn_golden_buffers *out,
                                     axn_error *error);
void axn_golden_buffers_free(axn_golden_buffers *buffers);

/* Bytes of one image's record; of them checked by the bench: those of the layers after
 * the input. */
size_t axn_vector_bytes(const axn_network *network);
size_t axn_vector_checked_bytes(const axn_network *network);

/* Runs the golden model on an image (height, width, channel) and appends its record to
 * *out; returns the class. */
int axn_vector_append(const axn_model *model, const uint16_t *const *tables, const uint8_t *image,
                      axn_golden_buffers *buffers, axn_buffer *out);

#endif
