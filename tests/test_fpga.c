/* FPGAs: resources by module, products in logic cells, and what nextpnr, icepack and icetime say,
 * played by scripts. */
#include "tests/check.h"

#include <sys/stat.h>
#include <unistd.h>

#include "common/buffer.h"
#include "synth/fpga.h"

static char folder[AXN_PATH_MAX];

static void write_file(const char *name, const char *text)
{
    char path[AXN_PATH_MAX];
    axn_error error = {0};
    AXN_REQUIRE_OK(axn_path_join(path, folder, name, &error), error);
    AXN_REQUIRE_OK(axn_file_write(path, text, strlen(text), &error), error);
    chmod(path, 0700);
}

static void open_folder(void)
{
    axn_error error = {0};
    AXN_REQUIRE_OK(axn_folder_temporary(folder, &error), error);
}

static void close_folder(void)
{
    axn_error error = {0};
    AXN_CHECK_OK(axn_folder_remove(folder, &error), error);
}

static const axn_fpga_module *module_of(const axn_fpga_resources *resources, const char *name)
{
    for (int i = 0; i < resources->count; i++) {
        if (strcmp(resources->modules[i].name, name) == 0) {
            return &resources->modules[i];
        }
    }
    return NULL;
}

static void families_are_known(void)
{
    CU_ASSERT_PTR_NULL(axn_fpga_find("ice"));
    CU_ASSERT_PTR_NOT_NULL_FATAL(axn_fpga_find("ice40"));
    CU_ASSERT_EQUAL(axn_fpga_find("ice40")->luts, 7680);
    CU_ASSERT_EQUAL(axn_fpga_find("ice40")->brams, 32);
    CU_ASSERT_PTR_NOT_NULL(axn_fpga_find("ecp5"));
    CU_ASSERT_PTR_NOT_NULL(axn_fpga_find("xilinx"));
}

/* Cells of a netlist: names and types. */
static void count(const char *family, const char *const (*cells)[2], size_t number,
                  axn_fpga_resources *out)
{
    char path[AXN_PATH_MAX];
    axn_error error = {0};
    axn_buffer text = {0};
    axn_buffer_text(&text, "{\"modules\": {\"axn_fpga\": {\"ports\": {}, \"cells\": {");
    for (size_t i = 0; i < number; i++) {
        axn_buffer_format(&text, "%s\"%s\": {\"type\": \"%s\", \"connections\": {}}",
                          i > 0 ? ", " : "", cells[i][0], cells[i][1]);
    }
    axn_buffer_text(&text, "}, \"netnames\": {}}}}");
    write_file("n.json", text.data);
    axn_buffer_free(&text);
    AXN_REQUIRE_OK(axn_path_join(path, folder, "n.json", &error), error);
    AXN_REQUIRE_OK(axn_fpga_count(axn_fpga_find(family), path, out, &error), error);
}

