/* Verilog models of the cells of a Liberty, made of its functions: what a simulator other than ours
 * needs to run a mapped netlist. No delays. */
#ifndef AXN_SYNTH_CELL_MODELS_H
#define AXN_SYNTH_CELL_MODELS_H

#include "common/buffer.h"
#include "synth/liberty.h"

/* In front of the name of a register that starts from a random value. */
#define AXN_STARTING_CELL "axn_starting_"

/* Appends a module for each cell i with used[i]: combinational cells, flip-flops and latches with
 * their asynchronous clear and preset. Registers start as the simulator says. Refuses, naming file
 * and cell, cells without functions that can be evaluated (state tables, three states ...). */
axn_status axn_cell_models_print(const axn_liberty *liberty, const bool *used, axn_buffer *out,
                                 axn_error *error);

/* Appends, for each flip-flop i with used[i], a module AXN_STARTING_CELL + name around a cell of
 * that name, whoever models it: its outputs show a random state ($random) until one time unit
 * after its first clock edge, from then on the cell's own. Models that hold X until they have been
 * clocked never leave it in a design without resets. */
axn_status axn_cell_models_print_starting(const axn_liberty *liberty, const bool *used,
                                          axn_buffer *out, axn_error *error);

#endif
