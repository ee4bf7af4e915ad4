/* Writing a circuit as flat Verilog. */
#include "multipliers/circuit.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/memory.h"

/* live[net] for all nets that an output depends on. */
static void mark_live(const axn_circuit *circuit, bool *live)
{
    for (int bit = 0; bit < 16; bit++)
        live[circuit->output[bit]] = true;
    for (size_t n = circuit->node_count; n-- > 0;) {
        const axn_circuit_node *node = &circuit->nodes[n];
        bool adder = node->function >= AXN_CIRCUIT_HALF_ADDER;
        if (live[node->output] || (adder && live[node->output + 1]))
            for (int i = 0; i < 3; i++)
                live[node->input[i]] = true;
    }
}

/* One line, whatever the text holds; a backslash at its end would join the next. */
static void print_comment(axn_buffer *out, const char *comment)
{
    axn_buffer_text(out, "// ");
    for (; *comment != '\0'; comment++) {
        bool plain = (unsigned char)*comment >= ' ' && *comment != '\\' && *comment != 127;
        axn_buffer_append(out, plain ? comment : "?", 1);
    }
    axn_buffer_text(out, "\n");
}

/* Verilog name of a net into text[16]; number[net] is the wire's number. */
static void net_name(char text[16], int net, const int *number)
{
    if (net == AXN_NET_ZERO || net == AXN_NET_ONE)
        snprintf(text, 16, "1'b%d", net);
    else if (net < AXN_NET_B(0))
        snprintf(text, 16, "A[%d]", net - AXN_NET_A(0));
    else if (net < AXN_NET_FIRST)
        snprintf(text, 16, "B[%d]", net - AXN_NET_B(0));
    else
        snprintf(text, 16, "n%d", number[net]);
}

static void print_node(axn_buffer *out, const axn_circuit_node *node, const int *number,
                       const bool *live)
{
    char o[16], x[16], y[16], z[16];
    net_name(o, node->output, number);
    net_name(x, node->input[0], number);
    net_name(y, node->input[1], number);
    net_name(z, node->input[2], number);
    switch (node->function) {
    case AXN_CIRCUIT_NOT:
        axn_buffer_format(out, "  assign %s = ~%s;\n", o, x);
        return;
    case AXN_CIRCUIT_AND:
        axn_buffer_format(out, "  assign %s = %s & %s;\n", o, x, y);
        return;
    case AXN_CIRCUIT_OR:
        axn_buffer_format(out, "  assign %s = %s | %s;\n", o, x, y);
        return;
    case AXN_CIRCUIT_XOR:
        axn_buffer_format(out, "  assign %s = %s ^ %s;\n", o, x, y);
        return;
    case AXN_CIRCUIT_NAND:
        axn_buffer_format(out, "  assign %s = ~(%s & %s);\n", o, x, y);
        return;
    case AXN_CIRCUIT_NOR:
        axn_buffer_format(out, "  assign %s = ~(%s | %s);\n", o, x, y);
        return;
    case AXN_CIRCUIT_XNOR:
        axn_buffer_format(out, "  assign %s = ~(%s ^ %s);\n", o, x, y);
        return;
    case AXN_CIRCUIT_HALF_ADDER:
        if (live[node->output])
            axn_buffer_format(out, "  assign %s = %s ^ %s;\n", o, x, y);
        net_name(o, node->output + 1, number);
        if (live[node->output + 1])
            axn_buffer_format(out, "  assign %s = %s & %s;\n", o, x, y);
        return;
    case AXN_CIRCUIT_FULL_ADDER:
        if (live[node->output])
            axn_buffer_format(out, "  assign %s = %s ^ %s ^ %s;\n", o, x, y, z);
        net_name(o, node->output + 1, number);
        if (live[node->output + 1])
            axn_buffer_format(out, "  assign %s = (%s & %s) | (%s & %s) | (%s & %s);\n", o, x, y, x,
                              z, y, z);
        return;
    }
}

axn_status axn_circuit_print(const axn_circuit *circuit, const char *name, const char *comment,
                             axn_buffer *out, axn_error *error)
{
    bool *live = NULL;
    int *number = NULL;
    axn_status status = axn_circuit_check(circuit, error);
    if (status == AXN_OK)
        status = axn_allocate(&live, (size_t)circuit->net_count, sizeof *live, "a netlist", error);
    if (status == AXN_OK)
        status =
            axn_allocate(&number, (size_t)circuit->net_count, sizeof *number, "a netlist", error);
    if (status != AXN_OK)
        goto done;
    mark_live(circuit, live);
    if (comment != NULL)
        print_comment(out, comment);
    axn_buffer_format(out,
                      "module %s (A, B, O);\n  input [7:0] A;\n  input [7:0] B;\n"
                      "  output [15:0] O;\n",
                      name);
    int wires = 0;
    for (int net = AXN_NET_FIRST; net < circuit->net_count; net++)
        if (live[net])
            number[net] = wires++;
    for (int i = 0; i < wires; i++) {
        bool last = i % 16 == 15 || i == wires - 1;
        axn_buffer_format(out, "%sn%d%s", i % 16 == 0 ? "  wire " : ", ", i, last ? ";\n" : "");
    }
    for (size_t n = 0; n < circuit->node_count; n++) {
        const axn_circuit_node *node = &circuit->nodes[n];
        bool adder = node->function >= AXN_CIRCUIT_HALF_ADDER;
        if (live[node->output] || (adder && live[node->output + 1]))
            print_node(out, node, number, live);
    }
    for (int bit = 0; bit < 16; bit++) {
        char text[16];
        net_name(text, circuit->output[bit], number);
        axn_buffer_format(out, "  assign O[%d] = %s;\n", bit, text);
    }
    axn_buffer_text(out, "endmodule\n");
    if (out->failed)
        status = axn_fail(error, AXN_ERROR_MEMORY, "out of memory for a netlist");
done:
    free(live);
    free(number);
    return status;
}
