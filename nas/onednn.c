/* oneDNN 2.x C API. Data goes in and out planar (nchw); inside, the convolutions run on
 * nhwc, where oneDNN is two to six times faster and needs no padding of channels. */
#include "nas/onednn.h"

#include <dnnl.h>
#include <stdint.h>
#include <stdlib.h>

#include "common/memory.h"

/* Of libgomp, which oneDNN runs on; gcc's omp.h is out of clang's sight. Sets the number of
 * threads for regions opened by the calling thread. */
extern void omp_set_num_threads(int threads);

#define ALIGNMENT ((size_t)64)

struct axn_onednn {
    dnnl_engine_t engine;
    dnnl_stream_t *streams; /* [threads] */
    int threads;
};

/* A primitive with the sizes of what it needs. */
typedef struct primitive {
    dnnl_primitive_desc_t description;
    dnnl_primitive_t primitive;
} primitive;

struct axn_float_conv {
    axn_onednn *onednn;
    primitive hint; /* the forward pass: oneDNN wants its description, never run */
    primitive data, weights;
    primitive input_in, output_in;     /* nchw -> nhwc */
    primitive input_out, input_add;    /* nhwc -> nchw, written or added */
    primitive weights_in, weights_out; /* ohwi -> oneDNN's order and back */
    dnnl_memory_desc_t input, output;  /* nchw */
    dnnl_memory_desc_t input_inner, output_inner;
    dnnl_memory_desc_t kernel; /* ohwi */
    dnnl_memory_desc_t kernel_data, kernel_weights;
    char *kernel_memory; /* weights in the order the data gradient wants, then scratch */
    bool input_gradient;
    size_t pad_bytes; /* oneDNN's own scratchpad */
};

static axn_status fail(axn_error *error, dnnl_status_t status, const char *what)
{
    return axn_fail(error, status == dnnl_out_of_memory ? AXN_ERROR_MEMORY : AXN_ERROR_TOOL,
                    "oneDNN cannot %s (status %d)", what, (int)status);
}

static size_t aligned(size_t bytes)
{
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
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
        status = fail(error, code, "start");
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

static void primitive_free(primitive *p)
{
    if (p->primitive != NULL) {
        dnnl_primitive_destroy(p->primitive);
    }
    if (p->description != NULL) {
        dnnl_primitive_desc_destroy(p->description);
    }
    *p = (primitive){0};
}

void axn_float_conv_free(axn_float_conv *conv)
{
    if (conv == NULL) {
        return;
    }
    primitive *all[] = {&conv->data,       &conv->weights,     &conv->input_in,
                        &conv->output_in,  &conv->input_out,   &conv->input_add,
                        &conv->weights_in, &conv->weights_out, &conv->hint};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        primitive_free(all[i]);
    }
    free(conv->kernel_memory);
    free(conv);
}

/* Scratchpads are handed in by the caller, so that nothing is shared between threads. */
static dnnl_status_t make_attributes(dnnl_primitive_attr_t *out, bool add)
{
    dnnl_primitive_attr_t attributes = NULL;
    dnnl_post_ops_t operations = NULL;
    dnnl_status_t code = dnnl_primitive_attr_create(&attributes);
    if (code == dnnl_success) {
        code = dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user);
    }
    if (code == dnnl_success && add) {
        code = dnnl_post_ops_create(&operations);
        if (code == dnnl_success) {
            code = dnnl_post_ops_append_sum(operations, 1.0F);
        }
        if (code == dnnl_success) {
            code = dnnl_primitive_attr_set_post_ops(attributes, operations);
        }
        if (operations != NULL) {
            dnnl_post_ops_destroy(operations);
        }
    }
    if (code != dnnl_success && attributes != NULL) {
        dnnl_primitive_attr_destroy(attributes);
        attributes = NULL;
    }
    *out = attributes;
    return code;
}

static dnnl_status_t finish_primitive(axn_float_conv *conv, primitive *p)
{
    dnnl_status_t code = dnnl_primitive_create(&p->primitive, p->description);
    if (code == dnnl_success) {
        const dnnl_memory_desc_t *pad =
            dnnl_primitive_desc_query_md(p->description, dnnl_query_scratchpad_md, 0);
        size_t bytes = pad != NULL ? dnnl_memory_desc_get_size(pad) : 0;
        conv->pad_bytes = bytes > conv->pad_bytes ? bytes : conv->pad_bytes;
    }
    return code;
}

