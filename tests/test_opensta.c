/* The energies of a mapped cell of the array beside those of OpenSTA.
 *
 * OpenSTA 2.0.17 can set activities of ports, or one of all pins together, not of single inner
 * pins. So it is asked what every instance costs a toggle, and that is multiplied by the toggles
 * counted here. What it does otherwise than the Liberty says: it charges a toggle of an output the
 * tables of rise and fall where it is one of them, adds half of each input's table at an adder's
 * outputs where one input's change is the cause, charges both edges of the clock rise and fall, and
 * leaves the capacitance of clock pins out. Combinational tables and clock pins are halved here;
 * the adders stay as they are. */
#include <math.h>

#include "common/memory.h"
#include "common/process.h"
#include "common/progress.h"
#include "common/random.h"
#include "synth/activity.h"
#include "synth/flip_flop.h"
#include "synth/hierarchy.h"
#include "synth/power.h"
#include "synth/yosys.h"
#include "tests/check.h"

enum { CYCLES = 4000, WARM_UP = 4, ACC_BITS = 24, TAPS = 72, NAME = 64 };
#define MAX_BYTES ((size_t)16 << 20)
#define PERIOD_NS 10.0
#define TOP "axn_cell"

static const char multiplier[] =
    "module axn_mul8u #(parameter int Index = 0) (input logic [7:0] a_i,\n"
    "  input logic [7:0] b_i, output logic [15:0] product_o);\n"
    "  assign product_o = a_i * b_i;\nendmodule\n";

typedef struct fixture {
    axn_liberty liberty;
    axn_hierarchy hierarchy;
    axn_netlist netlist;
    axn_activity activity;
    char folder[AXN_PATH_MAX], stream[AXN_PATH_MAX];
    axn_error error;
} fixture;

/* OpenSTA's account of one instance, pJ a cycle. */
typedef struct sta_power {
    char name[NAME];
    double internal, switching;
} sta_power;

typedef struct sta_powers {
    sta_power *items;
    int count;
} sta_powers;

/* What a cell of the array sees: tiles of TAPS taps back to back, activations of which a third is
 * the code of real 0, weights about the middle; a column that idles in one tile of five. */
static void write_stream(fixture *f)
{
    axn_random random = axn_random_stream(5, AXN_RANDOM_TEST, 0, 0);
    axn_buffer stream = {0};
    unsigned enable = 1;
    axn_buffer_text(&stream,
                    "a_i:8 valid_i:1 first_i:1 load_i:1 w_i:8 enable_i:1 swap_i:1 select_i:1\n");
    for (int t = 0; t < CYCLES; t++) {
        unsigned a = axn_random_below(&random, 3) == 0 ? 0 : axn_random_below(&random, 256);
        unsigned w = 96 + axn_random_below(&random, 33) + axn_random_below(&random, 33);
        if (t % TAPS == 0)
            enable = axn_random_below(&random, 5) != 0;
        axn_buffer_format(&stream, "%x 1 %x 0 %x %x 0 1\n", a, t % TAPS == 0, w, enable);
    }
    axn_check_write_buffer(f->folder, "stream.txt", &stream);
    axn_check_path(f->stream, f->folder, "stream.txt");
    axn_buffer_free(&stream);
}

/* The flat netlist with plain names of instances, for both readers. */
static void write_netlist(fixture *f)
{
    char path[AXN_PATH_MAX];
    axn_buffer script = {0}, output = {0};
    axn_buffer_text(&script, "read_json flat_" TOP ".json\nrename -hide c:*\n"
                             "rename -enumerate -pattern g% c:*\nwrite_json plain_flat.json\n"
                             "write_verilog -noattr -noexpr -nohex -simple-lhs flat.v\n");
    AXN_REQUIRE_OK(axn_yosys_run(&script, f->folder, "plain.ys", 300, &output, &f->error),
                   f->error);
    axn_check_path(path, f->folder, "plain_flat.json");
    AXN_REQUIRE_OK(axn_netlist_load(path, NULL, &f->liberty, &f->netlist, &f->error), f->error);
    axn_buffer_free(&script);
    axn_buffer_free(&output);
}

