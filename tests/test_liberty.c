/* Reading Liberty files: the default library, other dialects, hostile text. */
#include <math.h>
#include <unistd.h>

#include "synth/expression.h"
#include "synth/liberty_internal.h"
#include "tests/check.h"

#define NEAR(a, b) CU_ASSERT_DOUBLE_EQUAL(a, b, 1e-9)

static axn_liberty default_liberty(void)
{
    axn_liberty liberty;
    axn_error error = {0};
    AXN_REQUIRE_OK(axn_liberty_load(NULL, &liberty, &error), error);
    return liberty;
}

static const axn_liberty_cell *cell_named(const axn_liberty *liberty, const char *name)
{
    int index = axn_liberty_find(liberty, name);
    CU_ASSERT_FATAL(index >= 0);
    return &liberty->cells[index];
}

static const axn_liberty_pin *pin_named(const axn_liberty_cell *cell, const char *name)
{
    for (int p = 0; p < cell->pin_count; p++)
        if (strcmp(cell->pins[p].name, name) == 0)
            return &cell->pins[p];
    CU_FAIL_FATAL("pin not found");
    return NULL;
}

static void default_library_is_read(void)
{
    axn_liberty liberty = default_liberty();
    CU_ASSERT_STRING_EQUAL(liberty.name, "osu018_stdcells");
    CU_ASSERT_EQUAL(liberty.cell_count, 32);
    NEAR(liberty.voltage, 1.8);
    CU_ASSERT(liberty.slew_ns > 0.04 && liberty.slew_ns < 0.2);
    const axn_liberty_cell *nand = cell_named(&liberty, "NAND2X1");
    CU_ASSERT(nand->combinational && nand->input_count == 2);
    CU_ASSERT_EQUAL(pin_named(nand, "Y")->truth[0] & 15, 7);
    NEAR(nand->leakage_mw, 0.0393659e-6);
    const axn_liberty_cell *flip_flop = cell_named(&liberty, "DFFSR");
    CU_ASSERT(flip_flop->flip_flop && !flip_flop->dont_use);
    CU_ASSERT_STRING_EQUAL(flip_flop->clear, "(!R)");
    CU_ASSERT_STRING_EQUAL(flip_flop->state[0], "P0002");
    CU_ASSERT_EQUAL(flip_flop->clear_preset[0], 'L');
    CU_ASSERT(cell_named(&liberty, "LATCH")->latch && cell_named(&liberty, "LATCH")->dont_use);
    CU_ASSERT(!cell_named(&liberty, "TBUFX1")->combinational);
    axn_liberty_free(&liberty);
}

static void known_area_slips_are_corrected(void)
{
    axn_liberty liberty = default_liberty();
    const struct {
        const char *name;
        double area;
    } known[] = {{"OAI21X1", 32}, {"NAND3X1", 32}, {"LATCH", 56}};
    for (size_t i = 0; i < 3; i++) {
        NEAR(cell_named(&liberty, known[i].name)->area_um2, known[i].area);
        CU_ASSERT_PTR_NOT_NULL(cell_named(&liberty, known[i].name)->area_note);
    }
    CU_ASSERT_PTR_NULL(cell_named(&liberty, "NAND2X1")->area_note);

    /* The copy handed to the tools says the same. */
    char folder[AXN_PATH_MAX], path[AXN_PATH_MAX];
    axn_error error = {0};
    axn_liberty again;
    axn_check_folder(folder);
    axn_check_path(path, folder, "cells.lib");
    AXN_CHECK_OK(axn_liberty_place(&liberty, path, &error), error);
    AXN_REQUIRE_OK(axn_liberty_load(path, &again, &error), error);
    for (int i = 0; i < liberty.cell_count; i++)
        NEAR(again.cells[i].area_um2, liberty.cells[i].area_um2);
    CU_ASSERT_EQUAL(again.corrected_areas, 0);
    axn_liberty_free(&again);
    axn_liberty_free(&liberty);
    axn_check_folder_remove(folder);
}