static dnnl_status_t make_operation(axn_float_conv *conv, primitive *p, const void *operation,
                                    const_dnnl_primitive_desc_t hint)
{
    dnnl_primitive_attr_t attributes = NULL;
    dnnl_status_t code = make_attributes(&attributes, false);
    if (code == dnnl_success) {
        code = dnnl_primitive_desc_create(&p->description, operation, attributes,
                                          conv->onednn->engine, hint);
        dnnl_primitive_attr_destroy(attributes);
    }
    return code;
}

static dnnl_status_t make_reorder(axn_float_conv *conv, primitive *p,
                                  const dnnl_memory_desc_t *from, const dnnl_memory_desc_t *to,
                                  bool add)
{
    dnnl_primitive_attr_t attributes = NULL;
    dnnl_status_t code = make_attributes(&attributes, add);
    if (code == dnnl_success) {
        code = dnnl_reorder_primitive_desc_create(&p->description, from, conv->onednn->engine, to,
                                                  conv->onednn->engine, attributes);
        dnnl_primitive_attr_destroy(attributes);
    }
    return code == dnnl_success ? finish_primitive(conv, p) : code;
}

static dnnl_status_t describe(axn_float_conv *conv, const axn_conv_shape *shape, int images,
                              dnnl_memory_desc_t *any)
{
    const dnnl_dims_t x = {images, shape->channels, shape->height, shape->width};
    const dnnl_dims_t y = {images, shape->units, shape->out_height, shape->out_width};
    const dnnl_dims_t w = {shape->units, shape->channels, shape->kernel_h, shape->kernel_w};
    dnnl_status_t code[] = {
        dnnl_memory_desc_init_by_tag(&conv->input, 4, x, dnnl_f32, dnnl_nchw),
        dnnl_memory_desc_init_by_tag(&conv->input_inner, 4, x, dnnl_f32, dnnl_nhwc),
        dnnl_memory_desc_init_by_tag(&conv->output, 4, y, dnnl_f32, dnnl_nchw),
        dnnl_memory_desc_init_by_tag(&conv->output_inner, 4, y, dnnl_f32, dnnl_nhwc),
        dnnl_memory_desc_init_by_tag(&conv->kernel, 4, w, dnnl_f32, dnnl_ohwi),
        dnnl_memory_desc_init_by_tag(any, 4, w, dnnl_f32, dnnl_format_tag_any)};
    for (size_t i = 0; i < sizeof code / sizeof code[0]; i++) {
        if (code[i] != dnnl_success) {
            return code[i];
        }
    }
    return dnnl_success;
}

/* The two backward convolutions. */
static dnnl_status_t make_convolutions(axn_float_conv *conv, const axn_conv_shape *shape,
                                       const dnnl_memory_desc_t *any)
{
    const dnnl_dims_t strides = {shape->stride, shape->stride};
    const dnnl_dims_t before = {shape->pad_h, shape->pad_w};
    const int extent_h = (shape->out_height - 1) * shape->stride + shape->kernel_h;
    const int extent_w = (shape->out_width - 1) * shape->stride + shape->kernel_w;
    const int below = extent_h - shape->height - shape->pad_h;
    const int right = extent_w - shape->width - shape->pad_w;
    const dnnl_dims_t after = {below > 0 ? below : 0, right > 0 ? right : 0};
    dnnl_convolution_desc_t operation;
    dnnl_status_t code = dnnl_convolution_forward_desc_init(
        &operation, dnnl_forward_training, dnnl_convolution_direct, &conv->input_inner, any, NULL,
        &conv->output_inner, strides, before, after);
    if (code == dnnl_success) {
        code = make_operation(conv, &conv->hint, &operation, NULL);
    }
    if (code == dnnl_success) {
        code = dnnl_convolution_backward_weights_desc_init(
            &operation, dnnl_convolution_direct, &conv->input_inner, any, NULL, &conv->output_inner,
            strides, before, after);
    }
    if (code == dnnl_success) {
        code = make_operation(conv, &conv->weights, &operation, conv->hint.description);
    }
    if (code == dnnl_success) {
        code = finish_primitive(conv, &conv->weights);
    }
    if (code == dnnl_success && conv->input_gradient) {
        code = dnnl_convolution_backward_data_desc_init(
            &operation, dnnl_convolution_direct, &conv->input_inner, any, &conv->output_inner,
            strides, before, after);
        if (code == dnnl_success) {
            code = make_operation(conv, &conv->data, &operation, conv->hint.description);
        }
        if (code == dnnl_success) {
            code = finish_primitive(conv, &conv->data);
        }
    }
    return code;
}

