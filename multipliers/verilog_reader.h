/* Combinational Verilog modules with two 8-bit inputs and one 16-bit output, read
 * through Yosys into circuits. */
#ifndef AXN_MULTIPLIERS_VERILOG_READER_H
#define AXN_MULTIPLIERS_VERILOG_READER_H

#include "multipliers/circuit.h"

#define AXN_VERILOG_NAME 128
#define AXN_VERILOG_MAX_BYTES ((size_t)16 << 20)

typedef struct axn_verilog_circuit {
    axn_circuit circuit;
    char module[AXN_VERILOG_NAME];
    char a[AXN_VERILOG_NAME], b[AXN_VERILOG_NAME], o[AXN_VERILOG_NAME]; /* port names */
} axn_verilog_circuit;

/* Is `text` a plain identifier, [A-Za-z_][A-Za-z0-9_]*, that is no Verilog keyword
 * and shorter than `size`? */
bool axn_verilog_identifier(const char *text, size_t size);

/* Reads `count` files with one Yosys process into *out (array of count, free with
 * axn_verilog_free). modules[i] is the top module's name, modules or modules[i]
 * NULL = the only or top module. The inputs named A and B in any case are the
 * operands, else the two inputs in declaration order. Errors name the file and the
 * reason: syntax, wrong ports, sequential logic, loops, black boxes, X or Z. */
axn_status axn_verilog_read(const char *const *files, const char *const *modules, int count,
                            axn_verilog_circuit **out, axn_error *error);
void axn_verilog_free(axn_verilog_circuit *circuits, int count);

/* Reads the JSON that Yosys wrote for one file (one module after flattening, only
 * simple gates) into *out; `file` is the name for messages. */
axn_status axn_verilog_read_json(const char *json_path, const char *file, axn_verilog_circuit *out,
                                 axn_error *error);

#endif
