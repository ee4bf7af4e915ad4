/* The mapping recipe: right netlists, named refusals, detected miscompilation. */
#include <unistd.h>

#include "common/buffer.h"
#include "synth/mapping.h"
#include "synth/power.h"
#include "synth/yosys.h"
#include "tests/check.h"

typedef struct fixture {
    axn_liberty liberty;
    char folder[AXN_PATH_MAX];
    char work[AXN_PATH_MAX];
    axn_netlist netlist;
    axn_error error;
} fixture;

static void open_fixture(fixture *f)
{
    memset(f, 0, sizeof *f);
    AXN_REQUIRE_OK(axn_liberty_load(NULL, &f->liberty, &f->error), f->error);
    axn_check_folder(f->folder);
    axn_check_path(f->work, f->folder, "work");
    AXN_REQUIRE_OK(axn_folder_create(f->work, &f->error), f->error);
}

static void close_fixture(fixture *f)
{
    axn_netlist_free(&f->netlist);
    axn_liberty_free(&f->liberty);
    axn_check_folder_remove(f->folder);
}

/* Maps Verilog text; the result is in f->netlist. */
static axn_status map_text(fixture *f, const char *file, const char *text, const char *module,
                           bool extract_fa)
{
    char path[AXN_PATH_MAX];
    axn_check_path(path, f->folder, file);
    AXN_REQUIRE_OK(axn_file_write(path, text, strlen(text), &f->error), f->error);
    axn_netlist_free(&f->netlist);
    return axn_map_circuit(&f->liberty, path, module, extract_fa, f->work, &f->netlist, &f->error);
}

static int count_cells(const fixture *f, const char *name)
{
    int count = 0;
    for (int g = 0; g < f->netlist.gate_count; g++)
        count += strcmp(f->liberty.cells[f->netlist.gates[g].cell].name, name) == 0;
    return count;
}

/* A 4 x 4 product of the high halves. */
static const char small[] = "module small(input [7:0] A, input [7:0] B, output [15:0] O);\n"
                            "wire [7:0] p = A[7:4] * B[7:4];\nassign O = {p, 8'd0};\nendmodule\n";

static uint16_t table[65536], other[65536];

static void tabulate(fixture *f, uint16_t *out)
{
    AXN_REQUIRE_OK(axn_netlist_tabulate(&f->netlist, "A", "B", "O", out, &f->error), f->error);
}

static void mapped_circuit_computes_the_product(void)
{
    fixture f;
    open_fixture(&f);
    AXN_REQUIRE_OK(map_text(&f, "small.v", small, NULL, true), f.error);
    CU_ASSERT_STRING_EQUAL(f.netlist.module, "small");
    tabulate(&f, table);
    int wrong = 0;
    for (int i = 0; i < 65536; i++)
        wrong += table[i] != (((i >> 12) * ((i & 255) >> 4)) << 8);
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT(count_cells(&f, "FAX1") > 0);
    CU_ASSERT(axn_netlist_area(&f.netlist) > 500);
    double delay = 0;
    AXN_CHECK_OK(axn_map_delay(&f.liberty, &f.netlist, f.work, &delay, &f.error), f.error);
    CU_ASSERT(delay > 0.5 && delay < 5);
    AXN_REQUIRE_OK(map_text(&f, "small.v", small, "small", false), f.error);
    CU_ASSERT_EQUAL(count_cells(&f, "FAX1") + count_cells(&f, "HAX1"), 0);
    close_fixture(&f);
}

/* Yosys 0.23's extract_fa takes this full subtractor for a full adder of other
 * inputs; whoever compares the table sees it. */
