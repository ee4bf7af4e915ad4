/* Liberty files in the dialects of other vendors, with invented figures
 * (tests/data/liberty): read, mapped to, measured. */
#include "common/memory.h"
#include "multipliers/characterise.h"
#include "multipliers/families.h"
#include "synth/mapping.h"
#include "synth/power.h"
#include "tests/check.h"

#define NEAR(a, b) CU_ASSERT_DOUBLE_EQUAL(a, b, 1e-9)

static axn_liberty load(const char *name)
{
    char path[AXN_PATH_MAX];
    axn_liberty liberty;
    axn_error error = {0};
    axn_check_path(path, "tests/data/liberty", name);
    AXN_REQUIRE_OK(axn_liberty_load(path, &liberty, &error), error);
    return liberty;
}

static const axn_liberty_cell *cell_named(const axn_liberty *liberty, const char *name)
{
    int index = axn_liberty_find(liberty, name);
    if (index < 0)
        fprintf(stderr, "\n    no cell %s\n", name);
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

static void check_adders(const axn_liberty *liberty, const char *full, const char *half)
{
    CU_ASSERT_FATAL(liberty->full_adder >= 0 && liberty->half_adder >= 0);
    CU_ASSERT_STRING_EQUAL(liberty->cells[liberty->full_adder].name, full);
    CU_ASSERT_STRING_EQUAL(liberty->cells[liberty->half_adder].name, half);
}

/* fF, nW; names without quotation marks; arcs and leakages with conditions. */
static void nangate(void)
{
    axn_liberty liberty = load("like_nangate.lib");
    NEAR(liberty.voltage, 1.1);
    check_adders(&liberty, "FA_X1", "HA_X1");
    const axn_liberty_cell *inverter = cell_named(&liberty, "INV_X1");
    NEAR(pin_named(inverter, "A")->capacitance_pf, .92e-3);
    NEAR(inverter->leakage_mw, 11e-6);
    /* fJ: half a femtojoule is 5e-4 pJ */
    const axn_liberty_pin *out = pin_named(inverter, "ZN");
    NEAR(axn_liberty_lookup(&out->powers[0].fall, .002, .0004), .4034e-3);
    const axn_liberty_cell *full = cell_named(&liberty, "FA_X1");
    CU_ASSERT_EQUAL(pin_named(full, "S")->delay_count, 6); /* two conditions an input */
    CU_ASSERT_EQUAL(pin_named(full, "S")->power_count, 3);
    const axn_liberty_cell *scan = cell_named(&liberty, "SDFF_X1");
    CU_ASSERT(scan->flip_flop && !scan->dont_use);
    CU_ASSERT_STRING_EQUAL(scan->next_state, "((SE & SI) | (D & !SE))");
    CU_ASSERT_STRING_EQUAL(cell_named(&liberty, "DFFRS_X1")->preset, "!SN");
    static const char *const unusable[] = {"TBUF_X1", "DLH_X1", "CLKGATE_X1", "FILLCELL_X1",
                                           "ANTENNA_X1"};
    for (size_t i = 0; i < sizeof unusable / sizeof *unusable; i++)
        CU_ASSERT(cell_named(&liberty, unusable[i])->dont_use);
    CU_ASSERT_EQUAL(cell_named(&liberty, "LOGIC1_X1")->pins[0].truth[0] & 1, 1);
    axn_liberty_free(&liberty);
}

/* Everything in quotation marks; power tables that hold half of C V^2 with both signs. */
static void sky130(void)
{
    axn_liberty liberty = load("like_sky130.lib");
    NEAR(liberty.voltage, 1.8);
    check_adders(&liberty, "like_sky__fa_1", "like_sky__ha_1");
    const axn_liberty_cell *inverter = cell_named(&liberty, "like_sky__inv_1");
    NEAR(inverter->leakage_mw, .001e-6);
    const axn_liberty_pin *out = pin_named(inverter, "Y");
    NEAR(axn_liberty_lookup(&out->powers[0].rise, .01, .1), .0024 + .162 + .000005);
    NEAR(axn_power_internal(out, .01, .1), .0024 + .000005);
    CU_ASSERT_EQUAL(pin_named(inverter, "A")->power_count, 1);
    static const char *const unusable[] = {"like_sky__lpflow_inputiso0n_1",
                                           "like_sky__lpflow_lsbuf_lh_hl_isowell_tap_1",
                                           "like_sky__probe_p_8",
                                           "like_sky__ebufn_1",
                                           "like_sky__dlclkp_1",
                                           "like_sky__dlxtp_1",
                                           "like_sky__decap_3",
                                           "like_sky__diode_2"};
    for (size_t i = 0; i < sizeof unusable / sizeof *unusable; i++)
        CU_ASSERT(cell_named(&liberty, unusable[i])->dont_use);
    const axn_liberty_cell *falling = cell_named(&liberty, "like_sky__dfbbn_1");
    CU_ASSERT_STRING_EQUAL(falling->clocked_on, "!CLK_N");
    CU_ASSERT(pin_named(falling, "CLK_N")->clock);
    const axn_liberty_cell *tie = cell_named(&liberty, "like_sky__conb_1");
    CU_ASSERT(tie->combinational && tie->input_count == 0);
    axn_liberty_free(&liberty);
}

/* No adder cells; pW; products and sums. */
static void sg13g2(void)
{
    axn_liberty liberty = load("like_sg13g2.lib");
    NEAR(liberty.voltage, 1.2);
    CU_ASSERT(liberty.full_adder == -1 && liberty.half_adder == -1);
    const axn_liberty_cell *inverter = cell_named(&liberty, "like_sg13_inv_1");
    NEAR(inverter->leakage_mw, 80e-9);
    const axn_liberty_cell *mux = cell_named(&liberty, "like_sg13_mux2_1");
    CU_ASSERT_EQUAL(pin_named(mux, "X")->truth[0] & 255, 0xca);
    CU_ASSERT_STRING_EQUAL(cell_named(&liberty, "like_sg13_dfrbp_1")->clear, "RESET_B'");
    CU_ASSERT_STRING_EQUAL(cell_named(&liberty, "like_sg13_sdfbbp_1")->next_state,
                           "(SCE * SCD) + ((!SCE) * D)");
    static const char *const unusable[] = {"like_sg13_lgcp_1", "like_sg13_dlhq_1",
                                           "like_sg13_ebufn_2", "like_sg13_sighold",
                                           "like_sg13_fill_1"};
    for (size_t i = 0; i < sizeof unusable / sizeof *unusable; i++)
        CU_ASSERT(cell_named(&liberty, unusable[i])->dont_use);
    axn_liberty_free(&liberty);
}

/* Circuits through the whole of characterise; each is compared with its table there. */
static void circuits_are_characterised_with(const char *name, bool adders)
{
    static const char *const members[] = {"exact_dadda", "mitchell", "trunc_const_8"};
    enum { COUNT = 3 };
    char folder[AXN_PATH_MAX], path[COUNT][AXN_PATH_MAX], file[64];
    axn_characterise_job *jobs = NULL;
    axn_error error = {0};
    axn_liberty liberty = load(name);
    axn_check_folder(folder);
    AXN_REQUIRE_OK(axn_allocate(&jobs, COUNT, sizeof *jobs, "jobs", &error), error);
    for (int i = 0; i < COUNT; i++) {
        axn_circuit circuit;
        axn_buffer text = {0};
        snprintf(file, sizeof file, "%s.v", members[i]);
        axn_check_path(path[i], folder, file);
        AXN_REQUIRE_OK(axn_family_build(axn_family_find(members[i]), &circuit, &error), error);
        AXN_REQUIRE_OK(axn_circuit_print(&circuit, members[i], NULL, &text, &error), error);
        AXN_REQUIRE_OK(axn_file_write(path[i], text.data, text.length, &error), error);
        axn_buffer_free(&text);
        axn_circuit_free(&circuit);
        jobs[i].file = path[i];
    }
    AXN_REQUIRE_OK(axn_characterise(&liberty, jobs, COUNT, 0, &error), error);
    for (int i = 0; i < COUNT; i++) {
        const axn_multiplier *m = &jobs[i].multiplier;
        AXN_CHECK_OK(jobs[i].status, jobs[i].error);
        CU_ASSERT(m->extract_fa && m->area_um2 > 0 && m->power_mw > 0 && m->delay_ns > .1);
        CU_ASSERT(m->glitch_pj > 0 && m->glitch_pj < 2 * m->energy_pj);
    }
    CU_ASSERT(jobs[2].multiplier.power_mw < jobs[0].multiplier.power_mw / 2);

    /* What the exact one is made of: adders where there are some, and no cell that is not
     * to be used. */
    axn_netlist netlist;
    int found = 0;
    AXN_REQUIRE_OK(
        axn_map_circuit(&liberty, path[0], "exact_dadda", true, folder, &netlist, &error), error);
    for (int g = 0; g < netlist.gate_count; g++) {
        const axn_liberty_cell *cell = &liberty.cells[netlist.gates[g].cell];
        found += netlist.gates[g].cell == liberty.full_adder;
        CU_ASSERT(cell->combinational && !cell->dont_use && cell->input_count > 0);
    }
    CU_ASSERT_EQUAL(found, adders ? 48 : 0);
    axn_netlist_free(&netlist);
    axn_characterise_jobs_free(jobs, COUNT);
    axn_liberty_free(&liberty);
    axn_check_folder_remove(folder);
}

static void nangate_circuits(void)
{
    circuits_are_characterised_with("like_nangate.lib", true);
}

static void sky130_circuits(void)
{
    circuits_are_characterised_with("like_sky130.lib", true);
}

static void sg13g2_circuits(void)
{
    circuits_are_characterised_with("like_sg13g2.lib", false);
}

AXN_TEST_MAIN("Liberty dialects", {"the dialect of Nangate is read", nangate},
              {"the dialect of sky130 is read", sky130}, {"the dialect of SG13G2 is read", sg13g2},
              {"circuits are mapped to Nangate's cells", nangate_circuits},
              {"circuits are mapped to sky130's cells", sky130_circuits},
              {"circuits are mapped to SG13G2's cells, which lack adders", sg13g2_circuits})
