/* Toggles of every net of a mapped cell, counted by an event-driven simulator. */
#include "common/process.h"
#include "common/progress.h"
#include "common/random.h"
#include "synth/activity.h"
#include "synth/hierarchy.h"
#include "synth/yosys.h"
#include "tests/check.h"

enum { CYCLES = 2000, WARM_UP = 4, PERIOD = 10, SAMPLE = 4, MAX_NETS = 4096 };
#define MAX_BYTES ((size_t)64 << 20)

static const char source[] =
    "module unit(input logic clk_i, input logic first_i, input logic [3:0] a_i,\n"
    "  input logic [3:0] w_i, output logic [3:0] a_o, output logic [9:0] acc_o);\n"
    "  logic [3:0] a_q, w_q; logic [9:0] acc_q, acc_d;\n"
    "  always_comb acc_d = (acc_q & {10{~first_i}}) + 10'(8'(a_q) * 8'(w_q));\n"
    "  always_ff @(posedge clk_i) begin a_q <= a_i; w_q <= w_i; acc_q <= acc_d; end\n"
    "  assign a_o = a_q; assign acc_o = acc_q;\nendmodule\n";

/* Inputs change at the start of a period, the clock rises in its middle. */
static const char bench[] =
    "module tb;\n  reg clk = 0, first; reg [3:0] a, w; wire [3:0] a_o; wire [9:0] acc_o;\n"
    "  reg [8:0] stimulus [0:%d]; integer t;\n"
    "  unit dut (.clk_i(clk), .first_i(first), .a_i(a), .w_i(w), .a_o(a_o), .acc_o(acc_o));\n"
    "  initial begin\n    $readmemh(\"stimulus.hex\", stimulus);\n"
    "    $dumpfile(\"trace.vcd\"); $dumpvars(1, dut);\n"
    "    for (t = 0; t < %d; t = t + 1) begin\n"
    "      {first, a, w} = stimulus[t]; #5 clk = 1; #4 clk = 0; #1;\n    end\n"
    "    $finish;\n  end\nendmodule\n";

typedef struct fixture {
    axn_liberty liberty;
    axn_hierarchy hierarchy;
    axn_netlist netlist;
    axn_activity activity;
    char folder[AXN_PATH_MAX], stream[AXN_PATH_MAX];
    axn_error error;
} fixture;

/* One variable of the trace: a net or the bits of a bus. */
typedef struct variable {
    char code[8], name[AXN_LIBERTY_NAME];
    int high, low;       /* of its range; -1: none */
    char value[64];      /* bits, most significant first, current */
    char sampled[64];    /* at the last sample */
    uint64_t counts[64]; /* of each bit of the range, from low */
} variable;

typedef struct trace {
    variable items[MAX_NETS];
    int count;
} trace;

static void write_stimulus(fixture *f)
{
    axn_random random = axn_random_stream(11, AXN_RANDOM_TEST, 0, 0);
    axn_buffer stream = {0}, memory = {0}, text = {0};
    axn_buffer_text(&stream, "first_i:1 a_i:4 w_i:4\n");
    for (int t = 0; t < CYCLES; t++) {
        unsigned first = t < 2 || axn_random_below(&random, 30) == 0;
        unsigned a = axn_random_below(&random, 16), w = axn_random_below(&random, 16);
        axn_buffer_format(&stream, "%x %x %x\n", first, a, w);
        axn_buffer_format(&memory, "%x\n", first << 8 | a << 4 | w);
    }
    axn_buffer_format(&text, bench, CYCLES - 1, CYCLES);
    axn_check_write_buffer(f->folder, "stream.txt", &stream);
    axn_check_write_buffer(f->folder, "stimulus.hex", &memory);
    axn_check_write_buffer(f->folder, "tb.v", &text);
    axn_check_path(f->stream, f->folder, "stream.txt");
    axn_buffer_free(&stream);
    axn_buffer_free(&memory);
    axn_buffer_free(&text);
}

