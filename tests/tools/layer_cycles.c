/* Prints, for a grid of layer shapes on an array, cycles beside what tiling alone would take:
 *   layer_cycles [ROWS COLS [BANKS [LANES]]]        (0: as the compiler chooses) */
#include <stdio.h>
#include <stdlib.h>

#include "tests/layer_cycles.h"

static const int channels[] = {1, 3, 8, 16, 20, 24, 40};
static const int units[] = {16, 32};
static const int kernels[] = {1, 3, 5, 7};
static const int maps[] = {7, 14, 28, 32};

#define COUNT(list) ((int)(sizeof(list) / sizeof((list)[0])))

int main(int argc, char **argv)
{
    axn_array_shape array = {argc > 2 ? atoi(argv[1]) : 16, argc > 2 ? atoi(argv[2]) : 16};
    axn_array_options options = {.banks = argc > 3 ? atoi(argv[3]) : 0,
                                 .row_buses = argc > 4 ? atoi(argv[4]) : 0};
    axn_error error = {0};
    printf("%-9s %8s %6s %6s %6s %5s %5s %9s %9s %6s %6s\n", "map", "channels", "units", "kernel",
           "stride", "banks", "lanes", "bound", "cycles", "lost", "of it");
    for (int i = 0; i < COUNT(maps) * COUNT(channels) * COUNT(units) * COUNT(kernels) * 2; i++) {
        int k = i;
        axn_one_layer layer = {.stride = 1 + k % 2};
        k /= 2;
        layer.kernel = kernels[k % COUNT(kernels)];
        k /= COUNT(kernels);
        layer.units = units[k % COUNT(units)];
        k /= COUNT(units);
        layer.channels = channels[k % COUNT(channels)];
        k /= COUNT(channels);
        layer.height = layer.width = maps[k];
        axn_layer_figures at;
        if (axn_one_layer_cycles(&layer, array, options, &at, &error) != AXN_OK) {
            fprintf(stderr, "layer_cycles: %s\n", error.message);
            return 1;
        }
        printf("%3dx%-5d %8d %6d %6d %6d %5d %5d %9lld %9lld %6lld %5.1f%%\n", layer.height,
               layer.width, layer.channels, layer.units, layer.kernel, layer.stride, at.banks,
               at.lanes, (long long)at.bound, (long long)at.cycles,
               (long long)(at.cycles - at.bound), 100 * at.of_bound);
    }
    return 0;
}
