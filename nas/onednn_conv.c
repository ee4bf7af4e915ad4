/* A convolution prepared with oneDNN: its primitives, the orders of weights they want, and every
 * thread's arguments. */
#include <stdlib.h>

#include "common/memory.h"
#include "nas/onednn_internal.h"

static void operation_free(axn_onednn_operation *o, int threads)
{
    for (int i = 0; o->arguments != NULL && i < threads * o->count; i++) {
        if (o->arguments[i].memory != NULL) {
            dnnl_memory_destroy(o->arguments[i].memory);
        }
    }
    free(o->arguments);
    if (o->primitive != NULL) {
        dnnl_primitive_destroy(o->primitive);
    }
    if (o->description != NULL) {
        dnnl_primitive_desc_destroy(o->description);
    }
    *o = (axn_onednn_operation){0};
}

static void kernels_free(axn_onednn_kernels *k)
{
    for (int i = 0; k->memory != NULL && i < k->count; i++) {
        if (k->memory[i] != NULL) {
            dnnl_memory_destroy(k->memory[i]);
        }
    }
    free((void *)k->memory);
    free(k->data);
}

void axn_float_conv_free(axn_float_conv *conv)
{
    if (conv == NULL) {
        return;
    }
    axn_onednn_operation *all[] = {&conv->forward,    &conv->data,    &conv->weights,
                                   &conv->forward_in, &conv->data_in, &conv->weights_out};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        operation_free(all[i], conv->onednn->threads);
    }
    kernels_free(&conv->forward_kernel);
    kernels_free(&conv->data_kernels);
    free(conv);
}

/* Scratchpads are handed in by the caller, so that nothing is shared between threads. */
static dnnl_status_t make_attributes(dnnl_primitive_attr_t *out)
{
    dnnl_status_t code = dnnl_primitive_attr_create(out);
    if (code == dnnl_success) {
        code = dnnl_primitive_attr_set_scratchpad_mode(*out, dnnl_scratchpad_mode_user);
    }
    return code;
}

static dnnl_status_t describe_operation(axn_float_conv *conv, axn_onednn_operation *o,
                                        const void *convolution, const_dnnl_primitive_desc_t hint)
{
    dnnl_primitive_attr_t attributes = NULL;
    dnnl_status_t code = make_attributes(&attributes);
    if (code == dnnl_success) {
        code = dnnl_primitive_desc_create(&o->description, convolution, attributes,
                                          conv->onednn->engine, hint);
        dnnl_primitive_attr_destroy(attributes);
    }
    return code;
}

static dnnl_status_t describe_reorder(axn_float_conv *conv, axn_onednn_operation *o,
                                      const dnnl_memory_desc_t *from, const dnnl_memory_desc_t *to)
{
    dnnl_primitive_attr_t attributes = NULL;
    dnnl_status_t code = make_attributes(&attributes);
    if (code == dnnl_success) {
        code = dnnl_reorder_primitive_desc_create(&o->description, from, conv->onednn->engine, to,
                                                  conv->onednn->engine, attributes);
        dnnl_primitive_attr_destroy(attributes);
    }
    return code;
}

/* One argument of an operation; description NULL = a set of weights, put in at the call. */
typedef struct argument {
    int role;
    const dnnl_memory_desc_t *description;
} argument;

/* The primitive of a description, and its arguments for every thread. */
static dnnl_status_t finish_operation(axn_float_conv *conv, axn_onednn_operation *o,
                                      const argument *arguments, int count)
{
    const int threads = conv->onednn->threads;
    const dnnl_memory_desc_t *pad =
        dnnl_primitive_desc_query_md(o->description, dnnl_query_scratchpad_md, 0);
    const size_t bytes = pad != NULL ? dnnl_memory_desc_get_size(pad) : 0;
    conv->pad_bytes = bytes > conv->pad_bytes ? bytes : conv->pad_bytes;
    dnnl_status_t code = dnnl_primitive_create(&o->primitive, o->description);
    if (code != dnnl_success) {
        return code;
    }
    o->count = count + 1;
    o->fixed = -1;
    o->arguments = calloc((size_t)threads * (size_t)o->count, sizeof *o->arguments);
    if (o->arguments == NULL) {
        return dnnl_out_of_memory;
    }
    for (int i = 0; i < threads * o->count && code == dnnl_success; i++) {
        const int at = i % o->count;
        const dnnl_memory_desc_t *description = at < count ? arguments[at].description : pad;
        o->arguments[i].arg = at < count ? arguments[at].role : DNNL_ARG_SCRATCHPAD;
        if (description != NULL) {
            code = dnnl_memory_create(&o->arguments[i].memory, description, conv->onednn->engine,
                                      DNNL_MEMORY_NONE);
        } else if (at < count) {
            o->fixed = at;
        }
    }
    return code;
}

