/* Registers with an enable behind clock gates: the same values, the energy of the edges that arrive
 * and of the gate; a gate that does not work is found. */
#include "common/json.h"
#include "common/progress.h"
#include "synth/elaborate.h"
#include "synth/equivalence.h"
#include "synth/power.h"
#include "synth/replay.h"
#include "synth/yosys_json.h"
#include "tests/check.h"

#define MAX_BYTES ((size_t)1 << 20)

enum { BITS = 12, FEW = 2, CYCLES = 60, LONG_WORDS = 100 };

static const char source[] =
    "module top(input logic clk_i, input logic enable_i, input logic few_i, input logic [11:0] "
    "d_i,\n"
    "  output logic [11:0] q_o, output logic [1:0] s_o);\n"
    "  logic [11:0] q_q; logic [1:0] s_q;\n"
    "  always_ff @(posedge clk_i) begin\n"
    "    if (enable_i) q_q <= d_i;\n    if (few_i) s_q <= d_i[1:0];\n  end\n"
    "  assign q_o = q_q; assign s_o = s_q;\nendmodule\n";

/* A shift register of so many words that its latch needs buffers. */
static const char long_source[] =
    "module top(input logic clk_i, input logic enable_i, input logic few_i, input logic [11:0] "
    "d_i,\n"
    "  output logic [11:0] q_o, output logic [1:0] s_o);\n"
    "  logic [1199:0] q_q;\n"
    "  always_ff @(posedge clk_i) if (enable_i) q_q <= {q_q[1187:0], d_i};\n"
    "  assign q_o = q_q[1199:1188]; assign s_o = few_i ? 2'd3 : 2'd0;\nendmodule\n";

typedef struct fixture {
    axn_liberty liberty;
    axn_hierarchy hierarchy;
    axn_hierarchy_options options;
    axn_elaboration elaboration;
    char folder[AXN_PATH_MAX], stream[AXN_PATH_MAX], json[AXN_PATH_MAX];
    int edges; /* that reach the gated register in the counted cycles */
    axn_error error;
} fixture;

/* Enables in bursts, data that always moves. */
static void write_stream(fixture *f)
{
    axn_buffer text = {0};
    unsigned q = 0, s = 0;
    axn_buffer_text(&text, "enable_i:1 few_i:1 d_i:12 q_o:12 s_o:2\n");
    for (unsigned t = 0; t < CYCLES; t++) {
        unsigned enable = t % 7 < 3, few = t % 5 == 1, d = (t * 1237 + 411) & 4095;
        axn_buffer_format(&text, "%x %x %x %x %x\n", enable, few, d, q, s);
        f->edges += enable != 0 && t + 1 < CYCLES;
        q = enable ? d : q;
        s = few ? d & 3 : s;
    }
    AXN_REQUIRE_OK(axn_file_write(f->stream, text.data, text.length, &f->error), f->error);
    axn_buffer_free(&text);
}

static void open_source(fixture *f, const char *verilog)
{
    memset(f, 0, sizeof *f);
    axn_progress_set_quiet(true);
    AXN_REQUIRE_OK(axn_liberty_load(NULL, &f->liberty, &f->error), f->error);
    axn_check_folder(f->folder);
    axn_check_path(f->stream, f->folder, "stream.txt");
    axn_check_path(f->json, f->folder, AXN_HIERARCHY_JSON);
    axn_check_write(f->folder, "top.sv", verilog);
    axn_check_write(f->folder, "list.f", "top.sv\n");
    write_stream(f);
    f->options = (axn_hierarchy_options){
        .folder = f->folder, .file_list = "list.f", .top = "top", .clock_gates = true};
    AXN_REQUIRE_OK(
        axn_hierarchy_synthesise(&f->liberty, &f->options, f->folder, &f->hierarchy, &f->error),
        f->error);
}

static void open_fixture(fixture *f)
{
    open_source(f, source);
}