static void adders_are_found_by_function(void)
{
    axn_liberty liberty = default_liberty();
    CU_ASSERT_FATAL(liberty.full_adder >= 0 && liberty.half_adder >= 0);
    const axn_liberty_cell *full = &liberty.cells[liberty.full_adder];
    CU_ASSERT_STRING_EQUAL(full->name, "FAX1");
    CU_ASSERT_STRING_EQUAL(liberty.cells[liberty.half_adder].name, "HAX1");
    axn_adder_pins pins = axn_liberty_adder_pins(full);
    CU_ASSERT_STRING_EQUAL(full->pins[pins.carry].name, "YC");
    CU_ASSERT_STRING_EQUAL(full->pins[pins.sum].name, "YS");
    CU_ASSERT(full->pins[pins.a].capacitance_pf >= full->pins[pins.b].capacitance_pf);
    CU_ASSERT(full->pins[pins.b].capacitance_pf >= full->pins[pins.c].capacitance_pf);
    axn_liberty_free(&liberty);
}

static void tables_follow_their_variables(void)
{
    axn_liberty liberty = default_liberty();
    const axn_liberty_pin *carry = pin_named(cell_named(&liberty, "FAX1"), "YC");
    CU_ASSERT_EQUAL_FATAL(carry->power_count, 3);
    const axn_liberty_table *rise = &carry->powers[0].rise;
    /* index_1 of the file is the load, index_2 the slew */
    NEAR(axn_liberty_lookup(rise, 0.06, 0.005), 0.007466);
    NEAR(axn_liberty_lookup(rise, 1.2, 0.005), 0.060247);
    NEAR(axn_liberty_lookup(rise, 0.06, 0.15), 0.011618);
    NEAR(axn_liberty_lookup(rise, 0.06, 0.00875), (0.007466 + 0.007781) / 2);
    NEAR(axn_liberty_lookup(rise, 1.8, 0.005), 0.060247 + (0.060247 - 0.030237));
    axn_liberty_free(&liberty);
}

/* A small file with the usual freedoms of other vendors. */
static const char dialect[] =
    "/* comment */ library ( \"other\" ) {\n"
    "  time_unit : \"10ps\" ; // to the end of the line\n"
    "  capacitive_load_unit (1,ff);\n  voltage_unit : \"100mV\";\n"
    "  leakage_power_unit : \"1pW\"\n"
    "  define (extra, cell, string);\n"
    "  nom_voltage : 11.0;\n"
    "  voltage_map (VDD, 11.0);\n"
    "  default_input_pin_cap : 2;\n"
    "  power_lut_template (p2) { variable_1 : input_transition_time;\n"
    "    variable_2 : total_output_net_capacitance;\n"
    "    index_1 (\"1, 2\"); index_2 (\"10, \\\n 20\"); }\n"
    "  power_lut_template (p1) { variable_1 : total_output_net_capacitance;\n"
    "    index_1 (\"10, 20\"); }\n"
    "  cell (\"inv_1\") { area : 1.5; extra : \"x {\";\n"
    "    leakage_power () { when : \"A\"; value : 3; }\n"
    "    leakage_power () { when : \"!A\"; value : \"5\"; }\n"
    "    pg_pin (VPWR) { pg_type : primary_power; }\n"
    "    pin (A) { direction : \"input\"; rise_capacitance : 3; fall_capacitance : 5; }\n"
    "    pin (Y) { direction : output; function : \"A'\";\n"
    "      internal_power () { related_pin : \"A\"; when : \"!B\";\n"
    "        power (p2) { values (\"1, 2\", \\\n   \"3, 4\"); } }\n"
    "      internal_power () { fall_power (p1) { values (\"5, 7\"); }\n"
    "        rise_power (scalar) { values (\"9\"); } } } }\n"
    "  cell (mux) { area : 2; pin (A, B, S) { direction : input; }\n"
    "    pin (X) { direction : output; function : \"(A&!S) | (B S)\"; } }\n"
    "  cell (ram) { area : 9; bus (D) { bus_type : t; pin (D[0]) { direction : input; } } }\n"
    "  cell (gate) { statetable (\"CLK GATE\", \"M\") { table : \"L L : - : L\"; }\n"
    "    pin (CLK) { direction : input; clock : true; }\n"
    "    pin (GCLK) { direction : output; state_function : \"CLK & M\"; } }\n"
    "  cell (keep) { dont_use : true; pin (A) { direction : input; }\n"
    "    pin (Y) { direction : output; function : \"A\"; } }\n"
    "  cell (tie) { pin (Y) { direction : output; function : \"1\"; } }\n"
    "}\n";

