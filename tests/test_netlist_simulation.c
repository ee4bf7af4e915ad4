/* Mapped netlists in Verilator and Icarus, and the cell models that they run on. */
#include "common/buffer.h"
#include "common/process.h"
#include "common/progress.h"
#include "common/random.h"
#include "synth/cell_models.h"
#include "synth/hierarchy.h"
#include "synth/netlist_simulation.h"
#include "tests/check.h"

enum { CYCLES = 300, FLUSHED = 20, LOADED = 60 };
#define MAX_BYTES ((size_t)16 << 20)

/* A multiply-accumulate cell, and a register that is loaded late. */
static const char source[] =
    "module cell #(parameter int W = 10) (input logic clk_i, input logic first_i,\n"
    "  input logic [3:0] a_i, input logic [3:0] w_i, output logic [W-1:0] acc_o);\n"
    "  logic [3:0] a_q, w_q; logic [W-1:0] acc_q, acc_d; logic first_q;\n"
    "  always_comb acc_d = (acc_q & {W{~first_q}}) + W'(8'(a_q) * 8'(w_q));\n"
    "  always_ff @(posedge clk_i) begin\n"
    "    a_q <= a_i; w_q <= w_i; first_q <= first_i; acc_q <= acc_d;\n  end\n"
    "  assign acc_o = acc_q;\nendmodule\n"
    "module unit(input logic clk_i, input logic first_i, input logic load_i,\n"
    "  input logic [3:0] a_i, input logic [3:0] w_i, output logic [3:0] held_o,\n"
    "  output logic [9:0] acc_o);\n"
    "  cell u_cell (.clk_i, .first_i, .a_i, .w_i, .acc_o);\n"
    "  always_ff @(posedge clk_i) if (load_i) held_o <= a_i;\nendmodule\n";

typedef struct fixture {
    axn_liberty liberty;
    axn_hierarchy hierarchy;
    axn_netlist_simulation result;
    char folder[AXN_PATH_MAX], stream[AXN_PATH_MAX];
    axn_error error;
} fixture;

/* What the RTL does from registers of 0 on. */
static void write_stream(fixture *f)
{
    axn_random random = axn_random_stream(3, AXN_RANDOM_TEST, 0, 0);
    axn_buffer text = {0};
    unsigned a_q = 0, w_q = 0, first_q = 0, acc = 0, held = 0;
    axn_buffer_text(&text, "@check:1 first_i:1 load_i:1 a_i:4 w_i:4 held_o:4 acc_o:10\n");
    for (unsigned t = 0; t < CYCLES; t++) {
        unsigned a = axn_random_below(&random, 16), w = axn_random_below(&random, 16);
        unsigned first = t % 12 == 1, load = t >= LOADED && axn_random_below(&random, 4) == 0;
        axn_buffer_format(&text, "%d %x %x %x %x %x %x\n", t >= FLUSHED, first, load, a, w, held,
                          acc);
        acc = ((first_q ? 0 : acc) + a_q * w_q) & 1023;
        held = load ? a : held;
        a_q = a;
        w_q = w;
        first_q = first;
    }
    axn_check_write_buffer(f->folder, "stream.txt", &text);
    axn_check_path(f->stream, f->folder, "stream.txt");
    axn_buffer_free(&text);
}

static void open_fixture(fixture *f)
{
    axn_buffer text = {0};
    memset(f, 0, sizeof *f);
    axn_progress_set_quiet(true);
    AXN_REQUIRE_OK(axn_liberty_load(NULL, &f->liberty, &f->error), f->error);
    axn_check_folder(f->folder);
    axn_buffer_text(&text, source);
    axn_check_write_buffer(f->folder, "unit.sv", &text);
    axn_buffer_clear(&text);
    axn_buffer_text(&text, "unit.sv\n");
    axn_check_write_buffer(f->folder, "list.f", &text);
    axn_buffer_free(&text);
    axn_hierarchy_options options = {.folder = f->folder, .file_list = "list.f", .top = "unit"};
    AXN_REQUIRE_OK(
        axn_hierarchy_synthesise(&f->liberty, &options, f->folder, &f->hierarchy, &f->error),
        f->error);
    write_stream(f);
}

static void close_fixture(fixture *f)
{
    axn_hierarchy_free(&f->hierarchy);
    axn_liberty_free(&f->liberty);
    axn_check_folder_remove(f->folder);
}

