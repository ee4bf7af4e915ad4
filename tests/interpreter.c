#include "tests/interpreter.h"

#include "common/memory.h"

/* The window of one output pixel, clipped to the map by the caller. */
typedef struct window {
    int64_t y, x, height, width;
} window;

typedef struct parameter {
    int32_t bias;
    int16_t mantissa;
    uint8_t shift, weight_zero;
} parameter;

static parameter parameter_at(const axn_program *program, uint32_t index)
{
    uint64_t word = program->parameters[index];
    return (parameter){.bias = (int32_t)(uint32_t)word,
                       .mantissa = (int16_t)(uint16_t)(word >> 32),
                       .shift = (uint8_t)((word >> 48) & 63),
                       .weight_zero = (uint8_t)(word >> 56)};
}

static int64_t requantise(int64_t acc, parameter p)
{
    return (acc * p.mantissa + (INT64_C(1) << (p.shift - 1))) >> p.shift;
}

static uint8_t finish(const axn_descriptor *op, int64_t value)
{
    value += op->zero_point;
    value = value < op->low ? op->low : value;
    return (uint8_t)(value > 255 ? 255 : value);
}

static window window_of(const axn_descriptor *op, int64_t out_y, int64_t out_x)
{
    if (!op->adaptive) {
        return (window){out_y * op->stride - op->pad_height, out_x * op->stride - op->pad_width,
                        op->kernel_height, op->kernel_width};
    }
    /* H = step * h + rest, so floor(i*H/h) = i*step + floor(i*rest/h). */
    int64_t h = op->out_height, w = op->out_width;
    int64_t y = out_y * op->step_y + out_y * op->rest_y / h;
    int64_t x = out_x * op->step_x + out_x * op->rest_x / w;
    int64_t end_y = (out_y + 1) * op->step_y + ((out_y + 1) * op->rest_y + h - 1) / h;
    int64_t end_x = (out_x + 1) * op->step_x + ((out_x + 1) * op->rest_x + w - 1) / w;
    return (window){y, x, end_y - y, end_x - x};
}

static bool inside(const axn_descriptor *op, int64_t y, int64_t x)
{
    return y >= 0 && x >= 0 && y < op->in_height && x < op->in_width;
}

static uint8_t operand(const axn_interpreter *at, const axn_descriptor *op, int64_t channel,
                       int64_t y, int64_t x)
{
    return at->arena[op->in_base + channel * op->in_plane + y * op->in_width + x];
}

/* Convolution: the sum over all taps, one weight word a tap. */
static int64_t weighted_sum(const axn_interpreter *at, const axn_descriptor *op, uint32_t channel,
                            window win, uint8_t weight_zero)
{
    const axn_program *program = at->program;
    uint32_t cols = (uint32_t)program->array.cols;
    const uint16_t *table = at->tables[op->multiplier];
    uint32_t word = op->weight_base + channel / cols * op->taps;
    int64_t products = 0, activations = 0;
    for (uint32_t k = 0; k < op->in_channels; k++) {
        for (int64_t y = win.y; y < win.y + win.height; y++) {
            for (int64_t x = win.x; x < win.x + win.width; x++) {
                uint32_t a = inside(op, y, x) ? operand(at, op, k, y, x) : op->in_zero;
                uint32_t w = program->weights[(size_t)word++ * cols + channel % cols];
                products += op->swap ? table[w * 256 + a] : table[a * 256 + w];
                activations += a;
            }
        }
    }
    return products - weight_zero * activations;
}

/* Dense: in each tap in_width bytes, fewer in the last, and a weight word for each. */
static int64_t dense_sum(const axn_interpreter *at, const axn_descriptor *op, uint32_t channel,
                         uint8_t weight_zero)
{
    const axn_program *program = at->program;
    uint32_t cols = (uint32_t)program->array.cols;
    uint32_t bytes = (op->in_channels - 1) * op->in_plane + op->last_bytes;
    uint32_t word = op->weight_base + channel / cols * op->taps * op->in_plane;
    int64_t products = 0, activations = 0;
    for (uint32_t i = 0; i < bytes; i++) {
        uint32_t a = at->arena[op->in_base + i];
        products += a * program->weights[(size_t)(word + i) * cols + channel % cols];
        activations += a;
    }
    return products - weight_zero * activations;
}

static int64_t pooled(const axn_interpreter *at, const axn_descriptor *op, uint32_t channel,
                      window win)
{
    int64_t sum = 0, most = 0;
    for (int64_t y = win.y; y < win.y + win.height; y++) {
        for (int64_t x = win.x; x < win.x + win.width; x++) {
            if (inside(op, y, x)) {
                uint8_t value = operand(at, op, channel, y, x);
                sum += value;
                most = value > most ? value : most;
            }
        }
    }
    return op->op == AXN_OP_SUM_POOL ? sum : most;
}

/* The two-operand sum's difference of operand 0 or 1. */
static int64_t contribution(const axn_interpreter *at, const axn_descriptor *op, int which,
                            uint32_t channel, window win)
{
    parameter p = parameter_at(at->program, op->parameter_base + (uint32_t)which);
    uint32_t channels = which == 0 ? op->in_channels : op->second_channels;
    uint32_t base = which == 0 ? op->in_base : op->second_base;
    if (channel >= channels) {
        return 0;
    }
    uint8_t value = at->arena[base + channel * op->in_plane + win.y * op->in_width + win.x];
    return requantise(value + p.bias, p);
}

static int64_t accumulate(axn_interpreter *at, const axn_descriptor *op, uint32_t channel,
                          window win)
{
    parameter p =
        parameter_at(at->program, op->parameter_base + (op->parameter_step != 0 ? channel : 0));
    int64_t acc = p.bias;
    if (op->op == AXN_OP_CONVOLUTION) {
        acc += weighted_sum(at, op, channel, win, p.weight_zero);
    } else if (op->op == AXN_OP_DENSE) {
        acc += dense_sum(at, op, channel, p.weight_zero);
    } else {
        acc += pooled(at, op, channel, win);
    }
    if (op->logits) {
        at->logits[channel] = (int32_t)acc;
        at->class = acc > at->logits[at->class] ? (int)channel : at->class;
        return 0;
    }
    return requantise(acc, p);
}

void axn_interpreter_step(axn_interpreter *at, int index)
{
    uint32_t words[AXN_DESCRIPTOR_WORDS];
    axn_descriptor decoded, *op = &decoded;
    axn_descriptor_encode(&at->program->operations[index], words);
    axn_descriptor_decode(words, op);
    if (op->logits) {
        at->class = 0;
    }
    for (uint32_t channel = 0; channel < op->out_channels; channel++) {
        for (uint32_t y = 0; y < op->out_height; y++) {
            for (uint32_t x = 0; x < op->out_plane / op->out_height; x++) {
                window win = window_of(op, y, x);
                int64_t value = op->op == AXN_OP_SUM ? contribution(at, op, 0, channel, win) +
                                                           contribution(at, op, 1, channel, win)
                                                     : accumulate(at, op, channel, win);
                if (!op->logits) {
                    at->arena[op->out_base + channel * op->out_plane + y * op->out_width + x] =
                        finish(op, value);
                }
            }
        }
    }
}
