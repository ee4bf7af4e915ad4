/* A hierarchical mapped design as one flat netlist, and its replay against streams. */
#include "synth/elaborate.h"

#include "common/progress.h"
#include "synth/activity.h"
#include "synth/power.h"
#include "synth/replay.h"
#include "tests/check.h"

#define CYCLES 40
#define STREAMS 10

typedef struct fixture {
    axn_liberty liberty;
    char folder[AXN_PATH_MAX], json[AXN_PATH_MAX];
    axn_hierarchy hierarchy;
    axn_elaboration elaboration;
    char streams[STREAMS][AXN_PATH_MAX];
    axn_error error;
} fixture;

/* Two accumulators fed from one memory; a passes through `cell` on to a port; z is 0. */
static const char source[] =
    "module top(input logic clk_i, input logic rst_ni, input logic [3:0] addr_i,\n"
    "  output logic [7:0] a_o, output logic [11:0] x_o, output logic [11:0] y_o);\n"
    "  logic [7:0] a, b; logic [1:0] z;\n"
    "  pair u_pair (.clk_i, .rst_ni, .addr_i, .a_o(a), .b_o(b), .z_o(z));\n"
    "  cell #(.Sign(0)) u_x (.clk_i, .rst_ni, .v_i(a), .a_o(a_o), .sum_o(x_o));\n"
    "  cell #(.Sign(1)) u_y (.clk_i, .rst_ni, .v_i(b | 8'(z)), .a_o(), .sum_o(y_o));\n"
    "endmodule\n"
    "module pair(input logic clk_i, input logic rst_ni, input logic [3:0] addr_i,\n"
    "  output logic [7:0] a_o, output logic [7:0] b_o, output logic [1:0] z_o);\n"
    "  logic [3:0] next_q;\n"
    "  memory u_m[1:0] (.clk_i, .addr_i({next_q, addr_i}), .data_o({b_o, a_o}));\n"
    "  always_ff @(posedge clk_i or negedge rst_ni)\n"
    "    if (!rst_ni) next_q <= 4'd5; else next_q <= addr_i + 4'd1;\n"
    "  assign z_o = 2'd0;\nendmodule\n"
    "module cell #(parameter int Sign = 0) (input logic clk_i, input logic rst_ni,\n"
    "  input logic [7:0] v_i, output logic [7:0] a_o, output logic [11:0] sum_o);\n"
    "  logic [11:0] sum_q;\n"
    "  always_ff @(posedge clk_i)\n"
    "    sum_q <= Sign != 0 ? sum_q - 12'(v_i) : sum_q + 12'(v_i);\n"
    "  assign a_o = v_i;\n  assign sum_o = sum_q;\nendmodule\n"
    "module memory(input logic clk_i, input logic [3:0] addr_i, output logic [7:0] data_o);\n"
    "  logic [7:0] m[16]; always_ff @(posedge clk_i) data_o <= m[addr_i];\nendmodule\n";

/* What the design does on the addresses of stream `number`, from reset on; a value of the
 * first memory is wrong in cycle `wrong`. */
static void write_stream(fixture *f, int number, bool with_count, int wrong)
{
    char name[32], line[160];
    axn_buffer text = {0};
    unsigned next = 5, x = 0, y = 0;
    axn_buffer_format(&text,
                      "rst_ni:1 addr_i:4 a_o:8 x_o:12 y_o:12 u_pair.u_m[0].data_o:8 "
                      "u_pair.u_m[1].data_o:8 u_pair.u_m[0].addr_i:4 u_pair.u_m[1].addr_i:4%s\n",
                      with_count ? " @count:1" : "");
    for (unsigned t = 0; t < CYCLES; t++) {
        unsigned reset = t < 2, address = (t * t + 3 * (unsigned)number) & 15;
        unsigned a = (t * 37 + (unsigned)number * 11) & 255, b = (t * 91 + 5) & 255;
        snprintf(line, sizeof line, "%x %x %x %x %x %x %x %x %x%s\n", !reset, address, a, x, y,
                 (int)t == wrong ? a ^ 1 : a, b, address, next,
                 with_count ? (t >= 10 && t < 30 ? " 1" : " 0") : "");
        axn_buffer_text(&text, line);
        x = (x + a) & 4095;
        y = (y - b) & 4095;
        next = reset ? 5 : (address + 1) & 15;
    }
    snprintf(name, sizeof name, "stream%d.txt", number);
    axn_check_path(f->streams[number], f->folder, name);
    axn_check_write(f->folder, name, text.data);
    axn_buffer_free(&text);
}

