/* The power model against figures worked out by hand. */
#include <math.h>

#include "common/json.h"
#include "synth/power.h"
#include "tests/check.h"

/* One NAND of A[0] and B[0] into O[0] and an inverter behind it into O[1]. */
static const char nand_json[] =
    "{\"modules\": {\"m\": {\"ports\": {"
    "\"A\": {\"direction\": \"input\", \"bits\": [2,3,4,5,6,7,8,9]},"
    "\"B\": {\"direction\": \"input\", \"bits\": [10,11,12,13,14,15,16,17]},"
    "\"O\": {\"direction\": \"output\", \"bits\": [20,21,\"1\",\"0\",\"0\",\"0\",\"0\",\"0\","
    "\"0\",\"0\",\"0\",\"0\",\"0\",\"0\",\"0\",\"0\"]}},"
    "\"cells\": {"
    "\"v\": {\"type\": \"INVX1\", \"connections\": {\"A\": [20], \"Y\": [21]}},"
    "\"u\": {\"type\": \"NAND2X1\", \"connections\": {\"A\": [2], \"B\": [10], \"Y\": [20]}}},"
    "\"netnames\": {\"O\": {\"hide_name\": 0, \"bits\": [20, 21]}}}}}";

typedef struct fixture {
    axn_liberty liberty;
    char folder[AXN_PATH_MAX], path[AXN_PATH_MAX];
    axn_netlist netlist;
    axn_error error;
} fixture;

static axn_status load_text(fixture *f, const char *text)
{
    AXN_REQUIRE_OK(axn_file_write(f->path, text, strlen(text), &f->error), f->error);
    axn_netlist_free(&f->netlist);
    return axn_netlist_load(f->path, NULL, &f->liberty, &f->netlist, &f->error);
}

static void open_fixture(fixture *f, const char *text)
{
    memset(f, 0, sizeof *f);
    AXN_REQUIRE_OK(axn_liberty_load(NULL, &f->liberty, &f->error), f->error);
    axn_check_folder(f->folder);
    axn_check_path(f->path, f->folder, "m.json");
    if (text != NULL)
        AXN_REQUIRE_OK(load_text(f, text), f->error);
}

static void close_fixture(fixture *f)
{
    axn_netlist_free(&f->netlist);
    axn_liberty_free(&f->liberty);
    axn_check_folder_remove(f->folder);
}

static const axn_liberty_pin *output_of(const fixture *f, const char *cell)
{
    const axn_liberty_cell *found = &f->liberty.cells[axn_liberty_find(&f->liberty, cell)];
    for (int p = 0; p < found->pin_count; p++)
        if (found->pins[p].output)
            return &found->pins[p];
    return NULL;
}

/* Mean over groups of the mean of rise and fall, written out. */
static double toggle_energy(const fixture *f, const char *cell, double load)
{
    const axn_liberty_pin *pin = output_of(f, cell);
    double sum = 0;
    for (int i = 0; i < pin->power_count; i++)
        sum += 0.5 * (axn_liberty_lookup(&pin->powers[i].rise, f->liberty.slew_ns, load) +
                      axn_liberty_lookup(&pin->powers[i].fall, f->liberty.slew_ns, load));
    return 0.5 * load * 1.8 * 1.8 + sum / pin->power_count;
}

