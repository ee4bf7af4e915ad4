/* From one cell, of Yosys or of a Liberty, to nodes of a circuit. */
#include <string.h>

#include "multipliers/verilog_internal.h"
#include "synth/expression.h"

enum {
    GATE_BUF,
    GATE_NOT,
    GATE_AND,
    GATE_OR,
    GATE_XOR,
    GATE_NAND,
    GATE_NOR,
    GATE_XNOR,
    GATE_ANDNOT,
    GATE_ORNOT,
    GATE_MUX,
    GATE_NMUX,
    GATE_AOI3,
    GATE_OAI3,
    GATE_AOI4,
    GATE_OAI4
};

static const struct {
    const char *type;
    const char *inputs;
} gate_types[] = {
    [GATE_BUF] = {"$_BUF_", "A"},        [GATE_NOT] = {"$_NOT_", "A"},
    [GATE_AND] = {"$_AND_", "AB"},       [GATE_OR] = {"$_OR_", "AB"},
    [GATE_XOR] = {"$_XOR_", "AB"},       [GATE_NAND] = {"$_NAND_", "AB"},
    [GATE_NOR] = {"$_NOR_", "AB"},       [GATE_XNOR] = {"$_XNOR_", "AB"},
    [GATE_ANDNOT] = {"$_ANDNOT_", "AB"}, [GATE_ORNOT] = {"$_ORNOT_", "AB"},
    [GATE_MUX] = {"$_MUX_", "ABS"},      [GATE_NMUX] = {"$_NMUX_", "ABS"},
    [GATE_AOI3] = {"$_AOI3_", "ABC"},    [GATE_OAI3] = {"$_OAI3_", "ABC"},
    [GATE_AOI4] = {"$_AOI4_", "ABCD"},   [GATE_OAI4] = {"$_OAI4_", "ABCD"},
};
#define GATE_TYPES ((int)(sizeof gate_types / sizeof gate_types[0]))

int axn_verilog_gate(const char *type)
{
    for (int gate = 0; gate < GATE_TYPES; gate++)
        if (strcmp(gate_types[gate].type, type) == 0)
            return gate;
    return AXN_VERILOG_NONE;
}

const char *axn_verilog_gate_inputs(int gate)
{
    return gate_types[gate].inputs;
}

static int build_gate(axn_circuit *c, int gate, const int *x)
{
    switch (gate) {
    case GATE_BUF:
        return x[0];
    case GATE_NOT:
        return axn_circuit_not(c, x[0]);
    case GATE_AND:
        return axn_circuit_and(c, x[0], x[1]);
    case GATE_OR:
        return axn_circuit_or(c, x[0], x[1]);
    case GATE_XOR:
        return axn_circuit_xor(c, x[0], x[1]);
    case GATE_NAND:
        return axn_circuit_nand(c, x[0], x[1]);
    case GATE_NOR:
        return axn_circuit_nor(c, x[0], x[1]);
    case GATE_XNOR:
        return axn_circuit_xnor(c, x[0], x[1]);
    case GATE_ANDNOT:
        return axn_circuit_and(c, x[0], axn_circuit_not(c, x[1]));
    case GATE_ORNOT:
        return axn_circuit_or(c, x[0], axn_circuit_not(c, x[1]));
    case GATE_MUX:
        return axn_circuit_mux(c, x[2], x[1], x[0]);
    case GATE_NMUX:
        return axn_circuit_not(c, axn_circuit_mux(c, x[2], x[1], x[0]));
    case GATE_AOI3:
        return axn_circuit_nor(c, axn_circuit_and(c, x[0], x[1]), x[2]);
    case GATE_OAI3:
        return axn_circuit_nand(c, axn_circuit_or(c, x[0], x[1]), x[2]);
    case GATE_AOI4:
        return axn_circuit_nor(c, axn_circuit_and(c, x[0], x[1]), axn_circuit_and(c, x[2], x[3]));
    case GATE_OAI4:
        return axn_circuit_nand(c, axn_circuit_or(c, x[0], x[1]), axn_circuit_or(c, x[2], x[3]));
    default:
        return AXN_NET_ZERO;
    }
}

/* Position of an input pin among the cell's inputs. */
static int find_input(const void *context, const char *name, size_t length)
{
    const axn_liberty_cell *cell = context;
    for (int i = 0; i < cell->input_count; i++) {
        const char *pin = cell->pins[cell->inputs[i]].name;
        if (strlen(pin) == length && memcmp(pin, name, length) == 0)
            return i;
    }
    return AXN_VERILOG_NONE;
}

static int build_expression(axn_circuit *c, const axn_expression *expression, const int *x)
{
    int stack[AXN_EXPRESSION_STACK + 1] = {0};
    int top = 0;
    for (int i = 0; i < expression->length; i++) {
        uint8_t code = expression->code[i];
        if (code < AXN_EXPRESSION_FALSE) {
            stack[top++] = x[code];
        } else if (code == AXN_EXPRESSION_FALSE || code == AXN_EXPRESSION_TRUE) {
            stack[top++] = code == AXN_EXPRESSION_TRUE ? AXN_NET_ONE : AXN_NET_ZERO;
        } else if (code == AXN_EXPRESSION_NOT) {
            stack[top - 1] = axn_circuit_not(c, stack[top - 1]);
        } else {
            top--;
            int left = stack[top - 1], right = stack[top];
            stack[top - 1] = code == AXN_EXPRESSION_AND  ? axn_circuit_and(c, left, right)
                             : code == AXN_EXPRESSION_OR ? axn_circuit_or(c, left, right)
                                                         : axn_circuit_xor(c, left, right);
        }
    }
    return stack[0];
}

/* An adder cell stays an adder: pins by function. */
static bool build_adder(const axn_verilog_cell *cell, const int *x, int *y, axn_circuit *c)
{
    axn_adder_pins pins = axn_liberty_adder_pins(cell->liberty);
    int sum, carry;
    if (pins.sum < 0 || pins.carry < 0 || cell->output_count != 2)
        return false;
    if (cell->input_count == 3)
        axn_circuit_full_adder(c, x[0], x[1], x[2], &sum, &carry);
    else
        axn_circuit_half_adder(c, x[0], x[1], &sum, &carry);
    for (int i = 0; i < 2; i++)
        y[i] = cell->output_pin[i] == pins.sum ? sum : carry;
    return true;
}

axn_status axn_verilog_build_cell(const axn_verilog_netlist *netlist, const axn_verilog_cell *cell,
                                  const int *x, int *y, axn_circuit *circuit)
{
    axn_expression expression;
    if (cell->gate >= 0) {
        y[0] = build_gate(circuit, cell->gate, x);
        return AXN_OK;
    }
    if (build_adder(cell, x, y, circuit))
        return AXN_OK;
    for (int i = 0; i < cell->output_count; i++) {
        const axn_liberty_pin *pin = &cell->liberty->pins[cell->output_pin[i]];
        if (axn_expression_compile(pin->function, find_input, cell->liberty, &expression) !=
            AXN_EXPRESSION_OK)
            return axn_verilog_refuse(netlist, "cell %s: the function of its pin %s is not known",
                                      cell->liberty->name, pin->name);
        y[i] = build_expression(circuit, &expression, x);
    }
    return AXN_OK;
}
