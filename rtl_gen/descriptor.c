#include "rtl_gen/descriptor.h"

#include <ctype.h>
#include <string.h>

typedef struct field {
    const char *name;
    unsigned word, lsb, width;
    const char *meaning;
} field;

static const field fields[] = {
#define AXN_FIELD(name, word, lsb, width, meaning) {#name, word, lsb, width, meaning},
#include "rtl_gen/descriptor.def"
#undef AXN_FIELD
};

typedef struct hardware_register {
    const char *name;
    unsigned address;
    const char *access, *meaning;
} hardware_register;

#define AXN_REGISTER(name, address, access, meaning) {#name, address, access, meaning},
static const hardware_register registers[] = {
#include "rtl_gen/registers.def"
};
static const hardware_register axi_registers[] = {
#include "rtl_gen/axi_registers.def"
};
#undef AXN_REGISTER

typedef struct port {
    const char *name;
    bool is_output;
    int width;
    const char *group, *meaning;
} port;

#define AXN_PORT(name, is_output, width, group, meaning) {#name, is_output, width, group, meaning},
static const port ports[] = {
#include "rtl_gen/ports.def"
};
static const port axi_ports[] = {
#include "rtl_gen/axi_ports.def"
};
#undef AXN_PORT

static const struct {
    const char *name;
    axn_operation_kind kind;
} operations[] = {{"CONVOLUTION", AXN_OP_CONVOLUTION},
                  {"DENSE", AXN_OP_DENSE},
                  {"MAXIMUM_POOL", AXN_OP_MAXIMUM_POOL},
                  {"SUM_POOL", AXN_OP_SUM_POOL},
                  {"SUM", AXN_OP_SUM}};

enum {
    FIELDS = sizeof fields / sizeof fields[0],
    REGISTERS = sizeof registers / sizeof registers[0],
    AXI_REGISTERS = sizeof axi_registers / sizeof axi_registers[0],
    PORTS = sizeof ports / sizeof ports[0],
    AXI_PORTS = sizeof axi_ports / sizeof axi_ports[0],
    OPERATIONS = sizeof operations / sizeof operations[0]
};

static uint32_t largest(unsigned width)
{
    return (uint32_t)((UINT64_C(1) << width) - 1);
}

void axn_descriptor_encode(const axn_descriptor *descriptor, uint32_t words[AXN_DESCRIPTOR_WORDS])
{
    memset(words, 0, sizeof words[0] * AXN_DESCRIPTOR_WORDS);
#define AXN_FIELD(name, word, lsb, width, meaning)                                                 \
    words[word] |= (descriptor->name & largest(width)) << (lsb);
#include "rtl_gen/descriptor.def"
#undef AXN_FIELD
}

void axn_descriptor_decode(const uint32_t words[AXN_DESCRIPTOR_WORDS], axn_descriptor *descriptor)
{
#define AXN_FIELD(name, word, lsb, width, meaning)                                                 \
    descriptor->name = (words[word] >> (lsb)) & largest(width);
#include "rtl_gen/descriptor.def"
#undef AXN_FIELD
}

axn_status axn_descriptor_check(const axn_descriptor *descriptor, const char *layer,
                                axn_error *error)
{
    const uint32_t values[] = {
#define AXN_FIELD(name, word, lsb, width, meaning) descriptor->name,
#include "rtl_gen/descriptor.def"
#undef AXN_FIELD
    };
    for (int i = 0; i < FIELDS; i++) {
        if (values[i] > largest(fields[i].width)) {
            return axn_fail(error, AXN_ERROR_LIMIT,
                            "layer %s: %s is %lu, the accelerator takes at most %lu", layer,
                            fields[i].name, (unsigned long)values[i],
                            (unsigned long)largest(fields[i].width));
        }
    }
    return AXN_OK;
}

static void upper(char out[64], const char *text)
{
    size_t i = 0;
    for (; i < 63 && text[i] != '\0'; i++) {
        out[i] = (char)toupper((unsigned char)text[i]);
    }
    out[i] = '\0';
}

