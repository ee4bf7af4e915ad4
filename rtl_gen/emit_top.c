/* Generated Verilog: the top with its parameters, the multipliers' wrappers. */
#include <stdio.h>

#include "rtl_gen/emit_internal.h"
#include "rtl_gen/manifest.h"

/* Small networks share memories of one size, and so a simulator. */
enum {
    LEAST_ARENA_BYTES = 8 << 10,
    LEAST_WEIGHT_BYTES = 16 << 10,
    LEAST_PARAMETERS = 128,
    LEAST_OPERATIONS = 32,
    LEAST_WORDS = 64 /* of a memory: what tables of macros begin with */
};

/* At least `least`, rounded up to a multiple of an eighth of the next lower power of two. */
static int depth_class(int64_t words, int least)
{
    int64_t step = 1;
    words = words < least ? least : words;
    while (step * 16 <= words) {
        step *= 2;
    }
    return (int)((words + step - 1) / step * step);
}

axn_memory_depths axn_program_depths(const axn_program *program)
{
    int64_t word = 16 * (int64_t)program->banks;
    /* One word more: the last beat may start within the last word. */
    int64_t arena = (program->arena_bytes + word - 1) / word + 1;
    /* The weights have a bank for each of the taps that a fully connected layer takes a cycle. */
    int banks = program->dense_taps;
    int least = LEAST_WEIGHT_BYTES / (program->array.cols * banks);
    least = least > LEAST_WORDS ? least : LEAST_WORDS;
    return (axn_memory_depths){
        .arena = depth_class(arena, LEAST_ARENA_BYTES / (int)word),
        .weights = banks * depth_class((program->weight_words + banks - 1) / banks, least),
        .parameters = depth_class(program->parameter_count, LEAST_PARAMETERS),
        .program = depth_class((int64_t)program->operation_count * AXN_DESCRIPTOR_WORDS,
                               LEAST_OPERATIONS * AXN_DESCRIPTOR_WORDS)};
}

typedef struct setting {
    const char *parameter, *macro;
    int value;
} setting;

enum { SETTINGS = 12 };

static void settings_of(const axn_program *program, setting out[SETTINGS])
{
    axn_memory_depths depths = axn_program_depths(program);
    const setting settings[SETTINGS] = {
        {"Rows", "AXN_ROWS", program->array.rows},
        {"Cols", "AXN_COLS", program->array.cols},
        {"AccW", "AXN_ACC_W", program->accumulator_bits},
        {"AllowSwap", "AXN_ALLOW_SWAP", program->allow_swap},
        {"Multipliers", "AXN_MULTIPLIERS",
         program->multiplier_count > 1 ? program->multiplier_count : 1},
        {"ArenaDepth", "AXN_ARENA_DEPTH", depths.arena},
        {"WeightDepth", "AXN_WEIGHT_DEPTH", depths.weights},
        {"ParameterDepth", "AXN_PARAMETER_DEPTH", depths.parameters},
        {"ProgramDepth", "AXN_PROGRAM_DEPTH", depths.program},
        {"Banks", "AXN_BANKS", program->banks},
        {"RowBuses", "AXN_ROW_BUSES", program->row_buses},
        {"DenseTaps", "AXN_DENSE_TAPS", program->dense_taps}};
    for (int i = 0; i < SETTINGS; i++) {
        out[i] = settings[i];
    }
}

static const struct {
    const char *name;
    bool output;
    int width;
    const char *group; /* comment above the first of a group */
} ports[] = {
#define AXN_PORT(name, is_output, width, group, meaning) {#name, is_output, width, group},
#include "rtl_gen/ports.def"
#undef AXN_PORT
};

enum { PORTS = sizeof ports / sizeof ports[0] };

void axn_emit_top(const axn_program *program, axn_buffer *out)
{
    setting settings[SETTINGS];
    settings_of(program, settings);
    axn_buffer_text(out, "// The accelerator with its parameters written in.\n"
                         "`default_nettype none\n\nmodule " AXN_TOP_MODULE " (\n");
    for (int i = 0; i < PORTS; i++) {
        if (ports[i].group != NULL) {
            axn_buffer_format(out, "    // %s\n", ports[i].group);
        }
        char range[16] = "";
        if (ports[i].width > 1) {
            snprintf(range, sizeof range, "[%d:0] ", ports[i].width - 1);
        }
        axn_buffer_format(out, "    %s %s%s%s\n", ports[i].output ? "output wire" : "input  wire",
                          range, ports[i].name, i + 1 < PORTS ? "," : "");
    }
    axn_buffer_text(out, ");\n  axn_accelerator #(\n");
    for (int i = 0; i < SETTINGS; i++) {
        axn_buffer_format(out, "      .%s(%d)%s\n", settings[i].parameter, settings[i].value,
                          i + 1 < SETTINGS ? "," : "");
    }
    axn_buffer_text(out, "  ) u_accelerator (\n");
    for (int i = 0; i < PORTS; i++) {
        axn_buffer_format(out, "      .%s(%s)%s\n", ports[i].name, ports[i].name,
                          i + 1 < PORTS ? "," : "");
    }
    axn_buffer_text(out, "  );\nendmodule\n\n`default_nettype wire\n");
}

void axn_emit_config(const axn_program *program, axn_buffer *out)
{
    setting settings[SETTINGS];
    settings_of(program, settings);
    axn_buffer_text(out, "// The parameters of axn_top, for the test bench.\n"
                         "`ifndef AXN_CONFIG_VH\n`define AXN_CONFIG_VH\n\n");
    for (int i = 0; i < SETTINGS; i++) {
        axn_buffer_format(out, "`define %s %d\n", settings[i].macro, settings[i].value);
    }
    if (program->row_buses > 1) {
        axn_buffer_text(out, "`define AXN_TWO_BUSES\n");
    }
    axn_buffer_text(out, "\n`endif\n");
}

static const char multiplier_ports[] =
    "    input  wire [ 7:0] a_i,       // activation (weight when operands are swapped)\n"
    "    input  wire [ 7:0] b_i,       // weight\n"
    "    output wire [15:0] product_o\n);\n";

void axn_emit_multiplier(const char *module, const char *netlist_module, const axn_buffer *netlist,
                         axn_buffer *out)
{
    axn_buffer_format(out,
                      "// Body of axn_mul8u for synthesis and gate-level simulation: the "
                      "library's netlist %s.\n"
                      "`default_nettype none\n\nmodule %s (\n%s"
                      "  %s u_netlist (\n      .A(a_i),\n      .B(b_i),\n      .O(product_o)\n"
                      "  );\nendmodule\n\n`default_nettype wire\n\n",
                      netlist_module, module, multiplier_ports, netlist_module);
    axn_buffer_append(out, netlist->data, netlist->length);
}

void axn_emit_choice(int count, axn_buffer *out)
{
    axn_buffer_format(out,
                      "// One of the array's %d multipliers.\n"
                      "`default_nettype none\n\nmodule axn_mul8u #(\n"
                      "    parameter int Index = 0\n) (\n%s  ",
                      count, multiplier_ports);
    for (int i = 0; i < count; i++) {
        axn_buffer_format(out, "%sif (Index == %d) begin : g_%d\n", i > 0 ? "  end else " : "", i,
                          i);
        axn_buffer_format(out,
                          "    %s u_body (\n        .a_i,\n        .b_i,\n"
                          "        .product_o\n    );\n",
                          axn_multiplier_find_place(i, count).module);
    }
    axn_buffer_text(out, "  end\nendmodule\n\n`default_nettype wire\n");
}
