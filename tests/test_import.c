/* Circuits from other people's Verilog. */
#include <sys/stat.h>
#include <unistd.h>

#include "multipliers/import.h"
#include "tests/check.h"

#define PORTS "(input [7:0] A, input [7:0] B, output [15:0] O);\n"

static char folder[AXN_PATH_MAX];
static axn_liberty liberty;
static axn_import import;

static void begin(void)
{
    axn_error error = {0};
    axn_check_folder(folder);
    AXN_REQUIRE_OK(axn_liberty_load(NULL, &liberty, &error), error);
}

static void end(void)
{
    axn_import_free(&import);
    axn_liberty_free(&liberty);
    axn_check_folder_remove(folder);
}

static void write_text(const char *name, const char *text)
{
    char path[AXN_PATH_MAX], parent[AXN_PATH_MAX];
    axn_error error = {0};
    axn_check_path(path, folder, name);
    snprintf(parent, sizeof parent, "%.*s", (int)(axn_path_base(path) - path), path);
    AXN_REQUIRE_OK(axn_folder_create(parent, &error), error);
    AXN_REQUIRE_OK(axn_file_write(path, text, strlen(text), &error), error);
}

/* Finds, reads and chooses all below the folder. */
static void import_all(const axn_library *base)
{
    const char *paths[] = {folder};
    const axn_liberty *liberties[] = {&liberty};
    char **files;
    size_t count;
    axn_error error = {0};
    AXN_REQUIRE_OK(axn_import_find(paths, 1, &files, &count, &import, &error), error);
    AXN_REQUIRE_OK(
        axn_import_read((const char *const *)files, count, liberties, 1, 2, &import, &error),
        error);
    AXN_REQUIRE_OK(axn_import_choose(&import, base, &error), error);
    axn_names_free(files, count);
}

/* The circuit of a file (its path ends so) and module; NULL if there is none. */
static const axn_import_circuit *find(const char *file, const char *module)
{
    for (size_t i = 0; i < import.count; i++) {
        const axn_import_circuit *at = &import.circuits[i];
        size_t length = strlen(at->file), ending = strlen(file);
        if (length > ending && at->file[length - ending - 1] == '/' &&
            strcmp(at->file + length - ending, file) == 0 && strcmp(at->module, module) == 0)
            return at;
    }
    return NULL;
}

static void check_entered(const char *file, const char *module, const char *name)
{
    const axn_import_circuit *circuit = find(file, module);
    bool good = circuit != NULL && !circuit->rejected && strcmp(circuit->name, name) == 0;
    if (!good)
        fprintf(stderr, "\n    %s, module %s: %s \"%s\"\n", file, module,
                circuit == NULL     ? "not there"
                : circuit->rejected ? "rejected"
                                    : "named",
                circuit == NULL     ? ""
                : circuit->rejected ? circuit->reason
                                    : circuit->name);
    CU_ASSERT(good);
}

static void check_rejected(const char *file, const char *module, const char *reason)
{
    const axn_import_circuit *circuit = find(file, module);
    bool good = circuit != NULL && circuit->rejected && strstr(circuit->reason, reason) != NULL;
    if (!good)
        fprintf(stderr, "\n    %s, module %s: %s \"%s\"\n", file, module,
                circuit == NULL ? "not there" : "", circuit == NULL ? "" : circuit->reason);
    CU_ASSERT(good);
}

/* Truncated multiplier from the cells of an adder array, as netlists come: `prefix` stands
 * before the names of the cells. */
