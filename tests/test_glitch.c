/* The glitch estimate: hazards counted by hand, an event-driven simulator beside it, and
 * its settled toggles beside the exact probabilities. */
#include <math.h>

#include "common/process.h"
#include "common/random.h"
#include "multipliers/families.h"
#include "synth/glitch.h"
#include "synth/mapping.h"
#include "synth/power.h"
#include "tests/check.h"

typedef struct fixture {
    axn_liberty liberty;
    char folder[AXN_PATH_MAX];
    axn_netlist netlist;
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
    axn_netlist_free(&f->netlist);
    axn_liberty_free(&f->liberty);
    axn_check_folder_remove(f->folder);
}

static void load_json(fixture *f, const char *text)
{
    char path[AXN_PATH_MAX];
    axn_check_path(path, f->folder, "m.json");
    AXN_REQUIRE_OK(axn_file_write(path, text, strlen(text), &f->error), f->error);
    AXN_REQUIRE_OK(axn_netlist_load(path, NULL, &f->liberty, &f->netlist, &f->error), f->error);
}

static void map_member(fixture *f, const char *name)
{
    axn_circuit circuit;
    axn_buffer text = {0};
    char path[AXN_PATH_MAX];
    axn_check_path(path, f->folder, "circuit.v");
    const axn_family_member *member = axn_family_find(name);
    CU_ASSERT_PTR_NOT_NULL_FATAL(member);
    AXN_REQUIRE_OK(axn_family_build(member, &circuit, &f->error), f->error);
    AXN_REQUIRE_OK(axn_circuit_print(&circuit, name, NULL, &text, &f->error), f->error);
    AXN_REQUIRE_OK(axn_file_write(path, text.data, text.length, &f->error), f->error);
    axn_netlist_free(&f->netlist);
    AXN_REQUIRE_OK(
        axn_map_circuit(&f->liberty, path, name, true, f->folder, &f->netlist, &f->error),
        f->error);
    axn_buffer_free(&text);
    axn_circuit_free(&circuit);
}

#define ZEROS_15                                                                                   \
    "\"0\",\"0\",\"0\",\"0\",\"0\",\"0\",\"0\",\"0\",\"0\",\"0\",\"0\",\"0\",\"0\",\"0\",\"0\""
#define PORTS                                                                                      \
    "\"A\": {\"direction\": \"input\", \"bits\": [2,3,4,5,6,7,8,9]},"                              \
    "\"B\": {\"direction\": \"input\", \"bits\": [10,11,12,13,14,15,16,17]},"

/* O[0] = A[0] & !A[0]: a pulse at each rise of A[0], none at its fall. */
static const char hazard[] =
    "{\"modules\": {\"m\": {\"ports\": {" PORTS
    "\"O\": {\"direction\": \"output\", \"bits\": [21," ZEROS_15 "]}}, \"cells\": {"
    "\"u\": {\"type\": \"INVX1\", \"connections\": {\"A\": [2], \"Y\": [20]}},"
    "\"v\": {\"type\": \"AND2X1\", \"connections\": {\"A\": [2], \"B\": [20], \"Y\": "
    "[21]}}}}}}";

static void a_static_hazard_is_counted(void)
{
    /* Lane 0: A[0] = 0 1 0 1 1; lane 1: never; the others like lane 0. */
    enum { STEPS = 4 };
    static const uint16_t bits[STEPS + 1] = {0, 1, 0, 1, 1};
    uint16_t pairs[(STEPS + 1) * AXN_GLITCH_LANES];
    for (int s = 0; s <= STEPS; s++)
        for (int lane = 0; lane < AXN_GLITCH_LANES; lane++)
            pairs[s * AXN_GLITCH_LANES + lane] = (uint16_t)(lane == 1 ? 77 : bits[s] << 8);
    axn_glitch_options options = {.steps = STEPS, .unit_delay = true, .pairs = pairs};
    axn_glitch glitch;
    fixture f;
    open_fixture(&f);
    load_json(&f, hazard);
    AXN_CHECK_OK(axn_glitch_estimate(&f.netlist, "A", "B", &options, &glitch, &f.error), f.error);
    CU_ASSERT_EQUAL(glitch.operations, STEPS * 64);
    CU_ASSERT_EQUAL(glitch.settled, 63 * 3);               /* the inverter */
    CU_ASSERT_EQUAL(glitch.transitions, 63 * (3 + 2 * 2)); /* two pulses of two edges */
    double edge = 0;
    for (int g = 0; g < f.netlist.gate_count; g++)
        if (strcmp(f.liberty.cells[f.netlist.gates[g].cell].name, "AND2X1") == 0)
            edge = axn_power_toggle(&f.netlist, g, 2);
    CU_ASSERT_DOUBLE_EQUAL(glitch.energy_pj, 63 * 4 * edge / (STEPS * 64), 1e-12);

    /* With the Liberty's delays the inverter is faster than the AND gate, which therefore
     * never sees a pulse long enough. */
    options.unit_delay = false;
    AXN_CHECK_OK(axn_glitch_estimate(&f.netlist, "A", "B", &options, &glitch, &f.error), f.error);
    CU_ASSERT(axn_gate_delay(&f.netlist, 0, 1) > 0);
    CU_ASSERT_EQUAL(glitch.transitions, glitch.settled);
    CU_ASSERT(glitch.energy_pj == 0);
    close_fixture(&f);
}

