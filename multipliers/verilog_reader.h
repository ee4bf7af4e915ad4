/* Combinational Verilog modules with two 8-bit inputs and one 16-bit output, read
 * through Yosys into circuits. */
#ifndef AXN_MULTIPLIERS_VERILOG_READER_H
#define AXN_MULTIPLIERS_VERILOG_READER_H

#include <cjson/cJSON.h>

#include "multipliers/circuit.h"
#include "multipliers/verilog_source.h"
#include "synth/liberty.h"

#define AXN_VERILOG_NAME 128
#define AXN_VERILOG_MEMORY ((size_t)4 << 30) /* that Yosys may take to read circuits */

typedef struct axn_verilog_circuit {
    axn_circuit circuit;
    char module[AXN_VERILOG_NAME];
    char a[AXN_VERILOG_NAME], b[AXN_VERILOG_NAME], o[AXN_VERILOG_NAME]; /* port names */
    bool plain_ports; /* [7:0] and [15:0], not signed, whatever their names */
    bool cells;       /* holds cells of a Liberty */
} axn_verilog_circuit;

/* Is `text` a plain identifier, [A-Za-z_][A-Za-z0-9_]*, that is no Verilog keyword
 * and shorter than `size`? */
bool axn_verilog_identifier(const char *text, size_t size);

/* Does the file's name end in .sv? */
bool axn_verilog_is_system(const char *file);

/* Reads `count` files with one Yosys process into *out (array of count, free with
 * axn_verilog_free). modules[i] is the top module's name, modules or modules[i]
 * NULL = the only or top module. The inputs named A and B in any case are the
 * operands, else the two inputs in declaration order. Errors name the file and the
 * reason: syntax, wrong ports, sequential logic, loops, black boxes, X or Z. */
axn_status axn_verilog_read(const char *const *files, const char *const *modules, int count,
                            axn_verilog_circuit **out, axn_error *error);
void axn_verilog_free(axn_verilog_circuit *circuits, int count);

/* Appends the text of `file` if it is what a library keeps under `name` as it stands: a
 * netlist of gates (no macros, arithmetic or processes), one module of that name with ports
 * A, B and O, no Liberty cells. *kept tells. */
axn_status axn_verilog_own_text(const axn_verilog_circuit *circuit, const char *file,
                                const char *name, axn_buffer *out, bool *kept, axn_error *error);

/* Reads one module of the JSON that Yosys wrote for a file, after flattening and mapping
 * to simple gates. Cells that are no gates are looked up in liberties[liberty_count] by
 * name. `file` is the name for messages. */
axn_status axn_verilog_read_module(const cJSON *module, const char *file,
                                   const axn_liberty *const *liberties, int liberty_count,
                                   axn_verilog_circuit *out, axn_error *error);
/* The same for the top or only module of a JSON file, without Liberty cells. */
axn_status axn_verilog_read_json(const char *json_path, const char *file, axn_verilog_circuit *out,
                                 axn_error *error);

#endif