static void resources_are_those_of_the_modules(void)
{
    static const char *const ice40[][2] = {
        {"u_accelerator.u_array.g_row[0].g_col[1].u_cell.acc_q_SB_DFF_Q", "SB_DFF"},
        {"u_accelerator.u_array.g_row[0].g_col[1].u_cell.x", "SB_LUT4"},
        {"u_accelerator.u_array.g_row[0].g_col[1].u_cell.u_mul8u.u_netlist.y", "SB_LUT4"},
        {"u_accelerator.u_array.g_row[1].g_col[1].u_cell.u_mul8u.u_netlist.y", "SB_LUT4"},
        {"u_accelerator.g_lane[0].u_post.u_clamp.y", "SB_LUT4"},
        {"u_accelerator.u_arena.g_bank[0].u_memory.memory_q.0.0", "SB_RAM40_4K"},
        {"u_serial.u_receiver.bit_q", "SB_DFFESR"},
        {"u_serial.u_receiver.c", "SB_CARRY"},
        {"reset_q", "SB_DFFSR"}};
    axn_fpga_resources r = {0};
    open_folder();
    count("ice40", ice40, sizeof ice40 / sizeof ice40[0], &r);
    CU_ASSERT_EQUAL(r.luts, 4);
    CU_ASSERT_EQUAL(r.ffs, 3);
    CU_ASSERT_EQUAL(r.brams, 1);
    CU_ASSERT_EQUAL(r.dsps, 0);
    CU_ASSERT_EQUAL(r.count, 6);
    const axn_fpga_module *found = module_of(&r, "mul8u");
    CU_ASSERT_TRUE(found != NULL && found->luts == 2 && found == &r.modules[0]);
    found = module_of(&r, "cell");
    CU_ASSERT_TRUE(found != NULL && found->luts == 1 && found->ffs == 1);
    found = module_of(&r, "post");
    CU_ASSERT_TRUE(found != NULL && found->luts == 1);
    found = module_of(&r, "serial");
    CU_ASSERT_TRUE(found != NULL && found->ffs == 1);
    axn_fpga_resources_free(&r);

    static const char *const ecp5[][2] = {{"u_accelerator.g_lane[0].u_post.a", "CCU2C"},
                                          {"a", "MULT18X18D"},
                                          {"b", "DP16KD"},
                                          {"c", "TRELLIS_FF"},
                                          {"d", "PFUMX"},
                                          {"e", "LUT4"},
                                          {"f", "TRELLIS_DPR16X4"}};
    count("ecp5", ecp5, sizeof ecp5 / sizeof ecp5[0], &r);
    CU_ASSERT_TRUE(r.luts == 7 && r.ffs == 1 && r.brams == 1 && r.dsps == 1);
    axn_fpga_resources_free(&r);

    static const char *const xilinx[][2] = {{"a", "LUT6"},     {"b", "LUT1"},    {"c", "FDRE"},
                                            {"d", "RAMB36E1"}, {"e", "DSP48E1"}, {"f", "CARRY4"},
                                            {"g", "RAMB18E1"}, {"h", "MUXF7"},   {"i", "FDCE"}};
    count("xilinx", xilinx, sizeof xilinx / sizeof xilinx[0], &r);
    CU_ASSERT_TRUE(r.luts == 2 && r.ffs == 2 && r.brams == 3 && r.dsps == 1);
    axn_fpga_resources_free(&r);
    close_folder();
}

static void no_netlist_is_an_error(void)
{
    char path[AXN_PATH_MAX];
    axn_error error = {0};
    axn_fpga_resources r = {0};
    const axn_fpga_device *ice40 = axn_fpga_find("ice40");
    open_folder();
    AXN_REQUIRE_OK(axn_path_join(path, folder, "n.json", &error), error);
    AXN_CHECK_FAILS(axn_fpga_count(ice40, path, &r, &error), error, AXN_ERROR_IO, "n.json");
    write_file("n.json", "{\"modules\": {\"other\": {}}}");
    AXN_CHECK_FAILS(axn_fpga_count(ice40, path, &r, &error), error, AXN_ERROR_FORMAT, "axn_fpga");
    close_folder();
}

static void products_become_logic_cells(void)
{
    char map[AXN_PATH_MAX], path[AXN_PATH_MAX];
    axn_error error = {0};
    axn_buffer text = {0};
    axn_fpga_resources with = {0}, without = {0};
    const char *const none[] = {NULL};
    axn_fpga_design design = {
        .folder = folder, .file_list = "files.f", .replacements = none, .constants = NULL};
    open_folder();
    AXN_REQUIRE_OK(axn_program_path(map, "rtl_lib/fpga/axn_multiply_ice40.v", &error), error);
    AXN_REQUIRE_OK(axn_file_read(map, 1 << 20, &text, &error), error);
    write_file("map.v", text.data);
    axn_buffer_free(&text);
    write_file("files.f", "top.v\n");
    write_file("top.v", "module axn_fpga (input wire clk_i, input wire signed [11:0] a,\n"
                        "    input wire signed [9:0] b, output reg signed [21:0] y);\n"
                        "  always @(posedge clk_i) y <= a * b;\nendmodule\n");
    const axn_fpga_device *ice40 = axn_fpga_find("ice40");
    AXN_CHECK_OK(axn_fpga_synthesise(ice40, &design, folder, &without, &error), error);
    design.multiply_map = "map.v";
    AXN_CHECK_OK(axn_fpga_synthesise(ice40, &design, folder, &with, &error), error);
    CU_ASSERT_EQUAL(with.ffs, 22);
    CU_ASSERT_TRUE(with.luts > 0 && with.luts < 160); /* 12 x 10, and the subtracting row */
    CU_ASSERT_TRUE(without.luts > with.luts * 3 / 2);
    axn_fpga_resources_free(&with);
    axn_fpga_resources_free(&without);

    write_file("top.v",
               "module axn_fpga (input wire clk_i);\n  missing u_missing ();\nendmodule\n");
    AXN_CHECK_FAILS(axn_fpga_synthesise(ice40, &design, folder, &with, &error), error,
                    AXN_ERROR_TOOL, "missing");
    AXN_CHECK_OK(axn_path_join(path, folder, "top.v", &error), error);
    (void)unlink(path);
    AXN_CHECK_FAILS(axn_fpga_synthesise(ice40, &design, folder, &with, &error), error,
                    AXN_ERROR_FORMAT, "top.v");
    close_folder();
}

