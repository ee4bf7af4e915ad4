/* What surrounds the accelerator on the FPGA: top, constants, the host's bytes. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flows/synth_fpga.h"
#include "rtl_gen/descriptor.h"
#include "rtl_gen/emit_internal.h"
#include "sim/vectors.h"

#define MAX_TOP_BYTES ((size_t)1 << 20)
#define MAX_VECTOR_BYTES ((size_t)1 << 30)
#define BLOCK_WORDS 256

static long blocks_of(int bytes, int words)
{
    return (long)((bytes + 1) / 2) * ((words + BLOCK_WORDS - 1) / BLOCK_WORDS);
}

static int at_least(int64_t value, int least)
{
    return value > least ? (int)value : least;
}

axn_fpga_memories axn_fpga_memories_of(const axn_program *program, bool small)
{
    /* Two banks hold any 16 consecutive bytes, which is what 16 rows write at once. */
    axn_fpga_memories m = {.banks = small && program->array.rows <= 16 ? 2 : program->banks,
                           .row_buses = small ? 1 : program->row_buses,
                           .dense_taps = program->dense_taps};
    int word = 16 * m.banks;
    m.arena = at_least(((int64_t)program->arena_bytes + word - 1) / word + 1, 16);
    m.weights =
        m.dense_taps * at_least((program->weight_words + m.dense_taps - 1) / m.dense_taps, 16);
    m.parameters = at_least(program->parameter_count, 16);
    m.program = at_least((int64_t)program->operation_count * AXN_DESCRIPTOR_WORDS, 32);
    m.blocks = m.banks * blocks_of(16, m.arena) +
               m.dense_taps * blocks_of(program->array.cols, m.weights / m.dense_taps) +
               blocks_of(8, m.parameters) + blocks_of(4, m.program);
    return m;
}

typedef struct setting {
    const char *name;
    int value;
} setting;

/* Copies ".Name(123)" of the instance, with other values where `settings` has the name. */
static bool copy_parameters(const char *at, const setting *settings, int count, axn_buffer *out)
{
    bool any = false;
    for (at = strchr(at, '.'); at != NULL; at = strchr(at, '.')) {
        const char *name = ++at;
        size_t length = 0;
        while (isalnum((unsigned char)name[length])) {
            length++;
        }
        if (name[length] != '(') {
            return false;
        }
        char *end = NULL;
        long value = strtol(name + length + 1, &end, 10);
        if (end == name + length + 1 || *end != ')') {
            return false;
        }
        bool other = false;
        for (int i = 0; i < count; i++) {
            other |=
                strlen(settings[i].name) == length && strncmp(settings[i].name, name, length) == 0;
        }
        if (!other) {
            axn_buffer_format(out, "      .%.*s(%ld),\n", (int)length, name, value);
        }
        at = end;
        any = true;
    }
    for (int i = 0; i < count; i++) {
        axn_buffer_format(out, "      .%s(%d)%s\n", settings[i].name, settings[i].value,
                          i + 1 < count ? "," : "");
    }
    return any;
}

static const char head[] =
    "// The accelerator on an FPGA: serial bridge, reset after power-on, LEDs (7 busy, 6:0 the\n"
    "// last image's class).\n"
    "`default_nettype none\n\nmodule axn_fpga (\n    input  wire       clk_i,\n"
    "    input  wire       rx_i,\n    output wire       tx_o,\n    output wire [7:0] led_o\n);\n"
    "  logic [3:0] reset_q = 4'd0;\n"
    "  always_ff @(posedge clk_i) if (!reset_q[3]) reset_q <= reset_q + 4'd1;\n"
    "  wire rst_n;\n  assign rst_n = reset_q[3];\n\n"
    "  wire reg_valid, reg_write, image_valid, image_ready, result_valid, result_ready;\n"
    "  wire result_last, layer_end, busy;\n  wire [7:0] reg_addr, layer;\n"
    "  wire [31:0] reg_wdata, reg_rdata, result_data;\n  wire [127:0] image_data;\n"
    "  logic [6:0] class_q;\n"
    "  always_ff @(posedge clk_i) begin\n"
    "    if (result_valid && result_ready && result_last) class_q <= result_data[6:0];\n"
    "  end\n  assign led_o = {busy, class_q};\n"
    "  wire unused;\n  assign unused = &{1'b0, layer_end, layer};\n\n"
    "  axn_serial_bridge u_serial (\n      .clk_i,\n      .rst_ni(rst_n),\n      .rx_i,\n"
    "      .tx_o,\n      .reg_valid_o(reg_valid),\n      .reg_write_o(reg_write),\n"
    "      .reg_addr_o(reg_addr),\n      .reg_wdata_o(reg_wdata),\n      .reg_rdata_i(reg_rdata),\n"
    "      .image_valid_o(image_valid),\n      .image_ready_i(image_ready),\n"
    "      .image_data_o(image_data),\n      .result_valid_i(result_valid),\n"
    "      .result_ready_o(result_ready),\n      .result_data_i(result_data),\n"
    "      .result_last_i(result_last)\n  );\n\n  axn_accelerator #(\n";

