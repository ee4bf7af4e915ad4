#include "synth/cell_models.h"

#include <stdio.h>
#include <string.h>

#include "synth/flip_flop.h"
#include "synth/yosys.h"

/* Texts of subexpressions; deeper ones than this are no cell's. */
enum { DEPTH = 32, TEXT = 4096 };

static void name_of(const axn_liberty_cell *cell, int code, char *out, size_t size)
{
    if (code == AXN_STATE || code == AXN_INVERTED_STATE)
        snprintf(out, size, "%saxn_state", code == AXN_STATE ? "" : "~");
    else
        snprintf(out, size, "%s", cell->pins[code].name);
}

/* One step of the postfix program on the stack of texts; false where it does not fit. */
static bool step(const axn_liberty_cell *cell, uint8_t code, char (*stack)[TEXT], int *top)
{
    static const char signs[] = {'&', '|', '^'};
    char joined[TEXT];
    int length = 0;
    switch (code) {
    case AXN_EXPRESSION_FALSE:
    case AXN_EXPRESSION_TRUE:
        length = snprintf(joined, sizeof joined, "1'b%d", code == AXN_EXPRESSION_TRUE);
        break;
    case AXN_EXPRESSION_NOT:
        length = snprintf(joined, sizeof joined, "~(%s)", stack[--*top]);
        break;
    case AXN_EXPRESSION_AND:
    case AXN_EXPRESSION_OR:
    case AXN_EXPRESSION_XOR:
        *top -= 2;
        length = snprintf(joined, sizeof joined, "(%s %c %s)", stack[*top],
                          signs[code - AXN_EXPRESSION_AND], stack[*top + 1]);
        break;
    default:
        name_of(cell, code, joined, sizeof joined);
        break;
    }
    if (length >= TEXT || *top >= DEPTH)
        return false;
    snprintf(stack[(*top)++], TEXT, "%s", joined);
    return true;
}

/* A Liberty expression in Verilog. */
static axn_status print_expression(const axn_liberty *liberty, const axn_liberty_cell *cell,
                                   const char *text, axn_buffer *out, axn_error *error)
{
    char stack[DEPTH][TEXT];
    int top = 0;
    axn_expression expression;
    bool known = axn_expression_compile(text, axn_sequential_variable, cell, &expression) ==
                 AXN_EXPRESSION_OK;
    for (int i = 0; known && i < expression.length; i++)
        known = step(cell, expression.code[i], stack, &top);
    if (!known || top != 1)
        return axn_fail(error, AXN_ERROR_FORMAT, "%s: cell %s: \"%s\" cannot be modelled",
                        liberty->path, cell->name, text);
    axn_buffer_text(out, stack[0]);
    return AXN_OK;
}

/* The head of a module: its ports. */
static void print_head(const axn_liberty_cell *cell, const char *prefix, axn_buffer *out)
{
    axn_buffer_format(out, "module %s%s (", prefix, cell->name);
    for (int p = 0; p < cell->pin_count; p++)
        axn_buffer_format(out, "%s%s %s", p > 0 ? ", " : "",
                          cell->pins[p].output ? "output" : "input", cell->pins[p].name);
    axn_buffer_text(out, ");\n");
}

static axn_status print_wire(const axn_liberty *liberty, const axn_liberty_cell *cell,
                             const char *name, const char *text, axn_buffer *out, axn_error *error)
{
    axn_buffer_format(out, "  wire %s = ", name);
    axn_status status = print_expression(liberty, cell, text[0] != '\0' ? text : "0", out, error);
    axn_buffer_text(out, ";\n");
    return status;
}

/* What becomes of the state when clear and preset are both active. */
static const char *conflict(char code)
{
    return code == 'H' ? "1'b1" : code == 'N' ? "axn_state" : code == 'T' ? "~axn_state" : "1'b0";
}

static axn_status print_register(const axn_liberty *liberty, const axn_liberty_cell *cell,
                                 axn_buffer *out, axn_error *error)
{
    bool clear = cell->clear[0] != '\0', preset = cell->preset[0] != '\0';
    axn_buffer_text(out, "  reg axn_state;\n");
    axn_status status = print_wire(liberty, cell, "axn_clock", cell->clocked_on, out, error);
    if (status == AXN_OK)
        status = print_wire(liberty, cell, "axn_next", cell->next_state, out, error);
    if (status == AXN_OK)
        status = print_wire(liberty, cell, "axn_clear", cell->clear, out, error);
    if (status == AXN_OK)
        status = print_wire(liberty, cell, "axn_preset", cell->preset, out, error);
    if (cell->latch) {
        axn_buffer_text(out, "  always @* begin\n");
    } else {
        axn_buffer_format(out, "  always @(posedge axn_clock%s%s) begin\n",
                          clear ? " or posedge axn_clear" : "",
                          preset ? " or posedge axn_preset" : "");
    }
    axn_buffer_text(out, "    ");
    if (clear && preset)
        axn_buffer_format(out, "if (axn_clear && axn_preset) axn_state <= %s;\n    else ",
                          conflict(cell->clear_preset[0]));
    if (clear)
        axn_buffer_text(out, "if (axn_clear) axn_state <= 1'b0;\n    else ");
    if (preset)
        axn_buffer_text(out, "if (axn_preset) axn_state <= 1'b1;\n    else ");
    /* A latch in the path of a gated clock must be through before a register behind it. */
    axn_buffer_text(out, cell->latch ? "if (axn_clock) axn_state = axn_next;\n  end\n"
                                     : "axn_state <= axn_next;\n  end\n");
    return status;
}