/* Bit address / 4 of each register of the AXI map that can be accessed so. */
static uint64_t accessible(const char *access)
{
    uint64_t map = 0;
    for (int i = 0; i < REGISTERS + AXI_REGISTERS; i++) {
        const hardware_register *at = i < REGISTERS ? &registers[i] : &axi_registers[i - REGISTERS];
        if (strcmp(at->access, access) == 0) {
            map |= UINT64_C(1) << (at->address / 4);
        }
    }
    return map;
}

void axn_descriptor_verilog(axn_buffer *out)
{
    char name[64];
    axn_buffer_text(out, "// Made from rtl_gen/descriptor.def, registers.def and "
                         "axi_registers.def: do not edit.\n"
                         "// AXN_FIELD_x: part select within the 512 bits of a descriptor (word "
                         "0 lowest).\n"
                         "`ifndef AXN_DESCRIPTOR_VH\n`define AXN_DESCRIPTOR_VH\n\n");
    for (int i = 0; i < FIELDS; i++) {
        upper(name, fields[i].name);
        axn_buffer_format(out, "`define AXN_FIELD_%s %u +: %u\n`define AXN_WIDTH_%s %u\n", name,
                          32 * fields[i].word + fields[i].lsb, fields[i].width, name,
                          fields[i].width);
    }
    axn_buffer_text(out, "\n");
    for (int i = 0; i < OPERATIONS; i++) {
        axn_buffer_format(out, "`define AXN_OP_%s 3'd%d\n", operations[i].name,
                          (int)operations[i].kind);
    }
    axn_buffer_text(out, "\n");
    for (int i = 0; i < REGISTERS; i++) {
        axn_buffer_format(out, "`define AXN_REG_%s 8'h%02X\n", registers[i].name,
                          registers[i].address);
    }
    axn_buffer_text(out, "\n// Of the AXI shell, and which registers it has: bit address / 4.\n");
    for (int i = 0; i < AXI_REGISTERS; i++) {
        axn_buffer_format(out, "`define AXN_REG_%s 8'h%02X\n", axi_registers[i].name,
                          axi_registers[i].address);
    }
    axn_buffer_format(out,
                      "`define AXN_REG_READABLE 64'h%016llX\n"
                      "`define AXN_REG_WRITABLE 64'h%016llX\n",
                      (unsigned long long)accessible("read"),
                      (unsigned long long)accessible("write"));
    axn_buffer_text(out, "\n`endif\n");
}

static void header_registers(const hardware_register *list, int count, axn_buffer *out)
{
    for (int i = 0; i < count; i++) {
        axn_buffer_format(out, "#define AXN_REG_%s 0x%02XU /* %s: %s */\n", list[i].name,
                          list[i].address, list[i].access, list[i].meaning);
    }
}

void axn_descriptor_header(axn_buffer *out)
{
    char name[64];
    axn_buffer_text(out, "/* Registers, streams and descriptor of the accelerator. A field's value "
                         "is\n"
                         " * (words[AXN_x_WORD] >> AXN_x_SHIFT) & AXN_x_MASK. */\n"
                         "#ifndef AXN_ACCELERATOR_H\n#define AXN_ACCELERATOR_H\n\n"
                         "/* Registers: byte addresses. */\n");
    header_registers(registers, REGISTERS, out);
    axn_buffer_text(out, "/* Of the AXI shell alone. */\n");
    header_registers(axi_registers, AXI_REGISTERS, out);
    axn_buffer_text(out, "\n/* Streams: bytes of a word. */\n");
    for (int i = 0; i < PORTS; i++) {
        const char *stream = strcmp(ports[i].name, "image_data_i") == 0    ? "IMAGE"
                             : strcmp(ports[i].name, "result_data_o") == 0 ? "RESULT"
                                                                           : NULL;
        if (stream != NULL) {
            axn_buffer_format(out, "#define AXN_%s_WORD_BYTES %dU /* %s */\n", stream,
                              ports[i].width / 8, ports[i].meaning);
        }
    }
    axn_buffer_format(out, "\n/* Operations. */\n");
    for (int i = 0; i < OPERATIONS; i++) {
        axn_buffer_format(out, "#define AXN_OP_%s %dU\n", operations[i].name,
                          (int)operations[i].kind);
    }
    axn_buffer_format(out, "\n/* Descriptor. */\n#define AXN_DESCRIPTOR_WORDS %d\n",
                      AXN_DESCRIPTOR_WORDS);
    for (int i = 0; i < FIELDS; i++) {
        upper(name, fields[i].name);
        axn_buffer_format(out,
                          "#define AXN_%s_WORD %u /* %s */\n#define AXN_%s_SHIFT %u\n"
                          "#define AXN_%s_MASK 0x%lXU\n",
                          name, fields[i].word, fields[i].meaning, name, fields[i].lsb, name,
                          (unsigned long)largest(fields[i].width));
    }
    axn_buffer_text(out, "\n#endif\n");
}

