/* A mapped module is proved equal to its RTL, a changed one is not. */
#include "common/progress.h"
#include "synth/equivalence.h"
#include "tests/check.h"

#define MAX_BYTES ((size_t)1 << 20)

static const char source[] =
    "module cell #(parameter int AccW = 8, parameter int Odd = 0) (input logic clk_i,\n"
    "  input logic first_i, input logic [3:0] a_i, input logic [3:0] w_i,\n"
    "  output logic [3:0] a_o, output logic [AccW-1:0] acc_o);\n"
    "  logic [3:0] a_q, w_q; logic [AccW-1:0] acc_q, acc_d;\n"
    "  always_comb acc_d = (acc_q & {AccW{~first_i}}) + AccW'(a_q & w_q) + AccW'(Odd);\n"
    "  always_ff @(posedge clk_i) begin a_q <= a_i; w_q <= w_i; acc_q <= acc_d; end\n"
    "  assign a_o = a_q; assign acc_o = acc_q;\nendmodule\n"
    "module top(input logic clk_i, input logic first_i, input logic [3:0] a_i,\n"
    "  input logic [3:0] w_i, output logic [7:0] x_o, output logic [10:0] y_o);\n"
    "  logic [3:0] a, unused;\n"
    "  cell #(.AccW(8)) u_x (.clk_i, .first_i, .a_i, .w_i, .a_o(a), .acc_o(x_o));\n"
    "  cell #(.AccW(11), .Odd(3)) u_y (.clk_i, .first_i, .a_i(a), .w_i, .a_o(unused),\n"
    "    .acc_o(y_o));\nendmodule\n";

typedef struct fixture {
    axn_liberty liberty;
    axn_hierarchy hierarchy;
    axn_hierarchy_options options;
    char folder[AXN_PATH_MAX];
    axn_error error;
} fixture;

static void open_fixture_with(fixture *f, const char *liberty)
{
    memset(f, 0, sizeof *f);
    axn_progress_set_quiet(true);
    AXN_REQUIRE_OK(axn_liberty_load(liberty, &f->liberty, &f->error), f->error);
    axn_check_folder(f->folder);
    axn_check_write(f->folder, "top.sv", source);
    axn_check_write(f->folder, "list.f", "top.sv\n");
    f->options = (axn_hierarchy_options){.folder = f->folder, .file_list = "list.f", .top = "top"};
    AXN_REQUIRE_OK(
        axn_hierarchy_synthesise(&f->liberty, &f->options, f->folder, &f->hierarchy, &f->error),
        f->error);
}

static void open_fixture(fixture *f)
{
    open_fixture_with(f, NULL);
}

static void close_fixture(fixture *f)
{
    axn_hierarchy_free(&f->hierarchy);
    axn_liberty_free(&f->liberty);
    axn_check_folder_remove(f->folder);
}

static axn_status prove(fixture *f, const char *name)
{
    int index = axn_hierarchy_find(&f->hierarchy, name);
    CU_ASSERT_FATAL(index >= 0);
    return axn_equivalence_prove(&f->options, &f->hierarchy, index, f->folder, &f->error);
}

static void mapped_modules_are_proved(void)
{
    fixture f;
    open_fixture(&f);
    AXN_CHECK_OK(prove(&f, "cell_1"), f.error);
    AXN_CHECK_OK(prove(&f, "cell_2"), f.error);
    close_fixture(&f);
}

/* Flip-flops with an unused asynchronous reset; and without setup times, which timing needs. */
static void other_flip_flops_are_proved(void)
{
    fixture f;
    axn_timing timing;
    open_fixture_with(&f, "tests/data/liberty/like_sg13g2.lib");
    AXN_CHECK_OK(prove(&f, "cell_1"), f.error);
    AXN_CHECK_FAILS(
        axn_hierarchy_timing(&f.liberty, &f.hierarchy, "clk_i", NULL, f.folder, &timing, &f.error),
        f.error, AXN_ERROR_FORMAT, "flip-flops lack setup times");
    close_fixture(&f);
}

static void changed_gates_are_not_proved(void)
{
    static const struct {
        const char *from, *to;
    } changes[] = {
        {"  AND2X1 ", "  OR2X1  "}, {"  NAND2X1 ", "  NOR2X1  "}, {"  XOR2X1 ", "  AND2X1 "}};
    fixture f;
    char path[AXN_PATH_MAX];
    int changed = 0;
    open_fixture(&f);
    axn_check_path(path, f.folder, AXN_HIERARCHY_VERILOG);
    for (size_t c = 0; c < sizeof changes / sizeof changes[0]; c++) {
        axn_buffer text = {0};
        AXN_REQUIRE_OK(axn_file_read(path, MAX_BYTES, &text, &f.error), f.error);
        char *at = strstr(text.data, changes[c].from);
        if (at != NULL) {
            char kept[16] = "";
            size_t length = strlen(changes[c].to);
            /* The change is in one of the two modules, the proof of the other still holds. */
            memcpy(kept, at, length);
            memcpy(at, changes[c].to, length);
            AXN_REQUIRE_OK(axn_file_write(path, text.data, text.length, &f.error), f.error);
            AXN_CHECK_FAILS(prove(&f, "cell_1") == AXN_ERROR_MISMATCH ? AXN_ERROR_MISMATCH
                                                                      : prove(&f, "cell_2"),
                            f.error, AXN_ERROR_MISMATCH, "could not be proved equal");
            memcpy(at, kept, length);
            AXN_REQUIRE_OK(axn_file_write(path, text.data, text.length, &f.error), f.error);
            changed++;
        }
        axn_buffer_free(&text);
    }
    CU_ASSERT(changed > 0);
    close_fixture(&f);
}

AXN_TEST_MAIN("equivalence",
              {"mapped modules are proved equal to their RTL", mapped_modules_are_proved},
              {"flip-flops of another description are proved", other_flip_flops_are_proved},
              {"changed gates are not proved", changed_gates_are_not_proved})
