/* What the test bench prints is read as it is meant, and an edited folder is noticed. */
#include "tests/check.h"

#include "rtl_gen/manifest.h"
#include "sim/bench_output.h"

static axn_bench_output output;
static int classes[3];

static void read_text(const char *text)
{
    output.classes = classes;
    output.capacity = 3;
    axn_bench_output_read(text, &output);
}

static void a_whole_run_is_read(void)
{
    read_text("noise of the simulator\n"
              "AXN layer 1 cycles 120\nAXN layer 300 cycles 7\n"
              "AXN image 0 cycles 500 class 4 mismatches 0\n"
              "AXN image 1 cycles 500 class 9 mismatches 2\n"
              "AXN mismatch image 1 layer 300 channel 2 row 0 column 5 got 7 wanted 8\n"
              "AXN mismatch image 1 logit 3 got -7 wanted 8\n"
              "AXN done images 2 layers 4 bytes 1234567890123 mismatches 2\n- $finish\n");
    CU_ASSERT_EQUAL(output.images, 2);
    CU_ASSERT_EQUAL(output.mismatches, 2);
    CU_ASSERT_EQUAL(output.bytes, 1234567890123);
    CU_ASSERT_EQUAL(output.cycles, 500);
    CU_ASSERT_EQUAL(output.layer_cycles[1], 120);
    CU_ASSERT_EQUAL(output.layer_cycles[300], 7);
    CU_ASSERT_EQUAL(output.layer_cycles[2], -1);
    CU_ASSERT_EQUAL(classes[0], 4);
    CU_ASSERT_EQUAL(classes[1], 9);
    CU_ASSERT_EQUAL(classes[2], -1);
    CU_ASSERT_STRING_EQUAL(output.first_mismatch,
                           "image 1 layer 300 channel 2 row 0 column 5 got 7 wanted 8");
}

static void an_early_end_is_no_success(void)
{
    read_text("AXN image 0 cycles 500 class 4 mismatches 0\nAXN error no layer ended\n");
    CU_ASSERT_EQUAL(output.images, -1);
    read_text("");
    CU_ASSERT_EQUAL(output.images, -1);
}

static void images_that_differ_in_cycles_are_noticed(void)
{
    read_text("AXN image 0 cycles 500 class 4 mismatches 0\n"
              "AXN image 1 cycles 501 class 4 mismatches 0\n"
              "AXN image 2 cycles 500 class 4 mismatches 0\n");
    CU_ASSERT_EQUAL(output.cycles, -1);
}

static void mismatches_name_the_layer(void)
{
    axn_layer layers[2] = {{.name = "input_0"}, {.name = "conv_1"}};
    axn_network network = {.layers = layers, .count = 2};
    char text[128];
    axn_bench_mismatch_text("image 1 layer 1 channel 2 row 3 column 4 got 5 wanted 6", &network, 40,
                            text, sizeof text);
    CU_ASSERT_STRING_EQUAL(text, "image 41 layer conv_1 channel 2 row 3 column 4 got 5 wanted 6");
    axn_bench_mismatch_text("image 2 logit 1 got -5 wanted 6", &network, 0, text, sizeof text);
    CU_ASSERT_STRING_EQUAL(text, "image 2 logit 1 got -5 wanted 6");
    axn_bench_mismatch_text("image 2 layer 9 got 1", &network, 0, text, sizeof text);
    CU_ASSERT_STRING_EQUAL(text, "image 2 layer 9 got 1");
}

static void edited_folders_are_noticed(void)
{
    char folder[AXN_PATH_MAX], path[AXN_PATH_MAX];
    axn_error error = {0};
    axn_manifest manifest = {.array = {3, 5},
                             .options = {.banks = 8, .row_buses = 2, .dense_taps = 2},
                             .accumulator_bits = 24,
                             .allow_swap = true,
                             .multiplier_count = 2,
                             .multipliers = {{"mitchell", "0123456789abcdef", 1.5, true},
                                             {"drum_4", "fedcba9876543210", .5, false}}},
                 read = {0};
    axn_check_folder(folder);
    axn_check_path(path, folder, "rtl");
    AXN_REQUIRE_OK(axn_folder_create(path, &error), error);
    axn_check_write(folder, "rtl/a.v", "module a;");
    axn_check_write(folder, "README.md", "one");
    AXN_REQUIRE_OK(axn_manifest_write(folder, &manifest, &error), error);
    AXN_CHECK_OK(axn_manifest_check(folder, &read, &error), error);
    CU_ASSERT(read.array.rows == 3 && read.array.cols == 5 && read.accumulator_bits == 24);
    CU_ASSERT(read.allow_swap && read.multiplier_count == 2);
    CU_ASSERT(read.options.banks == 8 && read.options.row_buses == 2);
    CU_ASSERT(read.options.dense_taps == 2);
    CU_ASSERT(read.multipliers[0].extract_fa && read.multipliers[0].energy_pj == 1.5);
    CU_ASSERT(!read.multipliers[1].extract_fa && read.multipliers[1].energy_pj == .5);
    CU_ASSERT_STRING_EQUAL(read.multipliers[0].name, "mitchell");
    CU_ASSERT_STRING_EQUAL(read.multipliers[1].name, "drum_4");
    CU_ASSERT_STRING_EQUAL(read.multipliers[1].hash, "fedcba9876543210");
    axn_check_write(folder, "README.md", "two");
    AXN_CHECK_OK(axn_manifest_check(folder, &read, &error), error);
    axn_check_write(folder, "rtl/a.v", "module b;");
    AXN_CHECK_FAILS(axn_manifest_check(folder, &read, &error), error, AXN_ERROR_MISMATCH,
                    "rtl/a.v was edited");
    axn_check_write(folder, "rtl/a.v", "module a;");
    axn_check_write(folder, "rtl/axn_mul8u_1.v", "module axn_mul8u_1;");
    AXN_REQUIRE_OK(axn_manifest_write(folder, &manifest, &error), error);
    axn_check_write(folder, "rtl/axn_mul8u_1.v", "module other;");
    AXN_CHECK_FAILS(axn_manifest_check(folder, &read, &error), error, AXN_ERROR_MISMATCH,
                    "rtl/axn_mul8u_1.v (multiplier drum_4) was edited");
    axn_check_path(path, folder, "rtl/axn_mul8u_1.v");
    CU_ASSERT_EQUAL(remove(path), 0);
    AXN_CHECK_FAILS(axn_manifest_check(folder, &read, &error), error, AXN_ERROR_IO,
                    "(multiplier drum_4)");
    AXN_REQUIRE_OK(axn_manifest_write(folder, &manifest, &error), error);
    axn_check_path(path, folder, "rtl/a.v");
    CU_ASSERT_EQUAL(remove(path), 0);
    AXN_CHECK_FAILS(axn_manifest_check(folder, &read, &error), error, AXN_ERROR_IO, "rtl/a.v");
    axn_check_write(folder, "manifest.json", "{\"format\": \"axnas-accelerator\", \"version\": 1}");
    AXN_CHECK_FAILS(axn_manifest_check(folder, &read, &error), error, AXN_ERROR_FORMAT,
                    "manifest.json");
    axn_check_folder_remove(folder);
}

AXN_TEST_MAIN("bench output", {"a whole run is read", a_whole_run_is_read},
              {"an early end is no success", an_early_end_is_no_success},
              {"images that differ in cycles are noticed",
               images_that_differ_in_cycles_are_noticed},
              {"mismatches name the layer", mismatches_name_the_layer},
              {"edited folders are noticed", edited_folders_are_noticed})
