/* Templates: what the parser accepts and how it names what it does not. */
#include "nas/template.h"
#include "tests/check.h"

static const char good[] = "axnas-template 1\n"
                           "# comment\n"
                           "rows 2\ncolumns 2\nlevels_back 1\n"
                           "cell 0 0 CONV channels=4 kernel=3 stride=2 # behind\n"
                           "cell 0 1 RES-B channels=8 kernel=5 reduce=2 stride=1\r\n"
                           "\n"
                           "cell 1 1 FC units=7\n"
                           "cell 1 0 SUM";

static axn_status parse(const char *text, axn_template *grid, axn_error *error)
{
    return axn_template_parse("dir/some.txt", text, strlen(text), grid, error);
}

static void reads_cells(void)
{
    axn_template grid;
    axn_error error = {0};
    AXN_REQUIRE_OK(parse(good, &grid, &error), error);
    CU_ASSERT_STRING_EQUAL(grid.name, "some");
    CU_ASSERT_EQUAL(grid.rows, 2);
    CU_ASSERT_EQUAL(grid.columns, 2);
    CU_ASSERT_EQUAL(grid.levels_back, 1);
    CU_ASSERT_EQUAL(grid.cells[0].kind, AXN_CELL_CONV);
    CU_ASSERT_EQUAL(grid.cells[0].stride, 2);
    CU_ASSERT_EQUAL(grid.cells[1].kind, AXN_CELL_RES_B);
    CU_ASSERT_EQUAL(grid.cells[1].reduce, 2);
    CU_ASSERT_EQUAL(grid.cells[2].kind, AXN_CELL_SUM);
    CU_ASSERT_EQUAL(grid.cells[3].channels, 7);
    axn_template_free(&grid);
}

static void printing_and_reading_is_the_identity(void)
{
    axn_template grid;
    axn_template again;
    axn_error error = {0};
    axn_buffer one = {0};
    axn_buffer two = {0};
    AXN_REQUIRE_OK(parse(good, &grid, &error), error);
    axn_template_print(&grid, &one);
    AXN_REQUIRE_OK(parse(one.data, &again, &error), error);
    axn_template_print(&again, &two);
    CU_ASSERT_STRING_EQUAL(one.data, two.data);
    axn_template_free(&grid);
    axn_template_free(&again);
    axn_buffer_free(&one);
    axn_buffer_free(&two);
}

/* `good` with its first `old` replaced. */
static void refuses(const char *old, const char *new, const char *part)
{
    char text[1024];
    axn_template grid;
    axn_error error = {0};
    const char *at = strstr(good, old);
    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - good), good, new, at + strlen(old));
    AXN_CHECK_FAILS(parse(text, &grid, &error), error, AXN_ERROR_FORMAT, part);
    CU_ASSERT_PTR_NULL(grid.cells);
}

static void errors_name_file_and_line(void)
{
    refuses("axnas-template 1", "axnas-template 2", "dir/some.txt:1: not a template");
    refuses("CONV", "CONF", "dir/some.txt:6: unknown kind \"CONF\"");
    refuses("kernel=3", "kernel=4", "dir/some.txt:6: the kernels of a CONV cell must be odd");
    refuses("kernel=3 ", "", "dir/some.txt:6: a CONV cell needs kernel");
    refuses("kernel=3", "kernel=3 kernel=3", "dir/some.txt:6: kernel is given twice");
    refuses("stride=2", "stride=0", "dir/some.txt:6: stride must be 1 to 4");
    refuses("stride=2", "stride=2x", "dir/some.txt:6: stride must be 1 to 4");
    refuses("stride=2", "units=2", "dir/some.txt:6: a CONV cell has no parameter \"units\"");
    refuses("stride=2", "stride", "dir/some.txt:6: \"stride\" is not key=value");
    refuses("cell 0 1", "cell 0 0", "dir/some.txt:7: cell 0 0 is given twice");
    refuses("cell 0 1", "cell 0 2", "dir/some.txt:7: cell 0 2 lies outside");
    refuses("cell 0 1", "cell -1 1", "dir/some.txt:7: cell -1 1 lies outside");
    refuses("rows 2", "rows two", "dir/some.txt:3: \"rows\" needs one whole number");
    refuses("rows 2", "rows 2\nrows 2", "dir/some.txt:4: \"rows\" is given twice");
    refuses("levels_back 1\n", "", "must come before the first cell");
    refuses("cell 0 1 RES-B channels=8 kernel=5 reduce=2 stride=1\r\n", "",
            "dir/some.txt: cell 0 1 is missing");
    refuses("FC units=7", "SUM", "the last column (1) has no FC cell");
    refuses("# comment", "surprise", "dir/some.txt:2: unexpected \"surprise\"");
}

static void any_truncation_is_refused_or_complete(void)
{
    axn_error error = {0};
    for (size_t length = 0; length < strlen(good); length++) {
        axn_template grid;
        axn_status status = axn_template_parse("t", good, length, &grid, &error);
        CU_ASSERT_TRUE(status == AXN_ERROR_FORMAT);
        axn_template_free(&grid);
    }
}

static void shipped_templates_are_valid(void)
{
    static const char *const names[] = {"tiny", "fashion-mnist", "cifar10"};
    for (size_t i = 0; i < 3; i++) {
        char relative[64];
        char path[AXN_PATH_MAX];
        axn_template grid;
        axn_error error = {0};
        snprintf(relative, sizeof relative, "flows/templates/%s.txt", names[i]);
        AXN_REQUIRE_OK(axn_program_path(path, relative, &error), error);
        AXN_REQUIRE_OK(axn_template_load(path, &grid, &error), error);
        if (i == 2) { /* the paper's grid */
            CU_ASSERT_EQUAL(grid.rows, 6);
            CU_ASSERT_EQUAL(grid.columns, 23);
            CU_ASSERT_EQUAL(grid.levels_back, 5);
        }
        axn_template_free(&grid);
    }
}

AXN_TEST_MAIN("template", {"reads cells and parameters", reads_cells},
              {"printing and reading is the identity", printing_and_reading_is_the_identity},
              {"errors name file and line", errors_name_file_and_line},
              {"any truncation is refused", any_truncation_is_refused_or_complete},
              {"shipped templates are valid", shipped_templates_are_valid})