/* Memory for `count` sets of weights. */
static dnnl_status_t make_kernels(axn_float_conv *conv, axn_onednn_kernels *k, int count,
                                  const dnnl_memory_desc_t *description)
{
    axn_error ignored = {0};
    k->description = *description;
    k->bytes = axn_onednn_aligned(dnnl_memory_desc_get_size(description));
    k->memory = calloc((size_t)count, sizeof(dnnl_memory_t));
    if (k->memory == NULL ||
        axn_allocate_aligned(&k->data, (size_t)count, k->bytes, "weights", &ignored) != AXN_OK) {
        return dnnl_out_of_memory;
    }
    k->count = count;
    dnnl_status_t code = dnnl_success;
    for (int i = 0; i < count && code == dnnl_success; i++) {
        code = dnnl_memory_create(&k->memory[i], description, conv->onednn->engine,
                                  k->data + (size_t)i * k->bytes);
    }
    return code;
}

/* A convolution as oneDNN describes it: borders and strides. */
typedef struct geometry {
    dnnl_dims_t strides, before, after;
    dnnl_memory_desc_t any; /* of the weights */
} geometry;

static dnnl_status_t describe(axn_float_conv *conv, const axn_conv_shape *shape, int images,
                              geometry *g)
{
    const dnnl_dims_t x = {images, shape->channels, shape->height, shape->width};
    const dnnl_dims_t y = {images, shape->units, shape->out_height, shape->out_width};
    const dnnl_dims_t w = {shape->units, shape->channels, shape->kernel_h, shape->kernel_w};
    const int below = (shape->out_height - 1) * shape->stride + shape->kernel_h - shape->height;
    const int right = (shape->out_width - 1) * shape->stride + shape->kernel_w - shape->width;
    g->strides[0] = g->strides[1] = shape->stride;
    g->before[0] = shape->pad_h;
    g->before[1] = shape->pad_w;
    g->after[0] = below > shape->pad_h ? below - shape->pad_h : 0;
    g->after[1] = right > shape->pad_w ? right - shape->pad_w : 0;
    dnnl_status_t code[] = {
        dnnl_memory_desc_init_by_tag(&conv->input, 4, x, dnnl_f32, dnnl_nhwc),
        dnnl_memory_desc_init_by_tag(&conv->output, 4, y, dnnl_f32, dnnl_nhwc),
        dnnl_memory_desc_init_by_tag(&conv->kernel, 4, w, dnnl_f32, dnnl_ohwi),
        dnnl_memory_desc_init_by_tag(&g->any, 4, w, dnnl_f32, dnnl_format_tag_any)};
    for (size_t i = 0; i < sizeof code / sizeof code[0]; i++) {
        if (code[i] != dnnl_success) {
            return code[i];
        }
    }
    return dnnl_success;
}

/* The way forward; oneDNN wants its description also for the ways back. */
static dnnl_status_t make_forward(axn_float_conv *conv, const geometry *g, bool wanted)
{
    dnnl_convolution_desc_t convolution;
    dnnl_status_t code = dnnl_convolution_forward_desc_init(
        &convolution, dnnl_forward_training, dnnl_convolution_direct, &conv->input, &g->any, NULL,
        &conv->output, g->strides, g->before, g->after);
    if (code == dnnl_success) {
        code = describe_operation(conv, &conv->forward, &convolution, NULL);
    }
    if (code != dnnl_success || !wanted) {
        return code;
    }
    code = make_kernels(
        conv, &conv->forward_kernel, 1,
        dnnl_primitive_desc_query_md(conv->forward.description, dnnl_query_weights_md, 0));
    if (code == dnnl_success) {
        const argument arguments[] = {
            {DNNL_ARG_DST, &conv->output}, {DNNL_ARG_SRC, &conv->input}, {DNNL_ARG_WEIGHTS, NULL}};
        code = finish_operation(conv, &conv->forward, arguments, 3);
    }
    if (code == dnnl_success) {
        code = describe_reorder(conv, &conv->forward_in, &conv->kernel,
                                &conv->forward_kernel.description);
    }
    if (code == dnnl_success) {
        const argument arguments[] = {{DNNL_ARG_TO, NULL}, {DNNL_ARG_FROM, &conv->kernel}};
        code = finish_operation(conv, &conv->forward_in, arguments, 2);
    }
    return code;
}