static void other_dialects_are_read(void)
{
    axn_liberty liberty;
    axn_error error = {0};
    AXN_REQUIRE_OK(
        axn_liberty_from_text("other.lib", dialect, sizeof dialect - 1, &liberty, &error), error);
    CU_ASSERT_EQUAL_FATAL(liberty.cell_count, 6);
    NEAR(liberty.voltage, 1.1);
    const axn_liberty_cell *inverter = &liberty.cells[0];
    CU_ASSERT_STRING_EQUAL(inverter->name, "inv_1");
    NEAR(inverter->leakage_mw, 4e-9);
    NEAR(pin_named(inverter, "A")->capacitance_pf, 0.004);
    const axn_liberty_pin *out = pin_named(inverter, "Y");
    CU_ASSERT_EQUAL(out->truth[0] & 3, 1);
    CU_ASSERT_EQUAL_FATAL(out->power_count, 2);
    CU_ASSERT_STRING_EQUAL(out->powers[0].when, "!B");
    /* Unit of energy: 1 fF x (0.1 V)^2 = 1e-5 pJ; slews in 10 ps. */
    NEAR(axn_liberty_lookup(&out->powers[0].rise, 0.02, 0.01), 3e-5);
    NEAR(axn_liberty_lookup(&out->powers[0].fall, 0.01, 0.02), 2e-5);
    NEAR(axn_liberty_lookup(&out->powers[1].fall, 7, 0.015), 6e-5);
    NEAR(axn_liberty_lookup(&out->powers[1].rise, 7, 9), 9e-5);
    const axn_liberty_cell *mux = &liberty.cells[1];
    CU_ASSERT(mux->combinational && mux->input_count == 3);
    CU_ASSERT_EQUAL(pin_named(mux, "X")->truth[0] & 255, 0xca);
    NEAR(pin_named(mux, "S")->capacitance_pf, 0.002);
    CU_ASSERT(liberty.cells[2].dont_use && !liberty.cells[2].combinational);
    CU_ASSERT(liberty.cells[3].dont_use && !liberty.cells[3].combinational);
    CU_ASSERT(liberty.cells[4].dont_use && liberty.cells[4].combinational);
    CU_ASSERT(liberty.cells[5].combinational);
    CU_ASSERT_EQUAL(liberty.full_adder, -1);
    axn_liberty_free(&liberty);
}