static void close_fixture(fixture *f)
{
    axn_elaboration_free(&f->elaboration);
    axn_hierarchy_free(&f->hierarchy);
    axn_liberty_free(&f->liberty);
    axn_check_folder_remove(f->folder);
}

static axn_status replay(fixture *f, axn_replay *out)
{
    const char *streams[] = {f->stream};
    axn_replay_options options = {.clock = "clk_i"};
    axn_elaboration_free(&f->elaboration);
    axn_status status = axn_elaborate(&f->liberty, f->json, "top", &f->elaboration, &f->error);
    return status == AXN_OK
               ? axn_replay_run(&f->elaboration.netlist, &options, streams, 1, out, &f->error)
               : status;
}

/* pJ of a rise and a fall of an input pin. */
static double pin_cycle(const fixture *f, const axn_liberty_pin *pin)
{
    return pin->capacitance_pf * f->liberty.voltage * f->liberty.voltage +
           2 * axn_power_internal(pin, f->liberty.slew_ns, 0);
}

/* Cell by cell, what its pins on nets of the clock cost over so many cycles, of which `edges` let
 * the clock through. behind: of a flip-flop behind the gate. */
static double wanted_energy(const fixture *f, const axn_gate *gate, bool in_gate, bool behind,
                            double cycles, double edges)
{
    const axn_liberty_cell *cell = &f->liberty.cells[gate->cell];
    const double *load = f->elaboration.netlist.load_pf;
    double energy = 0;
    for (int p = 0; p < cell->pin_count; p++) {
        const axn_liberty_pin *pin = &cell->pins[p];
        double table = pin->output && gate->nets[p] >= 0
                           ? 2 * axn_power_internal(pin, f->liberty.slew_ns, load[gate->nets[p]])
                           : 0;
        if (cell->flip_flop)
            energy += pin->clock && pin->input ? pin_cycle(f, pin) * (behind ? edges : cycles) : 0;
        else if (in_gate && cell->latch)
            energy += p == cell->latch_enable ? pin_cycle(f, pin) * cycles : 0;
        else if (in_gate && cell->input_count == 1)
            energy += pin->output ? table * cycles : pin_cycle(f, pin) * cycles;
        else if (in_gate && strcmp(pin->name, "B") == 0) /* the lighter pin of AND2X2 */
            energy += pin_cycle(f, pin) * cycles;
        else if (in_gate && pin->output)
            energy += table * edges;
    }
    return energy;
}

static void gated_registers_pay_for_the_edges_that_arrive(void)
{
    fixture f;
    axn_replay r;
    int behind = 0, always = 0, gate_cells = 0;
    open_fixture(&f);
    CU_ASSERT_EQUAL(f.hierarchy.gates.gates, 1);
    CU_ASSERT_EQUAL(f.hierarchy.gates.flip_flops, BITS);
    CU_ASSERT_EQUAL(f.hierarchy.gates.left, FEW);
    AXN_REQUIRE_OK(replay(&f, &r), f.error);
    CU_ASSERT_EQUAL(r.cycles, CYCLES - 1);
    const axn_netlist *n = &f.elaboration.netlist;
    int clock = axn_netlist_port(n, "clk_i")->nets[0];
    for (int g = 0; g < n->gate_count; g++) {
        const axn_liberty_cell *cell = &f.liberty.cells[n->gates[g].cell];
        const char *module = f.elaboration.scopes[f.elaboration.scope[n->gates[g].id]].module;
        bool in_gate = strcmp(module, AXN_CLOCK_GATE) == 0, gated = cell->flip_flop;
        for (int p = 0; p < cell->pin_count; p++)
            gated = gated && n->gates[g].nets[p] != clock;
        double wanted =
            wanted_energy(&f, &n->gates[g], in_gate, gated, CYCLES - 1, (double)f.edges);
        CU_ASSERT_DOUBLE_EQUAL(r.gates[g].clock, wanted, 1e-9 * (1 + wanted));
        behind += gated;
        always += cell->flip_flop && !gated;
        gate_cells += in_gate;
    }
    CU_ASSERT_EQUAL(behind, BITS);
    CU_ASSERT_EQUAL(always, FEW);
    CU_ASSERT(gate_cells >= 3);
    axn_replay_free(&r);
    close_fixture(&f);
}