static void write_array(const char *file, const char *module, const char *output,
                        const char *prefix, bool models)
{
    axn_buffer text = {0};
    int columns[17][40] = {{0}}, height[17] = {0}, wires = 32;
    axn_buffer_format(&text,
                      "/* an array */\nmodule %s(A, B, %s);\n  input [7:0] A;\n  input [7:0] B;\n"
                      "  output [15:0] %s;\n  wire [999:0] N;\n",
                      module, output, output);
    for (int i = 0; i < 8; i++)
        axn_buffer_format(&text, "  assign N[%d] = A[%d];\n  assign N[%d] = B[%d];\n", 2 * i, i,
                          16 + 2 * i, i);
    for (int i = 0; i < 8; i++)
        for (int j = 0; j < 8; j++, wires += 2) {
            axn_buffer_format(&text, "  %sAND2X1 n%d(.A(N[%d]), .B(N[%d]), .Y(N[%d]));\n", prefix,
                              wires, 2 * i, 16 + 2 * j, wires);
            columns[i + j][height[i + j]++] = wires;
        }
    for (int c = 0; c < 16; c++) {
        int taken = 0;
        for (; height[c] - taken > 1; wires += 2) {
            const int *in = &columns[c][taken];
            bool full = height[c] - taken > 2;
            axn_buffer_format(&text, "  %s%s n%d(.A(N[%d]), .B(N[%d]), ", prefix,
                              full ? "FAX1" : "HAX1", wires, in[0], in[1]);
            if (full)
                axn_buffer_format(&text, ".C(N[%d]), ", in[2]);
            axn_buffer_format(&text, ".YS(N[%d]), .YC(N[%d]));\n", wires, wires + 1);
            taken += full ? 3 : 2;
            columns[c][height[c]++] = wires;
            columns[c + 1][height[c + 1]++] = wires + 1;
        }
        if (height[c] > 0)
            axn_buffer_format(&text, "  assign %s[%d] = N[%d];\n", output, c, columns[c][taken]);
        else
            axn_buffer_format(&text, "  assign %s[%d] = 1'b0;\n", output, c);
    }
    axn_buffer_text(&text, "endmodule\n");
    if (models)
        axn_buffer_format(
            &text,
            "module %sAND2X1(input A, input B, output Y); assign Y = A & B; endmodule\n"
            "module %sHAX1(input A, input B, output YS, output YC);\n"
            "  assign YS = A ^ B; assign YC = A & B;\nendmodule\n"
            "module %sFAX1(input A, input B, input C, output YS, output YC);\n"
            "  assign YS = (A ^ B) ^ C; assign YC = (A & B) | (B & C) | (A & C);\nendmodule\n",
            prefix, prefix, prefix);
    write_text(file, text.data);
    axn_buffer_free(&text);
}

/* Folders by criterion, the same circuit in several of them, C beside Verilog, a version
 * in standard cells, an output Z. */
static void criterion_folders(void)
{
    begin();
    static axn_table exact;
    write_array("by_mae/mul_a.v", "mul_a", "O", "PDK", true);
    write_array("by_mae/mul_a_pdk45.v", "mul_a", "O", "", false);
    write_array("by_mre/mul_a.v", "mul_a", "O", "PDK", true);
    write_text("by_mae/mul_a.c", "int mul_a(int b, int a) { return a * b; }\n");
    write_text("by_mae/README.md", "module text, not a circuit\n");
    write_text("by_mre/mul_z.v", "module mul_z(A, B, Z);\ninput [7:0] A, B;\noutput [15:0] Z;\n"
                                 "assign Z = A * {B[7:1], 1'b0};\nendmodule\n");
    import_all(NULL);
    CU_ASSERT_EQUAL(import.count, 4);
    check_entered("by_mae/mul_a.v", "mul_a", "mul_a");
    check_rejected("by_mae/mul_a_pdk45.v", "mul_a", "same function as mul_a");
    check_rejected("by_mre/mul_a.v", "mul_a", "by_mae/mul_a.v");
    check_entered("by_mre/mul_z.v", "mul_z", "mul_z");
    axn_table_exact(&exact);
    const axn_import_circuit *array = find("by_mae/mul_a.v", "mul_a");
    CU_ASSERT(array != NULL && array->hash == axn_table_hash(&exact));
    end();
}

/* Plain Verilog comes before a netlist of cells, even where its path comes later. */
static void plain_before_cells(void)
{
    begin();
    write_array("a/cells.v", "m", "O", "", false);
    write_array("b/plain.v", "m", "O", "P", true);
    import_all(NULL);
    check_rejected("a/cells.v", "m", "b/plain.v");
    check_entered("b/plain.v", "m", "m");
    end();
}