/* What the mapper and the timing analyser are given says what was read. */
static void tools_get_what_was_read(void)
{
    char folder[AXN_PATH_MAX], path[AXN_PATH_MAX];
    axn_error error = {0};
    axn_liberty liberty = default_liberty(), again;
    bool used[64] = {false};
    axn_check_folder(folder);
    axn_check_path(path, folder, "functions.lib");
    AXN_REQUIRE_OK(axn_liberty_write_functions(&liberty, path, &error), error);
    axn_buffer text = {0};
    AXN_REQUIRE_OK(axn_file_read(path, 1 << 20, &text, &error), error);
    /* the best cell of each function, no adders, no flip-flops */
    CU_ASSERT_PTR_NOT_NULL(strstr(text.data, "cell (NAND2X1)"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text.data, "cell (INVX1)"));
    CU_ASSERT_PTR_NULL(strstr(text.data, "cell (INVX2)"));
    CU_ASSERT_PTR_NULL(strstr(text.data, "cell (FAX1)"));
    CU_ASSERT_PTR_NULL(strstr(text.data, "cell (DFFPOSX1)"));
    CU_ASSERT_PTR_NULL(strstr(text.data, "cell (TBUFX1)"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text.data, "\"!((A&B))\""));
    axn_buffer_free(&text);

    axn_check_path(path, folder, "timing.lib");
    used[axn_liberty_find(&liberty, "FAX1")] = used[axn_liberty_find(&liberty, "XOR2X1")] = true;
    AXN_REQUIRE_OK(axn_liberty_write_timing(&liberty, used, path, &error), error);
    AXN_REQUIRE_OK(axn_liberty_load(path, &again, &error), error);
    CU_ASSERT_EQUAL_FATAL(again.cell_count, 2);
    for (int i = 0; i < 2; i++) {
        const axn_liberty_cell *copy = &again.cells[i], *cell = cell_named(&liberty, copy->name);
        CU_ASSERT_EQUAL_FATAL(copy->pin_count, cell->pin_count);
        for (int p = 0; p < cell->pin_count; p++) {
            const axn_liberty_pin *x = &cell->pins[p], *y = &copy->pins[p];
            CU_ASSERT_EQUAL_FATAL(x->delay_count, y->delay_count);
            CU_ASSERT(memcmp(x->truth, y->truth, sizeof x->truth) == 0);
            NEAR(x->capacitance_pf, y->capacitance_pf);
            for (int k = 0; k < x->delay_count; k++) {
                CU_ASSERT_STRING_EQUAL(x->delays[k].related_pin, y->delays[k].related_pin);
                NEAR(axn_liberty_lookup(&x->delays[k].rise, .1, .02),
                     axn_liberty_lookup(&y->delays[k].rise, .1, .02));
                NEAR(axn_liberty_lookup(&x->delays[k].fall_slew, .3, .05),
                     axn_liberty_lookup(&y->delays[k].fall_slew, .3, .05));
            }
        }
    }
    axn_liberty_free(&again);
    axn_liberty_free(&liberty);
    axn_check_folder_remove(folder);
}

static axn_liberty from_text(const char *text)
{
    axn_liberty liberty;
    axn_error error = {0};
    AXN_REQUIRE_OK(axn_liberty_from_text("x.lib", text, strlen(text), &liberty, &error), error);
    return liberty;
}

#define GATE(name, area, function)                                                                 \
    "cell (" name ") { " area "pin (A, B) { direction : input; capacitance : 1; }\n"               \
    " pin (Y) { direction : output; function : \"" function "\"; } }\n"

static void unusable_gates_are_not_mapped_to(void)
{
    static const char head[] = "library (x) { nom_voltage : 1;\n";
    static const char inverter[] = "cell (inv) { area : 1; pin (A) { direction : input; }\n"
                                   " pin (Y) { direction : output; function : \"!A\"; } }\n";
    static const struct {
        const char *cells, *missing, *without;
    } cases[] = {
        {GATE("and", "area : 2; ", "A&B"), "no usable inverter", ""},
        {GATE("xor", "area : 2; ", "A^B"), "no usable inverter", ""},
        {GATE("nor", "area : 2; ", "!(A+B)") GATE("free", "", "A B"), NULL, "free"},
        {GATE("nor", "area : 2; ", "!(A+B)") GATE("big", "area : 3; ", "(A' B')"), NULL, "big"},
        {GATE("nor", "area : 2; ", "!(A+B)") GATE("shift", "is_level_shifter : true; ", "A B"),
         NULL, "shift"},
        {GATE("nor", "area : 2; ", "!(A+B)") GATE("one", "area : 1; ", "A + A'"), NULL, "one"},
        {GATE("nor", "area : 2; ", "!(A+B)") GATE("a$b;c", "area : 1; ", "A B"), NULL, "a$b"},
    };
    char folder[AXN_PATH_MAX], path[AXN_PATH_MAX], text[2048];
    axn_check_folder(folder);
    axn_check_path(path, folder, "f.lib");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        axn_error error = {0};
        axn_buffer written = {0};
        snprintf(text, sizeof text, "%s%s%s}", head, cases[i].missing == NULL ? inverter : "",
                 cases[i].cells);
        if (i == 6) /* a name that is no plain identifier, as a string */
            snprintf(text, sizeof text, "%s%scell (\"a$b;c\") { area : 1; } %s}", head, inverter,
                     GATE("nor", "area : 2; ", "!(A+B)"));
        axn_liberty liberty = from_text(text);
        if (cases[i].missing != NULL) {
            AXN_CHECK_FAILS(axn_liberty_write_functions(&liberty, path, &error), error,
                            AXN_ERROR_FORMAT, cases[i].missing);
        } else {
            AXN_CHECK_OK(axn_liberty_write_functions(&liberty, path, &error), error);
            AXN_REQUIRE_OK(axn_file_read(path, 1 << 20, &written, &error), error);
            CU_ASSERT_PTR_NULL(strstr(written.data, cases[i].without));
            CU_ASSERT_PTR_NOT_NULL(strstr(written.data, "cell (nor)"));
            axn_buffer_free(&written);
        }
        axn_liberty_free(&liberty);
    }
    axn_check_folder_remove(folder);
}

