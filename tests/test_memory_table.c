/* The table of memories: what it gives, between its sizes and outside them. */
#include "synth/memory_table.h"

#include "tests/check.h"

static void load(axn_memory_table *table, const char *liberty)
{
    axn_error error = {0};
    AXN_REQUIRE_OK(axn_memory_table_load(NULL, liberty, table, &error), error);
}

static void sizes_of_the_table_are_given_back(void)
{
    axn_memory_table table;
    axn_memory_cost cost;
    axn_error error = {0};
    load(&table, "osu018_stdcells");
    CU_ASSERT_FATAL(table.count >= 3);
    CU_ASSERT(strstr(table.source, "gf180mcu") != NULL);
    for (int i = 0; i < table.count; i++) {
        const axn_macro *macro = &table.sizes[i];
        AXN_REQUIRE_OK(axn_memory_cost_of(&table, 4, macro->words, &cost, &error), error);
        CU_ASSERT_EQUAL(cost.columns, 4);
        CU_ASSERT_EQUAL(cost.banks, 1);
        CU_ASSERT_DOUBLE_EQUAL(cost.area_um2, 4 * macro->area_um2, 1e-6);
        CU_ASSERT_DOUBLE_EQUAL(cost.read_pj, 4 * macro->read_pj, 1e-9);
        CU_ASSERT_DOUBLE_EQUAL(cost.write_pj, macro->write_pj, 1e-9);
    }
}

static void figures_between_are_interpolated_and_deep_memories_have_banks(void)
{
    axn_memory_table table;
    axn_memory_cost cost;
    axn_error error = {0};
    load(&table, "osu018_stdcells");
    AXN_REQUIRE_OK(axn_memory_cost_of(&table, 1, 192, &cost, &error), error);
    CU_ASSERT_DOUBLE_EQUAL(cost.area_um2, (116118.5168 + 147212.4368) / 2, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(cost.read_pj, (88.7733 + 93.51) / 2, 1e-9);
    AXN_REQUIRE_OK(axn_memory_cost_of(&table, 16, 1024, &cost, &error), error);
    CU_ASSERT_EQUAL(cost.banks, 2);
    CU_ASSERT_EQUAL(cost.macro_words, 512);
    CU_ASSERT_DOUBLE_EQUAL(cost.area_um2, 32 * 209400.2768, 1e-3);
    /* One bank is read. */
    CU_ASSERT_DOUBLE_EQUAL(cost.read_pj, 16 * 103.176, 1e-9);
}

static void macros_of_wide_words_stand_beside_each_other(void)
{
    axn_memory_table table;
    axn_memory_cost cost;
    axn_error error = {0};
    load(&table, "gscl45nm");
    CU_ASSERT_STRING_EQUAL(table.node, "45 nm");
    AXN_REQUIRE_OK(axn_memory_cost_of(&table, 16, 640, &cost, &error), error);
    CU_ASSERT_EQUAL(cost.columns, 4);
    CU_ASSERT_EQUAL(cost.column_bytes, 4);
    CU_ASSERT_DOUBLE_EQUAL(cost.area_um2, 4 * (5065.704 + 16406.082) / 2, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(cost.read_pj, 4 * (1.87439 + 3.5664) / 2, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(cost.write_pj, (1.87439 + 3.5664) / 2, 1e-9);
    /* Three bytes take a whole column. */
    AXN_REQUIRE_OK(axn_memory_cost_of(&table, 3, 2048, &cost, &error), error);
    CU_ASSERT_EQUAL(cost.columns, 1);
    CU_ASSERT_EQUAL(cost.banks, 2);
    CU_ASSERT_DOUBLE_EQUAL(cost.read_pj, 3.5664, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(cost.standby_mw, 2 * .797666, 1e-9);
}

static void what_is_outside_is_refused(void)
{
    axn_memory_table table;
    axn_memory_cost cost;
    axn_error error = {0};
    load(&table, "osu018_stdcells");
    AXN_CHECK_FAILS(axn_memory_cost_of(&table, 1, 63, &cost, &error), error, AXN_ERROR_LIMIT,
                    "63 words of 1 bytes is outside the table");
    AXN_CHECK_FAILS(axn_memory_cost_of(&table, 1, 512L * AXN_MEMORY_BANKS + 1, &cost, &error),
                    error, AXN_ERROR_LIMIT, "outside the table");
    load(&table, "another_technology");
    CU_ASSERT_EQUAL(table.count, 0);
}

static void damaged_tables_are_refused(void)
{
#define HEAD "{\"format\": \"axnas-memories\", \"version\": 1, \"technologies\": [{\"node\": \"x\","
#define NAMES "\"liberties\": [\"l\"], \"source\": \"s\", \"scaling\": \"none\", \"word_bits\": 8,"
#define SIZE(words)                                                                                \
    "{\"words\": " #words ", \"area_um2\": 1, \"read_pj\": 1, \"write_pj\": 1,"                    \
    "\"standby_mw\": 0}"
    static const char *const cases[][2] = {
        {"{\"format\": \"axnas-memories\", \"version\": 2}", "version"},
        {HEAD NAMES "\"sizes\": [" SIZE(1) "," SIZE(2) "]}]}", "fewer than 3 sizes"},
        {HEAD NAMES "\"sizes\": [" SIZE(1) "," SIZE(3) "," SIZE(3) "]}]}", "do not ascend"},
        {HEAD "\"liberties\": [\"l\"], \"scaling\": \"none\", \"word_bits\": 8, \"sizes\": []}]}",
         "source"},
        {"[", "memories.json"}};
    char folder[AXN_PATH_MAX], path[AXN_PATH_MAX];
    axn_memory_table table;
    axn_error error = {0};
    axn_check_folder(folder);
    axn_check_path(path, folder, "memories.json");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        AXN_REQUIRE_OK(axn_file_write(path, cases[i][0], strlen(cases[i][0]), &error), error);
        AXN_CHECK_FAILS(axn_memory_table_load(path, "l", &table, &error), error, AXN_ERROR_FORMAT,
                        cases[i][1]);
    }
    axn_check_folder_remove(folder);
}

AXN_TEST_MAIN("table of memories",
              {"sizes of the table are given back", sizes_of_the_table_are_given_back},
              {"figures between are interpolated, deep memories have banks",
               figures_between_are_interpolated_and_deep_memories_have_banks},
              {"macros of wide words stand beside each other",
               macros_of_wide_words_stand_beside_each_other},
              {"what is outside is refused", what_is_outside_is_refused},
              {"damaged tables are refused", damaged_tables_are_refused})
