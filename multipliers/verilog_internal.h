/* Inside the Verilog reader: a flat netlist on its way from JSON to a circuit. */
#ifndef AXN_MULTIPLIERS_VERILOG_INTERNAL_H
#define AXN_MULTIPLIERS_VERILOG_INTERNAL_H

#include "multipliers/verilog_reader.h"

#define AXN_VERILOG_NONE (-1)
#define AXN_VERILOG_OUTPUTS 4 /* of a Liberty cell */

/* Nets are JSON bits: 0 and 1 the constants, from 2 on those of the module. */
typedef struct axn_verilog_cell {
    int gate;                        /* of axn_verilog_gate_inputs, or NONE */
    const axn_liberty_cell *liberty; /* where gate is NONE */
    int input_count, output_count;
    int input[AXN_CELL_MAX_INPUTS];
    int output[AXN_VERILOG_OUTPUTS];     /* NONE = not connected */
    int output_pin[AXN_VERILOG_OUTPUTS]; /* of the Liberty cell */
    int waiting;                         /* inputs not yet built */
    int next[AXN_CELL_MAX_INPUTS];       /* per input: next reader of the same bit, or NONE */
} axn_verilog_cell;

typedef struct axn_verilog_netlist {
    const char *file, *module; /* for messages */
    const axn_liberty *const *liberties;
    int liberty_count;
    axn_verilog_cell *cells;
    int cell_count;
    int a[8], b[8], o[16]; /* bits of the ports */
    int bit_count;         /* largest bit + 1 */
    int *driver;           /* [bit_count] cell, or NONE */
    int *readers;          /* [bit_count] first cell * AXN_CELL_MAX_INPUTS + input, or NONE */
    int *net;              /* [bit_count] net in the circuit, or NONE */
    int *ready;            /* [cell_count] queue */
    axn_error *error;
} axn_verilog_netlist;

/* AXN_ERROR_FORMAT with file and module in front of the reason. */
axn_status axn_verilog_refuse(const axn_verilog_netlist *netlist, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Index of a simple gate of Yosys ("$_AND_"), or NONE; the letters of its inputs. */
int axn_verilog_gate(const char *type);
const char *axn_verilog_gate_inputs(int gate);

/* Appends a cell to the circuit: x[input_count] are nets in the circuit; the nets of its
 * outputs go to y[output_count]. */
axn_status axn_verilog_build_cell(const axn_verilog_netlist *netlist, const axn_verilog_cell *cell,
                                  const int *x, int *y, axn_circuit *circuit);

/* Builds the whole netlist, whose cells and ports are read, into a started circuit. */
axn_status axn_verilog_build(axn_verilog_netlist *netlist, axn_circuit *circuit);

#endif