static void open_fixture(fixture *f)
{
    static const char *const flat[] = {TOP, NULL};
    static const char *const files[] = {"axn_clock_gating.vh", "axn_cell.v"};
    axn_buffer text = {0}, list = {0};
    memset(f, 0, sizeof *f);
    axn_progress_set_quiet(true);
    AXN_REQUIRE_OK(axn_liberty_load(NULL, &f->liberty, &f->error), f->error);
    axn_check_folder(f->folder);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char path[AXN_PATH_MAX];
        axn_check_path(path, "rtl_lib", files[i]);
        axn_buffer_clear(&text);
        AXN_REQUIRE_OK(axn_file_read(path, MAX_BYTES, &text, &f->error), f->error);
        axn_check_write_buffer(f->folder, files[i], &text);
        if (strstr(files[i], ".vh") == NULL)
            axn_buffer_format(&list, "%s\n", files[i]);
    }
    axn_buffer_clear(&text);
    axn_buffer_text(&text, multiplier);
    axn_buffer_text(&list, "multiplier.sv\n");
    axn_check_write_buffer(f->folder, "multiplier.sv", &text);
    axn_check_write_buffer(f->folder, "list.f", &list);
    axn_buffer_free(&text);
    axn_buffer_free(&list);
    axn_hierarchy_options options = {
        .folder = f->folder, .file_list = "list.f", .top = TOP, .flatten = flat};
    AXN_REQUIRE_OK(
        axn_hierarchy_synthesise(&f->liberty, &options, f->folder, &f->hierarchy, &f->error),
        f->error);
    write_netlist(f);
    write_stream(f);
    const char *streams[] = {f->stream};
    axn_activity_options run = {.warm_up = WARM_UP};
    AXN_REQUIRE_OK(axn_activity_simulate(&f->netlist, &run, streams, 1, &f->activity, &f->error),
                   f->error);
}

static void close_fixture(fixture *f)
{
    axn_activity_free(&f->activity);
    axn_netlist_free(&f->netlist);
    axn_hierarchy_free(&f->hierarchy);
    axn_liberty_free(&f->liberty);
    axn_check_folder_remove(f->folder);
}

/* What OpenSTA reports of every instance, each pin of which but those of the clock toggles
 * `activity` times a cycle. */
static void ask_sta(fixture *f, int activity, sta_powers *out)
{
    axn_buffer script = {0}, output = {0};
    char *save = NULL;
    *out = (sta_powers){0};
    axn_buffer_format(&script,
                      "read_liberty cells.lib\nread_verilog flat.v\nlink_design " TOP "\n"
                      "create_clock -name clock -period %g [get_ports clk_i]\n"
                      "set_input_delay 0 -clock clock [all_inputs]\n"
                      "set_input_transition %.9g [all_inputs]\n"
                      "set_power_activity -global -activity %d\n"
                      "report_power -instances [get_cells *] -digits 9\n",
                      PERIOD_NS, f->liberty.slew_ns, activity);
    AXN_REQUIRE_OK(axn_sta_run(&script, f->folder, "power.tcl", 300, &output, &f->error), f->error);
    AXN_REQUIRE_OK(axn_allocate(&out->items, (size_t)f->netlist.gate_count, sizeof *out->items,
                                "OpenSTA's figures", &f->error),
                   f->error);
    for (char *line = strtok_r(output.data, "\n", &save);
         line != NULL && out->count < f->netlist.gate_count; line = strtok_r(NULL, "\n", &save)) {
        double figure[4];
        sta_power *at = &out->items[out->count];
        if (sscanf(line, "%lf %lf %lf %lf %63s", &figure[0], &figure[1], &figure[2], &figure[3],
                   at->name) == 5) {
            /* W over a period of ns, in pJ */
            at->internal = figure[0] * PERIOD_NS * 1e3;
            at->switching = figure[1] * PERIOD_NS * 1e3;
            out->count++;
        }
    }
    axn_buffer_free(&script);
    axn_buffer_free(&output);
}