/* Steps of an output's delay, as the header says. */
static int steps_of(const fixture *f, int gate, int pin)
{
    double steps = nearbyint(axn_gate_delay(&f->netlist, gate, pin) / (f->liberty.inverter_ns / 4));
    return steps < 1 ? 1 : (int)steps;
}

/* Transitions of one lane after its first pair, one vector and one event time an output:
 * an output that differs from its function flips after its delay unless the function comes
 * back before. */
static uint64_t events_of_lane(const fixture *f, const uint16_t *pairs, int steps, int lane)
{
    enum { MOST = 4096 };
    static int due[MOST][2]; /* time at which an output flips, -1 = none; two outputs a cell */
    const axn_netlist *n = &f->netlist;
    const axn_port *operand[2] = {axn_netlist_port(n, "A"), axn_netlist_port(n, "B")};
    uint64_t *values = calloc((size_t)n->net_count, sizeof *values), events = 0;
    CU_ASSERT_FATAL(values != NULL && n->gate_count <= MOST);
    for (int g = 0; g < n->gate_count; g++)
        due[g][0] = due[g][1] = -1;
    for (int s = 0; s <= steps; s++) {
        int pair = pairs[s * AXN_GLITCH_LANES + lane], waiting = 1;
        for (int bit = 0; bit < 8 && values != NULL; bit++) {
            values[operand[0]->nets[bit]] = (uint64_t)(pair >> (8 + bit)) & 1;
            values[operand[1]->nets[bit]] = (uint64_t)(pair >> bit) & 1;
        }
        if (s == 0)
            axn_netlist_evaluate(n, values);
        for (int time = 0; s > 0 && waiting > 0; time++) {
            for (int g = 0; g < n->gate_count; g++) /* flips that are due */
                for (int p = 0, k = 0; p < f->liberty.cells[n->gates[g].cell].pin_count; p++)
                    if (f->liberty.cells[n->gates[g].cell].pins[p].output && k < 2) {
                        if (due[g][k] == time) {
                            values[n->gates[g].nets[p]] ^= 1;
                            due[g][k] = -1;
                            events++;
                        }
                        k++;
                    }
            waiting = 0;
            for (int g = 0; g < n->gate_count; g++) {
                const axn_liberty_cell *cell = &f->liberty.cells[n->gates[g].cell];
                int vector = 0;
                for (int i = 0; i < cell->input_count; i++)
                    vector |= (int)(values[n->gates[g].nets[cell->inputs[i]]] & 1) << i;
                for (int p = 0, k = 0; p < cell->pin_count; p++) {
                    if (!cell->pins[p].output || k == 2)
                        continue;
                    bool same = n->gates[g].nets[p] < 0 || ((cell->pins[p].truth[0] >> vector) &
                                                            1) == (values[n->gates[g].nets[p]] & 1);
                    if (same)
                        due[g][k] = -1;
                    else if (due[g][k] < 0)
                        due[g][k] = time + steps_of(f, g, p);
                    waiting += !same;
                    k++;
                }
            }
        }
    }
    free(values);
    return events;
}

/* The netlist as unit-delay assignments and a bench that counts every event of every gate's
 * output while lane after lane of `pairs` is applied. */