static void open_fixture(fixture *f)
{
    static const char *const flat[] = {"unit", NULL};
    char path[AXN_PATH_MAX];
    axn_buffer text = {0};
    memset(f, 0, sizeof *f);
    axn_progress_set_quiet(true);
    AXN_REQUIRE_OK(axn_liberty_load(NULL, &f->liberty, &f->error), f->error);
    axn_check_folder(f->folder);
    axn_buffer_text(&text, source);
    axn_check_write_buffer(f->folder, "cell.sv", &text);
    axn_buffer_clear(&text);
    axn_buffer_text(&text, "cell.sv\n");
    axn_check_write_buffer(f->folder, "list.f", &text);
    axn_buffer_free(&text);
    axn_hierarchy_options options = {
        .folder = f->folder, .file_list = "list.f", .top = "unit", .flatten = flat};
    AXN_REQUIRE_OK(
        axn_hierarchy_synthesise(&f->liberty, &options, f->folder, &f->hierarchy, &f->error),
        f->error);
    axn_check_path(path, f->folder, "flat_unit.json");
    AXN_REQUIRE_OK(axn_netlist_load(path, NULL, &f->liberty, &f->netlist, &f->error), f->error);
    write_stimulus(f);
}

static void close_fixture(fixture *f)
{
    axn_activity_free(&f->activity);
    axn_netlist_free(&f->netlist);
    axn_hierarchy_free(&f->hierarchy);
    axn_liberty_free(&f->liberty);
    axn_check_folder_remove(f->folder);
}

/* The flat netlist and models of the Liberty's cells as Verilog, and the simulation. */
static void simulate(fixture *f)
{
    static const char *const compile[] = {"iverilog", "-g2012", "-o",       "tb",
                                          "tb.v",     "flat.v", "models.v", NULL};
    static const char *const run[] = {"vvp", "-n", "tb", NULL};
    axn_buffer script = {0}, output = {0};
    axn_process_options options = {.folder = f->folder, .timeout_s = 300};
    axn_buffer_text(&script,
                    "read_json flat_unit.json\nwrite_verilog -noattr -noexpr -norename flat.v\n"
                    "design -reset\nread_liberty -ignore_miss_func cells.lib\n"
                    "write_verilog -noattr models.v\n");
    AXN_REQUIRE_OK(axn_yosys_run(&script, f->folder, "models.ys", 300, &output, &f->error),
                   f->error);
    AXN_REQUIRE_OK(axn_process_run(compile, &options, &f->error), f->error);
    AXN_REQUIRE_OK(axn_process_run(run, &options, &f->error), f->error);
    axn_buffer_free(&script);
    axn_buffer_free(&output);
}

/* "$var wire 4 ! a_i [3:0] $end". */
static void add_variable(trace *t, const char *line)
{
    variable *v = &t->items[t->count];
    int width = 0, read = 0;
    CU_ASSERT_FATAL(t->count < MAX_NETS);
    if (sscanf(line, "$var %*s %d %7s %63s%n", &width, v->code, v->name, &read) != 3 || width > 63)
        return;
    v->high = v->low = -1;
    (void)sscanf(line + read, " [%d:%d]", &v->high, &v->low);
    if (v->name[0] == '\\')
        memmove(v->name, v->name + 1, strlen(v->name));
    if (v->high < 0 && width > 1)
        return;
    memset(v->value, 'x', sizeof v->value);
    t->count++;
}

static void set_value(trace *t, const char *code, const char *bits)
{
    size_t length = strlen(bits);
    for (int i = 0; i < t->count; i++) {
        variable *v = &t->items[i];
        size_t width = v->high < 0 ? 1 : (size_t)(v->high - v->low + 1);
        if (strcmp(v->code, code) != 0)
            continue;
        /* Leading bits that are left out are 0, or x. */
        for (size_t b = 0; b < width; b++)
            v->value[b] = b < length ? bits[length - 1 - b] : (bits[0] == 'x' ? 'x' : '0');
    }
}

