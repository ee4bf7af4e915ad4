/* Sequential switching energy: figures worked out by hand, and checks that bite. */
#include <math.h>

#include "common/buffer.h"
#include "common/progress.h"
#include "common/random.h"
#include "synth/activity.h"
#include "synth/flip_flop.h"
#include "synth/hierarchy.h"
#include "synth/liberty_internal.h"
#include "synth/power.h"
#include "tests/check.h"

typedef struct fixture {
    axn_liberty liberty;
    char folder[AXN_PATH_MAX];
    axn_netlist netlist;
    axn_activity activity;
    axn_error error;
} fixture;

static void open_fixture(fixture *f)
{
    memset(f, 0, sizeof *f);
    AXN_REQUIRE_OK(axn_liberty_load(NULL, &f->liberty, &f->error), f->error);
    axn_check_folder(f->folder);
}

static void close_fixture(fixture *f)
{
    axn_activity_free(&f->activity);
    axn_netlist_free(&f->netlist);
    axn_liberty_free(&f->liberty);
    axn_check_folder_remove(f->folder);
}

static void write_file(fixture *f, const char *name, const char *text, char *path)
{
    axn_check_path(path, f->folder, name);
    AXN_REQUIRE_OK(axn_file_write(path, text, strlen(text), &f->error), f->error);
}

static void load_netlist(fixture *f, const char *text)
{
    char path[AXN_PATH_MAX];
    write_file(f, "m.json", text, path);
    axn_netlist_free(&f->netlist);
    AXN_REQUIRE_OK(axn_netlist_load(path, NULL, &f->liberty, &f->netlist, &f->error), f->error);
}

static axn_status simulate(fixture *f, const axn_activity_options *options, const char *text)
{
    char path[AXN_PATH_MAX];
    const char *paths[1] = {path};
    write_file(f, "stream.txt", text, path);
    axn_activity_free(&f->activity);
    return axn_activity_simulate(&f->netlist, options, paths, 1, &f->activity, &f->error);
}

/* q follows d one cycle later; an inverter makes n from q. */
static const char register_json[] =
    "{\"modules\": {\"m\": {\"ports\": {"
    "\"clk\": {\"direction\": \"input\", \"bits\": [2]},"
    "\"d\": {\"direction\": \"input\", \"bits\": [3]},"
    "\"q\": {\"direction\": \"output\", \"bits\": [4]},"
    "\"n\": {\"direction\": \"output\", \"bits\": [5]}},"
    "\"cells\": {"
    "\"r\": {\"type\": \"DFFPOSX1\", \"connections\": {\"CLK\": [2], \"D\": [3], \"Q\": [4]}},"
    "\"i\": {\"type\": \"INVX1\", \"connections\": {\"A\": [4], \"Y\": [5]}}}}}}";

static double lookup(const fixture *f, const char *cell, const char *pin, bool rise, double load)
{
    const axn_liberty_cell *c = &f->liberty.cells[axn_liberty_find(&f->liberty, cell)];
    for (int p = 0; p < c->pin_count; p++)
        if (strcmp(c->pins[p].name, pin) == 0)
            return axn_liberty_lookup(rise ? &c->pins[p].powers[0].rise
                                           : &c->pins[p].powers[0].fall,
                                      f->liberty.slew_ns, load);
    CU_FAIL_FATAL("pin not found");
    return 0;
}