static void write_bench(const fixture *f, const uint16_t *pairs, int steps, axn_buffer *out)
{
    const axn_netlist *n = &f->netlist;
    const axn_port *operand[2] = {axn_netlist_port(n, "A"), axn_netlist_port(n, "B")};
    axn_buffer_text(out, "module bench;\nreg [15:0] v;\ninteger c = 0;\nreg on = 0;\n");
    for (int i = 0; i < n->net_count; i++)
        axn_buffer_format(out, "wire n%d;\n", i);
    axn_buffer_text(out, "assign n0 = 0;\nassign n1 = 1;\n");
    for (int bit = 0; bit < 8; bit++)
        axn_buffer_format(out, "assign n%d = v[%d];\nassign n%d = v[%d];\n", operand[0]->nets[bit],
                          8 + bit, operand[1]->nets[bit], bit);
    for (int g = 0; g < n->gate_count; g++) {
        const axn_liberty_cell *cell = &f->liberty.cells[n->gates[g].cell];
        for (int p = 0; p < cell->pin_count; p++) {
            int net = n->gates[g].nets[p];
            if (!cell->pins[p].output || net < 0)
                continue;
            axn_buffer_format(out, "assign #1 n%d = 0", net);
            for (int v = 0; v < 1 << cell->input_count; v++) {
                if (!((cell->pins[p].truth[0] >> v) & 1))
                    continue;
                axn_buffer_text(out, " | 1");
                for (int i = 0; i < cell->input_count; i++)
                    axn_buffer_format(out, " & %sn%d", (v >> i) & 1 ? "" : "~",
                                      n->gates[g].nets[cell->inputs[i]]);
            }
            axn_buffer_format(out, ";\nalways @(n%d) if (on) c = c + 1;\n", net);
        }
    }
    axn_buffer_text(out, "initial begin\n");
    for (int lane = 0; lane < AXN_GLITCH_LANES; lane++)
        for (int s = 0; s <= steps; s++)
            axn_buffer_format(out, "on = %d; v = 16'd%d; #100000;\n", s > 0,
                              pairs[s * AXN_GLITCH_LANES + lane]);
    axn_buffer_text(out, "$display(\"%0d\", c);\n$finish;\nend\nendmodule\n");
}

static void simulate_bench(fixture *f, const axn_buffer *bench, uint64_t *events)
{
    static const char *const compile[] = {"iverilog", "-o", "bench.vvp", "bench.v", NULL};
    static const char *const run[] = {"vvp", "-n", "bench.vvp", NULL};
    axn_buffer output = {0};
    char path[AXN_PATH_MAX];
    axn_process_options options = {.folder = f->folder, .output = &output, .timeout_s = 60};
    axn_check_path(path, f->folder, "bench.v");
    AXN_REQUIRE_OK(axn_file_write(path, bench->data, bench->length, &f->error), f->error);
    AXN_REQUIRE_OK(axn_process_run(compile, &options, &f->error), f->error);
    axn_buffer_clear(&output);
    AXN_REQUIRE_OK(axn_process_run(run, &options, &f->error), f->error);
    *events = strtoull(output.data == NULL ? "" : output.data, NULL, 10);
    axn_buffer_free(&output);
}

enum { FEW = 3 };

static void draw_pairs(uint16_t pairs[(FEW + 1) * AXN_GLITCH_LANES])
{
    axn_random random = axn_random_stream(7, AXN_RANDOM_TEST, 0, 0);
    for (int i = 0; i < (FEW + 1) * AXN_GLITCH_LANES; i++)
        pairs[i] = (uint16_t)axn_random_below(&random, 65536);
}

static void icarus_agrees_with_unit_delays(void)
{
    uint16_t pairs[(FEW + 1) * AXN_GLITCH_LANES];
    axn_glitch_options options = {.steps = FEW, .unit_delay = true, .pairs = pairs};
    axn_glitch glitch;
    axn_buffer bench = {0};
    uint64_t events = 0;
    fixture f;
    if (!axn_program_available("iverilog")) {
        fprintf(stderr, "skipped: no iverilog ");
        return;
    }
    draw_pairs(pairs);
    open_fixture(&f);
    map_member(&f, "exact_array");
    AXN_CHECK_OK(axn_glitch_estimate(&f.netlist, "A", "B", &options, &glitch, &f.error), f.error);
    write_bench(&f, pairs, FEW, &bench);
    simulate_bench(&f, &bench, &events);
    CU_ASSERT_EQUAL(events, glitch.transitions);
    CU_ASSERT(glitch.transitions > glitch.settled + glitch.settled / 10);
    axn_buffer_free(&bench);
    close_fixture(&f);
}