/* Axes that are neither slew nor load stay at their first point. */
static void further_axes_stay_at_their_start(void)
{
    axn_liberty liberty = from_text(
        "\xef\xbb\xbflibrary (x) { operating_conditions (c) { voltage : 2 // no nominal one\n }\n"
        "power_lut_template (t) { variable_1 : equal_or_opposite_output_net_capacitance;\n"
        " variable_2 : input_transition_time; variable_3 : total_output_net_capacitance;\n"
        " index_1 (\"1,2\"); index_2 (\"1,2,3\"); index_3 (\"5,6\"); }\n"
        "cell (a) { pin (A) { direction : input; }\n"
        "pin (Y) { direction : output; function : \"A\"; internal_power () {\n"
        "rise_power (t) { values (\"1,2\",\"3,4\",\"5,6\",\"70,70\",\"70,70\",\"70,70\"); } } } } "
        "}");
    NEAR(liberty.voltage, 2);
    const axn_liberty_table *rise = &pin_named(&liberty.cells[0], "Y")->powers[0].rise;
    CU_ASSERT(rise->slews == 3 && rise->loads == 2);
    NEAR(axn_liberty_lookup(rise, 2, 5), 3);
    NEAR(axn_liberty_lookup(rise, 3, 6), 6);
    axn_liberty_free(&liberty);
}

static int find_letter(const void *context, const char *name, size_t length)
{
    (void)context;
    return length == 1 && *name >= 'A' && *name <= 'D' ? *name - 'A' : -1;
}

static uint64_t value_of(const char *text)
{
    static const uint64_t letters[4] = {0xaaaa, 0xcccc, 0xf0f0, 0xff00};
    axn_expression expression;
    CU_ASSERT_EQUAL_FATAL(axn_expression_compile(text, find_letter, NULL, &expression),
                          AXN_EXPRESSION_OK);
    return axn_expression_evaluate(&expression, letters) & 0xffff;
}

static void expressions_bind_as_liberty_says(void)
{
    const uint64_t a = 0xaaaa, b = 0xcccc, c = 0xf0f0, d = 0xff00, all = 0xffff;
    CU_ASSERT_EQUAL(value_of("A+B C"), a | (b & c));
    CU_ASSERT_EQUAL(value_of("A ^ B & C"), (a ^ b) & c);
    CU_ASSERT_EQUAL(value_of("!A B'"), (~a & ~b & all));
    CU_ASSERT_EQUAL(value_of("(A+B)'*(C|D)"), (~(a | b) & (c | d) & all));
    CU_ASSERT_EQUAL(value_of("!(A B)(C)"), (~(a & b) & c));
    CU_ASSERT_EQUAL(value_of("!!A''"), a);
    CU_ASSERT_EQUAL(value_of("1 ^ A"), ~a & all);
    CU_ASSERT_EQUAL(value_of("0 + \"A\""), a);
    CU_ASSERT_EQUAL(value_of("A B + B C + C A ^ 0"), (a & b) | (b & c) | (c & a));
}