static dnnl_status_t make_reorders(axn_float_conv *conv)
{
    conv->kernel_weights =
        *dnnl_primitive_desc_query_md(conv->weights.description, dnnl_query_diff_weights_md, 0);
    dnnl_status_t code =
        make_reorder(conv, &conv->weights_out, &conv->kernel_weights, &conv->kernel, false);
    if (code == dnnl_success) {
        code = make_reorder(conv, &conv->input_in, &conv->input, &conv->input_inner, false);
    }
    if (code == dnnl_success) {
        code = make_reorder(conv, &conv->output_in, &conv->output, &conv->output_inner, false);
    }
    if (code == dnnl_success && conv->input_gradient) {
        conv->kernel_data =
            *dnnl_primitive_desc_query_md(conv->data.description, dnnl_query_weights_md, 0);
        code = make_reorder(conv, &conv->weights_in, &conv->kernel, &conv->kernel_data, false);
        if (code == dnnl_success) {
            code = make_reorder(conv, &conv->input_out, &conv->input_inner, &conv->input, false);
        }
        if (code == dnnl_success) {
            code = make_reorder(conv, &conv->input_add, &conv->input_inner, &conv->input, true);
        }
    }
    return code;
}

axn_status axn_float_conv_create(axn_onednn *onednn, const axn_conv_shape *shape, int images,
                                 bool input_gradient, axn_float_conv **out, axn_error *error)
{
    axn_float_conv *conv = NULL;
    axn_status status = axn_allocate(&conv, 1, sizeof *conv, "a convolution", error);
    if (status != AXN_OK) {
        return status;
    }
    omp_set_num_threads(1);
    conv->onednn = onednn;
    conv->input_gradient = input_gradient;
    dnnl_memory_desc_t any;
    dnnl_status_t code = describe(conv, shape, images, &any);
    if (code == dnnl_success) {
        code = make_convolutions(conv, shape, &any);
    }
    if (code == dnnl_success) {
        code = make_reorders(conv);
    }
    if (code != dnnl_success) {
        status = fail(error, code, "prepare a convolution");
    } else if (input_gradient) {
        status = axn_allocate_aligned(&conv->kernel_memory,
                                      aligned(dnnl_memory_desc_get_size(&conv->kernel_data)) +
                                          conv->pad_bytes,
                                      1, "the weights of a convolution", error);
    }
    if (status != AXN_OK) {
        axn_float_conv_free(conv);
        return status;
    }
    *out = conv;
    return AXN_OK;
}

size_t axn_float_conv_scratch(const axn_float_conv *conv)
{
    return aligned(dnnl_memory_desc_get_size(&conv->input_inner)) +
           aligned(dnnl_memory_desc_get_size(&conv->output_inner)) +
           aligned(dnnl_memory_desc_get_size(&conv->kernel_weights)) + aligned(conv->pad_bytes);
}

/* An array as one argument of a primitive. */
typedef struct argument {
    int role;
    const dnnl_memory_desc_t *description;
    const void *data; /* oneDNN takes inputs without const; it does not write to them */
} argument;

#define MAX_ARGUMENTS 4