static void events_agree_with_the_delays_of_the_liberty(void)
{
    static const char *const names[] = {"exact_array", "mitchell"};
    uint16_t pairs[(FEW + 1) * AXN_GLITCH_LANES];
    fixture f;
    draw_pairs(pairs);
    open_fixture(&f);
    for (int i = 0; i < 2; i++) {
        axn_glitch_options options = {.steps = FEW, .pairs = pairs};
        axn_glitch glitch;
        uint64_t events = 0;
        map_member(&f, names[i]);
        AXN_CHECK_OK(axn_glitch_estimate(&f.netlist, "A", "B", &options, &glitch, &f.error),
                     f.error);
        for (int lane = 0; lane < AXN_GLITCH_LANES; lane++)
            events += events_of_lane(&f, pairs, FEW, lane);
        CU_ASSERT_EQUAL(events, glitch.transitions);
        CU_ASSERT(glitch.transitions > glitch.settled + glitch.settled / 10);
    }
    close_fixture(&f);
}

/* The toggles of random operands, counted, cost what the exact probabilities say; and
 * glitches are what they are known to be: an array has many more than a Dadda tree. */
static void counted_toggles_cost_what_probabilities_say(void)
{
    static const char *const names[] = {"exact_dadda", "exact_array", "drum_4"};
    double glitches[3];
    fixture f;
    open_fixture(&f);
    for (int i = 0; i < 3; i++) {
        axn_glitch glitch, again;
        double exact = 0;
        map_member(&f, names[i]);
        AXN_CHECK_OK(axn_power_operation(&f.netlist, "A", "B", NULL, &exact, &f.error), f.error);
        AXN_CHECK_OK(axn_glitch_estimate(&f.netlist, "A", "B", NULL, &glitch, &f.error), f.error);
        CU_ASSERT_EQUAL(glitch.operations, 16384);
        CU_ASSERT_DOUBLE_EQUAL(glitch.settled_pj, exact, .01 * exact);
        CU_ASSERT(glitch.energy_pj >= 0 && glitch.standard_error_pj < .02 * glitch.energy_pj);
        glitches[i] = glitch.energy_pj / exact;
        AXN_CHECK_OK(axn_glitch_estimate(&f.netlist, "A", "B", NULL, &again, &f.error), f.error);
        CU_ASSERT(again.energy_pj == glitch.energy_pj);
    }
    CU_ASSERT(glitches[0] < .2 && glitches[1] > .3 && glitches[1] < 1);
    close_fixture(&f);
}

/* Two sets of operands: the estimates differ by what their standard errors allow. */
static void the_standard_error_is_honest(void)
{
    enum { STEPS = AXN_GLITCH_STEPS };
    static uint16_t pairs[(STEPS + 1) * AXN_GLITCH_LANES];
    double sum = 0;
    fixture f;
    open_fixture(&f);
    map_member(&f, "exact_array");
    axn_glitch first;
    AXN_CHECK_OK(axn_glitch_estimate(&f.netlist, "A", "B", NULL, &first, &f.error), f.error);
    for (uint64_t seed = 1; seed <= 8; seed++) {
        axn_random random = axn_random_stream(seed, AXN_RANDOM_TEST, 1, 0);
        axn_glitch_options options = {.pairs = pairs};
        axn_glitch glitch;
        for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
            pairs[i] = (uint16_t)axn_random_below(&random, 65536);
        AXN_CHECK_OK(axn_glitch_estimate(&f.netlist, "A", "B", &options, &glitch, &f.error),
                     f.error);
        double z = (glitch.energy_pj - first.energy_pj) /
                   hypot(glitch.standard_error_pj, first.standard_error_pj);
        sum += z * z;
        CU_ASSERT(fabs(z) < 4);
    }
    CU_ASSERT(sum / 8 < 4);
    close_fixture(&f);
}

static void wrong_ports_are_refused(void)
{
    fixture f;
    axn_glitch glitch;
    open_fixture(&f);
    load_json(&f, hazard);
    AXN_CHECK_FAILS(axn_glitch_estimate(&f.netlist, "A", "C", NULL, &glitch, &f.error), f.error,
                    AXN_ERROR_FORMAT, "input port C");
    close_fixture(&f);
}

AXN_TEST_MAIN("glitches", {"a static hazard is counted", a_static_hazard_is_counted},
              {"Icarus agrees with unit delays", icarus_agrees_with_unit_delays},
              {"events agree with the delays of the Liberty",
               events_agree_with_the_delays_of_the_liberty},
              {"counted toggles cost what probabilities say",
               counted_toggles_cost_what_probabilities_say},
              {"the standard error is honest", the_standard_error_is_honest},
              {"wrong ports are refused", wrong_ports_are_refused})
