/* Descriptor, registers and ports: checks, and the files made from the .def files of this
 * folder (Verilog include, C header, documentation tables). */
#ifndef AXN_RTL_GEN_DESCRIPTOR_H
#define AXN_RTL_GEN_DESCRIPTOR_H

#include "common/buffer.h"
#include "rtl_gen/program.h"

/* AXN_ERROR_LIMIT naming `layer`, the field, its value and its largest value when a
 * field does not fit its width. */
axn_status axn_descriptor_check(const axn_descriptor *descriptor, const char *layer,
                                axn_error *error);

/* rtl_lib/axn_descriptor.vh: `AXN_FIELD_<NAME> is the field's part select within the
 * 512 bits of a descriptor (word 0 lowest), `AXN_WIDTH_<NAME> its width; `AXN_OP_<KIND>
 * the operations; `AXN_REG_<NAME> the addresses of the registers; `AXN_REG_READABLE and
 * `AXN_REG_WRITABLE those of the AXI shell's map (bit address / 4). */
void axn_descriptor_verilog(axn_buffer *out);

/* include/axn_accelerator.h of an emitted folder: the same as C macros. */
void axn_descriptor_header(axn_buffer *out);

/* docs/descriptor.md: descriptor, registers, ports, and those of the AXI shell. */
void axn_descriptor_document(axn_buffer *out);

#endif
