/* Synthesis with hierarchy kept: names, counts, areas, kept multiplier, refusals. */
#include "common/progress.h"
#include "synth/buffering.h"
#include "synth/elaborate.h"
#include "synth/hierarchy.h"
#include "synth/mapping.h"
#include "synth/power.h"
#include "tests/check.h"

typedef struct fixture {
    axn_liberty liberty;
    char folder[AXN_PATH_MAX], work[AXN_PATH_MAX];
    axn_hierarchy hierarchy;
    axn_error error;
} fixture;

static void make_folder(fixture *f, const char *name)
{
    char path[AXN_PATH_MAX];
    axn_check_path(path, f->folder, name);
    AXN_REQUIRE_OK(axn_folder_create(path, &f->error), f->error);
}

static const char cell_source[] =
    "`include \"width.vh\"\n"
    "module cell #(parameter int AccW = 8) (input logic clk_i, input logic first_i,\n"
    "  input logic [7:0] a_i, input logic [7:0] b_i, output logic [AccW-1:0] acc_o);\n"
    "  logic [15:0] p; logic [AccW-1:0] acc_q;\n"
    "  mul u_mul (.a_i, .b_i, .product_o(p));\n"
    "  always_ff @(posedge clk_i) acc_q <= (first_i ? '0 : acc_q) + AccW'(p[`USED-1:0]);\n"
    "  assign acc_o = acc_q;\nendmodule\n";

static const char multiplier_source[] =
    "module mul(input [7:0] a_i, input [7:0] b_i, output [15:0] product_o);\n"
    "small u(.A(a_i), .B(b_i), .O(product_o));\nendmodule\n"
    "module small(input [7:0] A, input [7:0] B, output [15:0] O);\n"
    "wire [7:0] p = A[7:4] * B[7:4];\nassign O = {p, 8'd0};\nendmodule\n";

static const char top_source[] =
    "module top(input logic clk_i, input logic first_i, input logic [3:0] addr_i,\n"
    "  output logic [15:0] x_o, output logic [19:0] y_o, output logic [19:0] z_o);\n"
    "  logic [7:0] a, b;\n"
    "  memory #(.Depth(16)) u_a (.clk_i, .addr_i, .data_o(a));\n"
    "  memory #(.Depth(8)) u_b (.clk_i, .addr_i(addr_i[2:0]), .data_o(b));\n"
    "  cell #(.AccW(16)) u_x (.clk_i, .first_i, .a_i(a), .b_i(b), .acc_o(x_o));\n"
    "  pair u_p (.clk_i, .first_i, .a_i(a), .b_i(b), .y_o, .z_o);\nendmodule\n"
    "module pair(input logic clk_i, input logic first_i, input logic [7:0] a_i,\n"
    "  input logic [7:0] b_i, output logic [19:0] y_o, output logic [19:0] z_o);\n"
    "  cell #(.AccW(20)) u_y (.clk_i, .first_i, .a_i, .b_i, .acc_o(y_o));\n"
    "  cell #(.AccW(20)) u_z (.clk_i, .first_i, .a_i(b_i), .b_i(a_i), .acc_o(z_o));\n"
    "endmodule\n"
    "module memory #(parameter int Depth = 4) (input logic clk_i,\n"
    "  input logic [$clog2(Depth)-1:0] addr_i, output logic [7:0] data_o);\n"
    "  logic [7:0] m[Depth]; always_ff @(posedge clk_i) data_o <= m[addr_i];\nendmodule\n";

static void open_fixture(fixture *f)
{
    memset(f, 0, sizeof *f);
    axn_progress_set_quiet(true);
    AXN_REQUIRE_OK(axn_liberty_load(NULL, &f->liberty, &f->error), f->error);
    axn_check_folder(f->folder);
    axn_check_path(f->work, f->folder, "work here");
    make_folder(f, "work here");
    make_folder(f, "rtl");
    make_folder(f, "include");
    axn_check_write(f->folder, "include/width.vh", "`define USED 16\n");
    axn_check_write(f->folder, "rtl/cell.sv", cell_source);
    axn_check_write(f->folder, "rtl/mul.v", multiplier_source);
    axn_check_write(f->folder, "rtl/top.sv", top_source);
    axn_check_write(f->folder, "list.f",
                    "// design\n+incdir+include\n+define+UNUSED=1\n\nrtl/cell.sv\n"
                    "rtl/mul.v # comment\nrtl/top.sv\n");
}