static const sta_power *find(const sta_powers *powers, const char *name)
{
    static const sta_power none;
    for (int i = 0; i < powers->count; i++)
        if (strcmp(powers->items[i].name, name) == 0)
            return &powers->items[i];
    CU_FAIL("an instance is not in OpenSTA's report");
    return &none;
}

/* Toggles a cycle, the mean of the outputs. */
static double toggles(const fixture *f, const axn_gate *gate)
{
    const axn_liberty_cell *cell = &f->liberty.cells[gate->cell];
    double sum = 0;
    int outputs = 0;
    for (int p = 0; p < cell->pin_count; p++)
        if (cell->pins[p].output && gate->nets[p] >= 2) {
            sum += (double)f->activity.toggles[gate->nets[p]];
            outputs++;
        }
    return outputs > 0 ? sum / outputs / (double)f->activity.cycles : 0;
}

/* What is put right is that of one version. */
static bool skipped(void)
{
    char yosys[AXN_VERSION_TEXT], sta[AXN_VERSION_TEXT];
    axn_error error = {0};
    if (axn_program_available("sta") && axn_synth_versions(yosys, sta, &error) == AXN_OK &&
        strstr(sta, "2.0.17") != NULL)
        return false;
    printf("(skipped: OpenSTA 2.0.17 is not installed) ");
    return true;
}

static void combinational_cells_cost_what_opensta_says(void)
{
    fixture f;
    sta_powers moving;
    double theirs = 0, raw = 0, inverters = 0, tables = 0;
    if (skipped())
        return;
    open_fixture(&f);
    ask_sta(&f, 1, &moving);
    for (int g = 0; g < f.netlist.gate_count - f.netlist.flip_flops; g++) {
        const axn_gate *gate = &f.netlist.gates[g];
        const axn_liberty_cell *cell = &f.liberty.cells[gate->cell];
        const sta_power *at = find(&moving, gate->name);
        double rate = toggles(&f, gate);
        theirs += rate * (at->internal / 2 + at->switching);
        raw += rate * (at->internal + at->switching);
        if (cell->input_count == 1 && rate > 0) {
            int out = cell->pins[0].output ? 0 : 1;
            inverters += at->internal;
            tables += axn_power_internal(&cell->pins[out], f.liberty.slew_ns,
                                         f.netlist.load_pf[gate->nets[out]]);
        }
    }
    /* Rise plus fall where a toggle is one of them. */
    CU_ASSERT_DOUBLE_EQUAL(inverters / tables, 2, 0.1);
    printf("(%.3f of OpenSTA's %.3f pJ, %.3f as it stands) ", f.activity.combinational_pj, theirs,
           raw);
    CU_ASSERT_DOUBLE_EQUAL(theirs / f.activity.combinational_pj, 1, 0.25);
    CU_ASSERT(raw / f.activity.combinational_pj > 1.25);
    free(moving.items);
    close_fixture(&f);
}