static void write_long_stream(fixture *f)
{
    axn_buffer text = {0};
    unsigned history[3 * LONG_WORDS] = {0}, shifted = LONG_WORDS;
    axn_buffer_text(&text, "enable_i:1 few_i:1 d_i:12 q_o:12 s_o:2\n");
    for (unsigned t = 0; t < 3 * LONG_WORDS; t++) {
        unsigned enable = t % 7 < 4, few = t & 1, d = (t * 1237 + 411) & 4095;
        axn_buffer_format(&text, "%x %x %x %x %x\n", enable, few, d, history[shifted - LONG_WORDS],
                          few ? 3U : 0U);
        if (enable)
            history[shifted++] = d;
    }
    AXN_REQUIRE_OK(axn_file_write(f->stream, text.data, text.length, &f->error), f->error);
    axn_buffer_free(&text);
}

static void a_latch_may_open_its_gates_through_buffers(void)
{
    fixture f;
    axn_replay r;
    int buffers = 0;
    open_source(&f, long_source);
    write_long_stream(&f);
    CU_ASSERT_EQUAL(f.hierarchy.gates.gates, 1);
    CU_ASSERT_EQUAL(f.hierarchy.gates.flip_flops, LONG_WORDS * BITS);
    AXN_REQUIRE_OK(replay(&f, &r), f.error);
    CU_ASSERT_EQUAL(r.cycles, 3 * LONG_WORDS - 1);
    for (int g = 0; g < f.elaboration.netlist.gate_count; g++) {
        int scope = f.elaboration.scope[f.elaboration.netlist.gates[g].id];
        buffers += strcmp(f.elaboration.scopes[scope].module, AXN_CLOCK_GATE) == 0 &&
                   strstr(f.elaboration.netlist.gates[g].name, "axn_buffer_") != NULL;
    }
    CU_ASSERT(buffers > 1);
    AXN_CHECK_OK(
        axn_equivalence_prove(&f.options, &f.hierarchy, f.hierarchy.top, f.folder, &f.error),
        f.error);
    axn_replay_free(&r);
    close_fixture(&f);
}

/* Connects a pin of the latch in the gate module to another net. */
static void rewire_latch(fixture *f, const char *pin, const char *port)
{
    cJSON *json = NULL, *module, *cell;
    AXN_REQUIRE_OK(axn_yosys_json_read(f->json, &json, &f->error), f->error);
    cJSON_ArrayForEach(module, cJSON_GetObjectItemCaseSensitive(json, "modules"))
    {
        const cJSON *from = cJSON_GetObjectItemCaseSensitive(
            cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(module, "ports"),
                                             port == NULL ? "clk_i" : port),
            "bits");
        cJSON_ArrayForEach(cell, cJSON_GetObjectItemCaseSensitive(module, "cells"))
        {
            const char *type = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(cell, "type"));
            cJSON *pins = cJSON_GetObjectItemCaseSensitive(cell, "connections");
            if (type == NULL || strcmp(type, "LATCH") != 0)
                continue;
            cJSON *bits = cJSON_CreateArray();
            cJSON_AddItemToArray(bits, port == NULL ? cJSON_CreateString("0")
                                                    : cJSON_Duplicate(from->child, true));
            cJSON_ReplaceItemInObjectCaseSensitive(pins, pin, bits);
        }
    }
    AXN_REQUIRE_OK(axn_json_write(f->json, json, &f->error), f->error);
    cJSON_Delete(json);
}