static void sample(trace *t, int cycle)
{
    for (int i = 0; i < t->count; i++) {
        variable *v = &t->items[i];
        for (int b = 0; b < 64; b++)
            v->counts[b] += cycle >= WARM_UP && v->value[b] != v->sampled[b];
        memcpy(v->sampled, v->value, sizeof v->sampled);
    }
}

/* Counts what differs between the samples just before the edges. */
static void read_trace(fixture *f, trace *t)
{
    char path[AXN_PATH_MAX], *save = NULL;
    axn_buffer text = {0};
    int cycle = 0;
    axn_check_path(path, f->folder, "trace.vcd");
    AXN_REQUIRE_OK(axn_file_read(path, MAX_BYTES, &text, &f->error), f->error);
    for (char *line = strtok_r(text.data, "\n", &save); line != NULL;
         line = strtok_r(NULL, "\n", &save)) {
        char bits[80], code[8];
        if (strncmp(line, "$var ", 5) == 0) {
            add_variable(t, line);
        } else if (line[0] == '#') {
            long time = strtol(line + 1, NULL, 10);
            for (; cycle < CYCLES && (long)cycle * PERIOD + SAMPLE < time; cycle++)
                sample(t, cycle);
        } else if (line[0] == 'b' && sscanf(line, "b%79s %7s", bits, code) == 2) {
            set_value(t, code, bits);
        } else if (strchr("01xz", line[0]) != NULL) {
            char bit[2] = {line[0], '\0'};
            set_value(t, line + 1, bit);
        }
    }
    CU_ASSERT_EQUAL(cycle, CYCLES);
    axn_buffer_free(&text);
}

/* The trace's count of "name" or "name[bit]"; false if it has no such net. */
static bool find_count(const trace *t, const char *net, uint64_t *count)
{
    const char *bracket = strrchr(net, '[');
    for (int i = 0; i < t->count; i++) {
        const variable *v = &t->items[i];
        if (v->high < 0 && strcmp(v->name, net) == 0) {
            *count = v->counts[0];
            return true;
        }
        size_t length = strlen(v->name);
        int bit = bracket != NULL ? (int)strtol(bracket + 1, NULL, 10) : 0;
        if (v->high >= 0 && bracket != NULL && (size_t)(bracket - net) == length &&
            strncmp(v->name, net, length) == 0 && bit >= v->low && bit <= v->high) {
            *count = v->counts[bit - v->low];
            return true;
        }
    }
    return false;
}

static void toggles_equal_those_of_a_trace(void)
{
    static trace t;
    fixture f;
    int compared = 0, moving = 0;
    if (!axn_program_available("iverilog")) {
        printf("(skipped: iverilog is not installed) ");
        return;
    }
    open_fixture(&f);
    simulate(&f);
    memset(&t, 0, sizeof t);
    read_trace(&f, &t);
    const char *streams[] = {f.stream};
    axn_activity_options options = {.warm_up = WARM_UP};
    AXN_REQUIRE_OK(axn_activity_simulate(&f.netlist, &options, streams, 1, &f.activity, &f.error),
                   f.error);
    for (int n = 2; n < f.netlist.net_count; n++) {
        uint64_t count = 0;
        const char *name = f.netlist.net_names[n];
        if (name == NULL || strcmp(name, "clk_i") == 0)
            continue;
        if (!find_count(&t, name, &count) || count != f.activity.toggles[n]) {
            fprintf(stderr, "\n    net %s: %llu in the trace, %llu here\n", name,
                    (unsigned long long)count, (unsigned long long)f.activity.toggles[n]);
            CU_FAIL("toggles differ");
        }
        compared++;
        moving += count > 0;
    }
    CU_ASSERT(compared >= f.netlist.gate_count);
    CU_ASSERT(moving > compared / 2);
    close_fixture(&f);
}

AXN_TEST_MAIN("toggles",
              {"toggles of every net equal those of a trace", toggles_equal_those_of_a_trace})
