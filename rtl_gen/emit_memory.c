/* Memory images: one word a line as $readmemh takes them. */
#include "rtl_gen/emit_internal.h"

void axn_emit_program(const axn_program *program, axn_buffer *out)
{
    for (int i = 0; i < program->operation_count; i++) {
        uint32_t words[AXN_DESCRIPTOR_WORDS];
        axn_descriptor_encode(&program->operations[i], words);
        for (int k = 0; k < AXN_DESCRIPTOR_WORDS; k++) {
            axn_buffer_format(out, "%08lx\n", (unsigned long)words[k]);
        }
    }
}

void axn_emit_parameters(const axn_program *program, axn_buffer *out)
{
    for (int i = 0; i < program->parameter_count; i++) {
        axn_buffer_format(out, "%016llx\n", (unsigned long long)program->parameters[i]);
    }
}

void axn_emit_weights(const axn_program *program, axn_buffer *out)
{
    static const char digits[] = "0123456789abcdef";
    int cols = program->array.cols;
    for (int word = 0; word < program->weight_words; word++) {
        char line[2 * AXN_ARRAY_MAX + 1];
        const uint8_t *bytes = program->weights + (size_t)word * (size_t)cols;
        for (int c = 0; c < cols; c++) { /* column 0 is the least significant byte */
            uint8_t byte = bytes[cols - 1 - c];
            line[2 * c] = digits[byte >> 4];
            line[2 * c + 1] = digits[byte & 15];
        }
        line[2 * cols] = '\n';
        axn_buffer_append(out, line, 2 * (size_t)cols + 1);
    }
}

void axn_emit_layout(const axn_model *model, const axn_program *program, axn_buffer *out)
{
    const axn_network *network = &model->network;
    int last = network->count - 1;
    axn_buffer_format(out, "%08lx\n%08lx\n%08x\n%08x\n", (unsigned long)program->regions[0].base,
                      (unsigned long)program->regions[0].size,
                      (unsigned)network->layers[last].units, (unsigned)(last - 1));
    for (int i = 1; i < last; i++) {
        axn_shape shape = network->layers[i].output;
        axn_buffer_format(out, "%08x\n%08lx\n%08x\n%08x\n%08x\n", (unsigned)i,
                          (unsigned long)program->regions[i].base, (unsigned)shape.channels,
                          (unsigned)shape.height, (unsigned)shape.width);
    }
}

void axn_emit_table(const axn_table *table, axn_buffer *out)
{
    for (int i = 0; i < 65536; i++) {
        axn_buffer_format(out, "%04x\n", (unsigned)table->product[i]);
    }
}