static dnnl_status_t make_input_gradient(axn_float_conv *conv, const geometry *g, int sets)
{
    dnnl_convolution_desc_t convolution;
    dnnl_status_t code = dnnl_convolution_backward_data_desc_init(
        &convolution, dnnl_convolution_direct, &conv->input, &g->any, &conv->output, g->strides,
        g->before, g->after);
    if (code == dnnl_success) {
        code = describe_operation(conv, &conv->data, &convolution, conv->forward.description);
    }
    if (code == dnnl_success) {
        code = make_kernels(
            conv, &conv->data_kernels, sets,
            dnnl_primitive_desc_query_md(conv->data.description, dnnl_query_weights_md, 0));
    }
    if (code == dnnl_success) {
        const argument arguments[] = {{DNNL_ARG_DIFF_SRC, &conv->input},
                                      {DNNL_ARG_DIFF_DST, &conv->output},
                                      {DNNL_ARG_WEIGHTS, NULL}};
        code = finish_operation(conv, &conv->data, arguments, 3);
    }
    if (code == dnnl_success) {
        code =
            describe_reorder(conv, &conv->data_in, &conv->kernel, &conv->data_kernels.description);
    }
    if (code == dnnl_success) {
        const argument arguments[] = {{DNNL_ARG_TO, NULL}, {DNNL_ARG_FROM, &conv->kernel}};
        code = finish_operation(conv, &conv->data_in, arguments, 2);
    }
    return code;
}

static dnnl_status_t make_weight_gradient(axn_float_conv *conv, const geometry *g)
{
    dnnl_convolution_desc_t convolution;
    dnnl_status_t code = dnnl_convolution_backward_weights_desc_init(
        &convolution, dnnl_convolution_direct, &conv->input, &g->any, NULL, &conv->output,
        g->strides, g->before, g->after);
    if (code == dnnl_success) {
        code = describe_operation(conv, &conv->weights, &convolution, conv->forward.description);
    }
    if (code == dnnl_success) {
        conv->kernel_gradient =
            *dnnl_primitive_desc_query_md(conv->weights.description, dnnl_query_diff_weights_md, 0);
        const argument arguments[] = {{DNNL_ARG_DIFF_WEIGHTS, &conv->kernel_gradient},
                                      {DNNL_ARG_SRC, &conv->input},
                                      {DNNL_ARG_DIFF_DST, &conv->output}};
        code = finish_operation(conv, &conv->weights, arguments, 3);
    }
    if (code == dnnl_success) {
        code = describe_reorder(conv, &conv->weights_out, &conv->kernel_gradient, &conv->kernel);
    }
    if (code == dnnl_success) {
        const argument arguments[] = {{DNNL_ARG_TO, &conv->kernel},
                                      {DNNL_ARG_FROM, &conv->kernel_gradient}};
        code = finish_operation(conv, &conv->weights_out, arguments, 2);
    }
    return code;
}

axn_status axn_float_conv_create(axn_onednn *onednn, const axn_conv_shape *shape,
                                 axn_float_conv_use use, axn_float_conv **out, axn_error *error)
{
    axn_float_conv *conv = NULL;
    axn_status status = axn_allocate(&conv, 1, sizeof *conv, "a convolution", error);
    if (status != AXN_OK) {
        return status;
    }
    omp_set_num_threads(1);
    conv->onednn = onednn;
    geometry g;
    dnnl_status_t code = describe(conv, shape, use.images, &g);
    if (code == dnnl_success) {
        code = make_forward(conv, &g, use.forward);
    }
    if (code == dnnl_success) {
        code = make_weight_gradient(conv, &g);
    }
    if (code == dnnl_success && use.input_gradients > 0) {
        code = make_input_gradient(conv, &g, use.input_gradients);
    }
    if (code != dnnl_success) {
        status = axn_onednn_fail(error, code, "prepare a convolution");
        axn_float_conv_free(conv);
        return status;
    }
    *out = conv;
    return AXN_OK;
}