static dnnl_status_t execute(const axn_float_conv *conv, int thread, const primitive *p,
                             const argument *arguments, int count, void *pad)
{
    dnnl_exec_arg_t list[MAX_ARGUMENTS];
    const dnnl_memory_desc_t *pad_description =
        dnnl_primitive_desc_query_md(p->description, dnnl_query_scratchpad_md, 0);
    dnnl_status_t code = dnnl_success;
    int made = 0;
    for (int i = 0; i <= count && code == dnnl_success; i++) {
        bool last = i == count;
        union {
            const void *from;
            void *to;
        } data = {.from = last ? pad : arguments[i].data};
        list[i].arg = last ? DNNL_ARG_SCRATCHPAD : arguments[i].role;
        code =
            dnnl_memory_create(&list[i].memory, last ? pad_description : arguments[i].description,
                               conv->onednn->engine, data.to);
        made += code == dnnl_success;
    }
    if (code == dnnl_success) {
        dnnl_stream_t stream = conv->onednn->streams[thread];
        code = dnnl_primitive_execute(p->primitive, stream, count + 1, list);
        if (code == dnnl_success) {
            code = dnnl_stream_wait(stream);
        }
    }
    for (int i = 0; i < made; i++) {
        dnnl_memory_destroy(list[i].memory);
    }
    return code;
}

static dnnl_status_t reorder(const axn_float_conv *conv, int thread, const primitive *p,
                             const dnnl_memory_desc_t *from, const void *source,
                             const dnnl_memory_desc_t *to, void *target, void *pad)
{
    const argument arguments[] = {{DNNL_ARG_FROM, from, source}, {DNNL_ARG_TO, to, target}};
    return execute(conv, thread, p, arguments, 2, pad);
}

axn_status axn_float_conv_weights(axn_float_conv *conv, int thread, const float *weights,
                                  axn_error *error)
{
    if (!conv->input_gradient) {
        return AXN_OK;
    }
    omp_set_num_threads(1);
    char *pad = conv->kernel_memory + aligned(dnnl_memory_desc_get_size(&conv->kernel_data));
    dnnl_status_t code = reorder(conv, thread, &conv->weights_in, &conv->kernel, weights,
                                 &conv->kernel_data, conv->kernel_memory, pad);
    return code == dnnl_success ? AXN_OK : fail(error, code, "reorder weights");
}

axn_status axn_float_conv_backward(const axn_float_conv *conv, int thread, const float *input,
                                   const float *output_gradient, float *weight_gradient,
                                   float *input_gradient, bool accumulate, void *scratch,
                                   axn_error *error)
{
    char *x = scratch;
    char *dy = x + aligned(dnnl_memory_desc_get_size(&conv->input_inner));
    char *dw = dy + aligned(dnnl_memory_desc_get_size(&conv->output_inner));
    char *pad = dw + aligned(dnnl_memory_desc_get_size(&conv->kernel_weights));
    omp_set_num_threads(1);
    dnnl_status_t code =
        reorder(conv, thread, &conv->input_in, &conv->input, input, &conv->input_inner, x, pad);
    if (code == dnnl_success) {
        code = reorder(conv, thread, &conv->output_in, &conv->output, output_gradient,
                       &conv->output_inner, dy, pad);
    }
    if (code == dnnl_success) {
        const argument arguments[] = {{DNNL_ARG_SRC, &conv->input_inner, x},
                                      {DNNL_ARG_DIFF_DST, &conv->output_inner, dy},
                                      {DNNL_ARG_DIFF_WEIGHTS, &conv->kernel_weights, dw}};
        code = execute(conv, thread, &conv->weights, arguments, 3, pad);
    }
    if (code == dnnl_success) {
        code = reorder(conv, thread, &conv->weights_out, &conv->kernel_weights, dw, &conv->kernel,
                       weight_gradient, pad);
    }
    if (code == dnnl_success && input_gradient != NULL) {
        /* The input is no longer needed: its gradient takes its place. */
        const argument arguments[] = {{DNNL_ARG_DIFF_DST, &conv->output_inner, dy},
                                      {DNNL_ARG_WEIGHTS, &conv->kernel_data, conv->kernel_memory},
                                      {DNNL_ARG_DIFF_SRC, &conv->input_inner, x}};
        code = execute(conv, thread, &conv->data, arguments, 3, pad);
        if (code == dnnl_success) {
            code = reorder(conv, thread, accumulate ? &conv->input_add : &conv->input_out,
                           &conv->input_inner, x, &conv->input, input_gradient, pad);
        }
    }
    return code == dnnl_success ? AXN_OK : fail(error, code, "run a convolution");
}
