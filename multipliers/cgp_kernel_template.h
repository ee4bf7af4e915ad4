/* The inner loops of one tier. Before inclusion are defined: CGP_LANES and the types
 * (cgp_kernel_internal.h), CGP_TARGET (function attributes), CGP_NAME (a string),
 * CGP_SYMBOL (of the kernel), CGP_XOR3, CGP_MAJORITY, CGP_BORROW (x < y + z: the borrow
 * of x - y - z) and CGP_POPCOUNT on `vector`.
 *
 * Every tier keeps eight sums, one a word modulo 8, and adds them up in that order. */
#include "multipliers/cgp_kernel.h"
#include "multipliers/cgp_phenotype.h"

#define LANES CGP_LANES
#define VECTORS (AXN_CGP_WORDS / LANES)
#define SUMS (8 / LANES) /* vectors that hold eight sums */

#define EACH(out, expression)                                                                      \
    for (int i = 0; i < VECTORS; i++)                                                              \
    (out)[i] = (expression)

CGP_TARGET static void run_step(const axn_cgp_step *step, vector *slots)
{
    const vector *x = slots + (size_t)step->input[0] * VECTORS;
    const vector *y = slots + (size_t)step->input[1] * VECTORS;
    const vector *z = slots + (size_t)step->input[2] * VECTORS;
    vector *out = slots + (size_t)step->output[0] * VECTORS;
    vector *second = slots + (size_t)step->output[1] * VECTORS;
    switch (step->gate) {
    case AXN_CGP_AND:
        EACH(out, x[i] & y[i]);
        break;
    case AXN_CGP_OR:
        EACH(out, x[i] | y[i]);
        break;
    case AXN_CGP_XOR:
        EACH(out, x[i] ^ y[i]);
        break;
    case AXN_CGP_NAND:
        EACH(out, ~(x[i] & y[i]));
        break;
    case AXN_CGP_NOR:
        EACH(out, ~(x[i] | y[i]));
        break;
    case AXN_CGP_XNOR:
        EACH(out, ~(x[i] ^ y[i]));
        break;
    case AXN_CGP_AND_NOT:
        EACH(out, x[i] & ~y[i]);
        break;
    case AXN_CGP_OR_NOT:
        EACH(out, x[i] | ~y[i]);
        break;
    case AXN_CGP_GATE_NOT:
        EACH(out, ~x[i]);
        break;
    case AXN_CGP_HALF_ADDER:
        EACH(out, x[i] ^ y[i]);
        EACH(second, x[i] & y[i]);
        break;
    case AXN_CGP_GATE_INCREMENT:
        EACH(out, ~(x[i] ^ y[i]));
        EACH(second, x[i] | y[i]);
        break;
    case AXN_CGP_FULL_ADDER:
        EACH(out, CGP_XOR3(x[i], y[i], z[i]));
        EACH(second, CGP_MAJORITY(x[i], y[i], z[i]));
        break;
    case AXN_CGP_GATE_XOR3:
        EACH(out, CGP_XOR3(x[i], y[i], z[i]));
        break;
    case AXN_CGP_GATE_MAJORITY:
        EACH(second, CGP_MAJORITY(x[i], y[i], z[i]));
        break;
    case AXN_CGP_GATE_CARRY:
        EACH(second, x[i] & y[i]);
        break;
    default:
        break;
    }
}

CGP_TARGET static void run(const axn_cgp_step *steps, int count, uint64_t *slots)
{
    for (int s = 0; s < count; s++)
        run_step(&steps[s], (vector *)slots);
}

/* Bits of O - exact with every bit inverted where it is negative: |error| is this
 * number, plus 1 where `negative`. */
CGP_TARGET static inline __attribute__((always_inline)) vector
subtract(const axn_cgp_block *block, const vector *const *output, int i, vector bits[16])
{
    vector borrow = {0};
    for (int bit = 0; bit < 16; bit++) {
        vector o = output[bit][i];
        vector e = ((const vector *)block->exact[bit])[i];
        bits[bit] = CGP_XOR3(o, e, borrow);
        borrow = CGP_BORROW(o, e, borrow);
    }
    for (int bit = 0; bit < 16; bit++)
        bits[bit] ^= borrow;
    return borrow;
}

/* Where the number is above the limit, or equal to it and negative. */
CGP_TARGET static inline __attribute__((always_inline)) vector
above_limit(const vector bits[16], vector negative, unsigned limit)
{
    vector above = {0};
    vector equal = ~above;
    for (int bit = 15; bit >= 0; bit--) {
        if ((limit >> bit & 1u) != 0) {
            equal &= bits[bit];
        } else {
            above |= equal & bits[bit];
            equal &= ~bits[bit];
        }
    }
    return above | (equal & negative);
}

