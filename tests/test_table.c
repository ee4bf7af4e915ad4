/* Truth tables from Verilog files of many styles, and what is refused. */
#include "common/memory.h"
#include "multipliers/table.h"
#include "multipliers/verilog_reader.h"
#include "tests/check.h"

static char folder[AXN_PATH_MAX];
static axn_table table, expected;

static void write_file(const char *name, const char *text, char *path)
{
    axn_error error = {0};
    axn_check_path(path, folder, name);
    AXN_REQUIRE_OK(axn_file_write(path, text, strlen(text), &error), error);
}

/* Table of one Verilog text. */
static axn_status read_text(const char *text, const char *module, axn_error *error)
{
    char path[AXN_PATH_MAX];
    const char *files[1] = {path};
    write_file("case.v", text, path);
    return axn_table_from_verilog(files, &module, 1, &table, error);
}

static void check_exact(const char *text, const char *module)
{
    axn_error error = {0};
    axn_table_exact(&expected);
    memset(&table, 0xff, sizeof table);
    AXN_CHECK_OK(read_text(text, module, &error), error);
    CU_ASSERT(memcmp(&table, &expected, sizeof table) == 0);
}

static void styles(void)
{
    axn_check_folder(folder);
    check_exact("module m(A, B, O); input [7:0] A; input [7:0] B; output [15:0] O;\n"
                "assign O = A * B; endmodule\n",
                NULL);
    check_exact("module other(input [7:0] x, y, output reg [15:0] Z);\n"
                "integer i; always @* begin Z = 0; for (i = 0; i < 8; i = i + 1)\n"
                "if (y[i]) Z = Z + (x << i); end endmodule\n",
                "other");
    check_exact("module half(input [7:0] p, input [3:0] q, output [11:0] r); assign r = p * q;\n"
                "endmodule\n"
                "module top(input [7:0] p, input [7:0] q, output [15:0] r); wire [11:0] l, h;\n"
                "half a(p, q[3:0], l); half b(.p(p), .q(q[7:4]), .r(h));\n"
                "assign r = l + {h, 4'b0}; endmodule\n",
                NULL);
    check_exact("module \\mul;rm (input [7:0] A, input [7:0] B, output [15:0] O);\n"
                "assign O = A * B; endmodule\n",
                NULL);
    axn_check_folder_remove(folder);
}

/* a is the high byte of the index; the operand comes from the port named A, else from
 * the first input. */
static void operand_order(void)
{
    axn_error error = {0};
    axn_check_folder(folder);
    AXN_CHECK_OK(read_text("module m(input [7:0] first, second, output [15:0] O);\n"
                           "assign O = first * second + first; endmodule\n",
                           NULL, &error),
                 error);
    CU_ASSERT_EQUAL(table.product[3 * 256 + 10], 33);
    AXN_CHECK_OK(read_text("module m(input [7:0] B, A, output [15:0] O);\n"
                           "assign O = A * B + A; endmodule\n",
                           NULL, &error),
                 error);
    CU_ASSERT_EQUAL(table.product[3 * 256 + 10], 33);
    axn_check_folder_remove(folder);
}

static void check_refused(const char *text, const char *module, const char *reason)
{
    axn_error error = {0};
    axn_status status = read_text(text, module, &error);
    if (status != AXN_ERROR_FORMAT || strstr(error.message, "case.v") == NULL ||
        strstr(error.message, reason) == NULL || strchr(error.message, '\n') != NULL) {
        fprintf(stderr, "\n    %d: %s (expected \"%s\")\n", (int)status, error.message, reason);
        CU_FAIL("refused with its reason");
    } else {
        CU_PASS("refused with its reason");
    }
}

#define HEAD "module m(input [7:0] A, input [7:0] B, output [15:0] O);\n"