static void open_fixture(fixture *f)
{
    static const char *const memories[] = {"memory", NULL};
    memset(f, 0, sizeof *f);
    axn_progress_set_quiet(true);
    AXN_REQUIRE_OK(axn_liberty_load(NULL, &f->liberty, &f->error), f->error);
    axn_check_folder(f->folder);
    axn_check_path(f->json, f->folder, AXN_HIERARCHY_JSON);
    axn_check_write(f->folder, "top.sv", source);
    axn_check_write(f->folder, "list.f", "top.sv\n");
    axn_hierarchy_options options = {
        .folder = f->folder, .file_list = "list.f", .top = "top", .black_boxes = memories};
    AXN_REQUIRE_OK(
        axn_hierarchy_synthesise(&f->liberty, &options, f->folder, &f->hierarchy, &f->error),
        f->error);
    AXN_REQUIRE_OK(axn_elaborate(&f->liberty, f->json, "top", &f->elaboration, &f->error),
                   f->error);
}

static void close_fixture(fixture *f)
{
    axn_elaboration_free(&f->elaboration);
    axn_hierarchy_free(&f->hierarchy);
    axn_liberty_free(&f->liberty);
    axn_check_folder_remove(f->folder);
}

static axn_status replay(fixture *f, int count, axn_replay *out)
{
    const char *streams[STREAMS];
    for (int i = 0; i < count; i++)
        streams[i] = f->streams[i];
    axn_replay_options options = {.clock = "clk_i", .origin = f->elaboration.origin, .threads = 2};
    return axn_replay_run(&f->elaboration.netlist, &options, streams, count, out, &f->error);
}

static axn_gate_energy sum_of(const axn_netlist *netlist, const axn_replay *r, bool flip_flops)
{
    axn_gate_energy sum = {0};
    int border = netlist->gate_count - netlist->flip_flops;
    for (int g = flip_flops ? border : 0; g < (flip_flops ? netlist->gate_count : border); g++) {
        sum.output += r->gates[g].output;
        sum.clock += r->gates[g].clock;
        sum.data += r->gates[g].data;
    }
    return sum;
}