static axn_status simulate(fixture *f, axn_netlist_simulator simulator, const char *models)
{
    axn_netlist_simulation_options options = {.module = "unit",
                                              .clock = "clk_i",
                                              .stream = f->stream,
                                              .models = models,
                                              .simulator = simulator};
    return axn_netlist_simulate(&f->liberty, f->folder, &options, &f->result, &f->error);
}

/* Replaces the first gate of one kind by another with the same pins. */
static bool change_gate(fixture *f, const char *from, const char *to)
{
    char path[AXN_PATH_MAX], old[64], new[64];
    axn_buffer text = {0};
    axn_check_path(path, f->folder, AXN_HIERARCHY_JSON);
    AXN_REQUIRE_OK(axn_file_read(path, MAX_BYTES, &text, &f->error), f->error);
    snprintf(old, sizeof old, "\"type\": \"%s\"", from);
    snprintf(new, sizeof new, "\"type\": \"%s\"", to);
    char *at = strstr(text.data, old);
    if (at != NULL) {
        memset(at, ' ', strlen(old));
        memcpy(at, new, strlen(new));
        AXN_REQUIRE_OK(axn_file_write(path, text.data, text.length, &f->error), f->error);
    }
    axn_buffer_free(&text);
    return at != NULL;
}

static bool missing(const char *program)
{
    if (axn_program_available(program))
        return false;
    printf("(skipped: %s is not installed) ", program);
    return true;
}

static void run_in(axn_netlist_simulator simulator, bool vendor)
{
    fixture f;
    char models[AXN_PATH_MAX];
    open_fixture(&f);
    CU_ASSERT_FATAL(axn_netlist_vendor_models(&f.liberty, models));
    AXN_CHECK_OK(simulate(&f, simulator, vendor ? models : NULL), f.error);
    CU_ASSERT_EQUAL(f.result.cycles, CYCLES - FLUSHED);
    CU_ASSERT_EQUAL(f.result.values, 2 * (CYCLES - FLUSHED));
    CU_ASSERT_FATAL(change_gate(&f, "AOI22X1", "OAI22X1") || change_gate(&f, "NOR2X1", "OR2X1") ||
                    change_gate(&f, "NAND2X1", "NOR2X1"));
    AXN_CHECK_FAILS(simulate(&f, simulator, vendor ? models : NULL), f.error, AXN_ERROR_MISMATCH,
                    "the mapped netlist of unit differs from the RTL");
    close_fixture(&f);
}

static void verilator_finds_a_changed_gate(void)
{
    if (!missing("verilator"))
        run_in(AXN_NETLIST_VERILATOR, false);
}

static void icarus_finds_a_changed_gate(void)
{
    if (missing("iverilog"))
        return;
    run_in(AXN_NETLIST_ICARUS, true);
    run_in(AXN_NETLIST_ICARUS, false);
}

static void odd_streams_are_refused(void)
{
    static const struct {
        const char *text, *message;
    } bad[] = {{"a_i:4\n", "no column for input port first_i"},
               {"a_i:5\n", "no port a_i of 5 bits"},
               {"b_i:1\n", "no port b_i"},
               {"a_i\n", "bad column"}};
    fixture f;
    open_fixture(&f);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        axn_buffer text = {0};
        axn_buffer_text(&text, bad[i].text);
        axn_check_write_buffer(f.folder, "stream.txt", &text);
        AXN_CHECK_FAILS(simulate(&f, AXN_NETLIST_ICARUS, NULL), f.error, AXN_ERROR_FORMAT,
                        bad[i].message);
        axn_buffer_free(&text);
    }
    close_fixture(&f);
}

/* One instance of a combinational cell over all vectors against the Liberty's truth table. */
static void print_cell_check(const axn_liberty_cell *cell, int number, axn_buffer *out)
{
    axn_buffer_format(out, "  reg [7:0] v%d; wire [7:0] y%d;\n  %s u%d (", number, number,
                      cell->name, number);
    for (int p = 0; p < cell->pin_count; p++)
        if (cell->pins[p].output)
            axn_buffer_format(out, ".%s(y%d[%d]), ", cell->pins[p].name, number, p % 8);
    for (int i = 0; i < cell->input_count; i++)
        axn_buffer_format(out, "%s.%s(v%d[%d])", i > 0 ? ", " : "",
                          cell->pins[cell->inputs[i]].name, number, i);
    axn_buffer_text(out, ");\n  initial begin\n");
    for (int v = 0; v < 1 << cell->input_count; v++)
        for (int p = 0; p < cell->pin_count; p++)
            if (cell->pins[p].output)
                axn_buffer_format(out,
                                  "    v%d = %d; #1 if (y%d[%d] !== 1'b%d) $display(\"wrong %s\");"
                                  "\n",
                                  number, v, number, p % 8,
                                  (int)(cell->pins[p].truth[v / 64] >> (v % 64) & 1), cell->name);
    axn_buffer_text(out, "    $display(\"right\");\n  end\n");
}

