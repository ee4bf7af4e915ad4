#include "synth/yosys.h"

#include <stdio.h>
#include <string.h>

#include "common/file.h"
#include "common/process.h"

bool axn_plain_name(const char *name)
{
    if (*name >= '0' && *name <= '9')
        return false;
    size_t i = 0;
    for (; name[i] != '\0'; i++) {
        char c = name[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && !(c >= '0' && c <= '9') && !(c == '$' && i > 0))
            return false;
    }
    return i > 0;
}

static axn_status run_tool(const char *const *argv, const axn_buffer *script, const char *folder,
                           const char *name, double timeout_s, axn_buffer *output, axn_error *error)
{
    char path[AXN_PATH_MAX];
    if (script->failed)
        return axn_fail(error, AXN_ERROR_MEMORY, "no memory for a script of %s", argv[0]);
    axn_status status = axn_path_join(path, folder, name, error);
    if (status == AXN_OK)
        status = axn_file_write(path, script->data, script->length, error);
    axn_process_options options = {.folder = folder, .output = output, .timeout_s = timeout_s};
    return status == AXN_OK ? axn_process_run(argv, &options, error) : status;
}

axn_status axn_yosys_run(const axn_buffer *script, const char *folder, const char *name,
                         double timeout_s, axn_buffer *output, axn_error *error)
{
    const char *const argv[] = {"yosys", "-q", "-Q", "-T", "-s", name, NULL};
    return run_tool(argv, script, folder, name, timeout_s, output, error);
}

axn_status axn_sta_run(const axn_buffer *script, const char *folder, const char *name,
                       double timeout_s, axn_buffer *output, axn_error *error)
{
    const char *const argv[] = {"sta", "-exit", "-no_splash", name, NULL};
    axn_status status = run_tool(argv, script, folder, name, timeout_s, output, error);
    const char *text = output->data == NULL ? "" : output->data;
    const char *found = status == AXN_OK ? strstr(text, "Error") : NULL;
    if (found != NULL) {
        int length = (int)strcspn(found, "\n");
        status = axn_fail(error, AXN_ERROR_TOOL, "sta: %.*s", length, found);
    }
    return status;
}

/* The adder's instance for one bit: actual names of its two or three inputs. */
static void adder_instance(const axn_liberty_cell *cell, const char *const inputs[3],
                           axn_buffer *out)
{
    axn_adder_pins pins = axn_liberty_adder_pins(cell);
    axn_buffer_format(out, "%s adder (.%s(%s[i]), .%s(%s[i])", cell->name, cell->pins[pins.a].name,
                      inputs[0], cell->pins[pins.b].name, inputs[1]);
    if (pins.c >= 0)
        axn_buffer_format(out, ", .%s(%s[i])", cell->pins[pins.c].name, inputs[2]);
    axn_buffer_format(out, ", .%s(X[i]), .%s(Y[i]));\n", cell->pins[pins.carry].name,
                      cell->pins[pins.sum].name);
}

static bool plain_cell(const axn_liberty *liberty, int index)
{
    if (index < 0 || !axn_plain_name(liberty->cells[index].name))
        return false;
    const axn_liberty_cell *cell = &liberty->cells[index];
    for (int p = 0; p < cell->pin_count; p++)
        if (!axn_plain_name(cell->pins[p].name))
            return false;
    return true;
}

bool axn_yosys_adder_map(const axn_liberty *liberty, axn_buffer *out)
{
    static const char *const zero[3][3] = {{"A", "B", "C"}, {"A", "C", "B"}, {"B", "C", "A"}};
    bool full = plain_cell(liberty, liberty->full_adder);
    bool half = plain_cell(liberty, liberty->half_adder);
    if (!full && !half)
        return false;
    axn_buffer_text(out, "(* techmap_celltype = \"$fa\" *)\n"
                         "module axn_adder_map (A, B, C, X, Y);\n"
                         "parameter WIDTH = 1;\n");
    for (const char *port = "ABC"; *port != '\0'; port++)
        axn_buffer_format(out,
                          "parameter _TECHMAP_CONSTMSK_%c_ = 0;\n"
                          "parameter _TECHMAP_CONSTVAL_%c_ = 0;\n"
                          "localparam [WIDTH-1:0] M%c = _TECHMAP_CONSTMSK_%c_;\n"
                          "localparam [WIDTH-1:0] Z%c = M%c & ~_TECHMAP_CONSTVAL_%c_;\n",
                          *port, *port, *port, *port, *port, *port, *port);
    axn_buffer_text(out, "input [WIDTH-1:0] A, B, C;\noutput [WIDTH-1:0] X, Y;\ngenvar i;\n"
                         "generate for (i = 0; i < WIDTH; i = i + 1) begin : bits\n");
    if (half) /* exactly one input is constant, and it is 0 */
        for (int k = 0; k < 3; k++) {
            axn_buffer_format(out, "if (Z%s[i] && !M%s[i] && !M%s[i]) begin : half%d\n", zero[k][2],
                              zero[k][0], zero[k][1], k);
            adder_instance(&liberty->cells[liberty->half_adder], zero[k], out);
            axn_buffer_text(out, "end else ");
        }
    if (full) {
        axn_buffer_text(out, "if (!MA[i] && !MB[i] && !MC[i]) begin : full\n");
        adder_instance(&liberty->cells[liberty->full_adder], zero[0], out);
        axn_buffer_text(out, "end else ");
    }
    axn_buffer_text(out, "begin : plain\n"
                         "assign X[i] = A[i] & B[i] | C[i] & (A[i] | B[i]);\n"
                         "assign Y[i] = A[i] ^ B[i] ^ C[i];\n"
                         "end\nend endgenerate\nendmodule\n");
    return true;
}

static axn_status tool_version(const char *const *argv, const char *prefix, char *out,
                               axn_error *error)
{
    axn_buffer text = {0};
    axn_process_options options = {.output = &text, .timeout_s = 60};
    axn_status status = axn_process_run(argv, &options, error);
    if (status == AXN_OK && text.data != NULL) {
        text.data[strcspn(text.data, "\n")] = '\0';
        snprintf(out, AXN_VERSION_TEXT, "%s%s", prefix, text.data);
    }
    axn_buffer_free(&text);
    return status;
}

axn_status axn_synth_versions(char yosys[AXN_VERSION_TEXT], char sta[AXN_VERSION_TEXT],
                              axn_error *error)
{
    static const char *const ask_yosys[] = {"yosys", "-V", NULL};
    static const char *const ask_sta[] = {"sta", "-version", NULL};
    yosys[0] = sta[0] = '\0';
    axn_status status = tool_version(ask_yosys, "", yosys, error);
    return status == AXN_OK ? tool_version(ask_sta, "OpenSTA ", sta, error) : status;
}