static const char tail[] =
    "  ) u_accelerator (\n      .clk_i,\n      .rst_ni(rst_n),\n      .reg_valid_i(reg_valid),\n"
    "      .reg_write_i(reg_write),\n      .reg_addr_i(reg_addr),\n      .reg_wdata_i(reg_wdata),\n"
    "      .reg_rdata_o(reg_rdata),\n      .image_valid_i(image_valid),\n"
    "      .image_ready_o(image_ready),\n      .image_data_i(image_data),\n"
    "      .result_valid_o(result_valid),\n      .result_ready_i(result_ready),\n"
    "      .result_data_o(result_data),\n      .result_last_o(result_last),\n"
    "      .layer_end_o(layer_end),\n      .layer_o(layer),\n      .busy_o(busy)\n  );\n"
    "endmodule\n\n`default_nettype wire\n";

axn_status axn_fpga_top(const char *folder, const axn_fpga_memories *memories, int accumulator_bits,
                        int multipliers, axn_buffer *out, axn_error *error)
{
    char path[AXN_PATH_MAX];
    axn_buffer text = {0};
    const setting settings[] = {
        {"AccW", accumulator_bits},          {"Multipliers", multipliers},
        {"Banks", memories->banks},          {"ArenaDepth", memories->arena},
        {"WeightDepth", memories->weights},  {"ParameterDepth", memories->parameters},
        {"ProgramDepth", memories->program}, {"RowBuses", memories->row_buses},
        {"DenseTaps", memories->dense_taps}};
    axn_status status = axn_path_join(path, folder, "rtl/" AXN_TOP_MODULE ".v", error);
    if (status == AXN_OK) {
        status = axn_file_read(path, MAX_TOP_BYTES, &text, error);
    }
    char *begin = text.data != NULL ? strstr(text.data, "axn_accelerator #(") : NULL;
    char *end = begin != NULL ? strstr(begin, ") u_accelerator") : NULL;
    if (end != NULL) {
        *end = '\0';
    }
    axn_buffer_text(out, head);
    if (status == AXN_OK &&
        (end == NULL ||
         !copy_parameters(begin, settings, sizeof settings / sizeof settings[0], out))) {
        status =
            axn_fail(error, AXN_ERROR_FORMAT, "%s: no axn_accelerator with its parameters", path);
    }
    axn_buffer_text(out, tail);
    axn_buffer_free(&text);
    return status;
}

void axn_fpga_constants(const axn_program *program, axn_buffer *out)
{
    uint32_t any[AXN_DESCRIPTOR_WORDS] = {0}, all[AXN_DESCRIPTOR_WORDS];
    memset(all, 0xff, sizeof all);
    for (int i = 0; i < program->operation_count; i++) {
        uint32_t words[AXN_DESCRIPTOR_WORDS];
        axn_descriptor_encode(&program->operations[i], words);
        for (int w = 0; w < AXN_DESCRIPTOR_WORDS; w++) {
            any[w] |= words[w];
            all[w] &= words[w];
        }
    }
    for (int w = 0; w < AXN_DESCRIPTOR_WORDS; w++) {
        for (int bit = 0; bit < 32; bit++) {
            if (((any[w] ^ all[w]) >> bit & 1) == 0) {
                axn_buffer_format(out,
                                  "connect -set \\u_accelerator.u_control.descriptor_q[%d] 1'%d\n",
                                  32 * w + bit, (int)(all[w] >> bit & 1));
            }
        }
    }
}