static void close_fixture(fixture *f)
{
    axn_hierarchy_free(&f->hierarchy);
    axn_liberty_free(&f->liberty);
    axn_check_folder_remove(f->folder);
}

static const char *const memories[] = {"memory", NULL};
static const char *const cells[] = {"cell", NULL};
static const char *const multipliers[] = {"small", NULL};

static axn_status synthesise(fixture *f, const char *multiplier)
{
    axn_hierarchy_options options = {.folder = f->folder,
                                     .file_list = "list.f",
                                     .top = "top",
                                     .black_boxes = memories,
                                     .multipliers = multiplier,
                                     .multiplier_modules = multipliers,
                                     .flatten = cells};
    axn_hierarchy_free(&f->hierarchy);
    return axn_hierarchy_synthesise(&f->liberty, &options, f->work, &f->hierarchy, &f->error);
}

static const axn_hierarchy_module *module_named(const fixture *f, const char *name)
{
    int index = axn_hierarchy_find(&f->hierarchy, name);
    CU_ASSERT_FATAL(index >= 0);
    return &f->hierarchy.modules[index];
}

/* The same with delays of ports and uncertainty, all in proportion to the period. */
static void check_constraints(fixture *f, double register_ns)
{
    static const char form[] = "create_clock -name clk -period $::env(CLOCK_NS) [get_ports clk_i]\n"
                               "set_clock_uncertainty [expr {0.02 * $::env(CLOCK_NS)}] clk\n"
                               "set_input_delay [expr {%g * $::env(CLOCK_NS)}] -clock clk "
                               "$axn_inputs\n"
                               "set_output_delay [expr {%g * $::env(CLOCK_NS)}] -clock clk "
                               "[all_outputs]\n";
    static const double delays[] = {0, 0.2, 0.9};
    double last = 0;
    for (size_t i = 0; i < sizeof delays / sizeof delays[0]; i++) {
        char path[AXN_PATH_MAX];
        axn_buffer text = {0};
        axn_timing timing = {0};
        axn_buffer_format(&text, form, delays[i], delays[i]);
        axn_check_path(path, f->folder, "limits.sdc");
        AXN_REQUIRE_OK(axn_file_write(path, text.data, text.length, &f->error), f->error);
        AXN_CHECK_OK(axn_hierarchy_timing(&f->liberty, &f->hierarchy, "clk_i", path, f->work,
                                          &timing, &f->error),
                     f->error);
        CU_ASSERT_DOUBLE_EQUAL(timing.register_period_ns, register_ns / 0.98, 1e-3);
        CU_ASSERT(timing.period_ns >= timing.register_period_ns && timing.period_ns >= last);
        last = timing.period_ns;
        axn_buffer_free(&text);
    }
    /* With nine tenths of the period outside, the ports decide. */
    CU_ASSERT(last > 1.1 * register_ns);
}

/* No gate bears more than the Liberty allows, whatever the borders of modules. */
static void check_loads(fixture *f)
{
    char path[AXN_PATH_MAX];
    axn_elaboration elaboration;
    axn_check_path(path, f->work, AXN_HIERARCHY_JSON);
    AXN_REQUIRE_OK(axn_elaborate(&f->liberty, path, f->hierarchy.modules[f->hierarchy.top].name,
                                 &elaboration, &f->error),
                   f->error);
    CU_ASSERT_EQUAL(axn_buffer_overloaded(&elaboration.netlist), 0);
    /* It does see one. */
    for (int i = 0; i < elaboration.netlist.net_count; i++)
        elaboration.netlist.load_pf[i] *= 1000;
    CU_ASSERT(axn_buffer_overloaded(&elaboration.netlist) > 0);
    axn_elaboration_free(&elaboration);
}