/* Whole numbers below 2^52, exactly. */
CGP_TARGET static inline __attribute__((always_inline)) real_vector to_real(vector x)
{
    return (real_vector)(x | UINT64_C(0x4330000000000000)) - 0x1p52;
}

CGP_TARGET static void add_errors(const axn_cgp_block *block, const uint64_t *slots,
                                  const int32_t *output, unsigned limit, axn_cgp_sums *sums)
{
    const vector *plane[16];
    vector absolute = {0}, wrong = {0}, above = {0}, wrong_zero = {0};
    real_vector least[SUMS] = {{0}}, largest[SUMS] = {{0}};
    for (int bit = 0; bit < 16; bit++)
        plane[bit] = (const vector *)slots + (size_t)output[bit] * VECTORS;
    for (int i = 0; i < VECTORS; i++) {
        vector bits[16];
        vector negative = subtract(block, plane, i, bits);
        vector any = negative;
        vector sum = {0};
        for (int bit = 15; bit >= 0; bit--) {
            any |= bits[bit];
            sum = sum + sum + CGP_POPCOUNT(bits[bit]);
        }
        sum += CGP_POPCOUNT(negative);
        absolute += sum;
        wrong += CGP_POPCOUNT(any);
        above |= above_limit(bits, negative, limit);
        wrong_zero |= any & ((const vector *)block->zero)[i];
        real_vector real = to_real(sum);
        least[i % SUMS] += real * ((const real_vector *)block->least)[i];
        largest[i % SUMS] += real * ((const real_vector *)block->largest)[i];
    }
    for (int lane = 0; lane < LANES; lane++) {
        sums->absolute += absolute[lane];
        sums->wrong += wrong[lane];
        sums->above |= above[lane];
        sums->wrong_zero |= wrong_zero[lane];
    }
    for (int word = 0; word < 8; word++) {
        sums->relative_least += least[word / LANES][word % LANES];
        sums->relative_largest += largest[word / LANES][word % LANES];
    }
}

/* Transposes the 8 x 8 bits of every 64-bit lane (byte i, bit j to byte j, bit i). */
CGP_TARGET static inline __attribute__((always_inline)) vector transpose(vector x)
{
    vector t = (x ^ (x >> 7)) & UINT64_C(0x00aa00aa00aa00aa);
    x ^= t ^ (t << 7);
    t = (x ^ (x >> 14)) & UINT64_C(0x0000cccc0000cccc);
    x ^= t ^ (t << 14);
    t = (x ^ (x >> 28)) & UINT64_C(0x00000000f0f0f0f0);
    return x ^ t ^ (t << 28);
}

CGP_TARGET static void errors(const axn_cgp_block *block, const uint64_t *slots,
                              const int32_t *output, uint16_t (*out)[64])
{
    const vector *plane[16];
    for (int bit = 0; bit < 16; bit++)
        plane[bit] = (const vector *)slots + (size_t)output[bit] * VECTORS;
    for (int i = 0; i < VECTORS; i++) {
        vector bits[16];
        vector negative = subtract(block, plane, i, bits);
        for (int byte = 0; byte < 8; byte++) {
            vector low = {0}, high = {0};
            for (int bit = 0; bit < 8; bit++) {
                low |= ((bits[bit] >> (8 * byte)) & 0xff) << (8 * bit);
                high |= ((bits[8 + bit] >> (8 * byte)) & 0xff) << (8 * bit);
            }
            low = transpose(low);
            high = transpose(high);
            for (int lane = 0; lane < LANES; lane++)
                for (int k = 0; k < 8; k++)
                    out[i * LANES + lane][byte * 8 + k] =
                        (uint16_t)((low[lane] >> (8 * k) & 0xff) +
                                   ((high[lane] >> (8 * k) & 0xff) << 8) +
                                   (negative[lane] >> (byte * 8 + k) & 1));
        }
    }
}

CGP_TARGET static uint64_t ones(const uint64_t *slot, size_t stride)
{
    vector count = {0};
    uint64_t sum = 0;
    for (int block = 0; block < AXN_CGP_BLOCKS; block++)
        for (int i = 0; i < VECTORS; i++)
            count += CGP_POPCOUNT(((const vector *)(slot + (size_t)block * stride))[i]);
    for (int lane = 0; lane < LANES; lane++)
        sum += count[lane];
    return sum;
}

const axn_cgp_kernel CGP_SYMBOL = {CGP_NAME, run, add_errors, errors, ones};
