/* library.json and the netlists beside it: reading, writing, damage. */
#include "common/json.h"
#include "common/memory.h"
#include "multipliers/families.h"
#include "multipliers/library.h"
#include "tests/check.h"

static char folder[AXN_PATH_MAX];

/* A library of three family circuits in `folder`, with invented costs. */
static void make_library(axn_library *library)
{
    static const char *const names[] = {"exact_dadda", "mitchell", "drum_4"};
    axn_error error = {0};
    axn_check_folder(folder);
    *library = (axn_library){.clock_mhz = 1000, .count = 3};
    snprintf(library->folder, sizeof library->folder, "%s", folder);
    snprintf(library->liberty, sizeof library->liberty, "cells");
    snprintf(library->histogram, sizeof library->histogram, "0123456789abcdef");
    snprintf(library->yosys, sizeof library->yosys, "Yosys");
    AXN_REQUIRE_OK(axn_allocate(&library->multipliers, 3, sizeof *library->multipliers, "", &error),
                   error);
    for (int i = 0; i < 3; i++) {
        axn_multiplier *m = &library->multipliers[i];
        static axn_table table;
        axn_circuit circuit;
        axn_buffer text = {0};
        char path[AXN_PATH_MAX];
        const axn_family_member *member = axn_family_find(names[i]);
        AXN_REQUIRE_OK(axn_family_build(member, &circuit, &error), error);
        AXN_REQUIRE_OK(axn_circuit_tabulate(&circuit, &table, &error), error);
        AXN_REQUIRE_OK(axn_circuit_print(&circuit, names[i], NULL, &text, &error), error);
        snprintf(m->name, sizeof m->name, "%s", names[i]);
        snprintf(m->family, sizeof m->family, "%s", member->family);
        snprintf(m->command, sizeof m->command, "make \"it\"");
        m->hash = axn_table_hash(&table);
        m->metrics = axn_metrics_of(&table);
        m->area_um2 = 1000.0 / (i + 1);
        m->power_mw = 2.0 / (i + 1);
        m->energy_pj = m->power_mw;
        m->delay_ns = 2.5;
        m->energy_pdp_pj = 0.1;
        m->energy_histogram_pj = i == 0 ? -1 : 0.25;
        m->glitch_pj = 0.5;
        m->glitch_standard_error_pj = 0.125;
        m->extract_fa = true;
        AXN_REQUIRE_OK(axn_library_netlist(library, i, path, &error), error);
        AXN_REQUIRE_OK(axn_file_write(path, text.data, text.length, &error), error);
        axn_buffer_free(&text);
        axn_circuit_free(&circuit);
    }
    AXN_REQUIRE_OK(axn_library_complete(library, &error), error);
    AXN_REQUIRE_OK(axn_library_save(library, &error), error);
}

