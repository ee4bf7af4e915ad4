/* A flat combinational circuit with two 8-bit inputs A and B and a 16-bit output O:
 * building from gates and adders, exhaustive evaluation, writing as Verilog. */
#ifndef AXN_MULTIPLIERS_CIRCUIT_H
#define AXN_MULTIPLIERS_CIRCUIT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buffer.h"
#include "multipliers/table.h"

/* Nets: the constants, then A[0..7], B[0..7], then the nodes' outputs in order. */
#define AXN_NET_ZERO 0
#define AXN_NET_ONE 1
#define AXN_NET_A(bit) (2 + (bit))
#define AXN_NET_B(bit) (10 + (bit))
#define AXN_NET_FIRST 18

typedef enum axn_circuit_function {
    AXN_CIRCUIT_NOT,
    AXN_CIRCUIT_AND,
    AXN_CIRCUIT_OR,
    AXN_CIRCUIT_XOR,
    AXN_CIRCUIT_NAND,
    AXN_CIRCUIT_NOR,
    AXN_CIRCUIT_XNOR,
    AXN_CIRCUIT_HALF_ADDER, /* output 0 = sum, output 1 = carry */
    AXN_CIRCUIT_FULL_ADDER
} axn_circuit_function;

typedef struct axn_circuit_node {
    axn_circuit_function function;
    int input[3]; /* nets, all older than the node; unused ones are AXN_NET_ZERO */
    int output;   /* first output net; an adder's carry is output + 1 */
} axn_circuit_node;

typedef struct axn_circuit {
    axn_circuit_node *nodes; /* topological order */
    size_t node_count;
    size_t node_capacity;
    int net_count;
    int output[16]; /* net of O[bit] */
    bool failed;    /* an allocation failed; the circuit is incomplete */
} axn_circuit;

/* An empty circuit whose outputs are 0. Free with axn_circuit_free. */
void axn_circuit_start(axn_circuit *circuit);
void axn_circuit_free(axn_circuit *circuit);
/* AXN_ERROR_MEMORY if any gate could not be stored. */
axn_status axn_circuit_check(const axn_circuit *circuit, axn_error *error);

/* Each adds at most one node and returns its net. Gates with constant, equal or
 * missing operands fold away. */
int axn_circuit_not(axn_circuit *circuit, int x);
int axn_circuit_and(axn_circuit *circuit, int x, int y);
int axn_circuit_or(axn_circuit *circuit, int x, int y);
int axn_circuit_xor(axn_circuit *circuit, int x, int y);
int axn_circuit_nand(axn_circuit *circuit, int x, int y);
int axn_circuit_nor(axn_circuit *circuit, int x, int y);
int axn_circuit_xnor(axn_circuit *circuit, int x, int y);
void axn_circuit_half_adder(axn_circuit *circuit, int x, int y, int *sum, int *carry);
void axn_circuit_full_adder(axn_circuit *circuit, int x, int y, int z, int *sum, int *carry);
/* select ? one : zero, from AND, OR and NOT. */
int axn_circuit_mux(axn_circuit *circuit, int select, int one, int zero);
/* Balanced OR of count nets; AXN_NET_ZERO if count is 0. */
int axn_circuit_or_many(axn_circuit *circuit, const int *nets, int count);

/* O for all 65,536 operand pairs. */
axn_status axn_circuit_tabulate(const axn_circuit *circuit, axn_table *table, axn_error *error);

/* Appends flat Verilog: module `name`, ports A, B, O, one assign a gate; gates that
 * no output depends on are left out. The same circuit gives the same bytes.
 * `comment` (may be NULL) becomes the first line. */
axn_status axn_circuit_print(const axn_circuit *circuit, const char *name, const char *comment,
                             axn_buffer *out, axn_error *error);

#endif