static void modules_are_counted_and_measured(void)
{
    fixture f;
    char folder[AXN_PATH_MAX], path[AXN_PATH_MAX];
    axn_netlist multiplier, flat;
    open_fixture(&f);
    axn_check_path(folder, f.folder, "map");
    make_folder(&f, "map");
    axn_check_path(path, f.folder, "rtl/mul.v");
    AXN_REQUIRE_OK(axn_map_circuit(&f.liberty, path, "small", true, folder, &multiplier, &f.error),
                   f.error);
    double kept = axn_netlist_area(&multiplier);
    axn_check_path(path, folder, AXN_MAPPED_VERILOG);
    AXN_REQUIRE_OK(synthesise(&f, path), f.error);

    /* The multiplier is kept to the last digit, under three cells. */
    const axn_hierarchy_module *small = module_named(&f, "small");
    CU_ASSERT_EQUAL(small->instances, 3);
    CU_ASSERT_DOUBLE_EQUAL(small->area_um2, kept, 1e-9);
    /* The two sizes of the cell get names of their own; parameters are told. */
    const axn_hierarchy_module *one = module_named(&f, "cell_1"), *two = module_named(&f, "cell_2");
    CU_ASSERT_STRING_EQUAL(one->source, "cell");
    CU_ASSERT_EQUAL(one->instances + two->instances, 3);
    CU_ASSERT_EQUAL_FATAL(one->parameter_count, 1);
    CU_ASSERT_STRING_EQUAL(one->parameters[0].name, "AccW");
    CU_ASSERT_EQUAL(one->parameters[0].value, one->instances == 1 ? 16 : 20);
    CU_ASSERT_EQUAL(one->flip_flops, one->instances == 1 ? 16 : 20);
    /* Memories count, but have no area. */
    CU_ASSERT(module_named(&f, "memory_1")->black_box);
    CU_ASSERT(module_named(&f, "memory_1")->area_um2 == 0);
    CU_ASSERT_EQUAL(module_named(&f, "memory_2")->instances, 1);
    double sum = 0;
    for (int i = 0; i < f.hierarchy.count; i++)
        sum += f.hierarchy.modules[i].area_um2 * (double)f.hierarchy.modules[i].instances;
    CU_ASSERT_DOUBLE_EQUAL(sum, f.hierarchy.area_um2, 1e-6);
    /* Flat netlists of the cells hold cell and multiplier. */
    CU_ASSERT(one->flattened && two->flattened && !small->flattened);
    axn_check_path(path, f.work, "flat_cell_1.json");
    AXN_REQUIRE_OK(axn_netlist_load(path, "cell_1", &f.liberty, &flat, &f.error), f.error);
    CU_ASSERT_EQUAL(flat.flip_flops, one->flip_flops);
    CU_ASSERT(axn_netlist_area(&flat) <= one->area_um2 + kept + 1e-9);
    CU_ASSERT(axn_netlist_area(&flat) > kept / 2);
    axn_netlist_free(&flat);
    axn_netlist_free(&multiplier);

    axn_timing timing;
    AXN_CHECK_OK(
        axn_hierarchy_timing(&f.liberty, &f.hierarchy, "clk_i", NULL, f.work, &timing, &f.error),
        f.error);
    CU_ASSERT(timing.period_ns > 0.5 && timing.period_ns < 20);
    CU_ASSERT_PTR_NOT_NULL(strstr(timing.end, "/"));
    CU_ASSERT(strncmp(timing.end_module, "cell_", 5) == 0);
    CU_ASSERT(timing.start_module[0] != 0);
    check_constraints(&f, timing.period_ns);
    check_loads(&f);
    close_fixture(&f);
}

static void adders_become_adder_cells(void)
{
    fixture f;
    char path[AXN_PATH_MAX];
    axn_netlist flat;
    int full = 0;
    open_fixture(&f);
    AXN_REQUIRE_OK(synthesise(&f, NULL), f.error);
    axn_check_path(path, f.work, "flat_cell_1.json");
    AXN_REQUIRE_OK(axn_netlist_load(path, NULL, &f.liberty, &flat, &f.error), f.error);
    for (int g = 0; g < flat.gate_count; g++)
        full += strcmp(f.liberty.cells[flat.gates[g].cell].name, "FAX1") == 0;
    CU_ASSERT(full >= 14);
    axn_netlist_free(&flat);
    close_fixture(&f);
}

/* One register enables 600 others in 40 modules. */
static const char heavy_source[] =
    "module top(input clk_i, input en_i, input [14:0] d_i, output [599:0] q_o);\n"
    "  reg en_q; always @(posedge clk_i) en_q <= en_i;\n"
    "  for (genvar i = 0; i < 40; i = i + 1) begin : g\n"
    "    leaf u (.clk_i, .en_i(en_q), .d_i, .q_o(q_o[15*i +: 15]));\n"
    "  end\nendmodule\n"
    "module leaf(input clk_i, input en_i, input [14:0] d_i, output reg [14:0] q_o);\n"
    "  always @(posedge clk_i) if (en_i) q_o <= d_i;\nendmodule\n";