/* Cells are found in the Liberty by name; what it does not hold is named. */
static void liberty_cells(void)
{
    static axn_table exact;
    begin();
    write_array("cells.v", "m", "O", "", false);
    write_text("unknown.v", "module u" PORTS "AND9X9 x(.A(A[0]), .Y(O[0]));\nendmodule\n");
    write_text("clocked.v", "module c" PORTS "assign O[15:1] = 0;\n"
                            "DFFPOSX1 x(.CLK(A[0]), .D(B[0]), .Q(O[0]));\nendmodule\n");
    write_text("position.v", "module p" PORTS "assign O[15:1] = 0;\n"
                             "AND2X1 x(A[0], B[0], O[0]);\nendmodule\n");
    write_text("pin.v", "module q" PORTS "assign O[15:1] = 0;\n"
                        "AND2X1 x(.A(A[0]), .B(B[0]), .Z(O[0]));\nendmodule\n");
    write_text("open.v", "module o" PORTS "assign O[15:1] = 0;\n"
                         "AND2X1 x(.A(A[0]), .Y(O[0]));\nendmodule\n");
    import_all(NULL);
    check_entered("cells.v", "m", "m");
    axn_table_exact(&exact);
    CU_ASSERT(find("cells.v", "m") != NULL && find("cells.v", "m")->hash == axn_table_hash(&exact));
    check_rejected("unknown.v", "u", "black box: AND9X9");
    check_rejected("clocked.v", "c", "DFFPOSX1, a flip-flop");
    check_rejected("position.v", "p", "by position");
    check_rejected("pin.v", "q", "AND2X1 has no pin Z");
    check_rejected("open.v", "o", "AND2X1: its pin B");
    end();
}

static void bad_circuits(void)
{
    static const struct {
        const char *file, *text, *module, *reason;
    } cases[] = {
        {"ff.v",
         "module m(input [7:0] A, B, output reg [15:0] O);\n"
         "always @(posedge A[0]) O <= B;\nendmodule\n",
         "m", "flip-flop"},
        {"latch.v",
         "module m(input [7:0] A, B, output reg [15:0] O);\n"
         "always @* if (A[0]) O = B;\nendmodule\n",
         "m", "latch"},
        {"loop.v", "module m" PORTS "assign O = {O[14:0], O[15]} ^ A;\nendmodule\n", "m", "loop"},
        {"x.v", "module m" PORTS "assign O = A[0] ? B : 16'bx;\nendmodule\n", "m", "undefined (X)"},
        {"z.v", "module m" PORTS "assign O[14:0] = A;\nendmodule\n", "m", "not driven (Z)"},
        {"tri.v", "module m" PORTS "assign O = A[0] ? B : 16'bz;\nendmodule\n", "m", "(Z)"},
        {"two.v", "module m" PORTS "assign O = A;\nbuf b(O[3], B[3]);\nendmodule\n", "m",
         "several drivers"},
        {"box.v", "module m" PORTS "core c(.a(A), .b(B), .o(O));\nendmodule\n", "m",
         "black box: core"},
        {"wide.v",
         "module m(input [8:0] A, input [7:0] B, output [15:0] O);\n"
         "assign O = A * B;\nendmodule\n",
         "m", "two 8-bit inputs"},
        {"clock.v",
         "module m(input c, input [7:0] A, B, output [15:0] O);\n"
         "assign O = A * B;\nendmodule\n",
         "m", "4 ports"},
        {"inout.v",
         "module m(inout [7:0] A, input [7:0] B, output [15:0] O);\n"
         "assign O = A * B;\nendmodule\n",
         "m", "two 8-bit inputs"},
        {"syntax.v", "module m" PORTS "\nassign O = A +;\nendmodule\n", "", "line 3: syntax error"},
        {"cut.v", "module m(\n", "", "syntax error"},
        {"empty.v", "", "", "no module"},
        {"itself.v", "module m" PORTS "m x(A, B, O);\nendmodule\n", "", "holds itself"},
        {"include.v", "// fine\n`include \"ok.v\"\n", "", "line 2: `include"},
        {"memory.v",
         "module m" PORTS "reg [15:0] t [0:65535];\ninitial $readmemh(\"/etc/passwd\", t);\n"
         "assign O = t[{A, B}];\nendmodule\n",
         "", "line 3: $readmem"},
    };
    const size_t count = sizeof cases / sizeof cases[0];
    begin();
    for (size_t i = 0; i < count; i++)
        write_text(cases[i].file, cases[i].text);
    write_text("ok.v", "module ok" PORTS "assign O = A * B;\nendmodule\n");
    import_all(NULL);
    CU_ASSERT_EQUAL(import.count, count + 1);
    for (size_t i = 0; i < count; i++)
        check_rejected(cases[i].file, cases[i].module, cases[i].reason);
    check_entered("ok.v", "ok", "ok");
    end();
}