static void document_registers(const hardware_register *list, int count, axn_buffer *out)
{
    axn_buffer_text(out, "| register | address | access | meaning |\n|---|---|---|---|\n");
    for (int i = 0; i < count; i++) {
        axn_buffer_format(out, "| `%s` | 0x%02X | %s | %s |\n", list[i].name, list[i].address,
                          list[i].access, list[i].meaning);
    }
}

static void document_ports(const port *list, int count, axn_buffer *out)
{
    axn_buffer_text(out, "| port | direction | bits | meaning |\n|---|---|---|---|\n");
    for (int i = 0; i < count; i++) {
        if (list[i].group != NULL) {
            axn_buffer_format(out, "| **%s** | | | |\n", list[i].group);
        }
        axn_buffer_format(out, "| `%s` | %s | %d | %s |\n", list[i].name,
                          list[i].is_output ? "out" : "in", list[i].width, list[i].meaning);
    }
}

static void document_fields(axn_buffer *out)
{
    axn_buffer_text(out, "| word | bits | field | meaning |\n|---|---|---|---|\n");
    for (int i = 0; i < FIELDS; i++) {
        unsigned low = fields[i].lsb, high = fields[i].lsb + fields[i].width - 1;
        if (low == high) {
            axn_buffer_format(out, "| %u | %u | `%s` | %s |\n", fields[i].word, low, fields[i].name,
                              fields[i].meaning);
        } else {
            axn_buffer_format(out, "| %u | %u:%u | `%s` | %s |\n", fields[i].word, high, low,
                              fields[i].name, fields[i].meaning);
        }
    }
}

void axn_descriptor_document(axn_buffer *out)
{
    axn_buffer_text(out, "# Descriptor, registers and streams\n\n"
                         "Made from `descriptor.def`, `registers.def`, `axi_registers.def`, "
                         "`ports.def` and `axi_ports.def` in\n`rtl_gen/` by "
                         "`build/tests/tools/write_descriptor`, as are `rtl_lib/axn_descriptor.vh` "
                         "and\n`include/axn_accelerator.h` of an emitted folder; the test "
                         "`test_descriptor` fails when this page, that\nfile or the ports of the "
                         "modules differ. How the hardware uses them: "
                         "[accelerator.md](accelerator.md).\n\n"
                         "## Descriptor of one operation: 16 words of 32 bits\n\n");
    document_fields(out);
    axn_buffer_text(out, "\n## Registers\n\n");
    document_registers(registers, REGISTERS, out);
    axn_buffer_text(out, "\n## Ports and streams of `axn_top`\n\n"
                         "A word of a stream moves in each cycle with valid and ready.\n\n");
    document_ports(ports, PORTS, out);
    axn_buffer_text(out, "\n## AXI shell `axn_axi_top`\n\n"
                         "The registers above at the same addresses, and two more. Any other "
                         "address, and a read of what can only\nbe written or the reverse, is "
                         "answered SLVERR and has no effect.\n\n");
    document_registers(axi_registers, AXI_REGISTERS, out);
    axn_buffer_text(out, "\nIts ports, beside `clk_i`, `rst_ni` and the observation ports of "
                         "`axn_top`:\n\n");
    document_ports(axi_ports, AXI_PORTS, out);
}
