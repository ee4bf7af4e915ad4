#include "model/builtin.h"

#include <string.h>

/* One residual block: two 3x3 convolutions and the sum with their input. The sum
 * pools and zero-pads the shortcut where the block changes the shape. */
static int add_block(axn_network *network, int input, int channels, int stride)
{
    int first = axn_network_add_conv(network, input, channels, 3, stride, true, true);
    int second = axn_network_add_conv(network, first, channels, 3, 1, true, false);
    return axn_network_add_sum(network, second, input, true);
}

axn_status axn_network_builtin(const char *name, axn_shape input, int classes, axn_network *out,
                               axn_error *error)
{
    int blocks;
    *out = (axn_network){0};
    if (strcmp(name, "resnet8") == 0)
        blocks = 1;
    else if (strcmp(name, "resnet14") == 0)
        blocks = 2;
    else
        return axn_fail(error, AXN_ERROR_NOT_FOUND,
                        "no built-in network \"%s\" (there are resnet8 and resnet14)", name);
    int last = axn_network_add_input(out, input);
    last = axn_network_add_conv(out, last, 16, 3, 1, true, true);
    for (int stage = 0; stage < 3; stage++)
        for (int block = 0; block < blocks; block++)
            last = add_block(out, last, 16 << stage, stage > 0 && block == 0 ? 2 : 1);
    last = axn_network_add_global_average(out, last);
    last = axn_network_add_dense(out, last, classes, false);
    axn_status status;
    if (last < 0)
        status = axn_fail(error, AXN_ERROR_MEMORY, "out of memory for network \"%s\"", name);
    else
        status = axn_network_infer(out, error);
    if (status != AXN_OK) {
        axn_error_prefix(error, "network \"%s\"", name);
        axn_network_free(out);
    }
    return status;
}