static void heavy_nets_are_buffered(void)
{
    static const char *const tops[] = {"top", NULL};
    fixture f;
    char path[AXN_PATH_MAX];
    axn_netlist flat;
    open_fixture(&f);
    axn_check_write(f.folder, "rtl/top.sv", heavy_source);
    axn_check_write(f.folder, "list.f", "rtl/top.sv\n");
    axn_hierarchy_options options = {
        .folder = f.folder, .file_list = "list.f", .top = "top", .flatten = tops};
    AXN_REQUIRE_OK(axn_hierarchy_synthesise(&f.liberty, &options, f.work, &f.hierarchy, &f.error),
                   f.error);
    CU_ASSERT(f.hierarchy.buffers > 0);
    axn_check_path(path, f.work, "flat_top.json");
    AXN_REQUIRE_OK(axn_netlist_load(path, NULL, &f.liberty, &flat, &f.error), f.error);
    CU_ASSERT_EQUAL(flat.flip_flops, 601);
    int heavy = 0;
    for (int g = 0; g < flat.gate_count; g++) {
        const axn_liberty_cell *cell = &f.liberty.cells[flat.gates[g].cell];
        for (int p = 0; p < cell->pin_count; p++)
            heavy += cell->pins[p].output && flat.gates[g].nets[p] >= 0 &&
                     flat.load_pf[flat.gates[g].nets[p]] > cell->pins[p].max_capacitance_pf;
    }
    CU_ASSERT_EQUAL(heavy, 0);
    axn_netlist_free(&flat);
    close_fixture(&f);
}

static void bad_designs_are_refused(void)
{
    fixture f;
    open_fixture(&f);
    static const struct {
        const char *list;
        axn_status status;
        const char *message;
    } bad[] = {
        {"rtl/absent.sv\n", AXN_ERROR_FORMAT, "list.f:1: file is missing: rtl/absent.sv"},
        {"\n/etc/passwd\n", AXN_ERROR_FORMAT, "list.f:2: not a plain relative path"},
        {"rtl/../../x.v\n", AXN_ERROR_FORMAT, "not a plain relative path"},
        {"rtl/a;b.v\n", AXN_ERROR_FORMAT, "not a plain relative path"},
        {"-f other\n", AXN_ERROR_FORMAT, "not a plain relative path"},
        {"+define+A=`x\n", AXN_ERROR_FORMAT, "not a plain word"},
        {"// nothing\n", AXN_ERROR_FORMAT, "names no files"},
        {"rtl/mul.v\n", AXN_ERROR_TOOL, "top"},
        {"+incdir+include\nrtl/cell.sv\nrtl/top.sv\n", AXN_ERROR_TOOL, "mul"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        axn_check_write(f.folder, "list.f", bad[i].list);
        AXN_CHECK_FAILS(synthesise(&f, NULL), f.error, bad[i].status, bad[i].message);
        CU_ASSERT_EQUAL(f.hierarchy.count, 0);
    }
    axn_check_write(f.folder, "rtl/top.sv",
                    "module top(input a, input b, output reg q);\n"
                    "always @(*) if (a) q = b;\nendmodule\n");
    axn_check_write(f.folder, "list.f", "rtl/top.sv\n");
    AXN_CHECK_FAILS(synthesise(&f, NULL), f.error, AXN_ERROR_FORMAT, "could not be mapped");
    axn_hierarchy_options options = {.folder = f.folder, .file_list = "list.f", .top = "a; b"};
    AXN_CHECK_FAILS(axn_hierarchy_synthesise(&f.liberty, &options, f.work, &f.hierarchy, &f.error),
                    f.error, AXN_ERROR_USAGE, "'a; b'");
    close_fixture(&f);
}

AXN_TEST_MAIN("hierarchy", {"modules are counted and measured", modules_are_counted_and_measured},
              {"adders become adder cells", adders_become_adder_cells},
              {"heavy nets are buffered", heavy_nets_are_buffered},
              {"bad designs are refused", bad_designs_are_refused})