static void flip_flops_cost_what_opensta_says(void)
{
    fixture f;
    sta_powers still, moving;
    double clock = 0, rest = 0, halved = 0;
    if (skipped())
        return;
    open_fixture(&f);
    double vv = f.liberty.voltage * f.liberty.voltage;
    ask_sta(&f, 0, &still);
    ask_sta(&f, 1, &moving);
    for (int g = f.netlist.gate_count - f.netlist.flip_flops; g < f.netlist.gate_count; g++) {
        const axn_gate *gate = &f.netlist.gates[g];
        const sta_power *idle = find(&still, gate->name), *at = find(&moving, gate->name);
        axn_flip_flop_cell cell;
        AXN_REQUIRE_OK(
            axn_flip_flop_compile(&f.liberty, &f.liberty.cells[gate->cell], &cell, &f.error),
            f.error);
        clock += idle->internal;
        halved += idle->internal / 2 + cell.cell->pins[cell.clock_pin].capacitance_pf * vv;
        /* Its output changes a cycle after its data, as often. */
        rest += toggles(&f, gate) * (at->internal - idle->internal + at->switching);
        axn_flip_flop_free(&cell);
    }
    const axn_activity *ours = &f.activity;
    double all = ours->clock_pin_pj + ours->flip_flop_data_pj + ours->flip_flop_output_pj;
    printf("(%.3f of OpenSTA's %.3f pJ, %.3f as it stands; clock pins %.3f of %.3f) ", all,
           halved + rest, clock + rest, ours->clock_pin_pj, halved);
    CU_ASSERT_DOUBLE_EQUAL((halved + rest) / all, 1, 0.25);
    CU_ASSERT_DOUBLE_EQUAL(halved / ours->clock_pin_pj, 1, 0.01);
    free(still.items);
    free(moving.items);
    close_fixture(&f);
}

/* Of the toggles' energy at outputs of combinational gates, ½ C V² of the pins they drive, pJ a
 * cycle. */
static double pins_pj(const fixture *f)
{
    double sum = 0;
    for (int g = 0; g < f->netlist.gate_count - f->netlist.flip_flops; g++) {
        const axn_gate *gate = &f->netlist.gates[g];
        const axn_liberty_cell *cell = &f->liberty.cells[gate->cell];
        for (int p = 0; p < cell->pin_count; p++)
            if (cell->pins[p].output && gate->nets[p] >= 2)
                sum +=
                    (double)f->activity.toggles[gate->nets[p]] * f->netlist.load_pf[gate->nets[p]];
    }
    return sum * f->liberty.voltage * f->liberty.voltage / 2 / (double)f->activity.cycles;
}

/* docs/power.md, "What is left out": half of the energy is that of pins, which wires add to, and
 * slow edges cost more, those of the clock most. */
static void loads_and_slews_matter_as_the_docs_say(void)
{
    /* Times what they are at the fixed slew, within a twentieth. */
    static const struct {
        double slew_ns, logic, clock;
    } cases[] = {{.06, 1, .98}, {.24, 1.02, 1.07}, {.48, 1.08, 1.33}};
    fixture f;
    open_fixture(&f);
    const char *streams[] = {f.stream};
    axn_activity_options run = {.warm_up = WARM_UP};
    double logic = f.activity.combinational_pj, clock = f.activity.clock_pin_pj;
    printf("(pins %.3f of %.3f pJ; clock pins %.3f of all %.3f) ", pins_pj(&f), logic, clock,
           f.activity.total_pj);
    CU_ASSERT_DOUBLE_EQUAL(pins_pj(&f) / logic, .55, .1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        axn_activity_free(&f.activity);
        f.liberty.slew_ns = cases[i].slew_ns;
        AXN_REQUIRE_OK(axn_activity_simulate(&f.netlist, &run, streams, 1, &f.activity, &f.error),
                       f.error);
        printf("(%g ns: %.3f, %.3f) ", cases[i].slew_ns, f.activity.combinational_pj / logic,
               f.activity.clock_pin_pj / clock);
        CU_ASSERT_DOUBLE_EQUAL(f.activity.combinational_pj / logic, cases[i].logic, .05);
        CU_ASSERT_DOUBLE_EQUAL(f.activity.clock_pin_pj / clock, cases[i].clock, .05);
    }
    close_fixture(&f);
}

AXN_TEST_MAIN("opensta",
              {"combinational cells cost what OpenSTA says",
               combinational_cells_cost_what_opensta_says},
              {"flip-flops cost what OpenSTA says", flip_flops_cost_what_opensta_says},
              {"loads and slews matter as the docs say", loads_and_slews_matter_as_the_docs_say})