static void energy_follows_the_formula(void)
{
    fixture f;
    double energy;
    open_fixture(&f, nand_json);
    AXN_CHECK_OK(axn_power_operation(&f.netlist, "A", "B", NULL, &energy, &f.error), f.error);
    /* p(NAND) = 3/4 and p(AND) = 1/4: both toggle at 2 x 3/16. The inverter's input
     * capacitance loads the NAND, nothing loads the inverter. */
    double wanted =
        0.375 * (toggle_energy(&f, "NAND2X1", 0.00932456) + toggle_energy(&f, "INVX1", 0));
    CU_ASSERT_DOUBLE_EQUAL(energy, wanted, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(axn_netlist_area(&f.netlist), 40, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(axn_netlist_leakage(&f.netlist), (0.0393659 + 0.0221741) * 1e-6, 1e-15);
    CU_ASSERT_STRING_EQUAL(f.netlist.net_names[f.netlist.ports[2].nets[1]], "O[1]");
    close_fixture(&f);
}

static void histogram_weights_the_operands(void)
{
    static double weights[65536];
    fixture f;
    double uniform, energy;
    open_fixture(&f, nand_json);
    AXN_CHECK_OK(axn_power_operation(&f.netlist, "A", "B", NULL, &uniform, &f.error), f.error);
    for (int i = 0; i < 65536; i++)
        weights[i] = 0.25;
    AXN_CHECK_OK(axn_power_operation(&f.netlist, "A", "B", weights, &energy, &f.error), f.error);
    CU_ASSERT_DOUBLE_EQUAL(energy, uniform, 1e-9);
    memset(weights, 0, sizeof weights);
    weights[1 * 256 + 1] = 7; /* always the same pair: nothing toggles */
    AXN_CHECK_OK(axn_power_operation(&f.netlist, "A", "B", weights, &energy, &f.error), f.error);
    CU_ASSERT_DOUBLE_EQUAL(energy, 0, 1e-12);
    weights[1 * 256 + 2] = 21; /* B[0] is 1 in a quarter of the pairs */
    AXN_CHECK_OK(axn_power_operation(&f.netlist, "A", "B", weights, &energy, &f.error), f.error);
    CU_ASSERT_DOUBLE_EQUAL(energy, uniform, 1e-12);
    weights[0] = -1;
    AXN_CHECK_FAILS(axn_power_operation(&f.netlist, "A", "B", weights, &energy, &f.error), f.error,
                    AXN_ERROR_USAGE, "negative");
    memset(weights, 0, sizeof weights);
    AXN_CHECK_FAILS(axn_power_operation(&f.netlist, "A", "B", weights, &energy, &f.error), f.error,
                    AXN_ERROR_USAGE, "empty");
    close_fixture(&f);
}

static void toggles_cost_what_rates_cost(void)
{
    fixture f;
    open_fixture(&f, nand_json);
    uint64_t *toggles = calloc((size_t)f.netlist.net_count, sizeof *toggles);
    double per_gate[2] = {0, 0};
    CU_ASSERT_PTR_NOT_NULL_FATAL(toggles);
    if (toggles == NULL)
        return;
    toggles[f.netlist.ports[2].nets[0]] = 3;
    toggles[f.netlist.ports[2].nets[1]] = 5;
    toggles[f.netlist.ports[0].nets[0]] = 1000; /* input nets are not ours */
    double energy = axn_power_of_toggles(&f.netlist, toggles, per_gate);
    double nand = 3 * toggle_energy(&f, "NAND2X1", 0.00932456);
    double inverter = 5 * toggle_energy(&f, "INVX1", 0);
    CU_ASSERT_DOUBLE_EQUAL(energy, nand + inverter, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(per_gate[0], nand, 1e-12); /* topological order */
    CU_ASSERT_DOUBLE_EQUAL(per_gate[1], inverter, 1e-12);
    free(toggles);
    close_fixture(&f);
}

static void tables_are_a_major(void)
{
    static uint16_t table[65536];
    fixture f;
    open_fixture(&f, nand_json);
    AXN_CHECK_OK(axn_netlist_tabulate(&f.netlist, "A", "B", "O", table, &f.error), f.error);
    int wrong = 0;
    for (int i = 0; i < 65536; i++)
        wrong += table[i] != ((i >> 8) & i & 1 ? 6 : 5);
    CU_ASSERT_EQUAL(wrong, 0);
    AXN_CHECK_FAILS(axn_netlist_tabulate(&f.netlist, "A", "B", "Q", table, &f.error), f.error,
                    AXN_ERROR_FORMAT, "no 16-bit output port Q");
    AXN_CHECK_FAILS(axn_netlist_tabulate(&f.netlist, "O", "B", "O", table, &f.error), f.error,
                    AXN_ERROR_FORMAT, "no 8-bit input port O");
    close_fixture(&f);
}

/* Truth tables are evaluated right for every number of inputs. */
static void every_cell_evaluates_its_function(void)
{
    fixture f;
    open_fixture(&f, NULL);
    int cells = 0;
    for (int i = 0; i < f.liberty.cell_count; i++) {
        const axn_liberty_cell *cell = &f.liberty.cells[i];
        for (int p = 0; p < cell->pin_count && cell->combinational; p++) {
            if (!cell->pins[p].output)
                continue;
            int wrong = 0;
            for (int v = 0; v < 1 << cell->input_count; v++) {
                uint64_t inputs[AXN_CELL_MAX_INPUTS];
                for (int j = 0; j < cell->input_count; j++)
                    inputs[j] = (v >> j) & 1 ? ~UINT64_C(0) : 0;
                uint64_t got = axn_liberty_truth(cell->pins[p].truth, inputs, cell->input_count);
                uint64_t bit = (cell->pins[p].truth[v / 64] >> (v % 64)) & 1;
                wrong += got != (bit ? ~UINT64_C(0) : 0);
            }
            CU_ASSERT_EQUAL(wrong, 0);
            cells++;
        }
    }
    CU_ASSERT(cells >= 26);
    uint64_t truth[4] = {0, 0, 0, UINT64_C(1) << 63}, inputs[8]; /* AND of eight */
    for (int j = 0; j < 8; j++)
        inputs[j] = ~(UINT64_C(1) << j);
    CU_ASSERT_EQUAL(axn_liberty_truth(truth, inputs, 8), ~UINT64_C(255));
    close_fixture(&f);
}

static void damaged_netlists_are_refused(void)
{
    static const struct {
        const char *text, *message;
    } bad[] = {
        {"{}", "no module"},
        {"{\"modules\": {\"a\": {}, \"b\": {}}}", "no module"},
        {"{\"modules\": {\"a\": {\"cells\": {\"u\": {}}}}}", "damaged cell u"},
        {"{\"modules\": {\"a\": {\"cells\": {\"u\": {\"type\": \"RAM\"}}}}}", "black box"},
        {"{\"modules\": {\"a\": {\"cells\": {\"u\": {\"type\": \"LATCH\"}}}}}", "is a latch"},
        {"{\"modules\": {\"a\": {\"cells\": {\"u\": {\"type\": \"INVX1\"}}}}}",
         "unconnected input of cell u"},
        {"{\"modules\": {\"a\": {\"cells\": {\"u\": {\"type\": \"INVX1\", \"connections\": "
         "{\"A\": [3], \"Y\": [4]}}}}}}",
         "undriven input of cell u"},
        {"{\"modules\": {\"a\": {\"cells\": {\"u\": {\"type\": \"INVX1\", \"connections\": "
         "{\"A\": [3], \"Y\": [3]}}}}}}",
         "combinational loop"},
        {"{\"modules\": {\"a\": {\"cells\": {\"u\": {\"type\": \"INVX1\", \"connections\": "
         "{\"A\": [-3], \"Y\": [3]}}}}}}",
         "neither a net nor a constant"},
        {"{\"modules\": {\"a\": {\"cells\": {\"u\": {\"type\": \"INVX1\", \"connections\": "
         "{\"A\": [3], \"Q\": [4]}}}}}}",
         "unknown or wide pin"},
        {"{\"modules\": {\"a\": {\"cells\": {\"u\": {\"type\": \"INVX1\", \"connections\": "
         "{\"A\": [\"0\"], \"Y\": [4]}}, \"v\": {\"type\": \"INVX1\", \"connections\": "
         "{\"A\": [\"0\"], \"Y\": [4]}}}}}}",
         "several drivers"},
        {"{\"modules\": {\"a\": {\"ports\": {\"p\": {\"direction\": \"output\", \"bits\": "
         "[2]}}}}}",
         "undriven bit of output p"},
        {"{\"modules\": {\"a\": {\"ports\": {\"p\": {\"direction\": \"output\", \"bits\": "
         "[\"x\"]}}}}}",
         "X or Z"},
        {"{\"modules\": {\"a\": {\"ports\": {\"p\": {\"direction\": \"inout\", \"bits\": "
         "[2]}}}}}",
         "neither input nor output"},
    };
    fixture f;
    open_fixture(&f, NULL);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        f.error.message[0] = '\0';
        CU_ASSERT_NOT_EQUAL(load_text(&f, bad[i].text), AXN_OK);
        if (strstr(f.error.message, bad[i].message) == NULL) {
            fprintf(stderr, "\n    got \"%s\", wanted \"%s\"\n", f.error.message, bad[i].message);
            CU_FAIL("message");
        }
        CU_ASSERT_PTR_NOT_NULL(strstr(f.error.message, "m.json"));
    }
    close_fixture(&f);
}

AXN_TEST_MAIN("power", {"energy follows the formula", energy_follows_the_formula},
              {"a histogram weights the operands", histogram_weights_the_operands},
              {"toggles cost what rates cost", toggles_cost_what_rates_cost},
              {"tables are a-major", tables_are_a_major},
              {"every cell evaluates its function", every_cell_evaluates_its_function},
              {"damaged netlists are refused", damaged_netlists_are_refused})