static bool plain(const axn_liberty_cell *cell)
{
    bool names = axn_plain_name(cell->name);
    for (int p = 0; p < cell->pin_count; p++)
        names = names && axn_plain_name(cell->pins[p].name);
    return names;
}

static axn_status check_cell(const axn_liberty *liberty, const axn_liberty_cell *cell,
                             axn_error *error)
{
    bool state = (cell->flip_flop || cell->latch) && cell->next_state[0] != '\0' &&
                 cell->clocked_on[0] != '\0';
    if (plain(cell) && (cell->combinational || state))
        return AXN_OK;
    return axn_fail(error, AXN_ERROR_FORMAT, "%s: cell %s: no model can be made of its functions",
                    liberty->path, cell->name);
}

axn_status axn_cell_models_print(const axn_liberty *liberty, const bool *used, axn_buffer *out,
                                 axn_error *error)
{
    axn_status status = AXN_OK;
    for (int i = 0; i < liberty->cell_count && status == AXN_OK; i++) {
        const axn_liberty_cell *cell = &liberty->cells[i];
        if (!used[i])
            continue;
        status = check_cell(liberty, cell, error);
        print_head(cell, "", out);
        if (status == AXN_OK && !cell->combinational)
            status = print_register(liberty, cell, out, error);
        for (int p = 0; p < cell->pin_count && status == AXN_OK; p++) {
            if (!cell->pins[p].output)
                continue;
            axn_buffer_format(out, "  assign %s = ", cell->pins[p].name);
            status = print_expression(liberty, cell, cell->pins[p].function, out, error);
            axn_buffer_text(out, ";\n");
        }
        axn_buffer_text(out, "endmodule\n");
    }
    return status;
}

static axn_status print_starting(const axn_liberty *liberty, const axn_flip_flop_cell *compiled,
                                 axn_buffer *out, axn_error *error)
{
    const axn_liberty_cell *cell = compiled->cell;
    axn_status status = AXN_OK;
    print_head(cell, AXN_STARTING_CELL, out);
    axn_buffer_text(out, "  reg axn_starting = 1'b1, axn_state;\n  integer axn_random;\n"
                         "  initial begin\n    axn_random = $random;\n"
                         "    axn_state = axn_random[0];\n  end\n");
    for (int p = 0; p < cell->pin_count && status == AXN_OK; p++) {
        if (!cell->pins[p].output)
            continue;
        axn_buffer_format(out, "  wire axn_own_%s;\n  assign %s = axn_starting ? ",
                          cell->pins[p].name, cell->pins[p].name);
        status = print_expression(liberty, cell, cell->pins[p].function, out, error);
        axn_buffer_format(out, " : axn_own_%s;\n", cell->pins[p].name);
    }
    axn_buffer_format(out, "  always @(%s %s) axn_starting <= #1 1'b0;\n  %s axn_cell (",
                      compiled->rising ? "posedge" : "negedge",
                      cell->pins[compiled->clock_pin].name, cell->name);
    for (int p = 0; p < cell->pin_count; p++)
        axn_buffer_format(out, "%s.%s(%s%s)", p > 0 ? ", " : "", cell->pins[p].name,
                          cell->pins[p].output ? "axn_own_" : "", cell->pins[p].name);
    axn_buffer_text(out, ");\nendmodule\n");
    return status;
}

axn_status axn_cell_models_print_starting(const axn_liberty *liberty, const bool *used,
                                          axn_buffer *out, axn_error *error)
{
    axn_status status = AXN_OK;
    for (int i = 0; i < liberty->cell_count && status == AXN_OK; i++) {
        const axn_liberty_cell *cell = &liberty->cells[i];
        axn_flip_flop_cell compiled = {0};
        if (!used[i] || !cell->flip_flop)
            continue;
        status = check_cell(liberty, cell, error);
        if (status == AXN_OK)
            status = axn_flip_flop_compile(liberty, cell, &compiled, error);
        if (status == AXN_OK)
            status = print_starting(liberty, &compiled, out, error);
        axn_flip_flop_free(&compiled);
    }
    return status;
}