/* Odd but good ones: constants, an unused input, other port orders and names, parameters,
 * functions, a testbench beside. */
static void good_circuits(void)
{
    begin();
    write_text("zero.v", "module zero" PORTS "assign O = 16'd0;\nendmodule\n");
    write_text("one_input.v", "module one_input" PORTS "assign O = {A, A};\nendmodule\n");
    write_text("upto.v", "module upto(input [0:7] p, q, output [0:15] r);\n"
                         "assign r = p * q - 1;\nendmodule\n");
    write_text("swapped.v", "module swapped(input [7:0] B, input [7:0] A, output [15:0] O);\n"
                            "assign O = {A, B};\nendmodule\n");
    write_text("parameter.v",
               "module part #(parameter W = 4)(input [W-1:0] A, B, output [2*W-1:0] O);\n"
               "assign O = A * B + 2;\nendmodule\n"
               "module parameter_top" PORTS "part #(8) p(A, B, O);\nendmodule\n");
    write_text("bench.v", "module core" PORTS "assign O = A * B + 3;\nendmodule\n"
                          "module bench;\nreg [7:0] a, b;\nwire [15:0] o;\ncore c(a, b, o);\n"
                          "initial begin a = 0; b = 0; end\nendmodule\n");
    write_text("two.v", "module first" PORTS "assign O = A + B;\nendmodule\n"
                        "module second" PORTS "assign O = A - B;\nendmodule\n");
    write_text("system.sv", "module system(input logic [7:0] A, B, output logic [15:0] O);\n"
                            "always_comb O = A * B + 4;\nendmodule\n");
    write_text("kept.v", "(* keep_hierarchy *) module inner" PORTS "assign O = A | B;\nendmodule\n"
                         "module outer" PORTS "inner i(A, B, O);\nendmodule\n");
    import_all(NULL);
    CU_ASSERT_EQUAL(import.count, 10);
    check_entered("zero.v", "zero", "zero");
    check_entered("one_input.v", "one_input", "one_input");
    check_entered("upto.v", "upto", "upto");
    check_entered("swapped.v", "swapped", "swapped");
    check_entered("parameter.v", "parameter_top", "parameter_top");
    check_entered("bench.v", "core", "core");
    check_entered("two.v", "first", "first");
    check_entered("two.v", "second", "second");
    check_entered("system.sv", "system", "system");
    check_entered("kept.v", "outer", "outer");
    /* A = 3 and B = 5 come in by name, whatever the order of the ports. */
    static axn_table table;
    axn_error error = {0};
    const axn_import_circuit *swapped = find("swapped.v", "swapped");
    CU_ASSERT_FATAL(swapped != NULL);
    AXN_CHECK_OK(axn_circuit_tabulate(&swapped->source.circuit, &table, &error), error);
    CU_ASSERT_EQUAL(table.product[3 * 256 + 5], 3 * 256 + 5);
    const axn_import_circuit *upto = find("upto.v", "upto");
    CU_ASSERT_FATAL(upto != NULL);
    AXN_CHECK_OK(axn_circuit_tabulate(&upto->source.circuit, &table, &error), error);
    CU_ASSERT_EQUAL(table.product[3 * 256 + 5], 14);
    end();
}