static void add_bytes(axn_buffer *out, uint64_t value, int count)
{
    for (int i = 0; i < count; i++) {
        uint8_t byte = (uint8_t)(value >> (8 * i));
        axn_buffer_append(out, &byte, 1);
    }
}

enum {
#define AXN_REGISTER(name, address, access, meaning) REGISTER_##name = (address),
#include "rtl_gen/registers.def"
#undef AXN_REGISTER
};

enum { MEMORY_PROGRAM, MEMORY_PARAMETERS, MEMORY_WEIGHTS };

static void add_write(axn_buffer *out, int address, uint32_t value)
{
    add_bytes(out, 'W', 1);
    add_bytes(out, (uint64_t)address, 1);
    add_bytes(out, value, 4);
}

void axn_fpga_setup(const axn_program *program, uint32_t image_bytes, axn_buffer *out)
{
    /* Ends a command and an image that a host before us left unfinished. */
    add_bytes(out, 0, 8);
    add_bytes(out, 0, 8);
    add_write(out, REGISTER_CONTROL, 2);
    add_write(out, REGISTER_LOAD_ADDRESS, (uint32_t)MEMORY_PROGRAM << 28);
    for (int i = 0; i < program->operation_count; i++) {
        uint32_t words[AXN_DESCRIPTOR_WORDS];
        axn_descriptor_encode(&program->operations[i], words);
        for (int w = 0; w < AXN_DESCRIPTOR_WORDS; w++) {
            add_write(out, REGISTER_LOAD_DATA, words[w]);
        }
    }
    add_write(out, REGISTER_LOAD_ADDRESS, (uint32_t)MEMORY_PARAMETERS << 28);
    for (int i = 0; i < program->parameter_count; i++) {
        add_write(out, REGISTER_LOAD_DATA, (uint32_t)program->parameters[i]);
        add_write(out, REGISTER_LOAD_DATA, (uint32_t)(program->parameters[i] >> 32));
    }
    add_write(out, REGISTER_LOAD_ADDRESS, (uint32_t)MEMORY_WEIGHTS << 28);
    int cols = program->array.cols;
    for (int i = 0; i < program->weight_words; i++) {
        const uint8_t *bytes = program->weights + (size_t)i * (size_t)cols;
        for (int c = 0; c < cols; c += 4) {
            uint32_t word = 0;
            for (int k = 0; k < 4 && c + k < cols; k++) {
                word |= (uint32_t)bytes[c + k] << (8 * k);
            }
            add_write(out, REGISTER_LOAD_DATA, word);
        }
    }
    add_write(out, REGISTER_IMAGE_WORDS, (image_bytes + 15) / 16);
    add_write(out, REGISTER_IMAGE_BASE, program->regions[0].base);
    add_write(out, REGISTER_PROGRAM, 0);
    add_write(out, REGISTER_CONTROL, 1);
}

axn_status axn_fpga_image(const axn_accelerator *accelerator, int index, axn_buffer *image,
                          axn_buffer *answer, bool *found, axn_error *error)
{
    const axn_network *network = &accelerator->model.network;
    size_t bytes = (size_t)axn_shape_size(network->layers[0].output);
    size_t stride = axn_vector_bytes(network);
    int classes = network->layers[network->count - 1].units;
    char path[AXN_PATH_MAX];
    axn_buffer vectors = {0};
    axn_status status = axn_path_join(path, accelerator->folder, "golden/vectors.bin", error);
    if (status == AXN_OK) {
        status = axn_file_read(path, MAX_VECTOR_BYTES, &vectors, error);
    }
    *found = status == AXN_OK && ((size_t)index + 1) * stride <= vectors.length;
    if (*found) {
        const char *at = vectors.data + (size_t)index * stride;
        const char *results = at + stride - 4 * ((size_t)classes + 1);
        for (size_t i = 0; i < bytes; i += 16) {
            size_t length = bytes - i < 16 ? bytes - i : 16;
            add_bytes(image, 'I', 1);
            axn_buffer_append(image, at + i, length);
            add_bytes(image, 0, (int)(16 - length));
        }
        for (int c = 0; c <= classes; c++) {
            add_bytes(answer, c < classes ? 'S' : 'L', 1);
            axn_buffer_append(answer, results + 4 * c, 4);
        }
    }
    axn_buffer_free(&vectors);
    return status;
}