static void round_trip(void)
{
    axn_library made, read;
    axn_error error = {0};
    make_library(&made);
    AXN_REQUIRE_OK(axn_library_load(folder, &read, &error), error);
    CU_ASSERT_EQUAL_FATAL(read.count, 3);
    CU_ASSERT_STRING_EQUAL(read.histogram, "0123456789abcdef");
    CU_ASSERT_STRING_EQUAL(read.multipliers[0].name, "drum_4");
    CU_ASSERT_STRING_EQUAL(read.multipliers[read.exact].name, "exact_dadda");
    CU_ASSERT_DOUBLE_EQUAL(read.multipliers[0].power_ratio, 1.0 / 3, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(read.multipliers[2].area_ratio, 0.5, 1e-12);
    for (int i = 0; i < 3; i++) {
        const axn_multiplier *a = &made.multipliers[i], *b = &read.multipliers[i];
        CU_ASSERT_STRING_EQUAL(a->name, b->name);
        CU_ASSERT_STRING_EQUAL(a->command, b->command);
        CU_ASSERT_EQUAL(a->hash, b->hash);
        CU_ASSERT_DOUBLE_EQUAL(a->metrics.mae, b->metrics.mae, 1e-12 * a->metrics.mae);
        CU_ASSERT_DOUBLE_EQUAL(a->metrics.mre, b->metrics.mre, 1e-12);
        CU_ASSERT_DOUBLE_EQUAL(a->metrics.wcre, b->metrics.wcre, 1e-12);
        CU_ASSERT_DOUBLE_EQUAL(a->metrics.mse, b->metrics.mse, 1e-12 * a->metrics.mse);
        CU_ASSERT_DOUBLE_EQUAL(a->metrics.mean_error, b->metrics.mean_error, 1e-9);
        CU_ASSERT(a->metrics.wce == b->metrics.wce && a->metrics.ep == b->metrics.ep);
        CU_ASSERT(a->area_um2 == b->area_um2 && a->delay_ns == b->delay_ns);
        CU_ASSERT(a->glitch_pj == b->glitch_pj &&
                  a->glitch_standard_error_pj == b->glitch_standard_error_pj);
        CU_ASSERT_EQUAL(a->energy_histogram_pj, b->energy_histogram_pj);
        CU_ASSERT(a->lite == b->lite && b->extract_fa);
    }
    axn_library_free(&made);
    axn_library_free(&read);
    axn_check_folder_remove(folder);
}

/* library.json with the first occurrence of `from` replaced. */
static void damage(const char *from, const char *to)
{
    char path[AXN_PATH_MAX];
    axn_buffer text = {0}, changed = {0};
    axn_error error = {0};
    axn_check_path(path, folder, "library.json");
    AXN_REQUIRE_OK(axn_file_read(path, 1 << 20, &text, &error), error);
    char *at = strstr(text.data, from);
    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    axn_buffer_append(&changed, text.data, (size_t)(at - text.data));
    axn_buffer_text(&changed, to);
    axn_buffer_text(&changed, at + strlen(from));
    AXN_REQUIRE_OK(axn_file_write(path, changed.data, changed.length, &error), error);
    axn_buffer_free(&text);
    axn_buffer_free(&changed);
}

static void damaged_files(void)
{
    static const struct {
        const char *from, *to, *message;
    } cases[] = {
        {"axnas-library", "axnas-model", "format"},
        {"\"version\":\t2", "\"version\":\t1", "version"},
        {"\"liberty\"", "\"libertine\"", "libert"},
        {"\"mae\"", "\"mea\"", "mea"},
        {"\"glitch_pj\"", "\"glitches_pj\"", "glitch"},
        {"\"energy_histogram_pj\":\t", "\"energy_histogram_pj\":\t-", "energy_histogram_pj"},
        {"\"lite\":\tfalse", "\"lite\":\t\"no\"", "lite"},
        {"\"hash\":\t\"", "\"hash\":\t\"x", "hash"},
        {"\"ep\":\t", "\"ep\":\t1", "ep"},
        {"drum_4", "mitchell", "mitchell"},
        {"drum_4", "../drum_4", "drum_4"},
        {"drum_4", "assign", "assign"},
        {"\"clock_mhz\":\t1000", "\"clock_mhz\":\t-1", "clock_mhz"},
        {"\"multipliers\":\t[", "\"multipliers\":\t[7, ", "object"},
        {"\"multipliers\":\t[{", "\"multipliers\":\t[{\"extra\":\t0, ", "extra"},
        {"{", "", "library.json"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        axn_library library;
        axn_error error = {0};
        make_library(&library);
        axn_library_free(&library);
        damage(cases[i].from, cases[i].to);
        AXN_CHECK_FAILS(axn_library_load(folder, &library, &error), error, AXN_ERROR_FORMAT,
                        cases[i].message);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.message, folder));
        CU_ASSERT_PTR_NULL(library.multipliers);
        axn_check_folder_remove(folder);
    }
}