/* Scripts in the place of the tools. */
static void play(const char *nextpnr, const char *icepack, const char *icetime)
{
    const struct {
        const char *name, *body;
    } tools[] = {{"nextpnr-ice40", nextpnr}, {"icepack", icepack}, {"icetime", icetime}};
    for (size_t i = 0; i < sizeof tools / sizeof tools[0]; i++) {
        char text[1024];
        snprintf(text, sizeof text, "#!/bin/sh\n%s\n", tools[i].body);
        write_file(tools[i].name, text);
    }
}

#define USED(cells, brams)                                                                         \
    "echo 'Info:     ICESTORM_LC:  " cells "/ 7680   9%'; echo 'Info:    ICESTORM_RAM:   " brams   \
    "/   32  6%'"

static void tools_are_understood(void)
{
    char path[3 * AXN_PATH_MAX];
    axn_error error = {0};
    axn_fpga_placement p;
    const char *before = getenv("PATH");
    char *kept = strdup(before != NULL ? before : "");
    open_folder();
    snprintf(path, sizeof path, "%s:%s", folder, kept);
    setenv("PATH", path, 1);

    play(USED("700", "2") "; echo \"$@\" >arguments; touch fpga.asc", "touch fpga.bin",
         "echo 'Total path delay: 40.00 ns (25.00 MHz)'");
    AXN_CHECK_OK(axn_fpga_place(folder, 7, &p, &error), error);
    CU_ASSERT_TRUE(p.fits && p.cells == 700 && p.brams == 2);
    CU_ASSERT_DOUBLE_EQUAL(p.fmax_mhz, 25, 1e-9);
    axn_buffer text = {0};
    AXN_CHECK_OK(axn_path_join(path, folder, "arguments", &error), error);
    AXN_CHECK_OK(axn_file_read(path, 1000, &text, &error), error);
    CU_ASSERT_PTR_NOT_NULL(strstr(text.data, "--seed 7"));
    axn_buffer_free(&text);

    /* Too large is an answer; a tool that dies is an error with its last line. */
    play(USED("7900", "2") "; echo 'ERROR: no room' >&2; exit 1", "exit 3", "exit 3");
    AXN_CHECK_OK(axn_fpga_place(folder, 1, &p, &error), error);
    CU_ASSERT_TRUE(!p.fits && p.cells == 7900);
    play(USED("700", "33") "; exit 1", "exit 3", "exit 3");
    AXN_CHECK_OK(axn_fpga_place(folder, 1, &p, &error), error);
    CU_ASSERT_FALSE(p.fits);
    play(USED("700", "2") "; echo 'ERROR: routing broke' >&2; exit 1", "true", "true");
    AXN_CHECK_FAILS(axn_fpga_place(folder, 1, &p, &error), error, AXN_ERROR_TOOL, "routing broke");
    play(USED("700", "2") "; echo 'half way'; kill -9 $$", "true", "true");
    AXN_CHECK_FAILS(axn_fpga_place(folder, 1, &p, &error), error, AXN_ERROR_TOOL, "half way");
    play("echo 'Info: done'", "true", "true");
    AXN_CHECK_FAILS(axn_fpga_place(folder, 1, &p, &error), error, AXN_ERROR_TOOL, "nextpnr");
    play(USED("700", "2"), "echo 'no such file' >&2; exit 1", "true");
    AXN_CHECK_FAILS(axn_fpga_place(folder, 1, &p, &error), error, AXN_ERROR_TOOL, "no such file");
    play(USED("700", "2"), "true", "echo 'Total path delay: 0 ns'");
    AXN_CHECK_FAILS(axn_fpga_place(folder, 1, &p, &error), error, AXN_ERROR_TOOL, "path delay");

    setenv("PATH", kept, 1);
    free(kept);
    close_folder();
}

AXN_TEST_MAIN("FPGA", {"families are known", families_are_known},
              {"resources are those of the modules", resources_are_those_of_the_modules},
              {"no netlist is an error", no_netlist_is_an_error},
              {"products become logic cells", products_become_logic_cells},
              {"the tools' answers are understood", tools_are_understood})
