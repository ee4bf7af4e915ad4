/* Operand histograms. A '@' in the input stands for the 65,535 zeros that a complete one
 * needs and no fuzzer finds. */
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "multipliers/operand_histogram.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    axn_operand_histogram *histogram = NULL;
    axn_error error;
    axn_buffer text = {0};
    const uint8_t *mark = size > 0 ? memchr(data, '@', size) : NULL;
    size_t before = mark != NULL ? (size_t)(mark - data) : size;
    axn_buffer_append(&text, data, before);
    for (int i = 1; mark != NULL && i < AXN_OPERAND_PAIRS; i++)
        axn_buffer_text(&text, ",0");
    if (mark != NULL)
        axn_buffer_append(&text, mark + 1, size - before - 1);
    const char *path = fuzz_file((const uint8_t *)text.data, text.length);
    if (axn_operand_histogram_read(path, &histogram, &error) == AXN_OK) {
        double sum = 0;
        for (int i = 0; i < AXN_OPERAND_PAIRS; i++)
            sum += histogram->weights[i];
        if (!(sum > 0) || sum != histogram->multiplications)
            fuzz_fail("a histogram that does not sum");
        free(histogram);
    }
    axn_buffer_free(&text);
    return 0;
}