static void bad_expressions_are_refused(void)
{
    static const char *const bad[] = {"", "A+", "+A", "(A", "A)", "()", "A && B", "A !", "#", "!"};
    axn_expression expression;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CU_ASSERT_EQUAL(axn_expression_compile(bad[i], find_letter, NULL, &expression),
                        AXN_EXPRESSION_SYNTAX);
    CU_ASSERT_EQUAL(axn_expression_compile("A & E", find_letter, NULL, &expression),
                    AXN_EXPRESSION_UNKNOWN);
    char deep[4096];
    memset(deep, '(', sizeof deep - 1);
    deep[sizeof deep - 1] = '\0';
    CU_ASSERT_EQUAL(axn_expression_compile(deep, find_letter, NULL, &expression),
                    AXN_EXPRESSION_LIMIT);
    memset(deep, '!', sizeof deep - 1);
    CU_ASSERT_EQUAL(axn_expression_compile(deep, find_letter, NULL, &expression),
                    AXN_EXPRESSION_LIMIT);
    for (size_t i = 0; i + 1 < sizeof deep; i++)
        deep[i] = i % 2 ? '+' : 'A';
    deep[sizeof deep - 2] = 'A';
    CU_ASSERT_EQUAL(axn_expression_compile(deep, find_letter, NULL, &expression),
                    AXN_EXPRESSION_LIMIT);
}

#define HEAD "library (x) { nom_voltage : 1;\n"
#define INV " pin (A) { direction : input; } pin (Y) { direction : output; "

static void damaged_files_are_refused(void)
{
    static const struct {
        const char *text, *message;
    } bad[] = {
        {"", ":1: not a Liberty file"},
        {"hello", ":1: ':' or '('"},
        {"module m(); endmodule", ":1: "},
        {"cell (x) {}", ":1: not a Liberty file"},
        {"library (x) {", ":1: group without '}'"},
        {"library (x) { } }", ":1: '}' without a group"},
        {"library (x) {\n cell (a) {\n pin (A) {\n } }", ":1: group without"},
        {"library (x) { nom_voltage : 1 }", ":1: library without cells"},
        {"library (x) { cell (a) { } }", ":1: library without a positive nom_voltage"},
        {"library (x) {\n/* open", ":2: comment without an end"},
        {"library (x) {\n a : \"open", ":2: string without an end"},
        {"library (x) {\n a (b", ":2: '(' without ')'"},
        {"library (x) {\n a (b { ) }", ":2: ')' expected"},
        {"library (x) {\n include_file (\"/etc/passwd\"); }", ":2: include_file"},
        {"library (x) { time_unit : \"1parsec\"; }", ":1: time_unit is not a unit"},
        {"library (x) { capacitive_load_unit (1, xf); }", ":1: capacitive_load_unit"},
        {HEAD "cell (a) {}} more (1) {}", ":2: text after"},
        {HEAD "cell (a) { area : big; } }", ":2: cell a: a number is expected"},
        {HEAD "cell (a) { area : -1; } }", ":2: cell a: area is negative"},
        {HEAD "cell (a) { area : nan; } }", ":2: cell a: a number is expected"},
        {HEAD "cell (a) { area : 1; }\n cell (a) { area : 1; } }", ":3: two cells of the name a"},
        {HEAD "cell (a) { pin (A) { } pin (A) { } } }", "two pins of the same name"},
        {HEAD "cell (a) {" INV "function : \"(A\"; } } }", "function of pin Y is malformed"},
        {HEAD "cell (a) { ff (Q, N) { next_state : \"D\"; } } }", "without next_state or clocked"},
        {HEAD "cell (a) {" INV "internal_power () { power (t) { } } } } }", "unknown template"},
        {HEAD "cell (a) {" INV "internal_power () { power (scalar) { } } } } }",
         "table without values"},
        {HEAD "cell (a) {" INV "internal_power () { power (scalar) { values (\"1,2\"); } } } } }",
         "number of values"},
        {HEAD "power_lut_template (t) { variable_1 : input_transition_time; index_1 (\"2,1\"); }\n"
              "cell (a) {" INV "internal_power () { power (t) { values (\"1,2\"); } } } } }",
         ":2: axis of a table does not ascend"},
        {HEAD "power_lut_template (t) { variable_1 : input_net_transition; index_1 (\"1,2\");\n"
              "variable_2 : input_transition_time; index_2 (\"1,2\"); }\n"
              "cell (a) {" INV "internal_power () { power (t) { values (\"1,2,3,4\"); } } } } }",
         ":2: two axes of a table"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        axn_liberty liberty;
        axn_error error = {0};
        AXN_CHECK_FAILS(
            axn_liberty_from_text("bad.lib", bad[i].text, strlen(bad[i].text), &liberty, &error),
            error, AXN_ERROR_FORMAT, bad[i].message);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "bad.lib"));
    }
}

