/* oneDNN 2.x C API: the engine, and its convolutions run. */
#include "nas/onednn_internal.h"

#include <stdlib.h>

#include "common/memory.h"

#define MAX_ARGUMENTS 4

axn_status axn_onednn_fail(axn_error *error, dnnl_status_t status, const char *what)
{
    return axn_fail(error, status == dnnl_out_of_memory ? AXN_ERROR_MEMORY : AXN_ERROR_TOOL,
                    "oneDNN cannot %s (status %d)", what, (int)status);
}

axn_status axn_onednn_create(int threads, axn_onednn **out, axn_error *error)
{
    axn_onednn *onednn = NULL;
    axn_status status = axn_allocate(&onednn, 1, sizeof *onednn, "oneDNN", error);
    if (status != AXN_OK) {
        return status;
    }
    /* One class of machines, one result: AVX-512 without what only some of them have. oneDNN
     * takes this before its first use and refuses it later, when it has been set already. */
    (void)dnnl_set_max_cpu_isa(dnnl_cpu_isa_avx512_core);
    status = axn_allocate(&onednn->streams, (size_t)threads, sizeof(dnnl_stream_t),
                          "oneDNN streams", error);
    dnnl_status_t code = dnnl_success;
    if (status == AXN_OK) {
        code = dnnl_engine_create(&onednn->engine, dnnl_cpu, 0);
    }
    for (int i = 0; i < threads && status == AXN_OK && code == dnnl_success; i++) {
        code = dnnl_stream_create(&onednn->streams[i], onednn->engine, dnnl_stream_default_flags);
        onednn->threads += code == dnnl_success;
    }
    if (status == AXN_OK && code != dnnl_success) {
        status = axn_onednn_fail(error, code, "start");
    }
    if (status != AXN_OK) {
        axn_onednn_free(onednn);
        return status;
    }
    *out = onednn;
    return AXN_OK;
}

void axn_onednn_free(axn_onednn *onednn)
{
    if (onednn == NULL) {
        return;
    }
    for (int i = 0; i < onednn->threads; i++) {
        dnnl_stream_destroy(onednn->streams[i]);
    }
    if (onednn->engine != NULL) {
        dnnl_engine_destroy(onednn->engine);
    }
    free(onednn->streams);
    free(onednn);
}

size_t axn_float_conv_bytes(const axn_float_conv *conv)
{
    return conv == NULL ? 0
                        : conv->forward_kernel.bytes * (size_t)conv->forward_kernel.count +
                              conv->data_kernels.bytes * (size_t)conv->data_kernels.count;
}

size_t axn_float_conv_scratch(const axn_float_conv *conv)
{
    return axn_onednn_aligned(dnnl_memory_desc_get_size(&conv->kernel_gradient)) +
           axn_onednn_aligned(conv->pad_bytes);
}

/* `result` and `operands` in the order of the arguments, less the set of weights and the
 * scratchpad. */
static axn_status execute(const axn_float_conv *conv, int thread, const axn_onednn_operation *o,
                          dnnl_memory_t kernel, float *result, const float *const operands[2],
                          void *pad, axn_error *error)
{
    dnnl_exec_arg_t list[MAX_ARGUMENTS];
    dnnl_status_t code = dnnl_success;
    omp_set_num_threads(1);
    for (int i = 0, operand = 0; i < o->count && code == dnnl_success; i++) {
        list[i] = o->arguments[thread * o->count + i];
        if (i == o->fixed) {
            list[i].memory = kernel;
            continue;
        }
        /* oneDNN takes its inputs without const; it does not write to them. */
        union {
            const void *from;
            void *to;
        } data = {.to = result};
        if (i + 1 == o->count) {
            data.to = pad;
        } else if (i > 0 && operand < 2) {
            data.from = operands[operand++];
        }
        code = dnnl_memory_set_data_handle(list[i].memory, data.to);
    }
    if (code == dnnl_success) {
        dnnl_stream_t stream = conv->onednn->streams[thread];
        code = dnnl_primitive_execute(o->primitive, stream, o->count, list);
        if (code == dnnl_success) {
            code = dnnl_stream_wait(stream);
        }
    }
    return code == dnnl_success ? AXN_OK : axn_onednn_fail(error, code, "run a convolution");
}

axn_status axn_float_conv_set_forward(axn_float_conv *conv, int thread, const float *weights,
                                      void *scratch, axn_error *error)
{
    const float *const operands[2] = {weights, NULL};
    return execute(conv, thread, &conv->forward_in, conv->forward_kernel.memory[0], NULL, operands,
                   scratch, error);
}

axn_status axn_float_conv_set_backward(axn_float_conv *conv, int thread, int set,
                                       const float *weights, void *scratch, axn_error *error)
{
    const float *const operands[2] = {weights, NULL};
    return execute(conv, thread, &conv->data_in, conv->data_kernels.memory[set], NULL, operands,
                   scratch, error);
}

axn_status axn_float_conv_forward(const axn_float_conv *conv, int thread, float *output,
                                  const float *input, void *scratch, axn_error *error)
{
    const float *const operands[2] = {input, NULL};
    return execute(conv, thread, &conv->forward, conv->forward_kernel.memory[0], output, operands,
                   scratch, error);
}

axn_status axn_float_conv_input_gradient(const axn_float_conv *conv, int thread, int set,
                                         float *input_gradient, const float *output_gradient,
                                         void *scratch, axn_error *error)
{
    const float *const operands[2] = {output_gradient, NULL};
    return execute(conv, thread, &conv->data, conv->data_kernels.memory[set], input_gradient,
                   operands, scratch, error);
}

axn_status axn_float_conv_weight_gradient(const axn_float_conv *conv, int thread,
                                          float *weight_gradient, const float *input,
                                          const float *output_gradient, void *scratch,
                                          axn_error *error)
{
    float *inner = scratch;
    char *pad =
        (char *)scratch + axn_onednn_aligned(dnnl_memory_desc_get_size(&conv->kernel_gradient));
    const float *const operands[2] = {input, output_gradient};
    axn_status status = execute(conv, thread, &conv->weights, NULL, inner, operands, pad, error);
    if (status == AXN_OK) {
        const float *const gradient[2] = {inner, NULL};
        status =
            execute(conv, thread, &conv->weights_out, NULL, weight_gradient, gradient, pad, error);
    }
    return status;
}