static void scopes_add_up(void)
{
    fixture f;
    open_fixture(&f);
    const axn_elaboration *e = &f.elaboration;
    double area = 0, from_gates = 0;
    long cells = 0, memories = 0;
    for (int s = 0; s < e->scope_count; s++) {
        CU_ASSERT(e->scopes[s].parent < s);
        area += e->scopes[s].area_um2;
        cells += e->scopes[s].cells;
        memories += e->scopes[s].black_box ? e->scopes[s].instances : 0;
    }
    for (int g = 0; g < e->netlist.gate_count; g++)
        if (strcmp(e->scopes[e->scope[e->netlist.gates[g].id]].module, "cell") == 0)
            from_gates += f.liberty.cells[e->netlist.gates[g].cell].area_um2;
    CU_ASSERT_DOUBLE_EQUAL(area, f.hierarchy.area_um2, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(area, axn_netlist_area(&e->netlist), 1e-6);
    CU_ASSERT_EQUAL(cells, e->netlist.gate_count);
    CU_ASSERT_EQUAL(memories, 2);
    CU_ASSERT_EQUAL(e->netlist.flip_flops, 4 + 2 * 12);
    for (int s = 0; s < e->scope_count; s++)
        if (strcmp(e->scopes[s].module, "cell") == 0) {
            CU_ASSERT_EQUAL(e->scopes[s].instances, 2); /* of both sizes */
            CU_ASSERT_DOUBLE_EQUAL(e->scopes[s].area_um2, from_gates, 1e-6);
        }
    close_fixture(&f);
}

static const axn_port *port_named(const fixture *f, const char *name)
{
    const axn_port *port = axn_netlist_port(&f->elaboration.netlist, name);
    if (port == NULL) {
        CU_FAIL_FATAL("port");
        abort(); /* for analysers: CUnit has left the test */
    }
    return port;
}

static void black_boxes_become_ports(void)
{
    fixture f;
    open_fixture(&f);
    const axn_port *data = port_named(&f, "u_pair.u_m[1].data_o");
    const axn_port *address = port_named(&f, "u_pair.u_m[0].addr_i");
    const axn_port *through = port_named(&f, "a_o");
    CU_ASSERT(!data->output && data->width == 8);
    CU_ASSERT(address->output && address->width == 4);
    /* Wires through modules are joined. */
    const axn_port *first = port_named(&f, "u_pair.u_m[0].data_o");
    for (int b = 0; b < 8; b++)
        CU_ASSERT_EQUAL(through->nets[b], first->nets[b]);
    close_fixture(&f);
}

static void replay_equals_the_behaviour(void)
{
    fixture f;
    axn_replay r;
    open_fixture(&f);
    for (int i = 0; i < STREAMS; i++)
        write_stream(&f, i, false, -1);
    AXN_CHECK_OK(replay(&f, STREAMS, &r), f.error);
    CU_ASSERT_EQUAL(r.cycles, STREAMS * (CYCLES - 1));
    CU_ASSERT_EQUAL(r.checked, STREAMS * CYCLES);
    CU_ASSERT_EQUAL(r.values, STREAMS * CYCLES * 5);
    axn_replay_free(&r);
    close_fixture(&f);
}

/* The same streams through the simple simulator, which has its own code. */
static void energies_equal_those_of_activity(void)
{
    fixture f;
    axn_replay r;
    axn_activity a;
    open_fixture(&f);
    const char *streams[STREAMS];
    for (int i = 0; i < STREAMS; i++) {
        write_stream(&f, i, false, -1);
        streams[i] = f.streams[i];
    }
    AXN_REQUIRE_OK(replay(&f, STREAMS, &r), f.error);
    AXN_REQUIRE_OK(
        axn_activity_simulate(&f.elaboration.netlist, NULL, streams, STREAMS, &a, &f.error),
        f.error);
    CU_ASSERT_EQUAL(r.cycles, a.cycles);
    double cycles = (double)r.cycles;
    axn_gate_energy logic = sum_of(&f.elaboration.netlist, &r, false);
    axn_gate_energy registers = sum_of(&f.elaboration.netlist, &r, true);
    CU_ASSERT(logic.output > 0 && logic.clock == 0 && logic.data == 0);
    CU_ASSERT_DOUBLE_EQUAL(logic.output / cycles, a.combinational_pj, 1e-9 * a.total_pj);
    CU_ASSERT_DOUBLE_EQUAL(registers.clock / cycles, a.clock_pin_pj, 1e-9 * a.total_pj);
    CU_ASSERT_DOUBLE_EQUAL(registers.data / cycles, a.flip_flop_data_pj, 1e-9 * a.total_pj);
    CU_ASSERT_DOUBLE_EQUAL(registers.output / cycles, a.flip_flop_output_pj, 1e-9 * a.total_pj);
    axn_activity_free(&a);
    axn_replay_free(&r);
    close_fixture(&f);
}

static void only_marked_cycles_count(void)
{
    fixture f;
    axn_replay marked, all;
    open_fixture(&f);
    write_stream(&f, 0, true, -1);
    AXN_REQUIRE_OK(replay(&f, 1, &marked), f.error);
    write_stream(&f, 0, false, -1);
    AXN_REQUIRE_OK(replay(&f, 1, &all), f.error);
    CU_ASSERT_EQUAL(marked.cycles, 20);
    CU_ASSERT_EQUAL(marked.checked, CYCLES);
    double part = sum_of(&f.elaboration.netlist, &marked, false).output;
    double whole = sum_of(&f.elaboration.netlist, &all, false).output;
    CU_ASSERT(part > 0.3 * whole && part < 0.8 * whole);
    double clock = sum_of(&f.elaboration.netlist, &marked, true).clock;
    CU_ASSERT_DOUBLE_EQUAL(clock / 20 * (CYCLES - 1),
                           sum_of(&f.elaboration.netlist, &all, true).clock, 1e-6);
    axn_replay_free(&marked);
    axn_replay_free(&all);
    close_fixture(&f);
}

static void wrong_values_are_noticed(void)
{
    fixture f;
    axn_replay r;
    open_fixture(&f);
    for (int i = 0; i < STREAMS; i++)
        write_stream(&f, i, false, i == 9 ? 20 : -1);
    CU_ASSERT_EQUAL(replay(&f, STREAMS, &r), AXN_ERROR_MISMATCH);
    CU_ASSERT_PTR_NOT_NULL(strstr(f.error.message, "stream9.txt"));
    CU_ASSERT_PTR_NOT_NULL(strstr(f.error.message, "cycle 20"));
    CU_ASSERT_PTR_NULL(r.gates);
    close_fixture(&f);
}

/* Each kind of gate in turn computes the complement. */
static void changed_gates_are_noticed(void)
{
    fixture f;
    axn_replay r;
    int noticed = 0, changed = 0;
    open_fixture(&f);
    for (int i = 0; i < STREAMS; i++)
        write_stream(&f, i, false, -1);
    for (int c = 0; c < f.liberty.cell_count; c++) {
        axn_liberty_pin *output = NULL;
        bool used = false;
        for (int g = 0; g < f.elaboration.netlist.gate_count; g++)
            used |= f.elaboration.netlist.gates[g].cell == c;
        for (int p = 0; p < f.liberty.cells[c].pin_count; p++)
            output = f.liberty.cells[c].pins[p].output ? &f.liberty.cells[c].pins[p] : output;
        if (!used || !f.liberty.cells[c].combinational || output == NULL)
            continue;
        output->truth[0] = ~output->truth[0];
        changed++;
        noticed += replay(&f, STREAMS, &r) == AXN_ERROR_MISMATCH;
        axn_replay_free(&r);
        output->truth[0] = ~output->truth[0];
    }
    CU_ASSERT(changed >= 4);
    CU_ASSERT_EQUAL(noticed, changed);
    close_fixture(&f);
}

/* Parts of hand-made files: two inverters in modules of their own. */
#define CELL(name, type, a, y)                                                                     \
    "\"" name "\":{\"type\":\"" type "\",\"connections\":{\"A\":[" a "],\"Y\":[" y "]}}"
#define PORTS                                                                                      \
    "\"ports\":{\"A\":{\"direction\":\"input\",\"bits\":[2]},"                                     \
    "\"Y\":{\"direction\":\"output\",\"bits\":[3]}}"
#define FILE_OF(cells)                                                                             \
    "{\"modules\":{\"top\":{" PORTS ",\"cells\":{" cells "}},"                                     \
    "\"inv\":{" PORTS ",\"cells\":{" CELL("g", "INVX1", "2", "3") "}}}}"

static void bad_designs_are_refused(void)
{
    static const struct {
        const char *text, *cause;
    } cases[] = {
        {FILE_OF(CELL("a", "inv", "2", "4") "," CELL("b", "inv", "3", "3")), "loop"},
        {FILE_OF(CELL("a", "inv", "2", "3") "," CELL("b", "inv", "2", "3")), "several drivers"},
        {FILE_OF(CELL("a", "inv", "5", "3")), "undriven"},
        {FILE_OF(CELL("a", "inv", "\"x\"", "3")), "undriven"},
        {FILE_OF(CELL("a", "INVX1", "\"x\"", "3")), "undefined"},
        {FILE_OF(CELL("a", "other", "2", "3")), "other"},
        {FILE_OF(CELL("a", "top", "2", "3")), "contain each other"},
        {FILE_OF(CELL("a", "inv", "2, 4", "3")), "width"},
        {FILE_OF(CELL("a", "inv", "999999999", "3")), "out of range"},
        {"{\"modules\":[]}", "no modules"},
        {"{\"modules\":{\"top\":[]}}", "not an object"},
        {"{\"modules\":{\"top\":{\"ports\":[{\"bits\":[2]}]}}}", "not an object"},
        {"{\"modules\":{\"top\":{\"cells\":{\"a\":{\"connections\":[[2]]}}}}}", "not an object"},
        {FILE_OF(CELL("a", "inv", "2.5", "3")), "neither a net nor a constant"},
        {"{\"modules\":{}}", "no module top"},
        {"{\"modules\":", "json"},
    };
    fixture f;
    axn_elaboration e;
    memset(&f, 0, sizeof f);
    AXN_REQUIRE_OK(axn_liberty_load(NULL, &f.liberty, &f.error), f.error);
    axn_check_folder(f.folder);
    axn_check_path(f.json, f.folder, "d.json");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        axn_check_write(f.folder, "d.json", cases[i].text);
        CU_ASSERT_NOT_EQUAL(axn_elaborate(&f.liberty, f.json, "top", &e, &f.error), AXN_OK);
        CU_ASSERT_PTR_NOT_NULL(strstr(f.error.message, cases[i].cause));
        if (strstr(f.error.message, cases[i].cause) == NULL)
            fprintf(stderr, "%s\n", f.error.message);
    }
    axn_check_write(f.folder, "d.json",
                    FILE_OF(CELL("a", "inv", "2", "4") "," CELL("b", "inv", "4", "3")));
    AXN_CHECK_OK(axn_elaborate(&f.liberty, f.json, "top", &e, &f.error), f.error);
    CU_ASSERT_EQUAL(e.netlist.gate_count, 2);
    CU_ASSERT_EQUAL(e.netlist.net_count, 5);
    axn_elaboration_free(&e);
    axn_liberty_free(&f.liberty);
    axn_check_folder_remove(f.folder);
}

AXN_TEST_MAIN("elaborate", {"scopes add up", scopes_add_up},
              {"black boxes become ports", black_boxes_become_ports},
              {"replay equals the behaviour", replay_equals_the_behaviour},
              {"energies equal those of activity", energies_equal_those_of_activity},
              {"only marked cycles count", only_marked_cycles_count},
              {"wrong values are noticed", wrong_values_are_noticed},
              {"changed gates are noticed", changed_gates_are_noticed},
              {"bad designs are refused", bad_designs_are_refused})