static void refusals(void)
{
    axn_check_folder(folder);
    check_refused("module m(input [7:0] A\n", NULL, "syntax error");
    check_refused("", NULL, "");
    check_refused("nothing here\n", NULL, "line 1");
    check_refused("module m(input [7:0] A, input [6:0] B, output [15:0] O); assign O = A * B;\n"
                  "endmodule\n",
                  NULL, "port B has 7 bits, not 8");
    check_refused("module m(input clk, input [7:0] A, B, output reg [15:0] O);\n"
                  "always @(posedge clk) O <= A * B; endmodule\n",
                  NULL, "3 inputs and 1 outputs");
    check_refused("module m(input [7:0] A, B, output reg [15:0] O);\n"
                  "always @(posedge A[0]) O <= A * B; endmodule\n",
                  NULL, "flip-flop");
    check_refused("module m(input [7:0] A, B, output reg [15:0] O);\n"
                  "always @* if (A[0]) O = A * B; endmodule\n",
                  NULL, "latch");
    check_refused(HEAD "wire w; assign w = ~(w & A[0]); assign O = {A, B} ^ w; endmodule\n", NULL,
                  "loop");
    check_refused(HEAD "assign O[14:0] = A * B; endmodule\n", NULL, "not driven");
    check_refused(HEAD "assign O = {A, 8'bx}; endmodule\n", NULL, "undefined");
    check_refused(HEAD "unknown_cell u(A, B, O); endmodule\n", NULL, "unknown_cell");
    check_refused(HEAD "assign O = A * B; endmodule\n", "absent", "absent");
    check_refused(HEAD "assign O = A * B; endmodule\n", "m; shell touch hacked",
                  "not a plain identifier");
    axn_check_folder_remove(folder);
}

/* Many files in one run; the bad one is named, not its neighbours. */
static void names_the_bad_file(void)
{
    enum { COUNT = 5 };
    char paths[COUNT][AXN_PATH_MAX], name[64];
    const char *files[COUNT];
    static axn_table tables[COUNT];
    axn_error error = {0};
    axn_check_folder(folder);
    for (int i = 0; i < COUNT; i++) {
        snprintf(name, sizeof name, "odd \"name\" %d;$(x).v", i);
        write_file(name,
                   i == 3 ? HEAD "assign O = ;\nendmodule\n" : HEAD "assign O = A & B; endmodule\n",
                   paths[i]);
        files[i] = paths[i];
    }
    AXN_CHECK_FAILS(axn_table_from_verilog(files, NULL, COUNT, tables, &error), error,
                    AXN_ERROR_FORMAT, "name\" 3;$(x).v: line 2");
    AXN_CHECK_OK(axn_table_from_verilog(files, NULL, 3, tables, &error), error);
    CU_ASSERT_EQUAL(tables[2].product[0xf1 * 256 + 0x3f], 0x31);
    files[1] = "/nonexistent/file.v";
    AXN_CHECK_FAILS(axn_table_from_verilog(files, NULL, 2, tables, &error), error, AXN_ERROR_IO,
                    "/nonexistent/file.v");
    axn_check_folder_remove(folder);
}

static void files_of_tables(void)
{
    char path[AXN_PATH_MAX];
    static axn_table tables[2], read[2];
    axn_buffer bytes = {0};
    axn_error error = {0};
    axn_check_folder(folder);
    axn_check_path(path, folder, "tables.bin");
    axn_table_exact(&tables[0]);
    tables[1].product[0x0102] = 0xabcd;
    AXN_CHECK_OK(axn_table_write(path, tables, 2, &error), error);
    AXN_CHECK_OK(axn_file_read(path, 1 << 20, &bytes, &error), error);
    CU_ASSERT_EQUAL(bytes.length, 262144);
    CU_ASSERT_EQUAL((unsigned char)bytes.data[131072 + 2 * 0x0102], 0xcd);
    AXN_CHECK_OK(axn_table_read(path, read, 2, &error), error);
    CU_ASSERT(memcmp(tables, read, sizeof tables) == 0);
    AXN_CHECK_FAILS(axn_table_read(path, read, 1, &error), error, error.status, "tables.bin");
    AXN_CHECK_OK(axn_file_write(path, bytes.data, 200000, &error), error);
    AXN_CHECK_FAILS(axn_table_read(path, read, 2, &error), error, AXN_ERROR_FORMAT, "200000 bytes");
    axn_buffer_free(&bytes);
    axn_check_folder_remove(folder);
}

/* FNV-1a over the little-endian bytes: the hash must never change, files hold it. */
static void hash_is_fixed(void)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    axn_table_exact(&table);
    for (int i = 0; i < 65536; i++) {
        hash = (hash ^ (table.product[i] & 255u)) * UINT64_C(0x100000001b3);
        hash = (hash ^ (uint64_t)(table.product[i] >> 8)) * UINT64_C(0x100000001b3);
    }
    CU_ASSERT_EQUAL(axn_table_hash(&table), hash);
    table.product[65535] ^= 1;
    CU_ASSERT_NOT_EQUAL(axn_table_hash(&table), hash);
}

AXN_TEST_MAIN("truth tables", {"Verilog styles", styles}, {"operand order", operand_order},
              {"what is refused, and why", refusals}, {"the bad file is named", names_the_bad_file},
              {"files of tables", files_of_tables}, {"hash", hash_is_fixed})
