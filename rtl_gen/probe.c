#include "rtl_gen/probe.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "common/file.h"

enum { MAX_PORTS = 64, PORT_NAME = 40, MAX_SPREAD = 4, MAX_MODULE_BYTES = 1 << 20 };

typedef struct port {
    char name[PORT_NAME];
    bool output;
} port;

typedef struct module_ports {
    port ports[MAX_PORTS];
    int count;
} module_ports;

/* Instances directly inside axn_accelerator, but for the array and the lanes. Memories are
 * black boxes. */
static const struct {
    const char *module, *instance;
} singles[] = {{"axn_registers", "u_registers"}, {"axn_control", "u_control"},
               {"axn_walker", "u_walker"},       {"axn_taps", "u_taps"},
               {"axn_gather", "u_gather"},       {"axn_arena", "u_arena"},
               {"axn_weights", "u_weights"},     {"axn_skew", "u_skew_activations"},
               {"axn_skew", "u_skew_valid"},     {"axn_skew", "u_skew_weights"},
               {"axn_skew", "u_skew_enable"},    {"axn_delay", "u_skew_first"},
               {"axn_dense_row", "u_dense_row"}, {"axn_parameters", "u_parameters"},
               {"axn_writer", "u_writer"},       {"axn_argmax", "u_argmax"}};

enum { SINGLES = sizeof singles / sizeof singles[0] };

/* What is recorded once a row, and where. */
static const struct {
    const char *module, *format;
} row_instances[] = {{"axn_row_bus", "u_array.g_row[%d].u_bus"},
                     {"axn_pool_lane", "g_lane[%d].u_pool"},
                     {"axn_post_lane", "g_lane[%d].u_post"}};

enum { ROW_INSTANCES = sizeof row_instances / sizeof row_instances[0] };

typedef struct writer {
    axn_buffer declare, open, record;
    int instances;
} writer;

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* A line "input wire [..] name,  // comment" of a port list. */
static bool read_port(const char *line, size_t length, port *out)
{
    while (length > 0 && *line == ' ') {
        line++;
        length--;
    }
    bool input = length > 6 && strncmp(line, "input ", 6) == 0;
    bool output = length > 7 && strncmp(line, "output ", 7) == 0;
    if (!input && !output) {
        return false;
    }
    for (size_t i = 0; i + 1 < length; i++) {
        if (line[i] == '/' && line[i + 1] == '/') {
            length = i;
        }
    }
    while (length > 0 && !is_word(line[length - 1])) {
        length--;
    }
    size_t start = length;
    while (start > 0 && is_word(line[start - 1])) {
        start--;
    }
    snprintf(out->name, sizeof out->name, "%.*s", (int)(length - start), line + start);
    out->output = output;
    return true;
}

/* Ports of a module of rtl_lib in the order of their declaration. */
static axn_status read_ports(const char *module, module_ports *out, axn_error *error)
{
    char name[128], path[AXN_PATH_MAX];
    axn_buffer text = {0};
    out->count = 0;
    snprintf(name, sizeof name, "rtl_lib/%s.v", module);
    axn_status status = axn_program_path(path, name, error);
    if (status == AXN_OK) {
        status = axn_file_read(path, MAX_MODULE_BYTES, &text, error);
    }
    const char *line = text.data;
    while (status == AXN_OK && line != NULL && *line != '\0') {
        size_t length = strcspn(line, "\n");
        port found;
        if (read_port(line, length, &found) && strcmp(found.name, "clk_i") != 0) {
            if (out->count == MAX_PORTS) {
                status =
                    axn_fail(error, AXN_ERROR_LIMIT, "%s: more than %d ports", path, MAX_PORTS);
                break;
            }
            out->ports[out->count++] = found;
        }
        line += length + (line[length] == '\n');
    }
    if (status == AXN_OK && out->count == 0) {
        status = axn_fail(error, AXN_ERROR_FORMAT, "%s: no ports found", path);
    }
    axn_buffer_free(&text);
    return status;
}

static void add_header(writer *w, const module_ports *ports, const char *module, const char *path)
{
    axn_buffer_format(&w->open, "      $fwrite(probe_%d, \"# module %s ports", w->instances,
                      module);
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < ports->count; i++) {
            if (ports->ports[i].output == (pass == 1)) {
                axn_buffer_format(&w->open, " %s:%%0d", ports->ports[i].name);
            }
        }
        axn_buffer_text(&w->open, pass == 0 ? " |" : "\\n\"");
    }
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < ports->count; i++) {
            if (ports->ports[i].output == (pass == 1)) {
                axn_buffer_format(&w->open, ",\n              $bits(u_dut.u_accelerator.%s.%s)",
                                  path, ports->ports[i].name);
            }
        }
    }
    axn_buffer_text(&w->open, ");\n");
}

static void add_record(writer *w, const module_ports *ports, const char *path)
{
    axn_buffer_format(&w->record, "      $fwrite(probe_%d, \"", w->instances);
    for (int i = 0; i < ports->count; i++) {
        axn_buffer_text(&w->record, i == 0 ? "%h" : " %h");
    }
    axn_buffer_text(&w->record, "\\n\"");
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < ports->count; i++) {
            if (ports->ports[i].output == (pass == 1)) {
                axn_buffer_format(&w->record, ",\n              u_dut.u_accelerator.%s.%s", path,
                                  ports->ports[i].name);
            }
        }
    }
    axn_buffer_text(&w->record, ");\n");
}