static void deep_nesting_is_refused(void)
{
    axn_buffer text = {0};
    axn_liberty liberty;
    axn_error error = {0};
    axn_buffer_text(&text, "library (x) {\n");
    for (int i = 0; i < 100000; i++)
        axn_buffer_text(&text, "cell (x) {\n");
    AXN_CHECK_FAILS(axn_liberty_from_text("deep.lib", text.data, text.length, &liberty, &error),
                    error, AXN_ERROR_FORMAT, "nested too deeply");
    axn_buffer_clear(&text);
    axn_buffer_text(&text, "library (x) {\n");
    for (int i = 0; i < 100000; i++)
        axn_buffer_text(&text, "unknown (x) {\n");
    AXN_CHECK_FAILS(axn_liberty_from_text("deep.lib", text.data, text.length, &liberty, &error),
                    error, AXN_ERROR_FORMAT, "deep.lib:2: group without '}'");
    axn_buffer_free(&text);
}

/* Each prefix and each overwritten byte of a file gives a result or an error. */
static void any_damage_ends_well(void)
{
    char text[sizeof dialect];
    static const char junk[] = "(){};:\"\\/*,\n\0!x9";
    axn_liberty liberty;
    axn_error error = {0};
    for (size_t length = 0; length < sizeof dialect - 1; length++) {
        memcpy(text, dialect, length);
        text[length] = '\0';
        if (axn_liberty_from_text("cut.lib", text, length, &liberty, &error) == AXN_OK)
            axn_liberty_free(&liberty);
    }
    for (size_t at = 0; at < sizeof dialect - 1; at++)
        for (size_t k = 0; k < sizeof junk - 1; k++) {
            memcpy(text, dialect, sizeof dialect);
            text[at] = junk[k];
            if (axn_liberty_from_text("hit.lib", text, sizeof dialect - 1, &liberty, &error) ==
                AXN_OK)
                axn_liberty_free(&liberty);
        }
    CU_PASS("no crash");
}

static void missing_files_are_named(void)
{
    axn_liberty liberty;
    axn_error error = {0};
    AXN_CHECK_FAILS(axn_liberty_load("/nowhere/x.lib", &liberty, &error), error, AXN_ERROR_IO,
                    "/nowhere/x.lib");
    CU_ASSERT_EQUAL(liberty.cell_count, 0);
    axn_liberty_free(&liberty);
}

AXN_TEST_MAIN("liberty", {"the default library is read", default_library_is_read},
              {"known slips of its areas are corrected", known_area_slips_are_corrected},
              {"adders are found by function", adders_are_found_by_function},
              {"tables follow their variables", tables_follow_their_variables},
              {"other dialects are read", other_dialects_are_read},
              {"tools get what was read", tools_get_what_was_read},
              {"unusable gates are not mapped to", unusable_gates_are_not_mapped_to},
              {"further axes stay at their start", further_axes_stay_at_their_start},
              {"expressions bind as Liberty says", expressions_bind_as_liberty_says},
              {"bad expressions are refused", bad_expressions_are_refused},
              {"damaged files are refused with file and line", damaged_files_are_refused},
              {"deep nesting is refused", deep_nesting_is_refused},
              {"any damage ends well", any_damage_ends_well},
              {"missing files are named", missing_files_are_named})