static void no_library(void)
{
    axn_library library;
    axn_error error = {0};
    AXN_CHECK_FAILS(axn_library_load("/nonexistent", &library, &error), error, AXN_ERROR_IO,
                    "/nonexistent");
}

static void needs_an_exact_circuit(void)
{
    axn_library library;
    axn_error error = {0};
    make_library(&library);
    library.multipliers[library.exact].metrics.wce = 1;
    AXN_CHECK_OK(axn_library_save(&library, &error), error);
    axn_library_free(&library);
    AXN_CHECK_FAILS(axn_library_load(folder, &library, &error), error, AXN_ERROR_FORMAT,
                    "no exact multiplier");
    axn_check_folder_remove(folder);
}

static void finds_names(void)
{
    axn_library library;
    axn_error error = {0};
    int index = 7;
    make_library(&library);
    CU_ASSERT_EQUAL(axn_library_find(&library, "mitchell"), 2);
    CU_ASSERT_EQUAL(axn_library_find(&library, "mitchel"), -1);
    AXN_CHECK_OK(axn_library_require(&library, "exact_dadda", &index, &error), error);
    CU_ASSERT_EQUAL(index, 1);
    AXN_CHECK_FAILS(axn_library_require(&library, "mitchel", &index, &error), error,
                    AXN_ERROR_NOT_FOUND, "near names: mitchell");
    axn_library_free(&library);
    axn_check_folder_remove(folder);
}

/* Tables come from the netlists; one whose function changed is refused by name. */
static void flipped_gate(void)
{
    axn_library library;
    axn_error error = {0};
    char path[AXN_PATH_MAX];
    static axn_table tables[3], exact;
    const int indices[] = {2, 1, 0};
    axn_buffer text = {0};
    make_library(&library);
    AXN_CHECK_OK(axn_library_tables(&library, indices, 3, tables, &error), error);
    axn_table_exact(&exact);
    CU_ASSERT(memcmp(&tables[1], &exact, sizeof exact) == 0);
    CU_ASSERT_EQUAL(tables[2].product[200 * 256 + 3], 208 * 3);
    AXN_REQUIRE_OK(axn_library_netlist(&library, 1, path, &error), error);
    AXN_REQUIRE_OK(axn_file_read(path, 1 << 20, &text, &error), error);
    char *gate = strstr(text.data, "A[0] & B[0]");
    CU_ASSERT_PTR_NOT_NULL_FATAL(gate);
    if (gate != NULL)
        gate[5] = '|';
    AXN_REQUIRE_OK(axn_file_write(path, text.data, text.length, &error), error);
    AXN_CHECK_FAILS(axn_library_tables(&library, indices, 3, tables, &error), error,
                    AXN_ERROR_MISMATCH, "exact_dadda.v");
    AXN_CHECK_OK(axn_library_tables(&library, indices, 1, tables, &error), error);
    axn_buffer_free(&text);
    axn_library_free(&library);
    axn_check_folder_remove(folder);
}

static void missing_netlist(void)
{
    axn_library library;
    axn_error error = {0};
    char path[AXN_PATH_MAX];
    static axn_table tables[1];
    const int index = 2;
    make_library(&library);
    AXN_REQUIRE_OK(axn_library_netlist(&library, index, path, &error), error);
    CU_ASSERT_EQUAL(remove(path), 0);
    AXN_CHECK_FAILS(axn_library_tables(&library, &index, 1, tables, &error), error, AXN_ERROR_IO,
                    "mitchell.v");
    axn_library_free(&library);
    axn_check_folder_remove(folder);
}

AXN_TEST_MAIN("multiplier library", {"written and read back", round_trip},
              {"damaged library.json", damaged_files}, {"no library there", no_library},
              {"an exact circuit is needed", needs_an_exact_circuit}, {"names", finds_names},
              {"a flipped gate is found", flipped_gate}, {"a missing netlist", missing_netlist})