static void a_gate_that_never_opens_is_found(void)
{
    fixture f;
    axn_replay r;
    open_fixture(&f);
    rewire_latch(&f, "D", NULL);
    AXN_CHECK_FAILS(replay(&f, &r), f.error, AXN_ERROR_MISMATCH, "port q_o");
    close_fixture(&f);
}

static void a_latch_open_in_the_wrong_half_is_refused(void)
{
    fixture f;
    axn_replay r;
    open_fixture(&f);
    rewire_latch(&f, "CLK", "clk_i");
    AXN_CHECK_FAILS(replay(&f, &r), f.error, AXN_ERROR_FORMAT, "open while the clock is low");
    close_fixture(&f);
}

static void gated_modules_are_proved_and_timed(void)
{
    static const char from[] = ".enable_i(enable_i)", to[] = ".enable_i(few_i)   ";
    fixture f;
    axn_timing timing;
    char path[AXN_PATH_MAX];
    axn_buffer text = {0};
    open_fixture(&f);
    int top = f.hierarchy.top;
    AXN_CHECK_OK(axn_equivalence_prove(&f.options, &f.hierarchy, top, f.folder, &f.error), f.error);
    /* Latch and AND gate take far less than the half cycle of the long period OpenSTA is given. */
    AXN_CHECK_OK(
        axn_hierarchy_timing(&f.liberty, &f.hierarchy, "clk_i", NULL, f.folder, &timing, &f.error),
        f.error);
    CU_ASSERT(timing.period_ns > 0.1 && timing.period_ns < 5);
    axn_check_path(path, f.folder, AXN_HIERARCHY_VERILOG);
    AXN_REQUIRE_OK(axn_file_read(path, MAX_BYTES, &text, &f.error), f.error);
    char *at = strstr(text.data, from);
    CU_ASSERT_FATAL(at != NULL);
    if (at != NULL)
        memcpy(at, to, strlen(to));
    AXN_REQUIRE_OK(axn_file_write(path, text.data, text.length, &f.error), f.error);
    AXN_CHECK_FAILS(axn_equivalence_prove(&f.options, &f.hierarchy, top, f.folder, &f.error),
                    f.error, AXN_ERROR_MISMATCH, "could not be proved");
    axn_buffer_free(&text);
    close_fixture(&f);
}

/* The plain recipe of the same design has a multiplexer before every bit instead. */
static void a_liberty_without_latches_has_no_gates(void)
{
    fixture f;
    axn_hierarchy hierarchy;
    axn_clock_gate_cells cells;
    const char *missing = NULL;
    open_fixture(&f);
    CU_ASSERT(axn_clock_gate_find(&f.liberty, &cells, &missing));
    for (int i = 0; i < f.liberty.cell_count; i++)
        f.liberty.cells[i].simple_latch = false;
    CU_ASSERT_FALSE(axn_clock_gate_find(&f.liberty, &cells, &missing));
    CU_ASSERT(missing != NULL && strstr(missing, "latch") != NULL);
    AXN_CHECK_FAILS(
        axn_hierarchy_synthesise(&f.liberty, &f.options, f.folder, &hierarchy, &f.error), f.error,
        AXN_ERROR_FORMAT, "no clock gates without a usable latch");
    close_fixture(&f);
}

AXN_TEST_MAIN("clock gates",
              {"gated registers pay for the edges that arrive",
               gated_registers_pay_for_the_edges_that_arrive},
              {"a latch may open its gates through buffers",
               a_latch_may_open_its_gates_through_buffers},
              {"a gate that never opens is found", a_gate_that_never_opens_is_found},
              {"a latch open in the wrong half is refused",
               a_latch_open_in_the_wrong_half_is_refused},
              {"gated modules are proved and timed", gated_modules_are_proved_and_timed},
              {"a Liberty without latches has no gates", a_liberty_without_latches_has_no_gates})