static void miscompiled_subtractor_is_detected(void)
{
    static const char text[] = "module m(input [7:0] A, input [7:0] B, output [15:0] O);\n"
                               "wire a = A[0], b = A[1], c = B[0];\n"
                               "assign O = {14'd0, (~a & b) | (c & (~a | b)), a ^ b ^ c};\n"
                               "endmodule\n";
    fixture f;
    open_fixture(&f);
    AXN_REQUIRE_OK(map_text(&f, "m.v", text, NULL, false), f.error);
    tabulate(&f, table);
    int wrong = 0;
    for (int i = 0; i < 65536; i++) {
        int a = (i >> 8) & 1, b = (i >> 9) & 1, c = i & 1;
        wrong += table[i] != ((((!a && b) || (c && (!a || b))) << 1) | (a ^ b ^ c));
    }
    CU_ASSERT_EQUAL(wrong, 0);
    AXN_REQUIRE_OK(map_text(&f, "m.v", text, NULL, true), f.error);
    tabulate(&f, other);
    CU_ASSERT_NOT_EQUAL(memcmp(table, other, sizeof table), 0);
    close_fixture(&f);
}

static void flipped_gate_is_detected(void)
{
    fixture f;
    open_fixture(&f);
    AXN_REQUIRE_OK(map_text(&f, "small.v", small, NULL, true), f.error);
    tabulate(&f, table);
    char path[AXN_PATH_MAX];
    axn_buffer text = {0};
    axn_check_path(path, f.work, AXN_MAPPED_JSON);
    AXN_REQUIRE_OK(axn_file_read(path, 1 << 24, &text, &f.error), f.error);
    char *found = strstr(text.data, "\"NOR2X1\"");
    CU_ASSERT_PTR_NOT_NULL_FATAL(found);
    if (found != NULL)
        memcpy(found + 1, "AND2X1", 6); // NOLINT(bugprone-not-null-terminated-result)
    AXN_REQUIRE_OK(axn_file_write(path, text.data, text.length, &f.error), f.error);
    axn_buffer_free(&text);
    axn_netlist_free(&f.netlist);
    AXN_REQUIRE_OK(axn_netlist_load(path, NULL, &f.liberty, &f.netlist, &f.error), f.error);
    tabulate(&f, other);
    CU_ASSERT_NOT_EQUAL(memcmp(table, other, sizeof table), 0);
    close_fixture(&f);
}

#define PORTS "(input [7:0] A, input [7:0] B, output [15:0] O);\n"

static void unfit_modules_are_refused_by_name(void)
{
    static const struct {
        const char *text;
        axn_status status;
        const char *message;
    } bad[] = {
        {"module m" PORTS "reg [15:0] q; always @(*) if (A[0]) q = B; assign O = q; endmodule",
         AXN_ERROR_FORMAT, "is a latch"},
        {"module m" PORTS "reg [15:0] q; always @(posedge A[0]) q <= B; assign O = q; endmodule",
         AXN_ERROR_FORMAT, "is a flip-flop"},
        {"module m" PORTS "wire x = ~(x & A[0]) ^ (x | B[1]); assign O = x; endmodule",
         AXN_ERROR_FORMAT, "combinational loop"},
        {"module m" PORTS "other u(A, B, O); endmodule", AXN_ERROR_TOOL, "other"},
        {"module m" PORTS "wire [15:0] n; assign O = n & {A, B}; endmodule", AXN_ERROR_FORMAT,
         "undriven"},
        {"module m" PORTS "assign O = 16'hx; endmodule", AXN_ERROR_FORMAT, "X or Z"},
        {"module m" PORTS "assign O = A[0] ? {A, B} : 16'hz; endmodule", AXN_ERROR_FORMAT, ""},
        {"module m" PORTS "assign O = A +; endmodule", AXN_ERROR_TOOL, "syntax error"},
        {"module \\a;b " PORTS "assign O = {A, B}; endmodule", AXN_ERROR_FORMAT,
         "not a plain identifier"},
        {"module m(input [7:0] \\A$( , output O); assign O = ^\\A$( ; endmodule", AXN_ERROR_FORMAT,
         "not a plain identifier"},
        {"module m(inout [7:0] A, output O); assign O = ^A; endmodule", AXN_ERROR_FORMAT,
         "neither input nor output"},
        {"", AXN_ERROR_NOT_FOUND, "no module"},
    };
    fixture f;
    open_fixture(&f);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        AXN_CHECK_FAILS(map_text(&f, "bad.v", bad[i].text, NULL, true), f.error, bad[i].status,
                        bad[i].message);
        CU_ASSERT_PTR_NOT_NULL(strstr(f.error.message, "bad.v"));
        CU_ASSERT_EQUAL(f.netlist.gate_count, 0);
    }
    AXN_CHECK_FAILS(map_text(&f, "small.v", small, "small; shell touch pwned", true), f.error,
                    AXN_ERROR_USAGE, "not a plain identifier");
    AXN_CHECK_FAILS(map_text(&f, "small.v", small, "absent", true), f.error, AXN_ERROR_TOOL,
                    "absent");
    close_fixture(&f);
}

