/* Verilog text from outside, made safe to hand to Yosys. */
#ifndef AXN_MULTIPLIERS_VERILOG_SOURCE_H
#define AXN_MULTIPLIERS_VERILOG_SOURCE_H

#include "common/buffer.h"
#include "common/error.h"

#define AXN_VERILOG_MAX_BYTES ((size_t)16 << 20)
#define AXN_VERILOG_MAX_DEPTH 500 /* of nested brackets and blocks */

/* Appends the text without its comments (those that switch translation off and on stay),
 * line for line, so that line numbers keep their meaning. A circuit is what stands in its
 * file: refused, naming line and cause (AXN_ERROR_FORMAT), are `include and other ways to
 * read further files or to call foreign code ($readmemh, $fopen, import "DPI-C"), macros
 * that could make up such words, NUL bytes, comments and strings without end, and nesting
 * deeper than AXN_VERILOG_MAX_DEPTH. */
axn_status axn_verilog_source(const char *text, size_t length, axn_buffer *out, axn_error *error);

/* Reads a file of at most AXN_VERILOG_MAX_BYTES that way and writes it to `path`; errors
 * name the file. */
axn_status axn_verilog_source_place(const char *file, const char *path, axn_error *error);

#endif