/* Every circuit gets a name of its own that a library can hold. */
static void names(void)
{
    begin();
    write_text("a/mul.v", "module mul" PORTS "assign O = A * B + 1;\nendmodule\n");
    write_text("b/mul.v", "module mul" PORTS "assign O = A * B + 2;\nendmodule\n");
    write_text("b/other.v", "module mul" PORTS "assign O = A * B + 3;\nendmodule\n");
    write_text("c/-rf 'x\n.v", "module \\a;rm$(x) " PORTS "assign O = A * B + 4;\nendmodule\n");
    write_text("c/stem.v", "module \\no-name " PORTS "assign O = A * B + 5;\nendmodule\n");
    write_text("c/shadow.v", "module exact_array" PORTS "assign O = A * B + 6;\nendmodule\n");
    import_all(NULL);
    check_entered("a/mul.v", "mul", "mul");
    check_entered("b/mul.v", "mul", "mul_2");
    check_entered("b/other.v", "mul", "other");
    check_entered("c/-rf 'x\n.v", "a;rm$(x)", "a_rm__x_");
    check_entered("c/stem.v", "no-name", "stem");
    check_entered("c/shadow.v", "exact_array", "shadow"); /* ours may have to join */
    for (size_t i = 0; i < import.count; i++)
        CU_ASSERT(axn_verilog_identifier(import.circuits[i].name, AXN_MULTIPLIER_NAME));
    end();
}

/* What the library holds already is a duplicate, and its names are taken. */
static void library_is_there(void)
{
    axn_multiplier held[1] = {{.name = "mul"}};
    static axn_table exact;
    axn_library base = {.multipliers = held, .count = 1};
    begin();
    axn_table_exact(&exact);
    held[0].hash = axn_table_hash(&exact);
    write_text("again.v", "module again" PORTS "assign O = A * B;\nendmodule\n");
    write_text("new.v", "module mul" PORTS "assign O = A * B + 1;\nendmodule\n");
    import_all(&base);
    check_rejected("again.v", "again", "same function as mul of the library");
    check_entered("new.v", "mul", "mul_2");
    end();
}

/* Links in circles, one place by two paths, hidden files, files named by themselves. */
static void paths(void)
{
    char loop[AXN_PATH_MAX], file[AXN_PATH_MAX], sub[AXN_PATH_MAX], missing[AXN_PATH_MAX];
    char again[AXN_PATH_MAX];
    char **files = NULL;
    size_t count = 0;
    axn_error error = {0};
    begin();
    write_text("sub/b.v", "");
    write_text("sub/a.v", "");
    write_text("c.V", "");
    write_text(".hidden/d.v", "");
    write_text("notes.txt", "");
    axn_check_path(loop, folder, "sub/loop");
    CU_ASSERT_EQUAL(symlink("..", loop), 0);
    axn_check_path(loop, folder, "sub/nowhere.v");
    CU_ASSERT_EQUAL(symlink("missing", loop), 0);
    axn_check_path(file, folder, "notes.txt");
    axn_check_path(sub, folder, "sub");
    axn_check_path(missing, folder, "missing.v");
    axn_check_path(again, folder, "sub/../sub/a.v");
    const char *given[] = {folder, sub, file, missing, again};
    AXN_REQUIRE_OK(axn_import_find(given, 5, &files, &count, &import, &error), error);
    CU_ASSERT_EQUAL_FATAL(count, 4);
    CU_ASSERT_STRING_EQUAL(axn_path_base(files[0]), "c.V");
    CU_ASSERT_STRING_EQUAL(axn_path_base(files[1]), "a.v");
    CU_ASSERT_STRING_EQUAL(axn_path_base(files[2]), "b.v");
    CU_ASSERT_STRING_EQUAL(axn_path_base(files[3]), "notes.txt");
    CU_ASSERT_EQUAL(import.count, 2);
    check_rejected("sub/nowhere.v", "", "No such file");
    check_rejected("missing.v", "", "No such file");
    axn_names_free(files, count);
    end();
}

/* A library keeps a file's own text where it is fit, else a text of ours, which computes
 * the same. */