/* LATCH is transparent while CLK is high, DFFSR has a clear and a preset, active low. */
static const char registers[] =
    "  reg c = 0, d = 0, r = 1, s = 1; wire l, q;\n"
    "  LATCH latch (.CLK(c), .D(d), .Q(l));\n"
    "  DFFSR dff (.CLK(c), .D(d), .R(r), .S(s), .Q(q));\n"
    "  initial begin\n"
    "    #1 r = 0; #1 if (q !== 0) $display(\"wrong clear\"); r = 1;\n"
    "    d = 1; #1 if (q !== 0) $display(\"wrong data\"); c = 1;\n"
    "    #1 if (q !== 1 || l !== 1) $display(\"wrong edge\"); d = 0;\n"
    "    #1 if (q !== 1 || l !== 0) $display(\"wrong level\"); d = 1; #1 c = 0;\n"
    "    #1 d = 0; #1 if (l !== 1) $display(\"wrong latch\");\n"
    "    c = 1; #1 c = 0; s = 0; #1 if (q !== 1) $display(\"wrong preset\");\n"
    "    $display(\"right\");\n  end\n";

static void models_follow_the_liberty(void)
{
    static const char *const compile[] = {"iverilog", "-g2012", "-o", "cells", "cells.v", NULL};
    static const char *const run[] = {"vvp", "-n", "cells", NULL};
    fixture f = {0};
    axn_buffer text = {0}, output = {0};
    bool used[256] = {false};
    int cells = 1, right = 0;
    if (missing("iverilog"))
        return;
    AXN_REQUIRE_OK(axn_liberty_load(NULL, &f.liberty, &f.error), f.error);
    CU_ASSERT_FATAL(f.liberty.cell_count <= 256);
    axn_check_folder(f.folder);
    for (int i = 0; i < f.liberty.cell_count; i++) {
        const axn_liberty_cell *cell = &f.liberty.cells[i];
        used[i] = cell->combinational || cell->flip_flop || strcmp(cell->name, "LATCH") == 0;
    }
    AXN_REQUIRE_OK(axn_cell_models_print(&f.liberty, used, &text, &f.error), f.error);
    axn_buffer_text(&text, "module tb;\n");
    for (int i = 0; i < f.liberty.cell_count; i++)
        if (f.liberty.cells[i].combinational)
            print_cell_check(&f.liberty.cells[i], cells++, &text);
    axn_buffer_format(&text, "%sendmodule\n", registers);
    axn_check_write_buffer(f.folder, "cells.v", &text);
    axn_process_options options = {.folder = f.folder, .output = &output, .timeout_s = 300};
    AXN_REQUIRE_OK(axn_process_run(compile, &options, &f.error), f.error);
    AXN_REQUIRE_OK(axn_process_run(run, &options, &f.error), f.error);
    for (const char *at = output.data; at != NULL && (at = strstr(at, "right")) != NULL; at++)
        right++;
    CU_ASSERT_EQUAL(right, cells);
    CU_ASSERT_PTR_NULL(output.data == NULL ? "none" : strstr(output.data, "wrong"));
    /* No function, no model. */
    memset(used, 0, sizeof used);
    used[axn_liberty_find(&f.liberty, "TBUFX1")] = true;
    AXN_CHECK_FAILS(axn_cell_models_print(&f.liberty, used, &text, &f.error), f.error,
                    AXN_ERROR_FORMAT, "cell TBUFX1");
    axn_buffer_free(&text);
    axn_buffer_free(&output);
    axn_liberty_free(&f.liberty);
    axn_check_folder_remove(f.folder);
}

AXN_TEST_MAIN("netlist simulation", {"models follow the Liberty", models_follow_the_liberty},
              {"Icarus finds a changed gate", icarus_finds_a_changed_gate},
              {"Verilator finds a changed gate", verilator_finds_a_changed_gate},
              {"odd streams are refused", odd_streams_are_refused})
