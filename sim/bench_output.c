#include "sim/bench_output.h"

#include <stdio.h>
#include <string.h>

static void read_image(const char *line, axn_bench_output *out)
{
    int image = 0, class = 0;
    long long cycles = 0;
    if (sscanf(line, "AXN image %d cycles %lld class %d", &image, &cycles, &class) != 3 ||
        image < 0 || image >= out->capacity) {
        return;
    }
    out->classes[image] = class;
    if (image == 0) {
        out->cycles = cycles;
    } else if (out->cycles != cycles) {
        out->cycles = -1;
    }
}

static void read_line(const char *line, size_t length, axn_bench_output *out)
{
    static const char mismatch[] = "AXN mismatch ";
    char copy[256];
    int layer = 0, images = 0;
    long long a = 0, b = 0, c = 0;
    length = length < sizeof copy ? length : sizeof copy - 1;
    memcpy(copy, line, length);
    copy[length] = '\0';
    if (sscanf(copy, "AXN layer %d cycles %lld", &layer, &a) == 2) {
        if (layer >= 0 && layer < AXN_MAX_LAYERS) {
            out->layer_cycles[layer] = a;
        }
    } else if (sscanf(copy, "AXN done images %d layers %lld bytes %lld mismatches %lld", &images,
                      &a, &b, &c) == 4) {
        out->images = images;
        out->bytes = b;
        out->mismatches = c;
    } else if (strncmp(copy, mismatch, strlen(mismatch)) == 0) {
        if (out->first_mismatch[0] == '\0') {
            snprintf(out->first_mismatch, sizeof out->first_mismatch, "%s",
                     copy + strlen(mismatch));
        }
    } else {
        read_image(copy, out);
    }
}

void axn_bench_output_read(const char *text, axn_bench_output *out)
{
    out->images = -1;
    out->mismatches = out->bytes = 0;
    out->cycles = -1;
    out->first_mismatch[0] = '\0';
    for (int i = 0; i < AXN_MAX_LAYERS; i++) {
        out->layer_cycles[i] = -1;
    }
    for (int i = 0; i < out->capacity; i++) {
        out->classes[i] = -1;
    }
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        if (strncmp(text, "AXN ", 4) == 0) {
            read_line(text, length, out);
        }
        text += length + (text[length] == '\n');
    }
}

void axn_bench_mismatch_text(const char *line, const axn_network *network, int offset, char *out,
                             size_t size)
{
    int image = 0, layer = 0, consumed = 0;
    if (sscanf(line, "image %d layer %d%n", &image, &layer, &consumed) == 2 && layer >= 0 &&
        layer < network->count) {
        snprintf(out, size, "image %d layer %s%s", image + offset, network->layers[layer].name,
                 line + consumed);
    } else if (sscanf(line, "image %d%n", &image, &consumed) == 1) {
        snprintf(out, size, "image %d%s", image + offset, line + consumed);
    } else {
        snprintf(out, size, "%s", line);
    }
}