static void texts(void)
{
    static const char fit[] =
        "// a comment to be kept\nmodule fit" PORTS "assign O = {A ^ B, A & ~B};\nendmodule\n";
    axn_buffer text = {0};
    axn_error error = {0};
    begin();
    write_text("fit.v", fit);
    write_text("macro.v", "`define X 2\nmodule macro" PORTS "assign O = A * B + `X;\nendmodule\n");
    write_text("signed.v", "module signed_ports(input signed [7:0] A, B, output [15:0] O);\n"
                           "assign O = A * B;\nendmodule\n");
    write_array("cells.v", "cells", "O", "", false);
    write_text("product.v", "module product" PORTS "assign O = A * B + 9;\nendmodule\n");
    import_all(NULL);
    const axn_import_circuit *circuit = find("fit.v", "fit");
    CU_ASSERT_FATAL(circuit != NULL);
    AXN_CHECK_OK(axn_import_text(circuit, &text, &error), error);
    CU_ASSERT_STRING_EQUAL(text.data, fit);
    static const char *const others[][2] = {{"macro.v", "macro"},
                                            {"signed.v", "signed_ports"},
                                            {"cells.v", "cells"},
                                            {"product.v", "product"}};
    for (int i = 0; i < 4; i++) {
        char path[AXN_PATH_MAX];
        const char *file = path;
        static axn_table table;
        circuit = find(others[i][0], others[i][1]);
        CU_ASSERT_FATAL(circuit != NULL && !circuit->rejected);
        axn_buffer_clear(&text);
        AXN_CHECK_OK(axn_import_text(circuit, &text, &error), error);
        CU_ASSERT_EQUAL(strncmp(text.data, "// imported from ", 17), 0);
        write_text("again.v", text.data);
        axn_check_path(path, folder, "again.v");
        AXN_CHECK_OK(axn_table_from_verilog(&file, NULL, 1, &table, &error), error);
        CU_ASSERT_EQUAL(axn_table_hash(&table), circuit->hash);
    }
    axn_buffer_free(&text);
    end();
}

/* Text that would read files, call foreign code or hide either is refused; comments go,
 * lines stay. */
static void sources(void)
{
    static const struct {
        const char *text, *reason;
    } refused[] = {
        {"a\n`include \"x\"", "line 2: `include"},
        {"/* c */ `include\"x\"", "`include"},
        {"`define I `include \"x\"", "`include"},
        {"`define J(x) `\\\nx", "neither a directive"},
        {"`define K ``include", "neither a directive"},
        {"`A`B", "joined"},
        {"$readmemb(\"x\", m);", "$readmem"},
        {"\\$readmemh (\"x\", m);", "$readmem"},
        {"$`X", "not a system function"},
        {"import \"DPI-C\" function int f();", "foreign"},
        {"\\a`b ", "escaped name"},
        {"/* no end", "comment without end"},
        {"\"no end\n\"", "string without end"},
        {"a // `include in a comment is none\n\"//\" `include", "line 2: `include"},
    };
    axn_error error = {0};
    axn_buffer out = {0};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        AXN_CHECK_FAILS(axn_verilog_source(refused[i].text, strlen(refused[i].text), &out, &error),
                        error, AXN_ERROR_FORMAT, refused[i].reason);
    AXN_CHECK_FAILS(axn_verilog_source("a\0b", 3, &out, &error), error, AXN_ERROR_FORMAT, "NUL");
    axn_buffer_clear(&out);
    for (int i = 0; i < 100000; i++)
        axn_buffer_text(&out, "(");
    axn_buffer deep = out;
    out = (axn_buffer){0};
    AXN_CHECK_FAILS(axn_verilog_source(deep.data, deep.length, &out, &error), error,
                    AXN_ERROR_FORMAT, "nested deeper");
    axn_buffer_free(&deep);
    axn_buffer_clear(&out);
    static const char text[] = "a // one\n/* two\n three */ b \"/* str */\" \\x/*y \n"
                               "// synopsys translate_off\nc\n/* synthesis translate_on */\n";
    AXN_CHECK_OK(axn_verilog_source(text, sizeof text - 1, &out, &error), error);
    CU_ASSERT_STRING_EQUAL(out.data, "a  \n \n b \"/* str */\" \\x/*y \n"
                                     " /* synopsys translate_off */ \nc\n"
                                     " /* synopsys translate_on */ \n");
    axn_buffer_free(&out);
}

AXN_TEST_MAIN("import", {"folders by criterion, each function once", criterion_folders},
              {"plain Verilog before netlists of cells", plain_before_cells},
              {"cells come from the Liberty", liberty_cells},
              {"each bad file is named with its reason", bad_circuits},
              {"odd circuits that are good", good_circuits}, {"names", names},
              {"a library that is there", library_is_there}, {"paths", paths},
              {"texts in the library", texts}, {"hostile sources", sources})
