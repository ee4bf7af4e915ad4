#include <string.h>

#include "synth/replay_internal.h"

/* 16 slots; bitwise operations only, so the lanes do not matter. */
typedef uint64_t block __attribute__((vector_size(16)));

#define ONES (~UINT64_C(0))
/* Shannon's expansion: x where a is 0, y where a is 1. */
#define SELECT(a, x, y) ((x) ^ ((a) & ((x) ^ (y))))

static uint64_t leaf(const uint64_t truth[4], int i)
{
    return truth[i >> 6] >> (i & 63) & 1 ? ONES : 0;
}

static block spread(uint64_t word)
{
    return (block){word, word};
}

static block load(const uint8_t *at)
{
    block value;
    memcpy(&value, at, sizeof value);
    return value;
}

/* Two leaves under input 0. */
#define PAIR(a, i) (spread(leaf(t, i)) ^ ((a)&spread(leaf(t, i) ^ leaf(t, (i) + 1))))

static void evaluate_1(const uint64_t *t, const uint8_t *const *in, const size_t *step,
                       size_t count, uint8_t *out)
{
    block x = spread(leaf(t, 0)), y = spread(leaf(t, 0) ^ leaf(t, 1));
    for (size_t i = 0; i < count; i += sizeof(block)) {
        block value = x ^ (load(in[0] + i * step[0]) & y);
        memcpy(out + i, &value, sizeof value);
    }
}

static void evaluate_2(const uint64_t *t, const uint8_t *const *in, const size_t *step,
                       size_t count, uint8_t *out)
{
    for (size_t i = 0; i < count; i += sizeof(block)) {
        block a = load(in[0] + i * step[0]), b = load(in[1] + i * step[1]);
        block x = PAIR(a, 0), y = PAIR(a, 2), value = SELECT(b, x, y);
        memcpy(out + i, &value, sizeof value);
    }
}

static void evaluate_3(const uint64_t *t, const uint8_t *const *in, const size_t *step,
                       size_t count, uint8_t *out)
{
    for (size_t i = 0; i < count; i += sizeof(block)) {
        block a = load(in[0] + i * step[0]), b = load(in[1] + i * step[1]);
        block c = load(in[2] + i * step[2]);
        block p = PAIR(a, 0), q = PAIR(a, 2), x = SELECT(b, p, q);
        p = PAIR(a, 4);
        q = PAIR(a, 6);
        block y = SELECT(b, p, q), value = SELECT(c, x, y);
        memcpy(out + i, &value, sizeof value);
    }
}

static void evaluate_4(const uint64_t *t, const uint8_t *const *in, const size_t *step,
                       size_t count, uint8_t *out)
{
    for (size_t i = 0; i < count; i += sizeof(block)) {
        block a = load(in[0] + i * step[0]), b = load(in[1] + i * step[1]);
        block c = load(in[2] + i * step[2]), d = load(in[3] + i * step[3]);
        block quarter[4];
        for (int k = 0; k < 4; k++) {
            block p = PAIR(a, 4 * k), q = PAIR(a, 4 * k + 2);
            quarter[k] = SELECT(b, p, q);
        }
        block x = SELECT(c, quarter[0], quarter[1]), y = SELECT(c, quarter[2], quarter[3]);
        block value = SELECT(d, x, y);
        memcpy(out + i, &value, sizeof value);
    }
}

/* Any number of inputs, 8 slots at a time. */
static void evaluate_many(const axn_replay_strip *strip, const uint8_t *const *in,
                          const size_t *step, size_t count, uint8_t *out)
{
    for (size_t i = 0; i < count; i += 8) {
        uint64_t inputs[AXN_CELL_MAX_INPUTS];
        for (int k = 0; k < strip->inputs; k++)
            memcpy(&inputs[k], in[k] + i * step[k], 8);
        uint64_t value = axn_liberty_truth(strip->truth, inputs, strip->inputs);
        memcpy(out + i, &value, 8);
    }
}

static void evaluate(const axn_replay_strip *strip, const uint8_t *const *in, const size_t *step,
                     uint8_t *out)
{
    size_t count = (size_t)strip->count;
    switch (strip->inputs) {
    case 1:
        evaluate_1(strip->truth, in, step, count, out);
        break;
    case 2:
        evaluate_2(strip->truth, in, step, count, out);
        break;
    case 3:
        evaluate_3(strip->truth, in, step, count, out);
        break;
    case 4:
        evaluate_4(strip->truth, in, step, count, out);
        break;
    default:
        evaluate_many(strip, in, step, count, out);
    }
}

void axn_replay_evaluate(const axn_replay_strips *strips, const uint8_t *slots, uint8_t *out)
{
    uint8_t copies[AXN_CELL_MAX_INPUTS][AXN_REPLAY_GATHER] = {{0}};
    for (int s = 0; s < strips->count; s++) {
        const axn_replay_strip *strip = &strips->items[s];
        const uint8_t *in[AXN_CELL_MAX_INPUTS];
        size_t step[AXN_CELL_MAX_INPUTS];
        for (int k = 0; k < strip->inputs; k++) {
            in[k] = copies[k];
            step[k] = 1;
            if (strip->gather != NULL) {
                const int *from = strip->gather + (ptrdiff_t)k * strip->count;
                for (int i = 0; i < strip->count; i++)
                    copies[k][i] = slots[from[i]];
            } else if (strip->step[k]) {
                in[k] = slots + strip->input[k];
            } else {
                memset(copies[k], slots[strip->input[k]], sizeof(block));
                step[k] = 0;
            }
        }
        evaluate(strip, in, step, out + strip->output);
    }
}