/* Instance `path` (below the accelerator) of `module`, its `number`-th. */
static axn_status add_instance(writer *w, const char *module, const char *path, int number,
                               axn_error *error)
{
    module_ports ports;
    axn_status status = read_ports(module, &ports, error);
    if (status != AXN_OK) {
        return status;
    }
    axn_buffer_format(&w->declare, "  integer probe_%d;\n", w->instances);
    axn_buffer_format(&w->open,
                      "      probe_%d = $fopen({probe_folder, \"/%s.%d.txt\"}, \"w\");\n"
                      "      if (probe_%d == 0) probe_failed(\"%s.%d.txt\");\n"
                      "      $fwrite(probe_index, \"%s.%d.txt %s u_accelerator.%s\\n\");\n",
                      w->instances, module, number, w->instances, module, number, module, number,
                      module, path);
    add_header(w, &ports, module, path);
    add_record(w, &ports, path);
    w->instances++;
    return AXN_OK;
}

/* Up to MAX_SPREAD numbers of 0 .. count - 1, the ends among them. */
static int spread(int count, int out[MAX_SPREAD])
{
    int n = count < MAX_SPREAD ? count : MAX_SPREAD;
    for (int i = 0; i < n; i++) {
        out[i] = n == 1 ? 0 : i * (count - 1) / (n - 1);
    }
    return n;
}

static axn_status add_all(writer *w, axn_array_shape array, axn_error *error)
{
    char path[64];
    int rows[MAX_SPREAD], cols[MAX_SPREAD];
    int row_count = spread(array.rows, rows), col_count = spread(array.cols, cols);
    axn_status status = AXN_OK;
    for (int r = 0; r < row_count; r++) {
        for (int c = 0; c < col_count && status == AXN_OK; c++) {
            snprintf(path, sizeof path, "u_array.g_row[%d].g_col[%d].u_cell", rows[r], cols[c]);
            status = add_instance(w, "axn_cell", path, r * col_count + c, error);
        }
    }
    for (int i = 0; i < ROW_INSTANCES; i++) {
        for (int r = 0; r < row_count && status == AXN_OK; r++) {
            int length = snprintf(path, sizeof path, row_instances[i].format, rows[r]);
            if (length < 0 || (size_t)length >= sizeof path) {
                return axn_fail(error, AXN_ERROR_LIMIT, "an instance path is too long");
            }
            status = add_instance(w, row_instances[i].module, path, r, error);
        }
    }
    for (int i = 0; i < SINGLES && status == AXN_OK; i++) {
        int number = 0;
        for (int k = 0; k < i; k++) {
            number += strcmp(singles[k].module, singles[i].module) == 0;
        }
        status = add_instance(w, singles[i].module, singles[i].instance, number, error);
    }
    return status;
}

axn_status axn_probe_text(axn_array_shape array, axn_buffer *out, axn_error *error)
{
    writer w = {0};
    axn_status status = add_all(&w, array, error);
    if (status == AXN_OK) {
        axn_buffer_text(out, "// Records the ports of chosen instances; made for one array shape.\n"
                             "  string probe_folder;\n"
                             "  integer probe_first, probe_count, probe_index;\n"
                             "  logic probing = 1'b0;\n\n");
        axn_buffer_append(out, w.declare.data, w.declare.length);
        axn_buffer_text(out, "\n  task automatic probe_failed(input string name);\n"
                             "    $display(\"AXN error %s/%s cannot be written\", probe_folder, "
                             "name);\n"
                             "    $fatal(1);\n"
                             "  endtask\n\n"
                             "  initial begin\n"
                             "    if (!$value$plusargs(\"probe_first=%d\", probe_first)) "
                             "probe_first = 0;\n"
                             "    if (!$value$plusargs(\"probe_count=%d\", probe_count)) "
                             "probe_count = 20000;\n"
                             "    if ($value$plusargs(\"probe=%s\", probe_folder) != 0) begin\n"
                             "      probe_index = $fopen({probe_folder, \"/instances.txt\"}, "
                             "\"w\");\n"
                             "      if (probe_index == 0) probe_failed(\"instances.txt\");\n");
        axn_buffer_append(out, w.open.data, w.open.length);
        axn_buffer_text(out, "      $fclose(probe_index);\n"
                             "      probing = 1'b1;\n"
                             "    end\n"
                             "  end\n\n"
                             "  always @(posedge clk) begin\n"
                             "    if (probing && probe_active(probe_first, probe_count)) begin\n");
        axn_buffer_append(out, w.record.data, w.record.length);
        axn_buffer_text(out, "    end\n  end\n");
    }
    if (status == AXN_OK && (out->failed || w.declare.failed || w.open.failed || w.record.failed)) {
        status = axn_fail(error, AXN_ERROR_MEMORY, "axn_probe.svh: out of memory");
    }
    axn_buffer_free(&w.declare);
    axn_buffer_free(&w.open);
    axn_buffer_free(&w.record);
    return status;
}