static void register_energy_follows_the_tables(void)
{
    fixture f;
    open_fixture(&f);
    load_netlist(&f, register_json);
    /* d: 0 1 1 0 1, so q: 0 0 1 1 0 */
    AXN_REQUIRE_OK(simulate(&f, NULL, "d:1 q:1 n:1\n0 0 1\n1 0 1\n1 1 0\n0 1 0\n1 0 1\n"), f.error);
    CU_ASSERT_EQUAL(f.activity.cycles, 4);
    CU_ASSERT_EQUAL(f.activity.checked, 10);
    CU_ASSERT_EQUAL(f.activity.toggles[f.netlist.ports[1].nets[0]], 3);
    CU_ASSERT_EQUAL(f.activity.toggles[f.netlist.ports[2].nets[0]], 2);
    CU_ASSERT_EQUAL(f.activity.toggles[f.netlist.ports[3].nets[0]], 2);
    const char *dff = "DFFPOSX1";
    double vv = 1.8 * 1.8, load = 0.00932456;
    double clock =
        lookup(&f, dff, "CLK", true, 0) + lookup(&f, dff, "CLK", false, 0) + 0.0279235 * vv;
    double data = 2 * lookup(&f, dff, "D", true, 0) + lookup(&f, dff, "D", false, 0);
    double output =
        lookup(&f, dff, "Q", true, load) + lookup(&f, dff, "Q", false, load) + 2 * 0.5 * load * vv;
    double inverter = 2 * axn_power_toggle(&f.netlist, 0, 1);
    CU_ASSERT_DOUBLE_EQUAL(f.activity.clock_pin_pj, clock, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(f.activity.flip_flop_data_pj, data / 4, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(f.activity.flip_flop_output_pj, output / 4, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(f.activity.combinational_pj, inverter / 4, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(f.activity.total_pj, clock + (data + output + inverter) / 4, 1e-12);
    close_fixture(&f);
}

static void differing_outputs_are_named(void)
{
    fixture f;
    axn_activity_options later = {.warm_up = 2};
    open_fixture(&f);
    load_netlist(&f, register_json);
    AXN_CHECK_FAILS(simulate(&f, NULL, "d:1 q:1\n0 0\n1 0\n1 0\n"), f.error, AXN_ERROR_MISMATCH,
                    "stream.txt:4: cycle 2: port q is 1 in the netlist, 0 in the stream");
    AXN_CHECK_FAILS(simulate(&f, NULL, "d:1 q:1\n0 1\n"), f.error, AXN_ERROR_MISMATCH, "cycle 0");
    /* Unknown values, unchecked cycles and the warm-up are not compared. */
    AXN_CHECK_OK(simulate(&f, NULL, "d:1 q:1\n0 x\n1 X\n1 1\n"), f.error);
    CU_ASSERT_EQUAL(f.activity.checked, 1);
    AXN_CHECK_OK(simulate(&f, NULL, "@check:1 d:1 q:1\n0 0 1\n0 1 1\n1 1 1\n"), f.error);
    CU_ASSERT_EQUAL(f.activity.cycles, 2);
    AXN_CHECK_OK(simulate(&f, &later, "d:1 q:1\n0 1\n1 1\n1 1\n"), f.error);
    CU_ASSERT_EQUAL(f.activity.cycles, 1);
    AXN_CHECK_FAILS(simulate(&f, &later, "d:1 q:1\n0 1\n1 1\n1 0\n"), f.error, AXN_ERROR_MISMATCH,
                    "cycle 2");
    close_fixture(&f);
}

static void damaged_streams_are_refused(void)
{
    static const struct {
        const char *text, *message;
    } bad[] = {
        {"", "empty stream"},
        {"q:1\n0\n", "no column for input port d"},
        {"d\n0\n", "NAME:WIDTH"},
        {"d:0\n0\n", "bad width"},
        {"d:2\n0\n", "another width: d"},
        {"d:1 d:1\n0 0\n", "given twice"},
        {"d:1 z:1\n0 0\n", "no port z"},
        {"d:1 clk:1\n0 0\n", "clock is not a column"},
        {"d:1 q:1\n0\n", "stream.txt:2: missing or bad value of q"},
        {"d:1\n0\n2\n", "stream.txt:3: missing or bad value of d"},
        {"d:1\ng\n", "bad value of d"},
        {"d:1\nx\n", "bad value of d"},
        {"d:1\n0 1\n", "more values than columns"},
    };
    fixture f;
    open_fixture(&f);
    load_netlist(&f, register_json);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        AXN_CHECK_FAILS(simulate(&f, NULL, bad[i].text), f.error, AXN_ERROR_FORMAT, bad[i].message);
    const char *absent[1] = {"/nowhere/stream.txt"};
    AXN_CHECK_FAILS(axn_activity_simulate(&f.netlist, NULL, absent, 1, &f.activity, &f.error),
                    f.error, AXN_ERROR_IO, "/nowhere/stream.txt");
    close_fixture(&f);
}

/* Asynchronous clear acts at once; the other state follows the clock. */
static void asynchronous_clear_acts_at_once(void)
{
    fixture f;
    open_fixture(&f);
    load_netlist(&f, "{\"modules\": {\"m\": {\"ports\": {"
                     "\"clk\": {\"direction\": \"input\", \"bits\": [2]},"
                     "\"d\": {\"direction\": \"input\", \"bits\": [3]},"
                     "\"r\": {\"direction\": \"input\", \"bits\": [6]},"
                     "\"q\": {\"direction\": \"output\", \"bits\": [4]}},"
                     "\"cells\": {\"u\": {\"type\": \"DFFSR\", \"connections\": {\"CLK\": [2], "
                     "\"D\": [3], \"Q\": [4], \"R\": [6], \"S\": [\"1\"]}}}}}}");
    AXN_CHECK_OK(simulate(&f, NULL, "d:1 r:1 q:1\n1 1 0\n1 1 1\n1 0 0\n1 1 0\n0 1 1\n"), f.error);
    close_fixture(&f);
}

static void both_clock_edges_are_refused(void)
{
    fixture f;
    open_fixture(&f);
    load_netlist(&f, "{\"modules\": {\"m\": {\"ports\": {"
                     "\"clk\": {\"direction\": \"input\", \"bits\": [2]},"
                     "\"d\": {\"direction\": \"input\", \"bits\": [3]}},"
                     "\"cells\": {"
                     "\"r\": {\"type\": \"DFFPOSX1\", \"connections\": {\"CLK\": [2], \"D\": [3], "
                     "\"Q\": [4]}},"
                     "\"s\": {\"type\": \"DFFNEGX1\", \"connections\": {\"CLK\": [2], \"D\": [4], "
                     "\"Q\": [5]}}}}}}");
    AXN_CHECK_FAILS(simulate(&f, NULL, "d:1\n0\n"), f.error, AXN_ERROR_FORMAT, "both clock edges");
    close_fixture(&f);
}

/* Conditions of internal_power groups choose the table. */
static void conditions_choose_the_table(void)
{
    static const char text[] =
        "library (w) { nom_voltage : 1;\n"
        "cell (ff) { area : 1; ff (IQ, IQN) { next_state : \"D\"; clocked_on : \"CK\"; }\n"
        " pin (D) { direction : input; }\n"
        " pin (CK) { direction : input; clock : true;\n"
        "  internal_power () { when : \"D & Q\"; rise_power (scalar) { values (\"3\"); }\n"
        "   fall_power (scalar) { values (\"5\"); } }\n"
        "  internal_power () { power (scalar) { values (\"1\"); } } }\n"
        " pin (Q) { direction : output; function : \"IQ\";\n"
        "  internal_power () { related_pin : \"CK\"; power (scalar) { values (\"7\"); } }\n"
        "  internal_power () { related_pin : \"D\"; power (scalar) { values (\"99\"); } } } } }\n";
    fixture f;
    axn_liberty liberty;
    axn_flip_flop_cell cell;
    open_fixture(&f);
    AXN_REQUIRE_OK(axn_liberty_from_text("w.lib", text, sizeof text - 1, &liberty, &f.error),
                   f.error);
    AXN_REQUIRE_OK(axn_flip_flop_compile(&liberty, &liberty.cells[0], &cell, &f.error), f.error);
    CU_ASSERT(cell.rising && cell.clock_pin == 1);
    const uint64_t pins[3] = {0xc, 0, 0xa}; /* D, CK, Q: both in lane 3 */
    CU_ASSERT_DOUBLE_EQUAL(axn_flip_flop_energy(&cell, 1, -1, pins, 0xf, 0, 0, 0), 3 + 3, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(axn_flip_flop_energy(&cell, 1, -1, pins, 0, 0xf, 0, 0), 5 + 3, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(axn_flip_flop_energy(&cell, 2, 1, pins, 1, 2, 0, 0), 14, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(axn_flip_flop_energy(&cell, 0, -1, pins, 1, 2, 0, 0), 0, 1e-12);
    axn_flip_flop_free(&cell);
    axn_liberty_free(&liberty);
    close_fixture(&f);
}

/* An accumulating cell as an accelerator has it, synthesised and run in many lanes. */
static const char cell_source[] =
    "module cell_top #(parameter W = 12) (input clk_i, input first_i, input en_i,\n"
    "  input [3:0] a_i, input [3:0] b_i, output [W-1:0] acc_o, output [3:0] a_o);\n"
    "  reg [W-1:0] acc_q; reg [3:0] a_q; reg [7:0] p_q;\n"
    "  assign acc_o = acc_q; assign a_o = a_q;\n"
    "  always @(posedge clk_i) begin\n"
    "    a_q <= a_i; p_q <= a_i * b_i;\n"
    "    if (en_i) acc_q <= (first_i ? {W{1'b0}} : acc_q) + p_q;\n"
    "  end\nendmodule\n";

static void synthesise_cell(fixture *f)
{
    axn_progress_set_quiet(true);
    static const char *const flat[] = {"cell_top", NULL};
    char path[AXN_PATH_MAX], work[AXN_PATH_MAX];
    axn_hierarchy hierarchy;
    write_file(f, "cell.v", cell_source, path);
    write_file(f, "list.f", "cell.v\n", path);
    axn_check_path(work, f->folder, "work");
    AXN_REQUIRE_OK(axn_folder_create(work, &f->error), f->error);
    axn_hierarchy_options options = {
        .folder = f->folder, .file_list = "list.f", .top = "cell_top", .flatten = flat};
    AXN_REQUIRE_OK(axn_hierarchy_synthesise(&f->liberty, &options, work, &hierarchy, &f->error),
                   f->error);
    CU_ASSERT_EQUAL(hierarchy.modules[hierarchy.top].flip_flops, 24);
    axn_hierarchy_free(&hierarchy);
    axn_check_path(path, work, "flat_cell_top.json");
    AXN_REQUIRE_OK(axn_netlist_load(path, NULL, &f->liberty, &f->netlist, &f->error), f->error);
}

/* Stream of one lane; returns the text's toggles of acc_o between counted cycles. */
static uint64_t write_stream(fixture *f, uint32_t lane, int cycles, const char *name, char *path)
{
    axn_random random = axn_random_stream(7, AXN_RANDOM_TEST, lane, 0);
    axn_buffer text = {0};
    unsigned acc = 0, previous = 0, a_q = 0, p_q = 0;
    uint64_t toggles = 0;
    axn_buffer_text(&text, "first_i:1 en_i:1 a_i:4 b_i:4 acc_o:12 a_o:4\n");
    for (int c = 0; c < cycles; c++) {
        unsigned a = axn_random_below(&random, 16), b = axn_random_below(&random, 16);
        unsigned first = axn_random_below(&random, 20) == 0, enable = axn_random_below(&random, 8);
        axn_buffer_format(&text, "%x %x %x %x %x %x\n", first, enable != 0, a, b, acc, a_q);
        if (c > 0)
            toggles += (uint64_t)__builtin_popcount(acc ^ previous);
        previous = acc;
        if (enable != 0)
            acc = ((first ? 0 : acc) + p_q) & 0xfff;
        a_q = a;
        p_q = a * b;
    }
    write_file(f, name, text.data, path);
    axn_buffer_free(&text);
    return toggles;
}

static void lanes_agree_with_the_model(void)
{
    static char paths[AXN_ACTIVITY_LANES][AXN_PATH_MAX];
    const char *streams[AXN_ACTIVITY_LANES];
    fixture f;
    uint64_t wanted = 0, got = 0, cycles = 0;
    double sum = 0;
    open_fixture(&f);
    synthesise_cell(&f);
    for (uint32_t lane = 0; lane < AXN_ACTIVITY_LANES; lane++) {
        char name[32];
        int length = 50 + (int)lane; /* lanes end at different times */
        snprintf(name, sizeof name, "s%u.txt", lane);
        wanted += write_stream(&f, lane, length, name, paths[lane]);
        cycles += (uint64_t)length - 1;
        streams[lane] = paths[lane];
    }
    AXN_REQUIRE_OK(
        axn_activity_simulate(&f.netlist, NULL, streams, AXN_ACTIVITY_LANES, &f.activity, &f.error),
        f.error);
    const axn_port *acc = axn_netlist_port(&f.netlist, "acc_o");
    CU_ASSERT_PTR_NOT_NULL_FATAL(acc);
    for (int b = 0; b < acc->width; b++)
        got += f.activity.toggles[acc->nets[b]];
    CU_ASSERT_EQUAL(got, wanted);
    CU_ASSERT_EQUAL(f.activity.cycles, cycles);
    double together = f.activity.total_pj;
    CU_ASSERT(together > 5 && together < 40);
    CU_ASSERT(f.activity.standard_error_pj > 0 && f.activity.standard_error_pj < together / 5);
    /* The lanes together are the lanes one by one. */
    for (int lane = 0; lane < AXN_ACTIVITY_LANES; lane++) {
        axn_activity_free(&f.activity);
        AXN_REQUIRE_OK(
            axn_activity_simulate(&f.netlist, NULL, &streams[lane], 1, &f.activity, &f.error),
            f.error);
        sum += f.activity.total_pj * (double)f.activity.cycles;
    }
    CU_ASSERT_DOUBLE_EQUAL(sum / (double)cycles, together, 1e-9);
    close_fixture(&f);
}

/* A changed gate in the mapped cell must show in some lane. */
static void changed_gate_is_detected(void)
{
    fixture f;
    char path[AXN_PATH_MAX], stream[AXN_PATH_MAX];
    const char *streams[1] = {stream};
    axn_buffer text = {0};
    open_fixture(&f);
    synthesise_cell(&f);
    (void)write_stream(&f, 1, 400, "s.txt", stream);
    AXN_CHECK_OK(axn_activity_simulate(&f.netlist, NULL, streams, 1, &f.activity, &f.error),
                 f.error);
    axn_activity_free(&f.activity);
    axn_check_path(path, f.folder, "work/flat_cell_top.json");
    AXN_REQUIRE_OK(axn_file_read(path, 1 << 24, &text, &f.error), f.error);
    char *found = strstr(text.data, "\"type\": \"INVX1\"");
    CU_ASSERT_PTR_NOT_NULL_FATAL(found);
    if (found != NULL)
        memcpy(found + 9, "BUFX2", 5); // NOLINT(bugprone-not-null-terminated-result)
    AXN_REQUIRE_OK(axn_file_write(path, text.data, text.length, &f.error), f.error);
    axn_buffer_free(&text);
    axn_netlist_free(&f.netlist);
    AXN_REQUIRE_OK(axn_netlist_load(path, NULL, &f.liberty, &f.netlist, &f.error), f.error);
    AXN_CHECK_FAILS(axn_activity_simulate(&f.netlist, NULL, streams, 1, &f.activity, &f.error),
                    f.error, AXN_ERROR_MISMATCH, "module cell_top: ");
    close_fixture(&f);
}

AXN_TEST_MAIN("activity",
              {"a register's energy follows its tables", register_energy_follows_the_tables},
              {"differing outputs are named", differing_outputs_are_named},
              {"damaged streams are refused", damaged_streams_are_refused},
              {"asynchronous clear acts at once", asynchronous_clear_acts_at_once},
              {"both clock edges are refused", both_clock_edges_are_refused},
              {"conditions choose the table", conditions_choose_the_table},
              {"lanes agree with the model", lanes_agree_with_the_model},
              {"a changed gate is detected", changed_gate_is_detected})