static void odd_file_names_are_harmless(void)
{
    fixture f;
    open_fixture(&f);
    AXN_CHECK_OK(map_text(&f, "a b'\";\nexec $(x) -o.v",
                          "module m(input [7:0] A, input [7:0] B, output [15:0] O);\n"
                          "assign O = {8'd0, A & B};\nendmodule\n",
                          NULL, true),
                 f.error);
    CU_ASSERT_EQUAL(f.netlist.gate_count, 8);
    close_fixture(&f);
}

static void constant_circuit_costs_nothing(void)
{
    fixture f;
    open_fixture(&f);
    AXN_REQUIRE_OK(map_text(&f, "zero.v",
                            "module zero(input [7:0] A, input [7:0] B, output [15:0] O);\n"
                            "assign O = {A[3] & ~A[3], 14'd0, A[0]};\nendmodule\n",
                            NULL, true),
                   f.error);
    double delay = -1, energy = -1;
    AXN_CHECK_OK(axn_map_delay(&f.liberty, &f.netlist, f.work, &delay, &f.error), f.error);
    AXN_CHECK_OK(axn_power_operation(&f.netlist, "A", "B", NULL, &energy, &f.error), f.error);
    CU_ASSERT_EQUAL(f.netlist.gate_count, 0);
    CU_ASSERT(delay == 0 && energy == 0 && axn_netlist_area(&f.netlist) == 0);
    tabulate(&f, table);
    CU_ASSERT(table[256] == 1 && table[0] == 0);
    close_fixture(&f);
}

