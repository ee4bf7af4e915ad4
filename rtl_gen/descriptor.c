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

static const hardware_register registers[] = {
#define AXN_REGISTER(name, address, access, meaning) {#name, address, access, meaning},
#include "rtl_gen/registers.def"
#undef AXN_REGISTER
};

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

void axn_descriptor_verilog(axn_buffer *out)
{
    char name[64];
    axn_buffer_text(out, "// Made from rtl_gen/descriptor.def and rtl_gen/registers.def: do not "
                         "edit.\n"
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
    axn_buffer_text(out, "\n`endif\n");
}

void axn_descriptor_header(axn_buffer *out)
{
    char name[64];
    axn_buffer_text(out, "/* Registers and descriptor of the accelerator. A field's value is\n"
                         " * (words[AXN_x_WORD] >> AXN_x_SHIFT) & AXN_x_MASK. */\n"
                         "#ifndef AXN_ACCELERATOR_H\n#define AXN_ACCELERATOR_H\n\n"
                         "/* Registers: byte addresses. */\n");
    for (int i = 0; i < REGISTERS; i++) {
        axn_buffer_format(out, "#define AXN_REG_%s 0x%02XU /* %s: %s */\n", registers[i].name,
                          registers[i].address, registers[i].access, registers[i].meaning);
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

void axn_descriptor_document(axn_buffer *out)
{
    axn_buffer_text(out, "# Descriptor and registers\n\n"
                         "Made from `rtl_gen/descriptor.def` and `rtl_gen/registers.def` by "
                         "`build/tests/tools/write_descriptor`; the\ntest `test_descriptor` "
                         "checks that this page and `rtl_lib/axn_descriptor.vh` are current.\n"
                         "How the hardware uses them: [accelerator.md](accelerator.md).\n\n"
                         "## Descriptor of one operation: 16 words of 32 bits\n\n"
                         "| word | bits | field | meaning |\n|---|---|---|---|\n");
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
    axn_buffer_text(out, "\n## Registers\n\n| register | address | access | meaning |\n"
                         "|---|---|---|---|\n");
    for (int i = 0; i < REGISTERS; i++) {
        axn_buffer_format(out, "| `%s` | 0x%02X | %s | %s |\n", registers[i].name,
                          registers[i].address, registers[i].access, registers[i].meaning);
    }
}
