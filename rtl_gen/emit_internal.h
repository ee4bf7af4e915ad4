/* Parts of the emitted folder; each makes the text of one file. */
#ifndef AXN_RTL_GEN_EMIT_INTERNAL_H
#define AXN_RTL_GEN_EMIT_INTERNAL_H

#include "common/buffer.h"
#include "rtl_gen/emit.h"

#define AXN_TOP_MODULE "axn_top"

/* mem/: one word a line, most significant digit first. */
void axn_emit_program(const axn_program *program, axn_buffer *out);
void axn_emit_parameters(const axn_program *program, axn_buffer *out);
void axn_emit_weights(const axn_program *program, axn_buffer *out);
void axn_emit_layout(const axn_model *model, const axn_program *program, axn_buffer *out);
void axn_emit_table(const axn_table *table, axn_buffer *out);

/* rtl/axn_top.v: the accelerator with its parameters written in. */
void axn_emit_top(const axn_program *program, axn_buffer *out);
/* tb/axn_config.vh: the same numbers as macros. */
void axn_emit_config(const axn_program *program, axn_buffer *out);
/* rtl/axn_mul8u*.v: the body `module`, a wrapper and below it the netlist's own text. */
void axn_emit_multiplier(const char *module, const char *netlist_module, const axn_buffer *netlist,
                         axn_buffer *out);
/* rtl/axn_mul8u.v where there are several: the one that the parameter says. */
void axn_emit_choice(int count, axn_buffer *out);

/* orfs/config.mk, axn_top.core, verilator.f for other flows, from filelist_syn.f. */
axn_status axn_emit_handover(const char *folder, axn_error *error);

/* README.md, report/layers.csv, report/summary.json. */
void axn_emit_readme(const axn_emission *emission, axn_buffer *out);
void axn_emit_layers(const axn_emission *emission, axn_buffer *out);
axn_status axn_emit_summary(const axn_emission *emission, const char *path, axn_error *error);

#endif