/* Same circuit, other names and order of declaration: same figures. */
static void names_do_not_move_the_figures(void)
{
    static const char one[] = "module one(input [7:0] A, input [7:0] B, output [15:0] O);\n"
                              "wire p = A[0] & B[1], q = A[1] & B[0], r = A[2] & B[2];\n"
                              "wire s = p ^ q ^ r, t = (p & q) | (r & (p | q));\n"
                              "wire u = s ^ A[3];\n"
                              "assign O = {13'd0, u & s, t, s};\nendmodule\n";
    static const char two[] = "module two(zz, b, a);\noutput [15:0] zz; input [7:0] a, b;\n"
                              "wire z9, k, t, s, r, q, p;\n"
                              "assign z9 = k & s; assign zz = {13'd0, z9, t, s};\n"
                              "assign k = s ^ a[3]; assign t = (p & q) | (r & (p | q));\n"
                              "assign s = p ^ q ^ r; assign r = a[2] & b[2];\n"
                              "assign q = a[1] & b[0]; assign p = a[0] & b[1];\nendmodule\n";
    fixture f;
    double first = 0, second = 0;
    open_fixture(&f);
    AXN_REQUIRE_OK(map_text(&f, "one.v", one, NULL, true), f.error);
    double area = axn_netlist_area(&f.netlist);
    AXN_CHECK_OK(axn_power_operation(&f.netlist, "A", "B", NULL, &first, &f.error), f.error);
    AXN_REQUIRE_OK(map_text(&f, "two.v", two, NULL, true), f.error);
    AXN_CHECK_OK(axn_power_operation(&f.netlist, "a", "b", NULL, &second, &f.error), f.error);
    CU_ASSERT_DOUBLE_EQUAL(axn_netlist_area(&f.netlist), area, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(first, second, 1e-9);
    close_fixture(&f);
}

static void standard_cell_netlists_are_read(void)
{
    fixture f;
    open_fixture(&f);
    AXN_REQUIRE_OK(map_text(&f, "cells.v",
                            "module m(input [7:0] A, input [7:0] B, output [15:0] Z);\n"
                            "wire n; NAND2X1 u(.A(A[0]), .B(B[0]), .Y(n));\n"
                            "assign Z[15:2] = 14'd0;\n"
                            "INVX1 v(.A(n), .Y(Z[0])); XOR2X1 w(.A(n), .B(A[1]), .Y(Z[1]));\n"
                            "endmodule\n",
                            NULL, true),
                   f.error);
    AXN_REQUIRE_OK(axn_netlist_tabulate(&f.netlist, "A", "B", "Z", table, &f.error), f.error);
    int wrong = 0;
    for (int i = 0; i < 65536; i++) {
        int both = (i >> 8) & i & 1;
        wrong += table[i] != ((((!both) ^ (i >> 9)) & 1) << 1 | both);
    }
    CU_ASSERT_EQUAL(wrong, 0);
    AXN_CHECK_FAILS(map_text(&f, "latch.v",
                             "module m(input [7:0] A, input [7:0] B, output [15:0] O);\n"
                             "assign O[15:1] = 0; LATCH u(.CLK(A[0]), .D(B[0]), .Q(O[0]));\n"
                             "endmodule\n",
                             NULL, true),
                    f.error, AXN_ERROR_FORMAT, "is a latch");
    close_fixture(&f);
}

static void sta_errors_are_seen(void)
{
    fixture f;
    axn_buffer script = {0}, output = {0};
    open_fixture(&f);
    axn_buffer_text(&script, "read_liberty absent.lib\nputs done\n");
    AXN_CHECK_FAILS(axn_sta_run(&script, f.work, "x.tcl", 60, &output, &f.error), f.error,
                    AXN_ERROR_TOOL, "absent.lib");
    axn_buffer_free(&script);
    axn_buffer_free(&output);
    close_fixture(&f);
}

static void tool_versions_are_told(void)
{
    char yosys[AXN_VERSION_TEXT], sta[AXN_VERSION_TEXT];
    axn_error error = {0};
    AXN_CHECK_OK(axn_synth_versions(yosys, sta, &error), error);
    CU_ASSERT_EQUAL(strncmp(yosys, "Yosys 0.", 8), 0);
    CU_ASSERT_EQUAL(strncmp(sta, "OpenSTA 2.", 10), 0);
}

static void plain_names_are_told_from_syntax(void)
{
    CU_ASSERT(axn_plain_name("mul8u_1JFF") && axn_plain_name("_x$1"));
    static const char *const odd[] = {"", "1a", "a b", "a;b", "\\a", "a\n", "$a", "a.b", "a[0]"};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        CU_ASSERT_FALSE(axn_plain_name(odd[i]));
}

AXN_TEST_MAIN("mapping",
              {"a mapped circuit computes the product", mapped_circuit_computes_the_product},
              {"a miscompiled subtractor is detected", miscompiled_subtractor_is_detected},
              {"a flipped gate is detected", flipped_gate_is_detected},
              {"unfit modules are refused by name", unfit_modules_are_refused_by_name},
              {"odd file names are harmless", odd_file_names_are_harmless},
              {"a constant circuit costs nothing", constant_circuit_costs_nothing},
              {"names do not move the figures", names_do_not_move_the_figures},
              {"standard-cell netlists are read", standard_cell_netlists_are_read},
              {"errors of OpenSTA are seen", sta_errors_are_seen},
              {"tool versions are told", tool_versions_are_told},
              {"plain names are told from syntax", plain_names_are_told_from_syntax})
